/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cellwork ADDRESS: in a Linux that runs in a cell, whose communication region
 * is at ADDRESS. Every CPU counts primes without a system call, until Holm
 * asks whether the cell may be shut down. Says so in the region's console: a
 * line "CELL computes" when all CPUs are at it, and then what it has seen.
 * Leaves the question unanswered. Status 0: the numbers were right.
 * cellwork ADDRESS WORD: answer the question; WORD is approve or deny.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/cell_comm.h"

#define LIMIT        20000U
#define PRIMES_BELOW 2262U /* pi(20000) */
#define CPUS_MAX     64U

static struct shared {
	bool stop;
	uint64_t rounds[CPUS_MAX];
	uint64_t wrong;
} * shared;

static volatile struct holm_comm *comm;

static void put(const char *text)
{
	for (; *text; text++) {
		uint64_t head = comm->console_head;

		comm->console[head % HOLM_COMM_CONSOLE] = (uint8_t)*text;
		__atomic_store_n(&comm->console_head, head + 1,
				 __ATOMIC_RELEASE);
	}
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(text);
	fputs(text, stdout);
}

static bool is_prime(unsigned int n)
{
	unsigned int d;

	if (n < 2 || (n > 2 && n % 2 == 0))
		return false;
	for (d = 3; d * d <= n; d += 2)
		if (n % d == 0)
			return false;
	return true;
}

static void one_round(unsigned int cpu)
{
	unsigned int n, found = 0;

	for (n = 0; n < LIMIT; n++)
		found += is_prime(n);
	if (found != PRIMES_BELOW)
		__atomic_fetch_add(&shared->wrong, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shared->rounds[cpu], 1, __ATOMIC_RELAXED);
}

static void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		exit(1);
}

static void compute(unsigned int cpu)
{
	pin(cpu);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED))
		one_round(cpu);
	exit(0);
}

static bool all_compute(unsigned int cpus)
{
	unsigned int cpu;

	for (cpu = 1; cpu < cpus; cpu++)
		if (!__atomic_load_n(&shared->rounds[cpu], __ATOMIC_RELAXED))
			return false;
	return true;
}

/* Interrupts of that name in /proc/interrupts, of all CPUs. */
static uint64_t interrupts(const char *name, unsigned int cpus)
{
	FILE *f = fopen("/proc/interrupts", "r");
	char line[4096];
	uint64_t sum = 0;
	unsigned int cpu;

	while (f && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, name);

		at = at ? strchr(at, ':') : NULL;
		for (cpu = 0; at && cpu < cpus; cpu++)
			sum += strtoull(cpu ? at : at + 1, &at, 10);
	}
	if (f)
		fclose(f);
	return sum;
}

/* What one CPU sends to another: to reschedule, call a function, flush. */
static uint64_t messages(unsigned int cpus)
{
	return interrupts("RES:", cpus) + interrupts("CAL:", cpus) +
	       interrupts("TLB:", cpus);
}

static int work(unsigned int cpus)
{
	uint64_t ticks, sent, rounds = 0;
	unsigned int cpu;

	for (cpu = 1; cpu < cpus; cpu++)
		if (fork() == 0)
			compute(cpu);
	pin(0);
	while (!all_compute(cpus))
		one_round(0);
	ticks = interrupts("LOC:", cpus);
	sent = messages(cpus);
	say("CELL computes cpus=%u\n", cpus);
	while (comm->message != HOLM_COMM_SHUTDOWN)
		one_round(0);
	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	while (wait(NULL) > 0)
		;
	for (cpu = 0; cpu < cpus; cpu++)
		rounds += shared->rounds[cpu];
	ticks = interrupts("LOC:", cpus) - ticks;
	sent = messages(cpus) - sent;
	say("CELL computed cpus=%u rounds=%llu ticks=%llu messages=%llu"
	    " wrong=%llu\n",
	    cpus, (unsigned long long)rounds, (unsigned long long)ticks,
	    (unsigned long long)sent, (unsigned long long)shared->wrong);
	return shared->wrong != 0;
}

static int answer(const char *word)
{
	comm->reply =
		strcmp(word, "approve") ? HOLM_COMM_DENIED : HOLM_COMM_APPROVED;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	comm->message = HOLM_COMM_NONE;
	return 0;
}

static void *map_region(const char *address)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	void *at = mmap(NULL, HOLM_COMM_SIZE, PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, (off_t)strtoull(address, NULL, 0));

	if (fd < 0 || at == MAP_FAILED) {
		perror("cellwork: /dev/mem");
		exit(1);
	}
	return at;
}

int main(int argc, char **argv)
{
	unsigned int cpus = (unsigned int)get_nprocs();

	if (argc < 2 || cpus > CPUS_MAX)
		return 2;
	comm = map_region(argv[1]);
	if (comm->magic != HOLM_COMM_MAGIC) {
		fprintf(stderr, "cellwork: no communication region at %s\n",
			argv[1]);
		return 1;
	}
	if (argc > 2)
		return answer(argv[2]);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	return work(cpus);
}
