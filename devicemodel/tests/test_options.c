/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: what it takes, what it refuses and in which words. */
#include "core/options.h"
#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct vm_config cfg;
static struct dm_error err;

#define MAX_ARGS 40

/* Split at '|', so that arguments may hold spaces. */
static int parse(const char *line)
{
	static char copy[1024];
	char *argv[MAX_ARGS] = { (char *)(uintptr_t) "acrn-dm" };
	int argc = 1;
	char *p;

	snprintf(copy, sizeof(copy), "%s", line);
	for (p = strtok(copy, "|"); p && argc < MAX_ARGS - 1;
	     p = strtok(NULL, "|"))
		argv[argc++] = p;
	return options_parse(argc, argv, &cfg, &err);
}

static void test_minimal(void **state)
{
	static const u8 zero[16];

	(void)state;
	assert_int_equal(parse("-k|bz|vm1"), 0);
	assert_string_equal(cfg.name, "vm1");
	assert_string_equal(cfg.kernel, "bz");
	assert_int_equal(cfg.mem_size, 256 * MIB);
	assert_int_equal(cfg.vcpus, 1);
	assert_string_equal(cfg.bootargs, "");
	assert_int_equal(cfg.affinity_count, 0);
	assert_null(cfg.hugetlb_path);
	/* A random UUID of version 4. */
	assert_memory_not_equal(cfg.uuid, zero, 16);
	assert_int_equal(cfg.uuid[6] >> 4, 4);
}

static void test_everything(void **state)
{
	(void)state;
	assert_int_equal(parse("-A|-m|1G|-c|2|-k|/k|-r|/r|-B|console=ttyS0 x=y"
			       "|-s|0:0,hostbridge|-s|31,lpc|-l|com1,stdio"
			       "|-l|com2,socket:/run/a|--cpu_affinity|2,0x3"
			       "|-U|01234567-89ab-cdef-0123-456789abcdef"
			       "|--hugetlb-path|/dev/hugepages|--debugexit"
			       "|fifteen-letters"),
			 0);
	assert_int_equal(cfg.mem_size, GIB);
	assert_int_equal(cfg.vcpus, 2);
	assert_string_equal(cfg.ramdisk, "/r");
	assert_string_equal(cfg.bootargs, "console=ttyS0 x=y");
	assert_int_equal(cfg.slot_count, 2);
	assert_int_equal(cfg.slots[1].slot, 31);
	assert_string_equal(cfg.slots[1].device, "lpc");
	assert_int_equal(cfg.com[COM1].kind, CONSOLE_STDIO);
	assert_int_equal(cfg.com[COM2].kind, CONSOLE_SOCKET);
	assert_string_equal(cfg.com[COM2].path, "/run/a");
	assert_int_equal(cfg.affinity_count, 2);
	assert_int_equal(cfg.affinity[1], 3);
	assert_int_equal(cfg.uuid[0], 0x01);
	assert_int_equal(cfg.uuid[15], 0xef);
	assert_string_equal(cfg.hugetlb_path, "/dev/hugepages");
	assert_true(cfg.debugexit);
	assert_string_equal(cfg.name, "fifteen-letters");
}

static void test_long_names(void **state)
{
	(void)state;
	assert_int_equal(parse("--memory=512M|--ncpus=3|--kernel=k|vm"), 0);
	assert_int_equal(cfg.mem_size, 512 * MIB);
	assert_int_equal(cfg.vcpus, 3);
	assert_int_equal(parse("--help"), 0);
	assert_true(cfg.show_help);
	assert_int_equal(parse("-v"), 0);
	assert_true(cfg.show_version);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		u64 bytes;
	} good[] = {
		{ "512", 512 * MIB },   { "512m", 512 * MIB },
		{ "512MB", 512 * MIB }, { "2G", 2 * GIB },
		{ "1048576K", GIB },    { "0", 0 },
	};
	static const char *const bad[] = {
		"",
		"m",
		"-1",
		" 1",
		"1x",
		"1mm",
		"1 m",
		"1.5G",
		"0x10",
		"99999999999999999999",
		"17592186044416",
		"18446744073709551615G",
	};
	size_t i;
	u64 v;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(options_parse_size(good[i].text, &v), 0);
		assert_int_equal(v, good[i].bytes);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(options_parse_size(bad[i], &v), -EINVAL);
}

static void test_memory_rounds_to_huge_pages(void **state)
{
	(void)state;
	assert_int_equal(parse("-m|129|-k|k|v"), 0);
	assert_int_equal(cfg.mem_size, 130 * MIB);
	assert_int_equal(parse("-m|131073K|-k|k|v"), 0);
	assert_int_equal(cfg.mem_size, 130 * MIB);
}

struct refusal {
	const char *line;
	const char *names; /* option and value */
	const char *rule;
};

static void test_refusals(void **state)
{
	static const struct refusal list[] = {
		{ "-k|k", "0 VM names", "exactly one" },
		{ "-k|k|a|b", "2 VM names", "exactly one" },
		{ "-k|k|sixteen-letters-", "sixteen-letters-", "1 to 15" },
		{ "-k|k|a b", "'a b'", "without spaces" },
		{ "vm", "no kernel", "-k FILE" },
		{ "-m|64M|-k|k|v", "-m 64M", "at least 128M" },
		{ "-m|255G|-k|k|v", "-m 255G", "at most 254G" },
		{ "-m|lots|-k|k|v", "-m lots", "not a size" },
		{ "-c|0|-k|k|v", "-c 0", "1 to 16" },
		{ "-c|17|-k|k|v", "-c 17", "1 to 16" },
		{ "-c|two|-k|k|v", "-c two", "1 to 16" },
		{ "-s|32,lpc|-k|k|v", "-s 32,lpc", "0 to 31" },
		{ "-s|1:8,lpc|-k|k|v", "-s 1:8,lpc", "0 to 7" },
		{ "-s|1|-k|k|v", "-s 1", "slot[:func],device" },
		{ "-s|,lpc|-k|k|v", "-s ,lpc", "slot[:func],device" },
		{ "-s|1,|-k|k|v", "-s 1,", "1 to 31 characters" },
		{ "-s|1,lpc|-s|1:0,lpc|-k|k|v", "slot 1:0", "one device" },
		{ "-l|com3,stdio|-k|k|v", "-l com3,stdio", "com1 or com2" },
		{ "-l|com1,telnet|-k|k|v", "-l com1,telnet", "socket:PATH" },
		{ "-l|com1,file|-k|k|v", "-l com1,file", "file:PATH" },
		{ "-l|com1,stdio:x|-k|k|v", "stdio:x", "stdio, pty" },
		{ "-l|com1,pty|-l|com1,pty|-k|k|v", "-l com1,pty", "already" },
		{ "-l|com1,stdio|-l|com2,stdio|-k|k|v", "com2,stdio",
		  "only one" },
		{ "-U|1234|-k|k|v", "-U 1234", "UUID" },
		{ "--cpu_affinity|1,1|-k|k|v", "1,1", "different" },
		{ "--cpu_affinity|1,|-k|k|v", "1,", "LAPIC ids" },
		{ "--cpu_affinity|a|-k|k|v", "affinity a", "LAPIC ids" },
		{ "-c|3|--cpu_affinity|1,2|-k|k|v", "-c 3", "2 CPUs" },
		{ "--hugetlb-path|rel|-k|k|v", "rel", "absolute" },
		{ "-Z|-k|k|v", "-Z", "--help" },
		{ "--frobnicate|-k|k|v", "--frobnicate", "--help" },
		{ "-k|k|v|-m", "-m", "needs an argument: SIZE" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(list); i++) {
		assert_int_equal(parse(list[i].line), -EINVAL);
		if (!strstr(err.text, list[i].names) ||
		    !strstr(err.text, list[i].rule))
			fail_msg("%s: %s", list[i].line, err.text);
	}
}

static void test_affinity_sets_vcpus(void **state)
{
	(void)state;
	assert_int_equal(parse("--cpu_affinity|5,7,9|-k|k|v"), 0);
	assert_int_equal(cfg.vcpus, 3);
}

/* Every option of the table is in the help, and lines fit a terminal. */
static void test_help(void **state)
{
	static const char *const names[] = {
		"-m, --memory SIZE",  "-c, --ncpus",    "-k, --kernel",
		"-r, --ramdisk",      "-B, --bootargs", "-s, --pci_slot",
		"-l, --lpc",          "-U, --uuid",     "--cpu_affinity",
		"--hugetlb-path DIR", "--debugexit",    "-h, --help",
		"-v, --version",      "Exit status",
	};
	char *text = NULL, *p, *end;
	size_t n, i;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	options_print_help(f);
	fclose(f);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_non_null(strstr(text, names[i]));
	for (p = text; (end = strchr(p, '\n')); p = end + 1)
		assert_true(end - p <= 100);
	assert_int_equal(*p, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_minimal),
		TEST(test_everything),
		TEST(test_long_names),
		TEST(test_sizes),
		TEST(test_memory_rounds_to_huge_pages),
		TEST(test_refusals),
		TEST(test_affinity_sets_vcpus),
		TEST(test_help),
	};

	return cmocka_run_group_tests_name("dm options", tests, NULL, NULL);
}
