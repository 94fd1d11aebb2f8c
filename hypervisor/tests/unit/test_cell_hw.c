/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt lines, PCI functions and parts of device pages of cells. */
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
#define MUTATIONS 4000

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

static void cfg_set(struct fake_pci *f, u32 reg, u32 val, u32 writable)
{
	memcpy(&f->cfg[reg], &val, sizeof(val));
	memcpy(&f->writable[reg], &writable, sizeof(writable));
}

static u32 cfg(u32 reg)
{
	return pciconf_read(BDF, reg, 4);
}

/* A reset forgets addresses and what was switched on. */
static void on_write(struct fake_pci *f, u32 reg, u32 size, u32 val)
{
	(void)size;
	if (reg != CAP_EXP + PCI_EXP_CTRL || !(val & PCI_EXP_RESET))
		return;
	f->cfg[CAP_EXP + PCI_EXP_CTRL + 1] &= 0x7f;
	memset(&f->cfg[PCI_COMMAND], 0, 2);
	f->cfg[PCI_BAR0 + 1] = f->cfg[PCI_BAR0 + 2] = f->cfg[PCI_BAR0 + 3] = 0;
	memset(&f->cfg[PCI_BAR0 + 8], 4, 1);
	memset(&f->cfg[PCI_BAR0 + 9], 0, 11);
}

static void add_function(void)
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

static int setup(void **state)
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

static void add(const void *record, u32 size)
{
	memcpy(built.bytes + built.d.size, record, size);
	built.d.size += size;
	built.d.records++;
}

static void add_mem(u64 phys, u64 virt, u64 size, u32 flags)
{
	const struct holm_cell_mem m = { { HOLM_CELL_R_MEM, sizeof(m) },
					 .phys = phys,
					 .virt = virt,
					 .size = size,
					 .flags = flags | HOLM_CELL_M_READ };

	add(&m, sizeof(m));
}

static void build(const char *name, u32 lapic_id, u64 ram)
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

static void add_irq(u32 gsi)
{
	const struct holm_cell_irq r = { { HOLM_CELL_R_IRQ, sizeof(r) },
					 .gsi = gsi };

	add(&r, sizeof(r));
}

static void add_pci(u32 bdf)
{
	const struct holm_cell_pci r = { { HOLM_CELL_R_PCI, sizeof(r) },
					 .bdf = bdf };

	add(&r, sizeof(r));
}

static void build_all(void)
{
	build("cell", LAPIC, RAM_AT);
	add_irq(GSI);
	add_pci(BDF);
	add_mem(PART, PART, 8, HOLM_CELL_M_DEVICE | HOLM_CELL_M_WRITE);
	add_mem(WORD, WORD, 4, HOLM_CELL_M_DEVICE);
}

static s64 create(void)
{
	u32 size = MIN(built.d.size, (u32)sizeof(built));

	built.d.checksum = cell_desc_checksum(&built.d, built.d.size);
	bench_put(BENCH_ARG, &built, size);
	return hc(HC_HOLM_CELL_CREATE, BENCH_ARG, size);
}

static struct vm *make(void)
{
	build_all();
	assert_int_equal(create(), 1);
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), 0);
	return bench_vm(1);
}

static void end(void)
{
	fake_self = 0;
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

static int hash_leaf(const struct pt_leaf *leaf, void *arg)
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

static void look(struct machine *m)
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

static void expect_same(const struct machine *was)
{
	struct machine is;

	look(&is);
	assert_int_equal(is.used, was->used);
	assert_int_equal(is.memory, was->memory);
	assert_memory_equal(is.config, was->config, sizeof(is.config));
	assert_memory_equal(is.ioapic, was->ioapic, sizeof(is.ioapic));
	assert_false(vpci_is_ours(vm_service(), BDF));
}

static bool has(struct vm *vm, u64 gpa)
{
	struct s2_range r;

	return stage2_translate(&vm->s2, GPA(gpa), &r);
}

static void all_of_it_comes_back(void **state)
{
	static const u64 whole[] = { BAR0, BAR0 + 0x1000, BAR0 + 0x3000, WIDE,
				     WIDE + 0x1000 };
	static const u64 forwarded[] = { TABLE, SMALL, PART };
	struct machine was;
	struct vm *vm;

	(void)state;
	look(&was);
	vm = make();
	for (u32 i = 0; i < ARRAY_SIZE(whole); i++) {
		assert_true(has(vm, whole[i]));
		assert_false(has(vm_service(), whole[i]));
	}
	for (u32 i = 0; i < ARRAY_SIZE(forwarded); i++) {
		assert_false(has(vm, forwarded[i]));
		assert_false(has(vm_service(), forwarded[i]));
	}
	assert_false(has(vm_service(), ECAM + BDF * PAGE_SIZE));
	assert_true(has(vm_service(), ECAM + (BDF + 1) * PAGE_SIZE));
	assert_int_equal(cfg(PCI_COMMAND) & 7, 0);
	assert_int_equal(cfg(PCI_BAR0), BAR0);
	assert_int_equal(fake.ioapic[RTE_FIRST + 2 * GSI], RTE_MASKED);
	end();
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

#define PAGE_OF(at) ((at) & ~0xfffU)

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

static u32 cell_read(struct vm *vm, u32 reg, u32 size)
{
	u64 val = 0x80000000 | BDF << 8 | (reg & 0xfc);

	fake_self = 1;
	io_space_pio(vm->io, 0xcf8, 4, true, &val);
	io_space_pio(vm->io, (u16)(0xcfc + (reg & 3)), size, false, &val);
	return (u32)val;
}

static void cell_write(struct vm *vm, u32 reg, u32 size, u32 v)
{
	u64 val = 0x80000000 | BDF << 8 | (reg & 0xfc);

	fake_self = 1;
	io_space_pio(vm->io, 0xcf8, 4, true, &val);
	val = v;
	io_space_pio(vm->io, (u16)(0xcfc + (reg & 3)), size, true, &val);
}

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_it_comes_back),
		TEST(running_out_of_memory_changes_nothing),
		TEST(mutations_are_survived),
		TEST(is_one_cells),
		TEST(whole_or_in_parts),
		TEST(configuration_is_no_memory),
		TEST(configuration),
		TEST(switches_that_stay_off),
		TEST(plain_messages),
		TEST(table_of_messages),
		TEST(table_in_a_small_bar),
		TEST(table_without_an_address),
		TEST(capabilities_at_the_end),
		TEST(a_function_is_quiet_first),
		TEST(parts),
		TEST(pages_of_devices_are_forgotten),
		TEST(lines),
		TEST(lines_of_the_service_vm),
		TEST(no_other_way_to_a_line),
	};

	return cmocka_run_group_tests_name("hardware of cells", tests, NULL,
					   NULL);
}
