/* SPDX-License-Identifier: BSD-2-Clause */
/* A hypervisor of tables, and a way to run a command on it. */
#ifndef TESTS_FAKE_H
#define TESTS_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "abi/cell.h"
#include "abi/holm_trace.h"
#include "cell/report.h"
#include "holm/holm.h"

#define FAKE_VMS 4

struct fake {
	int short_by; /* bytes missing from each answer */
	const char *log;
	struct holm_info info;
	struct holm_cpu cpu[2];
	struct holm_vm vm[FAKE_VMS];
	size_t vms;
	const struct holm_range *range;
	size_t ranges;
	const struct holm_mapping *map; /* of slot 2 */
	size_t maps;
	const struct holm_trace_record *rec; /* of CPU 0 */
	size_t recs;
	uint64_t rec_first; /* number of rec[0] */
	uint64_t events;
	unsigned int switched; /* calls of set_trace */
	int trace_err;
	const struct holm_cell *cell; /* by slot; id 0: a slot without one */
	size_t cells;
	int (*control)(unsigned long request, void *arg);
	bool (*gone)(void); /* whether the VM in slot 2 has ended */
	/* What a test answers itself, before all else; -ENOSYS: does not. */
	int (*own)(uint32_t subject, uint32_t index, uint64_t from, void *buf,
		   uint32_t len);
};

extern struct fake fake;
extern struct source fake_source;

/* What the last command said to people, and its exit status. */
extern char fake_said[1024];
extern int fake_status;

/** As after a start: two CPUs, the Service VM, a User VM in slot 2. */
int fake_setup(void **state);

/** The @size bytes at @what from @from on, as a query answers them. */
int fake_answer(const void *what, size_t size, uint64_t from, void *buf,
		uint32_t len);

/** What report_print() prints of @r, which is freed; free() the text. */
char *fake_report(struct report *r);

/**
 * Run a command line, the program's name left out; the caller frees what it
 * printed.
 */
char *fake_run(const char *line);

/** The same with @part in what it printed, status @status. */
void expect_out(const char *line, int status, const char *part);
/** The same with @part in what it said to people. */
void expect_said(const char *line, int status, const char *part);

#endif
