/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cell may do with its PCI functions and interrupt lines. */
#include "arch/x86/asm.h"
#include "arch/x86/lapic.h"
#include "cell/cell_pci.h"
#include "tests/unit/cell_hw.h"

/* What a write does to hardware, what the cell reads then, is it counted. */
static void configuration(void **state)
{
	static const struct {
		u32 reg, size, val, seen, real;
		bool refused;
	} w[] = {
		{ PCI_VENDOR, 4, 0, 0xabcd1234, 0xabcd1234, true },
		{ PCI_COMMAND, 2, 7, 0x100007, 0x100007, false },
		{ PCI_COMMAND, 2, 0x47, 0x100007, 0x100007, true },
		{ PCI_COMMAND, 1, 2, 0x100002, 0x100002, false },
		{ PCI_COMMAND, 2, 0x400, 0x100400, 0x100400, false },
		{ PCI_CACHE_LINE, 1, 8, 8, 8, false },
		{ PCI_BAR0, 4, ~0U, 0xffffc000, BAR0, false },
		{ PCI_BAR0, 4, BAR0, BAR0, BAR0, false },
		{ PCI_BAR0, 4, BAR0 + 0x4000, BAR0, BAR0, true },
		{ PCI_BAR0 + 4, 4, ~0U, 0xffe1, PORTS | 1, false },
		{ PCI_BAR0 + 4, 4, PORTS + 0x20, PORTS | 1, PORTS | 1, true },
		{ PCI_BAR0 + 8, 4, ~0U, 0xffffe004, WIDE | 4, false },
		{ PCI_BAR0 + 12, 4, ~0U, ~0U, 0, false },
		{ PCI_BAR0 + 12, 4, 1, 0, 0, true },
		{ PCI_BAR0 + 16, 1, 0x55, SMALL, SMALL, false },
		{ PCI_BAR0 + 20, 4, ~0U, 0, 0, false },
		{ PCI_ROM, 4, 0xfffff801, 0, 0, false },
		{ PCI_LINE, 1, 5, 0x105, 0x105, false },
		{ CAP_PM + 4, 2, 3, 3, 3, false },
		{ CAP_PM + 4, 2, 0x103, 3, 3, true },
		{ CAP_EXP + 8, 2, 0x2010, 0x2030, 0x2030, true },
		{ CAP_EXP + 8, 2, 0x5020, 0x5020, 0x5020, false },
		{ CAP_LAST + 4, 4, 1, 0, 0, true },
	};
	struct vm *vm;

	(void)state;
	vm = make();
	for (u32 i = 0; i < ARRAY_SIZE(w); i++) {
		u32 reg = w[i].reg & ~3U;
		u64 n = vm->denied[HOLM_CELL_DENY_PCI];

		cell_write(vm, w[i].reg, w[i].size, w[i].val);
		assert_int_equal(cell_read(vm, reg, 4), w[i].seen);
		assert_int_equal(cfg(reg), w[i].real);
		assert_int_equal(vm->denied[HOLM_CELL_DENY_PCI] - n,
				 w[i].refused);
	}
	/* It resets its function, and finds it where it was. */
	cell_write(vm, CAP_EXP + 8, 2, 0x8000);
	assert_int_equal(cfg(PCI_BAR0), 0);
	cell_write(vm, PCI_COMMAND, 2, 2);
	assert_int_equal(cfg(PCI_BAR0), BAR0);
	assert_int_equal(cfg(PCI_BAR0 + 8), WIDE | 4);
	end();
}

/*
 * A BAR that has no address is not decoded; without a line of the cell's the
 * function pulls none.
 */
static void switches_that_stay_off(void **state)
{
	struct vm *vm;

	(void)state;
	cfg_set(&fake.pci[0], PCI_BAR0 + 16, 0, 0xffffff00);
	build("cell", LAPIC, RAM_AT);
	add_pci(BDF);
	assert_int_equal(create(), 1);
	vm = bench_vm(1);
	assert_int_equal(cfg(PCI_COMMAND) & 0xffff, 0x400);
	cell_write(vm, PCI_COMMAND, 2, 5);
	assert_int_equal(cell_read(vm, PCI_COMMAND, 2), 5);
	assert_int_equal(cfg(PCI_COMMAND) & 0xffff, 0x405);
	assert_int_equal(vm->denied[HOLM_CELL_DENY_PCI], 0);
	cell_write(vm, PCI_COMMAND, 2, 7);
	assert_int_equal(cell_read(vm, PCI_COMMAND, 2), 5);
	assert_int_equal(cfg(PCI_COMMAND) & 0xffff, 0x405);
	assert_int_equal(vm->denied[HOLM_CELL_DENY_PCI], 1);
	end();
}

static const struct {
	u32 addr, high, data;
	u32 sent; /* the data in hardware; 0: nothing */
} messages[] = {
	{ MSI_SELF, 0, VECTOR, VECTOR },
	{ 0xfee00000, 0, VECTOR, 0 },
	{ 0xfee04000, 0, VECTOR, 0 },
	{ 0xfeeff000, 0, VECTOR, 0 },
	{ MSI_SELF | 0x10, 0, VECTOR, 0 },
	{ MSI_SELF + 0x100000, 0, VECTOR, 0 },
	{ 0x1000, 0, VECTOR, 0 },
	{ MSI_SELF, 1, VECTOR, 0 },
	{ MSI_SELF, 0, 0x1f, 0 },
	{ MSI_SELF, 0, 0x100 | VECTOR, VECTOR },
	{ MSI_SELF, 0, 0x200 | VECTOR, 0 },
	{ MSI_SELF, 0, 0x400 | VECTOR, 0 },
	{ MSI_SELF, 0, 0x500 | VECTOR, 0 },
	{ MSI_SELF, 0, 0x700 | VECTOR, 0 },
	{ MSI_SELF, 0, 0xc000 | VECTOR, VECTOR },
	{ MSI_SELF, 0, 0xff, 0xff },
};

static void plain_messages(void **state)
{
	struct vm *vm = make();

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(messages); i++) {
		u64 n = vm->denied[HOLM_CELL_DENY_MSI];
		bool on = messages[i].sent;

		cell_write(vm, CAP_MSI + 2, 2, 0);
		cell_write(vm, CAP_MSI + 4, 4, messages[i].addr);
		cell_write(vm, CAP_MSI + 8, 4, messages[i].high);
		cell_write(vm, CAP_MSI + 12, 2, messages[i].data);
		cell_write(vm, CAP_MSI + 2, 2, 1);
		assert_int_equal(cell_read(vm, CAP_MSI + 2, 2), 0x189);
		assert_int_equal(cell_read(vm, CAP_MSI + 4, 4),
				 messages[i].addr);
		assert_int_equal(cfg(CAP_MSI) >> 16 & 1, on);
		assert_int_equal(vm->denied[HOLM_CELL_DENY_MSI] - n, !on);
		if (!on)
			continue;
		assert_int_equal(cfg(CAP_MSI + 4), MSI_SELF);
		assert_int_equal(cfg(CAP_MSI + 8), 0);
		assert_int_equal(cfg(CAP_MSI + 12) & 0xffff, messages[i].sent);
	}
	/* 16 messages: the low bits of the vector are the function's. */
	cell_write(vm, CAP_MSI + 12, 2, 0x25);
	cell_write(vm, CAP_MSI + 2, 2, 0x41);
	assert_int_equal(cfg(CAP_MSI + 12) & 0xffff, 0x20);
	cell_write(vm, CAP_MSI + 2, 2, 0x51);
	assert_int_equal(cfg(CAP_MSI + 12) & 0xffff, 0x20);
	assert_int_equal(cfg(CAP_MSI) >> 16, 0x1d9);
	end();
	assert_int_equal(cfg(CAP_MSI) >> 16, 0x188);
}

static u32 hw_entry(u32 i, u32 word)
{
	u32 val;

	memcpy(&val, &fake.mmio[TABLE - FAKE_MMIO + 16 * i + 4 * word], 4);
	return val;
}

static bool table_write(struct vm *vm, u32 i, u32 word, u64 val)
{
	return vpci_mmio(vm, TABLE + 16 * i + 4 * word, 4, true, &val);
}

static void table_of_messages(void **state)
{
	struct vm *vm = make();
	u64 val = 0;

	(void)state;
	fake_self = 1;
	assert_int_equal(hw_entry(2, 3), 1);
	cell_write(vm, PCI_COMMAND, 2, 6);
	for (u32 i = 0; i < ARRAY_SIZE(messages); i++) {
		u64 n = vm->denied[HOLM_CELL_DENY_MSI];
		bool on = messages[i].sent;

		cell_write(vm, CAP_MSIX + 2, 2, 0);
		assert_true(table_write(vm, 1, 0, messages[i].addr));
		assert_true(table_write(vm, 1, 1, messages[i].high));
		assert_true(table_write(vm, 1, 2, messages[i].data));
		assert_true(table_write(vm, 1, 3, 0));
		assert_int_equal(hw_entry(1, 3), 1);
		cell_write(vm, CAP_MSIX + 2, 2, 0x8000);
		assert_int_equal(hw_entry(1, 3), !on);
		assert_int_equal(vm->denied[HOLM_CELL_DENY_MSI] - n, !on);
		assert_int_equal(hw_entry(0, 3), 1);
		if (!on)
			continue;
		assert_int_equal(hw_entry(1, 0), MSI_SELF);
		assert_int_equal(hw_entry(1, 1), 0);
		assert_int_equal(hw_entry(1, 2), messages[i].sent);
	}
	assert_true(vpci_mmio(vm, TABLE + 16, 8, false, &val));
	assert_int_equal(val, MSI_SELF);
	assert_false(vpci_mmio(vm, TABLE + 16, 2, false, &val));
	/* The table's page has other registers: they are passed on. */
	val = 0x77;
	assert_true(vpci_mmio(vm, TABLE + 0x801, 1, true, &val));
	assert_int_equal(fake.mmio[TABLE + 0x801 - FAKE_MMIO], 0x77);
	assert_false(vpci_mmio(vm, TABLE + 0x801, 2, true, &val));
	fake_self = 0;
	assert_int_equal(hc(HC_HOLM_CELL_STOP, 1, 0), 0);
	assert_int_equal(hw_entry(1, 3), 1);
	assert_int_equal(cfg(CAP_MSIX) >> 16, ENTRIES - 1);
	end();
}

/* In a BAR that is no whole page either: not a byte of it by another way. */
static void table_in_a_small_bar(void **state)
{
	struct vm *vm;
	u64 val = 0;

	(void)state;
	cfg_set(&fake.pci[0], CAP_MSIX + 4, 4, 0);
	vm = make();
	fake_self = 1;
	cell_write(vm, PCI_COMMAND, 2, 2);
	fake.mmio[SMALL - FAKE_MMIO + 8] = 0x11;
	for (u32 size = 1; size <= 8; size *= 2) {
		val = 0x44;
		assert_int_equal(vpci_mmio(vm, SMALL + 8, size, true, &val),
				 size >= 4);
		assert_false(subpage_mmio(vm, SMALL + 8, size, true, &val));
		assert_int_equal(fake.mmio[SMALL - FAKE_MMIO + 8], 0x11);
	}
	assert_true(vpci_mmio(vm, SMALL + 0x80, 2, true, &val));
	assert_int_equal(fake.mmio[SMALL - FAKE_MMIO + 0x80], 0x44);
	assert_false(vpci_mmio(vm, SMALL - 4, 4, true, &val));
	assert_false(vpci_mmio(vm, SMALL + 0x100, 4, true, &val));
	end();
}

/* Where a BAR of address 0 would have it, there is the machine's RAM. */
static void table_without_an_address(void **state)
{
	struct machine was;
	struct vm *vm;
	u64 val = 0;

	(void)state;
	cfg_set(&fake.pci[0], PCI_BAR0, 0, 0xffffc000);
	look(&was);
	vm = make();
	fake_self = 1;
	cell_write(vm, PCI_COMMAND, 2, 7);
	assert_int_equal(cfg(PCI_COMMAND) & 7, 5);
	for (u64 at = 0; at < 0x4000; at += 4)
		assert_false(vpci_mmio(vm, at, 4, false, &val));
	end();
	expect_same(&was);
}

/* An audit is told where BARs are, not where they were put. */
static void facts_of_bars(void **state)
{
	struct holm_device d;
	struct vm *vm;

	(void)state;
	vm = make();
	fake_self = 1;
	cell_write(vm, PCI_COMMAND, 2, 3);
	assert_true(cell_pci_facts(vm->cell, 0, &d));
	assert_int_equal(d.bar[0].base, BAR0);
	assert_int_equal(d.bar[1].base, PORTS);
	assert_int_equal(d.bar[2].base, WIDE);
	assert_int_equal(d.bar[2].size, 0x2000);
	cfg_set(&fake.pci[0], PCI_BAR0, BAR0 + 0x4000, 0xffffc000);
	cfg_set(&fake.pci[0], PCI_BAR0 + 4, (PORTS + 0x40) | 1, 0xffe0);
	cfg_set(&fake.pci[0], PCI_BAR0 + 12, 1, ~0U);
	assert_true(cell_pci_facts(vm->cell, 0, &d));
	assert_int_equal(d.bar[0].base, BAR0 + 0x4000);
	assert_int_equal(d.bar[1].base, PORTS + 0x40);
	assert_int_equal(d.bar[2].base, BIT64(32) | WIDE);
	cell_write(vm, PCI_COMMAND, 2, 0);
	assert_true(cell_pci_facts(vm->cell, 0, &d));
	assert_int_equal(d.bar[0].base, BAR0);
	assert_int_equal(d.bar[2].base, WIDE);
	end();
}

/* Cut off by the end of configuration space, they are as if not there. */
static void capabilities_at_the_end(void **state)
{
	static const u8 ids[] = { PCI_CAP_PM, PCI_CAP_MSI, PCI_CAP_MSIX,
				  PCI_CAP_PCIE, PCI_CAP_AF };

	(void)state;
	/* Who reads on finds these: a function-level reset is there. */
	cfg_set(&fake.pci[0], PCI_VENDOR, 0x1bcd1234, 0);
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		struct machine was;

		cfg_set(&fake.pci[0], PCI_CAPS, 0xfc, 0);
		cfg_set(&fake.pci[0], 0xfc, ids[i] | ~0xffffU, 0);
		look(&was);
		make();
		end();
		expect_same(&was);
	}
}

static u32 ioapic(struct vm *vm, u32 reg, const u32 *set)
{
	u64 val = reg;

	fake_self = vm == vm_service() ? 0 : 1;
	io_space_mmio(vm->io, IOAPIC, 4, true, &val);
	val = set ? *set : 0;
	io_space_mmio(vm->io, IOAPIC + 0x10, 4, set, &val);
	return (u32)val;
}

static void lines(void **state)
{
	static const struct {
		u32 low, dest;
		bool good;
	} e[] = {
		{ VECTOR, LAPIC, true },
		{ VECTOR, 0, false },
		{ VECTOR, 4, false },
		{ VECTOR, 0xff, false },
		{ 0x100 | VECTOR, LAPIC, true },
		{ 0x200 | VECTOR, LAPIC, false },
		{ 0x400 | VECTOR, LAPIC, true },
		{ 0x400 | VECTOR, 0, false },
		{ 0x500 | VECTOR, LAPIC, false },
		{ 0x700 | VECTOR, LAPIC, false },
		{ 0x1f, LAPIC, false },
		{ RTE_LEVEL | VECTOR, LAPIC, true },
		{ RTE_LOGICAL | VECTOR, 1, false },
		{ RTE_MASKED | 0x200, 0, true },
	};
	const u32 low = RTE_FIRST + 2 * GSI, junk = 0x99;
	struct vm *vm = make();

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(e); i++) {
		u32 dest = e[i].dest << 24, masked = RTE_MASKED;
		u64 n = vm->denied[HOLM_CELL_DENY_IPI];
		bool on = e[i].good && !(e[i].low & RTE_MASKED);

		ioapic(vm, low, &masked);
		ioapic(vm, low + 1, &dest);
		ioapic(vm, low, &e[i].low);
		assert_int_equal(!(fake.ioapic[low] & RTE_MASKED), on);
		assert_int_equal(vm->denied[HOLM_CELL_DENY_IPI] - n,
				 !e[i].good);
		assert_int_equal(ioapic(vm, low + 1, NULL), dest);
		if (on)
			assert_int_equal(fake.ioapic[low + 1], LAPIC << 24);
	}
	ioapic(vm_service(), low, &junk);
	assert_int_equal(ioapic(vm_service(), low, NULL), 0x31 | RTE_MASKED);
	ioapic(vm, RTE_FIRST + 2 * OTHER_GSI, &junk);
	assert_int_equal(vm->denied[HOLM_CELL_DENY_PIN], 1);
	assert_int_equal(fake.ioapic[RTE_FIRST + 2 * OTHER_GSI], 0);
	end();
	assert_int_equal(fake.ioapic[low], 0x31);
	assert_int_equal(fake.ioapic[low + 1], 6U << 24);
}

/* None of the Service VM's leads to a cell's CPU, whenever it was written. */
static void lines_of_the_service_vm(void **state)
{
	static const struct {
		u32 low, dest;
		bool masked;
	} e[] = {
		{ VECTOR, 0, false },
		{ VECTOR, LAPIC, true },
		{ VECTOR, 4, false },
		{ VECTOR, 0xff, true },
		{ RTE_LOGICAL | VECTOR, 1, false },
		{ RTE_LOGICAL | VECTOR, 0xff, true },
	};
	const u32 low = RTE_FIRST + 2 * OTHER_GSI;
	struct vm *service = vm_service();

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(e); i++) {
		u32 dest = e[i].dest << 24, masked = RTE_MASKED;

		ioapic(service, low + 1, &dest);
		ioapic(service, low, &e[i].low);
		assert_int_equal(fake.ioapic[low], e[i].low);
		make();
		assert_int_equal(!!(fake.ioapic[low] & RTE_MASKED),
				 e[i].masked);
		ioapic(service, low, &masked);
		ioapic(service, low, &e[i].low);
		assert_int_equal(!!(fake.ioapic[low] & RTE_MASKED),
				 e[i].masked);
		end();
		ioapic(service, low, &e[i].low);
		assert_int_equal(fake.ioapic[low], e[i].low);
	}
}

/* Of an I/O APIC's page there are two windows, and the place for EOIs. */
static void no_other_way_to_a_line(void **state)
{
	struct vm *vm = make();
	u32 was[ARRAY_SIZE(fake.ioapic)];
	u64 val = 0x77;

	(void)state;
	memcpy(was, fake.ioapic, sizeof(was));
	for (u32 at = 0; at < PAGE_SIZE; at += 4) {
		fake_self = 0;
		if (at != 0x10)
			io_space_mmio(vm_service()->io, IOAPIC + at, 4, true,
				      &val);
		assert_int_equal(fake.ioapic_eoi, at < 0x40 ? 0 : 0x77);
	}
	for (u32 at = 0; at < PAGE_SIZE; at += 4) {
		val = 0x88;
		fake_self = 1;
		if (at != 0x10)
			io_space_mmio(vm->io, IOAPIC + at, 4, true, &val);
	}
	assert_memory_equal(fake.ioapic, was, sizeof(was));
	assert_int_equal(fake.ioapic_eoi, 0x77);
	end();
}

/*
 * The name that the cell gives a local APIC stays in Holm's books: messages of
 * others to that name would come to the cell. Reserved registers are not
 * written, and one of the other mode is none.
 */
static void local_apic(void **state)
{
	static const u32 reserved[] = { 0, LAPIC_ID, 0x3f0, 0xff0 };
	const u32 was = lapic_read(LAPIC_LDR);
	struct vm *vm = make();
	u64 val = 0x20U << 24;

	(void)state;
	fake_self = 1;
	io_space_mmio(vm->io, LAPIC_BASE + LAPIC_LDR, 4, true, &val);
	assert_int_equal(lapic_read(LAPIC_LDR), was);
	for (u32 i = 0; i < ARRAY_SIZE(reserved); i++) {
		io_space_mmio(vm->io, LAPIC_BASE + reserved[i], 4, true, &val);
		assert_int_not_equal(lapic_read(reserved[i]), val);
	}
	assert_ptr_equal(direct_apic_target(vm, 0x20, true), vm->vcpu[0]);
	assert_int_equal(direct_apic_msr_write(vm->vcpu[0], MSR_X2APIC_ICR, 0),
			 -EINVAL);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(configuration),
		TEST(switches_that_stay_off),
		TEST(plain_messages),
		TEST(table_of_messages),
		TEST(table_in_a_small_bar),
		TEST(table_without_an_address),
		TEST(capabilities_at_the_end),
		TEST(facts_of_bars),
		TEST(lines),
		TEST(lines_of_the_service_vm),
		TEST(no_other_way_to_a_line),
		TEST(local_apic),
	};

	return cmocka_run_group_tests_name("hardware of cells", tests, NULL,
					   NULL);
}
