/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/vmx/caps.h"

#include "arch/x86/vmx/vmcs.h"

/* Appendix A. The TRUE words say what is really required to be 1. */
#define MSR_VMX_BASIC      0x480
#define MSR_VMX_MISC       0x485
#define MSR_VMX_CR0_FIXED0 0x486
#define MSR_VMX_CR0_FIXED1 0x487
#define MSR_VMX_CR4_FIXED0 0x488
#define MSR_VMX_CR4_FIXED1 0x489
#define MSR_VMX_SECONDARY  0x48b
#define MSR_VMX_EPT        0x48c

/* By enum vmx_word; only old CPUs lack the TRUE ones. */
static const struct {
	u32 plain;
	u32 exact;
} word_msr[WORD_COUNT] = {
	[WORD_PIN] = { 0x481, 0x48d },
	[WORD_PRIMARY] = { 0x482, 0x48e },
	[WORD_SECONDARY] = { MSR_VMX_SECONDARY, MSR_VMX_SECONDARY },
	[WORD_EXIT] = { 0x483, 0x48f },
	[WORD_ENTRY] = { 0x484, 0x490 },
};

/* Whose controls a row is about. */
enum { DIRECT = 1, MEDIATED = 2, ALL = 3, LATER = 0 };

/*
 * The controls Holm uses. One with a sentence cannot be done without; one
 * that is LATER is switched on and off while the guest runs.
 */
struct row {
	u8 word;
	u8 who;
	u32 bit;
	const char *missing;
};

#define NO(what) "the CPU has VMX (Intel VT-x) but no " what

/* clang-format off */
static const struct row rows[] = {
	{ WORD_PIN,	MEDIATED, PIN_EXTERNAL_INTERRUPT,
	  NO("exits for interrupts") },
	{ WORD_PIN,	ALL,	PIN_NMI,		NO("exits for NMIs") },
	{ WORD_PIN,	ALL,	PIN_VIRTUAL_NMI,	NO("virtual NMIs") },
	{ WORD_PIN,	MEDIATED, PIN_PREEMPTION_TIMER,	NULL },
	{ WORD_PRIMARY,	ALL,	PRIMARY_SECONDARY,	NO("secondary controls") },
	{ WORD_PRIMARY,	ALL,	PRIMARY_TSC_OFFSET,	NO("TSC offset") },
	{ WORD_PRIMARY,	ALL,	PRIMARY_IO_BITMAPS,	NO("I/O bitmaps") },
	{ WORD_PRIMARY,	ALL,	PRIMARY_MSR_BITMAPS,	NO("MSR bitmaps") },
	{ WORD_PRIMARY,	LATER,	PRIMARY_INTR_WINDOW,	NO("interrupt windows") },
	{ WORD_PRIMARY,	LATER,	PRIMARY_NMI_WINDOW,	NO("NMI windows") },
	{ WORD_PRIMARY,	MEDIATED, PRIMARY_HLT,		NO("exits for HLT") },
	/* CPUs without MONITOR and MWAIT have no exits for them. */
	{ WORD_PRIMARY,	MEDIATED, PRIMARY_MWAIT,	NULL },
	{ WORD_PRIMARY,	MEDIATED, PRIMARY_MONITOR,	NULL },
	{ WORD_PRIMARY,	MEDIATED, PRIMARY_RDPMC,	NO("exits for RDPMC") },
	{ WORD_PRIMARY,	MEDIATED, PRIMARY_TPR_SHADOW,	NULL },
	{ WORD_SECONDARY, ALL,	SECONDARY_EPT,		NO("EPT") },
	{ WORD_SECONDARY, ALL,	SECONDARY_UNRESTRICTED,	NO("unrestricted guest") },
	{ WORD_SECONDARY, ALL,	SECONDARY_VPID,		NULL },
	{ WORD_SECONDARY, ALL,	SECONDARY_RDTSCP,	NULL },
	{ WORD_SECONDARY, ALL,	SECONDARY_INVPCID,	NULL },
	{ WORD_SECONDARY, ALL,	SECONDARY_XSAVES,	NULL },
	{ WORD_SECONDARY, MEDIATED, SECONDARY_WBINVD,	NULL },
	{ WORD_EXIT,	ALL,	EXIT_SAVE_DEBUG,	NO("saving of debug controls") },
	{ WORD_EXIT,	ALL,	EXIT_HOST_64,		NO("64-bit host") },
	{ WORD_EXIT,	MEDIATED, EXIT_ACK_INTR,	NULL },
	{ WORD_EXIT,	ALL,	EXIT_SAVE_PAT,		NO("saving of PAT") },
	{ WORD_EXIT,	ALL,	EXIT_LOAD_PAT,		NO("loading of PAT") },
	{ WORD_EXIT,	ALL,	EXIT_SAVE_EFER,		NO("saving of EFER") },
	{ WORD_EXIT,	ALL,	EXIT_LOAD_EFER,		NO("loading of EFER") },
	{ WORD_ENTRY,	ALL,	ENTRY_LOAD_DEBUG,	NO("loading of debug controls") },
	{ WORD_ENTRY,	LATER,	ENTRY_GUEST_64,		NO("64-bit guests") },
	{ WORD_ENTRY,	ALL,	ENTRY_LOAD_PAT,		NO("loading of PAT") },
	{ WORD_ENTRY,	ALL,	ENTRY_LOAD_EFER,	NO("loading of EFER") },
};

/* What else must be possible. */
static const struct {
	u64 bits;
	const char *missing;
} ept_needs[] = {
	{ EPT_WALK_4,	NO("EPT of four levels") },
	{ EPT_TYPE_UC,	NO("uncached EPT memory") },
	{ EPT_TYPE_WB,	NO("write-back EPT memory") },
	{ EPT_LEAF_2M,	NO("EPT pages of 2 MiB") },
	{ EPT_INVEPT,	NO("INVEPT") },
};

/* What must not be forced on a guest. */
static const struct row unwanted[] = {
	{ WORD_PRIMARY,	ALL,	PRIMARY_CR3_LOAD,
	  "the CPU's VMX (Intel VT-x) makes every write of CR3 exit" },
	{ WORD_PRIMARY,	ALL,	PRIMARY_CR3_STORE,
	  "the CPU's VMX (Intel VT-x) makes every read of CR3 exit" },
};
/* clang-format on */

static void read_words(struct vmx_caps *c, u64 (*rdmsr)(u32 msr))
{
	for (u32 i = 0; i < WORD_COUNT; i++) {
		u32 msr = c->basic & BASIC_TRUE_CONTROLS ? word_msr[i].exact
							 : word_msr[i].plain;

		/* There is no such register without the controls. */
		if (msr == MSR_VMX_SECONDARY &&
		    !vmx_caps_have(c, WORD_PRIMARY, PRIMARY_SECONDARY))
			continue;
		c->word[i] = rdmsr(msr);
	}
	if (vmx_caps_have(c, WORD_SECONDARY, SECONDARY_EPT))
		c->ept = rdmsr(MSR_VMX_EPT);
}

void vmx_caps_read(struct vmx_caps *c, u64 (*rdmsr)(u32 msr), u32 absent)
{
	*c = (struct vmx_caps){ 0 };
	c->basic = rdmsr(MSR_VMX_BASIC);
	/* Before the words: it says which registers are theirs. */
	vmx_caps_remove(c, absent);
	c->misc = rdmsr(MSR_VMX_MISC);
	c->cr0_fixed0 = rdmsr(MSR_VMX_CR0_FIXED0);
	c->cr0_fixed1 = rdmsr(MSR_VMX_CR0_FIXED1);
	c->cr4_fixed0 = rdmsr(MSR_VMX_CR4_FIXED0);
	c->cr4_fixed1 = rdmsr(MSR_VMX_CR4_FIXED1);
	read_words(c, rdmsr);
	vmx_caps_remove(c, absent);
}

bool vmx_caps_have(const struct vmx_caps *c, enum vmx_word word, u32 bits)
{
	return !(bits & ~(u32)(c->word[word] >> 32));
}

const char *vmx_caps_missing(const struct vmx_caps *c)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].missing &&
		    !vmx_caps_have(c, rows[i].word, rows[i].bit))
			return rows[i].missing;
	}
	for (u32 i = 0; i < ARRAY_SIZE(unwanted); i++) {
		if (c->word[unwanted[i].word] & unwanted[i].bit)
			return unwanted[i].missing;
	}
	for (u32 i = 0; i < ARRAY_SIZE(ept_needs); i++) {
		if (!(c->ept & ept_needs[i].bits))
			return ept_needs[i].missing;
	}
	if (!(c->ept & (EPT_INVEPT_CONTEXT | EPT_INVEPT_ALL)))
		return NO("kind of INVEPT that is known");
	return NULL;
}

void vmx_controls_build(const struct vmx_caps *c, bool direct,
			struct vmx_controls *out)
{
	u32 who = direct ? DIRECT : MEDIATED;

	for (u32 i = 0; i < WORD_COUNT; i++)
		out->word[i] = (u32)c->word[i];
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if ((rows[i].who & who) &&
		    vmx_caps_have(c, rows[i].word, rows[i].bit))
			out->word[rows[i].word] |= rows[i].bit;
	}
	/* Moves to and from CR8 exit where the CPU keeps no TPR for us. */
	if (!direct && !(out->word[WORD_PRIMARY] & PRIMARY_TPR_SHADOW))
		out->word[WORD_PRIMARY] |= PRIMARY_CR8_LOAD | PRIMARY_CR8_STORE;
}
