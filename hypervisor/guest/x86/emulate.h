/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Execute one decoded instruction on a guest's registers and memory, for
 * accesses to device memory and for string port I/O.
 */
#ifndef GUEST_X86_EMULATE_H
#define GUEST_X86_EMULATE_H

#include "guest/x86/decode.h"
#include "mem/addr.h"

/** A REP instruction returns to the guest after this many elements. */
#define EMU_REP_BATCH 256

/** emu_*() result: elements are left, resume the guest at the same rip. */
#define EMU_REPEAT 1

/** A segment as the hardware's descriptor cache holds it. */
struct emu_seg {
	u64 base;
	u32 limit;   /* in bytes, granularity already applied */
	u8 type;     /* descriptor type, 4 bits; real, v8086 mode: 3 */
	bool usable; /* not null, present */
	bool big;    /* D/B: offsets and stack pointer have 32 bits */
};

/** The exception to inject when emulation returns -EFAULT. */
struct emu_fault {
	u8 vector;
	bool has_error;
	u32 error;
	u64 cr2; /* #PF only */
};

struct emu_ctx;

/**
 * What the emulator asks of its caller. All addresses are linear. Each
 * returns 0 or a negative errno, -EFAULT with @ctx->fault filled in.
 */
struct emu_ops {
	/** Read a segment; not asked for flat segments in 64-bit mode. */
	void (*seg_get)(struct emu_ctx *ctx, enum x86_seg seg,
			struct emu_seg *out);
	/** Guest memory, checked as an access at ctx->cpl. */
	int (*mem_read)(struct emu_ctx *ctx, gva_t gva, void *buf, u32 len);
	int (*mem_write)(struct emu_ctx *ctx, gva_t gva, const void *buf,
			 u32 len);
	/**
	 * Translate [@gva, @gva + @len), inside one page, and check that it
	 * may be read or written. *@is_mmio: no memory stands behind @gpa.
	 */
	int (*gva_to_target)(struct emu_ctx *ctx, gva_t gva, u32 len,
			     bool write, bool *is_mmio, gpa_t *gpa);
	/**
	 * Device registers, @size 1, 2, 4 or 8, inside one page. -EAGAIN: the
	 * answer is not there yet. Then emu_*() returns -EAGAIN and changes
	 * nothing; call it again when it is. Of the accesses one instruction
	 * makes, those already answered are not asked again: the first one
	 * asked then is the one that was pending, and must not be repeated
	 * on the device. If it is not the one that was pending (the guest may
	 * change its tables meanwhile), forget the pending one.
	 */
	int (*mmio_read)(struct emu_ctx *ctx, gpa_t gpa, u32 size, u64 *val);
	int (*mmio_write)(struct emu_ctx *ctx, gpa_t gpa, u32 size, u64 val);
	/** Ports, @size 1, 2 or 4; permission is checked. -EAGAIN as above. */
	int (*pio_read)(struct emu_ctx *ctx, u16 port, u32 size, u32 *val);
	int (*pio_write)(struct emu_ctx *ctx, u16 port, u32 size, u32 val);
};

/** Device accesses of the current instruction that were answered already. */
struct emu_log {
	u8 count;
	u8 next;
	u64 val[16];
};

struct emu_ctx {
	const struct emu_ops *ops;
	void *owner; /* the caller's own */
	u64 *gpr;    /* X86_GPRS registers, enum x86_reg order */
	u64 rip;
	u64 rflags;
	u8 mode; /* enum x86_mode */
	u8 cpl;
	bool la57; /* linear addresses have 57 bits, not 48 */
	/* The access that exited, from the hardware. */
	bool fault_write;
	gpa_t fault_gpa;
	/* Results. */
	struct emu_fault fault;
	struct emu_log log; /* zero before a new instruction */
};

/**
 * Execute @insn, some memory operand of which is device memory at
 * @ctx->fault_gpa. Other operands may be memory or devices alike.
 * Return 0: done, rip, rflags and registers are the guest's new ones;
 * EMU_REPEAT: as 0, but rip still names the instruction (let interrupts in);
 * -EFAULT: inject @ctx->fault, nothing changed but finished REP elements;
 * -EAGAIN: a device has not answered, see emu_ops;
 * -EINVAL: not an instruction we execute.
 * After 0 the caller ends an interrupt shadow and raises #DB if TF is set.
 */
int emu_mmio(struct emu_ctx *ctx, const struct x86_insn *insn);

/** Execute INS or OUTS, with REP or without. Results as emu_mmio(). */
int emu_string_pio(struct emu_ctx *ctx, const struct x86_insn *insn);

/**
 * Linear address of the r/m or moffs operand, segment limits and rights
 * checked for @len bytes. Return 0 or -EFAULT (#GP or #SS in ctx->fault).
 */
int emu_operand_linear(struct emu_ctx *ctx, const struct x86_insn *insn,
		       u32 len, bool write, gva_t *out);

#endif
