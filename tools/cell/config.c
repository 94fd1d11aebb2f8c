/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/check.h"
#include "cell/compile.h"
#include "cell/load.h"

#define FILE_MAX (256U << 10) /* bytes; a description has a few hundred */

void cell_config_free(struct cell_config *cfg)
{
	if (!cfg)
		return;
	free(cfg->file);
	document_free(&cell_config_document, cfg);
}

static int read_yaml(const char *name, const void *text, size_t size,
		     struct cell_config **out, struct report *r)
{
	const size_t before = r->errors;
	struct cell_config *cfg;
	void *doc;
	int rc =
		document_load(&cell_config_document, name, text, size, &doc, r);

	if (rc)
		return rc;
	cfg = doc;
	cfg->file = strdup(name);
	if (!cfg->file)
		rc = -ENOMEM;
	else
		cell_check(cfg, r);
	if (rc == 0 && r->errors == before) {
		*out = cfg;
		return 0;
	}
	cell_config_free(cfg);
	return rc ? rc : -EINVAL;
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
	size_t size;
	int rc;
	char *data = file_read(path, FILE_MAX, &size, r, &rc);

	*out = NULL;
	if (data)
		rc = cell_config_read(path, data, size, out, r);
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
