/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/vm_world.h"

/* Nothing that the Service VM may not see is in any User VM. */
static int owned_by_service(const struct pt_leaf *leaf, void *arg)
{
	(void)arg;
	assert_true(range_inside(leaf->pa, leaf->size, 0, BENCH_RAM) ||
		    range_inside(leaf->pa, leaf->size, BENCH_MMIO,
				 BENCH_MMIO_SIZE));
	assert_false(range_overlaps(leaf->pa, leaf->size, BENCH_HOLE, MIB(1)));
	assert_false(
		range_overlaps(leaf->pa, leaf->size, BENCH_RO, PAGE_SIZE) &&
		(leaf->attr & PT_W));
	assert_false(
		range_overlaps(leaf->va, leaf->size, 0xfee00000, PAGE_SIZE));
	if ((leaf->attr & PT_TYPE_MASK) == PT_WB)
		assert_true(leaf->pa < BENCH_RAM);
	return 0;
}

static void check_vm(struct vm *vm)
{
	bool running = vm->state == VM_STATE_RUNNING;

	assert_true(vm->state < VM_STATE_DYING);
	assert_int_equal(vm->refs, 1);
	assert_true(!running || vm->ioreq_page.v != ADDR_NONE);
	for (u32 i = 0; i < vm->nvcpus; i++) {
		struct vcpu *v = vm->vcpu[i];

		assert_ptr_equal(v->cpu->vcpu, v);
		assert_true(v->cpu->taken);
		assert_true(v->stop == !running);
		assert_true(v->parked == !running);
	}
	assert_int_equal(pgtable_for_each(&vm->s2.pt, 0, BIT64(48),
					  owned_by_service, NULL),
			 0);
	assert_null(vm->s2.pt.dead);
}

void world_check(void)
{
	u32 vms = 0, vcpus = 0;
	bool more = true;

	for (u32 slot = 0; more; slot++) {
		struct vm *vm = vm_get_slot(slot, &more);

		if (!vm)
			continue;
		vm_put(vm);
		vms++;
		vcpus += vm->nvcpus;
		if (slot > 0)
			check_vm(vm);
	}
	assert_int_equal(vms, vm_count());
	assert_int_equal(fake.count.vms, vms);
	assert_int_equal(fake.count.vcpus, vcpus);
	assert_false(cpu_get(0)->taken);
	assert_int_equal(vm_service()->refs, 2);
	for (u32 i = 0; i < cpu_count(); i++) {
		const struct cpu *cpu = cpu_get(i);

		assert_true(cpu->taken || cpu->vcpu == cpu->service_vcpu);
	}
}

void world_destroy_all(void)
{
	for (u32 i = 1; i < 16; i++)
		hc(HC_DESTROY_VM, i, 0);
	assert_int_equal(vm_count(), 1);
}
