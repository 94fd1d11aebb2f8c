/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI power-management timer. */
#include "guest/x86/vpmtimer.h"

#include "guest/x86/virq_clock.h"

void vpmtimer_init(struct vpmtimer *t, u32 tsc_khz, u64 (*now)(void))
{
	t->tsc_hz = virq_tsc_hz(tsc_khz);
	t->now = now;
	t->tsc_base = now();
	t->last = 0;
}

/*
 * TSCs of different CPUs may differ by a few ticks. A guest would take a
 * step back for a wrap of 20 minutes, so nobody gets less than was given
 * out before.
 */
static u64 never_back(u64 *last, u64 count)
{
	u64 seen = __atomic_load_n(last, __ATOMIC_RELAXED);

	while (count > seen)
		if (__atomic_compare_exchange_n(last, &seen, count, true,
						__ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return count;
	return seen;
}

u64 vpmtimer_count(struct vpmtimer *t)
{
	u64 now = t->now();
	u64 ticks = now > t->tsc_base ? now - t->tsc_base : 0;

	return never_back(&t->last,
			  virq_scale_down(ticks, VPMTIMER_HZ, t->tsc_hz));
}

int vpmtimer_pio_read(void *dev, u32 port, u32 size, u64 *val)
{
	u32 at = port - VPMTIMER_PORT;

	*val = vdev_no_answer(size);
	if (likely(size <= 4 && at < 4))
		*val &= (u32)vpmtimer_count(dev) >> (8 * at);
	return 0;
}

int vpmtimer_pio_write(void *dev, u32 port, u32 size, u64 *val)
{
	(void)dev;
	(void)port;
	(void)size;
	(void)val;
	return 0;
}

const struct vdev_range vpmtimer_ranges[1] = {
	{
		.name = "pm timer",
		.base = VPMTIMER_PORT,
		.size = 4,
		.read = vpmtimer_pio_read,
		.write = vpmtimer_pio_write,
	},
};
