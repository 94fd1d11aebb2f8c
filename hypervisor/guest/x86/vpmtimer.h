/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI power-management timer (ACPI specification, "Power Management
 * Timer"): 3.579545 MHz, 32 bits wide (FADT flag TMR_VAL_EXT), read-only,
 * at port 0x408. It never runs backwards and raises no interrupt.
 */
#ifndef GUEST_X86_VPMTIMER_H
#define GUEST_X86_VPMTIMER_H

#include "guest/x86/virq_io.h"
#include "lib/types.h"

#define VPMTIMER_HZ   3579545U
#define VPMTIMER_PORT 0x408U

struct vpmtimer {
	u64 tsc_hz;
	u64 tsc_base; /* host TSC of count 0 */
	u64 last; /* highest count given out; atomic */
	u64 (*now)(void);
};

/** Start counting from 0; @tsc_khz is the rate of @now(), the host's TSC. */
void vpmtimer_init(struct vpmtimer *t, u32 tsc_khz, u64 (*now)(void));

/** Ticks since vpmtimer_init(), 64 bits; the register shows the low 32. */
u64 vpmtimer_count(struct vpmtimer *t);

int vpmtimer_pio_read(void *dev, u32 port, u32 size, u64 *val);
int vpmtimer_pio_write(void *dev, u32 port, u32 size, u64 *val);

extern const struct vdev_range vpmtimer_ranges[1];

#endif
