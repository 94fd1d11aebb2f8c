/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The communication region: one page that a cell and Holm share, and that the
 * Service VM reads with HOLM_QUERY_CELL_COMM. Nobody waits for anybody in it
 * and no access to it exits. Little endian; what the cell writes is not to be
 * believed by who reads it.
 */
#ifndef ABI_CELL_COMM_H
#define ABI_CELL_COMM_H

#include "abi_types.h"

#define HOLM_COMM_MAGIC   0x4d4d4f434d4c4f48ULL /* "HOLMCOMM" */
#define HOLM_COMM_VERSION 1
#define HOLM_COMM_SIZE    4096U
#define HOLM_COMM_BUCKETS 128
#define HOLM_COMM_CONSOLE 2048U /* bytes, a power of two */

/* Messages to the cell. */
#define HOLM_COMM_NONE     0 /* the cell has taken the last one */
#define HOLM_COMM_SHUTDOWN 1 /* may it be shut down? */
#define HOLM_COMM_CHANGED  2 /* cells have come or gone */

/* Its replies. */
#define HOLM_COMM_UNKNOWN  1 /* no such message */
#define HOLM_COMM_DENIED   2
#define HOLM_COMM_APPROVED 3
#define HOLM_COMM_RECEIVED 4

/**
 * A histogram of latencies, the cell's own to fill: bucket n counts what was
 * in [first + n * width, first + (n + 1) * width) ticks of the TSC; below and
 * above count the rest. seq is odd while the cell writes.
 */
struct holm_comm_histogram {
	ABI_U64 seq;
	ABI_U64 first;
	ABI_U64 width; /* 0: no histogram */
	ABI_U64 count;
	ABI_U64 min;
	ABI_U64 max;
	ABI_U64 sum;
	ABI_U64 below;
	ABI_U64 above;
	ABI_U64 bucket[HOLM_COMM_BUCKETS];
};

struct holm_comm {
	ABI_U64 magic;
	ABI_U32 version;
	ABI_U32 size;
	/* Holm writes these, at every start of the cell. */
	ABI_U32 cpus;
	ABI_U32 flags; /* 0 */
	ABI_U64 tsc_khz;
	ABI_U64 apic_khz; /* local APIC timer's input */
	ABI_U64 mmconfig; /* PCI configuration pages, 0: ports only */
	ABI_U32 pm_timer; /* port of the ACPI timer, 0: none of the cell's */
	ABI_U32 message;  /* Holm writes it, the cell sets it to 0 */
	/* The cell writes these. */
	ABI_U32 state;        /* HOLM_CELL_* of abi/cell.h */
	ABI_U32 reply;        /* to the last message; then sets message to 0 */
	ABI_U64 console_head; /* bytes ever written */
	ABI_U64 reserved[7];
	struct holm_comm_histogram histogram;
	ABI_U8 unused[0x800 - 0x80 - sizeof(struct holm_comm_histogram)];
	/* Byte n of the output is at n % HOLM_COMM_CONSOLE. */
	ABI_U8 console[HOLM_COMM_CONSOLE];
};

#endif
