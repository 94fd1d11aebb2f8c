/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A question to a cell: put into its communication region by the hypervisor,
 * answered there when the cell comes to it. Nothing in the region is believed
 * but for what it says: the worst that a cell can do is not to answer.
 */
#include "holm/cell_ask.h"

#include <errno.h>
#include <time.h>

#include "abi/cell_comm.h"
#include "abi/holm_ioctl.h"

#define LOOK_MS 20

static void nap(void)
{
	const struct timespec t = { 0, LOOK_MS * 1000000L };

	nanosleep(&t, NULL);
}

/* As long as an older message is there, that the cell has not taken. */
static int put(const struct holm *h, uint32_t id, unsigned int looks)
{
	struct holm_ioc_cell_ask ask = {
		.id = id,
		.message = HOLM_COMM_SHUTDOWN,
	};
	int err = h->src->control(h->src->ctx, HOLM_IOC_CELL_ASK, &ask);

	for (; err == -EBUSY && looks; looks--) {
		nap();
		err = h->src->control(h->src->ctx, HOLM_IOC_CELL_ASK, &ask);
	}
	return err;
}

/* 0: none yet; HOLM_COMM_APPROVED; HOLM_COMM_DENIED; or a negative errno. */
static int look(const struct holm *h, uint32_t slot)
{
	struct holm_comm comm;
	int err = source_read(h->src, HOLM_QUERY_CELL_COMM, slot, &comm,
			      sizeof(comm));

	if (err)
		return err;
	if (comm.message != HOLM_COMM_NONE)
		return 0;
	return comm.reply == HOLM_COMM_APPROVED ? HOLM_COMM_APPROVED
						: HOLM_COMM_DENIED;
}

static int wait_answer(const struct holm *h, uint32_t slot, unsigned int looks)
{
	int answer = look(h, slot);

	for (; !answer && looks; looks--) {
		nap();
		answer = look(h, slot);
	}
	return answer;
}

/* It does not run, is passive, or is gone. */
static bool is_nobody(int err)
{
	return err == -EPERM || err == -ENOTTY || err == -ENOENT;
}

int cell_ask_shutdown(const struct holm *h, const struct holm_cell *cell,
		      uint32_t slot, unsigned int seconds)
{
	unsigned int looks = seconds * (1000 / LOOK_MS);
	int answer = put(h, cell->id, looks);

	if (!answer)
		answer = wait_answer(h, slot, looks);
	if (is_nobody(answer) || answer == HOLM_COMM_APPROVED)
		return STATUS_DONE;
	if (answer == HOLM_COMM_DENIED)
		return say(h, STATUS_BUSY,
			   "'%s' does not agree to be shut down; --force does "
			   "not ask it",
			   h->name);
	if (answer == 0 || answer == -EBUSY)
		return say(h, STATUS_TIMEOUT,
			   "'%s' has not answered in %u s; --force does not "
			   "ask it",
			   h->name, seconds);
	return say_query(h, "cell", answer);
}
