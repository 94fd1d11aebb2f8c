/* SPDX-License-Identifier: BSD-2-Clause */
/* holm vm stop and console, against a device model that is a child of ours. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "fake.h"
#include "holm/dm.h"

#define BUSY_PORT "com2"

/* What the child does with a request; others it answers. */
struct manners {
	bool ends_by_button, ends_by_stop;
	bool silent; /* says nothing to anything but info */
	const char *listening;
};

static char dir[] = "/tmp/holm-dm-XXXXXX";
static char place[64];
static pid_t child;
static int child_status;

static int listen_on(const char *file)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/vm/%s", dir, file);
	unlink(addr.sun_path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 4))
		_exit(99);
	return fd;
}

/* Who is gone misses it. */
static void tell(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
}

static void serve_request(int fd, const char *line, const struct manners *m)
{
	char text[64];

	if (!strncmp(line, "info", 4)) {
		tell(fd, "name vm\nuuid 1234-56\npid 7\nconsole com1\nok\n");
		return;
	}
	if (m->silent)
		return;
	if (!strncmp(line, "poweroff", 8)) {
		snprintf(text, sizeof(text), "listening %s\nok\n",
			 m->listening);
		tell(fd, text);
		if (m->ends_by_button)
			_exit(0);
		return;
	}
	tell(fd, "ok\n");
	if (m->ends_by_stop)
		_exit(0);
}

/* One client of each socket at a time is enough. */
static void serve(const struct manners *m)
{
	int control = listen_on("control"), tap = listen_on("com1");
	struct pollfd fd[4] = { { control, POLLIN, 0 },
				{ tap, POLLIN, 0 },
				{ -1, POLLIN, 0 },
				{ -1, POLLIN, 0 } };
	char buf[64];
	int i;

	for (;;) {
		if (poll(fd, 4, 20000) <= 0)
			_exit(97);
		for (i = 0; i < 2; i++) {
			if (!(fd[i].revents & POLLIN))
				continue;
			close(fd[i + 2].fd);
			fd[i + 2].fd = accept(fd[i].fd, NULL, NULL);
			if (i == 1)
				tell(fd[3].fd, "login: ");
		}
		for (i = 2; i < 4; i++) {
			ssize_t n;

			if (fd[i].fd < 0 || !fd[i].revents)
				continue;
			n = read(fd[i].fd, buf, sizeof(buf) - 1);
			if (n <= 0) {
				close(fd[i].fd);
				fd[i].fd = -1;
				continue;
			}
			buf[n] = '\0';
			if (i == 2)
				serve_request(fd[i].fd, buf, m);
			else if (buf[0] == 'q')
				_exit(0);
			else
				tell(fd[i].fd, buf);
		}
	}
}

static bool child_gone(void)
{
	if (child && waitpid(child, &child_status, WNOHANG) == child)
		child = 0;
	return child == 0;
}

static void begin(const struct manners *m)
{
	struct dm dm;
	struct holm h = { .opt = { .run_dir = dir } };
	int i;

	fflush(NULL);
	child = fork();
	if (child == 0)
		serve(m);
	for (i = 0; i < 500 && dm_open(&dm, &h, "vm"); i++)
		usleep(10000);
	dm_close(&dm);
}

static void end(void)
{
	if (!child_gone()) {
		kill(child, SIGKILL);
		waitpid(child, &child_status, 0);
	}
	child = 0;
}

static int setup(void **state)
{
	fake_setup(state);
	strcpy(fake.vm[2].name, "vm");
	fake.vm[2].state = HOLM_VM_RUNNING;
	fake.gone = child_gone;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	end();
	return 0;
}

static const char *line(const char *command)
{
	static char text[160];

	snprintf(text, sizeof(text), "%s --run-dir %s", command, dir);
	return text;
}

static void test_button(void **state)
{
	const struct manners m = { .ends_by_button = true, .listening = "1" };

	(void)state;
	begin(&m);
	expect_out(line("vm stop vm"), 0, "vm: powered off\n");
	assert_string_equal(fake_said, "");
	begin(&m);
	expect_out(line("vm stop vm --json"), 0,
		   "{\"schema\":1,\"name\":\"vm\",\"result\":\"powered off\"}");
}

static void test_deaf(void **state)
{
	const struct manners m = { .ends_by_stop = true, .listening = "0" };

	(void)state;
	begin(&m);
	expect_said(line("vm stop vm --timeout 0"), STATUS_TIMEOUT,
		    "does not listen to its power button");
	expect_said(line("vm stop vm --timeout 1"), STATUS_TIMEOUT,
		    "'vm' has not powered off in 1 s; --force ends it");
	assert_false(child_gone());
	expect_out(line("vm stop vm --timeout 0 --force"), 0, "vm: ended\n");
	assert_true(WIFEXITED(child_status));
}

static void test_hung(void **state)
{
	const struct manners m = { .silent = true };

	(void)state;
	begin(&m);
	expect_said(line("vm stop vm --timeout 0"), STATUS_FAILED,
		    "Connection timed out");
	assert_false(child_gone());
	expect_out(line("vm stop vm --timeout 0 --force"), 0, "vm: killed\n");
	assert_true(WIFSIGNALED(child_status));
}

static void test_list(void **state)
{
	const struct manners m = { .silent = true };
	char pid[32];

	(void)state;
	begin(&m);
	expect_out(line("vm list"), 0, "1234-56\n");
	snprintf(pid, sizeof(pid), "\"dm_pid\":%d", (int)child);
	expect_out(line("vm list --json"), 0, pid);
	expect_out(line("vm list --json"), 0, "\"uuid\":\"1234-56\"");
	expect_out(line("vm console vm --json"), 0,
		   "\"port\":\"com1\",\"socket\":\"/tmp/holm-dm-");
	expect_said(line("vm console vm --port " BUSY_PORT), STATUS_BUSY,
		    "'vm' has no com2");
	expect_said(line("vm console vm --port com9"), STATUS_USAGE,
		    "must be com1 or com2");
	expect_said(line("vm console nobody"), STATUS_NOT_FOUND,
		    "no VM is named 'nobody'");
}

/* On a terminal of its own. */

static int master;
static pid_t session;
static struct termios before;

/* All that the session has printed; it may come before it is awaited. */
static char got[4096];

static void open_session(void)
{
	memset(got, 0, sizeof(got));
	session = forkpty(&master, NULL, NULL, NULL);
	if (session == 0) {
		struct holm h = { .src = &fake_source,
				  .out = stdout,
				  .err = stderr,
				  .name = "vm",
				  .opt = { .run_dir = dir } };

		signal(SIGPIPE, SIG_IGN);
		child = 0;
		exit(do_console(&h));
	}
	assert_int_equal(tcgetattr(master, &before), 0);
}

static void await(const char *want)
{
	size_t n = strlen(got);

	while (!strstr(got, want)) {
		struct pollfd p = { master, POLLIN, 0 };
		ssize_t r;

		assert_true(n < sizeof(got) - 1 && poll(&p, 1, 20000) > 0);
		r = read(master, got + n, sizeof(got) - 1 - n);
		assert_true(r > 0);
		n += (size_t)r;
	}
}

static bool is_raw(void)
{
	struct termios now;

	assert_int_equal(tcgetattr(master, &now), 0);
	return !(now.c_lflag & (ICANON | ECHO | ISIG));
}

static void expect_session_end(int status)
{
	struct termios now;
	int how;

	assert_int_equal(waitpid(session, &how, 0), session);
	assert_true(WIFEXITED(how));
	assert_int_equal(WEXITSTATUS(how), status);
	assert_int_equal(tcgetattr(master, &now), 0);
	assert_int_equal(now.c_lflag, before.c_lflag);
	assert_int_equal(now.c_iflag, before.c_iflag);
	assert_int_equal(now.c_oflag, before.c_oflag);
	close(master);
}

static void test_console(void **state)
{
	const struct manners m = { .listening = "1" };

	(void)state;
	begin(&m);
	open_session();
	await("Ctrl-] leaves");
	await("login: ");
	assert_true(is_raw());
	/* Keys that would be signals go to the guest. */
	assert_int_equal(write(master, "ro\003ot", 5), 5);
	await("ro\003ot");
	assert_int_equal(write(master, "a\035b", 3), 3);
	await("left the console of vm");
	expect_session_end(0);
	assert_false(child_gone());
}

static void test_console_of_the_dead(void **state)
{
	const struct manners m = { .listening = "1" };

	(void)state;
	begin(&m);
	open_session();
	await("login: ");
	assert_int_equal(write(master, "q", 1), 1);
	await("vm is gone");
	expect_session_end(0);
}

static void test_console_by_signal(void **state)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
	const struct manners m = { .listening = "1" };
	size_t i;

	(void)state;
	begin(&m);
	for (i = 0; i < 3; i++) {
		open_session();
		await("login: ");
		assert_true(is_raw());
		kill(session, signals[i]);
		await("left the console");
		expect_session_end(0);
	}
}

static int group_setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(place, sizeof(place), "%s/vm", dir);
	return mkdir(place, 0700);
}

static int group_teardown(void **state)
{
	static const char *const files[] = { "control", "com1" };
	char path[96];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", place, files[i]);
		unlink(path);
	}
	return rmdir(place) || rmdir(dir);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_button),
		TEST(test_deaf),
		TEST(test_hung),
		TEST(test_list),
		TEST(test_console),
		TEST(test_console_of_the_dead),
		TEST(test_console_by_signal),
	};

	return cmocka_run_group_tests_name("holm and device models", tests,
					   group_setup, group_teardown);
}
