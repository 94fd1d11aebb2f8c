/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/check.h"
#include "cell/compile.h"
#include "cell/key.h"
#include "cell/walk.h"

#define FILE_MAX (256U << 10) /* bytes; a description has a few hundred */

static const cyaml_config_t cyaml = {
	.mem_fn = cyaml_mem,
	.flags = CYAML_CFG_NO_ALIAS,
};

static const struct cell_pos nowhere;

void cell_config_free(struct cell_config *cfg)
{
	if (!cfg)
		return;
	free(cfg->file);
	walk_free(&cell_config_map, cfg);
	cyaml_free(&cyaml, &cell_config_schema, cfg, 0);
}

/* After the walk found nothing, the library must not either. */
static int fill(struct cell_config **out, yaml_document_t *doc,
		const char *name, const void *text, size_t size,
		struct report *r)
{
	cyaml_data_t *data = NULL;
	cyaml_err_t err = cyaml_load_data(text, size, &cyaml,
					  &cell_config_schema, &data, NULL);
	struct cell_config *cfg = data;

	if (err != CYAML_OK) {
		report_add(r, PROBLEM_ERROR, name, nowhere, "%s",
			   cyaml_strerror(err));
		return -EINVAL;
	}
	cfg->file = strdup(name);
	walk_document(doc, name, &cell_config_map, cfg, r);
	if (cfg->file && r->errors == 0) {
		*out = cfg;
		return 0;
	}
	cell_config_free(cfg);
	return -ENOMEM;
}

static int read_yaml(const char *name, const void *text, size_t size,
		     struct cell_config **out, struct report *r)
{
	const size_t before = r->errors;
	yaml_document_t doc;
	struct report own = { .n = 0 };
	int rc = walk_parse(&doc, name, text, size, r);

	if (rc)
		return rc;
	walk_document(&doc, name, &cell_config_map, NULL, r);
	rc = r->errors == before ? fill(out, &doc, name, text, size, &own)
				 : -EINVAL;
	if (own.errors)
		report_add(r, PROBLEM_ERROR, name, nowhere, "%s",
			   own.n ? own.problem[0].text : "out of memory");
	report_free(&own);
	yaml_document_delete(&doc);
	if (rc)
		return rc;
	cell_check(*out, r);
	if (r->errors == before)
		return 0;
	cell_config_free(*out);
	*out = NULL;
	return -EINVAL;
}

/* A blob is what its YAML says: one way in for both. */
static int read_blob(const char *name, const void *blob, size_t size,
		     struct cell_config **out, struct report *r)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int rc;

	if (!f)
		return -ENOMEM;
	rc = cell_decompile(name, blob, size, f, r);
	if (fclose(f))
		rc = -ENOMEM;
	if (rc == 0)
		rc = read_yaml(name, text, len, out, r);
	free(text);
	return rc;
}

int cell_config_read(const char *name, const void *data, size_t size,
		     struct cell_config **out, struct report *r)
{
	const uint32_t magic = HOLM_CELL_MAGIC;

	*out = NULL;
	if (size >= sizeof(magic) && !memcmp(data, &magic, sizeof(magic)))
		return read_blob(name, data, size, out, r);
	return read_yaml(name, data, size, out, r);
}

int cell_config_read_file(const char *path, struct cell_config **out,
			  struct report *r)
{
	char *data = malloc(FILE_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t n = 0;
	int rc = 0;

	*out = NULL;
	if (!f || !data)
		rc = data ? -errno : -ENOMEM;
	else
		n = fread(data, 1, FILE_MAX + 1, f);
	if (rc == 0 && ferror(f))
		rc = -errno;
	if (rc)
		report_add(r, PROBLEM_ERROR, path, nowhere, "%s",
			   strerror(-rc));
	else if (n > FILE_MAX)
		report_add(r, PROBLEM_ERROR, path, nowhere,
			   "is over 256 KiB: no description");
	if (f)
		fclose(f);
	if (rc == 0)
		rc = n > FILE_MAX ? -EFBIG
				  : cell_config_read(path, data, n, out, r);
	free(data);
	return rc;
}

int cell_config_load(const char *path, struct cell_config **out, FILE *err)
{
	struct report r = { .n = 0 };
	int rc = cell_config_read_file(path, out, &r);

	report_print(&r, err);
	report_free(&r);
	return rc;
}
