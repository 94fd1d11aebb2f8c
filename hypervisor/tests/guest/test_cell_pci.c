/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI functions that leave the Service VM for a cell and come back: QEMU's
 * edu (messages, DMA), e1000e (MSI-X, ports), sdhci-pci (a BAR of 256 bytes).
 */
#include "kit/hc.h"
#include "kit/ioapic.h"
#include "kit/pci.h"
#include "kit/puppet.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define EDU_ID    0x11e81234U
#define E1000E_ID 0x10d38086U
#define SDHCI_ID  0x00071b36U
#define LPC_BDF   0xf8U

#define PCI_IO      BIT32(0)
#define PCI_CAP_MSI 0x05
#define PCI_LINE    0x3c

/* edu: docs/specs/edu.rst of QEMU */
#define EDU_LIVE     0x04
#define EDU_RAISE    0x60
#define EDU_ACK      0x64
#define EDU_DMA_FROM 0x80
#define EDU_DMA_TO   0x88
#define EDU_DMA_LEN  0x90
#define EDU_DMA_CMD  0x98
#define EDU_BUFFER   0x40000

/* 82574: 10.2 */
#define NIC_ICR        0xc0
#define NIC_ICS        0xc8
#define NIC_IMS        0xd0
#define NIC_IVAR       0xe4
#define NIC_RXQ0       BIT32(20)
#define NIC_MSIX_BAR   3
#define SDHCI_CAPS     0x40
#define VEC_CELL       0x45U
#define MSI_TO(id)     (0xfee00000U | (u32)(id) << 12)
#define CELL_ID        (hc_cpu(1).lapic_id)
#define ECAM_DEFAULT   0xb0000000U /* where q35's firmware puts it */
#define SHARED_SCRATCH 0x800       /* of the page both see: nobody's */

static u32 edu, nic, sdhci;

static volatile u32 *reg_at(u64 addr)
{
	return (volatile u32 *)(uintptr_t)addr;
}

/* The cell's own accesses. */
static u32 cfg_read(u32 bdf, u32 reg)
{
	puppet_do(PUPPET_OUT32, 0xcf8, 0x80000000 | bdf << 8 | (reg & 0xfc));
	return puppet_do(PUPPET_IN32, 0xcfc, 0);
}

static void cfg_write(u32 bdf, u32 reg, u32 val)
{
	puppet_do(PUPPET_OUT32, 0xcf8, 0x80000000 | bdf << 8 | (reg & 0xfc));
	puppet_do(PUPPET_OUT32, 0xcfc, val);
}

static u32 mem_read(u32 addr)
{
	return puppet_do(PUPPET_READ32, addr, 0);
}

static void mem_write(u32 addr, u32 val)
{
	puppet_do(PUPPET_WRITE32, addr, val);
}

static u32 bar(u32 bdf, u32 i)
{
	return cfg_read(bdf, PCI_BAR0 + 4 * i) & ~0xfU;
}

static u64 denied(u32 id, enum holm_cell_denial why)
{
	return cell_query(id).denied[why];
}

static u32 make(u32 bdf, u32 flags)
{
	puppet_describe(flags);
	desc_add_pci(bdf);
	return puppet_make();
}

static void snapshot(u32 bdf, u32 *words)
{
	for (u32 i = 0; i < 64; i++)
		words[i] = pci_read(bdf, 4 * i);
}

static void are_found(void)
{
	edu = pci_find(EDU_ID);
	nic = pci_find(E1000E_ID);
	sdhci = pci_find(SDHCI_ID);
	if (!check(edu != ~0U && nic != ~0U && sdhci != ~0U, "devices"))
		test_abort("nothing to test");
	cell_take_cpu(1);
	cell_take_cpu(2);
}

static void a_function_changes_hands(void)
{
	u32 before[64], after[64], id, base;

	pci_write(edu, PCI_COMMAND, PCI_MEMORY);
	snapshot(edu, before);
	base = pci_read(edu, PCI_BAR0) & ~0xfU;
	*reg_at(base + EDU_LIVE) = 5;
	check_eq(*reg_at(base + EDU_LIVE), ~5U, "before");
	id = make(edu, 0);
	check_eq(pci_read(edu, PCI_VENDOR), ~0U, "by ports");
	pci_write(edu, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	check_eq(*reg_at(ECAM_DEFAULT + (edu << 12)), ~0U, "by memory");
	check_eq(*reg_at(base + EDU_LIVE), ~0U, "its registers");
	check(pci_read(nic, PCI_VENDOR) == E1000E_ID, "its neighbour");
	check_eq(cfg_read(edu, PCI_VENDOR), EDU_ID, "the cell sees it");
	check_eq(mem_read(ECAM_DEFAULT + (edu << 12)), EDU_ID, "by memory too");
	check_eq(cfg_read(nic, PCI_VENDOR), ~0U, "it sees another");
	check_eq(bar(edu, 0), base, "its BAR");
	check_eq(cfg_read(edu, PCI_COMMAND) & 7, 0, "it decodes already");
	cfg_write(edu, PCI_COMMAND, PCI_MEMORY);
	mem_write(base + EDU_LIVE, 0x1234);
	check_eq(mem_read(base + EDU_LIVE), ~0x1234U, "its registers");
	puppet_end(id);
	snapshot(edu, after);
	for (u32 i = 0; i < 64; i++)
		check_eq(after[i], before[i], "register %x came back", 4 * i);
	*reg_at(base + EDU_LIVE) = 7;
	check_eq(*reg_at(base + EDU_LIVE), ~7U, "after");
}

static void costs_no_exit(void)
{
	u32 id = make(edu, 0), base = bar(edu, 0);
	u64 exits;

	cfg_write(edu, PCI_COMMAND, PCI_MEMORY);
	exits = hc_cpu(1).exits;
	for (u32 i = 0; i < 50; i++)
		mem_write(base + EDU_LIVE, i);
	check_eq(mem_read(base + EDU_LIVE), ~49U, "the last");
	check_eq(hc_cpu(1).exits, exits, "exits");
	puppet_end(id);
}

/* What of the header it may write: sizing works, moving does not. */
static void configuration_is_looked_at(void)
{
	u32 id = make(nic, 0), was = cfg_read(nic, PCI_BAR0);

	cfg_write(nic, PCI_BAR0, ~0U);
	check_eq(cfg_read(nic, PCI_BAR0), 0xfffe0000, "the size of BAR 0");
	cfg_write(nic, PCI_BAR0, was);
	check_eq(cfg_read(nic, PCI_BAR0), was, "BAR 0");
	cfg_write(nic, PCI_BAR0 + 4 * 5, ~0U);
	check_eq(cfg_read(nic, PCI_BAR0 + 4 * 5), 0, "BAR 5 is none");
	cfg_write(nic, 0x30, 0xfffff801);
	check_eq(cfg_read(nic, 0x30), 0, "the ROM is hidden");
	check_eq(denied(id, HOLM_CELL_DENY_PCI), 0, "nothing refused so far");
	cfg_write(nic, PCI_BAR0, 0xe0000000);
	check_eq(denied(id, HOLM_CELL_DENY_PCI), 1, "moving");
	check_eq(cfg_read(nic, PCI_BAR0), was, "it moved");
	check_eq(cell_query(id).last_denied, nic << 12 | PCI_BAR0, "which");
	cfg_write(nic, PCI_VENDOR, 0);
	check_eq(cfg_read(nic, PCI_VENDOR), E1000E_ID, "identity");
	check_eq(denied(id, HOLM_CELL_DENY_PCI), 2, "identity refused");
	cfg_write(nic, PCI_COMMAND, PCI_MEMORY | PCI_MASTER | PCI_IO);
	check_eq(cfg_read(nic, PCI_COMMAND) & 7, 7, "command");
	cfg_write(edu, PCI_COMMAND, PCI_MASTER);
	check_eq(denied(id, HOLM_CELL_DENY_PCI), 3, "another's refused");
	check_eq(pci_read(edu, PCI_COMMAND) & 4, 0, "another's written");
	mem_write(ECAM_DEFAULT + (nic << 12) + 0x100, 0);
	check_eq(denied(id, HOLM_CELL_DENY_PCI), 4, "extended, refused");
	check_eq(puppet_do(PUPPET_IN8, 0xcf9, 0), 0xff, "the reset port");
	check_eq(denied(id, HOLM_CELL_DENY_PORT), 1, "refused");
	puppet_end(id);
}

static void raise(u32 base, u32 n)
{
	mem_write(base + EDU_RAISE, n);
	mem_write(base + EDU_ACK, n);
}

static void set_msi(u32 addr, u32 high, u32 data, bool on)
{
	u32 cap = 0x40;

	/* The device's capability list, as the cell walks it. */
	for (cap = cfg_read(edu, PCI_CAPS) & 0xfc; cap;
	     cap = cfg_read(edu, cap) >> 8 & 0xfc)
		if ((u8)cfg_read(edu, cap) == PCI_CAP_MSI)
			break;
	if (!check(cap != 0, "no capability"))
		return;
	cfg_write(edu, cap, 0);
	cfg_write(edu, cap + 4, addr);
	cfg_write(edu, cap + 8, high);
	cfg_write(edu, cap + 12, data);
	cfg_write(edu, cap, (u32)on << 16);
	check_eq(cfg_read(edu, cap) >> 16 & 1, on, "what it reads");
}

/* What an audit is told of the only function that the cell has. */
static void expect_messages(u32 id, u32 bdf, u32 n, u64 dest)
{
	struct holm_device d;

	check_eq(hc_query(HOLM_QUERY_DEVICE, id, &d, sizeof(d)), sizeof(d),
		 "query");
	check_eq(d.bdf, bdf, "function");
	check_eq(d.messages, n, "messages");
	check_eq(d.odd, 0, "odd messages");
	check_eq(d.dest, dest, "CPUs");
	check_eq(hc_query_from(HOLM_QUERY_DEVICE, id, 1, &d, sizeof(d)),
		 -ENOENT, "the next");
}

static void messages_arrive(void)
{
	u32 id = make(edu, 0), base = bar(edu, 0);
	u64 exits;

	cfg_write(edu, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	set_msi(MSI_TO(CELL_ID), 0, VEC_CELL, true);
	expect_messages(id, edu, 1, BIT64(1));
	raise(base, 1);
	check(WAIT_FOR(puppet_irqs(VEC_CELL) == 1), "none came");
	exits = hc_cpu(1).exits;
	for (u32 i = 0; i < 50; i++) {
		raise(base, 1);
		check(WAIT_FOR(puppet_irqs(VEC_CELL) == i + 2), "lost %u", i);
	}
	check_eq(hc_cpu(1).exits, exits, "exits");
	check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
	puppet_start(id);
	cfg_write(edu, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	raise(base, 1);
	delay_us(5000);
	check_eq(puppet_irqs(VEC_CELL), 0, "one came though it was stopped");
	check_eq(denied(id, HOLM_CELL_DENY_MSI), 0, "refused");
	puppet_end(id);
}

static void messages_are_looked_at(void)
{
	static const struct {
		s32 dest;
		u32 addr, high, data;
		bool good;
	} m[] = {
		{ 0, 0, 0, VEC_CELL, true },
		{ -1, 0, 0, VEC_CELL, false },
		{ 1, 0, 0, VEC_CELL, false },
		{ 0, 0, 1, VEC_CELL, false },
		{ 0, 0x10, 0, VEC_CELL, false },
		{ 0, 0x100000, 0, VEC_CELL, false },
		{ 0, 0, 0, 0x100 | VEC_CELL, true },
		{ 0, 0, 0, 0x200 | VEC_CELL, false },
		{ 0, 0, 0, 0x400 | VEC_CELL, false },
		{ 0, 0, 0, 0x500 | VEC_CELL, false },
		{ 0, 0, 0, 0x1f, false },
		{ 0, 0, 0, VEC_CELL, true },
	};
	u32 id = make(edu, 0), base = bar(edu, 0), refused = 0, came = 0;

	irq_enable();
	cfg_write(edu, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	for (u32 i = 0; i < ARRAY_SIZE(m); i++) {
		u32 here = kcpu_irqs(kcpu_self(), VEC_CELL);

		set_msi(MSI_TO((s32)CELL_ID + m[i].dest) ^ m[i].addr, m[i].high,
			m[i].data, true);
		refused += !m[i].good;
		came += m[i].good;
		check_eq(denied(id, HOLM_CELL_DENY_MSI), refused, "message %u",
			 i);
		raise(base, 1);
		if (m[i].good)
			WAIT_FOR(puppet_irqs(VEC_CELL) == came);
		delay_us(2000);
		check_eq(puppet_irqs(VEC_CELL), came, "message %u: came", i);
		check_eq(kcpu_irqs(kcpu_self(), VEC_CELL), here, "here");
	}
	irq_disable();
	puppet_end(id);
}

/* Its line, whichever it is, is one of those behind the ISA ones. */
static void lines_arrive(void)
{
	u32 id, base, pin;

	puppet_describe(0);
	for (pin = 16; pin < 24; pin++)
		desc_add_irq(pin);
	desc_add_pci(edu);
	id = puppet_make();
	base = bar(edu, 0);
	for (pin = 16; pin < 24; pin++) {
		mem_write(IOAPIC_PAGE, 0x10 + 2 * pin);
		mem_write(IOAPIC_PAGE + 0x10, RTE_LEVEL | VEC_CELL);
	}
	cfg_write(edu, PCI_COMMAND, PCI_MEMORY);
	mem_write(base + EDU_RAISE, 1);
	check(WAIT_FOR(puppet_irqs(VEC_CELL) > 0), "none came");
	mem_write(base + EDU_ACK, 1);
	check_eq(denied(id, HOLM_CELL_DENY_IPI), 0, "refused");
	puppet_end(id);
}

static void dma(u32 base, u64 from, u64 to, u32 cmd)
{
	mem_write(base + EDU_DMA_FROM, (u32)from);
	mem_write(base + EDU_DMA_TO, (u32)to);
	mem_write(base + EDU_DMA_LEN, 4);
	mem_write(base + EDU_DMA_CMD, cmd | 1);
	WAIT_FOR(!(mem_read(base + EDU_DMA_CMD) & 1));
}

/* From the cell's memory and back, while it is bus master. */
static void masters_the_bus(void)
{
	u32 id = make(edu, 0), base = bar(edu, 0);
	volatile u32 *to = reg_at(PUPPET_SHARED + SHARED_SCRATCH);

	cfg_write(edu, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	to[0] = 0xcafe;
	dma(base, PUPPET_SHARED + SHARED_SCRATCH, EDU_BUFFER, 0);
	dma(base, EDU_BUFFER, PUPPET_SHARED + SHARED_SCRATCH + 4, 2);
	check_eq(to[1], 0xcafe, "it does not arrive");
	check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
	puppet_start(id);
	cfg_write(edu, PCI_COMMAND, PCI_MEMORY);
	dma(base, EDU_BUFFER, PUPPET_SHARED + SHARED_SCRATCH + 8, 2);
	check(to[2] != 0xcafe, "it masters the bus after a stop");
	puppet_end(id);
}

static void set_entry(u32 table, u32 addr, u32 data)
{
	mem_write(table + 12, 1);
	mem_write(table, addr);
	mem_write(table + 4, 0);
	mem_write(table + 8, data);
	mem_write(table + 12, 0);
}

static void kick_nic(u32 base)
{
	mem_write(base + NIC_ICS, NIC_RXQ0);
	delay_us(2000);
	mem_read(base + NIC_ICR);
}

static void msix_tables_are_looked_at(void)
{
	u32 id = make(nic, 0), base = bar(nic, 0);
	u32 table = bar(nic, NIC_MSIX_BAR), cap, was;
	u64 exits;

	for (cap = cfg_read(nic, PCI_CAPS) & 0xfc; cap;
	     cap = cfg_read(nic, cap) >> 8 & 0xfc)
		if ((u8)cfg_read(nic, cap) == PCI_CAP_MSIX)
			break;
	check(cap != 0, "no capability");
	cfg_write(nic, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	check_eq(mem_read(table + 12), MSIX_MASKED, "masked at first");
	mem_write(base + NIC_IVAR, 8);
	mem_write(base + NIC_IMS, NIC_RXQ0);
	set_entry(table, MSI_TO(CELL_ID), VEC_CELL);
	kick_nic(base);
	check_eq(puppet_irqs(VEC_CELL), 0, "one came, MSI-X off");
	expect_messages(id, nic, 0, 0);
	cfg_write(nic, cap, MSIX_ENABLE);
	expect_messages(id, nic, 1, BIT64(1));
	kick_nic(base);
	check(WAIT_FOR(puppet_irqs(VEC_CELL) > 0), "none came");
	exits = hc_cpu(1).exits;
	was = puppet_irqs(VEC_CELL);
	for (u32 i = 0; i < 20; i++)
		kick_nic(base);
	check(puppet_irqs(VEC_CELL) - was >= 20, "too few came");
	check_eq(hc_cpu(1).exits, exits, "exits");
	check_eq(denied(id, HOLM_CELL_DENY_MSI), 0, "nothing refused yet");
	set_entry(table, MSI_TO(hc_cpu(0).lapic_id), VEC_CELL);
	check_eq(denied(id, HOLM_CELL_DENY_MSI), 1, "to another CPU");
	check_eq(mem_read(table), MSI_TO(hc_cpu(0).lapic_id), "it stands");
	expect_messages(id, nic, 0, 0);
	was = puppet_irqs(VEC_CELL);
	kick_nic(base);
	check_eq(puppet_irqs(VEC_CELL), was, "one came, refused");
	set_entry(table, MSI_TO(CELL_ID), VEC_CELL);
	kick_nic(base);
	check(WAIT_FOR(puppet_irqs(VEC_CELL) != was), "none came again");
	check_eq(puppet_do(PUPPET_READ8, table, 0), 0xff, "a byte");
	puppet_end(id);
}

/* 256 bytes of a page: the rest stays the Service VM's. */
static void small_bars_are_parts_of_pages(void)
{
	u32 at = pci_read(sdhci, PCI_BAR0) & ~0xfU, caps, beside, id;
	u64 page = at & ~(PAGE_SIZE - 1);

	pci_write(sdhci, PCI_COMMAND, PCI_MEMORY);
	caps = *reg_at(at + SDHCI_CAPS);
	beside = *reg_at(at == page ? page + 0x800 : page);
	check(caps != 0 && caps != ~0U, "capabilities: %x", caps);
	id = make(sdhci, 0);
	cfg_write(sdhci, PCI_COMMAND, PCI_MEMORY);
	check_eq(mem_read(at + SDHCI_CAPS), caps, "the cell's");
	check_eq(puppet_do(PUPPET_READ8, at + SDHCI_CAPS, 0), (u8)caps,
		 "a byte");
	check_eq(denied(id, HOLM_CELL_DENY_MEMORY), 0, "refused");
	check_eq(mem_read((u32)(at == page ? page + 0x800 : page)), ~0U,
		 "beside it");
	check_eq(denied(id, HOLM_CELL_DENY_MEMORY), 1, "refused");
	check_eq(*reg_at(at + SDHCI_CAPS), ~0U, "the Service VM's view");
	check_eq(*reg_at(at == page ? page + 0x800 : page), beside,
		 "the Service VM's part");
	puppet_end(id);
	check_eq(*reg_at(at + SDHCI_CAPS), caps, "it comes back");
}

static void ports_follow(void)
{
	u32 port = pci_read(nic, PCI_BAR0 + 8), id;

	if (!check((port & 1) && (port & ~3U), "no ports: %x", port))
		return;
	port &= ~3U;
	pci_write(nic, PCI_COMMAND, PCI_IO | PCI_MEMORY);
	x86_outl((u16)port, NIC_IVAR);
	check_eq(x86_inl((u16)port), NIC_IVAR, "before");
	id = make(nic, 0);
	check_eq(x86_inl((u16)port), ~0U, "the Service VM reads it");
	cfg_write(nic, PCI_COMMAND, PCI_IO | PCI_MEMORY);
	puppet_do(PUPPET_OUT32, port, NIC_IMS);
	check_eq(puppet_do(PUPPET_IN32, port, 0), NIC_IMS, "the cell's");
	puppet_end(id);
	check(x86_inl((u16)port) != ~0U, "after");
}

static void refusals(void)
{
	const u32 none[] = { 0, LPC_BDF, 0x2f, 0xff00 };
	u32 upcall = pci_find(HOLM_PCI_VENDOR | HOLM_PCI_DEVICE << 16);
	u64 used = hc_info().pool_used;
	u32 before[64], after[64], id;

	snapshot(edu, before);
	for (u32 i = 0; i < ARRAY_SIZE(none); i++) {
		puppet_describe(0);
		desc_add_pci(edu);
		desc_add_pci(none[i]);
		check_eq(desc_create(), -EINVAL, "function %x", none[i]);
	}
	puppet_describe(0);
	desc_add_pci(upcall);
	check_eq(desc_create(), -EBUSY, "Holm's own");
	puppet_describe(0);
	desc_add_pci(edu);
	desc_add_pci(edu);
	check_eq(desc_create(), -EINVAL, "twice");
	puppet_describe(0);
	desc_add_pci(0x10000);
	check_eq(desc_create(), -EINVAL, "no number");
	check_eq(hc_info().pool_used, used, "pages in use");
	snapshot(edu, after);
	check(!memcmp(before, after, sizeof(before)), "its configuration");
	id = make(edu, 0);
	desc_begin(HOLM_CELL_F_START32, CELL_AT);
	desc()->name[0] = 'T';
	desc_add_cpu(hc_cpu(2).lapic_id);
	desc_add_mem(MIB(320), 0, PUPPET_SIZE, HOLM_CELL_M_EXEC);
	desc_add_pci(edu);
	check_eq(desc_create(), -EBUSY, "another cell's");
	puppet_end(id);
}

/* clang-format off */
const struct test tests[] = {
	{ "are_found", are_found },
	{ "a_function_changes_hands", a_function_changes_hands },
	{ "costs_no_exit", costs_no_exit },
	{ "configuration_is_looked_at", configuration_is_looked_at },
	{ "messages_arrive", messages_arrive },
	{ "messages_are_looked_at", messages_are_looked_at },
	{ "lines_arrive", lines_arrive },
	{ "masters_the_bus", masters_the_bus },
	{ "msix_tables_are_looked_at", msix_tables_are_looked_at },
	{ "small_bars_are_parts_of_pages", small_bars_are_parts_of_pages },
	{ "ports_follow", ports_follow },
	{ "refusals", refusals },
	{ NULL, NULL },
};
/* clang-format on */
