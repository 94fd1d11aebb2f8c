/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list. The Service VM owns the platform: thermal control, P-states,
 * performance counters, machine-check banks are its own. What reaches into
 * the hypervisor, into SMM or into other guests is nobody's.
 * Numbers and names: Intel SDM vol. 4; AMD PPR and APM vol. 2, appendix A.
 */
#include "guest/x86/msr.h"
#include "guest/x86/msr_table.h"

#define MTRR_ADDR GENMASK64(51, 12)
#define ALL       (~(u64)0)

/* clang-format off */

/* read and write: first the Service VM, then a User VM */
#define ROWS(a, b, sr, sw, ur, uw, ...) { \
	.first = (a), .last = (b), \
	.read = { MSR_##sr, MSR_##ur }, .write = { MSR_##sw, MSR_##uw }, \
	__VA_ARGS__ }
#define ROW(a, sr, sw, ur, uw, ...)	ROWS(a, a, sr, sw, ur, uw, __VA_ARGS__)
#define H(name)		.handler = MSR_H_##name
#define S(name)		.slot = MSR_S_##name
#define F(flags_)	.flags = (flags_)
#define CPU		.flags = MSR_F_CPU
#define V(value_)	.value = (value_)
#define FILTER(filter_)	.filter = (filter_)
#define OK(valid_)	.valid = (valid_)

const struct msr_rule msr_rules[] = {
	/*                       Service VM        User VM */
	ROW(0x010,		PASS, HANDLER,	HANDLER, HANDLER, H(TSC), CPU),
	ROW(0x017,		PASS, GP,	ZERO, GP),	/* PLATFORM_ID */
	ROW(0x01b,		HANDLER, HANDLER, HANDLER, HANDLER,
	    H(APIC_BASE), CPU),
	ROW(0x02a,		PASS, GP,	ZERO, GP),	/* EBL_CR_POWERON */
	ROW(0x034,		PASS, GP,	ZERO, GP),	/* SMI_COUNT */
	ROW(0x035,		PASS, GP,	GP, GP),	/* CORE_THREAD_COUNT */
	/* FEATURE_CONTROL: locked, nothing enabled. */
	ROW(0x03a,		CONST, GP,	CONST, GP, V(1)),
	ROW(0x03b,		HANDLER, HANDLER, HANDLER, HANDLER,
	    H(TSC_ADJUST), CPU),
	ROW(0x048,		PASS, PASS,	PASS, PASS, F(MSR_F_SWAP)), /* SPEC_CTRL */
	ROW(0x049,		GP, PASS,	GP, PASS),	/* PRED_CMD */
	ROWS(0x04e, 0x04f,	PASS, GP,	GP, GP),	/* PPIN */
	/* Microcode: nobody loads any; the revision may be asked for. */
	ROW(0x079,		GP, ZERO,	GP, ZERO),	/* BIOS_UPDT_TRIG */
	ROW(0x08b,		PASS, PASS,	STATE, ZERO, S(BIOS_SIGN)),
	ROW(0x09b,		GP, GP,		GP, GP),	/* SMM_MONITOR_CTL */
	ROWS(0x0c1, 0x0c8,	PASS, PASS,	GP, GP),	/* PMC0..7 */
	ROW(0x0cd,		PASS, GP,	ZERO, GP),	/* FSB_FREQ */
	ROW(0x0ce,		PASS, GP,	ZERO, GP),	/* PLATFORM_INFO */
	ROW(0x0cf,		ZERO, GP,	ZERO, GP),	/* CORE_CAPABILITIES */
	ROW(0x0e2,		PASS, PASS,	GP, GP),	/* PKG_CST_CONFIG */
	ROWS(0x0e7, 0x0e8,	PASS, PASS,	ZERO, ZERO),	/* MPERF, APERF */
	ROW(0x0fe,		STATE, GP,	STATE, GP, S(MTRR_CAP)),
	ROW(0x10a,		PASS, GP,	GP, GP),	/* ARCH_CAPABILITIES */
	ROW(0x10b,		GP, PASS,	GP, GP),	/* FLUSH_CMD */
	ROW(0x10f,		PASS, PASS,	GP, GP),	/* TSX_FORCE_ABORT */
	ROWS(0x122, 0x123,	PASS, PASS,	GP, GP),	/* TSX_CTRL, MCU_OPT_CTRL */
	ROW(0x140,		ZERO, ZERO,	ZERO, ZERO),	/* MISC_FEATURES_ENABLES */
	ROWS(0x174, 0x176,	PASS, PASS,	PASS, PASS),	/* SYSENTER */
	ROW(0x179,		PASS, GP,	ZERO, GP),	/* MCG_CAP */
	ROW(0x17a,		PASS, PASS,	ZERO, ZERO),	/* MCG_STATUS */
	ROW(0x17b,		PASS, PASS,	GP, GP),	/* MCG_CTL */
	ROWS(0x186, 0x18d,	PASS, PASS,	GP, GP),	/* PERFEVTSEL0..7 */
	ROW(0x198,		PASS, GP,	ZERO, GP),	/* PERF_STATUS */
	ROWS(0x199, 0x19c,	PASS, PASS,	GP, GP),	/* PERF_CTL, thermal */
	/* MISC_ENABLE: the Service VM may switch turbo, bit 38. */
	ROW(0x1a0,		PASS, FILTER,	STATE, STATE,
	    S(MISC_ENABLE), FILTER(BIT64(38)), OK(ALL)),
	ROW(0x1a2,		PASS, GP,	GP, GP),	/* TEMPERATURE_TARGET */
	ROW(0x1a4,		PASS, PASS,	GP, GP),	/* prefetchers */
	ROWS(0x1a6, 0x1a7,	PASS, PASS,	GP, GP),	/* OFFCORE_RSP */
	ROW(0x1aa,		PASS, GP,	GP, GP),	/* MISC_PWR_MGMT */
	ROWS(0x1ad, 0x1af,	PASS, GP,	GP, GP),	/* TURBO_RATIO_LIMIT */
	ROWS(0x1b0, 0x1b2,	PASS, PASS,	GP, GP),	/* EPB, package thermal */
	ROWS(0x1c4, 0x1c5,	PASS, PASS,	GP, GP, F(MSR_F_SWAP)), /* XFD */
	ROWS(0x1c8, 0x1c9,	PASS, PASS,	GP, GP),	/* LBR_SELECT, TOS */
	ROW(0x1d9,		PASS, PASS,	ZERO, ZERO),	/* DEBUGCTL */
	ROWS(0x1db, 0x1de,	PASS, GP,	ZERO, GP),	/* last branch, exception */
	ROWS(0x1f2, 0x1f3,	GP, GP,		GP, GP),	/* SMRR */
	ROW(0x1fc,		PASS, PASS,	GP, GP),	/* POWER_CTL */
	/* Memory types are stage 2's and PAT's business: MTRRs are kept only. */
	ROWS(0x200, 0x20f,	STATE, STATE,	STATE, STATE,
	     S(MTRR_VAR), F(MSR_F_PAIRS), OK(MTRR_ADDR | 0x8ff)),
	ROWS(0x210, 0x213,	STATE, STATE,	GP, GP,
	     .slot = MSR_S_MTRR_VAR + 16, F(MSR_F_PAIRS), OK(MTRR_ADDR | 0x8ff)),
	ROW(0x250,		STATE, STATE,	STATE, STATE,
	    S(MTRR_FIX64K), F(MSR_F_TYPES), OK(ALL)),
	ROWS(0x258, 0x259,	STATE, STATE,	STATE, STATE,
	     S(MTRR_FIX16K), F(MSR_F_TYPES), OK(ALL)),
	ROWS(0x268, 0x26f,	STATE, STATE,	STATE, STATE,
	     S(MTRR_FIX4K), F(MSR_F_TYPES), OK(ALL)),
	ROW(0x277,		HANDLER, HANDLER, HANDLER, HANDLER, H(PAT)),
	ROWS(0x280, 0x29f,	PASS, PASS,	GP, GP),	/* MCi_CTL2 */
	ROW(0x2ff,		STATE, STATE,	STATE, STATE,
	    S(MTRR_DEF_TYPE), F(MSR_F_TYPE), OK(0xcff)),
	ROWS(0x309, 0x30c,	PASS, PASS,	GP, GP),	/* FIXED_CTR */
	ROW(0x345,		PASS, GP,	GP, GP),	/* PERF_CAPABILITIES */
	ROWS(0x38d, 0x390,	PASS, PASS,	GP, GP),	/* PERF_GLOBAL etc. */
	ROWS(0x3f8, 0x3fe,	PASS, GP,	GP, GP),	/* C-state residency */
	ROWS(0x400, 0x47f,	PASS, PASS,	GP, GP),	/* machine-check banks */
	ROWS(0x480, 0x493,	GP, GP,		GP, GP),	/* VMX capabilities */
	ROWS(0x4c1, 0x4c8,	PASS, PASS,	GP, GP),	/* A_PMC0..7 */
	ROWS(0x560, 0x587,	GP, GP,		GP, GP),	/* processor trace */
	ROW(0x600,		GP, GP,		GP, GP),	/* DS_AREA */
	ROW(0x606,		PASS, GP,	GP, GP),	/* RAPL_POWER_UNIT */
	ROWS(0x60a, 0x60d,	PASS, GP,	GP, GP),	/* C-state latency */
	ROW(0x610,		PASS, PASS,	GP, GP),	/* PKG_POWER_LIMIT */
	ROWS(0x611, 0x614,	PASS, GP,	GP, GP),
	ROW(0x618,		PASS, PASS,	GP, GP),	/* DRAM_POWER_LIMIT */
	ROWS(0x619, 0x61c,	PASS, GP,	GP, GP),
	ROWS(0x630, 0x632,	PASS, GP,	GP, GP),	/* package residency */
	ROW(0x638,		PASS, PASS,	GP, GP),	/* PP0_POWER_LIMIT */
	ROW(0x639,		PASS, GP,	GP, GP),
	ROW(0x640,		PASS, PASS,	GP, GP),	/* PP1_POWER_LIMIT */
	ROW(0x641,		PASS, GP,	GP, GP),
	ROWS(0x648, 0x64a,	PASS, GP,	GP, GP),	/* configurable TDP */
	ROW(0x64e,		PASS, GP,	GP, GP),	/* PPERF */
	ROW(0x64f,		PASS, PASS,	GP, GP),	/* CORE_PERF_LIMIT_REASONS */
	ROW(0x6e0,		PASS, PASS,	HANDLER, HANDLER,
	    H(TSC_DEADLINE), CPU),
	ROWS(0x770, 0x777,	PASS, PASS,	GP, GP),	/* HWP */
	/* A direct CPU's local APIC is the guest's own, but for IPIs. */
	ROWS(0x800, 0x82e,	PASS, PASS,	HANDLER, HANDLER, H(X2APIC), CPU),
	/* The local vector of machine checks, and the interrupt command */
	ROWS(0x82f, 0x830,	PASS, HANDLER,	HANDLER, HANDLER, H(X2APIC), CPU),
	ROW(0x831,		PASS, PASS,	HANDLER, HANDLER, H(X2APIC), CPU),
	/* Local vectors: a delivery mode could take the CPU out of its guest. */
	ROWS(0x832, 0x837,	PASS, HANDLER,	HANDLER, HANDLER, H(X2APIC), CPU),
	ROWS(0x838, 0x83f,	PASS, PASS,	HANDLER, HANDLER, H(X2APIC), CPU),
	ROW(0x982,		PASS, GP,	GP, GP),	/* TME_ACTIVATE */
	ROWS(0xc8d, 0xc8f,	GP, GP,		GP, GP),	/* RDT */
	ROW(0xda0,		PASS, PASS,	GP, GP, F(MSR_F_SWAP)),	/* XSS */

	ROWS(0x4b564d00, 0x4b564d01, GP, GP,	HANDLER, HANDLER, H(PVCLOCK)),

	ROW(0xc0000080,		HANDLER, HANDLER, HANDLER, HANDLER, H(EFER)),
	ROWS(0xc0000081, 0xc0000084, PASS, PASS, PASS, PASS),	/* SYSCALL */
	ROWS(0xc00000e7, 0xc00000e9, PASS, GP,	GP, GP),	/* read-only counters */
	ROWS(0xc0000100, 0xc0000102, PASS, PASS, PASS, PASS),	/* FS, GS, kernel GS */
	ROW(0xc0000103,		PASS, PASS,	PASS, PASS, F(MSR_F_SWAP)), /* TSC_AUX */
	ROW(0xc0000104,		GP, GP,		GP, GP),	/* TSC_RATIO */
	ROWS(0xc0000300, 0xc0000302, PASS, PASS, GP, GP),	/* PerfMonV2 */
	ROW(0xc0000410,		PASS, PASS,	GP, GP),	/* MCA_INTR_CFG */
	ROWS(0xc0002000, 0xc00023ff, PASS, PASS, GP, GP),	/* SMCA banks */

	ROWS(0xc0010000, 0xc0010007, PASS, PASS, ZERO, ZERO),	/* PERF_CTL, CTR */
	ROW(0xc0010010,		PASS, ZERO,	ZERO, ZERO),	/* SYSCFG */
	/* HWCR: boost, counters and MC status writes; TSC runs at P0 speed. */
	ROW(0xc0010015,		PASS, FILTER,	CONST, CONST,
	    V(BIT64(24)), FILTER(BIT64(18) | BIT64(25) | BIT64(30))),
	ROWS(0xc0010016, 0xc0010019, GP, GP,	GP, GP),	/* IORR */
	ROW(0xc001001a,		PASS, GP,	ZERO, GP),	/* TOP_MEM */
	ROW(0xc001001d,		PASS, GP,	ZERO, GP),	/* TOP_MEM2 */
	ROW(0xc001001f,		PASS, ZERO,	ZERO, ZERO),	/* NB_CFG */
	ROW(0xc0010020,		GP, ZERO,	GP, ZERO),	/* PATCH_LOADER */
	ROWS(0xc0010044, 0xc001004a, PASS, PASS, ZERO, ZERO),	/* MCi_CTL_MASK */
	ROW(0xc0010055,		PASS, ZERO,	ZERO, ZERO),	/* INT_PENDING */
	ROW(0xc0010056,		GP, GP,		GP, GP),	/* SMI_TRIGGER */
	ROW(0xc0010058,		PASS, ZERO,	ZERO, ZERO),	/* MMIO_CONF_BASE */
	ROW(0xc0010061,		PASS, GP,	ZERO, GP),	/* PSTATE_LIMIT */
	ROW(0xc0010062,		PASS, PASS,	ZERO, ZERO),	/* PSTATE_CTL */
	ROWS(0xc0010063, 0xc001006b, PASS, GP,	ZERO, GP),	/* PSTATE_STATUS, DEF */
	ROW(0xc0010071,		PASS, GP,	ZERO, GP),	/* COFVID_STATUS */
	ROW(0xc0010073,		PASS, GP,	GP, GP),	/* CSTATE_BASE */
	ROWS(0xc0010111, 0xc0010113, GP, GP,	GP, GP),	/* SMM base, mask */
	/* VM_CR: SVM disabled and locked. */
	ROW(0xc0010114,		CONST, GP,	CONST, GP, V(0x18)),
	ROWS(0xc0010115, 0xc0010118, GP, GP,	GP, GP),	/* HSAVE_PA, SVM_KEY */
	ROW(0xc0010130,		GP, GP,		GP, GP),	/* GHCB */
	ROW(0xc0010131,		ZERO, GP,	ZERO, GP),	/* SEV_STATUS */
	ROWS(0xc0010132, 0xc0010133, GP, GP,	GP, GP),	/* RMP */
	ROWS(0xc0010140, 0xc0010141, PASS, GP,	ZERO, GP),	/* OSVW */
	ROWS(0xc0010200, 0xc001020b, PASS, PASS, GP, GP),	/* core PERF */
	ROWS(0xc0010230, 0xc001023b, PASS, PASS, GP, GP),	/* L3 PERF */
	ROWS(0xc0010240, 0xc0010247, PASS, PASS, GP, GP),	/* NB PERF */
	ROW(0xc0010280,		PASS, GP,	GP, GP),	/* PTSC */
	ROWS(0xc0010299, 0xc001029b, PASS, GP,	GP, GP),	/* RAPL */
	ROWS(0xc00102b0, 0xc00102b4, PASS, PASS, GP, GP),	/* CPPC */
	ROWS(0xc00102f0, 0xc00102f1, PASS, GP,	GP, GP),	/* PPIN */
	ROWS(0xc0010400, 0xc001043f, PASS, PASS, GP, GP),	/* SMCA masks */
	ROWS(0xc0011002, 0xc0011005, PASS, GP,	GP, GP),	/* CPUID overrides */
	ROWS(0xc0011019, 0xc001101b, PASS, PASS, GP, GP),	/* DR1..3 mask */
	/* LS_CFG: speculative store bypass, by family. */
	ROW(0xc0011020,		PASS, FILTER,	ZERO, ZERO,
	    FILTER(BIT64(10) | BIT64(33) | BIT64(54))),
	ROWS(0xc0011021, 0xc0011023, PASS, ZERO, ZERO, ZERO),	/* IC, DC, TW_CFG */
	ROW(0xc0011027,		PASS, PASS,	GP, GP),	/* DR0 mask */
	ROW(0xc0011028,		PASS, ZERO,	ZERO, ZERO),	/* FP_CFG */
	/* DE_CFG: LFENCE serialises, bit 1; bit 9 is an erratum's. */
	ROW(0xc0011029,		PASS, FILTER,	CONST, CONST,
	    V(BIT64(1)), FILTER(BIT64(1) | BIT64(9))),
	ROWS(0xc001102a, 0xc001102e, PASS, ZERO, ZERO, ZERO),	/* BU_CFG2 etc. */
	ROWS(0xc0011030, 0xc001103d, PASS, PASS, GP, GP),	/* IBS */
	ROW(0xc00110e3,		PASS, FILTER,	ZERO, ZERO, FILTER(BIT64(1))),
};
/* clang-format on */

const u32 msr_rules_count = ARRAY_SIZE(msr_rules);
