/* SPDX-License-Identifier: BSD-2-Clause */
/* Which CPU asks for which mitigation: one table, nothing of the hardware. */
#include "arch/x86/mitigate.h"

#include "lib/string.h"

static bool asks_ibpb(const struct mitigate_facts *f)
{
	return f->ibpb;
}

/* SDM vol 4, IA32_ARCH_CAPABILITIES: who need not flush says so. */
static bool asks_l1d(const struct mitigate_facts *f)
{
	return f->l1d_flush &&
	       !(f->arch_caps & (ARCH_CAP_RDCL_NO | ARCH_CAP_SKIP_L1DFL));
}

/* MDS, TAA, stale data by MMIO, RFDS: each has its own way to say no. */
static bool asks_buffers(const struct mitigate_facts *f)
{
	const u64 no_mmio =
		ARCH_CAP_SBDR_SSDP_NO | ARCH_CAP_FBSDP_NO | ARCH_CAP_PSDP_NO;
	u64 c = f->arch_caps;

	return (f->md_clear && !(c & ARCH_CAP_MDS_NO)) ||
	       (f->md_clear && f->rtm && !(c & ARCH_CAP_TAA_NO)) ||
	       ((c & ARCH_CAP_FB_CLEAR) && (c & no_mmio) != no_mmio) ||
	       ((c & ARCH_CAP_RFDS_CLEAR) && !(c & ARCH_CAP_RFDS_NO));
}

static bool asks_auto_ibrs(const struct mitigate_facts *f)
{
	return f->auto_ibrs;
}

/* Enhanced IBRS too must be set while Holm runs, and a guest may clear it. */
static bool asks_ibrs(const struct mitigate_facts *f)
{
	return f->ibrs;
}

/* With automatic IBRS the CPU clears it at an exit; APM vol 2, on EFER. */
static bool asks_rsb(const struct mitigate_facts *f)
{
	return f->ibpb && !f->auto_ibrs;
}

static bool asks_registers(const struct mitigate_facts *f)
{
	return f->ibpb || f->auto_ibrs;
}

static bool (*const asks[MITIGATION_COUNT])(const struct mitigate_facts *f) = {
	[MITIGATION_NR_IBPB] = asks_ibpb,
	[MITIGATION_NR_L1D] = asks_l1d,
	[MITIGATION_NR_BUFFERS] = asks_buffers,
	[MITIGATION_NR_AUTO_IBRS] = asks_auto_ibrs,
	[MITIGATION_NR_IBRS] = asks_ibrs,
	[MITIGATION_NR_RSB] = asks_rsb,
	[MITIGATION_NR_REGISTERS] = asks_registers,
};

enum mitigate_how mitigate_parse(const char *value)
{
	if (!strcmp(value, "off"))
		return MITIGATE_OFF;
	return strcmp(value, "all") ? MITIGATE_AUTO : MITIGATE_ALL;
}

u32 mitigate_policy(const struct mitigate_facts *f, enum mitigate_how how)
{
	u32 chosen = 0;

	for (u32 i = 0; i < MITIGATION_COUNT && how != MITIGATE_OFF; i++)
		if (how == MITIGATE_ALL || asks[i](f))
			chosen |= BIT32(i);
	/* What a CPU does not have cannot be set, not even if all is. */
	if (!f->auto_ibrs)
		chosen &= ~MITIGATE(AUTO_IBRS);
	return f->ibrs ? chosen : chosen & ~MITIGATE(IBRS);
}
