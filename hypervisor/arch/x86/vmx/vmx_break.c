/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In debug builds, before the first launch of a direct and of a mediated
 * guest: fields of its VMCS are broken one after the other, and the CPU is
 * asked to enter each time. It must refuse, for a reason of the very area
 * that the table of rules finds broken, and the field must be the one that
 * the table names. So the table is compared with a CPU.
 */
#include "arch/x86/asm.h"
#include "arch/x86/vmx/check.h"
#include "arch/x86/vmx/regs.h"
#include "arch/x86/vmx/vmx.h"

/* Instruction errors of VM entries; SDM vol 3, table 31-1. */
#define ERROR_CONTROLS 7
#define ERROR_HOST     8

#define NOT_CANONICAL BIT64(62)

struct breakage {
	u16 field; /* enum vmcs_field */
	u8 area;   /* enum check_area */
	u64 clear;
	u64 set;
};

#define ALL (~(u64)0)

/* clang-format off */
static const struct breakage breakages[] = {
	{ VMCS_PIN_CONTROLS,	CHECK_CONTROLS,	ALL, 0 },
	{ VMCS_PRIMARY_CONTROLS, CHECK_CONTROLS, 0, BIT32(0) },
	{ VMCS_SECONDARY_CONTROLS, CHECK_CONTROLS, 0, BIT32(31) },
	{ VMCS_CR3_TARGETS,	CHECK_CONTROLS,	0, 0x1ff },
	{ VMCS_IO_BITMAP_A,	CHECK_CONTROLS,	0, 1 },
	{ VMCS_IO_BITMAP_B,	CHECK_CONTROLS,	0, BIT64(51) },
	{ VMCS_MSR_BITMAP,	CHECK_CONTROLS,	0, 0x800 },
	{ VMCS_EPT_POINTER,	CHECK_CONTROLS,	7, 5 },
	{ VMCS_EPT_POINTER,	CHECK_CONTROLS,	0x38, 0 },
	{ VMCS_EPT_POINTER,	CHECK_CONTROLS,	0, BIT32(7) },
	{ VMCS_EXIT_CONTROLS,	CHECK_CONTROLS,	ALL, EXIT_HOST_64 },
	{ VMCS_ENTRY_CONTROLS,	CHECK_CONTROLS,	ALL, 0 },
	{ VMCS_ENTRY_EVENT,	CHECK_CONTROLS,	ALL, EVENT_VALID | BIT32(8) },
	{ VMCS_ENTRY_EVENT,	CHECK_CONTROLS,	ALL, EVENT_VALID | EVENT_TYPE_NMI | 3 },
	{ VMCS_HOST_CR0,	CHECK_HOST,	CR0_PG, 0 },
	{ VMCS_HOST_CR4,	CHECK_HOST,	CR4_VMXE, 0 },
	{ VMCS_HOST_CR3,	CHECK_HOST,	0, BIT64(51) },
	{ VMCS_HOST_CS_SEL,	CHECK_HOST,	ALL, 0 },
	{ VMCS_HOST_TR_SEL,	CHECK_HOST,	0, 4 },
	{ VMCS_HOST_SS_SEL,	CHECK_HOST,	0, 3 },
	{ VMCS_HOST_PAT,	CHECK_HOST,	0xff, 2 },
	{ VMCS_HOST_EFER,	CHECK_HOST,	EFER_LMA, 0 },
	{ VMCS_HOST_GDTR_BASE,	CHECK_HOST,	NOT_CANONICAL, 0 },
	{ VMCS_HOST_IDTR_BASE,	CHECK_HOST,	NOT_CANONICAL, 0 },
	{ VMCS_HOST_RIP,	CHECK_HOST,	NOT_CANONICAL, 0 },
	{ VMCS_GUEST_CR0,	CHECK_GUEST,	CR0_NE, 0 },
	{ VMCS_GUEST_CR4,	CHECK_GUEST,	CR4_VMXE, 0 },
	{ VMCS_GUEST_DR7,	CHECK_GUEST,	0, BIT64(32) },
	{ VMCS_GUEST_SYSENTER_EIP, CHECK_GUEST,	0, NOT_CANONICAL },
	{ VMCS_GUEST_PAT,	CHECK_GUEST,	0xff, 3 },
	{ VMCS_GUEST_EFER,	CHECK_GUEST,	0, BIT64(1) },
	{ VMCS_GUEST_RFLAGS,	CHECK_GUEST,	BIT32(1), 0 },
	{ VMCS_GUEST_RFLAGS,	CHECK_GUEST,	0, BIT32(15) },
	{ VMCS_ACTIVITY,	CHECK_GUEST,	0, 7 },
	{ VMCS_INTERRUPTIBILITY, CHECK_GUEST,	0, BIT32(31) },
	{ VMCS_INTERRUPTIBILITY, CHECK_GUEST,	0, BLOCKED_BY_SMI },
	{ VMCS_PENDING_DEBUG,	CHECK_GUEST,	0, BIT32(5) },
	{ VMCS_LINK_POINTER,	CHECK_GUEST,	ALL, 0 },
	{ VMCS_GUEST_RIGHTS + 2 * SEG_CS, CHECK_GUEST, RIGHTS_S, 0 },
	{ VMCS_GUEST_RIGHTS + 2 * SEG_TR, CHECK_GUEST, 0, RIGHTS_UNUSABLE },
	{ VMCS_GUEST_BASE + 2 * SEG_GDTR, CHECK_GUEST, 0, NOT_CANONICAL },
	{ VMCS_GUEST_LIMIT + 2 * SEG_IDTR, CHECK_GUEST, 0, BIT32(16) },
};
/* clang-format on */

static const char *const area_name[CHECK_AREAS] = {
	[CHECK_CONTROLS] = "controls",
	[CHECK_HOST] = "host state",
	[CHECK_GUEST] = "guest state",
};

/* Which area the CPU says is broken; CHECK_AREAS if it entered. */
static u32 try_to_enter(struct hw_vcpu *v)
{
	struct vmx_vcpu *s = vmx_of(v);
	const u32 no_kick = 0;
	u32 how;

	do {
		how = vmx_enter(v, 0, &no_kick, &s->host_rsp);
	} while (how == VMX_ENTER_KICKED);
	if (how == VMX_ENTERED)
		return vmcs_read(VMCS_EXIT_REASON) & REASON_ENTRY_FAILED
			       ? CHECK_GUEST
			       : CHECK_AREAS;
	switch (vmcs_read(VMCS_INSN_ERROR)) {
	case ERROR_CONTROLS:
		return CHECK_CONTROLS;
	case ERROR_HOST:
		return CHECK_HOST;
	default:
		return CHECK_AREAS;
	}
}

static bool is_refused(struct hw_vcpu *v, const struct breakage *b)
{
	const char *name = check_field_name(b->field);
	struct check_broken found = { .field = "none", .rule = "" };
	u32 area = vmx_find_broken(v, &found);
	u32 cpu;

	if (area != b->area || found.field != name) {
		log_error("VMCS %s broken, but %s is found", name, found.field);
		return false;
	}
	cpu = try_to_enter(v);
	if (cpu != area) {
		log_error("VMCS %s broken, no fault of the %s: error %lu, "
			  "reason %lx, qualification %lx",
			  name, area_name[area], vmcs_read(VMCS_INSN_ERROR),
			  vmcs_read(VMCS_EXIT_REASON),
			  vmcs_read(VMCS_QUALIFICATION));
		return false;
	}
	log_guest("refused as it must be: %s, %s is %lx, must be: %s",
		  area_name[area], name, found.value, found.rule);
	return true;
}

/* A guest that was entered in spite of it has run on who knows what. */
static bool try_one(struct hw_vcpu *v, const struct breakage *b)
{
	enum vmcs_field field = (enum vmcs_field)b->field;
	u64 good = vmcs_read(field);
	bool refused;

	vmcs_write(field, (good & ~b->clear) | b->set);
	refused = is_refused(v, b);
	vmcs_write(field, good);
	return refused;
}

void vmx_break_launch(struct hw_vcpu *v)
{
	static bool done[2]; /* mediated, direct */
	u32 refused = 0;

	if (__atomic_exchange_n(&done[v->vm->direct], true, __ATOMIC_RELAXED))
		return;
	for (u32 i = 0; i < ARRAY_SIZE(breakages); i++)
		refused += try_one(v, &breakages[i]);
	log_guest("%s guest: %u of %u broken VMCS fields refused, and named",
		  v->vm->direct ? "direct" : "mediated", refused,
		  (u32)ARRAY_SIZE(breakages));
}
