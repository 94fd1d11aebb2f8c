/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam between the portable hypervisor and the CPU's virtualization
 * extension. A backend offers facts (why did the guest stop, what is in its
 * registers) and mechanisms (enter, inject, trap); what to do with them is
 * decided above. One table, chosen at start by backend_select(); the same
 * image carries every backend.
 *
 * A new entry needs a reason why the decision cannot be taken above it.
 */
#ifndef VM_BACKEND_H
#define VM_BACKEND_H

#include "abi/holm.h"
#include "lib/types.h"
#include "mem/addr.h"
#include "mem/pgtable.h"

/** General registers in instruction-encoding order. */
enum gpr {
	GPR_RAX,
	GPR_RCX,
	GPR_RDX,
	GPR_RBX,
	GPR_RSP,
	GPR_RBP,
	GPR_RSI,
	GPR_RDI,
	GPR_R8,
	GPR_R9,
	GPR_R10,
	GPR_R11,
	GPR_R12,
	GPR_R13,
	GPR_R14,
	GPR_R15,
	GPR_COUNT
};

enum guest_segno {
	SEG_ES,
	SEG_CS,
	SEG_SS,
	SEG_DS,
	SEG_FS,
	SEG_GS,
	SEG_LDTR,
	SEG_TR,
	SEG_GDTR,
	SEG_IDTR,
	SEG_COUNT
};

/**
 * A segment register. attr: bits 7:0 = type, S, DPL, P; bits 11:8 = AVL, L,
 * D/B, G, as APM vol 2, 15.5.1 packs them. limit in bytes (G applied).
 */
struct guest_seg {
	u16 sel;
	u16 attr;
	u32 limit;
	u64 base;
};

#define SEG_ATTR_S  BIT32(4)
#define SEG_ATTR_P  BIT32(7)
#define SEG_ATTR_L  BIT32(9)
#define SEG_ATTR_DB BIT32(10)
#define SEG_ATTR_G  BIT32(11)

/** Registers that stay in the backend's control block between exits. */
struct guest_sregs {
	struct guest_seg seg[SEG_COUNT];
	u64 cr0, cr2, cr3, cr4, efer, pat;
	u8 cpl;
};

/** What it takes to find the instruction a vCPU is at. */
struct guest_code {
	u64 linear; /* of RIP */
	u64 cr3;
	u64 cr4;
	u8 cpl;
	bool long4; /* 64-bit code under 4-level paging */
};

/** State of one vCPU that is valid whenever the guest does not run. */
struct guest_regs {
	u64 gpr[GPR_COUNT];
	u64 rip;
	u64 rflags;
};

_Static_assert(GPR_RDI * sizeof(u64) == 0x38 && GPR_R15 * sizeof(u64) == 0x78,
	       "arch/x86/entry_regs.h");

/** What the backend keeps of a VM: how its stage 2 is entered, what traps. */
struct hw_vm {
	hpa_t s2_root;
	bool direct; /* the guest owns the local APIC: see doc/design/run.md */
	void *priv;
};

/** What the backend keeps of a vCPU. */
struct hw_vcpu {
	struct guest_regs regs; /* first: the entry code knows the offsets */
	struct hw_vm *vm;
	void *priv;
};

/** Bits of exit_info.access. */
#define ACCESS_R BIT32(0)
#define ACCESS_W BIT32(1)
#define ACCESS_X BIT32(2)

/**
 * Why the guest stopped: facts only. Fields outside the reason's are not
 * set: this is filled in at every exit.
 */
struct exit_info {
	enum holm_exit reason;
	bool interrupted; /* in the delivery of an event: vcpu_interrupted() */
	u8 insn_len;      /* 0: unknown, decode it */
	/* PIO */
	bool pio_in;
	bool pio_string;
	u8 pio_size; /* 1, 2, 4 bytes */
	u16 pio_port;
	u64 next_rip; /* 0: unknown */
	/* MMIO */
	u32 access; /* ACCESS_* */
	gpa_t gpa;
	/* EXCEPTION, EOI */
	u8 vector;
	u32 error_code;
	/* CR: a move from or to a control register was trapped */
	bool cr_done; /* and was the backend's own affair: go on */
	/* OTHER: the backend's own code, for the log */
	u64 raw;
	u64 raw_info[2];
};

enum event_type { EVENT_INTR, EVENT_NMI, EVENT_EXCEPTION };

/** An event to deliver at the next entry. */
struct guest_event {
	enum event_type type;
	u8 vector;
	bool has_error;
	u32 error_code;
};

/**
 * Vectors of a local APIC: as its registers have them, 32 a word. Of requests
 * (vcpu_apic_post) only the irr and tmr of words whose bit is in @words count.
 */
struct apic_vectors {
	u32 words;
	u32 irr[8]; /* requested */
	u32 isr[8]; /* in service */
	u32 tmr[8]; /* level-triggered: their EOI exits */
};

/** What a guest may do by itself: vm_passes(). */
enum hw_access { HW_PORT, HW_MSR_READ, HW_MSR_WRITE };

/** What an exit may be wanted for while a guest runs. */
enum vcpu_watch {
	VCPU_WATCH_IRQ, /* it can take an interrupt, whatever its priority */
	VCPU_WATCH_TPR, /* it writes CR8 */
};

/** No time at which a guest is to stop. An exit may still come, seldom. */
#define VCPU_TIMER_OFF (~(u64)0)

/** vCPU reset states, SDM vol 3 table 10-1 / APM vol 2, 14.1. */
enum vcpu_reset {
	VCPU_RESET_POWER_ON, /* real mode, CS base 0xffff0000, RIP 0xfff0 */
	VCPU_RESET_INIT,     /* as after INIT; SIPI then sets CS by vector */
};

/*
 * X(return type, name, arguments). vCPU calls are made on the CPU that runs
 * it, unless it is parked.
 */
/* clang-format off */
#define BACKEND_OPS(X)								\
	/*									\
	 * NULL if this CPU can run it, else the sentence to show; without:	\
	 * names, with commas between, of what to take for absent		\
	 */									\
	X(const char *, probe, (const char *without))				\
	/* turn the extension on on the calling CPU; NULL: off. Two pages */	\
	X(int, cpu_enable, (void *save_area, hpa_t save_area_hpa))		\
	/* stage-2 format, leaf levels (bit 0 4K, 1 2M, 2 1G) */		\
	X(const struct pt_format *, s2_format, (u8 *leaf_levels))		\
	X(int, vm_init, (struct hw_vm *vm))					\
	X(void, vm_free, (struct hw_vm *vm))					\
	/* trap or pass ports / MSR reads and writes of a VM; at first all trap */	\
	X(void, vm_trap_pio, (struct hw_vm *vm, u16 port, u32 count, bool trap)) \
	X(void, vm_trap_msr, (struct hw_vm *vm, u32 msr, bool read, bool write)) \
	/* does it reach @nr without an exit, as what the CPU walks says? */	\
	X(bool, vm_passes, (const struct hw_vm *vm, enum hw_access what, u32 nr)) \
	X(int, vcpu_init, (struct hw_vcpu *vcpu, struct hw_vm *vm))		\
	X(void, vcpu_free, (struct hw_vcpu *vcpu))				\
	/* this CPU lets go of it: from now on any CPU may make the calls */	\
	X(void, vcpu_put, (struct hw_vcpu *vcpu))				\
	X(void, vcpu_reset, (struct hw_vcpu *vcpu, enum vcpu_reset how))	\
	X(void, vcpu_get_sregs, (struct hw_vcpu *vcpu, struct guest_sregs *s))	\
	/* the few of them that almost every exit needs */			\
	X(void, vcpu_get_code, (struct hw_vcpu *vcpu, struct guest_code *c))	\
	X(void, vcpu_set_sregs, (struct hw_vcpu *vcpu, const struct guest_sregs *s)) \
	/* enter until the next exit; false at once if kick was set before */	\
	X(bool, vcpu_run, (struct hw_vcpu *vcpu, const u32 *kick, struct exit_info *exit)) \
	X(void, vcpu_inject, (struct hw_vcpu *vcpu, const struct guest_event *ev)) \
	/* the event whose delivery the last exit interrupted; false if none */	\
	X(bool, vcpu_interrupted, (struct hw_vcpu *vcpu, struct guest_event *ev)) \
	X(bool, vcpu_irq_ready, (struct hw_vcpu *vcpu))				\
	/* exit, or not, when that happens */					\
	X(void, vcpu_watch, (struct hw_vcpu *vcpu, enum vcpu_watch what, bool on)) \
	X(bool, vcpu_nmi_ready, (struct hw_vcpu *vcpu))				\
	X(void, vcpu_skip, (struct hw_vcpu *vcpu, u32 len))			\
	/* priority class in the hardware's TPR, bits 7:4 of the TPR */		\
	X(u8, vcpu_get_tpr, (struct hw_vcpu *vcpu))				\
	X(void, vcpu_set_tpr, (struct hw_vcpu *vcpu, u8 tpr))			\
	/*								\
	 * Let the CPU deliver interrupts by itself to a guest in x2APIC	\
	 * mode, beginning with @s (false: it cannot), or end that: into @s	\
	 */								\
	X(bool, vcpu_apic_own, (struct hw_vcpu *vcpu, bool by_cpu, struct apic_vectors *s)) \
	/* then: request more, or ask (NULL) whether one can be delivered */	\
	X(bool, vcpu_apic_post, (struct hw_vcpu *vcpu, const struct apic_vectors *s)) \
	/*									\
	 * From another CPU, any time: request an edge-triggered vector.	\
	 * False: not this way, so into the model, with a kick			\
	 */									\
	X(bool, vcpu_apic_send, (struct hw_vcpu *vcpu, u8 vector))		\
	/*									\
	 * Exit (TIMER) when the CPU's TSC comes to @tsc in the guest, or	\
	 * VCPU_TIMER_OFF. False: the CPU has no timer for that			\
	 */									\
	X(bool, vcpu_timer, (struct hw_vcpu *vcpu, u64 tsc))			\
	/* drop cached translations of this vCPU before its next entry */	\
	X(void, vcpu_flush, (struct hw_vcpu *vcpu))				\
	X(u64, vcpu_tsc_offset, (struct hw_vcpu *vcpu, const u64 *set))		\
	X(u64, vcpu_msr, (struct hw_vcpu *vcpu, u32 msr, const u64 *set, bool *known))
/* clang-format on */

#define BACKEND_OP_MEMBER(ret, name, args) ret(*name) args;

struct backend {
	const char *name;
	u32 id;             /* holm_info.backend */
	const char *absent; /* what probe() says of a CPU without it */
	BACKEND_OPS(BACKEND_OP_MEMBER)
};

/** The chosen backend; valid after backend_select(). */
extern const struct backend *backend;

/** What probe() says if it does not know a name of its argument. */
#define BACKEND_WITHOUT_WHAT "cpu-without= names nothing that can be left out"

/**
 * Choose the backend this machine's CPU can run; for tests, as if it had not
 * what @without names. NULL if none; *why then names what is missing: of the
 * extension that the CPU has, if it has one.
 */
const struct backend *backend_select(const char *without, const char **why);

#endif
