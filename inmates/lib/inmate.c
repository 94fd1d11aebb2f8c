/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/inmate.h"

#include "abi/cell.h"
#include "lib/comm.h"
#include "lib/cpu.h"
#include "lib/lapic.h"
#include "lib/trap.h"

void inmate_cpu(u32 cpu)
{
	if (cpu) {
		smp_enter(cpu);
		return;
	}
	comm_init();
	trap_init();
	lapic_init();
	inmate_main();
	inmate_shut_down();
}

void inmate_shut_down(void)
{
	irqs_off();
	comm_state(HOLM_CELL_SHUT_DOWN);
	sleep_for_good();
}

void inmate_serve(void)
{
	u32 message = comm_message();

	if (message == HOLM_COMM_NONE)
		return;
	if (message == HOLM_COMM_SHUTDOWN) {
		comm_reply(HOLM_COMM_APPROVED);
		inmate_shut_down();
	}
	comm_reply(message == HOLM_COMM_CHANGED ? HOLM_COMM_RECEIVED
						: HOLM_COMM_UNKNOWN);
}
