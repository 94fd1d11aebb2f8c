/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/msr.h"

#include "guest/x86/msr_table.h"
#include "lib/errno.h"
#include "mem/addr.h"

#define MSR_MTRR_CAP     0x0fe
#define MTRR_CAP_FIX     BIT64(8)
#define MTRR_CAP_WC      BIT64(10)
#define MTRR_CAP_VCNT    0xffULL
#define MTRR_TYPE_WB     6
#define MTRR_DEF_FE      BIT64(10)
#define MTRR_DEF_E       BIT64(11)
#define MTRR_MASK_V      BIT64(11)
#define MTRR_USER_PAIRS  8
#define MTRR_FIXED_WB    0x0606060606060606ULL
#define MTRR_FIXED_COUNT 11

/* IA32_MISC_ENABLE: fast strings; no branch trace, no event sampling. */
#define MISC_ENABLE_RESET (BIT64(0) | BIT64(11) | BIT64(12))

const struct msr_rule *msr_policy_row(u32 i)
{
	return i < msr_rules_count ? &msr_rules[i] : NULL;
}

const struct msr_rule *msr_policy_find(u32 msr)
{
	u32 low = 0;
	u32 high = msr_rules_count;
	u32 mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (msr < msr_rules[mid].first)
			high = mid;
		else if (msr > msr_rules[mid].last)
			low = mid + 1;
		else
			return &msr_rules[mid];
	}
	return NULL;
}

u8 msr_policy_action(const struct msr_rule *rule, enum guest_kind kind,
		     bool write)
{
	if (kind == GUEST_CELL)
		kind = rule->flags & MSR_F_CPU ? GUEST_SERVICE : GUEST_USER;
	return write ? rule->write[kind] : rule->read[kind];
}

bool msr_policy_passes(enum guest_kind kind, u32 msr, bool write)
{
	const struct msr_rule *rule = msr_policy_find(msr);

	if (!rule)
		return false;
	return msr_policy_action(rule, kind, write) == MSR_PASS;
}

/* UC, WC, WT, WP, WB (SDM vol. 3, table 12-8). */
static bool memory_type_valid(u64 type)
{
	return type < 7 && (0x73 >> type & 1);
}

static bool memory_types_valid(u64 types)
{
	u32 i;

	for (i = 0; i < 64; i += 8) {
		if (!memory_type_valid(types >> i & 0xff))
			return false;
	}
	return true;
}

bool msr_pat_valid(u64 val)
{
	u64 type;
	u32 i;

	/* UC- is a type for PAT alone. */
	for (i = 0; i < 64; i += 8) {
		type = val >> i & 0xff;
		if (type != 7 && !memory_type_valid(type))
			return false;
	}
	return true;
}

static bool mtrr_pair_valid(u32 msr, u64 val)
{
	if (msr & 1)
		return (val & 0x7ff) == 0;
	return (val & MTRR_MASK_V) == 0 && memory_type_valid(val & 0xff);
}

static bool state_valid(const struct msr_rule *rule, u32 msr, u64 val)
{
	if (val & ~rule->valid)
		return false;
	if (rule->flags & MSR_F_PAIRS)
		return mtrr_pair_valid(msr, val);
	if (rule->flags & MSR_F_TYPES)
		return memory_types_valid(val);
	if (rule->flags & MSR_F_TYPE)
		return memory_type_valid(val & 0xff);
	return true;
}

static u32 slot_of(const struct msr_rule *rule, u32 msr)
{
	return rule->slot + (msr - rule->first);
}

int msr_guest_read(enum guest_kind kind, const struct guest_msrs *state,
		   u32 msr, u64 *val, const struct msr_rule **rule_out)
{
	const struct msr_rule *rule = msr_policy_find(msr);

	*rule_out = rule;
	if (!rule)
		return -ENOENT;
	switch (msr_policy_action(rule, kind, false)) {
	case MSR_PASS:
		return MSR_DO_HARDWARE;
	case MSR_HANDLER:
		return MSR_DO_HANDLER;
	case MSR_ZERO:
		*val = 0;
		return MSR_DONE;
	case MSR_CONST:
		*val = rule->value;
		return MSR_DONE;
	case MSR_STATE:
		*val = state->slot[slot_of(rule, msr)];
		return MSR_DONE;
	default:
		return -EPERM;
	}
}

int msr_guest_write(enum guest_kind kind, struct guest_msrs *state, u32 msr,
		    u64 val, const struct msr_rule **rule_out)
{
	const struct msr_rule *rule = msr_policy_find(msr);

	*rule_out = rule;
	if (!rule)
		return -ENOENT;
	switch (msr_policy_action(rule, kind, true)) {
	case MSR_PASS:
		return MSR_DO_HARDWARE;
	case MSR_FILTER:
		return MSR_DO_FILTER;
	case MSR_HANDLER:
		return MSR_DO_HANDLER;
	case MSR_ZERO:
	case MSR_CONST:
		return MSR_DONE;
	case MSR_STATE:
		if (!state_valid(rule, msr, val))
			return -EPERM;
		state->slot[slot_of(rule, msr)] = val;
		return MSR_DONE;
	default:
		return -EPERM;
	}
}

/* APM vol 2, 15.11; of the three VMX has the first two: SDM vol 3, 25.6.9. */
static const struct {
	u32 first, end;
} spaces[] = {
	{ 0x00000000, 0x00002000 },
	{ 0xc0000000, 0xc0002000 },
	{ 0xc0010000, 0xc0012000 },
};

u64 msr_space_next(u64 from)
{
	for (u32 i = 0; i < ARRAY_SIZE(spaces); i++) {
		if (from < spaces[i].end)
			return MAX(from, (u64)spaces[i].first);
	}
	return ADDR_NONE;
}

void guest_msrs_reset(struct guest_msrs *state)
{
	u32 i;

	*state = (struct guest_msrs){ 0 };
	state->slot[MSR_S_MTRR_CAP] =
		MTRR_CAP_FIX | MTRR_CAP_WC | MTRR_USER_PAIRS;
	state->slot[MSR_S_MTRR_DEF_TYPE] =
		MTRR_DEF_E | MTRR_DEF_FE | MTRR_TYPE_WB;
	for (i = 0; i < MTRR_FIXED_COUNT; i++)
		state->slot[MSR_S_MTRR_FIX64K + i] = MTRR_FIXED_WB;
	state->slot[MSR_S_MISC_ENABLE] = MISC_ENABLE_RESET;
}

void guest_msrs_adopt(struct guest_msrs *state, u64 (*rdmsr)(u32 msr))
{
	u64 cap = rdmsr(MSR_MTRR_CAP);
	u32 pairs = (u32)MIN(cap & MTRR_CAP_VCNT, (u64)MSR_MTRR_PAIRS);
	const struct msr_rule *rule;
	u32 msr;
	u32 i;

	*state = (struct guest_msrs){ 0 };
	for (i = 0; i < msr_rules_count; i++) {
		rule = &msr_rules[i];
		if (rule->read[GUEST_SERVICE] != MSR_STATE)
			continue;
		for (msr = rule->first; msr <= rule->last; msr++) {
			/* Pairs the CPU does not have raise #GP. */
			if ((rule->flags & MSR_F_PAIRS) &&
			    msr >= 0x200 + 2 * pairs)
				break;
			state->slot[slot_of(rule, msr)] = rdmsr(msr);
		}
	}
	state->slot[MSR_S_MTRR_CAP] = (cap & ~MTRR_CAP_VCNT) | pairs;
}
