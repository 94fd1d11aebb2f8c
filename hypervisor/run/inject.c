/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/note.h"
#include "run/run.h"

#define VECTOR_UD 6
#define VECTOR_GP 13
#define VECTOR_PF 14

void run_inject_exception(struct vcpu *v, u8 vector, bool has_error, u32 error)
{
	const struct guest_event ev = {
		.type = EVENT_EXCEPTION,
		.vector = vector,
		.has_error = has_error,
		.error_code = error,
	};

	run_inject(v, &ev);
}

void run_inject_ud(struct vcpu *v)
{
	run_inject_exception(v, VECTOR_UD, false, 0);
}

void run_inject_gp(struct vcpu *v)
{
	run_inject_exception(v, VECTOR_GP, true, 0);
}

void run_inject_pf(struct vcpu *v, u64 cr2, u32 error_code)
{
	struct guest_sregs s;

	backend->vcpu_get_sregs(&v->hw, &s);
	s.cr2 = cr2;
	backend->vcpu_set_sregs(&v->hw, &s);
	run_inject_exception(v, VECTOR_PF, true, error_code);
}
