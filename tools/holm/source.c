/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/holm_ioctl.h"

static int query_device(void *ctx, uint32_t subject, uint32_t index,
			uint64_t from, void *buf, uint32_t len)
{
	struct holm_ioc_query q = {
		.subject = subject,
		.index = index,
		.buf = (uintptr_t)buf,
		.len = len,
		.from = from,
	};

	if (ioctl(*(int *)ctx, HOLM_IOC_QUERY, &q) != 0)
		return -errno;
	return q.out_len <= len ? (int)q.out_len : -EPROTO;
}

/* Reading needs less than switching, so it is opened for that alone. */
static int set_device_trace(void *ctx, uint64_t events)
{
	struct holm_ioc_trace args = { .events = events };
	int fd = open("/dev/holm", O_RDWR | O_CLOEXEC), rc;

	(void)ctx;
	if (fd < 0)
		return -errno;
	rc = ioctl(fd, HOLM_IOC_TRACE, &args) ? -errno : 0;
	close(fd);
	return rc;
}

int source_open(struct source *src)
{
	int *fd = malloc(sizeof(*fd));
	int err;

	if (!fd)
		return -ENOMEM;
	*fd = open("/dev/holm", O_RDONLY | O_CLOEXEC);
	if (*fd < 0) {
		err = -errno;
		free(fd);
		return err;
	}
	src->query = query_device;
	src->set_trace = set_device_trace;
	src->ctx = fd;
	return 0;
}

void source_close(struct source *src)
{
	close(*(int *)src->ctx);
	free(src->ctx);
	src->ctx = NULL;
}

int source_read(const struct source *src, uint32_t subject, uint32_t index,
		void *buf, uint32_t len)
{
	int got;

	memset(buf, 0, len);
	got = src->query(src->ctx, subject, index, 0, buf, len);
	if (got < 0)
		return got;
	return (uint32_t)got == len ? 0 : -EPROTO;
}
