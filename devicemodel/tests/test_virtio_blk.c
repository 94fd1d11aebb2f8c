/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk against a model of one in memory, by ring and by threads. */
#include "virtio/virtio.h"
#include "tests/rig.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_pci.h>
#include <stdlib.h>
#include <unistd.h>

#define SECTOR  512U
#define SECTORS 2048U
#define DISK    (SECTORS * SECTOR)
#define LANES   16U
#define LANE    (SECTORS / LANES)
#define LANE_AT 0x10000U /* of memory for each lane */

static char path[] = "/tmp/holm-disk-XXXXXX";
static u8 model[DISK];
static struct rig rig;

#define FEATURES                                                      \
	(BIT64(VIRTIO_F_VERSION_1) | BIT64(VIRTIO_RING_F_EVENT_IDX) | \
	 BIT64(VIRTIO_RING_F_INDIRECT_DESC))

static u64 seed = 7;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % below;
}

static int make_disk(void)
{
	int fd = open(path, O_RDWR | O_TRUNC), rc = -1;
	u32 i;

	for (i = 0; i < DISK; i++)
		model[i] = (u8)rnd(256);
	if (fd >= 0 && write(fd, model, DISK) == DISK)
		rc = 0;
	close(fd);
	return rc;
}

static int group_setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int group_teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void bring_up(u64 features)
{
	rig_negotiate(&rig, features & rig_features(&rig));
	rig_msix(&rig);
	rig_queue(&rig, 0, 128, true);
	rig_driver_ok(&rig);
}

static void start(const char *opts, u64 features)
{
	char text[128];

	snprintf(text, sizeof(text), "%s%s", path, opts);
	assert_int_equal(make_disk(), 0);
	assert_int_equal(rig_open(&rig, "virtio-blk", text), 0);
	bring_up(features);
}

static void expect_on_disk(void)
{
	u8 *now = malloc(DISK);
	int fd = open(path, O_RDONLY);

	assert_int_equal(pread(fd, now, DISK, 0), DISK);
	assert_memory_equal(now, model, DISK);
	close(fd);
	free(now);
}

/* A request and its place in guest memory: header, status, data. */
struct request {
	u32 type;
	u64 sector;
	u32 len; /* of the data */
	bool data_in;
	u64 at;
	u8 want;
	u32 want_len;
};

/* Cut [gpa, gpa + len) into up to n buffers. */
static u32 cut(struct driver_buf *b, u32 n, u64 gpa, u32 len, bool in)
{
	u32 count = 0, step;

	while (len) {
		step = n == 1 ? len : 1 + rnd(len);
		b[count++] = (struct driver_buf){ gpa, step, in };
		gpa += step;
		len -= step;
		n -= n > 1;
	}
	return count;
}

static int submit(const struct request *r)
{
	struct virtio_blk_outhdr h = { .type = r->type, .sector = r->sector };
	struct driver_buf b[16];
	u32 n;
	int head;

	guest_mem_write(&rig.mem, GPA(r->at), &h, sizeof(h));
	rig.ram[r->at + 16] = 0xee;
	n = cut(b, 3, r->at, sizeof(h), false);
	n += cut(b + n, 4, r->at + 32, r->len, r->data_in);
	b[n++] = (struct driver_buf){ r->at + 16, 1, true };
	head = driver_add(&rig.q[0], b, n,
			  rnd(2) ? r->at + LANE_AT + LANE_AT / 2 : 0);
	assert_true(head >= 0);
	return head;
}

static u8 *data_of(const struct request *r)
{
	return rig.ram + r->at + 32;
}

/* One request alone; its status. */
static u8 do_request(struct request *r)
{
	u16 head;
	u32 len;
	int mine;

	r->at = RIG_DATA;
	mine = submit(r);
	rig_kick(&rig, 0);
	len = rig_wait(&rig, 0, &head);
	assert_int_equal(head, mine);
	if (rig.ram[r->at + 16] == VIRTIO_BLK_S_OK)
		assert_int_equal(len, 1 + (r->data_in ? r->len : 0));
	else
		assert_int_equal(len, 1);
	return rig.ram[r->at + 16];
}

static void fill_random(u8 *p, u32 n)
{
	while (n--)
		*p++ = (u8)rnd(256);
}

/* A random request within a lane, so that those in flight never overlap. */
static void make_random(struct request *r, u32 lane)
{
	static const u32 types[] = {
		VIRTIO_BLK_T_IN,      VIRTIO_BLK_T_IN,
		VIRTIO_BLK_T_OUT,     VIRTIO_BLK_T_OUT,
		VIRTIO_BLK_T_FLUSH,   VIRTIO_BLK_T_GET_ID,
		VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES
	};
	struct virtio_blk_discard_write_zeroes range = { 0 };
	u32 n = 1 + rnd(LANE);

	memset(r, 0, sizeof(*r));
	r->type = types[rnd(ARRAY_SIZE(types))];
	r->sector = lane * LANE + rnd(LANE - n + 1);
	r->at = RIG_DATA + lane * (u64)LANE_AT * 2;
	r->data_in =
		r->type == VIRTIO_BLK_T_IN || r->type == VIRTIO_BLK_T_GET_ID;
	if (r->type == VIRTIO_BLK_T_IN || r->type == VIRTIO_BLK_T_OUT)
		r->len = n * SECTOR;
	if (r->type == VIRTIO_BLK_T_GET_ID)
		r->len = VIRTIO_BLK_ID_BYTES;
	if (r->type == VIRTIO_BLK_T_OUT)
		fill_random(data_of(r), r->len);
	if (r->type != VIRTIO_BLK_T_DISCARD &&
	    r->type != VIRTIO_BLK_T_WRITE_ZEROES)
		return;
	range.sector = r->sector;
	range.num_sectors = n;
	range.flags = r->type == VIRTIO_BLK_T_WRITE_ZEROES ? rnd(2) : 0;
	r->len = sizeof(range);
	memcpy(data_of(r), &range, sizeof(range));
}

/* What a disk does; a file that forgets reads as zeros. */
static void check_random(const struct request *r)
{
	u8 *on_model = model + r->sector * SECTOR;
	struct virtio_blk_discard_write_zeroes range;

	assert_int_equal(rig.ram[r->at + 16], VIRTIO_BLK_S_OK);
	if (r->type == VIRTIO_BLK_T_IN)
		assert_memory_equal(data_of(r), on_model, r->len);
	if (r->type == VIRTIO_BLK_T_OUT)
		memcpy(on_model, data_of(r), r->len);
	if (r->type == VIRTIO_BLK_T_GET_ID)
		assert_memory_equal(data_of(r), "four-score-and-seven", 20);
	if (r->type != VIRTIO_BLK_T_DISCARD &&
	    r->type != VIRTIO_BLK_T_WRITE_ZEROES)
		return;
	memcpy(&range, data_of(r), sizeof(range));
	memset(on_model, 0, range.num_sectors * SECTOR);
}

static void run_random(const char *opts, u32 rounds)
{
	struct request r[LANES];
	u32 round, i, n;
	u16 head;

	start(opts, ~0ULL);
	for (round = 0; round < rounds; round++) {
		n = 1 + rnd(LANES);
		for (i = 0; i < n; i++) {
			make_random(&r[i], i);
			submit(&r[i]);
			if (rnd(2))
				rig_kick(&rig, 0);
		}
		rig_kick(&rig, 0);
		for (i = 0; i < n; i++)
			rig_wait(&rig, 0, &head);
		for (i = 0; i < n; i++)
			check_random(&r[i]);
	}
	rig_close(&rig);
	expect_on_disk();
}

static void test_random_ring(void **state)
{
	(void)state;
	run_random(",discard,serial=four-score-and-seven", 2000);
}

static void test_random_threads(void **state)
{
	(void)state;
	run_random(",discard,serial=four-score-and-seven,aio=threads", 1000);
}

static void test_random_durable(void **state)
{
	(void)state;
	run_random(",discard,writethru,serial=four-score-and-seven", 50);
}

static void test_config(void **state)
{
	const u32 wce = RIG_DEVICE + offsetof(struct virtio_blk_config, wce);
	u64 f;

	(void)state;
	start(",discard", ~0ULL);
	f = rig_features(&rig);
	assert_true(f & BIT64(VIRTIO_BLK_F_FLUSH));
	assert_true(f & BIT64(VIRTIO_BLK_F_DISCARD));
	assert_false(f & BIT64(VIRTIO_BLK_F_RO));
	assert_int_equal(rig_read(&rig, RIG_DEVICE, 8), SECTORS);
	assert_int_equal(rig_read(&rig, RIG_DEVICE + 12, 4), 126);
	assert_int_equal(rig_read(&rig, wce, 1), 1);
	rig_write(&rig, wce, 1, 0xfe);
	assert_int_equal(rig_read(&rig, wce, 1), 0);
	rig_write(&rig, RIG_DEVICE, 8, 1); /* read-only */
	assert_int_equal(rig_read(&rig, RIG_DEVICE, 8), SECTORS);
	bring_up(FEATURES);
	assert_int_equal(rig_read(&rig, wce, 1), 1);
	rig_close(&rig);
	start(",writethru", ~0ULL);
	f = rig_features(&rig);
	assert_false(f & BIT64(VIRTIO_BLK_F_FLUSH));
	assert_false(f & BIT64(VIRTIO_BLK_F_DISCARD));
	rig_write(&rig, wce, 1, 1);
	assert_int_equal(rig_read(&rig, wce, 1), 0);
	rig_close(&rig);
}

/* clang-format off */
static const struct {
	u32 type;
	u64 sector;
	u32 len;
	bool in;
	u8 status;
} odd[] = {
	{ VIRTIO_BLK_T_IN, SECTORS - 1, 512, true, VIRTIO_BLK_S_OK },
	{ VIRTIO_BLK_T_IN, SECTORS - 1, 1024, true, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_IN, SECTORS, 512, true, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_IN, ~0ULL, 512, true, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_IN, ~0ULL >> 9, 512, true, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_IN, 0, 511, true, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_IN, 0, 0, true, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_OUT, 0, 0, false, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_OUT, 1, 513, false, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_OUT, SECTORS, 512, false, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_FLUSH, 0, 0, false, VIRTIO_BLK_S_OK },
	{ VIRTIO_BLK_T_DISCARD, 0, 15, false, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_DISCARD, 0, 32, false, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_WRITE_ZEROES, 0, 0, false, VIRTIO_BLK_S_IOERR },
	{ VIRTIO_BLK_T_SECURE_ERASE, 0, 16, false, VIRTIO_BLK_S_UNSUPP },
	{ 2, 0, 512, true, VIRTIO_BLK_S_UNSUPP },
	{ 0xffffffff, 0, 512, true, VIRTIO_BLK_S_UNSUPP },
};
/* clang-format on */

static void test_odd_requests(void **state)
{
	struct request r;
	size_t i;

	(void)state;
	start(",discard", ~0ULL);
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		r = (struct request){ .type = odd[i].type,
				      .sector = odd[i].sector,
				      .len = odd[i].len,
				      .data_in = odd[i].in };
		assert_int_equal(do_request(&r), odd[i].status);
	}
	rig_close(&rig);
	expect_on_disk();
}

static u8 do_range(u32 type, u64 sector, u32 n, u32 flags)
{
	struct virtio_blk_discard_write_zeroes range = { .sector = sector,
							 .num_sectors = n,
							 .flags = flags };
	struct request r = { .type = type, .len = sizeof(range) };

	guest_mem_write(&rig.mem, GPA(RIG_DATA + 32), &range, sizeof(range));
	return do_request(&r);
}

static void test_odd_ranges(void **state)
{
	const u32 zero = VIRTIO_BLK_T_WRITE_ZEROES, disc = VIRTIO_BLK_T_DISCARD;

	(void)state;
	start(",discard", ~0ULL);
	assert_int_equal(do_range(disc, 0, 0, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(do_range(disc, 0, 1, 1), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(do_range(zero, 0, 1, 2), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(do_range(zero, SECTORS, 1, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(do_range(zero, 1, SECTORS, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(do_range(zero, ~0ULL, 2, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(do_range(disc, 0, ~0U, 0), VIRTIO_BLK_S_IOERR);
	rig_close(&rig);
	expect_on_disk();
	/* Not negotiated. */
	start(",discard", FEATURES);
	assert_int_equal(do_range(disc, 0, 1, 0), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(do_range(zero, 0, 1, 0), VIRTIO_BLK_S_UNSUPP);
	rig_close(&rig);
	expect_on_disk();
}

static void test_read_only(void **state)
{
	struct request r = { .type = VIRTIO_BLK_T_OUT, .len = 512 };

	(void)state;
	start(",ro,discard", ~0ULL);
	assert_true(rig_features(&rig) & BIT64(VIRTIO_BLK_F_RO));
	assert_int_equal(do_request(&r), VIRTIO_BLK_S_IOERR);
	assert_int_equal(do_range(VIRTIO_BLK_T_DISCARD, 0, 1, 0),
			 VIRTIO_BLK_S_UNSUPP);
	r = (struct request){ .type = VIRTIO_BLK_T_FLUSH };
	assert_int_equal(do_request(&r), VIRTIO_BLK_S_OK);
	r = (struct request){ .type = VIRTIO_BLK_T_IN,
			      .len = 512,
			      .data_in = true };
	assert_int_equal(do_request(&r), VIRTIO_BLK_S_OK);
	assert_memory_equal(data_of(&r), model, 512);
	rig_close(&rig);
	expect_on_disk();
}

static void send_raw(const struct driver_buf *b, u32 n)
{
	u8 status = 0;
	int i;

	bring_up(FEATURES);
	driver_add(&rig.q[0], b, n, 0);
	rig_kick(&rig, 0);
	for (i = 0; i < 200000 && !(status & S_NEEDS_RESET); i++)
		status = (u8)rig_read(&rig, VIRTIO_PCI_COMMON_STATUS, 1);
	assert_true(status & S_NEEDS_RESET);
}

/* No header, or nowhere to put the status. */
static void test_malformed(void **state)
{
	const struct driver_buf no_status[] = { { RIG_DATA, 16, false } };
	const struct driver_buf no_header[] = { { RIG_DATA, 1, true } };
	const struct driver_buf short_header[] = { { RIG_DATA, 15, false },
						   { RIG_DATA, 513, true } };

	(void)state;
	start("", ~0ULL);
	send_raw(no_status, 1);
	send_raw(no_header, 1);
	send_raw(short_header, 2);
	rig_close(&rig);
	expect_on_disk();
}

/* More than the disk has requests for, all at once, and again. */
static void test_full_queue(void **state)
{
	struct virtio_blk_outhdr h = { .type = VIRTIO_BLK_T_IN };
	struct driver_buf b[] = { { RIG_DATA, 16, false },
				  { RIG_DATA + 1024, 512, true },
				  { RIG_DATA + 16, 1, true } };
	u32 round, i;
	u16 head;

	(void)state;
	start("", ~0ULL);
	guest_mem_write(&rig.mem, GPA(RIG_DATA), &h, sizeof(h));
	for (round = 0; round < 50; round++) {
		for (i = 0; i < 128; i++)
			assert_true(driver_add(&rig.q[0], b, 3,
					       RIG_DATA + 0x2000 + 64 * i) >=
				    0);
		rig_kick(&rig, 0);
		/* Refill as they come back, without another kick. */
		for (i = 0; i < 300; i++) {
			rig_wait(&rig, 0, &head);
			driver_add(&rig.q[0], b, 3,
				   RIG_DATA + 0x2000 + 64U * head);
			rig_kick(&rig, 0);
		}
		for (i = 0; i < 128; i++)
			rig_wait(&rig, 0, &head);
	}
	rig_close(&rig);
}

/* A reset in the middle: nothing is touched after it returned. */
static void test_reset_in_flight(void **state)
{
	struct request r[LANES];
	u32 round, i;
	u8 *copy = malloc(RIG_RAM);

	(void)state;
	start(",discard", ~0ULL);
	for (round = 0; round < 200; round++) {
		bring_up(~0ULL);
		for (i = 0; i < LANES; i++) {
			make_random(&r[i], i);
			submit(&r[i]);
		}
		rig_kick(&rig, 0);
		if (round % 2)
			usleep(rnd(300));
		rig_write(&rig, VIRTIO_PCI_COMMON_STATUS, 1, 0);
		memcpy(copy, rig.ram, RIG_RAM);
		if (round % 20 == 0)
			usleep(2000);
		assert_memory_equal(copy, rig.ram, RIG_RAM);
	}
	free(copy);
	rig_close(&rig);
}

static void expect_refused(const char *opts, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "%s%s", opts[0] == '/' ? "" : path, opts);
	assert_true(rig_open(&rig, "virtio-blk", text) < 0);
	assert_non_null(strstr(rig.err.text, why));
	assert_non_null(strstr(rig.err.text, "-s 3,virtio-blk"));
}

static void test_options(void **state)
{
	static struct rig other;
	int fd;

	(void)state;
	start("", ~0ULL);
	assert_true(rig_open(&other, "virtio-blk", path) < 0);
	assert_non_null(strstr(other.err.text, "in use"));
	rig_close(&rig);
	assert_true(rig_open(&rig, "virtio-blk", NULL) < 0);
	assert_non_null(strstr(rig.err.text, "no path"));
	expect_refused("/nonexistent/disk", "No such file");
	expect_refused("/dev/null", "file or a block device");
	expect_refused(",rw", "'rw' is no option");
	expect_refused(",", "no option");
	expect_refused(",ro=yes", "takes no value");
	expect_refused(",serial", "needs a value");
	expect_refused(",serial=123456789012345678901", "at most 20");
	expect_refused(",aio=posix", "threads or io_uring");
	fd = open(path, O_RDWR);
	assert_int_equal(ftruncate(fd, 1000), 0);
	close(fd);
	expect_refused("", "multiple of 512");
	truncate(path, 0) ? abort() : (void)0;
	expect_refused("", "has 0 bytes");
}

/* The file shrinks under the disk: an error, and the next one is served. */
static void test_shrunk_file(void **state)
{
	const char *opts[] = { "", ",aio=threads" };
	struct request r;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(opts); i++) {
		start(opts[i], ~0ULL);
		assert_int_equal(truncate(path, 4096 + 512), 0);
		r = (struct request){ .type = VIRTIO_BLK_T_IN,
				      .sector = 8,
				      .len = 1024,
				      .data_in = true };
		assert_int_equal(do_request(&r), VIRTIO_BLK_S_IOERR);
		r.len = 512;
		assert_int_equal(do_request(&r), VIRTIO_BLK_S_OK);
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_options),         TEST(test_config),
		TEST(test_odd_requests),    TEST(test_odd_ranges),
		TEST(test_read_only),       TEST(test_malformed),
		TEST(test_random_ring),     TEST(test_random_threads),
		TEST(test_random_durable),  TEST(test_full_queue),
		TEST(test_reset_in_flight), TEST(test_shrunk_file),
	};

	return cmocka_run_group_tests_name("dm virtio-blk", tests, group_setup,
					   group_teardown);
}
