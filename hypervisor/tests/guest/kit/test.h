/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tiny guest's tests. Each prints "PASS name", or one "FAIL name: sentence"
 * for every check that did not hold; the machine ends with a status.
 */
#ifndef KIT_TEST_H
#define KIT_TEST_H

#include "kit/cpu.h"

struct test {
	const char *name;
	void (*run)(void);
};

/** What an image consists of, by its main file; the last entry is empty. */
extern const struct test tests[];

/** Record a failure unless @ok; returns @ok. */
bool check(bool ok, const char *fmt, ...) __printf(2, 3);

/** check() that @got is @want, both shown. */
#define check_eq(got, want, ...) \
	check_equal((s64)(got), (s64)(want), __VA_ARGS__)
bool check_equal(s64 got, s64 want, const char *fmt, ...) __printf(3, 4);

/** A line on the console. */
void say(const char *fmt, ...) __printf(1, 2);

/** Nothing can go on: a failure, and the end. */
void __noreturn test_abort(const char *fmt, ...) __printf(1, 2);

/** This guest is a User VM, served by another tiny guest. */
bool is_user_vm(void);

/** Of the command line "name=value ..."; NULL if it is not there. */
const char *option(const char *name);

/** A number that looks random, the same in each run; nobody's seed is 0. */
u64 random_next(u64 *seed);

/** The boot protocol's parameters. */
struct boot_params;
extern const u8 *boot_params;

struct boot_range {
	u64 base;
	u64 size;
	u32 type;
} __packed;

/** The memory map that was passed; returns the number of its entries. */
u32 boot_map(const struct boot_range **map);

#endif
