/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/cpus.h"
#include "cell/range.h"

#define CRC32_POLY 0xedb88320U /* ISO 3309, bits reversed */

struct blob {
	uint8_t *data;
	size_t size;
	uint32_t records;
	int rc;
};

/* Where huge pages are; NULL: nowhere yet. */
struct places {
	const uint64_t *page;
	size_t n;
};

uint32_t cell_checksum(const void *desc, size_t size)
{
	const size_t field = offsetof(struct holm_cell_desc, checksum);
	const uint8_t *bytes = desc;
	uint32_t crc = UINT32_MAX;
	size_t i, bit;

	for (i = 0; i < size; i++) {
		crc ^= i - field < 4 ? 0 : bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? CRC32_POLY : 0);
	}
	return ~crc;
}

/* Append a record whose head is yet to be filled in. */
static void put(struct blob *b, uint32_t type, void *record, size_t size)
{
	struct holm_cell_record *head = record;

	if (b->rc)
		return;
	if (size > HOLM_CELL_MAX - b->size) {
		b->rc = -E2BIG;
		return;
	}
	head->type = type;
	head->size = (uint32_t)size;
	memcpy(b->data + b->size, record, size);
	b->size += size;
	b->records++;
}

/* The offset, from @from on, at which a piece for address @at may begin. */
static uint64_t fit(uint64_t from, uint64_t at)
{
	return from + ((at - from) & (CELL_PAGE - 1));
}

uint64_t cell_config_pages(const struct cell_config *cfg)
{
	uint64_t end = 0;
	unsigned int i;

	for (i = 0; i < cfg->memory_count; i++)
		if (!cfg->memory[i].phys.text)
			end = fit(end, cfg->memory[i].at.v) +
			      cfg->memory[i].size.v;
	return (end + CELL_PAGE - 1) / CELL_PAGE;
}

static uint64_t place_of(const struct places *p, uint64_t offset)
{
	return p->page ? p->page[offset / CELL_PAGE] + offset % CELL_PAGE
		       : CELL_PHYS_ANYWHERE | offset;
}

/* How much of @size bytes from @offset on is in one piece. */
static uint64_t piece_of(const struct places *p, uint64_t offset, uint64_t size)
{
	uint64_t len = CELL_PAGE - offset % CELL_PAGE;

	while (len < size &&
	       place_of(p, offset + len) == place_of(p, offset) + len)
		len += CELL_PAGE;
	return len < size ? len : size;
}

static void put_pieces(struct blob *b, const struct places *p,
		       const struct cell_memory *m, uint64_t offset)
{
	uint64_t done, len;

	for (done = 0; done < m->size.v && b->rc == 0; done += len) {
		struct holm_cell_mem rec = {
			.phys = place_of(p, offset + done),
			.virt = m->at.v + done,
			.flags = m->access.v,
		};

		len = piece_of(p, offset + done, m->size.v - done);
		rec.size = len;
		put(b, HOLM_CELL_R_MEM, &rec, sizeof(rec));
	}
}

static void put_memory(struct blob *b, const struct cell_config *cfg,
		       const struct places *p)
{
	uint64_t offset = 0;
	unsigned int i;

	for (i = 0; i < cfg->memory_count; i++) {
		const struct cell_memory *m = &cfg->memory[i];
		struct holm_cell_mem rec = {
			.phys = m->phys.v,
			.virt = m->at.v,
			.size = m->size.v,
			.flags = m->access.v,
		};

		if (m->phys.text) {
			put(b, HOLM_CELL_R_MEM, &rec, sizeof(rec));
			continue;
		}
		offset = fit(offset, m->at.v);
		put_pieces(b, p, m, offset);
		offset += m->size.v;
	}
}

static void put_cpus(struct blob *b, const struct cell_config *cfg)
{
	unsigned int i;

	for (i = 0; i < cfg->cpus.count; i++) {
		struct holm_cell_cpu rec = { .reserved = 0 };
		int rc = cpus_find_lapic(cfg->cpus.num[i].v, &rec.lapic_id);

		if (rc && b->rc == 0)
			b->rc = rc;
		put(b, HOLM_CELL_R_CPU, &rec, sizeof(rec));
	}
}

static void put_devices(struct blob *b, const struct cell_config *cfg)
{
	unsigned int i;

	for (i = 0; i < cfg->ports_count; i++) {
		struct holm_cell_port rec = {
			.port = (uint32_t)cfg->ports[i].first.v,
			.count = (uint32_t)cfg->ports[i].count.v,
			.flags =
				cfg->ports[i].shared.v ? HOLM_CELL_P_SHARED : 0,
		};

		put(b, HOLM_CELL_R_PORT, &rec, sizeof(rec));
	}
	for (i = 0; i < cfg->interrupts.count; i++) {
		struct holm_cell_irq rec = {
			.gsi = (uint32_t)cfg->interrupts.num[i].v,
		};

		put(b, HOLM_CELL_R_IRQ, &rec, sizeof(rec));
	}
	for (i = 0; i < cfg->pci.count; i++) {
		struct holm_cell_pci rec = {
			.bdf = (uint32_t)cfg->pci.num[i].v,
		};

		put(b, HOLM_CELL_R_PCI, &rec, sizeof(rec));
	}
}

static void put_talk(struct blob *b, const struct cell_config *cfg)
{
	struct holm_cell_comm comm = {
		.virt = cfg->communication.at.v,
		.flags = cfg->communication.passive.v ? HOLM_CELL_C_PASSIVE : 0,
	};
	unsigned int i;

	if (cfg->communication.pos.line)
		put(b, HOLM_CELL_R_COMM, &comm, sizeof(comm));
	for (i = 0; i < cfg->shared_memory_count; i++) {
		const struct cell_ivshmem *s = &cfg->shared_memory[i];
		struct holm_cell_ivshmem rec = {
			.phys = s->link.v,
			.virt = s->at.v,
			.rw_size = s->rw.v,
			.out_size = s->out.v,
			.peers = (uint32_t)s->peers.v,
			.id = (uint32_t)s->id.v,
			.vectors = (uint32_t)s->vectors.v,
			.protocol = (uint32_t)s->protocol.v,
			.bdf = (uint32_t)s->device.v,
			.flags = s->service.text ? HOLM_CELL_IV_SERVICE : 0,
			.service_id = (uint32_t)s->service.v,
		};

		put(b, HOLM_CELL_R_IVSHMEM, &rec, sizeof(rec));
	}
}

static void put_head(struct blob *b, const struct cell_config *cfg)
{
	struct holm_cell_desc *d = (void *)b->data;

	d->magic = HOLM_CELL_MAGIC;
	d->version = HOLM_CELL_VERSION;
	d->size = (uint32_t)b->size;
	memcpy(d->name, cfg->name.text, strlen(cfg->name.text));
	d->flags = cfg->flags.v;
	if (cfg->start.mode.v == 32)
		d->flags |= HOLM_CELL_F_START32;
	d->records = b->records;
	d->entry = cfg->start.at.v;
	d->checksum = cell_checksum(d, b->size);
}

int cell_compile(const struct cell_config *cfg, const uint64_t *pages, size_t n,
		 struct holm_cell_desc **desc)
{
	const struct places places = { pages, n };
	struct blob b = { .size = sizeof(struct holm_cell_desc) };

	if (pages && n < cell_config_pages(cfg))
		return -EINVAL;
	b.data = calloc(1, HOLM_CELL_MAX);
	if (!b.data)
		return -ENOMEM;
	put_cpus(&b, cfg);
	put_memory(&b, cfg, &places);
	put_devices(&b, cfg);
	put_talk(&b, cfg);
	if (b.rc) {
		free(b.data);
		return b.rc;
	}
	put_head(&b, cfg);
	*desc = (void *)b.data;
	return 0;
}
