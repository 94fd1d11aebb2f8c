/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace: what is recorded, and reading it. */
#include "hypercall/call.h"
#include "lib/errno.h"

#define RECORDS 16U /* copied at once */

int hc_decode_trace(struct hc_call *call)
{
	if (call->arg1 & ~HOLM_TRACE_ALL || call->arg2)
		return -EINVAL;
	return 0;
}

s64 hc_act_trace(struct hc_call *call)
{
	trace_set(call->arg1);
	return 0;
}

/* The records of the answer, so that its head can be told. */
static int add_records(struct hc_call *call, const struct trace_ring *ring,
		       struct holm_trace_part *part)
{
	const struct holm_query *q = &call->u.query;
	struct holm_trace_record rec[RECORDS];
	struct holm_trace_part at;
	u64 next = call->arg2;
	bool first = true;
	u32 n = 1;
	int rc = 0;

	while (rc == 0 && n) {
		u32 room = (q->len - q->out_len) / (u32)sizeof(rec[0]);

		n = trace_read(ring, next, rec, MIN(room, RECORDS), &at);
		if (first)
			*part = at;
		/* What follows a hole belongs into the next answer. */
		else if (at.first != next)
			break;
		first = false;
		next = at.first + n;
		rc = hc_query_add(call, rec, n * (u32)sizeof(rec[0]));
	}
	return rc;
}

int hc_query_trace(struct hc_call *call)
{
	struct holm_query *q = &call->u.query;
	struct holm_trace_part part = { 0 };
	const struct cpu *cpu;
	int rc;

	if (q->index >= cpu_count())
		return -ENOENT;
	if (q->len < sizeof(part))
		return -EINVAL;
	cpu = cpu_get(q->index);
	if (!cpu->trace)
		return -ENOENT;
	rc = hc_query_add(call, &part, sizeof(part));
	if (rc == 0)
		rc = add_records(call, cpu->trace, &part);
	if (rc)
		return rc;
	return hc_write(call, q->buf_gpa, &part, sizeof(part));
}
