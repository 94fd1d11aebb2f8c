/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "emulate_host.h"

/* Layout of the arena: a page of code, one of state, the two regions. */
#define ARENA      (4096 * 2 + 3 * HOST_REGION)
#define OFF_STATE  4096
#define OFF_DEVICE 8192
#define OFF_RAM    (OFF_DEVICE + HOST_REGION + HOST_REGION / 2)

struct state {
	u64 gpr[16];
	u64 rflags;
	u64 host_rsp;
};

static u8 *arena;
static struct state *state;
static u8 *cursor;

static void emit(const void *bytes, u32 n)
{
	memcpy(cursor, bytes, n);
	cursor += n;
}

static void emit_byte(u8 b)
{
	emit(&b, 1);
}

/* An instruction ending in [rip + disp32] that names @field. */
static void emit_field(u8 rex, u8 opcode, u8 reg, const u64 *field)
{
	s32 disp;

	emit_byte(rex);
	emit_byte(opcode);
	emit_byte((u8)(reg << 3 | 5));
	disp = (s32)((const u8 *)field - (cursor + 4));
	emit(&disp, 4);
}

static void emit_moves(u8 opcode)
{
	u8 r;

	for (r = 0; r < 16; r++)
		emit_field(r < 8 ? 0x48 : 0x4c, opcode, r & 7, &state->gpr[r]);
}

static void emit_prologue(void)
{
	/* push rbx, rbp, r12..r15 */
	emit("\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57", 10);
	emit_field(0x48, 0x89, 4, &state->host_rsp);
	emit_field(0x40, 0xff, 6, &state->rflags);
	emit_byte(0x9d); /* popfq */
	emit_moves(0x8b);
}

static void emit_epilogue(void)
{
	emit_moves(0x89);
	emit_field(0x48, 0x8b, 4, &state->host_rsp);
	emit_byte(0x9c); /* pushfq */
	emit_field(0x40, 0x8f, 0, &state->rflags);
	emit_byte(0xfc); /* cld */
	emit("\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\xc3", 11);
}

int host_cpu_open(struct host_cpu *cpu)
{
	arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (arena == MAP_FAILED)
		return -1;
	state = (struct state *)(void *)(arena + OFF_STATE);
	cpu->device = arena + OFF_DEVICE;
	cpu->ram = arena + OFF_RAM;
	return 0;
}

void host_cpu_place(struct host_cpu *cpu, const u8 *insn, u32 len)
{
	cursor = arena;
	emit_prologue();
	cpu->code = cursor;
	emit(insn, len);
	emit_epilogue();
}

void host_cpu_run(struct host_cpu *cpu)
{
	void (*run)(void);

	memcpy(state->gpr, cpu->gpr, sizeof(cpu->gpr));
	state->rflags = cpu->rflags;
	memcpy(&run, &arena, sizeof(run));
	run();
	memcpy(cpu->gpr, state->gpr, sizeof(cpu->gpr));
	cpu->rflags = state->rflags;
}
