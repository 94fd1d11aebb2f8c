/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 8254. Nothing ticks: every count and output is computed, when asked for,
 * from the number of PIT ticks since the channel was loaded.
 */
#include "guest/x86/vpit.h"

#include "guest/x86/virq_clock.h"
#include "lib/string.h"

#define PORT_COUNTER 0x40U
#define PORT_CONTROL 0x43U
#define PORT_B       0x61U

#define PORT_B_GATE    0x01U
#define PORT_B_SPEAKER 0x02U
#define PORT_B_REFRESH 0x10U
#define PORT_B_OUT     0x20U

/* DRAM refresh toggles a bit of port 0x61 about every 15 us. */
#define REFRESH_TICKS 18U

/* A guest may count faster, but is not interrupted faster: about 50 us. */
#define MIN_EDGE_TICKS 64U

#define NO_TICK (~(u64)0)

static u64 ticks_at(const struct vpit *p, u64 tsc)
{
	u64 since = tsc > p->tsc_base ? tsc - p->tsc_base : 0;

	return virq_scale_down(since, VPIT_HZ, p->tsc_hz);
}

static u64 tsc_of(const struct vpit *p, u64 tick)
{
	if (tick == NO_TICK)
		return VPIT_NO_DEADLINE;
	return p->tsc_base + virq_scale_up(tick, p->tsc_hz, VPIT_HZ);
}

static bool is_periodic(const struct vpit_channel *c)
{
	return c->mode == 2 || c->mode == 3;
}

/* Modes 1 and 5 start with the gate's edge, not with the count. */
static bool is_triggered(const struct vpit_channel *c)
{
	return c->mode == 1 || c->mode == 5;
}

static u64 elapsed(const struct vpit_channel *c, u64 t)
{
	if (!c->gate && !is_triggered(c))
		return c->paused;
	/* Another CPU, whose TSC is a little ahead, may have loaded it. */
	return t > c->start ? t - c->start : 0;
}

static u32 current_count(const struct vpit_channel *c, u64 t)
{
	u64 modulus = c->bcd ? 10000 : 0x10000;
	u64 d;

	if (!c->armed || c->reload == 0)
		return c->reload;
	d = elapsed(c, t);
	if (c->mode == 2)
		return (u32)(c->reload - d % c->reload);
	if (c->mode == 3)
		return (u32)(c->reload - 2 * d % c->reload);
	return (u32)((c->reload + modulus - d % modulus) % modulus);
}

static bool output(const struct vpit_channel *c, u64 t)
{
	u64 d;

	if (!c->armed || c->reload == 0)
		return c->mode != 0;
	if (is_periodic(c) && !c->gate)
		return true;
	d = elapsed(c, t);
	switch (c->mode) {
	case 2:
		return d % c->reload != c->reload - 1;
	case 3:
		return d % c->reload < (c->reload + 1) / 2;
	case 4:
	case 5:
		return d != c->reload;
	default:
		return d >= c->reload;
	}
}

/* The tick at which channel 0's output rises next. */
static u64 next_edge(const struct vpit_channel *c)
{
	if (!c->armed || c->reload == 0 || is_triggered(c))
		return NO_TICK;
	if (is_periodic(c) && c->reload < MIN_EDGE_TICKS)
		return c->served + MIN_EDGE_TICKS / c->reload * c->reload;
	if (is_periodic(c))
		return c->served + c->reload;
	return c->served == c->start ? c->start + c->reload : NO_TICK;
}

static void rearm_and_unlock(struct vpit *p)
{
	/* Under the lock, so that the last one told is the last one true. */
	p->ops->rearm(p->arg, tsc_of(p, next_edge(&p->ch[0])));
	spin_unlock(&p->lock);
}

static void reset_channels(struct vpit *p)
{
	u32 i;

	memset(p->ch, 0, sizeof(p->ch));
	for (i = 0; i < VPIT_CHANNELS; i++) {
		p->ch[i].mode = 3;
		p->ch[i].access = 3;
		p->ch[i].gate = i != 2;
		p->ch[i].null_count = true;
	}
	p->speaker = false;
}

void vpit_init(struct vpit *p, u32 tsc_khz, const struct vpit_ops *ops,
	       void *arg)
{
	memset(p, 0, sizeof(*p));
	p->tsc_hz = virq_tsc_hz(tsc_khz);
	p->tsc_base = ops->now();
	p->ops = ops;
	p->arg = arg;
	reset_channels(p);
}

void vpit_reset(struct vpit *p)
{
	spin_lock(&p->lock);
	reset_channels(p);
	p->lost = 0;
	rearm_and_unlock(p);
}

u64 vpit_next_deadline(struct vpit *p)
{
	u64 deadline;

	spin_lock(&p->lock);
	deadline = tsc_of(p, next_edge(&p->ch[0]));
	spin_unlock(&p->lock);
	return deadline;
}

/* Account for every edge up to tick @t. False if there was none. */
static bool serve(struct vpit *p, u64 t)
{
	struct vpit_channel *c = &p->ch[0];
	u64 edge = next_edge(c);
	u64 extra;

	if (edge == NO_TICK || t < edge)
		return false;
	c->served = edge;
	if (is_periodic(c)) {
		extra = (t - edge) / c->reload;
		c->served += extra * c->reload;
		p->lost += extra;
	}
	return true;
}

void vpit_expire(struct vpit *p, u64 now)
{
	bool fire;

	spin_lock(&p->lock);
	fire = serve(p, ticks_at(p, now));
	rearm_and_unlock(p);
	if (!fire)
		return;
	p->ops->irq(p->arg, false);
	p->ops->irq(p->arg, true);
}

static u32 from_bcd(u32 v)
{
	u32 n = (v & 15) + ((v >> 4) & 15) * 10 + ((v >> 8) & 15) * 100 +
		((v >> 12) & 15) * 1000;

	return n % 10000;
}

static u32 to_bcd(u32 v)
{
	return v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 |
	       v / 1000 % 10 << 12;
}

static void load(struct vpit_channel *c, u32 raw, u64 t)
{
	u32 count = c->bcd ? from_bcd(raw) : raw;

	if (count == 0)
		count = c->bcd ? 10000 : 0x10000;
	c->reload = count;
	c->start = t;
	c->served = t;
	c->paused = 0;
	/* Triggered modes take the count with the gate's next edge. */
	c->armed = !is_triggered(c);
	c->null_count = is_triggered(c);
}

static void write_counter(struct vpit_channel *c, u32 val, u64 t)
{
	if (c->access == 1) {
		load(c, val, t);
	} else if (c->access == 2) {
		load(c, val << 8, t);
	} else if (!c->write_high) {
		c->write_low = (u8)val;
		c->write_high = true;
		/* 8254 data sheet: in mode 0 the first byte stops it. */
		if (c->mode == 0)
			c->armed = false;
	} else {
		c->write_high = false;
		load(c, val << 8 | c->write_low, t);
	}
}

static u32 visible_count(const struct vpit_channel *c, u64 t)
{
	u32 count = current_count(c, t);

	return c->bcd ? to_bcd(count) : count & 0xffff;
}

static void latch_count(struct vpit_channel *c, u64 t)
{
	if (c->latch_left != 0)
		return;
	c->latch = (u16)visible_count(c, t);
	c->latch_left = c->access == 3 ? 2 : 1;
}

static void latch_status(struct vpit_channel *c, u64 t)
{
	u32 status = (output(c, t) ? 0x80U : 0) | (c->null_count ? 0x40U : 0);

	if (c->status_latched)
		return;
	status |= (u32)c->access << 4 | (u32)c->mode << 1 | (c->bcd ? 1U : 0);
	c->status = (u8)status;
	c->status_latched = true;
}

/* 8254 data sheet, "Read-Back Command": bits 5 and 4 are active low. */
static void read_back(struct vpit *p, u32 val, u64 t)
{
	u32 i;

	for (i = 0; i < VPIT_CHANNELS; i++) {
		if ((val & BIT32(i + 1)) == 0)
			continue;
		if ((val & 0x20) == 0)
			latch_count(&p->ch[i], t);
		if ((val & 0x10) == 0)
			latch_status(&p->ch[i], t);
	}
}

static void set_mode(struct vpit_channel *c, u32 val)
{
	u32 mode = (val >> 1) & 7;

	c->mode = (u8)(mode > 5 ? mode - 4 : mode);
	c->access = (val >> 4) & 3;
	c->bcd = (val & 1) != 0;
	c->armed = false;
	c->null_count = true;
	c->write_high = false;
	c->read_high = false;
	c->latch_left = 0;
	c->status_latched = false;
}

static void write_control(struct vpit *p, u32 val, u64 t)
{
	u32 i = val >> 6;

	if (i == VPIT_CHANNELS)
		read_back(p, val, t);
	else if (((val >> 4) & 3) == 0)
		latch_count(&p->ch[i], t);
	else
		set_mode(&p->ch[i], val);
}

static u32 read_counter(struct vpit_channel *c, u64 t)
{
	u32 count;

	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	if (c->latch_left != 0) {
		c->latch_left--;
		if (c->access == 2 || (c->access == 3 && c->latch_left == 0))
			return c->latch >> 8;
		return c->latch & 0xff;
	}
	count = visible_count(c, t);
	if (c->access == 2)
		return count >> 8;
	if (c->access == 1)
		return count & 0xff;
	c->read_high = !c->read_high;
	return c->read_high ? count & 0xff : count >> 8;
}

static void set_gate(struct vpit_channel *c, bool gate, u64 t)
{
	if (c->gate == gate)
		return;
	if (!gate)
		c->paused = elapsed(c, t);
	c->gate = gate;
	if (!gate)
		return;
	if (is_triggered(c) && c->reload != 0) {
		c->armed = true;
		c->null_count = false;
	}
	/* Modes 0 and 4 go on; the others start over. */
	if (c->mode == 0 || c->mode == 4)
		c->start = t - c->paused;
	else
		c->start = t;
}

static u32 read_port_b(const struct vpit *p, u64 t)
{
	const struct vpit_channel *c = &p->ch[2];

	return (c->gate ? PORT_B_GATE : 0) | (p->speaker ? PORT_B_SPEAKER : 0) |
	       (t / REFRESH_TICKS % 2 != 0 ? PORT_B_REFRESH : 0) |
	       (output(c, t) ? PORT_B_OUT : 0);
}

int vpit_pio_read(void *dev, u32 port, u32 size, u64 *val)
{
	struct vpit *p = dev;
	u64 t;

	*val = vdev_no_answer(size);
	if (size != 1)
		return 0;
	spin_lock(&p->lock);
	t = ticks_at(p, p->ops->now());
	if (port == PORT_B)
		*val = read_port_b(p, t);
	else if (port - PORT_COUNTER < VPIT_CHANNELS)
		*val = read_counter(&p->ch[port - PORT_COUNTER], t);
	spin_unlock(&p->lock);
	return 0;
}

/* Mode 0 holds channel 0's output, and so IRQ 0, low until it expires. */
static bool drops_irq(const struct vpit_channel *c, u64 t)
{
	return !output(c, t) && c->mode == 0;
}

int vpit_pio_write(void *dev, u32 port, u32 size, u64 *val)
{
	struct vpit *p = dev;
	bool low;
	u64 t;

	if (size != 1)
		return 0;
	spin_lock(&p->lock);
	t = ticks_at(p, p->ops->now());
	if (port == PORT_B) {
		set_gate(&p->ch[2], (*val & PORT_B_GATE) != 0, t);
		p->speaker = (*val & PORT_B_SPEAKER) != 0;
	} else if (port == PORT_CONTROL) {
		write_control(p, (u8)*val, t);
	} else if (port - PORT_COUNTER < VPIT_CHANNELS) {
		write_counter(&p->ch[port - PORT_COUNTER], (u8)*val, t);
	}
	low = drops_irq(&p->ch[0], t);
	rearm_and_unlock(p);
	if (low)
		p->ops->irq(p->arg, false);
	return 0;
}

/* clang-format off */
const struct vdev_range vpit_ranges[2] = {
	{ .name = "pit", .base = PORT_COUNTER, .size = 4,
	  .read = vpit_pio_read, .write = vpit_pio_write },
	{ .name = "port 0x61", .base = PORT_B, .size = 1,
	  .read = vpit_pio_read, .write = vpit_pio_write },
};
/* clang-format on */
