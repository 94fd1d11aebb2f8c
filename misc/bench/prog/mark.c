/* SPDX-License-Identifier: BSD-2-Clause */
/* mark NAME PROGRAM [ARGUMENT...]: say when PROGRAM starts, and start it. */
#include <stdio.h>
#include <unistd.h>
#include <x86intrin.h>

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: mark NAME PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	printf("BENCH %s: %llu\n", argv[1], __rdtsc());
	fflush(stdout);
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}
