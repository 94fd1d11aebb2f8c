/* SPDX-License-Identifier: BSD-2-Clause */
/* Every pair of states, against the rules of the architecture as prose. */
#include "tests/unit/vm_bench.h"

static bool vm_may(enum vm_state from, enum vm_state to)
{
	switch (to) {
	case VM_STATE_RUNNING: /* start, resume */
		return from == VM_STATE_CREATED || from == VM_STATE_PAUSED;
	case VM_STATE_PAUSED:
		return from == VM_STATE_CREATED || from == VM_STATE_RUNNING;
	case VM_STATE_OFF: /* by itself */
		return from == VM_STATE_RUNNING;
	case VM_STATE_CREATED: /* reset */
		return from == VM_STATE_PAUSED || from == VM_STATE_OFF;
	case VM_STATE_DYING:
		return from != VM_STATE_DYING;
	default:
		return false;
	}
}

static void vm_all_pairs(void **state)
{
	(void)state;
	for (u32 from = 0; from < VM_STATE_COUNT; from++) {
		for (u32 to = 0; to <= VM_STATE_COUNT; to++) {
			struct vm vm = { .state = (enum vm_state)from };
			struct vm_locked l = vm_lock(&vm);
			bool may =
				vm_may((enum vm_state)from, (enum vm_state)to);

			assert_int_equal(vm_state_set(l, (enum vm_state)to),
					 may ? 0 : -EPERM);
			assert_int_equal(vm.state, may ? to : from);
			vm_unlock(l);
		}
	}
}

static void vm_refusal_is_logged(void **state)
{
	struct vm vm = { .vmid = 7, .state = VM_STATE_OFF };
	struct vm_locked l = vm_lock(&vm);

	(void)state;
	fake.log_len = 0;
	assert_int_equal(vm_state_set(l, VM_STATE_RUNNING), -EPERM);
	assert_string_equal(fake.log, "vm 7: RUNNING does not follow OFF\n");
	vm_unlock(l);
}

static bool vcpu_may(enum vcpu_state from, enum vcpu_state to)
{
	switch (to) {
	case VCPU_STATE_CREATED:   /* reset */
	case VCPU_STATE_WAIT_SIPI: /* INIT */
		return true;
	case VCPU_STATE_RUNNABLE:
		return from != VCPU_STATE_RUNNABLE;
	case VCPU_STATE_HALTED:
		return from == VCPU_STATE_RUNNABLE;
	default:
		return false;
	}
}

static void vcpu_all_pairs(void **state)
{
	(void)state;
	for (u32 from = 0; from < VCPU_STATE_COUNT; from++) {
		for (u32 to = 0; to <= VCPU_STATE_COUNT; to++) {
			struct vm vm = { 0 };
			struct vcpu vcpu = {
				.vm = &vm,
				.state = (enum vcpu_state)from,
			};
			bool may = vcpu_may((enum vcpu_state)from,
					    (enum vcpu_state)to);

			assert_int_equal(
				vcpu_state_set(&vcpu, (enum vcpu_state)to),
				may ? 0 : -EPERM);
			assert_int_equal(vcpu.state, may ? to : from);
		}
	}
}

static void names_exist(void **state)
{
	(void)state;
	assert_string_equal(vm_state_name(VM_STATE_PAUSED), "PAUSED");
	assert_string_equal(vm_state_name(VM_STATE_COUNT), "?");
	assert_string_equal(vcpu_state_name(VCPU_STATE_HALTED), "HALTED");
	assert_string_equal(vcpu_state_name(VCPU_STATE_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vm_all_pairs),
		cmocka_unit_test(vm_refusal_is_logged),
		cmocka_unit_test(vcpu_all_pairs),
		cmocka_unit_test(names_exist),
	};

	return cmocka_run_group_tests_name("vm states", tests, bench_setup,
					   bench_teardown);
}
