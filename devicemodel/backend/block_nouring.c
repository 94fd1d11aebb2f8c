/* SPDX-License-Identifier: BSD-2-Clause */
/* Built without liburing: every request goes to the threads. */
#include "backend/block.h"

#include <errno.h>

struct block_ring *block_ring_open(struct block *disk, struct event_loop *loop,
				   int *rc)
{
	(void)disk;
	(void)loop;
	*rc = -ENOSYS;
	return NULL;
}

bool block_ring_submit(struct block_ring *ring, struct block_req *req)
{
	(void)ring;
	(void)req;
	return false;
}

void block_ring_commit(struct block_ring *ring)
{
	(void)ring;
}

void block_ring_close(struct block_ring *ring)
{
	(void)ring;
}
