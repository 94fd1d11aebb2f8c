/* SPDX-License-Identifier: BSD-2-Clause */
/* The engine, and the rules for controls and host state; 27.2. */
#include "arch/x86/vmx/check.h"

#include "arch/x86/asm.h"

#define FIELD_NAME(name, code) { code, #name },
#define EPTP_TYPE_MASK         7U
#define EPTP_TYPE_WB           6U
#define EPTP_WALK(v)           (((v) >> 3) & 7)
#define EPTP_RESERVED          GENMASK64(11, 7)
#define MISC_CR3_TARGETS(m)    (((m) >> 16) & 0x1ff)
#define EVENT_RESERVED         0x7ffff000U
#define ERROR_RESERVED         0xffff8000U
#define TYPE_OF(v)             (((v)&EVENT_TYPE_MASK) >> EVENT_TYPE_SHIFT)
#define VECTOR_NMI             2
#define SELECTOR_LOW           7U /* TI and RPL */

/* clang-format off */
static const struct {
	u32 field;
	const char *name;
} names[] = { VMCS_FIELDS(FIELD_NAME) };
/* clang-format on */

const char *check_field_name(u32 field)
{
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].field == field)
			return names[i].name;
	}
	/* One of a row: called after the row. */
	for (u32 i = ARRAY_SIZE(names); i > 0; i--) {
		if (names[i - 1].field < field &&
		    names[i - 1].field + 2 * 10 > field)
			return names[i - 1].name;
	}
	return "?";
}

bool check_has_secondary(const struct check_vmcs *s, u32 bits)
{
	return check_has(s, VMCS_PRIMARY_CONTROLS, PRIMARY_SECONDARY) &&
	       check_has(s, VMCS_SECONDARY_CONTROLS, bits);
}

bool check_canonical(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return v + BIT64(47) < BIT64(48);
}

/* Page-aligned, and not beyond what the CPU can address. */
bool check_in_memory(const struct check_vmcs *s, u64 v)
{
	return !(v & (PAGE_SIZE - 1)) && !(v >> s->phys_bits);
}

bool check_pat(const struct check_vmcs *s, u64 v)
{
	(void)s;
	for (u32 i = 0; i < 64; i += 8) {
		u64 type = v >> i & 0xff;

		/* UC, WC, WT, WP, WB, UC- */
		if (type > 7 || !(0xf3 >> type & 1))
			return false;
	}
	return true;
}

bool check_efer_bits(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE));
}

static bool word_allowed(const struct check_vmcs *s, enum vmx_word word, u64 v)
{
	u64 allowed = s->caps->word[word];

	return !((u32)allowed & ~v) && !(v & ~(allowed >> 32));
}

static bool pin_allowed(const struct check_vmcs *s, u64 v)
{
	return word_allowed(s, WORD_PIN, v);
}

static bool primary_allowed(const struct check_vmcs *s, u64 v)
{
	return word_allowed(s, WORD_PRIMARY, v);
}

static bool secondary_allowed(const struct check_vmcs *s, u64 v)
{
	return !check_has(s, VMCS_PRIMARY_CONTROLS, PRIMARY_SECONDARY) ||
	       word_allowed(s, WORD_SECONDARY, v);
}

static bool exit_allowed(const struct check_vmcs *s, u64 v)
{
	return word_allowed(s, WORD_EXIT, v);
}

static bool entry_allowed(const struct check_vmcs *s, u64 v)
{
	return word_allowed(s, WORD_ENTRY, v);
}

static bool few_targets(const struct check_vmcs *s, u64 v)
{
	return v <= MISC_CR3_TARGETS(s->caps->misc);
}

static bool io_bitmap(const struct check_vmcs *s, u64 v)
{
	return !check_has(s, VMCS_PRIMARY_CONTROLS, PRIMARY_IO_BITMAPS) ||
	       check_in_memory(s, v);
}

static bool msr_bitmap(const struct check_vmcs *s, u64 v)
{
	return !check_has(s, VMCS_PRIMARY_CONTROLS, PRIMARY_MSR_BITMAPS) ||
	       check_in_memory(s, v);
}

static bool tpr_shadowed(const struct check_vmcs *s)
{
	return check_has(s, VMCS_PRIMARY_CONTROLS, PRIMARY_TPR_SHADOW);
}

static bool vapic_page(const struct check_vmcs *s, u64 v)
{
	return !tpr_shadowed(s) || check_in_memory(s, v);
}

static bool threshold_bits(const struct check_vmcs *s, u64 v)
{
	return !tpr_shadowed(s) || !(v & ~0xfULL) ||
	       check_has_secondary(s, SECONDARY_VIRTUAL_INTR);
}

static bool threshold_low(const struct check_vmcs *s, u64 v)
{
	return !tpr_shadowed(s) ||
	       check_has_secondary(s, SECONDARY_APIC_ACCESS) ||
	       check_has_secondary(s, SECONDARY_VIRTUAL_INTR) ||
	       (v & 0xf) <= s->vtpr >> 4;
}

static bool apic_needs_shadow(const struct check_vmcs *s, u64 v)
{
	(void)v;
	return tpr_shadowed(s) ||
	       !(check_has_secondary(s, SECONDARY_X2APIC) ||
		 check_has_secondary(s, SECONDARY_APIC_REGISTER) ||
		 check_has_secondary(s, SECONDARY_VIRTUAL_INTR));
}

static bool one_apic_mode(const struct check_vmcs *s, u64 v)
{
	(void)v;
	return !check_has_secondary(s,
				    SECONDARY_X2APIC | SECONDARY_APIC_ACCESS);
}

static bool apic_access_page(const struct check_vmcs *s, u64 v)
{
	return !check_has_secondary(s, SECONDARY_APIC_ACCESS) ||
	       check_in_memory(s, v);
}

static bool delivery_needs_exits(const struct check_vmcs *s, u64 v)
{
	(void)v;
	return !check_has_secondary(s, SECONDARY_VIRTUAL_INTR) ||
	       check_has(s, VMCS_PIN_CONTROLS, PIN_EXTERNAL_INTERRUPT);
}

static bool nmi_order(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return (v & PIN_NMI) || !(v & PIN_VIRTUAL_NMI);
}

static bool window_needs_virtual(const struct check_vmcs *s, u64 v)
{
	return !(v & PRIMARY_NMI_WINDOW) ||
	       check_has(s, VMCS_PIN_CONTROLS, PIN_VIRTUAL_NMI);
}

static bool timer_saved(const struct check_vmcs *s, u64 v)
{
	return !(v & EXIT_SAVE_TIMER) ||
	       check_has(s, VMCS_PIN_CONTROLS, PIN_PREEMPTION_TIMER);
}

static bool posted(const struct check_vmcs *s, u64 v)
{
	return !(v & PIN_POSTED_INTERRUPTS) ||
	       (check_has_secondary(s, SECONDARY_VIRTUAL_INTR) &&
		check_has(s, VMCS_EXIT_CONTROLS, EXIT_ACK_INTR) &&
		check_read(s, VMCS_POSTED_VECTOR) < 256 &&
		!(check_read(s, VMCS_POSTED_DESC) & 63));
}

static bool vpid_set(const struct check_vmcs *s, u64 v)
{
	return v || !check_has_secondary(s, SECONDARY_VPID);
}

static bool ept_pointer(const struct check_vmcs *s, u64 v)
{
	if (!check_has_secondary(s, SECONDARY_EPT))
		return true;
	if ((v & EPTP_TYPE_MASK) != EPTP_TYPE_WB || EPTP_WALK(v) != 3)
		return false;
	if ((v & EPTP_AD) && !(s->caps->ept & EPT_ACCESSED_DIRTY))
		return false;
	return !(v & EPTP_RESERVED) && !(v >> s->phys_bits);
}

static bool unrestricted_needs_ept(const struct check_vmcs *s, u64 v)
{
	(void)v;
	return !check_has_secondary(s, SECONDARY_UNRESTRICTED) ||
	       check_has_secondary(s, SECONDARY_EPT);
}

/* Holm uses none of the MSR areas. */
static bool no_msrs(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return v == 0;
}

static bool no_smm(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v & (ENTRY_SMM | ENTRY_DUAL_SMM));
}

static bool event_type(const struct check_vmcs *s, u64 v)
{
	(void)s;
	if (!(v & EVENT_VALID))
		return true;
	/* 1 is reserved, 7 is the monitor trap flag's. */
	return !(v & EVENT_RESERVED) && TYPE_OF(v) != 1 && TYPE_OF(v) != 7;
}

static bool event_vector(const struct check_vmcs *s, u64 v)
{
	(void)s;
	if (!(v & EVENT_VALID))
		return true;
	if ((v & EVENT_TYPE_MASK) == EVENT_TYPE_NMI)
		return (v & 0xff) == VECTOR_NMI;
	return (v & EVENT_TYPE_MASK) != EVENT_TYPE_EXCEPTION || (v & 0xff) < 32;
}

/* Vectors 8, 10 to 14 and 17; control protection's is a newer CPU's choice. */
static bool event_error(const struct check_vmcs *s, u64 v)
{
	bool pushes = (v & 0xff) < 32 && (0x27d00U >> (v & 0x1f) & 1);
	bool may = (v & EVENT_TYPE_MASK) == EVENT_TYPE_EXCEPTION &&
		   (check_read(s, VMCS_GUEST_CR0) & CR0_PE);

	if (!(v & EVENT_VALID) || (v & 0xff) == 21)
		return true;
	return !!(v & EVENT_ERROR_VALID) == (pushes && may);
}

static bool error_code(const struct check_vmcs *s, u64 v)
{
	return !check_has(s, VMCS_ENTRY_EVENT,
			  EVENT_VALID | EVENT_ERROR_VALID) ||
	       !(v & ERROR_RESERVED);
}

#define END                   \
	{                     \
		0, NULL, NULL \
	}

/* clang-format off */
const struct check_row check_controls[] = {
	{ VMCS_PIN_CONTROLS, pin_allowed, "only what the CPU allows, all it requires" },
	{ VMCS_PRIMARY_CONTROLS, primary_allowed, "only what the CPU allows, all it requires" },
	{ VMCS_SECONDARY_CONTROLS, secondary_allowed, "only what the CPU allows, all it requires" },
	{ VMCS_CR3_TARGETS, few_targets, "not more targets than the CPU has" },
	{ VMCS_IO_BITMAP_A, io_bitmap, "a page of physical memory" },
	{ VMCS_IO_BITMAP_B, io_bitmap, "a page of physical memory" },
	{ VMCS_MSR_BITMAP, msr_bitmap, "a page of physical memory" },
	{ VMCS_VAPIC_PAGE, vapic_page, "a page of physical memory" },
	{ VMCS_TPR_THRESHOLD, threshold_bits, "bits 31:4 clear" },
	{ VMCS_TPR_THRESHOLD, threshold_low, "not above the TPR's class" },
	{ VMCS_PIN_CONTROLS, nmi_order, "virtual NMIs only with NMI exits" },
	{ VMCS_PRIMARY_CONTROLS, window_needs_virtual, "NMI windows only with virtual NMIs" },
	{ VMCS_SECONDARY_CONTROLS, apic_needs_shadow, "a virtual APIC only with a TPR shadow" },
	{ VMCS_SECONDARY_CONTROLS, one_apic_mode, "x2APIC mode and an APIC page exclude each other" },
	{ VMCS_APIC_ACCESS_PAGE, apic_access_page, "a page of physical memory" },
	{ VMCS_SECONDARY_CONTROLS, delivery_needs_exits, "virtual delivery only with exits for interrupts" },
	{ VMCS_PIN_CONTROLS, posted, "posted interrupts need delivery, acknowledge, vector, descriptor" },
	{ VMCS_VPID, vpid_set, "not 0" },
	{ VMCS_EPT_POINTER, ept_pointer, "write-back, four levels, reserved bits clear" },
	{ VMCS_SECONDARY_CONTROLS, unrestricted_needs_ept, "an unrestricted guest only with EPT" },
	{ VMCS_EXIT_CONTROLS, exit_allowed, "only what the CPU allows, all it requires" },
	{ VMCS_EXIT_CONTROLS, timer_saved, "the preemption timer is saved only where it runs" },
	{ VMCS_EXIT_STORE_COUNT, no_msrs, "no MSRs to store" },
	{ VMCS_EXIT_LOAD_COUNT, no_msrs, "no MSRs to load" },
	{ VMCS_ENTRY_CONTROLS, entry_allowed, "only what the CPU allows, all it requires" },
	{ VMCS_ENTRY_LOAD_COUNT, no_msrs, "no MSRs to load" },
	{ VMCS_ENTRY_CONTROLS, no_smm, "no entry to system management mode" },
	{ VMCS_ENTRY_EVENT, event_type, "a known type, reserved bits clear" },
	{ VMCS_ENTRY_EVENT, event_vector, "a vector of that type" },
	{ VMCS_ENTRY_EVENT, event_error, "an error code where the exception has one" },
	{ VMCS_ENTRY_ERROR_CODE, error_code, "bits 31:15 clear" },
	END
};
/* clang-format on */

static bool host_cr0(const struct check_vmcs *s, u64 v)
{
	return !(s->caps->cr0_fixed0 & ~v) && !(v & ~s->caps->cr0_fixed1);
}

static bool host_cr4(const struct check_vmcs *s, u64 v)
{
	return !(s->caps->cr4_fixed0 & ~v) && !(v & ~s->caps->cr4_fixed1);
}

static bool host_cr4_pae(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return v & CR4_PAE;
}

static bool host_cr3(const struct check_vmcs *s, u64 v)
{
	return !(v >> s->phys_bits);
}

static bool host_efer(const struct check_vmcs *s, u64 v)
{
	return check_efer_bits(s, v) && (v & EFER_LMA) && (v & EFER_LME);
}

static bool host_64(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return v & EXIT_HOST_64;
}

static bool selector(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v & SELECTOR_LOW);
}

static bool selector_used(const struct check_vmcs *s, u64 v)
{
	return v && selector(s, v);
}

/* clang-format off */
const struct check_row check_host[] = {
	{ VMCS_HOST_CR0, host_cr0, "the bits that VMX fixes" },
	{ VMCS_HOST_CR4, host_cr4, "the bits that VMX fixes" },
	{ VMCS_HOST_CR3, host_cr3, "within physical memory" },
	{ VMCS_HOST_SYSENTER_ESP, check_canonical, "canonical" },
	{ VMCS_HOST_SYSENTER_EIP, check_canonical, "canonical" },
	{ VMCS_HOST_PAT, check_pat, "eight memory types" },
	{ VMCS_HOST_EFER, host_efer, "LME and LMA, reserved bits clear" },
	{ VMCS_HOST_CS_SEL, selector_used, "not null, TI and RPL clear" },
	{ VMCS_HOST_TR_SEL, selector_used, "not null, TI and RPL clear" },
	{ VMCS_HOST_SS_SEL, selector, "TI and RPL clear" },
	{ VMCS_HOST_DS_SEL, selector, "TI and RPL clear" },
	{ VMCS_HOST_ES_SEL, selector, "TI and RPL clear" },
	{ VMCS_HOST_FS_SEL, selector, "TI and RPL clear" },
	{ VMCS_HOST_GS_SEL, selector, "TI and RPL clear" },
	{ VMCS_HOST_FS_BASE, check_canonical, "canonical" },
	{ VMCS_HOST_GS_BASE, check_canonical, "canonical" },
	{ VMCS_HOST_TR_BASE, check_canonical, "canonical" },
	{ VMCS_HOST_GDTR_BASE, check_canonical, "canonical" },
	{ VMCS_HOST_IDTR_BASE, check_canonical, "canonical" },
	{ VMCS_EXIT_CONTROLS, host_64, "a 64-bit host" },
	{ VMCS_HOST_CR4, host_cr4_pae, "PAE" },
	{ VMCS_HOST_RIP, check_canonical, "canonical" },
	END
};
/* clang-format on */

static bool check_table(const struct check_vmcs *s, const struct check_row *row,
			struct check_broken *out)
{
	for (; row->rule; row++) {
		u64 v = check_read(s, (enum vmcs_field)row->field);

		if (row->ok(s, v))
			continue;
		*out = (struct check_broken){
			.rule = row->rule,
			.field = check_field_name(row->field),
			.value = v,
		};
		return false;
	}
	return true;
}

bool check_vmcs(const struct check_vmcs *s, enum check_area area,
		struct check_broken *out)
{
	switch (area) {
	case CHECK_CONTROLS:
		return check_table(s, check_controls, out);
	case CHECK_HOST:
		return check_table(s, check_host, out);
	default:
		return check_table(s, check_guest, out) &&
		       check_table(s, check_segments, out);
	}
}
