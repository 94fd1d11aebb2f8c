/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/asm.h"
#include "core/log.h"
#include "lib/errno.h"
#include "vm/sched.h"
#include "vm/vm_internal.h"

/** Its bit in a CPU mask; 0 if no mask can name it. */
static u64 cpu_bit(const struct cpu *cpu)
{
	return cpu->index < VM_CPUS_MAX ? BIT64(cpu->index) : 0;
}

/** Taken from the Service VM, and no VM has or expects it. Under the lock. */
static bool cpu_is_free(const struct cpu *cpu)
{
	return cpu->online && cpu->taken && !cpu->vcpu &&
	       !(vm_world.reserved & cpu_bit(cpu));
}

static u32 cpus_nameable(void)
{
	return MIN(cpu_count(), VM_CPUS_MAX);
}

static u32 mask_count(u64 mask)
{
	u32 n = 0;

	for (; mask; mask &= mask - 1)
		n++;
	return n;
}

/** The first @n free CPUs, or 0 if there are not as many. */
static u64 cpus_choose(u32 n)
{
	u64 mask = 0;

	for (u32 i = 0; i < cpus_nameable() && n > 0; i++) {
		if (!cpu_is_free(cpu_get(i)))
			continue;
		mask |= BIT64(i);
		n--;
	}
	return n == 0 ? mask : 0;
}

/** Are all CPUs of @mask there? */
static bool cpus_exist(u64 mask)
{
	return cpus_nameable() == VM_CPUS_MAX || mask >> cpus_nameable() == 0;
}

/** Are all CPUs of @mask free? -EBUSY. */
static int cpus_check(u64 mask)
{
	for (u32 i = 0; i < cpus_nameable(); i++) {
		const struct cpu *cpu = cpu_get(i);

		if (!(mask & BIT64(i)) || cpu_is_free(cpu))
			continue;
		log_guest("create: CPU %u is %s", i,
			  cpu->taken ? "in use" : "the Service VM's");
		return -EBUSY;
	}
	return 0;
}

int vm_cpus_reserve(const struct vm_params *params, u64 *cpus, u32 *n)
{
	int rc;

	*cpus = params->cpus;
	*n = *cpus ? mask_count(*cpus) : params->nvcpus;
	if (*n == 0 || *n > VM_MAX_VCPUS) {
		log_guest("create: %u vCPUs wanted, 1..%u possible", *n,
			  VM_MAX_VCPUS);
		return -EINVAL;
	}
	if (!cpus_exist(*cpus)) {
		log_guest("create: CPUs %llx wanted, this machine has %u",
			  (unsigned long long)*cpus, cpu_count());
		return -EINVAL;
	}
	spin_lock(&vm_world.lock);
	if (!*cpus)
		*cpus = cpus_choose(*n);
	rc = *cpus ? cpus_check(*cpus) : -EBUSY;
	if (rc == 0)
		vm_world.reserved |= *cpus;
	spin_unlock(&vm_world.lock);
	return rc;
}

void vm_cpus_unreserve(u64 cpus)
{
	spin_lock(&vm_world.lock);
	vm_world.reserved &= ~cpus;
	spin_unlock(&vm_world.lock);
}

/**
 * Has the Service VM's kernel let go of the CPU of parked @vcpu? A CPU that
 * was never started has; one that Linux took offline sits in its last loop
 * with interrupts off. The kernel makes the call itself, so an answer that
 * is wrong for an instant hurts nobody but it.
 */
static bool vcpu_is_offline(const struct vcpu *vcpu)
{
	return vcpu->state == VCPU_STATE_WAIT_SIPI ||
	       !(vcpu->hw.regs.rflags & RFLAGS_IF);
}

static bool cpu_is_services(const struct cpu *cpu)
{
	bool is;

	spin_lock(&vm_world.lock);
	is = !cpu->taken && cpu->vcpu == cpu->service_vcpu;
	spin_unlock(&vm_world.lock);
	return is;
}

/*
 * Its caller holds the hand-over lock and no other, so the CPU stays the
 * Service VM's until it is taken here.
 */
static int cpu_take(struct cpu *cpu)
{
	struct vcpu *vcpu = cpu->service_vcpu;

	if (!cpu_is_services(cpu))
		return -EBUSY;
	vcpu_park(vcpu);
	if (!vcpu_is_offline(vcpu)) {
		log_guest("remove cpu %u: it is online, rip %llx", cpu->index,
			  (unsigned long long)vcpu->hw.regs.rip);
		vcpu_unpark(vcpu);
		return -EBUSY;
	}
	vcpu_state_set(vcpu, VCPU_STATE_WAIT_SIPI);
	spin_lock(&vm_world.lock);
	cpu_detach(cpu);
	cpu->taken = true;
	vcpu->vm->cpus &= ~cpu_bit(cpu);
	spin_unlock(&vm_world.lock);
	log_info("cpu %u: taken from the Service VM", cpu->index);
	return 0;
}

/** The CPU with @lapic_id where the Service VM has a vCPU, or NULL. */
static struct cpu *cpu_of_service(u64 lapic_id)
{
	struct cpu *cpu;

	if (lapic_id > 0xffffffffU)
		return NULL;
	cpu = cpu_by_lapic_id((u32)lapic_id);
	return cpu && cpu->online && cpu->service_vcpu ? cpu : NULL;
}

bool vm_handover_begin(void)
{
	return spin_trylock(&vm_world.handover);
}

void vm_handover_end(void)
{
	spin_unlock(&vm_world.handover);
}

bool vm_cpu_is_cells(const struct cpu *cpu)
{
	struct vm_cpu_use use;

	return vm_cpu_owner(cpu, &use) && use.direct &&
	       use.slot != vm_service()->slot;
}

/* Does @cpu still have to be waited for? */
static bool cpu_remembers(const struct cpu *cpu, u64 change)
{
	return !cpu_map_seen(cpu, change) && !vm_cpu_is_cells(cpu);
}

void vm_forget_host(void)
{
	u64 change = cpu_map_changed();

	cpu_map_look(cpu_self());
	for (u32 i = 0; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_get(i);

		if (vm_cpu_is_cells(cpu))
			__atomic_store_n(&cpu->kick, 1, __ATOMIC_SEQ_CST);
		else if (!cpu_map_seen(cpu, change))
			cpu_kick(cpu);
	}
	for (u32 i = 0; i < cpu_count(); i++)
		while (cpu_remembers(cpu_get(i), change))
			__builtin_ia32_pause();
}

int vm_cpu_take(const struct cpu *self, u64 lapic_id)
{
	struct cpu *cpu = cpu_of_service(lapic_id);
	int rc;

	if (!cpu || cpu->index == 0 || cpu == self) {
		log_guest("remove cpu: LAPIC id %llu is %s",
			  (unsigned long long)lapic_id,
			  !cpu          ? "nobody's"
			  : cpu == self ? "the caller's"
					: "the boot CPU's");
		return -EINVAL;
	}
	if (!vm_handover_begin())
		return -EAGAIN;
	rc = cpu_take(cpu);
	vm_handover_end();
	return rc;
}

/* Under the list lock. */
static int cpu_return(struct cpu *cpu)
{
	struct vcpu *vcpu = cpu->service_vcpu;

	if (!cpu->taken)
		return -EINVAL;
	if (!cpu_is_free(cpu))
		return -EBUSY;
	cpu->taken = false;
	vcpu->vm->cpus |= cpu_bit(cpu);
	cpu_attach(cpu, vcpu);
	vcpu_unpark(vcpu);
	return 0;
}

int vm_cpu_return(u64 lapic_id)
{
	struct cpu *cpu = cpu_of_service(lapic_id);
	int rc;

	if (!cpu)
		return -EINVAL;
	spin_lock(&vm_world.lock);
	rc = cpu_return(cpu);
	spin_unlock(&vm_world.lock);
	if (rc == 0)
		log_info("cpu %u: returned to the Service VM", cpu->index);
	return rc;
}
