/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of a PC's two cascaded 8259A interrupt controllers (Intel 8259A
 * data sheet) with the edge/level control registers of the 82371 family.
 */
#ifndef GUEST_X86_VPIC_H
#define GUEST_X86_VPIC_H

#include "core/spinlock.h"
#include "guest/x86/virq_io.h"
#include "lib/types.h"

#define VPIC_PINS    16U
#define VPIC_CASCADE 2U

struct vpic_chip {
	u8 line;  /* levels of the inputs */
	u8 latch; /* edges not yet acknowledged */
	u8 isr;
	u8 imr;
	u8 elcr;      /* 1: level-triggered */
	u8 cascade;   /* the slave's input: level-triggered always */
	u8 base;      /* ICW2: vector of input 0 */
	u8 lowest;    /* input of lowest priority */
	u8 init_step; /* ICW expected next, 0: operating */
	bool needs_icw4;
	bool single; /* ICW1: no cascade, no ICW3 */
	bool auto_eoi;
	bool rotate_aeoi;
	bool special_mask;
	bool fully_nested; /* ICW4 special fully nested */
	bool read_isr;
	bool poll;
};

struct vpic {
	struct spinlock lock;     /* everything below */
	struct vpic_chip chip[2]; /* master, slave */
	u32 output;               /* INT to the CPU; read without the lock */
	void (*intr)(void *arg);
	void *arg;
};

/**
 * Set up @p in its reset state. @intr(@arg) is called, without the lock,
 * whenever the INT output rises.
 */
void vpic_init(struct vpic *p, void (*intr)(void *arg), void *arg);

/**
 * Back to the reset state; the inputs keep their levels. Everything is
 * masked, as a firmware would leave it, until the guest initialises.
 */
void vpic_reset(struct vpic *p);

/**
 * Drive input @pin (0..15), from any CPU. -EINVAL for a pin that does not
 * exist, and for 2, which is the cascade.
 */
int vpic_set_line(struct vpic *p, u32 pin, bool level);

/** Is INT high? One load, for the entry path. */
static inline bool vpic_has_intr(const struct vpic *p)
{
	return __atomic_load_n(&p->output, __ATOMIC_ACQUIRE) != 0;
}

/** The vector vpic_ack() would return now, or -1. Changes nothing. */
int vpic_pending(struct vpic *p);

/**
 * The CPU's interrupt-acknowledge cycle. Return the vector; the request
 * having gone away meanwhile, it is the spurious one (input 7), as on the
 * real chip. So call it only when an interrupt can be taken.
 */
int vpic_ack(struct vpic *p);

/** Ports 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1; see vdev_access_fn. */
int vpic_pio_read(void *dev, u32 port, u32 size, u64 *val);
int vpic_pio_write(void *dev, u32 port, u32 size, u64 *val);

extern const struct vdev_range vpic_ranges[3];

#endif
