/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/cell_power.h"

#include "abi/cell.h"
#include "core/cpu.h"
#include "core/log.h"
#include "lib/errno.h"
#include "vm/vm.h"

enum { SLEEP_CONTROL, SLEEP_STATUS, RESET, POWER_PORTS };

/* ACPI 6.5, table 4.19: sleep control. */
#define SLP_EN       BIT32(5)
#define SLP_TYP(val) ((val) >> 2 & 7)

/* Always awake: nothing here ever slept. */
static int power_read(void *dev, u32 port, u32 size, u64 *val)
{
	(void)dev;
	(void)port;
	(void)size;
	*val = 0;
	return 0;
}

static void power_off(struct vm *vm)
{
	log_guest("cell '%s': powers itself off", vm->name);
	__atomic_store_n(&vm->powered_off, true, __ATOMIC_RELAXED);
	vm_shutdown_self(cpu_self()->vcpu);
}

static void reset(const struct vm *vm)
{
	log_guest("cell '%s': resets itself, which ends it", vm->name);
	vm_shutdown_self(cpu_self()->vcpu);
}

/* The writing vCPU is the one that runs on this CPU. */
static int power_write(void *dev, u32 port, u32 size, u64 *val)
{
	struct vm *vm = dev;
	u32 at = port - HOLM_CELL_POWER;
	u32 byte = (u8)*val;

	if (size != 1)
		return -EINVAL;
	if (at == SLEEP_CONTROL && (byte & SLP_EN) &&
	    SLP_TYP(byte) == HOLM_CELL_S5)
		power_off(vm);
	if (at == RESET && byte == HOLM_CELL_RESET)
		reset(vm);
	return 0;
}

const struct vdev_range cell_power_range = {
	.name = "cell power",
	.base = HOLM_CELL_POWER,
	.size = POWER_PORTS,
	.read = power_read,
	.write = power_write,
};
