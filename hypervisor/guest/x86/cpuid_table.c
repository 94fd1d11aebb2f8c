/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A User VM is shown what is listed here, the Service VM all but what is
 * listed here. Bits: Intel SDM vol. 2, CPUID; AMD APM vol. 3, appendix E.
 */
#include "guest/x86/cpuid_table.h"

#include "abi/holm.h"

#define B(n)   BIT32(n)
#define ALL    0xffffffffU
#define NOT(m) (~(u32)(m))

/* clang-format off */

/* SSE3 PCLMULQDQ SSSE3 FMA CX16 PCID SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE
 * AVX F16C RDRAND */
#define USER_1_ECX	(B(0) | B(1) | B(9) | B(12) | B(13) | B(17) | B(19) | \
			 B(20) | B(22) | B(23) | B(25) | B(26) | B(28) | \
			 B(29) | B(30))
/* x2APIC, TSC-deadline timer, hypervisor: the virtual local APIC's */
#define USER_1_ECX_SET	(B(21) | B(24) | B(31))
/* FPU VME DE PSE TSC MSR PAE CX8 SEP MTRR PGE CMOV PAT PSE36 CLFLUSH MMX
 * FXSR SSE SSE2 */
#define USER_1_EDX	(B(0) | B(1) | B(2) | B(3) | B(4) | B(5) | B(6) | \
			 B(8) | B(11) | B(12) | B(13) | B(15) | B(16) | \
			 B(17) | B(19) | B(23) | B(24) | B(25) | B(26))
/* FSGSBASE TSC_ADJUST BMI1 AVX2 FDP_EXCPTN SMEP BMI2 ERMS INVPCID FCS_FDS
 * AVX512F/DQ RDSEED ADX SMAP AVX512_IFMA CLFLUSHOPT CLWB AVX512PF/ER/CD SHA
 * AVX512BW/VL */
#define USER_7_EBX	(B(0) | B(1) | B(3) | B(5) | B(6) | B(7) | B(8) | \
			 B(9) | B(10) | B(13) | B(16) | B(17) | B(18) | \
			 B(19) | B(20) | B(21) | B(23) | B(24) | B(26) | \
			 B(27) | B(28) | B(29) | B(30) | B(31))
/* PREFETCHWT1 VBMI UMIP PKU VBMI2 GFNI VAES VPCLMUL VNNI BITALG VPOPCNTDQ
 * RDPID CLDEMOTE MOVDIRI MOVDIR64B */
#define USER_7_ECX	(B(0) | B(1) | B(2) | B(3) | B(6) | B(8) | B(9) | \
			 B(10) | B(11) | B(12) | B(14) | B(22) | B(25) | \
			 B(27) | B(28))
/* 4VNNIW 4FMAPS FSRM VP2INTERSECT MD_CLEAR SERIALIZE FP16 IBRS STIBP SSBD */
#define USER_7_EDX	(B(2) | B(3) | B(4) | B(8) | B(10) | B(14) | B(23) | \
			 B(26) | B(27) | B(31))
/* AVX_VNNI AVX512_BF16 FZLRM FSRS FSRC */
#define USER_7_1_EAX	(B(4) | B(5) | B(10) | B(11) | B(12))
/* LAHF ABM SSE4A MISALIGNSSE PREFETCHW XOP FMA4 TBM TOPOEXT */
#define USER_E1_ECX	(B(0) | B(5) | B(6) | B(7) | B(8) | B(11) | B(16) | \
			 B(21) | B(22))
/* as leaf 1, and SYSCALL NX MMXEXT 1GB RDTSCP LM 3DNOWEXT 3DNOW */
#define USER_E1_EDX	((USER_1_EDX & 0x0183f3ff) | B(11) | B(20) | B(22) | \
			 B(26) | B(27) | B(29) | B(30) | B(31))
/* CLZERO XSAVEERPTR WBNOINVD IBPB IBRS STIBP, their ALWAYS, PREFERRED and
 * SAMEMODE, LMSLE_UNSUPPORTED SSBD SSB_NO PSFD BTC_NO IBPB_RET */
#define USER_E8_EBX	(B(0) | B(2) | B(9) | B(12) | B(14) | B(15) | B(16) | \
			 B(17) | B(18) | B(19) | B(20) | B(24) | B(26) | \
			 B(28) | B(29) | B(30))

/* "ACRNACRNACRN": the name in-tree drivers look for */
#define HV_NAME		.set = { CPUID_HV_MAX, 0x4e524341, 0x4e524341, \
				 0x4e524341 }
#define NATIVE		.keep = { ALL, ALL, ALL, ALL }
#define ANY		.any_sub = true
#define FIX(x)		.fix = CPUID_FIX_##x
#define ADJ(x)		.adjust = CPUID_ADJ_##x

const struct cpuid_rule cpuid_rules_user[] = {
	{ 0x0, ANY, ADJ(MAX), .limit = 0xd, NATIVE },
	{ 0x1, ANY, ADJ(1), FIX(1),
	  .keep = { ALL, 0xffff, USER_1_ECX, USER_1_EDX },
	  .set = { 0, 0, USER_1_ECX_SET, 0 } },
	{ 0x2, ANY, NATIVE },
	{ 0x4, ADJ(CACHE), NATIVE },
	/* ARAT: the timer never stops */
	{ 0x6, ANY, .set = { B(2), 0, 0, 0 } },
	{ 0x7, 0, ADJ(MAX), .limit = 1, FIX(7),
	  .keep = { ALL, USER_7_EBX, USER_7_ECX, USER_7_EDX } },
	{ 0x7, 1, .keep = { USER_7_1_EAX, 0, 0, 0 } },
	{ 0xb, ANY, FIX(B) },
	{ 0xd, ADJ(XSAVE), NATIVE },
	{ 0x40000000, ANY, HV_NAME },
	{ 0x40000001, ANY },
	{ CPUID_HV_MAX, ANY, ADJ(TSC_KHZ) },
	{ 0x80000000, ANY, ADJ(MAX), .limit = 0x80000021, NATIVE },
	{ 0x80000001, ANY, ADJ(EXT1), FIX(80000001),
	  .keep = { ALL, ALL, USER_E1_ECX, USER_E1_EDX } },
	{ 0x80000002, ANY, NATIVE },
	{ 0x80000003, ANY, NATIVE },
	{ 0x80000004, ANY, NATIVE },
	{ 0x80000005, ANY, NATIVE },
	{ 0x80000006, ANY, NATIVE },
	/* invariant TSC */
	{ 0x80000007, ANY, .keep = { 0, 0, 0, B(8) } },
	{ 0x80000008, ANY, ADJ(EXT8), .keep = { ALL, USER_E8_EBX, 0, 0 } },
	{ 0x80000019, ANY, NATIVE },
	{ 0x8000001a, ANY, NATIVE },
	{ 0x8000001d, ADJ(CACHE), NATIVE },
	{ 0x8000001e, ANY, FIX(8000001E) },
	/* no nested data breakpoints, LFENCE serialises, null selector */
	{ 0x80000021, ANY, .keep = { B(0) | B(2) | B(6), 0, 0, 0 } },
};

#define LIVE	.live = true

const struct cpuid_rule cpuid_rules_service[] = {
	/* not: DTES64 DS-CPL VMX SMX SDBG; DS */
	{ 0x1, ANY, LIVE, FIX(1_LIVE),
	  .keep = { ALL, ALL, NOT(B(2) | B(4) | B(5) | B(6) | B(11)),
		    NOT(B(21)) } },
	/* not: SGX PQM PQE PT; WAITPKG CET_SS LA57 KL ENQCMD SGX_LC PKS;
	 * UINTR PCONFIG ARCH_LBR CET_IBT CORE_CAPABILITIES */
	{ 0x7, 0, LIVE, FIX(7),
	  .keep = { ALL, NOT(B(2) | B(12) | B(15) | B(25)),
		    NOT(B(5) | B(7) | B(16) | B(23) | B(29) | B(30) | B(31)),
		    NOT(B(5) | B(18) | B(19) | B(20) | B(30)) } },
	/* not: HRESET LAM; CET_SSS */
	{ 0x7, 1, LIVE,
	  .keep = { NOT(B(22) | B(26)), ALL, ALL, NOT(B(18)) } },
	/* RDT, SGX, PT, Key Locker, PCONFIG, LBR */
	{ 0xf, ANY },
	{ 0x10, ANY },
	{ 0x12, ANY },
	{ 0x14, ANY },
	/* rates of TSC, crystal and CPU: numbers that are believed */
	{ 0x15, ANY, ADJ(CLOCK), NATIVE },
	{ 0x16, ANY, ADJ(CLOCK), NATIVE },
	{ 0x19, ANY },
	{ 0x1b, ANY },
	{ 0x1c, ANY },
	{ 0x40000000, ANY, HV_NAME },
	/* privileged */
	{ HOLM_CPUID_LEAF, ANY, .set = { B(0), HOLM_CPUID_NAME, 0, 0 } },
	{ CPUID_HV_MAX, ANY, ADJ(TSC_KHZ) },
	/* not: SVM SKINIT, and TCE, which is a bit of EFER */
	{ 0x80000001, ANY, LIVE, FIX(80000001),
	  .keep = { ALL, ALL, NOT(B(2) | B(12) | B(17)), ALL } },
	/* not: INVLPGB MCOMMIT */
	{ 0x80000008, ANY, ADJ(LINEAR),
	  .keep = { ALL, NOT(B(3) | B(8)), ALL, ALL } },
	/* SVM, memory encryption, QoS */
	{ 0x8000000a, ANY },
	{ 0x8000001f, ANY },
	{ 0x80000020, ANY },
	/* not: ignored upper address bits, automatic IBRS; bits of EFER */
	{ 0x80000021, ANY, LIVE,
	  .keep = { NOT(B(7) | B(8)), ALL, ALL, ALL } },
	{ 0x80000023, ANY },
	{ 0x80000025, ANY },
};
/* clang-format on */

const u32 cpuid_rules_user_count = ARRAY_SIZE(cpuid_rules_user);
const u32 cpuid_rules_service_count = ARRAY_SIZE(cpuid_rules_service);
