/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace, on real exits. */
#include "abi/holm_trace.h"
#include "kit/hc.h"
#include "kit/test.h"

#define PROBE_LEAF 0x4000aaaa
#define RECORDS    96

static struct {
	struct holm_trace_part part;
	struct holm_trace_record rec[RECORDS];
} out;

/** Read CPU 0's ring from @from on; records got. */
static u32 read_from(u64 from)
{
	s64 n = hc_query_from(HOLM_QUERY_TRACE, 0, from, &out, sizeof(out));

	if (n < (s64)sizeof(out.part))
		test_abort("reading the trace: %s", hc_error(n));
	return (u32)((u64)n - sizeof(out.part)) / (u32)sizeof(out.rec[0]);
}

static u64 head(void)
{
	read_from(~0ULL);
	return out.part.head;
}

static void set(u64 events)
{
	check_eq(hypercall(HC_HOLM_TRACE, events, 0), 0, "switching the trace");
	check_eq(hc_info().trace_events, events, "what is traced");
}

static void off_at_start(void)
{
	u64 before = head();

	check_eq(hc_info().trace_events, 0, "events at start");
	x86_cpuid(PROBE_LEAF, 0);
	check_eq(head(), before, "records while it is off");
}

/* An entry, the exit that we caused, and what it was about. */
static void exits_are_traced(void)
{
	u64 from = head();
	u32 found = 0, n;

	set(BIT64(HOLM_TRACE_ENTER) | BIT64(HOLM_TRACE_EXIT));
	x86_cpuid(PROBE_LEAF, 0);
	n = read_from(from);
	set(0);
	for (u32 i = 1; i < n; i++) {
		const struct holm_trace_record *r = &out.rec[i];

		check(r->tsc >= r[-1].tsc, "record %u goes back in time", i);
		check_eq(r->cpu, 0, "CPU of record %u", i);
		if (r->event != HOLM_TRACE_EXIT ||
		    r->arg[0] != HOLM_EXIT_CPUID || r->arg[2] != PROBE_LEAF)
			continue;
		found++;
		check_eq(r[-1].event, HOLM_TRACE_ENTER, "what came before");
		check_eq(r->vm, 0, "its VM");
		check_eq(r->vcpu, 0, "its vCPU");
	}
	check_eq(found, 1, "exits by our CPUID");
}

static void calls_are_traced(void)
{
	u64 from = head();
	u32 n, found = 0;

	set(BIT64(HOLM_TRACE_HYPERCALL));
	hypercall(HC_START_VM, 99, 0);
	n = read_from(from);
	set(0);
	for (u32 i = 0; i < n; i++)
		if (out.rec[i].event == HOLM_TRACE_HYPERCALL &&
		    out.rec[i].arg[0] == HC_START_VM) {
			check_eq((s64)out.rec[i].arg[1], -ENOTTY, "result");
			found++;
		}
	check_eq(found, 1, "calls found");
}

/* A ring that ran over says how much is lost, and has the newest. */
static void loss_is_counted(void)
{
	u64 from = head();

	set(BIT64(HOLM_TRACE_EXIT));
	for (u32 i = 0; i < 5000; i++)
		x86_cpuid(PROBE_LEAF, 0);
	set(0);
	read_from(from);
	check(out.part.first > from, "nothing was lost of 5000 records");
	check(out.part.head - from > 5000, "too few records: %lu",
	      out.part.head - from);
	check(out.part.head - out.part.first < 4096, "more than there are");
}

static void bad_calls(void)
{
	check_eq(hypercall(HC_HOLM_TRACE, HOLM_TRACE_ALL + 1, 0), -EINVAL,
		 "an event that is none");
	check_eq(hypercall(HC_HOLM_TRACE, 0, 1), -EINVAL, "RSI not 0");
	check_eq(hc_query_from(HOLM_QUERY_TRACE, 1000, 0, &out, sizeof(out)),
		 -ENOENT, "a CPU that is none");
	check_eq(hc_query_from(HOLM_QUERY_TRACE, 0, 0, &out, 8), -EINVAL,
		 "too short a buffer");
	check_eq(hc_query_from(HOLM_QUERY_INFO, 0, 1, &out, 8), -EINVAL,
		 "a subject that begins at nothing");
	check_eq(hc_info().trace_events, 0, "what is traced after that");
}

/* clang-format off */
const struct test tests[] = {
	{ "off_at_start", off_at_start },
	{ "exits_are_traced", exits_are_traced },
	{ "calls_are_traced", calls_are_traced },
	{ "loss_is_counted", loss_is_counted },
	{ "bad_calls", bad_calls },
	{ NULL, NULL },
};
/* clang-format on */
