/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the CPU checks before it enters a guest (SDM vol 3, 27.2 and 27.3), as
 * a table: so that a refusal names the rule, the field and its value.
 */
#ifndef ARCH_X86_VMX_CHECK_H
#define ARCH_X86_VMX_CHECK_H

#include "arch/x86/vmx/caps.h"
#include "arch/x86/vmx/vmcs.h"

/** In the order in which the CPU looks. */
enum check_area { CHECK_CONTROLS, CHECK_HOST, CHECK_GUEST, CHECK_AREAS };

/** A VMCS, wherever its fields come from. */
struct check_vmcs {
	u64 (*read)(const void *image, enum vmcs_field field);
	const void *image;
	const struct vmx_caps *caps;
	u8 phys_bits;
	u8 vtpr; /* in the virtual-APIC page */
};

/** One rule; @ok gets the field's value. */
struct check_row {
	u16 field; /* enum vmcs_field */
	bool (*ok)(const struct check_vmcs *s, u64 v);
	const char *rule; /* what must hold */
};

/** The first rule that does not hold. */
struct check_broken {
	const char *rule;
	const char *field;
	u64 value;
};

/** False, with *@out set, if the CPU would refuse @s. */
bool check_vmcs(const struct check_vmcs *s, enum check_area area,
		struct check_broken *out);

/** What the field is called here; "?" if it is not known. */
const char *check_field_name(u32 field);

/* What the files of the table share. */

static inline u64 check_read(const struct check_vmcs *s, enum vmcs_field f)
{
	return s->read(s->image, f);
}

/** Whether all of @bits are set in a word of controls. */
static inline bool check_has(const struct check_vmcs *s, enum vmcs_field word,
			     u32 bits)
{
	return (check_read(s, word) & bits) == bits;
}

/** Secondary controls count only if the primary ones say so. */
bool check_has_secondary(const struct check_vmcs *s, u32 bits);

bool check_canonical(const struct check_vmcs *s, u64 v);
bool check_in_memory(const struct check_vmcs *s, u64 v);
bool check_pat(const struct check_vmcs *s, u64 v);
bool check_efer_bits(const struct check_vmcs *s, u64 v);

/** The tables, which end with a row without a rule. */
extern const struct check_row check_controls[], check_host[], check_guest[],
	check_segments[];

#endif
