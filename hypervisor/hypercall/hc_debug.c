/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holes made on purpose, for a test of who looks for them. Debug builds only:
 * in others the call is there to say that it is not.
 */
#include "core/log.h"
#include "hypercall/call.h"
#include "lib/errno.h"

#define SEED_WHAT(arg)  ((arg) & (PAGE_SIZE - 1))
#define SEED_VALUE(arg) ((arg) & ~(PAGE_SIZE - 1))

/* Made if it is not there, else mended. */
static int toggle_page(struct vm *vm, u64 hpa)
{
	const gpa_t at = GPA(HOLM_SEED_GPA);
	struct s2_range r;
	int rc;

	if (!stage2_translate(&vm->s2, at, &r))
		return stage2_map(&vm->s2, at, HPA(hpa), PAGE_SIZE,
				  PT_RW | PT_WB);
	if (!vm_handover_begin())
		return -EBUSY;
	rc = stage2_unmap(&vm->s2, at, PAGE_SIZE);
	vm_flush_wait(vm);
	stage2_reap(&vm->s2);
	vm_handover_end();
	return rc;
}

static int toggle_port(struct vm *vm, u64 port)
{
	bool passes = backend->vm_passes(&vm->hw, HW_PORT, (u32)port);

	backend->vm_trap_pio(&vm->hw, (u16)port, 1, passes);
	return 0;
}

static int toggle_msr(struct vm *vm, u64 msr)
{
	bool read = backend->vm_passes(&vm->hw, HW_MSR_READ, (u32)msr);
	bool write = backend->vm_passes(&vm->hw, HW_MSR_WRITE, (u32)msr);

	backend->vm_trap_msr(&vm->hw, (u32)msr, !read, write);
	return 0;
}

static int (*const seeds[])(struct vm *vm, u64 value) = {
	[HOLM_SEED_PAGE] = toggle_page,
	[HOLM_SEED_PORT] = toggle_port,
	[HOLM_SEED_MSR] = toggle_msr,
};

s64 hc_act_debug_seed(struct hc_call *call)
{
	u64 what = SEED_WHAT(call->arg2), value = SEED_VALUE(call->arg2);

	if (!HC_DEBUG_BUILD)
		return -ENOTTY;
	if (what >= ARRAY_SIZE(seeds))
		return -EINVAL;
	log_warn("debug: hole %llu at %llx of VM '%s'",
		 (unsigned long long)what, (unsigned long long)value,
		 call->vm->name);
	if (what != HOLM_SEED_PAGE)
		value /= PAGE_SIZE;
	return seeds[what](call->vm, value);
}
