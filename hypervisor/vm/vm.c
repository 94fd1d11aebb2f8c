/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/log.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "vm/sched.h"
#include "vm/vm_internal.h"

static u64 pages_of(u64 size)
{
	return align_up(size, PAGE_SIZE) >> PAGE_SHIFT;
}

void *vm_mem_alloc(u64 size)
{
	return pool_alloc(vm_world.pool, pages_of(size), 1);
}

void vm_mem_free(void *p, u64 size)
{
	if (p)
		CHECK(pool_free(vm_world.pool, p, pages_of(size)) == 0);
}

/** Memory of the VM object and its vCPUs; what they mean comes later. */
static void vm_object_free(struct vm *vm)
{
	for (u32 i = 0; vm->vcpu && i < vm->nvcpus; i++)
		vm_mem_free(vm->vcpu[i], sizeof(struct vcpu));
	vm_mem_free(vm->vcpu, vm->nvcpus * sizeof(vm->vcpu[0]));
	vm_mem_free(vm, sizeof(*vm));
}

static struct vm *vm_object_alloc(enum vm_kind kind, u32 nvcpus)
{
	struct vm *vm = vm_mem_alloc(sizeof(*vm));

	if (!vm)
		return NULL;
	vm->kind = kind;
	vm->nvcpus = nvcpus;
	vm->state = VM_STATE_CREATED;
	vm->ioreq_page = HPA_NONE;
	vm->vcpu = vm_mem_alloc(nvcpus * sizeof(vm->vcpu[0]));
	for (u32 i = 0; vm->vcpu && i < nvcpus; i++) {
		vm->vcpu[i] = vm_mem_alloc(sizeof(struct vcpu));
		if (!vm->vcpu[i])
			goto fail;
		vm->vcpu[i]->vm = vm;
		vm->vcpu[i]->id = i;
		vm->vcpu[i]->stop = 1;
		vm->vcpu[i]->parked = 1;
	}
	if (vm->vcpu)
		return vm;
fail:
	vm_object_free(vm);
	return NULL;
}

/** The k-th vCPU goes on the k-th CPU of the set. */
static void vm_assign_cpus(struct vm *vm, u64 cpus)
{
	u32 index = 0;

	for (u32 i = 0; i < vm->nvcpus; i++, index++) {
		while (index < VM_CPUS_MAX && !(cpus & BIT64(index)))
			index++;
		vm->vcpu[i]->cpu = cpu_get(index);
		vm->vcpu[i]->lapic_id = cpu_get(index)->lapic_id;
	}
}

/** Power-on state of the processor; the boot CPU alone has one to run. */
static void vcpu_reset(struct vcpu *vcpu)
{
	bool boot = vcpu->id == 0;

	backend->vcpu_reset(&vcpu->hw,
			    boot ? VCPU_RESET_POWER_ON : VCPU_RESET_INIT);
	vcpu_state_set(vcpu, boot ? VCPU_STATE_CREATED : VCPU_STATE_WAIT_SIPI);
	/* Vector registers and their like are in the CPU, not in hw. */
	vcpu->requests = VCPU_REQ_RENEW;
	vcpu->sipi_vector = 0;
	vcpu->nmi_pending = false;
}

static void vm_free_vcpus(struct vm *vm, u32 n)
{
	while (n-- > 0)
		backend->vcpu_free(&vm->vcpu[n]->hw);
}

static int vm_init_vcpus(struct vm *vm)
{
	for (u32 i = 0; i < vm->nvcpus; i++) {
		int rc = backend->vcpu_init(&vm->vcpu[i]->hw, &vm->hw);

		if (rc) {
			vm_free_vcpus(vm, i);
			return rc;
		}
		vcpu_reset(vm->vcpu[i]);
	}
	return 0;
}

static int vm_init_s2(struct vm *vm)
{
	u8 levels;
	const struct pt_format *fmt = backend->s2_format(&levels);
	int rc = stage2_init(&vm->s2, fmt, vm_world.pool, levels);

	if (rc == 0)
		vm->hw.s2_root = pgtable_root(&vm->s2.pt);
	vm->s2.by_window = vm->kind == VM_CELL;
	return rc;
}

/** Stage 2, hardware state, devices: all or, on error, nothing. */
static int vm_build(struct vm *vm)
{
	int rc = vm_init_s2(vm);

	if (rc)
		return rc;
	vm->hw.direct = vm->kind != VM_USER;
	rc = backend->vm_init(&vm->hw);
	if (rc)
		goto no_hw;
	rc = vm_init_vcpus(vm);
	if (rc)
		goto no_vcpus;
	rc = vm_world.ops->create(vm);
	if (rc == 0)
		return 0;
	vm_free_vcpus(vm, vm->nvcpus);
no_vcpus:
	backend->vm_free(&vm->hw);
no_hw:
	stage2_destroy(&vm->s2);
	return rc;
}

int vm_create(const struct vm_params *params, struct vm **out)
{
	struct vm *vm;
	u64 cpus;
	u32 n;
	int rc = vm_cpus_reserve(params, &cpus, &n);

	if (rc)
		return rc;
	rc = -ENOMEM;
	vm = vm_object_alloc(params->kind, n);
	if (!vm)
		goto unreserve;
	memcpy(vm->name, params->name, sizeof(vm->name));
	vm->flags = params->flags;
	vm_assign_cpus(vm, cpus);
	rc = vm_build(vm);
	if (rc)
		goto free_object;
	vm_list_add(vm);
	log_info("vm %u: created, '%s', %u vCPUs on CPUs %llx", vm->vmid,
		 vm->name, n, (unsigned long long)cpus);
	*out = vm;
	return 0;

free_object:
	vm_object_free(vm);
unreserve:
	vm_cpus_unreserve(cpus);
	log_guest("create '%s': error %d", params->name, rc);
	return rc;
}

int vm_create_service(u32 ncpus, struct vm **out)
{
	static const char name[VM_NAME_LEN] = "service";
	struct vm *vm;
	int rc;

	if (vm_world.service)
		return -EEXIST;
	vm = vm_object_alloc(VM_SERVICE, ncpus);
	if (!vm)
		return -ENOMEM;
	memcpy(vm->name, name, sizeof(name));
	for (u32 i = 0; i < ncpus; i++) {
		vm->vcpu[i]->cpu = cpu_get(i);
		vm->vcpu[i]->lapic_id = cpu_get(i)->lapic_id;
	}
	rc = vm_build(vm);
	if (rc) {
		vm_object_free(vm);
		return rc;
	}
	for (u32 i = 0; i < ncpus; i++)
		cpu_get(i)->service_vcpu = vm->vcpu[i];
	vm_world.service = vm;
	vm_list_add(vm);
	*out = vm;
	return 0;
}

void vm_park_all(struct vm_locked l)
{
	/* Ask all before waiting for one: they leave the guest together. */
	for (u32 i = 0; i < l.vm->nvcpus; i++)
		vcpu_request_stop(l.vm->vcpu[i]);
	for (u32 i = 0; i < l.vm->nvcpus; i++)
		vcpu_park(l.vm->vcpu[i]);
}

void vm_unpark_all(struct vm_locked l)
{
	if (l.vm->state != VM_STATE_RUNNING)
		return;
	for (u32 i = 0; i < l.vm->nvcpus; i++)
		vcpu_unpark(l.vm->vcpu[i]);
}

void vm_flush_wait(struct vm *vm)
{
	for (u32 i = 0; i < vm->nvcpus; i++)
		vcpu_post_quietly(vm->vcpu[i], VCPU_REQ_FLUSH);
	for (u32 i = 0; i < vm->nvcpus; i++)
		vcpu_wait_taken(vm->vcpu[i], VCPU_REQ_FLUSH);
}

int vm_start(struct vm_locked l)
{
	struct vcpu *boot = l.vm->vcpu[0];
	int rc = vm_state_set(l, VM_STATE_RUNNING);

	if (rc)
		return rc;
	if (boot->state == VCPU_STATE_CREATED)
		vcpu_state_set(boot, VCPU_STATE_RUNNABLE);
	l.vm->start_tsc = time_now();
	vm_unpark_all(l);
	return 0;
}

int vm_pause(struct vm_locked l)
{
	if (l.vm->state == VM_STATE_PAUSED || l.vm->state == VM_STATE_OFF) {
		vm_park_all(l);
		return 0;
	}
	if (l.vm->state == VM_STATE_DYING)
		return -EPERM;
	vm_park_all(l);
	return vm_state_set(l, VM_STATE_PAUSED);
}

int vm_reset(struct vm_locked l)
{
	int rc = vm_state_set(l, VM_STATE_CREATED);

	if (rc)
		return rc;
	/* A VM that is OFF may still be on its way to a stop. */
	vm_park_all(l);
	for (u32 i = 0; i < l.vm->nvcpus; i++)
		vcpu_reset(l.vm->vcpu[i]);
	vm_world.ops->reset(l.vm);
	return 0;
}

int vm_destroy(struct vm *vm)
{
	struct vm_locked l;
	int rc = -ENOTTY;

	if (vm->kind == VM_SERVICE) {
		vm_put(vm);
		return -EINVAL;
	}
	l = vm_lock(vm);
	if (vm->state != VM_STATE_DYING) {
		vm_park_all(l);
		rc = vm_state_set(l, VM_STATE_DYING);
	}
	vm_unlock(l);
	if (rc) {
		vm_put(vm);
		return rc;
	}
	vm_list_remove(vm);
	log_info("vm %u: destroyed", vm->vmid);
	vm_world.ops->destroy(vm);
	vm_free_vcpus(vm, vm->nvcpus);
	backend->vm_free(&vm->hw);
	stage2_destroy(&vm->s2);
	vm_object_free(vm);
	return 0;
}

void vm_shutdown_self(struct vcpu *vcpu)
{
	struct vm_locked l = { vcpu->vm };
	int rc = 0;

	/*
	 * The lock's holder may be waiting for this very vCPU to park, so it
	 * must not be waited for.
	 */
	if (!spin_trylock(&l.vm->lock)) {
		vcpu_post(vcpu, VCPU_REQ_EXIT_OFF);
		return;
	}
	/* Two vCPUs may fault at once: the second finds it done. */
	if (l.vm->state == VM_STATE_RUNNING)
		rc = vm_state_set(l, VM_STATE_OFF);
	for (u32 i = 0; i < l.vm->nvcpus; i++)
		vcpu_request_stop(l.vm->vcpu[i]);
	vm_unlock(l);
	if (rc == 0)
		vm_world.ops->died(vcpu);
}
