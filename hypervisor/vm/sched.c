/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/sched.h"

#include "core/log.h"

/*
 * stop and parked: the owner CPU sets parked after it has seen stop, and
 * clears it when it has seen stop gone; before it enters the guest it looks
 * at stop once more. So who sets stop and then sees parked set knows that
 * the CPU is out and will not go in, even if it was just about to leave.
 */

static u32 load(const u32 *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void store(u32 *p, u32 v)
{
	__atomic_store_n(p, v, __ATOMIC_SEQ_CST);
}

void vcpu_request_stop(struct vcpu *vcpu)
{
	store(&vcpu->stop, 1);
	cpu_kick(vcpu->cpu);
}

void vcpu_park(struct vcpu *vcpu)
{
	if (__atomic_load_n(&vcpu->cpu->vcpu, __ATOMIC_SEQ_CST) != vcpu) {
		store(&vcpu->stop, 1);
		return;
	}
	vcpu_request_stop(vcpu);
	while (!load(&vcpu->parked))
		__builtin_ia32_pause();
}

void vcpu_unpark(struct vcpu *vcpu)
{
	store(&vcpu->stop, 0);
	cpu_kick(vcpu->cpu);
}

bool vcpu_should_stop(const struct vcpu *vcpu)
{
	return load(&vcpu->stop);
}

void cpu_attach(struct cpu *cpu, struct vcpu *vcpu)
{
	CHECK(!cpu->vcpu);
	store(&vcpu->stop, 1);
	store(&vcpu->parked, 1);
	vcpu->cpu = cpu;
	__atomic_store_n(&cpu->vcpu, vcpu, __ATOMIC_SEQ_CST);
	cpu_kick(cpu);
}

void cpu_detach(struct cpu *cpu)
{
	struct vcpu *vcpu = cpu->vcpu;

	__atomic_store_n(&cpu->vcpu, NULL, __ATOMIC_SEQ_CST);
	cpu_kick(cpu);
	while (__atomic_load_n(&cpu->current, __ATOMIC_SEQ_CST) == vcpu)
		__builtin_ia32_pause();
}

static bool has_its_cpu(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->cpu->vcpu, __ATOMIC_SEQ_CST) == vcpu;
}

/* Who gets its CPU back later looks at its requests before it runs. */
void vcpu_post_quietly(struct vcpu *vcpu, u32 requests)
{
	__atomic_fetch_or(&vcpu->requests, requests, __ATOMIC_SEQ_CST);
	if (has_its_cpu(vcpu))
		cpu_kick(vcpu->cpu);
}

void vcpu_wait_taken(const struct vcpu *vcpu, u32 requests)
{
	while (vcpu->cpu != cpu_self() && has_its_cpu(vcpu) &&
	       (load(&vcpu->requests) & requests))
		__builtin_ia32_pause();
}

void vcpu_post(struct vcpu *vcpu, u32 requests)
{
	__atomic_fetch_or(&vcpu->requests, requests, __ATOMIC_SEQ_CST);
	cpu_kick(vcpu->cpu);
}
