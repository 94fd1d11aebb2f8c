/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/gvawalk.h"

#include <string.h>

#include "tests/unit/fake_physmap.h"
#include "tests/unit/mem_util.h"

/* Control bits, from Intel SDM vol 3, 2.5. */
#define PG   BIT64(31)
#define WP   BIT64(16)
#define PSE  BIT64(4)
#define PAE  BIT64(5)
#define LA57 BIT64(12)
#define SMEP BIT64(20)
#define SMAP BIT64(21)
#define LMA  BIT64(10)
#define NXE  BIT64(11)

#define P   BIT64(0)
#define W   BIT64(1)
#define U   BIT64(2)
#define PS  BIT64(7)
#define NX  BIT64(63)
#define PWU (P | W | U)

/* The guest has 4 MiB of RAM; a page at ROM_GPA is read-only. */
#define RAM_SIZE MIB(4)
#define ROM_GPA  (RAM_SIZE + PAGE_SIZE)

struct bed {
	struct test_pool tp;
	struct stage2 s2;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	memset(fake_phys, 0, sizeof(fake_phys));
	test_pool_make(&bed->tp, 16, 0x1000);
	assert_int_equal(stage2_init(&bed->s2, &pt_format_npt, &bed->tp.pool,
				     PT_LEAF_ALL),
			 0);
	assert_int_equal(stage2_map(&bed->s2, GPA(0), HPA(FAKE_PHYS_BASE),
				    RAM_SIZE, PT_RWX | PT_WB),
			 0);
	assert_int_equal(stage2_map(&bed->s2, GPA(ROM_GPA),
				    HPA(FAKE_PHYS_BASE + RAM_SIZE), PAGE_SIZE,
				    PT_RX | PT_WB),
			 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	stage2_destroy(&bed->s2);
	test_pool_drop(&bed->tp);
	free(bed);
	return 0;
}

static void put(u64 gpa, u64 v, u32 size)
{
	memcpy(fake_phys + gpa, &v, size);
}

/* One way of paging with its tables at level * 0x1000 + 0x1000. */
struct style {
	const char *name;
	u64 cr4;
	u64 efer;
	u32 levels;
	u32 entry;
	u64 gva; /* index 3 at every level */
	u8 leaf_levels;
};

static const struct style styles[] = {
	{ "32-bit", PSE, 0, 2, 4, 0x00c03000, 0x2 },
	{ "PAE", PAE, 0, 3, 8, 0xc0603000, 0x2 },
	{ "4-level", PAE, LMA, 4, 8, 0x00000180c0603000, 0x6 },
	{ "5-level", PAE | LA57, LMA, 5, 8, 0x00030180c0603000, 0x6 },
};

#define INDEX 3

static u64 table_gpa(u32 level)
{
	return (level + 1) * PAGE_SIZE;
}

static u32 level_shift(const struct style *s, u32 level)
{
	return 12 + level * (s->entry == 4 ? 10 : 9);
}

static void set_entry(const struct style *s, u32 level, u64 v)
{
	put(table_gpa(level) + INDEX * s->entry, v, s->entry);
}

/* PDPTEs of PAE paging carry no permissions. */
static u64 table_flags(const struct style *s, u32 level, u64 flags)
{
	return s->levels == 3 && level == 2 ? flags & P : flags;
}

/* Tables down to @leaf, whose entry is @v; those above have @flags. */
static void build(const struct style *s, u32 leaf, u64 v, u64 flags)
{
	for (u32 level = s->levels; level-- > leaf + 1;)
		set_entry(s, level,
			  table_gpa(level - 1) | table_flags(s, level, flags));
	set_entry(s, leaf, v);
}

static struct gva_ctx context(struct bed *bed, const struct style *s)
{
	return (struct gva_ctx){
		.s2 = &bed->s2,
		.cr0 = PG,
		.cr3 = table_gpa(s->levels - 1),
		.cr4 = s->cr4,
		.efer = s->efer,
	};
}

static void paging_off_is_identity(void **state)
{
	struct bed *bed = *state;
	struct gva_ctx ctx = { .s2 = &bed->s2, .cpl = 3 };
	gpa_t gpa;
	u64 n;
	u32 ec;

	assert_int_equal(
		gvawalk_translate(&ctx, GVA(0x112345678), GVA_W, &gpa, &n, &ec),
		0);
	assert_int_equal(gpa.v, 0x12345678);
	assert_int_equal(n, 0x1000 - 0x678);
}

static void maps_pages_of_every_size(void **state)
{
	struct bed *bed = *state;

	for (u32 i = 0; i < ARRAY_SIZE(styles); i++) {
		const struct style *s = &styles[i];
		struct gva_ctx ctx = context(bed, s);

		for (u32 level = 0; level < 3; level++) {
			u64 size = BIT64(level_shift(s, level));
			u64 pa = 0x40000000;
			u64 gva = s->gva + 0x123;
			gpa_t gpa;
			u64 n;
			u32 ec;

			if (level > 0 && (s->leaf_levels & BIT32(level)) == 0)
				continue;
			build(s, level, pa | PWU | (level > 0 ? PS : 0), PWU);
			assert_int_equal(gvawalk_translate(&ctx, GVA(gva),
							   GVA_R, &gpa, &n,
							   &ec),
					 0);
			assert_int_equal(gpa.v, pa + gva % size);
			assert_int_equal(n, size - gva % size);
		}
	}
}

static void pse36_reaches_above_4g(void **state)
{
	struct bed *bed = *state;
	const struct style *s = &styles[0];
	struct gva_ctx ctx = context(bed, s);
	gpa_t gpa;
	u64 n;
	u32 ec;

	/* Address bits 39:32 = 0xa5 in bits 20:13. */
	build(s, 1, 0x00800000 | 0xa5 << 13 | PWU | PS, PWU);
	assert_int_equal(
		gvawalk_translate(&ctx, GVA(s->gva), GVA_R, &gpa, &n, &ec), 0);
	assert_int_equal(gpa.v, 0xa500800000 + s->gva % MIB(4));
	/* Without PSE the bit means nothing and this is a table. */
	ctx.cr4 = 0;
	build(s, 0, 0x5000 | PWU, PWU | PS);
	assert_int_equal(
		gvawalk_translate(&ctx, GVA(s->gva), GVA_R, &gpa, &n, &ec), 0);
	assert_int_equal(gpa.v, 0x5000);
	assert_int_equal(n, PAGE_SIZE);
}

/* Permissions: every combination against the rules of SDM vol 3, 4.6.1. */

struct attempt {
	u32 access;
	bool sys, user_mode, wp, smep, smap, ac, nxe;
	u64 upper, leaf; /* flags of the entries */
};

static bool rule_user_page(const struct attempt *a)
{
	return (a->upper & a->leaf & U) != 0;
}

static bool rule_explicit_ok(const struct attempt *a)
{
	if (!rule_user_page(a) || !a->smap)
		return true;
	return a->ac && !a->sys;
}

static bool rule_supervisor(const struct attempt *a)
{
	bool writable = (a->upper & a->leaf & W) != 0;
	bool nx = a->nxe && ((a->upper | a->leaf) & NX) != 0;

	if (a->access == GVA_R)
		return rule_explicit_ok(a);
	if (a->access == GVA_W)
		return rule_explicit_ok(a) && (writable || !a->wp);
	if (rule_user_page(a) && a->smep)
		return false;
	return !nx;
}

static bool rule_user(const struct attempt *a)
{
	bool nx = a->nxe && ((a->upper | a->leaf) & NX) != 0;

	if (!rule_user_page(a))
		return false;
	if (a->access == GVA_W)
		return (a->upper & a->leaf & W) != 0;
	return a->access == GVA_R || !nx;
}

static void try_access(struct bed *bed, const struct style *s,
		       const struct attempt *a)
{
	struct gva_ctx ctx = context(bed, s);
	bool user = a->user_mode && !a->sys;
	bool rsvd =
		s->entry == 8 && !a->nxe && ((a->upper | a->leaf) & NX) != 0;
	bool ok = !rsvd && (user ? rule_user(a) : rule_supervisor(a));
	gpa_t gpa;
	u64 n;
	u32 ec = 0xdead, want;

	ctx.cr0 |= a->wp ? WP : 0;
	ctx.cr4 |= (a->smep ? SMEP : 0) | (a->smap ? SMAP : 0);
	ctx.efer |= a->nxe ? NXE : 0;
	ctx.cpl = a->user_mode ? 3 : 0;
	ctx.rflags_ac = a->ac;
	build(s, 0, 0x8000 | P | a->leaf, P | a->upper);
	int ret = gvawalk_translate(&ctx, GVA(s->gva),
				    a->access | (a->sys ? GVA_SYS : 0), &gpa,
				    &n, &ec);

	assert_int_equal(ret, ok ? 0 : -EFAULT);
	if (ok) {
		assert_int_equal(gpa.v, 0x8000);
		return;
	}
	want = PF_P | (rsvd ? PF_RSVD : 0) | (user ? PF_U : 0);
	want |= a->access == GVA_W ? PF_W : 0;
	if (a->access == GVA_X && (a->smep || (s->entry == 8 && a->nxe)))
		want |= PF_I;
	assert_int_equal(ec, want);
}

/* Three bits of @n as the flags W, U and, where there is one, NX. */
static u64 flags_of(const struct style *s, u32 n)
{
	return ((n & 1) != 0 ? W : 0) | ((n & 2) != 0 ? U : 0) |
	       ((n & 4) != 0 && s->entry == 8 ? NX : 0);
}

static void permissions_follow_the_manual(void **state)
{
	static const u32 kinds[] = { GVA_R, GVA_W, GVA_X };

	for (u32 i = 0; i < ARRAY_SIZE(styles); i++) {
		const struct style *s = &styles[i];

		for (u32 n = 0; n < 3 * BIT32(13); n++) {
			struct attempt a = {
				.access = kinds[n >> 13],
				.sys = (n & BIT32(0)) != 0,
				.user_mode = (n & BIT32(1)) != 0,
				.wp = (n & BIT32(2)) != 0,
				.smep = (n & BIT32(3)) != 0,
				.smap = (n & BIT32(4)) != 0,
				.ac = (n & BIT32(5)) != 0,
				.nxe = (n & BIT32(6)) != 0 && s->entry == 8,
				.upper = flags_of(s, n >> 7 & 7),
				.leaf = flags_of(s, n >> 10 & 7),
			};

			try_access(*state, s, &a);
		}
	}
}

static void absent_at_every_level(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(styles); i++) {
		const struct style *s = &styles[i];
		struct gva_ctx ctx = context(*state, s);

		ctx.cpl = 3;
		for (u32 level = 0; level < s->levels; level++) {
			gpa_t gpa;
			u64 n;
			u32 ec;

			/* Reserved bits do not count in an absent entry. */
			build(s, level, s->entry == 8 ? ~P : 0xfffffffe, PWU);
			assert_int_equal(gvawalk_translate(&ctx, GVA(s->gva),
							   GVA_W, &gpa, &n,
							   &ec),
					 -EFAULT);
			assert_int_equal(ec, PF_W | PF_U);
		}
	}
}

/* Reserved bits, typed out from SDM vol 3, tables 4-4 to 4-20. */

#define HIGH(max)     GENMASK64(51, (max))
#define PAE_HIGH(max) GENMASK64(62, (max))

/* clang-format off */
static const struct {
	u32 style, level;
	bool large;
	u8 max;
	bool nxe;
	u64 reserved;
} reserved_cases[] = {
	{ 0, 0, false, 36, false, 0 },
	{ 0, 1, false, 36, false, 0 },
	{ 0, 1, true,  36, false, GENMASK64(21, 17) },
	{ 0, 1, true,  40, false, BIT64(21) },
	{ 0, 1, true,  32, false, GENMASK64(21, 13) },
	{ 0, 1, true,  52, false, BIT64(21) },
	{ 1, 0, false, 36, true,  PAE_HIGH(36) },
	{ 1, 0, false, 36, false, PAE_HIGH(36) | NX },
	{ 1, 1, false, 40, true,  PAE_HIGH(40) },
	{ 1, 1, true,  40, true,  PAE_HIGH(40) | GENMASK64(20, 13) },
	{ 1, 2, false, 40, true,  PAE_HIGH(40) | NX | GENMASK64(8, 5) | W | U },
	{ 2, 0, false, 36, true,  HIGH(36) },
	{ 2, 0, false, 51, false, HIGH(51) | NX },
	{ 2, 1, false, 40, true,  HIGH(40) },
	{ 2, 1, true,  40, true,  HIGH(40) | GENMASK64(20, 13) },
	{ 2, 2, false, 40, true,  HIGH(40) },
	{ 2, 2, true,  40, true,  HIGH(40) | GENMASK64(29, 13) },
	{ 2, 2, true,   0, false, GENMASK64(29, 13) | NX },
	{ 2, 3, false, 40, true,  HIGH(40) | PS },
	{ 3, 3, false, 40, true,  HIGH(40) | PS },
	{ 3, 4, false, 40, false, HIGH(40) | PS | NX },
};
/* clang-format on */

static void reserved_bits_of_every_entry(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(reserved_cases); i++) {
		const struct style *s = &styles[reserved_cases[i].style];
		u32 level = reserved_cases[i].level;
		struct gva_ctx ctx = context(*state, s);
		u64 next = level == 0 ? 0x8000 : table_gpa(level - 1);
		u64 base = reserved_cases[i].large ? PS : next;

		ctx.maxphyaddr = reserved_cases[i].max;
		ctx.efer |= reserved_cases[i].nxe ? NXE : 0;
		base |= table_flags(s, level, PWU);
		for (u32 bit = 1; bit < s->entry * 8; bit++) {
			bool rsvd =
				(reserved_cases[i].reserved & BIT64(bit)) != 0;
			gpa_t gpa;
			u64 n;
			u32 ec = 0;
			int ret;

			/* Would make this another case: a large page. */
			if (BIT64(bit) == PS &&
			    (s->leaf_levels & BIT32(level)) != 0)
				continue;
			build(s, 0, 0x8000 | PWU, PWU);
			build(s, level, base | BIT64(bit), PWU);
			ret = gvawalk_translate(&ctx, GVA(s->gva), GVA_R, &gpa,
						&n, &ec);
			assert_int_equal(
				ret == -EFAULT && ec == (PF_P | PF_RSVD), rsvd);
		}
	}
}

static void tables_outside_ram(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(styles); i++) {
		const struct style *s = &styles[i];
		struct gva_ctx ctx = context(*state, s);
		gpa_t gpa;
		u64 n;
		u32 ec;

		for (u32 level = 1; level < s->levels; level++) {
			build(s, level, 0xfee00000 | table_flags(s, level, PWU),
			      PWU);
			assert_int_equal(gvawalk_translate(&ctx, GVA(s->gva),
							   GVA_R, &gpa, &n,
							   &ec),
					 -EIO);
		}
		ctx.cr3 = 0xfee00000;
		assert_int_equal(gvawalk_translate(&ctx, GVA(s->gva), GVA_R,
						   &gpa, &n, &ec),
				 -EIO);
		/* Tables may be in ROM, though. */
		ctx.cr3 = ROM_GPA;
		assert_int_equal(gvawalk_translate(&ctx, GVA(s->gva), GVA_R,
						   &gpa, &n, &ec),
				 -EFAULT);
		assert_int_equal(ec, 0);
	}
}

static void non_canonical_addresses(void **state)
{
	static const struct {
		u32 style;
		u64 gva;
		int ret;
	} t[] = {
		{ 2, BIT64(47) - 1, -EFAULT },
		{ 2, BIT64(47), -EINVAL },
		{ 2, 0xffff7fffffffffff, -EINVAL },
		{ 2, 0xffff800000000000, -EFAULT },
		{ 2, ~(u64)0, -EFAULT },
		{ 3, BIT64(47), -EFAULT },
		{ 3, BIT64(56), -EINVAL },
		{ 3, 0xfeffffffffffffff, -EINVAL },
		{ 3, 0xff00000000000000, -EFAULT },
		{ 1, ~(u64)0, -EFAULT },
	};

	for (u32 i = 0; i < ARRAY_SIZE(t); i++) {
		struct gva_ctx ctx = context(*state, &styles[t[i].style]);
		gpa_t gpa;
		u64 n;
		u32 ec;

		assert_int_equal(gvawalk_translate(&ctx, GVA(t[i].gva), GVA_R,
						   &gpa, &n, &ec),
				 t[i].ret);
	}
}

static void ignores_low_bits_of_cr3(void **state)
{
	const struct style *s = &styles[2];
	struct gva_ctx ctx = context(*state, s);
	gpa_t gpa;
	u64 n;
	u32 ec;

	build(s, 0, 0x8000 | PWU, PWU);
	ctx.cr3 |= 0xfff | BIT64(63);
	assert_int_equal(
		gvawalk_translate(&ctx, GVA(s->gva), GVA_R, &gpa, &n, &ec), 0);
	/* In PAE paging the table is 32-byte aligned. */
	s = &styles[1];
	ctx = context(*state, s);
	build(s, 0, 0x8000 | PWU, PWU);
	memmove(fake_phys + table_gpa(2) + 0x20, fake_phys + table_gpa(2), 32);
	memset(fake_phys + table_gpa(2), 0, 32);
	ctx.cr3 += 0x20 + 0x18;
	assert_int_equal(
		gvawalk_translate(&ctx, GVA(s->gva), GVA_R, &gpa, &n, &ec), 0);
	assert_int_equal(gpa.v, 0x8000);
}

/* Copies over two pages, which lie in the wrong order. */

#define FIRST  0x20000
#define SECOND 0x1f000

static struct gva_ctx two_pages(struct bed *bed, u64 second)
{
	const struct style *s = &styles[2];

	build(s, 0, FIRST | PWU, PWU);
	put(table_gpa(0) + (INDEX + 1) * 8, second, 8);
	return context(bed, s);
}

static void copies_cross_pages(void **state)
{
	struct gva_ctx ctx = two_pages(*state, SECOND | PWU);
	gva_t gva = GVA(styles[2].gva + PAGE_SIZE - 3);
	struct gva_fault pf;
	char buf[8];

	assert_int_equal(gvawalk_write(&ctx, gva, "abcdefg", 8, GVA_W, &pf), 0);
	assert_memory_equal(fake_phys + FIRST + PAGE_SIZE - 3, "abc", 3);
	assert_memory_equal(fake_phys + SECOND, "defg", 5);
	assert_int_equal(gvawalk_read(&ctx, gva, buf, 8, GVA_R, &pf), 0);
	assert_string_equal(buf, "abcdefg");
	assert_int_equal(gvawalk_read(&ctx, gva, buf, 8, GVA_X, &pf), 0);
	assert_int_equal(gvawalk_read(&ctx, GVA(BIT64(50)), buf, 0, GVA_R, &pf),
			 0);
}

static void fault_on_the_second_page_writes_nothing(void **state)
{
	static const struct {
		u64 second;
		int ret;
		u32 ec;
	} t[] = {
		{ 0, -EFAULT, PF_W | PF_U },
		{ SECOND | P | U, -EFAULT, PF_P | PF_W | PF_U },
		{ SECOND | P | W, -EFAULT, PF_P | PF_W | PF_U },
		{ ROM_GPA | PWU, -EIO, 0 },
		{ 0xfee00000 | PWU, -EIO, 0 },
	};
	u64 page = styles[2].gva + PAGE_SIZE;

	for (u32 i = 0; i < ARRAY_SIZE(t); i++) {
		struct gva_ctx ctx = two_pages(*state, t[i].second);
		struct gva_fault pf = { GVA(1), 0 };

		ctx.cpl = 3;
		assert_int_equal(gvawalk_write(&ctx, GVA(page - 3), "abcdefg",
					       8, GVA_W, &pf),
				 t[i].ret);
		assert_memory_equal(fake_phys + FIRST + PAGE_SIZE - 3, "\0\0\0",
				    3);
		if (t[i].ret != -EFAULT)
			continue;
		assert_int_equal(pf.gva.v, page);
		assert_int_equal(pf.error_code, t[i].ec);
	}
}

static void read_reports_where_it_failed(void **state)
{
	struct gva_ctx ctx = two_pages(*state, 0);
	u64 page = styles[2].gva + PAGE_SIZE;
	struct gva_fault pf;
	char buf[8];

	assert_int_equal(gvawalk_read(&ctx, GVA(page - 3), buf, 8, GVA_R, &pf),
			 -EFAULT);
	assert_int_equal(pf.gva.v, page);
	assert_int_equal(pf.error_code, 0);
	assert_int_equal(gvawalk_read(&ctx, GVA(page + 7), buf, 8, GVA_R, &pf),
			 -EFAULT);
	assert_int_equal(pf.gva.v, page + 7);
	ctx = two_pages(*state, 0xfee00000 | PWU);
	assert_int_equal(gvawalk_read(&ctx, GVA(page - 3), buf, 8, GVA_R, &pf),
			 -EIO);
}

static void legacy_addresses_wrap_at_4g(void **state)
{
	const struct style *s = &styles[0];
	struct gva_ctx ctx = context(*state, s);
	struct gva_fault pf;
	char buf[4];

	/* The last page and page 0, each through its own slots. */
	put(table_gpa(1) + 1023 * 4, table_gpa(0) | PWU, 4);
	put(table_gpa(1), table_gpa(0) | PWU, 4);
	put(table_gpa(0) + 1023 * 4, FIRST | PWU, 4);
	put(table_gpa(0), SECOND | PWU, 4);
	memcpy(fake_phys + FIRST + PAGE_SIZE - 2, "xy", 2);
	memcpy(fake_phys + SECOND, "z", 2);
	assert_int_equal(
		gvawalk_read(&ctx, GVA(0xfffffffe), buf, 4, GVA_R, &pf), 0);
	assert_string_equal(buf, "xyz");
	put(table_gpa(0), 0, 4);
	assert_int_equal(
		gvawalk_read(&ctx, GVA(0xfffffffe), buf, 4, GVA_R, &pf),
		-EFAULT);
	assert_int_equal(pf.gva.v, 0);
}

/* Whatever a guest writes into its tables, the walk ends and stays inside. */

static u64 hostile_entry(struct rng *r)
{
	u64 v = rng_next(r);

	switch (rng_below(r, 4)) {
	case 0:
		return v;
	case 1:
		return (v & (RAM_SIZE - 1) & ~(u64)0x780) | P;
	case 2:
		return (v & (RAM_SIZE - 1)) | PWU;
	default:
		return (v & 0xffffff) | BIT64(rng_below(r, 64)) | PWU;
	}
}

static void survives_hostile_tables(void **state)
{
	struct bed *bed = *state;
	struct rng r = { 41 };
	u32 seen[3] = { 0 };

	for (u32 i = 0; i < 200000; i++) {
		const struct style *s = &styles[rng_below(&r, 4)];
		struct gva_ctx ctx = context(bed, s);
		struct gva_fault pf;
		u8 buf[40];
		u64 gva = rng_next(&r) &
			  (s->efer != 0 ? GENMASK64(46, 0) : ~(u64)0);
		int ret;

		if (i % 64 == 0) {
			for (u64 n = 0; n < RAM_SIZE; n += 8 * 61)
				put(n, hostile_entry(&r), 8);
			for (u64 n = 0; n < 6 * PAGE_SIZE; n += 8)
				put(n, hostile_entry(&r), 8);
		}
		ctx.cr0 = rng_next(&r) | PG;
		ctx.cr4 |= rng_next(&r) & (SMEP | SMAP | PSE);
		ctx.efer |= rng_next(&r) & NXE;
		ctx.cpl = (u8)rng_below(&r, 4);
		ctx.maxphyaddr = (u8)rng_next(&r);
		if (rng_below(&r, 2) == 0)
			ret = gvawalk_read(&ctx, GVA(gva), buf,
					   rng_below(&r, 40), GVA_R, &pf);
		else
			ret = gvawalk_write(&ctx, GVA(gva), buf,
					    rng_below(&r, 40), GVA_W, &pf);
		assert_true(ret == 0 || ret == -EFAULT || ret == -EIO);
		seen[ret == 0 ? 0 : ret == -EFAULT ? 1 : 2]++;
	}
	for (u32 i = 0; i < 3; i++)
		assert_true(seen[i] > 1000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paging_off_is_identity),
		TEST(maps_pages_of_every_size),
		TEST(pse36_reaches_above_4g),
		TEST(permissions_follow_the_manual),
		TEST(absent_at_every_level),
		TEST(reserved_bits_of_every_entry),
		TEST(tables_outside_ram),
		TEST(non_canonical_addresses),
		TEST(ignores_low_bits_of_cr3),
		TEST(copies_cross_pages),
		TEST(fault_on_the_second_page_writes_nothing),
		TEST(read_reports_where_it_failed),
		TEST(legacy_addresses_wrap_at_4g),
		TEST(survives_hostile_tables),
	};

	return cmocka_run_group_tests_name("gvawalk", tests, NULL, NULL);
}
