/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/apic.h"

#include "kit/cpu.h"
#include "kit/test.h"
#include "kit/trap.h"

#define SVR_ENABLE      BIT32(8)
#define X2APIC_MSR(reg) (MSR_X2APIC_BASE + ((reg) >> 4))
#define TIMER_MAX       0xffffffffU
#define MEASURE_MS      5

static u64 timer_per_ms;

bool apic_is_x2apic(void)
{
	return x86_rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD;
}

bool apic_has_x2apic(void)
{
	const char *have = option("x2apic");

	return !have || *have != 'n';
}

bool apic_may_be(bool x2apic)
{
	const char *only = option("lapic");

	if (x2apic && !apic_has_x2apic())
		return false;
	return !only || is_user_vm() ||
	       x2apic == (*only == 'x' && only[1] == '2');
}

static volatile u32 *page_reg(u32 reg)
{
	return (volatile u32 *)(uintptr_t)(APIC_PAGE + reg);
}

u32 apic_read(u32 reg)
{
	if (apic_is_x2apic())
		return (u32)x86_rdmsr(X2APIC_MSR(reg));
	return *page_reg(reg);
}

void apic_write(u32 reg, u32 val)
{
	if (apic_is_x2apic())
		x86_wrmsr(X2APIC_MSR(reg), val);
	else
		*page_reg(reg) = val;
}

u32 apic_id(void)
{
	u32 id = apic_read(LAPIC_ID);

	return apic_is_x2apic() ? id : id >> 24;
}

void apic_eoi(void)
{
	apic_write(LAPIC_EOI, 0);
}

void apic_icr(u32 dest, u32 low)
{
	if (apic_is_x2apic()) {
		x86_wrmsr(MSR_X2APIC_ICR, (u64)dest << 32 | low);
		return;
	}
	*page_reg(LAPIC_ICR_HIGH) = dest << 24;
	*page_reg(LAPIC_ICR) = low;
}

/* From x2APIC to xAPIC the way leads over "off": SDM vol 3, 11.12.5. */
void apic_enable(bool x2apic)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	if (!x2apic && (base & APIC_BASE_EXTD)) {
		base &= ~(APIC_BASE_EXTD | APIC_BASE_ENABLE);
		x86_wrmsr(MSR_APIC_BASE, base);
	}
	x86_wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	if (x2apic)
		x86_wrmsr(MSR_APIC_BASE,
			  base | APIC_BASE_ENABLE | APIC_BASE_EXTD);
	apic_write(LAPIC_SVR, SVR_ENABLE | VEC_SPURIOUS);
	apic_write(LAPIC_TPR, 0);
}

static bool vector_bit(u32 reg, u8 vector)
{
	return apic_read(reg + vector / 32U * 0x10) & BIT32(vector % 32U);
}

bool apic_in_service(u8 vector)
{
	return vector_bit(LAPIC_ISR, vector);
}

bool apic_requested(u8 vector)
{
	return vector_bit(LAPIC_IRR, vector);
}

static void timer_measure(void)
{
	apic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	apic_write(LAPIC_TIMER_DIVIDE, TIMER_DIV_1);
	apic_write(LAPIC_TIMER_INIT, TIMER_MAX);
	delay_us(MEASURE_MS * 1000);
	timer_per_ms =
		(TIMER_MAX - apic_read(LAPIC_TIMER_COUNT)) / MEASURE_MS + 1;
	apic_timer_stop();
}

void apic_timer_start(u32 lvt, u64 us)
{
	u64 ticks;

	if (!timer_per_ms)
		timer_measure();
	ticks = timer_per_ms * us / 1000;
	apic_write(LAPIC_TIMER_DIVIDE, TIMER_DIV_1);
	apic_write(LAPIC_LVT_TIMER, lvt);
	apic_write(LAPIC_TIMER_INIT, (u32)MAX(MIN(ticks, TIMER_MAX), 1UL));
}

void apic_timer_stop(void)
{
	apic_write(LAPIC_TIMER_INIT, 0);
}

static struct {
	u32 depth;
	u32 deepest;
	u32 came;
} nest;

#define NEST_US 2000

static void nest_handler(u8 vector)
{
	(void)vector;
	nest.depth++;
	nest.deepest = MAX(nest.deepest, nest.depth);
	if (nest.came++ == 0) {
		apic_icr(apic_id(), ICR_NMI | ICR_ASSERT);
		delay_us(NEST_US);
	}
	nest.depth--;
}

u32 apic_nest_nmis(u32 *taken)
{
	nest.depth = nest.deepest = nest.came = 0;
	trap_set_handler(VEC_NMI, nest_handler);
	apic_icr(apic_id(), ICR_NMI | ICR_ASSERT);
	WAIT_FOR(__atomic_load_n(&nest.came, __ATOMIC_SEQ_CST) == 2);
	trap_set_handler(VEC_NMI, NULL);
	*taken = nest.came;
	return nest.deepest;
}
