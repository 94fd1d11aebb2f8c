/* SPDX-License-Identifier: BSD-2-Clause */
/* Disk requests by threads that may sleep in the kernel. */
#include "backend/block.h"

static struct block_req *pool_take(struct block_pool *pool)
{
	struct block_req *req;

	pthread_mutex_lock(&pool->lock);
	while (!pool->head && !pool->stop)
		pthread_cond_wait(&pool->work, &pool->lock);
	req = pool->head;
	if (req)
		pool->head = req->next;
	if (!pool->head)
		pool->tail = &pool->head;
	pthread_mutex_unlock(&pool->lock);
	return req;
}

static void *pool_thread(void *arg)
{
	struct block_pool *pool = arg;
	struct block_req *req;

	while ((req = pool_take(pool)))
		req->done(req, block_do(pool->disk, req));
	return NULL;
}

int block_pool_start(struct block_pool *pool, const struct block *disk,
		     u32 threads)
{
	int rc = 0;

	pool->disk = disk;
	pool->tail = &pool->head;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	while (!rc && pool->threads < threads) {
		rc = pthread_create(&pool->thread[pool->threads], NULL,
				    pool_thread, pool);
		pool->threads += !rc;
	}
	if (!rc)
		return 0;
	block_pool_stop(pool);
	return -rc;
}

void block_pool_submit(struct block_pool *pool, struct block_req *req)
{
	req->next = NULL;
	pthread_mutex_lock(&pool->lock);
	*pool->tail = req;
	pool->tail = &req->next;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
}

void block_pool_stop(struct block_pool *pool)
{
	u32 i;

	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->threads; i++)
		pthread_join(pool->thread[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
}
