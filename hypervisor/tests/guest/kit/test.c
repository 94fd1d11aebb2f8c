/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/test.h"

#include <stdarg.h>

#include "kit/apic.h"
#include "kit/smp.h"
#include "kit/trap.h"
#include "lib/printf.h"
#include "lib/string.h"

#define COM1        0x3f8
#define COM1_LSR    0x3fd
#define LSR_THRE    0x20
#define LSR_IDLE    0x40 /* and the last bit has left */
#define EXIT_PORT   0xf4
#define EXIT_PASSED 0x10
#define EXIT_FAILED 0x11
/* Bochs: text to its standard output; the word that ends it. */
#define TEXT_PORT 0xe9
#define END_PORT  0x8900

/* boot_params, zero-page.rst */
#define BP_E820_COUNT 0x1e8
#define BP_CMDLINE    0x228
#define BP_E820       0x2d0

#define VENDOR_INTEL      0x756e6547 /* "Genu" */
#define CPUID_HV_FEATURES 0x40000001
#define CPUID_HV_TSC_KHZ  0x40000010

const u8 *boot_params;

static struct {
	const char *name;
	u32 bad;
	u32 passed;
	u32 failed;
	u32 console_lock;
	u64 tsc_khz;
	bool user;
	bool intel;
} state;

bool is_user_vm(void)
{
	return state.user;
}

bool cpu_is_intel(void)
{
	return state.intel;
}

static void put(const char *s)
{
	for (; *s; s++) {
		for (u32 i = 0; !is_user_vm() && i < 100000; i++)
			if (x86_inb(COM1_LSR) & LSR_THRE)
				break;
		x86_outb(COM1, (u8)*s);
	}
}

static void put_line(const char *prefix, const char *fmt, va_list ap)
{
	char line[200];

	fmt_vprint(line, sizeof(line), fmt, ap);
	while (__atomic_exchange_n(&state.console_lock, 1, __ATOMIC_ACQUIRE))
		x86_pause();
	put(prefix);
	put(line);
	put("\n");
	__atomic_store_n(&state.console_lock, 0, __ATOMIC_RELEASE);
}

void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line("", fmt, ap);
	va_end(ap);
}

static void fail(const char *fmt, va_list ap)
{
	char prefix[64];

	__atomic_fetch_add(&state.bad, 1, __ATOMIC_SEQ_CST);
	fmt_print(prefix, sizeof(prefix), "FAIL %s: ", state.name);
	put_line(prefix, fmt, ap);
}

bool check(bool ok, const char *fmt, ...)
{
	va_list ap;

	if (ok)
		return true;
	va_start(ap, fmt);
	fail(fmt, ap);
	va_end(ap);
	return false;
}

bool check_equal(s64 got, s64 want, const char *fmt, ...)
{
	char text[120];
	va_list ap;

	if (got == want)
		return true;
	va_start(ap, fmt);
	fmt_vprint(text, sizeof(text), fmt, ap);
	va_end(ap);
	return check(false, "%s: got %ld (0x%lx), want %ld (0x%lx)", text,
		     (long)got, (u64)got, (long)want, (u64)want);
}

static void put_port(u16 port, const char *s)
{
	for (; *s; s++)
		x86_outb(port, (u8)*s);
}

/* QEMU's exit device makes a status of the code: this is for Bochs. */
static void end_machine(u32 code)
{
	char text[16];

	for (u32 i = 0; i < 100000; i++)
		if (x86_inb(COM1_LSR) & LSR_IDLE)
			break;
	fmt_print(text, sizeof(text), "exit %u\n", code << 1 | 1);
	put_port(TEXT_PORT, text);
	put_port(END_PORT, "Shutdown");
}

static void __noreturn finish(void)
{
	u32 code = state.failed || !state.passed ? EXIT_FAILED : EXIT_PASSED;

	say("DONE %u passed, %u failed", state.passed, state.failed);
	x86_outb(EXIT_PORT, (u8)code);
	if (!is_user_vm())
		end_machine(code);
	for (;;)
		__asm__ volatile("cli; hlt");
}

void test_abort(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(fmt, ap);
	va_end(ap);
	state.failed++;
	finish();
}

u64 tsc_per_ms(void)
{
	if (!state.tsc_khz)
		state.tsc_khz = x86_cpuid(CPUID_HV_TSC_KHZ, 0).eax;
	return state.tsc_khz;
}

void delay_us(u64 us)
{
	u64 until = x86_rdtsc() + us * tsc_per_ms() / 1000;

	while (x86_rdtsc() < until)
		x86_pause();
}

u64 random_next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

u32 boot_map(const struct boot_range **map)
{
	*map = (const void *)(boot_params + BP_E820);
	return boot_params ? boot_params[BP_E820_COUNT] : 0;
}

const char *option(const char *name)
{
	size_t n = strlen(name);
	const char *p;
	u32 at;

	if (!boot_params)
		return NULL;
	memcpy(&at, boot_params + BP_CMDLINE, sizeof(at));
	for (p = (const char *)(uintptr_t)at; at && *p; p++) {
		if (!strncmp(p, name, n) && p[n] == '=')
			return p + n + 1;
	}
	return NULL;
}

static bool is_wanted(const char *name)
{
	const char *only = option(is_user_vm() ? "user" : "only");

	return !only || !strncmp(only, name, strlen(name));
}

static void run_one(const struct test *t)
{
	state.name = t->name;
	state.bad = 0;
	t->run();
	if (state.bad) {
		state.failed++;
		return;
	}
	state.passed++;
	say("PASS %s", t->name);
}

void kit_main(const u8 *params);
void kit_main(const u8 *params)
{
	struct kcpu *cpu = kcpu_get(0);

	boot_params = params;
	state.user = !(x86_cpuid(CPUID_HV_FEATURES, 0).eax & 1);
	state.intel = x86_cpuid(0, 0).ebx == VENDOR_INTEL;
	state.name = "start";
	trap_init_cpu(cpu);
	apic_enable(false);
	cpu->lapic_id = apic_id();
	if (!tsc_per_ms())
		test_abort("CPUID tells no TSC frequency");
	for (const struct test *t = tests; t->name; t++)
		if (is_wanted(t->name))
			run_one(t);
	finish();
}
