/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any command line: words separated by zeroes. Whatever is accepted keeps the
 * limits that the rest of the device model relies on; whatever is refused is
 * refused with a sentence. A device's own options are cut to pieces as well.
 */
#include "core/options.h"
#include "pci/pci_opts.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)
#define WORDS_MAX 40

static void check_slots(const struct vm_config *cfg)
{
	u32 i, k;

	CHECK(cfg->slot_count <= DM_MAX_SLOTS);
	for (i = 0; i < cfg->slot_count; i++) {
		const struct slot_config *s = &cfg->slots[i];

		CHECK(s->slot < 32 && s->func < 8);
		CHECK(memchr(s->device, 0, sizeof(s->device)) && s->device[0]);
		for (k = 0; k < i; k++)
			CHECK(s->slot != cfg->slots[k].slot ||
			      s->func != cfg->slots[k].func);
	}
}

static void check_config(const struct vm_config *cfg)
{
	CHECK(cfg->mem_size >= DM_MIN_MEM && cfg->mem_size <= DM_MAX_MEM);
	CHECK(cfg->mem_size % (2 * MIB) == 0);
	CHECK(cfg->vcpus >= 1 && cfg->vcpus <= DM_MAX_VCPUS);
	CHECK(cfg->affinity_count <= DM_MAX_VCPUS);
	CHECK(!cfg->affinity_count || cfg->affinity_count == cfg->vcpus);
	CHECK(cfg->name[0] && memchr(cfg->name, 0, sizeof(cfg->name)));
	CHECK(cfg->kernel && *cfg->kernel);
	check_slots(cfg);
}

static int set_nothing(void *settings, char *value, struct dm_error *err)
{
	(void)err;
	CHECK(value);
	*(size_t *)settings += strlen(value);
	return 0;
}

static void cut_device_options(const struct vm_config *cfg)
{
	static const struct pci_opt table[] = {
		{ "serial", "TEXT", set_nothing, "" },
		{ "ro", NULL, set_nothing, "" },
		{ NULL, "FILE", set_nothing, "" },
	};
	const struct pci_opts opts = { table, ARRAY_SIZE(table) };
	struct dm_error err;
	size_t seen;
	char *text;
	u32 i;

	for (i = 0; i < cfg->slot_count; i++) {
		if (!cfg->slots[i].opts)
			continue;
		seen = 0;
		text = strdup(cfg->slots[i].opts);
		CHECK(text);
		pci_opts_parse(&opts, text, &seen, &err);
		free(text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[WORDS_MAX + 2], *p;
	struct vm_config cfg;
	struct dm_error err = { "" };
	int argc = 0;

	CHECK(text);
	memcpy(text, data, size);
	text[size] = 0;
	argv[argc++] = (char *)"acrn-dm";
	for (p = text; p < text + size && argc <= WORDS_MAX; p += strlen(p) + 1)
		argv[argc++] = p;
	argv[argc] = NULL;
	if (options_parse(argc, argv, &cfg, &err)) {
		CHECK(err.text[0]);
	} else if (!cfg.show_help && !cfg.show_version && !cfg.show_devices) {
		check_config(&cfg);
		cut_device_options(&cfg);
	}
	free(text);
	return 0;
}
