/* SPDX-License-Identifier: BSD-2-Clause */
/* Local APIC: priorities, acceptance and the APIC's modes. */
#include "guest/x86/vlapic.h"

#include "guest/x86/vlapic_priv.h"
#include "lib/errno.h"
#include "lib/string.h"

static inline u32 top_bit(u32 word)
{
	return 31U ^ (u32)__builtin_clz(word);
}

static inline void set_ppr(struct vlapic *v, u32 ppr)
{
	/* Lowest-priority arbitration on other CPUs peeks at it. */
	__atomic_store_n(&v->ppr, (u8)ppr, __ATOMIC_RELAXED);
}

/* SDM vol. 3, "Processor Priority Register": the class decides. */
static inline void update_ppr(struct vlapic *v)
{
	u32 serving = 0;

	if (v->isr_classes != 0)
		serving = v->isr_vector[top_bit(v->isr_classes)];
	if (vlapic_state(v) == VLAPIC_DISABLED)
		set_ppr(v, 0xff);
	else if (v->tpr >> 4 >= serving >> 4)
		set_ppr(v, v->tpr);
	else
		set_ppr(v, serving & 0xf0);
}

void vlapic_set_tpr(struct vlapic *v, u8 tpr)
{
	v->tpr = tpr;
	update_ppr(v);
}

/*
 * The trigger mode is noted before the request becomes visible, so that an
 * EOI never sees the request's vector with an older mode. Edge requests, by
 * far the most, only read.
 */
static inline void set_trigger(struct vlapic *v, u32 class, u32 bit, bool level)
{
	u32 *tmr = &v->tmr[class];

	if (level)
		__atomic_fetch_or(tmr, bit, __ATOMIC_RELAXED);
	else if (unlikely((vlapic_shared_get(tmr) & bit) != 0))
		__atomic_fetch_and(tmr, ~bit, __ATOMIC_RELAXED);
}

/* Return true if @vector was not yet pending. */
static inline bool request(struct vlapic *v, u8 vector, bool level)
{
	u32 class = vector >> 4;
	u32 bit = BIT32(vector & 15);

	set_trigger(v, class, bit, level);
	if (__atomic_fetch_or(&v->irr[class], bit, __ATOMIC_SEQ_CST) & bit)
		return false;
	__atomic_fetch_or(&v->irr_classes, BIT32(class), __ATOMIC_SEQ_CST);
	return true;
}

static inline bool vector_acceptable(struct vlapic *v, u8 vector)
{
	if (unlikely(!vlapic_takes_fixed(v)))
		return false;
	if (likely(vector >= APIC_VECTOR_FIRST))
		return true;
	vlapic_error(v, APIC_ESR_RECV_VECTOR);
	return false;
}

static inline bool send(struct vlapic *v, u8 vector, bool level)
{
	if (level || !v->ops->send)
		return false;
	set_trigger(v, vector >> 4, BIT32(vector & 15), false);
	return v->ops->send(v->vcpu, vector);
}

bool vlapic_accept(struct vlapic *v, u8 vector, bool level)
{
	if (!vector_acceptable(v, vector))
		return false;
	if (send(v, vector, level))
		return true;
	if (request(v, vector, level))
		v->ops->kick(v->vcpu);
	return true;
}

bool vlapic_accept_local(struct vlapic *v, u8 vector, bool level)
{
	if (!vector_acceptable(v, vector))
		return false;
	(void)request(v, vector, level);
	return true;
}

void vlapic_error(struct vlapic *v, u32 esr_bit)
{
	u32 lvt = vlapic_lvt_get(v, VLAPIC_LVT_ERROR);
	u8 vector = (u8)(lvt & APIC_LVT_VECTOR);
	u32 old = __atomic_fetch_or(&v->esr_latch, esr_bit, __ATOMIC_RELAXED);

	/* A bad error vector must not be an error again. */
	if ((old & esr_bit) != 0 || (lvt & APIC_LVT_MASKED) != 0 ||
	    vector < APIC_VECTOR_FIRST)
		return;
	(void)vlapic_accept(v, vector, false);
}

/*
 * irr[class] was seen empty. A sender sets its bit first and the class bit
 * second, so looking again after the class bit is gone misses none.
 */
static void drop_class(struct vlapic *v, u32 class)
{
	__atomic_fetch_and(&v->irr_classes, ~BIT32(class), __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&v->irr[class], __ATOMIC_SEQ_CST) != 0)
		__atomic_fetch_or(&v->irr_classes, BIT32(class),
				  __ATOMIC_SEQ_CST);
}

int vlapic_pending_scan(struct vlapic *v)
{
	u32 floor = (v->ppr >> 4) + 1U;
	u32 classes, class, word;

	for (;;) {
		classes = __atomic_load_n(&v->irr_classes, __ATOMIC_SEQ_CST);
		classes = classes >> floor << floor;
		if (classes == 0)
			return -1;
		class = top_bit(classes);
		word = __atomic_load_n(&v->irr[class], __ATOMIC_SEQ_CST);
		if (likely(word != 0))
			return (int)(class << 4 | top_bit(word));
		drop_class(v, class);
	}
}

void vlapic_ack(struct vlapic *v, u8 vector)
{
	u32 class = vector >> 4;
	u32 bit = BIT32(vector & 15);

	if (__atomic_and_fetch(&v->irr[class], ~bit, __ATOMIC_SEQ_CST) == 0)
		drop_class(v, class);
	v->isr_classes = (u16)(v->isr_classes | BIT32(class));
	v->isr_vector[class] = vector;
	/* It was above the TPR, or vlapic_pending() had not named it. */
	set_ppr(v, vector & 0xf0);
}

void vlapic_eoi(struct vlapic *v)
{
	u32 class;
	u8 vector;

	if (unlikely(v->isr_classes == 0))
		return;
	class = top_bit(v->isr_classes);
	vector = v->isr_vector[class];
	v->isr_classes = (u16)(v->isr_classes & ~BIT32(class));
	update_ppr(v);
	if ((vlapic_shared_get(&v->tmr[class]) & BIT32(vector & 15)) != 0)
		v->ops->eoi(v->vm, vector);
}

bool vlapic_accepts_pic(const struct vlapic *v)
{
	u32 lvt = vlapic_lvt_get(v, VLAPIC_LVT_LINT0);

	if (vlapic_state(v) == VLAPIC_DISABLED)
		return v->bsp;
	return (lvt & APIC_LVT_MASKED) == 0 &&
	       vlapic_lvt_mode(lvt) == APIC_MODE_EXTINT;
}

void vlapic_lint1_pulse(struct vlapic *v)
{
	u32 lvt = vlapic_lvt_get(v, VLAPIC_LVT_LINT1);

	if ((lvt & APIC_LVT_MASKED) != 0)
		return;
	if (vlapic_lvt_mode(lvt) == APIC_MODE_NMI)
		v->ops->nmi(v->vm, v->id);
	else if (vlapic_lvt_mode(lvt) == APIC_MODE_FIXED)
		(void)vlapic_accept(v, (u8)(lvt & APIC_LVT_VECTOR), false);
}

/*
 * Senders may be at work meanwhile. Clearing the summary first keeps its
 * promise: a request that survives sets its class bit after us.
 */
static void clear_requests(struct vlapic *v)
{
	u32 i;

	__atomic_store_n(&v->irr_classes, 0, __ATOMIC_SEQ_CST);
	for (i = 0; i < ARRAY_SIZE(v->irr); i++) {
		__atomic_store_n(&v->irr[i], 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&v->tmr[i], 0, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&v->esr_latch, 0, __ATOMIC_RELAXED);
}

/* SDM vol. 3, "Local APIC State After Power-Up or Reset". */
static void clear_registers(struct vlapic *v)
{
	u32 i;

	vlapic_shared_set(&v->svr, 0xff);
	for (i = 0; i < VLAPIC_LVT_COUNT; i++)
		vlapic_shared_set(&v->lvt[i], APIC_LVT_MASKED);
	/*
	 * Firmware leaves the boot processor in virtual-wire mode. A User VM
	 * has none that would, and early kernels count on it.
	 */
	if (v->bsp)
		vlapic_shared_set(&v->lvt[VLAPIC_LVT_LINT0],
				  APIC_MODE_EXTINT << APIC_LVT_MODE_SHIFT);
	vlapic_shared_set(&v->ldr, 0);
	vlapic_shared_set(&v->dfr, 0xffffffff);
	v->tpr = 0;
	v->isr_classes = 0;
	v->esr = 0;
	v->icr = 0;
	vlapic_timer_reset(v);
	clear_requests(v);
	update_ppr(v);
}

void vlapic_init_reset(struct vlapic *v)
{
	clear_registers(v);
}

void vlapic_reset(struct vlapic *v)
{
	v->base = VLAPIC_MMIO_BASE | APIC_BASE_ENABLE;
	if (v->bsp)
		v->base |= APIC_BASE_BSP;
	vlapic_shared_set(&v->mode, VLAPIC_XAPIC);
	clear_registers(v);
}

void vlapic_init(struct vlapic *v, const struct vlapic_config *cfg)
{
	memset(v, 0, sizeof(*v));
	v->id = cfg->id;
	v->bsp = cfg->bsp;
	v->ops = cfg->ops;
	v->bus = cfg->bus;
	v->vcpu = cfg->vcpu;
	v->vm = cfg->vm;
	vlapic_reset(v);
}

/* SDM vol. 3, "x2APIC State Transitions": mode_may_follow[from][to]. */
static const bool mode_may_follow[3][3] = {
	[VLAPIC_DISABLED] = { true, true, false },
	[VLAPIC_XAPIC] = { true, true, true },
	[VLAPIC_X2APIC] = { true, false, true },
};

static int mode_of_base(u64 base)
{
	bool enable = (base & APIC_BASE_ENABLE) != 0;
	bool x2apic = (base & APIC_BASE_X2APIC) != 0;

	if (!enable)
		return x2apic ? -EINVAL : VLAPIC_DISABLED;
	return x2apic ? VLAPIC_X2APIC : VLAPIC_XAPIC;
}

int vlapic_base_write(struct vlapic *v, u64 val)
{
	u64 flags = APIC_BASE_BSP | APIC_BASE_X2APIC | APIC_BASE_ENABLE;
	enum vlapic_state old = vlapic_state(v);
	int mode = mode_of_base(val);

	if ((val & ~flags) != VLAPIC_MMIO_BASE)
		return -EINVAL;
	if (mode < 0 || !mode_may_follow[old][mode])
		return -EINVAL;
	v->base = val;
	if ((enum vlapic_state)mode == old)
		return 0;
	vlapic_shared_set(&v->mode, (u32)mode);
	/* Switched off, the APIC loses its state; x2APIC mode keeps it. */
	if (mode == VLAPIC_DISABLED)
		clear_registers(v);
	update_ppr(v);
	return 0;
}
