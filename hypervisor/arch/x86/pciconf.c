/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/pciconf.h"

#include "arch/x86/asm.h"

/* The address stands in one register for all CPUs. */
static bool in_use;

static void begin(void)
{
	while (__atomic_exchange_n(&in_use, true, __ATOMIC_ACQUIRE))
		x86_pause();
}

static void end(void)
{
	__atomic_store_n(&in_use, false, __ATOMIC_RELEASE);
}

static u32 in(u16 port, u32 size)
{
	if (size == 1)
		return x86_inb(port);
	return size == 2 ? x86_inw(port) : x86_inl(port);
}

static void out(u16 port, u32 size, u32 val)
{
	if (size == 1)
		x86_outb(port, (u8)val);
	else if (size == 2)
		x86_outw(port, (u16)val);
	else
		x86_outl(port, val);
}

u32 pciconf_data_read(u32 address, u32 lane, u32 size)
{
	u32 val;

	begin();
	x86_outl(PCI_CONFIG_ADDRESS, address);
	val = in((u16)(PCI_CONFIG_DATA + lane), size);
	end();
	return val;
}

void pciconf_data_write(u32 address, u32 lane, u32 size, u32 val)
{
	begin();
	x86_outl(PCI_CONFIG_ADDRESS, address);
	out((u16)(PCI_CONFIG_DATA + lane), size, val);
	end();
}
