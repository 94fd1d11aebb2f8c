/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's I/O and MSR permission maps, APM vol 2, 15.10 and 15.11. */
#include "arch/x86/svm/svm.h"

#include "lib/errno.h"

static const struct trap_layout layout = {
	.io_pages = 3,
	.msr_pages = 2,
	.msr_bits = 2,
	.msr_write = 1,
	.ranges = 3,
	.range = { { 0x00000000, 0x0000 },
		   { 0xc0000000, 0x0800 },
		   { 0xc0010000, 0x1000 } },
};

int svm_vm_init(struct hw_vm *vm)
{
	vm->priv = trap_maps_new(&layout);
	return vm->priv ? 0 : -ENOMEM;
}

void svm_vm_free(struct hw_vm *vm)
{
	trap_maps_delete(vm->priv, &layout);
	vm->priv = NULL;
}

void svm_vm_trap_pio(struct hw_vm *vm, u16 port, u32 count, bool trap)
{
	trap_maps_put_ports(vm->priv, port, count, trap);
}

void svm_vm_trap_msr(struct hw_vm *vm, u32 msr, bool read, bool write)
{
	trap_maps_put_msr(vm->priv, &layout, msr, read, write);
}

bool svm_vm_passes(const struct hw_vm *vm, enum hw_access what, u32 nr)
{
	if (what == HW_PORT)
		return trap_maps_port_passes(vm->priv, nr);
	return trap_maps_msr_passes(vm->priv, &layout, nr,
				    what == HW_MSR_WRITE);
}
