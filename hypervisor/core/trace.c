/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/trace.h"

#include <stdarg.h>

#include "lib/printf.h"
#include "lib/string.h"

#define RECORD_WORDS (sizeof(struct holm_trace_record) / sizeof(u64))
#define DUMP_RECORDS 8U
#define DUMP_LINE    160U

_Static_assert(sizeof(struct holm_trace_record) == 40, "abi/holm_trace.h");
_Static_assert(offsetof(struct holm_trace_record, event) == 8 &&
		       offsetof(struct holm_trace_record, cpu) == 10 &&
		       offsetof(struct holm_trace_record, vm) == 12 &&
		       offsetof(struct holm_trace_record, vcpu) == 14,
	       "the second word of trace_put()");
_Static_assert((TRACE_RECORDS & (TRACE_RECORDS - 1)) == 0, "a mask");
_Static_assert(HOLM_TRACE_COUNT < 64, "a bit each");

u64 trace_events;

void trace_set(u64 events)
{
	__atomic_store_n(&trace_events, events, __ATOMIC_RELAXED);
}

/*
 * Word by word, so that a reader that comes too late reads old or new words
 * and never half of one. The fence keeps the words behind the head of the
 * record before: who sees a new word sees that the old record is gone.
 */
static void put_words(struct trace_ring *ring, u64 at, const u64 *word)
{
	u64 *to = (u64 *)(void *)&ring->rec[at % TRACE_RECORDS];

	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (u32 i = 0; i < RECORD_WORDS; i++)
		__atomic_store_n(&to[i], word[i], __ATOMIC_RELAXED);
	__atomic_store_n(&ring->head, at + 1, __ATOMIC_RELEASE);
}

/* A record as the words it is stored in: x86 has the low field first. */
void trace_put(enum holm_trace_event event, u32 who, u64 a, u64 b, u64 c)
{
	const struct cpu *cpu = cpu_self();
	const u64 word[RECORD_WORDS] = {
		time_now(),
		event | (u64)cpu->index << 16 | (u64)(who >> 16) << 32 |
			(u64)who << 48,
		a,
		b,
		c,
	};

	if (cpu->trace)
		put_words(cpu->trace, cpu->trace->head, word);
}

/* False if record @n was overwritten before or while it was copied. */
static bool get_record(const struct trace_ring *ring, u64 n,
		       struct holm_trace_record *out)
{
	const u64 *from =
		(const u64 *)(const void *)&ring->rec[n % TRACE_RECORDS];
	u64 word[RECORD_WORDS];

	for (u32 i = 0; i < RECORD_WORDS; i++)
		word[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	/* The one being written has number head and replaces head - size. */
	if (__atomic_load_n(&ring->head, __ATOMIC_RELAXED) - n >= TRACE_RECORDS)
		return false;
	memcpy(out, word, sizeof(*out));
	return true;
}

u32 trace_read(const struct trace_ring *ring, u64 from,
	       struct holm_trace_record *out, u32 max,
	       struct holm_trace_part *part)
{
	u32 n = 0;

	part->head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	part->first = MIN(from, part->head);
	if (part->head - part->first >= TRACE_RECORDS)
		part->first = part->head - TRACE_RECORDS + 1;
	while (n < max && part->first + n < part->head) {
		if (get_record(ring, part->first + n, &out[n])) {
			n++;
			continue;
		}
		/* What follows a hole belongs into the next answer. */
		if (n)
			break;
		part->head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
		part->first = part->head - TRACE_RECORDS + 1;
	}
	return n;
}

static const struct {
	const char *name;
	const char *args;
} events[] = {
#define TRACE_NAME(id, name, args, text) { name, args },
	/* clang-format off */
	HOLM_TRACE_EVENTS(TRACE_NAME)
	/* clang-format on */
};

/* A line in the making; what does not fit is cut. */
struct line {
	char text[DUMP_LINE];
	u32 n;
};

static void __printf(2, 3) add(struct line *l, const char *fmt, ...)
{
	u32 room = (u32)sizeof(l->text) - l->n;
	va_list ap;

	va_start(ap, fmt);
	l->n += MIN(fmt_vprint(l->text + l->n, room, fmt, ap), room - 1);
	va_end(ap);
}

/* " name=value" for each argument that the event has. */
static void add_args(struct line *l, const struct holm_trace_record *r)
{
	const char *p = events[r->event].args;

	for (u32 i = 0; i < HOLM_TRACE_ARGS; i++, p++) {
		if (*p && *p != ',')
			add(l, " ");
		for (; *p && *p != ','; p++)
			add(l, "%c", *p);
		if (p[-1] != ',')
			add(l, "=%lx", r->arg[i]);
	}
}

static void dump_record(const struct holm_trace_record *r, u64 now,
			void (*emit)(const char *line))
{
	struct line l = { .n = 0 };

	if (r->event >= HOLM_TRACE_COUNT)
		return;
	add(&l, "trace: CPU %u %lu ticks ago:", r->cpu, now - r->tsc);
	if (r->vm != HOLM_TRACE_NOBODY)
		add(&l, " %u.%u", r->vm, r->vcpu);
	add(&l, " %s", events[r->event].name);
	add_args(&l, r);
	emit(l.text);
}

static void dump_ring(const struct trace_ring *ring,
		      void (*emit)(const char *line))
{
	u64 head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	u64 now = time_now();

	for (u64 n = head - MIN(head, (u64)DUMP_RECORDS); n < head; n++)
		dump_record(&ring->rec[n % TRACE_RECORDS], now, emit);
}

void trace_dump(void (*emit)(const char *line))
{
	for (u32 i = 0; i < cpu_count(); i++)
		if (cpu_get(i)->trace)
			dump_ring(cpu_get(i)->trace, emit);
}
