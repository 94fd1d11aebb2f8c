/* SPDX-License-Identifier: BSD-2-Clause */
/* Consoles and ports: the conversation about them, and their bytes. */
#include "virtio/virtio_console.h"
#include "tests/rig.h"
#include "tests/test.h"

#include <fcntl.h>
#include <linux/virtio_console.h>
#include <linux/virtio_pci.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define V1    BIT64(VIRTIO_F_VERSION_1)
#define EVENT BIT64(VIRTIO_RING_F_EVENT_IDX)
#define MULTI BIT64(VIRTIO_CONSOLE_F_MULTIPORT)

#define RX(port) ((u16)((port) ? 2 + 2 * (port) : 0))
#define TX(port) ((u16)(RX(port) + 1))

#define BUF  256U
#define BUFS 32U

static struct rig rig;
static char dir[] = "/tmp/holm-con-XXXXXX";
static char sock[64], file[64];
static u64 next_buf;

static int group_setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(sock, sizeof(sock), "%s/s", dir);
	snprintf(file, sizeof(file), "%s/f", dir);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(dir);
}

/* Port 0: a console on a socket; port 1: a file. */
static int setup(void **state)
{
	char opts[256];

	(void)state;
	next_buf = RIG_DATA;
	snprintf(opts, sizeof(opts), "@socket:con=%s,file:log=%s", sock, file);
	return rig_open(&rig, "virtio-console", opts);
}

static int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static void settle(void)
{
	/* Longer than output is collected. */
	while (event_loop_poll(&rig.loop, 5) > 0)
		;
}

/* Buffers for the device to fill; queue by queue in order. */
static void give_buffers(u16 queue, u32 n)
{
	struct driver_buf b = { .len = BUF, .in = true };

	while (n--) {
		b.gpa = next_buf;
		next_buf += BUF;
		assert_true(driver_add(&rig.q[queue], &b, 1, 0) >= 0);
	}
	rig_kick(&rig, queue);
}

/* What the device put into a buffer; its length, 0: nothing. */
static u32 receive(u16 queue, void *to)
{
	u16 head;
	u32 len;

	settle();
	if (!driver_take(&rig.q[queue], &head, &len))
		return 0;
	guest_mem_read(&rig.mem, GPA(rig.q[queue].desc[head].addr), to, len);
	return len;
}

static void transmit(u16 queue, const void *bytes, u32 len)
{
	const struct driver_buf b = { 0x200000, len, false };
	u16 head;
	u32 n;

	guest_mem_write(&rig.mem, GPA(b.gpa), bytes, len);
	assert_true(driver_add(&rig.q[queue], &b, 1, 0) >= 0);
	rig_kick(&rig, queue);
	settle();
	assert_true(driver_take(&rig.q[queue], &head, &n));
	assert_int_equal(n, 0);
}

static void control(u32 id, u16 event, u16 value)
{
	const struct virtio_console_control c = { id, event, value };

	transmit(CONTROL_TX, &c, sizeof(c));
}

static void expect_message(u32 id, u16 event, u16 value, const char *name)
{
	struct {
		struct virtio_console_control c;
		char name[BUF];
	} m = { 0 };

	assert_int_equal(receive(CONTROL_RX, &m), sizeof(m.c) + strlen(name));
	assert_int_equal(m.c.id, id);
	assert_int_equal(m.c.event, event);
	assert_int_equal(m.c.value, value);
	assert_string_equal(m.name, name);
}

static void expect_no_message(void)
{
	char bytes[BUF];

	assert_int_equal(receive(CONTROL_RX, bytes), 0);
}

static void bring_up(u64 features)
{
	rig_bring_up(&rig, features, features & MULTI ? 6 : 2);
	if (features & MULTI)
		give_buffers(CONTROL_RX, BUFS);
}

/* As a kernel does it. */
static void open_ports(void)
{
	control(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	expect_message(0, VIRTIO_CONSOLE_PORT_ADD, 1, "");
	expect_message(1, VIRTIO_CONSOLE_PORT_ADD, 1, "");
	control(0, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_message(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1, "");
	expect_message(0, VIRTIO_CONSOLE_PORT_NAME, 1, "con");
	expect_message(0, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
	control(1, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_message(1, VIRTIO_CONSOLE_PORT_NAME, 1, "log");
	expect_message(1, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
	control(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	control(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
	expect_no_message();
}

static int connect_peer(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, sock);
	assert_int_equal(connect(fd, (void *)&addr, sizeof(addr)), 0);
	settle();
	return fd;
}

static void expect_file(const char *want)
{
	char text[128] = "";
	int fd = open(file, O_RDONLY);

	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	assert_string_equal(text, want);
}

static void test_config(void **state)
{
	(void)state;
	assert_int_equal(rig_cfg_read(&rig, 0, 4), 0x10431af4);
	assert_int_equal(rig_read(&rig, VIRTIO_PCI_COMMON_NUMQ, 2), 6);
	assert_int_equal(rig_read(&rig, RIG_DEVICE + 4, 4), 2);
	assert_true(rig_features(&rig) & MULTI);
}

static void test_ports(void **state)
{
	char bytes[BUF] = "";
	int peer;

	(void)state;
	bring_up(V1 | EVENT | MULTI);
	open_ports();
	transmit(TX(1), "to the file", 11);
	expect_file("to the file");
	peer = connect_peer();
	transmit(TX(0), "out", 3);
	assert_int_equal(read(peer, bytes, sizeof(bytes)), 3);
	give_buffers(RX(0), 2);
	assert_int_equal(write(peer, "keys", 4), 4);
	assert_int_equal(receive(RX(0), bytes), 4);
	assert_memory_equal(bytes, "keys", 4);
	assert_true(rig.irqs[1 + RX(0)] > 0);
	close(peer);
	settle();
}

/* Input waits for buffers, and none of it is lost. */
static void test_input_waits(void **state)
{
	u8 in[3000], out[3000];
	u32 got = 0, n, i;
	int peer;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (u8)(i * 7 + i / 256);
	bring_up(V1 | EVENT | MULTI);
	open_ports();
	peer = connect_peer();
	assert_int_equal(write(peer, in, sizeof(in)), sizeof(in));
	settle();
	while (got < sizeof(in)) {
		give_buffers(RX(0), 1);
		n = receive(RX(0), out + got);
		assert_in_range(n, 1, BUF);
		got += n;
		assert_int_equal(receive(RX(0), out), 0);
	}
	/* out's beginning was clobbered by nothing: receive() found nothing. */
	assert_memory_equal(in, out, sizeof(in));
	close(peer);
	settle();
}

/* A port that the guest has not opened is not written to. */
static void test_closed_port(void **state)
{
	char bytes[BUF];
	int peer;

	(void)state;
	bring_up(V1 | MULTI);
	give_buffers(RX(0), 4);
	peer = connect_peer();
	assert_int_equal(write(peer, "early", 5), 5);
	assert_int_equal(receive(RX(0), bytes), 0);
	open_ports();
	assert_int_equal(receive(RX(0), bytes), 5);
	control(0, VIRTIO_CONSOLE_PORT_OPEN, 0);
	assert_int_equal(write(peer, "late", 4), 4);
	assert_int_equal(receive(RX(0), bytes), 0);
	control(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	assert_int_equal(receive(RX(0), bytes), 4);
	assert_memory_equal(bytes, "late", 4);
	close(peer);
	settle();
}

static void test_single_port(void **state)
{
	char bytes[BUF];
	int peer;

	(void)state;
	bring_up(V1 | EVENT);
	peer = connect_peer();
	transmit(TX(0), "plain", 5);
	assert_int_equal(read(peer, bytes, sizeof(bytes)), 5);
	give_buffers(RX(0), 1);
	assert_int_equal(write(peer, "x", 1), 1);
	assert_int_equal(receive(RX(0), bytes), 1);
	close(peer);
	settle();
}

/* Messages wait for buffers: none is lost, none is told twice. */
static void test_few_control_buffers(void **state)
{
	(void)state;
	rig_bring_up(&rig, V1 | EVENT | MULTI, 6);
	control(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
	control(0, VIRTIO_CONSOLE_PORT_READY, 1);
	control(0, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_no_message();
	give_buffers(CONTROL_RX, 1);
	expect_message(0, VIRTIO_CONSOLE_PORT_ADD, 1, "");
	give_buffers(CONTROL_RX, 1);
	expect_message(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1, "");
	give_buffers(CONTROL_RX, 5);
	expect_message(0, VIRTIO_CONSOLE_PORT_NAME, 1, "con");
	expect_message(0, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
	expect_message(1, VIRTIO_CONSOLE_PORT_ADD, 1, "");
	expect_no_message();
}

static void test_odd_messages(void **state)
{
	static const u32 ids[] = { 2, 16, 0x10000, 0x80000000, 0xffffffff };
	u32 event;
	size_t i;

	(void)state;
	bring_up(V1 | EVENT | MULTI);
	for (event = 1; event < 12; event++)
		for (i = 0; i < ARRAY_SIZE(ids); i++)
			control(ids[i], (u16)event, 1);
	control(0, 0xffff, 1);
	control(0, VIRTIO_CONSOLE_DEVICE_READY, 0);
	control(0, VIRTIO_CONSOLE_PORT_READY, 0);
	transmit(CONTROL_TX, "short", 5);
	expect_no_message();
	open_ports();
}

/* More than the backend's buffer in one go, to a file: all arrives. */
static void test_long_output(void **state)
{
	const u32 len = 300 * 1024;
	const struct driver_buf b = { RIG_DATA, len, false };
	u8 *now = malloc(len);
	u32 i, n;
	u16 head;
	int fd;

	(void)state;
	bring_up(V1 | EVENT | MULTI);
	open_ports();
	for (i = 0; i < len; i++)
		rig.ram[RIG_DATA + i] = (u8)(i ^ i >> 8);
	driver_add(&rig.q[TX(1)], &b, 1, 0);
	rig_kick(&rig, TX(1));
	for (i = 0; i < 1000 && !driver_take(&rig.q[TX(1)], &head, &n); i++)
		settle();
	settle();
	fd = open(file, O_RDONLY);
	assert_int_equal(read(fd, now, len), len);
	assert_memory_equal(now, rig.ram + RIG_DATA, len);
	close(fd);
	free(now);
}

/* The held buffers are forgotten, the backend's input is not. */
static void test_reset(void **state)
{
	char bytes[BUF];
	int peer, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		bring_up(V1 | EVENT | MULTI);
		open_ports();
		give_buffers(RX(0), 1);
		peer = connect_peer();
		assert_int_equal(write(peer, "a", 1), 1);
		assert_int_equal(receive(RX(0), bytes), 1);
		assert_int_equal(write(peer, "b", 1), 1);
		settle();
		rig_write(&rig, VIRTIO_PCI_COMMON_STATUS, 1, 0);
		bring_up(V1 | EVENT | MULTI);
		open_ports();
		give_buffers(RX(0), 2);
		assert_int_equal(receive(RX(0), bytes), 1);
		assert_int_equal(bytes[0], 'b');
		close(peer);
		settle();
	}
}

static void test_emergency(void **state)
{
	const u32 at =
		RIG_DEVICE + offsetof(struct virtio_console_config, emerg_wr);
	char bytes[8];
	int peer = connect_peer();

	(void)state;
	rig_write(&rig, at, 4, '!');
	rig_write(&rig, at, 1, '?');
	settle();
	assert_int_equal(read(peer, bytes, sizeof(bytes)), 2);
	assert_memory_equal(bytes, "!?", 2);
	close(peer);
	settle();
}

static void test_bad_buffer(void **state)
{
	const struct driver_buf b = { RIG_DATA, 16, false };
	int peer;

	(void)state;
	bring_up(V1 | EVENT);
	peer = connect_peer();
	assert_int_equal(write(peer, "x", 1), 1);
	driver_add(&rig.q[RX(0)], &b, 1, 0);
	rig_kick(&rig, RX(0));
	settle();
	assert_true(rig_read(&rig, VIRTIO_PCI_COMMON_STATUS, 1) &
		    S_NEEDS_RESET);
	close(peer);
	settle();
}

static void expect_refused(const char *opts, const char *why)
{
	static struct rig other;

	assert_true(rig_open(&other, "virtio-console", opts) < 0);
	assert_non_null(strstr(other.err.text, why));
}

static void test_options(void **state)
{
	static struct rig other;
	char many[512] = "pty:p0";
	u32 i;

	(void)state;
	expect_refused(NULL, "no port given");
	expect_refused("stdio", "a port is");
	expect_refused("tape:x", "a port is");
	expect_refused("pty:", "a port is");
	expect_refused("pty:x=/tmp/x", "a port is");
	expect_refused("file:x", "a port is");
	expect_refused("file:x=", "a port is");
	expect_refused("pty:a b", "a port is");
	expect_refused("pty:x,pty:x", "has this name");
	expect_refused("file:x=/nonexistent/f", "No such file");
	for (i = 1; i < 17; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many),
			 ",pty:p%u", i);
	expect_refused(many, "at most 16");
	*strrchr(many, ',') = 0;
	assert_int_equal(rig_open(&other, "virtio-console", many), 0);
	rig_bring_up(&other, V1 | EVENT | MULTI, 34);
	rig_close(&other);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_config),       T(test_ports),
		T(test_input_waits),  T(test_closed_port),
		T(test_single_port),  T(test_few_control_buffers),
		T(test_odd_messages), T(test_long_output),
		T(test_reset),        T(test_emergency),
		T(test_bad_buffer),   TEST(test_options),
	};

	return cmocka_run_group_tests_name("dm virtio-console", tests,
					   group_setup, group_teardown);
}
