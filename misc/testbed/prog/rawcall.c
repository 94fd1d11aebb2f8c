/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rawcall NR ARG1 ARG2: one hypercall as it is, through /dev/holm_raw. Prints
 * its result. Numbers as C writes them. Status 0: it was made.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "holm_raw.h"

int main(int argc, char **argv)
{
	struct holm_raw_call c = { .nr = 0 };
	int fd = open("/dev/holm_raw", O_RDWR);

	if (argc != 4) {
		fprintf(stderr, "usage: rawcall NR ARG1 ARG2\n");
		return 2;
	}
	c.nr = strtoull(argv[1], NULL, 0);
	c.arg1 = strtoull(argv[2], NULL, 0);
	c.arg2 = strtoull(argv[3], NULL, 0);
	if (fd < 0 || ioctl(fd, HOLM_RAW_CALL, &c)) {
		perror("rawcall");
		return 1;
	}
	printf("%lld\n", (long long)c.result);
	return 0;
}
