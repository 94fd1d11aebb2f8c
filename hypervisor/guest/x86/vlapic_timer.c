/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local APIC timer. All modes end in one number: the host TSC at which the
 * count reaches zero. It runs on while the LVT entry is masked, but then
 * nobody is asked to wake us; the next access catches up silently.
 */
#include "guest/x86/vlapic.h"

#include "guest/x86/vlapic_priv.h"

/* LVT timer bits 18..17 */
enum timer_mode {
	TIMER_ONE_SHOT,
	TIMER_PERIODIC,
	TIMER_DEADLINE,
	TIMER_RESERVED,
};

static enum timer_mode mode_of(u32 lvt)
{
	return (enum timer_mode)((lvt >> APIC_LVT_TIMER_SHIFT) & 3);
}

static enum timer_mode timer_mode(const struct vlapic *v)
{
	return mode_of(vlapic_lvt_get(v, VLAPIC_LVT_TIMER));
}

static bool counts_down(enum timer_mode mode)
{
	return mode == TIMER_ONE_SHOT || mode == TIMER_PERIODIC;
}

/* SDM vol. 3, "Divide Configuration Register": bits 3, 1, 0. */
static u64 divisor(const struct vlapic *v)
{
	u32 code = (v->timer_divide & 3) | ((v->timer_divide >> 1) & 4);

	return BIT64((code + 1) & 7);
}

u64 vlapic_timer_deadline(const struct vlapic *v)
{
	if ((vlapic_lvt_get(v, VLAPIC_LVT_TIMER) & APIC_LVT_MASKED) != 0)
		return 0;
	return v->timer_expiry;
}

static void arm(struct vlapic *v)
{
	v->ops->timer_arm(v->vcpu, vlapic_timer_deadline(v));
}

/* @ticks after @now, never wrapping and never 0, which means idle. */
static u64 later(u64 now, u64 ticks)
{
	u64 t = now + ticks;

	return t < now ? ~(u64)0 : MAX(t, (u64)1);
}

/* Periods that pass unseen merge into one, as IRR would do. */
static u64 next_period(const struct vlapic *v, u64 now)
{
	u64 period = v->timer_initial * divisor(v);
	u64 left;

	if (period == 0)
		return 0;
	left = period - (now - v->timer_expiry) % period;
	if (period < VLAPIC_MIN_PERIOD)
		left += VLAPIC_MIN_PERIOD / period * period;
	return later(now, left);
}

static void expire(struct vlapic *v, u64 now)
{
	u32 lvt = vlapic_lvt_get(v, VLAPIC_LVT_TIMER);
	bool periodic = mode_of(lvt) == TIMER_PERIODIC;

	v->timer_expiry = periodic ? next_period(v, now) : 0;
	v->tsc_deadline = 0;
	if ((lvt & APIC_LVT_MASKED) == 0)
		(void)vlapic_accept_local(v, (u8)(lvt & APIC_LVT_VECTOR),
					  false);
}

/* Whoever looks, the deadline of what is over must go with it. */
static void catch_up(struct vlapic *v, u64 now)
{
	if (v->timer_expiry == 0 || now < v->timer_expiry)
		return;
	expire(v, now);
	arm(v);
}

void vlapic_timer_check(struct vlapic *v, u64 now)
{
	if (v->timer_expiry == 0)
		return;
	catch_up(v, now);
	arm(v);
}

static void cancel(struct vlapic *v)
{
	v->timer_initial = 0;
	v->timer_expiry = 0;
	v->tsc_deadline = 0;
}

void vlapic_timer_reset(struct vlapic *v)
{
	bool was_armed = v->timer_expiry != 0;

	cancel(v);
	v->timer_divide = 0;
	if (was_armed)
		arm(v);
}

void vlapic_timer_write_lvt(struct vlapic *v, u32 val)
{
	enum timer_mode old = timer_mode(v), new = mode_of(val);

	catch_up(v, v->ops->now());
	/* Between one-shot and periodic the count goes on. */
	if (old != new && !(counts_down(old) && counts_down(new)))
		cancel(v);
	vlapic_shared_set(&v->lvt[VLAPIC_LVT_TIMER], val);
	arm(v);
}

void vlapic_timer_write_initial(struct vlapic *v, u32 val)
{
	u64 now = v->ops->now();

	if (!counts_down(timer_mode(v)))
		return;
	catch_up(v, now);
	v->timer_initial = val;
	v->timer_expiry = val != 0 ? later(now, val * divisor(v)) : 0;
	arm(v);
}

static u32 current_at(const struct vlapic *v, u64 now)
{
	u64 div = divisor(v);
	u64 count;

	if (v->timer_expiry == 0 || !counts_down(timer_mode(v)))
		return 0;
	count = (v->timer_expiry - now + div - 1) / div;
	/* Short periods expire only every so many times. */
	if (count > v->timer_initial && v->timer_initial != 0)
		count = (count - 1) % v->timer_initial + 1;
	return (u32)count;
}

u32 vlapic_timer_current(struct vlapic *v)
{
	u64 now = v->ops->now();

	catch_up(v, now);
	return current_at(v, now);
}

/* The count stays what it is; it only runs at another speed. */
void vlapic_timer_write_divide(struct vlapic *v, u32 val)
{
	u64 now = v->ops->now();
	u32 count;

	catch_up(v, now);
	count = current_at(v, now);
	v->timer_divide = val;
	if (count == 0)
		return;
	v->timer_expiry = later(now, count * divisor(v));
	arm(v);
}

/* Turn the guest's deadline into the host's; one already past is now. */
static void start_deadline(struct vlapic *v)
{
	u64 now = MAX(v->ops->now(), (u64)1); /* 0 means idle */
	u64 guest_now = now + v->tsc_offset;

	if (v->tsc_deadline == 0)
		v->timer_expiry = 0;
	else if (v->tsc_deadline <= guest_now)
		v->timer_expiry = now;
	else
		v->timer_expiry = later(now, v->tsc_deadline - guest_now);
	catch_up(v, now);
	arm(v);
}

u64 vlapic_tsc_deadline_read(struct vlapic *v)
{
	if (timer_mode(v) != TIMER_DEADLINE)
		return 0;
	catch_up(v, v->ops->now());
	return v->tsc_deadline;
}

void vlapic_tsc_deadline_write(struct vlapic *v, u64 val)
{
	if (timer_mode(v) != TIMER_DEADLINE)
		return;
	v->tsc_deadline = val;
	start_deadline(v);
}

void vlapic_set_tsc_offset(struct vlapic *v, u64 offset)
{
	v->tsc_offset = offset;
	if (timer_mode(v) == TIMER_DEADLINE && v->tsc_deadline != 0)
		start_deadline(v);
}
