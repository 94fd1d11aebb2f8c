/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of a PC's 8254 timer (Intel 8254 data sheet) and of port 0x61.
 * Time comes from the host's TSC; channel 0 drives IRQ 0.
 *
 * A periodic tick that nobody served in time is dropped, never queued: one
 * interrupt is raised for all periods that passed, they are counted in
 * @lost, and the next deadline stays on the old grid, so the guest's clock
 * neither drifts nor meets a storm.
 */
#ifndef GUEST_X86_VPIT_H
#define GUEST_X86_VPIT_H

#include "core/spinlock.h"
#include "guest/x86/virq_io.h"
#include "lib/types.h"

#define VPIT_HZ          1193182U
#define VPIT_CHANNELS    3U
#define VPIT_NO_DEADLINE (~(u64)0)

struct vpit_ops {
	/** The host's TSC. */
	u64 (*now)(void);
	/** Drive IRQ 0. */
	void (*irq)(void *arg, bool level);
	/**
	 * The next deadline may have changed; VPIT_NO_DEADLINE: there is
	 * none. Called with the PIT's lock held: note it, do not call back.
	 */
	void (*rearm)(void *arg, u64 deadline);
};

struct vpit_channel {
	u8 mode;   /* 0..5 */
	u8 access; /* 1 low byte, 2 high byte, 3 both */
	bool bcd;
	bool gate;
	bool armed;      /* a count was written and counting began */
	bool null_count; /* written, not yet in the counter */
	bool write_high; /* second byte of a two-byte write is next */
	bool read_high;
	u8 write_low;  /* first byte of a two-byte write */
	u8 latch_left; /* latched bytes not yet read */
	bool status_latched;
	u8 status;
	u16 latch;
	u32 reload; /* 1..0x10000; 0: none yet */
	u64 start;  /* PIT tick at which the counter was loaded */
	u64 paused; /* ticks counted before the gate closed */
	u64 served; /* channel 0: PIT tick of the last edge raised */
};

struct vpit {
	struct spinlock lock; /* everything below */
	struct vpit_channel ch[VPIT_CHANNELS];
	bool speaker; /* port 0x61 bit 1 */
	u64 tsc_hz;
	u64 tsc_base; /* host TSC of PIT tick 0 */
	u64 lost;
	const struct vpit_ops *ops;
	void *arg;
};

/** Set up @p; @tsc_khz is the rate of ops->now(). */
void vpit_init(struct vpit *p, u32 tsc_khz, const struct vpit_ops *ops,
	       void *arg);

/** Back to the reset state: no channel counts. */
void vpit_reset(struct vpit *p);

/** Host TSC at which vpit_expire() is due, or VPIT_NO_DEADLINE. */
u64 vpit_next_deadline(struct vpit *p);

/** Raise IRQ 0 if @now (host TSC) has reached the deadline; then rearm(). */
void vpit_expire(struct vpit *p, u64 now);

/** Ports 0x40..0x43 and 0x61; see vdev_access_fn. */
int vpit_pio_read(void *dev, u32 port, u32 size, u64 *val);
int vpit_pio_write(void *dev, u32 port, u32 size, u64 *val);

extern const struct vdev_range vpit_ranges[2];

#endif
