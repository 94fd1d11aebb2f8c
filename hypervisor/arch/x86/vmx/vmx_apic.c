/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual interrupt delivery in x2APIC mode; SDM vol 3, 30.1 and 30.5. The
 * virtual-APIC page holds what is requested and in service; the guest's
 * priority, its EOI and the delivery cost no exit. The page is the CPU's
 * while the guest runs, and ours between two runs: requests from elsewhere
 * come with a kick.
 */
#include "arch/x86/vmx/vmx.h"

#include "arch/x86/lapic.h"
#include "arch/x86/trap.h"
#include "lib/string.h"

#define VAPIC_TPR 0x80
#define VAPIC_ISR 0x100
#define VAPIC_IRR 0x200

#define BY_CPU \
	(SECONDARY_X2APIC | SECONDARY_APIC_REGISTER | SECONDARY_VIRTUAL_INTR)

/* One word in 16 bytes, as the APIC's registers lie. */
static volatile u32 *word(struct vmx_vcpu *s, u32 reg, u32 i)
{
	return (volatile u32 *)(void *)(s->vapic + reg + 16 * i);
}

/* The highest vector of a register row; 0 if there is none. */
static u32 highest(struct vmx_vcpu *s, u32 reg)
{
	for (u32 i = 8; i > 0; i--) {
		u32 bits = *word(s, reg, i - 1);

		if (bits)
			return 32 * (i - 1) + 31 - (u32)__builtin_clz(bits);
	}
	return 0;
}

/* Guest interrupt status: what is in service above what is requested. */
static void write_status(struct vmx_vcpu *s)
{
	u64 status = highest(s, VAPIC_ISR) << 8 | highest(s, VAPIC_IRR);

	vmcs_write(VMCS_GUEST_INTR_STATUS, status);
}

/* Of word @i the vectors of @irr: exit at the EOI of those in @tmr. */
static void write_eoi_exits(struct vmx_vcpu *s, u32 i, u32 irr, u32 tmr)
{
	u32 shift = 32 * (i & 1);
	u64 old = s->eoi_exits[i / 2];
	u64 bits = (old & ~((u64)irr << shift)) | (u64)(irr & tmr) << shift;

	if (likely(old == bits))
		return;
	s->eoi_exits[i / 2] = bits;
	vmcs_write(vmcs_nth(VMCS_EOI_EXIT_BITMAP, i / 2), bits);
}

static bool can_deliver(const struct vmx_vcpu *s)
{
	return (s->primary & PRIMARY_TPR_SHADOW) &&
	       vmx_caps_have(vmx_caps_get(), WORD_SECONDARY, BY_CPU);
}

static bool cpu_takes_posts(void)
{
	return vmx_caps_have(vmx_caps_get(), WORD_PIN, PIN_POSTED_INTERRUPTS);
}

/*
 * A CPU that does not take posts exits for a notification, as it does for a
 * kick. Only debug builds post to such a one, so that all of this is run.
 */
static bool may_post(void)
{
	return cpu_takes_posts() || VMX_CHECK_LAUNCH;
}

static void write_posted(struct vmx_vcpu *s, bool on)
{
	if (!cpu_takes_posts())
		return;
	s->pin &= ~PIN_POSTED_INTERRUPTS;
	if (on)
		s->pin |= PIN_POSTED_INTERRUPTS;
	vmcs_write(VMCS_PIN_CONTROLS, s->pin);
}

static void switch_on(struct hw_vcpu *v, const struct apic_vectors *from)
{
	const struct trap_maps *vm = v->vm->priv;
	struct vmx_vcpu *s = vmx_of(v);

	for (u32 i = 0; i < 8; i++) {
		*word(s, VAPIC_ISR, i) = from->isr[i];
		*word(s, VAPIC_IRR, i) = from->irr[i];
	}
	s->by_cpu = true;
	s->secondary |= BY_CPU;
	vmcs_write(VMCS_SECONDARY_CONTROLS, s->secondary);
	vmcs_write(VMCS_MSR_BITMAP, vm->msr_hpa.v + PAGE_SIZE);
	for (u32 i = 0; i < 4; i++) {
		s->eoi_exits[i] = 0;
		vmcs_write(vmcs_nth(VMCS_EOI_EXIT_BITMAP, i), 0);
	}
	for (u32 i = 0; i < 8; i++)
		write_eoi_exits(s, i, from->irr[i] | from->isr[i],
				from->tmr[i]);
	write_status(s);
	write_posted(s, true);
	__atomic_store_n(&s->posting, may_post(), __ATOMIC_SEQ_CST);
}

static void switch_off(struct hw_vcpu *v, struct apic_vectors *into)
{
	const struct trap_maps *vm = v->vm->priv;
	struct vmx_vcpu *s = vmx_of(v);

	memset(into, 0, sizeof(*into));
	/* First: who posts later sees it, and takes back what it posted. */
	__atomic_store_n(&s->posting, false, __ATOMIC_SEQ_CST);
	pi_take(&s->pi, into->irr);
	for (u32 i = 0; i < 8; i++) {
		into->isr[i] = *word(s, VAPIC_ISR, i);
		into->irr[i] |= *word(s, VAPIC_IRR, i);
		*word(s, VAPIC_ISR, i) = 0;
		*word(s, VAPIC_IRR, i) = 0;
	}
	s->by_cpu = false;
	write_posted(s, false);
	s->secondary &= ~BY_CPU;
	vmcs_write(VMCS_SECONDARY_CONTROLS, s->secondary);
	vmcs_write(VMCS_MSR_BITMAP, vm->msr_hpa.v);
}

bool vmx_vcpu_apic_own(struct hw_vcpu *v, bool by_cpu, struct apic_vectors *s)
{
	struct vmx_vcpu *own = vmx_of(v);
	struct vmx_vcpu *before;

	if (by_cpu && !can_deliver(own))
		return false;
	before = vmx_borrow(own);
	if (by_cpu)
		switch_on(v, s);
	else if (own->by_cpu)
		switch_off(v, s);
	vmx_return(own, before);
	return true;
}

/* The requested vector that the status names is the highest there is. */
static void request(struct vmx_vcpu *s, const struct apic_vectors *more)
{
	struct vmx_vcpu *before = vmx_borrow(s);
	u64 status = vmcs_read(VMCS_GUEST_INTR_STATUS);
	u32 top = status & 0xff;

	for (u32 left = more->words; left; left &= left - 1) {
		u32 i = (u32)__builtin_ctz(left);
		u32 irr = more->irr[i];

		if (!irr)
			continue;
		*word(s, VAPIC_IRR, i) |= irr;
		top = MAX(top, 32 * i + 31 - (u32)__builtin_clz(irr));
		write_eoi_exits(s, i, irr, more->tmr[i]);
	}
	if (top != (status & 0xff))
		vmcs_write(VMCS_GUEST_INTR_STATUS, (status & 0xff00) | top);
	vmx_return(s, before);
}

/* What is posted is edge-triggered: no EOI of it exits. */
void vmx_apic_take_posted(struct vmx_vcpu *s)
{
	struct apic_vectors posted;

	memset(posted.tmr, 0, sizeof(posted.tmr));
	posted.words = pi_take(&s->pi, posted.irr);
	request(s, &posted);
}

/*
 * Not while the mode is given up, nor while no CPU has the VMCS loaded: a vCPU
 * that was parked and is halted again sleeps without it, and only a kick wakes
 * it. Either may begin meanwhile. Then either who began it looks later and
 * sees the vector, or this sees that it began.
 */
static bool takes_posts(const struct vmx_vcpu *s)
{
	return __atomic_load_n(&s->posting, __ATOMIC_SEQ_CST) &&
	       !pi_is_suspended(&s->pi);
}

static bool post(struct vmx_vcpu *s, u8 vector)
{
	bool notify;
	u32 dest;

	if (!takes_posts(s))
		return false;
	notify = pi_post(&s->pi, vector, &dest);
	if (!takes_posts(s) && pi_take_back(&s->pi, vector))
		return false;
	if (notify)
		lapic_icr(dest, ICR_FIXED | ICR_ASSERT | VECTOR_POSTED);
	return true;
}

bool vmx_vcpu_apic_send(struct hw_vcpu *v, u8 vector)
{
	struct vmx_vcpu *s = vmx_of(v);
	bool posted;

	__atomic_fetch_add(&s->senders, 1, __ATOMIC_SEQ_CST);
	posted = post(s, vector);
	__atomic_fetch_sub(&s->senders, 1, __ATOMIC_SEQ_CST);
	return posted;
}

bool vmx_vcpu_apic_post(struct hw_vcpu *v, const struct apic_vectors *more)
{
	struct vmx_vcpu *s = vmx_of(v);
	u32 class;

	if (more) {
		request(s, more);
		return true;
	}
	if (pi_is_on(&s->pi))
		vmx_apic_take_posted(s);
	class = MAX(highest(s, VAPIC_ISR), (u32)s->vapic[VAPIC_TPR]) >> 4;
	return highest(s, VAPIC_IRR) >> 4 > class;
}

void vmx_apic_reset(struct vmx_vcpu *s)
{
	u32 gone[8];

	pi_take(&s->pi, gone);
	memset(s->vapic, 0, PAGE_SIZE);
	if (s->by_cpu)
		write_status(s);
}
