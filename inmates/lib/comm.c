/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/comm.h"

#include "lib/cpu.h"
#include "lib/memmap.h"

_Static_assert(sizeof(struct holm_comm) == HOLM_COMM_SIZE, "abi/cell_comm.h");

struct holm_comm *comm;

void comm_init(void)
{
	struct holm_comm *c = (struct holm_comm *)INMATE_COMM;

	if (*(volatile u64 *)&c->magic == HOLM_COMM_MAGIC)
		comm = c;
}

void comm_write(const char *text, u32 len)
{
	u64 head;

	if (!comm)
		return;
	head = comm->console_head;
	for (u32 i = 0; i < len; i++)
		comm->console[(head + i) % HOLM_COMM_CONSOLE] = (u8)text[i];
	publish(&comm->console_head, head + len);
}

void comm_state(u32 state)
{
	if (comm)
		__atomic_store_n(&comm->state, state, __ATOMIC_RELEASE);
}

u32 comm_message(void)
{
	if (!comm)
		return HOLM_COMM_NONE;
	return __atomic_load_n(&comm->message, __ATOMIC_ACQUIRE);
}

void comm_reply(u32 reply)
{
	if (!comm)
		return;
	__atomic_store_n(&comm->reply, reply, __ATOMIC_RELEASE);
	__atomic_store_n(&comm->message, HOLM_COMM_NONE, __ATOMIC_RELEASE);
}
