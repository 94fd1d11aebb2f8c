/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Sized integers for ABI headers, in the kernel, in user space and here. */
#ifndef ABI_TYPES_H
#define ABI_TYPES_H

#ifdef __KERNEL__
#include <linux/types.h>
#define ABI_U8  __u8
#define ABI_U16 __u16
#define ABI_U32 __u32
#define ABI_U64 __u64
#else
#include <stdint.h>
#define ABI_U8  uint8_t
#define ABI_U16 uint16_t
#define ABI_U32 uint32_t
#define ABI_U64 uint64_t
#endif

#endif
