/* SPDX-License-Identifier: BSD-2-Clause */
/* A cell's histogram as lines and as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "holm/cells.h"
#include "holm/histogram.h"
#include "holm/json.h"

#define BAR  40
#define ROWS 24

static const char bar[BAR + 1] = "########################################";

/* What @each buckets from @n on have, no more than a number can say. */
static uint64_t row_of(const struct histogram *hist, unsigned int n,
		       unsigned int each)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = n; i < n + each && i < HOLM_COMM_BUCKETS; i++) {
		if (sum + hist->h.bucket[i] < sum)
			return UINT64_MAX;
		sum += hist->h.bucket[i];
	}
	return sum;
}

static uint64_t highest(const struct histogram *hist, unsigned int first,
			unsigned int each)
{
	uint64_t most = hist->h.below;
	unsigned int n;

	if (hist->h.above > most)
		most = hist->h.above;
	for (n = first; n < HOLM_COMM_BUCKETS; n += each)
		if (row_of(hist, n, each) > most)
			most = row_of(hist, n, each);
	return most;
}

/* Whatever came at all has a mark, so that the rare does not vanish. */
static void put_row(FILE *out, const char *range, uint64_t count, uint64_t most)
{
	int len = most ? (int)(BAR * ((double)count / (double)most)) : 0;

	if (count && len == 0)
		len = 1;
	fprintf(out, "  %22s  %12" PRIu64 "%s%.*s\n", range, count,
		len ? "  " : "", len, bar);
}

/* Several buckets make a row where there would be too many. */
static void put_rows(FILE *out, const struct histogram *hist)
{
	unsigned int first = 1, last = 0, n, each = 1;
	uint64_t most;
	char range[64];

	if (!histogram_span(hist, &first, &last) && !hist->h.below &&
	    !hist->h.above)
		fprintf(out, "  nothing measured yet\n");
	if (last >= first)
		each = (last - first) / ROWS + 1;
	most = highest(hist, first, each);
	if (hist->h.below)
		put_row(out, "less", hist->h.below, most);
	for (n = first; n <= last; n += each) {
		snprintf(range, sizeof(range), "%.0f - %.0f",
			 histogram_time(hist, histogram_edge(hist, n)),
			 histogram_time(hist, histogram_edge(hist, n + each)));
		put_row(out, range, row_of(hist, n, each), most);
	}
	if (hist->h.above)
		put_row(out, "more", hist->h.above, most);
}

static void put_doubts(FILE *out, const struct histogram *hist)
{
	if (!hist->settled)
		fprintf(out, "  the cell was writing it all the time: figures"
			     " may be of different moments\n");
	else if (!hist->agrees)
		fprintf(out, "  the cell's own sums are wrong\n");
}

static void put_text(FILE *out, const struct histogram *hist)
{
	const char *unit = histogram_unit(hist);

	fprintf(out, "%s: %" PRIu64 " measured", hist->name, hist->h.count);
	if (hist->h.count)
		fprintf(out, "; min %.0f, avg %.0f, max %.0f %s",
			histogram_time(hist, (double)hist->h.min),
			histogram_time(hist, histogram_average(hist)),
			histogram_time(hist, (double)hist->h.max), unit);
	fprintf(out, "\n  %22s  %12s\n", unit, "count");
	put_rows(out, hist);
	put_doubts(out, hist);
}

static void put_buckets(struct json *js, const struct histogram *hist)
{
	unsigned int n;

	json_open(js, "buckets", '[');
	for (n = 0; n < HOLM_COMM_BUCKETS; n++)
		json_number(js, NULL, hist->h.bucket[n]);
	json_close(js, ']');
}

static void put_json(FILE *out, const struct histogram *hist)
{
	const struct holm_comm_histogram *h = &hist->h;
	struct json js;

	json_begin(&js, out, SCHEMA);
	json_open(&js, "histogram", '{');
	json_text(&js, "cell", hist->name, sizeof(hist->name));
	json_bool(&js, "settled", hist->settled);
	json_bool(&js, "agrees", hist->agrees);
	json_number(&js, "tsc_khz", hist->tsc_khz);
	json_number(&js, "first", h->first);
	json_number(&js, "width", h->width);
	json_number(&js, "count", h->count);
	json_number(&js, "min", h->count ? h->min : 0);
	json_number(&js, "max", h->max);
	json_number(&js, "sum", h->sum);
	json_number(&js, "below", h->below);
	json_number(&js, "above", h->above);
	put_buckets(&js, hist);
	json_close(&js, '}');
	json_end(&js);
}

int show_histogram(const struct holm *h)
{
	struct histogram hist;
	struct holm_cell cell;
	uint32_t slot;
	int status, err;

	if (!h->name)
		return say(h, STATUS_USAGE,
			   "--histogram is of one cell: name"
			   " it");
	status = cells_get(h, &cell, &slot);
	if (status)
		return status;
	err = histogram_read(h->src, slot, &hist);
	if (err == -ENODATA || err == -ENOENT)
		return say(h, STATUS_FAILED, "cell %s: it has %s", h->name,
			   err == -ENODATA ? "no histogram"
					   : "no communication region");
	if (err)
		return say_query(h, "histogram", err);
	memcpy(hist.name, cell.name, sizeof(hist.name) - 1);
	if (h->opt.svg)
		histogram_svg(h->out, &hist);
	else if (h->opt.json)
		put_json(h->out, &hist);
	else
		put_text(h->out, &hist);
	return STATUS_DONE;
}
