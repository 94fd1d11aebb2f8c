/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture of a histogram: how often against how long, the first on a
 * scale of powers of ten, since the rare and late is what matters.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "holm/histogram.h"

#define WIDTH  900
#define HEIGHT 420
#define LEFT   70
#define RIGHT  20
#define TOP    80
#define BOTTOM 60
#define PLOT_W (WIDTH - LEFT - RIGHT)
#define PLOT_H (HEIGHT - TOP - BOTTOM)
#define TICKS  6 /* names on the axis of time */

/**
 * struct plot - what part of the histogram is drawn, and how large
 * @from, @to: in ticks
 * @decades: powers of ten that the highest bar reaches, at least 1
 */
struct plot {
	const struct histogram *hist;
	FILE *out;
	double from, to;
	int decades;
};

static double x_of(const struct plot *p, double ticks)
{
	double at = (ticks - p->from) / (p->to - p->from);

	return LEFT + PLOT_W * (at < 0 ? 0 : at > 1 ? 1 : at);
}

static double y_of(const struct plot *p, double count)
{
	double high =
		count < 1 ? 0 : (log10(count) + 0.15) / (p->decades + 0.15);

	return TOP + PLOT_H * (1 - (high > 1 ? 1 : high));
}

static void put_label(const struct plot *p, double x, double y,
		      const char *anchor, const char *text)
{
	fprintf(p->out,
		"<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x,
		y, anchor, text);
}

/* A name may be any printable text. */
static void put_name(FILE *out, const char *name)
{
	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		if (strchr("<>&\"", c))
			fprintf(out, "&#%u;", c);
		else
			fputc(c < 0x20 || c >= 0x7f ? '?' : c, out);
	}
}

static void put_head(const struct plot *p)
{
	const struct histogram *hist = p->hist;
	char text[200];

	fprintf(p->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" viewBox=\"0 0 %d %d\" "
		"font-family=\"sans-serif\" font-size=\"11\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"%d\" y=\"30\" font-size=\"18\">Cell ",
		WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT);
	put_name(p->out, hist->name);
	fprintf(p->out, ": how late</text>\n");
	snprintf(text, sizeof(text),
		 "%" PRIu64 " measured; less than drawn %" PRIu64
		 ", more than the last bucket %" PRIu64 "%s",
		 hist->h.count, hist->h.below, hist->h.above,
		 hist->settled && hist->agrees ? "" : "; figures disagree");
	put_label(p, LEFT, 50, "start", text);
}

static void put_axes(const struct plot *p)
{
	char text[64];
	int n;

	for (n = 0; n <= p->decades; n++) {
		double y = y_of(p, pow(10, n));

		fprintf(p->out, "<path d=\"M%d %.1f H%d\" stroke=\"#ddd\"/>\n",
			LEFT, y, LEFT + PLOT_W);
		snprintf(text, sizeof(text), "%.0f", pow(10, n));
		put_label(p, LEFT - 6, y + 4, "end", text);
	}
	for (n = 0; n <= TICKS; n++) {
		double at = p->from + (p->to - p->from) * n / TICKS;

		snprintf(text, sizeof(text), "%.0f",
			 histogram_time(p->hist, at));
		put_label(p, x_of(p, at), TOP + PLOT_H + 18, "middle", text);
	}
	put_label(p, LEFT + PLOT_W / 2.0, HEIGHT - 12, "middle",
		  histogram_unit(p->hist));
	fprintf(p->out,
		"<path d=\"M%d %d V%d H%d\" fill=\"none\" stroke=\"#333\"/>\n",
		LEFT, TOP, TOP + PLOT_H, LEFT + PLOT_W);
}

static void put_bars(const struct plot *p)
{
	unsigned int n;

	for (n = 0; n < HOLM_COMM_BUCKETS; n++) {
		double from = x_of(p, histogram_edge(p->hist, n));
		double to = x_of(p, histogram_edge(p->hist, n + 1));
		double y = y_of(p, (double)p->hist->h.bucket[n]);

		if (!p->hist->h.bucket[n])
			continue;
		fprintf(p->out,
			"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			"height=\"%.1f\" fill=\"#8fb8de\" stroke=\"#555\" "
			"stroke-width=\"0.4\"><title>%" PRIu64
			"</title></rect>\n",
			from, y, to - from, TOP + PLOT_H - y,
			p->hist->h.bucket[n]);
	}
}

static void put_mark(const struct plot *p, const char *name, double ticks,
		     int row)
{
	double x = x_of(p, ticks);
	char text[64];

	fprintf(p->out,
		"<path d=\"M%.1f %d V%d\" stroke=\"#d9722e\" "
		"stroke-dasharray=\"4 3\"/>\n",
		x, TOP - 4 - 11 * row, TOP + PLOT_H);
	snprintf(text, sizeof(text), "%s %.0f", name,
		 histogram_time(p->hist, ticks));
	put_label(p, x + 3, TOP - 4 - 11 * row,
		  x > LEFT + PLOT_W - 90 ? "end" : "start", text);
}

/* From the first bar to the last, with room for a maximum beyond it. */
static void plot_range(struct plot *p)
{
	unsigned int first = 0, last = 0, n;
	double most = 1;

	histogram_span(p->hist, &first, &last);
	p->from = histogram_edge(p->hist, first);
	p->to = histogram_edge(p->hist, last + 1);
	if (p->to <= p->from)
		p->to = p->from + 1;
	for (n = first; n <= last; n++)
		if ((double)p->hist->h.bucket[n] > most)
			most = (double)p->hist->h.bucket[n];
	p->decades = (int)ceil(log10(most));
	if (p->decades < 1)
		p->decades = 1;
}

void histogram_svg(FILE *out, const struct histogram *hist)
{
	struct plot p = { .hist = hist, .out = out };

	plot_range(&p);
	put_head(&p);
	put_axes(&p);
	put_bars(&p);
	if (hist->h.count) {
		put_mark(&p, "min", (double)hist->h.min, 0);
		put_mark(&p, "avg", histogram_average(hist), 1);
		put_mark(&p, "max", (double)hist->h.max, 0);
	}
	fprintf(out, "</svg>\n");
}
