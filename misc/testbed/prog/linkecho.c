/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linkecho DEVICE COMMAND: the Service VM's side of a link, by UIO.
 *   ask ID N      ask peer ID N times, by doorbell; its answers must be right
 *   serve N       answer N requests of others
 *   state ID V    wait until peer ID's state is V
 *   rights ID     what is another's cannot be written
 *   twice V       open it again and close that: the own state is still V
 *   gone          wait until the device goes; its memory has gone as well
 * DEVICE is uio0, uio1, ...; sets its own state to 1 while it works.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inmates/lib/echo.h"

#define PATIENCE 120 /* seconds, then it hangs */

enum { REG_ID, REG_PEERS, REG_CONTROL, REG_DOORBELL, REG_STATE };

static const char *device;
static int fd;
static volatile uint32_t *regs, *states;
static unsigned int me, peers;
static volatile char *outputs;
static size_t out_size;

/* Of /sys/class/uio/DEVICE/maps/mapI. */
static void read_map(int i, const char *what, char *buf, int size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/uio/%s/maps/map%d/%s", device,
		 i, what);
	f = fopen(path, "r");
	if (!f || !fgets(buf, size, f))
		err(1, "%s", path);
	fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
}

static volatile void *map(const char *name, size_t *size)
{
	char text[64];
	void *p;
	int i = 0;

	do
		read_map(i++, "name", text, sizeof(text));
	while (strcmp(text, name) != 0);
	read_map(--i, "size", text, sizeof(text));
	*size = strtoul(text, NULL, 0);
	p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 (off_t)i * getpagesize());
	if (p == MAP_FAILED)
		err(1, "mmap of %s", name);
	return p;
}

static void attach(void)
{
	char path[64];
	size_t size;

	snprintf(path, sizeof(path), "/dev/%s", device);
	fd = open(path, O_RDWR);
	if (fd < 0)
		err(1, "%s", path);
	regs = map("registers", &size);
	states = map("state_table", &size);
	outputs = map("output", &size);
	me = regs[REG_ID];
	peers = regs[REG_PEERS];
	out_size = size / peers;
	regs[REG_STATE] = 1;
}

static volatile struct echo_section *section(unsigned int peer)
{
	return (volatile void *)(outputs + peer * out_size);
}

static void ring(unsigned int peer)
{
	regs[REG_DOORBELL] = peer << 16;
}

/* Interrupts on, then look: none is missed between the two. */
static void listen(void)
{
	regs[REG_CONTROL] = 1;
}

static void wait_event(void)
{
	uint32_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		err(1, "read of %s", device);
}

static int ask(unsigned int peer, unsigned int number)
{
	volatile struct echo_section *out = section(me);
	volatile struct echo_answer *a = &section(peer)->answer[me];

	for (unsigned int i = 0; i < ECHO_TEXT; i++)
		out->text[i] = (char)('a' + (i * 3 + number) % 26);
	out->to = peer;
	out->request = number;
	ring(peer);
	for (listen(); a->number != number; listen())
		wait_event();
	for (unsigned int i = 0; i < ECHO_TEXT; i++)
		if (a->text[i] != echo_of(out->text[i]))
			return 0;
	return 1;
}

static int ask_all(unsigned int peer, unsigned int n)
{
	unsigned int first = section(me)->request, good = 0;

	for (unsigned int i = 1; i <= n; i++)
		good += (unsigned int)ask(peer, first + i);
	printf("linkecho: %u answers of %u\n", good, n);
	return good == n ? 0 : 1;
}

static unsigned int answer(unsigned int peer)
{
	volatile struct echo_section *in = section(peer);
	volatile struct echo_answer *a = &section(me)->answer[peer];
	unsigned int number = in->request;

	if (peer == me || in->to != me || a->number == number)
		return 0;
	for (unsigned int i = 0; i < ECHO_TEXT; i++)
		a->text[i] = echo_of(in->text[i]);
	a->number = number;
	ring(peer);
	return 1;
}

static int serve(unsigned int n)
{
	unsigned int done = 0;

	while (done < n) {
		unsigned int was = done;

		listen();
		for (unsigned int i = 0; i < peers; i++)
			done += answer(i);
		if (done == was)
			wait_event();
	}
	printf("linkecho: %u requests answered\n", done);
	return 0;
}

static int wait_state(unsigned int peer, unsigned int state)
{
	for (listen(); states[peer] != state; listen())
		wait_event();
	printf("linkecho: peer %u has state %u\n", peer, state);
	return 0;
}

static int rights(unsigned int peer)
{
	unsigned int was = states[peer], to = section(peer)->to;

	states[peer] = was + 1;
	section(peer)->to = to + 1;
	if (states[peer] != was || section(peer)->to != to)
		errx(1, "what is peer %u's was written", peer);
	section(me)->to = peers;
	if (section(me)->to != peers)
		errx(1, "the own section is not written");
	printf("linkecho: what is another's cannot be written\n");
	return 0;
}

/* @state: of this peer while one of two files is open. */
static int twice(unsigned int state)
{
	char path[64];
	int other;

	snprintf(path, sizeof(path), "/dev/%s", device);
	other = open(path, O_RDWR);
	if (other < 0)
		err(1, "%s again", path);
	close(other);
	if (states[me] != state)
		errx(1, "state %u with an open file", states[me]);
	printf("linkecho: one of two has closed it\n");
	return 0;
}

static void no_memory(int signal)
{
	static const char text[] = "linkecho: the memory has gone\n";
	ssize_t n = write(STDOUT_FILENO, text, sizeof(text) - 1);

	(void)signal;
	_exit(n < 0);
}

static _Noreturn void wait_gone(void)
{
	uint32_t count;

	puts("linkecho: waits");
	fflush(stdout);
	while (read(fd, &count, sizeof(count)) == sizeof(count))
		;
	signal(SIGBUS, no_memory);
	/* Told before the memory goes: the alarm ends who waits in vain. */
	for (;;)
		(void)section(me)->to;
}

static unsigned int number(const char *text)
{
	char *end;
	unsigned long v = strtoul(text ? text : "", &end, 0);

	if (!text || *end || end == text)
		errx(2, "'%s' is no number", text ? text : "");
	return (unsigned int)v;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";

	if (argc < 3 || (argc < 4 && strcmp(what, "gone") != 0))
		errx(2, "usage: linkecho DEVICE "
			"ask|serve|state|rights|twice|gone ...");
	device = argv[1];
	alarm(PATIENCE);
	attach();
	if (!strcmp(what, "ask"))
		return ask_all(number(argv[3]), number(argv[4]));
	if (!strcmp(what, "serve"))
		return serve(number(argv[3]));
	if (!strcmp(what, "state"))
		return wait_state(number(argv[3]), number(argv[4]));
	if (!strcmp(what, "rights"))
		return rights(number(argv[3]));
	if (!strcmp(what, "twice"))
		return twice(number(argv[3]));
	if (!strcmp(what, "gone"))
		wait_gone();
	errx(2, "there is no '%s'", what);
}
