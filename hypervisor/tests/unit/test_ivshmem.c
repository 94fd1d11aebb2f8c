/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared memory with doorbells: each register, and three peers at random. */
#include "guest/x86/ivshmem.h"

#include "arch/x86/lapic.h"
#include "cell/cell.h"
#include "tests/unit/mem_util.h"
#include "tests/unit/vm_bench.h"

#define LINK_AT MIB(90)
#define PEERS   3U
#define VECTORS 3U
#define BDF     0x70U
#define REGS    0xc0100000U
#define TABLE   0xc0101000U
#define ROUNDS  200000U

/* The Service VM, and a cell on CPU 1 and on CPU 2. CPU 3 is nobody's. */
static struct vm *peer[PEERS];
static u32 bdf[PEERS];
static u32 state_word(u32 id)
{
	u32 v;

	memcpy(&v, fake.ram + LINK_AT + id * 4, 4);
	return v;
}

static u32 conf_read(u32 id, u32 reg)
{
	u64 val = 0x80000000 | bdf[id] << 8 | reg;

	assert_true(io_space_pio(peer[id]->io, 0xcf8, 4, true, &val));
	assert_true(io_space_pio(peer[id]->io, 0xcfc, 4, false, &val));
	return (u32)val;
}

static void conf_write_part(u32 id, u32 reg, u32 size, u64 v)
{
	u64 val = 0x80000000 | bdf[id] << 8 | (reg & 0xfc);

	io_space_pio(peer[id]->io, 0xcf8, 4, true, &val);
	io_space_pio(peer[id]->io, (u16)(0xcfc + (reg & 3)), size, true, &v);
}

static void conf_write(u32 id, u32 reg, u32 v)
{
	conf_write_part(id, reg, 4, v);
}

static u32 read_at(u32 id, u64 at)
{
	u64 val = ~(u64)0;

	assert_true(vpci_mmio(peer[id], at, 4, false, &val));
	return (u32)val;
}

static void write_at(u32 id, u64 at, u32 v)
{
	u64 val = v;

	assert_true(vpci_mmio(peer[id], at, 4, true, &val));
}

static u64 make(u32 id)
{
	const struct holm_cell_cpu cpu = {
		{ HOLM_CELL_R_CPU, 16 },
		.lapic_id = 2 * id,
	};
	const struct holm_cell_mem mem = {
		{ HOLM_CELL_R_MEM, 40 },
		.phys = MIB(100) + id * MIB(4),
		.size = MIB(1),
		.flags = HOLM_CELL_M_READ | HOLM_CELL_M_EXEC,
	};
	const struct holm_cell_ivshmem link = {
		{ HOLM_CELL_R_IVSHMEM, 72 },
		.phys = LINK_AT,
		.virt = MIB(16),
		.rw_size = PAGE_SIZE,
		.out_size = PAGE_SIZE,
		.peers = PEERS,
		.id = id,
		.vectors = VECTORS,
		.protocol = 0x4000,
		.bdf = BDF,
		.flags = HOLM_CELL_IV_SERVICE,
	};
	struct {
		struct holm_cell_desc d;
		struct holm_cell_cpu cpu;
		struct holm_cell_mem mem;
		struct holm_cell_ivshmem link;
	} all = { .cpu = cpu, .mem = mem, .link = link };
	s64 vmid;

	all.d = (struct holm_cell_desc){
		.magic = HOLM_CELL_MAGIC,
		.version = HOLM_CELL_VERSION,
		.size = sizeof(all),
		.name = { 'c', (char)('0' + id) },
		.records = 3,
		.entry = 0x1000,
	};
	all.d.checksum = cell_desc_checksum(&all.d, sizeof(all));
	bench_put(BENCH_ARG, &all, sizeof(all));
	vmid = hc(HC_HOLM_CELL_CREATE, BENCH_ARG, sizeof(all));
	assert_true(vmid > 0);
	peer[id] = bench_vm((u16)vmid);
	bdf[id] = BDF;
	assert_int_equal(hc(HC_HOLM_CELL_START, (u64)vmid, 0), 0);
	return (u64)vmid;
}

static u32 find_service_function(void)
{
	const struct vpci_fn *fn = peer[0]->guest->vpci.fns;

	assert_non_null(fn);
	assert_null(fn->next);
	return fn->bdf;
}

static void attach(u32 id)
{
	conf_write(id, 0x10, REGS);
	conf_write(id, 0x14, TABLE);
	conf_write(id, 0x04, 6);
	for (u32 i = 0; i < VECTORS; i++) {
		write_at(id, TABLE + 16 * i, 0xfee00000 | 2 * id << 12);
		write_at(id, TABLE + 16 * i + 8, 0x40 + 16 * id + i);
		write_at(id, TABLE + 16 * i + 12, 0);
	}
	conf_write(id, 0x60, 0x80000000);
	write_at(id, REGS + 8, 1);
}

static u64 used_before;

static void make_all(void)
{
	peer[0] = vm_service();
	assert_int_equal(vpci_register(peer[0]), 0);
	bench_take(1, 3);
	used_before = bench_used();
	make(1);
	make(2);
	bdf[0] = find_service_function();
	for (u32 i = 0; i < PEERS; i++)
		attach(i);
	lapic_write(LAPIC_ICR, 0);
}

static void destroy_all(void)
{
	for (u32 i = 1; i < PEERS; i++)
		assert_int_equal(hc(HC_HOLM_CELL_DESTROY, peer[i]->vmid, 0), 0);
	assert_null(vm_service()->guest->vpci.fns);
	assert_null(vm_service()->guest->vpci.windows);
	assert_int_equal(bench_used(), used_before);
	for (u64 i = 0; i < 5 * PAGE_SIZE; i++)
		assert_int_equal(fake.ram[LINK_AT + i], 0);
}

/* The last interrupt since it was asked, or 0. */
static u32 interrupt(u32 *to)
{
	u32 low = lapic_read(LAPIC_ICR);

	*to = lapic_read(LAPIC_ICR_HIGH);
	lapic_write(LAPIC_ICR, 0);
	return low & 0xff;
}

static void registers(void **state)
{
	u32 to;

	(void)state;
	make_all();
	for (u32 i = 0; i < PEERS; i++) {
		assert_int_equal(conf_read(i, 0), 0x4106110a);
		assert_int_equal(conf_read(i, 8), 0xff400002);
		assert_int_equal(conf_read(i, 0x2c), 0x0002484d);
		assert_int_equal(conf_read(i, 0x58), i ? MIB(16) : LINK_AT);
		assert_int_equal(conf_read(i, 0x60) >> 16 & 0x7ff, VECTORS - 1);
		assert_int_equal(read_at(i, REGS), i);
		assert_int_equal(read_at(i, REGS + 4), PEERS);
		assert_int_equal(read_at(i, REGS + 8), 1);
		assert_int_equal(read_at(i, REGS + 12), 0);
		assert_int_equal(read_at(i, REGS + 16), 0);
		assert_int_equal(read_at(i, TABLE + 0x800), 0);
	}
	/* Each rings each, at each vector. */
	for (u32 from = 0; from < PEERS; from++)
		for (u32 n = 0; n < PEERS * VECTORS; n++) {
			u32 id = n / VECTORS, vector = n % VECTORS;

			write_at(from, REGS + 12, id << 16 | vector);
			assert_int_equal(interrupt(&to),
					 0x40 + 16 * id + vector);
			assert_int_equal(to, 2 * id);
		}
	write_at(1, REGS + 12, 2 << 16 | VECTORS);
	write_at(1, REGS + 12, PEERS << 16);
	assert_int_equal(interrupt(&to), 0);
	destroy_all();
}

static void states(void **state)
{
	u32 to;

	(void)state;
	make_all();
	write_at(0, REGS + 8, 0);
	write_at(1, REGS + 16, 5);
	assert_int_equal(state_word(1), 5);
	assert_int_equal(interrupt(&to), 0x60);
	write_at(1, REGS + 16, 5);
	assert_int_equal(interrupt(&to), 0);
	/* Stopped: as after reset, and whoever listens is told. */
	assert_int_equal(hc(HC_HOLM_CELL_STOP, peer[1]->vmid, 0), 0);
	assert_int_equal(state_word(1), 0);
	assert_int_equal(interrupt(&to), 0x60);
	assert_int_equal(conf_read(1, 4) & 0xffff, 0);
	assert_int_equal(conf_read(1, 0x10), 0);
	assert_int_equal(conf_read(1, 0x60) >> 31, 0);
	assert_null(peer[1]->guest->vpci.windows);
	write_at(2, REGS + 12, 1 << 16);
	assert_int_equal(interrupt(&to), 0);
	destroy_all();
}

/* A CPU of a cell that has ended may not know yet: what it writes is void. */
static void the_dead_are_silent(void **state)
{
	u32 to;

	(void)state;
	make_all();
	peer[1]->state = VM_STATE_OFF;
	write_at(1, REGS + 16, 5);
	write_at(1, REGS + 12, 2 << 16);
	assert_int_equal(state_word(1), 0);
	assert_int_equal(interrupt(&to), 0);
	peer[1]->state = VM_STATE_RUNNING;
	write_at(1, REGS + 16, 5);
	assert_int_equal(state_word(1), 5);
	destroy_all();
}

static void one_shot(void **state)
{
	u32 to;

	(void)state;
	make_all();
	conf_write_part(2, 0x43, 1, 0xff);
	assert_int_equal(conf_read(2, 0x40), 0x01206009);
	write_at(1, REGS + 12, 2 << 16);
	assert_int_equal(interrupt(&to), 0x60);
	assert_int_equal(read_at(2, REGS + 8), 0);
	write_at(1, REGS + 12, 2 << 16);
	assert_int_equal(interrupt(&to), 0);
	destroy_all();
}

/* Whose the CPU with this LAPIC id is; PEERS: nobody's. */
static u32 owner_of(u32 lapic_id)
{
	return lapic_id <= 4 && lapic_id % 2 == 0 ? lapic_id / 2 : PEERS;
}

/* Whom a write of peer @id there may interrupt, wherever its BARs are. */
static u32 may_ring(u32 id, u64 at, u64 val)
{
	u32 target = (u32)val >> 16;

	if (at % PAGE_SIZE == 12)
		return target < PEERS ? BIT32(target) : 0;
	return at % PAGE_SIZE == 16 ? ~BIT32(id) : 0;
}

/* The peers that it may interrupt, a bit each. */
static u32 random_step(struct rng *rng, u32 id)
{
	static const u16 interesting[] = { 0x04, 0x10, 0x14, 0x40, 0x43,
					   0x60, 0x62, 0x63, 0x3c };
	u64 val = rng_next(rng), at;
	u32 size = 1U << rng_below(rng, 4);

	switch (rng_below(rng, 8)) {
	case 0:
		at = rng_below(rng, 2) ? interesting[rng_below(
						 rng, ARRAY_SIZE(interesting))]
				       : rng_below(rng, 256);
		size = MIN(size, 4U - (u32)(at & 3));
		size = size == 3 ? 2 : size;
		/* Often a BAR that other accesses hit. */
		if ((at & 0xfc) == 0x10 || (at & 0xfc) == 0x14)
			val = rng_below(rng, 2) ? REGS : TABLE;
		if (at == 0x04)
			val |= 6;
		conf_write_part(id, (u32)at, size, val);
		return 0;
	case 1:
	case 2:
		at = TABLE + rng_below(rng, VECTORS * 4) * 4;
		if (rng_below(rng, 2))
			val = 0xfee00000 | rng_below(rng, 8) << 12 |
			      (rng_below(rng, 4) == 0 ? 4 : 0);
		break;
	case 3:
		at = REGS + 12;
		val = rng_below(rng, PEERS + 1) << 16 |
		      rng_below(rng, VECTORS + 1);
		break;
	case 4:
		at = REGS + 16;
		break;
	case 5:
		at = REGS + 8;
		val = 1;
		break;
	default:
		at = REGS + rng_below(rng, 2 * PAGE_SIZE);
		break;
	}
	vpci_mmio(peer[id], at, size, rng_below(rng, 4) != 0, &val);
	return may_ring(id, at, val);
}

static void at_random(void **state)
{
	struct rng rng = { .s = 4106 };
	u32 interrupts = 0, to;

	(void)state;
	make_all();
	for (u32 i = 0; i < ROUNDS; i++) {
		u32 id = (u32)rng_below(&rng, PEERS), may;

		if (i % 10 == 0)
			attach(id);
		may = random_step(&rng, id);
		if (lapic_read(LAPIC_ICR)) {
			interrupts++;
			assert_int_equal(lapic_read(LAPIC_ICR) &
						 (ICR_MODE_MASK | ICR_LOGICAL),
					 ICR_FIXED);
			assert_true(interrupt(&to) >= 16);
			assert_true(may & BIT32(owner_of(to)));
		}
		for (u32 n = 0; n < PEERS; n++)
			assert_int_equal(peer[n]->guest->ivshmem->state,
					 state_word(n));
		if (i % 5000 == 0) {
			assert_int_equal(
				hc(HC_HOLM_CELL_DESTROY, peer[1]->vmid, 0), 0);
			assert_int_equal(state_word(1), 0);
			make(1);
			for (u32 n = 0; n < PEERS; n++)
				attach(n);
			lapic_write(LAPIC_ICR, 0);
		}
	}
	assert_true(interrupts > 1000);
	destroy_all();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers), TEST(states),    TEST(the_dead_are_silent),
		TEST(one_shot),  TEST(at_random),
	};

	return cmocka_run_group_tests_name("shared memory", tests, NULL, NULL);
}
