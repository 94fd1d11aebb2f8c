/* SPDX-License-Identifier: BSD-2-Clause */
/* How the machine of a User VM is wired. */
#include "tests/unit/vm_bench.h"

static u16 vmid;
static struct vm *vm;

static int setup(void **state)
{
	bench_setup(state);
	bench_take(1, 3);
	vmid = bench_create_running(0xe);
	vm = bench_vm(vmid);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(hc(HC_DESTROY_VM, vmid, 0), 0);
	return bench_teardown(state);
}

static struct vlapic *lapic(u32 vcpu)
{
	return &vm->vcpu[vcpu]->guest->lapic;
}

static void lapic_write(u32 vcpu, u32 reg, u64 val)
{
	assert_int_equal(vlapic_mmio_write(lapic(vcpu), reg, 4, &val), 0);
}

static void pio(u16 port, u8 byte)
{
	u64 v = byte;

	assert_true(io_space_pio(vm->io, port, 1, true, &v));
}

static u64 pio_in(u16 port, u32 size)
{
	u64 v = 0;

	assert_true(io_space_pio(vm->io, port, size, false, &v));
	return v;
}

static void mmio(u64 gpa, u64 val)
{
	assert_true(io_space_mmio(vm->io, gpa, 4, true, &val));
}

static void which_ports_and_pages(void **state)
{
	static const u16 ours[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1,
				    0x40, 0x41, 0x42, 0x43, 0x61,  0x408 };
	static const u16 others[] = { 0x1f,  0x22,  0x3f,  0x44,  0x60,
				      0x62,  0x70,  0x3f8, 0x400, 0x404,
				      0xcf8, 0xcfc, 0x407 };
	u64 v;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(ours); i++)
		assert_true(io_space_pio(vm->io, ours[i], 1, false, &v));
	for (u32 i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(io_space_pio(vm->io, others[i], 1, false, &v));
	assert_true(io_space_mmio(vm->io, 0xfec00000, 4, false, &v));
	assert_false(io_space_mmio(vm->io, 0xfee00000, 4, false, &v));
	assert_false(io_space_mmio(vm->io, 0xfec01000, 4, false, &v));
	/* The Service VM has the machine's own. */
	assert_false(io_space_pio(vm_service()->io, 0x20, 1, false, &v));
}

static void only_passed_msrs_pass(void **state)
{
	u32 traps = fake.count.msr_traps;
	u32 pass = 0;
	const struct msr_rule *rule;

	(void)state;
	for (u32 i = 0; (rule = msr_policy_row(i)) != NULL; i++)
		if (msr_policy_passes(GUEST_USER, rule->first, false) ||
		    msr_policy_passes(GUEST_USER, rule->first, true))
			pass += rule->last - rule->first + 1;
	assert_int_equal(hc(HC_DESTROY_VM, vmid, 0), 0);
	vmid = bench_create(2);
	vm = bench_vm(vmid);
	assert_true(pass > 0);
	assert_int_equal(fake.count.msr_traps, traps + pass);
	assert_int_equal(fake.count.pio_traps, 1); /* the Service VM's */
}

static void ids_and_cpuid(void **state)
{
	struct cpuid_regs r;

	(void)state;
	for (u32 i = 0; i < 3; i++) {
		u64 id = 0;

		vlapic_mmio_read(lapic(i), 0x20, 4, &id);
		assert_int_equal(id >> 24, 2 * i + 2);
		cpuid_table_lookup(&vm->guest->cpuid,
				   &vm->vcpu[i]->guest->cpuid, 1, 0, &r);
		assert_int_equal(r.ebx >> 24, 2 * i + 2);
		assert_true(!!(vlapic_base_read(lapic(i)) & APIC_BASE_BSP) ==
			    (i == 0));
	}
	cpuid_table_lookup(&vm->guest->cpuid, &vm->vcpu[0]->guest->cpuid,
			   0x40000001, 0, &r);
	assert_int_equal(r.eax & 1, 0);
	cpuid_table_lookup(&vm_service()->guest->cpuid,
			   &vm_service()->vcpu[0]->guest->cpuid, 0x40000001, 0,
			   &r);
	assert_int_equal(r.eax & 1, 1);
}

/* What was asked of a vCPU since it was made new. */
static u32 posted(u32 i)
{
	return vm->vcpu[i]->requests & ~VCPU_REQ_RENEW;
}

static void init_and_sipi_become_requests(void **state)
{
	(void)state;
	lapic_write(0, 0xf0, 0x1ff);
	lapic_write(0, 0x310, 4 << 24);
	lapic_write(0, 0x300, 0x4500); /* INIT */
	assert_int_equal(posted(1), VCPU_REQ_INIT);
	lapic_write(0, 0x300, 0x4699); /* SIPI, vector 0x99 */
	assert_int_equal(posted(1), VCPU_REQ_INIT | VCPU_REQ_SIPI);
	assert_int_equal(vm->vcpu[1]->sipi_vector, 0x99);
	assert_int_equal(posted(2), 0);
	lapic_write(0, 0x310, 6 << 24);
	lapic_write(0, 0x300, 0x4400); /* NMI */
	assert_int_equal(posted(2), VCPU_REQ_NMI);
	lapic_write(0, 0x310, 0x40 << 24); /* nobody */
	lapic_write(0, 0x300, 0x4500);
	assert_int_equal(posted(0), 0);
}

static void ipi_kicks_the_other_cpu(void **state)
{
	u32 kicks = fake.kicks[3];

	(void)state;
	lapic_write(0, 0xf0, 0x1ff);
	lapic_write(2, 0xf0, 0x1ff);
	lapic_write(0, 0x310, 6 << 24);
	lapic_write(0, 0x300, 0x4041);
	assert_int_equal(fake.kicks[3], kicks + 1);
	assert_int_equal(guest_irq_pending(vm->vcpu[2]), 0x41);
	assert_int_equal(guest_irq_pending(vm->vcpu[1]), -1);
}

static void pic_setup(void)
{
	pio(0x20, 0x11);
	pio(0x21, 0x30);
	pio(0x21, 4);
	pio(0x21, 1);
	pio(0x21, 0); /* nothing masked */
}

static void pic_reaches_vcpu_0(void **state)
{
	u32 kicks = fake.kicks[1];

	(void)state;
	pic_setup();
	lapic_write(0, 0xf0, 0x1ff);
	lapic_write(0, 0x350, 0x700); /* LINT0: ExtINT */
	assert_int_equal(guest_irq_pending(vm->vcpu[0]), -1);
	assert_int_equal(hc(HC_SET_IRQLINE, vmid, 4 | 2UL << 32), 0);
	assert_true(fake.kicks[1] > kicks);
	assert_int_equal(guest_irq_pending(vm->vcpu[0]), 0x34);
	assert_int_equal(guest_irq_pending(vm->vcpu[0]), 0x34); /* looks only */
	assert_int_equal(guest_irq_pending(vm->vcpu[1]), -1);
	assert_int_equal(guest_irq_ack(vm->vcpu[1]), -1);
	assert_int_equal(guest_irq_ack(vm->vcpu[0]), 0x34);
	assert_int_equal(guest_irq_pending(vm->vcpu[0]), -1);
	/* Masked at LINT0, the 8259s are not heard. */
	pio(0x20, 0x20);
	assert_int_equal(hc(HC_SET_IRQLINE, vmid, 4 | 2UL << 32), 0);
	lapic_write(0, 0x350, 0x10700);
	assert_int_equal(guest_irq_pending(vm->vcpu[0]), -1);
	assert_int_equal(guest_irq_ack(vm->vcpu[0]), -1);
	lapic_write(0, 0x350, 0x700);
	assert_int_equal(guest_irq_pending(vm->vcpu[0]), 0x34);
}

static void level_irq_waits_for_eoi(void **state)
{
	(void)state;
	lapic_write(1, 0xf0, 0x1ff);
	/* Pin 17: level, vector 0x61, to LAPIC 4. */
	mmio(0xfec00000, 0x10 + 2 * 17 + 1);
	mmio(0xfec00010, 4 << 24);
	mmio(0xfec00000, 0x10 + 2 * 17);
	mmio(0xfec00010, 0x8061);
	assert_int_equal(hc(HC_SET_IRQLINE, vmid, 17), 0);
	assert_int_equal(guest_irq_ack(vm->vcpu[1]), 0x61);
	assert_int_equal(guest_irq_pending(vm->vcpu[1]), -1);
	lapic_write(1, 0xb0, 0); /* still high: again */
	assert_int_equal(guest_irq_ack(vm->vcpu[1]), 0x61);
	assert_int_equal(hc(HC_SET_IRQLINE, vmid, 17 | 1UL << 32), 0);
	lapic_write(1, 0xb0, 0);
	assert_int_equal(guest_irq_pending(vm->vcpu[1]), -1);
}

static void lapic_timer(void **state)
{
	struct vcpu *v = vm->vcpu[1];
	u64 deadline;

	(void)state;
	assert_true(guest_next_deadline(v) == GUEST_NO_DEADLINE);
	lapic_write(1, 0xf0, 0x1ff);
	lapic_write(1, 0x320, 0xec);
	lapic_write(1, 0x3e0, 0xb); /* divide by 1 */
	lapic_write(1, 0x380, 5000);
	deadline = guest_next_deadline(v);
	assert_int_equal(deadline, fake.tsc + 5000);
	guest_timers_expire(v, deadline - 1);
	assert_int_equal(guest_irq_pending(v), -1);
	fake.tsc = deadline;
	guest_timers_expire(v, deadline);
	assert_int_equal(guest_irq_ack(v), 0xec);
	assert_true(guest_next_deadline(v) == GUEST_NO_DEADLINE);
}

static void pit_is_served_by_vcpu_0(void **state)
{
	u32 kicks = fake.kicks[1];
	u64 deadline;

	(void)state;
	pic_setup();
	lapic_write(0, 0xf0, 0x1ff);
	lapic_write(0, 0x350, 0x700);
	fake_self = 2; /* another vCPU's CPU programs it */
	pio(0x43, 0x34);
	pio(0x40, 0xa9);
	pio(0x40, 0x04);
	assert_true(fake.kicks[1] > kicks);
	assert_true(guest_next_deadline(vm->vcpu[1]) == GUEST_NO_DEADLINE);
	deadline = guest_next_deadline(vm->vcpu[0]);
	assert_true(deadline > fake.tsc && deadline != GUEST_NO_DEADLINE);
	fake_self = 1;
	for (u32 i = 0; i < 5; i++) {
		fake.tsc = deadline;
		guest_timers_expire(vm->vcpu[0], deadline);
		assert_int_equal(guest_irq_ack(vm->vcpu[0]), 0x30);
		pio(0x20, 0x20);
		assert_true(guest_next_deadline(vm->vcpu[0]) > deadline);
		deadline = guest_next_deadline(vm->vcpu[0]);
	}
}

static void pm_timer_counts(void **state)
{
	u64 was = pio_in(0x408, 4);

	(void)state;
	fake.tsc += fake.tsc_khz * 1000; /* a second */
	assert_in_range(pio_in(0x408, 4) - was, 3579544, 3579546);
}

static void reset_makes_all_new(void **state)
{
	struct vcpu *v = vm->vcpu[0];

	(void)state;
	pic_setup();
	lapic_write(0, 0xf0, 0x1ff);
	lapic_write(0, 0x350, 0x700);
	lapic_write(0, 0x320, 0xec);
	lapic_write(0, 0x380, 5000);
	pio(0x43, 0x34);
	pio(0x40, 0);
	pio(0x40, 0);
	v->guest->msrs.slot[MSR_S_BIOS_SIGN] = 5;
	v->guest->emu_log.count = 2;
	v->guest->pvclock = 0x1001;
	v->guest->cpuid.cr4 = BIT64(18);
	assert_int_equal(hc(HC_SET_IRQLINE, vmid, 4), 0);
	assert_int_equal(hc(HC_PAUSE_VM, vmid, 0), 0);
	assert_int_equal(hc(HC_RESET_VM, vmid, 0), 0);
	assert_int_equal(guest_irq_pending(v), -1);
	assert_true(guest_next_deadline(v) == GUEST_NO_DEADLINE);
	assert_int_equal(v->guest->msrs.slot[MSR_S_BIOS_SIGN], 0);
	assert_int_equal(v->guest->emu_log.count, 0);
	assert_int_equal(v->guest->pvclock, 0);
	assert_int_equal(v->guest->cpuid.cr4, 0);
	assert_int_equal(vm->guest->virq.ioapic.line, 0);
	assert_int_equal(lapic(0)->svr & 0x100, 0);
}

static void init_resets_one_vcpu(void **state)
{
	struct vcpu *v = vm->vcpu[1];

	(void)state;
	lapic_write(1, 0xf0, 0x1ff);
	lapic_write(1, 0x320, 0xec);
	lapic_write(1, 0x380, 5000);
	guest_vcpu_init(v);
	assert_true(guest_next_deadline(v) == GUEST_NO_DEADLINE);
	assert_int_equal(lapic(1)->svr & 0x100, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(which_ports_and_pages),
		TEST(only_passed_msrs_pass),
		TEST(ids_and_cpuid),
		TEST(init_and_sipi_become_requests),
		TEST(ipi_kicks_the_other_cpu),
		TEST(pic_reaches_vcpu_0),
		TEST(level_irq_waits_for_eoi),
		TEST(lapic_timer),
		TEST(pit_is_served_by_vcpu_0),
		TEST(pm_timer_counts),
		TEST(reset_makes_all_new),
		TEST(init_resets_one_vcpu),
	};

	return cmocka_run_group_tests_name("guest machine", tests, NULL, NULL);
}
