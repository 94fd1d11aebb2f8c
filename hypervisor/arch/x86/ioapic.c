/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/ioapic.h"

static volatile u32 *at(volatile void *regs, u32 off)
{
	return (volatile u32 *)(volatile void *)((volatile u8 *)regs + off);
}

u32 ioapic_reg_read(volatile void *regs, u32 reg)
{
	*at(regs, IOREGSEL) = reg;
	return *at(regs, IOWIN);
}

void ioapic_reg_write(volatile void *regs, u32 reg, u32 val)
{
	*at(regs, IOREGSEL) = reg;
	*at(regs, IOWIN) = val;
}

void ioapic_eoi(volatile void *regs, u32 vector)
{
	*at(regs, IOEOI) = vector;
}
