/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/histogram.h"

#include "lib/comm.h"
#include "lib/cpu.h"
#include "lib/string.h"

static struct holm_comm_histogram own;

static struct holm_comm_histogram *place(void)
{
	return comm ? &comm->histogram : &own;
}

const struct holm_comm_histogram *histogram(void)
{
	return place();
}

static void begin(struct holm_comm_histogram *h)
{
	publish(&h->seq, h->seq | 1);
}

static void end(struct holm_comm_histogram *h)
{
	publish(&h->seq, h->seq + 1);
}

void histogram_init(u64 first, u64 width)
{
	struct holm_comm_histogram *h = place();

	begin(h);
	memset(&h->first, 0, sizeof(*h) - offsetof(typeof(*h), first));
	h->first = first;
	h->width = MAX(width, (u64)1);
	h->min = ~(u64)0;
	end(h);
}

void histogram_add(u64 ticks)
{
	struct holm_comm_histogram *h = place();
	u64 n = (ticks - h->first) / h->width;

	begin(h);
	h->count++;
	h->sum += ticks;
	h->min = MIN(h->min, ticks);
	h->max = MAX(h->max, ticks);
	if (ticks < h->first)
		h->below++;
	else if (n >= HOLM_COMM_BUCKETS)
		h->above++;
	else
		h->bucket[n]++;
	end(h);
}
