/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks: a raw file or a block device, read and written asynchronously,
 * through io_uring where kernel and build have it, else by a few threads.
 *
 * Requests are submitted on one thread at a time: that of the event loop
 * given to block_open(), while it runs. done() comes on any thread, never
 * from within block_submit(). Nothing orders requests among each other; a
 * flush covers the writes that were done before it was submitted.
 */
#ifndef BACKEND_BLOCK_H
#define BACKEND_BLOCK_H

#include "core/error.h"
#include "core/event.h"

#include <sys/uio.h>

#define BLOCK_SECTOR 512U
/** Requests in flight at most. */
#define BLOCK_DEPTH 256U

enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH,   /* what is written is on the medium */
	BLOCK_DISCARD, /* the range may be forgotten */
	BLOCK_ZERO,    /* the range reads as zeros */
};

struct block_req {
	enum block_op op;
	bool durable; /* BLOCK_WRITE: on the medium when done */
	bool unmap;   /* BLOCK_ZERO: space may be given back */
	u64 off;      /* bytes */
	u64 len;
	struct iovec *iov; /* len bytes in all; used up on the way */
	u32 iov_count;
	/** rc: 0 or a negative errno. */
	void (*done)(struct block_req *req, int rc);
	struct block_req *next; /* the engine's */
};

enum block_aio { BLOCK_AIO_ANY, BLOCK_AIO_URING, BLOCK_AIO_THREADS };

struct block_config {
	const char *path;
	bool read_only;
	enum block_aio aio;
};

#define BLOCK_THREADS 4

struct block;
struct block_ring;

struct block_pool {
	const struct block *disk;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct block_req *head;
	struct block_req **tail;
	bool stop;
	pthread_t thread[BLOCK_THREADS];
	u32 threads;
};

struct block {
	int fd;
	bool is_device;
	bool read_only;
	u64 size;                /* bytes, a multiple of BLOCK_SECTOR */
	struct block_ring *ring; /* NULL: threads do it all */
	struct block_pool pool;
};

/**
 * Open, lock against other writers, start. The sentence of an error names
 * path and rule. A ring that cannot be had is replaced by threads.
 */
int block_open(struct block *b, const struct block_config *cfg,
	       struct event_loop *loop, struct dm_error *err);

/**
 * Start a request: [off, off + len) lies within the disk, which is writable
 * if req writes. It may wait until block_commit().
 */
void block_submit(struct block *b, struct block_req *req);
void block_commit(struct block *b);

/** Finish all requests and close. The loop must not run any more. */
void block_close(struct block *b);

/* Between the files of the backend. */

/** Do a request on the calling thread; 0 or a negative errno. */
int block_do(const struct block *b, struct block_req *req);

/** n bytes are transferred: the rest is what req asks for now. */
void block_advance(struct block_req *req, u64 n);

int block_pool_start(struct block_pool *pool, const struct block *disk,
		     u32 threads);
void block_pool_submit(struct block_pool *pool, struct block_req *req);

/** Finish what is queued and end the threads. */
void block_pool_stop(struct block_pool *pool);

/** NULL and *rc: no io_uring here. */
struct block_ring *block_ring_open(struct block *disk, struct event_loop *loop,
				   int *rc);
/** False: not a request for a ring. */
bool block_ring_submit(struct block_ring *ring, struct block_req *req);
void block_ring_commit(struct block_ring *ring);
void block_ring_close(struct block_ring *ring);

#endif
