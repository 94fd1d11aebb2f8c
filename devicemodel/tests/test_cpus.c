/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the machine's CPUs and choosing among them. */
#include "core/cpus.h"
#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>

static struct cpus cpus;
static struct dm_error err;
static struct cpu_choice choice;

/* Four CPUs with odd ids, a disabled one among them, and other entries. */
static const u8 madt[] = {
	'A', 'P',  'I',  'C',  44 + 8 * 4 + 16 + 12,
	0,   0,    0,    5,    0,
	0,   0,    0,    0,    0,
	0,   0,    0,    0,    0,
	0,   0,    0,    0,    0,
	0,   0,    0,    0,    0,
	0,   0,    0,    0,    0,
	0,   0,    0,    0xe0, 0xfe,
	1,   0,    0,    0,    0,
	8,   0,    0,    1,    0,
	0,   0,    0,    8,    1,
	4,   1,    0,    0,    0,
	1,   12,   9,    0,    0,
	0,   0xc0, 0xfe, 0,    0,
	0,   0,    0,    8,    2,
	6,   0,    0,    0,    0,
	0,   8,    3,    8,    1,
	0,   0,    0,    9,    16,
	0,   0,    0x2c, 1,    0,
	0,   1,    0,    0,    0,
	4,   0,    0,    0,
};

static int setup(void **state)
{
	(void)state;
	memset(&cpus, 0, sizeof(cpus));
	if (cpus_parse_madt(&cpus, madt, sizeof(madt)))
		return -1;
	return cpus_parse_online(&cpus, "0-3\n");
}

static void test_madt(void **state)
{
	(void)state;
	assert_int_equal(cpus.count, 4);
	assert_int_equal(cpus.lapic_id[0], 0);
	assert_int_equal(cpus.lapic_id[1], 4);
	assert_int_equal(cpus.lapic_id[2], 8);
	assert_int_equal(cpus.lapic_id[3], 300);
}

static void test_bad_madt(void **state)
{
	u8 bad[sizeof(madt)];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(madt); i++)
		assert_int_equal(cpus_parse_madt(&cpus, madt, i), -EINVAL);
	memcpy(bad, madt, sizeof(bad));
	bad[45] = 0; /* an entry of length 0 */
	assert_int_equal(cpus_parse_madt(&cpus, bad, sizeof(bad)), -EINVAL);
	bad[45] = 200; /* one that runs out of the table */
	assert_int_equal(cpus_parse_madt(&cpus, bad, sizeof(bad)), -EINVAL);
	srandom(7);
	for (i = 0; i < 100000; i++) {
		memcpy(bad, madt, sizeof(bad));
		bad[random() % (long)sizeof(bad)] = (u8)random();
		bad[random() % (long)sizeof(bad)] = (u8)random();
		cpus_parse_madt(&cpus, bad, sizeof(bad));
		assert_true(cpus.count <= CPUS_MAX);
	}
}

static void test_online(void **state)
{
	(void)state;
	assert_int_equal(cpus_parse_online(&cpus, "0,2-3,5\n"), 0);
	assert_int_equal(cpus.online, 0x2d);
	assert_int_equal(cpus_parse_online(&cpus, "0-9999"), 0);
	assert_int_equal(cpus.online, ~0ULL);
	assert_int_equal(cpus_parse_online(&cpus, "x"), -EINVAL);
	assert_int_equal(cpus_parse_online(&cpus, "0-1;2"), -EINVAL);
}

static void test_given(void **state)
{
	struct vm_config cfg = { .affinity = { 300, 4 }, .affinity_count = 2 };

	(void)state;
	assert_int_equal(cpus_choose(&cpus, &cfg, &choice, &err), 0);
	assert_int_equal(choice.affinity, 0xa);
	assert_int_equal(choice.count, 2);
	/* vCPU k has the CPU of the k-th set bit, however it was given. */
	assert_int_equal(choice.lapic_id[0], 4);
	assert_int_equal(choice.lapic_id[1], 300);
	cfg.affinity[0] = 6;
	assert_int_equal(cpus_choose(&cpus, &cfg, &choice, &err), -EINVAL);
	assert_non_null(strstr(err.text, "--cpu_affinity 6"));
	cfg.affinity[0] = 0;
	assert_int_equal(cpus_choose(&cpus, &cfg, &choice, &err), -EINVAL);
	assert_non_null(strstr(err.text, "Service VM"));
}

static void test_chosen(void **state)
{
	struct vm_config cfg = { .vcpus = 2 };

	(void)state;
	assert_int_equal(cpus_choose(&cpus, &cfg, &choice, &err), 0);
	assert_int_equal(choice.affinity, 0xc);
	assert_int_equal(choice.lapic_id[0], 8);
	cpus_parse_online(&cpus, "0-2"); /* one is with another VM */
	assert_int_equal(cpus_choose(&cpus, &cfg, &choice, &err), 0);
	assert_int_equal(choice.affinity, 0x6);
	cfg.vcpus = 3;
	assert_int_equal(cpus_choose(&cpus, &cfg, &choice, &err), -EINVAL);
	assert_non_null(strstr(err.text, "-c 3: only 2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_madt, setup),
		cmocka_unit_test_setup(test_bad_madt, setup),
		cmocka_unit_test_setup(test_online, setup),
		cmocka_unit_test_setup(test_given, setup),
		cmocka_unit_test_setup(test_chosen, setup),
	};

	return cmocka_run_group_tests_name("dm cpus", tests, NULL, NULL);
}
