/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Port and memory accesses that trapped: to a device inside Holm, to the
 * device model, or to nobody (reads give ones, writes are dropped).
 */
#include "run/run.h"

#include "arch/x86/asm.h"
#include "arch/x86/lapic.h"
#include "guest/x86/emulate.h"
#include "guest/x86/guest.h"
#include "io/doorbell.h"
#include "io/ioreq.h"
#include "io/iospace.h"
#include "io/subpage.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "run/guestwalk.h"

/* @size is 1 to 8. */
static u64 ones(u32 size)
{
	return ~(u64)0 >> (64 - 8 * size);
}

static __rare int pio_access(struct vcpu *v, u16 port, u32 size, bool write,
			     u64 *val)
{
	*val &= ones(size);
	if (io_space_pio(v->vm->io, port, size, write, val))
		return 0;
	if (v->vm->kind == VM_USER) {
		if (write &&
		    doorbell_ring(v->vm, ACRN_IOREQ_PIO, port, size, *val))
			return 0;
		v->exits[HOLM_EXIT_IOREQ]++;
		return ioreq_pio(v, port, size, write, val, run_wait);
	}
	vm_deny(v, HOLM_CELL_DENY_PORT, port);
	io_no_answer(size, write, val);
	return 0;
}

/* A User VM's local APIC page, while it is there. */
static bool lapic_access(struct vcpu *v, gpa_t gpa, u32 size, bool write,
			 u64 *val)
{
	struct vlapic *lapic = &v->guest->lapic;
	u64 off = gpa.v - VLAPIC_MMIO_BASE;

	if (off >= VLAPIC_MMIO_SIZE || vlapic_state(lapic) != VLAPIC_XAPIC)
		return false;
	run_sync_tpr(v);
	if (!write) {
		vlapic_mmio_read(lapic, (u32)off, size, val);
		return true;
	}
	v->attention = true;
	vlapic_mmio_write(lapic, (u32)off, size, val);
	/* Of others the CPU may know a newer one, by CR8. */
	if (off == LAPIC_TPR)
		backend->vcpu_set_tpr(&v->hw, vlapic_get_tpr(lapic));
	return true;
}

static int mmio_access(struct vcpu *v, gpa_t gpa, u32 size, bool write,
		       u64 *val)
{
	if (v->vm->kind == VM_USER && lapic_access(v, gpa, size, write, val))
		return 0;
	if (io_space_mmio(v->vm->io, gpa.v, size, write, val))
		return 0;
	if (v->vm->kind == VM_USER) {
		if (write &&
		    doorbell_ring(v->vm, ACRN_IOREQ_MMIO, gpa.v, size, *val))
			return 0;
		v->exits[HOLM_EXIT_IOREQ]++;
		return ioreq_mmio(v, gpa, size, write, val, run_wait);
	}
	if (vpci_mmio(v->vm, gpa.v, size, write, val) ||
	    subpage_mmio(v->vm, gpa.v, size, write, val))
		return 0;
	vm_deny(v, HOLM_CELL_DENY_MEMORY, gpa.v);
	io_no_answer(size, write, val);
	return 0;
}

/* The emulator's view of the vCPU. */

#define SEG_TYPE_DATA_RW 3

struct emulation {
	struct emu_ctx ctx;
	struct vcpu *v;
	bool have_sregs;
	struct guest_sregs s;
};

static struct emulation *emulation_of(struct emu_ctx *ctx)
{
	return container_of(ctx, struct emulation, ctx);
}

/* Most instructions ask for no segment and no walk: read when wanted. */
static const struct guest_sregs *sregs(struct emulation *e)
{
	if (!e->have_sregs)
		backend->vcpu_get_sregs(&e->v->hw, &e->s);
	e->have_sregs = true;
	return &e->s;
}

static void op_seg_get(struct emu_ctx *ctx, enum x86_seg seg,
		       struct emu_seg *out)
{
	const struct guest_seg *s = &sregs(emulation_of(ctx))->seg[seg];

	bool protected = (sregs(emulation_of(ctx))->cr0 & CR0_PE) &&
			 !(ctx->rflags & RFLAGS_VM);

	out->base = s->base;
	out->limit = s->limit;
	/* Outside protected mode every segment can be written, CS too. */
	out->type = protected ? s->attr & 0xf : SEG_TYPE_DATA_RW;
	out->usable = s->attr & SEG_ATTR_P;
	out->big = s->attr & SEG_ATTR_DB;
}

#define VECTOR_GP 13
#define VECTOR_PF 14

/* What a failed walk means for the guest. */
static int fault_of(struct emu_ctx *ctx, int rc, const struct gva_fault *pf)
{
	ctx->fault =
		(struct emu_fault){ .vector = VECTOR_GP, .has_error = true };
	if (rc == -EFAULT)
		ctx->fault = (struct emu_fault){
			.vector = VECTOR_PF,
			.has_error = true,
			.error = pf->error_code,
			.cr2 = pf->gva.v,
		};
	return -EFAULT;
}

static int op_mem_read(struct emu_ctx *ctx, gva_t gva, void *buf, u32 len)
{
	struct emulation *e = emulation_of(ctx);
	struct gva_ctx w = run_walk_ctx(e->v, sregs(e));
	struct gva_fault pf;
	int rc = gvawalk_read(&w, gva, buf, len, GVA_R, &pf);

	return rc ? fault_of(ctx, rc, &pf) : 0;
}

static int op_mem_write(struct emu_ctx *ctx, gva_t gva, const void *buf,
			u32 len)
{
	struct emulation *e = emulation_of(ctx);
	struct gva_ctx w = run_walk_ctx(e->v, sregs(e));
	struct gva_fault pf;
	int rc = gvawalk_write(&w, gva, buf, len, GVA_W, &pf);

	return rc ? fault_of(ctx, rc, &pf) : 0;
}

static int op_target(struct emu_ctx *ctx, gva_t gva, u32 len, bool write,
		     bool *is_mmio, gpa_t *gpa)
{
	struct emulation *e = emulation_of(ctx);
	struct gva_ctx w = run_walk_ctx(e->v, sregs(e));
	struct gva_fault pf = { .gva = gva };
	struct s2_range r;
	u64 bytes;
	int rc;

	(void)len;
	rc = gvawalk_translate(&w, gva, write ? GVA_W : GVA_R, gpa, &bytes,
			       &pf.error_code);
	if (rc)
		return fault_of(ctx, rc, &pf);
	*is_mmio = !stage2_translate(&e->v->vm->s2, *gpa, &r) ||
		   (r.attr & PT_TYPE_MASK) != PT_WB ||
		   (write && !(r.attr & PT_W));
	return 0;
}

static int op_mmio_read(struct emu_ctx *ctx, gpa_t gpa, u32 size, u64 *val)
{
	return mmio_access(emulation_of(ctx)->v, gpa, size, false, val);
}

static int op_mmio_write(struct emu_ctx *ctx, gpa_t gpa, u32 size, u64 val)
{
	return mmio_access(emulation_of(ctx)->v, gpa, size, true, &val);
}

static int op_pio_read(struct emu_ctx *ctx, u16 port, u32 size, u32 *val)
{
	u64 wide = 0;
	int rc = pio_access(emulation_of(ctx)->v, port, size, false, &wide);

	*val = (u32)wide;
	return rc;
}

static int op_pio_write(struct emu_ctx *ctx, u16 port, u32 size, u32 val)
{
	u64 wide = val;

	return pio_access(emulation_of(ctx)->v, port, size, true, &wide);
}

static const struct emu_ops emu_ops = {
	.seg_get = op_seg_get,
	.mem_read = op_mem_read,
	.mem_write = op_mem_write,
	.gva_to_target = op_target,
	.mmio_read = op_mmio_read,
	.mmio_write = op_mmio_write,
	.pio_read = op_pio_read,
	.pio_write = op_pio_write,
};

static void emulation_begin(struct emulation *e, struct vcpu *v,
			    const struct guest_code *c)
{
	e->v = v;
	e->have_sregs = false;
	e->ctx.ops = &emu_ops;
	e->ctx.gpr = v->hw.regs.gpr;
	e->ctx.rip = v->hw.regs.rip;
	e->ctx.rflags = v->hw.regs.rflags;
	e->ctx.mode = X86_MODE_64;
	if (!c->long4)
		e->ctx.mode = (u8)run_mode(sregs(e));
	e->ctx.cpl = c->cpl;
	e->ctx.la57 = c->cr4 & CR4_LA57;
	e->ctx.log.next = 0;
	e->ctx.log.count = v->guest->emu_log.count;
	if (unlikely(e->ctx.log.count))
		e->ctx.log = v->guest->emu_log;
}

static void emulation_end(struct emulation *e, int rc)
{
	struct vcpu *v = e->v;
	const struct emu_fault *f = &e->ctx.fault;

	if (rc == -EAGAIN) {
		v->guest->emu_log = e->ctx.log;
		return;
	}
	v->guest->emu_log.count = 0;
	if (rc == -EINVAL) {
		run_inject_ud(v);
		return;
	}
	v->hw.regs.rflags = e->ctx.rflags;
	v->hw.regs.rip = e->ctx.rip;
	if (rc != -EFAULT) {
		backend->vcpu_skip(&v->hw, 0);
	} else if (f->vector == VECTOR_PF) {
		run_inject_pf(v, f->cr2, f->error);
	} else {
		run_inject_exception(v, f->vector, f->has_error, f->error);
	}
}

static u64 operand_address(const struct vcpu *v, const struct x86_insn *insn)
{
	const u64 *gpr = v->hw.regs.gpr;
	u64 at = insn->disp;

	if (insn->base != X86_REG_NONE)
		at += gpr[insn->base];
	if (insn->index != X86_REG_NONE)
		at += gpr[insn->index] * insn->scale;
	return insn->rip_rel ? at + v->hw.regs.rip + insn->len : at;
}

/*
 * Drivers move 32 bits from or to a register, in 64-bit code without segments:
 * the offset in the page says that it is the access that exited, and the CPU
 * has found it permitted.
 */
static bool is_plain_move(const struct vcpu *v, const struct exit_info *x,
			  const struct x86_insn *insn)
{
	bool write = x86_insn_writes_mem(insn);

	return insn->op->kind == X86_OP_MOV && insn->memsize == 4 &&
	       insn->addrsize == 8 && insn->mode == X86_MODE_64 &&
	       insn->is_mem && !insn->seg_override &&
	       write == !!(x->access & ACCESS_W) && x->gpa.v % 4 == 0 &&
	       (operand_address(v, insn) ^ x->gpa.v) % PAGE_SIZE == 0 &&
	       !v->guest->emu_log.count;
}

static void plain_move(struct vcpu *v, const struct exit_info *x,
		       const struct x86_insn *insn)
{
	u64 *gpr = v->hw.regs.gpr;
	bool write = x86_insn_writes_mem(insn);
	u64 val = 0;

	/* reg is RAX where none is named. */
	if (write)
		val = (u32)(insn->op->form == X86_F_RM_IMM ? insn->imm
							   : gpr[insn->reg]);
	/* Not answered yet: the same once more. */
	if (mmio_access(v, x->gpa, 4, write, &val))
		return;
	if (!write)
		gpr[insn->reg] = (u32)val;
	v->hw.regs.rflags &= ~RFLAGS_RF;
	backend->vcpu_skip(&v->hw, insn->len);
}

void run_exit_mmio(struct vcpu *v, const struct exit_info *x)
{
	const struct x86_insn *insn;
	struct guest_code c;
	struct emulation e;

	/* Nothing to execute where nothing is mapped. */
	if (x->access & ACCESS_X) {
		run_inject_gp(v);
		return;
	}
	backend->vcpu_get_code(&v->hw, &c);
	insn = run_decode(v, &c);
	if (!insn)
		return;
	if (likely(is_plain_move(v, x, insn))) {
		plain_move(v, x, insn);
		return;
	}
	emulation_begin(&e, v, &c);
	e.ctx.fault_gpa = x->gpa;
	e.ctx.fault_write = x->access & ACCESS_W;
	emulation_end(&e, emu_mmio(&e.ctx, insn));
}

static __rare void string_pio(struct vcpu *v)
{
	const struct x86_insn *insn;
	struct guest_code c;
	struct emulation e;

	backend->vcpu_get_code(&v->hw, &c);
	insn = run_decode(v, &c);
	if (!insn)
		return;
	emulation_begin(&e, v, &c);
	emulation_end(&e, emu_string_pio(&e.ctx, insn));
}

/* Without a next RIP the instruction must be found: prefixes, one opcode. */
static __rare u64 pio_next_rip(struct vcpu *v)
{
	const struct x86_insn *insn;
	struct guest_code c;

	backend->vcpu_get_code(&v->hw, &c);
	insn = run_decode(v, &c);
	return insn ? v->hw.regs.rip + insn->len : 0;
}

/* A register of 32 bits clears the upper half, smaller ones keep the rest. */
static u64 merge_rax(u64 rax, u64 val, u32 size)
{
	if (likely(size == 4))
		return (u32)val;
	return (rax & ~ones(size)) | (val & ones(size));
}

void run_exit_pio(struct vcpu *v, const struct exit_info *x)
{
	const struct io_range *r = io_table_last(&v->vm->io->pio, x->pio_port);
	u64 *rax = &v->hw.regs.gpr[GPR_RAX];
	u64 val = *rax;
	u64 next = x->next_rip;

	if (unlikely(x->pio_string)) {
		string_pio(v);
		return;
	}
	if (unlikely(!next))
		next = pio_next_rip(v);
	if (unlikely(!next))
		return;
	if (likely(r))
		io_range_access(r, x->pio_port, x->pio_size, !x->pio_in, &val);
	else if (pio_access(v, x->pio_port, x->pio_size, !x->pio_in, &val))
		return;
	if (x->pio_in)
		*rax = merge_rax(*rax, val, x->pio_size);
	v->hw.regs.rip = next;
	backend->vcpu_skip(&v->hw, 0);
}
