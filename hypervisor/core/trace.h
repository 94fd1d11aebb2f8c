/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace. Each CPU writes what it does into a ring of its own; the oldest
 * record goes when a new one comes. There is no lock: only its CPU writes a
 * ring, and a reader on another CPU finds out afterwards whether what it
 * copied was overwritten meanwhile. Not for NMI handlers: one could come in
 * the middle of a record.
 *
 * Off, as it is at start, an event costs one test of one word.
 */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include "abi/holm_trace.h"
#include "core/cpu.h"
#include "lib/types.h"

#define TRACE_RECORDS 4096U /* a power of two */

struct trace_ring {
	u64 head; /* records written since boot */
	struct holm_trace_record rec[TRACE_RECORDS];
};

/** Bit n: event n is recorded. Written by trace_set() alone. */
extern u64 trace_events;

/*
 * A plain read, so that it is one instruction with its test: whoever traces
 * in a loop also calls what the compiler cannot see into.
 */
static inline bool trace_wants(enum holm_trace_event event)
{
	return unlikely(trace_events & BIT64(event));
}

/** Who an event concerns, as trace() takes it. */
#define TRACE_NOBODY (~(u32)0)

static inline u32 trace_who(u32 vmid, u32 vcpu)
{
	return vmid << 16 | (vcpu & 0xffff);
}

/** Write a record into the calling CPU's ring, wanted or not. */
void trace_put(enum holm_trace_event event, u32 who, u64 a, u64 b, u64 c);

/**
 * trace(event, who, a, b, c): record the event with its arguments, if it is
 * wanted. Evaluates them only then.
 */
#define trace(event, ...)                              \
	do {                                           \
		if (trace_wants(event))                \
			trace_put(event, __VA_ARGS__); \
	} while (0)

/** What is recorded from now on, on every CPU; bits of HOLM_TRACE_ALL. */
void trace_set(u64 events);

/**
 * Copy at most @max records of @ring, the oldest first, from number @from on;
 * returns how many. @part says which number the first of them has (more than
 * @from if that one is gone) and how many the ring has had in all.
 */
u32 trace_read(const struct trace_ring *ring, u64 from,
	       struct holm_trace_record *out, u32 max,
	       struct holm_trace_part *part);

/**
 * Print the last records of each CPU by @emit, a line at a time: for a panic,
 * so without locks, whatever state the other CPUs are in.
 */
void trace_dump(void (*emit)(const char *line));

#endif
