/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace for viewers: Google's "Trace Event Format". A process is a VM, a
 * thread one of its vCPUs; what no vCPU does is a thread of "Holm", one for
 * each CPU. Slices: the guest runs; Holm answers an exit, named by its
 * reason, and in it waits for the device model or for anything at all.
 * Arrows lead from a request by way of the Service VM's answer to the end of
 * the wait.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "holm/json.h"
#include "holm/names.h"
#include "holm/trace.h"

#define PID_HOLM 1000

/* Whose track; a pid is the VM's number + 1: viewers dislike 0. */
struct track {
	uint32_t pid, tid;
};

/* What a CPU is in the middle of; times are 0 where it is in no such thing. */
struct lane {
	struct track track;
	bool known; /* whose vCPU is here */
	uint64_t guest, exit, wait, idle;
	struct holm_trace_record cause;  /* of the exit */
	uint64_t wait_ticks, idle_ticks; /* within the exit */
	uint64_t flow;
};

struct writer {
	const struct trace_log *log;
	struct json js;
	struct lane lane[TRACE_CPUS];
	struct trace_shares shares;
	struct track *named; /* those that have their names */
	size_t nnamed;
	uint64_t flows;
};

static double us(const struct writer *w, uint64_t tsc)
{
	return (double)(tsc - w->log->rec[0].tsc) * 1000 /
	       (double)w->log->tsc_khz;
}

static void open_event(struct writer *w, const char *ph, const char *name,
		       struct track t)
{
	json_open(&w->js, NULL, '{');
	json_text(&w->js, "ph", ph, 2);
	json_text(&w->js, "name", name, 80);
	json_number(&w->js, "pid", t.pid);
	json_number(&w->js, "tid", t.tid);
}

static void put_name(struct writer *w, const char *what, struct track t,
		     const char *text)
{
	open_event(w, "M", what, t);
	json_open(&w->js, "args", '{');
	json_text(&w->js, "name", text, 64);
	json_close(&w->js, '}');
	json_close(&w->js, '}');
}

static void name_track(struct writer *w, struct track t, uint32_t cpu)
{
	char vm[32], text[64];

	if (t.pid == PID_HOLM) {
		put_name(w, "process_name", t, "Holm");
		snprintf(text, sizeof(text), "CPU %u", cpu);
	} else {
		put_name(w, "process_name", t,
			 trace_vm_name(w->log, t.pid - 1, vm, sizeof(vm)));
		snprintf(text, sizeof(text), "vCPU %u on CPU %u", t.tid, cpu);
	}
	put_name(w, "thread_name", t, text);
}

/* The track exists: name it once. */
static struct track use_track(struct writer *w, struct track t, uint32_t cpu)
{
	struct track *grown;
	size_t i;

	for (i = 0; i < w->nnamed; i++)
		if (w->named[i].pid == t.pid && w->named[i].tid == t.tid)
			return t;
	grown = realloc(w->named, (w->nnamed + 1) * sizeof(*grown));
	if (!grown)
		return t;
	w->named = grown;
	w->named[w->nnamed++] = t;
	name_track(w, t, cpu);
	return t;
}

/* @from, @to in ticks; an argument with a NULL name is left out. */
static void put_slice(struct writer *w, const char *name, struct track t,
		      uint64_t from, uint64_t to)
{
	open_event(w, "X", name, t);
	json_fixed(&w->js, "ts", us(w, from));
	json_fixed(&w->js, "dur", us(w, to) - us(w, from));
}

static void close_slice(struct writer *w)
{
	json_close(&w->js, '}');
}

static void put_args(struct writer *w, const struct holm_trace_record *r)
{
	char name[32], value[24];
	unsigned int i;

	json_open(&w->js, "args", '{');
	for (i = 0; trace_arg_name(r->event, i, name, sizeof(name)); i++) {
		snprintf(value, sizeof(value), "%#" PRIx64, r->arg[i]);
		json_text(&w->js, name, value, sizeof(value));
	}
	json_close(&w->js, '}');
}

static void put_instant(struct writer *w, const struct holm_trace_record *r,
			struct track t)
{
	open_event(w, "i", trace_event_name(r->event), t);
	json_fixed(&w->js, "ts", us(w, r->tsc));
	json_text(&w->js, "s", "t", 1);
	put_args(w, r);
	json_close(&w->js, '}');
}

/* One end or joint of an arrow; it ties itself to the slice around it. */
static void put_flow(struct writer *w, const char *ph, uint64_t id,
		     struct track t, uint64_t tsc)
{
	open_event(w, ph, "request", t);
	json_text(&w->js, "cat", "request", 16);
	json_number(&w->js, "id", id);
	json_fixed(&w->js, "ts", us(w, tsc));
	json_text(&w->js, "bp", "e", 1);
	json_close(&w->js, '}');
}

static struct trace_share *share_of(struct writer *w, uint32_t vm,
				    uint32_t vcpu, uint32_t cpu)
{
	struct trace_share *grown;
	size_t i;

	for (i = 0; i < w->shares.n; i++)
		if (w->shares.s[i].vm == vm && w->shares.s[i].vcpu == vcpu)
			return &w->shares.s[i];
	grown = realloc(w->shares.s, (w->shares.n + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	w->shares.s = grown;
	grown[w->shares.n] =
		(struct trace_share){ vm, vcpu, cpu, 0, 0, 0, 0, 0, 0 };
	return &grown[w->shares.n++];
}

/* The CPU's track: that of the vCPU it has, or its own. */
static struct track track_of(struct writer *w, uint32_t cpu)
{
	const struct lane *l = &w->lane[cpu];

	if (l->known)
		return l->track;
	return use_track(w, (struct track){ PID_HOLM, cpu }, cpu);
}

/* A record of vCPU (vm, vcpu) on its CPU says whose the CPU is. */
static struct lane *take_lane(struct writer *w,
			      const struct holm_trace_record *r)
{
	struct lane *l = &w->lane[r->cpu];
	struct track t = { r->vm + 1U, r->vcpu };

	if (l->known && l->track.pid == t.pid && l->track.tid == t.tid)
		return l;
	*l = (struct lane){ .known = true, .track = t };
	use_track(w, t, r->cpu);
	return l;
}

static void add_share(struct writer *w, const struct holm_trace_record *r,
		      const struct trace_share *more)
{
	struct trace_share *s = share_of(w, r->vm, r->vcpu, r->cpu);

	if (!s)
		return;
	s->guest += more->guest;
	s->holm += more->holm;
	s->model += more->model;
	s->idle += more->idle;
	s->exits += more->exits;
	s->requests += more->requests;
}

static void on_enter(struct writer *w, const struct holm_trace_record *r)
{
	struct lane *l = take_lane(w, r);
	struct trace_share s = { 0 };

	if (l->exit) {
		put_slice(w, name_of_exit((uint32_t)l->cause.arg[0]), l->track,
			  l->exit, r->tsc);
		put_args(w, &l->cause);
		close_slice(w);
		s.holm = r->tsc - l->exit - l->wait_ticks - l->idle_ticks;
		s.model = l->wait_ticks;
		s.idle = l->idle_ticks;
		add_share(w, r, &s);
	}
	l->exit = 0;
	l->wait = 0;
	l->idle = 0;
	l->guest = r->tsc;
}

static void on_exit_record(struct writer *w, const struct holm_trace_record *r)
{
	struct lane *l = take_lane(w, r);
	struct trace_share s = { .exits = 1 };

	if (l->guest) {
		put_slice(w, "guest", l->track, l->guest, r->tsc);
		close_slice(w);
		s.guest = r->tsc - l->guest;
	}
	add_share(w, r, &s);
	l->guest = 0;
	l->exit = r->tsc;
	l->cause = *r;
	l->wait_ticks = 0;
	l->idle_ticks = 0;
}

static void on_request(struct writer *w, const struct holm_trace_record *r)
{
	struct lane *l = take_lane(w, r);
	struct trace_share s = { .requests = 1 };

	add_share(w, r, &s);
	l->wait = r->tsc;
	l->flow = ++w->flows;
}

static void on_answer(struct writer *w, const struct holm_trace_record *r)
{
	struct lane *l = take_lane(w, r);

	if (!l->wait || !l->exit)
		return;
	put_slice(w, "wait for the device model", l->track, l->wait, r->tsc);
	put_args(w, r);
	close_slice(w);
	put_flow(w, "s", l->flow, l->track, l->wait);
	put_flow(w, "f", l->flow, l->track, r->tsc);
	l->wait_ticks += r->tsc - l->wait;
	l->wait = 0;
}

/* On a CPU of the Service VM; the record names the vCPU that waits. */
static void on_finish(struct writer *w, const struct holm_trace_record *r)
{
	struct track here = track_of(w, r->cpu);
	uint32_t cpu;

	put_instant(w, r, here);
	for (cpu = 0; cpu < w->log->ncpus; cpu++) {
		const struct lane *l = &w->lane[cpu];

		if (l->known && l->wait && l->track.pid == r->vm + 1U &&
		    l->track.tid == r->vcpu)
			put_flow(w, "t", l->flow, here, r->tsc);
	}
}

static void on_idle(struct writer *w, const struct holm_trace_record *r)
{
	if (r->vm != HOLM_TRACE_NOBODY)
		take_lane(w, r);
	w->lane[r->cpu].idle = r->tsc;
}

static void on_wake(struct writer *w, const struct holm_trace_record *r)
{
	struct lane *l = &w->lane[r->cpu];

	if (!l->idle)
		return;
	put_slice(w, "idle", track_of(w, r->cpu), l->idle, r->tsc);
	close_slice(w);
	if (l->exit)
		l->idle_ticks += r->tsc - l->idle;
	l->idle = 0;
}

static void on_take_up(struct writer *w, const struct holm_trace_record *r)
{
	put_instant(w, r, track_of(w, r->cpu));
	w->lane[r->cpu] = (struct lane){ .known = false };
	if (r->vm != HOLM_TRACE_NOBODY)
		take_lane(w, r);
}

static void on_other(struct writer *w, const struct holm_trace_record *r)
{
	put_instant(w, r, track_of(w, r->cpu));
}

static void (*const handlers[HOLM_TRACE_COUNT])(
	struct writer *w, const struct holm_trace_record *r) = {
	[HOLM_TRACE_ENTER] = on_enter,     [HOLM_TRACE_EXIT] = on_exit_record,
	[HOLM_TRACE_REQUEST] = on_request, [HOLM_TRACE_ANSWER] = on_answer,
	[HOLM_TRACE_FINISH] = on_finish,   [HOLM_TRACE_IDLE] = on_idle,
	[HOLM_TRACE_WAKE] = on_wake,       [HOLM_TRACE_TAKE_UP] = on_take_up,
};

static void put_record(struct writer *w, const struct holm_trace_record *r)
{
	if (r->event >= HOLM_TRACE_COUNT || r->cpu >= w->log->ncpus)
		return;
	(handlers[r->event] ? handlers[r->event] : on_other)(w, r);
}

void trace_json(FILE *out, const struct trace_log *log,
		struct trace_shares *shares)
{
	struct writer *w = calloc(1, sizeof(*w));
	size_t i;

	if (!w)
		return;
	w->log = log;
	json_begin(&w->js, out, SCHEMA);
	json_text(&w->js, "displayTimeUnit", "ns", 4);
	json_number(&w->js, "tsc_khz", log->tsc_khz);
	json_number(&w->js, "records", log->n);
	json_number(&w->js, "lost", log->lost);
	json_open(&w->js, "traceEvents", '[');
	for (i = 0; i < log->n; i++) {
		put_record(w, &log->rec[i]);
		if (w->js.comma && i % 8 == 0)
			fputc('\n', out);
	}
	json_close(&w->js, ']');
	json_end(&w->js);
	if (shares)
		*shares = w->shares;
	else
		free(w->shares.s);
	free(w->named);
	free(w);
}
