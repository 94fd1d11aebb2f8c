/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts into User VMs, and the upcall out of them. */
#include "guest/x86/guest.h"
#include "hypercall/call.h"
#include "io/upcall.h"
#include "lib/errno.h"

_Static_assert((u32)VIRQ_SET_HIGH == ACRN_IRQLINE_HIGH, "ABI");
_Static_assert((u32)VIRQ_SET_LOW == ACRN_IRQLINE_LOW, "ABI");
_Static_assert((u32)VIRQ_RAISING_PULSE == ACRN_IRQLINE_RAISING, "ABI");
_Static_assert((u32)VIRQ_FALLING_PULSE == ACRN_IRQLINE_FALLING, "ABI");

s64 hc_act_callback_vector(struct hc_call *call)
{
	return upcall_set_vector(call->arg1);
}

int hc_decode_msi(struct hc_call *call)
{
	return hc_read(call, call->arg2, &call->u.msi, sizeof(call->u.msi));
}

s64 hc_act_msi(struct hc_call *call)
{
	int rc = virq_deliver_msi(&call->vm->guest->bus, call->u.msi.addr,
				  call->u.msi.data);

	/* How many took it is nothing a device would learn. */
	return rc < 0 ? rc : 0;
}

s64 hc_act_irqline(struct hc_call *call)
{
	return virq_set_line_op(&call->vm->guest->virq, (u32)call->arg2,
				(u32)(call->arg2 >> 32));
}

int hc_decode_intr_monitor(struct hc_call *call)
{
	struct acrn_abi_intr_monitor *m = &call->u.monitor;
	int rc = hc_read(call, call->arg2, m, sizeof(*m));

	if (rc)
		return rc;
	if (m->cmd > ACRN_INTR_DELAY || m->buf_cnt > ACRN_INTR_WORDS)
		return -EINVAL;
	return 0;
}

/*
 * It counts, and holds back, the interrupts of devices passed through; no
 * VM has any, so the list is empty and there is nothing to hold back.
 */
s64 hc_act_intr_monitor(struct hc_call *call)
{
	struct acrn_abi_intr_monitor *m = &call->u.monitor;

	if (m->cmd == ACRN_INTR_DELAY)
		return -ENODEV;
	m->buf_cnt = 0;
	return hc_write(call, call->arg2, m, sizeof(*m));
}
