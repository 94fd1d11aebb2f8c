/* SPDX-License-Identifier: BSD-2-Clause */
/* holm cell linux: what it asks of the driver, and what if that fails. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/holm_ioctl.h"
#include "fake.h"
#include "tests/bzimage_fake.h"

#define ID    7
#define CALLS 16

static char kernel[] = "/tmp/holm-kernel-XXXXXX";
static char yaml[] = "/tmp/holm-cell-XXXXXX";

static const char text[] = "name: penguin\n"
			   "cpus: [lapic 2]\n"
			   "memory:\n"
			   "  - { at: 0, phys: 0x40000000, size: 64M,\n"
			   "      access: [read, write, execute, load] }\n";

static struct {
	unsigned long request[CALLS]; /* in this order */
	unsigned int n;
	unsigned long failing; /* a request that is refused */
	struct holm_cell_desc desc;
	uint64_t loaded; /* bytes */
} seen;

static int control(unsigned long request, void *arg)
{
	const struct holm_ioc_cell_create *create = arg;
	const struct holm_ioc_cell_load *load = arg;

	assert_true(seen.n < CALLS);
	seen.request[seen.n++] = request;
	if (request == seen.failing)
		return -EBUSY;
	if (request == HOLM_IOC_CELL_CREATE) {
		memcpy(&seen.desc, (void *)(uintptr_t)create->desc,
		       sizeof(seen.desc));
		return ID;
	}
	if (request == HOLM_IOC_CELL_LOAD) {
		assert_int_equal(load->id, ID);
		seen.loaded += load->size;
	} else {
		assert_int_equal((uintptr_t)arg, ID);
	}
	return 0;
}

static const char *command(const char *more)
{
	static char line[200];

	snprintf(line, sizeof(line), "cell linux %s %s%s", yaml, kernel, more);
	return line;
}

static unsigned long last(void)
{
	return seen.n ? seen.request[seen.n - 1] : 0;
}

static int setup(void **state)
{
	fake_setup(state);
	fake.control = control;
	memset(&seen, 0, sizeof(seen));
	return 0;
}

static void starts(void **state)
{
	(void)state;
	expect_out(command(" -c quiet"), STATUS_DONE, "penguin: started");
	assert_int_equal(seen.request[0], HOLM_IOC_CELL_CREATE);
	assert_int_equal(last(), HOLM_IOC_CELL_START);
	assert_int_equal(seen.n, 2 + 3);
	assert_true(seen.loaded > FAKE_PAYLOAD);
	assert_int_equal(seen.desc.flags, HOLM_CELL_F_START32);
	assert_true(seen.desc.entry >= 0x1000 && seen.desc.entry < 0x2000);
}

/* What was made goes again; what was not made is left alone. */
static void undoes(void **state)
{
	(void)state;
	seen.failing = HOLM_IOC_CELL_CREATE;
	expect_said(command(""), STATUS_BUSY, "is not created");
	assert_int_equal(last(), HOLM_IOC_CELL_CREATE);
	seen.failing = HOLM_IOC_CELL_LOAD;
	expect_said(command(""), STATUS_BUSY, "is not loaded");
	assert_int_equal(last(), HOLM_IOC_CELL_DESTROY);
	seen.n = 0;
	seen.failing = HOLM_IOC_CELL_START;
	expect_said(command(""), STATUS_BUSY, "is not started");
	assert_int_equal(last(), HOLM_IOC_CELL_DESTROY);
}

static void wrong_words(void **state)
{
	(void)state;
	expect_said("cell linux", STATUS_USAGE, "needs FILE KERNEL");
	expect_said("cell linux a", STATUS_USAGE, "needs FILE KERNEL");
	expect_said(command(" -x y"), STATUS_USAGE, "takes no '-x' here");
	expect_said(command(" -i"), STATUS_USAGE, "takes no '-i' here");
	expect_said(command(" -c a -c b"), STATUS_USAGE, "takes no '-c' here");
	expect_said(command(" -i /nowhere"), STATUS_FAILED,
		    "initrd /nowhere: No such file");
	expect_said("cell linux /nowhere /nowhere", STATUS_FAILED, "");
	assert_int_equal(seen.n, 0);
	/* A command line may begin with a dash or two. */
	expect_out(command(" -c --quiet"), STATUS_DONE, "penguin: started");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(starts, setup),
		cmocka_unit_test_setup(undoes, setup),
		cmocka_unit_test_setup(wrong_words, setup),
	};
	static u8 image[FAKE_SIZE];
	int rc = 1;

	fake_make(image);
	if (!fake_file(kernel, image, sizeof(image)) &&
	    !fake_file(yaml, text, sizeof(text) - 1))
		rc = cmocka_run_group_tests_name("holm cell linux", tests, NULL,
						 NULL);
	unlink(kernel);
	unlink(yaml);
	return rc;
}
