/* SPDX-License-Identifier: BSD-2-Clause */
/* Every CPU's private area, and waking the CPUs that the firmware parked. */
#include "launch/launch.h"

#include "arch/x86/asm.h"
#include "arch/x86/features.h"
#include "arch/x86/lapic.h"
#include "arch/x86/mitigate.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "core/cpu_table.h"
#include "core/log.h"
#include "core/percpu.h"
#include "core/trace.h"
#include "lib/string.h"
#include "mem/hostmap.h"
#include "mem/physmap.h"
#include "run/loop.h"
#include "vm/backend.h"

/* SDM vol 3, 9.4.4.1: INIT, 10 ms, SIPI, 200 us, SIPI. */
#define INIT_DELAY_US  10000
#define SIPI_DELAY_US  200
#define ONLINE_WAIT_US 1000000

extern const u8 trampoline_start[], trampoline_end[];
extern const u8 trampoline_cr3[], trampoline_entry[];
extern const u8 ap_entry64[];
extern u64 ap_root;

static u32 aps_released;

static void delay_us(u64 us)
{
	u64 end = time_now() + time_khz() * us / 1000;

	while (time_now() < end)
		x86_pause();
}

static void *take(u64 bytes)
{
	void *p = pool_alloc(&launch.pool,
			     align_up(bytes, PAGE_SIZE) / PAGE_SIZE, 1);

	if (!p)
		launch_fail("too little memory for the CPUs' private areas");
	return p;
}

static void build_one(u32 i)
{
	struct launch_cpu *l = &launch.lcpu[i];
	void *area = take(hostmap_area_size(sizeof(struct percpu)));

	launch.cpu[i].index = i;
	launch.cpu[i].lapic_id = launch.acpi.lapic_ids[i];
	launch.cpu[i].trace = take(sizeof(struct trace_ring));
	l->area = pool_hpa(&launch.pool, area);
	if (hostmap_add_cpu(area, sizeof(struct percpu), &l->map))
		launch_fail("too little memory for the CPUs' page tables");
}

void launch_build_cpus(void)
{
	u32 n = launch.acpi.ncpus;

	launch.cpu = take(n * sizeof(*launch.cpu));
	launch.lcpu = take(n * sizeof(*launch.lcpu));
	cpu_table_init(launch.cpu, n, tsc_calibrate(launch.acpi.pm_timer_port));
	for (u32 i = 0; i < n; i++)
		build_one(i);
}

void launch_cpu_init(struct cpu *cpu)
{
	struct percpu *p = percpu_self();
	hpa_t save = hpa_add(launch.lcpu[cpu->index].area,
			     LOCAL_STACK_SIZE + LOCAL_IST_SIZE);

	p->cpu = cpu;
	p->map = launch.lcpu[cpu->index].map;
	desc_load(&p->desc, LOCAL_IST_TOP);
	trap_load();
	if (backend->cpu_enable(p->hw_save, save))
		panic("CPU %u refuses what the boot CPU can do", cpu->index);
	lapic_takeover();
	__atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
}

void launch_ap_main(void)
{
	features_arm();
	launch_cpu_init(cpu_by_lapic_id(lapic_id()));
	mitigate_cpu();
	while (!__atomic_load_n(&aps_released, __ATOMIC_ACQUIRE))
		x86_pause();
	run_cpu_loop();
}

void launch_release_aps(void)
{
	__atomic_store_n(&aps_released, 1, __ATOMIC_RELEASE);
}

static void place_trampoline(u64 page, hpa_t root)
{
	u64 entry = (u64)(uintptr_t)ap_entry64;

	physmap_write(HPA(page), trampoline_start,
		      (u64)(trampoline_end - trampoline_start));
	physmap_write(HPA(page + (u64)(trampoline_cr3 - trampoline_start)),
		      &root.v, sizeof(root.v));
	physmap_write(HPA(page + (u64)(trampoline_entry - trampoline_start)),
		      &entry, sizeof(entry));
}

static void start_one(u32 i, u64 page)
{
	struct cpu *cpu = &launch.cpu[i];
	u64 deadline;

	__atomic_store_n(&ap_root, pgtable_root(&launch.lcpu[i].map).v,
			 __ATOMIC_RELEASE);
	lapic_icr(cpu->lapic_id, ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	delay_us(INIT_DELAY_US);
	lapic_icr(cpu->lapic_id, ICR_STARTUP | ICR_ASSERT | (u32)(page >> 12));
	delay_us(SIPI_DELAY_US);
	if (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE))
		lapic_icr(cpu->lapic_id,
			  ICR_STARTUP | ICR_ASSERT | (u32)(page >> 12));
	deadline = time_now() + time_khz() * (ONLINE_WAIT_US / 1000);
	while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE)) {
		if (time_now() > deadline) {
			log_warn("CPU %u (LAPIC id %u) does not start", i,
				 cpu->lapic_id);
			return;
		}
		x86_pause();
	}
}

void launch_start_aps(void)
{
	struct pgtable pt;
	u64 page;

	if (launch.acpi.ncpus == 1)
		return;
	/* The Service VM will own this page; it is free until then. */
	if (e820_alloc_top(&launch.boot.free, PAGE_SIZE, PAGE_SIZE, PAGE_SIZE,
			   MIB(1), &page))
		launch_fail("no memory below 1 MiB to start the CPUs from");
	if (hostmap_build_trampoline(&pt, page))
		launch_fail("too little memory to start the CPUs");
	place_trampoline(page, pgtable_root(&pt));
	for (u32 i = 1; i < launch.acpi.ncpus; i++)
		start_one(i, page);
	pgtable_destroy(&pt);
}
