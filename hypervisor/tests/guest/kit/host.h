/* SPDX-License-Identifier: BSD-2-Clause */
/* What host.c offers the User VMs that it runs, beside a console. */
#ifndef KIT_HOST_H
#define KIT_HOST_H

/* 16 ports of plain memory, for accesses of any width. */
#define HOST_SCRATCH   0x500
#define HOST_SCRATCH_N 16

/* Commands: arguments first, then the command; |HOST_LATER: some ms later. */
#define HOST_ARG0     0x580
#define HOST_ARG1     0x584
#define HOST_COMMAND  0x588
#define HOST_MSI      1 /* address, data */
#define HOST_IRQLINE  2 /* gsi, operation */
#define HOST_LATER    0x100
#define HOST_LATER_MS 20

#define HOST_NVCPUS   0x58c /* read */
#define HOST_LAPIC_ID 0x590 /* read: + 4 * vCPU */

/* Read: + 4 * enum holm_exit: exits of this User VM so far. */
#define HOST_EXITS 0x600

/* A page of plain memory, every access of it a request. */
#define HOST_MMIO 0xd0000000U
/* Beside it, in 32-bit registers: requests so far; size, address of the last */
#define HOST_MMIO_COUNT 0xd0001000U
#define HOST_MMIO_SIZE  0xd0001004U
#define HOST_MMIO_LAST  0xd0001008U

#endif
