/* SPDX-License-Identifier: BSD-2-Clause */
/* The request page. */
#include "hypercall/call.h"
#include "io/doorbell.h"
#include "io/ioreq.h"
#include "lib/errno.h"

int hc_decode_ioreq_buffer(struct hc_call *call)
{
	return hc_read(call, call->arg2, &call->u.ioreq, sizeof(call->u.ioreq));
}

s64 hc_act_ioreq_buffer(struct hc_call *call)
{
	if (call->vm->state != VM_STATE_CREATED)
		return -EPERM;
	return ioreq_set_page(hc_locked(call), &call->caller->vm->s2,
			      GPA(call->u.ioreq.page_gpa));
}

s64 hc_act_ioreq_finish(struct hc_call *call)
{
	if (call->arg2 >= call->vm->nvcpus)
		return -EINVAL;
	ioreq_finish(call->vm->vcpu[call->arg2]);
	return 0;
}

int hc_decode_doorbell(struct hc_call *call)
{
	return hc_read(call, call->arg2, &call->u.bell, sizeof(call->u.bell));
}

s64 hc_act_doorbell(struct hc_call *call)
{
	int rc = doorbell_check(&call->u.bell);

	return rc ? rc : doorbell_set(hc_locked(call), &call->u.bell);
}
