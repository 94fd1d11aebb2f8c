/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration space, BARs, lines and messages. */
#include "pci/pci.h"
#include "tests/mock.h"
#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>

static struct mock mock;
static struct bus pio, mmio;
static struct pci_bus pci;
static struct pci_dev *dev; /* 3:0, with BARs and all capabilities */
static struct dm_error err;
static u64 bar_written;

static const struct pci_ids ids = { 0x484d, 0x1234, 0x010203, 7 };

static u64 bar_read(void *arg, u64 off, u32 size)
{
	struct pci_dev *d = arg;

	if (d->msix_cap && pci_msix_owns(d, off))
		return pci_msix_read(d, off, size);
	return off + 1;
}

static void bar_write(void *arg, u64 off, u32 size, u64 val)
{
	struct pci_dev *d = arg;

	if (d->msix_cap && pci_msix_owns(d, off))
		pci_msix_write(d, off, size, val);
	else
		bar_written = val;
}

/* BAR 1 has no MSI-X table in it. */
static u64 port_read(void *arg, u64 off, u32 size)
{
	(void)arg;
	(void)size;
	return off + 1;
}

static void port_write(void *arg, u64 off, u32 size, u64 val)
{
	(void)arg;
	(void)off;
	(void)size;
	bar_written = val;
}

static const struct bus_ops bar_ops = { bar_read, bar_write };
static const struct bus_ops port_ops = { port_read, port_write };

static void add_bar(u32 index, enum pci_bar_kind kind, u64 size)
{
	const struct pci_bar bar = { .kind = kind,
				     .size = size,
				     .name = "test",
				     .dev = dev,
				     .ops = kind == PCI_BAR_IO ? &port_ops
							       : &bar_ops };

	assert_int_equal(pci_bar_add(dev, index, &bar), 0);
}

static int setup(void **state)
{
	static const struct vm_config cfg;

	(void)state;
	mock_init(&mock);
	bus_init(&pio, 0x10000);
	bus_init(&mmio, 0);
	memset(&pci, 0, sizeof(pci));
	pci.pio = &pio;
	pci.mmio = &mmio;
	pci.vmm = &mock.vmm;
	if (pci_bus_init(&pci) || pci_bus_populate(&pci, &cfg, &err))
		return -1;
	dev = pci_dev_create(&pci, 3, 0, &ids);
	if (!dev)
		return -1;
	add_bar(0, PCI_BAR_MEM32, 0x1000);
	add_bar(1, PCI_BAR_IO, 0x20);
	add_bar(2, PCI_BAR_MEM64, 0x10000);
	pci_intx_init(dev);
	if (pci_msi_init(dev) || pci_msix_init(dev, 0, 3, 0x0, 0x800))
		return -1;
	pci_dev_seal(dev);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pci_bus_free(&pci);
	bus_free(&pio);
	bus_free(&mmio);
	return 0;
}

static u32 rd(u32 reg, u32 size)
{
	return pci_cfg_read(&pci, 3, 0, reg, size);
}

static void wr(u32 reg, u32 size, u32 val)
{
	pci_cfg_write(&pci, 3, 0, reg, size, val);
}

static void test_identification(void **state)
{
	(void)state;
	assert_int_equal(rd(0, 4), 0x1234484d);
	assert_int_equal(rd(8, 4), 0x01020307);
	wr(0, 4, 0);
	wr(8, 4, 0);
	assert_int_equal(rd(0, 4), 0x1234484d);
	assert_int_equal(rd(8, 4), 0x01020307);
	assert_int_equal(pci_cfg_read(&pci, 0, 0, 8, 4) >> 8, 0x060000);
	assert_int_equal(pci_cfg_read(&pci, 31, 0, 0, 4), 0x70008086);
	assert_int_equal(pci_bus_slots(&pci), BIT(0) | BIT(3) | BIT(31));
	assert_int_equal(pci_bus_lpc(&pci), 31);
}

static void test_absent_and_malformed(void **state)
{
	(void)state;
	assert_int_equal(pci_cfg_read(&pci, 4, 0, 0, 4), 0xffffffff);
	assert_int_equal(pci_cfg_read(&pci, 3, 1, 0, 2), 0xffff);
	assert_int_equal(pci_cfg_read(&pci, 32, 0, 0, 4), 0xffffffff);
	assert_int_equal(pci_cfg_read(&pci, 3, 8, 0, 4), 0xffffffff);
	assert_int_equal(rd(1, 2), 0xffff);
	assert_int_equal(rd(2, 4), 0xffffffff);
	assert_int_equal(rd(256, 4), 0xffffffff);
	assert_int_equal(rd(0xffffffff, 1), 0xff);
	wr(0xfffffffc, 4, 0);
	pci_cfg_write(&pci, 99, 99, 4, 4, 7);
}

static void test_ecam(void **state)
{
	u64 base = PCI_ECAM_BASE + (3 << 15);

	(void)state;
	assert_int_equal(bus_read(&mmio, base, 4), 0x1234484d);
	assert_int_equal(bus_read(&mmio, base + 2, 2), 0x1234);
	assert_int_equal(bus_read(&mmio, base + 0x100, 4), 0xffffffff);
	bus_write(&mmio, base + PCI_INT_LINE, 1, 0x55);
	assert_int_equal(rd(PCI_INT_LINE, 1), 0x55);
}

static u32 size_bar(u32 reg)
{
	u32 old = rd(reg, 4), mask;

	wr(reg, 4, 0xffffffff);
	mask = rd(reg, 4);
	wr(reg, 4, old);
	assert_int_equal(rd(reg, 4), old);
	return mask;
}

static void test_bar_sizing(void **state)
{
	(void)state;
	assert_int_equal(size_bar(0x10), 0xfffff000);
	assert_int_equal(size_bar(0x14), 0xffffffe1);
	assert_int_equal(size_bar(0x18), 0xffff0004);
	assert_int_equal(size_bar(0x1c), 0xffffffff);
	assert_int_equal(size_bar(0x20), 0);
	/* Byte by byte gives the same. */
	wr(0x11, 1, 0xff);
	wr(0x10, 1, 0xff);
	assert_int_equal(rd(0x10, 2), 0xf000);
}

static void test_bar_decode(void **state)
{
	u32 mem = rd(0x10, 4), io = rd(0x14, 4) & ~3U;
	u64 mem64 = (rd(0x18, 4) & ~15U) | (u64)rd(0x1c, 4) << 32;

	(void)state;
	assert_in_range(mem, PCI_MMIO32_BASE, PCI_MMIO32_END - 1);
	assert_true(mem64 >= PCI_MMIO64_BASE && mem64 < PCI_MMIO64_END);
	assert_int_equal(bus_read(&mmio, mem + 0x900, 1), 0xff);
	wr(PCI_COMMAND, 2, PCI_CMD_MEM);
	assert_int_equal(bus_read(&mmio, mem + 0x900, 4), 0x901);
	assert_int_equal(bus_read(&mmio, mem64 + 0x900, 4), 0x901);
	assert_int_equal(bus_read(&pio, io + 4, 1), 0xff);
	wr(PCI_COMMAND, 2, PCI_CMD_IO);
	assert_int_equal(bus_read(&pio, io + 4, 1), 5);
	assert_int_equal(bus_read(&mmio, mem + 0x900, 1), 0xff);
	bus_write(&pio, io + 4, 4, 0x12345678);
	assert_int_equal(bar_written, 0x12345678);
}

static void test_bar_moves(void **state)
{
	u32 old = rd(0x10, 4);

	(void)state;
	wr(PCI_COMMAND, 2, PCI_CMD_MEM | PCI_CMD_IO);
	wr(0x10, 4, 0xc0000000);
	assert_int_equal(bus_read(&mmio, old + 0x900, 1), 0xff);
	assert_int_equal(bus_read(&mmio, 0xc0000900, 4), 0x901);
	/* Outside the windows nothing answers, RAM and ECAM above all. */
	wr(0x10, 4, 0x00100000);
	assert_int_equal(bus_read(&mmio, 0x00100900, 4), 0xffffffff);
	wr(0x10, 4, (u32)PCI_ECAM_BASE);
	assert_int_equal(bus_read(&mmio, PCI_ECAM_BASE + 0x18000, 4),
			 0x1234484d);
	wr(0x14, 4, 0x60);
	assert_int_equal(bus_read(&pio, 0x64, 1), 0xff);
}

/* Two BARs at one place: the first stays, nothing breaks when it leaves. */
static void test_bar_overlap(void **state)
{
	(void)state;
	wr(0x10, 4, 0xc0000000);
	wr(PCI_COMMAND, 2, PCI_CMD_MEM);
	wr(0x1c, 4, 0);
	wr(0x18, 4, 0xc0000000);
	assert_false(dev->bar[2].mapped);
	wr(0x10, 4, 0xd0000000);
	wr(0x18, 4, 0xc0000000);
	assert_true(dev->bar[2].mapped);
	assert_int_equal(bus_read(&mmio, 0xc000f000, 4), 0xf001);
}

static void test_capabilities(void **state)
{
	u32 cap = rd(PCI_CAP_PTR, 1), n = 0;

	(void)state;
	assert_true(rd(PCI_STATUS, 2) & PCI_STS_CAPS);
	for (; cap; cap = rd(cap + 1, 1)) {
		assert_true(cap >= 0x40 && cap % 4 == 0);
		n++;
		assert_true(n < 10);
	}
	assert_int_equal(n, 2);
	while (pci_cap_add(dev, 9, 16))
		;
	assert_int_equal(pci_cap_add(dev, 9, 255), 0);
}

static void test_intx(void **state)
{
	struct pci_dev *other = pci_dev_create(&pci, 11, 0, &ids);

	(void)state;
	pci_intx_init(other); /* slot 11 shares the line of slot 3 */
	pci_intx_set(dev, true);
	assert_int_equal(mock.level[16 + 3], 1);
	pci_intx_set(other, true);
	pci_intx_set(dev, false);
	assert_int_equal(mock.level[16 + 3], 1);
	assert_int_equal(mock.raised[16 + 3], 1);
	pci_cfg_write(&pci, 11, 0, PCI_COMMAND, 2, PCI_CMD_NO_INTX);
	assert_int_equal(mock.level[16 + 3], 0);
	assert_true(pci_cfg_read(&pci, 11, 0, PCI_STATUS, 2) & PCI_STS_INTX);
	pci_cfg_write(&pci, 11, 0, PCI_COMMAND, 2, 0);
	assert_int_equal(mock.level[16 + 3], 1);
	pci_bus_reset(&pci);
	assert_int_equal(mock.level[16 + 3], 0);
}

static void test_msi(void **state)
{
	u32 cap = dev->msi_cap;

	(void)state;
	assert_false(pci_msi_notify(dev));
	wr(cap + 4, 4, 0xfee01003);
	wr(cap + 8, 4, 1);
	wr(cap + 12, 2, 0x4041);
	wr(cap + 2, 2, 1);
	assert_true(pci_msi_notify(dev));
	assert_int_equal(mock.msis, 1);
	assert_int_equal(mock.msi[0].msi_addr, 0x1fee01000);
	assert_int_equal(mock.msi[0].msi_data, 0x4041);
}

static void test_msix(void **state)
{
	u32 cap = dev->msix_cap, bar = rd(0x10, 4);

	(void)state;
	wr(PCI_COMMAND, 2, PCI_CMD_MEM);
	assert_int_equal(rd(cap + 2, 2), 2);
	assert_int_equal(bus_read(&mmio, bar + 12, 4), 1); /* masked */
	bus_write(&mmio, bar + 16, 8, 0xfee02000);
	bus_write(&mmio, bar + 24, 4, 0x31);
	pci_msix_notify(dev, 1);
	assert_int_equal(mock.msis, 0); /* not enabled at all */
	wr(cap + 2, 2, 0x8000);
	pci_msix_notify(dev, 1);
	assert_int_equal(mock.msis, 0); /* enabled, masked */
	assert_int_equal(bus_read(&mmio, bar + 0x800, 8), BIT(1));
	bus_write(&mmio, bar + 28, 4, 0);
	assert_int_equal(mock.msis, 1); /* sent on unmasking */
	assert_int_equal(mock.msi[0].msi_addr, 0xfee02000);
	assert_int_equal(mock.msi[0].msi_data, 0x31);
	assert_int_equal(bus_read(&mmio, bar + 0x800, 4), 0);
	wr(cap + 2, 2, 0xc000);
	pci_msix_notify(dev, 1);
	assert_int_equal(mock.msis, 1);
	wr(cap + 2, 2, 0x8000);
	assert_int_equal(mock.msis, 2);
	pci_msix_notify(dev, 3); /* beyond the table */
	pci_msix_notify(dev, 1);
	assert_int_equal(mock.msis, 3);
	assert_int_equal(bus_read(&mmio, bar + 2, 2), 0xffff);
}

static void test_reset(void **state)
{
	u32 bar = rd(0x10, 4);

	(void)state;
	wr(0x10, 4, 0xc0000000);
	wr(PCI_COMMAND, 2, PCI_CMD_MEM);
	wr(dev->msix_cap + 2U, 2, 0x8000);
	pci_bus_reset(&pci);
	assert_int_equal(rd(PCI_COMMAND, 2), 0);
	assert_int_equal(rd(0x10, 4), bar);
	assert_int_equal(rd(dev->msix_cap + 2U, 2), 2);
	assert_int_equal(bus_read(&mmio, 0xc0000900, 4), 0xffffffff);
}

static void test_populate_errors(void **state)
{
	struct vm_config cfg = { .slot_count = 1 };

	(void)state;
	teardown(state);
	bus_init(&pio, 0x10000);
	bus_init(&mmio, 0);
	assert_int_equal(pci_bus_init(&pci), 0);
	cfg.slots[0] = (struct slot_config){ 4, 0, "toaster", NULL };
	assert_int_equal(pci_bus_populate(&pci, &cfg, &err), -EINVAL);
	assert_non_null(strstr(err.text, "toaster"));
	assert_non_null(strstr(err.text, "hostbridge"));
	cfg.slots[0] = (struct slot_config){ 4, 0, "lpc", "x=1" };
	assert_int_equal(pci_bus_populate(&pci, &cfg, &err), -EINVAL);
	cfg.slots[0] = (struct slot_config){ 4, 2, "lpc", NULL };
	assert_int_equal(pci_bus_populate(&pci, &cfg, &err), -EINVAL);
	assert_non_null(strstr(err.text, "function 0"));
}

static void test_random_configuration(void **state)
{
	u32 i;

	(void)state;
	srandom(3);
	for (i = 0; i < 200000; i++) {
		u32 r = (u32)random(), size = BIT(r & 3);
		u32 slot = r & 4 ? 3 : r >> 3 & 31;

		pci_cfg_write(&pci, slot, 0, r >> 8 & 0xff, size,
			      (u32)random());
		pci_cfg_read(&pci, slot, 0, r >> 16 & 0xff, size);
	}
	assert_int_equal(rd(0, 4), 0x1234484d);
	pci_bus_reset(&pci);
	assert_int_equal(mmio.count, 1); /* ECAM alone */
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_identification),
		T(test_absent_and_malformed),
		T(test_ecam),
		T(test_bar_sizing),
		T(test_bar_decode),
		T(test_bar_moves),
		T(test_bar_overlap),
		T(test_capabilities),
		T(test_intx),
		T(test_msi),
		T(test_msix),
		T(test_reset),
		T(test_populate_errors),
		T(test_random_configuration),
	};

	return cmocka_run_group_tests_name("dm pci", tests, NULL, NULL);
}
