/* SPDX-License-Identifier: BSD-2-Clause */
/* holm cell start, shutdown, destroy; what changes of cells have in common. */
#include "holm/cell_life.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/holm_ioctl.h"
#include "holm/cell_ask.h"
#include "holm/json.h"

#define FILE_MAX    (1UL << 30)
#define ASK_SECONDS 30

static const struct {
	int err;
	enum status status;
} statuses[] = {
	{ -ENOENT, STATUS_NOT_FOUND },
	{ -EBUSY, STATUS_BUSY },
	{ -EPERM, STATUS_BUSY },
};

static enum status status_of(int err)
{
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].err == err)
			return statuses[i].status;
	return STATUS_FAILED;
}

int cell_control(const struct holm *h, const char *what, unsigned long request,
		 void *arg, int *result)
{
	struct why why;
	int rc;

	why_begin(h, &why);
	rc = h->src->control(h->src->ctx, request, arg);
	if (rc < 0) {
		say(h, STATUS_FAILED, "'%s' is not %s: %s", h->name, what,
		    rc == -EPERM ? "its state does not allow it"
				 : strerror(-rc));
		why_tell(h, &why);
		return (int)status_of(rc);
	}
	why_end(&why);
	if (result)
		*result = rc;
	return STATUS_DONE;
}

int cell_report(const struct holm *h, const char *name, const char *result)
{
	struct json js;

	if (!h->opt.json) {
		fprintf(h->out, "%s: %s\n", name, result);
		return STATUS_DONE;
	}
	json_begin(&js, h->out, SCHEMA);
	json_text(&js, "name", name, HOLM_CELL_NAME);
	json_text(&js, "result", result, 32);
	json_end(&js);
	return STATUS_DONE;
}

static void *read_all(int fd, size_t size)
{
	char *data = malloc(size ? size : 1);
	size_t got = 0;
	ssize_t n = 1;

	while (data && got < size && n > 0) {
		n = read(fd, data + got, size - got);
		got += n > 0 ? (size_t)n : 0;
	}
	if (got == size)
		return data;
	/* Shorter than it was a moment ago. */
	errno = n < 0 ? errno : EIO;
	free(data);
	return NULL;
}

void *cell_read_file(const struct holm *h, const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		say(h, STATUS_FAILED, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) ||
		   (unsigned long)st.st_size > FILE_MAX) {
		say(h, STATUS_FAILED, "%s: not a file of at most 1 GiB", path);
	} else {
		*size = (size_t)st.st_size;
		data = read_all(fd, *size);
		if (!data)
			say(h, STATUS_FAILED, "%s: %s", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return data;
}

static int control_id(const struct holm *h, const char *what,
		      unsigned long request, uint64_t id)
{
	return cell_control(h, what, request, (void *)(uintptr_t)id, NULL);
}

int do_cell_start(const struct holm *h)
{
	struct holm_cell cell;
	int status = cells_get(h, &cell, NULL);

	if (!status)
		status = control_id(h, "started", HOLM_IOC_CELL_START, cell.id);
	return status ? status : cell_report(h, h->name, "started");
}

int do_cell_shutdown(const struct holm *h)
{
	unsigned int seconds =
		h->opt.timeout_given ? h->opt.timeout : ASK_SECONDS;
	struct holm_cell cell;
	uint32_t slot;
	int status = cells_get(h, &cell, &slot);

	if (!status && !h->opt.force)
		status = cell_ask_shutdown(h, &cell, slot, seconds);
	if (!status)
		status =
			control_id(h, "shut down", HOLM_IOC_CELL_STOP, cell.id);
	return status ? status : cell_report(h, h->name, "shut down");
}

int do_cell_destroy(const struct holm *h)
{
	struct holm_cell cell;
	uint64_t force = 0;
	int status = cells_get(h, &cell, NULL);

	if (h->opt.force)
		force = HOLM_IOC_CELL_FORCE;
	if (!status)
		status = control_id(h, "destroyed", HOLM_IOC_CELL_DESTROY,
				    cell.id | force);
	return status ? status : cell_report(h, h->name, "destroyed");
}
