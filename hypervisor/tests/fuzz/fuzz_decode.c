/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an instruction, any state as a guest's: the decoder reads no
 * more than it may, and the emulator keeps its promises to callbacks that
 * fault, delay and lie.
 */
#include <stdlib.h>
#include <string.h>

#include "guest/x86/emulate_priv.h"
#include "lib/errno.h"

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

/* The input, consumed from its head; zeros when it is used up. */
struct input {
	const u8 *p;
	size_t left;
};

static struct input in;

static u8 next_byte(void)
{
	if (!in.left)
		return 0;
	in.left--;
	return *in.p++;
}

static u64 next_u64(void)
{
	u64 v = 0;
	u32 i;

	for (i = 0; i < 8; i++)
		v = v << 8 | next_byte();
	return v;
}

static void seg_get(struct emu_ctx *ctx, enum x86_seg seg, struct emu_seg *out)
{
	u8 b = next_byte();

	(void)ctx;
	CHECK(seg < X86_SEGS);
	*out = (struct emu_seg){
		.base = b & 1 ? next_u64() : 0,
		.limit = b & 2 ? (u32)next_u64() : 0xffffffff,
		.type = b >> 4,
		.usable = !(b & 4),
		.big = b & 8,
	};
}

static int outcome(struct emu_ctx *ctx)
{
	u8 b = next_byte();

	if (b < 0xe0)
		return 0;
	if (b < 0xf0)
		return -EAGAIN;
	return emu_raise(ctx, 14);
}

static int mem_read(struct emu_ctx *ctx, gva_t gva, void *buf, u32 len)
{
	(void)gva;
	CHECK(len >= 1 && len <= 8);
	memset(buf, next_byte(), len);
	return next_byte() < 0xf0 ? 0 : emu_raise(ctx, 14);
}

static int mem_write(struct emu_ctx *ctx, gva_t gva, const void *buf, u32 len)
{
	u8 copy[8];

	(void)gva;
	CHECK(len >= 1 && len <= 8);
	memcpy(copy, buf, len);
	return next_byte() < 0xf0 ? 0 : emu_raise(ctx, 14);
}

static int gva_to_target(struct emu_ctx *ctx, gva_t gva, u32 len, bool write,
			 bool *is_mmio, gpa_t *gpa)
{
	u8 b = next_byte();

	(void)write;
	CHECK(len >= 1 && (gva.v & 4095) + len <= 4096);
	*is_mmio = b & 1;
	*gpa = GPA(gva.v & 0xffffffffffffULL);
	return b < 0xf0 ? 0 : emu_raise(ctx, 14);
}

static void check_device(gpa_t gpa, u32 size)
{
	CHECK(size == 1 || size == 2 || size == 4 || size == 8);
	CHECK((gpa.v & 4095) + size <= 4096);
}

static int mmio_read(struct emu_ctx *ctx, gpa_t gpa, u32 size, u64 *val)
{
	check_device(gpa, size);
	*val = next_u64();
	return outcome(ctx);
}

static int mmio_write(struct emu_ctx *ctx, gpa_t gpa, u32 size, u64 val)
{
	check_device(gpa, size);
	CHECK((val & ~emu_ones(size)) == 0);
	return outcome(ctx);
}

static int pio_read(struct emu_ctx *ctx, u16 port, u32 size, u32 *val)
{
	(void)port;
	CHECK(size == 1 || size == 2 || size == 4);
	*val = (u32)next_u64();
	return outcome(ctx);
}

static int pio_write(struct emu_ctx *ctx, u16 port, u32 size, u32 val)
{
	(void)port;
	CHECK(size == 1 || size == 2 || size == 4);
	CHECK((val & ~emu_ones(size)) == 0);
	return outcome(ctx);
}

static const struct emu_ops ops = {
	.seg_get = seg_get,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.gva_to_target = gva_to_target,
	.mmio_read = mmio_read,
	.mmio_write = mmio_write,
	.pio_read = pio_read,
	.pio_write = pio_write,
};

static int decode_checked(enum x86_mode mode, struct x86_insn *insn)
{
	u32 avail = next_byte() % 17;
	u8 *bytes = malloc(avail ? avail : 1);
	struct x86_insn again;
	u32 i;
	int ret;

	/* On the heap, of exactly this size: one byte too far is seen. */
	for (i = 0; i < avail; i++)
		bytes[i] = next_byte();
	ret = x86_decode(bytes, avail, mode, insn);
	CHECK(ret == 0 || ret == -EINVAL || ret == -ERANGE);
	if (!ret) {
		CHECK(insn->len >= 1 && insn->len <= avail);
		CHECK(insn->len <= X86_INSN_MAX);
		CHECK(!x86_decode(bytes, insn->len, mode, &again));
		CHECK(!memcmp(insn, &again, sizeof(again)));
	}
	x86_insn_len_fixed(bytes, avail, (const u8 *)"\x0f\xa2", 2);
	free(bytes);
	return ret;
}

/* What a device's delay or a refusal must leave alone. */
static void check_unchanged(const struct emu_ctx *ctx,
			    const struct x86_insn *insn, const u64 *gpr,
			    u64 rip, u64 rflags)
{
	CHECK(ctx->rip == rip);
	if (insn->op->form == X86_F_STRING)
		return;
	CHECK(ctx->rflags == rflags);
	CHECK(!memcmp(ctx->gpr, gpr, X86_GPRS * sizeof(*gpr)));
}

static void emulate(enum x86_mode mode, const struct x86_insn *insn)
{
	u64 gpr[X86_GPRS];
	u64 before[X86_GPRS];
	struct emu_ctx ctx = { .ops = &ops, .gpr = gpr, .mode = (u8)mode };
	u32 tries = 8;
	u32 i;
	int ret;

	for (i = 0; i < X86_GPRS; i++)
		gpr[i] = next_u64();
	ctx.rip = next_u64();
	ctx.rflags = next_u64();
	ctx.fault_gpa = GPA(next_u64() >> 12);
	ctx.fault_write = next_byte() & 1;
	memcpy(before, gpr, sizeof(gpr));
	do {
		u64 rip = ctx.rip;
		u64 rflags = ctx.rflags;

		ret = emu_mmio(&ctx, insn);
		CHECK(ret == 0 || ret == EMU_REPEAT || ret == -EFAULT ||
		      ret == -EAGAIN || ret == -EINVAL);
		if (ret < 0)
			check_unchanged(&ctx, insn, before, rip, rflags);
		if (ret == -EFAULT)
			CHECK(ctx.fault.vector >= 12);
		CHECK(ctx.log.next == 0);
		CHECK(ret == -EAGAIN || ctx.log.count == 0);
	} while (ret == -EAGAIN && tries--);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct x86_insn insn;
	enum x86_mode mode;

	in = (struct input){ data, size };
	mode = (enum x86_mode)(next_byte() % 3);
	if (!decode_checked(mode, &insn))
		emulate(mode, &insn);
	return 0;
}
