/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace as the tool has it: read, put in order, told in three forms. */
#ifndef HOLM_TRACE_H
#define HOLM_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "abi/holm_trace.h"
#include "holm/holm.h"
#include "holm/vms.h"

#define TRACE_CPUS 1024

struct trace_log {
	struct holm_trace_record *rec; /* by time, once trace_sort() ran */
	size_t n, cap;
	uint64_t next[TRACE_CPUS]; /* per CPU: the record to read next */
	uint64_t lost;             /* overwritten before they were read */
	uint32_t ncpus;
	uint64_t tsc_khz;
	struct vms vms; /* for their names */
};

/** The name of an event, or "unknown". */
const char *trace_event_name(uint32_t event);

/** The name of argument @i of an event into @buf; false if it has none. */
bool trace_arg_name(uint32_t event, unsigned int i, char *buf, size_t size);

/** "exit,inject" as bits; 0 after saying which is none. */
uint64_t trace_parse_events(const struct holm *h, const char *list);

/** Read what is new in each ring. 0 or a negative errno. */
int trace_drain(struct trace_log *log, const struct source *src);

/** From now on only what is recorded from now on. */
int trace_skip(struct trace_log *log, const struct source *src);

/** By time. 0 or -ENOMEM. */
int trace_sort(struct trace_log *log);
void trace_free(struct trace_log *log);

/** The VM's name, or "VM N". */
const char *trace_vm_name(const struct trace_log *log, uint32_t vm, char *buf,
			  size_t size);

/** A line a record. */
void trace_text(FILE *out, const struct trace_log *log);

/* What became of a vCPU's time, in ticks. */
struct trace_share {
	uint32_t vm, vcpu, cpu;
	uint64_t guest, holm, model, idle, exits, requests;
};

struct trace_shares {
	struct trace_share *s;
	size_t n;
};

/**
 * One document in the trace-event format of Perfetto's and Chrome's viewers.
 * @shares is filled in on the way if it is not NULL; free its array.
 */
void trace_json(FILE *out, const struct trace_log *log,
		struct trace_shares *shares);

#endif
