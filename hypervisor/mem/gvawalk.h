/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walk of a guest's own page tables in software, with the checks a CPU makes
 * (Intel SDM vol 3, chapter 4; AMD APM vol 2, chapter 5). Not done: accessed
 * and dirty bits are not set (the tables may be in use by other vCPUs), and
 * protection keys and shadow stacks are not looked at.
 */
#ifndef MEM_GVAWALK_H
#define MEM_GVAWALK_H

#include "lib/types.h"
#include "mem/addr.h"
#include "mem/stage2.h"

/* Kinds of access; same bits as PT_R, PT_W and PT_X. */
#define GVA_R BIT32(0)
#define GVA_W BIT32(1)
#define GVA_X BIT32(2)
/* The CPU itself reads a system table: supervisor whatever CPL and AC say. */
#define GVA_SYS BIT32(3)

/* Page-fault error code (Intel SDM vol 3, 4.7). */
#define PF_P    BIT32(0) /* the page is there: protection, not absence */
#define PF_W    BIT32(1)
#define PF_U    BIT32(2)
#define PF_RSVD BIT32(3)
#define PF_I    BIT32(4) /* instruction fetch */

struct gva_ctx {
	struct stage2 *s2;
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	u8 cpl;
	bool rflags_ac;
	u8 maxphyaddr; /* what the guest's CPUID says; 0 stands for 52 */
};

/** The #PF to inject: CR2 and the error code. */
struct gva_fault {
	gva_t gva;
	u32 error_code;
};

/**
 * Translate @gva for an access of kind @access (GVA_*). On success *@out is
 * its GPA and *@bytes how far the page goes from there. Without long mode
 * only the low 32 bits of @gva count.
 * -EFAULT  inject #PF with *@pf_error_code
 * -EINVAL  @gva is not canonical: inject #GP or #SS
 * -EIO     a table lies outside guest RAM
 */
int gvawalk_translate(const struct gva_ctx *ctx, gva_t gva, u32 access,
		      gpa_t *out, u64 *bytes, u32 *pf_error_code);

/**
 * Copy @len bytes from guest-virtual @gva; @access is GVA_R, or GVA_X to fetch
 * an instruction, with or without GVA_SYS. Errors as gvawalk_translate(), with
 * *@pf filled in for -EFAULT; -EIO also if the data is not in guest RAM.
 * After an error the content of @dst is undefined.
 */
int gvawalk_read(const struct gva_ctx *ctx, gva_t gva, void *dst, u64 len,
		 u32 access, struct gva_fault *pf);

/**
 * Copy @len bytes to guest-virtual @gva. Every page is checked before the
 * first byte is written. @access is GVA_W with or without GVA_SYS.
 */
int gvawalk_write(const struct gva_ctx *ctx, gva_t gva, const void *src,
		  u64 len, u32 access, struct gva_fault *pf);

#endif
