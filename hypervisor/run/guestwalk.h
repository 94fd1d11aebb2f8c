/* SPDX-License-Identifier: BSD-2-Clause */
/* The walker's view of a vCPU. */
#ifndef RUN_GUESTWALK_H
#define RUN_GUESTWALK_H

#include "mem/gvawalk.h"
#include "vm/vm.h"

static inline struct gva_ctx run_walk_ctx(struct vcpu *v,
					  const struct guest_sregs *s)
{
	return (struct gva_ctx){
		.s2 = &v->vm->s2,
		.cr0 = s->cr0,
		.cr3 = s->cr3,
		.cr4 = s->cr4,
		.efer = s->efer,
		.cpl = s->cpl,
		.rflags_ac = v->hw.regs.rflags & BIT64(18),
	};
}

#endif
