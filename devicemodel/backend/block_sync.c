/* SPDX-License-Identifier: BSD-2-Clause */
/* A disk request done on the spot. */
#include "backend/block.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ZERO_CHUNK (64U * 1024U)

void block_advance(struct block_req *req, u64 n)
{
	u64 step;

	req->off += n;
	req->len -= n;
	while (n) {
		step = min_u64(n, req->iov->iov_len);
		req->iov->iov_base = (u8 *)req->iov->iov_base + step;
		req->iov->iov_len -= step;
		n -= step;
		if (req->iov->iov_len)
			continue;
		req->iov++;
		req->iov_count--;
	}
}

static ssize_t transfer(const struct block *b, const struct block_req *req)
{
	int count = (int)req->iov_count;

	if (req->op == BLOCK_READ)
		return preadv(b->fd, req->iov, count, (off_t)req->off);
	return pwritev2(b->fd, req->iov, count, (off_t)req->off,
			req->durable ? RWF_DSYNC : 0);
}

static int do_transfer(const struct block *b, struct block_req *req)
{
	ssize_t n;

	while (req->len) {
		n = transfer(b, req);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* The file has become shorter than the disk. */
		if (n == 0)
			return -EIO;
		block_advance(req, (u64)n);
	}
	return 0;
}

static int do_flush(const struct block *b, struct block_req *req)
{
	(void)req;
	return fdatasync(b->fd) ? -errno : 0;
}

static int range_ioctl(const struct block *b, const struct block_req *req,
		       unsigned long what)
{
	u64 range[2] = { req->off, req->len };

	return ioctl(b->fd, what, range) ? -errno : 0;
}

static int range_fallocate(const struct block *b, const struct block_req *req,
			   int mode)
{
	return fallocate(b->fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)req->off,
			 (off_t)req->len)
		       ? -errno
		       : 0;
}

/* A hint: a medium that cannot forget has done its duty by keeping. */
static int do_discard(const struct block *b, struct block_req *req)
{
	int rc = b->is_device ? range_ioctl(b, req, BLKDISCARD)
			      : range_fallocate(b, req, FALLOC_FL_PUNCH_HOLE);

	return rc == -EOPNOTSUPP ? 0 : rc;
}

static int write_zeros(const struct block *b, const struct block_req *req)
{
	static const u8 zeros[ZERO_CHUNK];
	u64 at = req->off, end = req->off + req->len;
	ssize_t n;

	while (at < end) {
		n = pwrite(b->fd, zeros, min_u64(end - at, ZERO_CHUNK),
			   (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		at += (u64)n;
	}
	return 0;
}

static int zero_range(const struct block *b, const struct block_req *req)
{
	int rc;

	if (b->is_device)
		return range_ioctl(b, req, BLKZEROOUT);
	rc = range_fallocate(b, req,
			     req->unmap ? FALLOC_FL_PUNCH_HOLE
					: FALLOC_FL_ZERO_RANGE);
	return rc == -EOPNOTSUPP ? write_zeros(b, req) : rc;
}

static int do_zero(const struct block *b, struct block_req *req)
{
	int rc = zero_range(b, req);

	return !rc && req->durable ? do_flush(b, req) : rc;
}

int block_do(const struct block *b, struct block_req *req)
{
	static int (*const table[])(const struct block *,
				    struct block_req *) = {
		[BLOCK_READ] = do_transfer, [BLOCK_WRITE] = do_transfer,
		[BLOCK_FLUSH] = do_flush,   [BLOCK_DISCARD] = do_discard,
		[BLOCK_ZERO] = do_zero,
	};

	return table[req->op](b, req);
}
