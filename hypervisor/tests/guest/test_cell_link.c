/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared memory with doorbells: between cells, and with the Service VM. */
#include "kit/apic.h"
#include "kit/celldesc.h"
#include "kit/cells.h"
#include "kit/hc.h"
#include "kit/pci.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define RAM_SIZE   0x80000U
#define RAM_AT(n)  (MIB(300) + (n) * (u64)RAM_SIZE)
#define LINK_AT    (MIB(312) + 0x3000)
#define LINK_PEERS 3U
#define LINK_SIZE  (LINK_OUT + LINK_PEERS * 0x1000)
#define VECTORS    2U
#define PROTOCOL   0x4001U
#define SERVICE_ID 0U /* cell n is peer n + 1 */

#define ID       0x4106110aU
#define REGS     0xe0000000U
#define TABLE    0xe0001000U
#define VENDOR   0x40U
#define MSIX     0x60U
#define ONE_SHOT BIT32(24)

#define REG_ID       0x00
#define REG_PEERS    0x04
#define REG_CONTROL  0x08
#define REG_DOORBELL 0x0c
#define REG_STATE    0x10

/* Of the Service VM's two doorbells. */
#define VEC_FIRST  0x51
#define VEC_SECOND 0x52

static volatile u32 *word(u64 addr)
{
	return (volatile u32 *)(uintptr_t)addr;
}

static volatile u32 *reg(u32 at)
{
	return word(REGS + at);
}

static volatile u32 *rw(u32 off)
{
	return word(LINK_AT + LINK_RW + off);
}

/* What peer @id wrote. */
static volatile u32 *out(u32 id, u32 off)
{
	return word(LINK_AT + LINK_OUT + id * 0x1000 + off);
}

static u32 state_of(u32 id)
{
	return *word(LINK_AT + id * 4);
}

static u32 doorbell(u32 id, u32 vector)
{
	return id << 16 | vector;
}

static struct holm_cell_ivshmem record(u32 n)
{
	return (struct holm_cell_ivshmem){
		{ HOLM_CELL_R_IVSHMEM, sizeof(struct holm_cell_ivshmem) },
		.phys = LINK_AT,
		.virt = CELL_LINK,
		.rw_size = 0x1000,
		.out_size = 0x1000,
		.peers = LINK_PEERS,
		.id = n + 1,
		.vectors = VECTORS,
		.protocol = PROTOCOL,
		.bdf = CELL_IV_BDF,
		.flags = HOLM_CELL_IV_SERVICE,
		.service_id = SERVICE_ID,
	};
}

static void desc_usual(u32 n)
{
	desc_begin(HOLM_CELL_F_START32, CELL_AT);
	desc()->name[4] = (char)('0' + n);
	desc_add_cpu(hc_cpu(n + 1).lapic_id);
	desc_add_mem(RAM_AT(n), 0, RAM_SIZE,
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | HOLM_CELL_M_LOAD);
}

static u32 make_of(u32 n, const struct holm_cell_ivshmem *r)
{
	s64 id;

	desc_usual(n);
	desc_add(r, sizeof(*r));
	id = desc_create();
	if (!check(id > 0, "create %u: %ld", n, (long)id))
		return 0;
	check_eq(cell_load((u32)id, cell_link, cell_link_end, CELL_AT), 0,
		 "load");
	return (u32)id;
}

static u32 make(u32 n)
{
	const struct holm_cell_ivshmem r = record(n);

	return make_of(n, &r);
}

static void destroy(u32 id)
{
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, id), 0, "destroy");
}

static u64 pool_at_start;
static u32 fn;

static void begin(void)
{
	pool_at_start = hc_info().pool_used;
}

static void end(void)
{
	check_eq(hc_info().pool_used, pool_at_start, "pages in use");
	check_eq(pci_find(ID), ~0U, "the function stays");
	for (u32 off = 0; off < LINK_SIZE; off += 4)
		if (!check(*word(LINK_AT + off) == 0, "not wiped at %x", off))
			break;
	*word(LINK_AT) = 1;
	check_eq(*word(LINK_AT), 1, "the memory is the Service VM's again");
}

static void set_entry(u32 n, u32 lapic_id, u8 vector)
{
	*word(TABLE + n * 16) = 0xfee00000 | lapic_id << 12;
	*word(TABLE + n * 16 + 4) = 0;
	*word(TABLE + n * 16 + 8) = vector;
	*word(TABLE + n * 16 + 12) = 0;
}

/* As a driver does it. */
static void attach(void)
{
	fn = pci_find(ID);
	if (!check(fn != ~0U, "no function"))
		test_abort("nothing to test");
	pci_write(fn, PCI_BAR0, REGS);
	pci_write(fn, PCI_BAR0 + 4, TABLE);
	pci_write(fn, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	set_entry(0, kcpu_get(0)->lapic_id, VEC_FIRST);
	set_entry(1, kcpu_get(0)->lapic_id, VEC_SECOND);
	pci_write(fn, MSIX, MSIX_ENABLE);
	*reg(REG_CONTROL) = 1;
	for (u32 i = 0; i < LINK_PEERS; i++)
		*rw(LINK_RING + 4 * i) = ~0U;
}

static u32 taken(u8 vector)
{
	u32 n;

	irq_enable();
	delay_us(500);
	n = kcpu_irqs(kcpu_self(), vector);
	irq_disable();
	return n;
}

static bool rung_until(u8 vector, u32 n)
{
	bool rung;

	irq_enable();
	rung = WAIT_FOR(kcpu_irqs(kcpu_self(), vector) == n);
	irq_disable();
	return rung;
}

static void start(u32 id, u32 peer)
{
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	check(WAIT_FOR(state_of(peer) == 1), "peer %u is not ready", peer);
}

/* The same, and the Service VM is told of it. */
static void start_attached(u32 id, u32 peer)
{
	u32 was = taken(VEC_FIRST);

	start(id, peer);
	check(rung_until(VEC_FIRST, was + 1), "not told of its state");
}

static void is_as_specified(void)
{
	u32 id;

	cell_take_cpu(1);
	cell_take_cpu(2);
	begin();
	id = make(0);
	fn = pci_find(ID);
	if (!check(fn != ~0U, "no function %08x", ID))
		test_abort("nothing to test");
	check_eq(pci_read(fn, PCI_CLASS), 0xff000002 | PROTOCOL << 8, "class");
	check_eq(pci_read(fn, PCI_COMMAND), 0x00100000, "status");
	check_eq(pci_read(fn, PCI_CAPS), VENDOR, "first capability");
	check_eq(pci_read(fn, 0x3c), 0, "interrupt pin");
	check_eq(pci_read(fn, VENDOR), 0x09 | MSIX << 8 | 0x20 << 16, "vendor");
	check_eq(pci_read(fn, VENDOR + 4), 0x1000, "state table");
	check_eq(pci_read(fn, VENDOR + 8), 0x1000, "common section");
	check_eq(pci_read(fn, VENDOR + 12), 0, "its high half");
	check_eq(pci_read(fn, VENDOR + 16), 0x1000, "output sections");
	check_eq(pci_read(fn, VENDOR + 24), LINK_AT, "address");
	check_eq(pci_read(fn, MSIX), 0x11 | (VECTORS - 1) << 16, "MSI-X");
	check_eq(pci_read(fn, MSIX + 4) & 7, 1, "BAR of its table");
	pci_write(fn, PCI_BAR0, ~0U);
	pci_write(fn, PCI_BAR0 + 4, ~0U);
	check_eq(pci_read(fn, PCI_BAR0), 0xfffff000, "size of BAR 0");
	check_eq(pci_read(fn, PCI_BAR0 + 4), 0xfffff000, "size of BAR 1");
	pci_write(fn, VENDOR, ~0U);
	check_eq(pci_read(fn, VENDOR) >> 24, 1, "one bit can be set");
	pci_write(fn, VENDOR, 0);
	destroy(id);
	end();
}

static void registers(void)
{
	u32 id;

	begin();
	id = make(0);
	attach();
	check_eq(*reg(REG_ID), SERVICE_ID, "id");
	check_eq(*reg(REG_PEERS), LINK_PEERS, "peers");
	check_eq(*reg(REG_STATE), 0, "state");
	*reg(REG_ID) = 7;
	*reg(REG_PEERS) = 7;
	check_eq(*reg(REG_ID), SERVICE_ID, "id can be written");
	check_eq(*reg(REG_PEERS), LINK_PEERS, "peers can be written");
	*reg(REG_CONTROL) = ~0U;
	check_eq(*reg(REG_CONTROL), 1, "one bit");
	*reg(REG_STATE) = 0xdeadbeef;
	check_eq(*reg(REG_STATE), 0xdeadbeef, "state");
	check_eq(state_of(SERVICE_ID), 0xdeadbeef, "the table");
	*(volatile u16 *)(uintptr_t)(REGS + REG_STATE) = 1;
	*(volatile u8 *)(uintptr_t)(REGS + REG_STATE) = 1;
	check_eq(*reg(REG_STATE), 0xdeadbeef, "16 or 8 bits");
	*reg(0x14) = 1;
	*reg(0xffc) = 1;
	check_eq(*reg(0x14), 0, "behind the registers");
	check_eq(*reg(0xffc), 0, "the end of the page");
	check_eq(*word(TABLE + 0x800), 0, "pending bits");
	*word(TABLE + VECTORS * 16) = 1;
	check_eq(*word(TABLE + VECTORS * 16), 0, "there are two vectors");
	destroy(id);
	end();
}

/* Read-only is read-only, whoever it is. */
static void rights(void)
{
	u32 id;

	begin();
	id = make(0);
	attach();
	*word(LINK_AT) = 0x55;
	check_eq(*word(LINK_AT), 0, "the state table");
	*out(1, 0) = 0x55;
	check_eq(*out(1, 0), 0, "the other's output");
	*out(SERVICE_ID, 0) = 0x55;
	check_eq(*out(SERVICE_ID, 0), 0x55, "the own output");
	*rw(0) = 0x66;
	check_eq(*rw(0), 0x66, "the common section");
	destroy(id);
	end();
}

static void echoes(void)
{
	u32 id, first, second;
	u64 exits;

	begin();
	id = make(0);
	attach();
	*rw(0) = 0x1234;
	start_attached(id, 1);
	first = taken(VEC_FIRST);
	exits = hc_cpu(1).exits;
	for (u32 i = 1; i <= 10; i++) {
		*rw(0) = 0x1000 + i;
		*reg(REG_DOORBELL) = doorbell(1, 0);
		check(WAIT_FOR(*out(1, 4) == i), "ring %u", i);
		check_eq(*out(1, 0), 0x1000 + i, "what it read");
	}
	check_eq(hc_cpu(1).exits, exits, "exits of who is rung");
	check_eq(taken(VEC_FIRST), first, "rung without reason");
	second = taken(VEC_SECOND);
	*rw(LINK_RING + 4) = doorbell(SERVICE_ID, 1);
	for (u32 i = 11; i <= 20; i++) {
		*reg(REG_DOORBELL) = doorbell(1, 0);
		check(WAIT_FOR(*out(1, 4) == i), "ring %u", i);
		check(rung_until(VEC_SECOND, second + i - 10), "echo %u", i);
	}
	check_eq(hc_cpu(1).exits, exits + 10, "exits of who rings");
	destroy(id);
	end();
}

/* Whoever is not there, or does not want it, is not rung. */
static void rings_nobody(void)
{
	static const u32 nobody[] = { 0x10001, 0x10002, 0x1ffff,
				      0x20000, 0x30000, 0xffff0000 };
	u32 id, was, mine;

	begin();
	id = make(0);
	attach();
	start_attached(id, 1);
	was = *out(1, 4);
	mine = taken(VEC_FIRST) + taken(VEC_SECOND);
	for (u32 i = 0; i < ARRAY_SIZE(nobody); i++)
		*reg(REG_DOORBELL) = nobody[i];
	*reg(REG_CONTROL) = 0;
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	*reg(REG_CONTROL) = 1;
	*word(TABLE + 12) = MSIX_MASKED;
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	*word(TABLE + 12) = 0;
	pci_write(fn, MSIX, MSIX_ENABLE | MSIX_MASK_ALL);
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	pci_write(fn, MSIX, MSIX_ENABLE);
	pci_write(fn, PCI_COMMAND, PCI_MEMORY);
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	pci_write(fn, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	check_eq(taken(VEC_FIRST) + taken(VEC_SECOND), mine, "rung");
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	check_eq(taken(VEC_FIRST) + taken(VEC_SECOND), mine + 1, "not rung");
	check_eq(*out(1, 4), was, "the other was rung");
	destroy(id);
	end();
}

static void one_shot(void)
{
	u32 id, was;

	begin();
	id = make(0);
	attach();
	pci_write(fn, VENDOR, ONE_SHOT);
	was = taken(VEC_FIRST);
	for (u32 i = 0; i < 3; i++)
		*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	check_eq(taken(VEC_FIRST), was + 1, "one");
	check_eq(*reg(REG_CONTROL), 0, "it is off");
	*reg(REG_CONTROL) = 1;
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	check_eq(taken(VEC_FIRST), was + 2, "one more");
	destroy(id);
	end();
}

/* A message may lead to the own CPUs only: CPU 1 is the cell's. */
static void messages_go_home(void)
{
	u32 id, was;

	begin();
	id = make(0);
	attach();
	start(id, 1);
	was = *out(1, 4);
	set_entry(0, hc_cpu(1).lapic_id, LINK_VECTOR);
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	/* All CPUs, then as INIT, then by a wrong address. */
	*word(TABLE) = 0xfeeff000;
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	*word(TABLE) = 0xfee00000 | hc_cpu(1).lapic_id << 12;
	*word(TABLE + 8) = 0x500;
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	*word(TABLE) = MIB(64);
	*reg(REG_DOORBELL) = doorbell(SERVICE_ID, 0);
	taken(VEC_FIRST);
	check_eq(*out(1, 4), was, "the cell was interrupted");
	*reg(REG_DOORBELL) = doorbell(1, 0);
	check(WAIT_FOR(*out(1, 4) == was + 1), "the cell is gone");
	destroy(id);
	end();
}

/* The program, but its messages go to LAPIC 11h, which nobody has. */
static s64 load_stray(u32 id)
{
	static u8 copy[1024];
	u32 size = (u32)(cell_link_end - cell_link), at = 0;
	const u32 good = 0xfee00000, bad = 0xfee10000;

	memcpy(copy, cell_link, size);
	while (at < size - 4 && memcmp(copy + at, &good, 4) != 0)
		at++;
	memcpy(copy + at, &bad, 4);
	return cell_load(id, copy, copy + size, CELL_AT);
}

/* A cell's stray message is a refused access, and goes nowhere. */
static void stray_messages(void)
{
	u32 id, was;

	begin();
	id = make(0);
	attach();
	check_eq(load_stray(id), 0, "load");
	start(id, 1);
	was = *out(1, 4);
	check_eq(cell_query(id).denied[HOLM_CELL_DENY_MSI], 1, "refused");
	*reg(REG_DOORBELL) = doorbell(1, 0);
	taken(VEC_FIRST);
	check_eq(*out(1, 4), was, "it was rung");
	destroy(id);
	end();
}

static void stray_message_ends_it(void)
{
	const struct holm_cell_ivshmem r = record(0);
	s64 id;

	begin();
	desc_usual(0);
	desc()->flags |= HOLM_CELL_F_STOP;
	desc_add(&r, sizeof(r));
	id = desc_create();
	check(id > 0, "create: %ld", (long)id);
	attach();
	check_eq(load_stray((u32)id), 0, "load");
	check_eq(cell_call(HC_HOLM_CELL_START, (u32)id), 0, "start");
	check(WAIT_FOR(hc_vm((u32)id).state == HOLM_VM_OFF), "it goes on");
	check_eq(cell_query((u32)id).state, HOLM_CELL_FAILED, "state");
	check_eq(state_of(1), 0, "its state in the table");
	destroy((u32)id);
	end();
}

/* Two cells ring each other, one more exit each. */
static void cells_talk(void)
{
	u32 a, b;

	begin();
	a = make(0);
	attach();
	b = make(1);
	start(a, 1);
	start(b, 2);
	check(WAIT_FOR(*out(1, 4) > 0), "the first is not told of the second");
	*rw(LINK_RING + 4) = doorbell(2, 0);
	*rw(LINK_RING + 8) = doorbell(1, 0);
	*reg(REG_DOORBELL) = doorbell(1, 0);
	check(WAIT_FOR(*out(1, 4) > 50 && *out(2, 4) > 50), "they fall silent");
	/* One stops: the other sees it, and goes on. */
	*rw(LINK_RING + 4) = ~0U;
	check_eq(cell_call(HC_HOLM_CELL_STOP, b), 0, "stop");
	check_eq(state_of(2), 0, "state of who stopped");
	check_eq(state_of(1), 1, "state of who did not");
	start(b, 2);
	destroy(b);
	check_eq(state_of(2), 0, "state of who is gone");
	*reg(REG_DOORBELL) = doorbell(2, 0);
	check_eq(pci_find(ID), fn, "the link is gone");
	b = make(1);
	start(b, 2);
	destroy(a);
	check_eq(state_of(1), 0, "state of the first");
	check_eq(state_of(2), 1, "state of the second");
	destroy(b);
	end();
}

/* Without the Service VM the memory is the cells' alone. */
static void is_private(void)
{
	struct holm_cell_ivshmem r = record(0);
	u32 id;

	begin();
	r.flags = 0;
	r.service_id = 0;
	id = make_of(0, &r);
	check_eq(pci_find(ID), ~0U, "a function");
	check_eq(*rw(0), ~0U, "the memory");
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	destroy(id);
	end();
}

/* A peer that dies is one that is gone. */
static void dies(void)
{
	u32 id, was;

	begin();
	id = make(0);
	attach();
	start_attached(id, 1);
	was = taken(VEC_FIRST);
	*rw(0) = LINK_DIE;
	*reg(REG_DOORBELL) = doorbell(1, 0);
	check(WAIT_FOR(hc_vm(id).state == HOLM_VM_OFF), "it lives");
	check(WAIT_FOR(state_of(1) == 0), "its state stays");
	check(rung_until(VEC_FIRST, was + 1), "not told");
	*reg(REG_DOORBELL) = doorbell(1, 0);
	*rw(0) = 0;
	check_eq(cell_call(HC_HOLM_CELL_STOP, id), 0, "stop");
	start(id, 1);
	destroy(id);
	end();
}

static void refusals(void)
{
	static const struct {
		u32 at, size;
		u64 val;
	} bad[] = {
#define FIELD(f)                               \
	offsetof(struct holm_cell_ivshmem, f), \
		sizeof(((struct holm_cell_ivshmem *)0)->f)
		{ FIELD(phys), LINK_AT + 8 },
		{ FIELD(phys), RAM_AT(0) },
		{ FIELD(phys), ~(u64)0xfff },
		{ FIELD(virt), CELL_LINK + 8 },
		{ FIELD(virt), 0x10000 },
		{ FIELD(virt), 0xfee00000 },
		{ FIELD(virt), BIT64(48) },
		{ FIELD(rw_size), 8 },
		{ FIELD(rw_size), BIT64(48) },
		{ FIELD(out_size), 8 },
		{ FIELD(out_size), ~(u64)0xfff },
		{ FIELD(peers), 1 },
		{ FIELD(peers), 17 },
		{ FIELD(id), LINK_PEERS },
		{ FIELD(id), SERVICE_ID },
		{ FIELD(vectors), 0 },
		{ FIELD(vectors), 17 },
		{ FIELD(protocol), 0x10000 },
		{ FIELD(bdf), 0x10000 },
		{ FIELD(flags), 2 },
		{ FIELD(service_id), LINK_PEERS },
		{ FIELD(reserved), 1 },
	};

	begin();
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		struct holm_cell_ivshmem r = record(0);

		memcpy((u8 *)&r + bad[i].at, &bad[i].val, bad[i].size);
		desc_usual(0);
		desc_add(&r, sizeof(r));
		check_eq(desc_create(), -EINVAL, "record %u", i);
	}
	check_eq(hc_info().pool_used, pool_at_start, "pages in use");
}

/* A second peer must say what the first one said. */
static void peers_agree(void)
{
	struct holm_cell_ivshmem r;
	u32 id;

	begin();
	id = make(0);
	for (u32 i = 0; i < 6; i++) {
		r = record(1);
		r.id = i == 0 ? 1 : r.id;
		r.rw_size += i == 1 ? 0x1000 : 0;
		r.vectors += i == 2;
		r.protocol += i == 3;
		r.flags = i == 4 ? 0 : r.flags;
		r.phys += i == 5 ? 0x1000 : 0;
		desc_usual(1);
		desc_add(&r, sizeof(r));
		check_eq(desc_create(), -EBUSY, "record %u", i);
	}
	desc_usual(1);
	desc_add_mem(LINK_AT, MIB(3), 0x1000, HOLM_CELL_M_SHARED);
	check_eq(desc_create(), -EBUSY, "its memory");
	destroy(id);
	end();
}

/* clang-format off */
const struct test tests[] = {
	{ "is_as_specified", is_as_specified },
	{ "registers", registers },
	{ "rights", rights },
	{ "echoes", echoes },
	{ "rings_nobody", rings_nobody },
	{ "one_shot", one_shot },
	{ "messages_go_home", messages_go_home },
	{ "stray_messages", stray_messages },
	{ "stray_message_ends_it", stray_message_ends_it },
	{ "cells_talk", cells_talk },
	{ "is_private", is_private },
	{ "dies", dies },
	{ "refusals", refusals },
	{ "peers_agree", peers_agree },
	{ NULL, NULL },
};
/* clang-format on */
