/* SPDX-License-Identifier: BSD-2-Clause */
/* The freestanding string functions against the C library's; bit searches. */
#include <string.h>

#include "tests/unit/mem_util.h"

/* Ours get other names here, so that both can be called. */
#define LIB_STRING_H
#define memcpy  holm_memcpy
#define memmove holm_memmove
#define memset  holm_memset
#define memcmp  holm_memcmp
#define strlen  holm_strlen
#define strnlen holm_strnlen
#define strcmp  holm_strcmp
#define strncmp holm_strncmp
#define strchr  holm_strchr
#define strstr  holm_strstr
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *hay, const char *needle);
#include "lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strstr

#define LEN 96

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

/* Few letters, so that strings often agree for a while. */
static void random_text(struct rng *r, char *s, u64 len)
{
	for (u64 i = 0; i < len; i++) {
		u64 k = rng_below(r, 12);

		s[i] = k == 0 ? '\0' : k == 1 ? (char)0xe4 : k < 7 ? 'a' : 'b';
	}
	s[len - 1] = '\0';
}

static void blocks_agree_with_libc(void **state)
{
	struct rng r = { 51 };
	u8 a[LEN], b[LEN];

	(void)state;
	for (u32 i = 0; i < 50000; i++) {
		u64 dst = rng_below(&r, LEN), src = rng_below(&r, LEN);
		u64 n = rng_below(&r, LEN - MAX(dst, src) + 1);
		int c = (int)rng_below(&r, 1024) - 512;

		for (u32 k = 0; k < LEN; k++)
			a[k] = (u8)rng_below(&r, 3);
		memcpy(b, a, LEN);
		assert_int_equal(sign(holm_memcmp(a + dst, a + src, n)),
				 sign(memcmp(a + dst, a + src, n)));
		assert_ptr_equal(holm_memmove(a + dst, a + src, n), a + dst);
		memmove(b + dst, b + src, n);
		assert_memory_equal(a, b, LEN);
		assert_ptr_equal(holm_memset(a + src, c, n), a + src);
		memset(b + src, c, n);
		assert_memory_equal(a, b, LEN);
	}
}

static void copy_is_exact(void **state)
{
	u8 src[LEN], dst[LEN + 2];

	(void)state;
	for (u32 n = 0; n <= LEN; n++) {
		memset(dst, 0x77, sizeof(dst));
		for (u32 k = 0; k < LEN; k++)
			src[k] = (u8)(k + n);
		assert_ptr_equal(holm_memcpy(dst + 1, src, n), dst + 1);
		assert_memory_equal(dst + 1, src, n);
		assert_int_equal(dst[0], 0x77);
		assert_int_equal(dst[n + 1], 0x77);
	}
}

static void strings_agree_with_libc(void **state)
{
	struct rng r = { 52 };
	char a[24], b[24], needle[4];

	(void)state;
	for (u32 i = 0; i < 100000; i++) {
		u64 n = rng_below(&r, 30);
		int c = "ab\0\xe4z"[rng_below(&r, 5)];

		random_text(&r, a, sizeof(a));
		random_text(&r, b, sizeof(b));
		random_text(&r, needle, sizeof(needle));
		assert_int_equal(holm_strlen(a), strlen(a));
		assert_int_equal(holm_strnlen(a, MIN(n, 24)),
				 strnlen(a, MIN(n, 24)));
		assert_int_equal(sign(holm_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(holm_strncmp(a, b, n)),
				 sign(strncmp(a, b, n)));
		assert_ptr_equal(holm_strchr(a, c), strchr(a, c));
		assert_ptr_equal(holm_strstr(a, needle), strstr(a, needle));
	}
}

static void bit_searches(void **state)
{
	struct rng r = { 53 };

	(void)state;
	for (u32 i = 0; i < 50000; i++) {
		u64 map[3], bits = rng_below(&r, 193);
		u64 from = rng_below(&r, 193);
		u64 set = from, clear = from;

		for (u32 k = 0; k < 3; k++)
			map[k] = rng_below(&r, 3) == 0
					 ? BIT64(rng_below(&r, 64))
					 : ~(u64)0 * rng_below(&r, 2);
		while (set < bits && !bitmap_test(map, set))
			set++;
		while (clear < bits && bitmap_test(map, clear))
			clear++;
		assert_int_equal(bitmap_find_set(map, bits, from),
				 set < bits ? set : BITMAP_NONE);
		assert_int_equal(bitmap_find_clear(map, bits, from),
				 clear < bits ? clear : BITMAP_NONE);
	}
}

static void bit_changes(void **state)
{
	struct rng r = { 54 };
	u64 map[3] = { 0 };
	bool model[192] = { false };

	(void)state;
	for (u32 i = 0; i < 50000; i++) {
		u64 n = rng_below(&r, 192);

		switch (rng_below(&r, 4)) {
		case 0:
			bitmap_set(map, n);
			model[n] = true;
			break;
		case 1:
			bitmap_clear(map, n);
			model[n] = false;
			break;
		case 2:
			assert_int_equal(bitmap_test_and_set(map, n), model[n]);
			model[n] = true;
			break;
		default:
			assert_int_equal(bitmap_test_and_clear(map, n),
					 model[n]);
			model[n] = false;
		}
		for (u64 k = 0; k < 192; k++)
			assert_true(bitmap_test(map, k) == model[k]);
	}
	assert_int_equal(bitmap_lowest(0x50), 4);
	assert_int_equal(bitmap_highest(0x50), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_agree_with_libc),
		cmocka_unit_test(copy_is_exact),
		cmocka_unit_test(strings_agree_with_libc),
		cmocka_unit_test(bit_searches),
		cmocka_unit_test(bit_changes),
	};

	return cmocka_run_group_tests_name("string and bitmap", tests, NULL,
					   NULL);
}
