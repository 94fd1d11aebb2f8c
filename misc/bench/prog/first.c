/* SPDX-License-Identifier: BSD-2-Clause */
/* The first process of a machine that is started to see how long it takes. */
#include <stdio.h>
#include <unistd.h>
#include <sys/reboot.h>
#include <x86intrin.h>

int main(void)
{
	unsigned long long now = __rdtsc();

	printf("BENCH init: %llu\n", now);
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
