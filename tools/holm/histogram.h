/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a cell has measured: the histogram in its communication region. The
 * cell wrote it and may have written anything: every number is one that any
 * other may contradict, and no sum of them overflows into a lie.
 */
#ifndef HOLM_HISTOGRAM_H
#define HOLM_HISTOGRAM_H

#include "abi/cell_comm.h"
#include "holm/holm.h"

/**
 * struct histogram - one that was looked at
 * @name: the cell's
 * @tsc_khz: the hypervisor's word, not the cell's; 0: unknown
 * @settled: the cell was not writing it; else figures may not agree
 * @agrees: its own sums are right
 * @total: what the buckets, below and above have, all in all
 * @h: as the cell wrote it
 */
struct histogram {
	char name[16];
	uint64_t tsc_khz;
	bool settled;
	bool agrees;
	double total;
	struct holm_comm_histogram h;
};

/** From the cell in @slot. 0, -ENODATA if it has none, a negative errno. */
int histogram_read(const struct source *src, uint32_t slot,
		   struct histogram *hist);

/** Check the cell's sums: sets agrees and total. */
void histogram_check(struct histogram *hist);

/** Nanoseconds, or ticks where the frequency is unknown, and their name. */
double histogram_time(const struct histogram *hist, double ticks);
const char *histogram_unit(const struct histogram *hist);

/** Where bucket @n begins, in ticks; n may be HOLM_COMM_BUCKETS. */
double histogram_edge(const struct histogram *hist, unsigned int n);

/** The average, in ticks; 0 if there is nothing. */
double histogram_average(const struct histogram *hist);

/** First and last bucket that have something; false if none has. */
bool histogram_span(const struct histogram *hist, unsigned int *first,
		    unsigned int *last);

/** As a picture of its own. */
void histogram_svg(FILE *out, const struct histogram *hist);

/** `holm cell stats NAME --histogram`. Returns an exit status. */
int show_histogram(const struct holm *h);

#endif
