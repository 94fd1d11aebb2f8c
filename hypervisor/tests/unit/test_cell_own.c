/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose lines, functions and parts of pages are, and that they come back. */
#include "tests/unit/cell_hw.h"

#define MUTATIONS 4000

static void all_of_it_comes_back(void **state)
{
	static const u64 whole[] = { BAR0, BAR0 + 0x1000, BAR0 + 0x3000, WIDE,
				     WIDE + 0x1000 };
	static const u64 forwarded[] = { TABLE, SMALL, PART };
	struct machine was;
	struct vm *vm;

	(void)state;
	look(&was);
	resets = 0;
	vm = make();
	assert_int_equal(resets, 1);
	for (u32 i = 0; i < ARRAY_SIZE(whole); i++) {
		assert_true(has(vm, whole[i]));
		assert_true(fake_is_hidden(HPA(whole[i])));
		assert_false(has(vm_service(), whole[i]));
	}
	for (u32 i = 0; i < ARRAY_SIZE(forwarded); i++) {
		assert_false(has(vm, forwarded[i]));
		assert_true(fake_is_hidden(HPA(forwarded[i])));
		assert_false(has(vm_service(), forwarded[i]));
	}
	assert_false(has(vm_service(), ECAM + BDF * PAGE_SIZE));
	assert_true(has(vm_service(), ECAM + (BDF + 1) * PAGE_SIZE));
	assert_int_equal(cfg(PCI_COMMAND) & 7, 0);
	assert_int_equal(cfg(PCI_BAR0), BAR0);
	assert_int_equal(fake.ioapic[RTE_FIRST + 2 * GSI], RTE_MASKED);
	assert_int_equal(hc(HC_HOLM_CELL_STOP, 1, 0), 0);
	assert_int_equal(resets, 2);
	end();
	assert_int_equal(resets, 3);
	expect_same(&was);
}

static void running_out_of_memory_changes_nothing(void **state)
{
	struct machine was;
	s64 rc = -ENOMEM;
	u32 refused = 0;

	(void)state;
	look(&was);
	build_all();
	for (u64 keep = 0; rc == -ENOMEM; keep++, refused++) {
		bench_hog(keep);
		rc = create();
		bench_unhog();
		if (rc == -ENOMEM)
			expect_same(&was);
	}
	assert_int_equal(rc, 1);
	assert_true(refused > 20);
	bench_hog(0);
	end();
	bench_unhog();
	expect_same(&was);
}

static void mutations_are_survived(void **state)
{
	struct rng rng = { .s = 5 };
	struct machine was;
	u32 made = 0;

	(void)state;
	look(&was);
	for (u32 i = 0; i < MUTATIONS; i++) {
		u32 first = sizeof(built.d) + sizeof(struct holm_cell_cpu);
		s64 id;

		build_all();
		for (u64 n = rng_below(&rng, 3) + 1; n > 0; n--)
			built.bytes[first +
				    rng_below(&rng, built.d.size - first)] ^=
				(u8)BIT32(rng_below(&rng, 8));
		id = create();
		if (id <= 0) {
			expect_same(&was);
			continue;
		}
		made++;
		assert_int_equal(hc(HC_HOLM_CELL_START, (u64)id, 0), 0);
		assert_int_equal(hc(HC_HOLM_CELL_STOP, (u64)id, 0), 0);
		assert_int_equal(hc(HC_HOLM_CELL_DESTROY, (u64)id, 0), 0);
		expect_same(&was);
	}
	assert_true(made > 50 && made < MUTATIONS);
}

static void add_port(u32 port, u32 count, u32 flags)
{
	const struct holm_cell_port r = { { HOLM_CELL_R_PORT, sizeof(r) },
					  .port = port,
					  .count = count,
					  .flags = flags };

	add(&r, sizeof(r));
}

/* Nobody gets what another cell has. */
static void is_one_cells(void **state)
{
	struct machine was;

	(void)state;
	look(&was);
	make();
	build("other", 4, MIB(104));
	add_irq(OTHER_GSI);
	add_irq(GSI);
	assert_int_equal(create(), -EBUSY);
	build("other", 4, MIB(104));
	add_pci(BDF);
	assert_int_equal(create(), -EBUSY);
	build("other", 4, MIB(104));
	add_port(PORTS + 0x1f, 1, HOLM_CELL_P_SHARED);
	assert_int_equal(create(), -EBUSY);
	build("other", 4, MIB(104));
	add_mem(PART + 4, PART + 4, 8, HOLM_CELL_M_DEVICE);
	assert_int_equal(create(), -EBUSY);
	build("other", 4, MIB(104));
	add_mem(PART & ~0xfffU, PART & ~0xfffU, PAGE_SIZE, HOLM_CELL_M_DEVICE);
	assert_int_equal(create(), -EBUSY);
	/* Beside it there is room, and the page goes back after the last. */
	build("other", 4, MIB(104));
	add_mem(PART + 8, PART + 8, 8, HOLM_CELL_M_DEVICE);
	assert_int_equal(create(), 2);
	end();
	assert_false(has(vm_service(), PART));
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 2, 0), 0);
	expect_same(&was);
}

/* Two of what cannot be had together, in either order. */
static void whole_or_in_parts(void **state)
{
	static const struct {
		u32 at, size, flags;
		bool shared;
	} m[] = {
		{ PART, 8, 0, false },
		{ PART, 8, HOLM_CELL_M_SHARED, true },
		{ PAGE_OF(PART), PAGE_SIZE, 0, false },
		{ PAGE_OF(PART), PAGE_SIZE, HOLM_CELL_M_SHARED, true },
	};
	struct machine was;

	(void)state;
	look(&was);
	for (u32 i = 0; i < ARRAY_SIZE(m); i++)
		for (u32 j = 0; j < ARRAY_SIZE(m); j++) {
			s64 rc = m[i].shared && m[j].shared ? 2 : -EBUSY;

			build("cell", LAPIC, RAM_AT);
			add_mem(m[i].at, m[i].at, m[i].size,
				m[i].flags | HOLM_CELL_M_DEVICE);
			assert_int_equal(create(), 1);
			build("other", 4, MIB(104));
			add_mem(m[j].at, m[j].at, m[j].size,
				m[j].flags | HOLM_CELL_M_DEVICE);
			assert_int_equal(create(), rc);
			if (rc > 0)
				assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 2, 0),
						 0);
			end();
			expect_same(&was);
		}
}

static int window_nobody(struct vpci_window *w, u64 off, u32 size, bool write,
			 u64 *val)
{
	(void)w;
	(void)off;
	(void)size;
	(void)write;
	(void)val;
	return -EINVAL;
}

/* It comes and goes with its function, or not at all. */
static void configuration_is_no_memory(void **state)
{
	struct vpci_window w = { .size = PAGE_SIZE, .access = window_nobody };
	const u32 at = ECAM + BDF * PAGE_SIZE;
	struct machine was;

	(void)state;
	look(&was);
	build("cell", LAPIC, RAM_AT);
	add_mem(at, at, PAGE_SIZE, HOLM_CELL_M_DEVICE);
	assert_int_equal(create(), -EBUSY);
	build("cell", LAPIC, RAM_AT);
	add_mem(at + 4, at + 4, 4, HOLM_CELL_M_DEVICE);
	assert_int_equal(create(), -EBUSY);
	vpci_window_move(vm_service(), &w, at);
	assert_int_equal(w.base, 0);
	vpci_window_move(vm_service(), &w, PAGE_OF(PART));
	assert_int_equal(w.base, PAGE_OF(PART));
	build("cell", LAPIC, RAM_AT);
	add_mem(PART, PART, 8, HOLM_CELL_M_DEVICE);
	assert_int_equal(create(), -EBUSY);
	vpci_window_move(vm_service(), &w, 0);
	assert_int_equal(create(), 1);
	vpci_window_move(vm_service(), &w, PAGE_OF(PART));
	assert_int_equal(w.base, 0);
	end();
	assert_true(has(vm_service(), PART));
}

#define LINK_AT MIB(120)

static bool link_went_first;

static void look_for_link(struct fake_pci *f, u32 reg, u32 size, u32 val)
{
	on_write(f, reg, size, val);
	if (reg == CAP_EXP + PCI_EXP_CTRL && (val & PCI_EXP_RESET))
		link_went_first = has(vm_service(), LINK_AT);
}

/* It may have been told to write to any memory of the cell's. */
static void a_function_is_quiet_first(void **state)
{
	const struct holm_cell_ivshmem link = {
		{ HOLM_CELL_R_IVSHMEM, sizeof(link) },
		.phys = LINK_AT,
		.virt = LINK_AT,
		.out_size = PAGE_SIZE,
		.peers = 2,
		.vectors = 1,
		.bdf = BDF + 8,
	};

	(void)state;
	build_all();
	add(&link, sizeof(link));
	assert_int_equal(create(), 1);
	fake.pci[0].on_write = look_for_link;
	link_went_first = true;
	end();
	assert_false(link_went_first);
	assert_true(has(vm_service(), LINK_AT));
}

static void parts(void **state)
{
	struct vm *vm = make();
	u64 val = 0x12345678;

	(void)state;
	assert_true(subpage_mmio(vm, PART, 4, true, &val));
	assert_true(subpage_mmio(vm, PART, 2, false, &val));
	assert_int_equal(val, 0x5678);
	assert_false(subpage_mmio(vm, PART + 2, 4, false, &val));
	assert_false(subpage_mmio(vm, PART + 8, 4, false, &val));
	assert_false(subpage_mmio(vm, PART - 4, 8, false, &val));
	assert_false(subpage_mmio(vm_service(), PART, 4, false, &val));
	assert_false(subpage_mmio(vm_service(), PART - 4, 8, false, &val));
	assert_true(subpage_mmio(vm_service(), PART + 8, 8, true, &val));
	assert_true(subpage_mmio(vm, WORD, 4, false, &val));
	assert_false(subpage_mmio(vm, WORD, 4, true, &val));
	assert_false(subpage_mmio(vm, WORD, 8, false, &val));
	assert_true(subpage_mmio(vm, SMALL + 0xfc, 4, false, &val));
	assert_false(subpage_mmio(vm, SMALL + 0x100, 4, false, &val));
	end();
	assert_false(subpage_mmio(vm_service(), PART + 8, 8, true, &val));
}

/* How often the Service VM's CPU forgets translations meanwhile. */
static u32 flushes_of_create(void)
{
	u32 was = fake.forgot[0];

	assert_int_equal(create(), 1);
	was = fake.forgot[0] - was;
	end();
	return was;
}

static void pages_of_devices_are_forgotten(void **state)
{
	u32 without;

	(void)state;
	build("cell", LAPIC, RAM_AT);
	without = flushes_of_create();
	build("cell", LAPIC, RAM_AT);
	add_mem(PART, PART, 8, HOLM_CELL_M_DEVICE);
	assert_int_equal(flushes_of_create(), without + 1);
	/* A function's three BARs, and its page of configuration. */
	build("cell", LAPIC, RAM_AT);
	add_pci(BDF);
	assert_int_equal(flushes_of_create(), without + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_it_comes_back),
		TEST(running_out_of_memory_changes_nothing),
		TEST(mutations_are_survived),
		TEST(is_one_cells),
		TEST(whole_or_in_parts),
		TEST(configuration_is_no_memory),
		TEST(a_function_is_quiet_first),
		TEST(parts),
		TEST(pages_of_devices_are_forgotten),
	};

	return cmocka_run_group_tests_name("what cells own", tests, NULL, NULL);
}
