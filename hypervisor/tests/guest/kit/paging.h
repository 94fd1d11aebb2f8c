/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that a tiny guest does not have from its start. */
#ifndef KIT_PAGING_H
#define KIT_PAGING_H

#include "lib/types.h"

/**
 * Make @addr, below 512 GiB, an address that can be accessed. A CPU with pages
 * of 1 GiB has all of them from the start; on others one GiB above the fourth
 * can be had at a time, by the calling CPU.
 */
void paging_reach(u64 addr);

#endif
