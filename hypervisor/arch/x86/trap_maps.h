/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The maps by which a CPU lets a guest reach ports and MSRs without an exit.
 * Ports are a bit each everywhere; where the bits of an MSR are differs.
 */
#ifndef ARCH_X86_TRAP_MAPS_H
#define ARCH_X86_TRAP_MAPS_H

#include "lib/types.h"
#include "mem/addr.h"

#define TRAP_MSR_RANGES   3
#define TRAP_MSRS_A_RANGE 0x2000U
#define TRAP_MSR_NO_BIT   (~(u32)0)

/** How a backend's maps are laid out. */
struct trap_layout {
	u8 io_pages;
	u8 msr_pages;
	u8 msr_bits;   /* from the bit of one MSR to the next one's */
	u32 msr_write; /* from the bit of reads to that of writes */
	u32 ranges;
	struct {
		u32 first; /* TRAP_MSRS_A_RANGE MSRs from here, */
		u32 byte;  /* from this byte of the map */
	} range[TRAP_MSR_RANGES];
};

/** One VM's. A set bit traps. */
struct trap_maps {
	u64 *io;
	u64 *msr;
	hpa_t io_hpa, msr_hpa;
};

/** Everything traps. NULL: no memory. */
struct trap_maps *trap_maps_new(const struct trap_layout *l);

/** NULL is fine. */
void trap_maps_delete(struct trap_maps *m, const struct trap_layout *l);

/** Ports beyond the last are left out. */
void trap_maps_put_ports(struct trap_maps *m, u16 port, u32 count, bool trap);

/** The bit of reads of @msr; TRAP_MSR_NO_BIT: the map has none, it exits. */
u32 trap_maps_msr_bit(const struct trap_layout *l, u32 msr);

/** An MSR that the map has no bit for exits always: nothing is done. */
void trap_maps_put_msr(struct trap_maps *m, const struct trap_layout *l,
		       u32 msr, bool read, bool write);

/** Whether a guest reaches it without an exit. */
bool trap_maps_port_passes(const struct trap_maps *m, u32 port);
bool trap_maps_msr_passes(const struct trap_maps *m,
			  const struct trap_layout *l, u32 msr, bool write);

#endif
