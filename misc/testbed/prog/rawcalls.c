/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rawcalls SEED SECONDS LAPIC_ID VMID: hypercalls at random for a while,
 * through /dev/holm_raw, as a hostile root of the Service VM makes them.
 * LAPIC_ID is of an offline CPU, which is given to VMs of ours; VMID is one
 * to leave alone. What is given away, and where answers go, is the memory of
 * the device or nobody's: the kernel that we run on is not what is tested.
 * Afterwards our VMs are gone and the CPU is back. Status 0: all that went.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "abi/acrn.h"
#include "abi/holm.h"
#include "abi/hypercall.h"
#include "holm_raw.h"

#define PAGE     4096UL
#define VMID_END 16
/* The end of the memory stays free: answers may not reach beyond it. */
#define ARENA (HOLM_RAW_BYTES - 16 * PAGE)

static struct {
	int fd;
	uint8_t *mem;
	uint64_t at; /* its physical address */
	uint64_t state;
	uint64_t hv_base, hv_size;
	uint32_t cpu;
	uint32_t spared;
	unsigned long calls, done;
} raw;

static uint64_t rnd(uint64_t below)
{
	raw.state ^= raw.state << 13;
	raw.state ^= raw.state >> 7;
	raw.state ^= raw.state << 17;
	return raw.state % below;
}

static int64_t call(uint64_t nr, uint64_t arg1, uint64_t arg2)
{
	struct holm_raw_call c = { nr, arg1, arg2, 0 };

	if (ioctl(raw.fd, HOLM_RAW_CALL, &c)) {
		perror("rawcalls: ioctl");
		exit(1);
	}
	raw.calls++;
	raw.done += c.result >= 0;
	return c.result;
}

static uint64_t number(void)
{
	switch (rnd(4)) {
	case 0:
		return rnd(8);
	case 1:
		return (1ULL << rnd(64)) - rnd(2);
	case 2:
		return rnd(1 << 16);
	default:
		return rnd(~0ULL);
	}
}

/* Nobody's: beyond RAM, devices, Holm's own memory, around the end. */
static uint64_t bad_address(void)
{
	static const uint64_t odd[] = {
		0xfee00000,
		0xfee00ff8,
		0xfec00000,
		1ULL << 40,
		1ULL << 52,
		1ULL << 63,
		~0ULL - 7,
		~0ULL,
		0xfffffe8000000000ULL,
		0xfed90000,
		0xfffffffff000ULL,
		0x7ffffffffffff000ULL,
	};

	if (rnd(2))
		return raw.hv_base + rnd(raw.hv_size);
	return odd[rnd(sizeof(odd) / sizeof(*odd))];
}

static uint64_t page_address(void)
{
	return raw.at + rnd(ARENA / PAGE) * PAGE;
}

static uint64_t address(void)
{
	if (rnd(6) == 0)
		return bad_address();
	return rnd(3) ? page_address() : raw.at + rnd(ARENA - PAGE);
}

/* The argument at a physical address, if it is in our memory. */
static void *ours(uint64_t at)
{
	return at - raw.at < ARENA ? raw.mem + (at - raw.at) : NULL;
}

static uint64_t vmid(void)
{
	uint64_t id = rnd(8) ? 1 + rnd(VMID_END) : number();

	/* Any alias of it, too: numbers are cut to 16 bits in places. */
	return (uint16_t)id == raw.spared || (uint16_t)id == 0 ? VMID_END : id;
}

static void put(void *to, const void *from, size_t len)
{
	if (to)
		memcpy(to, from, len);
}

static void put_creation(uint64_t at)
{
	struct acrn_abi_vm_creation c = {
		.vcpu_num = (uint16_t)rnd(3),
		.vm_flag = rnd(8) ? 0 : number(),
		.cpu_affinity = rnd(4) ? 1ULL << raw.cpu : number(),
		.name = "raw",
	};

	put(ours(at), &c, sizeof(c));
}

static void put_regions(uint64_t at)
{
	struct acrn_abi_region_batch b = {
		.vmid = (uint16_t)vmid(),
		.regions_num = (uint32_t)(rnd(8) ? rnd(6) : number()),
		.regions_gpa = rnd(8) ? page_address() : bad_address(),
	};
	struct acrn_abi_region *r = ours(b.regions_gpa);
	int i;

	put(ours(at), &b, sizeof(b));
	/* A full page of them, whatever the number says: no leftovers. */
	for (i = 0; r && i < (int)(PAGE / sizeof(*r)); i++) {
		uint64_t left, from = rnd(6) ? page_address() : bad_address();

		left = ours(from) ? raw.at + ARENA - from : PAGE;
		r[i] = (struct acrn_abi_region){
			.type = rnd(6) ? (uint32_t)rnd(3) : (uint32_t)number(),
			.attr = rnd(6) ? 0x47 : (uint32_t)number(),
			.user_gpa = rnd(3) ? rnd(1024) * PAGE : number(),
			.service_gpa = from,
			.size = (1 + rnd(left / PAGE)) * PAGE,
		};
		if (rnd(16) == 0)
			r[i].service_gpa = bad_address();
	}
	if (b.regions_num > PAGE / sizeof(*r))
		put(ours(at), &(struct acrn_abi_region_batch){ 0 }, sizeof(b));
}

static void put_regs(uint64_t at)
{
	struct acrn_abi_vcpu_regs r = { .vcpu_id = (uint16_t)rnd(2) };
	uint64_t *words = (uint64_t *)(void *)&r.regs;
	size_t i;

	r.regs.cs_ar = 0x9b;
	r.regs.rip = rnd(1 << 20);
	r.regs.cr0 = 0x10;
	for (i = 0; i < sizeof(r.regs) / 8; i++)
		if (rnd(24) == 0)
			words[i] = number();
	put(ours(at), &r, sizeof(r));
}

static void put_query(uint64_t at)
{
	struct holm_query q = {
		.subject = (uint32_t)rnd(rnd(4) ? 8 : 1 << 16),
		.index = (uint32_t)rnd(rnd(4) ? 8 : 1ULL << 32),
		.buf_gpa = rnd(4) ? page_address() : bad_address(),
		.len = (uint32_t)rnd(8 * PAGE),
	};

	put(ours(at), &q, sizeof(q));
}

static void put_page(uint64_t at)
{
	uint64_t page = rnd(8) ? page_address() : bad_address();

	put(ours(at), &page, sizeof(page));
}

static void put_words(uint64_t at)
{
	uint64_t words[8];
	int i;

	for (i = 0; i < 8; i++)
		words[i] = number();
	put(ours(at), words, sizeof(words));
}

/* clang-format off */
static const struct {
	uint32_t nr;
	enum { VM, MEM, VM_MEM, VM_NUMBER, CPU, VECTOR } args;
	void (*fill)(uint64_t at);
} calls[] = {
	{ HC_CREATE_VM,			MEM,		put_creation },
	{ HC_CREATE_VM,			MEM,		put_creation },
	{ HC_SET_IOREQ_BUFFER,		VM_MEM,		put_page },
	{ HC_SET_IOREQ_BUFFER,		VM_MEM,		put_page },
	{ HC_VM_SET_MEMORY_REGIONS,	MEM,		put_regions },
	{ HC_VM_SET_MEMORY_REGIONS,	MEM,		put_regions },
	{ HC_SET_VCPU_REGS,		VM_MEM,		put_regs },
	{ HC_START_VM,			VM,		NULL },
	{ HC_START_VM,			VM,		NULL },
	{ HC_PAUSE_VM,			VM,		NULL },
	{ HC_RESET_VM,			VM,		NULL },
	{ HC_DESTROY_VM,		VM,		NULL },
	{ HC_CREATE_VCPU,		VM,		NULL },
	{ HC_INJECT_MSI,		VM_MEM,		put_words },
	{ HC_SET_IRQLINE,		VM_NUMBER,	NULL },
	{ HC_NOTIFY_REQUEST_FINISH,	VM_NUMBER,	NULL },
	{ HC_VM_GPA2HPA,		VM_MEM,		put_page },
	{ HC_VM_INTR_MONITOR,		VM_MEM,		put_words },
	{ HC_HOLM_QUERY,		MEM,		put_query },
	{ HC_GET_API_VERSION,		MEM,		NULL },
	{ HC_SOS_REMOVE_CPU,		CPU,		NULL },
	{ HC_HOLM_RETURN_CPU,		CPU,		NULL },
	{ HC_SET_CALLBACK_VECTOR,	VECTOR,		NULL },
};
/* clang-format on */

/* The CPU of ours, one that is nobody's, or no number of a CPU. */
static uint64_t cpu_number(void)
{
	return rnd(3) ? raw.cpu : 64 + number() % (1ULL << 40);
}

static void random_call(void)
{
	size_t i = rnd(sizeof(calls) / sizeof(*calls));
	uint64_t at = address(), extra = rnd(16) ? 0 : number();

	if (calls[i].fill)
		calls[i].fill(at);
	switch (calls[i].args) {
	case VM:
		call(calls[i].nr, vmid(), extra);
		return;
	case MEM:
		call(calls[i].nr, at, extra);
		return;
	case VM_MEM:
		call(calls[i].nr, vmid(), at);
		return;
	case VM_NUMBER:
		call(calls[i].nr, vmid(), number());
		return;
	case CPU:
		call(calls[i].nr, cpu_number(), extra);
		return;
	case VECTOR:
		/* A good one would take the driver's upcalls from it. */
		call(calls[i].nr, rnd(2) ? rnd(32) : 256 + number() % 4096, 0);
		return;
	}
}

/* Numbers that no call has, nor will have. */
static void unknown_call(void)
{
	uint64_t nr = rnd(2) ? rnd(0x80000000) : HC_ID(0x1000 + rnd(1 << 20));

	if (call(nr, address(), address()) >= 0) {
		printf("rawcalls: number %#llx did something\n",
		       (unsigned long long)nr);
		exit(1);
	}
}

static void clean_up(void)
{
	uint64_t id;

	for (id = 1; id <= VMID_END; id++)
		if (id != raw.spared)
			call(HC_DESTROY_VM, id, 0);
	call(HC_HOLM_RETURN_CPU, raw.cpu, 0);
}

static int begin(void)
{
	struct holm_query q = { .subject = HOLM_QUERY_INFO,
				.len = sizeof(struct holm_info) };
	struct holm_info info;

	raw.fd = open("/dev/holm_raw", O_RDWR);
	if (raw.fd < 0 || ioctl(raw.fd, HOLM_RAW_WHERE, &raw.at))
		return -1;
	raw.mem = mmap(NULL, HOLM_RAW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		       raw.fd, 0);
	if (raw.mem == MAP_FAILED)
		return -1;
	q.buf_gpa = raw.at + PAGE;
	memcpy(raw.mem, &q, sizeof(q));
	if (call(HC_HOLM_QUERY, raw.at, 0))
		return -1;
	memcpy(&info, raw.mem + PAGE, sizeof(info));
	raw.hv_base = info.hv_base;
	raw.hv_size = info.hv_size;
	return 0;
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int main(int argc, char **argv)
{
	time_t until;
	int i;

	if (argc != 5)
		return 2;
	if (begin()) {
		perror("rawcalls: /dev/holm_raw");
		return 1;
	}
	raw.state = strtoull(argv[1], NULL, 0) * 2 + 1;
	raw.cpu = (uint32_t)strtoul(argv[3], NULL, 0);
	raw.spared = (uint32_t)strtoul(argv[4], NULL, 0);
	until = now() + strtol(argv[2], NULL, 0);
	while (now() < until) {
		call(HC_SOS_REMOVE_CPU, raw.cpu, 0);
		for (i = 0; i < 500; i++) {
			random_call();
			if (i % 16 == 0)
				unknown_call();
		}
		clean_up();
	}
	printf("rawcalls: %lu calls, %lu did something\n", raw.calls, raw.done);
	return raw.done ? 0 : 1;
}
