/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/legacy.h"

#include "mem/layout.h"

#include <string.h>
#include <time.h>

static void pin_set(const struct irq_pin *pin, bool level)
{
	pin->vmm->ops->irqline(pin->vmm, pin->gsi,
			       level ? IRQLINE_HIGH : IRQLINE_LOW);
}

/* What the console refuses comes again, so the tap gets it then. */
static bool com_put(void *arg, u8 byte)
{
	struct com *com = arg;

	if (!console_put(&com->console, byte))
		return false;
	if (com->tapped)
		console_put(&com->tap, byte);
	return true;
}

static void com_resume(void *arg)
{
	struct com *com = arg;

	console_resume(&com->console);
	if (com->tapped)
		console_resume(&com->tap);
}

static void com_irq(void *arg, bool level)
{
	pin_set(&((struct com *)arg)->pin, level);
}

static size_t com_room(void *arg)
{
	return uart_room(&((struct com *)arg)->uart);
}

static void com_receive(void *arg, const u8 *bytes, size_t n)
{
	uart_receive(&((struct com *)arg)->uart, bytes, n);
}

static void com_drained(void *arg)
{
	uart_drained(&((struct com *)arg)->uart);
}

static u64 com_read(void *dev, u64 off, u32 size)
{
	return uart_read(&((struct com *)dev)->uart, off, size);
}

static void com_write(void *dev, u64 off, u32 size, u64 val)
{
	uart_write(&((struct com *)dev)->uart, off, size, val);
}

static const struct bus_ops com_bus_ops = { com_read, com_write };

static const struct {
	const char *name;
	u16 port;
	u32 irq;
} com_places[COM_COUNT] = {
	[COM1] = { "com1", PORT_COM1, IRQ_COM1 },
	[COM2] = { "com2", PORT_COM2, IRQ_COM2 },
};

static int com_tap(struct com *com, u32 which, const struct legacy_env *env,
		   struct dm_error *err)
{
	const struct console_owner owner = { com_room, com_receive, com_drained,
					     com };
	struct console_config cfg = { .kind = CONSOLE_SOCKET, .replay = true };
	char path[RUNDIR_PATH];
	int rc;

	if (!rundir_file(env->run, com_places[which].name, path))
		return 0;
	cfg.path = path;
	rc = console_open(&com->tap, &cfg, env->loop, &owner, err);
	com->tapped = rc == 0;
	return rc;
}

static int com_init(struct com *com, u32 which,
		    const struct console_config *cfg,
		    const struct legacy_env *env, struct dm_error *err)
{
	const struct uart_ops uart_ops = { com_put, com_resume, com_irq, com };
	const struct console_owner owner = { com_room, com_receive, com_drained,
					     com };
	const struct bus_range range = { com_places[which].port, UART_PORTS,
					 com_places[which].name, &com_bus_ops,
					 com };
	int rc;

	com->pin = (struct irq_pin){ env->vmm, com_places[which].irq };
	uart_init(&com->uart, &uart_ops);
	rc = console_open(&com->console, cfg, env->loop, &owner, err);
	if (rc) {
		uart_destroy(&com->uart);
		return rc;
	}
	com->present = true;
	rc = bus_add(env->pio, &range);
	if (rc)
		return dm_fail(err, rc, "no room for %s on the bus",
			       range.name);
	return com_tap(com, which, env, err);
}

static u64 clock_now(void *arg)
{
	struct timespec ts;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (u64)ts.tv_sec * 1000000000ULL + (u64)ts.tv_nsec;
}

static void clock_arm(void *arg, u64 ns)
{
	event_timer_set(&((struct legacy *)arg)->rtc_timer, ns, 0);
}

static void clock_irq(void *arg, bool level)
{
	pin_set(&((struct legacy *)arg)->rtc_pin, level);
}

static void on_clock(void *arg, u32 events)
{
	(void)events;
	rtc_expire(&((struct legacy *)arg)->rtc);
}

static u64 clock_read(void *dev, u64 off, u32 size)
{
	return rtc_read(dev, off, size);
}

static void clock_write(void *dev, u64 off, u32 size, u64 val)
{
	rtc_write(dev, off, size, val);
}

static const struct bus_ops clock_ops = { clock_read, clock_write };

static int clock_init(struct legacy *l, const struct legacy_env *env,
		      struct dm_error *err)
{
	const struct rtc_ops ops = { clock_now, clock_arm, clock_irq, l };
	const struct bus_range range = { PORT_RTC, 2, "rtc", &clock_ops,
					 &l->rtc };
	int rc;

	l->rtc_pin = (struct irq_pin){ env->vmm, IRQ_RTC };
	l->rtc_timer.fn = on_clock;
	l->rtc_timer.arg = l;
	rc = event_timer_add(env->loop, &l->rtc_timer);
	if (rc)
		return dm_fail(err, rc, "no timer for the clock: %s",
			       strerror(-rc));
	rtc_init(&l->rtc, &ops, env->mem->low, env->mem->high);
	l->rtc_present = true;
	rc = bus_add(env->pio, &range);
	return rc ? dm_fail(err, rc, "no room for the clock on the bus") : 0;
}

static void sci_level(void *arg, bool level)
{
	pin_set(arg, level);
}

static int power_init(struct legacy *l, const struct legacy_env *env)
{
	l->sci_pin = (struct irq_pin){ env->vmm, IRQ_SCI };
	l->pm.life = env->life;
	l->pm.sci = sci_level;
	l->pm.arg = &l->sci_pin;
	l->pm_present = true;
	return pm_init(&l->pm, env->pio);
}

int legacy_init(struct legacy *l, const struct vm_config *cfg,
		const struct legacy_env *env, struct dm_error *err)
{
	u32 i;
	int rc;

	memset(l, 0, sizeof(*l));
	for (i = 0; i < COM_COUNT; i++) {
		if (cfg->com[i].kind == CONSOLE_NONE)
			continue;
		rc = com_init(&l->com[i], i, &cfg->com[i], env, err);
		if (rc)
			return rc;
	}
	rc = clock_init(l, env, err);
	if (rc)
		return rc;
	rc = power_init(l, env);
	if (!rc)
		rc = reset_ports_init(&l->reset, env->pio, env->life,
				      cfg->debugexit);
	return rc ? dm_fail(err, rc, "no room for the PM ports") : 0;
}

void legacy_reset(struct legacy *l)
{
	u32 i;

	for (i = 0; i < COM_COUNT; i++)
		if (l->com[i].present)
			uart_reset(&l->com[i].uart);
	rtc_reset(&l->rtc);
	pm_reset(&l->pm);
	reset_ports_reset(&l->reset);
}

void legacy_free(struct legacy *l, struct event_loop *loop)
{
	u32 i;

	for (i = 0; i < COM_COUNT; i++) {
		if (!l->com[i].present)
			continue;
		console_close(&l->com[i].console);
		if (l->com[i].tapped)
			console_close(&l->com[i].tap);
		uart_destroy(&l->com[i].uart);
	}
	if (l->pm_present)
		pm_destroy(&l->pm);
	if (!l->rtc_present)
		return;
	event_timer_free(loop, &l->rtc_timer);
	rtc_destroy(&l->rtc);
}
