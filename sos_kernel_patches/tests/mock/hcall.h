/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* In place of the call instruction: the hypervisor in mock.c. */
#ifndef HSM_HCALL_H
#define HSM_HCALL_H

#include <linux/types.h>

int hsm_hcall(u32 nr, u64 arg1, u64 arg2);

#endif
