/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/cpu.h"

#include "arch/x86/asm.h"
#include "arch/x86/lapic.h"
#include "core/cpu_table.h"
#include "core/percpu.h"
#include "core/trace.h"

static struct {
	struct cpu *cpu;
	u32 count;
	u64 tsc_khz;
} table;

void cpu_table_init(struct cpu *cpus, u32 count, u64 tsc_khz)
{
	table.cpu = cpus;
	table.count = count;
	table.tsc_khz = tsc_khz;
}

u32 cpu_count(void)
{
	return table.count;
}

struct cpu *cpu_get(u32 index)
{
	return &table.cpu[index];
}

struct cpu *cpu_by_lapic_id(u32 lapic_id)
{
	for (u32 i = 0; i < table.count; i++) {
		if (table.cpu[i].lapic_id == lapic_id)
			return &table.cpu[i];
	}
	return NULL;
}

struct cpu *cpu_self(void)
{
	return percpu_self()->cpu;
}

void cpu_kick(struct cpu *cpu)
{
	__atomic_store_n(&cpu->kick, 1, __ATOMIC_SEQ_CST);
	if (cpu == cpu_self())
		return;
	trace(HOLM_TRACE_KICK, TRACE_NOBODY, cpu->index, 0, 0);
	/* An NMI that is still to come will see the flag just set. */
	if (__atomic_exchange_n(&cpu->nmi_inflight, 1, __ATOMIC_SEQ_CST))
		return;
	lapic_icr(cpu->lapic_id, ICR_NMI | ICR_ASSERT);
}

static u64 map_changes;

u64 cpu_map_changed(void)
{
	return __atomic_add_fetch(&map_changes, 1, __ATOMIC_SEQ_CST);
}

void cpu_map_look(struct cpu *cpu)
{
	u64 now = __atomic_load_n(&map_changes, __ATOMIC_SEQ_CST);

	if (likely(cpu->map_seen == now))
		return;
	/* What is not global goes, tables that a walk remembers as well. */
	x86_write_cr3(x86_read_cr3());
	__atomic_store_n(&cpu->map_seen, now, __ATOMIC_SEQ_CST);
}

bool cpu_map_seen(const struct cpu *cpu, u64 change)
{
	return __atomic_load_n(&cpu->map_seen, __ATOMIC_SEQ_CST) >= change;
}

void cpu_nmi(void)
{
	struct percpu *p = percpu_self();

	if (__atomic_exchange_n(&p->cpu->nmi_inflight, 0, __ATOMIC_SEQ_CST)) {
		p->cpu->nmis_own++;
		return;
	}
	p->cpu->nmis_foreign++;
	p->nmi_for_guest = true;
	/* If the guest is about to be entered, it is not. */
	__atomic_store_n(&p->cpu->kick, 1, __ATOMIC_RELAXED);
}

u64 time_now(void)
{
	return x86_rdtsc();
}

u64 time_khz(void)
{
	return table.tsc_khz;
}
