/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A User VM's kernel for acrn-dm's own loader: up and gone in a moment. First
 * resets=N times it resets itself, each time another way; then it does what
 * do= says. Lines start with "TINY ".
 */
#include "kit/apic.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "lib/string.h"

#define PORT_RESET    0xcf9
#define PORT_KBD      0x64
#define PORT_PM1      0x404
#define PORT_PCI      0xcf8
#define PORT_POST     0x80
#define PORT_COM1     0x3f8
#define PORT_COM1_LSR 0x3fd
#define LSR_READY     0x01
#define RESET_FULL    0x06
#define KBD_RESET     0xfe
#define SLEEP_S5      (5U << 10 | 1U << 13)
#define E820_RAM      1U

/* What outlasts a reset: nobody else writes here. */
#define NOTE_AT    0x1800000UL
#define NOTE_MAGIC 0x54494e59UL

struct note {
	u64 magic;
	u64 resets;
};

static struct note *const note = (struct note *)NOTE_AT;

static void __noreturn stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Words that are not zero from @from on, in the RAM the map tells of. */
static u64 count_dirty(u64 from)
{
	const struct boot_range *map;
	u32 n = boot_map(&map);
	u64 dirty = 0;

	for (u32 i = 0; i < n; i++) {
		u64 end = map[i].base + map[i].size;

		if (map[i].type != E820_RAM)
			continue;
		for (u64 at = MAX(map[i].base, from); at < end; at += 8)
			dirty += *(const u64 *)(uintptr_t)at != 0;
	}
	return dirty;
}

/* Memory that a VM gets has nothing of the one that had it before. */
static void greet(void)
{
	u64 dirty;

	if (note->magic == NOTE_MAGIC) {
		note->resets++;
	} else {
		dirty = count_dirty(NOTE_AT);
		if (dirty)
			say("TINY memory dirty: %lu words", dirty);
		*note = (struct note){ .magic = NOTE_MAGIC };
	}
	say("TINY up %lu", note->resets);
}

static void __noreturn reset_self(u64 way)
{
	if (way & 1)
		x86_outb(PORT_KBD, KBD_RESET);
	else
		x86_outb(PORT_RESET, RESET_FULL);
	stop();
}

static void do_off(void)
{
	x86_outw(PORT_PM1, SLEEP_S5);
	stop();
}

/* No descriptor is valid, not even that of the double fault. */
static void do_triple(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __packed none;

	__asm__ volatile("lidt %0; ud2" : : "m"(none));
}

static void spin_deaf(void *arg)
{
	(void)arg;
	irq_disable();
	for (;;)
		x86_pause();
}

/* Interrupts off, for ever; with cpus=2 on the next CPU as well. */
static void do_spin(void)
{
	const char *cpus = option("cpus");

	if (cpus && *cpus == '2') {
		check(smp_start(1, apic_id() + 1), "the second CPU");
		smp_call(1, spin_deaf, NULL);
	}
	say("TINY spins");
	spin_deaf(NULL);
}

/* There is always a request under way. */
static void do_ask(void)
{
	say("TINY asks");
	for (;;)
		(void)x86_inb(PORT_POST);
}

/* The driver answers it, in its interrupt: the next question is soon there. */
static void do_nag(void)
{
	say("TINY nags");
	for (;;)
		x86_outl(PORT_PCI, 0);
}

static void do_sleep(void)
{
	say("TINY sleeps");
	stop();
}

/* Off when somebody types. */
static void do_wait(void)
{
	say("TINY waits");
	while (!(x86_inb(PORT_COM1_LSR) & LSR_READY))
		delay_us(1000);
	(void)x86_inb(PORT_COM1);
	do_off();
}

static const struct {
	const char *name;
	void (*fn)(void);
} actions[] = {
	{ "off", do_off }, { "triple", do_triple }, { "spin", do_spin },
	{ "ask", do_ask }, { "nag", do_nag },       { "sleep", do_sleep },
	{ "wait", do_wait },
};

static u64 option_number(const char *name)
{
	const char *p = option(name);
	u64 n = 0;

	for (; p && *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (u64)(*p - '0');
	return n;
}

static void live(void)
{
	const char *what = option("do");

	greet();
	if (note->resets < option_number("resets"))
		reset_self(note->resets);
	for (u32 i = 0; what && i < ARRAY_SIZE(actions); i++)
		if (!strncmp(what, actions[i].name, strlen(actions[i].name)))
			actions[i].fn();
	test_abort("do= names nothing this kernel can do");
}

/* clang-format off */
const struct test tests[] = {
	{ "live", live },
	{ NULL, NULL },
};
/* clang-format on */
