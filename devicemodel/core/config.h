/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command line asked for; constant once parsed. */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "core/types.h"

#define DM_NAME_LEN  16 /* with the final 0; uuid[16] of the ABI */
#define DM_MAX_VCPUS 16 /* slots of the I/O request page */
#define DM_MAX_SLOTS 32 /* devices of one PCI bus */
#define DM_MIN_MEM   (128 * MIB)
/* High RAM ends where the 64-bit PCI window starts, 256 GiB. */
#define DM_MAX_MEM (254 * GIB)

enum com_port { COM1, COM2, COM_COUNT };

enum console_kind {
	CONSOLE_NONE, /* the port is not there */
	CONSOLE_TAP,  /* it is, but with nothing than its tap */
	CONSOLE_STDIO,
	CONSOLE_PTY,
	CONSOLE_SOCKET,
	CONSOLE_FILE,
};

struct console_config {
	enum console_kind kind;
	const char *path; /* socket, file */
	const char *name; /* for messages; NULL: a serial console */
	bool replay;      /* socket: begin with what was said before */
};

struct slot_config {
	u8 slot;
	u8 func;
	char device[32];
	const char *opts; /* what follows the device's name, or NULL */
};

struct vm_config {
	char name[DM_NAME_LEN];
	u64 mem_size; /* bytes, multiple of 2 MiB */
	u32 vcpus;
	bool vcpus_given;
	const char *kernel;
	const char *ramdisk;
	const char *bootargs;
	u8 uuid[16];
	u32 affinity[DM_MAX_VCPUS]; /* LAPIC ids, as given */
	u32 affinity_count;         /* 0: choose */
	const char *hugetlb_path;   /* NULL: memfd; "auto": search */
	struct console_config com[COM_COUNT];
	struct slot_config slots[DM_MAX_SLOTS];
	u32 slot_count;
	const char *run_dir; /* NULL: no sockets */
	bool debugexit;
	bool show_help;
	const char *show_devices; /* the -s that asked for help, or NULL */
	bool show_version;
};

#endif
