/* SPDX-License-Identifier: BSD-2-Clause */
/* System descriptions: their keys, and reading them. */
#include "cell/system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/key_table.h"
#include "cell/load.h"

#define FILE_MAX (4U << 20) /* bytes */

KEY_MAP_DEF(sys_cpu, CELL_SYS_CPU_KEYS)
KEY_MAP_DEF(sys_memory, CELL_SYS_MEMORY_KEYS)
KEY_MAP_DEF(sys_port, CELL_SYS_PORT_KEYS)
KEY_MAP_DEF(sys_line, CELL_SYS_LINE_KEYS)
KEY_MAP_DEF(sys_ioapic, CELL_SYS_IOAPIC_KEYS)
KEY_MAP_DEF(sys_bar, CELL_SYS_BAR_KEYS)
KEY_MAP_DEF(sys_pci, CELL_SYS_PCI_KEYS)
KEY_MAP_DEF(sys_uart, CELL_SYS_UART_KEYS)
KEY_MAP_DEF(system, CELL_SYSTEM_KEYS)

YAML_MAP_DEF(sys_cpu, CELL_SYS_CPU_KEYS)
YAML_ITEM_DEF(sys_cpu)
YAML_MAP_DEF(sys_memory, CELL_SYS_MEMORY_KEYS)
YAML_ITEM_DEF(sys_memory)
YAML_MAP_DEF(sys_port, CELL_SYS_PORT_KEYS)
YAML_ITEM_DEF(sys_port)
YAML_MAP_DEF(sys_line, CELL_SYS_LINE_KEYS)
YAML_ITEM_DEF(sys_line)
YAML_MAP_DEF(sys_ioapic, CELL_SYS_IOAPIC_KEYS)
YAML_ITEM_DEF(sys_ioapic)
YAML_MAP_DEF(sys_bar, CELL_SYS_BAR_KEYS)
YAML_ITEM_DEF(sys_bar)
YAML_MAP_DEF(sys_pci, CELL_SYS_PCI_KEYS)
YAML_ITEM_DEF(sys_pci)
YAML_MAP_DEF(sys_uart, CELL_SYS_UART_KEYS)
YAML_ITEM_DEF(sys_uart)
YAML_MAP_DEF(system, CELL_SYSTEM_KEYS)

static const struct document system_document = {
	"a system",
	&system_map,
	{ YAML_TOP(system) },
};

void cell_system_free(struct cell_system *sys)
{
	document_free(&system_document, sys);
}

/* The machine is read by way of its description: one way in for both. */
static char *inspect(const char *root, size_t *size, struct report *r, int *rc)
{
	static const struct cell_pos nowhere;
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	*rc = f ? cell_system_write(root, f) : -ENOMEM;
	if (f && fclose(f))
		*rc = -ENOMEM;
	if (*rc == 0)
		return text;
	report_add(r, PROBLEM_ERROR, "this machine", nowhere, "%s",
		   *rc == -EACCES ? "only root sees its addresses"
				  : strerror(-*rc));
	free(text);
	return NULL;
}

int cell_system_load(const char *path, const char *root,
		     struct cell_system **out, struct report *r)
{
	void *doc = NULL;
	size_t size;
	int rc;
	char *text = path ? file_read(path, FILE_MAX, &size, r, &rc)
			  : inspect(root, &size, r, &rc);

	if (text)
		rc = document_load(&system_document,
				   path ? path : "this machine", text, size,
				   &doc, r);
	*out = doc;
	free(text);
	return rc;
}
