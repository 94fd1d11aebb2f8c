/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cell asked for and did not get. */
#include "core/log.h"
#include "vm/vm.h"

/* After so many of a cell they are counted only. */
#define DENIALS_LOGGED 8

#define DENIAL_TEXT(id, text) text,
static const char *const denial_text[] = { HOLM_CELL_DENIALS(DENIAL_TEXT) };

/* The cell's other CPUs count as well: a number may be short, never torn. */
void vm_deny(struct vcpu *vcpu, enum holm_cell_denial why, u64 value)
{
	struct vm *vm = vcpu->vm;
	u64 n;

	if (vm->kind != VM_CELL)
		return;
	n = __atomic_add_fetch(&vm->denied[why], 1, __ATOMIC_RELAXED);
	__atomic_store_n(&vm->denied_value, value, __ATOMIC_RELAXED);
	__atomic_store_n(&vm->denied_last, why, __ATOMIC_RELAXED);
	if (n <= DENIALS_LOGGED)
		log_guest("cell '%s' CPU %u: %s %llx refused", vm->name,
			  vcpu->cpu->index, denial_text[why],
			  (unsigned long long)value);
	if (vm->stop_on_denial)
		vm_shutdown_self(vcpu);
}
