/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Hypercall numbers. Convention: VMMCALL (AMD) or VMCALL (either vendor),
 * number in R8, arguments in RDI and RSI, result in RAX: 0 or positive on
 * success, a negated Linux errno otherwise. Only CPL 0 may call.
 */
#ifndef ABI_HYPERCALL_H
#define ABI_HYPERCALL_H

#define HC_ID(idx) (0x80000000U | (idx))

#define HC_GET_API_VERSION       HC_ID(0x00)
#define HC_SOS_REMOVE_CPU        HC_ID(0x01)
#define HC_SET_CALLBACK_VECTOR   HC_ID(0x02)
#define HC_CREATE_VM             HC_ID(0x10)
#define HC_DESTROY_VM            HC_ID(0x11)
#define HC_START_VM              HC_ID(0x12)
#define HC_PAUSE_VM              HC_ID(0x13)
#define HC_CREATE_VCPU           HC_ID(0x14)
#define HC_RESET_VM              HC_ID(0x15)
#define HC_SET_VCPU_REGS         HC_ID(0x16)
#define HC_INJECT_MSI            HC_ID(0x23)
#define HC_VM_INTR_MONITOR       HC_ID(0x24)
#define HC_SET_IRQLINE           HC_ID(0x25)
#define HC_SET_IOREQ_BUFFER      HC_ID(0x30)
#define HC_NOTIFY_REQUEST_FINISH HC_ID(0x31)
#define HC_VM_GPA2HPA            HC_ID(0x41)
#define HC_VM_SET_MEMORY_REGIONS HC_ID(0x42)
#define HC_PM_GET_CPU_STATE      HC_ID(0x80)

/* Holm's own, beyond ACRN's. See abi/holm.h. */
#define HC_HOLM_QUERY      HC_ID(0xc0)
#define HC_HOLM_RETURN_CPU HC_ID(0xc1)
#define HC_HOLM_TRACE      HC_ID(0xc2)
#define HC_HOLM_DOORBELL   HC_ID(0xc3)
#define HC_HOLM_DEBUG_SEED HC_ID(0xcf)

/* See abi/cell.h. */
#define HC_HOLM_CELL_CREATE  HC_ID(0xd0)
#define HC_HOLM_CELL_LOAD    HC_ID(0xd1)
#define HC_HOLM_CELL_START   HC_ID(0xd2)
#define HC_HOLM_CELL_STOP    HC_ID(0xd3)
#define HC_HOLM_CELL_DESTROY HC_ID(0xd4)
#define HC_HOLM_CELL_ASK     HC_ID(0xd5)

#endif
