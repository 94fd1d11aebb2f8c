/* SPDX-License-Identifier: BSD-2-Clause */
/* What each CPU of a tiny guest has, and waiting. */
#ifndef KIT_CPU_H
#define KIT_CPU_H

#include "arch/x86/asm.h"
#include "lib/types.h"

#define KIT_MAX_CPUS 8
#define KIT_STACK    16384

/** 64-bit task state, APM vol 2, 12.2.5. */
struct ktss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap;
} __packed;

/** What an exception in a probed call left behind. */
struct kfault {
	u32 vector;
	u64 error;
	u64 cr2;
	u64 rip;
};

/** A CPU; GS base points at its own. */
struct kcpu {
	struct kcpu *self;
	u64 probe_sp; /* trap_entry.S */
	u32 index;
	u32 lapic_id;
	struct kfault fault; /* of the last probe that did not end well */
	u32 irqs[256];       /* interrupts and NMIs taken, by vector */
	u32 irq_order[8];    /* the last vectors, newest at [irq_n - 1 & 7] */
	u32 irq_n;
	void (*work)(void *arg);
	void *work_arg;
	u32 work_done; /* counts calls that returned */
	u64 gdt[16];
	struct ktss tss;
	u8 stack[KIT_STACK] __aligned(16);
};

static inline struct kcpu *kcpu_self(void)
{
	struct kcpu *cpu;

	__asm__ volatile("mov %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/** The CPU with this index; 0 is the boot CPU. */
struct kcpu *kcpu_get(u32 index);

/** Is the CPU Intel's? Else it is AMD's. */
bool cpu_is_intel(void);

/** Interrupts of @vector that @cpu has taken. */
static inline u32 kcpu_irqs(const struct kcpu *cpu, u8 vector)
{
	return __atomic_load_n(&cpu->irqs[vector], __ATOMIC_SEQ_CST);
}

static inline void irq_enable(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void irq_disable(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/** Let in what is pending, and sleep if there is nothing. Leaves IF clear. */
static inline void irq_wait(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

/** TSC ticks a millisecond, as the hypervisor tells. */
u64 tsc_per_ms(void);

/** Spin. For what has to be given time, never for what can be waited for. */
void delay_us(u64 us);

/** Deadline in TSC ticks, @ms from now. */
static inline u64 deadline_ms(u64 ms)
{
	return x86_rdtsc() + ms * tsc_per_ms();
}

/* How long something may take that takes no time on an idle machine. */
#define PATIENCE_MS 20000

/** Spin until @cond, at most PATIENCE_MS; its last value. */
#define WAIT_FOR(cond)                                          \
	({                                                      \
		u64 until_ = deadline_ms(PATIENCE_MS);          \
		bool ok_;                                       \
		while (!(ok_ = (cond)) && x86_rdtsc() < until_) \
			x86_pause();                            \
		ok_;                                            \
	})

#endif
