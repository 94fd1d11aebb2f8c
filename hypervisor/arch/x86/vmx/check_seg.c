/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules for segments and descriptor tables; 27.3.1.2 and 27.3.1.3. */
#include "arch/x86/asm.h"
#include "arch/x86/vmx/check.h"
#include "vm/backend.h"

#define SELECTOR_TI     BIT64(2)
#define RIGHTS_RESERVED (GENMASK64(31, 17) | 0xf00ULL)
#define V86_RIGHTS      0xf3U
#define V86_LIMIT       0xffffU
#define TYPE_ACCESSED   1U
#define TYPE_CODE       8U

#define LIMIT(n)  ((u16)(VMCS_GUEST_LIMIT + 2 * (n)))
#define RIGHTS(n) ((u16)(VMCS_GUEST_RIGHTS + 2 * (n)))
#define BASE(n)   ((u16)(VMCS_GUEST_BASE + 2 * (n)))
#define SEL(n)    ((u16)(VMCS_GUEST_SEL + 2 * (n)))

static bool is_v86(const struct check_vmcs *s)
{
	return check_read(s, VMCS_GUEST_RFLAGS) & RFLAGS_VM;
}

static bool is_real(const struct check_vmcs *s)
{
	return !(check_read(s, VMCS_GUEST_CR0) & CR0_PE);
}

static u64 dpl(u64 rights)
{
	return (rights >> RIGHTS_DPL_SHIFT) & 3;
}

static u64 dpl_of(const struct check_vmcs *s, enum guest_segno n)
{
	return dpl(check_read(s, vmcs_nth(VMCS_GUEST_RIGHTS, n)));
}

/* 27.3.1.2: what a byte-granular and a page-granular limit look like. */
static bool limit_fits(const struct check_vmcs *s, enum guest_segno n, u64 v)
{
	u64 limit = check_read(s, vmcs_nth(VMCS_GUEST_LIMIT, n));

	if (v & RIGHTS_G)
		return (limit & 0xfff) == 0xfff;
	return !(limit >> 20);
}

static bool v86_segment(const struct check_vmcs *s, enum guest_segno n)
{
	return check_read(s, vmcs_nth(VMCS_GUEST_RIGHTS, n)) == V86_RIGHTS &&
	       check_read(s, vmcs_nth(VMCS_GUEST_LIMIT, n)) == V86_LIMIT &&
	       check_read(s, vmcs_nth(VMCS_GUEST_BASE, n)) ==
		       check_read(s, vmcs_nth(VMCS_GUEST_SEL, n)) << 4;
}

static bool v86_segments(const struct check_vmcs *s, u64 v)
{
	(void)v;
	for (u32 n = SEG_ES; is_v86(s) && n <= SEG_GS; n++) {
		if (!v86_segment(s, (enum guest_segno)n))
			return false;
	}
	return true;
}

static bool common(const struct check_vmcs *s, enum guest_segno n, u64 v)
{
	return (v & RIGHTS_S) && (v & RIGHTS_P) && !(v & RIGHTS_RESERVED) &&
	       limit_fits(s, n, v);
}

static bool code_rights(const struct check_vmcs *s, u64 v)
{
	u64 type = v & RIGHTS_TYPE;

	if (is_v86(s))
		return true;
	/* Data that is executed: real mode with an unrestricted guest. */
	if (type == 3)
		return check_has_secondary(s, SECONDARY_UNRESTRICTED) &&
		       !dpl(v) && common(s, SEG_CS, v);
	return (type & TYPE_CODE) && (type & TYPE_ACCESSED) &&
	       !(v & RIGHTS_UNUSABLE) && common(s, SEG_CS, v);
}

static bool code_level(const struct check_vmcs *s, u64 v)
{
	u64 type = v & RIGHTS_TYPE;

	if (is_v86(s) || type == 3)
		return true;
	if (type == 9 || type == 11)
		return dpl(v) == dpl_of(s, SEG_SS);
	return dpl(v) <= dpl_of(s, SEG_SS);
}

static bool code_64(const struct check_vmcs *s, u64 v)
{
	return !check_has(s, VMCS_ENTRY_CONTROLS, ENTRY_GUEST_64) ||
	       !(v & RIGHTS_L) || !(v & RIGHTS_DB);
}

static bool stack_rights(const struct check_vmcs *s, u64 v)
{
	u64 type = v & RIGHTS_TYPE;

	if (is_v86(s) || (v & RIGHTS_UNUSABLE))
		return true;
	return (type == 3 || type == 7) && common(s, SEG_SS, v);
}

static bool stack_level(const struct check_vmcs *s, u64 v)
{
	u64 code = check_read(s, vmcs_nth(VMCS_GUEST_RIGHTS, SEG_CS));

	if (is_v86(s) || !((code & RIGHTS_TYPE) == 3 || is_real(s)))
		return true;
	return !dpl(v);
}

static bool data_rights(const struct check_vmcs *s, enum guest_segno n, u64 v)
{
	if (is_v86(s) || (v & RIGHTS_UNUSABLE))
		return true;
	/* Code may be read only if it says so. */
	if ((v & TYPE_CODE) && !(v & 2))
		return false;
	return (v & TYPE_ACCESSED) && common(s, n, v);
}

static bool es_rights(const struct check_vmcs *s, u64 v)
{
	return data_rights(s, SEG_ES, v);
}

static bool ds_rights(const struct check_vmcs *s, u64 v)
{
	return data_rights(s, SEG_DS, v);
}

static bool fs_rights(const struct check_vmcs *s, u64 v)
{
	return data_rights(s, SEG_FS, v);
}

static bool gs_rights(const struct check_vmcs *s, u64 v)
{
	return data_rights(s, SEG_GS, v);
}

static bool task_rights(const struct check_vmcs *s, u64 v)
{
	bool long_mode = check_has(s, VMCS_ENTRY_CONTROLS, ENTRY_GUEST_64);
	u64 type = v & RIGHTS_TYPE;

	return (type == 11 || (type == 3 && !long_mode)) && !(v & RIGHTS_S) &&
	       (v & RIGHTS_P) && !(v & (RIGHTS_RESERVED | RIGHTS_UNUSABLE)) &&
	       limit_fits(s, SEG_TR, v);
}

static bool local_rights(const struct check_vmcs *s, u64 v)
{
	if (v & RIGHTS_UNUSABLE)
		return true;
	return (v & RIGHTS_TYPE) == 2 && !(v & RIGHTS_S) && (v & RIGHTS_P) &&
	       !(v & RIGHTS_RESERVED) && limit_fits(s, SEG_LDTR, v);
}

static bool not_local(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v & SELECTOR_TI);
}

static bool local_global(const struct check_vmcs *s, u64 v)
{
	u64 rights = check_read(s, vmcs_nth(VMCS_GUEST_RIGHTS, SEG_LDTR));

	return (rights & RIGHTS_UNUSABLE) || !(v & SELECTOR_TI);
}

static bool base_32(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v >> 32);
}

static bool base_data(const struct check_vmcs *s, u64 v, enum guest_segno n)
{
	u64 rights = check_read(s, vmcs_nth(VMCS_GUEST_RIGHTS, n));

	return (rights & RIGHTS_UNUSABLE) || !(v >> 32);
}

static bool ss_base(const struct check_vmcs *s, u64 v)
{
	return base_data(s, v, SEG_SS);
}

static bool ds_base(const struct check_vmcs *s, u64 v)
{
	return base_data(s, v, SEG_DS);
}

static bool es_base(const struct check_vmcs *s, u64 v)
{
	return base_data(s, v, SEG_ES);
}

static bool limit_16(const struct check_vmcs *s, u64 v)
{
	(void)s;
	return !(v >> 16);
}

/* clang-format off */
const struct check_row check_segments[] = {
	{ SEL(SEG_TR), not_local, "TI clear" },
	{ SEL(SEG_LDTR), local_global, "TI clear" },
	{ RIGHTS(SEG_CS), v86_segments, "segments of virtual-8086 mode" },
	{ BASE(SEG_TR), check_canonical, "canonical" },
	{ BASE(SEG_FS), check_canonical, "canonical" },
	{ BASE(SEG_GS), check_canonical, "canonical" },
	{ BASE(SEG_CS), base_32, "bits 63:32 clear" },
	{ BASE(SEG_SS), ss_base, "bits 63:32 clear" },
	{ BASE(SEG_DS), ds_base, "bits 63:32 clear" },
	{ BASE(SEG_ES), es_base, "bits 63:32 clear" },
	{ RIGHTS(SEG_CS), code_rights, "present code that was accessed, its limit as G says" },
	{ RIGHTS(SEG_CS), code_level, "its level that of SS, not above it if conforming" },
	{ RIGHTS(SEG_CS), code_64, "not L and D at once" },
	{ RIGHTS(SEG_SS), stack_rights, "present writable data that was accessed, its limit as G says" },
	{ RIGHTS(SEG_SS), stack_level, "level 0 in real mode" },
	{ RIGHTS(SEG_ES), es_rights, "present readable data that was accessed, its limit as G says" },
	{ RIGHTS(SEG_DS), ds_rights, "present readable data that was accessed, its limit as G says" },
	{ RIGHTS(SEG_FS), fs_rights, "present readable data that was accessed, its limit as G says" },
	{ RIGHTS(SEG_GS), gs_rights, "present readable data that was accessed, its limit as G says" },
	{ RIGHTS(SEG_TR), task_rights, "a busy task, usable, its limit as G says" },
	{ RIGHTS(SEG_LDTR), local_rights, "a local table or unusable, its limit as G says" },
	{ BASE(SEG_GDTR), check_canonical, "canonical" },
	{ BASE(SEG_IDTR), check_canonical, "canonical" },
	{ LIMIT(SEG_GDTR), limit_16, "bits 31:16 clear" },
	{ LIMIT(SEG_IDTR), limit_16, "bits 31:16 clear" },
	{ 0, NULL, NULL }
};
/* clang-format on */
