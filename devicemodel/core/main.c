/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/handover.h"
#include "core/hsm.h"
#include "core/options.h"
#include "core/vm.h"

#include <signal.h>
#include <stdio.h>

#define VERSION "0.1.0"

static int fail(const struct dm_error *err, int status)
{
	dm_msg("%s", err->text);
	return status;
}

static int choose(const struct vm_config *cfg, struct cpu_choice *choice,
		  struct dm_error *err)
{
	struct cpus cpus;
	int rc = cpus_read(&cpus, err);

	if (!rc)
		rc = cpus_choose(&cpus, cfg, choice, err);
	if (!rc && handover_is_ours(&handover_paths, handover_on_holm()))
		rc = handover_take(&handover_paths, choice, err);
	return rc;
}

static void release(const struct cpu_choice *choice)
{
	if (handover_is_ours(&handover_paths, handover_on_holm()))
		handover_return(&handover_paths, choice);
}

int main(int argc, char **argv)
{
	struct vm_parts parts = { .choose = choose,
				  .release = release,
				  .mem_alloc = backing_alloc,
				  .mem_free = backing_free };
	struct vm_config cfg;
	struct dm_error err;
	struct hsm hsm;
	int status;

	if (options_parse(argc, argv, &cfg, &err))
		return fail(&err, DM_USAGE);
	if (cfg.show_help) {
		options_print_help(stdout);
		return 0;
	}
	if (cfg.show_devices) {
		pci_print_devices(stdout, cfg.show_devices);
		return 0;
	}
	if (cfg.show_version) {
		puts("acrn-dm " VERSION " (Holm)");
		return 0;
	}
	/* A console's peer that goes away is an error code, not our end. */
	signal(SIGPIPE, SIG_IGN);
	if (hsm_open(&hsm, &err))
		return fail(&err, DM_FAILURE);
	parts.vmm = &hsm.vmm;
	status = vm_main(&cfg, &parts);
	hsm_close(&hsm);
	return status;
}
