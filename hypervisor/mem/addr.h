/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of different spaces are different types, so that taking one for
 * another does not compile. Host-virtual addresses are plain C pointers.
 *
 * hpa_t  host physical      what the memory bus sees
 * gpa_t  guest physical     what a guest takes for physical; stage 2 maps it
 * gva_t  guest virtual      what a guest's instructions use
 */
#ifndef MEM_ADDR_H
#define MEM_ADDR_H

#include "lib/types.h"

typedef struct {
	u64 v;
} hpa_t;
typedef struct {
	u64 v;
} gpa_t;
typedef struct {
	u64 v;
} gva_t;

#define HPA(x) ((hpa_t){ (x) })
#define GPA(x) ((gpa_t){ (x) })
#define GVA(x) ((gva_t){ (x) })

/** Never a valid address in any space. */
#define ADDR_NONE (~(u64)0)
#define HPA_NONE  HPA(ADDR_NONE)

static inline hpa_t hpa_add(hpa_t a, u64 off)
{
	return HPA(a.v + off);
}

static inline gpa_t gpa_add(gpa_t a, u64 off)
{
	return GPA(a.v + off);
}

#endif
