/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* HOLM_IOC_SERVE. */
#include <pthread.h>
#include <sys/ioctl.h>

#include "abi/holm_ioctl.h"
#include "hsm_lib.h"
#include "hsm_serve.h"

#define ROUNDS 2000U

static int serve(unsigned long done)
{
	return ioctl(hsm_fd, HOLM_IOC_SERVE, done);
}

/* One call tells what is done and waits for more. */
void test_serve(void)
{
	struct mock_cmd a = request(ACRN_IOREQ_TYPE_PORTIO, 0, 0x64, 1, 0);
	struct mock_cmd b = a;
	uint32_t before;

	CHECK_ERR(serve(0), EINVAL);
	CHECK(vm_create(6) == 0);
	CHECK_ERR(serve(0), ENODEV);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == 0);
	CHECK_ERR(serve(1), EINVAL);
	before = mock_now().finished;
	b.vcpu = 1;
	a.vmid = b.vmid = created.vmid;
	CHECK(mock(&a) == 0 && mock(&b) == 0);
	CHECK(serve(0) == 3);
	/* A slot that nobody has: then the others are not told either. */
	CHECK_ERR(serve(7), EINVAL);
	CHECK_ERR(serve(1UL << 40 | 1), EINVAL);
	CHECK(mock_now().finished == before);
	CHECK(serve(1) == 2);
	CHECK(mock_now().finished == before + 1);
	CHECK(mock(&a) == 0);
	CHECK(serve(2) == 1);
}

/* A device model that answers with what it was asked. */
static void *serve_thread(void *result)
{
	struct acrn_pio_request *pio = &page->req_slot[0].reqs.pio_request;
	int done = 0;

	for (;;) {
		done = serve((unsigned long)done);
		if (done < 0)
			break;
		if (done)
			pio->value = (uint32_t)pio->address;
	}
	*(int *)result = errno;
	return NULL;
}

/*
 * The client serves without pause, on this CPU or another: it waits in every
 * way there is, and no request may be missed.
 */
void test_serve_briskly(void)
{
	pthread_t thread;
	uint32_t i, wrong = 0;
	int result = 0;

	CHECK(vm_create(6) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == 0);
	CHECK(pthread_create(&thread, NULL, serve_thread, &result) == 0);
	for (i = 0; i < ROUNDS; i++)
		wrong += answered(request(ACRN_IOREQ_TYPE_PORTIO, 0, 0x1000 + i,
					  4, 0)) != 0x1000 + i;
	CHECK(wrong == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_IOREQ_CLIENT) == 0);
	pthread_join(thread, NULL);
	CHECK(result == ENODEV);
}
