/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/hugepage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static void pool_path(const struct huge_pool *pool, const char *name,
		      char *path)
{
	snprintf(path, PATH_MAX, "%s/hugepages-%llukB/%s", pool->sysfs,
		 (unsigned long long)(pool->page_size / KIB), name);
}

static u64 pool_read(const struct huge_pool *pool, const char *name)
{
	char path[PATH_MAX], text[32] = "";
	ssize_t n = -1;
	int fd;

	pool_path(pool, name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	return n > 0 ? strtoull(text, NULL, 10) : 0;
}

/* Ask for a pool of this many pages; the kernel may give fewer. */
static void pool_resize(const struct huge_pool *pool, u64 pages)
{
	char path[PATH_MAX], text[32];
	int fd, len;

	pool_path(pool, "nr_hugepages", path);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return;
	len = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)pages);
	if (write(fd, text, (size_t)len) != len)
		dprintf(STDERR_FILENO, "acrn-dm: %s: not written\n", path);
	close(fd);
}

int huge_lock(const struct huge_pool *pool)
{
	char path[PATH_MAX];
	int fd, rc;

	pool_path(pool, "nr_hugepages", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

void huge_unlock(int lock)
{
	close(lock);
}

u64 huge_make_free(struct huge_pool *pool, u64 want, bool may_grow)
{
	u64 unused = pool_read(pool, "free_hugepages");
	u64 reserved = pool_read(pool, "resv_hugepages");
	u64 total;

	/* Reserved pages count as free but are promised to a mapping. */
	unused -= min_u64(unused, reserved);
	if (unused >= want || !may_grow)
		return unused;
	total = pool_read(pool, "nr_hugepages");
	pool_resize(pool, total + want - unused);
	reserved = pool_read(pool, "nr_hugepages");
	if (reserved > total)
		pool->added += reserved - total;
	return unused + (reserved > total ? reserved - total : 0);
}

void huge_give_back(struct huge_pool *pool)
{
	int lock;
	u64 total;

	if (!pool->added)
		return;
	lock = huge_lock(pool);
	total = pool_read(pool, "nr_hugepages");
	pool_resize(pool, total - min_u64(total, pool->added));
	pool->added = 0;
	if (lock >= 0)
		huge_unlock(lock);
}
