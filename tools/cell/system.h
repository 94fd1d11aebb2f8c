/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine that cells are made on: what it has, and who uses it. */
#ifndef CELL_SYSTEM_H
#define CELL_SYSTEM_H

#include "cell/config.h"
#include "cell/system_schema.h"

struct cell_sys_cpu {
	struct cell_pos pos;
	CELL_SYS_CPU_KEYS(CELL_MEMBER)
};

struct cell_sys_memory {
	struct cell_pos pos;
	CELL_SYS_MEMORY_KEYS(CELL_MEMBER)
};

struct cell_sys_port {
	struct cell_pos pos;
	CELL_SYS_PORT_KEYS(CELL_MEMBER)
};

struct cell_sys_line {
	struct cell_pos pos;
	CELL_SYS_LINE_KEYS(CELL_MEMBER)
};

struct cell_sys_ioapic {
	struct cell_pos pos;
	CELL_SYS_IOAPIC_KEYS(CELL_MEMBER)
};

struct cell_sys_bar {
	struct cell_pos pos;
	CELL_SYS_BAR_KEYS(CELL_MEMBER)
};

struct cell_sys_pci {
	struct cell_pos pos;
	CELL_SYS_PCI_KEYS(CELL_MEMBER)
};

struct cell_sys_uart {
	struct cell_pos pos;
	CELL_SYS_UART_KEYS(CELL_MEMBER)
};

struct cell_system {
	struct cell_pos pos;
	CELL_SYSTEM_KEYS(CELL_MEMBER)
};

/**
 * Read a system description from a file, or, with @path NULL, from the machine
 * below @root ("" for this one). 0, or a negative errno and reasons in @r.
 */
int cell_system_load(const char *path, const char *root,
		     struct cell_system **out, struct report *r);
void cell_system_free(struct cell_system *sys);

/**
 * Inspect the machine whose /proc and /sys are below @root and write it as
 * YAML. -EACCES: addresses are hidden from who is not root; -ENOENT: there is
 * no /proc.
 */
int cell_system_write(const char *root, FILE *out);

/** Number the CPUs of @cfg by local APIC, so that two ways to name one meet. */
void cell_system_name_cpus(const struct cell_system *sys,
			   struct cell_config *cfg);

/** May @cfg be created on @sys? Problems are @cfg's. */
void cell_check_system(const struct cell_config *cfg,
		       const struct cell_system *sys, struct report *r);

#endif
