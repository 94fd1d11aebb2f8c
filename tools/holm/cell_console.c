/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holm cell console: what a cell has written to the ring in its communication
 * region. The cell is not believed and not waited for: what it overwrote
 * before we came is counted, and what would command a terminal is shown
 * instead of sent.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "abi/cell_comm.h"
#include "holm/cells.h"
#include "holm/json.h"

#define FOLLOW_MS 100

struct tap {
	const struct holm *h;
	struct holm_cell cell;
	uint32_t slot;
	uint64_t next; /* the first byte not seen */
	uint64_t lost;
	/* What is new: n bytes. */
	char text[HOLM_COMM_CONSOLE];
	size_t n;
};

static int read_comm(const struct tap *t, struct holm_comm *comm)
{
	return source_read(t->h->src, HOLM_QUERY_CELL_COMM, t->slot, comm,
			   sizeof(*comm));
}

static void skip_to(struct tap *t, uint64_t first)
{
	if (t->next >= first)
		return;
	t->lost += first - t->next;
	t->next = first;
}

/*
 * The cell goes on writing while the page is copied: what it may have
 * overwritten, a second look tells.
 */
static int fetch(struct tap *t)
{
	struct holm_comm comm, later;
	uint64_t head;
	int err = read_comm(t, &comm);

	t->n = 0;
	if (!err)
		err = read_comm(t, &later);
	if (err)
		return err;
	head = comm.console_head;
	/* It began anew, or writes nonsense. */
	if (head < t->next)
		t->next = 0;
	if (later.console_head < head)
		return 0;
	if (later.console_head > HOLM_COMM_CONSOLE)
		skip_to(t, later.console_head - HOLM_COMM_CONSOLE);
	for (; t->next < head; t->next++)
		t->text[t->n++] =
			(char)comm.console[t->next % HOLM_COMM_CONSOLE];
	return 0;
}

static void print_byte(const struct tap *t, unsigned char c)
{
	bool plain = (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t';

	if (plain || t->h->opt.raw)
		putc(c, t->h->out);
	else if (c != '\r')
		fprintf(t->h->out, "\\x%02x", c);
}

static void print_new(struct tap *t)
{
	if (t->lost)
		fprintf(t->h->out, "... %" PRIu64 " bytes lost\n", t->lost);
	t->lost = 0;
	for (size_t i = 0; i < t->n; i++)
		print_byte(t, (unsigned char)t->text[i]);
	fflush(t->h->out);
}

/* A text ends at its first 0; what comes behind is text as well. */
static void drop_zeros(struct tap *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->text[i])
			t->text[n++] = t->text[i];
	t->n = n;
}

static int print_json(struct tap *t)
{
	struct json js;

	drop_zeros(t);
	json_begin(&js, t->h->out, SCHEMA);
	json_text(&js, "name", t->cell.name, sizeof(t->cell.name));
	json_text(&js, "state", name_of_cell_state(t->cell.state), 16);
	json_number(&js, "written", t->next);
	json_number(&js, "lost", t->lost);
	json_text(&js, "text", t->text, t->n);
	json_end(&js);
	return STATUS_DONE;
}

/* In its slot there may be another cell by now. */
static bool is_there(const struct tap *t)
{
	struct holm_cell now;

	return !source_read(t->h->src, HOLM_QUERY_CELL, t->slot, &now,
			    sizeof(now)) &&
	       now.id == t->cell.id &&
	       !strncmp(now.name, t->cell.name, sizeof(now.name));
}

static int follow(struct tap *t)
{
	const struct timespec nap = { 0, FOLLOW_MS * 1000000L };

	do {
		print_new(t);
		nanosleep(&nap, NULL);
	} while (is_there(t) && !fetch(t));
	fprintf(t->h->err, "holm: %s is gone\n", t->cell.name);
	return STATUS_DONE;
}

int do_cell_console(const struct holm *h)
{
	struct tap t = { .h = h };
	int err, status = cells_get(h, &t.cell, &t.slot);

	if (status)
		return status;
	if (h->opt.json && h->opt.follow)
		return say(h, STATUS_USAGE,
			   "--json and --follow do not go together");
	err = fetch(&t);
	if (err == -ENOENT)
		return say(h, STATUS_BUSY,
			   "'%s' has no communication region to write to",
			   h->name);
	if (err)
		return say_query(h, "console", err);
	if (h->opt.json)
		return print_json(&t);
	if (h->opt.follow)
		return follow(&t);
	print_new(&t);
	return STATUS_DONE;
}
