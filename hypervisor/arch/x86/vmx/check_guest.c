/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules for a guest's registers, events and activity; 27.3.1. */
#include "arch/x86/asm.h"
#include "arch/x86/vmx/check.h"
#include "vm/backend.h"

#define CR4_PCIDE        BIT64(17)
#define DEBUGCTL_VALID   0xffc3ULL
#define RFLAGS_RESERVED  (GENMASK64(63, 22) | BIT64(15) | BIT64(5) | BIT64(3))
#define PENDING_VALID    (0x1100fULL | BIT64(14))
#define PENDING_BS       BIT64(14)
#define DEBUGCTL_BTF     BIT64(1)
#define BLOCKED_KNOWN    0x1fULL
#define LINK_NONE        (~(u64)0)
#define MISC_ACTIVITY(m) (((m) >> 6) & 7)

static bool guest_64(const struct check_vmcs *s)
{
	return check_has(s, VMCS_ENTRY_CONTROLS, ENTRY_GUEST_64);
}

static bool injects(const struct check_vmcs *s, u32 type)
{
	u64 event = check_read(s, VMCS_ENTRY_EVENT);

	return (event & EVENT_VALID) && (event & EVENT_TYPE_MASK) == type;
}

static bool cr0_fixed(const struct check_vmcs *s, u64 v)
{
	u64 fixed = s->caps->cr0_fixed0;

	if (check_has_secondary(s, SECONDARY_UNRESTRICTED))
		fixed &= ~(CR0_PE | CR0_PG);
	return !(fixed & ~v) && !(v & ~s->caps->cr0_fixed1);
}

static bool cr0_paging(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return (v & CR0_PE) || !(v & CR0_PG);
}

static bool cr4_fixed(const struct check_vmcs *s, u64 v)
{
	return !(s->caps->cr4_fixed0 & ~v) && !(v & ~s->caps->cr4_fixed1);
}

static bool cr0_long(const struct check_vmcs *s, u64 v)
{
	return !guest_64(s) || (v & CR0_PG);
}

static bool cr4_long(const struct check_vmcs *s, u64 v)
{
	return guest_64(s) ? (v & CR4_PAE) : !(v & CR4_PCIDE);
}

static bool cr3_width(const struct check_vmcs *s, u64 v)
{
	return !(v >> s->phys_bits);
}

static bool debugctl(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v & ~DEBUGCTL_VALID);
}

static bool high_clear(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v >> 32);
}

static bool efer_mode(const struct check_vmcs *s, u64 v)
{
	return !!(v & EFER_LMA) == guest_64(s);
}

static bool efer_paging(const struct check_vmcs *s, u64 v)
{
	return !(check_read(s, VMCS_GUEST_CR0) & CR0_PG) ||
	       !!(v & EFER_LMA) == !!(v & EFER_LME);
}

static bool code_64(const struct check_vmcs *s)
{
	u64 rights = check_read(s, vmcs_nth(VMCS_GUEST_RIGHTS, SEG_CS));

	return guest_64(s) && (rights & RIGHTS_L);
}

static bool rip(const struct check_vmcs *s, u64 v)
{
	return code_64(s) ? check_canonical(s, v) : !(v >> 32);
}

static bool rflags_reserved(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v & RFLAGS_RESERVED) && (v & RFLAGS_FIXED);
}

static bool rflags_vm(const struct check_vmcs *s, u64 v)
{
	return !(v & RFLAGS_VM) ||
	       (!guest_64(s) && (check_read(s, VMCS_GUEST_CR0) & CR0_PE));
}

static bool rflags_if(const struct check_vmcs *s, u64 v)
{
	return (v & RFLAGS_IF) || !injects(s, EVENT_TYPE_INTR);
}

static bool activity_known(const struct check_vmcs *s, u64 v)
{
	if (v == ACTIVITY_ACTIVE)
		return true;
	return v <= ACTIVITY_WAIT_SIPI &&
	       (MISC_ACTIVITY(s->caps->misc) & BIT64(v - 1));
}

static bool activity_privilege(const struct check_vmcs *s, u64 v)
{
	u64 ss = check_read(s, vmcs_nth(VMCS_GUEST_RIGHTS, SEG_SS));

	return v != ACTIVITY_HLT || !((ss >> RIGHTS_DPL_SHIFT) & 3);
}

static bool activity_shadow(const struct check_vmcs *s, u64 v)
{
	return v == ACTIVITY_ACTIVE || !(check_read(s, VMCS_INTERRUPTIBILITY) &
					 (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));
}

/* Asleep, a guest takes interrupts, NMIs, #DB and #MC. */
static bool activity_event(const struct check_vmcs *s, u64 v)
{
	u64 event = check_read(s, VMCS_ENTRY_EVENT);

	if (v != ACTIVITY_HLT || !(event & EVENT_VALID))
		return true;
	if ((event & EVENT_TYPE_MASK) == EVENT_TYPE_EXCEPTION)
		return (event & 0xff) == 1 || (event & 0xff) == 18;
	return injects(s, EVENT_TYPE_INTR) || injects(s, EVENT_TYPE_NMI);
}

static bool blocked_known(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v & ~BLOCKED_KNOWN) && !(v & BLOCKED_BY_SMI);
}

static bool blocked_once(const struct check_vmcs *s, u64 v)
{
	const u64 both = BLOCKED_BY_STI | BLOCKED_BY_MOV_SS;

	(void)s;
	return (v & both) != both;
}

static bool blocked_sti(const struct check_vmcs *s, u64 v)
{
	return !(v & BLOCKED_BY_STI) ||
	       (check_read(s, VMCS_GUEST_RFLAGS) & RFLAGS_IF);
}

static bool blocked_interrupt(const struct check_vmcs *s, u64 v)
{
	return !injects(s, EVENT_TYPE_INTR) ||
	       !(v & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));
}

static bool blocked_nmi(const struct check_vmcs *s, u64 v)
{
	u64 bad = BLOCKED_BY_MOV_SS;

	if (check_has(s, VMCS_PIN_CONTROLS, PIN_VIRTUAL_NMI))
		bad |= BLOCKED_BY_NMI;
	return !injects(s, EVENT_TYPE_NMI) || !(v & bad);
}

static bool pending_known(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v & ~PENDING_VALID);
}

/* A step that waits behind a shadow, or a sleeper's, must be said to. */
static bool pending_step(const struct check_vmcs *s, u64 v)
{
	u64 blocked = check_read(s, VMCS_INTERRUPTIBILITY);
	bool steps = (check_read(s, VMCS_GUEST_RFLAGS) & RFLAGS_TF) &&
		     !(check_read(s, VMCS_GUEST_DEBUGCTL) & DEBUGCTL_BTF);

	if (!(blocked & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS)) &&
	    check_read(s, VMCS_ACTIVITY) != ACTIVITY_HLT)
		return true;
	return !!(v & PENDING_BS) == steps;
}

static bool no_link(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return v == LINK_NONE;
}

/* clang-format off */
const struct check_row check_guest[] = {
	{ VMCS_GUEST_CR0, cr0_fixed, "the bits that VMX fixes" },
	{ VMCS_GUEST_CR0, cr0_paging, "PG only with PE" },
	{ VMCS_GUEST_CR4, cr4_fixed, "the bits that VMX fixes" },
	{ VMCS_GUEST_DEBUGCTL, debugctl, "reserved bits clear" },
	{ VMCS_GUEST_CR0, cr0_long, "PG in a 64-bit guest" },
	{ VMCS_GUEST_CR4, cr4_long, "PAE in a 64-bit guest, no PCIDE in others" },
	{ VMCS_GUEST_CR3, cr3_width, "within physical memory" },
	{ VMCS_GUEST_DR7, high_clear, "bits 63:32 clear" },
	{ VMCS_GUEST_SYSENTER_ESP, check_canonical, "canonical" },
	{ VMCS_GUEST_SYSENTER_EIP, check_canonical, "canonical" },
	{ VMCS_GUEST_PAT, check_pat, "eight memory types" },
	{ VMCS_GUEST_EFER, check_efer_bits, "reserved bits clear" },
	{ VMCS_GUEST_EFER, efer_mode, "LMA as the entry makes it" },
	{ VMCS_GUEST_EFER, efer_paging, "LMA is LME under paging" },
	{ VMCS_GUEST_RIP, rip, "canonical; 32 bits outside 64-bit code" },
	{ VMCS_GUEST_RFLAGS, rflags_reserved, "reserved bits clear, bit 1 set" },
	{ VMCS_GUEST_RFLAGS, rflags_vm, "virtual-8086 only in 32-bit protected mode" },
	{ VMCS_GUEST_RFLAGS, rflags_if, "IF to take an interrupt" },
	{ VMCS_ACTIVITY, activity_known, "a state that the CPU knows" },
	{ VMCS_ACTIVITY, activity_privilege, "HLT at level 0 only" },
	{ VMCS_ACTIVITY, activity_shadow, "no sleep behind STI or MOV SS" },
	{ VMCS_ACTIVITY, activity_event, "awake for this event" },
	{ VMCS_INTERRUPTIBILITY, blocked_known, "reserved bits and SMI clear" },
	{ VMCS_INTERRUPTIBILITY, blocked_once, "not STI and MOV SS at once" },
	{ VMCS_INTERRUPTIBILITY, blocked_sti, "no shadow of STI without IF" },
	{ VMCS_INTERRUPTIBILITY, blocked_interrupt, "no shadow when an interrupt is injected" },
	{ VMCS_INTERRUPTIBILITY, blocked_nmi, "no shadow, no NMI when an NMI is injected" },
	{ VMCS_PENDING_DEBUG, pending_known, "reserved bits clear" },
	{ VMCS_PENDING_DEBUG, pending_step, "BS as TF says, behind a shadow or asleep" },
	{ VMCS_LINK_POINTER, no_link, "no VMCS" },
	{ 0, NULL, NULL }
};
/* clang-format on */
