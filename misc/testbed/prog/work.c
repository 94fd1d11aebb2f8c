/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest runs to prove that it computes: every CPU, pinned, counts the
 * primes of its share, and a block of memory is filled and read back. Prints
 * one line "HOLM-GUEST work ok|wrong ..." and exits accordingly.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT        200000U
#define PRIMES_BELOW 17984U /* pi(200000) */
#define FILL_BYTES   (64UL << 20)

static bool is_prime(unsigned int n)
{
	unsigned int d;

	if (n < 2 || (n > 2 && n % 2 == 0))
		return false;
	for (d = 3; d * d <= n; d += 2) {
		if (n % d == 0)
			return false;
	}
	return true;
}

/* Numbers congruent to @cpu mod @ncpus, counted on that CPU alone. */
static unsigned int count_share(unsigned int cpu, unsigned int ncpus)
{
	unsigned int n, found = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		return 0;
	for (n = cpu; n < LIMIT; n += ncpus)
		found += is_prime(n);
	return found;
}

static unsigned int count_on_all(unsigned int ncpus)
{
	unsigned int cpu, sum = 0;
	unsigned int *share;

	share = mmap(NULL, ncpus * sizeof(*share), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (share == MAP_FAILED)
		return 0;
	for (cpu = 0; cpu < ncpus; cpu++) {
		if (fork() == 0) {
			share[cpu] = count_share(cpu, ncpus);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	for (cpu = 0; cpu < ncpus; cpu++)
		sum += share[cpu];
	return sum;
}

/* Words that differ from what was written there. */
static unsigned long check_memory(void)
{
	size_t i, words = FILL_BYTES / sizeof(uint64_t);
	unsigned long bad = 0;
	volatile uint64_t *mem = malloc(FILL_BYTES);

	if (!mem)
		return words;
	for (i = 0; i < words; i++)
		mem[i] = i * 0x9e3779b97f4a7c15u;
	for (i = 0; i < words; i++)
		bad += mem[i] != i * 0x9e3779b97f4a7c15u;
	return bad;
}

int main(void)
{
	unsigned int ncpus = (unsigned int)get_nprocs();
	unsigned int primes = count_on_all(ncpus);
	unsigned long bad = check_memory();
	bool ok = primes == PRIMES_BELOW && bad == 0;
	struct sysinfo si;

	if (sysinfo(&si) != 0)
		return 1;
	printf("HOLM-GUEST work %s cpus=%u mem=%luMiB primes=%u "
	       "bad_words=%lu\n",
	       ok ? "ok" : "wrong", ncpus, si.totalram * si.mem_unit >> 20,
	       primes, bad);
	return ok ? 0 : 1;
}
