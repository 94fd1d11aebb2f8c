/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "holm/json.h"
#include "holm/names.h"

static const char *const sort_names[] = {
	[SORT_SERVICE] = "service",
	[SORT_USER] = "user",
	[SORT_CELL] = "cell",
};

static const char *word_of(const struct rule *r, const struct verdict *v)
{
	if (!r->check)
		return "not claimed";
	return v->n ? "BROKEN" : "holds";
}

static void rule_json(struct json *js, const struct rule *r,
		      const struct verdict *v)
{
	size_t i;

	json_open(js, NULL, '{');
	json_text(js, "id", r->id, 32);
	json_text(js, "claim", r->claim, 160);
	json_bool(js, "claimed", r->check);
	json_bool(js, "holds", r->check && !v->n);
	json_number(js, "looked_at", v->looked_at);
	json_text(js, "unit", r->unit, 16);
	json_open(js, "findings", '[');
	for (i = 0; i < v->n; i++)
		json_text(js, NULL, v->finding[i].text,
			  sizeof(v->finding[i].text));
	json_close(js, ']');
	json_close(js, '}');
}

static void passes_json(struct json *js, const char *key,
			const struct passes *ps)
{
	size_t i;

	json_open(js, key, '[');
	for (i = 0; i < ps->n; i++) {
		json_open(js, NULL, '{');
		json_number(js, "first", ps->p[i].first);
		json_number(js, "count", ps->p[i].count);
		json_bool(js, "read", ps->p[i].flags & HOLM_PASS_R);
		json_bool(js, "write", ps->p[i].flags & HOLM_PASS_W);
		json_close(js, '}');
	}
	json_close(js, ']');
}

static void guest_json(struct json *js, const struct facts *f,
		       const struct guest *g)
{
	size_t i;

	json_open(js, NULL, '{');
	json_text(js, "name", g->vm.name, sizeof(g->vm.name));
	json_text(js, "sort", sort_names[guest_sort(g)], 16);
	json_number(js, "cpus", g->vm.cpus);
	json_open(js, "memory", '[');
	for (i = 0; i < f->reaches; i++) {
		const struct reach *r = &f->reach[i];

		if (r->guest != g)
			continue;
		json_open(js, NULL, '{');
		json_number(js, "hpa", r->hpa);
		json_number(js, "gpa", r->gpa);
		json_number(js, "bytes", r->size);
		json_number(js, "flags", r->flags);
		json_close(js, '}');
	}
	json_close(js, ']');
	passes_json(js, "ports", &g->ports);
	passes_json(js, "registers", &g->msrs);
	json_close(js, '}');
}

/* The proof, and what it was worked out from, to be worked out again. */
static void audit_json(const struct holm *h, const struct facts *f,
		       const struct verdict *v)
{
	struct json js;
	size_t i;

	json_begin(&js, h->out, SCHEMA);
	json_open(&js, "rules", '[');
	for (i = 0; i < audit_rule_count; i++)
		rule_json(&js, &audit_rules[i], &v[i]);
	json_close(&js, ']');
	json_number(&js, "holm_base", f->info.hv_base);
	json_number(&js, "holm_bytes", f->info.hv_size);
	json_open(&js, "guests", '[');
	for (i = 0; i < f->guests; i++)
		guest_json(&js, f, &f->guest[i]);
	json_close(&js, ']');
	json_end(&js);
}

static void guest_row(FILE *out, const struct facts *f, const struct guest *g)
{
	uint64_t bytes = 0, ports = 0, msrs = 0;
	char size[32], cpus[64];
	size_t i;

	for (i = 0; i < f->reaches; i++)
		if (f->reach[i].guest == g)
			bytes += f->reach[i].size;
	for (i = 0; i < g->ports.n; i++)
		ports += g->ports.p[i].count;
	for (i = 0; i < g->msrs.n; i++)
		msrs += g->msrs.p[i].count;
	format_size(bytes, size, sizeof(size));
	format_cpus(g->vm.cpus, cpus, sizeof(cpus));
	fprintf(out, "%-15s  %-7s  %-8s  %14s  %6" PRIu64 "  %9" PRIu64 "\n",
		g->vm.name, sort_names[guest_sort(g)], cpus, size, ports, msrs);
}

static void audit_table(const struct holm *h, const struct facts *f,
			const struct verdict *v)
{
	size_t i, n;

	fprintf(h->out, "%-15s  %-7s  %-8s  %14s  %6s  %9s\n", "GUEST", "SORT",
		"CPUS", "REACHES", "PORTS", "REGISTERS");
	for (i = 0; i < f->guests; i++)
		guest_row(h->out, f, &f->guest[i]);
	fprintf(h->out, "\n%-16s  %-11s  %9s %-9s  %s\n", "RULE", "VERDICT",
		"LOOKED AT", "", "CLAIM");
	for (i = 0; i < audit_rule_count; i++) {
		const struct rule *r = &audit_rules[i];

		fprintf(h->out, "%-16s  %-11s  %9" PRIu64 " %-9s  %s\n", r->id,
			word_of(r, &v[i]), v[i].looked_at, r->unit, r->claim);
		for (n = 0; n < v[i].n; n++)
			fprintf(h->out, "%18s%s\n", "", v[i].finding[n].text);
	}
}

static int say_result(const struct holm *h, const struct verdict *v)
{
	size_t broken = 0, i;

	for (i = 0; i < audit_rule_count; i++) {
		if (v[i].no_memory)
			return say(h, STATUS_FAILED, "audit: out of memory");
		broken += v[i].n > 0;
	}
	if (broken)
		return say(h, STATUS_FAILED, "audit: %zu of %zu rules broken",
			   broken, audit_rule_count);
	return STATUS_DONE;
}

static int audit(const struct holm *h, const struct facts *f)
{
	struct verdict *v = calloc(audit_rule_count, sizeof(*v));
	size_t i;
	int status;

	if (!v)
		return say(h, STATUS_FAILED, "audit: out of memory");
	for (i = 0; i < audit_rule_count; i++)
		if (audit_rules[i].check)
			audit_rules[i].check(f, &v[i]);
	if (h->opt.json)
		audit_json(h, f, v);
	else
		audit_table(h, f, v);
	status = say_result(h, v);
	for (i = 0; i < audit_rule_count; i++)
		free(v[i].finding);
	free(v);
	return status;
}

int do_audit(const struct holm *h)
{
	struct facts f;
	int err = facts_read(&f, h->src), status;

	if (err == -EAGAIN)
		return say(h, STATUS_BUSY, "audit: VMs come and go; try again");
	if (err)
		return say_query(h, "audit", err);
	status = audit(h, &f);
	facts_free(&f);
	return status;
}
