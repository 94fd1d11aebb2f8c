/* SPDX-License-Identifier: BSD-2-Clause */
/* HC_HOLM_QUERY: what the admin tool sees. */
#include "core/log.h"
#include "tests/unit/vm_bench.h"

static u32 out_len;

static s64 query(u32 subject, u32 index, u32 len)
{
	struct holm_query q = {
		.subject = subject,
		.index = index,
		.buf_gpa = BENCH_ARG2,
		.len = len,
		.out_len = 12345,
	};
	s64 rc = hc(HC_HOLM_QUERY, bench_put(BENCH_ARG, &q, sizeof(q)), 0);

	bench_get(&q, BENCH_ARG, sizeof(q));
	out_len = q.out_len;
	return rc;
}

static void info(void **state)
{
	const struct holm_info fixed = {
		.version = 0x10203,
		.hv_base = 0x7000000,
		.hv_size = 0x1000000,
		.ncpus = 99, /* not its to say */
		.pool_used = 99,
	};
	struct holm_info out;

	(void)state;
	hypercall_set_info(&fixed);
	assert_int_equal(query(HOLM_QUERY_INFO, 0, sizeof(out)), 0);
	assert_int_equal(out_len, sizeof(out));
	bench_get(&out, BENCH_ARG2, sizeof(out));
	assert_int_equal(out.version, 0x10203);
	assert_int_equal(out.hv_base, 0x7000000);
	assert_int_equal(out.ncpus, 4);
	assert_int_equal(out.pool_pages, BENCH_POOL);
	assert_int_equal(out.pool_used, bench_used());
	assert_int_equal(out.tsc_khz, 2000000);
	assert_int_equal(out.nvms, 1);
	assert_int_equal(out.tsc_now, fake.tsc);
	assert_int_equal(out.trace_events, 0);
	assert_int_equal(query(HOLM_QUERY_INFO, 1, sizeof(out)), -ENOENT);
}

static struct holm_cpu cpu(u32 index)
{
	struct holm_cpu out;

	assert_int_equal(query(HOLM_QUERY_CPU, index, sizeof(out)), 0);
	assert_int_equal(out_len, sizeof(out));
	bench_get(&out, BENCH_ARG2, sizeof(out));
	return out;
}

static void cpus(void **state)
{
	u16 vmid;

	(void)state;
	bench_take(1, 3);
	vmid = bench_create(0xc);
	fake.cpu[3].exits = 5;
	fake.cpu[3].nmis_foreign = 6;
	assert_int_equal(cpu(0).mode, 0);
	assert_int_equal(cpu(0).owner_vm, 0);
	assert_int_equal(cpu(1).mode, 2);
	assert_int_equal(cpu(1).owner_vm, HOLM_NO_VM);
	assert_int_equal(cpu(3).mode, 1);
	assert_int_equal(cpu(3).owner_vm, vmid);
	assert_int_equal(cpu(3).vcpu, 1);
	assert_int_equal(cpu(3).lapic_id, 6);
	assert_int_equal(cpu(3).exits, 5);
	assert_int_equal(cpu(3).nmis_foreign, 6);
	assert_int_equal(query(HOLM_QUERY_CPU, 4, 64), -ENOENT);
	assert_int_equal(query(HOLM_QUERY_CPU, ~0U, 64), -ENOENT);
}

static struct holm_vm vm(u32 slot)
{
	struct holm_vm out;

	assert_int_equal(query(HOLM_QUERY_VM, slot, sizeof(out)), 0);
	bench_get(&out, BENCH_ARG2, sizeof(out));
	assert_int_equal(out.slot, slot);
	return out;
}

static void vms(void **state)
{
	struct holm_vm v;
	u16 id;

	(void)state;
	bench_take(1, 3);
	assert_string_equal(vm(0).name, "service");
	assert_int_equal(vm(0).state, HOLM_VM_RUNNING);
	assert_int_equal(vm(0).cpus, 1);
	assert_int_equal(query(HOLM_QUERY_VM, 1, 512), -ENOENT);
	id = bench_create_ready(6);
	assert_int_equal(bench_region(id, ACRN_REGION_ADD, 0, BENCH_DONATE,
				      MIB(4) + PAGE_SIZE, BENCH_RWX_WB),
			 0);
	bench_vm(id)->vcpu[0]->exits[HOLM_EXIT_CPUID] = 3;
	bench_vm(id)->vcpu[1]->exits[HOLM_EXIT_CPUID] = 4;
	v = vm(1);
	assert_string_equal(v.name, "test");
	assert_int_equal(v.vmid, id);
	assert_int_equal(v.state, HOLM_VM_CREATED);
	assert_int_equal(v.nvcpus, 2);
	assert_int_equal(v.cpus, 6);
	assert_int_equal(v.mem_bytes, MIB(4) + PAGE_SIZE);
	assert_int_equal(v.leaves[0], 1);
	assert_int_equal(v.leaves[1], 2);
	assert_int_equal(v.s2_pages, 4);
	assert_int_equal(v.exits[HOLM_EXIT_CPUID], 7);
	assert_int_equal(hc(HC_START_VM, id, 0), 0);
	assert_int_equal(vm(1).state, HOLM_VM_RUNNING);
	assert_int_equal(vm(1).start_tsc, fake.tsc);
	assert_int_equal(hc(HC_PAUSE_VM, id, 0), 0);
	assert_int_equal(vm(1).state, HOLM_VM_PAUSED);
	assert_int_equal(hc(HC_START_VM, id, 0), 0);
	vm_shutdown_self(bench_vm(id)->vcpu[0]);
	assert_int_equal(vm(1).state, HOLM_VM_OFF);
	/* An empty slot below another VM has no state. */
	assert_int_equal(bench_create(8), 2);
	assert_int_equal(hc(HC_DESTROY_VM, id, 0), 0);
	assert_int_equal(vm(1).state, 0);
	assert_int_equal(vm(2).state, HOLM_VM_CREATED);
	assert_int_equal(query(HOLM_QUERY_VM, 3, 512), -ENOENT);
}

static void log_text(void **state)
{
	char text[1024];
	char part[101];

	(void)state;
	fake.log_len = 0;
	for (u32 i = 0; i < 40; i++)
		log_info("line %02u of the log", i);
	assert_int_equal(query(HOLM_QUERY_LOG, 0, sizeof(text)), 0);
	assert_int_equal(out_len, fake.log_len);
	bench_get(text, BENCH_ARG2, sizeof(text));
	assert_memory_equal(text, fake.log, fake.log_len);
	for (u32 at = 0; at < fake.log_len; at += out_len) {
		assert_int_equal(query(HOLM_QUERY_LOG, at, 100), 0);
		bench_get(part, BENCH_ARG2, out_len);
		assert_memory_equal(part, text + at, out_len);
	}
	assert_int_equal(query(HOLM_QUERY_LOG, fake.log_len, 100), 0);
	assert_int_equal(out_len, 0);
	assert_int_equal(query(HOLM_QUERY_LOG, ~0U, ~0U), 0);
	assert_int_equal(out_len, 0);
}

static void answers_are_cut(void **state)
{
	u8 guard = 0xa5;

	(void)state;
	for (u32 subject = 0; subject < 3; subject++) {
		for (u32 len = 0; len < 24; len++) {
			bench_put(BENCH_ARG2 + len, &guard, 1);
			assert_int_equal(query(subject, 0, len), 0);
			assert_int_equal(out_len, len);
			bench_get(&guard, BENCH_ARG2 + len, 1);
			assert_int_equal(guard, 0xa5);
		}
	}
}

static void refused(void **state)
{
	struct holm_query q = { .len = 8, .buf_gpa = BENCH_HOLE };

	(void)state;
	assert_int_equal(query(HOLM_QUERY_DEVICE + 1, 0, 8), -EINVAL);
	assert_int_equal(query(~0U, 0, 8), -EINVAL);
	assert_int_equal(out_len, 12345); /* untouched */
	for (q.subject = 0; q.subject < 4; q.subject++) {
		bench_put(BENCH_ARG, &q, sizeof(q));
		assert_int_equal(hc(HC_HOLM_QUERY, BENCH_ARG, 0), -EFAULT);
		assert_int_equal(hc(HC_HOLM_QUERY, BENCH_ARG, 1), -EINVAL);
	}
	/* The query itself must be writable. */
	q.subject = 0;
	q.buf_gpa = BENCH_ARG2;
	bench_put(BENCH_RO, &q, sizeof(q));
	assert_int_equal(hc(HC_HOLM_QUERY, BENCH_RO, 0), -EFAULT);
}

static void machine_map(void **state)
{
	static const struct holm_range ranges[] = {
		{ .base = 0, .size = MIB(1), .kind = HOLM_RANGE_RAM },
		{ .base = MIB(1), .size = MIB(2), .kind = 77 },
		{ .base = MIB(2), .size = 4096, .kind = HOLM_RANGE_LAPIC },
	};
	struct holm_range out[4];

	(void)state;
	assert_int_equal(query(HOLM_QUERY_MAP, 0, sizeof(out)), -ENOENT);
	hypercall_set_map(ranges, 3);
	assert_int_equal(query(HOLM_QUERY_MAP, 0, sizeof(out)), 0);
	assert_int_equal(out_len, sizeof(ranges));
	bench_get(out, BENCH_ARG2, sizeof(ranges));
	assert_memory_equal(out, ranges, sizeof(ranges));
	/* Whole ranges only, from the one that is asked for. */
	assert_int_equal(query(HOLM_QUERY_MAP, 1, sizeof(out[0]) + 5), 0);
	assert_int_equal(out_len, sizeof(out[0]));
	bench_get(out, BENCH_ARG2, sizeof(out[0]));
	assert_int_equal(out[0].kind, 77);
	assert_int_equal(query(HOLM_QUERY_MAP, 3, sizeof(out)), -ENOENT);
	hypercall_set_map(NULL, 0);
}

static struct holm_mapping maps[64];

static u32 mappings(u32 slot, u64 from, u32 len, s64 *rc)
{
	struct holm_query q = {
		.subject = HOLM_QUERY_VM_MAP,
		.index = slot,
		.buf_gpa = BENCH_ARG2,
		.len = len,
	};

	*rc = hc(HC_HOLM_QUERY, bench_put(BENCH_ARG, &q, sizeof(q)), from);
	bench_get(&q, BENCH_ARG, sizeof(q));
	bench_get(maps, BENCH_ARG2, sizeof(maps));
	return *rc ? 0 : q.out_len / (u32)sizeof(maps[0]);
}

static void vm_map(void **state)
{
	u64 at = MIB(8), from;
	u16 id;
	s64 rc;
	u32 n;

	(void)state;
	bench_take(1, 1);
	id = bench_create_ready(2);
	assert_int_equal(mappings(id, 0, 4096, &rc), 0);
	assert_int_equal(rc, -ENOENT);
	/* 4 MiB in leaves of both sizes are one mapping. */
	assert_int_equal(bench_region(id, ACRN_REGION_ADD, 0, BENCH_DONATE,
				      MIB(4) + PAGE_SIZE, BENCH_RWX_WB),
			 0);
	assert_int_equal(mappings(id, 0, 4096, &rc), 1);
	assert_int_equal(maps[0].gpa, 0);
	assert_int_equal(maps[0].hpa, BENCH_DONATE);
	assert_int_equal(maps[0].size, MIB(4) + PAGE_SIZE);
	assert_int_equal(maps[0].flags,
			 HOLM_MAP_R | HOLM_MAP_W | HOLM_MAP_X | HOLM_MAP_RAM);
	/* More pieces than one answer holds: asked for until none is left. */
	for (u32 i = 0; i < 40; i++)
		assert_int_equal(
			bench_region(id, ACRN_REGION_ADD,
				     at + 2 * i * PAGE_SIZE,
				     BENCH_DONATE + MIB(8) + i * PAGE_SIZE,
				     PAGE_SIZE, BENCH_RWX_WB),
			0);
	for (from = n = 0;;) {
		u32 got = mappings(id, from, 4096, &rc);

		if (rc == -ENOENT)
			break;
		assert_int_equal(rc, 0);
		assert_in_range(got, 1, 40);
		from = maps[got - 1].gpa + maps[got - 1].size;
		n += got;
	}
	assert_int_equal(n, 41);
	assert_int_equal(from, at + 79 * PAGE_SIZE);
	assert_int_equal(mappings(id, 0, 31, &rc), 0);
	assert_int_equal(rc, 0);
	assert_int_equal(mappings(id, ~(u64)0, 4096, &rc), 0);
	assert_int_equal(rc, -ENOENT);
	assert_int_equal(mappings(9, 0, 4096, &rc), 0);
	assert_int_equal(rc, -ENOENT);
}

static void injects(void **state)
{
	u16 id;

	(void)state;
	bench_take(1, 2);
	id = bench_create(6);
	bench_vm(id)->vcpu[0]->injects[HOLM_INJECT_NMI] = 2;
	bench_vm(id)->vcpu[1]->injects[HOLM_INJECT_NMI] = 3;
	assert_int_equal(vm(id).injects[HOLM_INJECT_NMI], 5);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(info),     TEST(cpus),
		TEST(vms),      TEST(machine_map),
		TEST(vm_map),   TEST(injects),
		TEST(log_text), TEST(answers_are_cut),
		TEST(refused),
	};

	return cmocka_run_group_tests_name("queries", tests, NULL, NULL);
}
