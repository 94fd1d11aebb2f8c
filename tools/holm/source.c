/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/holm_ioctl.h"

#define ANSWER_BYTES 4096 /* what one ioctl carries */

struct device {
	int fd;      /* for reading */
	int control; /* for writing, -1 before it is needed */
};

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

	if (ioctl(((struct device *)ctx)->fd, HOLM_IOC_QUERY, &q) != 0)
		return -errno;
	return q.out_len <= len ? (int)q.out_len : -EPROTO;
}

/* Reading needs less than changing, so it is opened for that alone. */
static int control_device(void *ctx, unsigned long request, void *arg)
{
	struct device *dev = ctx;
	int rc;

	if (dev->control < 0)
		dev->control = open("/dev/holm", O_RDWR | O_CLOEXEC);
	if (dev->control < 0)
		return -errno;
	rc = ioctl(dev->control, request, arg);
	return rc < 0 ? -errno : rc;
}

static int set_device_trace(void *ctx, uint64_t events)
{
	struct holm_ioc_trace args = { .events = events };

	return control_device(ctx, HOLM_IOC_TRACE, &args);
}

int source_open(struct source *src)
{
	struct device *dev = malloc(sizeof(*dev));
	int err;

	if (!dev)
		return -ENOMEM;
	dev->control = -1;
	dev->fd = open("/dev/holm", O_RDONLY | O_CLOEXEC);
	if (dev->fd < 0) {
		err = -errno;
		free(dev);
		return err;
	}
	src->query = query_device;
	src->set_trace = set_device_trace;
	src->control = control_device;
	src->ctx = dev;
	return 0;
}

void source_close(struct source *src)
{
	struct device *dev = src->ctx;

	if (dev->control >= 0)
		close(dev->control);
	close(dev->fd);
	free(dev);
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

/* Of an answer of @got bytes. 0: there is no more; or a negative errno. */
static int pieces_of(int got, size_t size)
{
	if (got == -ENOENT)
		return 0;
	return got < 0 ? got : got / (int)size;
}

int source_each_mapping(const struct source *src, uint32_t subject,
			uint32_t index,
			int (*fn)(void *ctx, const struct holm_mapping *m),
			void *ctx)
{
	struct holm_mapping m[ANSWER_BYTES / sizeof(struct holm_mapping)];
	uint64_t from = 0;
	int n = 0, i, err;

	for (;; from = m[n - 1].gpa + m[n - 1].size) {
		n = pieces_of(src->query(src->ctx, subject, index, from, m,
					 sizeof(m)),
			      sizeof(m[0]));
		if (n <= 0)
			return n;
		for (i = 0; i < n; i++) {
			err = fn(ctx, &m[i]);
			if (err)
				return err;
		}
	}
}

int source_each_range(const struct source *src,
		      int (*fn)(void *ctx, const struct holm_range *r),
		      void *ctx)
{
	struct holm_range r[ANSWER_BYTES / sizeof(struct holm_range)];
	uint32_t index = 0;
	int n = 0, i, err;

	for (;; index += (uint32_t)n) {
		n = pieces_of(src->query(src->ctx, HOLM_QUERY_MAP, index, 0, r,
					 sizeof(r)),
			      sizeof(r[0]));
		if (n <= 0)
			return n;
		for (i = 0; i < n; i++) {
			err = fn(ctx, &r[i]);
			if (err)
				return err;
		}
	}
}
