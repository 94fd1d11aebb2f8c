/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A User VM that means harm, in parts. Each part fires shots: single accesses
 * or instructions that may fault. What of this program must survive a shot is
 * put right after it; what does not survive ends this life of the VM, and the
 * device model starts the next.
 */
#ifndef HOSTILE_HOSTILE_H
#define HOSTILE_HOSTILE_H

#include "kit/cpu.h"

/* RAM that nothing stands on: scribbled, mapped, given to devices. */
#define ARENA      0x2000000UL
#define ARENA_SIZE MIB(32)
/* In it: where both CPUs write to, one while the other's access is served. */
#define CHURN      ARENA
#define CHURN_SIZE MIB(1)
/* Rings and buffers of virtio devices. */
#define RINGS      (ARENA + MIB(2))
#define RINGS_SIZE MIB(1)
/* Page tables that are half mad. */
#define TABLES (ARENA + MIB(4))
/* Code made of random bytes. */
#define CODE      (ARENA + MIB(8))
#define CODE_SIZE 4096UL

/* Outlives a reset by the device model, which leaves RAM as it is. */
#define RECORD_AT    0x600000UL
#define RECORD_MAGIC 0x484f5354494c45UL

/** What is known of the lives so far. */
struct record {
	u64 magic;
	u64 lives;
	u64 fired;
	u64 faults;
};

/** Both CPUs look at it. */
struct hostile {
	struct record *record;
	u32 progress; /* counts shots; the other CPU looks whether it does */
	u32 stop;     /* the other CPU is to leave memory alone */
	u32 ap;       /* LAPIC id of the other CPU, ~0: there is none */
};
extern struct hostile hostile;

u64 rnd(u64 below);

/** Small, a single bit, many ones, or anything. */
u64 random_value(void);

/** An address: RAM, a device, a hole, the end of something. */
u64 random_place(void);

/** One shot: counted, and what it faults with is counted too. */
u32 fire(void (*fn)(void *arg), void *arg);

/* The parts; each fires a few hundred shots. */
void fire_memory(void);
void fire_ports(void);
void fire_pci(void);
void fire_msrs(void);
void fire_control(void);
void fire_calls(void);
void fire_code(void);
void fire_ipis(void);
void fire_irqchips(void);
void fire_tables(void);
void fire_virtio(void);

/** Never returns: a random way to die, or none. */
void __noreturn die(void);

/** Ask the device model for a reset, and wait for it. */
void __noreturn die_by_reset(void);

/** The other CPU's work: change memory, watch the first. */
void other_cpu(void *arg);

/** Put interrupt controllers into a state in which nothing bad comes. */
void calm_irqs(void);

#endif
