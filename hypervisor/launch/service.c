/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Service VM: one vCPU on every CPU, all memory but Holm's at its own
 * address, the devices, its kernel.
 */
#include "launch/launch.h"

#include "abi/holm.h"
#include "arch/x86/asm.h"
#include "arch/x86/features.h"
#include "arch/x86/lapic.h"
#include "arch/x86/rtc.h"
#include "cell/cell.h"
#include "core/console.h"
#include "core/trace.h"
#include "guest/x86/guest.h"
#include "guest/x86/pvclock.h"
#include "guest/x86/upcall_fn.h"
#include "guest/x86/vpci.h"
#include "hypercall/hypercall.h"
#include "launch/linux_boot.h"
#include "lib/string.h"
#include "mem/layout.h"
#include "vm/vm.h"

#define HOLM_VERSION (0 << 16 | 1 << 8 | 0)

static struct e820 service_map;
static struct e820_entry service_map_buf[BOOT_E820_MAX + 2];

static void require_memory(int rc)
{
	if (rc)
		launch_fail(
			"too little memory for the Service VM's page tables");
}

/* The firmware's maps without Holm's own memory. */
static void filter_maps(void)
{
	struct boot_info *bi = &launch.boot;
	u64 base = launch.hv_base.v;

	e820_init(&service_map, service_map_buf, ARRAY_SIZE(service_map_buf));
	if (e820_copy(&service_map, &bi->map) ||
	    e820_cut(&service_map, base, launch.hv_size) ||
	    e820_cut(&bi->free, base, launch.hv_size) ||
	    efi_map_reserve(&bi->efi, base, launch.hv_size))
		launch_fail("the memory map has more entries than fit");
}

/*
 * How far the identity map goes: over every entry of the memory map, and
 * over where firmware may put 64-bit device windows, as large pages allow.
 */
static u64 identity_end(void)
{
	u64 end = MAX(e820_end(&launch.boot.map), GIB(4));
	u8 bits = features_get()->phys_bits;
	u64 reach = GIB(64);
	u8 leaves;

	backend->s2_format(&leaves);
	if (leaves & PT_LEAF_1G)
		reach = BIT64(MIN(bits, 44));
	return align_up(MAX(end, MIN(reach, BIT64(bits))), GIB(1));
}

static void unmap(struct vm *vm, u64 base, u64 size)
{
	require_memory(stage2_unmap(&vm->s2, GPA(base), size));
}

/* Firmware code that the Service VM calls would crawl if it were uncached. */
static void map_efi_runtime(struct vm *vm)
{
	const struct efi_map *m = &launch.boot.efi;
	const u64 both = EFI_ATTR_RUNTIME | EFI_ATTR_WB;

	for (u32 i = 0; i < m->n; i++) {
		const struct efi_desc *d = &m->d[i];

		if ((d->attr & both) == both)
			require_memory(stage2_protect(&vm->s2, GPA(d->base),
						      d->pages * EFI_PAGE_SIZE,
						      PT_RWX | PT_WB));
	}
}

/* The founding rules, in their order. */
static void map_memory(struct vm *vm)
{
	const struct e820 *m = &service_map;
	u64 hv_end = launch.hv_base.v + launch.hv_size;

	require_memory(stage2_map(&vm->s2, GPA(0), HPA(0), launch.hv_base.v,
				  PT_RWX | PT_UC));
	require_memory(stage2_map(&vm->s2, GPA(hv_end), HPA(hv_end),
				  identity_end() - hv_end, PT_RWX | PT_UC));
	for (u32 i = 0; i < m->n; i++) {
		u64 from = align_up(m->e[i].base, PAGE_SIZE);
		u64 to = align_down(m->e[i].base + m->e[i].size, PAGE_SIZE);

		if (m->e[i].type == E820_RAM && to > from)
			require_memory(stage2_protect(
				&vm->s2, GPA(from), to - from, PT_RWX | PT_WB));
	}
	map_efi_runtime(vm);
	/* Reading the own LAPIC harms nobody and has no effect: no exit. */
	require_memory(stage2_protect(&vm->s2, GPA(LAPIC_BASE), PAGE_SIZE,
				      PT_R | PT_UC));
	/* A write beyond it is an MSI: to any CPU, of any delivery mode. */
	unmap(vm, LAPIC_BASE + PAGE_SIZE, MIB(1) - PAGE_SIZE);
	for (u32 i = 0; i < launch.acpi.nioapics; i++)
		unmap(vm, launch.acpi.ioapic[i].base, PAGE_SIZE);
	/* Who sets up DMA remapping decides who reaches whose memory. */
	for (u32 i = 0; i < launch.acpi.niommus; i++)
		unmap(vm, launch.acpi.iommu[i].base, launch.acpi.iommu[i].size);
}

static void load_kernel(struct vm *vm)
{
	struct vcpu *v = vm->vcpu[0];
	struct linux_image img;
	struct guest_sregs s;
	const char *why = linux_load(&launch.boot, &service_map, &img);

	if (why)
		launch_fail(why);
	backend->vcpu_get_sregs(&v->hw, &s);
	linux_entry_state(&img, &v->hw.regs, &s);
	backend->vcpu_set_sregs(&v->hw, &s);
	if (v->state != VCPU_STATE_RUNNABLE)
		vcpu_state_set(v, VCPU_STATE_RUNNABLE);
}

static void publish_info(void)
{
	const struct holm_info info = {
		.version = HOLM_VERSION,
		.ncpus = cpu_count(),
		.hv_base = launch.hv_base.v,
		.hv_size = launch.hv_size,
		.image_size = launch.image_size,
		.ram_bytes = e820_ram_bytes(&launch.boot.map),
		.backend = backend->id,
		.boot_tsc = { launch.boot_tsc, time_now() },
	};

	hypercall_set_info(&info);
}

static void publish_machine(void)
{
	const struct cell_machine machine = {
		.apic_khz = lapic_timer_khz(time_khz()),
		.pm_timer = launch.acpi.pm_timer_port,
	};

	cell_comm_set_machine(&machine);
}

static struct holm_range ranges[BOOT_E820_MAX + 2 + 1 +
				ARRAY_SIZE(launch.acpi.ioapic) +
				ARRAY_SIZE(launch.acpi.iommu)];

static void add_range(u32 *n, u64 base, u64 size, u32 kind)
{
	ranges[(*n)++] = (struct holm_range){
		.base = base,
		.size = size,
		.kind = kind,
	};
}

/* In the order that abi/holm.h says. */
static void publish_map(void)
{
	const struct e820 *m = &launch.boot.map;
	const struct acpi_info *acpi = &launch.acpi;
	u32 n = 0;

	for (u32 i = 0; i < m->n; i++)
		add_range(&n, m->e[i].base, m->e[i].size, m->e[i].type);
	add_range(&n, launch.hv_base.v, HOLM_IMAGE_MAX, HOLM_RANGE_HOLM_IMAGE);
	add_range(&n, launch.hv_base.v + HOLM_IMAGE_MAX,
		  launch.hv_size - HOLM_IMAGE_MAX, HOLM_RANGE_HOLM_POOL);
	add_range(&n, LAPIC_BASE, MIB(1), HOLM_RANGE_LAPIC);
	for (u32 i = 0; i < acpi->nioapics; i++)
		add_range(&n, acpi->ioapic[i].base, PAGE_SIZE,
			  HOLM_RANGE_IOAPIC);
	for (u32 i = 0; i < acpi->niommus; i++)
		add_range(&n, acpi->iommu[i].base, acpi->iommu[i].size,
			  HOLM_RANGE_IOMMU);
	hypercall_set_map(ranges, n);
}

/* Options that are on or off: name=1 or name=0. */
static bool option_set(const char *name)
{
	char value[4];

	return boot_option(launch.boot.cmdline, name, value, sizeof(value)) &&
	       value[0] == '1';
}

/*
 * From here on the console is the Service VM's: only what must not be
 * missed still goes there, unless it has a port of its own or log=1 asks.
 */
static void hand_over_console(void)
{
	char port[8];

	if (!option_set("log") &&
	    !boot_option(launch.boot.cmdline, "console", port, sizeof(port)))
		console_set_levels(BIT32(LOG_ERROR) | BIT32(LOG_WARN));
}

static void announce(void)
{
	log_info("%u CPUs, %s, %lu MiB of RAM; Holm at %lx (%lu MiB)",
		 cpu_count(), backend->name,
		 e820_ram_bytes(&launch.boot.map) >> 20, launch.hv_base.v,
		 launch.hv_size >> 20);
}

void launch_service_vm(void)
{
	struct vm_locked l;
	struct vm *vm;

	if (option_set("trace"))
		trace_set(HOLM_TRACE_ALL);
	announce();
	pvclock_set_wall(rtc_read(), time_now());
	vm_setup(&launch.pool, &guest_machine_ops);
	filter_maps();
	if (vm_create_service(cpu_count(), &vm))
		launch_fail("too little memory for the Service VM");
	map_memory(vm);
	require_memory(direct_apic_register(vm, launch.acpi.ioapic,
					    launch.acpi.nioapics));
	vpci_setup(launch.acpi.mcfg_base, launch.acpi.mcfg_bus_first,
		   launch.acpi.mcfg_bus_last);
	require_memory(vpci_register(vm));
	if (upcall_fn_register(vm))
		log_warn("no place for the upcall function");
	for (u32 i = 0; i < vm->nvcpus; i++) {
		direct_apic_reset(&vm->vcpu[i]->guest->direct);
		guest_msrs_adopt(&vm->vcpu[i]->guest->msrs, x86_rdmsr);
	}
	vm->guest->x2apic_leaf = option_set("x2apic");
	lapic_find_lock(option_set("x2apic-stays"));
	load_kernel(vm);
	publish_info();
	publish_map();
	publish_machine();
	lapic_virtual_wire();
	hand_over_console();
	l = vm_lock(vm);
	vm_start(l);
	vm_unlock(l);
}
