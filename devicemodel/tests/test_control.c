/* SPDX-License-Identifier: BSD-2-Clause */
/* How a running VM is met: its directory, control socket, button and taps. */
#include "core/listen.h"
#include "core/vm.h"
#include "mem/layout.h"
#include "tests/bzimage_fake.h"
#include "tests/mock.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[] = "/tmp/holm-run-XXXXXX";
static char kernel[] = "/tmp/holm-kernel-XXXXXX";
static struct dm_error err;

static int group_setup(void **state)
{
	u8 image[FAKE_SIZE];

	(void)state;
	fake_make(image);
	return fake_file(kernel, image, sizeof(image)) || mkdtemp(base) == NULL;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(kernel);
	return rmdir(base);
}

/* The directory */

static void test_rundir(void **state)
{
	struct rundir a, b, none;
	char path[RUNDIR_PATH];
	struct stat st;

	(void)state;
	assert_int_equal(rundir_open(&a, base, "vm1", &err), 0);
	assert_int_equal(stat(a.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(rundir_file(&a, "com1", path));
	assert_string_equal(path + strlen(base), "/vm1/com1");
	assert_int_equal(rundir_open(&b, base, "vm1", &err), -EBUSY);
	assert_non_null(strstr(err.text, "'vm1' is running already"));
	assert_int_equal(rundir_open(&b, base, "vm2", &err), 0);
	rundir_close(&b);
	rundir_close(&a);
	assert_int_equal(stat(a.path, &st), -1);
	assert_int_equal(rundir_open(&none, NULL, "vm1", &err), 0);
	assert_false(rundir_file(&none, "com1", path));
	rundir_close(&none);
}

/* What a killed process leaves is taken over, sockets and all. */
static void test_rundir_of_the_dead(void **state)
{
	struct rundir r;
	pid_t pid = fork();
	char path[RUNDIR_PATH];
	int status;

	(void)state;
	if (pid == 0) {
		rundir_open(&r, base, "dead", &err);
		_exit(!rundir_file(&r, "com1", path) || listen_at(path) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(rundir_open(&r, base, "dead", &err), 0);
	assert_true(rundir_file(&r, "com1", path));
	status = listen_at(path);
	assert_true(status >= 0);
	close(status);
	unlink(path);
	rundir_close(&r);
}

static void test_rundir_fails(void **state)
{
	char deep[200];
	struct rundir r;

	(void)state;
	memset(deep, 'x', sizeof(deep));
	deep[0] = '/';
	deep[199] = '\0';
	assert_int_equal(rundir_open(&r, deep, "vm", &err), -ENAMETOOLONG);
	assert_int_equal(rundir_open(&r, kernel, "vm", &err), -ENOTDIR);
	assert_non_null(strstr(err.text, "cannot make"));
}

/* The power button */

struct line {
	u32 ups, downs;
	bool level;
};

static void on_sci(void *arg, bool level)
{
	struct line *l = arg;

	l->ups += level;
	l->downs += !level;
	l->level = level;
}

static u64 io(struct bus *pio, u32 port, u32 size, bool write, u64 val)
{
	if (write)
		bus_write(pio, port, size, val);
	return write ? val : bus_read(pio, port, size);
}

static void test_button(void **state)
{
	struct line line = { 0 };
	struct life life = { 0 };
	struct pm pm = { .life = &life, .sci = on_sci, .arg = &line };
	struct bus pio;

	(void)state;
	bus_init(&pio, 0x10000);
	assert_int_equal(pm_init(&pm, &pio), 0);
	/* Nobody listens: it is kept. */
	assert_false(pm_power_button(&pm));
	assert_int_equal(line.ups, 0);
	assert_int_equal(io(&pio, PORT_PM1_EVENT, 2, false, 0), 0x100);
	io(&pio, PORT_PM1_EVENT + 2, 2, true, 0x100);
	assert_int_equal(line.ups, 1);
	/* Clearing another bit changes nothing, the own one lowers the line. */
	io(&pio, PORT_PM1_EVENT, 2, true, 0x200);
	assert_true(line.level);
	io(&pio, PORT_PM1_EVENT, 2, true, 0x100);
	assert_false(line.level);
	assert_int_equal(io(&pio, PORT_PM1_EVENT, 2, false, 0), 0);
	/* Pressed twice before it looks is one event; bytes work as well. */
	assert_true(pm_power_button(&pm));
	assert_true(pm_power_button(&pm));
	assert_int_equal(line.ups, 2);
	io(&pio, PORT_PM1_EVENT + 1, 1, true, 0x01);
	assert_int_equal(line.downs, 2);
	assert_true(pm_power_button(&pm));
	pm_reset(&pm);
	assert_false(line.level);
	assert_int_equal(io(&pio, PORT_PM1_EVENT, 4, false, 0), 0);
	assert_int_equal(life_get(&life), LIFE_RUN);
	pm_destroy(&pm);
	bus_free(&pio);
}

/* A whole VM, asked by its control socket. */

static struct mock mock;
static struct vm_config cfg;

static int anon_alloc(struct backing *b, struct guest_mem *mem,
		      const char *path, struct dm_error *e)
{
	void *p = mmap(NULL, mem->low, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)path;
	(void)e;
	b->piece[0] = (struct backing_piece){ 0, mem->low, p };
	b->count = 1;
	return guest_mem_add(mem, GPA(0), mem->low, p);
}

static void anon_free(struct backing *b)
{
	munmap(b->piece[0].hva, b->piece[0].len);
}

static int choose(const struct vm_config *c, struct cpu_choice *choice,
		  struct dm_error *e)
{
	(void)c;
	(void)e;
	*choice = (struct cpu_choice){
		.affinity = 0x4,
		.count = 1,
		.lapic_id = { 2 },
	};
	return 0;
}

static void release(const struct cpu_choice *choice)
{
	(void)choice;
}

static int run_vm(int (*guest)(struct mock *m, u32 turn))
{
	const struct vm_parts parts = {
		.vmm = &mock.vmm,
		.choose = choose,
		.release = release,
		.mem_alloc = anon_alloc,
		.mem_free = anon_free,
	};

	mock_init(&mock);
	mock.guest = guest;
	memset(&cfg, 0, sizeof(cfg));
	strcpy(cfg.name, "vm1");
	cfg.mem_size = 256 * MIB;
	cfg.kernel = kernel;
	cfg.bootargs = "";
	cfg.vcpus = 1;
	cfg.run_dir = base;
	cfg.com[COM1].kind = CONSOLE_TAP;
	return vm_main(&cfg, &parts);
}

static int meet(const char *file)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/vm1/%s", base, file);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	return fd;
}

static char answer[2048];

/* Send @text; read until the answer ends, or the connection does. */
static const char *ask(int fd, const char *text)
{
	size_t n = 0;
	ssize_t got;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	memset(answer, 0, sizeof(answer));
	while (!strstr(answer, "ok\n") && !strstr(answer, "error ")) {
		got = read(fd, answer + n, sizeof(answer) - n - 1);
		/* This thread is the VM's as well, which a stop kicks. */
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return "gone";
		n += (size_t)got;
	}
	return answer;
}

static int control_fd;

static int guest_asked(struct mock *m, u32 turn)
{
	char uuid_line[] = "uuid 00000000-0000-0000-0000-000000000000\n";

	if (turn == 0) {
		control_fd = meet("control");
		assert_non_null(strstr(ask(control_fd, "info\n"), uuid_line));
		assert_non_null(strstr(answer, "name vm1\n"));
		assert_non_null(strstr(answer, "console com1\n"));
		assert_null(strstr(answer, "com2"));
		assert_string_equal(ask(control_fd, "poweroff\n"),
				    "listening 0\nok\n");
		assert_string_equal(ask(control_fd, "nonsense\n"),
				    "error unknown request 'nonsense'\n");
		/* In pieces, and two at once. */
		assert_int_equal(write(control_fd, "in", 2), 2);
		assert_non_null(strstr(ask(control_fd, "fo\n"), "ok\n"));
		mock_pio(m, 0, PORT_PM1_EVENT + 2, 2, 1, 0x100);
		return 0;
	}
	if (turn == 1) {
		assert_int_equal(m->level[IRQ_SCI], 1);
		assert_string_equal(ask(control_fd, "poweroff\n"),
				    "listening 1\nok\n");
		assert_string_equal(ask(control_fd, "stop\n"), "ok\n");
		return 0;
	}
	pause();
	return turn > 1000 ? -ENODEV : -EINTR;
}

static void test_control(void **state)
{
	char byte;

	(void)state;
	assert_int_equal(run_vm(guest_asked), DM_POWEROFF);
	/* The end of the connection is the end of the VM. */
	assert_int_equal(read(control_fd, &byte, 1), 0);
	close(control_fd);
	assert_non_null(strstr(mock.log, "pause unclient destroy"));
}

static void expect_dropped(const char *text)
{
	int fd = meet("control");

	assert_string_equal(ask(fd, text), "gone");
	close(fd);
}

static int guest_with_bad_clients(struct mock *m, u32 turn)
{
	int fd[CONTROL_CLIENTS + 1], i;
	char byte;

	(void)turn;
	expect_dropped("a line that is much longer than any request that "
		       "there could be, without an end");
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		fd[i] = meet("control");
		assert_non_null(strstr(ask(fd[i], "info\n"), "ok\n"));
	}
	/* One too many is sent away; a place that gets free is had again. */
	fd[i] = meet("control");
	assert_int_equal(read(fd[i], &byte, 1), 0);
	close(fd[i]);
	for (i = 1; i < CONTROL_CLIENTS; i++)
		close(fd[i]);
	assert_non_null(strstr(ask(fd[0], "info\n"), "ok\n"));
	close(fd[0]);
	return mock_pio(m, 0, 0x404, 2, 1, 5 << 10 | 1 << 13), 0;
}

static void test_bad_clients(void **state)
{
	(void)state;
	assert_int_equal(run_vm(guest_with_bad_clients), DM_POWEROFF);
}

/* A tap begins with what was said before it came, and gives input. */

static int tap_fd;

static void expect_tap(const char *text)
{
	char got[64] = "";
	size_t n = 0;

	while (n < strlen(text)) {
		ssize_t r = read(tap_fd, got + n, sizeof(got) - n);

		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_memory_equal(got, text, strlen(text));
}

#define LSR_DATA 1

static int guest_with_tap(struct mock *m, u32 turn)
{
	static const char text[] = "early";

	if (turn < 5) {
		mock_pio(m, 0, PORT_COM1, 1, 1, (u8)text[turn]);
	} else if (turn == 5) {
		tap_fd = meet("com1");
		expect_tap("early");
		mock_pio(m, 0, PORT_COM1, 1, 1, '!');
	} else if (turn == 6) {
		expect_tap("!");
		close(tap_fd);
		tap_fd = meet("com1");
		expect_tap("early!");
		assert_int_equal(write(tap_fd, "k", 1), 1);
		mock_pio(m, 0, PORT_COM1 + 5, 1, 0, 0);
	} else if (!(mock_value(m, 0) & LSR_DATA)) {
		mock_pio(m, 0, PORT_COM1 + 5, 1, 0, 0);
	} else {
		close(tap_fd);
		mock_pio(m, 0, 0x404, 2, 1, 5 << 10 | 1 << 13);
	}
	return 0;
}

static void test_tap(void **state)
{
	(void)state;
	assert_int_equal(run_vm(guest_with_tap), DM_POWEROFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rundir),
		cmocka_unit_test(test_rundir_of_the_dead),
		cmocka_unit_test(test_rundir_fails),
		cmocka_unit_test(test_button),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_bad_clients),
		cmocka_unit_test(test_tap),
	};

	return cmocka_run_group_tests_name("dm control", tests, group_setup,
					   group_teardown);
}
