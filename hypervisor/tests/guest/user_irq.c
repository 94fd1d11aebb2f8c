/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of a User VM: timers, messages, lines, priorities, windows. */
#include "abi/acrn.h"
#include "abi/holm.h"
#include "kit/apic.h"
#include "kit/host.h"
#include "kit/ioapic.h"
#include "kit/test.h"
#include "kit/trap.h"

#define VEC_A        0x41
#define VEC_HIGH     0xc1
#define VEC_PIC      0x70
#define PIT_GSI      2
#define DEVICE_GSI   17
#define ISA_GSI      5
#define MSI_TO_US    0xfee00000U
#define MSR_DEADLINE 0x6e0
#define PIT_CH0      0x40
#define PIT_MODE     0x43

static u32 taken(u8 vector)
{
	return kcpu_irqs(kcpu_self(), vector);
}

static void host_do(u32 op, u32 arg0, u32 arg1)
{
	x86_outl(HOST_ARG0, arg0);
	x86_outl(HOST_ARG1, arg1);
	x86_outl(HOST_COMMAND, op);
}

static u32 msi_address(void)
{
	return MSI_TO_US | apic_id() << 12;
}

/* Sleep until @vector came, or another interrupt after PATIENCE_MS. */
static bool sleeps_until(u8 vector, u32 before)
{
	u64 until = deadline_ms(PATIENCE_MS);

	irq_disable();
	while (taken(vector) == before && x86_rdtsc() < until)
		irq_wait();
	irq_enable();
	return taken(vector) != before;
}

static void timer_one_shot(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		u32 before = taken(VEC_A);

		apic_enable(x2);
		irq_disable();
		apic_timer_us(VEC_A, 3000);
		check(sleeps_until(VEC_A, before), "it does not come");
		delay_us(8000);
		check_eq(taken(VEC_A) - before, 1, "interrupts");
	}
}

static void timer_periodic(void)
{
	u32 before = taken(VEC_A);

	irq_disable();
	apic_timer_start(TIMER_PERIODIC | VEC_A, 2000);
	while (taken(VEC_A) - before < 5)
		if (!check(sleeps_until(VEC_A, taken(VEC_A)), "it stops"))
			break;
	apic_timer_stop();
	delay_us(5000);
	before = taken(VEC_A);
	delay_us(8000);
	check_eq(taken(VEC_A) - before, 0, "interrupts after the stop");
}

static void timer_counts_down(void)
{
	u32 a, b;

	apic_write(LAPIC_LVT_TIMER, LVT_MASKED | VEC_A);
	apic_write(LAPIC_TIMER_DIVIDE, TIMER_DIV_1);
	apic_write(LAPIC_TIMER_INIT, 0xffffffff);
	a = apic_read(LAPIC_TIMER_COUNT);
	delay_us(1000);
	b = apic_read(LAPIC_TIMER_COUNT);
	check(b < a, "it went from %x to %x", a, b);
	apic_timer_stop();
	check_eq(apic_read(LAPIC_TIMER_COUNT), 0, "count when stopped");
}

static void timer_deadline(void)
{
	u32 before = taken(VEC_A);

	irq_disable();
	apic_write(LAPIC_LVT_TIMER, TIMER_DEADLINE | VEC_A);
	x86_wrmsr(MSR_DEADLINE, deadline_ms(PATIENCE_MS));
	check(x86_rdmsr(MSR_DEADLINE) != 0, "it reads 0 while armed");
	x86_wrmsr(MSR_DEADLINE, deadline_ms(3));
	check(sleeps_until(VEC_A, before), "it does not come");
	check_eq(x86_rdmsr(MSR_DEADLINE), 0, "after it fired");
	before = taken(VEC_A);
	x86_wrmsr(MSR_DEADLINE, 1);
	check(WAIT_FOR(taken(VEC_A) == before + 1), "one in the past");
	x86_wrmsr(MSR_DEADLINE, deadline_ms(100));
	x86_wrmsr(MSR_DEADLINE, 0);
	delay_us(150000);
	check_eq(taken(VEC_A) - before, 1, "one disarmed");
	apic_write(LAPIC_LVT_TIMER, LVT_MASKED);
}

static u32 exits(enum holm_exit kind)
{
	return x86_inl((u16)(HOST_EXITS + 4 * kind));
}

/*
 * A deadline stops a guest that computes by the timer of the guest's CPU,
 * where that has one (timer=cpu), and else by an interrupt of the machine's.
 */
static void deadline_stops_guest(void)
{
	u32 timer = exits(HOLM_EXIT_TIMER), intr = exits(HOLM_EXIT_INTR);
	const char *by = option("timer");
	u32 n = 20;

	apic_write(LAPIC_LVT_TIMER, TIMER_DEADLINE | VEC_A);
	for (u32 i = 0; i < n; i++) {
		u32 before = taken(VEC_A);

		x86_wrmsr(MSR_DEADLINE, deadline_ms(1));
		check(WAIT_FOR(taken(VEC_A) != before), "deadline %u", i);
	}
	apic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	timer = exits(HOLM_EXIT_TIMER) - timer;
	intr = exits(HOLM_EXIT_INTR) - intr;
	say("%u deadlines: %u exits by the timer, %u by interrupts", n, timer,
	    intr);
	check(by ? timer >= n : timer == 0, "exits by the timer: %u", timer);
	check(by ? intr < n : intr >= n, "exits by interrupts: %u", intr);
}

static void pit_program(u8 mode, u16 count)
{
	x86_outb(PIT_MODE, (u8)(0x30 | mode << 1));
	x86_outb(PIT_CH0, (u8)count);
	x86_outb(PIT_CH0, (u8)(count >> 8));
}

static void pit_by_ioapic(void)
{
	u32 before = taken(VEC_A);

	pic_init(VEC_PIC, 0xffff);
	ioapic_set(PIT_GSI, VEC_A, apic_id());
	irq_disable();
	pit_program(2, 11932 / 4);
	for (u32 i = 0; i < 3; i++)
		check(sleeps_until(VEC_A, before + i), "period %u", i);
	pit_program(0, 0xffff);
	ioapic_set(PIT_GSI, RTE_MASKED, 0);
}

static void pic_handler(u8 vector)
{
	pic_eoi(vector - VEC_PIC);
}

static void pit_by_pic(void)
{
	u32 before = taken(VEC_PIC);

	ioapic_set(PIT_GSI, RTE_MASKED, 0);
	apic_write(LAPIC_LVT_LINT0, 7 << 8);
	trap_set_handler(VEC_PIC, pic_handler);
	pic_init(VEC_PIC, 0xfffe);
	irq_disable();
	pit_program(2, 11932 / 4);
	for (u32 i = 0; i < 3; i++)
		check(sleeps_until(VEC_PIC, before + i), "period %u", i);
	pit_program(0, 0xffff);
	pic_init(VEC_PIC, 0xffff);
	apic_write(LAPIC_LVT_LINT0, LVT_MASKED);
}

static void msi_wakes(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		u32 before = taken(VEC_A);

		apic_enable(x2);
		irq_disable();
		host_do(HOST_MSI | HOST_LATER, msi_address(), VEC_A);
		check(sleeps_until(VEC_A, before), "while asleep");
		host_do(HOST_MSI, msi_address(), VEC_A);
		check(WAIT_FOR(taken(VEC_A) == before + 2), "while running");
	}
}

static void msi_waits_for_sti(void)
{
	u32 before = taken(VEC_A);

	irq_disable();
	host_do(HOST_MSI, msi_address(), VEC_A);
	delay_us(2000);
	check_eq(taken(VEC_A), before, "it came with interrupts off");
	check(apic_requested(VEC_A), "it is not waiting");
	irq_enable();
	check(WAIT_FOR(taken(VEC_A) == before + 1), "it is lost");
}

static void msi_to_nobody(void)
{
	u32 before = taken(VEC_A);

	host_do(HOST_MSI, MSI_TO_US | 0x7b << 12, VEC_A);
	host_do(HOST_MSI, 0x12345000, VEC_A);
	delay_us(2000);
	check_eq(taken(VEC_A), before, "interrupts");
}

static void line_edge(void)
{
	u32 before = taken(VEC_A);

	ioapic_set(DEVICE_GSI, VEC_A, apic_id());
	irq_disable();
	host_do(HOST_IRQLINE | HOST_LATER, DEVICE_GSI, ACRN_IRQLINE_RAISING);
	check(sleeps_until(VEC_A, before), "a pulse while asleep");
	host_do(HOST_IRQLINE, DEVICE_GSI, ACRN_IRQLINE_HIGH);
	check(WAIT_FOR(taken(VEC_A) == before + 2), "a rising edge");
	host_do(HOST_IRQLINE, DEVICE_GSI, ACRN_IRQLINE_HIGH);
	delay_us(2000);
	check_eq(taken(VEC_A) - before, 2, "high again is no edge");
	host_do(HOST_IRQLINE, DEVICE_GSI, ACRN_IRQLINE_LOW);
	ioapic_set(DEVICE_GSI, RTE_MASKED, 0);
}

static u32 level_left;

/* As a driver: make the device let go, then the EOI comes. */
static void level_handler(u8 vector)
{
	(void)vector;
	if (level_left && --level_left == 0)
		host_do(HOST_IRQLINE, DEVICE_GSI, ACRN_IRQLINE_LOW);
}

static void line_level(void)
{
	u32 before = taken(VEC_A);

	trap_set_handler(VEC_A, level_handler);
	level_left = 3;
	ioapic_set(DEVICE_GSI, RTE_LEVEL | VEC_A, apic_id());
	irq_enable();
	host_do(HOST_IRQLINE, DEVICE_GSI, ACRN_IRQLINE_HIGH);
	check(WAIT_FOR(taken(VEC_A) == before + 3), "%u times while high",
	      taken(VEC_A) - before);
	delay_us(2000);
	check_eq(taken(VEC_A) - before, 3, "after it went low");
	check(!(ioapic_get(DEVICE_GSI) & RTE_REMOTE_IRR), "remote IRR");
	trap_set_handler(VEC_A, NULL);
	ioapic_set(DEVICE_GSI, RTE_MASKED, 0);
}

static void line_level_masked(void)
{
	u32 before = taken(VEC_A);

	ioapic_set(DEVICE_GSI, RTE_LEVEL | RTE_MASKED | VEC_A, apic_id());
	host_do(HOST_IRQLINE, DEVICE_GSI, ACRN_IRQLINE_HIGH);
	delay_us(1000);
	check_eq(taken(VEC_A), before, "masked");
	trap_set_handler(VEC_A, level_handler);
	level_left = 1;
	ioapic_set(DEVICE_GSI, RTE_LEVEL | VEC_A, apic_id());
	check(WAIT_FOR(taken(VEC_A) == before + 1), "unmasked while high");
	trap_set_handler(VEC_A, NULL);
	ioapic_set(DEVICE_GSI, RTE_MASKED, 0);
}

static void line_by_pic(void)
{
	u32 before = taken(VEC_PIC + ISA_GSI);

	apic_write(LAPIC_LVT_LINT0, 7 << 8);
	trap_set_handler(VEC_PIC + ISA_GSI, pic_handler);
	pic_init(VEC_PIC, (u16)~BIT32(ISA_GSI));
	irq_disable();
	host_do(HOST_IRQLINE | HOST_LATER, ISA_GSI, ACRN_IRQLINE_RAISING);
	check(sleeps_until(VEC_PIC + ISA_GSI, before), "through the PIC");
	pic_init(VEC_PIC, 0xffff);
	apic_write(LAPIC_LVT_LINT0, LVT_MASKED);
}

static void self_ipi(u8 vector)
{
	apic_icr(0, ICR_TO_SELF | ICR_ASSERT | vector);
}

static void priority_by_tpr(void)
{
	u32 a = taken(VEC_A), high = taken(VEC_HIGH);

	irq_enable();
	apic_write(LAPIC_TPR, 0x50);
	self_ipi(VEC_A);
	self_ipi(VEC_HIGH);
	check(WAIT_FOR(taken(VEC_HIGH) == high + 1), "the high one is lost");
	delay_us(2000);
	check_eq(taken(VEC_A), a, "the low one came");
	apic_write(LAPIC_TPR, 0);
	check(WAIT_FOR(taken(VEC_A) == a + 1), "the low one is lost");
}

#define LAPIC_SELF_IPI  0x3f0
#define X2APIC_ESR      (MSR_X2APIC_BASE + (LAPIC_ESR >> 4))
#define X2APIC_SELF_IPI (MSR_X2APIC_BASE + (LAPIC_SELF_IPI >> 4))

static void write_cr8(u64 val)
{
	__asm__ volatile("mov %0, %%cr8" : : "r"(val) : "memory");
}

static u64 read_cr8(void)
{
	u64 val;

	__asm__ volatile("mov %%cr8, %0" : "=r"(val));
	return val;
}

static void priority_by_cr8(void)
{
	u32 a = taken(VEC_A);

	irq_enable();
	/* The very next exit does not bring an older priority back. */
	for (u32 x2 = 0; x2 < 2; x2++) {
		apic_enable(x2);
		write_cr8(7);
		if (x2)
			x86_wrmsr(X2APIC_ESR, 0);
		else
			*(volatile u32 *)(uintptr_t)(APIC_PAGE + LAPIC_ESR) = 0;
		check_eq(read_cr8(), 7, "CR8 after a write of ESR");
		write_cr8(0);
	}
	write_cr8(5);
	check_eq(read_cr8(), 5, "CR8");
	check_eq(apic_read(LAPIC_TPR), 0x50, "TPR after CR8");
	self_ipi(VEC_A);
	delay_us(2000);
	check_eq(taken(VEC_A), a, "the low one came");
	write_cr8(0);
	check(WAIT_FOR(taken(VEC_A) == a + 1), "the low one is lost");
	apic_write(LAPIC_TPR, 0x30);
	check_eq(read_cr8(), 3, "CR8 after TPR");
	write_cr8(0);
}

/* Of two that wait, the higher is first; equal class waits for EOI. */
static void order(void)
{
	struct kcpu *cpu = kcpu_self();
	u32 n = cpu->irq_n;

	irq_disable();
	self_ipi(0x51);
	self_ipi(0x52);
	self_ipi(0x91);
	irq_enable();
	check(WAIT_FOR(cpu->irq_n == n + 3), "%u came", cpu->irq_n - n);
	check_eq(cpu->irq_order[n % 8], 0x91, "first");
	check_eq(cpu->irq_order[(n + 1) % 8], 0x52, "second");
	check_eq(cpu->irq_order[(n + 2) % 8], 0x51, "third");
}

static void all_vectors(void)
{
	for (u32 x2 = 0; x2 < 2; x2++) {
		apic_enable(x2);
		irq_enable();
		for (u32 v = 0x20; v < 0xff; v++) {
			u32 before = taken((u8)v);

			self_ipi((u8)v);
			if (!check(WAIT_FOR(taken((u8)v) == before + 1),
				   "vector %x is lost", v))
				return;
		}
	}
}

static void interrupt_shadow(void)
{
	u32 before = taken(VEC_A);
	u32 inside = 0;

	irq_disable();
	self_ipi(VEC_A);
	/* STI lets one more instruction pass: it reads the counter first. */
	__asm__ volatile("sti; movl %1, %0; nop; nop; cli"
			 : "=r"(inside)
			 : "m"(kcpu_self()->irqs[VEC_A])
			 : "memory");
	check_eq(inside, before, "in the shadow of STI");
	check_eq(taken(VEC_A), before + 1, "after it");
	irq_enable();
}

static void nmi_to_self(void)
{
	u32 before = taken(VEC_NMI);

	irq_disable();
	apic_icr(apic_id(), ICR_NMI | ICR_ASSERT);
	check(WAIT_FOR(taken(VEC_NMI) == before + 1), "it is lost");
	apic_icr(apic_id(), ICR_NMI | ICR_ASSERT);
	check(WAIT_FOR(taken(VEC_NMI) == before + 2), "the second is lost");
	irq_enable();
}

static void nmis_do_not_nest(void)
{
	u32 taken;

	check_eq(apic_nest_nmis(&taken), 1, "depth");
	check_eq(taken, 2, "NMIs");
}

/* HLT with interrupts off, as a CPU sleeps that only an NMI may wake. */
static void nmi_ends_halt(void)
{
	u32 before = taken(VEC_NMI);

	irq_disable();
	host_do(HOST_MSI | HOST_LATER, msi_address(), ICR_NMI);
	__asm__ volatile("hlt");
	check_eq(taken(VEC_NMI), before + 1, "NMIs");
	irq_enable();
}

/* Other ways to say who gets a message. */
static void msi_destinations(void)
{
	u32 before;

	apic_enable(false);
	apic_write(LAPIC_DFR, 0xffffffff);
	apic_write(LAPIC_LDR, 0x04000000);
	irq_enable();
	before = taken(VEC_A);
	host_do(HOST_MSI, MSI_TO_US | 0x04 << 12 | BIT32(2), VEC_A);
	check(WAIT_FOR(taken(VEC_A) == before + 1), "logical");
	host_do(HOST_MSI, MSI_TO_US | 0x0c << 12 | BIT32(2) | BIT32(3),
		VEC_A | ICR_LOWEST);
	check(WAIT_FOR(taken(VEC_A) == before + 2), "lowest priority");
	host_do(HOST_MSI, MSI_TO_US | 0xff << 12, VEC_A);
	check(WAIT_FOR(taken(VEC_A) == before + 3), "broadcast");
	host_do(HOST_MSI, MSI_TO_US | 0x02 << 12 | BIT32(2), VEC_A);
	delay_us(2000);
	check_eq(taken(VEC_A), before + 3, "another's logical id");
}

/* A vector that must not be sent is an error of the sender's. */
static void illegal_vector(void)
{
	apic_enable(false);
	apic_write(LAPIC_ESR, 0);
	self_ipi(5);
	apic_write(LAPIC_ESR, 0);
	check(apic_read(LAPIC_ESR) & 0x60, "ESR is %x", apic_read(LAPIC_ESR));
	check(!apic_requested(5), "it is requested");
}

/* The CPU may do it by itself; then a vector of its own exits after it. */
static void self_ipi_register(void)
{
	u32 before = taken(VEC_A);

	apic_enable(true);
	irq_enable();
	apic_write(LAPIC_SELF_IPI, VEC_A);
	check(WAIT_FOR(taken(VEC_A) == before + 1), "it is lost");
	irq_disable();
	apic_write(LAPIC_SELF_IPI, VEC_A);
	check(apic_requested(VEC_A), "it is not requested");
	check_eq(taken(VEC_A), before + 1, "it came");
	irq_enable();
	check(WAIT_FOR(taken(VEC_A) == before + 2), "it is lost later");
	apic_write(LAPIC_ESR, 0);
	apic_write(LAPIC_SELF_IPI, 5);
	apic_write(LAPIC_ESR, 0);
	check(apic_read(LAPIC_ESR) & BIT32(5), "ESR is %x",
	      apic_read(LAPIC_ESR));
	check_eq(try_wrmsr(X2APIC_SELF_IPI, 0x100 | VEC_A), VEC_GP,
		 "more than a vector");
	check_eq(taken(VEC_A), before + 2, "it came again");
	apic_enable(false);
}

static void lapic_modes(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);
	u64 val;

	apic_enable(false);
	check_eq(try_rdmsr(0x802, &val), VEC_GP, "x2APIC MSR in xAPIC mode");
	apic_enable(true);
	check_eq(try_rdmsr(0x802, &val), NO_FAULT, "in x2APIC mode");
	check_eq(val, x86_inl(HOST_LAPIC_ID), "id");
	check_eq(try_wrmsr(0x802, 1), VEC_GP, "the id is read-only");
	check_eq(try_rdmsr(0x831, &val), VEC_GP, "there is no ICR2");
	check_eq(try_wrmsr(MSR_APIC_BASE,
			   (base | APIC_BASE_ENABLE) & ~APIC_BASE_EXTD),
		 VEC_GP, "x2APIC to xAPIC directly");
	check_eq(try_wrmsr(MSR_APIC_BASE, base | BIT64(50)), VEC_GP,
		 "reserved bits");
	apic_enable(false);
}

/* clang-format off */
const struct test tests[] = {
	{ "timer_one_shot", timer_one_shot },
	{ "timer_periodic", timer_periodic },
	{ "timer_counts_down", timer_counts_down },
	{ "timer_deadline", timer_deadline },
	{ "deadline_stops_guest", deadline_stops_guest },
	{ "pit_by_ioapic", pit_by_ioapic },
	{ "pit_by_pic", pit_by_pic },
	{ "msi_wakes", msi_wakes },
	{ "msi_waits_for_sti", msi_waits_for_sti },
	{ "msi_to_nobody", msi_to_nobody },
	{ "line_edge", line_edge },
	{ "line_level", line_level },
	{ "line_level_masked", line_level_masked },
	{ "line_by_pic", line_by_pic },
	{ "priority_by_tpr", priority_by_tpr },
	{ "priority_by_cr8", priority_by_cr8 },
	{ "order", order },
	{ "all_vectors", all_vectors },
	{ "interrupt_shadow", interrupt_shadow },
	{ "nmi_to_self", nmi_to_self },
	{ "nmis_do_not_nest", nmis_do_not_nest },
	{ "nmi_ends_halt", nmi_ends_halt },
	{ "msi_destinations", msi_destinations },
	{ "illegal_vector", illegal_vector },
	{ "self_ipi_register", self_ipi_register },
	{ "lapic_modes", lapic_modes },
	{ NULL, NULL },
};
/* clang-format on */
