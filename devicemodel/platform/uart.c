/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/uart.h"

#include <string.h>

/* PC16550D, table II. */
enum {
	REG_DATA,
	REG_IER,
	REG_IIR,
	REG_LCR,
	REG_MCR,
	REG_LSR,
	REG_MSR,
	REG_SCR
};
#define REG_FCR REG_IIR

#define IER_RX       0x01
#define IER_THRE     0x02
#define IER_LINE     0x04
#define IER_MODEM    0x08
#define IER_BITS     0x0f
#define IIR_NONE     0x01
#define IIR_MODEM    0x00
#define IIR_THRE     0x02
#define IIR_RX       0x04
#define IIR_LINE     0x06
#define IIR_TIMEOUT  0x0c
#define IIR_FIFOS    0xc0
#define FCR_ENABLE   0x01
#define FCR_CLEAR_RX 0x02
#define FCR_CLEAR_TX 0x04
#define FCR_STORED   0xc9
#define LCR_DLAB     0x80
#define MCR_DTR      0x01
#define MCR_RTS      0x02
#define MCR_OUT1     0x04
#define MCR_OUT2     0x08 /* gates the interrupt on a PC */
#define MCR_LOOP     0x10
#define MCR_BITS     0x1f
#define LSR_READY    0x01
#define LSR_OVERRUN  0x02
#define LSR_THRE     0x20
#define LSR_IDLE     0x40
#define MSR_DCTS     0x01
#define MSR_DDSR     0x02
#define MSR_TERI     0x04
#define MSR_DDCD     0x08
#define MSR_CTS      0x10
#define MSR_DSR      0x20
#define MSR_RI       0x40
#define MSR_DCD      0x80

static void fifo_push(struct uart_fifo *f, u8 byte)
{
	f->data[(f->first + f->count++) % UART_FIFO] = byte;
}

static u8 fifo_pop(struct uart_fifo *f)
{
	u8 byte = f->data[f->first];

	f->first = (f->first + 1) % UART_FIFO;
	f->count--;
	return byte;
}

static u32 fifo_depth(const struct uart *u)
{
	return u->fcr & FCR_ENABLE ? UART_FIFO : 1;
}

static u32 rx_trigger(const struct uart *u)
{
	static const u8 levels[4] = { 1, 4, 8, 14 };

	return u->fcr & FCR_ENABLE ? levels[u->fcr >> 6] : 1;
}

/*
 * The highest-priority interrupt that is pending and enabled. Data below the
 * trigger level counts as timed out at once: nothing more is on its way.
 */
static u8 uart_iir(const struct uart *u)
{
	if ((u->ier & IER_LINE) && u->lsr_errors)
		return IIR_LINE;
	if ((u->ier & IER_RX) && u->rx.count >= rx_trigger(u))
		return IIR_RX;
	if ((u->ier & IER_RX) && u->rx.count)
		return IIR_TIMEOUT;
	if ((u->ier & IER_THRE) && u->thre_pending)
		return IIR_THRE;
	if ((u->ier & IER_MODEM) && u->msr_deltas)
		return IIR_MODEM;
	return IIR_NONE;
}

static void uart_update_irq(struct uart *u)
{
	bool level = uart_iir(u) != IIR_NONE &&
		     (u->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;

	if (level == u->irq_level)
		return;
	u->irq_level = level;
	u->ops.irq(u->ops.arg, level);
}

static u8 uart_msr_lines(const struct uart *u)
{
	u8 lines = 0;

	if (!(u->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	if (u->mcr & MCR_RTS)
		lines |= MSR_CTS;
	if (u->mcr & MCR_DTR)
		lines |= MSR_DSR;
	if (u->mcr & MCR_OUT1)
		lines |= MSR_RI;
	if (u->mcr & MCR_OUT2)
		lines |= MSR_DCD;
	return lines;
}

static void uart_set_mcr(struct uart *u, u8 val)
{
	u8 before = uart_msr_lines(u), changed;

	u->mcr = val & MCR_BITS;
	changed = before ^ uart_msr_lines(u);
	if (changed & MSR_CTS)
		u->msr_deltas |= MSR_DCTS;
	if (changed & MSR_DSR)
		u->msr_deltas |= MSR_DDSR;
	if (changed & MSR_DCD)
		u->msr_deltas |= MSR_DDCD;
	if (changed & before & MSR_RI)
		u->msr_deltas |= MSR_TERI;
}

static void uart_take(struct uart *u, u8 byte)
{
	if (u->rx.count < fifo_depth(u))
		fifo_push(&u->rx, byte);
	else
		u->lsr_errors |= LSR_OVERRUN;
}

/* Push on what was held back; the transmitter empties when all is gone. */
static void uart_transmit(struct uart *u)
{
	while (u->tx.count) {
		if (!u->ops.put(u->ops.arg, u->tx.data[u->tx.first]))
			return;
		fifo_pop(&u->tx);
	}
	u->thre_pending = true;
}

static void uart_write_data(struct uart *u, u8 val)
{
	u->thre_pending = false;
	if (u->mcr & MCR_LOOP) {
		uart_take(u, val);
		u->thre_pending = true;
		return;
	}
	/* A guest that does not wait loses bytes, as on the real chip. */
	if (u->tx.count < fifo_depth(u))
		fifo_push(&u->tx, val);
	uart_transmit(u);
}

static void uart_write_fcr(struct uart *u, u8 val)
{
	if ((u->fcr ^ val) & FCR_ENABLE)
		val |= FCR_CLEAR_RX | FCR_CLEAR_TX;
	/* Other bits count only together with the enable bit. */
	u->fcr = val & FCR_ENABLE ? val & FCR_STORED : 0;
	if (val & FCR_CLEAR_RX)
		u->rx.count = 0;
	if ((val & FCR_CLEAR_TX) && u->tx.count) {
		u->tx.count = 0;
		u->thre_pending = true;
	}
}

static void uart_write_ier(struct uart *u, u8 val)
{
	/* Enabling the interrupt while the transmitter is empty raises it. */
	if ((val & ~u->ier & IER_THRE) && !u->tx.count)
		u->thre_pending = true;
	u->ier = val & IER_BITS;
}

static u8 uart_read_iir(struct uart *u)
{
	u8 iir = uart_iir(u);

	if (iir == IIR_THRE)
		u->thre_pending = false;
	return iir | (u->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

static u8 uart_read_lsr(struct uart *u)
{
	u8 lsr = u->lsr_errors;

	u->lsr_errors = 0;
	if (u->rx.count)
		lsr |= LSR_READY;
	if (!u->tx.count)
		lsr |= LSR_THRE | LSR_IDLE;
	return lsr;
}

static u8 uart_read_msr(struct uart *u)
{
	u8 msr = uart_msr_lines(u) | u->msr_deltas;

	u->msr_deltas = 0;
	return msr;
}

static u8 uart_read_reg(struct uart *u, u64 reg)
{
	bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case REG_DATA:
		if (dlab)
			return u->dll;
		return u->rx.count ? fifo_pop(&u->rx) : 0;
	case REG_IER:
		return dlab ? u->dlm : u->ier;
	case REG_IIR:
		return uart_read_iir(u);
	case REG_LCR:
		return u->lcr;
	case REG_MCR:
		return u->mcr;
	case REG_LSR:
		return uart_read_lsr(u);
	case REG_MSR:
		return uart_read_msr(u);
	default:
		return u->scr;
	}
}

static void uart_write_reg(struct uart *u, u64 reg, u8 val)
{
	bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case REG_DATA:
		if (dlab)
			u->dll = val;
		else
			uart_write_data(u, val);
		break;
	case REG_IER:
		if (dlab)
			u->dlm = val;
		else
			uart_write_ier(u, val);
		break;
	case REG_FCR:
		uart_write_fcr(u, val);
		break;
	case REG_LCR:
		u->lcr = val;
		break;
	case REG_MCR:
		uart_set_mcr(u, val);
		break;
	case REG_SCR:
		u->scr = val;
		break;
	default:
		break; /* LSR and MSR are read-only */
	}
}

static size_t uart_room_locked(const struct uart *u)
{
	/* In loopback the receive pin is not connected: let input wait. */
	return u->mcr & MCR_LOOP ? 0 : fifo_depth(u) - u->rx.count;
}

u64 uart_read(struct uart *u, u64 reg, u32 size)
{
	bool resume;
	u8 val;

	if (size != 1)
		return size_mask(size);
	pthread_mutex_lock(&u->lock);
	resume = uart_room_locked(u) == 0;
	val = uart_read_reg(u, reg);
	resume = resume && uart_room_locked(u);
	uart_update_irq(u);
	pthread_mutex_unlock(&u->lock);
	if (resume)
		u->ops.resume(u->ops.arg);
	return val;
}

void uart_write(struct uart *u, u64 reg, u32 size, u64 val)
{
	bool resume;

	if (size != 1)
		return;
	pthread_mutex_lock(&u->lock);
	resume = uart_room_locked(u) == 0;
	uart_write_reg(u, reg, (u8)val);
	resume = resume && uart_room_locked(u);
	uart_update_irq(u);
	pthread_mutex_unlock(&u->lock);
	if (resume)
		u->ops.resume(u->ops.arg);
}

size_t uart_room(struct uart *u)
{
	size_t room;

	pthread_mutex_lock(&u->lock);
	room = uart_room_locked(u);
	pthread_mutex_unlock(&u->lock);
	return room;
}

void uart_receive(struct uart *u, const u8 *bytes, size_t n)
{
	pthread_mutex_lock(&u->lock);
	while (n--)
		uart_take(u, *bytes++);
	uart_update_irq(u);
	pthread_mutex_unlock(&u->lock);
}

void uart_drained(struct uart *u)
{
	pthread_mutex_lock(&u->lock);
	if (u->tx.count)
		uart_transmit(u);
	uart_update_irq(u);
	pthread_mutex_unlock(&u->lock);
}

void uart_init(struct uart *u, const struct uart_ops *ops)
{
	memset(u, 0, sizeof(*u));
	pthread_mutex_init(&u->lock, NULL);
	u->ops = *ops;
	u->dll = 1; /* 115200 baud */
}

void uart_destroy(struct uart *u)
{
	pthread_mutex_destroy(&u->lock);
}

void uart_reset(struct uart *u)
{
	pthread_mutex_lock(&u->lock);
	u->rx.count = 0;
	u->tx.count = 0;
	u->ier = 0;
	u->fcr = 0;
	u->lcr = 0;
	u->mcr = 0;
	u->lsr_errors = 0;
	u->msr_deltas = 0;
	u->thre_pending = false;
	uart_update_irq(u);
	pthread_mutex_unlock(&u->lock);
	u->ops.resume(u->ops.arg);
}
