/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/reset.h"

#include "mem/layout.h"

/* CF9h: bit 1 selects a full reset, bit 2 going to 1 does it. */
#define RESET_CPU  BIT(2)
#define RESET_BITS 0x0eU

#define KBD_CMD_PULSE_RESET 0xfe

static u64 control_read(void *dev, u64 off, u32 size)
{
	struct reset_ports *r = dev;

	(void)off;
	(void)size;
	return r->reset_control;
}

static void control_write(void *dev, u64 off, u32 size, u64 val)
{
	struct reset_ports *r = dev;

	(void)off;
	(void)size;
	if ((val & RESET_CPU) && !(r->reset_control & RESET_CPU))
		life_post(r->life, LIFE_RESET, 0);
	/* The reset itself clears the bit that asks for it. */
	r->reset_control = (u8)(val & RESET_BITS & ~RESET_CPU);
}

/*
 * No keyboard, no controller to probe (the FADT says so); but guests that
 * restart the old way poll the status for an empty input buffer first.
 */
static u64 kbd_read(void *dev, u64 off, u32 size)
{
	(void)dev;
	(void)off;
	(void)size;
	return 0;
}

static void kbd_write(void *dev, u64 off, u32 size, u64 val)
{
	struct reset_ports *r = dev;

	(void)off;
	(void)size;
	if (val == KBD_CMD_PULSE_RESET)
		life_post(r->life, LIFE_RESET, 0);
}

static void kbd_data_write(void *dev, u64 off, u32 size, u64 val)
{
	(void)dev;
	(void)off;
	(void)size;
	(void)val;
}

static u64 post_read(void *dev, u64 off, u32 size)
{
	struct reset_ports *r = dev;

	(void)off;
	(void)size;
	return r->post_code;
}

static void post_write(void *dev, u64 off, u32 size, u64 val)
{
	struct reset_ports *r = dev;

	(void)off;
	(void)size;
	r->post_code = (u8)val;
}

static void exit_write(void *dev, u64 off, u32 size, u64 val)
{
	struct reset_ports *r = dev;

	(void)off;
	(void)size;
	life_post(r->life, LIFE_EXIT, (u8)(val << 1 | 1));
}

static const struct bus_ops control_ops = { control_read, control_write };
static const struct bus_ops kbd_ops = { kbd_read, kbd_write };
static const struct bus_ops kbd_data_ops = { kbd_read, kbd_data_write };
static const struct bus_ops post_ops = { post_read, post_write };
static const struct bus_ops exit_ops = { kbd_read, exit_write };

void reset_ports_reset(struct reset_ports *r)
{
	r->reset_control = 0;
	r->post_code = 0;
}

int reset_ports_init(struct reset_ports *r, struct bus *pio, struct life *life,
		     bool debugexit)
{
	const struct bus_range ranges[] = {
		{ PORT_RESET, 1, "reset", &control_ops, r },
		{ PORT_KBD_DATA, 1, "kbd-data", &kbd_data_ops, r },
		{ PORT_KBD_STATUS, 1, "kbd", &kbd_ops, r },
		{ PORT_POST, 1, "post", &post_ops, r },
		{ PORT_DEBUGEXIT, 4, "debugexit", &exit_ops, r },
	};
	size_t i, n = ARRAY_SIZE(ranges) - (debugexit ? 0 : 1);
	int rc = 0;

	r->life = life;
	reset_ports_reset(r);
	for (i = 0; i < n && !rc; i++)
		rc = bus_add(pio, &ranges[i]);
	return rc;
}
