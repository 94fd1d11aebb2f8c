/* SPDX-License-Identifier: BSD-2-Clause */
/* The hypervisor and its CPUs. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "holm/holm.h"
#include "holm/json.h"
#include "holm/names.h"

static int read_info(const struct holm *h, struct holm_info *info)
{
	int err = source_read(h->src, HOLM_QUERY_INFO, 0, info, sizeof(*info));

	return err ? say_query(h, "hypervisor", err) : 0;
}

static double to_ms(uint64_t ticks, uint64_t khz)
{
	return khz ? (double)ticks / (double)khz : 0.0;
}

static void info_json(const struct holm *h, const struct holm_info *i)
{
	struct json js;

	json_begin(&js, h->out, SCHEMA);
	json_number(&js, "version", i->version);
	json_text(&js, "backend", name_of_backend(i->backend), 16);
	json_number(&js, "cpus", i->ncpus);
	json_number(&js, "vms", i->nvms);
	json_number(&js, "ram_bytes", i->ram_bytes);
	json_number(&js, "hv_base", i->hv_base);
	json_number(&js, "hv_bytes", i->hv_size);
	json_number(&js, "image_bytes", i->image_size);
	json_number(&js, "pool_pages", i->pool_pages);
	json_number(&js, "pool_used", i->pool_used);
	json_number(&js, "tsc_khz", i->tsc_khz);
	json_number(&js, "tsc_now", i->tsc_now);
	json_number(&js, "entry_tsc", i->boot_tsc[0]);
	json_number(&js, "service_start_tsc", i->boot_tsc[1]);
	json_number(&js, "trace_events", i->trace_events);
	json_end(&js);
}

static void info_table(const struct holm *h, const struct holm_info *i)
{
	uint64_t boot = i->boot_tsc[1] - i->boot_tsc[0];
	double up = to_ms(i->tsc_now - i->boot_tsc[0], i->tsc_khz) / 1000;
	char uptime[32];

	format_time((uint64_t)up, uptime, sizeof(uptime));
	fprintf(h->out, "Holm %u.%u.%u on %s, %u CPUs, %" PRIu64 " MiB RAM\n",
		i->version >> 16, i->version >> 8 & 0xff, i->version & 0xff,
		name_of_backend(i->backend), i->ncpus, i->ram_bytes >> 20);
	fprintf(h->out,
		"memory: %" PRIu64 " KiB at 0x%" PRIx64 ", image %" PRIu64
		" KiB, pool %" PRIu64 " of %" PRIu64 " pages used\n",
		i->hv_size >> 10, i->hv_base, i->image_size >> 10, i->pool_used,
		i->pool_pages);
	fprintf(h->out,
		"time: TSC %" PRIu64 " MHz, Service VM started after %.1f ms, "
		"up %s\n",
		i->tsc_khz / 1000, to_ms(boot, i->tsc_khz), uptime);
	fprintf(h->out, "trace: %s\n", i->trace_events ? "on" : "off");
}

int show_info(const struct holm *h)
{
	struct holm_info info;
	int status = read_info(h, &info);

	if (status)
		return status;
	if (h->opt.json)
		info_json(h, &info);
	else
		info_table(h, &info);
	return STATUS_DONE;
}

/* How a line of the log begins says its level. */
static const struct {
	const char *prefix, *level;
} levels[] = {
	{ "Holm: ERROR ", "error" },
	{ "Holm: warning: ", "warning" },
	{ "Holm: guest: ", "guest" },
	{ "Holm: ", "info" },
};

static void log_line(struct json *js, const char *line, size_t len)
{
	size_t i, skip = 0;
	const char *level = "info";

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		size_t n = strlen(levels[i].prefix);

		if (n > len || strncmp(line, levels[i].prefix, n))
			continue;
		level = levels[i].level;
		skip = n;
		break;
	}
	json_open(js, NULL, '{');
	json_text(js, "level", level, 16);
	json_text(js, "text", line + skip, len - skip);
	json_close(js, '}');
}

/* Whole lines of @text to the array; bytes that are left over. */
static size_t log_lines(struct json *js, char *text, size_t len)
{
	char *line = text, *end;

	while ((end = memchr(line, '\n', len - (size_t)(line - text)))) {
		log_line(js, line, (size_t)(end - line));
		line = end + 1;
	}
	len -= (size_t)(line - text);
	memmove(text, line, len);
	return len;
}

int show_log(const struct holm *h)
{
	char buf[4096];
	struct json js;
	uint32_t skip = 0;
	size_t left = 0;
	int got;

	if (h->opt.json) {
		json_begin(&js, h->out, SCHEMA);
		json_open(&js, "lines", '[');
	}
	for (;;) {
		got = h->src->query(h->src->ctx, HOLM_QUERY_LOG, skip, 0,
				    buf + left, (uint32_t)(sizeof(buf) / 2));
		if (got <= 0)
			break;
		skip += (uint32_t)got;
		left += (size_t)got;
		if (h->opt.json)
			left = log_lines(&js, buf, left);
		else
			left -= fwrite(buf, 1, left, h->out);
		/* No line is so long; one that were would be cut here. */
		if (left > sizeof(buf) / 2)
			left = 0;
	}
	if (h->opt.json) {
		json_close(&js, ']');
		json_end(&js);
	}
	return got < 0 && got != -ENOENT ? say_query(h, "log", got) : 0;
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
	json_text(js, "mode", name_of_mode(cpu->mode), 16);
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
		cpu->lapic_id, owner, name_of_mode(cpu->mode), cpu->exits,
		cpu->nmis_own);
}

static int each_cpu(const struct holm *h, uint32_t ncpus, struct json *js)
{
	struct holm_cpu cpu;
	uint32_t n;
	int err;

	for (n = 0; n < ncpus; n++) {
		err = source_read(h->src, HOLM_QUERY_CPU, n, &cpu, sizeof(cpu));
		if (err)
			return say_query(h, "CPU", err);
		if (js)
			cpu_json(js, n, &cpu);
		else
			cpu_row(h->out, n, &cpu);
	}
	return STATUS_DONE;
}

int show_cpus(const struct holm *h)
{
	struct holm_info info;
	struct json js;
	int status = read_info(h, &info);

	if (status)
		return status;
	if (!h->opt.json) {
		fprintf(h->out, "CPU  LAPIC  VM.VCPU   MODE             EXITS "
				"    KICKS\n");
		return each_cpu(h, info.ncpus, NULL);
	}
	json_begin(&js, h->out, SCHEMA);
	json_open(&js, "cpus", '[');
	status = each_cpu(h, info.ncpus, &js);
	json_close(&js, ']');
	json_end(&js);
	return status;
}
