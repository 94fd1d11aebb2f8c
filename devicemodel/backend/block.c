/* SPDX-License-Identifier: BSD-2-Clause */
#include "backend/block.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int find_size(struct block *b, const char *path, struct dm_error *err)
{
	struct stat st;

	if (fstat(b->fd, &st))
		return dm_fail(err, -errno, "%s: %s", path, strerror(errno));
	b->is_device = S_ISBLK(st.st_mode);
	if (!b->is_device && !S_ISREG(st.st_mode))
		return dm_fail(err, -EINVAL,
			       "%s: a disk must be a file or a block device",
			       path);
	b->size = (u64)st.st_size;
	if (b->is_device && ioctl(b->fd, BLKGETSIZE64, &b->size))
		return dm_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (!b->size || b->size % BLOCK_SECTOR)
		return dm_fail(err, -EINVAL,
			       "%s: has %llu bytes; a disk must be a multiple"
			       " of %u bytes",
			       path, (unsigned long long)b->size, BLOCK_SECTOR);
	return 0;
}

/*
 * Two writers ruin a file system. The lock belongs to the open file, so it
 * is gone with a process that is killed. Where files cannot be locked, the
 * user has to take care.
 */
static int lock_file(const struct block *b, const char *path,
		     struct dm_error *err)
{
	struct flock lk = { .l_type = b->read_only ? F_RDLCK : F_WRLCK,
			    .l_whence = SEEK_SET };

	if (!fcntl(b->fd, F_OFD_SETLK, &lk))
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return 0;
	return dm_fail(err, -EBUSY,
		       "%s: in use by another VM; a disk has one writer, or"
		       " readers only",
		       path);
}

static int open_file(struct block *b, const struct block_config *cfg,
		     struct dm_error *err)
{
	int rc;

	b->read_only = cfg->read_only;
	b->fd = open(cfg->path, (b->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (b->fd < 0)
		return dm_fail(err, -errno, "%s: %s", cfg->path,
			       strerror(errno));
	rc = find_size(b, cfg->path, err);
	if (!rc)
		rc = lock_file(b, cfg->path, err);
	if (rc)
		close(b->fd);
	return rc;
}

int block_open(struct block *b, const struct block_config *cfg,
	       struct event_loop *loop, struct dm_error *err)
{
	int rc;

	memset(b, 0, sizeof(*b));
	rc = open_file(b, cfg, err);
	if (rc)
		return rc;
	if (cfg->aio != BLOCK_AIO_THREADS)
		b->ring = block_ring_open(b, loop, &rc);
	if (!b->ring && cfg->aio == BLOCK_AIO_URING)
		dm_msg("%s: no io_uring (%s); using threads", cfg->path,
		       strerror(-rc));
	/* Beside a ring one thread does what rings do not. */
	rc = block_pool_start(&b->pool, b, b->ring ? 1 : BLOCK_THREADS);
	if (!rc)
		return 0;
	if (b->ring)
		block_ring_close(b->ring);
	close(b->fd);
	return dm_fail(err, rc, "%s: cannot start a thread: %s", cfg->path,
		       strerror(-rc));
}

void block_submit(struct block *b, struct block_req *req)
{
	if (!b->ring || !block_ring_submit(b->ring, req))
		block_pool_submit(&b->pool, req);
}

void block_commit(struct block *b)
{
	if (b->ring)
		block_ring_commit(b->ring);
}

void block_close(struct block *b)
{
	if (b->ring)
		block_ring_close(b->ring);
	block_pool_stop(&b->pool);
	close(b->fd);
}
