/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of a local APIC (Intel SDM vol. 3, chapter 11 "APIC"), version
 * 0x14: xAPIC and x2APIC, six LVT entries, a timer with TSC-deadline mode.
 *
 * Who may touch what. The CPU that runs the vCPU owns it: register access,
 * vlapic_pending(), vlapic_ack(), vlapic_timer_check() are its alone (or
 * of whoever parked the vCPU). Any CPU may call vlapic_accept() and
 * lapic_bus_deliver(): they change only IRR, TMR and the ESR latch, by
 * atomics, and read identity and mode by relaxed loads, so that a message
 * that races with a change of mode meets either the old or the new mode.
 *
 * The timer counts TSC ticks: its input clock runs at the TSC's rate, and
 * the divide register divides that. CPUID leaf 0x15, where it is offered,
 * must say so: crystal clock = TSC frequency, ratio 1/1. A period below
 * VLAPIC_MIN_PERIOD interrupts only every so many periods.
 */
#ifndef GUEST_X86_VLAPIC_H
#define GUEST_X86_VLAPIC_H

#include "guest/x86/virq_io.h"
#include "lib/types.h"

#define VLAPIC_MMIO_BASE 0xfee00000U
#define VLAPIC_MMIO_SIZE 0x1000U
#define VLAPIC_MSR_FIRST 0x800U
#define VLAPIC_MSR_TPR   0x808U
#define VLAPIC_MSR_LAST  0x8ffU

#define APIC_BASE_BSP    BIT64(8)
#define APIC_BASE_X2APIC BIT64(10)
#define APIC_BASE_ENABLE BIT64(11)

/** TSC ticks; a guest must not drown its CPU in timer exits. */
#define VLAPIC_MIN_PERIOD 20000U

/** Destination of a message to every APIC. */
#define APIC_DEST_ALL 0xffffffffU

/** Delivery modes; SDM vol. 3, "Interrupt Command Register". */
enum apic_mode {
	APIC_MODE_FIXED,
	APIC_MODE_LOWEST,
	APIC_MODE_SMI,
	APIC_MODE_RESERVED,
	APIC_MODE_NMI,
	APIC_MODE_INIT,
	APIC_MODE_SIPI,
	APIC_MODE_EXTINT,
};

/** LVT entries in register order (0x320, 0x330 ... 0x370). */
enum vlapic_lvt {
	VLAPIC_LVT_TIMER,
	VLAPIC_LVT_THERMAL,
	VLAPIC_LVT_PMC,
	VLAPIC_LVT_LINT0,
	VLAPIC_LVT_LINT1,
	VLAPIC_LVT_ERROR,
	VLAPIC_LVT_COUNT,
};

/**
 * What the model needs of its surroundings. None may sleep, and none may
 * take a lock of an interrupt chip except eoi().
 */
struct vlapic_ops {
	/** Make the CPU that runs @vcpu look at vlapic_pending() again. */
	void (*kick)(void *vcpu);
	/**
	 * Hand an edge-triggered @vector to the CPU that runs @vcpu, which
	 * delivers it by itself. False, or NULL: request it here, and kick.
	 */
	bool (*send)(void *vcpu, u8 vector);
	void (*init)(void *vm, u32 apic_id);
	void (*sipi)(void *vm, u32 apic_id, u8 vector);
	void (*nmi)(void *vm, u32 apic_id);
	/** A level-triggered @vector was served: tell the I/O APIC. */
	void (*eoi)(void *vm, u8 vector);
	/** The host's TSC. */
	u64 (*now)(void);
	/**
	 * Call vlapic_timer_check() at host TSC @deadline; 0: never. Comes
	 * from the owner CPU, and from whoever resets a parked vCPU.
	 */
	void (*timer_arm)(void *vcpu, u64 deadline);
};

struct vlapic {
	/* Shared: atomics only. irr[] and tmr[] hold 16 vectors a word, so
	 * that a word is a priority class; bit c of irr_classes says that
	 * irr[c] may be non-zero, and is never clear when it is. */
	u32 irr_classes;
	u32 esr_latch;
	u32 irr[16];
	u32 tmr[16];
	/* Identity and mode: written by the owner, read by anyone. */
	u32 id;
	u32 mode; /* enum vlapic_state */
	u32 svr;
	u32 ldr; /* as the guest reads it in xAPIC mode: bits 31..24 */
	u32 dfr;
	u32 lvt[VLAPIC_LVT_COUNT];
	/* Owner. A vector enters service only above every class already in
	 * service, so each class has at most one: isr_vector[class]. */
	u8 tpr;
	u8 ppr; /* 0xff while the APIC is globally disabled */
	u16 isr_classes;
	u8 isr_vector[16];
	u32 esr;
	u64 icr;
	u64 base; /* IA32_APIC_BASE */
	u32 timer_initial;
	u32 timer_divide; /* register value */
	u64 timer_expiry; /* host TSC, one-shot and periodic; 0: idle */
	u64 tsc_deadline; /* guest TSC as written; 0: idle */
	u64 tsc_offset;   /* guest TSC = host TSC + offset */
	/* Constant. */
	bool bsp;
	const struct vlapic_ops *ops;
	struct lapic_bus *bus;
	void *vcpu;
	void *vm;
};

enum vlapic_state { VLAPIC_DISABLED, VLAPIC_XAPIC, VLAPIC_X2APIC };

#define LAPIC_BUS_HINTS 16U

/**
 * The local APICs of one VM. @v and @n are constant while any of them is in
 * use, and no two have the same id. The rest starts as zeroes.
 */
struct lapic_bus {
	struct vlapic **v;
	u32 n;
	u32 turn;                 /* round robin of lowest-priority delivery */
	u8 hint[LAPIC_BUS_HINTS]; /* where an id with these bits was */
};

/** A message on the bus: an IPI, an MSI, or what an I/O APIC pin sends. */
struct apic_msg {
	u32 dest; /* APIC_DEST_ALL; 8-bit senders widen 0xff to it */
	bool logical;
	u8 mode; /* enum apic_mode */
	u8 vector;
	bool level;   /* asserted; only INIT knows a de-assert */
	bool trigger; /* true: level-triggered */
};

struct vlapic_config {
	u32 id; /* the LAPIC id the guest sees */
	bool bsp;
	const struct vlapic_ops *ops;
	struct lapic_bus *bus;
	void *vcpu; /* for kick() and timer_arm() */
	void *vm;   /* for the other callbacks */
};

/** Set up @v and put it into its power-on state. */
void vlapic_init(struct vlapic *v, const struct vlapic_config *cfg);

/** Power-on reset: xAPIC mode at the fixed address. Disarms the timer. */
void vlapic_reset(struct vlapic *v);

/** INIT: like reset, but the APIC base and so the mode stay. */
void vlapic_init_reset(struct vlapic *v);

/** Guest access to the page at VLAPIC_MMIO_BASE; see vdev_access_fn. */
int vlapic_mmio_read(void *dev, u32 offset, u32 size, u64 *val);
int vlapic_mmio_write(void *dev, u32 offset, u32 size, u64 *val);

/** x2APIC registers, MSRs 0x800..0x8ff. -EINVAL: inject #GP(0). */
int vlapic_msr_read(struct vlapic *v, u32 msr, u64 *val);
int vlapic_msr_write(struct vlapic *v, u32 msr, u64 val);

/**
 * IA32_APIC_BASE (0x1b). -EINVAL: #GP(0), for reserved bits, a move of the
 * page, or a change of mode that the SDM's state diagram does not have.
 * After success the mode may have changed: see vlapic_state().
 */
int vlapic_base_write(struct vlapic *v, u64 val);

static inline u64 vlapic_base_read(const struct vlapic *v)
{
	return v->base;
}

static inline enum vlapic_state vlapic_state(const struct vlapic *v)
{
	return (enum vlapic_state)__atomic_load_n(&v->mode, __ATOMIC_RELAXED);
}

/** IA32_TSC_DEADLINE (0x6e0), in guest TSC ticks; 0 disarms. */
u64 vlapic_tsc_deadline_read(struct vlapic *v);
void vlapic_tsc_deadline_write(struct vlapic *v, u64 val);

/** The guest's TSC now is the host's plus @offset; re-arms the timer. */
void vlapic_set_tsc_offset(struct vlapic *v, u64 offset);

/** The task priority, all 8 bits. CR8 is its high nibble. */
void vlapic_set_tpr(struct vlapic *v, u8 tpr);

static inline u8 vlapic_get_tpr(const struct vlapic *v)
{
	return v->tpr;
}

static inline void vlapic_set_cr8(struct vlapic *v, u64 cr8)
{
	vlapic_set_tpr(v, (u8)((cr8 & 15) << 4));
}

static inline u64 vlapic_get_cr8(const struct vlapic *v)
{
	return v->tpr >> 4;
}

/**
 * A fixed interrupt arrives, from any CPU. Dropped when the APIC is
 * disabled; a vector below 16 is an error that ESR records. Kicks the owner
 * if the vector was not yet pending. Return true if the APIC took it.
 */
bool vlapic_accept(struct vlapic *v, u8 vector, bool level);

/** vlapic_pending() for the case that something may be deliverable. */
int vlapic_pending_scan(struct vlapic *v);

/** The vector to inject next, or -1. Entry path: two loads when idle. */
static inline int vlapic_pending(struct vlapic *v)
{
	u32 classes = __atomic_load_n(&v->irr_classes, __ATOMIC_ACQUIRE);

	if (likely((classes >> ((v->ppr >> 4) + 1)) == 0))
		return -1;
	return vlapic_pending_scan(v);
}

/**
 * May anything be pending at all, masked by priority or not? Errs to true
 * for a moment after a race; whether to wake from HLT, ask
 * vlapic_pending().
 */
static inline bool vlapic_has_pending_raw(const struct vlapic *v)
{
	return __atomic_load_n(&v->irr_classes, __ATOMIC_ACQUIRE) != 0;
}

/** The highest pending interrupt waits for a lower task priority. */
static inline bool vlapic_masked_by_tpr(const struct vlapic *v)
{
	u32 classes = __atomic_load_n(&v->irr_classes, __ATOMIC_ACQUIRE);

	return classes && (u32)(31 - __builtin_clz(classes)) <= v->tpr >> 4;
}

/**
 * @vector, just returned by vlapic_pending(), is being injected: it moves
 * from IRR to ISR.
 */
void vlapic_ack(struct vlapic *v, u8 vector);

/** The guest's end of interrupt. */
void vlapic_eoi(struct vlapic *v);

/**
 * Let the timer fire if host TSC @now has reached its deadline. Re-arms it
 * in either case, so an interrupt that came early does no harm.
 */
void vlapic_timer_check(struct vlapic *v, u64 now);

/** Host TSC of the next expiry that would interrupt, 0 if none. */
u64 vlapic_timer_deadline(const struct vlapic *v);

/**
 * Does the 8259's interrupt output reach this CPU? By LINT0 in ExtINT mode,
 * or directly while the APIC is globally disabled (boot processor only).
 */
bool vlapic_accepts_pic(const struct vlapic *v);

/** A pulse on LINT1 (an NMI line), from any CPU. */
void vlapic_lint1_pulse(struct vlapic *v);

/**
 * Deliver @m to every local APIC it names, from any CPU. Return how many
 * took it; -EINVAL for a delivery mode that does not exist.
 */
int lapic_bus_deliver(struct lapic_bus *bus, const struct apic_msg *m);

/** What to register with io/: one MMIO window. */
extern const struct vdev_range vlapic_ranges[1];

#endif
