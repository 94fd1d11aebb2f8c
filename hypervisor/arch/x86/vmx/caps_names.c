/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What not every CPU's VMX has, by name: for the log, and for the command
 * line, which lets a CPU that has it run what one without would.
 */
#include "arch/x86/vmx/caps.h"
#include "arch/x86/vmx/vmcs.h"
#include "lib/printf.h"
#include "lib/string.h"

static const struct {
	const char *name;
	u8 word;
	u32 bits;  /* of the word's allowed-1 half */
	u64 ept;   /* of vmx_caps.ept */
	u64 basic; /* of vmx_caps.basic */
} rows[] = {
	{ "tpr-shadow", WORD_PRIMARY, PRIMARY_TPR_SHADOW, 0, 0 },
	{ "apicv", WORD_SECONDARY,
	  SECONDARY_APIC_REGISTER | SECONDARY_VIRTUAL_INTR, 0, 0 },
	{ "ack-interrupt", WORD_EXIT, EXIT_ACK_INTR, 0, 0 },
	{ "posted-interrupts", WORD_PIN, PIN_POSTED_INTERRUPTS, 0, 0 },
	{ "preemption-timer", WORD_PIN, PIN_PREEMPTION_TIMER, 0, 0 },
	{ "vpid", WORD_SECONDARY, SECONDARY_VPID, 0, 0 },
	{ "wbinvd-exits", WORD_SECONDARY, SECONDARY_WBINVD, 0, 0 },
	{ "unrestricted-guest", WORD_SECONDARY, SECONDARY_UNRESTRICTED, 0, 0 },
	{ "ept-1g", WORD_SECONDARY, 0, EPT_LEAF_1G, 0 },
	{ "ept-2m", WORD_SECONDARY, 0, EPT_LEAF_2M, 0 },
	{ "ept-ad", WORD_SECONDARY, 0, EPT_ACCESSED_DIRTY, 0 },
	{ "invept-context", WORD_SECONDARY, 0, EPT_INVEPT_CONTEXT, 0 },
	{ "true-controls", WORD_SECONDARY, 0, 0, BASIC_TRUE_CONTROLS },
};

static bool has(const struct vmx_caps *c, u32 i)
{
	return vmx_caps_have(c, (enum vmx_word)rows[i].word, rows[i].bits) &&
	       (c->ept & rows[i].ept) == rows[i].ept &&
	       (c->basic & rows[i].basic) == rows[i].basic;
}

void vmx_caps_describe(const struct vmx_caps *c, char *text, u32 size)
{
	u32 n = 0;

	*text = 0;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if (n < size && has(c, i))
			n += fmt_print(text + n, size - n, "%s%s", n ? " " : "",
				       rows[i].name);
	}
}

static bool is_name(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && !strncmp(name, word, len);
}

static u32 find(const char *word, size_t len)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if (is_name(rows[i].name, word, len))
			return BIT32(i);
	}
	return 0;
}

/*
 * CPUs whose preemption timer does not count as it should, by CPUID 1.EAX
 * without its reserved bits: the specification updates of Intel's Nehalem and
 * Westmere families (errata AAJ124, AAK139, AAM126, AAN92, AAO95, AAP86,
 * AAT59, AAU65, AAX65, BA86) and of the Xeon E3-1220 v2.
 */
static const u32 bad_timer[] = {
	0x106a0, 0x106a1, 0x106a4, 0x106a5, 0x106e5,
	0x20652, 0x20655, 0x206e6, 0x306a8,
};

#define SIGNATURE_BITS 0x0fff3fffU

u32 vmx_caps_broken(u32 signature)
{
	static const char timer[] = "preemption-timer";

	for (u32 i = 0; i < ARRAY_SIZE(bad_timer); i++) {
		if ((signature & SIGNATURE_BITS) == bad_timer[i])
			return find(timer, sizeof(timer) - 1);
	}
	return 0;
}

bool vmx_caps_parse_without(const char *list, u32 *absent)
{
	*absent = 0;
	while (*list) {
		const char *end = strchr(list, ',');
		size_t len = end ? (size_t)(end - list) : strlen(list);
		u32 row = find(list, len);

		if (!row)
			return false;
		*absent |= row;
		list += len + (end ? 1 : 0);
	}
	return true;
}

void vmx_caps_remove(struct vmx_caps *c, u32 absent)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(absent & BIT32(i)))
			continue;
		c->word[rows[i].word] &= ~((u64)rows[i].bits << 32);
		c->ept &= ~rows[i].ept;
		c->basic &= ~rows[i].basic;
	}
}
