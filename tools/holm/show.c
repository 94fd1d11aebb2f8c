/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/show.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "holm/json.h"

#define SCHEMA    1
#define NAME_MAX_ 16
#define CPU_BITS  64
#define VM_SLOTS  256

static const char *const exit_names[HOLM_EXIT_COUNT] = {
#define EXIT_NAME(id, text) [HOLM_EXIT_##id] = text,
	/* clang-format off */
	HOLM_EXITS(EXIT_NAME)
	/* clang-format on */
};

static const char *const state_names[] = {
	[HOLM_VM_CREATED] = "created",
	[HOLM_VM_RUNNING] = "running",
	[HOLM_VM_PAUSED] = "paused",
	[HOLM_VM_OFF] = "off",
};

static const char *const mode_names[] = { "direct", "mediated", "idle" };
static const char *const backend_names[] = { "SVM", "VMX" };

#define NAME_OF(table, n)                                                    \
	((n) < sizeof(table) / sizeof((table)[0]) && (table)[n] ? (table)[n] \
								: "unknown")

static int read_info(const struct show *sh, struct holm_info *info)
{
	return source_read(sh->src, HOLM_QUERY_INFO, 0, info, sizeof(*info));
}

/* "0,2-3" for bits 0, 2 and 3. */
static void format_cpus(uint64_t mask, char *buf, size_t len)
{
	unsigned int first, last;
	size_t used = 0;

	buf[0] = '\0';
	for (first = 0; first < CPU_BITS; first = last + 1) {
		last = first;
		if (!(mask >> first & 1))
			continue;
		while (last + 1 < CPU_BITS && (mask >> (last + 1) & 1))
			last++;
		used += (size_t)snprintf(buf + used, len - used,
					 last > first ? "%s%u-%u" : "%s%u",
					 used ? "," : "", first, last);
		if (used >= len)
			return;
	}
}

static double to_ms(uint64_t ticks, uint64_t khz)
{
	return khz ? (double)ticks / (double)khz : 0.0;
}

static void info_json(const struct show *sh, const struct holm_info *i)
{
	struct json js = { .out = sh->out };

	json_open(&js, NULL, '{');
	json_number(&js, "schema", SCHEMA);
	json_number(&js, "version", i->version);
	json_text(&js, "backend", NAME_OF(backend_names, i->backend), 16);
	json_number(&js, "cpus", i->ncpus);
	json_number(&js, "vms", i->nvms);
	json_number(&js, "ram_bytes", i->ram_bytes);
	json_number(&js, "hv_base", i->hv_base);
	json_number(&js, "hv_bytes", i->hv_size);
	json_number(&js, "image_bytes", i->image_size);
	json_number(&js, "pool_pages", i->pool_pages);
	json_number(&js, "pool_used", i->pool_used);
	json_number(&js, "tsc_khz", i->tsc_khz);
	json_number(&js, "entry_tsc", i->boot_tsc[0]);
	json_number(&js, "service_start_tsc", i->boot_tsc[1]);
	json_close(&js, '}');
	fputc('\n', sh->out);
}

static void info_table(const struct show *sh, const struct holm_info *i)
{
	uint64_t boot = i->boot_tsc[1] - i->boot_tsc[0];

	fprintf(sh->out, "Holm %u.%u.%u on %s, %u CPUs, %" PRIu64 " MiB RAM\n",
		i->version >> 16, i->version >> 8 & 0xff, i->version & 0xff,
		NAME_OF(backend_names, i->backend), i->ncpus,
		i->ram_bytes >> 20);
	fprintf(sh->out,
		"memory: %" PRIu64 " KiB at 0x%" PRIx64 ", image %" PRIu64
		" KiB, pool %" PRIu64 " of %" PRIu64 " pages used\n",
		i->hv_size >> 10, i->hv_base, i->image_size >> 10, i->pool_used,
		i->pool_pages);
	fprintf(sh->out,
		"time: TSC %" PRIu64 " MHz, Service VM started after %.1f ms\n",
		i->tsc_khz / 1000, to_ms(boot, i->tsc_khz));
}

int show_info(const struct show *sh)
{
	struct holm_info info;
	int err = read_info(sh, &info);

	if (err)
		return err;
	if (sh->json)
		info_json(sh, &info);
	else
		info_table(sh, &info);
	return 0;
}

int show_log(const struct show *sh)
{
	uint32_t skip = 0;
	char buf[2048];
	int got;

	for (;;) {
		got = sh->src->query(sh->src->ctx, HOLM_QUERY_LOG, skip, buf,
				     sizeof(buf));
		if (got == 0 || got == -ENOENT)
			return 0;
		if (got < 0)
			return got;
		fwrite(buf, 1, (size_t)got, sh->out);
		skip += (uint32_t)got;
	}
}

static void cpu_json(struct json *js, uint32_t n, const struct holm_cpu *cpu)
{
	json_open(js, NULL, '{');
	json_number(js, "cpu", n);
	json_number(js, "lapic_id", cpu->lapic_id);
	if (cpu->owner_vm != HOLM_NO_VM) {
		json_number(js, "vm_slot", cpu->owner_vm);
		json_number(js, "vcpu", cpu->vcpu);
	}
	json_text(js, "mode", NAME_OF(mode_names, cpu->mode), 16);
	json_number(js, "exits", cpu->exits);
	json_number(js, "nmis_own", cpu->nmis_own);
	json_number(js, "nmis_foreign", cpu->nmis_foreign);
	json_close(js, '}');
}

static void cpu_row(FILE *out, uint32_t n, const struct holm_cpu *cpu)
{
	char owner[24] = "-";

	if (cpu->owner_vm != HOLM_NO_VM)
		snprintf(owner, sizeof(owner), "%u.%u", cpu->owner_vm,
			 cpu->vcpu);
	fprintf(out, "%3u  %5u  %-8s  %-8s  %12" PRIu64 "  %8" PRIu64 "\n", n,
		cpu->lapic_id, owner, NAME_OF(mode_names, cpu->mode),
		cpu->exits, cpu->nmis_own);
}

int show_cpus(const struct show *sh)
{
	struct json js = { .out = sh->out };
	struct holm_info info;
	struct holm_cpu cpu;
	uint32_t n;
	int err = read_info(sh, &info);

	if (err)
		return err;
	if (sh->json) {
		json_open(&js, NULL, '{');
		json_number(&js, "schema", SCHEMA);
		json_open(&js, "cpus", '[');
	} else {
		fprintf(sh->out, "CPU  LAPIC  VM.VCPU   MODE             EXITS "
				 "    KICKS\n");
	}
	for (n = 0; n < info.ncpus; n++) {
		err = source_read(sh->src, HOLM_QUERY_CPU, n, &cpu,
				  sizeof(cpu));
		if (err)
			return err;
		if (sh->json)
			cpu_json(&js, n, &cpu);
		else
			cpu_row(sh->out, n, &cpu);
	}
	if (sh->json) {
		json_close(&js, ']');
		json_close(&js, '}');
		fputc('\n', sh->out);
	}
	return 0;
}

static void vm_json(struct json *js, const struct holm_vm *vm)
{
	uint32_t n;

	json_open(js, NULL, '{');
	json_number(js, "slot", vm->slot);
	json_number(js, "vmid", vm->vmid);
	json_text(js, "name", vm->name, NAME_MAX_);
	json_text(js, "state", NAME_OF(state_names, vm->state), 16);
	json_number(js, "vcpus", vm->nvcpus);
	json_open(js, "cpus", '[');
	for (n = 0; n < CPU_BITS; n++) {
		if (vm->cpus >> n & 1)
			json_number(js, NULL, n);
	}
	json_close(js, ']');
	json_number(js, "mem_bytes", vm->mem_bytes);
	json_number(js, "stage2_pages", vm->s2_pages);
	json_number(js, "leaves_4k", vm->leaves[0]);
	json_number(js, "leaves_2m", vm->leaves[1]);
	json_number(js, "leaves_1g", vm->leaves[2]);
	json_number(js, "start_tsc", vm->start_tsc);
	json_open(js, "exits", '{');
	for (n = 0; n < HOLM_EXIT_COUNT; n++)
		json_number(js, exit_names[n], vm->exits[n]);
	json_close(js, '}');
	json_close(js, '}');
}

static void vm_row(const struct show *sh, const struct holm_vm *vm)
{
	char cpus[CPU_BITS * 4];

	format_cpus(vm->cpus, cpus, sizeof(cpus));
	fprintf(sh->out, "%4u  %-15.16s  %-8s  %5u  %-10s  %6" PRIu64 " MiB\n",
		vm->slot, vm->name, NAME_OF(state_names, vm->state), vm->nvcpus,
		cpus[0] ? cpus : "-", vm->mem_bytes >> 20);
}

static void stats_rows(const struct show *sh, const struct holm_vm *vm)
{
	uint64_t total = 0;
	uint32_t n;

	for (n = 0; n < HOLM_EXIT_COUNT; n++)
		total += vm->exits[n];
	fprintf(sh->out, "%.16s: %" PRIu64 " exits\n", vm->name, total);
	for (n = 0; n < HOLM_EXIT_COUNT; n++) {
		if (vm->exits[n])
			fprintf(sh->out, "  %-28s %12" PRIu64 "  %5.1f %%\n",
				exit_names[n], vm->exits[n],
				100.0 * (double)vm->exits[n] / (double)total);
	}
}

static int each_vm(const struct show *sh,
		   void (*row)(const struct show *, const struct holm_vm *))
{
	struct json js = { .out = sh->out };
	struct holm_vm vm;
	uint32_t slot, found = 0;
	int err = 0;

	if (sh->json) {
		json_open(&js, NULL, '{');
		json_number(&js, "schema", SCHEMA);
		json_open(&js, "vms", '[');
	}
	for (slot = 0; slot < VM_SLOTS; slot++) {
		err = source_read(sh->src, HOLM_QUERY_VM, slot, &vm,
				  sizeof(vm));
		if (err)
			break;
		if (vm.state == 0 ||
		    (sh->name && strncmp(vm.name, sh->name, sizeof(vm.name))))
			continue;
		found++;
		if (sh->json)
			vm_json(&js, &vm);
		else
			row(sh, &vm);
	}
	if (sh->json) {
		json_close(&js, ']');
		json_close(&js, '}');
		fputc('\n', sh->out);
	}
	if (err && err != -ENOENT)
		return err;
	return sh->name && !found ? -ENOENT : 0;
}

int show_vms(const struct show *sh)
{
	if (!sh->json)
		fprintf(sh->out, "SLOT  NAME             STATE     VCPUS  CPUS"
				 "            MEMORY\n");
	return each_vm(sh, vm_row);
}

int show_stats(const struct show *sh)
{
	return each_vm(sh, stats_rows);
}
