/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies between hypervisor buffers and guest-physical memory. Contiguous to
 * the guest is not contiguous to us, so stage 2 is walked piece by piece. The
 * stage-2 lock is held from check to copy, so that a page cannot change hands
 * between the two.
 */
#ifndef MEM_GUESTMEM_H
#define MEM_GUESTMEM_H

#include "lib/types.h"
#include "mem/addr.h"
#include "mem/stage2.h"

/**
 * Copy @len bytes from guest-physical @gpa. -EFAULT, @dst untouched, if a byte
 * of the range is not mapped as RAM or the range wraps. @len 0 is fine.
 */
int guestmem_read(struct stage2 *s2, gpa_t gpa, void *dst, u64 len);

/**
 * Copy @len bytes to guest-physical @gpa. -EFAULT, guest memory untouched, if
 * a byte of the range is not mapped as writable RAM or the range wraps.
 */
int guestmem_write(struct stage2 *s2, gpa_t gpa, const void *src, u64 len);

/**
 * Copy @len bytes from guest-physical @gpa to host-physical @dst, which is the
 * caller's to write and need not be mapped. Errors as guestmem_read().
 */
int guestmem_fill(hpa_t dst, struct stage2 *s2, gpa_t gpa, u64 len);

/** Whether a copy of that range would succeed now: 0 or -EFAULT. */
int guestmem_check(struct stage2 *s2, gpa_t gpa, u64 len, bool write);

#endif
