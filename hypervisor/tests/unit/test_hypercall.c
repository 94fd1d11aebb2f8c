/* SPDX-License-Identifier: BSD-2-Clause */
/* Every hypercall: who may call it, with what, when. */
#include "tests/unit/vm_bench.h"

enum argument { NO_POINTER, ARG1, ARG2 };

/* What the tests below need to know of each. */
static const struct {
	u32 nr;
	bool takes_vmid; /* in RDI */
	enum argument pointer;
} calls[] = {
	{ HC_GET_API_VERSION, false, ARG1 },
	{ HC_SOS_REMOVE_CPU, false, NO_POINTER },
	{ HC_SET_CALLBACK_VECTOR, false, NO_POINTER },
	{ HC_CREATE_VM, false, ARG1 },
	{ HC_DESTROY_VM, true, NO_POINTER },
	{ HC_START_VM, true, NO_POINTER },
	{ HC_PAUSE_VM, true, NO_POINTER },
	{ HC_CREATE_VCPU, true, NO_POINTER },
	{ HC_RESET_VM, true, NO_POINTER },
	{ HC_SET_VCPU_REGS, true, ARG2 },
	{ HC_INJECT_MSI, true, ARG2 },
	{ HC_VM_INTR_MONITOR, true, ARG2 },
	{ HC_SET_IRQLINE, true, NO_POINTER },
	{ HC_SET_IOREQ_BUFFER, true, ARG2 },
	{ HC_NOTIFY_REQUEST_FINISH, true, NO_POINTER },
	{ HC_VM_GPA2HPA, true, ARG2 },
	{ HC_VM_SET_MEMORY_REGIONS, false, ARG1 },
	{ HC_PM_GET_CPU_STATE, false, NO_POINTER },
	{ HC_HOLM_QUERY, false, ARG1 },
	{ HC_HOLM_RETURN_CPU, false, NO_POINTER },
	{ HC_HOLM_TRACE, false, NO_POINTER },
	{ HC_HOLM_DOORBELL, true, ARG2 },
	{ HC_HOLM_CELL_CREATE, false, NO_POINTER },
	{ HC_HOLM_CELL_LOAD, false, ARG1 },
	{ HC_HOLM_CELL_START, false, NO_POINTER },
	{ HC_HOLM_CELL_STOP, false, NO_POINTER },
	{ HC_HOLM_CELL_DESTROY, false, NO_POINTER },
	{ HC_HOLM_CELL_ASK, false, NO_POINTER },
};

static bool is_known(u32 nr)
{
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr)
			return true;
	return false;
}

static void unknown_numbers(void **state)
{
	(void)state;
	for (u32 i = 0; i < 0x1000; i++)
		if (!is_known(HC_ID(i)))
			assert_int_equal(hc(HC_ID(i), 1, BENCH_ARG), -ENOTTY);
	/* The high half counts as well. */
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		assert_int_equal(hc(calls[i].nr & 0xff, 0, 0), -ENOTTY);
		assert_int_equal(hc(calls[i].nr ^ BIT32(30), 0, 0), -ENOTTY);
		assert_int_equal(hc(calls[i].nr | BIT32(8), 0, 0), -ENOTTY);
	}
}

static void user_vm_gets_ud(void **state)
{
	u16 vmid;
	struct vcpu *user;
	u64 used;

	(void)state;
	bench_take(1, 1);
	vmid = bench_create_running(2);
	user = bench_vm(vmid)->vcpu[0];
	used = bench_used();
	for (u32 i = 0; i < 0x200; i++) {
		bool ud = false;

		assert_int_equal(
			hypercall_dispatch(user, HC_ID(i), vmid, 0, &ud), 0);
		assert_true(ud);
	}
	assert_int_equal(bench_vm(vmid)->state, VM_STATE_RUNNING);
	assert_int_equal(bench_used(), used);
}

static void no_such_vm(void **state)
{
	static const u64 ids[] = { 0, 2, 0xffff, 0x10001, ~0UL };

	(void)state;
	bench_take(1, 1);
	assert_int_equal(bench_create(2), 1);
	memset(fake.ram + BENCH_ARG, 0, PAGE_SIZE);
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!calls[i].takes_vmid || calls[i].nr == HC_SET_VCPU_REGS)
			continue;
		for (u32 n = 0; n < ARRAY_SIZE(ids); n++) {
			if (calls[i].nr == HC_VM_GPA2HPA && ids[n] == 0)
				continue;
			assert_int_equal(hc(calls[i].nr, ids[n], BENCH_ARG),
					 -ENOTTY);
		}
	}
	assert_int_equal(bench_region(0, 0, 0, 0, 0x1000, BENCH_RWX_WB),
			 -ENOTTY);
	assert_int_equal(bench_region(9, 0, 0, 0, 0x1000, BENCH_RWX_WB),
			 -ENOTTY);
	assert_int_equal(vm_service()->state, VM_STATE_RUNNING);
}

static void bad_pointers(void **state)
{
	static const u64 bad[] = {
		BENCH_HOLE, BENCH_HOLE - 4, BENCH_RAM - 4,
		BENCH_RAM,  BENCH_MMIO,     FAKE_POOL_HPA,
		~0UL,       ~0UL - 7,       BIT64(48),
	};
	u64 used;

	(void)state;
	bench_take(1, 1);
	assert_int_equal(bench_create(2), 1);
	used = bench_used();
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		for (u32 n = 0; n < ARRAY_SIZE(bad); n++) {
			u64 a1 = calls[i].pointer == ARG1 ? bad[n] : 1;
			u64 a2 = calls[i].pointer == ARG2 ? bad[n] : 0;

			if (calls[i].pointer == NO_POINTER)
				continue;
			assert_int_equal(hc(calls[i].nr, a1, a2), -EFAULT);
		}
	}
	assert_int_equal(bench_used(), used);
	assert_int_equal(vm_count(), 2);
}

static void answers_need_writable_memory(void **state)
{
	struct acrn_abi_vm_creation c = { .cpu_affinity = 2 };
	u64 used = bench_used();

	(void)state;
	bench_take(1, 1);
	assert_int_equal(hc(HC_GET_API_VERSION, BENCH_RO, 0), -EFAULT);
	/* A VM that nobody would hear of does not stay. */
	bench_put(BENCH_RO, &c, sizeof(c));
	assert_int_equal(hc(HC_CREATE_VM, BENCH_RO, 0), -EFAULT);
	assert_int_equal(vm_count(), 1);
	assert_int_equal(bench_used(), used);
	assert_null(cpu_get(1)->vcpu);
	/* A structure that runs over a page's end is fine. */
	bench_put(BENCH_ARG + PAGE_SIZE - 20, &c, sizeof(c));
	assert_int_equal(hc(HC_CREATE_VM, BENCH_ARG + PAGE_SIZE - 20, 0), 0);
	assert_int_equal(hc(HC_DESTROY_VM, 1, 0), 0);
	assert_int_equal(bench_used(), used);
}

static void version_and_vector(void **state)
{
	struct acrn_abi_version v;

	(void)state;
	assert_int_equal(hc(HC_GET_API_VERSION, BENCH_ARG, 0), 0);
	bench_get(&v, BENCH_ARG, sizeof(v));
	assert_int_equal(v.major, 1);
	assert_int_equal(v.minor, 0);
	assert_int_equal(hc(HC_SET_CALLBACK_VECTOR, 0xf3, 0), 0);
	assert_int_equal(fake.upcall_vector, 0xf3);
	assert_int_equal(hc(HC_SET_CALLBACK_VECTOR, 0x1f, 0), -EINVAL);
	assert_int_equal(hc(HC_SET_CALLBACK_VECTOR, 0x100, 0), -EINVAL);
}

/* CREATE */

static s64 create(const struct acrn_abi_vm_creation *in,
		  struct acrn_abi_vm_creation *out)
{
	s64 rc = hc(HC_CREATE_VM, bench_put(BENCH_ARG, in, sizeof(*in)), 0);

	bench_get(out, BENCH_ARG, sizeof(*out));
	return rc;
}

static void create_answers(void **state)
{
	struct acrn_abi_vm_creation in = {
		.vmid = 77,
		.name = "acrn vm\x1b[2J\xff",
		.vcpu_num = 5, /* the mask says how many */
		.vm_flag = ACRN_VM_IO_POLLING,
		.ioreq_buf = ~0UL,
		.cpu_affinity = 6,
	};
	struct acrn_abi_vm_creation out;
	struct vm *vm;

	(void)state;
	bench_take(1, 2);
	assert_int_equal(create(&in, &out), 0);
	assert_int_equal(out.vmid, 1);
	assert_int_equal(out.vcpu_num, 2);
	assert_int_equal(out.cpu_affinity, 6);
	vm = bench_vm(1);
	assert_string_equal(vm->name, "acrn_vm_[2J_");
	assert_int_equal(vm->flags, ACRN_VM_IO_POLLING);
	assert_true(vm->ioreq_page.v == ADDR_NONE);
	/* A name without an end. */
	assert_int_equal(hc(HC_DESTROY_VM, 1, 0), 0);
	memset(in.name, 'x', sizeof(in.name));
	assert_int_equal(create(&in, &out), 0);
	assert_string_equal(bench_vm(1)->name, "xxxxxxxxxxxxxxx");
}

static void create_refuses(void **state)
{
	const struct acrn_abi_vm_creation good = { .cpu_affinity = 2 };
	struct acrn_abi_vm_creation in = good, out;
	u64 used;

	(void)state;
	bench_take(1, 1);
	used = bench_used();
	in.reserved0 = 1;
	assert_int_equal(create(&in, &out), -EINVAL);
	in = good;
	in.reserved1 = 1;
	assert_int_equal(create(&in, &out), -EINVAL);
	for (u32 bit = 0; bit < 64; bit++) {
		in = good;
		in.vm_flag = BIT64(bit);
		if (in.vm_flag == ACRN_VM_IO_POLLING)
			continue;
		assert_int_equal(create(&in, &out), -EINVAL);
		assert_memory_equal(&in, &out, sizeof(in));
	}
	in = good;
	in.cpu_affinity = 0;
	assert_int_equal(create(&in, &out), -EINVAL); /* no vCPUs */
	in.vcpu_num = 2;
	assert_int_equal(create(&in, &out), -EBUSY);
	in.cpu_affinity = 1;
	assert_int_equal(create(&in, &out), -EBUSY);
	in.cpu_affinity = 0x10;
	assert_int_equal(create(&in, &out), -EINVAL);
	assert_int_equal(bench_used(), used);
	assert_int_equal(vm_count(), 1);
	/* Failure inside is told in ACRN's way. */
	bench_hog(3);
	in = good;
	assert_int_equal(create(&in, &out), 0);
	assert_int_equal(out.vmid, ACRN_VMID_INVALID);
	bench_unhog();
	assert_int_equal(bench_used(), used);
}

/* States */

/* What each call answers in each state of the VM. */
static void state_rules(void **state)
{
	static const struct {
		u32 nr;
		s64 rc[4]; /* CREATED, RUNNING, PAUSED, OFF */
	} rules[] = {
		{ HC_START_VM, { 0, -EPERM, 0, -EPERM } },
		{ HC_PAUSE_VM, { 0, 0, 0, 0 } },
		{ HC_RESET_VM, { -EPERM, -EPERM, 0, 0 } },
		{ HC_SET_VCPU_REGS, { 0, -EPERM, 0, 0 } },
		{ HC_CREATE_VCPU, { 0, 0, 0, 0 } },
		{ HC_DESTROY_VM, { 0, 0, 0, 0 } },
		{ HC_NOTIFY_REQUEST_FINISH, { 0, 0, 0, 0 } },
	};
	struct acrn_abi_vcpu_regs regs = { .regs.cs_ar = 0x9b };

	(void)state;
	bench_take(1, 1);
	bench_put(BENCH_ARG2, &regs, sizeof(regs));
	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		for (u32 s = 0; s < 4; s++) {
			bool regs_call = rules[i].nr == HC_SET_VCPU_REGS;
			u16 id = bench_create_ready(2);

			if (s > 0)
				assert_int_equal(hc(HC_START_VM, id, 0), 0);
			if (s == 2)
				assert_int_equal(hc(HC_PAUSE_VM, id, 0), 0);
			if (s == 3)
				vm_shutdown_self(bench_vm(id)->vcpu[0]);
			assert_int_equal(
				hc(rules[i].nr, id, regs_call ? BENCH_ARG2 : 0),
				rules[i].rc[s]);
			if (rules[i].nr != HC_DESTROY_VM)
				assert_int_equal(hc(HC_DESTROY_VM, id, 0), 0);
		}
	}
}

static void start_needs_a_request_page(void **state)
{
	u16 id;

	(void)state;
	bench_take(1, 1);
	id = bench_create(2);
	assert_int_equal(hc(HC_START_VM, id, 0), -EPERM);
	assert_int_equal(bench_vm(id)->state, VM_STATE_CREATED);
	/* A reset has no slots to free then. */
	assert_int_equal(hc(HC_PAUSE_VM, id, 0), 0);
	assert_int_equal(hc(HC_START_VM, id, 0), -EPERM);
	assert_int_equal(hc(HC_RESET_VM, id, 0), 0);
}

/* CPUs */

static void cpus_by_hypercall(void **state)
{
	(void)state;
	assert_int_equal(hc(HC_SOS_REMOVE_CPU, 0, 0), -EINVAL);
	assert_int_equal(hc(HC_SOS_REMOVE_CPU, 2, 0), -EBUSY);
	bench_offline(1, true);
	assert_int_equal(hc(HC_SOS_REMOVE_CPU, 2, 0), 0);
	assert_int_equal(hc(HC_SOS_REMOVE_CPU, 2, 0), -EBUSY);
	assert_int_equal(hc(HC_HOLM_RETURN_CPU, 4, 0), -EINVAL);
	assert_int_equal(bench_create(2), 1);
	assert_int_equal(hc(HC_HOLM_RETURN_CPU, 2, 0), -EBUSY);
	assert_int_equal(hc(HC_DESTROY_VM, 1, 0), 0);
	assert_int_equal(hc(HC_HOLM_RETURN_CPU, 2, 0), 0);
	assert_int_equal(hc(HC_HOLM_RETURN_CPU, 2, 0), -EINVAL);
}

static void pm_state(void **state)
{
	(void)state;
	bench_take(1, 1);
	assert_int_equal(bench_create(2), 1);
	for (u64 type = 0; type < 4; type++)
		assert_int_equal(
			hc(HC_PM_GET_CPU_STATE, 1 << 24 | type, BENCH_ARG),
			-ENODEV);
	assert_int_equal(hc(HC_PM_GET_CPU_STATE, 1 << 24 | 4, 0), -EINVAL);
	assert_int_equal(hc(HC_PM_GET_CPU_STATE, 1 << 24 | 1 << 16, 0),
			 -EINVAL);
	assert_int_equal(hc(HC_PM_GET_CPU_STATE, 2 << 24, 0), -ENOTTY);
	assert_int_equal(hc(HC_PM_GET_CPU_STATE, 0x101000000, 0), -EINVAL);
}

/* Interrupts */

static void enable_apic(struct vcpu *v)
{
	u64 svr = 0x1ff;

	vlapic_mmio_write(&v->guest->lapic, 0xf0, 4, &svr);
}

static s64 msi(u16 id, u64 addr, u64 data)
{
	struct acrn_abi_msi m = { addr, data };

	return hc(HC_INJECT_MSI, id, bench_put(BENCH_ARG, &m, sizeof(m)));
}

static void msi_reaches_the_vcpu(void **state)
{
	u16 id;
	struct vcpu *v;
	u32 kicks;

	(void)state;
	bench_take(1, 2);
	id = bench_create_running(6);
	v = bench_vm(id)->vcpu[1]; /* LAPIC id 4 */
	enable_apic(v);
	kicks = fake.kicks[2];
	assert_int_equal(msi(id, 0xfee04000, 0x51), 0);
	assert_int_equal(guest_irq_pending(v), 0x51);
	assert_int_equal(fake.kicks[2], kicks + 1);
	assert_int_equal(guest_irq_ack(v), 0x51);
	assert_int_equal(guest_irq_pending(v), -1);
	assert_int_equal(guest_irq_ack(v), -1);
	assert_int_equal(msi(id, 0xfed04000, 0x51), -EINVAL);
	assert_int_equal(msi(id, 0xfee04000, 0x351), -EINVAL); /* mode 3 */
	assert_int_equal(msi(id, 0xfee30000, 0x51), 0);        /* for nobody */
	assert_int_equal(guest_irq_pending(v), -1);
}

static void irqline(void **state)
{
	u16 id;
	struct vm *vm;

	(void)state;
	bench_take(1, 1);
	id = bench_create_running(2);
	vm = bench_vm(id);
	assert_int_equal(hc(HC_SET_IRQLINE, id, 20), 0);
	assert_int_equal(vm->guest->virq.ioapic.line, BIT64(20));
	assert_int_equal(hc(HC_SET_IRQLINE, id, 20 | 1UL << 32), 0);
	assert_int_equal(vm->guest->virq.ioapic.line, 0);
	assert_int_equal(hc(HC_SET_IRQLINE, id, 4 | 2UL << 32), 0);
	assert_int_equal(hc(HC_SET_IRQLINE, id, 47), 0);
	assert_int_equal(hc(HC_SET_IRQLINE, id, 48), -EINVAL);
	assert_int_equal(hc(HC_SET_IRQLINE, id, 0xffffffff), -EINVAL);
	assert_int_equal(hc(HC_SET_IRQLINE, id, 4 | 4UL << 32), -EINVAL);
	assert_int_equal(hc(HC_SET_IRQLINE, id, ~0UL), -EINVAL);
}

static void intr_monitor(void **state)
{
	struct acrn_abi_intr_monitor m = { .cmd = ACRN_INTR_GET,
					   .buf_cnt = 48 };

	(void)state;
	bench_take(1, 1);
	assert_int_equal(bench_create(2), 1);
	bench_put(BENCH_ARG, &m, sizeof(m));
	assert_int_equal(hc(HC_VM_INTR_MONITOR, 1, BENCH_ARG), 0);
	bench_get(&m, BENCH_ARG, sizeof(m));
	assert_int_equal(m.buf_cnt, 0);
	m.cmd = ACRN_INTR_DELAY;
	bench_put(BENCH_ARG, &m, sizeof(m));
	assert_int_equal(hc(HC_VM_INTR_MONITOR, 1, BENCH_ARG), -ENODEV);
	m.cmd = 2;
	bench_put(BENCH_ARG, &m, sizeof(m));
	assert_int_equal(hc(HC_VM_INTR_MONITOR, 1, BENCH_ARG), -EINVAL);
	m.cmd = 0;
	m.buf_cnt = 49;
	bench_put(BENCH_ARG, &m, sizeof(m));
	assert_int_equal(hc(HC_VM_INTR_MONITOR, 1, BENCH_ARG), -EINVAL);
}

static void gpa2hpa(void **state)
{
	struct acrn_abi_gpa2hpa v = { .gpa = 0x1234 };

	(void)state;
	bench_take(1, 1);
	assert_int_equal(bench_create(2), 1);
	assert_int_equal(bench_region(1, ACRN_REGION_ADD, 0, BENCH_DONATE,
				      MIB(2), BENCH_RWX_WB),
			 0);
	bench_put(BENCH_ARG, &v, sizeof(v));
	assert_int_equal(hc(HC_VM_GPA2HPA, 1, BENCH_ARG), 0);
	bench_get(&v, BENCH_ARG, sizeof(v));
	assert_int_equal(v.hpa, BENCH_DONATE + 0x1234);
	v.gpa = MIB(2);
	bench_put(BENCH_ARG, &v, sizeof(v));
	assert_int_equal(hc(HC_VM_GPA2HPA, 1, BENCH_ARG), -EFAULT);
	assert_int_equal(hc(HC_VM_GPA2HPA, 0, BENCH_ARG), 0);
	bench_get(&v, BENCH_ARG, sizeof(v));
	assert_int_equal(v.hpa, MIB(2));
	v.gpa = BENCH_HOLE;
	bench_put(BENCH_ARG, &v, sizeof(v));
	assert_int_equal(hc(HC_VM_GPA2HPA, 0, BENCH_ARG), -EFAULT);
}

#define TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unknown_numbers),
		TEST(user_vm_gets_ud),
		TEST(no_such_vm),
		TEST(bad_pointers),
		TEST(answers_need_writable_memory),
		TEST(version_and_vector),
		TEST(create_answers),
		TEST(create_refuses),
		TEST(state_rules),
		TEST(start_needs_a_request_page),
		TEST(cpus_by_hypercall),
		TEST(pm_state),
		TEST(msi_reaches_the_vcpu),
		TEST(irqline),
		TEST(intr_monitor),
		TEST(gpa2hpa),
	};

	return cmocka_run_group_tests_name("hypercalls", tests, NULL, NULL);
}
