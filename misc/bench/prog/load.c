/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two programs of the Service VM, in TSC ticks (instructions, under QEMU's
 * counter): one that computes, and one that calls the kernel. While the first
 * runs nothing but the timer interrupts it; Holm is asked how often that made
 * an exit.
 */
#include <errno.h>
#include <fcntl.h>
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

#define EXIT_NAME(id, name) name,

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

static void call_nothing(void)
{
	uint32_t i;

	for (i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
}

static void call_pipe(void)
{
	char byte = 0;
	uint32_t i;
	int fd[2];

	if (pipe(fd))
		die("pipe");
	for (i = 0; i < PIPES; i++)
		if (write(fd[1], &byte, 1) != 1 || read(fd[0], &byte, 1) != 1)
			die("pipe");
	close(fd[0]);
	close(fd[1]);
}

static void call_map(void)
{
	uint32_t i;

	for (i = 0; i < MAPPINGS; i++)
		touch_mapping();
}

static void call(void)
{
	call_nothing();
	call_pipe();
	call_map();
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

/* Exits of the Service VM by reason. */
static void ask(int fd, uint64_t exits[HOLM_EXIT_COUNT])
{
	struct holm_vm vm = { 0 };
	struct holm_ioc_query q = {
		.subject = HOLM_QUERY_VM,
		.buf = (uintptr_t)&vm,
		.len = sizeof(vm),
	};

	if (ioctl(fd, HOLM_IOC_QUERY, &q))
		die("/dev/holm");
	memcpy(exits, vm.exits, HOLM_EXIT_COUNT * sizeof(exits[0]));
	/* A request is an access that was counted already. */
	exits[HOLM_EXIT_IOREQ] = 0;
}

/*
 * All exits while @work runs; told by reason on stderr. To ask costs exits
 * as well: asked once more, these are known.
 */
static uint64_t exits_of(int fd, const char *name, void (*work)(void))
{
	static const char *const names[] = { HOLM_EXITS(EXIT_NAME) };
	uint64_t a[HOLM_EXIT_COUNT], b[HOLM_EXIT_COUNT], c[HOLM_EXIT_COUNT];
	uint64_t n, sum = 0;
	int i;

	ask(fd, a);
	ask(fd, b);
	work();
	ask(fd, c);
	for (i = 0; i < HOLM_EXIT_COUNT; i++) {
		n = c[i] - b[i] - (b[i] - a[i]);
		sum += n;
		if (n)
			fprintf(stderr, "%s: %llu of %s\n", name,
				(unsigned long long)n, names[i]);
	}
	return sum;
}

static void count_exits(int fd)
{
	uint64_t ticks = timer_interrupts();
	uint64_t exits = exits_of(fd, "cpu", compute);

	ticks = timer_interrupts() - ticks;
	if (!ticks) {
		fprintf(stderr, "load: the timer did not interrupt\n");
		exit(1);
	}
	printf("BENCH timer interrupts: %llu\n", (unsigned long long)ticks);
	printf("BENCH exits of 100 ticks: %llu\n",
	       (unsigned long long)(exits * 100 / ticks));
	printf("BENCH exits of syscalls: %llu\n",
	       (unsigned long long)exits_of(fd, "syscalls", call));
}

int main(void)
{
	int fd = open("/dev/holm", O_RDONLY | O_CLOEXEC);

	printf("BENCH cpu: %llu\n", (unsigned long long)ticks_of(compute));
	printf("BENCH syscalls: %llu\n", (unsigned long long)ticks_of(call));
	printf("BENCH syscalls, getppid: %llu\n",
	       (unsigned long long)ticks_of(call_nothing));
	printf("BENCH syscalls, pipe: %llu\n",
	       (unsigned long long)ticks_of(call_pipe));
	printf("BENCH syscalls, mmap: %llu\n",
	       (unsigned long long)ticks_of(call_map));
	/* On a machine without Holm there is nobody to ask. */
	if (fd >= 0)
		count_exits(fd);
	return 0;
}
