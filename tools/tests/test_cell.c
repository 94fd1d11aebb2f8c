/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptions of cells: read, checked, compiled and back. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/check.h"
#include "cell/compile.h"
#include "cell/load.h"
#include "fake.h"

#define MIB (1ULL << 20)

static const char whole[] =
	"name: timer\n"
	"cpus: [lapic 3, lapic 0x6]\n"
	"start: { at: 0x1000, mode: 32 }\n"
	"flags: [stop-on-violation]\n"
	"memory:\n"
	"  - { at: 0, size: 1M, access: [read, write, execute, load] }\n"
	"  - { at: 0x200000, phys: 0x3a000000, size: 16M }\n"
	"  - { at: 0xfed00ff0, phys: 0xfed00ff0, size: 16,\n"
	"      access: [read, device] }\n"
	"  - { at: 0x40000000, size: 5M }\n"
	"ports:\n"
	"  - { first: 0x2f8, count: 8 }\n"
	"  - { first: 0x402, shared: true }\n"
	"interrupts: [3, 20]\n"
	"pci: [\"00:05.0\", 0000:01:1f.7]\n"
	"communication: { at: 0x100000, passive: true }\n"
	"shared-memory:\n"
	"  - { link: 0x3c000000, at: 0x4000000, rw: 4K, out: 8K, peers: 3,\n"
	"      id: 2, vectors: 4, protocol: 0x4000, device: \"00:0e.0\",\n"
	"      service: 1 }\n";

static struct cell_config *read_data(const void *data, size_t size)
{
	struct report r = { .n = 0 };
	struct cell_config *cfg;
	int rc = cell_config_read("x", data, size, &cfg, &r);

	report_print(&r, stderr);
	assert_int_equal(rc, 0);
	assert_int_equal(r.n, 0);
	report_free(&r);
	return cfg;
}

static struct cell_config *read_text(const char *text)
{
	return read_data(text, strlen(text));
}

static struct holm_cell_desc *compile(const char *text, const uint64_t *pages,
				      size_t n)
{
	struct cell_config *cfg = read_text(text);
	struct holm_cell_desc *d = NULL;

	assert_int_equal(cell_compile(cfg, pages, n, &d), 0);
	assert_int_equal(d->checksum, cell_checksum(d, d->size));
	cell_config_free(cfg);
	return d;
}

/* The record of @type that comes after @nth others of it. */
static const void *record(const struct holm_cell_desc *d, uint32_t type,
			  size_t nth)
{
	const uint8_t *at = (const uint8_t *)(d + 1);
	const struct holm_cell_record *head;

	for (; at < (const uint8_t *)d + d->size; at += head->size) {
		head = (const void *)at;
		if (head->type == type && nth-- == 0)
			return at;
	}
	return NULL;
}

static void expect_mem(const struct holm_cell_desc *d, size_t nth,
		       uint64_t phys, uint64_t virt, uint64_t size)
{
	const struct holm_cell_mem *m = record(d, HOLM_CELL_R_MEM, nth);

	assert_non_null(m);
	assert_int_equal(m->phys, phys);
	assert_int_equal(m->virt, virt);
	assert_int_equal(m->size, size);
}

static void test_compile(void **state)
{
	/* The 5M take three pages, of which the last two are neighbours. */
	static const uint64_t pages[] = { 64 * MIB, 32 * MIB, 80 * MIB,
					  82 * MIB };
	struct holm_cell_desc *d = compile(whole, pages, 4);
	const struct holm_cell_ivshmem *s;
	const struct holm_cell_port *p;
	const struct holm_cell_cpu *c;
	const struct holm_cell_mem *m;

	(void)state;
	assert_string_equal(d->name, "timer");
	assert_int_equal(d->entry, 0x1000);
	assert_int_equal(d->flags, HOLM_CELL_F_START32 | HOLM_CELL_F_STOP);
	assert_int_equal(d->records, 15);
	c = record(d, HOLM_CELL_R_CPU, 1);
	assert_int_equal(c->lapic_id, 6);
	expect_mem(d, 0, 64 * MIB, 0, MIB);
	expect_mem(d, 1, 0x3a000000, 0x200000, 16 * MIB);
	expect_mem(d, 2, 0xfed00ff0, 0xfed00ff0, 16);
	expect_mem(d, 3, 32 * MIB, 0x40000000, 2 * MIB);
	expect_mem(d, 4, 80 * MIB, 0x40200000, 3 * MIB);
	m = record(d, HOLM_CELL_R_MEM, 1);
	assert_int_equal(m->flags, HOLM_CELL_M_READ | HOLM_CELL_M_WRITE);
	p = record(d, HOLM_CELL_R_PORT, 1);
	assert_int_equal(p->count, 1);
	assert_int_equal(p->flags, HOLM_CELL_P_SHARED);
	s = record(d, HOLM_CELL_R_IVSHMEM, 0);
	assert_int_equal(s->out_size, 8192);
	assert_int_equal(s->bdf, 0x0e << 3);
	assert_int_equal(s->service_id, 1);
	assert_int_equal(s->flags, HOLM_CELL_IV_SERVICE);
	free(d);
}

/* What a blob says, compiled again, is that blob. */
static void test_round_trip(void **state)
{
	struct holm_cell_desc *d = compile(whole, NULL, 0), *again = NULL;
	struct report r = { .n = 0 };
	struct cell_config *cfg;
	size_t i;

	(void)state;
	cfg = read_data(d, d->size);
	assert_int_equal(cell_config_pages(cfg), 4);
	assert_int_equal(cell_compile(cfg, NULL, 0, &again), 0);
	assert_int_equal(again->size, d->size);
	assert_memory_equal(again, d, d->size);
	cell_config_free(cfg);
	free(again);
	/* A wrong byte anywhere is found. */
	for (i = 4; i < d->size; i++) {
		((uint8_t *)d)[i] ^= 0x40;
		assert_int_equal(cell_config_read("b", d, d->size, &cfg, &r),
				 -EINVAL);
		((uint8_t *)d)[i] ^= 0x40;
	}
	assert_int_equal(r.n, d->size - 4);
	report_free(&r);
	free(d);
}

static void test_pages(void **state)
{
	struct cell_config *cfg = read_text(whole);
	struct holm_cell_desc *d = NULL;
	static const uint64_t pages[3];

	(void)state;
	assert_int_equal(cell_config_pages(cfg), 4);
	assert_int_equal(cell_compile(cfg, pages, 3, &d), -EINVAL);
	assert_null(d);
	cell_config_free(cfg);
	/* Pieces that fit share a page. */
	cfg = read_text("name: a\ncpus: [1]\nmemory:\n"
			" - { at: 0, size: 1M, access: [read, execute] }\n"
			" - { at: 0x100000, size: 1M }\n");
	assert_int_equal(cell_config_pages(cfg), 1);
	cell_config_free(cfg);
}

#define FOLDER "tests/cells/"

/* The "# expect PROBLEM" lines of a file, as report_print() would say them. */
static char *expected(const char *name, const char *path)
{
	char line[512], *text = NULL;
	FILE *f = fopen(path, "re"), *out;
	size_t len;

	assert_non_null(f);
	out = open_memstream(&text, &len);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "# expect ", 9))
			fprintf(out, "%s:%s", name, line + 9);
	fclose(f);
	fclose(out);
	return text;
}

static char *found(const char *name, const char *path)
{
	struct report r = { .n = 0 };
	struct cell_config *cfg;
	size_t size;
	char *data;
	int rc;

	data = file_read(path, 1 << 16, &size, &r, &rc);
	assert_non_null(data);
	rc = cell_config_read(name, data, size, &cfg, &r);
	assert_int_equal(rc, r.errors ? -EINVAL : 0);
	cell_config_free(cfg);
	free(data);
	return fake_report(&r);
}

/* Each file of a folder is found to be as its own comments say. */
static size_t check_folder(const char *folder, bool bad)
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	char path[512];
	size_t n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		char *want, *got;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		want = expected(e->d_name, path);
		got = found(e->d_name, path);
		assert_string_equal(got, want);
		assert_int_equal(*want != '\0', bad);
		free(want);
		free(got);
		n++;
	}
	closedir(dir);
	return n;
}

static void test_bad(void **state)
{
	(void)state;
	assert_true(check_folder(FOLDER "bad", true) > 60);
}

static void test_good(void **state)
{
	(void)state;
	assert_true(check_folder(FOLDER "good", false) > 2);
}

/* What no file of the tree can hold, and what would be too long for one. */
static const struct {
	const char *text;
	size_t size;
	const char *said;
} bytes[] = {
	{ "name: a\ncpus: [\0]\n", 19,
	  "x:2:8: no YAML: control characters are not allowed\n" },
	{ "name: a\ncpus: [1]\n#\xe9\n", 21,
	  "x:3:2: no YAML: incomplete UTF-8 octet sequence\n" },
	{ "\x7f\x45\x4c\x46", 4,
	  "x:1:1: no YAML: control characters are not allowed\n" },
	{ "", 0, "x:1:1: there is no description in it\n" },
};

static void test_bytes(void **state)
{
	size_t i;
	char *said;

	(void)state;
	for (i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		struct report r = { .n = 0 };
		struct cell_config *cfg;

		assert_int_equal(cell_config_read("x", bytes[i].text,
						  bytes[i].size, &cfg, &r),
				 -EINVAL);
		said = fake_report(&r);
		assert_string_equal(said, bytes[i].said);
		free(said);
	}
}

/* What the hypervisor would refuse as too long is found before. */
static void test_length(void **state)
{
	const size_t most = (HOLM_CELL_MAX - 56 - 16 - 40) / 16;
	struct report r = { .n = 0 };
	struct cell_config *cfg;
	char *text = NULL;
	size_t n, len;

	(void)state;
	for (n = most; n <= most + 1; n++) {
		FILE *out = open_memstream(&text, &len);
		size_t i;

		assert_non_null(out);
		fprintf(out, "name: a\ncpus: [lapic 1]\nmemory:\n"
			     " - { at: 0, size: 1M, access: [read, execute] }\n"
			     "interrupts: [");
		for (i = 0; i < n; i++)
			fprintf(out, "%zu,", i);
		fprintf(out, "]\n");
		fclose(out);
		assert_int_equal(cell_config_read("x", text, len, &cfg, &r),
				 n == most ? 0 : -EINVAL);
		cell_config_free(cfg);
		free(text);
	}
	assert_int_equal(r.n, 1);
	assert_string_equal(r.problem[0].text,
			    "the description takes 65552 bytes when compiled, "
			    "may take 65536");
	report_free(&r);
}

static void test_too_long_file(void **state)
{
	struct report r = { .n = 0 };
	struct cell_config *cfg;

	(void)state;
	assert_int_equal(cell_config_read_file("/dev/zero", &cfg, &r), -EFBIG);
	assert_string_equal(r.problem[0].text,
			    "is longer than 256 KiB, no description is");
	report_free(&r);
}

#define HEAD(name, cpu) "name: " name "\ncpus: [" cpu "]\nmemory:\n"
#define CODE            "  - { at: 0, size: 1M, access: [read, execute] }\n"
#define LINK(id, more)                                                   \
	CODE "shared-memory:\n  - { link: 1G, at: 16M, rw: 4K, device: " \
	     "'00:0e.0',\n      id: " id more " }\n"

/* Two descriptions, and what is said of the second. */
static const struct {
	const char *a, *b, *said;
} pairs[] = {
	{ HEAD("a", "1") CODE, HEAD("b", "2") CODE, "" },
	{ HEAD("a", "1") CODE, HEAD("a", "2, 1") CODE,
	  "b:1:7: another cell is called 'a' (a:1)\n"
	  "b:2:11: CPU 1 is 'a's (a:2)\n" },
	{ HEAD("a", "1") CODE "  - { at: 2M, phys: 1G, size: 4K }\n",
	  HEAD("b", "2") CODE
	  "  - { at: 2M, phys: 0x3ffff000, size: 8K, access: [read, shared] "
	  "}\n",
	  "b:5:21: the memory at 0x40000000 is 'a's (a:5)\n" },
	{ HEAD("a", "1") CODE
	  "  - { at: 2M, phys: 1G, size: 4K, access: [read, shared] }\n",
	  HEAD("b", "2") CODE
	  "  - { at: 4M, phys: 1G, size: 4K, access: [read, shared] }\n",
	  "" },
	{ HEAD("a", "1") CODE "ports: [ { first: 1, count: 9, shared: true } ]",
	  HEAD("b", "2") CODE "ports: [ { first: 9 } ]",
	  "b:5:19: port 0x9 is 'a's (a:5); both must say 'shared: true'\n" },
	{ HEAD("a", "1") CODE "interrupts: [3]\npci: ['00:05.0']\n",
	  HEAD("b", "2") CODE "interrupts: [0x3]\npci: ['0000:00:05.0']\n",
	  "b:5:14: interrupt 0x3 is 'a's (a:5)\n"
	  "b:6:7: PCI function 0000:00:05.0 is 'a's (a:6)\n" },
	{ HEAD("a", "1") LINK("0", ""), HEAD("b", "2") LINK("1", ""), "" },
	{ HEAD("a", "1") LINK("0", ", service: 1"),
	  HEAD("b", "2") LINK("1", ", peers: 3"),
	  "b:6:5: 'service' is another in 'a', a peer of this link (a:6)\n"
	  "b:7:11: the number 1 on this link is taken (a:6)\n"
	  "b:7:21: 'peers' is 3 here and 2 in 'a', a peer of this link "
	  "(a:6)\n" },
	{ HEAD("a", "1") LINK("0", ""),
	  HEAD("b", "2") CODE "  - { at: 2M, phys: 0x40001000, size: 4K }\n",
	  "b:5:21: the memory at 0x40001000 is 'a's (a:6)\n" },
};

static struct cell_config *read_as(const char *name, const char *text)
{
	struct report r = { .n = 0 };
	struct cell_config *cfg;

	assert_int_equal(cell_config_read(name, text, strlen(text), &cfg, &r),
			 0);
	return cfg;
}

static void test_pairs(void **state)
{
	struct cell_config *a, *b;
	size_t i;
	char *said;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct report r = { .n = 0 };

		a = read_as("a", pairs[i].a);
		b = read_as("b", pairs[i].b);
		cell_check_pair(a, b, &r);
		said = fake_report(&r);
		assert_string_equal(said, pairs[i].said);
		free(said);
		cell_config_free(a);
		cell_config_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compile),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_too_long_file),
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
