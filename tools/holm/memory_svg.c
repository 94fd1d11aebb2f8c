/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The picture: the machine's memory as a bar from low to high addresses, the
 * User VMs' views of it beside, tied to where their pages are. Heights grow
 * with the logarithm of the size, so that a page and a gigabyte both show.
 */
#include "holm/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "holm/names.h"

#define WIDTH    920
#define TOP      90
#define CPU_H    44 /* the row of CPUs, its heading included */
#define CPU_W    86
#define BAR_X    170
#define BAR_W    250
#define VIEW_X   620
#define VIEW_W   230
#define GAP      14
#define MIN_H    20.0
#define DOUBLE_H 2.4 /* for each doubling of the size */

static const char *const colours[] = {
	[SPAN_HOLE] = "#f4f4f4",    [SPAN_FIRMWARE] = "#c9c9c9",
	[SPAN_HOLM] = "#d9722e",    [SPAN_DEVICE] = "#f0b88a",
	[SPAN_SERVICE] = "#8fb8de",
};

static const char *const user_colours[] = {
	"#7fbf7b", "#c39bd3", "#f1d05f", "#76c7c0", "#e79aa5", "#b7c26b",
};

#define USER_COLOURS (sizeof(user_colours) / sizeof(user_colours[0]))

static const char *colour_of(enum span_kind kind, uint32_t slot)
{
	return kind == SPAN_USER ? user_colours[slot % USER_COLOURS]
				 : colours[kind];
}

static double height_of(uint64_t size)
{
	double h = MIN_H;

	/* A hole may be half the address space: no more than a terabyte. */
	for (size >>= 12; size > 1 && h < 90; size >>= 1)
		h += DOUBLE_H;
	return h;
}

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '<' || c == '>' || c == '&' || c < 0x20 || c >= 0x7f)
			fprintf(out, "&#%u;", c < 0x20 ? '?' : c);
		else
			fputc(c, out);
	}
}

struct box {
	double x, y, w, h;
	const char *fill;
};

static void put_box(FILE *out, const struct box *b, const char *title)
{
	fprintf(out,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
		"fill=\"%s\" stroke=\"#555\" stroke-width=\"0.6\"><title>",
		b->x, b->y, b->w, b->h, b->fill);
	put_text(out, title);
	fprintf(out, "</title></rect>\n");
}

static void put_label(FILE *out, double x, double y, const char *anchor,
		      const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y,
		anchor);
	put_text(out, text);
	fprintf(out, "</text>\n");
}

static void put_address(FILE *out, double x, double y, uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "%#" PRIx64, address);
	put_label(out, x, y + 4, "end", text);
}

static double put_span(FILE *out, const struct span *s, double y)
{
	struct box b = { BAR_X, y, BAR_W, height_of(s->size),
			 colour_of(s->kind, s->slot) };
	char size[32], text[128];

	format_size(s->size, size, sizeof(size));
	if (s->kind == SPAN_HOLE)
		snprintf(text, sizeof(text), "%s, %s", s->what, size);
	else
		snprintf(text, sizeof(text), "%s: %s, %s", s->owner, s->what,
			 size);
	put_box(out, &b, text);
	put_address(out, BAR_X - 8, y, s->base);
	put_label(out, BAR_X + BAR_W / 2.0, y + b.h / 2 + 4, "middle", text);
	return y + b.h;
}

/* Where in the bar an address is; the bar's spans have @y[i] as their top. */
static double y_of(const struct memmap *m, const double *y, uint64_t address)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		const struct span *s = &m->span[i];

		if (address - s->base <= s->size)
			return y[i] + (y[i + 1] - y[i]) *
					      (double)(address - s->base) /
					      (double)s->size;
	}
	return y[m->n];
}

/* Ties [@top, @bottom) of a VM's side to where the pages are. */
static void put_tie(FILE *out, const double bar[2], double top, double bottom,
		    const char *fill)
{
	fprintf(out,
		"<path d=\"M%d %.1f L%d %.1f L%d %.1f L%d %.1f Z\" "
		"fill=\"%s\" fill-opacity=\"0.35\"/>\n",
		BAR_X + BAR_W, bar[0], VIEW_X, top, VIEW_X, bottom,
		BAR_X + BAR_W, bar[1], fill);
}

/*
 * How many views from @i on are one stretch to the guest, wherever the pages
 * are, and how long that is.
 */
static size_t stretch(const struct memmap *m, size_t i, uint64_t *size)
{
	const struct view *v = &m->view[i];
	size_t n = 1;

	*size = v->size;
	while (i + n < m->nviews && v[n].slot == v->slot &&
	       v[n].gpa == v->gpa + *size)
		*size += v[n++].size;
	return n;
}

/* A stretch as one box; *@i moves behind it. */
static double put_stretch(FILE *out, const struct memmap *m, const double *y,
			  size_t *i, double at)
{
	const struct view *first = &m->view[*i];
	uint64_t size;
	size_t n = stretch(m, *i, &size);
	struct box b = { VIEW_X, at, VIEW_W, height_of(size),
			 colour_of(SPAN_USER, first->slot) };
	char length[32], text[64];
	const struct view *v;

	for (v = first; v < first + n; v++) {
		double off = (double)(v->gpa - first->gpa) / (double)size;
		double end = off + (double)v->size / (double)size;
		const double bar[2] = { y_of(m, y, v->hpa),
					y_of(m, y, v->hpa + v->size) };

		put_tie(out, bar, at + b.h * off, at + b.h * end, b.fill);
	}
	format_size(size, length, sizeof(length));
	snprintf(text, sizeof(text), "RAM, %s in %zu piece%s", length, n,
		 n == 1 ? "" : "s");
	put_box(out, &b, text);
	put_address(out, VIEW_X - 8, at + 8, first->gpa);
	put_label(out, VIEW_X + VIEW_W / 2.0, at + b.h / 2 + 4, "middle", text);
	*i += n;
	return at + b.h + 4;
}

static double put_vm(FILE *out, const struct memmap *m, const double *y,
		     const struct holm_vm *vm, const char *sort, double at)
{
	char text[96];
	size_t i = 0;

	snprintf(text, sizeof(text),
		 "%s %s (%" PRIu64 " pages of Holm's pool map it):", sort,
		 vm->name, vm->s2_pages);
	put_label(out, VIEW_X, at + 10, "start", text);
	at += 18;
	while (i < m->nviews) {
		if (m->view[i].slot == vm->slot)
			at = put_stretch(out, m, y, &i, at);
		else
			i++;
	}
	return at + GAP;
}

#define PER_ROW ((WIDTH - 40) / CPU_W)

static double cpus_height(const struct owners *o)
{
	return o && o->cpus ? 20.0 + CPU_H * (double)((o->cpus + PER_ROW - 1) /
						      PER_ROW)
			    : 0;
}

static void put_cpu(FILE *out, const struct vms *vms, const struct holm_cpu *c,
		    size_t nr)
{
	struct box b = { 20 + CPU_W * (double)(nr % PER_ROW),
			 TOP + CPU_H * (double)(nr / PER_ROW), CPU_W - 6,
			 CPU_H - 8, colours[SPAN_HOLE] };
	const char *owner = "idle";
	char text[32];
	size_t i;

	for (i = 0; i < vms->n; i++) {
		const struct holm_vm *vm = &vms->vm[i];

		if (vm->slot != c->owner_vm)
			continue;
		owner = vm->name;
		b.fill = colour_of(vm->vmid ? SPAN_USER : SPAN_SERVICE,
				   vm->slot);
	}
	snprintf(text, sizeof(text), "CPU %zu", nr);
	put_box(out, &b, owner);
	put_label(out, b.x + b.w / 2, b.y + 15, "middle", text);
	put_label(out, b.x + b.w / 2, b.y + 29, "middle", owner);
}

static void put_cpus(FILE *out, const struct vms *vms, const struct owners *o)
{
	size_t i;

	if (!o || !o->cpus)
		return;
	put_label(out, 20, TOP - 10, "start", "CPUs");
	for (i = 0; i < o->cpus; i++)
		put_cpu(out, vms, &o->cpu[i], i);
}

static double total_height(const struct memmap *m, const struct vms *vms,
			   double top)
{
	double bar = top, views = top;
	uint64_t size;
	size_t i;

	for (i = 0; i < m->n; i++)
		bar += height_of(m->span[i].size);
	for (i = 0; i < vms->n; i++)
		views += 18 + GAP;
	for (i = 0; i < m->nviews; i += stretch(m, i, &size))
		views += 94;
	return (bar > views ? bar : views) + 30;
}

static void put_head(FILE *out, const struct memmap *m, double height,
		     const struct holm_info *info, double top)
{
	char ram[32], own[32], text[160];

	format_size(info->ram_bytes & ~0xfffffULL, ram, sizeof(ram));
	format_size(memmap_owned(m, "Holm"), own, sizeof(own));
	snprintf(text, sizeof(text),
		 "%s of RAM; Holm has %s, %" PRIu64 " of %" PRIu64
		 " pages of its pool are in use",
		 ram, own, info->pool_used, info->pool_pages);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%.0f\" viewBox=\"0 0 %d %.0f\" "
		"font-family=\"sans-serif\" font-size=\"11\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
		"<text x=\"20\" y=\"30\" font-size=\"18\">Who owns the "
		"machine%s</text>\n",
		WIDTH, height, WIDTH, height, top > TOP ? "" : "'s memory");
	put_label(out, 20, 52, "start", text);
	put_label(out, BAR_X, top - 10, "start", "The machine");
}

void memory_svg(FILE *out, const struct memmap *m, const struct vms *vms,
		const struct holm_info *info, const struct owners *o)
{
	double *y = calloc(m->n + 1, sizeof(*y));
	const double top = TOP + cpus_height(o);
	double at = top;
	size_t i;

	if (!y)
		return;
	put_head(out, m, total_height(m, vms, top), info, top);
	put_cpus(out, vms, o);
	y[0] = top;
	for (i = 0; i < m->n; i++)
		y[i + 1] = put_span(out, &m->span[i], y[i]);
	if (m->n)
		put_address(out, BAR_X - 8, y[m->n],
			    m->span[m->n - 1].base + m->span[m->n - 1].size);
	for (i = 0; i < vms->n; i++) {
		const uint32_t slot = vms->vm[i].slot;
		const bool cell = o && o->is_cell(o, slot);

		if (vms->vm[i].vmid != 0)
			at = put_vm(out, m, y, &vms->vm[i],
				    cell ? "Cell" : "User VM", at);
	}
	fprintf(out, "</svg>\n");
	free(y);
}
