/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/guest.h"

#include "guest/x86/cell_power.h"
#include "guest/x86/ivshmem.h"
#include "guest/x86/vlapic_hw.h"
#include "arch/x86/asm.h"
#include "core/log.h"
#include "io/doorbell.h"
#include "io/ioreq.h"
#include "io/iospace.h"
#include "io/upcall.h"
#include "lib/errno.h"
#include "vm/sched.h"

static void cpuid_native(u32 leaf, u32 sub, struct cpuid_regs *out)
{
	struct cpuid_out r = x86_cpuid(leaf, sub);

	*out = (struct cpuid_regs){ r.eax, r.ebx, r.ecx, r.edx };
}

/* What the local APICs ask of the CPUs. */

static void apic_kick(void *arg)
{
	struct vcpu *vcpu = arg;

	if (vcpu->cpu != cpu_self())
		cpu_kick(vcpu->cpu);
	else
		vcpu->attention = true;
}

/* The CPU's own requests need no message: it looks before it goes on. */
static bool apic_send(void *arg, u8 vector)
{
	struct vcpu *vcpu = arg;

	return __atomic_load_n(&vcpu->guest->apic_by_cpu, __ATOMIC_RELAXED) &&
	       vcpu->cpu != cpu_self() &&
	       backend->vcpu_apic_send(&vcpu->hw, vector);
}

static struct vcpu *vcpu_by_apic(struct vm *vm, u32 apic_id)
{
	for (u32 i = 0; i < vm->nvcpus; i++)
		if (vm->vcpu[i]->lapic_id == apic_id)
			return vm->vcpu[i];
	return NULL;
}

static void apic_post(struct vm *vm, u32 apic_id, u32 request)
{
	struct vcpu *vcpu = vcpu_by_apic(vm, apic_id);

	if (vcpu)
		vcpu_post(vcpu, request);
}

static void apic_init(void *vm, u32 apic_id)
{
	apic_post(vm, apic_id, VCPU_REQ_INIT);
}

static void apic_sipi(void *vm, u32 apic_id, u8 vector)
{
	struct vcpu *vcpu = vcpu_by_apic(vm, apic_id);

	if (!vcpu)
		return;
	/* The request bit, set after it, publishes the vector. */
	__atomic_store_n(&vcpu->sipi_vector, vector, __ATOMIC_RELAXED);
	vcpu_post(vcpu, VCPU_REQ_SIPI);
}

static void apic_nmi(void *vm, u32 apic_id)
{
	apic_post(vm, apic_id, VCPU_REQ_NMI);
}

static void apic_eoi(void *arg, u8 vector)
{
	struct vm *vm = arg;

	vioapic_eoi(&vm->guest->virq.ioapic, vector);
}

static void apic_timer_arm(void *arg, u64 deadline)
{
	struct vcpu *vcpu = arg;

	vcpu->guest->timer_deadline = deadline ? deadline : GUEST_NO_DEADLINE;
	vcpu->attention = true;
}

static const struct vlapic_ops apic_ops = {
	.kick = apic_kick,
	.send = apic_send,
	.init = apic_init,
	.sipi = apic_sipi,
	.nmi = apic_nmi,
	.eoi = apic_eoi,
	.now = time_now,
	.timer_arm = apic_timer_arm,
};

static void pit_irq(void *arg, bool level)
{
	struct vm *vm = arg;

	virq_set_gsi(&vm->guest->virq, VIRQ_GSI_PIT, level);
}

/* Any vCPU may program the PIT; vCPU 0's CPU has the timer that serves it. */
static void pit_rearm(void *arg, u64 deadline)
{
	struct vm *vm = arg;

	__atomic_store_n(&vm->guest->pit_deadline, deadline, __ATOMIC_RELAXED);
	apic_kick(vm->vcpu[0]);
}

static const struct vpit_ops pit_ops = {
	.now = time_now,
	.irq = pit_irq,
	.rearm = pit_rearm,
};

static int guest_add_ranges(struct io_space *io, const struct vdev_range *v,
			    u32 n, void *dev)
{
	int rc = 0;

	for (u32 i = 0; i < n && rc == 0; i++) {
		struct io_range r = {
			.name = v[i].name,
			.base = v[i].base,
			.size = v[i].size,
			.read = v[i].read,
			.write = v[i].write,
			.dev = dev,
		};

		rc = v[i].mmio ? io_space_add_mmio(io, &r)
			       : io_space_add_pio(io, &r);
	}
	return rc;
}

/* The local APIC's page is not in it: whose it is depends on the vCPU. */
static int guest_add_devices(struct vm *vm)
{
	struct vm_guest *g = vm->guest;
	const struct {
		const struct vdev_range *range;
		u32 n;
		void *dev;
	} devices[] = {
		{ vioapic_ranges, ARRAY_SIZE(vioapic_ranges), &g->virq.ioapic },
		{ vpic_ranges, ARRAY_SIZE(vpic_ranges), &g->virq.pic },
		{ vpit_ranges, ARRAY_SIZE(vpit_ranges), &g->pit },
		{ vpmtimer_ranges, ARRAY_SIZE(vpmtimer_ranges), &g->pmtimer },
	};
	int rc = 0;

	for (u32 i = 0; i < ARRAY_SIZE(devices) && rc == 0; i++)
		rc = guest_add_ranges(vm->io, devices[i].range, devices[i].n,
				      devices[i].dev);
	return rc;
}

static void guest_init_lapic(struct vcpu *vcpu)
{
	struct vm_guest *g = vcpu->vm->guest;
	struct vlapic_config cfg = {
		.id = vcpu->lapic_id,
		.bsp = vcpu->id == 0,
		.ops = &apic_ops,
		.bus = &g->bus,
		.vcpu = vcpu,
		.vm = vcpu->vm,
	};

	g->lapic[vcpu->id] = &vcpu->guest->lapic;
	vlapic_init(&vcpu->guest->lapic, &cfg);
}

static void guest_init_chips(struct vm *vm)
{
	struct vm_guest *g = vm->guest;

	g->bus = (struct lapic_bus){ .v = g->lapic, .n = vm->nvcpus };
	virq_init(&g->virq, &g->bus);
	vpit_init(&g->pit, (u32)time_khz(), &pit_ops, vm);
	vpmtimer_init(&g->pmtimer, (u32)time_khz(), time_now);
	for (u32 i = 0; i < vm->nvcpus; i++)
		guest_init_lapic(vm->vcpu[i]);
}

static int guest_build_cpuid(struct vm *vm)
{
	struct cpuid_env env = {
		.kind = guest_kind_of(vm),
		.native = cpuid_native,
		.tsc_khz = (u32)time_khz(),
		.nvcpus = vm->nvcpus,
	};

	for (u32 i = 0; i < vm->nvcpus; i++) {
		struct vcpu *vcpu = vm->vcpu[i];

		env.max_lapic_id = MAX(env.max_lapic_id, vcpu->lapic_id);
		vcpu->guest->cpuid = (struct cpuid_vcpu){
			.vcpu_id = vcpu->id,
			.lapic_id = vcpu->lapic_id,
			.apic_enabled = true,
		};
	}
	return cpuid_table_build(&vm->guest->cpuid, &env);
}

/*
 * What the policy passes to hardware does not exit; all else does. The
 * Service VM has the machine's ports; who emulates one there traps it.
 */
static void guest_pass(struct vm *vm)
{
	const struct msr_rule *rule;

	if (vm->kind == VM_SERVICE)
		backend->vm_trap_pio(&vm->hw, 0, IO_PORTS, false);
	for (u32 i = 0; (rule = msr_policy_row(i)) != NULL; i++) {
		bool read = msr_policy_passes(guest_kind_of(vm), rule->first,
					      false);
		bool write =
			msr_policy_passes(guest_kind_of(vm), rule->first, true);

		if (!read && !write)
			continue;
		for (u64 msr = rule->first; msr <= rule->last; msr++)
			backend->vm_trap_msr(&vm->hw, (u32)msr, !read, !write);
	}
}

static void guest_destroy(struct vm *vm)
{
	if (vm->guest)
		ivshmem_disconnect_all(vm);
	for (u32 i = 0; i < vm->nvcpus; i++) {
		vm_mem_free(vm->vcpu[i]->guest, sizeof(struct vcpu_guest));
		vm->vcpu[i]->guest = NULL;
	}
	doorbells_free(vm);
	io_space_destroy(vm->io);
	vm->io = NULL;
	vm_mem_free(vm->guest, sizeof(struct vm_guest));
	vm->guest = NULL;
}

static int guest_alloc(struct vm *vm)
{
	vm->io = io_space_create(vm_pool());
	vm->guest = vm_mem_alloc(sizeof(struct vm_guest));
	if (!vm->io || !vm->guest)
		return -ENOMEM;
	vm->guest->pit_deadline = GUEST_NO_DEADLINE;
	for (u32 i = 0; i < vm->nvcpus; i++) {
		vm->vcpu[i]->guest = vm_mem_alloc(sizeof(struct vcpu_guest));
		if (!vm->vcpu[i]->guest)
			return -ENOMEM;
		vm->vcpu[i]->guest->timer_deadline = GUEST_NO_DEADLINE;
		guest_msrs_reset(&vm->vcpu[i]->guest->msrs);
	}
	return 0;
}

/* What a User VM has beside its CPUs. */
static int guest_create_user(struct vm *vm)
{
	guest_init_chips(vm);
	return guest_add_devices(vm);
}

/* A cell's CPUs come with their local APICs; all else is in its stage 2. */
static int guest_create_cell(struct vm *vm)
{
	int rc;

	for (u32 i = 0; i < vm->nvcpus; i++)
		direct_apic_reset(&vm->vcpu[i]->guest->direct);
	rc = guest_add_ranges(vm->io, &cell_power_range, 1, vm);
	if (rc == 0)
		rc = vpci_register(vm);
	return rc ? rc : direct_apic_register_cell(vm);
}

static int guest_create(struct vm *vm)
{
	int rc = guest_alloc(vm);

	if (rc == 0)
		rc = guest_build_cpuid(vm);
	if (rc == 0 && vm->kind == VM_USER)
		rc = guest_create_user(vm);
	if (rc == 0 && vm->kind == VM_CELL)
		rc = guest_create_cell(vm);
	if (rc) {
		guest_destroy(vm);
		return rc;
	}
	guest_pass(vm);
	return 0;
}

/* What the CPU still had of interrupts is forgotten. */
static void reset_lapic(struct vcpu *vcpu)
{
	struct apic_vectors gone;

	vlapic_reset(&vcpu->guest->lapic);
	if (vcpu->guest->apic_by_cpu)
		backend->vcpu_apic_own(&vcpu->hw, false, &gone);
	vcpu->guest->apic_by_cpu = false;
}

void guest_apic_follow(struct vcpu *vcpu)
{
	struct vcpu_guest *g = vcpu->guest;
	struct vlapic *lapic = &g->lapic;
	bool x2apic = vlapic_state(lapic) == VLAPIC_X2APIC;
	struct apic_vectors s;

	if (x2apic == g->apic_by_cpu)
		return;
	if (x2apic) {
		if (g->tpr_watched)
			backend->vcpu_watch(&vcpu->hw, VCPU_WATCH_TPR, false);
		g->tpr_watched = false;
		vlapic_hand_over(lapic, &s);
		g->apic_by_cpu = backend->vcpu_apic_own(&vcpu->hw, true, &s);
		if (!g->apic_by_cpu)
			vlapic_take_back(lapic, &s);
		return;
	}
	backend->vcpu_apic_own(&vcpu->hw, false, &s);
	g->apic_by_cpu = false;
	/* Switched off, it has forgotten them. */
	if (vlapic_state(lapic) != VLAPIC_DISABLED)
		vlapic_take_back(lapic, &s);
}

static void guest_reset_user(struct vm *vm)
{
	ioreq_reset(vm);
	virq_reset(&vm->guest->virq);
	vpit_reset(&vm->guest->pit);
	for (u32 i = 0; i < vm->nvcpus; i++)
		reset_lapic(vm->vcpu[i]);
}

static void guest_reset(struct vm *vm)
{
	vm->powered_off = false;
	if (vm->kind == VM_USER)
		guest_reset_user(vm);
	ivshmem_reset(vm);
	for (u32 i = 0; i < vm->nvcpus; i++) {
		struct vcpu_guest *v = vm->vcpu[i]->guest;

		direct_apic_reset(&v->direct);
		v->pvclock = 0;
		v->window = false;
		guest_vcpu_restart(vm->vcpu[i]);
		guest_msrs_reset(&v->msrs);
		v->cpuid.cr4 = 0;
		v->cpuid.xcr0 = 0;
		v->cpuid.apic_enabled = true;
	}
}

/* Holm's driver looks at the page and asks for the state, others do not. */
static void guest_died(struct vcpu *vcpu)
{
	log_info("vm %u: shut itself down", vcpu->vm->vmid);
	ivshmem_silence(vcpu->vm);
	if (upcall_is_by_vector() && vcpu->vm->kind == VM_USER)
		ioreq_power_off(vcpu);
	ioreq_tell_off(vcpu->vm);
}

const struct guest_ops guest_machine_ops = {
	.create = guest_create,
	.destroy = guest_destroy,
	.reset = guest_reset,
	.died = guest_died,
};

/* Flat segments; SDM vol 3, 3.4.5, as guest_seg packs the attributes. */
#define FLAT_CODE 0xc9bU
#define FLAT_DATA 0xc93U

static struct guest_seg flat(u16 sel, u16 attr)
{
	return (struct guest_seg){ sel, attr, 0xffffffffU, 0 };
}

static void enter_flat(struct guest_sregs *s)
{
	s->cr0 |= CR0_PE;
	s->seg[SEG_CS] = flat(0x8, FLAT_CODE);
	s->seg[SEG_DS] = flat(0x10, FLAT_DATA);
	s->seg[SEG_ES] = s->seg[SEG_DS];
	s->seg[SEG_SS] = s->seg[SEG_DS];
	s->seg[SEG_FS] = s->seg[SEG_DS];
	s->seg[SEG_GS] = s->seg[SEG_DS];
}

void guest_set_entry(struct vcpu *vcpu, u64 entry, bool start32)
{
	struct guest_sregs s;

	backend->vcpu_get_sregs(&vcpu->hw, &s);
	if (start32) {
		enter_flat(&s);
		vcpu->hw.regs.rip = entry;
	} else {
		s.seg[SEG_CS].base = entry & ~(u64)0xffff;
		s.seg[SEG_CS].sel = (u16)(s.seg[SEG_CS].base >> 4);
		vcpu->hw.regs.rip = entry & 0xffff;
	}
	backend->vcpu_set_sregs(&vcpu->hw, &s);
}

void guest_vcpu_init(struct vcpu *vcpu)
{
	vlapic_init_reset(&vcpu->guest->lapic);
	guest_vcpu_restart(vcpu);
}

void guest_timers_expire(struct vcpu *vcpu, u64 now)
{
	struct vm_guest *g = vcpu->vm->guest;
	u64 own = vcpu->guest->timer_deadline;

	if (own <= now)
		vlapic_timer_check(&vcpu->guest->lapic, now);
	if (vcpu->id == 0 &&
	    __atomic_load_n(&g->pit_deadline, __ATOMIC_RELAXED) <= now)
		vpit_expire(&g->pit, now);
}

int guest_pic_pending(struct vcpu *vcpu)
{
	struct virq *virq = &vcpu->vm->guest->virq;

	if (!virq_has_extint(virq, &vcpu->guest->lapic))
		return -1;
	return vpic_pending(&virq->pic);
}

int guest_irq_ack(struct vcpu *vcpu)
{
	struct vlapic *lapic = &vcpu->guest->lapic;
	int vector;

	if (guest_pic_pending(vcpu) >= 0)
		return virq_ack_extint(&vcpu->vm->guest->virq);
	vector = vlapic_pending(lapic);
	if (vector >= 0)
		vlapic_ack(lapic, (u8)vector);
	return vector;
}
