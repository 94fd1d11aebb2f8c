/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/histogram.h"

#include <errno.h>
#include <string.h>

/* How often a cell may be in the midst of writing before we take it so. */
#define TRIES 50

static int read_page(const struct source *src, uint32_t slot,
		     struct holm_comm *comm)
{
	return source_read(src, HOLM_QUERY_CELL_COMM, slot, comm,
			   sizeof(*comm));
}

/*
 * The page is copied while the cell runs. Nobody wrote the histogram during
 * the copy if its number was even then, and is the same afterwards.
 */
static int read_settled(const struct source *src, uint32_t slot,
			struct histogram *hist)
{
	struct holm_comm now, next;
	int err = read_page(src, slot, &now), tries;

	hist->settled = false;
	for (tries = 0; !err && tries < TRIES; tries++) {
		err = read_page(src, slot, &next);
		if (err)
			break;
		hist->settled = !(now.histogram.seq & 1) &&
				now.histogram.seq == next.histogram.seq;
		if (hist->settled)
			break;
		now = next;
	}
	hist->h = now.histogram;
	return err;
}

void histogram_check(struct histogram *hist)
{
	const struct holm_comm_histogram *h = &hist->h;
	uint64_t sum = h->below + h->above;
	bool wraps = sum < h->below;
	unsigned int n;

	hist->total = (double)h->below + (double)h->above;
	for (n = 0; n < HOLM_COMM_BUCKETS; n++) {
		hist->total += (double)h->bucket[n];
		sum += h->bucket[n];
		wraps |= sum < h->bucket[n];
	}
	hist->agrees = !wraps && sum == h->count &&
		       (h->count == 0 || h->min <= h->max);
}

int histogram_read(const struct source *src, uint32_t slot,
		   struct histogram *hist)
{
	struct holm_info info;
	int err = source_read(src, HOLM_QUERY_INFO, 0, &info, sizeof(info));

	memset(hist, 0, sizeof(*hist));
	if (!err)
		err = read_settled(src, slot, hist);
	if (err)
		return err;
	hist->tsc_khz = info.tsc_khz;
	if (hist->h.width == 0)
		return -ENODATA;
	histogram_check(hist);
	return 0;
}

double histogram_time(const struct histogram *hist, double ticks)
{
	return hist->tsc_khz ? ticks * 1e6 / (double)hist->tsc_khz : ticks;
}

const char *histogram_unit(const struct histogram *hist)
{
	return hist->tsc_khz ? "ns" : "ticks";
}

double histogram_edge(const struct histogram *hist, unsigned int n)
{
	return (double)hist->h.first + (double)n * (double)hist->h.width;
}

double histogram_average(const struct histogram *hist)
{
	return hist->h.count ? (double)hist->h.sum / (double)hist->h.count : 0;
}

bool histogram_span(const struct histogram *hist, unsigned int *first,
		    unsigned int *last)
{
	bool any = false;
	unsigned int n;

	for (n = 0; n < HOLM_COMM_BUCKETS; n++) {
		if (!hist->h.bucket[n])
			continue;
		*first = any ? *first : n;
		*last = n;
		any = true;
	}
	return any;
}
