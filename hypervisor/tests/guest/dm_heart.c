/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A User VM for acrn-dm that does no harm and notices any: its heart beats by
 * its own timer, one beat for each period of its own clock, and each beat
 * looks over a piece of its memory. A byte on its console ends it.
 *
 * A beat that comes late is only late: the next deadline does not move. One
 * that is lost is the last, since each sets the timer for the next.
 */
#include "kit/apic.h"
#include "kit/test.h"
#include "kit/trap.h"

#define VECTOR       0x50
#define BEAT_MS      100
#define COM1         0x3f8
#define COM1_LSR     0x3fd
#define LSR_DR       1
#define MSR_DEADLINE 0x6e0
/* Memory that is nobody's business but ours. */
#define OWN       MIB(64)
#define OWN_SIZE  MIB(32)
#define OWN_WORDS (OWN_SIZE / 8)
#define LOOK      (OWN_WORDS / 64)

static struct {
	u64 period; /* ticks of the TSC */
	u64 start;
	u64 beats;
	u64 early;
	u64 latest; /* ticks that the worst was late */
} heart;

static u64 deadline_of(u64 beat)
{
	return heart.start + beat * heart.period;
}

static void on_beat(u8 vector)
{
	u64 now = x86_rdtsc(), due = deadline_of(heart.beats + 1);

	(void)vector;
	if (now < due) {
		heart.early++;
		return;
	}
	heart.latest = MAX(heart.latest, now - due);
	heart.beats++;
	x86_wrmsr(MSR_DEADLINE, deadline_of(heart.beats + 1));
}

static u64 pattern(u64 i)
{
	return i * 0x9e3779b97f4a7c15UL ^ 0x68656172746265;
}

static u64 *own(void)
{
	return (u64 *)(uintptr_t)OWN;
}

static void look_over(u64 beat)
{
	u64 first = beat % (OWN_WORDS / LOOK) * LOOK;

	for (u64 i = first; i < first + LOOK; i++) {
		if (check(own()[i] == pattern(i), "word %lx is %lx", i,
			  own()[i]))
			continue;
		own()[i] = pattern(i);
		return;
	}
}

static bool told_to_end(void)
{
	if (!(x86_inb(COM1_LSR) & LSR_DR))
		return false;
	x86_inb(COM1);
	return true;
}

static void start_heart(void)
{
	heart.period = BEAT_MS * tsc_per_ms();
	trap_set_handler(VECTOR, on_beat);
	apic_write(LAPIC_LVT_TIMER, TIMER_DEADLINE | VECTOR);
	heart.start = x86_rdtsc();
	x86_wrmsr(MSR_DEADLINE, deadline_of(1));
}

static u64 beats_now(void)
{
	return __atomic_load_n(&heart.beats, __ATOMIC_SEQ_CST);
}

static void beat(void)
{
	u64 said = 0, wanted;

	for (u64 i = 0; i < OWN_WORDS; i++)
		own()[i] = pattern(i);
	start_heart();
	say("HEART starts");
	while (!told_to_end()) {
		irq_disable();
		if (said == beats_now())
			irq_wait();
		irq_enable();
		/* One by one: a slow console must not hide the end. */
		if (said == beats_now())
			continue;
		say("BEAT %lu", ++said);
		look_over(said);
	}
	/* As many as the clock says, once those that are late have come. */
	wanted = (x86_rdtsc() - heart.start) / heart.period;
	irq_disable();
	while (beats_now() < wanted)
		irq_wait();
	for (; said < wanted; said++)
		say("BEAT %lu", said + 1);
	check_eq(heart.early, 0, "beats before their time");
	say("HEART ends: %lu beats, %lu by the clock, latest %lu us", said,
	    wanted, heart.latest * 1000 / tsc_per_ms());
}

/* clang-format off */
const struct test tests[] = {
	{ "beat", beat },
	{ NULL, NULL },
};
/* clang-format on */
