/* SPDX-License-Identifier: BSD-2-Clause */
/* A cell's histogram: as it is, while it is written, and made of lies. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "holm/histogram.h"

#define SLOT 2

static const struct holm_cell cells[] = {
	{ .id = 0 },
	{ .id = 0 },
	{ .id = SLOT, .name = "t<imer" },
};

static struct holm_comm comm;
static unsigned int looks;
static unsigned int writes; /* how many looks meet the cell writing */
static bool no_region;

static int answer(uint32_t subject, uint32_t index, uint64_t from, void *buf,
		  uint32_t len)
{
	(void)from;
	if (subject != HOLM_QUERY_CELL_COMM)
		return -ENOSYS;
	if (index != SLOT || no_region)
		return -ENOENT;
	assert_int_equal(len, sizeof(comm));
	if (looks++ < writes)
		comm.histogram.seq++;
	memcpy(buf, &comm, len);
	return (int)len;
}

/* One GHz, so ticks are nanoseconds; bucket n begins at 100 + 10 n. */
static int setup(void **state)
{
	fake_setup(state);
	fake.cell = cells;
	fake.cells = 3;
	fake.own = answer;
	no_region = false;
	looks = writes = 0;
	memset(&comm, 0, sizeof(comm));
	comm.histogram = (struct holm_comm_histogram){
		.seq = 40,
		.first = 100,
		.width = 10,
		.count = 1007,
		.min = 90,
		.max = 5000,
		.sum = 120000,
		.below = 2,
		.above = 1,
		.bucket = { [1] = 1000, [3] = 4 },
	};
	return 0;
}

#define SHOW "cell stats t<imer --histogram"

static void shows_it(void **state)
{
	(void)state;
	expect_out(SHOW, STATUS_DONE,
		   "1007 measured; min 90, avg 119, max 5000 ns\n");
	expect_out(SHOW, STATUS_DONE, "less             2  #\n");
	expect_out(SHOW, STATUS_DONE,
		   "110 - 120          1000  ########################"
		   "################\n");
	expect_out(SHOW, STATUS_DONE, "120 - 130             0\n");
	expect_out(SHOW, STATUS_DONE, "130 - 140             4  #\n");
	expect_out(SHOW, STATUS_DONE, "more             1  #\n");
	/* From bucket 1 to 127 in rows of six; the last has one. */
	comm.histogram.bucket[127] = 9;
	expect_out(SHOW, STATUS_DONE, "110 - 170          1004  ####");
	expect_out(SHOW, STATUS_DONE, "1370 - 1430             9  #\n");
}

static void shows_it_as_json(void **state)
{
	(void)state;
	expect_out(SHOW " --json", STATUS_DONE,
		   "{\"schema\":1,\"histogram\":{\"cell\":\"t<imer\","
		   "\"settled\":true,\"agrees\":true,\"tsc_khz\":1000000,"
		   "\"first\":100,\"width\":10,\"count\":1007,\"min\":90,"
		   "\"max\":5000,\"sum\":120000,\"below\":2,\"above\":1,"
		   "\"buckets\":[0,1000,0,4,0,");
}

static void draws_it(void **state)
{
	char *out = fake_run(SHOW " --svg");

	(void)state;
	assert_int_equal(fake_status, STATUS_DONE);
	assert_memory_equal(out, "<svg ", 5);
	assert_string_equal(out + strlen(out) - 7, "</svg>\n");
	assert_non_null(strstr(out, "Cell t&#60;imer"));
	assert_non_null(strstr(out, "<title>1000</title>"));
	assert_non_null(strstr(out, "max 5000"));
	assert_null(strstr(out, "nan"));
	assert_null(strstr(out, "inf"));
	free(out);
}

static void waits_while_it_is_written(void **state)
{
	(void)state;
	/* It ends in the midst of it, then with it done. */
	writes = 7;
	expect_out(SHOW " --json", STATUS_DONE, "\"settled\":false");
	looks = 0;
	expect_out(SHOW " --json", STATUS_DONE, "\"settled\":true");
	assert_in_range(looks, 8, 9);
	looks = 0;
	writes = 1U << 20;
	expect_out(SHOW, STATUS_DONE, "writing it all the time");
	assert_true(looks < 100);
}

static void believes_nothing(void **state)
{
	static const char *const how[] = { "", " --json", " --svg" };
	size_t i;
	char line[64];

	(void)state;
	comm.histogram.count--;
	expect_out(SHOW, STATUS_DONE, "the cell's own sums are wrong");
	memset(&comm, 0xff, sizeof(comm));
	comm.histogram.seq = 2;
	for (i = 0; i < 3; i++) {
		char *out;

		snprintf(line, sizeof(line), SHOW "%s", how[i]);
		out = fake_run(line);
		assert_int_equal(fake_status, STATUS_DONE);
		assert_null(strstr(out, "nan"));
		assert_null(strstr(out, "inf"));
		assert_null(strstr(out, ",-"));
		free(out);
	}
	expect_out(SHOW " --json", STATUS_DONE, "\"agrees\":false");
}

static void takes_random_pages(void **state)
{
	static const char *const how[] = { SHOW, SHOW " --json",
					   SHOW " --svg" };
	uint64_t seed = 1;
	unsigned int round;
	size_t i;

	(void)state;
	for (round = 0; round < 300; round++) {
		for (i = 0; i < sizeof(comm); i++) {
			seed = seed * 6364136223846793005ULL + 1;
			((unsigned char *)&comm)[i] =
				(unsigned char)(seed >> 56 &
						(round & 1 ? 0xff : 0x11));
		}
		comm.histogram.seq &= ~1ULL;
		comm.histogram.width |= 1;
		free(fake_run(how[round % 3]));
		assert_int_equal(fake_status, STATUS_DONE);
	}
}

static void there_may_be_none(void **state)
{
	(void)state;
	comm.histogram.count = comm.histogram.below = 0;
	comm.histogram.above = 0;
	memset(comm.histogram.bucket, 0, sizeof(comm.histogram.bucket));
	expect_out(SHOW, STATUS_DONE, "nothing measured yet");
	free(fake_run(SHOW " --svg"));
	assert_int_equal(fake_status, STATUS_DONE);
	comm.histogram.width = 0;
	expect_said(SHOW, STATUS_FAILED, "it has no histogram");
	no_region = true;
	expect_said(SHOW, STATUS_FAILED, "it has no communication region");
	expect_said("cell stats --histogram", STATUS_USAGE, "name it");
	expect_said("cell stats --svg", STATUS_USAGE, "--histogram");
	expect_said(SHOW " --svg --json", STATUS_USAGE, "not both");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(shows_it, setup),
		cmocka_unit_test_setup(shows_it_as_json, setup),
		cmocka_unit_test_setup(draws_it, setup),
		cmocka_unit_test_setup(waits_while_it_is_written, setup),
		cmocka_unit_test_setup(believes_nothing, setup),
		cmocka_unit_test_setup(takes_random_pages, setup),
		cmocka_unit_test_setup(there_may_be_none, setup),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
