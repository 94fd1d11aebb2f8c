/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/vlapic_hw.h"

#include "lib/string.h"

/* Two of the model's words, 16 vectors each, are one of the registers'. */
static u32 place(u32 class, u32 bits)
{
	return bits << (16 * (class & 1));
}

static u32 modes(const struct vlapic *v, u32 class)
{
	return __atomic_load_n(&v->tmr[class], __ATOMIC_RELAXED);
}

void vlapic_hand_over(struct vlapic *v, struct apic_vectors *s)
{
	memset(s, 0, sizeof(*s));
	for (u32 class = 0; class < 16; class ++) {
		u32 bit = BIT32(v->isr_vector[class] & 15);

		if (!(v->isr_classes & BIT32(class)))
			continue;
		s->isr[class / 2] |= place(class, bit);
		s->tmr[class / 2] |= place(class, modes(v, class));
	}
	v->isr_classes = 0;
	vlapic_set_tpr(v, v->tpr);
}

static void serve_again(struct vlapic *v, u32 class, u32 bits)
{
	if (!bits)
		return;
	v->isr_classes = (u16)(v->isr_classes | BIT32(class));
	v->isr_vector[class] =
		(u8)(class << 4 | (31U ^ (u32)__builtin_clz(bits)));
}

static void request_again(struct vlapic *v, u32 class, u32 bits)
{
	if (!bits)
		return;
	__atomic_fetch_or(&v->irr[class], bits, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&v->irr_classes, BIT32(class), __ATOMIC_SEQ_CST);
}

void vlapic_take_back(struct vlapic *v, const struct apic_vectors *s)
{
	for (u32 class = 0; class < 16; class ++) {
		u32 shift = 16 * (class & 1);

		serve_again(v, class, s->isr[class / 2] >> shift & 0xffff);
		request_again(v, class, s->irr[class / 2] >> shift & 0xffff);
	}
	vlapic_set_tpr(v, v->tpr);
}

/* Most often there is one class: all other words stay as they were. */
static inline void drain_class(struct vlapic *v, u32 class,
			       struct apic_vectors *s)
{
	u32 bits = __atomic_exchange_n(&v->irr[class], 0, __ATOMIC_SEQ_CST);
	u32 word = class / 2;

	if (!(s->words & BIT32(word)))
		s->irr[word] = s->tmr[word] = 0;
	s->words |= BIT32(word);
	s->irr[word] |= place(class, bits);
	s->tmr[word] |= place(class, modes(v, class));
}

/*
 * A sender sets its vector first and the class second: whose class is not
 * seen here is seen next time, and a class may be seen without a vector.
 */
bool vlapic_drain(struct vlapic *v, struct apic_vectors *s)
{
	u32 classes;

	if (likely(!__atomic_load_n(&v->irr_classes, __ATOMIC_ACQUIRE)))
		return false;
	classes = __atomic_exchange_n(&v->irr_classes, 0, __ATOMIC_SEQ_CST);
	s->words = 0;
	for (; classes; classes &= classes - 1)
		drain_class(v, (u32)__builtin_ctz(classes), s);
	return true;
}

void vlapic_eoi_by_hw(struct vlapic *v, u8 vector)
{
	v->ops->eoi(v->vm, vector);
}
