/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/walk.h"

static const cyaml_config_t cyaml = {
	.mem_fn = cyaml_mem,
	.flags = CYAML_CFG_NO_ALIAS,
};

static const struct cell_pos nowhere;

void document_free(const struct document *kind, void *doc)
{
	if (!doc)
		return;
	walk_free(kind->map, doc);
	cyaml_free(&cyaml, &kind->schema, doc, 0);
}

int document_load(const struct document *kind, const char *name,
		  const void *text, size_t size, void **out, struct report *r)
{
	const size_t before = r->errors;
	yaml_document_t doc;
	cyaml_err_t err;
	int rc = walk_parse(&doc, name, text, size, r);

	*out = NULL;
	if (rc)
		return rc;
	walk_document(&doc, name, kind, NULL, r);
	if (r->errors != before)
		goto out;
	/* After the walk found nothing, the library does not either. */
	err = cyaml_load_data(text, size, &cyaml, &kind->schema, out, NULL);
	if (err != CYAML_OK)
		report_add(r, PROBLEM_ERROR, name, nowhere, "%s",
			   cyaml_strerror(err));
	else
		walk_document(&doc, name, kind, *out, r);
out:
	yaml_document_delete(&doc);
	if (r->errors == before)
		return 0;
	document_free(kind, *out);
	*out = NULL;
	return -EINVAL;
}

static int read_all(const char *path, char *data, size_t max, size_t *size)
{
	FILE *f = fopen(path, "re");
	int rc = 0;

	if (!f)
		return -errno;
	*size = fread(data, 1, max + 1, f);
	if (ferror(f))
		rc = -errno;
	fclose(f);
	return rc == 0 && *size > max ? -EFBIG : rc;
}

char *file_read(const char *path, size_t max, size_t *size, struct report *r,
		int *rc)
{
	char *data = malloc(max + 1);

	*rc = data ? read_all(path, data, max, size) : -ENOMEM;
	if (*rc == 0)
		return data;
	if (*rc == -EFBIG)
		report_add(r, PROBLEM_ERROR, path, nowhere,
			   "is longer than %zu KiB, no description is",
			   max / 1024);
	else
		report_add(r, PROBLEM_ERROR, path, nowhere, "%s",
			   strerror(-*rc));
	free(data);
	return NULL;
}
