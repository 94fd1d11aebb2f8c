/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holm cell linux FILE KERNEL [-i INITRD] [-c CMDLINE]: create, load and
 * start in one, with what the kernel needs of this machine's tables. If a step
 * fails, the cell is gone again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "abi/holm_ioctl.h"
#include "cell/compile.h"
#include "cell/linux.h"
#include "holm/cell_life.h"

#define FUNCTION_DIR "/sys/bus/pci/devices"
#define BARS         6 /* lines of the file resource that are BARs */
#define WINDOWS_MAX  64
#define RESOURCE_IO  0x100 /* linux/ioport.h */

struct boot {
	const struct holm *h;
	struct cell_linux_params params;
	struct cell_linux pieces;
	struct linux_window window[WINDOWS_MAX];
};

/* The words after FILE and KERNEL. */
static int parse_words(struct boot *b)
{
	const struct holm *h = b->h;
	unsigned int i;

	if (h->nargs < 2 || *h->arg[1] == '-')
		return say(h, STATUS_USAGE, "'cell linux' needs FILE KERNEL");
	b->params.kernel = h->arg[1];
	for (i = 2; i < h->nargs; i += 2) {
		const char **to = NULL;

		if (!strcmp(h->arg[i], "-i"))
			to = &b->params.initrd;
		else if (!strcmp(h->arg[i], "-c"))
			to = &b->params.cmdline;
		if (!to || *to || i + 1 == h->nargs)
			return say(h, STATUS_USAGE,
				   "'cell linux' takes no '%s' here; after FILE"
				   " KERNEL it takes -i INITRD and -c CMDLINE",
				   h->arg[i]);
		*to = h->arg[i + 1];
	}
	return STATUS_DONE;
}

static void add_window(struct boot *b, uint32_t bdf, const char *line)
{
	uint64_t first, last, flags;

	if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &first, &last,
		   &flags) != 3 ||
	    !flags || b->params.windows == WINDOWS_MAX)
		return;
	b->window[b->params.windows++] = (struct linux_window){
		.first = first,
		.last = last,
		.is_io = flags & RESOURCE_IO,
		.bus = (uint8_t)(bdf >> 8),
	};
}

/* Where the BARs of a function are; they stay there. */
static void read_windows(struct boot *b, uint32_t bdf)
{
	char path[80], line[80];
	unsigned int i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/0000:%02x:%02x.%x/resource",
		 FUNCTION_DIR, bdf >> 8 & 0xff, bdf >> 3 & 0x1f, bdf & 7);
	f = fopen(path, "re");
	for (i = 0; f && i < BARS && fgets(line, sizeof(line), f); i++)
		add_window(b, bdf, line);
	if (f)
		fclose(f);
}

/* The description is ready but for where the kernel's entry will be. */
static int prepare(struct holm_cell_desc *desc, void *arg)
{
	struct boot *b = arg;
	const struct holm_cell_pci *p = NULL;
	struct dm_error err;

	while ((p = cell_record_next(desc, HOLM_CELL_R_PCI, p)))
		read_windows(b, p->bdf);
	if (cell_linux_build(desc, &b->params, &b->pieces, &err))
		return say(b->h, STATUS_FAILED, "%s: %s", b->h->name, err.text);
	desc->entry = b->pieces.entry;
	desc->flags |= HOLM_CELL_F_START32;
	desc->checksum = cell_checksum(desc, desc->size);
	return STATUS_DONE;
}

static int load(const struct boot *b, uint32_t id)
{
	int status = STATUS_DONE;
	unsigned int i;

	for (i = 0; !status && i < b->pieces.pieces; i++) {
		const struct linux_piece *p = &b->pieces.piece[i];
		struct holm_ioc_cell_load args = {
			.id = id,
			.from = (uintptr_t)p->data,
			.to = p->to,
			.size = p->size,
		};

		status = cell_control(b->h, "loaded", HOLM_IOC_CELL_LOAD, &args,
				      NULL);
	}
	return status;
}

static int boot(struct boot *b, const struct cell_config *cfg)
{
	const struct cell_edit edit = { prepare, b };
	const struct holm *h = b->h;
	void *arg;
	int id, status;

	status = cell_create_config(h, cfg, &edit, &id);
	if (status)
		return status;
	arg = (void *)(uintptr_t)(uint32_t)id;
	status = load(b, (uint32_t)id);
	if (!status)
		status = cell_control(h, "started", HOLM_IOC_CELL_START, arg,
				      NULL);
	if (status) {
		cell_control(h, "destroyed", HOLM_IOC_CELL_DESTROY, arg, NULL);
		return status;
	}
	return cell_report(h, cfg->name.text, "started");
}

int do_cell_linux(const struct holm *h)
{
	struct boot *b = calloc(1, sizeof(*b));
	struct cell_config *cfg;
	int status;

	if (!b)
		return say(h, STATUS_FAILED, "no memory");
	b->h = h;
	b->params.window = b->window;
	status = parse_words(b);
	if (!status && cell_config_load(h->name, &cfg, h->err))
		status = STATUS_FAILED;
	if (!status) {
		madt_read("", &b->params.madt);
		status = boot(b, cfg);
		cell_linux_free(&b->pieces);
		madt_free(&b->params.madt);
		cell_config_free(cfg);
	}
	free(b);
	return status;
}
