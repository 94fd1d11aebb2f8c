/* SPDX-License-Identifier: BSD-2-Clause */
/* The paravirtual clock; msr.rst and cpuid.rst of the kernel documentation. */
#include "kit/host.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define LEAF_BASE      0x40000100
#define FEATURE_CLOCK2 BIT32(3)
#define MSR_WALL       0x4b564d00
#define MSR_SYSTEM     0x4b564d01
#define ENABLE         1UL
#define NS_PER_MS      1000000UL
#define YEAR_2024      1704067200U
#define YEAR_2100      4102444800U
#define RAM_END        MIB(32)

struct clock {
	u32 version;
	u32 pad0;
	u64 tsc;
	u64 ns;
	u32 mul;
	signed char shift;
	u8 flags;
	u8 pad[2];
};

static volatile struct clock clock __aligned(64);

static u64 addr_of_clock(void)
{
	return (u64)(uintptr_t)&clock;
}

static u64 now_ns(void)
{
	u64 delta = x86_rdtsc() - clock.tsc;
	u64 low, high;

	delta = clock.shift < 0 ? delta >> -clock.shift : delta << clock.shift;
	__asm__("mulq %3"
		: "=a"(low), "=d"(high)
		: "a"(delta), "r"((u64)clock.mul));
	return clock.ns + (high << 32 | low >> 32);
}

static void is_offered(void)
{
	struct cpuid_out r = x86_cpuid(LEAF_BASE, 0);

	check(r.ebx == 0x4b4d564b && r.ecx == 0x564b4d56 && r.edx == 0x4d,
	      "its name is %08x %08x %08x", r.ebx, r.ecx, r.edx);
	check(x86_cpuid(LEAF_BASE + 1, 0).eax & FEATURE_CLOCK2, "no clock");
}

static void goes_with_the_tsc(void)
{
	u64 a, b, tsc, ns;

	check_eq(try_wrmsr(MSR_SYSTEM, addr_of_clock() | ENABLE), NO_FAULT,
		 "enable");
	check(clock.version != 0 && !(clock.version & 1), "version %u",
	      clock.version);
	check_eq(x86_rdmsr(MSR_SYSTEM), addr_of_clock() | ENABLE, "MSR");
	a = now_ns();
	tsc = x86_rdtsc();
	delay_us(20000);
	b = now_ns();
	tsc = x86_rdtsc() - tsc;
	ns = tsc * NS_PER_MS / tsc_per_ms();
	check(b > a, "it does not go on");
	check(b - a < ns + ns / 8 && b - a > ns - ns / 8,
	      "%lu ns where the TSC says %lu", b - a, ns);
}

static void survives_tsc_writes(void)
{
	u64 before = now_ns();
	u64 after;

	check_eq(try_wrmsr(0x10, x86_rdtsc() + (1UL << 44)), NO_FAULT, "TSC");
	after = now_ns();
	check(after >= before && after - before < 60000 * NS_PER_MS,
	      "from %lu to %lu ns", before, after);
	check_eq(try_wrmsr(0x3b, 0), NO_FAULT, "TSC_ADJUST");
	after = now_ns();
	check(after >= before && after - before < 60000 * NS_PER_MS,
	      "from %lu to %lu ns", before, after);
}

static void tells_the_day(void)
{
	static volatile u32 wall[3] __aligned(16);

	check_eq(try_wrmsr(MSR_WALL, (u64)(uintptr_t)wall), NO_FAULT, "ask");
	check(wall[0] != 0 && !(wall[0] & 1), "version %u", wall[0]);
	check(wall[1] > YEAR_2024 && wall[1] < YEAR_2100,
	      "%u seconds since 1970", wall[1]);
	check(wall[2] < 1000000000, "%u ns", wall[2]);
}

static void bad_addresses(void)
{
	static const u64 bad[] = { RAM_END,    RAM_END - 16, HOST_MMIO,
				   0xfee00000, 0xfec00000,   GIB(300),
				   1UL << 48,  1UL << 60,    ~0UL << 6 };

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++) {
		check_eq(try_wrmsr(MSR_SYSTEM, bad[i] | ENABLE), VEC_GP,
			 "clock at %lx", bad[i]);
		check_eq(try_wrmsr(MSR_WALL, bad[i] | 8), VEC_GP, "day at %lx",
			 bad[i]);
	}
	check_eq(x86_rdmsr(MSR_SYSTEM), addr_of_clock() | ENABLE,
		 "the old one is kept");
}

static void can_be_switched_off(void)
{
	struct clock before;

	check_eq(try_wrmsr(MSR_SYSTEM, 0), NO_FAULT, "off");
	memcpy(&before, (const void *)(uintptr_t)addr_of_clock(),
	       sizeof(before));
	check_eq(try_wrmsr(0x10, x86_rdtsc() + (1UL << 40)), NO_FAULT, "TSC");
	check(!memcmp(&before, (const void *)(uintptr_t)addr_of_clock(),
		      sizeof(before)),
	      "it is still written");
	check_eq(try_wrmsr(0x3b, 0), NO_FAULT, "TSC_ADJUST");
}

/* clang-format off */
const struct test tests[] = {
	{ "is_offered", is_offered },
	{ "goes_with_the_tsc", goes_with_the_tsc },
	{ "survives_tsc_writes", survives_tsc_writes },
	{ "tells_the_day", tells_the_day },
	{ "bad_addresses", bad_addresses },
	{ "can_be_switched_off", can_be_switched_off },
	{ NULL, NULL },
};
/* clang-format on */
