/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Who answers a request: the client, or the driver by itself. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/ioctl.h>

#include "hsm_lib.h"
#include "hsm_request.h"

#define QUESTIONS 20000U
/* What a process does while so many are answered on its CPU, at the least. */
#define ROUNDS 200U

void test_request(void)
{
	struct mock_cmd cmd;
	struct acrn_io_request *req;

	CHECK(vm_create(6) == 0);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_ATTACH_IOREQ_CLIENT), ENODEV);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == 0);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT), EEXIST);
	CHECK_ERR(complete(0), EINVAL);
	CHECK_ERR(complete(2), EINVAL);
	CHECK_ERR(complete(0xffffffff), EINVAL);

	cmd = request(ACRN_IOREQ_TYPE_PORTIO, ACRN_IOREQ_DIR_READ, 0x64, 1, 0);
	CHECK(mock(&cmd) == 0);
	req = client_take();
	CHECK(req->reqs.pio_request.address == 0x64 && !req->kernel_handled);
	req->reqs.pio_request.value = 0x5a;
	CHECK(complete(0) == 0);
	CHECK_ERR(complete(0), EINVAL);
	CHECK(mock_now().answer == 0x5a);

	cmd = request(ACRN_IOREQ_TYPE_MMIO, ACRN_IOREQ_DIR_READ, 1UL << 33, 8,
		      0);
	CHECK(mock(&cmd) == 0);
	client_take()->reqs.mmio_request.value = 0x123456789abcdefUL;
	CHECK(complete(0) == 0);
	CHECK(mock_now().answer == 0x123456789abcdefUL);
}

void test_request_without_client(void)
{
	CHECK(vm_create(2) == 0);
	CHECK(answered(request(ACRN_IOREQ_TYPE_PORTIO, 0, 0x60, 4, 0)) ==
	      0xffffffff);
	CHECK(answered(request(ACRN_IOREQ_TYPE_MMIO, 0, 1UL << 33, 8, 0)) ==
	      UINT64_MAX);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == 0);
	/* A type no device model knows never reaches one. */
	answered(request(3, 0, 0x1000, 4, 0));
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_IOREQ_CLIENT) == 0);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_ATTACH_IOREQ_CLIENT), ENODEV);
}

void test_pci_ports(void)
{
	const uint32_t pio = ACRN_IOREQ_TYPE_PORTIO;
	struct mock_cmd cmd;
	struct acrn_io_request *req;

	CHECK(vm_create(2) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == 0);
	CHECK(answered(request(pio, 0, 0xcfc, 4, 0)) == 0xffffffff);
	answered(request(pio, 1, 0xcf8, 4, 0x82013a44));
	CHECK(answered(request(pio, 0, 0xcf8, 4, 0)) == 0x82013a44);
	answered(request(pio, 1, 0xcf8, 1, 0));
	CHECK(answered(request(pio, 0, 0xcf8, 4, 0)) == 0x82013a44);

	cmd = request(pio, 1, 0xcfe, 2, 0xbeef);
	CHECK(mock(&cmd) == 0);
	req = client_take();
	CHECK(req->type == ACRN_IOREQ_TYPE_PCICFG);
	CHECK(req->reqs.pci_request.bus == 1);
	CHECK(req->reqs.pci_request.dev == 7);
	CHECK(req->reqs.pci_request.func == 2);
	CHECK(req->reqs.pci_request.reg == 0x246);
	CHECK(req->reqs.pci_request.value == 0xbeef);
	CHECK(req->reqs.pci_request.size == 2);
	CHECK(complete(0) == 0);
}

static bool run_on(size_t first, size_t last)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (; first <= last; first++)
		CPU_SET(first, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

/*
 * The next question is there before the interrupt that brought the answer has
 * returned. Without a bound no process of this CPU runs until the last one.
 */
void test_asks_for_ever(void)
{
	struct mock_cmd cmd = request(ACRN_IOREQ_TYPE_PORTIO, 1, 0xcf8, 4, 0);
	uint32_t before = mock_now().finished, rounds = 0;
	long late = read_number(SYSFS "upcalls_late");

	CHECK(run_on(0, 0));
	CHECK(vm_create(2) == 0);
	cmd.op = MOCK_ASK;
	cmd.vmid = created.vmid;
	cmd.repeat = QUESTIONS;
	CHECK(mock(&cmd) == 0);
	while (mock_now().finished - before <= QUESTIONS)
		rounds++;
	CHECK(run_on(0, 3));
	printf("# %u rounds beside %u questions\n", rounds, QUESTIONS);
	CHECK(rounds >= ROUNDS);
	CHECK(read_number(SYSFS "upcalls_late") > late);
}
