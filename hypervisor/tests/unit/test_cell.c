/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptions of cells, and what changes hands by them. */
#include "cell/cell.h"

#include "io/iospace.h"
#include "tests/unit/mem_util.h"
#include "tests/unit/vm_bench.h"

#define RAM_AT    (MIB(100) + 0x3000)
#define RAM_SIZE  (MIB(4) + 0x5000)
#define SHARED_AT MIB(96)
#define LINK_AT   (MIB(90) + 0x1000)
#define MUTATIONS 20000

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

static void build(void)
{
	const struct holm_cell_cpu cpu[] = {
		{ { HOLM_CELL_R_CPU, 16 }, .lapic_id = 2 },
		{ { HOLM_CELL_R_CPU, 16 }, .lapic_id = 4 },
	};
	const struct holm_cell_mem mem[] = {
		{ { HOLM_CELL_R_MEM, 40 },
		  .phys = RAM_AT,
		  .size = RAM_SIZE,
		  .flags = HOLM_CELL_M_READ | HOLM_CELL_M_WRITE |
			   HOLM_CELL_M_EXEC | HOLM_CELL_M_LOAD },
		{ { HOLM_CELL_R_MEM, 40 },
		  .phys = SHARED_AT,
		  .virt = GIB(1),
		  .size = PAGE_SIZE,
		  .flags = HOLM_CELL_M_READ | HOLM_CELL_M_SHARED },
		{ { HOLM_CELL_R_MEM, 40 },
		  .phys = BENCH_MMIO + 0x7000,
		  .virt = GIB(2),
		  .size = PAGE_SIZE,
		  .flags = HOLM_CELL_M_READ | HOLM_CELL_M_DEVICE },
	};
	const struct holm_cell_port port = {
		{ HOLM_CELL_R_PORT, 24 },
		.port = 0x2f8,
		.count = 8,
	};
	const struct holm_cell_comm comm = {
		{ HOLM_CELL_R_COMM, 24 },
		.virt = MIB(512),
	};
	const struct holm_cell_ivshmem link = {
		{ HOLM_CELL_R_IVSHMEM, 72 },
		.phys = LINK_AT,
		.virt = MIB(768),
		.rw_size = MIB(2),
		.out_size = PAGE_SIZE,
		.peers = 3,
		.id = 1,
		.vectors = 2,
		.bdf = 0x70,
		.flags = HOLM_CELL_IV_SERVICE,
		.service_id = 2,
	};

	memset(&built, 0, sizeof(built));
	built.d.magic = HOLM_CELL_MAGIC;
	built.d.version = HOLM_CELL_VERSION;
	built.d.size = sizeof(built.d);
	memcpy(built.d.name, "cell", 5);
	built.d.entry = 0x1000;
	for (u32 i = 0; i < ARRAY_SIZE(cpu); i++)
		add(&cpu[i], sizeof(cpu[i]));
	for (u32 i = 0; i < ARRAY_SIZE(mem); i++)
		add(&mem[i], sizeof(mem[i]));
	add(&port, sizeof(port));
	add(&comm, sizeof(comm));
	add(&link, sizeof(link));
}

static void seal(void)
{
	built.d.checksum = cell_desc_checksum(&built.d, built.d.size);
}

static s64 create(void)
{
	u32 size = MIN(built.d.size, (u32)sizeof(built));

	bench_put(BENCH_ARG, &built, size);
	return hc(HC_HOLM_CELL_CREATE, BENCH_ARG, size);
}

static int hash_leaf(const struct pt_leaf *leaf, void *arg)
{
	u64 *h = arg;

	*h = (*h ^ leaf->va) * 0x100000001b3;
	*h = (*h ^ leaf->pa) * 0x100000001b3;
	*h = (*h ^ leaf->size ^ leaf->attr) * 0x100000001b3;
	return 0;
}

/* A number that tells two states of the Service VM's memory apart. */
static u64 service_memory(void)
{
	u64 h = 0xcbf29ce484222325;

	assert_int_equal(pgtable_for_each(&vm_service()->s2.pt, 0, BIT64(47),
					  hash_leaf, &h),
			 0);
	return h;
}

static bool service_has(u64 gpa)
{
	struct s2_range r;

	return stage2_translate(&vm_service()->s2, GPA(gpa), &r);
}

/* What the cell may do at each of its addresses, and where they lead. */
static void expect_rights(struct vm *vm)
{
	static const struct {
		u64 gpa, hpa;
		u32 attr;
	} at[] = {
		{ 0, RAM_AT, PT_RWX | PT_WB },
		{ GIB(1), SHARED_AT, PT_R | PT_WB },
		{ GIB(2), BENCH_MMIO + 0x7000, PT_R | PT_UC },
		{ MIB(768), LINK_AT, PT_R | PT_WB },
		{ MIB(768) + PAGE_SIZE, LINK_AT + PAGE_SIZE, PT_RW | PT_WB },
	};
	struct s2_range r;

	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		assert_true(stage2_translate(&vm->s2, GPA(at[i].gpa), &r));
		assert_int_equal(r.hpa.v, at[i].hpa);
		assert_int_equal(r.attr, at[i].attr);
	}
}

static void lives(void **state)
{
	u64 used, memory;
	s64 id;

	(void)state;
	bench_take(1, 2);
	used = bench_used();
	memory = service_memory();
	build();
	seal();
	memset(fake.ram + RAM_AT, 0xaa, RAM_SIZE);
	memset(fake.ram + SHARED_AT, 0xaa, PAGE_SIZE);
	id = create();
	assert_int_equal(id, 1);
	expect_rights(bench_vm(1));
	assert_false(service_has(RAM_AT));
	assert_false(service_has(RAM_AT + RAM_SIZE - 1));
	assert_true(service_has(RAM_AT - 1));
	assert_true(service_has(RAM_AT + RAM_SIZE));
	assert_true(service_has(SHARED_AT));
	assert_false(service_has(BENCH_MMIO + 0x7000));
	assert_int_equal(fake.ram[RAM_AT], 0);
	assert_int_equal(fake.ram[RAM_AT + RAM_SIZE - 1], 0);
	assert_int_equal(fake.ram[SHARED_AT], 0xaa);
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), 0);
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), -EPERM);
	assert_int_equal(hc(HC_HOLM_CELL_STOP, 1, 0), 0);
	fake.ram[RAM_AT] = 0x55;
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
	assert_int_equal(fake.ram[RAM_AT], 0);
	assert_int_equal(bench_used(), used);
	assert_int_equal(service_memory(), memory);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), -ENOENT);
}

/* Calls for User VMs are not for cells, nor the other way round. */
static void is_no_user_vm(void **state)
{
	static const u32 calls[] = {
		HC_DESTROY_VM, HC_START_VM,    HC_PAUSE_VM,
		HC_RESET_VM,   HC_SET_IRQLINE, HC_NOTIFY_REQUEST_FINISH,
	};
	u16 vmid;

	(void)state;
	bench_take(1, 3);
	build();
	seal();
	assert_int_equal(create(), 1);
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++)
		assert_int_equal(hc(calls[i], 1, 0), -ENOTTY);
	vmid = bench_create_running(BIT64(3));
	assert_int_equal(hc(HC_HOLM_CELL_START, vmid, 0), -ENOENT);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, vmid, 0), -ENOENT);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 0, 0), -ENOENT);
	/* Pages of the cell's are not the Service VM's to donate. */
	assert_int_equal(bench_region(vmid, ACRN_REGION_ADD, 0, RAM_AT,
				      PAGE_SIZE, BENCH_RWX_WB),
			 -EFAULT);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
	assert_int_equal(bench_region(vmid, ACRN_REGION_ADD, 0, RAM_AT,
				      PAGE_SIZE, BENCH_RWX_WB),
			 0);
	/* And what is donated is not there for a cell, */
	assert_int_equal(create(), -EBUSY);
	/* wherever the User VM has it. */
	assert_int_equal(bench_region(vmid, ACRN_REGION_DEL, 0, RAM_AT,
				      PAGE_SIZE, BENCH_RWX_WB),
			 0);
	assert_int_equal(bench_region(vmid, ACRN_REGION_ADD,
				      BIT64(48) - PAGE_SIZE, RAM_AT, PAGE_SIZE,
				      BENCH_RWX_WB),
			 0);
	assert_int_equal(create(), -EBUSY);
	assert_true(service_has(RAM_AT));
	assert_int_equal(bench_region(vmid, ACRN_REGION_DEL,
				      BIT64(48) - PAGE_SIZE, RAM_AT, PAGE_SIZE,
				      BENCH_RWX_WB),
			 0);
	assert_int_equal(hc(HC_DESTROY_VM, vmid, 0), 0);
	/* Nor is the page by which a User VM asks its device model. */
	vmid = bench_create(BIT64(3));
	bench_put(BENCH_ARG2, &(u64){ RAM_AT + MIB(1) }, sizeof(u64));
	assert_int_equal(hc(HC_SET_IOREQ_BUFFER, vmid, BENCH_ARG2), 0);
	assert_int_equal(create(), -EBUSY);
	assert_true(service_has(RAM_AT));
	assert_int_equal(hc(HC_DESTROY_VM, vmid, 0), 0);
	assert_int_equal(create(), 1);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

struct wipe {
	u64 at, size;
	bool seen;
	u32 forgot; /* how often CPU 3 had, when it began */
	u64 map;    /* the change of Holm's map that it had seen */
};

static void watch(const struct fake_access *a, void *arg)
{
	struct wipe *w = arg;

	for (u32 i = 0; i < 2; i++) {
		if (!a->write || w[i].seen ||
		    !range_overlaps(a->hpa.v, a->len, w[i].at, w[i].size))
			continue;
		w[i].seen = true;
		w[i].forgot = fake.forgot[3];
		w[i].map = fake.cpu[3].map_seen;
	}
}

/* What changes hands is wiped when no CPU can write to it by an old entry. */
static void is_forgotten_before_it_is_wiped(void **state)
{
	struct wipe w[2] = { { .at = RAM_AT, .size = RAM_SIZE },
			     { .at = LINK_AT, .size = MIB(2) } };
	u64 map = fake.cpu[3].map_seen;
	u32 forgot;

	(void)state;
	bench_take(1, 2);
	build();
	seal();
	fake.on_access = watch;
	fake.arg = w;
	forgot = fake.forgot[3];
	assert_int_equal(create(), 1);
	assert_true(w[0].seen && w[0].forgot > forgot && w[0].map > map);
	assert_true(w[1].seen && w[1].forgot > w[0].forgot);
	w[1].seen = false;
	forgot = fake.forgot[3];
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
	assert_true(w[1].seen && w[1].forgot > forgot);
	fake.on_access = NULL;
}

static void running_out_of_memory_changes_nothing(void **state)
{
	u64 used, memory;
	s64 rc = -ENOMEM;
	u32 refused = 0;

	(void)state;
	bench_take(1, 2);
	used = bench_used();
	memory = service_memory();
	build();
	seal();
	for (u64 keep = 0; rc == -ENOMEM; keep++, refused++) {
		bench_hog(keep);
		rc = create();
		bench_unhog();
		if (rc == -ENOMEM) {
			assert_int_equal(bench_used(), used);
			assert_int_equal(service_memory(), memory);
		}
	}
	assert_int_equal(rc, 1);
	assert_true(refused > 15);
	/* With no page left it still ends. */
	bench_hog(0);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
	bench_unhog();
	assert_int_equal(bench_used(), used);
	assert_int_equal(service_memory(), memory);
}

static void each_broken_byte_is_noticed(void **state)
{
	u64 used;
	u32 size;

	(void)state;
	bench_take(1, 2);
	used = bench_used();
	build();
	seal();
	size = built.d.size;
	for (u32 i = 0; i < size; i++) {
		built.bytes[i] ^= 0x10;
		bench_put(BENCH_ARG, &built, sizeof(built));
		assert_int_equal(hc(HC_HOLM_CELL_CREATE, BENCH_ARG, size),
				 -EINVAL);
		built.bytes[i] ^= 0x10;
	}
	assert_int_equal(bench_used(), used);
	assert_int_equal(hc(HC_HOLM_CELL_CREATE, BENCH_ARG, 55), -EINVAL);
	assert_int_equal(hc(HC_HOLM_CELL_CREATE, BENCH_ARG, 65537), -E2BIG);
	assert_int_equal(hc(HC_HOLM_CELL_CREATE, BENCH_HOLE, size), -EFAULT);
}

/* Where a field is in what build() makes, and how long. */
#define IN(base, type, f) \
	(u32)((base) + offsetof(struct type, f)), sizeof(((struct type *)0)->f)
#define RECORD(n)     sizeof(struct holm_cell_desc) + (n)
#define DESC(f)       IN(0, holm_cell_desc, f)
#define SECOND_CPU(f) IN(RECORD(16), holm_cell_cpu, f)
#define MEM(n, f)     IN(RECORD(32 + 40 * (n)), holm_cell_mem, f)
#define PORT(f)       IN(RECORD(152), holm_cell_port, f)
#define COMM(f)       IN(RECORD(176), holm_cell_comm, f)

/* What a field may not say, whatever the others do. */
static void each_field_is_looked_at(void **state)
{
	static const struct {
		u32 at, size;
		u64 val;
	} bad[] = {
		{ DESC(magic), 0 },
		{ DESC(version), HOLM_CELL_VERSION + 1 },
		{ offsetof(struct holm_cell_desc, name), 1, 0 },
		{ offsetof(struct holm_cell_desc, name), 1, 7 },
		{ DESC(flags), BIT32(31) },
		{ DESC(records), 3 },
		{ DESC(entry), GIB(1) }, /* not executable */
		{ DESC(entry), GIB(100) },
		{ DESC(reserved), 1 },
		{ SECOND_CPU(reserved), 1 },
		{ SECOND_CPU(lapic_id), 2 },
		{ SECOND_CPU(lapic_id), 3 },
		{ MEM(0, reserved), 1 },
		{ MEM(1, virt), GIB(1) + 8 },
		{ MEM(1, virt), BIT64(48) },
		{ MEM(1, virt), PAGE_SIZE },
		{ MEM(1, virt), 0xfee00000 },
		{ MEM(1, phys), RAM_AT + PAGE_SIZE },
		{ MEM(1, size), 0 },
		{ MEM(1, size), ~(u64)0xfff },
		{ MEM(1, size), 8 },
		{ MEM(1, flags), HOLM_CELL_M_READ | BIT32(31) },
		{ MEM(1, flags), HOLM_CELL_M_WRITE | HOLM_CELL_M_SHARED },
		{ MEM(2, flags),
		  HOLM_CELL_M_READ | HOLM_CELL_M_DEVICE | HOLM_CELL_M_LOAD },
		{ MEM(2, phys), BENCH_MMIO + 0x7008 },
		{ PORT(reserved), 1 },
		{ PORT(flags), 2 },
		{ PORT(count), 0 },
		{ PORT(count), 0x10000 },
		{ PORT(port), 0x10000 },
		{ COMM(reserved), 1 },
		{ COMM(flags), 2 },
		{ COMM(virt), MIB(512) + 8 },
		{ COMM(virt), BIT64(48) },
		{ COMM(virt), PAGE_SIZE },
		{ COMM(virt), 0xfee00000 },
	};
	u32 size;

	(void)state;
	bench_take(1, 2);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		build();
		memcpy(built.bytes + bad[i].at, &bad[i].val, bad[i].size);
		seal();
		if (create() != -EINVAL)
			fail_msg("field %u is not looked at", i);
	}
	/* The call has a record more than the description, all of it summed. */
	build();
	size = built.d.size;
	built.d.size -= (u32)sizeof(struct holm_cell_ivshmem);
	built.d.records--;
	built.d.checksum = cell_desc_checksum(&built.d, size);
	bench_put(BENCH_ARG, &built, size);
	assert_int_equal(hc(HC_HOLM_CELL_CREATE, BENCH_ARG, size), -EINVAL);
	build();
	seal();
	assert_int_equal(create(), 1);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

/* Descriptions by somebody who knows how to count checksums. */
static void mutations_are_survived(void **state)
{
	struct rng rng = { .s = 77 };
	u64 used, memory;
	u32 made = 0, size;

	(void)state;
	bench_take(1, 2);
	used = bench_used();
	memory = service_memory();
	for (u32 i = 0; i < MUTATIONS; i++) {
		s64 id;

		build();
		size = built.d.size;
		for (u64 n = rng_below(&rng, 3) + 1; n > 0; n--) {
			u64 at = rng_below(&rng, size);
			u64 bit = rng_below(&rng, 8);

			if (rng_below(&rng, 2))
				built.bytes[at] ^= (u8)BIT32(bit);
			else
				built.bytes[at] = (u8)rng_next(&rng);
		}
		if (built.d.size > sizeof(built))
			continue;
		seal();
		id = create();
		if (id <= 0)
			continue;
		made++;
		assert_int_equal(hc(HC_HOLM_CELL_START, (u64)id, 0), 0);
		assert_int_equal(hc(HC_HOLM_CELL_DESTROY, (u64)id, 0), 0);
		memset(fake.log, 0, 1);
	}
	assert_true(made > 100 && made < MUTATIONS);
	assert_int_equal(bench_used(), used);
	assert_int_equal(service_memory(), memory);
}

static void loads_only_where_it_may(void **state)
{
	struct holm_cell_load load = {
		.id = 1, .from = BENCH_ARG2, .to = 0x1ffe, .size = 4
	};
	static const struct {
		u64 from, to, size;
		s64 rc;
	} bad[] = {
		{ BENCH_ARG2, 0, 0, -EINVAL },
		{ BENCH_ARG2, RAM_SIZE - 3, 4, -EINVAL },
		{ BENCH_ARG2, GIB(1), 4, -EINVAL },
		{ BENCH_ARG2, ~(u64)0, 4, -EINVAL },
		{ ~(u64)0, 0, 4, -EINVAL },
		{ BENCH_HOLE - 2, 0, 4, -EFAULT },
		{ RAM_AT, 0, 4, -EFAULT },
		{ BENCH_MMIO, 0, 4, -EFAULT },
	};

	(void)state;
	bench_take(1, 2);
	build();
	seal();
	assert_int_equal(create(), 1);
	bench_put(BENCH_ARG2, "abcd", 4);
	bench_put(BENCH_ARG, &load, sizeof(load));
	assert_int_equal(hc(HC_HOLM_CELL_LOAD, BENCH_ARG, 0), 0);
	assert_memory_equal(fake.ram + RAM_AT + 0x1ffe, "abcd", 4);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		load.from = bad[i].from;
		load.to = bad[i].to;
		load.size = bad[i].size;
		bench_put(BENCH_ARG, &load, sizeof(load));
		assert_int_equal(hc(HC_HOLM_CELL_LOAD, BENCH_ARG, 0),
				 bad[i].rc);
	}
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), 0);
	load = (struct holm_cell_load){ .id = 1,
					.from = BENCH_ARG2,
					.size = 4 };
	bench_put(BENCH_ARG, &load, sizeof(load));
	assert_int_equal(hc(HC_HOLM_CELL_LOAD, BENCH_ARG, 0), -EPERM);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

/* Neighbours in the cell need not be neighbours in the machine. */
static void loads_across_records(void **state)
{
	const struct holm_cell_mem more = {
		{ HOLM_CELL_R_MEM, 40 },
		.phys = MIB(110),
		.virt = RAM_SIZE,
		.size = PAGE_SIZE,
		.flags = HOLM_CELL_M_READ | HOLM_CELL_M_LOAD,
	};
	struct holm_cell_load load = {
		.id = 1, .from = BENCH_ARG2, .to = RAM_SIZE - 2, .size = 4
	};

	(void)state;
	bench_take(1, 2);
	build();
	add(&more, sizeof(more));
	seal();
	assert_int_equal(create(), 1);
	bench_put(BENCH_ARG2, "abcd", 4);
	bench_put(BENCH_ARG, &load, sizeof(load));
	assert_int_equal(hc(HC_HOLM_CELL_LOAD, BENCH_ARG, 0), 0);
	assert_memory_equal(fake.ram + RAM_AT + RAM_SIZE - 2, "ab", 2);
	assert_memory_equal(fake.ram + MIB(110), "cd", 2);
	/* All of it or nothing. */
	load.to = RAM_SIZE - 1;
	load.size = PAGE_SIZE + 2;
	bench_put(BENCH_ARG, &load, sizeof(load));
	assert_int_equal(hc(HC_HOLM_CELL_LOAD, BENCH_ARG, 0), -EINVAL);
	assert_memory_equal(fake.ram + MIB(110), "cd", 2);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

/* Only one at a time changes what the Service VM has. */
static void hand_over_is_tried(void **state)
{
	(void)state;
	bench_take(1, 2);
	build();
	seal();
	assert_true(vm_handover_begin());
	assert_int_equal(create(), -EAGAIN);
	vm_handover_end();
	assert_int_equal(create(), 1);
	assert_true(vm_handover_begin());
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), -EAGAIN);
	vm_handover_end();
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

static u32 state_now(void)
{
	bool more;
	struct vm *vm = vm_get_slot(1, &more);
	u32 state = cell_state(vm);

	vm_put(vm);
	return state;
}

/* As a CPU of the cell writes it. */
static void write_power(u32 at, u32 size, u64 val)
{
	bool more;
	struct vm *vm = vm_get_slot(1, &more);
	u32 was = fake_self;

	fake_self = vm->vcpu[0]->cpu->index;
	assert_true(io_space_pio(vm->io, (u16)(HOLM_CELL_POWER + at), size,
				 true, &val));
	fake_self = was;
	vm_put(vm);
}

/* By its power ports; what is no order of these is none at all. */
static void ends_itself(void **state)
{
	const u64 soft_off = HOLM_CELL_S5 << 2 | 1 << 5;

	(void)state;
	bench_take(1, 2);
	build();
	seal();
	assert_int_equal(create(), 1);
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), 0);
	write_power(0, 1, soft_off & ~(u64)(1 << 5));
	write_power(0, 1, 3 << 2 | 1 << 5);
	write_power(0, 2, soft_off);
	write_power(1, 1, soft_off);
	write_power(2, 1, 1);
	assert_int_equal(state_now(), HOLM_CELL_RUNNING);
	write_power(0, 1, soft_off);
	assert_int_equal(state_now(), HOLM_CELL_SHUT_DOWN);
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), 0);
	assert_int_equal(state_now(), HOLM_CELL_RUNNING);
	write_power(2, 1, HOLM_CELL_RESET);
	assert_int_equal(state_now(), HOLM_CELL_FAILED);
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), -EPERM);
	assert_int_equal(hc(HC_HOLM_CELL_STOP, 1, 0), 0);
	assert_int_equal(state_now(), HOLM_CELL_SHUT_DOWN);
	assert_int_equal(hc(HC_HOLM_CELL_START, 1, 0), 0);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lives),
		TEST(is_no_user_vm),
		TEST(is_forgotten_before_it_is_wiped),
		TEST(running_out_of_memory_changes_nothing),
		TEST(each_broken_byte_is_noticed),
		TEST(each_field_is_looked_at),
		TEST(mutations_are_survived),
		TEST(loads_only_where_it_may),
		TEST(loads_across_records),
		TEST(hand_over_is_tried),
		TEST(ends_itself),
	};

	return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
