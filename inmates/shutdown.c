/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cell that is asked before it is shut down, and may say no. Words: deny=N:
 * the first N times; lock: from the start on, no other cell may come or go.
 */
#include "abi/cell.h"
#include "lib/cmdline.h"
#include "lib/comm.h"
#include "lib/cpu.h"
#include "lib/inmate.h"
#include "lib/print.h"

void inmate_main(void)
{
	u64 deny = cmdline_number("deny", 0);

	if (cmdline_has("lock"))
		comm_state(HOLM_CELL_LOCKED);
	print("shutdown: waiting\n");
	for (;;) {
		u32 message = comm_message();

		x86_pause();
		if (message == HOLM_COMM_NONE)
			continue;
		print("shutdown: message %u\n", message);
		if (message != HOLM_COMM_SHUTDOWN) {
			inmate_serve();
			continue;
		}
		if (deny) {
			deny--;
			comm_reply(HOLM_COMM_DENIED);
			continue;
		}
		print("shutdown: done\n");
		inmate_serve();
	}
}
