/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/hugepage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
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
		dprintf(STDERR_FILENO, "huge pages: %s: not written\n", path);
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

/*
 * The keeper's whole life: wait until nobody holds the pipe's other end, then
 * bring the pool back to @pages. The kernel takes those in use out of the
 * pool when they are freed. The pool's lock, held through the inherited
 * descriptor, goes when the keeper does.
 */
static void keep(const struct huge_pool *pool, int fd, u64 pages)
{
	char c;

	/* A signal to the terminal's process group is not meant for us. */
	setsid();
	while (read(fd, &c, 1) < 0 && errno == EINTR)
		;
	pool_resize(pool, pages);
	_exit(0);
}

/*
 * From here on the pool shrinks to @pages when we settle, or die. It takes
 * another process to promise that, for nobody is told of a SIGKILL.
 */
static int keeper_start(struct huge_pool *pool, u64 pages)
{
	int fd[2], rc;

	if (pipe2(fd, O_CLOEXEC))
		return -errno;
	pool->keeper = fork();
	if (!pool->keeper) {
		close(fd[1]);
		keep(pool, fd[0], pages);
	}
	rc = pool->keeper < 0 ? -errno : 0;
	close(fd[0]);
	if (rc) {
		close(fd[1]);
		pool->keeper = 0;
	}
	pool->keeper_fd = fd[1];
	return rc;
}

void huge_settle(struct huge_pool *pool)
{
	if (!pool->keeper)
		return;
	close(pool->keeper_fd);
	while (waitpid(pool->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	pool->keeper = 0;
}

u64 huge_make_free(struct huge_pool *pool, u64 want, bool may_grow)
{
	u64 unused = pool_read(pool, "free_hugepages");
	u64 reserved = pool_read(pool, "resv_hugepages");
	u64 surplus, total;

	/* Reserved pages count as free but are promised to a mapping. */
	unused -= min_u64(unused, reserved);
	if (unused >= want || !may_grow)
		return unused;
	total = pool_read(pool, "nr_hugepages");
	surplus = pool_read(pool, "surplus_hugepages");
	if (keeper_start(pool, total - min_u64(total, surplus)))
		return unused;
	pool_resize(pool, total + want - unused);
	reserved = pool_read(pool, "nr_hugepages");
	return unused + (reserved > total ? reserved - total : 0);
}
