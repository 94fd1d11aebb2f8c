/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical CPUs: who has them, what they can do. */
#include "hypercall/call.h"
#include "lib/errno.h"

s64 hc_act_remove_cpu(struct hc_call *call)
{
	return vm_cpu_take(call->caller->cpu, call->arg1);
}

s64 hc_act_return_cpu(struct hc_call *call)
{
	return vm_cpu_return(call->arg1);
}

int hc_decode_pm(struct hc_call *call)
{
	if (call->arg1 > 0xffffffffU || (call->arg1 & 0xff) > ACRN_PM_CX_DATA)
		return -EINVAL;
	call->vmid = call->arg1 >> 24;
	return 0;
}

/*
 * User VMs are not shown the idle and performance states of the CPUs: the
 * answer of a machine that has none, on which a device model leaves _CST
 * and _PSS out.
 */
s64 hc_act_pm(struct hc_call *call)
{
	u64 vcpu_id = (call->arg1 >> 16) & 0xff;

	return vcpu_id < call->vm->nvcpus ? -ENODEV : -EINVAL;
}
