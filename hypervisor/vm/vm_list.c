/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/vm_internal.h"

#include "core/log.h"
#include "vm/sched.h"

struct vm_world vm_world;

void vm_setup(struct page_pool *pool, const struct guest_ops *ops)
{
	vm_world = (struct vm_world){ .pool = pool, .ops = ops };
}

struct page_pool *vm_pool(void)
{
	return vm_world.pool;
}

struct vm *vm_service(void)
{
	return vm_world.service;
}

u32 vm_count(void)
{
	return __atomic_load_n(&vm_world.count, __ATOMIC_RELAXED);
}

struct vm *vm_get(u64 vmid)
{
	struct vm *vm;

	spin_lock(&vm_world.lock);
	for (vm = vm_world.head; vm && vm->vmid != vmid; vm = vm->next)
		;
	if (vm)
		__atomic_fetch_add(&vm->refs, 1, __ATOMIC_RELAXED);
	spin_unlock(&vm_world.lock);
	return vm;
}

struct vm *vm_get_slot(u32 slot, bool *more)
{
	struct vm *vm;

	spin_lock(&vm_world.lock);
	for (vm = vm_world.head; vm && vm->slot < slot; vm = vm->next)
		;
	*more = vm != NULL;
	if (vm && vm->slot != slot)
		vm = NULL;
	if (vm)
		__atomic_fetch_add(&vm->refs, 1, __ATOMIC_RELAXED);
	spin_unlock(&vm_world.lock);
	return vm;
}

void vm_put(struct vm *vm)
{
	/* Release: whoever sees the last user gone may free what it used. */
	CHECK(__atomic_fetch_sub(&vm->refs, 1, __ATOMIC_RELEASE) > 0);
}

bool vm_any(bool (*fn)(struct vm *vm, void *arg), void *arg)
{
	bool more = true, found = false;

	for (u32 slot = 0; more && !found; slot++) {
		struct vm *vm = vm_get_slot(slot, &more);

		if (!vm)
			continue;
		found = fn(vm, arg);
		vm_put(vm);
	}
	return found;
}

static u64 vm_cpu_mask(const struct vm *vm)
{
	u64 mask = 0;

	for (u32 i = 0; i < vm->nvcpus; i++) {
		u32 index = vm->vcpu[i]->cpu->index;

		if (index < VM_CPUS_MAX)
			mask |= BIT64(index);
	}
	return mask;
}

static void vm_list_link(struct vm *vm)
{
	struct vm **at = &vm_world.head;
	u32 slot = 0;

	while (*at && (*at)->slot == slot) {
		at = &(*at)->next;
		slot++;
	}
	vm->slot = slot;
	vm->vmid = slot;
	vm->next = *at;
	*at = vm;
	__atomic_store_n(&vm_world.count, vm_world.count + 1, __ATOMIC_RELAXED);
}

void vm_list_add(struct vm *vm)
{
	spin_lock(&vm_world.lock);
	vm->cpus = vm_cpu_mask(vm);
	for (u32 i = 0; i < vm->nvcpus; i++)
		cpu_attach(vm->vcpu[i]->cpu, vm->vcpu[i]);
	vm_list_link(vm);
	vm->refs = 2; /* the list's and the caller's */
	vm_world.reserved &= ~vm->cpus;
	spin_unlock(&vm_world.lock);
}

static void vm_list_unlink(struct vm *vm)
{
	struct vm **at = &vm_world.head;

	while (*at != vm)
		at = &(*at)->next;
	*at = vm->next;
	vm_put(vm);
	__atomic_store_n(&vm_world.count, vm_world.count - 1, __ATOMIC_RELAXED);
}

void vm_list_remove(struct vm *vm)
{
	spin_lock(&vm_world.lock);
	vm_list_unlink(vm);
	for (u32 i = 0; i < vm->nvcpus; i++)
		cpu_detach(vm->vcpu[i]->cpu);
	spin_unlock(&vm_world.lock);
	while (__atomic_load_n(&vm->refs, __ATOMIC_ACQUIRE) > 1)
		__builtin_ia32_pause();
}

bool vm_cpu_owner(const struct cpu *cpu, struct vm_cpu_use *use)
{
	const struct vcpu *vcpu;

	spin_lock(&vm_world.lock);
	vcpu = cpu->vcpu;
	if (vcpu)
		*use = (struct vm_cpu_use){
			.slot = vcpu->vm->slot,
			.vcpu_id = vcpu->id,
			.direct = vcpu->vm->hw.direct,
		};
	spin_unlock(&vm_world.lock);
	return vcpu != NULL;
}
