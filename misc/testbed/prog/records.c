/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * records write FILE: append records for ever; each is synced before it is
 * acknowledged by a line "HOLM-GUEST ack N". records check FILE: count how
 * many whole records stand at the beginning: "HOLM-GUEST kept N".
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORDS 512

struct record {
	uint64_t word[WORDS];
};

static void make_record(struct record *r, uint64_t n)
{
	uint64_t i;

	for (i = 0; i < WORDS; i++)
		r->word[i] = (n * WORDS + i + 1) * 0x9e3779b97f4a7c15u;
}

static int write_records(int fd)
{
	struct record r;
	uint64_t n;

	for (n = 0;; n++) {
		make_record(&r, n);
		if (write(fd, &r, sizeof(r)) != sizeof(r) || fsync(fd) != 0) {
			printf("HOLM-GUEST write failed at %lu\n",
			       (unsigned long)n);
			return 1;
		}
		printf("HOLM-GUEST ack %lu\n", (unsigned long)n + 1);
		fflush(stdout);
	}
}

static int check_records(int fd)
{
	struct record want, got;
	unsigned long n = 0;

	for (;; n++) {
		make_record(&want, n);
		if (read(fd, &got, sizeof(got)) != sizeof(got) ||
		    memcmp(&want, &got, sizeof(got)) != 0)
			break;
	}
	printf("HOLM-GUEST kept %lu\n", n);
	return 0;
}

int main(int argc, char **argv)
{
	bool writing = argc == 3 && strcmp(argv[1], "write") == 0;
	int fd;

	if (argc != 3 || (!writing && strcmp(argv[1], "check") != 0))
		return 2;
	fd = open(argv[2], writing ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY,
		  0644);
	if (fd < 0) {
		perror(argv[2]);
		return 1;
	}
	return writing ? write_records(fd) : check_records(fd);
}
