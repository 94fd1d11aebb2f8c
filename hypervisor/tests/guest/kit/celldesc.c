/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/celldesc.h"

#include "kit/hc.h"
#include "kit/test.h"
#include "lib/string.h"

static struct {
	u8 bytes[1024] __aligned(8);
	u32 size;
} built;

struct holm_cell_desc *desc(void)
{
	return (struct holm_cell_desc *)(void *)built.bytes;
}

void desc_begin(u32 flags, u64 entry)
{
	memset(&built, 0, sizeof(built));
	built.size = sizeof(struct holm_cell_desc);
	*desc() = (struct holm_cell_desc){
		.magic = HOLM_CELL_MAGIC,
		.version = HOLM_CELL_VERSION,
		.name = "tiny",
		.flags = flags,
		.entry = entry,
	};
}

void desc_add(const void *record, u32 size)
{
	memcpy(built.bytes + built.size, record, size);
	built.size += size;
	desc()->records++;
}

void desc_add_cpu(u32 lapic_id)
{
	const struct holm_cell_cpu r = {
		{ HOLM_CELL_R_CPU, sizeof(r) },
		.lapic_id = lapic_id,
	};

	desc_add(&r, sizeof(r));
}

void desc_add_mem(u64 phys, u64 virt, u64 size, u32 flags)
{
	const struct holm_cell_mem r = {
		{ HOLM_CELL_R_MEM, sizeof(r) },
		.phys = phys,
		.virt = virt,
		.size = size,
		.flags = flags | HOLM_CELL_M_READ,
	};

	desc_add(&r, sizeof(r));
}

void desc_add_port(u32 port, u32 count, u32 flags)
{
	const struct holm_cell_port r = {
		{ HOLM_CELL_R_PORT, sizeof(r) },
		.port = port,
		.count = count,
		.flags = flags,
	};

	desc_add(&r, sizeof(r));
}

void desc_add_irq(u32 gsi)
{
	const struct holm_cell_irq r = {
		{ HOLM_CELL_R_IRQ, sizeof(r) },
		.gsi = gsi,
	};

	desc_add(&r, sizeof(r));
}

void desc_add_pci(u32 bdf)
{
	const struct holm_cell_pci r = {
		{ HOLM_CELL_R_PCI, sizeof(r) },
		.bdf = bdf,
	};

	desc_add(&r, sizeof(r));
}

void desc_add_comm(u64 virt, u32 flags)
{
	const struct holm_cell_comm r = {
		{ HOLM_CELL_R_COMM, sizeof(r) },
		.virt = virt,
		.flags = flags,
	};

	desc_add(&r, sizeof(r));
}

static u32 crc32(const u8 *p, u32 n)
{
	u32 crc = ~0U;

	for (u32 i = 0; i < n * 8; i++) {
		u32 bit = (crc ^ (u32)(p[i / 8] >> (i % 8))) & 1;

		crc = (crc >> 1) ^ (bit ? 0xedb88320U : 0);
	}
	return ~crc;
}

u32 desc_seal(void)
{
	desc()->size = built.size;
	desc()->checksum = 0;
	desc()->checksum = crc32(built.bytes, built.size);
	return built.size;
}

s64 desc_create(void)
{
	u32 size = desc_seal();

	return hypercall(HC_HOLM_CELL_CREATE, addr_of(built.bytes), size);
}

s64 cell_load(u32 id, const u8 *from, const u8 *end, u64 to)
{
	const struct holm_cell_load l = {
		.id = id,
		.from = addr_of(from),
		.to = to,
		.size = (u64)(end - from),
	};

	return hypercall(HC_HOLM_CELL_LOAD, addr_of(&l), 0);
}

s64 cell_call(u64 nr, u32 id)
{
	return hypercall(nr, id, 0);
}

struct holm_cell cell_query(u32 id)
{
	struct holm_cell c = { 0 };

	check_eq(hc_query(HOLM_QUERY_CELL, id, &c, sizeof(c)), sizeof(c),
		 "query");
	return c;
}

bool cell_take_cpu(u32 cpu)
{
	s64 rc = hypercall(HC_SOS_REMOVE_CPU, hc_cpu(cpu).lapic_id, 0);

	return check_eq(rc, 0, "take CPU %u", cpu);
}
