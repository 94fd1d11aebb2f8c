/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where things are in an inmate's first megabyte. The image may be read-only:
 * its data is copied to RAM at each start, so a cell can be started again
 * without being loaded again.
 */
#ifndef LIB_MEMMAP_H
#define LIB_MEMMAP_H

#define INMATE_CMDLINE 0x1000  /* holm cell load NAME -s "..." -a 0x1000 */
#define INMATE_RAM     0x10000 /* data, stacks, page tables */
#define INMATE_RAM_END 0x80000
#define INMATE_LOW     0x80000  /* image with a START32 description */
#define INMATE_HIGH    0xf0000  /* image that starts at INMATE_RESET */
#define INMATE_RESET   0xffff0  /* in real mode */
#define INMATE_COMM    0x100000 /* communication region */

#define INMATE_CPUS  8 /* more are left asleep */
#define INMATE_STACK 8192

/* Selectors. */
#define SEL_CODE32 0x08
#define SEL_DATA   0x10
#define SEL_CODE64 0x18

#endif
