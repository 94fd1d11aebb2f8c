/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start-up in order. launch_main() runs on the loader's memory: it reads
 * what the loader and the firmware say, finds Holm's place at the top of RAM
 * below 4 GiB, builds the final map and moves there. launch_bsp_main() then
 * brings up the other CPUs, creates the Service VM and becomes the first of
 * the CPUs that run it.
 */
#include "launch/launch.h"

#include "abi/holm.h"
#include "arch/x86/asm.h"
#include "arch/x86/features.h"
#include "arch/x86/halt.h"
#include "arch/x86/lapic.h"
#include "arch/x86/mitigate.h"
#include "arch/x86/pic.h"
#include "arch/x86/trap.h"
#include "arch/x86/tsc.h"
#include "arch/x86/uart.h"
#include "core/console.h"
#include "core/cpu_table.h"
#include "lib/string.h"
#include "mem/hostmap.h"
#include "mem/layout.h"
#include "mem/pages.h"
#include "mem/physmap.h"
#include "run/loop.h"
#include "vm/backend.h"

/* Cuts of the memory map while Holm looks for its place, and then some. */
#define SCRATCH_ENTRIES (BOOT_E820_MAX + 8)
#define DEFAULT_CONSOLE 0x3f8

/*
 * Memory Holm takes: image and fixed tables, a share a CPU, and a quarter of
 * a percent of RAM for stage-2 tables (2 MiB leaves need 0.2 %).
 */
#define POOL_FIXED     MIB(4)
#define POOL_PER_CPU   KIB(448)
#define POOL_RAM_SHARE 400

extern u8 image_start[], image_text[], image_rodata[], image_data[];
extern u8 image_load_end[], image_end[];
extern u64 early_pd_holm[];

struct launch launch;

static u32 lapic_id_buf[1024];
static const struct trap_hooks hooks = { cpu_nmi, run_interrupt };

void launch_fail(const char *why)
{
	char how[8];

	log_warn("cannot start: %s", why);
	if (boot_option(launch.boot.cmdline, "panic", how, sizeof(how)) &&
	    !strcmp(how, "reset"))
		arch_reset_machine();
	arch_halt_forever();
}

static void require(const char *why)
{
	if (why)
		launch_fail(why);
}

static u64 parse_number(const char *s)
{
	u64 v = 0;

	if (s[0] == '0' && s[1] == 'x')
		s += 2;
	for (; *s; s++) {
		u32 d = (u32)(*s | 0x20);

		v = v * 16 + (d >= 'a' ? d - 'a' + 10 : d - '0');
	}
	return v;
}

static void setup_console(void)
{
	char port[8];

	if (boot_option(launch.boot.cmdline, "console", port, sizeof(port)))
		uart_init((u16)parse_number(port));
}

static void cut(struct e820 *m, u64 base, u64 size)
{
	u64 from = align_down(base, PAGE_SIZE);

	if (size && e820_cut(m, from, align_up(base + size, PAGE_SIZE) - from))
		launch_fail("the memory map has more entries than fit");
}

/* Firmware's own maps also say what its loaders have had. */
static int untouched_memory(struct e820 *m)
{
	const struct boot_info *bi = &launch.boot;

	if (bi->efi.n)
		return efi_map_to_ram(&bi->efi, EFI_UNTOUCHED_TYPES, m);
	return e820_copy(m, &bi->free);
}

/* Holm's place must not be where the loader put what is still needed. */
static void choose_place(void)
{
	static struct e820_entry buf[SCRATCH_ENTRIES];
	const struct boot_info *bi = &launch.boot;
	struct e820 m;

	launch.hv_size =
		HOLM_IMAGE_MAX +
		align_up(POOL_FIXED + launch.acpi.ncpus * POOL_PER_CPU +
				 e820_ram_bytes(&bi->map) / POOL_RAM_SHARE,
			 PAGE_SIZE_2M);
	launch.hv_size = MIN(launch.hv_size, (u64)HOLM_WINDOW);
	e820_init(&m, buf, SCRATCH_ENTRIES);
	if (untouched_memory(&m))
		launch_fail("the memory map has more entries than fit");
	cut(&m, HOLM_LOAD_PA, HOLM_IMAGE_MAX);
	for (u32 i = 0; i < bi->nmodules; i++)
		cut(&m, bi->module[i].base, bi->module[i].size);
	if (e820_alloc_top(&m, launch.hv_size, PAGE_SIZE_2M, MIB(1), GIB(4),
			   &launch.hv_base.v))
		launch_fail("too little memory below 4 GiB for Holm itself");
}

/* The pool is mapped at its final address from the start. */
static void early_map_pool(void)
{
	for (u64 off = HOLM_IMAGE_MAX; off < launch.hv_size;
	     off += PAGE_SIZE_2M)
		early_pd_holm[off / PAGE_SIZE_2M] =
			(launch.hv_base.v + off) | 0x83;
	x86_write_cr3(x86_read_cr3());
}

static void build_pool(void)
{
	u8 *base = (u8 *)HOLM_BASE + HOLM_IMAGE_MAX;
	u64 pages = (launch.hv_size - HOLM_IMAGE_MAX) / PAGE_SIZE;
	u64 bitmap = align_up((pages + 63) / 64 * 8, PAGE_SIZE);

	early_map_pool();
	memset(base, 0, launch.hv_size - HOLM_IMAGE_MAX);
	pool_init(&launch.pool, base + bitmap,
		  hpa_add(launch.hv_base, HOLM_IMAGE_MAX + bitmap),
		  pages - bitmap / PAGE_SIZE, (u64 *)(void *)base);
	pages_init(&launch.pool);
}

static u8 host_leaf_levels(void)
{
	return features_get()->pages_1g ? PT_LEAF_ALL : PT_LEAF_4K | PT_LEAF_2M;
}

static void build_host_map(void)
{
	struct hostmap_image img = {
		.text = (u64)(image_text - image_start),
		.rodata = (u64)(image_rodata - image_start),
		.data = (u64)(image_data - image_start),
		.end = align_up((u64)(image_end - image_start), PAGE_SIZE),
		.hpa = launch.hv_base,
		.size = launch.hv_size,
	};
	volatile void *lapic;

	if (hostmap_build(&launch.pool, &img, &launch.boot.map,
			  host_leaf_levels()))
		launch_fail("too little memory for Holm's page tables");
	lapic = hostmap_remap(HPA(LAPIC_BASE), PAGE_SIZE);
	lapic_init(lapic);
	launch.image_size = (u64)(image_end - image_start);
}

/* Everything read through the loader's map is done; move. */
static void move_to_place(void)
{
	launch_relocate((void *)(uintptr_t)launch.hv_base.v, image_start,
			launch.image_size, hostmap_root().v);
	features_arm();
	physmap_set_smap(features_get()->smap);
}

/* The boot CPU is CPU 0, wherever the MADT lists it. */
static void boot_cpu_first(void)
{
	u32 *ids = launch.acpi.lapic_ids;
	u32 id = lapic_id();
	u32 i = 0;

	while (i < launch.acpi.ncpus && ids[i] != id)
		i++;
	if (i == launch.acpi.ncpus)
		launch_fail("the boot CPU is not in the firmware's MADT");
	for (; i > 0; i--)
		ids[i] = ids[i - 1];
	ids[0] = id;
}

static void choose_mitigations(void)
{
	char how[8] = "auto";

	boot_option(launch.boot.cmdline, "mitigations", how, sizeof(how));
	mitigate_choose(mitigate_parse(how));
	mitigate_cpu();
}

/* A rich CPU runs what a poor one would: for tests. */
static void choose_backend(void)
{
	char without[160] = "";
	const char *why;

	if (boot_option(launch.boot.cmdline, "cpu-without", without,
			sizeof(without)))
		log_info("as if the CPU were without: %s", without);
	if (!backend_select(without, &why))
		launch_fail(why);
}

static void launch_bsp_main(void)
{
	launch_cpu_init(&launch.cpu[0]);
	choose_mitigations();
	lapic_timer_calibrate(time_khz());
	launch_start_aps();
	launch_service_vm();
	launch.service_tsc = time_now();
	launch_release_aps();
	run_cpu_loop();
}

void launch_main(u32 magic, u32 info)
{
	launch.boot_tsc = x86_rdtsc();
	uart_init(DEFAULT_CONSOLE);
	require(multiboot_read(&launch.boot, magic, info));
	setup_console();
	log_info("starting by %s", launch.boot.loader);
	features_read();
	choose_backend();
	launch.acpi.lapic_ids = lapic_id_buf;
	launch.acpi.max_cpus = ARRAY_SIZE(lapic_id_buf);
	require(acpi_read(&launch.acpi, launch.boot.rsdp));
	choose_place();
	build_pool();
	build_host_map();
	move_to_place();

	trap_init(&hooks);
	pic_mask_all();
	boot_cpu_first();
	launch_build_cpus();
	launch_switch_stack(pgtable_root(&launch.lcpu[0].map).v,
			    LOCAL_STACK_TOP, launch_bsp_main);
}
