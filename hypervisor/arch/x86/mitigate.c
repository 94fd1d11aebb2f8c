/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/mitigate.h"

#include "arch/x86/asm.h"
#include "arch/x86/desc.h"
#include "arch/x86/features.h"
#include "core/log.h"
#include "lib/printf.h"
#include "lib/string.h"

#define MSR_SPEC_CTRL         0x48
#define MSR_PRED_CMD          0x49
#define MSR_ARCH_CAPABILITIES 0x10a
#define MSR_FLUSH_CMD         0x10b
#define PRED_CMD_IBPB         BIT64(0)
#define SPEC_CTRL_IBRS        BIT64(0)
#define FLUSH_CMD_L1D         BIT64(0)
#define EFER_AIBRSE           BIT64(21)

u32 mitigate_chosen;

/* For MITIGATE_EXIT: RSB and registers go together, both or none. */
u8 mitigate_exit;

/* Any valid data selector will do: SDM vol 2, VERW. */
const u16 mitigate_verw = DESC_DATA;

static struct mitigate_facts read_facts(void)
{
	bool intel = !strcmp(features_get()->vendor, "GenuineIntel");
	struct mitigate_facts f = { 0 };
	struct cpuid_out r = { 0 };

	if (x86_cpuid(0, 0).eax >= 7)
		r = x86_cpuid(7, 0);
	f.md_clear = intel && (r.edx & BIT32(10));
	f.rtm = r.ebx & BIT32(11);
	f.ibrs = intel && (r.edx & BIT32(26));
	f.ibpb = r.edx & BIT32(26);
	f.l1d_flush = r.edx & BIT32(28);
	if ((r.edx & BIT32(29)) &&
	    !x86_rdmsr_safe(MSR_ARCH_CAPABILITIES, &f.arch_caps))
		f.arch_caps = 0;
	r = x86_cpuid(0x80000000, 0);
	if (r.eax >= 0x80000008)
		f.ibpb |= !!(x86_cpuid(0x80000008, 0).ebx & BIT32(12));
	if (r.eax >= 0x80000021)
		f.auto_ibrs = x86_cpuid(0x80000021, 0).eax & BIT32(8);
	return f;
}

static void announce(enum mitigate_how how)
{
	static const char *const name[] = {
#define MITIGATION_NAME(id, name, text) name,
		MITIGATIONS(MITIGATION_NAME)
	};
	char line[120];
	u32 n = 0;

	for (u32 i = 0; i < ARRAY_SIZE(name); i++)
		if (mitigate_chosen & BIT32(i))
			n += fmt_print(line + n, (u32)sizeof(line) - n, "%s%s",
				       n ? ", " : "", name[i]);
	if (how == MITIGATE_OFF)
		log_warn("mitigations: off, guests may learn of each other");
	else
		log_info("mitigations: %s", n ? line : "the CPU asks for none");
}

void mitigate_choose(enum mitigate_how how)
{
	const struct mitigate_facts f = read_facts();

	mitigate_chosen = mitigate_policy(&f, how);
	mitigate_exit =
		(mitigate_chosen & (MITIGATE(RSB) | MITIGATE(REGISTERS))) != 0;
	announce(how);
}

static void set_ibrs(void)
{
	if (mitigate_chosen & MITIGATE(IBRS))
		x86_wrmsr(MSR_SPEC_CTRL, SPEC_CTRL_IBRS);
}

void mitigate_cpu(void)
{
	set_ibrs();
	if (mitigate_chosen & MITIGATE(AUTO_IBRS))
		x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_AIBRSE);
}

static void overwrite_buffers(void)
{
	__asm__ volatile("verw %0" : : "m"(mitigate_verw) : "cc", "memory");
}

void mitigate_before_entry(u64 spec_ctrl)
{
	if (mitigate_chosen & MITIGATE(IBRS))
		x86_wrmsr(MSR_SPEC_CTRL, spec_ctrl);
	if (mitigate_chosen & MITIGATE(L1D))
		x86_wrmsr_safe(MSR_FLUSH_CMD, FLUSH_CMD_L1D);
}

/* Written even if it is set: what counts is that it is, in Holm, anew. */
u64 mitigate_after_exit(void)
{
	u64 guest;

	if (!(mitigate_chosen & MITIGATE(IBRS)))
		return 0;
	guest = x86_rdmsr(MSR_SPEC_CTRL);
	x86_wrmsr(MSR_SPEC_CTRL, SPEC_CTRL_IBRS);
	return guest;
}

/* Where all are forced, a CPU may lack the command: it has no effect then. */
void mitigate_hand_over(void)
{
	/* It is among the MSRs that were reset for the next guest. */
	set_ibrs();
	if (mitigate_chosen & MITIGATE(IBPB))
		x86_wrmsr_safe(MSR_PRED_CMD, PRED_CMD_IBPB);
	if (mitigate_chosen & MITIGATE(L1D))
		x86_wrmsr_safe(MSR_FLUSH_CMD, FLUSH_CMD_L1D);
	if (mitigate_chosen & MITIGATE(BUFFERS))
		overwrite_buffers();
}
