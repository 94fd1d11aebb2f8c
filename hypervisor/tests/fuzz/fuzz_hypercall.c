/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a list of hypercalls of a Service VM on the fake machine:
 * each a number, two arguments, and what of a plausible argument in memory is
 * changed. What a call reads may change right after it was read. Whatever it
 * is, every VM and CPU must fit the others', no User VM gets what its donor
 * had not, and when all VMs are gone every page is back.
 */
#include "abi/hypercall.h"
#include "tests/unit/vm_world.h"

#define CPUS      4
#define POOL      512
#define STEPS_MAX 48
/* More pages than this are never left to a call that is to run short. */
#define FEW_PAGES 32

/* The input, consumed from its head; zeros when it is used up. */
struct input {
	const u8 *p;
	size_t left;
};

static struct input in;

static u8 next_byte(void)
{
	if (!in.left)
		return 0;
	in.left--;
	return *in.p++;
}

static u64 next_u64(void)
{
	u64 v = 0;

	for (u32 i = 0; i < 8; i++)
		v = v << 8 | next_byte();
	return v;
}

/* Where a call may find its arguments: watched. */
static const u64 areas[2] = { BENCH_ARG, BENCH_ARG2 };

static struct {
	u8 seen[2][PAGE_SIZE];
	bool once;    /* a byte read twice is a mistake */
	u8 change_by; /* 0: memory stays as it is */
} watch;

static void on_read(const struct fake_access *a, void *arg)
{
	(void)arg;
	for (u32 n = 0; n < 2 && !a->write; n++) {
		for (u64 i = 0; i < a->len; i++) {
			u64 off = a->hpa.v + i - areas[n];

			if (off >= PAGE_SIZE)
				continue;
			if (watch.once && watch.seen[n][off]++)
				abort();
			fake.ram[a->hpa.v + i] ^= watch.change_by;
		}
	}
}

/* One byte: a number that has a meaning here; the last: the next 8 bytes. */
static u64 value(void)
{
	static const u64 known[] = {
		0,
		1,
		2,
		3,
		4,
		5,
		8,
		0xfff,
		PAGE_SIZE,
		MIB(1),
		MIB(2),
		MIB(3),
		GIB(1),
		BIT64(47),
		BIT64(52),
		~0UL,
		0xfec00000,
		0xfee00000,
		BENCH_RAM,
		BENCH_HOLE,
		BENCH_RO,
		BENCH_MMIO,
		BENCH_ARG,
		BENCH_ARG2,
		BENCH_IOREQ,
		BENCH_DONATE,
		BENCH_DONATE + MIB(2),
		BENCH_ARG + PAGE_SIZE - 8,
		BENCH_HOLE - 8,
		FAKE_POOL_HPA,
		0x47,
		0x103,
	};
	u8 b = next_byte();

	if (b == 0xff)
		return next_u64();
	return known[b % ARRAY_SIZE(known)] + (b & 0x80 ? (u64)(b >> 5) : 0);
}

/* What makes sense, for the input to spoil. */

static void put_creation(void)
{
	const struct acrn_abi_vm_creation c = { .name = "fuzz",
						.cpu_affinity = 2 };

	bench_put(BENCH_ARG, &c, sizeof(c));
}

static void put_regions(void)
{
	const struct acrn_abi_region_batch b = { .vmid = 1,
						 .regions_num = 2,
						 .regions_gpa = BENCH_ARG2 };
	const struct acrn_abi_region r[2] = {
		{ 0, BENCH_RWX_WB, 0, BENCH_DONATE, MIB(2) },
		{ 0, BENCH_RWX_WB, MIB(4), BENCH_DONATE + MIB(4), PAGE_SIZE },
	};

	bench_put(BENCH_ARG, &b, sizeof(b));
	bench_put(BENCH_ARG2, r, sizeof(r));
}

static void put_regs(void)
{
	const struct acrn_abi_vcpu_regs regs = {
		.regs = { .cs_ar = 0x9b, .rip = 0x1000, .cr0 = 0x10 },
	};

	bench_put(BENCH_ARG, &regs, sizeof(regs));
}

static void put_msi(void)
{
	const struct acrn_abi_msi msi = { 0xfee00000, 0x41 };

	bench_put(BENCH_ARG, &msi, sizeof(msi));
}

static void put_ioreq(void)
{
	const u64 page = BENCH_IOREQ;

	bench_put(BENCH_ARG, &page, sizeof(page));
}

static void put_query(void)
{
	const struct holm_query q = {
		.subject = 2, .index = 1, .buf_gpa = BENCH_IOREQ, .len = 400
	};

	bench_put(BENCH_ARG, &q, sizeof(q));
}

static void put_nothing(void)
{
}

/* clang-format off */
static const struct {
	u32 nr;
	bool first;	/* the argument in memory is the first */
	bool pair;	/* it names a second area, which may be the same */
	void (*put)(void);
} calls[] = {
	{ HC_CREATE_VM,			true,	false,	put_creation },
	{ HC_SET_IOREQ_BUFFER,		false,	false,	put_ioreq },
	{ HC_START_VM,			false,	false,	put_nothing },
	{ HC_VM_SET_MEMORY_REGIONS,	true,	true,	put_regions },
	{ HC_SOS_REMOVE_CPU,		false,	false,	put_nothing },
	{ HC_PAUSE_VM,			false,	false,	put_nothing },
	{ HC_SET_VCPU_REGS,		false,	false,	put_regs },
	{ HC_RESET_VM,			false,	false,	put_nothing },
	{ HC_DESTROY_VM,		false,	false,	put_nothing },
	{ HC_INJECT_MSI,		false,	false,	put_msi },
	{ HC_SET_IRQLINE,		false,	false,	put_nothing },
	{ HC_NOTIFY_REQUEST_FINISH,	false,	false,	put_nothing },
	{ HC_VM_GPA2HPA,		false,	false,	put_ioreq },
	{ HC_VM_INTR_MONITOR,		false,	false,	put_nothing },
	{ HC_CREATE_VCPU,		false,	false,	put_nothing },
	{ HC_PM_GET_CPU_STATE,		false,	false,	put_nothing },
	{ HC_HOLM_QUERY,		true,	false,	put_query },
	{ HC_HOLM_RETURN_CPU,		false,	false,	put_nothing },
	{ HC_GET_API_VERSION,		true,	false,	put_nothing },
	{ HC_SET_CALLBACK_VECTOR,	false,	false,	put_nothing },
};
/* clang-format on */

/* Words of the arguments that the input wants otherwise. */
static void spoil(u32 words)
{
	for (u32 i = 0; i < words; i++) {
		u8 at = next_byte();
		u64 v = value();
		u64 len = at & 0x80 ? 8 : 4;

		bench_put(areas[at >> 6 & 1] + (at & 0x3f) * 4, &v, len);
	}
}

/* A byte each: which call, how, the short argument, words that change. */
static void step(void)
{
	u32 i = next_byte() % (ARRAY_SIZE(calls) + 1);
	u8 how = next_byte();
	u32 nr = i < ARRAY_SIZE(calls) ? calls[i].nr : HC_ID(next_byte());
	u64 arg1 = value(), arg2 = 0;

	if (i == ARRAY_SIZE(calls) || how & 1) {
		arg2 = value();
	} else {
		calls[i].put();
		arg2 = calls[i].first ? 0 : BENCH_ARG;
		arg1 = calls[i].first ? BENCH_ARG : arg1;
	}
	spoil(how >> 1 & 7);
	memset(watch.seen, 0, sizeof(watch.seen));
	watch.once = i < ARRAY_SIZE(calls) && !calls[i].pair;
	watch.change_by = how & 0x10 ? next_byte() : 0;
	if (how & 0x20)
		bench_hog(next_byte() % FEW_PAGES);
	fake.fail_in = how & 0x40 ? next_byte() % 8 : 0;
	fake.on_access = on_read;
	hc(nr, arg1, arg2);
	fake.on_access = NULL;
	fake.fail_in = 0;
	bench_unhog();
}

/* Half of the CPUs look as if Linux had taken them offline. */
static void begin(void)
{
	bench_start(CPUS, POOL);
	for (u32 i = 1; i < CPUS; i++)
		bench_offline(i, true);
	bench_take(1, 2);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 used;

	in = (struct input){ data, size };
	begin();
	used = bench_used();
	for (u32 i = 0; i < STEPS_MAX && in.left; i++) {
		step();
		if (i % 4 == 3)
			world_check();
	}
	world_destroy_all();
	world_check();
	if (bench_used() != used)
		abort();
	fake_machine_free();
	return 0;
}
