/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A User VM that does at random what it may do: MSRs, ports, device memory,
 * its interrupt controllers. It need not make sense; it must not hurt.
 */
#include "kit/apic.h"
#include "kit/host.h"
#include "kit/ioapic.h"
#include "kit/test.h"
#include "kit/trap.h"

#define ROUNDS       2500
#define MSR_GS_BASE_ 0xc0000101

static u64 seed = 88172645463325252;

static u64 rnd(u64 below)
{
	return random_next(&seed) % below;
}

static u64 random_value(void)
{
	switch (rnd(4)) {
	case 0:
		return rnd(256);
	case 1:
		return BIT64(rnd(64));
	case 2:
		return ~0UL >> rnd(64);
	default:
		return random_next(&seed);
	}
}

/* GS base and the mode of the LAPIC are what this program stands on. */
static bool is_vital(u32 msr)
{
	return msr == MSR_GS_BASE_ || msr == MSR_FS_BASE ||
	       msr == MSR_APIC_BASE || msr == MSR_EFER;
}

static void msrs(void)
{
	static const u32 base[] = { 0,          0x170,      0x1a0,
				    0x200,      0x250,      0x2f0,
				    0x400,      0x6e0,      0xc0000080,
				    0xc0000100, 0xc0010000, 0xc0010110,
				    0xc0011020, 0x4b564d00, 0x40000000 };
	u32 faults = 0;
	u64 val;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 msr = base[rnd(ARRAY_SIZE(base))] + (u32)rnd(32);

		if (rnd(8) == 0)
			msr = (u32)random_next(&seed);
		if (msr >= 0x800 && msr < 0x900)
			continue;
		faults += try_rdmsr(msr, &val) != NO_FAULT;
		if (!is_vital(msr))
			faults += try_wrmsr(msr, random_value()) != NO_FAULT;
	}
	check(faults > 0, "nothing was refused");
	x86_wrmsr(0x4b564d00, 0);
	x86_wrmsr(0x4b564d01, 0);
}

static u16 random_port(void)
{
	static const u16 base[] = { 0x20,  0x40,  0x60,         0x70,
				    0x80,  0xa0,  0xcf8,        0x4d0,
				    0x600, 0x400, HOST_SCRATCH, 0x3f8 };
	u16 port = rnd(4) ? (u16)(base[rnd(ARRAY_SIZE(base))] + rnd(16))
			  : (u16)rnd(0x10000);

	/* Not those that have a meaning to the device model. */
	if ((port >= 0xf0 && port < 0xf8) || (port >= 0x3f0 && port < 0x400) ||
	    (port >= 0x570 && port < 0x600))
		return 0x80;
	return port;
}

/* A PIC told of vectors below 32 would send what look like exceptions. */
static u8 tame(u16 port, u64 val)
{
	if ((port & ~0x80) == 0x20 || (port & ~0x80) == 0x21)
		return (u8)(val & ~0x10UL);
	return (u8)val;
}

static void ports(void)
{
	for (u32 i = 0; i < ROUNDS / 4; i++) {
		u16 port = random_port();
		u64 val = random_value();

		switch (rnd(6)) {
		case 0:
			x86_outb(port, tame(port, val));
			break;
		case 1:
			x86_outw(port, tame(port, val));
			break;
		case 2:
			x86_outl(port, tame(port, val));
			break;
		case 3:
			x86_inb(port);
			break;
		case 4:
			x86_inw(port);
			break;
		default:
			x86_inl(port);
		}
	}
	pic_init(0x70, 0xffff);
}

static u64 random_device(void)
{
	switch (rnd(4)) {
	case 0:
		return 0xfee00000 + rnd(PAGE_SIZE);
	case 1:
		return 0xfec00000 + rnd(rnd(2) ? 0x20 : PAGE_SIZE);
	case 2:
		return HOST_MMIO + rnd(PAGE_SIZE);
	default:
		return 0x80000000 + rnd(0x7f000000);
	}
}

struct access {
	u64 at;
	u64 val;
	u32 how;
};

static void do_access(void *arg)
{
	const struct access *a = arg;
	volatile void *p = (volatile void *)(uintptr_t)a->at;

	switch (a->how) {
	case 0:
		*(volatile u8 *)p = (u8)a->val;
		return;
	case 1:
		*(volatile u16 *)p = (u16)a->val;
		return;
	case 2:
		*(volatile u32 *)p = (u32)a->val;
		return;
	case 3:
		*(volatile u64 *)p = a->val;
		return;
	case 4:
		__asm__ volatile("lock addl %1, (%0)" : : "r"(p), "r"(1));
		return;
	case 5:
		__asm__ volatile("xchgq %1, (%0)" : : "r"(p), "r"(a->val));
		return;
	case 6:
		(void)*(volatile u64 *)p;
		return;
	default:
		(void)*(volatile u8 *)p;
	}
}

/* Of the local APIC only what cannot stop or confuse this very vCPU. */
static bool is_too_much(const struct access *a)
{
	u64 reg = a->at & 0xff0;

	if (a->at < 0xfee00000 || a->at >= 0xfee01000 || a->how > 5)
		return false;
	return (reg >= 0x300 && reg < 0x380) || reg == 0xf0 || reg == 0xe0 ||
	       reg == 0xd0 || (a->at & 0xf) > 8;
}

/* And of the I/O APIC: vectors below 32, INIT. */
static void tame_ioapic(struct access *a)
{
	if (a->at >= 0xfec00000 && a->at < 0xfec01000)
		a->val = (a->val & ~0x700UL) | 0x20;
}

static void devices(void)
{
	u32 faults = 0;

	apic_enable(false);
	irq_enable();
	for (u32 i = 0; i < ROUNDS / 4; i++) {
		struct access a = { random_device(), random_value(),
				    (u32)rnd(8) };

		tame_ioapic(&a);
		if (!is_too_much(&a))
			faults += probe(do_access, &a) != NO_FAULT;
	}
	apic_write(LAPIC_TPR, 0);
	check(faults < ROUNDS / 4, "everything faulted");
}

static void interrupts(void)
{
	u32 before = kcpu_self()->irq_n;

	irq_enable();
	for (u32 i = 0; i < ROUNDS; i++)
		apic_icr((u32)rnd(256),
			 (u32)(ICR_ASSERT | rnd(4) << 18 | rnd(2) << 11 |
			       rnd(2) << 8 | (0x20 + rnd(0xd0))));
	apic_icr(0, ICR_TO_SELF | ICR_ASSERT | 0x41);
	check(kcpu_self()->irq_n > before, "none came");
}

static void mode_changes(void)
{
	for (u32 i = 0; i < ROUNDS / 10; i++) {
		u64 val;

		try_wrmsr(MSR_APIC_BASE, 0xfee00000 | rnd(16) << 8);
		try_rdmsr(0x800 + (u32)rnd(0x40), &val);
	}
	apic_enable(true);
	apic_enable(false);
	irq_enable();
	apic_icr(0, ICR_TO_SELF | ICR_ASSERT | 0x41);
	check(WAIT_FOR(kcpu_irqs(kcpu_self(), 0x41) > 0), "the LAPIC is dead");
}

static void still_answers(void)
{
	x86_outl(HOST_SCRATCH, 0x600dcafe);
	check_eq(x86_inl(HOST_SCRATCH), 0x600dcafe, "scratch");
}

/* clang-format off */
const struct test tests[] = {
	{ "msrs", msrs },
	{ "ports", ports },
	{ "devices", devices },
	{ "interrupts", interrupts },
	{ "mode_changes", mode_changes },
	{ "still_answers", still_answers },
	{ NULL, NULL },
};
/* clang-format on */
