/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio function: capabilities, negotiation, notifications, resets. */
#include "virtio/virtio.h"
#include "tests/rig.h"
#include "tests/test.h"

#include <linux/virtio_pci.h>
#include <stdlib.h>
#include <unistd.h>

static struct rig rig;

#define V1    BIT64(VIRTIO_F_VERSION_1)
#define EVENT BIT64(VIRTIO_RING_F_EVENT_IDX)
#define INDIR BIT64(VIRTIO_RING_F_INDIRECT_DESC)

#define COMMON(name) VIRTIO_PCI_COMMON_##name

static int setup(void **state)
{
	(void)state;
	return rig_open(&rig, "virtio-rnd", NULL);
}

static int teardown(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static u8 status(void)
{
	return (u8)rig_read(&rig, COMMON(STATUS), 1);
}

/* A buffer for random bytes; whether it came back with something in it. */
static void ask(void)
{
	const struct driver_buf b = { RIG_DATA, 64, true };

	assert_true(driver_add(&rig.q[0], &b, 1, 0) >= 0);
	rig_kick(&rig, 0);
}

static bool answered(void)
{
	u16 head;
	u32 len;

	rig_poll(&rig);
	if (!driver_take(&rig.q[0], &head, &len))
		return false;
	assert_int_equal(len, 64);
	return true;
}

static void test_capabilities(void **state)
{
	static const u8 types[] = { VIRTIO_PCI_CAP_COMMON_CFG,
				    VIRTIO_PCI_CAP_NOTIFY_CFG,
				    VIRTIO_PCI_CAP_ISR_CFG,
				    VIRTIO_PCI_CAP_DEVICE_CFG };
	u32 i, cap;

	(void)state;
	assert_int_equal(rig_cfg_read(&rig, 0, 4), 0x10441af4);
	assert_int_equal(rig_cfg_read(&rig, PCI_REVISION, 1), 1);
	assert_true(rig_cfg_read(&rig, PCI_SUBDEVICE, 2) >= 0x40);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		cap = rig_find_cap(&rig, types[i]);
		assert_int_not_equal(cap, 0);
		assert_int_equal(rig_cfg_read(&rig, cap + 4, 1), 0);
		assert_true(rig_cfg_read(&rig, cap + 8, 4) +
				    rig_cfg_read(&rig, cap + 12, 4) <=
			    0x8000);
	}
	cap = rig_find_cap(&rig, VIRTIO_PCI_CAP_NOTIFY_CFG);
	assert_int_equal(rig_cfg_read(&rig, cap + 2, 1), 20);
	assert_int_equal(rig_cfg_read(&rig, cap + 16, 4), 4);
	assert_int_equal(rig_read(&rig, COMMON(NUMQ), 2), 1);
}

/* Every set of features: taken exactly if offered, with VERSION_1. */
static void test_negotiation(void **state)
{
	static const u64 bits[] = { V1, EVENT, INDIR, BIT64(0), BIT64(34) };
	u64 offered = rig_features(&rig), want;
	u32 set, i;
	bool good;

	(void)state;
	assert_int_equal(offered, V1 | EVENT | INDIR);
	rig_write(&rig, COMMON(DFSELECT), 4, 2);
	assert_int_equal(rig_read(&rig, COMMON(DF), 4), 0);
	for (set = 0; set < BIT(ARRAY_SIZE(bits)); set++) {
		for (want = 0, i = 0; i < ARRAY_SIZE(bits); i++)
			want |= set & BIT(i) ? bits[i] : 0;
		good = (want & V1) && !(want & ~offered);
		assert_int_equal(rig_negotiate(&rig, want),
				 S_ACK | S_DRIVER | (good ? S_FEATURES_OK : 0));
		rig_driver_ok(&rig);
		assert_int_equal(!!(status() & S_DRIVER_OK), good);
		/* Too late to change one's mind. */
		rig_write(&rig, COMMON(GFSELECT), 4, 0);
		rig_write(&rig, COMMON(GF), 4, 0x123);
		if (good)
			assert_int_equal(rig_read(&rig, COMMON(GF), 4),
					 want & 0xffffffff);
	}
}

static void test_status(void **state)
{
	(void)state;
	rig_negotiate(&rig, V1);
	/* Bits are not taken back but by a reset; NEEDS_RESET is ours. */
	rig_write(&rig, COMMON(STATUS), 1, S_ACK);
	assert_int_equal(status(), S_ACK | S_DRIVER | S_FEATURES_OK);
	rig_write(&rig, COMMON(STATUS), 1, S_NEEDS_RESET);
	assert_int_equal(status(), S_ACK | S_DRIVER | S_FEATURES_OK);
	rig_write(&rig, COMMON(STATUS), 1, 0);
	assert_int_equal(status(), 0);
	/* DRIVER_OK without agreement means nothing. */
	rig_write(&rig, COMMON(STATUS), 1, S_ACK | S_DRIVER | S_DRIVER_OK);
	assert_int_equal(status(), S_ACK | S_DRIVER);
}

static void test_registers(void **state)
{
	(void)state;
	rig_negotiate(&rig, V1);
	assert_int_equal(rig_read(&rig, COMMON(Q_SIZE), 2), 64);
	rig_write(&rig, COMMON(Q_DESCLO), 8, 0x123456789aULL);
	assert_int_equal(rig_read(&rig, COMMON(Q_DESCLO), 4), 0x3456789a);
	assert_int_equal(rig_read(&rig, COMMON(Q_DESCHI), 4), 0x12);
	assert_int_equal(rig_read(&rig, COMMON(Q_DESCLO), 8), 0x123456789aULL);
	rig_write(&rig, COMMON(Q_MSIX), 2, 1);
	assert_int_equal(rig_read(&rig, COMMON(Q_MSIX), 2), 1);
	rig_write(&rig, COMMON(Q_MSIX), 2, 2); /* there are two vectors */
	assert_int_equal(rig_read(&rig, COMMON(Q_MSIX), 2), 0xffff);
	/* A queue that is not there; accesses of a wrong size or place. */
	rig_write(&rig, COMMON(Q_SELECT), 2, 1);
	assert_int_equal(rig_read(&rig, COMMON(Q_SIZE), 2), 0);
	rig_write(&rig, COMMON(Q_ENABLE), 2, 1);
	assert_int_equal(rig_read(&rig, COMMON(Q_ENABLE), 2), 0);
	assert_int_equal(rig_read(&rig, COMMON(STATUS), 2), 0);
	assert_int_equal(rig_read(&rig, COMMON(NUMQ) + 1, 1), 0);
	assert_int_equal(rig_read(&rig, 0x38, 4), 0);
	assert_int_equal(rig_read(&rig, 0xffe, 4), 0);
	assert_int_equal(rig_read(&rig, RIG_DEVICE, 8), 0);
	assert_int_equal(rig_read(&rig, 0x7ffc, 4), 0);
	rig_write(&rig, COMMON(NUMQ), 2, 7);
	assert_int_equal(rig_read(&rig, COMMON(NUMQ), 2), 1);
	assert_int_equal(status(), S_ACK | S_DRIVER | S_FEATURES_OK);
}

static void test_queue_setup(void **state)
{
	(void)state;
	/* Not before the features are agreed on. */
	rig_write(&rig, COMMON(STATUS), 1, 0);
	rig_queue(&rig, 0, 64, false);
	assert_int_equal(rig_read(&rig, COMMON(Q_ENABLE), 2), 0);
	rig_negotiate(&rig, V1);
	rig_queue(&rig, 0, 64, false);
	assert_int_equal(rig_read(&rig, COMMON(Q_ENABLE), 2), 1);
	/* Fixed from then on. */
	rig_write(&rig, COMMON(Q_SIZE), 2, 8);
	rig_write(&rig, COMMON(Q_DESCLO), 4, 0);
	rig_write(&rig, COMMON(Q_ENABLE), 2, 0);
	assert_int_equal(rig_read(&rig, COMMON(Q_SIZE), 2), 64);
	assert_int_equal(rig_read(&rig, COMMON(Q_ENABLE), 2), 1);
	assert_int_equal(rig_read(&rig, COMMON(Q_DESCLO), 4), 0x1000);
	/* Nonsense breaks the device, until it is reset. */
	rig_negotiate(&rig, V1);
	rig_write(&rig, COMMON(Q_SELECT), 2, 0);
	rig_write(&rig, COMMON(Q_SIZE), 2, 63);
	rig_write(&rig, COMMON(Q_ENABLE), 2, 1);
	assert_true(status() & S_NEEDS_RESET);
	assert_int_equal(rig_read(&rig, COMMON(Q_ENABLE), 2), 0);
	assert_int_equal(rig_negotiate(&rig, V1),
			 S_ACK | S_DRIVER | S_FEATURES_OK);
	assert_int_equal(rig_read(&rig, COMMON(Q_SIZE), 2), 64);
}

static void test_msix(void **state)
{
	u32 i;

	(void)state;
	rig_bring_up(&rig, V1 | EVENT, 1);
	for (i = 1; i <= 1000; i++) {
		driver_want_interrupt(&rig.q[0]);
		ask();
		assert_true(answered());
		assert_int_equal(rig.irqs[1], i);
	}
	assert_int_equal(rig.mock.raised[PCI_GSI_BASE + 3], 0);
}

static void test_intx(void **state)
{
	const u32 gsi = PCI_GSI_BASE + 3;

	(void)state;
	rig_negotiate(&rig, V1);
	rig_queue(&rig, 0, 64, false);
	rig_driver_ok(&rig);
	ask();
	assert_true(answered());
	assert_int_equal(rig.mock.level[gsi], 1);
	assert_int_equal(rig_read(&rig, RIG_ISR, 1), 1);
	assert_int_equal(rig.mock.level[gsi], 0);
	assert_int_equal(rig_read(&rig, RIG_ISR, 1), 0);
	ask();
	assert_true(answered());
	assert_int_equal(rig.mock.level[gsi], 1);
	rig_write(&rig, COMMON(STATUS), 1, 0);
	assert_int_equal(rig.mock.level[gsi], 0);
	assert_int_equal(rig_read(&rig, RIG_ISR, 1), 0);
}

/* Buffers and a kick before DRIVER_OK are served once it is set. */
static void test_early_kick(void **state)
{
	(void)state;
	rig_negotiate(&rig, V1 | EVENT);
	rig_queue(&rig, 0, 64, true);
	ask();
	assert_false(answered());
	rig_driver_ok(&rig);
	assert_true(answered());
}

static void test_needs_reset(void **state)
{
	(void)state;
	rig_bring_up(&rig, V1 | EVENT, 1);
	rig.q[0].avail->idx = 1000;
	rig_write(&rig, RIG_NOTIFY, 2, 0);
	rig_poll(&rig);
	assert_true(status() & S_NEEDS_RESET);
	assert_int_equal(rig.irqs[0], 1); /* configuration changed */
	assert_int_equal(rig.wires, 0);
	rig_write(&rig, RIG_NOTIFY, 2, 0);
	rig_poll(&rig);
	assert_int_equal(rig.irqs[0], 1);
	rig_bring_up(&rig, V1 | EVENT, 1);
	ask();
	assert_true(answered());
}

/* The kernel knows the notification address while it is good for something. */
static void test_ioeventfd(void **state)
{
	const u64 one = 1;

	(void)state;
	rig.events = true;
	rig_negotiate(&rig, V1);
	rig_queue(&rig, 0, 64, false);
	assert_int_equal(rig.wires, 0);
	rig_driver_ok(&rig);
	assert_int_equal(rig.wires, 1);
	assert_int_equal(rig.wire[0].addr, rig.bar + RIG_NOTIFY);
	assert_int_equal(rig.wire[0].flags, 0);
	ask();
	assert_true(answered());
	/* As the kernel kicks. */
	assert_int_equal(driver_add(&rig.q[0],
				    &(struct driver_buf){ RIG_DATA, 64, true },
				    1, 0) >= 0,
			 1);
	driver_publish(&rig.q[0]);
	assert_int_equal(write((int)rig.wire[0].fd, &one, 8), 8);
	assert_true(answered());
	/* The BAR moves, is switched off, and on again. */
	rig_cfg_write(&rig, PCI_BAR0, 4, 0x90000000);
	rig.bar = 0x90000000;
	assert_int_equal(rig.wires, 1);
	assert_int_equal(rig.wire[0].addr, 0x90000000 + RIG_NOTIFY);
	rig_cfg_write(&rig, PCI_COMMAND, 2, 0);
	assert_int_equal(rig.wires, 0);
	rig_cfg_write(&rig, PCI_COMMAND, 2, PCI_CMD_MEM);
	assert_int_equal(rig.wires, 1);
	rig_write(&rig, COMMON(STATUS), 1, 0);
	assert_int_equal(rig.wires, 0);
}

static u64 irqfd_count(u32 i)
{
	u64 n = 0;

	return read(rig.irqfd[i].fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static void test_irqfd(void **state)
{
	(void)state;
	rig.events = true;
	rig_bring_up(&rig, V1, 1);
	ask();
	assert_true(answered());
	assert_int_equal(rig.irqs[1], 0);
	assert_int_equal(rig.irqfds, 1);
	assert_int_equal(rig.irqfd[0].msi.msi_data, 0x41);
	assert_int_equal(irqfd_count(0), 1);
	ask();
	assert_true(answered());
	assert_int_equal(irqfd_count(0), 1);
	assert_int_equal(rig.irqfd_calls, 1);
	/* The guest moves the interrupt to another CPU. */
	rig_write(&rig, RIG_MSIX + 16, 4, 0xfee01000);
	ask();
	assert_true(answered());
	assert_int_equal(rig.irqfds, 1);
	assert_int_equal(rig.irqfd[0].msi.msi_addr, 0xfee01000);
	assert_int_equal(irqfd_count(0), 1);
	/* Masked, it waits. */
	rig_write(&rig, RIG_MSIX + 28, 4, 1);
	ask();
	assert_true(answered());
	assert_int_equal(irqfd_count(0), 0);
	rig_write(&rig, RIG_MSIX + 28, 4, 0);
	assert_int_equal(irqfd_count(0), 1);
}

/* 4.1.4.9: all of the BAR through configuration space. */
static void test_cfg_access(void **state)
{
	u32 cap = rig_find_cap(&rig, VIRTIO_PCI_CAP_PCI_CFG);

	(void)state;
	assert_int_not_equal(cap, 0);
	rig_cfg_write(&rig, PCI_COMMAND, 2, 0); /* works without decoding */
	rig_cfg_write(&rig, cap + 8, 4, COMMON(STATUS));
	rig_cfg_write(&rig, cap + 12, 4, 1);
	rig_cfg_write(&rig, cap + 16, 4, S_ACK);
	assert_int_equal(rig_cfg_read(&rig, cap + 16, 1), S_ACK);
	rig_cfg_write(&rig, cap + 8, 4, COMMON(NUMQ));
	rig_cfg_write(&rig, cap + 12, 4, 2);
	assert_int_equal(rig_cfg_read(&rig, cap + 16, 2), 1);
	/* Nonsense is no access. */
	rig_cfg_write(&rig, cap + 12, 4, 3);
	rig_cfg_write(&rig, cap + 16, 4, 0);
	rig_cfg_write(&rig, cap + 12, 4, 0x80000000);
	rig_cfg_write(&rig, cap + 16, 4, 0);
	rig_cfg_write(&rig, cap + 8, 4, 0xfffffffc);
	rig_cfg_write(&rig, cap + 12, 4, 4);
	rig_cfg_write(&rig, cap + 16, 4, 0);
	rig_cfg_write(&rig, cap + 4, 1, 5);
	rig_cfg_write(&rig, cap + 8, 4, COMMON(STATUS));
	rig_cfg_write(&rig, cap + 12, 4, 1);
	rig_cfg_write(&rig, cap + 16, 1, 0);
	rig_cfg_write(&rig, cap + 4, 1, 0);
	assert_int_equal(rig_cfg_read(&rig, cap + 16, 1), S_ACK);
}

static void test_machine_reset(void **state)
{
	(void)state;
	rig.events = true;
	rig_bring_up(&rig, V1 | EVENT, 1);
	ask();
	pci_bus_reset(&rig.pci);
	assert_int_equal(rig.wires, 0);
	assert_false(answered());
	rig_cfg_write(&rig, PCI_COMMAND, 2, PCI_CMD_MEM);
	assert_int_equal(status(), 0);
	rig_bring_up(&rig, V1 | EVENT, 1);
	ask();
	assert_true(answered());
}

/* The guest resets and moves BARs while the device's thread is at work. */
static void test_two_threads(void **state)
{
	u32 i, n;
	u16 head;

	(void)state;
	rig.events = true;
	assert_int_equal(event_loop_start(&rig.loop), 0);
	for (i = 0; i < 300; i++) {
		assert_int_equal(rig_negotiate(&rig, V1 | EVENT),
				 S_ACK | S_DRIVER | S_FEATURES_OK);
		rig_msix(&rig);
		rig_queue(&rig, 0, 64, true);
		rig_driver_ok(&rig);
		for (n = 0; n < i % 8; n++)
			ask();
		rig.bar = i % 2 ? 0x90000000 : 0xa0000000;
		rig_cfg_write(&rig, PCI_BAR0, 4, (u32)rig.bar);
		if (i % 3 == 0)
			continue;
		ask();
		for (n = 0; n <= i % 8; n++)
			assert_int_equal(rig_wait(&rig, 0, &head), 64);
		if (i % 3 == 1)
			continue;
		/* Breaks the device. */
		__atomic_store_n(&rig.q[0].avail->idx, 1000, __ATOMIC_RELEASE);
		rig_write(&rig, RIG_NOTIFY, 2, 0);
	}
	event_loop_stop(&rig.loop);
}

/* The two buffers of random bytes differ, and the tail stays untouched. */
static void test_random(void **state)
{
	struct driver_buf b = { RIG_DATA, 32, true };
	u8 *data = rig.ram + RIG_DATA;
	u16 head;
	u32 len;

	(void)state;
	rig_bring_up(&rig, V1, 1);
	driver_add(&rig.q[0], &b, 1, 0);
	b.gpa += 32;
	driver_add(&rig.q[0], &b, 1, 0);
	b = (struct driver_buf){ RIG_DATA + 0x10000, 0x20000, true };
	driver_add(&rig.q[0], &b, 1, 0);
	rig_kick(&rig, 0);
	rig_poll(&rig);
	assert_true(driver_take(&rig.q[0], &head, &len) && len == 32);
	assert_true(driver_take(&rig.q[0], &head, &len) && len == 32);
	assert_memory_not_equal(data, data + 32, 32);
	assert_int_equal(data[64], 0);
	assert_true(driver_take(&rig.q[0], &head, &len));
	assert_int_equal(len, 4096);
	assert_int_equal(data[0x10000 + 4096], 0);
}

static void test_options(void **state)
{
	static struct rig other;
	char *text = NULL;
	size_t n;
	FILE *f;

	(void)state;
	assert_true(rig_open(&other, "virtio-rnd", "fast") < 0);
	assert_non_null(strstr(other.err.text, "takes no options"));
	assert_true(rig_open(&other, "virtio-tape", NULL) < 0);
	assert_non_null(strstr(other.err.text, "virtio-blk"));
	f = open_memstream(&text, &n);
	pci_print_devices(f, "3,virtio-blk,help");
	fclose(f);
	assert_non_null(strstr(text, "serial=TEXT"));
	assert_null(strstr(text, "virtio-rnd"));
	free(text);
	f = open_memstream(&text, &n);
	pci_print_devices(f, "help");
	fclose(f);
	assert_non_null(strstr(text, "virtio-rnd"));
	assert_non_null(strstr(text, "KIND:NAME"));
	free(text);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_capabilities),  T(test_negotiation), T(test_status),
		T(test_registers),     T(test_queue_setup), T(test_msix),
		T(test_intx),          T(test_early_kick),  T(test_needs_reset),
		T(test_ioeventfd),     T(test_irqfd),       T(test_cfg_access),
		T(test_machine_reset), T(test_two_threads), T(test_random),
		T(test_options),
	};

	return cmocka_run_group_tests_name("dm virtio", tests, NULL, NULL);
}
