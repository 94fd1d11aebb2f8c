/* SPDX-License-Identifier: BSD-2-Clause */
/* holm hv trace: switching, reading, choosing the form. */
#include "holm/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "holm/nearest.h"

#define ANSWER_BYTES 4096
#define PART_RECORDS                                       \
	((ANSWER_BYTES - sizeof(struct holm_trace_part)) / \
	 sizeof(struct holm_trace_record))
#define DRAIN_MS 5

struct part {
	struct holm_trace_part head;
	struct holm_trace_record rec[PART_RECORDS];
};

static const struct {
	const char *name, *args;
} events[] = {
#define EVENT(id, name, args, text) { name, args },
	/* clang-format off */
	HOLM_TRACE_EVENTS(EVENT)
	/* clang-format on */
};

const char *trace_event_name(uint32_t event)
{
	return event < HOLM_TRACE_COUNT ? events[event].name : "unknown";
}

bool trace_arg_name(uint32_t event, unsigned int i, char *buf, size_t size)
{
	const char *p;

	if (event >= HOLM_TRACE_COUNT)
		return false;
	for (p = events[event].args; i && p; i--) {
		p = strchr(p, ',');
		p = p ? p + 1 : NULL;
	}
	if (!p || !strcspn(p, ","))
		return false;
	snprintf(buf, size, "%.*s", (int)strcspn(p, ","), p);
	return true;
}

static uint64_t find_event(const struct holm *h, const char *name)
{
	struct nearest near;
	char hint[64];
	uint32_t e;

	nearest_init(&near, name);
	for (e = 0; e < HOLM_TRACE_COUNT; e++) {
		if (!strcmp(events[e].name, name))
			return (uint64_t)1 << e;
		nearest_try(&near, events[e].name);
	}
	say(h, STATUS_USAGE, "--events %s: there is no such event%s", name,
	    nearest_hint(&near, hint, sizeof(hint)));
	return 0;
}

uint64_t trace_parse_events(const struct holm *h, const char *list)
{
	uint64_t mask = 0, bit;
	char name[32];

	for (;;) {
		size_t len = strcspn(list, ",");

		snprintf(name, sizeof(name), "%.*s", (int)(len < 31 ? len : 31),
			 list);
		bit = find_event(h, name);
		if (!bit)
			return 0;
		mask |= bit;
		if (!list[len])
			return mask;
		list += len + 1;
	}
}

static int append(struct trace_log *log, const struct holm_trace_record *rec,
		  size_t n)
{
	struct holm_trace_record *grown;
	size_t cap = log->cap ? log->cap : 65536;

	while (cap < log->n + n)
		cap *= 2;
	if (cap != log->cap) {
		grown = realloc(log->rec, cap * sizeof(*rec));
		if (!grown)
			return -ENOMEM;
		log->rec = grown;
		log->cap = cap;
	}
	memcpy(&log->rec[log->n], rec, n * sizeof(*rec));
	log->n += n;
	return 0;
}

/* One answer of CPU @cpu: records, or a negative errno. */
static int read_part(struct trace_log *log, const struct source *src,
		     uint32_t cpu, struct part *part)
{
	int got = src->query(src->ctx, HOLM_QUERY_TRACE, cpu, log->next[cpu],
			     part, sizeof(*part));

	if (got < 0)
		return got;
	if ((size_t)got < sizeof(part->head))
		return -EPROTO;
	if (part->head.first > log->next[cpu])
		log->lost += part->head.first - log->next[cpu];
	got = (int)(((size_t)got - sizeof(part->head)) / sizeof(part->rec[0]));
	log->next[cpu] = part->head.first + (uint64_t)got;
	return got;
}

int trace_drain(struct trace_log *log, const struct source *src)
{
	struct part part;
	uint32_t cpu;
	int n, err = 0;

	for (cpu = 0; cpu < log->ncpus && !err; cpu++) {
		/* What comes meanwhile is for the next time: this ends. */
		uint64_t end = UINT64_MAX;

		do {
			n = read_part(log, src, cpu, &part);
			if (n > 0)
				err = append(log, part.rec, (size_t)n);
			if (end == UINT64_MAX)
				end = part.head.head;
		} while (n > 0 && !err && log->next[cpu] < end);
		if (n < 0)
			return n;
	}
	return err;
}

int trace_skip(struct trace_log *log, const struct source *src)
{
	struct part part;
	uint32_t cpu;

	for (cpu = 0; cpu < log->ncpus; cpu++) {
		int n;

		log->next[cpu] = UINT64_MAX;
		n = read_part(log, src, cpu, &part);
		if (n < 0)
			return n;
		log->next[cpu] = part.head.head;
	}
	return 0;
}

/* By time, then by CPU; of one CPU at one tick: as they were read. */
static int by_time(const void *a, const void *b, void *arg)
{
	const struct holm_trace_record *rec = arg;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;

	if (rec[i].tsc != rec[k].tsc)
		return rec[i].tsc < rec[k].tsc ? -1 : 1;
	if (rec[i].cpu != rec[k].cpu)
		return rec[i].cpu < rec[k].cpu ? -1 : 1;
	return i < k ? -1 : i > k;
}

int trace_sort(struct trace_log *log)
{
	struct holm_trace_record *sorted =
		malloc((log->n + 1) * sizeof(*sorted));
	size_t *order = malloc((log->n + 1) * sizeof(*order));
	size_t i;

	if (!sorted || !order) {
		free(sorted);
		free(order);
		return -ENOMEM;
	}
	for (i = 0; i < log->n; i++)
		order[i] = i;
	qsort_r(order, log->n, sizeof(*order), by_time, log->rec);
	for (i = 0; i < log->n; i++)
		sorted[i] = log->rec[order[i]];
	free(order);
	free(log->rec);
	log->rec = sorted;
	log->cap = log->n + 1;
	return 0;
}

void trace_free(struct trace_log *log)
{
	free(log->rec);
	vms_free(&log->vms);
}

const char *trace_vm_name(const struct trace_log *log, uint32_t vm, char *buf,
			  size_t size)
{
	size_t i;

	snprintf(buf, size, "VM %u", vm);
	for (i = 0; i < log->vms.n; i++)
		if (log->vms.vm[i].vmid == vm)
			snprintf(buf, size, "%s", log->vms.vm[i].name);
	return buf;
}

static void nap(unsigned int ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Names of VMs that end meanwhile are kept from the first look. */
static void read_names(struct trace_log *log, const struct source *src)
{
	struct vms vms;

	if (vms_read(src, &vms))
		return;
	if (vms.n < log->vms.n) {
		vms_free(&vms);
		return;
	}
	vms_free(&log->vms);
	log->vms = vms;
}

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

/* Who is tired of waiting gets what there is, and the trace is not left on. */
static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction act = { .sa_handler = on_signal };
	size_t i;

	interrupted = 0;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &act, NULL);
}

/* Read along for @seconds, or until a signal. */
static int follow(struct trace_log *log, const struct source *src,
		  unsigned int seconds)
{
	double end = now() + seconds;
	int err;

	do {
		nap(DRAIN_MS);
		err = trace_drain(log, src);
	} while (!err && !interrupted && now() < end);
	return err;
}

static int record(const struct holm *h, struct trace_log *log,
		  const struct holm_info *info)
{
	uint64_t mask = HOLM_TRACE_ALL;
	int err, err2;

	if (h->opt.events)
		mask = trace_parse_events(h, h->opt.events);
	if (!mask)
		return STATUS_USAGE;
	catch_signals();
	err = trace_skip(log, h->src);
	if (!err)
		err = h->src->set_trace(h->src->ctx, mask);
	if (err)
		return say_query(h, "switching the trace on", err);
	err = follow(log, h->src, h->opt.seconds);
	/* As it was, whatever happened. */
	err2 = h->src->set_trace(h->src->ctx, info->trace_events);
	if (!err && !err2)
		err = trace_drain(log, h->src);
	return err || err2 ? say_query(h, "trace", err ? err : err2) : 0;
}

static void print_shares(const struct holm *h, const struct trace_log *log,
			 const struct trace_shares *shares)
{
	char name[32];
	size_t i;

	fprintf(h->out, "%zu records, %" PRIu64 " lost\n", log->n, log->lost);
	fprintf(h->out, "%-16s %4s  %7s  %7s  %7s  %7s  %8s  %8s\n", "VM",
		"VCPU", "GUEST", "HOLM", "DEVICES", "IDLE", "EXITS",
		"REQUESTS");
	for (i = 0; i < shares->n; i++) {
		const struct trace_share *s = &shares->s[i];
		double all = (double)(s->guest + s->holm + s->model + s->idle);
		double part = all > 0 ? 100.0 / all : 0;

		fprintf(h->out,
			"%-16s %4u  %5.1f %%  %5.1f %%  %5.1f %%  %5.1f %%  "
			"%8" PRIu64 "  %8" PRIu64 "\n",
			trace_vm_name(log, s->vm, name, sizeof(name)), s->vcpu,
			part * (double)s->guest, part * (double)s->holm,
			part * (double)s->model, part * (double)s->idle,
			s->exits, s->requests);
	}
}

static int write_file(const struct holm *h, const struct trace_log *log)
{
	struct trace_shares shares = { NULL, 0 };
	FILE *out = fopen(h->opt.output, "we");
	bool bad;

	if (!out)
		return say(h, STATUS_FAILED, "--output %s: %s", h->opt.output,
			   strerror(errno));
	trace_json(out, log, &shares);
	bad = ferror(out);
	if (fclose(out) || bad) {
		free(shares.s);
		return say(h, STATUS_FAILED, "--output %s: cannot write it",
			   h->opt.output);
	}
	print_shares(h, log, &shares);
	free(shares.s);
	return STATUS_DONE;
}

static int print(const struct holm *h, const struct trace_log *log)
{
	if (h->opt.output)
		return write_file(h, log);
	if (h->opt.json) {
		trace_json(h->out, log, NULL);
		return STATUS_DONE;
	}
	trace_text(h->out, log);
	if (log->lost)
		say(h, STATUS_DONE,
		    "%" PRIu64 " records are lost: too many "
		    "came between two looks",
		    log->lost);
	return STATUS_DONE;
}

static int switch_trace(const struct holm *h)
{
	uint64_t mask = h->opt.on ? HOLM_TRACE_ALL : 0;
	int err;

	if (h->opt.on && h->opt.events)
		mask = trace_parse_events(h, h->opt.events);
	if (h->opt.on && !mask)
		return STATUS_USAGE;
	err = h->src->set_trace(h->src->ctx, mask);
	if (err)
		return say_query(h, "switching the trace", err);
	if (h->opt.json)
		fprintf(h->out,
			"{\"schema\":%d,\"trace_events\":%" PRIu64 "}\n",
			SCHEMA, mask);
	return STATUS_DONE;
}

static int check_options(const struct holm *h)
{
	const struct options *o = &h->opt;

	if (o->on && o->off)
		return say(h, STATUS_USAGE, "--on or --off, not both");
	if ((o->on || o->off) && (o->seconds || o->output))
		return say(h, STATUS_USAGE,
			   "--on and --off read nothing: leave out --seconds "
			   "and --output");
	if (o->events && !o->on && !o->seconds)
		return say(h, STATUS_USAGE, "--events needs --seconds or --on");
	return 0;
}

/* The rings as they are: what was overwritten long ago is not lost here. */
static int read_rings(const struct holm *h, struct trace_log *log)
{
	int err = trace_drain(log, h->src);

	log->lost = 0;
	return err ? say_query(h, "trace", err) : 0;
}

int show_trace(const struct holm *h)
{
	struct trace_log *log;
	struct holm_info info;
	int status = check_options(h), err;

	if (status)
		return status;
	if (h->opt.on || h->opt.off)
		return switch_trace(h);
	err = source_read(h->src, HOLM_QUERY_INFO, 0, &info, sizeof(info));
	log = calloc(1, sizeof(*log));
	if (err || !log) {
		free(log);
		return say_query(h, "hypervisor", err ? err : -ENOMEM);
	}
	log->tsc_khz = info.tsc_khz ? info.tsc_khz : 1;
	log->ncpus = info.ncpus < TRACE_CPUS ? info.ncpus : TRACE_CPUS;
	read_names(log, h->src);
	status = h->opt.seconds ? record(h, log, &info) : read_rings(h, log);
	if (!status) {
		read_names(log, h->src);
		err = trace_sort(log);
		status = err ? say_query(h, "trace", err) : print(h, log);
	}
	trace_free(log);
	free(log);
	return status;
}
