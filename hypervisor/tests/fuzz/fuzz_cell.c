/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any description of a cell, its magic, size and checksum made right: it is
 * refused, or a cell is created, stopped, started, and destroyed; then the
 * Service VM has every page and Holm every page of its own that it had.
 */
#include "abi/cell.h"
#include "abi/hypercall.h"
#include "cell/cell.h"
#include "tests/unit/vm_bench.h"

#define CPUS        4
#define POOL        1024
#define RECORDS_MAX 24
#define FUNCTION    0x28U
/* The end of a long input is what the machine's PCI function is made of. */
#define FUNCTION_BYTES 200

/* The input, consumed from its head; zeros when it is used up. */
static struct {
	const u8 *p;
	size_t left;
} in;

static u8 next_byte(void)
{
	if (!in.left)
		return 0;
	in.left--;
	return *in.p++;
}

static u64 value(void)
{
	static const u64 known[] = {
		0,
		1,
		2,
		3,
		PAGE_SIZE,
		MIB(1),
		MIB(2),
		MIB(4),
		GIB(1),
		BIT64(48),
		BENCH_DONATE,
		BENCH_HOLE,
		BENCH_MMIO,
		BENCH_RAM,
		BENCH_RO,
		0xfee00000,
		0x3f8,
		0xffff,
		~0UL,
		BIT64(63),
	};
	u8 b = next_byte();

	return known[b % ARRAY_SIZE(known)] + (b & 0x80 ? b >> 5 : 0) +
	       (b & 0x40 ? (u64)next_byte() * PAGE_SIZE : 0);
}

struct blob {
	struct holm_cell_desc d;
	u8 records[RECORDS_MAX * sizeof(struct holm_cell_mem)];
};

static struct blob blob;
static u32 used;

static void *add(u32 type, u32 size)
{
	struct holm_cell_record *r = (void *)(blob.records + used);

	/* Now and then a record that is not as long as it says. */
	*r = (struct holm_cell_record){ type, size };
	if (next_byte() == 0xff)
		r->size = (u32)value();
	used += size;
	blob.d.records++;
	return r;
}

static void add_cpu(void)
{
	struct holm_cell_cpu *r = add(HOLM_CELL_R_CPU, sizeof(*r));

	r->lapic_id = next_byte() & 0xf;
}

static void add_mem(void)
{
	struct holm_cell_mem *r = add(HOLM_CELL_R_MEM, sizeof(*r));

	r->phys = value();
	r->virt = value();
	r->size = value();
	r->flags = next_byte() & 0x7f;
}

static void add_port(void)
{
	struct holm_cell_port *r = add(HOLM_CELL_R_PORT, sizeof(*r));

	r->port = (u32)value();
	r->count = next_byte();
	r->flags = next_byte() & 3;
}

static void add_irq(void)
{
	struct holm_cell_irq *r = add(HOLM_CELL_R_IRQ, sizeof(*r));

	r->gsi = next_byte() & 0x1f;
	r->reserved = next_byte() == 0xff;
}

static void add_pci(void)
{
	struct holm_cell_pci *r = add(HOLM_CELL_R_PCI, sizeof(*r));

	r->bdf = next_byte() & 0x80 ? (u32)value() : FUNCTION;
	r->flags = next_byte() == 0xff;
}

/* Part of a page of devices. */
static void add_part(void)
{
	struct holm_cell_mem *r = add(HOLM_CELL_R_MEM, sizeof(*r));

	r->phys = BENCH_MMIO + (u64)next_byte() * 0x40;
	r->virt = r->phys + (next_byte() & 0x80 ? value() : 0);
	r->size = next_byte();
	r->flags = (next_byte() & 0x3f) | HOLM_CELL_M_READ | HOLM_CELL_M_DEVICE;
}

static void set32(struct fake_pci *f, u32 reg, u32 val, u32 writable)
{
	memcpy(&f->cfg[reg], &val, sizeof(val));
	memcpy(&f->writable[reg], &writable, sizeof(writable));
}

/* A function whose BARs and capabilities are anything. */
static void add_function(void)
{
	struct fake_pci *f = fake_pci_add(FUNCTION);

	set32(f, 0, 0x11112222, 0);
	set32(f, 4, BIT32(20) | (next_byte() & 7), 0x407);
	for (u32 reg = 0x10; reg < 0x28; reg += 4)
		set32(f, reg,
		      BENCH_MMIO + next_byte() * 0x100U + next_byte() % 8,
		      ~0U << (next_byte() & 31));
	f->cfg[0x34] = 0x40;
	for (u32 reg = 0x40; reg < 0xf0; reg += 0x18) {
		static const u8 ids[] = { 1, 5, 0x10, 0x11, 0x13, 9 };

		set32(f, reg, ids[next_byte() % ARRAY_SIZE(ids)], ~0U << 16);
		f->cfg[reg + 1] = next_byte();
		f->cfg[reg + 2] = next_byte();
		for (u32 i = 4; i < 0x18; i += 4)
			set32(f, reg + i, next_byte() * 0x101U, ~0U);
	}
	fake.tsc_step = 1U << 28;
}

static void add_other(void)
{
	struct holm_cell_record *r = add(next_byte(), sizeof(*r));

	(void)r;
}

/* Half of the time the head is what it should be. */
static void make_blob(void)
{
	static void (*const kinds[])(void) = { add_cpu, add_mem,   add_port,
					       add_mem, add_other, add_irq,
					       add_pci, add_part };

	memset(&blob, 0, sizeof(blob));
	used = 0;
	blob.d = (struct holm_cell_desc){ .magic = HOLM_CELL_MAGIC,
					  .version = HOLM_CELL_VERSION,
					  .name = "fuzz" };
	blob.d.entry = value();
	blob.d.flags = next_byte() & 7;
	for (u32 i = 0; in.left && i < RECORDS_MAX; i++)
		kinds[next_byte() % ARRAY_SIZE(kinds)]();
	blob.d.records += next_byte() == 0xff;
	blob.d.size = (u32)sizeof(blob.d) + used;
	blob.d.checksum = cell_desc_checksum(&blob.d, blob.d.size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t rest = size > FUNCTION_BYTES ? FUNCTION_BYTES : 0;
	u64 pages;
	s64 id;

	bench_start(CPUS, POOL);
	bench_take(1, 3);
	pages = bench_used();
	in.p = data + size - rest;
	in.left = rest;
	add_function();
	in.p = data;
	in.left = size - rest;
	make_blob();
	bench_put(BENCH_ARG, &blob, blob.d.size);
	if (next_byte() & 1)
		bench_hog(next_byte() % 32);
	id = hc(HC_HOLM_CELL_CREATE, BENCH_ARG, blob.d.size);
	bench_unhog();
	if (id > 0) {
		hc(HC_HOLM_CELL_START, (u64)id, 0);
		hc(HC_HOLM_CELL_STOP, (u64)id, 0);
		if (hc(HC_HOLM_CELL_DESTROY, (u64)id, 0))
			abort();
	}
	/* A refusal that ran half way gives back all, tables split or not. */
	if (vm_count() != 1 || bench_used() != pages)
		abort();
	fake_machine_free();
	return 0;
}
