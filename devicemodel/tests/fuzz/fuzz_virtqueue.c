/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a guest's rings and tables, changed while they are used: a
 * queue takes or refuses, and every buffer it hands out lies in memory.
 */
#include "virtio/virtqueue.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

/* Small, so that random addresses hit; two pieces, to cross from one. */
#define PIECE 4096U
#define STEPS 64

static u8 ram[3 * PIECE] __attribute__((aligned(4096)));
static struct guest_mem mem;
static struct virtqueue vq;
static struct vq_chain chain;

static void put_input(const u8 *data, size_t size)
{
	if (size > PIECE)
		size = PIECE;
	memset(ram, 0, sizeof(ram));
	memcpy(ram + 2 * PIECE, data, size);
}

static bool in_ram(const struct iovec *v)
{
	const u8 *p = v->iov_base;

	return (p >= ram && p + v->iov_len <= ram + PIECE) ||
	       (p >= ram + 2 * PIECE && p + v->iov_len <= ram + 3 * PIECE);
}

static void check_chain(void)
{
	u64 out = 0, in = 0;
	u32 i;

	CHECK(chain.out + chain.in <= VQ_SEGS);
	for (i = 0; i < (u32)chain.out + chain.in; i++) {
		CHECK(chain.iov[i].iov_len && in_ram(&chain.iov[i]));
		if (i < chain.out)
			out += chain.iov[i].iov_len;
		else
			in += chain.iov[i].iov_len;
	}
	CHECK(out == chain.out_len && in == chain.in_len);
}

/* Reading and writing what was handed out, as devices do. */
static void use_chain(u8 how)
{
	u8 bytes[256];
	u64 n;

	n = vq_chain_read(&chain, how, bytes, sizeof(bytes));
	CHECK(n <= sizeof(bytes) && how + n <= chain.out_len + how);
	n = vq_chain_write(&chain, how, bytes, sizeof(bytes));
	CHECK(n <= sizeof(bytes));
	if (how & 1)
		vq_push(&vq, chain.head, (u32)n);
	if (how & 2)
		vq_wants_signal(&vq);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Three bytes of setup, three a step, and the rest is the guest's memory. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t head = 3 + 3 * STEPS;
	u32 i;

	if (size < head)
		return 0;
	put_input(data + head, size - head);
	guest_mem_split(&mem, 2 * PIECE);
	mem.count = 0;
	guest_mem_add(&mem, GPA(0), PIECE, ram + 2 * PIECE);
	guest_mem_add(&mem, GPA(PIECE), PIECE, ram);
	vq.mem = &mem;
	vq.max_size = 64;
	vq_reset(&vq);
	vq.size = (u16)(1U << (data[0] & 7));
	vq.avail_at = data[1] * 16U;
	vq.used_at = PIECE + data[2] * 8U;
	if (vq_enable(&vq, data[0] & 8, data[0] & 16))
		return 0;
	for (i = 0; i < STEPS; i++) {
		const u8 *s = data + 3 + 3 * i;

		if (vq_pop(&vq, &chain) == 1) {
			check_chain();
			use_chain(s[0]);
		}
		ram[2 * PIECE + (s[1] | (s[0] & 0xf0U) << 4)] = s[2];
	}
	return 0;
}
