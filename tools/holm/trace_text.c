/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace for people: a line a record. */
#include <inttypes.h>
#include <string.h>

#include "holm/names.h"
#include "holm/trace.h"

/* Arguments that have a word of their own. */
static const char *arg_word(const struct holm_trace_record *r, unsigned int i)
{
	if (r->event == HOLM_TRACE_EXIT && i == 0)
		return name_of_exit((uint32_t)r->arg[i]);
	if (r->event == HOLM_TRACE_INJECT && i == 0)
		return name_of_inject((uint32_t)r->arg[i]);
	return NULL;
}

static void print_record(FILE *out, const struct trace_log *log,
			 const struct holm_trace_record *r)
{
	uint64_t ticks = r->tsc - log->rec[0].tsc;
	char name[32], who[24] = "-";
	unsigned int i;

	if (r->vm != HOLM_TRACE_NOBODY && r->vcpu != HOLM_TRACE_NOBODY)
		snprintf(who, sizeof(who), "%u.%u", r->vm, r->vcpu);
	else if (r->vm != HOLM_TRACE_NOBODY)
		snprintf(who, sizeof(who), "%u", r->vm);
	fprintf(out, "%12.3f  CPU %-2u  %-5s  %s",
		(double)ticks * 1000 / (double)log->tsc_khz, r->cpu, who,
		trace_event_name(r->event));
	for (i = 0; trace_arg_name(r->event, i, name, sizeof(name)); i++) {
		if (arg_word(r, i))
			fprintf(out, " %s='%s'", name, arg_word(r, i));
		else
			fprintf(out, " %s=%#" PRIx64, name, r->arg[i]);
	}
	fputc('\n', out);
}

void trace_text(FILE *out, const struct trace_log *log)
{
	size_t i;

	if (!log->n)
		return;
	fprintf(out, "%12s  %-6s  %-5s  %s\n", "MICROSECONDS", "CPU", "VCPU",
		"EVENT");
	for (i = 0; i < log->n; i++)
		print_record(out, log, &log->rec[i]);
}
