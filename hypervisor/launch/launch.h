/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of launch/ share. Start-up order: see main.c. */
#ifndef LAUNCH_LAUNCH_H
#define LAUNCH_LAUNCH_H

#include "arch/x86/acpi.h"
#include "core/cpu.h"
#include "launch/boot_info.h"
#include "mem/pgtable.h"
#include "mem/pool.h"

/** What start-up knows of a CPU before it runs. */
struct launch_cpu {
	struct pgtable map;
	hpa_t area; /* its private memory */
};

struct launch {
	struct boot_info boot;
	struct acpi_info acpi;
	struct page_pool pool;
	hpa_t hv_base;
	u64 hv_size;
	u64 image_size;
	u64 boot_tsc;
	u64 service_tsc;
	struct cpu *cpu;
	struct launch_cpu *lcpu;
};

extern struct launch launch;

/** Say why Holm cannot start, and stop (or reset, if panic=reset). */
void launch_fail(const char *why) __noreturn;

/** Copy the image to its final place and switch to the map in @cr3. */
void launch_relocate(void *dst, const void *src, u64 len, u64 cr3);

void launch_switch_stack(u64 cr3, u64 stack_top, void (*fn)(void)) __noreturn;

/** First C code of all, on the loader's map. */
void launch_main(u32 magic, u32 info) __noreturn;

/** First C code of a CPU that a start-up IPI woke. */
void launch_ap_main(void) __noreturn;

/** Ready the calling CPU: descriptors, traps, the virtualization extension. */
void launch_cpu_init(struct cpu *cpu);

/** Build every CPU's private area and root. */
void launch_build_cpus(void);

/** Start all CPUs but this one. */
void launch_start_aps(void);

/** Create the Service VM and load its kernel; CPUs may run it afterwards. */
void launch_service_vm(void);

/** Tell the waiting CPUs that the Service VM is there. */
void launch_release_aps(void);

#endif
