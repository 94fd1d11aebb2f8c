/* SPDX-License-Identifier: BSD-2-Clause */
/* VMs: the list, and what they cost. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holm/dm.h"
#include "holm/holm.h"
#include "holm/json.h"
#include "holm/names.h"
#include "holm/vms.h"

/* What is not in the hypervisor's account of a VM. */
struct server {
	int pid; /* 0: nobody serves it */
	bool cell;
	char uuid[40];
};

static void read_server(const struct holm *h, const struct holm_vm *vm,
			struct server *s)
{
	struct dm dm;

	*s = (struct server){ .cell = vms_is_cell(h->src, vm) };
	if (vm->vmid == 0 || s->cell || dm_open(&dm, h, vm->name))
		return;
	s->pid = dm_pid(&dm);
	/* One that hangs costs its answer, not the list. */
	if (!dm_ask(&dm, "info"))
		dm_value(&dm, "uuid", s->uuid, sizeof(s->uuid));
	dm_close(&dm);
}

static uint64_t uptime(const struct holm_info *info, const struct holm_vm *vm)
{
	if (!vm->start_tsc || !info->tsc_khz || info->tsc_now < vm->start_tsc)
		return 0;
	return (info->tsc_now - vm->start_tsc) / info->tsc_khz / 1000;
}

static void json_counts(struct json *js, const struct holm_vm *vm)
{
	uint32_t n;

	json_open(js, "exits", '{');
	for (n = 0; n < HOLM_EXIT_COUNT; n++)
		json_number(js, name_of_exit(n), vm->exits[n]);
	json_close(js, '}');
	json_open(js, "injects", '{');
	for (n = 0; n < HOLM_INJECT_COUNT; n++)
		json_number(js, name_of_inject(n), vm->injects[n]);
	json_close(js, '}');
}

static void json_memory(struct json *js, const struct holm_vm *vm)
{
	json_number(js, "mem_bytes", vm->mem_bytes);
	json_number(js, "stage2_pages", vm->s2_pages);
	json_number(js, "leaves_4k", vm->leaves[0]);
	json_number(js, "leaves_2m", vm->leaves[1]);
	json_number(js, "leaves_1g", vm->leaves[2]);
}

static void vm_json(struct json *js, const struct holm_info *info,
		    const struct holm_vm *vm, const struct server *s)
{
	uint32_t n;

	json_open(js, NULL, '{');
	json_number(js, "slot", vm->slot);
	json_number(js, "vmid", vm->vmid);
	json_text(js, "name", vm->name, sizeof(vm->name));
	json_text(js, "state", name_of_state(vm->state), 16);
	if (s)
		json_bool(js, "cell", s->cell);
	json_number(js, "vcpus", vm->nvcpus);
	json_open(js, "cpus", '[');
	for (n = 0; n < CPU_BITS; n++)
		if (vm->cpus >> n & 1)
			json_number(js, NULL, n);
	json_close(js, ']');
	json_memory(js, vm);
	json_number(js, "start_tsc", vm->start_tsc);
	json_number(js, "uptime_seconds", uptime(info, vm));
	if (s && s->pid)
		json_number(js, "dm_pid", (uint64_t)s->pid);
	if (s && s->uuid[0])
		json_text(js, "uuid", s->uuid, sizeof(s->uuid));
	json_counts(js, vm);
	json_close(js, '}');
}

static void vm_row(const struct holm *h, const struct holm_info *info,
		   const struct holm_vm *vm, const struct server *s)
{
	char cpus[CPU_BITS * 4], up[32], pid[12] = "-";

	format_cpus(vm->cpus, cpus, sizeof(cpus));
	format_time(uptime(info, vm), up, sizeof(up));
	if (s->cell)
		snprintf(pid, sizeof(pid), "cell");
	if (s->pid)
		snprintf(pid, sizeof(pid), "%d", s->pid);
	fprintf(h->out,
		"%4u  %-15s  %-8s  %5u  %-8s  %6" PRIu64 " MiB  %7s  %7s  %s\n",
		vm->slot, vm->name, name_of_state(vm->state), vm->nvcpus, cpus,
		vm->mem_bytes >> 20, pid, up, s->uuid[0] ? s->uuid : "-");
}

static void list_table(const struct holm *h, const struct holm_info *info,
		       const struct vms *vms)
{
	struct server s;
	size_t i;

	fprintf(h->out, "SLOT  NAME             STATE     VCPUS  CPUS"
			"          MEMORY   DM PID       UP  UUID\n");
	for (i = 0; i < vms->n; i++) {
		read_server(h, &vms->vm[i], &s);
		vm_row(h, info, &vms->vm[i], &s);
	}
}

static void list_json(const struct holm *h, const struct holm_info *info,
		      const struct vms *vms)
{
	struct server s;
	struct json js;
	size_t i;

	json_begin(&js, h->out, SCHEMA);
	json_open(&js, "vms", '[');
	for (i = 0; i < vms->n; i++) {
		read_server(h, &vms->vm[i], &s);
		vm_json(&js, info, &vms->vm[i], &s);
	}
	json_close(&js, ']');
	json_end(&js);
}

static int read_all(const struct holm *h, struct holm_info *info,
		    struct vms *vms)
{
	int err = source_read(h->src, HOLM_QUERY_INFO, 0, info, sizeof(*info));

	if (err)
		return say_query(h, "hypervisor", err);
	err = vms_read(h->src, vms);
	return err ? say_query(h, "VMs", err) : 0;
}

int show_vms(const struct holm *h)
{
	struct holm_info info;
	struct vms vms;
	size_t i;
	int status = read_all(h, &info, &vms);

	if (status)
		return status;
	for (i = 0; h->opt.names && i < vms.n; i++)
		fprintf(h->out, "%s\n", vms.vm[i].name);
	if (h->opt.json && !h->opt.names)
		list_json(h, &info, &vms);
	else if (!h->opt.names)
		list_table(h, &info, &vms);
	vms_free(&vms);
	return STATUS_DONE;
}

/* Figures. With an interval: those of the moment less those of the last. */

static void subtract(struct holm_vm *vm, const struct holm_vm *last)
{
	uint32_t n;

	for (n = 0; n < HOLM_VM_EXIT_SLOTS; n++)
		vm->exits[n] -= last->exits[n];
	for (n = 0; n < HOLM_VM_INJECT_SLOTS; n++)
		vm->injects[n] -= last->injects[n];
}

/* The same VM if it has the slot, the name and the start of then. */
static void subtract_all(struct vms *vms, const struct vms *last)
{
	size_t i, k;

	for (i = 0; i < vms->n; i++)
		for (k = 0; k < last->n; k++)
			if (vms->vm[i].slot == last->vm[k].slot &&
			    vms->vm[i].start_tsc == last->vm[k].start_tsc &&
			    !strcmp(vms->vm[i].name, last->vm[k].name))
				subtract(&vms->vm[i], &last->vm[k]);
}

static void stats_rows(const struct holm *h, const struct holm_vm *vm)
{
	uint64_t total = 0;
	uint32_t n;

	/* A request is one of the exits by port or address. */
	for (n = 0; n < HOLM_EXIT_COUNT; n++)
		total += n == HOLM_EXIT_IOREQ ? 0 : vm->exits[n];
	fprintf(h->out, "%s: %" PRIu64 " exits\n", vm->name, total);
	for (n = 0; n < HOLM_EXIT_COUNT; n++)
		if (vm->exits[n])
			fprintf(h->out, "  %-28s %12" PRIu64 "  %5.1f %%\n",
				name_of_exit(n), vm->exits[n],
				100.0 * (double)vm->exits[n] / (double)total);
	for (n = 0; n < HOLM_INJECT_COUNT; n++)
		if (vm->injects[n])
			fprintf(h->out, "  injected: %-18s %12" PRIu64 "\n",
				name_of_inject(n), vm->injects[n]);
}

static void print_stats(const struct holm *h, const struct holm_info *info,
			const struct vms *vms)
{
	struct json js;
	size_t i;

	if (h->opt.json) {
		json_begin(&js, h->out, SCHEMA);
		json_open(&js, "vms", '[');
	}
	for (i = 0; i < vms->n; i++) {
		if (h->name && strcmp(h->name, vms->vm[i].name))
			continue;
		if (h->opt.json)
			vm_json(&js, info, &vms->vm[i], NULL);
		else
			stats_rows(h, &vms->vm[i]);
	}
	if (h->opt.json) {
		json_close(&js, ']');
		json_end(&js);
	}
	fflush(h->out);
}

static int copy(const struct vms *from, struct vms *to)
{
	size_t bytes = from->n * sizeof(*from->vm);

	to->n = from->n;
	to->vm = malloc(bytes ? bytes : 1);
	if (!to->vm)
		return -ENOMEM;
	memcpy(to->vm, from->vm, bytes);
	return 0;
}

/* One look; *@last becomes what was seen. */
static int look(const struct holm *h, struct vms *last)
{
	struct holm_info info;
	struct vms vms, seen;
	int status = read_all(h, &info, &vms);

	if (status)
		return status;
	if (h->name && !vms_find(&vms, h->name)) {
		status = vms_say_missing(h, &vms);
	} else if (copy(&vms, &seen)) {
		status = say_query(h, "VMs", -ENOMEM);
	} else {
		subtract_all(&vms, last);
		print_stats(h, &info, &vms);
		vms_free(last);
		*last = seen;
	}
	vms_free(&vms);
	return status;
}

int show_stats(const struct holm *h)
{
	struct vms last = { NULL, 0 };
	unsigned int n = 0;
	int status;

	if (h->opt.count && !h->opt.interval)
		return say(h, STATUS_USAGE, "--count needs --interval");
	for (;;) {
		status = look(h, &last);
		if (status || !h->opt.interval || ++n == h->opt.count ||
		    ferror(h->out))
			break;
		sleep(h->opt.interval);
	}
	vms_free(&last);
	return status;
}
