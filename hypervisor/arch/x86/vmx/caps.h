/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this CPU's VMX can do, and which controls follow from it: SDM vol 3,
 * appendix A. Pure functions of the capability MSRs.
 */
#ifndef ARCH_X86_VMX_CAPS_H
#define ARCH_X86_VMX_CAPS_H

#include "lib/types.h"

/** The five words of controls. */
enum vmx_word {
	WORD_PIN,
	WORD_PRIMARY,
	WORD_SECONDARY,
	WORD_EXIT,
	WORD_ENTRY,
	WORD_COUNT
};

struct vmx_caps {
	u64 basic;
	u64 misc;
	u64 ept;
	/* allowed-0 settings in the low half, allowed-1 in the high half */
	u64 word[WORD_COUNT];
	u64 cr0_fixed0, cr0_fixed1;
	u64 cr4_fixed0, cr4_fixed1;
};

#define BASIC_TRUE_CONTROLS BIT64(55)

/* IA32_VMX_EPT_VPID_CAP, appendix A.10. */
#define EPT_WALK_4         BIT64(6)
#define EPT_TYPE_UC        BIT64(8)
#define EPT_TYPE_WB        BIT64(14)
#define EPT_LEAF_2M        BIT64(16)
#define EPT_LEAF_1G        BIT64(17)
#define EPT_INVEPT         BIT64(20)
#define EPT_ACCESSED_DIRTY BIT64(21)
#define EPT_INVEPT_CONTEXT BIT64(25)
#define EPT_INVEPT_ALL     BIT64(26)

struct vmx_controls {
	u32 word[WORD_COUNT];
};

/**
 * Ask the CPU by @rdmsr. The CPU must have VMX. What vmx_caps_parse_without()
 * made of its list is taken for absent.
 */
void vmx_caps_read(struct vmx_caps *c, u64 (*rdmsr)(u32 msr), u32 absent);

/** Names of features with commas between; false if one is unknown. */
bool vmx_caps_parse_without(const char *list, u32 *absent);

/** What CPUs with this @signature (CPUID 1.EAX) have but not for use. */
u32 vmx_caps_broken(u32 signature);

/** The names of what it has, at most VMX_CAPS_TEXT bytes. */
#define VMX_CAPS_TEXT 192
void vmx_caps_describe(const struct vmx_caps *c, char *text, u32 size);

/** As if the CPU had none of @absent. */
void vmx_caps_remove(struct vmx_caps *c, u32 absent);

/** NULL if Holm can run on a CPU with @c, else the sentence that says why. */
const char *vmx_caps_missing(const struct vmx_caps *c);

/** Whether a control may be 1. */
bool vmx_caps_have(const struct vmx_caps *c, enum vmx_word word, u32 bits);

/** Controls of a guest with a CPU of its own (@direct) or a mediated one. */
void vmx_controls_build(const struct vmx_caps *c, bool direct,
			struct vmx_controls *out);

/** The boot CPU's; set by the backend's probe. */
const struct vmx_caps *vmx_caps_get(void);

/** The calling CPU's. */
void vmx_caps_read_own(struct vmx_caps *c);

#endif
