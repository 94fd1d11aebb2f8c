/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Calls that the hypervisor may ask to make again. */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/sched/signal.h>

#include "hsm.h"
#include "hypercall.h"

/**
 * hsm_hcall_again() - call, and again while -EAGAIN is the answer
 * @nr: HC_*, one by which the Service VM's resources change hands
 * @arg1: first argument
 * @arg2: second argument
 *
 * One such call is served at a time; the others are asked to come again, for
 * to wait in the hypervisor could wait for the caller's own CPU. Sleeps.
 *
 * Return: as hsm_hcall(), but never -EAGAIN; -EINTR when the caller was killed
 * in the meantime and nothing has happened.
 */
int hsm_hcall_again(u32 nr, u64 arg1, u64 arg2)
{
	int ret = hsm_hcall(nr, arg1, arg2);

	while (ret == -EAGAIN) {
		if (fatal_signal_pending(current))
			return -EINTR;
		usleep_range(20, 200);
		ret = hsm_hcall(nr, arg1, arg2);
	}
	return ret;
}
