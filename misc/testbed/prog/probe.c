/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe read|write ADDR [VALUE]: one access to physical memory by way of
 * /dev/mem, as a hostile Service VM would make it. Prints "probe: read X"
 * or "probe: written"; a fault ends it by SIGBUS or SIGSEGV, reported as
 * "probe: fault".
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void on_fault(int sig)
{
	static const char text[] = "probe: fault\n";

	(void)sig;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(4);
	_exit(3);
}

static volatile uint64_t *map_word(uint64_t addr)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	char *page;

	if (fd < 0)
		return NULL;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    (off_t)(addr & ~4095ULL));
	close(fd);
	if (page == MAP_FAILED)
		return NULL;
	return (volatile uint64_t *)(void *)(page + (addr & 4088));
}

int main(int argc, char **argv)
{
	volatile uint64_t *word;

	if (argc < 3)
		return 2;
	signal(SIGBUS, on_fault);
	signal(SIGSEGV, on_fault);
	word = map_word(strtoull(argv[2], NULL, 0));
	if (!word) {
		perror("probe: /dev/mem");
		return 1;
	}
	if (strcmp(argv[1], "write") == 0 && argc == 4) {
		*word = strtoull(argv[3], NULL, 0);
		printf("probe: written\n");
	} else {
		printf("probe: read 0x%016llx\n", (unsigned long long)*word);
	}
	return 0;
}
