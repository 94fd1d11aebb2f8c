/* SPDX-License-Identifier: BSD-2-Clause */
/* What an audit is told: the maps in force, all of them, and nothing else. */
#include "cell/cell.h"
#include "guest/x86/msr.h"
#include "tests/unit/vm_bench.h"

#define PORTS 0x10000U

static u8 flags_of[PORTS];

/* Ask until there is no more; what was said of each number below PORTS. */
static u32 ask(u32 subject, u32 slot, u32 len, u32 base)
{
	struct holm_pass r[256];
	u32 said = 0;
	u64 from = base;

	memset(flags_of, 0xff, sizeof(flags_of));
	for (;;) {
		struct holm_query q = {
			.subject = subject,
			.index = slot,
			.buf_gpa = BENCH_ARG2,
			.len = len,
		};
		s64 rc = hc(HC_HOLM_QUERY, bench_put(BENCH_ARG, &q, sizeof(q)),
			    from);

		if (rc == -ENOENT)
			return said;
		assert_int_equal(rc, 0);
		bench_get(&q, BENCH_ARG, sizeof(q));
		bench_get(r, BENCH_ARG2, sizeof(r));
		assert_true(q.out_len >= sizeof(r[0]));
		for (u32 i = 0; i < q.out_len / sizeof(r[0]); i++) {
			assert_true(r[i].first >= from && r[i].count > 0);
			for (u32 n = 0; n < r[i].count; n++, said++)
				if (r[i].first - base + n < PORTS)
					flags_of[r[i].first - base + n] =
						(u8)r[i].flags;
			from = (u64)r[i].first + r[i].count;
		}
	}
}

static const struct {
	struct holm_cell_desc d;
	struct holm_cell_cpu cpu;
	struct holm_cell_mem mem;
	struct holm_cell_port port;
} model = {
	.d = { .magic = HOLM_CELL_MAGIC,
	       .version = HOLM_CELL_VERSION,
	       .size = sizeof(model),
	       .name = "c",
	       .records = 3 },
	.cpu = { { HOLM_CELL_R_CPU, 16 }, .lapic_id = 2 },
	.mem = { { HOLM_CELL_R_MEM, 40 },
		 .phys = MIB(100),
		 .size = MIB(2),
		 .flags = HOLM_CELL_M_READ | HOLM_CELL_M_EXEC },
	.port = { { HOLM_CELL_R_PORT, 24 }, .port = 0x2f8, .count = 8 },
};

static u8 made[sizeof(model)];

static void make_cell(void)
{
	struct holm_cell_desc d = model.d;

	memcpy(made, &model, sizeof(model));
	d.checksum = cell_desc_checksum(&model.d, sizeof(model));
	memcpy(made, &d, sizeof(d));
	bench_take(1, 1);
	bench_put(BENCH_ARG, made, sizeof(made));
	assert_int_equal(hc(HC_HOLM_CELL_CREATE, BENCH_ARG, sizeof(made)), 1);
}

static void ports(void **state)
{
	(void)state;
	make_cell();
	for (u32 len = 16; len <= 4096; len *= 4) {
		assert_int_equal(ask(HOLM_QUERY_VM_PORTS, 1, len, 0), PORTS);
		for (u32 i = 0; i < PORTS; i++)
			assert_int_equal(flags_of[i], i - 0x2f8 < 8 ? 3 : 0);
		assert_int_equal(ask(HOLM_QUERY_VM_PORTS, 0, len, 0), PORTS);
		for (u32 i = 0x2f0; i < 0x308; i++)
			assert_int_equal(flags_of[i], i - 0x2f8 < 8 ? 0 : 3);
	}
	/* What changes in the map shows. */
	backend->vm_trap_pio(&bench_vm(1)->hw, 0xffff, 1, false);
	ask(HOLM_QUERY_VM_PORTS, 1, 4096, 0);
	assert_int_equal(flags_of[0xffff], 3);
	assert_int_equal(ask(HOLM_QUERY_VM_PORTS, 7, 4096, 0), 0);
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

static void expect_msrs(u32 slot, enum guest_kind kind, u32 base)
{
	ask(HOLM_QUERY_VM_MSRS, slot, 4096, base);
	for (u32 i = 0; i < 0x2000; i++) {
		u32 want = 0;

		want |= msr_policy_passes(kind, base + i, false) ? 1 : 0;
		want |= msr_policy_passes(kind, base + i, true) ? 2 : 0;
		assert_int_equal(flags_of[i], want);
	}
}

static void registers(void **state)
{
	(void)state;
	bench_take(1, 1);
	bench_create(2);
	assert_int_equal(ask(HOLM_QUERY_VM_MSRS, 0, 4096, 0), 3 * 0x2000);
	expect_msrs(0, GUEST_SERVICE, 0);
	expect_msrs(0, GUEST_SERVICE, 0xc0000000);
	expect_msrs(0, GUEST_SERVICE, 0xc0010000);
	expect_msrs(1, GUEST_USER, 0);
	expect_msrs(1, GUEST_USER, 0xc0000000);
	expect_msrs(1, GUEST_USER, 0xc0010000);
}

static void description(void **state)
{
	u8 back[sizeof(made)] = { 0 };
	u32 at = 0;

	(void)state;
	make_cell();
	while (at < sizeof(back)) {
		struct holm_query q = {
			.subject = HOLM_QUERY_CELL_DESC,
			.index = 1,
			.buf_gpa = BENCH_ARG2,
			.len = 50,
		};

		bench_put(BENCH_ARG, &q, sizeof(q));
		assert_int_equal(hc(HC_HOLM_QUERY, BENCH_ARG, at), 0);
		bench_get(&q, BENCH_ARG, sizeof(q));
		assert_in_range(q.out_len, 1, 50);
		bench_get(back + at, BENCH_ARG2, q.out_len);
		at += q.out_len;
	}
	assert_int_equal(at, sizeof(back));
	assert_memory_equal(back, made, sizeof(made));
	for (u32 slot = 0; slot < 3; slot++) {
		struct holm_query q = {
			.subject = HOLM_QUERY_CELL_DESC,
			.index = slot,
			.buf_gpa = BENCH_ARG2,
			.len = 50,
		};

		bench_put(BENCH_ARG, &q, sizeof(q));
		assert_int_equal(hc(HC_HOLM_QUERY, BENCH_ARG, sizeof(made)),
				 -ENOENT);
	}
	assert_int_equal(hc(HC_HOLM_CELL_DESTROY, 1, 0), 0);
}

static s64 ask_pin(u32 gsi, struct holm_pin *pin)
{
	struct holm_query q = {
		.subject = HOLM_QUERY_PIN,
		.index = gsi,
		.buf_gpa = BENCH_ARG2,
		.len = sizeof(*pin),
	};
	s64 rc = hc(HC_HOLM_QUERY, bench_put(BENCH_ARG, &q, sizeof(q)), 0);

	bench_get(pin, BENCH_ARG2, sizeof(*pin));
	return rc;
}

static void lines(void **state)
{
	struct holm_pin pin;

	(void)state;
	for (u32 gsi = 0; gsi < FAKE_PINS; gsi++) {
		assert_int_equal(ask_pin(gsi, &pin), 0);
		assert_int_equal(pin.gsi, gsi);
		assert_int_equal(pin.owner, 0);
	}
	assert_int_equal(ask_pin(FAKE_PINS, &pin), -ENOENT);
	assert_int_equal(ask_pin(~0U, &pin), -ENOENT);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ports),
		TEST(registers),
		TEST(description),
		TEST(lines),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
