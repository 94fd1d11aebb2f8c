/* SPDX-License-Identifier: BSD-2-Clause */
/* holm cell load NAME {IMAGE | -s STRING} [-a ADDRESS] ... */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "abi/holm_ioctl.h"
#include "holm/cell_life.h"

/* A cell starts 16 bytes below 1 MiB unless its description says otherwise. */
#define DEFAULT_ADDRESS 0xf0000U
#define PIECES_MAX      HOLM_ARGS

struct piece {
	const char *path; /* NULL: a string */
	const char *text;
	uint64_t address;
};

static int parse_address(const struct holm *h, const char *word, uint64_t *out)
{
	char *end = NULL;

	errno = 0;
	if (word && isdigit((unsigned char)*word))
		*out = strtoull(word, &end, 0);
	if (end && !*end && !errno)
		return STATUS_DONE;
	return say(h, STATUS_USAGE, "-a %s: must be an address, such as 0x1000",
		   word ? word : "");
}

/* The words of one piece, from *@i on; *@i moves behind them. */
static int parse_piece(const struct holm *h, size_t *i, struct piece *p)
{
	const char *word = h->arg[(*i)++];
	int status = STATUS_DONE;

	*p = (struct piece){ .address = DEFAULT_ADDRESS };
	if (!strcmp(word, "-s")) {
		p->text = *i < h->nargs ? h->arg[(*i)++] : NULL;
		if (!p->text)
			return say(h, STATUS_USAGE, "-s needs a STRING");
	} else if (*word == '-') {
		return say(h, STATUS_USAGE,
			   "'cell load' takes no '%s' here; it takes IMAGE or "
			   "-s STRING, each with -a ADDRESS",
			   word);
	} else {
		p->path = word;
	}
	if (*i < h->nargs && !strcmp(h->arg[*i], "-a")) {
		status = parse_address(
			h, *i + 1 < h->nargs ? h->arg[*i + 1] : NULL,
			&p->address);
		*i += 2;
	}
	return status;
}

static int load_bytes(const struct holm *h, uint32_t id, const void *data,
		      size_t size, uint64_t address)
{
	struct holm_ioc_cell_load args = {
		.id = id,
		.from = (uintptr_t)data,
		.to = address,
		.size = size,
	};

	return cell_control(h, "loaded", HOLM_IOC_CELL_LOAD, &args, NULL);
}

static int load_piece(const struct holm *h, uint32_t id, const struct piece *p)
{
	size_t size;
	void *data;
	int status;

	if (p->text)
		return load_bytes(h, id, p->text, strlen(p->text) + 1,
				  p->address);
	data = cell_read_file(h, p->path, &size);
	if (!data)
		return STATUS_FAILED;
	if (size)
		status = load_bytes(h, id, data, size, p->address);
	else
		status = say(h, STATUS_FAILED, "%s: empty", p->path);
	free(data);
	return status;
}

int do_cell_load(const struct holm *h)
{
	struct piece pieces[PIECES_MAX];
	struct holm_cell cell;
	size_t i = 1, n = 0, k;
	int status = STATUS_DONE;

	while (!status && i < h->nargs && n < PIECES_MAX)
		status = parse_piece(h, &i, &pieces[n++]);
	if (status)
		return status;
	if (!n || i < h->nargs)
		return say(h, STATUS_USAGE,
			   "'cell load' needs pieces: IMAGE or -s STRING, "
			   "each with -a ADDRESS");
	status = cells_get(h, &cell, NULL);
	for (k = 0; !status && k < n; k++)
		status = load_piece(h, cell.id, &pieces[k]);
	return status ? status : cell_report(h, h->name, "loaded");
}
