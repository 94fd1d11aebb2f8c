/* SPDX-License-Identifier: BSD-2-Clause */
/* What the run loop counts and traces. Off, a trace is a test of a word. */
#ifndef RUN_NOTE_H
#define RUN_NOTE_H

#include "core/trace.h"
#include "vm/vm.h"

/** The record of an exit; only if somebody wants it. */
void run_trace_exit(const struct vcpu *v, const struct exit_info *x);

static inline void run_note_enter(const struct vcpu *v)
{
	trace(HOLM_TRACE_ENTER, vcpu_who(v), v->hw.regs.rip, 0, 0);
}

static inline void run_note_exit(struct vcpu *v, const struct exit_info *x)
{
	if (trace_wants(HOLM_TRACE_EXIT))
		run_trace_exit(v, x);
}

/** Deliver @ev at the next entry. */
static inline void run_inject(struct vcpu *v, const struct guest_event *ev)
{
	v->injects[ev->type]++;
	trace(HOLM_TRACE_INJECT, vcpu_who(v), ev->type, ev->vector,
	      ev->error_code);
	backend->vcpu_inject(&v->hw, ev);
}

#endif
