/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holm vm stop: the power button first. What does not react in time is left
 * as it is, or, with --force, ended by its device model; and if that does not
 * react either, the device model is killed, which costs this VM alone.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "holm/dm.h"
#include "holm/holm.h"
#include "holm/json.h"
#include "holm/vms.h"

#define WAIT_SECONDS  30
#define FORCE_SECONDS 10 /* for a device model to end in good order */
#define GONE_TRIES    100
#define GONE_MS       50

static bool is_gone(const struct holm *h, const struct holm_vm *vm)
{
	const struct holm_vm *found;
	struct vms vms;
	bool gone;

	if (vms_read(h->src, &vms))
		return false;
	found = vms_find(&vms, vm->name);
	/* Another of the same name is another. */
	gone = !found || found->start_tsc != vm->start_tsc;
	vms_free(&vms);
	return gone;
}

/* Its process is gone; the driver still cleans up behind a killed one. */
static bool wait_gone(const struct holm *h, const struct holm_vm *vm)
{
	const struct timespec nap = { 0, GONE_MS * 1000000L };
	unsigned int i;

	for (i = 0; i < GONE_TRIES; i++) {
		if (is_gone(h, vm))
			return true;
		nanosleep(&nap, NULL);
	}
	return is_gone(h, vm);
}

static int report(const struct holm *h, const struct holm_vm *vm,
		  const char *how)
{
	struct json js;

	if (!wait_gone(h, vm))
		return say(h, STATUS_FAILED,
			   "the device model of '%s' ended, the VM did not",
			   h->name);
	if (!h->opt.json) {
		fprintf(h->out, "%s: %s\n", h->name, how);
		return STATUS_DONE;
	}
	json_begin(&js, h->out, SCHEMA);
	json_text(&js, "name", h->name, 64);
	json_text(&js, "result", how, 32);
	json_end(&js);
	return STATUS_DONE;
}

static int end_by_force(const struct holm *h, const struct holm_vm *vm,
			struct dm *dm)
{
	int pid = dm_pid(dm), err = dm_ask(dm, "stop");

	if (err == -EPIPE || (!err && dm_wait_end(dm, FORCE_SECONDS)))
		return report(h, vm, "ended");
	if (pid <= 0 || kill(pid, SIGKILL))
		return say(h, STATUS_FAILED,
			   "cannot kill the device model of '%s' (%d): %s",
			   h->name, pid, strerror(errno));
	if (!dm_wait_end(dm, FORCE_SECONDS))
		return say(h, STATUS_TIMEOUT,
			   "the device model of '%s' (%d) is killed, but does "
			   "not end",
			   h->name, pid);
	return report(h, vm, "killed");
}

/* The power button; STATUS_TIMEOUT: it did not help. */
static int ask_guest(const struct holm *h, const struct holm_vm *vm,
		     struct dm *dm)
{
	unsigned int seconds =
		h->opt.timeout_given ? h->opt.timeout : WAIT_SECONDS;
	char listening[8] = "";
	int err = dm_ask(dm, "poweroff");

	if (err == -EPIPE)
		return report(h, vm, "ended");
	if (err && !h->opt.force)
		return say(h, STATUS_FAILED, "the device model of '%s': %s",
			   h->name, strerror(-err));
	dm_value(dm, "listening", listening, sizeof(listening));
	if (!strcmp(listening, "0"))
		say(h, STATUS_DONE,
		    "the guest of '%s' does not listen to its power button",
		    h->name);
	if (!err && dm_wait_end(dm, seconds))
		return report(h, vm, "powered off");
	if (h->opt.force)
		return STATUS_TIMEOUT;
	return say(h, STATUS_TIMEOUT,
		   "'%s' has not powered off in %u s; --force ends it", h->name,
		   seconds);
}

int do_stop(const struct holm *h)
{
	struct holm_vm vm;
	struct dm dm;
	int status = vms_get(h, &vm), err;

	if (status)
		return status;
	if (vm.vmid == 0)
		return say(h, STATUS_BUSY,
			   "'%s' is the Service VM; it ends by poweroff",
			   h->name);
	if (vms_is_cell(h->src, &vm))
		return say(h, STATUS_BUSY,
			   "'%s' is a cell; it ends by holm cell shutdown",
			   h->name);
	err = dm_open(&dm, h, h->name);
	if (err)
		return say(h, STATUS_BUSY,
			   "no device model of '%s' answers: %s", h->name,
			   strerror(-err));
	status = ask_guest(h, &vm, &dm);
	if (status == STATUS_TIMEOUT && h->opt.force)
		status = end_by_force(h, &vm, &dm);
	dm_close(&dm);
	return status;
}
