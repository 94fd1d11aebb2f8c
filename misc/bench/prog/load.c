/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two programs of the Service VM, in TSC ticks (instructions, under QEMU's
 * counter): one that computes, and one that calls the kernel. While the first
 * runs nothing but the timer interrupts it; Holm is asked how often that made
 * an exit.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "abi/holm.h"
#include "abi/holm_ioctl.h"

#define WORDS     8192U
#define ROUNDS    30000000U
#define CALLS     200000U
#define PIPES     20000U
#define MAPPINGS  5000U
#define PAGE      4096U
#define TICK_LINE "LOC:"

static uint64_t words[WORDS];

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void compute(void)
{
	uint64_t x = 88172645463325252ULL;
	uint32_t i;

	for (i = 0; i < ROUNDS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[x % WORDS] += x;
	}
}

static void touch_mapping(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	*(volatile char *)p = 1;
	munmap(p, PAGE);
}

static void call(void)
{
	char byte = 0;
	uint32_t i;
	int fd[2];

	if (pipe(fd))
		die("pipe");
	for (i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	for (i = 0; i < PIPES; i++)
		if (write(fd[1], &byte, 1) != 1 || read(fd[0], &byte, 1) != 1)
			die("pipe");
	for (i = 0; i < MAPPINGS; i++)
		touch_mapping();
	close(fd[0]);
	close(fd[1]);
}

static uint64_t ticks_of(void (*work)(void))
{
	uint64_t start = __rdtsc();

	work();
	return __rdtsc() - start;
}

/* Timer interrupts of the one CPU there is. */
static uint64_t timer_interrupts(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	uint64_t n = 0;
	char line[256];

	if (!f)
		die("/proc/interrupts");
	while (fgets(line, sizeof(line), f)) {
		char *p = strstr(line, TICK_LINE);

		if (p)
			n = strtoull(p + strlen(TICK_LINE), NULL, 10);
	}
	fclose(f);
	return n;
}

/* All exits of the Service VM; false where there is no Holm to ask. */
static bool exits(int fd, uint64_t *sum)
{
	struct holm_vm vm = { 0 };
	struct holm_ioc_query q = {
		.subject = HOLM_QUERY_VM,
		.buf = (uintptr_t)&vm,
		.len = sizeof(vm),
	};
	int i;

	if (fd < 0)
		return false;
	if (ioctl(fd, HOLM_IOC_QUERY, &q))
		die("/dev/holm");
	*sum = 0;
	/* A request is an access that was counted already. */
	for (i = 0; i < HOLM_EXIT_COUNT; i++)
		if (i != HOLM_EXIT_IOREQ)
			*sum += vm.exits[i];
	return true;
}

/* The two questions cost exits as well: asked twice, these are known. */
static void count_exits(int fd)
{
	uint64_t a, b, c, ticks;

	if (!exits(fd, &a) || !exits(fd, &b))
		return;
	ticks = timer_interrupts();
	compute();
	ticks = timer_interrupts() - ticks;
	exits(fd, &c);
	if (!ticks) {
		fprintf(stderr, "load: the timer did not interrupt\n");
		exit(1);
	}
	printf("BENCH timer interrupts: %llu\n", (unsigned long long)ticks);
	printf("BENCH exits of 100 ticks: %llu\n",
	       (unsigned long long)((c - b - (b - a)) * 100 / ticks));
}

int main(void)
{
	int fd = open("/dev/holm", O_RDONLY | O_CLOEXEC);

	printf("BENCH cpu: %llu\n", (unsigned long long)ticks_of(compute));
	printf("BENCH syscalls: %llu\n", (unsigned long long)ticks_of(call));
	count_exits(fd);
	return 0;
}
