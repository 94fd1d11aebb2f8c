/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/backing.h"

#include "mem/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct {
	u64 size;
	unsigned int memfd_flag;
	const char *name;
} kinds[PAGES_KINDS] = {
	[PAGES_1G] = { HUGE_1G, MFD_HUGE_1GB, "1 GiB" },
	[PAGES_2M] = { HUGE_2M, MFD_HUGE_2MB, "2 MiB" },
};

/*
 * Growing the pool of 1 GiB pages makes the kernel move everything out of
 * the way; only try when memory is so plentiful that it will work.
 */
static bool may_grow_1g(u64 pages)
{
	struct sysinfo si;

	return !sysinfo(&si) &&
	       (u64)si.freeram * si.mem_unit > (pages + 1) * 2 * GIB;
}

enum { TAKE_GROW = 1, TAKE_FEWER = 2 };

/*
 * Take pages of one kind into fd; the pool's lock makes it one step. With
 * TAKE_GROW the pool may grow for it, with TAKE_FEWER some are enough.
 */
static int take_pages(struct backing *b, int kind, u64 want, int how)
{
	struct huge_pool *pool = &b->pool[kind];
	int lock, rc = 0;
	u64 got;

	lock = huge_lock(pool);
	if (lock < 0)
		return lock;
	got = huge_make_free(pool, want, how & TAKE_GROW);
	if (how & TAKE_FEWER)
		want = min_u64(want, got);
	if (got < want || !want)
		rc = -ENOMEM;
	else if (fallocate(b->fd[kind], 0, 0, (off_t)(want * kinds[kind].size)))
		rc = -errno;
	huge_settle(pool);
	huge_unlock(lock);
	if (!rc)
		b->pages[kind] = want;
	return rc;
}

static int open_memfd(struct backing *b, int kind)
{
	int fd = memfd_create("acrn-dm-ram", MFD_CLOEXEC | MFD_HUGETLB |
						     MFD_ALLOW_SEALING |
						     kinds[kind].memfd_flag);

	b->fd[kind] = fd;
	return fd < 0 ? -errno : 0;
}

/* The size is fixed from here on: nobody can truncate it under the guest. */
static void seal_memfd(const struct backing *b, int kind)
{
	fcntl(b->fd[kind], F_ADD_SEALS,
	      F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
}

static void drop_pages(struct backing *b, int kind)
{
	if (b->fd[kind] >= 0)
		close(b->fd[kind]);
	b->fd[kind] = -1;
	b->pages[kind] = 0;
}

static int take_2m(struct backing *b, u64 pages, struct dm_error *err)
{
	int rc = take_pages(b, PAGES_2M, pages, TAKE_GROW);

	if (rc)
		return dm_fail(err, rc,
			       "cannot get %llu huge pages of 2 MiB:"
			       " %s; free memory, or reserve pages at boot"
			       " with hugepages=",
			       (unsigned long long)pages, strerror(-rc));
	return 0;
}

static int alloc_memfd(struct backing *b, const struct guest_mem *mem,
		       struct dm_error *err)
{
	u64 big = mem->low / HUGE_1G + mem->high / HUGE_1G;
	u64 small;
	int rc;

	if (big && !open_memfd(b, PAGES_1G) &&
	    !take_pages(b, PAGES_1G, big,
			TAKE_FEWER | (may_grow_1g(big) ? TAKE_GROW : 0)))
		seal_memfd(b, PAGES_1G);
	else
		drop_pages(b, PAGES_1G);
	small = (mem->low + mem->high - b->pages[PAGES_1G] * HUGE_1G) / HUGE_2M;
	if (!small)
		return 0;
	rc = open_memfd(b, PAGES_2M);
	if (rc)
		return dm_fail(err, rc,
			       "cannot use huge pages of 2 MiB: %s;"
			       " the kernel needs CONFIG_HUGETLBFS",
			       strerror(-rc));
	rc = take_2m(b, small, err);
	if (!rc)
		seal_memfd(b, PAGES_2M);
	return rc;
}

static int open_in_mount(const char *dir, int *kind, struct dm_error *err)
{
	char path[PATH_MAX];
	struct statfs fs;
	int fd, len;

	if (statfs(dir, &fs))
		return dm_fail(err, -errno, "--hugetlb-path %s: %s", dir,
			       strerror(errno));
	if (fs.f_type != HUGETLBFS_MAGIC)
		return dm_fail(err, -EINVAL,
			       "--hugetlb-path %s: not a"
			       " hugetlbfs mount",
			       dir);
	*kind = (u64)fs.f_bsize == HUGE_1G ? PAGES_1G : PAGES_2M;
	if ((u64)fs.f_bsize != kinds[*kind].size)
		return dm_fail(err, -EINVAL,
			       "--hugetlb-path %s: pages of %ld"
			       " bytes; they must be of 2 MiB or 1 GiB",
			       dir, (long)fs.f_bsize);
	len = snprintf(path, sizeof(path), "%s/acrn-dm-XXXXXX", dir);
	if (len < 0 || len >= (int)sizeof(path))
		return dm_fail(err, -ENAMETOOLONG,
			       "--hugetlb-path: longer"
			       " than %d characters",
			       PATH_MAX - 16);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return dm_fail(err, -errno,
			       "--hugetlb-path %s: cannot create"
			       " a file: %s",
			       dir, strerror(errno));
	/* Without a name the pages go when we go, however that happens. */
	unlink(path);
	return fd;
}

static int alloc_mount(struct backing *b, const struct guest_mem *mem,
		       const char *dir, struct dm_error *err)
{
	u64 size = mem->low + mem->high;
	char found[PATH_MAX];
	int fd, kind = PAGES_2M, rc;

	if (!strcmp(dir, "auto")) {
		rc = mount_find_hugetlbfs(found);
		if (rc)
			return dm_fail(err, rc,
				       "--hugetlb-path auto: no"
				       " hugetlbfs with pages of 2 MiB is"
				       " mounted");
		dir = found;
	}
	fd = open_in_mount(dir, &kind, err);
	if (fd < 0)
		return fd;
	b->fd[kind] = fd;
	if (size % kinds[kind].size)
		return dm_fail(err, -EINVAL,
			       "--hugetlb-path %s: the memory"
			       " size must be a multiple of its pages, %s",
			       dir, kinds[kind].name);
	if (kind == PAGES_2M)
		return take_2m(b, size / HUGE_2M, err);
	rc = take_pages(b, kind, size / HUGE_1G, TAKE_GROW);
	if (rc)
		return dm_fail(err, rc,
			       "--hugetlb-path %s: not enough free"
			       " pages of 1 GiB: %s",
			       dir, strerror(-rc));
	return 0;
}

/* Address space for len bytes at a multiple of 1 GiB. */
static u8 *reserve_range(u64 len)
{
	void *p = mmap(NULL, len + HUGE_1G, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	return (u8 *)(uintptr_t)align_up((uintptr_t)p, HUGE_1G);
}

static int map_piece(struct backing *b, struct guest_mem *mem, int kind,
		     off_t off, struct backing_piece piece)
{
	void *p = mmap(piece.hva, piece.len, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, b->fd[kind], off);

	if (p == MAP_FAILED)
		return -errno;
	b->piece[b->count++] = piece;
	return guest_mem_add(mem, GPA(piece.gpa), piece.len, piece.hva);
}

/* One stretch of RAM: its whole gigabytes first, as far as we have pages. */
static int map_range(struct backing *b, struct guest_mem *mem, u64 gpa, u64 len,
		     u64 used[PAGES_KINDS])
{
	u8 *base = reserve_range(len);
	u64 done = 0, part;
	int kind, rc;

	if (!base)
		return -ENOMEM;
	for (kind = 0; kind < PAGES_KINDS; kind++) {
		part = b->pages[kind] * kinds[kind].size - used[kind];
		part = min_u64(part, len - done);
		part -= part % kinds[kind].size;
		if (!part)
			continue;
		rc = map_piece(b, mem, kind, (off_t)used[kind],
			       (struct backing_piece){ gpa + done, part,
						       base + done });
		if (rc)
			return rc;
		used[kind] += part;
		done += part;
	}
	return done == len ? 0 : -ENOMEM;
}

int backing_alloc(struct backing *b, struct guest_mem *mem,
		  const char *hugetlb_path, struct dm_error *err)
{
	u64 used[PAGES_KINDS] = { 0 };
	int kind, rc;

	memset(b, 0, sizeof(*b));
	for (kind = 0; kind < PAGES_KINDS; kind++) {
		b->fd[kind] = -1;
		b->pool[kind].sysfs = HUGE_SYSFS;
		b->pool[kind].page_size = kinds[kind].size;
	}
	rc = hugetlb_path ? alloc_mount(b, mem, hugetlb_path, err)
			  : alloc_memfd(b, mem, err);
	if (rc)
		goto fail;
	rc = map_range(b, mem, 0, mem->low, used);
	if (!rc && mem->high)
		rc = map_range(b, mem, GUEST_HIGH_BASE, mem->high, used);
	if (!rc)
		return 0;
	dm_fail(err, rc, "cannot map the guest's memory: %s", strerror(-rc));
fail:
	backing_free(b);
	return rc;
}

void backing_free(struct backing *b)
{
	int kind;
	u32 i;

	/* What the guest knew must not outlive it, whoever maps it next. */
	for (i = 0; i < b->count; i++) {
		memset(b->piece[i].hva, 0, b->piece[i].len);
		munmap(b->piece[i].hva, b->piece[i].len);
	}
	b->count = 0;
	for (kind = 0; kind < PAGES_KINDS; kind++)
		drop_pages(b, kind);
}
