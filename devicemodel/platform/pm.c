/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/pm.h"

#include "mem/layout.h"

/* ACPI 6.4, tables 4.10 to 4.14. */
#define PM1_ENABLE_BITS   0x4721 /* timer, global lock, ..., PCIe */
#define PM1_PWRBTN        BIT(8)
#define PM1_SCI_EN        BIT(0)
#define PM1_SLP_TYP_SHIFT 10
#define PM1_SLP_TYP_MASK  7U
#define PM1_SLP_EN        BIT(13)
#define PM1_CONTROL_BITS  0x1c03
#define SLP_TYP_S5        5U /* as \_S5 in the DSDT says */

/* The SCI is a level: as long as something enabled is pending. */
static void pm_update(struct pm *pm)
{
	bool level = (pm->status & pm->enable) != 0;

	if (level != pm->level)
		pm->sci(pm->arg, level);
	pm->level = level;
}

/* Byte and word accesses of a register pair: merge, then write whole. */
static u64 pm_event_read(void *dev, u64 off, u32 size)
{
	struct pm *pm = dev;
	u32 both;

	pthread_mutex_lock(&pm->lock);
	both = pm->status | (u32)pm->enable << 16;
	pthread_mutex_unlock(&pm->lock);
	return off + size > 4 ? size_mask(size) : (u64)both >> (off * 8);
}

static void pm_event_write(void *dev, u64 off, u32 size, u64 val)
{
	struct pm *pm = dev;
	u32 mask = (u32)(size_mask(size) << (off * 8));
	u32 bits = (u32)(val << (off * 8)) & mask;
	u16 enable_mask = (u16)(mask >> 16);

	pthread_mutex_lock(&pm->lock);
	/* Status bits are cleared by writing ones. */
	pm->status = (u16)(pm->status & ~bits);
	pm->enable = (u16)(((pm->enable & ~enable_mask) |
			    (bits >> 16 & enable_mask)) &
			   PM1_ENABLE_BITS);
	pm_update(pm);
	pthread_mutex_unlock(&pm->lock);
}

bool pm_power_button(struct pm *pm)
{
	bool listens;

	pthread_mutex_lock(&pm->lock);
	pm->status |= PM1_PWRBTN;
	listens = (pm->enable & PM1_PWRBTN) != 0;
	pm_update(pm);
	pthread_mutex_unlock(&pm->lock);
	return listens;
}

static u64 pm_control_read(void *dev, u64 off, u32 size)
{
	struct pm *pm = dev;

	(void)size;
	return (u64)pm->control >> (off * 8);
}

static void pm_control_write(void *dev, u64 off, u32 size, u64 val)
{
	struct pm *pm = dev;
	u32 mask = (u32)(size_mask(size) << (off * 8));
	u32 now = (pm->control & ~mask) | ((u32)(val << (off * 8)) & mask);
	u32 type = now >> PM1_SLP_TYP_SHIFT & PM1_SLP_TYP_MASK;

	/* SLP_EN reads as 0; SCI_EN is fixed: there is no legacy mode. */
	pm->control = (u16)((now & PM1_CONTROL_BITS) | PM1_SCI_EN);
	if ((now & PM1_SLP_EN) && type == SLP_TYP_S5)
		life_post(pm->life, LIFE_POWEROFF, 0);
}

static const struct bus_ops event_ops = { pm_event_read, pm_event_write };
static const struct bus_ops control_ops = { pm_control_read, pm_control_write };

void pm_reset(struct pm *pm)
{
	pthread_mutex_lock(&pm->lock);
	pm->status = 0;
	pm->enable = 0;
	pm_update(pm);
	pthread_mutex_unlock(&pm->lock);
	pm->control = PM1_SCI_EN;
}

int pm_init(struct pm *pm, struct bus *pio)
{
	const struct bus_range event = { PORT_PM1_EVENT, 4, "pm1-event",
					 &event_ops, pm };
	const struct bus_range control = { PORT_PM1_CONTROL, 2, "pm1-control",
					   &control_ops, pm };
	int rc;

	pthread_mutex_init(&pm->lock, NULL);
	pm_reset(pm);
	rc = bus_add(pio, &event);
	return rc ? rc : bus_add(pio, &control);
}

void pm_destroy(struct pm *pm)
{
	pthread_mutex_destroy(&pm->lock);
}
