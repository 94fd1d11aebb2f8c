/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/vm.h"

#include "core/log.h"
#include "lib/errno.h"

#define STATE_NAME(id, text) #id,

static const char *const vm_names[] = { VM_STATES(STATE_NAME) };
static const char *const vcpu_names[] = { VCPU_STATES(STATE_NAME) };

#define TO(id)      BIT32(VM_STATE_##id)
#define VCPU_TO(id) BIT32(VCPU_STATE_##id)

/* By state: the states that may follow. */
static const u32 vm_next[VM_STATE_COUNT] = {
	[VM_STATE_CREATED] = TO(RUNNING) | TO(PAUSED) | TO(DYING),
	[VM_STATE_RUNNING] = TO(PAUSED) | TO(OFF) | TO(DYING),
	[VM_STATE_PAUSED] = TO(RUNNING) | TO(CREATED) | TO(DYING),
	[VM_STATE_OFF] = TO(CREATED) | TO(DYING),
	[VM_STATE_DYING] = 0,
};

/* INIT, and a reset of the VM, find a vCPU in any state. */
static const u32 vcpu_next[VCPU_STATE_COUNT] = {
	[VCPU_STATE_CREATED] =
		VCPU_TO(CREATED) | VCPU_TO(WAIT_SIPI) | VCPU_TO(RUNNABLE),
	[VCPU_STATE_WAIT_SIPI] =
		VCPU_TO(CREATED) | VCPU_TO(WAIT_SIPI) | VCPU_TO(RUNNABLE),
	[VCPU_STATE_RUNNABLE] =
		VCPU_TO(CREATED) | VCPU_TO(WAIT_SIPI) | VCPU_TO(HALTED),
	[VCPU_STATE_HALTED] =
		VCPU_TO(CREATED) | VCPU_TO(WAIT_SIPI) | VCPU_TO(RUNNABLE),
};

const char *vm_state_name(enum vm_state state)
{
	return state < VM_STATE_COUNT ? vm_names[state] : "?";
}

const char *vcpu_state_name(enum vcpu_state state)
{
	return state < VCPU_STATE_COUNT ? vcpu_names[state] : "?";
}

int vm_state_set(struct vm_locked l, enum vm_state to)
{
	struct vm *vm = l.vm;

	if (to >= VM_STATE_COUNT || !(vm_next[vm->state] & BIT32(to))) {
		log_guest("vm %u: %s does not follow %s", vm->vmid,
			  vm_state_name(to), vm_state_name(vm->state));
		return -EPERM;
	}
	trace(HOLM_TRACE_STATE, trace_who(vm->vmid, HOLM_TRACE_NOBODY),
	      vm->state, to, 0);
	log_info("vm %u: %s -> %s", vm->vmid, vm_state_name(vm->state),
		 vm_state_name(to));
	__atomic_store_n(&vm->state, to, __ATOMIC_RELAXED);
	return 0;
}

int vcpu_state_set(struct vcpu *vcpu, enum vcpu_state to)
{
	if (to >= VCPU_STATE_COUNT || !(vcpu_next[vcpu->state] & BIT32(to))) {
		log_guest("vm %u vcpu %u: %s does not follow %s",
			  vcpu->vm->vmid, vcpu->id, vcpu_state_name(to),
			  vcpu_state_name(vcpu->state));
		return -EPERM;
	}
	vcpu->state = to;
	return 0;
}
