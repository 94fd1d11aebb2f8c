/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace ring, its reader, and the calls of the Service VM for both. */
#include <pthread.h>
#include <stdio.h>

#include "core/trace.h"
#include "tests/unit/vm_bench.h"

#define LAST (TRACE_RECORDS - 1) /* records that a full ring still has */

static void put(u32 n)
{
	for (u32 i = 0; i < n; i++)
		trace_put(HOLM_TRACE_KICK, TRACE_NOBODY, i, 2 * (u64)i, 7);
}

static u32 read_at(u64 from, struct holm_trace_record *out, u32 max,
		   struct holm_trace_part *part)
{
	return trace_read(&fake.rings[0], from, out, max, part);
}

static void off_and_on(void **state)
{
	struct holm_trace_part part;
	struct holm_trace_record rec[4];

	(void)state;
	trace(HOLM_TRACE_KICK, TRACE_NOBODY, 1, 2, 3);
	assert_int_equal(fake.rings[0].head, 0);
	trace_set(BIT64(HOLM_TRACE_KICK));
	fake.tsc = 4711;
	trace(HOLM_TRACE_ENTER, trace_who(1, 2), 1, 2, 3);
	trace(HOLM_TRACE_KICK, trace_who(5, 6), 1, 2, 3);
	trace_set(0);
	trace(HOLM_TRACE_KICK, TRACE_NOBODY, 1, 2, 3);
	assert_int_equal(read_at(0, rec, 4, &part), 1);
	assert_int_equal(part.first, 0);
	assert_int_equal(part.head, 1);
	assert_int_equal(rec[0].tsc, 4711);
	assert_int_equal(rec[0].event, HOLM_TRACE_KICK);
	assert_int_equal(rec[0].cpu, 0);
	assert_int_equal(rec[0].vm, 5);
	assert_int_equal(rec[0].vcpu, 6);
	assert_int_equal(rec[0].arg[2], 3);
}

static void own_ring(void **state)
{
	(void)state;
	fake_self = 3;
	trace_put(HOLM_TRACE_WAKE, TRACE_NOBODY, 0, 0, 0);
	fake_self = 0;
	assert_int_equal(fake.rings[0].head, 0);
	assert_int_equal(fake.rings[3].head, 1);
	assert_int_equal(fake.rings[3].rec[0].cpu, 3);
	assert_int_equal(fake.rings[3].rec[0].vm, HOLM_TRACE_NOBODY);
	assert_int_equal(fake.rings[3].rec[0].vcpu, HOLM_TRACE_NOBODY);
}

static void oldest_goes(void **state)
{
	static struct holm_trace_record rec[TRACE_RECORDS];
	struct holm_trace_part part;

	(void)state;
	put(TRACE_RECORDS - 1);
	assert_int_equal(read_at(0, rec, TRACE_RECORDS, &part), LAST);
	assert_int_equal(part.first, 0);
	put(5);
	assert_int_equal(read_at(0, rec, TRACE_RECORDS, &part), LAST);
	assert_int_equal(part.first, 5);
	assert_int_equal(part.head, TRACE_RECORDS + 4);
	assert_int_equal(rec[0].arg[0], 5);
	assert_int_equal(rec[LAST - 1].arg[0], 4);
	/* From where it was left, and past the end. */
	assert_int_equal(read_at(TRACE_RECORDS, rec, 2, &part), 2);
	assert_int_equal(part.first, TRACE_RECORDS);
	assert_int_equal(read_at(part.head, rec, 2, &part), 0);
	assert_int_equal(read_at(~(u64)0, rec, 2, &part), 0);
	assert_int_equal(part.first, part.head);
}

#define WRITES 300000U

static void *writer(void *arg)
{
	(void)arg;
	fake_self = 0;
	put(WRITES);
	return NULL;
}

/* Nothing torn, nothing twice, and what is missing is counted. */
static void reader_beside_writer(void **state)
{
	struct holm_trace_record rec[64];
	struct holm_trace_part part = { 0 };
	u64 next = 0, seen = 0, lost = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, writer, NULL), 0);
	while (next < WRITES) {
		u32 n = read_at(next, rec, 64, &part);

		for (u32 i = 0; i < n; i++) {
			assert_int_equal(rec[i].arg[0], part.first + i);
			assert_int_equal(rec[i].arg[1], 2 * (part.first + i));
			assert_int_equal(rec[i].arg[2], 7);
		}
		assert_true(part.first >= next);
		lost += part.first - next;
		seen += n;
		next = part.first + n;
	}
	pthread_join(thread, NULL);
	assert_int_equal(seen + lost, WRITES);
	assert_true(seen > 0);
}

static char dumped[8192];

static void emit(const char *line)
{
	strcat(dumped, line);
	strcat(dumped, "\n");
}

static void dump(void **state)
{
	(void)state;
	dumped[0] = '\0';
	trace_dump(emit);
	assert_string_equal(dumped, "");
	fake.tsc = 100;
	put(20);
	fake.tsc = 150;
	trace_put(HOLM_TRACE_EXIT, trace_who(1, 2), 6, 0xffff, 0x3f8);
	trace_put(HOLM_TRACE_COUNT, TRACE_NOBODY, 0, 0, 0);
	trace_dump(emit);
	assert_non_null(strstr(dumped, "trace: CPU 0 50 ticks ago: kick "
				       "cpu=13\n"));
	assert_non_null(strstr(dumped,
			       "trace: CPU 0 0 ticks ago: 1.2 exit reason=6 "
			       "rip=ffff detail=3f8\n"));
	/* Eight, of which one has no name. */
	assert_null(strstr(dumped, "cpu=d\n"));
}

static u64 answer_len;

static s64 query(u32 cpu, u64 from, u32 len)
{
	struct holm_query q = {
		.subject = HOLM_QUERY_TRACE,
		.index = cpu,
		.buf_gpa = BENCH_ARG2,
		.len = len,
	};
	s64 rc = hc(HC_HOLM_QUERY, bench_put(BENCH_ARG, &q, sizeof(q)), from);

	bench_get(&q, BENCH_ARG, sizeof(q));
	answer_len = q.out_len;
	return rc;
}

static void calls(void **state)
{
	struct {
		struct holm_trace_part part;
		struct holm_trace_record rec[40];
	} out;

	(void)state;
	assert_int_equal(hc(HC_HOLM_TRACE, HOLM_TRACE_ALL + 1, 0), -EINVAL);
	assert_int_equal(hc(HC_HOLM_TRACE, HOLM_TRACE_ALL, 1), -EINVAL);
	assert_int_equal(trace_events, 0);
	assert_int_equal(hc(HC_HOLM_TRACE, HOLM_TRACE_ALL, 0), 0);
	assert_int_equal(trace_events, HOLM_TRACE_ALL);
	/* The call itself is the first record: it was on when that ended. */
	put(50);
	assert_int_equal(query(0, 0, sizeof(out)), 0);
	assert_int_equal(answer_len, sizeof(out));
	bench_get(&out, BENCH_ARG2, sizeof(out));
	assert_int_equal(out.part.first, 0);
	assert_int_equal(out.part.head, 51);
	assert_int_equal(out.rec[0].event, HOLM_TRACE_HYPERCALL);
	assert_int_equal(out.rec[0].arg[0], HC_HOLM_TRACE);
	assert_int_equal(out.rec[39].arg[0], 38);
	assert_int_equal(hc(HC_HOLM_TRACE, 0, 0), 0);
	assert_int_equal(query(0, 49, sizeof(out)), 0);
	bench_get(&out, BENCH_ARG2, sizeof(out));
	assert_int_equal(out.part.first, 49);
	assert_int_equal(out.rec[0].arg[0], 48);
}

static void bad_queries(void **state)
{
	struct holm_query q = { .subject = HOLM_QUERY_TRACE,
				.buf_gpa = BENCH_HOLE,
				.len = 400 };

	(void)state;
	put(3);
	assert_int_equal(query(4, 0, 400), -ENOENT);
	assert_int_equal(query(~0U, 0, 400), -ENOENT);
	assert_int_equal(query(0, 0, sizeof(struct holm_trace_part) - 1),
			 -EINVAL);
	assert_int_equal(query(0, 0, sizeof(struct holm_trace_part)), 0);
	assert_int_equal(answer_len, sizeof(struct holm_trace_part));
	assert_int_equal(query(0, ~(u64)0, 400), 0);
	assert_int_equal(answer_len, sizeof(struct holm_trace_part));
	assert_int_equal(
		hc(HC_HOLM_QUERY, bench_put(BENCH_ARG, &q, sizeof(q)), 0),
		-EFAULT);
	/* Only two subjects know where to begin. */
	q = (struct holm_query){ .subject = HOLM_QUERY_INFO,
				 .buf_gpa = BENCH_ARG2,
				 .len = 400 };
	assert_int_equal(
		hc(HC_HOLM_QUERY, bench_put(BENCH_ARG, &q, sizeof(q)), 1),
		-EINVAL);
}

/* A User VM has no trace to see or to switch. */
static void user_vm_is_refused(void **state)
{
	bool inject_ud = false;
	u16 id;

	(void)state;
	bench_take(1, 1);
	id = bench_create(2);
	hypercall_dispatch(bench_vm(id)->vcpu[0], HC_HOLM_TRACE, HOLM_TRACE_ALL,
			   0, &inject_ud);
	assert_true(inject_ud);
	assert_int_equal(trace_events, 0);
	inject_ud = false;
	hypercall_dispatch(bench_vm(id)->vcpu[0], HC_HOLM_QUERY, BENCH_ARG, 0,
			   &inject_ud);
	assert_true(inject_ud);
}

/* What becomes of a request leaves its three records. */
static void request_is_traced(void **state)
{
	struct holm_trace_record rec[8];
	struct holm_trace_part part;
	struct vcpu *v;
	u16 id;

	(void)state;
	bench_take(1, 1);
	id = bench_create_running(2);
	v = bench_vm(id)->vcpu[0];
	trace_set(BIT64(HOLM_TRACE_FINISH) | BIT64(HOLM_TRACE_STATE));
	ioreq_finish(v);
	assert_int_equal(hc(HC_PAUSE_VM, id, 0), 0);
	assert_int_equal(read_at(0, rec, 8, &part), 2);
	assert_int_equal(rec[0].event, HOLM_TRACE_FINISH);
	assert_int_equal(rec[0].vm, id);
	assert_int_equal(rec[1].event, HOLM_TRACE_STATE);
	assert_int_equal(rec[1].arg[0], VM_STATE_RUNNING);
	assert_int_equal(rec[1].arg[1], VM_STATE_PAUSED);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(off_and_on),
		TEST(own_ring),
		TEST(oldest_goes),
		TEST(reader_beside_writer),
		TEST(dump),
		TEST(calls),
		TEST(bad_queries),
		TEST(user_vm_is_refused),
		TEST(request_is_traced),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
