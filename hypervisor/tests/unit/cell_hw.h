/* SPDX-License-Identifier: BSD-2-Clause */
/* A function, a line, a part of a page; descriptions that ask for them. */
#ifndef TESTS_UNIT_CELL_HW_H
#define TESTS_UNIT_CELL_HW_H

#include "cell/cell.h"

#include "arch/x86/ioapic.h"
#include "arch/x86/pciconf.h"
#include "guest/x86/pcireg.h"
#include "io/subpage.h"
#include "tests/unit/mem_util.h"
#include "tests/unit/vm_bench.h"

#define RAM_AT    MIB(100)
#define BDF       0x18U
#define IOAPIC    0xfec00000UL
#define GSI       5U
#define OTHER_GSI 6U
#define LAPIC     2U /* of the cell's CPU */
#define ECAM      (BENCH_MMIO + MIB(16))

/* The function's registers and capabilities. */
#define BAR0     0xc0000000U /* 16 KiB, the table of messages at 0x2000 */
#define TABLE    (BAR0 + 0x2000)
#define ENTRIES  3U
#define PORTS    0xe000U
#define WIDE     0xc0008000U /* 8 KiB */
#define SMALL    0xc000c100U /* 256 bytes */
#define PART     0xc000d020U /* of another device */
#define WORD     0xc000d040U /* of it, to be read */
#define CAP_PM   0x40U
#define CAP_MSI  0x50U
#define CAP_MSIX 0x70U
#define CAP_EXP  0x80U
#define CAP_LAST 0xf0U /* of a kind that nobody knows */
#define MSI_SELF (0xfee00000U | LAPIC << 12)
#define VECTOR   0x45U

static inline void cfg_set(struct fake_pci *f, u32 reg, u32 val, u32 writable)
{
	memcpy(&f->cfg[reg], &val, sizeof(val));
	memcpy(&f->writable[reg], &writable, sizeof(writable));
}

static inline u32 cfg(u32 reg)
{
	return pciconf_read(BDF, reg, 4);
}

/* How often the function was. */
static u32 resets;

/* A reset forgets addresses and what was switched on. */
static inline void on_write(struct fake_pci *f, u32 reg, u32 size, u32 val)
{
	(void)size;
	if (reg != CAP_EXP + PCI_EXP_CTRL || !(val & PCI_EXP_RESET))
		return;
	resets++;
	f->cfg[CAP_EXP + PCI_EXP_CTRL + 1] &= 0x7f;
	memset(&f->cfg[PCI_COMMAND], 0, 2);
	f->cfg[PCI_BAR0 + 1] = f->cfg[PCI_BAR0 + 2] = f->cfg[PCI_BAR0 + 3] = 0;
	memset(&f->cfg[PCI_BAR0 + 8], 4, 1);
	memset(&f->cfg[PCI_BAR0 + 9], 0, 11);
}

static inline void add_function(void)
{
	struct fake_pci *f = fake_pci_add(BDF);

	cfg_set(f, PCI_VENDOR, 0xabcd1234, 0);
	cfg_set(f, PCI_COMMAND, PCI_STATUS_CAPS | 3, 0x547);
	cfg_set(f, 8, 0x02000000, 0);
	cfg_set(f, PCI_CACHE_LINE, 0x10, 0xffff);
	cfg_set(f, PCI_BAR0, BAR0, 0xffffc000);
	cfg_set(f, PCI_BAR0 + 4, PORTS | 1, 0xffe0);
	cfg_set(f, PCI_BAR0 + 8, WIDE | 4, 0xffffe000);
	cfg_set(f, PCI_BAR0 + 12, 0, ~0U);
	cfg_set(f, PCI_BAR0 + 16, SMALL, 0xffffff00);
	cfg_set(f, PCI_ROM, 0, 0xfffff801);
	cfg_set(f, PCI_CAPS, CAP_PM, 0);
	cfg_set(f, PCI_LINE, 0x10b, 0xff);
	cfg_set(f, CAP_PM, PCI_CAP_PM | CAP_MSI << 8, 0);
	cfg_set(f, CAP_PM + 4, 0, 0x103);
	cfg_set(f, CAP_MSI, PCI_CAP_MSI | CAP_MSIX << 8 | 0x188 << 16,
		0x71 << 16);
	for (u32 reg = CAP_MSI + 4; reg <= CAP_MSI + 16; reg += 4)
		cfg_set(f, reg, 0, ~0U);
	cfg_set(f, CAP_MSIX, PCI_CAP_MSIX | CAP_EXP << 8 | (ENTRIES - 1) << 16,
		0xc000U << 16);
	cfg_set(f, CAP_MSIX + 4, 0x2000, 0);
	cfg_set(f, CAP_EXP, PCI_CAP_PCIE | CAP_LAST << 8 | 2 << 16, 0);
	cfg_set(f, CAP_EXP + PCI_EXP_CAP, PCI_EXP_FLR, 0);
	cfg_set(f, CAP_EXP + PCI_EXP_CTRL, 0x2830, 0xffff);
	cfg_set(f, CAP_LAST, 0x77, 0);
	cfg_set(f, CAP_LAST + 4, 0, ~0U);
	f->on_write = on_write;
}

static inline int setup(void **state)
{
	bench_setup(state);
	fake.tsc_step = 1U << 27;
	add_function();
	fake.ioapic[RTE_FIRST + 2 * GSI] = 0x31;
	fake.ioapic[RTE_FIRST + 2 * GSI + 1] = 6U << 24;
	vpci_setup(ECAM, 0, 0);
	bench_take(1, 3);
	return 0;
}

static union {
	struct holm_cell_desc d;
	u8 bytes[4096];
} built;

static inline void add(const void *record, u32 size)
{
	memcpy(built.bytes + built.d.size, record, size);
	built.d.size += size;
	built.d.records++;
}

static inline void add_mem(u64 phys, u64 virt, u64 size, u32 flags)
{
	const struct holm_cell_mem m = { { HOLM_CELL_R_MEM, sizeof(m) },
					 .phys = phys,
					 .virt = virt,
					 .size = size,
					 .flags = flags | HOLM_CELL_M_READ };

	add(&m, sizeof(m));
}

static inline void build(const char *name, u32 lapic_id, u64 ram)
{
	const struct holm_cell_cpu cpu = { { HOLM_CELL_R_CPU, sizeof(cpu) },
					   .lapic_id = lapic_id };

	memset(&built, 0, sizeof(built));
	built.d.magic = HOLM_CELL_MAGIC;
	built.d.version = HOLM_CELL_VERSION;
	built.d.size = sizeof(built.d);
	strcpy(built.d.name, name);
	add(&cpu, sizeof(cpu));
	add_mem(ram, 0, PAGE_SIZE, HOLM_CELL_M_EXEC);
}

static inline void add_irq(u32 gsi)
{
	const struct holm_cell_irq r = { { HOLM_CELL_R_IRQ, sizeof(r) },
					 .gsi = gsi };

	add(&r, sizeof(r));
}

static inline void add_pci(u32 bdf)
{
	const struct holm_cell_pci r = { { HOLM_CELL_R_PCI, sizeof(r) },
					 .bdf = bdf };

	add(&r, sizeof(r));
}

static inline void build_all(void)
{
	build("cell", LAPIC, RAM_AT);
	add_irq(GSI);
	add_pci(BDF);
	add_mem(PART, PART, 8, HOLM_CELL_M_DEVICE | HOLM_CELL_M_WRITE);
	add_mem(WORD, WORD, 4, HOLM_CELL_M_DEVICE);
}

static inline s64 create(void)
{
	u32 size = MIN(built.d.size, (u32)sizeof(built));

	built.d.checksum = cell_desc_checksum(&built.d, built.d.size);
	bench_put(BENCH_ARG, &built, size);
	return hc(HC_HOLM_CELL_CREATE, BENCH_ARG, size);
}

static inline struct vm *make(void)
{
	build_all();
	assert_int_equal(create(), 1);
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), 0);
	return bench_vm(1);
}

static inline void end(void)
{
	fake_self = 0;
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

static inline int hash_leaf(const struct pt_leaf *leaf, void *arg)
{
	u64 *h = arg;

	*h = (*h ^ leaf->va) * 0x100000001b3;
	*h = (*h ^ leaf->pa) * 0x100000001b3;
	*h = (*h ^ leaf->size ^ leaf->attr) * 0x100000001b3;
	return 0;
}

/* All that changes hands, to be compared. */
struct machine {
	u64 used;
	u64 memory;
	u8 config[256];
	u32 ioapic[ARRAY_SIZE(fake.ioapic)];
};

static inline void look(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	m->used = bench_used();
	m->memory = 0xcbf29ce484222325;
	assert_int_equal(pgtable_for_each(&vm_service()->s2.pt, 0, BIT64(47),
					  hash_leaf, &m->memory),
			 0);
	memcpy(m->config, fake.pci[0].cfg, sizeof(m->config));
	memcpy(m->ioapic, fake.ioapic, sizeof(m->ioapic));
}

static inline void expect_same(const struct machine *was)
{
	struct machine is;

	look(&is);
	assert_int_equal(is.used, was->used);
	assert_int_equal(is.memory, was->memory);
	assert_memory_equal(is.config, was->config, sizeof(is.config));
	assert_memory_equal(is.ioapic, was->ioapic, sizeof(is.ioapic));
	assert_false(vpci_is_ours(vm_service(), BDF));
}

static inline bool has(struct vm *vm, u64 gpa)
{
	struct s2_range r;

	return stage2_translate(&vm->s2, GPA(gpa), &r);
}

#define PAGE_OF(at) ((at) & ~0xfffU)

static inline u32 cell_read(struct vm *vm, u32 reg, u32 size)
{
	u64 val = 0x80000000 | BDF << 8 | (reg & 0xfc);

	fake_self = 1;
	io_space_pio(vm->io, 0xcf8, 4, true, &val);
	io_space_pio(vm->io, (u16)(0xcfc + (reg & 3)), size, false, &val);
	return (u32)val;
}

static inline void cell_write(struct vm *vm, u32 reg, u32 size, u32 v)
{
	u64 val = 0x80000000 | BDF << 8 | (reg & 0xfc);

	fake_self = 1;
	io_space_pio(vm->io, 0xcf8, 4, true, &val);
	val = v;
	io_space_pio(vm->io, (u16)(0xcfc + (reg & 3)), size, true, &val);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

#endif
