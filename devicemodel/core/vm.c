/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/vm.h"

#include "acpi/acpi.h"
#include "acpi/smbios.h"
#include "loader/linux_boot.h"
#include "mem/layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uuid/uuid.h>

#define VMID_INVALID 0xffff
#define CREATE_TRIES 5

static int fail_op(struct dm_error *err, int rc, const char *what)
{
	return dm_fail(err, rc, "the hypervisor refused to %s: %s", what,
		       strerror(-rc));
}

static int vm_alloc_page(struct vm *vm, struct dm_error *err)
{
	void *page = mmap(NULL, sizeof(*vm->ioreq.page), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (page == MAP_FAILED)
		return dm_fail(err, -ENOMEM, "no memory for I/O requests");
	vm->ioreq.page = page;
	return 0;
}

static int vm_create_once(struct vm *vm)
{
	struct acrn_vm_creation c = {
		.vcpu_num = (u16)vm->cpus.count,
		.ioreq_buf = (uintptr_t)vm->ioreq.page,
		.cpu_affinity = vm->cpus.affinity,
	};
	int rc;

	/* Since its fields lost their UUID, a VM's name travels there. */
	static_assert(sizeof(c.uuid) == DM_NAME_LEN, "acrn_vm_creation");
	memcpy(&c.uuid, vm->cfg->name, sizeof(c.uuid));
	rc = vm->vmm->ops->create(vm->vmm, &c);
	if (!rc && c.vmid == VMID_INVALID)
		rc = -EIO;
	vm->ioreq.vmid = c.vmid;
	return rc;
}

/*
 * Between looking for free CPUs and taking them another VM may take them;
 * then look again, unless the user named the CPUs.
 */
static int vm_create(struct vm *vm, struct dm_error *err)
{
	int tries = vm->cfg->affinity_count ? 1 : CREATE_TRIES;
	int rc;

	do {
		rc = vm->parts->choose(vm->cfg, &vm->cpus, err);
		if (rc)
			return rc;
		rc = vm_create_once(vm);
		if (rc)
			vm->parts->release(&vm->cpus);
	} while (rc == -EBUSY && --tries);
	if (rc)
		return fail_op(err, rc, "create the VM");
	vm->ioreq.nvcpus = vm->cpus.count;
	return 0;
}

static int vm_map_memory(struct vm *vm, struct dm_error *err)
{
	struct acrn_vm_memmap map = {
		.type = ACRN_MEMMAP_RAM,
		.attr = ACRN_MEM_ACCESS_RWX | ACRN_MEM_TYPE_WB,
	};
	u32 i;
	int rc;

	for (i = 0; i < vm->backing.count; i++) {
		const struct backing_piece *p = &vm->backing.piece[i];

		map.user_vm_pa = p->gpa;
		map.vma_base = (uintptr_t)p->hva;
		map.len = p->len;
		rc = vm->vmm->ops->set_memseg(vm->vmm, &map);
		if (rc)
			return fail_op(err, rc, "map the VM's memory");
	}
	return 0;
}

static int vm_build_tables(struct vm *vm, gpa_t *rsdp, struct dm_error *err)
{
	const struct acpi_config cfg = {
		.nvcpus = vm->cpus.count,
		.lapic_id = vm->cpus.lapic_id,
		.com = { vm->legacy.com[COM1].present,
			 vm->legacy.com[COM2].present },
		.pci_slots = pci_bus_slots(&vm->pci),
		.lpc_slot = pci_bus_lpc(&vm->pci),
	};
	u64 at = FIRMWARE_BASE;
	int rc;

	rc = acpi_build(&vm->mem, &cfg, &at, FIRMWARE_END, rsdp);
	if (!rc)
		rc = smbios_build(&vm->mem, vm->cfg->name, vm->cfg->uuid, &at,
				  FIRMWARE_END);
	return rc ? dm_fail(err, rc, "cannot build the firmware tables: %s",
			    strerror(-rc))
		  : 0;
}

/* What a machine's firmware does between power-on and the kernel. */
static int vm_boot(struct vm *vm, struct dm_error *err)
{
	struct boot_params bp = {
		.kernel = vm->cfg->kernel,
		.ramdisk = vm->cfg->ramdisk,
		.cmdline = vm->cfg->bootargs,
	};
	struct acrn_vcpu_regs regs;
	int rc;

	rc = vm_build_tables(vm, &bp.rsdp, err);
	if (!rc)
		rc = linux_boot_load(&vm->mem, &bp, &regs, err);
	if (rc)
		return rc;
	rc = vm->vmm->ops->set_regs(vm->vmm, &regs);
	return rc ? fail_op(err, rc, "set the boot CPU's registers") : 0;
}

static int vm_start(struct vm *vm, struct dm_error *err)
{
	int rc = vm->vmm->ops->start(vm->vmm);

	return rc ? fail_op(err, rc, "start the VM") : 0;
}

static int vm_reset(struct vm *vm, struct dm_error *err)
{
	int rc;

	/* A guest that also switched itself off meanwhile stays off. */
	if (!life_clear(&vm->life, LIFE_RESET))
		return 0;
	rc = vm->vmm->ops->pause(vm->vmm);
	if (rc)
		return fail_op(err, rc, "pause the VM");
	vm->vmm->ops->clear_ioreq(vm->vmm);
	legacy_reset(&vm->legacy);
	pci_bus_reset(&vm->pci);
	rc = vm->vmm->ops->reset(vm->vmm);
	if (rc)
		return fail_op(err, rc, "reset the VM");
	rc = vm_boot(vm, err);
	if (rc)
		return rc;
	vm->resets++;
	dm_msg("%s: reset by the guest", vm->cfg->name);
	return vm_start(vm, err);
}

static void tell_start(const struct vm *vm)
{
	char ids[DM_MAX_VCPUS * 12 + 1] = "";
	size_t len = 0;
	u32 i;

	for (i = 0; i < vm->cpus.count && len < sizeof(ids); i++)
		len += (size_t)snprintf(ids + len, sizeof(ids) - len, " %u",
					vm->cpus.lapic_id[i]);
	dm_msg("%s: %llu MiB of memory, %llu pages of 1 GiB and %llu of 2 MiB",
	       vm->cfg->name,
	       (unsigned long long)((vm->mem.low + vm->mem.high) / MIB),
	       (unsigned long long)vm->backing.pages[PAGES_1G],
	       (unsigned long long)vm->backing.pages[PAGES_2M]);
	dm_msg("%s: %u vCPU%s, LAPIC id%s%s", vm->cfg->name, vm->cpus.count,
	       vm->cpus.count == 1 ? "" : "s", vm->cpus.count == 1 ? "" : "s",
	       ids);
}

static void tell_stop(const char *name, u8 why)
{
	if (why)
		dm_msg("%s: stopped by signal %u", name, why);
	else
		dm_msg("%s: stopped by its control socket", name);
}

static int tell_end(struct vm *vm, int attach_rc)
{
	const char *name = vm->cfg->name;

	dm_msg("%s: %llu requests, %llu reads and %llu writes unclaimed", name,
	       (unsigned long long)vm->ioreq.served,
	       (unsigned long long)(vm->pio.unclaimed_reads +
				    vm->mmio.unclaimed_reads),
	       (unsigned long long)(vm->pio.unclaimed_writes +
				    vm->mmio.unclaimed_writes));
	switch (life_get(&vm->life)) {
	case LIFE_POWEROFF:
		dm_msg("%s: the guest powered off", name);
		return DM_POWEROFF;
	case LIFE_EXIT:
		dm_msg("%s: the guest ended by the debug exit port, status %u",
		       name, life_status(&vm->life));
		return life_status(&vm->life);
	case LIFE_STOP:
		tell_stop(name, life_status(&vm->life));
		return DM_POWEROFF;
	default:
		dm_msg("%s: the guest died: the hypervisor ended the VM (%s)",
		       name, strerror(-attach_rc));
		return DM_GUEST_DIED;
	}
}

/* Returns an exit status, or a negative errno when a step failed. */
static int vm_run(struct vm *vm, struct dm_error *err)
{
	int rc, attach_rc = 0;

	rc = vm->vmm->ops->client_create(vm->vmm);
	if (rc)
		return fail_op(err, rc, "serve I/O requests");
	rc = event_loop_start(&vm->loop);
	if (rc)
		return dm_fail(err, rc, "cannot start a thread: %s",
			       strerror(-rc));
	rc = vm_start(vm, err);
	while (!rc) {
		attach_rc = ioreq_loop(&vm->ioreq);
		if (life_get(&vm->life) != LIFE_RESET)
			break;
		rc = vm_reset(vm, err);
	}
	stopper_seen(&vm->stopper);
	event_loop_stop(&vm->loop);
	vm->vmm->ops->pause(vm->vmm);
	vm->vmm->ops->client_destroy(vm->vmm);
	return rc ? rc : tell_end(vm, attach_rc);
}

static int vm_init_devices(struct vm *vm, struct dm_error *err)
{
	const struct legacy_env env = { &vm->pio,  vm->vmm,  &vm->loop,
					&vm->life, &vm->mem, &vm->run };
	int rc;

	bus_init(&vm->pio, 0x10000);
	bus_init(&vm->mmio, 0);
	rc = legacy_init(&vm->legacy, vm->cfg, &env, err);
	if (rc)
		return rc;
	vm->pci.pio = &vm->pio;
	vm->pci.mmio = &vm->mmio;
	vm->pci.vmm = vm->vmm;
	vm->pci.mem = &vm->mem;
	vm->pci.loop = &vm->loop;
	rc = pci_bus_init(&vm->pci);
	if (rc)
		return dm_fail(err, rc, "no memory for the PCI bus");
	return pci_bus_populate(&vm->pci, vm->cfg, err);
}

static void vm_free_devices(struct vm *vm)
{
	if (vm->pci.mmio)
		pci_bus_free(&vm->pci);
	legacy_free(&vm->legacy, &vm->loop);
	bus_free(&vm->pio);
	bus_free(&vm->mmio);
}

/* Devices exist: create, fill and run the VM between create and destroy. */
static int vm_live(struct vm *vm, struct dm_error *err)
{
	int rc = vm_create(vm, err);

	if (rc)
		return rc;
	rc = vm_map_memory(vm, err);
	if (!rc)
		rc = vm_boot(vm, err);
	if (!rc) {
		tell_start(vm);
		rc = vm_run(vm, err);
	}
	vm->vmm->ops->destroy(vm->vmm);
	vm->parts->release(&vm->cpus);
	return rc;
}

static void control_info(void *arg, struct control_reply *r)
{
	static const char *const names[COM_COUNT] = { "com1", "com2" };
	const struct vm *vm = arg;
	char uuid[37];
	u32 i;

	uuid_unparse(vm->cfg->uuid, uuid);
	control_say(r, "name %s", vm->cfg->name);
	control_say(r, "uuid %s", uuid);
	control_say(r, "pid %d", (int)getpid());
	for (i = 0; i < COM_COUNT; i++)
		if (vm->legacy.com[i].tapped)
			control_say(r, "console %s", names[i]);
}

static bool control_power_button(void *arg)
{
	return pm_power_button(&((struct vm *)arg)->legacy.pm);
}

static void control_stop(void *arg)
{
	stopper_stop(&((struct vm *)arg)->stopper, 0);
}

static int vm_open_control(struct vm *vm, struct dm_error *err)
{
	const struct control_ops ops = { control_info, control_power_button,
					 control_stop, vm };

	return control_open(&vm->control, &vm->run, &vm->loop, &ops, err);
}

static int vm_with_devices(struct vm *vm, struct dm_error *err)
{
	int rc = event_loop_init(&vm->loop);

	if (rc)
		return dm_fail(err, rc, "no event loop: %s", strerror(-rc));
	rc = stopper_init(&vm->stopper, &vm->loop, &vm->life);
	if (rc) {
		dm_fail(err, rc, "no signal handling: %s", strerror(-rc));
		goto out;
	}
	rc = vm_init_devices(vm, err);
	if (!rc)
		rc = vm_open_control(vm, err);
	if (!rc)
		rc = vm_live(vm, err);
	vm_free_devices(vm);
	stopper_free(&vm->stopper, &vm->loop);
out:
	event_loop_free(&vm->loop);
	return rc;
}

static void vm_wire(struct vm *vm, const struct vm_config *cfg,
		    const struct vm_parts *parts)
{
	vm->cfg = cfg;
	vm->vmm = parts->vmm;
	vm->parts = parts;
	vm->ioreq.vmm = parts->vmm;
	vm->ioreq.pio = &vm->pio;
	vm->ioreq.mmio = &vm->mmio;
	vm->ioreq.pci = &vm->pci;
	vm->ioreq.life = &vm->life;
}

int vm_main(const struct vm_config *cfg, const struct vm_parts *parts)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	struct dm_error err = { "no memory" };
	int rc = -ENOMEM;

	if (!vm)
		goto out;
	vm_wire(vm, cfg, parts);
	guest_mem_split(&vm->mem, cfg->mem_size);
	rc = rundir_open(&vm->run, cfg->run_dir, cfg->name, &err);
	if (rc)
		goto out;
	rc = vm_alloc_page(vm, &err);
	if (rc)
		goto close_run;
	rc = parts->mem_alloc(&vm->backing, &vm->mem, cfg->hugetlb_path, &err);
	if (!rc) {
		rc = vm_with_devices(vm, &err);
		parts->mem_free(&vm->backing);
	}
	munmap(vm->ioreq.page, sizeof(*vm->ioreq.page));
	/* So late, as it tells that all of the VM is gone. */
	control_close(&vm->control);
close_run:
	rundir_close(&vm->run);
out:
	free(vm);
	if (rc >= 0)
		return rc;
	dm_msg("%s: %s", cfg->name, err.text);
	return DM_FAILURE;
}
