/* SPDX-License-Identifier: BSD-2-Clause */
/* The one entrance for hypercalls. */
#ifndef HYPERCALL_HYPERCALL_H
#define HYPERCALL_HYPERCALL_H

#include "abi/holm.h"
#include "lib/types.h"

struct vcpu;

/**
 * Execute hypercall @nr of @caller, on the CPU that runs it, its CPL being
 * 0. Returns what RAX gets: 0 or positive, or a negated errno; -ENOTTY for
 * an unknown number. *@inject_ud is set, and nothing done, if a VM other
 * than the Service VM calls: it gets #UD.
 */
s64 hypercall_dispatch(struct vcpu *caller, u32 nr, u64 arg1, u64 arg2,
		       bool *inject_ud);

/**
 * What HOLM_QUERY_INFO answers of the things that do not change: version,
 * hv_base, hv_size, image_size, ram_bytes, backend, boot_tsc. Copied, at
 * start; the other fields are filled in when asked.
 */
void hypercall_set_info(const struct holm_info *info);

/** What HOLM_QUERY_MAP answers: @n ranges, kept by reference, at start. */
void hypercall_set_map(const struct holm_range *ranges, u32 n);

#endif
