/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two 8259As. "Priority" below counts from 0, the highest, after the
 * rotation; 8 means no request at all.
 */
#include "guest/x86/vpic.h"

#include "lib/errno.h"
#include "lib/string.h"

#define PORT_MASTER 0x20U
#define PORT_SLAVE  0xa0U
#define PORT_ELCR   0x4d0U

#define MASTER 0
#define SLAVE  1

#define ICW1            0x10U /* in a write to the even port */
#define ICW1_NEEDS_ICW4 0x01U
#define ICW1_SINGLE     0x02U
#define ICW4_AUTO_EOI   0x02U
#define ICW4_NESTED     0x10U
#define OCW3            0x08U

/* Inputs 0, 1, 2, 8 and 13 are edge-triggered in any PC. */
static const u8 elcr_writable[2] = { 0xf8, 0xde };

static u8 requests(const struct vpic_chip *c)
{
	u32 level = (u32)c->elcr | c->cascade;

	return (u8)((c->latch & ~level) | (c->line & level));
}

static u32 priority_of(const struct vpic_chip *c, u32 inputs)
{
	u32 rotated = (inputs << 8 | inputs) >> ((c->lowest + 1) & 7);

	return (rotated & 0xff) != 0 ? (u32)__builtin_ctz(rotated) : 8;
}

static u32 input_at(const struct vpic_chip *c, u32 priority)
{
	return (priority + c->lowest + 1) & 7;
}

/* The input to be served next, or -1. */
static int chip_pending(const struct vpic_chip *c)
{
	u32 blocking = c->isr;
	u32 want = priority_of(c, requests(c) & ~(u32)c->imr);

	if (c->init_step != 0 || want == 8)
		return -1;
	if (c->special_mask)
		blocking &= ~(u32)c->imr;
	/* The slave sorts out its own; a higher one there may nest. */
	if (c->fully_nested)
		blocking &= ~(u32)c->cascade;
	if (want >= priority_of(c, blocking))
		return -1;
	return (int)input_at(c, want);
}

static void chip_ack(struct vpic_chip *c, u32 input)
{
	u32 bit = BIT32(input);

	c->latch = (u8)(c->latch & ~bit);
	if (!c->auto_eoi)
		c->isr = (u8)(c->isr | bit);
	else if (c->rotate_aeoi)
		c->lowest = (u8)input;
}

/* Follow the wires: slave to master to CPU. True if INT rose. */
static bool update(struct vpic *p)
{
	struct vpic_chip *m = &p->chip[MASTER];
	bool before = p->output != 0;
	bool after;

	if (chip_pending(&p->chip[SLAVE]) >= 0)
		m->line = (u8)(m->line | m->cascade);
	else
		m->line = (u8)(m->line & ~m->cascade);
	after = chip_pending(m) >= 0;
	__atomic_store_n(&p->output, after ? 1 : 0, __ATOMIC_RELEASE);
	return after && !before;
}

static void update_and_unlock(struct vpic *p)
{
	bool rose = update(p);

	spin_unlock(&p->lock);
	if (rose)
		p->intr(p->arg);
}

static void chip_init(struct vpic_chip *c)
{
	c->latch = 0;
	c->isr = 0;
	c->imr = 0;
	c->lowest = 7;
	c->auto_eoi = false;
	c->rotate_aeoi = false;
	c->special_mask = false;
	c->fully_nested = false;
	c->read_isr = false;
	c->poll = false;
}

static void chip_reset(struct vpic_chip *c)
{
	chip_init(c);
	c->imr = 0xff;
	c->elcr = 0;
	c->base = 0;
	c->init_step = 0;
	c->needs_icw4 = false;
	c->single = false;
}

void vpic_reset(struct vpic *p)
{
	spin_lock(&p->lock);
	chip_reset(&p->chip[MASTER]);
	chip_reset(&p->chip[SLAVE]);
	update_and_unlock(p);
}

void vpic_init(struct vpic *p, void (*intr)(void *arg), void *arg)
{
	memset(p, 0, sizeof(*p));
	p->intr = intr;
	p->arg = arg;
	p->chip[MASTER].cascade = BIT32(VPIC_CASCADE);
	vpic_reset(p);
}

int vpic_set_line(struct vpic *p, u32 pin, bool level)
{
	struct vpic_chip *c = &p->chip[(pin >> 3) & 1];
	u32 bit = BIT32(pin & 7);

	if (pin >= VPIC_PINS || pin == VPIC_CASCADE)
		return -EINVAL;
	spin_lock(&p->lock);
	/*
	 * An edge stays latched when the line falls again, unlike on the
	 * real chip: a virtual pulse has no width.
	 */
	if (level && (c->line & bit) == 0)
		c->latch = (u8)(c->latch | bit);
	c->line = (u8)(level ? c->line | bit : c->line & ~bit);
	update_and_unlock(p);
	return 0;
}

/* The vector of what is pending, acknowledging it if @ack. Lock held. */
static int next_vector(struct vpic *p, bool ack)
{
	struct vpic_chip *c = &p->chip[MASTER];
	int input = chip_pending(c);

	if (input == (int)VPIC_CASCADE && !c->single) {
		if (ack)
			chip_ack(c, VPIC_CASCADE);
		c = &p->chip[SLAVE];
		input = chip_pending(c);
	}
	/* Gone again: the chip says 7 without setting its ISR bit. */
	if (input < 0)
		return c->base | 7;
	if (ack)
		chip_ack(c, (u32)input);
	return (int)(c->base | (u32)input);
}

int vpic_pending(struct vpic *p)
{
	int vector = -1;

	spin_lock(&p->lock);
	if (p->output != 0)
		vector = next_vector(p, false);
	spin_unlock(&p->lock);
	return vector;
}

int vpic_ack(struct vpic *p)
{
	int vector;

	spin_lock(&p->lock);
	vector = next_vector(p, true);
	update_and_unlock(p);
	return vector;
}

static void end_of_interrupt(struct vpic_chip *c, u32 input, bool rotate)
{
	c->isr = (u8)(c->isr & ~BIT32(input));
	if (rotate)
		c->lowest = (u8)input;
}

static void nonspecific_eoi(struct vpic_chip *c, bool rotate)
{
	u32 serving = c->isr;

	if (c->special_mask)
		serving &= ~(u32)c->imr;
	if (serving != 0)
		end_of_interrupt(c, input_at(c, priority_of(c, serving)),
				 rotate);
}

/* 8259A data sheet, "Operation Command Word 2": bits 7..5 */
enum ocw2 {
	OCW2_ROTATE_AEOI_OFF,
	OCW2_EOI,
	OCW2_NONE,
	OCW2_EOI_SPECIFIC,
	OCW2_ROTATE_AEOI_ON,
	OCW2_EOI_ROTATE,
	OCW2_SET_PRIORITY,
	OCW2_EOI_SPECIFIC_ROTATE,
};

static void write_ocw2(struct vpic_chip *c, u32 val)
{
	u32 input = val & 7;

	switch ((enum ocw2)(val >> 5)) {
	case OCW2_ROTATE_AEOI_OFF:
	case OCW2_ROTATE_AEOI_ON:
		c->rotate_aeoi = (val & 0x80) != 0;
		break;
	case OCW2_EOI:
	case OCW2_EOI_ROTATE:
		nonspecific_eoi(c, (val & 0x80) != 0);
		break;
	case OCW2_EOI_SPECIFIC:
	case OCW2_EOI_SPECIFIC_ROTATE:
		end_of_interrupt(c, input, (val & 0x80) != 0);
		break;
	case OCW2_SET_PRIORITY:
		c->lowest = (u8)input;
		break;
	case OCW2_NONE:
		break;
	}
}

static void write_ocw3(struct vpic_chip *c, u32 val)
{
	if ((val & 0x04) != 0)
		c->poll = true;
	if ((val & 0x02) != 0)
		c->read_isr = (val & 0x01) != 0;
	if ((val & 0x40) != 0)
		c->special_mask = (val & 0x20) != 0;
}

static void write_even(struct vpic_chip *c, u32 val)
{
	if ((val & ICW1) != 0) {
		chip_init(c);
		c->needs_icw4 = (val & ICW1_NEEDS_ICW4) != 0;
		c->single = (val & ICW1_SINGLE) != 0;
		c->init_step = 2;
	} else if ((val & OCW3) != 0) {
		write_ocw3(c, val);
	} else {
		write_ocw2(c, val);
	}
}

/* ICW2, 3 and 4 follow ICW1 here; ICW3 and 4 only if ICW1 said so. */
static void write_icw(struct vpic_chip *c, u32 val)
{
	u32 next = (u32)c->init_step + 1;

	if (c->init_step == 2)
		c->base = (u8)(val & 0xf8);
	if (c->init_step == 4) {
		c->auto_eoi = (val & ICW4_AUTO_EOI) != 0;
		c->fully_nested = (val & ICW4_NESTED) != 0;
	}
	if (next == 3 && c->single)
		next = 4;
	if (next == 4 && !c->needs_icw4)
		next = 5;
	c->init_step = (u8)(next > 4 ? 0 : next);
}

static void write_odd(struct vpic_chip *c, u32 val)
{
	if (c->init_step != 0)
		write_icw(c, val);
	else
		c->imr = (u8)val;
}

/* The read after a poll command is an acknowledge cycle without a vector. */
static __rare u32 poll_read(struct vpic_chip *c)
{
	int input = chip_pending(c);

	c->poll = false;
	if (input < 0)
		return 0;
	chip_ack(c, (u32)input);
	return 0x80U | (u32)input;
}

static u32 read_chip(struct vpic_chip *c, bool odd)
{
	if (unlikely(c->poll))
		return poll_read(c);
	if (likely(odd))
		return c->imr;
	return c->read_isr ? c->isr : requests(c);
}

static bool port_is_chip(u32 port)
{
	return (port & ~(1U | (PORT_MASTER ^ PORT_SLAVE))) == PORT_MASTER;
}

static u32 read_port(struct vpic *p, u32 port)
{
	if (unlikely(!port_is_chip(port)))
		return (port & ~1U) == PORT_ELCR ? p->chip[port & 1].elcr
						 : 0xffU;
	return read_chip(&p->chip[port >> 7 & 1], (port & 1) != 0);
}

static void write_port(struct vpic *p, u32 port, u32 val)
{
	struct vpic_chip *c = &p->chip[(port & ~1U) == PORT_SLAVE];

	if ((port & ~1U) == PORT_ELCR)
		p->chip[port & 1].elcr = (u8)(val & elcr_writable[port & 1]);
	else if (port_is_chip(port) && (port & 1) != 0)
		write_odd(c, val);
	else if (port_is_chip(port))
		write_even(c, val);
}

static inline u32 read_byte(struct vpic *p, u32 port)
{
	bool polled;
	u32 val;

	spin_lock(&p->lock);
	/* Only a poll changes what it reads. */
	polled = p->chip[MASTER].poll || p->chip[SLAVE].poll;
	val = read_port(p, port);
	if (unlikely(polled))
		update_and_unlock(p);
	else
		spin_unlock(&p->lock);
	return val;
}

/* The bus splits wider accesses into bytes. */
static __rare u64 read_bytes(struct vpic *p, u32 port, u32 size)
{
	u64 val = 0;
	u32 i;

	for (i = 0; i < MIN(size, 4U); i++)
		val |= (u64)read_byte(p, port + i) << (8 * i);
	return val;
}

int vpic_pio_read(void *dev, u32 port, u32 size, u64 *val)
{
	*val = likely(size == 1) ? read_byte(dev, port)
				 : read_bytes(dev, port, size);
	return 0;
}

int vpic_pio_write(void *dev, u32 port, u32 size, u64 *val)
{
	struct vpic *p = dev;
	u32 i;

	spin_lock(&p->lock);
	for (i = 0; i < MIN(size, 4U); i++)
		write_port(p, port + i, (u8)(*val >> (8 * i)));
	update_and_unlock(p);
	return 0;
}

/* clang-format off */
const struct vdev_range vpic_ranges[3] = {
	{ .name = "pic master", .base = PORT_MASTER, .size = 2,
	  .read = vpic_pio_read, .write = vpic_pio_write },
	{ .name = "pic slave", .base = PORT_SLAVE, .size = 2,
	  .read = vpic_pio_read, .write = vpic_pio_write },
	{ .name = "pic elcr", .base = PORT_ELCR, .size = 2,
	  .read = vpic_pio_read, .write = vpic_pio_write },
};
/* clang-format on */
