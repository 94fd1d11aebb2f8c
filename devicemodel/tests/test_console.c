/* SPDX-License-Identifier: BSD-2-Clause */
/* The console backends with real descriptors, and the event loop below. */
#include "backend/console.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct event_loop loop;
static struct console con;
static struct dm_error err;
static u8 got[65536];
static size_t ngot, room, drains;

static size_t owner_room(void *arg)
{
	(void)arg;
	return room;
}

static void owner_receive(void *arg, const u8 *bytes, size_t n)
{
	(void)arg;
	assert_true(n <= room);
	memcpy(got + ngot, bytes, n);
	ngot += n;
	room -= n;
}

static void owner_drained(void *arg)
{
	(void)arg;
	drains++;
}

static const struct console_owner owner = { owner_room, owner_receive,
					    owner_drained, NULL };

static int setup(void **state)
{
	(void)state;
	ngot = drains = 0;
	room = sizeof(got);
	signal(SIGPIPE, SIG_IGN);
	return event_loop_init(&loop);
}

static int teardown(void **state)
{
	(void)state;
	event_loop_free(&loop);
	return 0;
}

static int open_console(enum console_kind kind, const char *path)
{
	const struct console_config cfg = { .kind = kind, .path = path };

	return console_open(&con, &cfg, &loop, &owner, &err);
}

static void put(const char *s)
{
	while (*s)
		assert_true(console_put(&con, (u8)*s++));
}

/* Serve events until nothing happens for a while. */
static void settle(void)
{
	while (event_loop_poll(&loop, 50) > 0)
		;
}

static void test_file(void **state)
{
	char path[] = "/tmp/holm-console-XXXXXX", text[64];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(open_console(CONSOLE_FILE, path), 0);
	put("one burst");
	settle();
	assert_int_equal(read(fd, text, sizeof(text)), 9);
	put("rest");
	console_close(&con); /* without the loop's help */
	assert_int_equal(read(fd, text, sizeof(text)), 4);
	assert_memory_equal(text, "rest", 4);
	close(fd);
	unlink(path);
	assert_int_equal(open_console(CONSOLE_FILE, "/nonexistent/f"), -ENOENT);
	assert_non_null(strstr(err.text, "file:/nonexistent/f"));
}

/* With a full buffer a lossless console refuses, then tells when to go on. */
static void test_back_pressure(void **state)
{
	char path[] = "/tmp/holm-console-XXXXXX";
	struct stat st;
	size_t n = 0;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(open_console(CONSOLE_FILE, path), 0);
	while (console_put(&con, 'x'))
		n++;
	assert_int_equal(n, CONSOLE_OUT_SIZE);
	assert_int_equal(drains, 0);
	settle();
	assert_int_equal(drains, 1);
	assert_true(console_put(&con, 'y'));
	console_close(&con);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, CONSOLE_OUT_SIZE + 1);
	unlink(path);
}

static void test_full_device(void **state)
{
	(void)state;
	assert_int_equal(open_console(CONSOLE_FILE, "/dev/full"), 0);
	put("nowhere to go");
	settle();
	assert_int_equal(con.lost, 13);
	put("more");
	console_close(&con);
}

static void test_pty(void **state)
{
	char name[64], text[64];
	int fd;

	(void)state;
	assert_int_equal(open_console(CONSOLE_PTY, NULL), 0);
	assert_int_equal(ptsname_r(con.out.fd, name, sizeof(name)), 0);
	fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(fd >= 0);
	put("to the terminal\n");
	settle();
	assert_int_equal(read(fd, text, sizeof(text)), 16);
	assert_memory_equal(text, "to the terminal\n", 16);
	assert_int_equal(write(fd, "keys\r\x03", 6), 6);
	settle();
	assert_int_equal(ngot, 6);
	assert_memory_equal(got, "keys\r\x03", 6);
	close(fd);
	settle();
	fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_int_equal(write(fd, "again", 5), 5);
	settle();
	assert_int_equal(ngot, 11);
	close(fd);
	console_close(&con);
}

/* Nobody reads: the guest goes on, the surplus is lost and counted. */
static void test_pty_without_reader(void **state)
{
	u32 i;

	(void)state;
	assert_int_equal(open_console(CONSOLE_PTY, NULL), 0);
	for (i = 0; i < 200000; i++) {
		assert_true(console_put(&con, 'x'));
		if (i % 8192 == 0)
			event_loop_poll(&loop, 5);
	}
	settle();
	assert_true(con.lost > 0);
	console_close(&con);
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	return fd;
}

static void test_socket(void **state)
{
	char path[] = "/tmp/holm-sock-XXXXXX", text[64];
	int fd, second;

	(void)state;
	close(mkstemp(path));
	/* A plain file is not ours to remove. */
	assert_int_equal(open_console(CONSOLE_SOCKET, path), -EADDRINUSE);
	unlink(path);
	assert_int_equal(open_console(CONSOLE_SOCKET, path), 0);
	put("lost");
	settle();
	fd = connect_to(path);
	settle();
	put("hello");
	settle();
	assert_int_equal(read(fd, text, sizeof(text)), 5);
	assert_int_equal(write(fd, "keys", 4), 4);
	settle();
	assert_int_equal(ngot, 4);
	second = connect_to(path);
	settle();
	assert_int_equal(read(second, text, sizeof(text)), 0); /* busy */
	close(second);
	close(fd);
	settle();
	second = connect_to(path);
	settle();
	put("next");
	settle();
	assert_int_equal(read(second, text, sizeof(text)), 4);
	close(second);
	console_close(&con);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_socket_errors(void **state)
{
	char path[256];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[255] = 0;
	assert_int_equal(open_console(CONSOLE_SOCKET, path), -ENAMETOOLONG);
	assert_int_equal(open_console(CONSOLE_SOCKET, "/nonexistent/s"),
			 -ENOENT);
}

/* Standard input from a pipe whose writer has gone: nothing is lost. */
static void test_input_back_pressure(void **state)
{
	int in[2], out[2], old_in = dup(0), old_out = dup(1);
	bool ok;

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	dup2(in[0], 0);
	dup2(out[1], 1);
	room = 3;
	ok = open_console(CONSOLE_STDIO, NULL) == 0;
	ok = ok && write(in[1], "abcdefgh", 8) == 8;
	close(in[1]);
	close(in[0]);
	settle();
	ok = ok && ngot == 3 && con.paused;
	room = 2;
	console_resume(&con);
	settle();
	ok = ok && ngot == 5;
	room = 100;
	console_resume(&con);
	settle();
	console_close(&con);
	dup2(old_in, 0);
	dup2(old_out, 1);
	close(old_in);
	close(old_out);
	close(out[0]);
	close(out[1]);
	assert_true(ok);
	assert_int_equal(ngot, 8);
	assert_memory_equal(got, "abcdefgh", 8);
}

/* A reader that does not read must not block the event loop's thread. */
static void test_stuck_stdout(void **state)
{
	int out[2], old_out = dup(1), old_in = dup(0);
	int null = open("/dev/null", O_RDONLY), i;
	size_t accepted = 0;
	char buf[65536];
	bool ok;

	(void)state;
	assert_int_equal(pipe(out), 0);
	dup2(out[1], 1);
	dup2(null, 0);
	ok = open_console(CONSOLE_STDIO, NULL) == 0;
	for (i = 0; i < 40; i++) {
		while (console_put(&con, 'z'))
			accepted++;
		event_loop_poll(&loop, 5);
	}
	ok = ok && accepted >= 65536 && con.lost == 0;
	ok = ok && read(out[0], buf, sizeof(buf)) > 0;
	settle();
	ok = ok && console_put(&con, 'z');
	while (poll(&(struct pollfd){ out[0], POLLIN, 0 }, 1, 0) > 0 &&
	       read(out[0], buf, sizeof(buf)) > 0)
		settle();
	console_close(&con);
	dup2(old_out, 1);
	dup2(old_in, 0);
	close(old_out);
	close(old_in);
	close(out[0]);
	close(out[1]);
	close(null);
	assert_true(ok);
}

static u32 ticks;

static void on_tick(void *arg, u32 events)
{
	(void)arg;
	(void)events;
	ticks++;
}

static void test_timers_and_thread(void **state)
{
	struct event_source src = { on_tick, NULL, -1, false };
	struct timespec nap = { 0, 1000000 };
	int i;

	(void)state;
	ticks = 0;
	assert_int_equal(event_timer_add(&loop, &src), 0);
	event_timer_set(&src, 1000000, 0);
	settle();
	assert_int_equal(ticks, 1);
	event_timer_set(&src, 1, 1000000);
	assert_int_equal(event_loop_start(&loop), 0);
	for (i = 0; i < 5000 && *(volatile u32 *)&ticks < 5; i++)
		nanosleep(&nap, NULL);
	event_loop_stop(&loop);
	assert_true(ticks >= 5);
	event_loop_stop(&loop); /* twice is harmless */
	event_timer_free(&loop, &src);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_file),
		T(test_back_pressure),
		T(test_full_device),
		T(test_pty),
		T(test_pty_without_reader),
		T(test_socket),
		T(test_socket_errors),
		T(test_input_back_pressure),
		T(test_stuck_stdout),
		T(test_timers_and_thread),
	};

	return cmocka_run_group_tests_name("dm console", tests, NULL, NULL);
}
