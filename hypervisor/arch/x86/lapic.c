/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/lapic.h"

#include "arch/x86/asm.h"
#include "arch/x86/trap.h"

#define SVR_ENABLE  BIT32(8)
#define LVT_EXTINT  (7U << 8)
#define DIVIDE_BY_1 0xb
#define TIMER_MAX   0xffffffffU

/* SDM vol 4, table 2-2 */
#define MSR_ARCH_CAPABILITIES    0x10a
#define ARCH_CAP_XAPIC_DISABLE   BIT64(21)
#define MSR_XAPIC_DISABLE_STATUS 0xbd
#define XAPIC_DISABLED           BIT64(0)

static volatile u8 *lapic_regs;
static bool stays_x2apic;
/* Timer ticks a TSC tick, as a 32.32 fraction. */
static u64 timer_ratio;

void lapic_init(volatile void *regs)
{
	lapic_regs = regs;
}

bool lapic_is_x2apic(void)
{
	return x86_rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD;
}

static bool is_locked(void)
{
	u64 caps, status;

	if (x86_cpuid(0, 0).eax < 7 || !(x86_cpuid(7, 0).edx & BIT32(29)))
		return false;
	return x86_rdmsr_safe(MSR_ARCH_CAPABILITIES, &caps) &&
	       (caps & ARCH_CAP_XAPIC_DISABLE) &&
	       x86_rdmsr_safe(MSR_XAPIC_DISABLE_STATUS, &status) &&
	       (status & XAPIC_DISABLED);
}

void lapic_find_lock(bool stay)
{
	stays_x2apic = stay || is_locked();
}

bool lapic_stays_x2apic(void)
{
	return stays_x2apic;
}

/* SDM vol 3, figure 11-29: x2APIC is left by way of disabled. */
void lapic_set_mode(bool x2apic)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	if (x2apic == lapic_is_x2apic() || (!x2apic && stays_x2apic))
		return;
	if (!x2apic) {
		base &= ~(APIC_BASE_ENABLE | APIC_BASE_EXTD);
		x86_wrmsr(MSR_APIC_BASE, base);
	}
	base |= APIC_BASE_ENABLE | (x2apic ? APIC_BASE_EXTD : 0);
	x86_wrmsr(MSR_APIC_BASE, base);
}

static u32 xapic_read(u32 reg)
{
	return *(volatile u32 *)(lapic_regs + reg);
}

static void xapic_write(u32 reg, u32 v)
{
	*(volatile u32 *)(lapic_regs + reg) = v;
}

u32 lapic_read(u32 reg)
{
	if (lapic_is_x2apic())
		return (u32)x86_rdmsr(MSR_X2APIC_BASE + (reg >> 4));
	return xapic_read(reg);
}

void lapic_write(u32 reg, u32 v)
{
	if (lapic_is_x2apic())
		x86_wrmsr(MSR_X2APIC_BASE + (reg >> 4), v);
	else
		xapic_write(reg, v);
}

u32 lapic_id(void)
{
	u32 id = lapic_read(LAPIC_ID);

	return lapic_is_x2apic() ? id : id >> 24;
}

void lapic_icr(u32 dest, u32 low)
{
	u32 high;

	if (lapic_is_x2apic()) {
		x86_wrmsr(MSR_X2APIC_ICR, ((u64)dest << 32) | low);
		return;
	}
	/*
	 * A guest that owns this LAPIC writes ICR high, then low; its write
	 * of low traps, but Holm may come in between the two.
	 */
	high = xapic_read(LAPIC_ICR_HIGH);
	while (xapic_read(LAPIC_ICR) & ICR_PENDING)
		x86_pause();
	xapic_write(LAPIC_ICR_HIGH, dest << 24);
	xapic_write(LAPIC_ICR, low);
	while (xapic_read(LAPIC_ICR) & ICR_PENDING)
		x86_pause();
	xapic_write(LAPIC_ICR_HIGH, high);
}

bool lapic_in_service(u8 vector)
{
	return lapic_read(LAPIC_ISR + vector / 32U * 0x10) >> (vector % 32U) &
	       1;
}

void lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

static void lapic_mask_all(void)
{
	static const u16 lvt[] = { LAPIC_LVT_TIMER, LAPIC_LVT_PMC,
				   LAPIC_LVT_LINT0, LAPIC_LVT_LINT1,
				   LAPIC_LVT_ERROR, LAPIC_LVT_THERMAL };
	u32 max = (lapic_read(LAPIC_VERSION) >> 16) & 0xff;

	for (u32 i = 0; i < ARRAY_SIZE(lvt) && i <= max; i++)
		lapic_write(lvt[i], LVT_MASKED);
	lapic_write(LAPIC_TIMER_INIT, 0);
}

void lapic_takeover(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	if (!(base & APIC_BASE_ENABLE))
		x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	lapic_mask_all();
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
}

void lapic_clear(void)
{
	lapic_takeover();
	/* Answer to no logical name that a guest may still use. */
	if (!lapic_is_x2apic())
		lapic_write(LAPIC_LDR, 0);
	/* At most one in service per vector. */
	for (u32 n = 0; n < 256; n++) {
		u32 any = 0;

		for (u32 i = 0; i < 8; i++)
			any |= lapic_read(LAPIC_ISR + i * 0x10);
		if (!any)
			return;
		lapic_eoi();
	}
}

void lapic_virtual_wire(void)
{
	lapic_write(LAPIC_LVT_LINT0, LVT_EXTINT);
	lapic_write(LAPIC_LVT_LINT1, ICR_NMI);
}

void lapic_timer_calibrate(u64 tsc_khz)
{
	u64 start, ticks, tsc = tsc_khz * 10; /* 10 ms */

	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_TIMER_INIT, TIMER_MAX);
	start = x86_rdtsc();
	while (x86_rdtsc() - start < tsc)
		x86_pause();
	ticks = TIMER_MAX - lapic_read(LAPIC_TIMER_COUNT);
	lapic_write(LAPIC_TIMER_INIT, 0);
	timer_ratio = (ticks << 32) / tsc;
}

u64 lapic_timer_khz(u64 tsc_khz)
{
	return (tsc_khz * timer_ratio) >> 32;
}

void lapic_timer_arm(u64 tsc_ticks)
{
	__extension__ unsigned __int128 wide =
		(unsigned __int128)tsc_ticks * timer_ratio;
	u64 ticks = (u64)(wide >> 32);

	ticks = ticks > TIMER_MAX ? TIMER_MAX : ticks + !ticks;
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
	lapic_write(LAPIC_TIMER_INIT, (u32)ticks);
}

void lapic_timer_stop(void)
{
	lapic_write(LAPIC_TIMER_INIT, 0);
}
