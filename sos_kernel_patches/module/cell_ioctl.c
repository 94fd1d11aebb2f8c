/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The ioctls for cells as a table. Arguments are copied once.
 */
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "cell.h"
#include "hsm.h"
#include "hypercall.h"

union cell_args {
	struct holm_ioc_cell_pin pin;
	struct holm_ioc_cell_create create;
	struct holm_ioc_cell_load load;
	struct holm_ioc_cell_ask ask;
};

struct cell_call {
	struct hsm_cell_file *file;
	union cell_args args;
	unsigned long arg;
	u32 hcall;
};

static long ioc_pin(struct cell_call *call)
{
	return hsm_cell_pin(call->file, &call->args.pin);
}

static long ioc_create(struct cell_call *call)
{
	return hsm_cell_create(call->file, &call->args.create);
}

static long ioc_load(struct cell_call *call)
{
	return hsm_cell_load(&call->args.load);
}

static long ioc_destroy(struct cell_call *call)
{
	bool force = call->arg & HOLM_IOC_CELL_FORCE;
	u64 id = call->arg & ~HOLM_IOC_CELL_FORCE;

	return id <= U32_MAX ? hsm_cell_destroy((u32)id, force) : -ENOENT;
}

/* The hypervisor looks after the number itself. */
static long ioc_call(struct cell_call *call)
{
	return min(hsm_hcall(call->hcall, call->arg, 0), 0);
}

static long ioc_ask(struct cell_call *call)
{
	return min(hsm_hcall(call->hcall, call->args.ask.id,
			     call->args.ask.message),
		   0);
}

static const struct {
	unsigned int cmd;
	u32 hcall;
	long (*fn)(struct cell_call *call);
} calls[] = {
	{ HOLM_IOC_CELL_PIN, 0, ioc_pin },
	{ HOLM_IOC_CELL_CREATE, 0, ioc_create },
	{ HOLM_IOC_CELL_LOAD, 0, ioc_load },
	{ HOLM_IOC_CELL_START, HC_HOLM_CELL_START, ioc_call },
	{ HOLM_IOC_CELL_STOP, HC_HOLM_CELL_STOP, ioc_call },
	{ HOLM_IOC_CELL_DESTROY, 0, ioc_destroy },
	{ HOLM_IOC_CELL_ASK, HC_HOLM_CELL_ASK, ioc_ask },
};

/**
 * hsm_cell_ioctl() - an ioctl of /dev/holm
 * @file: NULL if it was not opened for writing
 * @cmd: HOLM_IOC_CELL_*
 * @arg: its argument
 *
 * Return: what abi/holm_ioctl.h says, -ENOTTY for all others and where the
 * hypervisor is not Holm.
 */
long hsm_cell_ioctl(struct hsm_cell_file *file, unsigned int cmd,
		    unsigned long arg)
{
	struct cell_call call = { .file = file, .arg = arg };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].cmd != cmd)
			continue;
		if (!hsm_is_holm())
			return -ENOTTY;
		if (!file)
			return -EACCES;
		call.hcall = calls[i].hcall;
		if (copy_from_user(&call.args, (void __user *)arg,
				   _IOC_SIZE(cmd)))
			return -EFAULT;
		return calls[i].fn(&call);
	}
	return -ENOTTY;
}
