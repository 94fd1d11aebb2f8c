/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A compiled description as YAML. Only its shape is checked here: what its
 * values mean is checked on the YAML, as if a person had written it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cell/compile.h"
#include "cell/form.h"
#include "cell/key.h"

static const struct cell_pos nowhere;

struct reading {
	const uint8_t *blob;
	size_t size;
	const char *name;
	FILE *out;
	struct report *r;
};

static const struct {
	const char *list; /* key under which records of the type are listed */
	size_t size;
} kinds[] = {
	[HOLM_CELL_R_CPU] = { "cpus", sizeof(struct holm_cell_cpu) },
	[HOLM_CELL_R_MEM] = { "memory", sizeof(struct holm_cell_mem) },
	[HOLM_CELL_R_PORT] = { "ports", sizeof(struct holm_cell_port) },
	[HOLM_CELL_R_IRQ] = { "interrupts", sizeof(struct holm_cell_irq) },
	[HOLM_CELL_R_PCI] = { "pci", sizeof(struct holm_cell_pci) },
	[HOLM_CELL_R_COMM] = { "communication", sizeof(struct holm_cell_comm) },
	[HOLM_CELL_R_IVSHMEM] = { "shared-memory",
				  sizeof(struct holm_cell_ivshmem) },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

#define REFUSE(rd, ...)                                                        \
	(report_add((rd)->r, PROBLEM_ERROR, (rd)->name, nowhere, __VA_ARGS__), \
	 -EINVAL)

static size_t size_of(uint32_t type)
{
	return type < KINDS ? kinds[type].size : 0;
}

const void *cell_record_next(const struct holm_cell_desc *d, uint32_t type,
			     const void *prev)
{
	const uint8_t *at = prev ? prev : (const uint8_t *)(d + 1);
	const uint8_t *end = (const uint8_t *)d + d->size;
	const struct holm_cell_record *r;

	for (; (size_t)(end - at) >= sizeof(*r); at += r->size) {
		r = (const void *)at;
		if (r->size < sizeof(*r) || r->size > (size_t)(end - at))
			return NULL;
		if (r->type == type && r->size == size_of(type) && r != prev)
			return r;
	}
	return NULL;
}

/* By value: it lives as long as the call it is an argument of. */
struct text {
	char s[32];
};

static struct text form(enum form f, uint64_t v)
{
	struct text t;

	form_write(f, v, t.s, sizeof(t.s));
	return t;
}

static int check_head(struct reading *rd, struct holm_cell_desc *d)
{
	uint32_t sum;

	if (rd->size < sizeof(*d) || rd->size > HOLM_CELL_MAX)
		return REFUSE(rd, "has %zu bytes, must be %zu to %u", rd->size,
			      sizeof(*d), HOLM_CELL_MAX);
	memcpy(d, rd->blob, sizeof(*d));
	if (d->version != HOLM_CELL_VERSION)
		return REFUSE(rd, "is of version %u, this program knows %u",
			      d->version, HOLM_CELL_VERSION);
	if (d->size != rd->size)
		return REFUSE(rd, "has %zu bytes and says %u", rd->size,
			      d->size);
	sum = cell_checksum(rd->blob, rd->size);
	if (d->checksum != sum)
		return REFUSE(rd, "has the checksum %08x, must be %08x",
			      d->checksum, sum);
	if (d->reserved)
		return REFUSE(rd, "has %#" PRIx64 " in a reserved field",
			      (uint64_t)d->reserved);
	if (!memchr(d->name, 0, sizeof(d->name)))
		return REFUSE(rd, "has a name without an end");
	return 0;
}

/* The record at @off of the blob; NULL past the last. */
static const void *record_at(const struct reading *rd, size_t off,
			     struct holm_cell_record *head)
{
	if (off >= rd->size)
		return NULL;
	memcpy(head, rd->blob + off, sizeof(*head));
	return rd->blob + off;
}

static int check_records(struct reading *rd, const struct holm_cell_desc *d)
{
	size_t off = sizeof(*d), n = 0;
	struct holm_cell_record head;

	for (; off < rd->size; off += head.size, n++) {
		if (rd->size - off < sizeof(head))
			return REFUSE(rd, "ends within a record");
		record_at(rd, off, &head);
		if (head.type >= KINDS || !kinds[head.type].list)
			return REFUSE(rd, "has a record of unknown type %u",
				      head.type);
		if (head.size != kinds[head.type].size ||
		    head.size > rd->size - off)
			return REFUSE(rd,
				      "has a record of type %u with %u "
				      "bytes, must be %zu",
				      head.type, head.size,
				      kinds[head.type].size);
	}
	if (n != d->records)
		return REFUSE(rd, "has %zu records and says %u", n, d->records);
	return 0;
}

static int write_words(struct reading *rd, const struct word_set *set,
		       uint32_t bits)
{
	const char *comma = "";
	size_t i;

	fprintf(rd->out, "[");
	for (i = 0; i < set->n; i++) {
		const uint32_t bit = (uint32_t)set->word[i].val;

		if (!(bits & bit))
			continue;
		fprintf(rd->out, "%s%s", comma, set->word[i].str);
		comma = ", ";
		bits &= ~bit;
	}
	fprintf(rd->out, "]");
	return bits ? REFUSE(rd, "has an unknown bit in flags %#x", bits) : 0;
}

static int flags_known(struct reading *rd, uint32_t flags, uint32_t known)
{
	if (flags & ~known)
		return REFUSE(rd, "has an unknown bit in flags %#x", flags);
	return 0;
}

static int write_cpu(struct reading *rd, const void *record)
{
	struct holm_cell_cpu rec;

	memcpy(&rec, record, sizeof(rec));
	fprintf(rd->out, "%s", form(FORM_CPU, CELL_CPU_LAPIC | rec.lapic_id).s);
	return flags_known(rd, rec.reserved, 0);
}

static int write_mem(struct reading *rd, const void *record)
{
	struct holm_cell_mem rec;
	int rc;

	memcpy(&rec, record, sizeof(rec));
	fprintf(rd->out, "{ at: %s, ", form(FORM_ADDRESS, rec.virt).s);
	if (!(rec.phys & CELL_PHYS_ANYWHERE))
		fprintf(rd->out, "phys: %s, ", form(FORM_ADDRESS, rec.phys).s);
	fprintf(rd->out, "size: %s, access: ", form(FORM_SIZE, rec.size).s);
	rc = write_words(rd, &cell_access_set, rec.flags);
	fprintf(rd->out, " }");
	return rc ? rc : flags_known(rd, rec.reserved, 0);
}

static int write_port(struct reading *rd, const void *record)
{
	struct holm_cell_port rec;

	memcpy(&rec, record, sizeof(rec));
	fprintf(rd->out, "{ first: %#x, count: %u%s }", rec.port, rec.count,
		rec.flags & HOLM_CELL_P_SHARED ? ", shared: true" : "");
	return flags_known(rd, rec.flags | rec.reserved, HOLM_CELL_P_SHARED);
}

static int write_irq(struct reading *rd, const void *record)
{
	struct holm_cell_irq rec;

	memcpy(&rec, record, sizeof(rec));
	fprintf(rd->out, "%u", rec.gsi);
	return flags_known(rd, rec.reserved, 0);
}

static int write_pci(struct reading *rd, const void *record)
{
	struct holm_cell_pci rec;

	memcpy(&rec, record, sizeof(rec));
	fprintf(rd->out, "\"%s\"", form(FORM_PCI, rec.bdf).s);
	return flags_known(rd, rec.flags | (rec.bdf & ~0xffffU), 0);
}

static int write_comm(struct reading *rd, const void *record)
{
	struct holm_cell_comm rec;

	memcpy(&rec, record, sizeof(rec));
	fprintf(rd->out, "{ at: %s%s }", form(FORM_ADDRESS, rec.virt).s,
		rec.flags & HOLM_CELL_C_PASSIVE ? ", passive: true" : "");
	return flags_known(rd, rec.flags | rec.reserved, HOLM_CELL_C_PASSIVE);
}

static int write_ivshmem(struct reading *rd, const void *record)
{
	struct holm_cell_ivshmem rec;

	memcpy(&rec, record, sizeof(rec));
	fprintf(rd->out,
		"{ link: %s, at: %s,\n      rw: %s, out: %s, peers: %u, "
		"id: %u, vectors: %u,\n      protocol: %#x, device: \"%s\"",
		form(FORM_ADDRESS, rec.phys).s, form(FORM_ADDRESS, rec.virt).s,
		form(FORM_SIZE, rec.rw_size).s, form(FORM_SIZE, rec.out_size).s,
		rec.peers, rec.id, rec.vectors, rec.protocol,
		form(FORM_PCI, rec.bdf).s);
	if (rec.flags & HOLM_CELL_IV_SERVICE)
		fprintf(rd->out, ", service: %u", rec.service_id);
	fprintf(rd->out, " }");
	return flags_known(rd, rec.flags | rec.reserved | (rec.bdf & ~0xffffU),
			   HOLM_CELL_IV_SERVICE);
}

typedef int (*writer)(struct reading *rd, const void *record);

static const writer writers[KINDS] = {
	[HOLM_CELL_R_CPU] = write_cpu,         [HOLM_CELL_R_MEM] = write_mem,
	[HOLM_CELL_R_PORT] = write_port,       [HOLM_CELL_R_IRQ] = write_irq,
	[HOLM_CELL_R_PCI] = write_pci,         [HOLM_CELL_R_COMM] = write_comm,
	[HOLM_CELL_R_IVSHMEM] = write_ivshmem,
};

/* All records of a type, below their key. */
static int write_type(struct reading *rd, uint32_t type)
{
	const bool list = type != HOLM_CELL_R_COMM;
	size_t off = sizeof(struct holm_cell_desc), n = 0;
	struct holm_cell_record head;
	const void *record;
	int rc = 0;

	for (; rc == 0 && (record = record_at(rd, off, &head));
	     off += head.size) {
		if (head.type != type)
			continue;
		if (n == 0)
			fprintf(rd->out, "%s:%s", kinds[type].list,
				list ? "" : " ");
		else if (!list)
			return REFUSE(rd, "has two communication regions");
		fprintf(rd->out, "%s", list ? "\n  - " : "");
		rc = writers[type](rd, record);
		n++;
	}
	if (n)
		fprintf(rd->out, "\n");
	return rc;
}

static void write_name(FILE *out, const char *name)
{
	fprintf(out, "name: \"");
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			fputc('\\', out);
		if (*name > ' ' && *name < 0x7f)
			fputc(*name, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*name);
	}
	fprintf(out, "\"\n");
}

int cell_decompile(const char *name, const void *blob, size_t size, FILE *out,
		   struct report *r)
{
	struct reading rd = { blob, size, name, out, r };
	struct holm_cell_desc d;
	uint32_t type;
	int rc = check_head(&rd, &d);

	if (rc == 0)
		rc = check_records(&rd, &d);
	if (rc)
		return rc;
	write_name(out, d.name);
	fprintf(out, "start: { at: %s, mode: %d }\nflags: ",
		form(FORM_ADDRESS, d.entry).s,
		d.flags & HOLM_CELL_F_START32 ? 32 : 16);
	/* Force is said at creation, not in a description. */
	rc = write_words(&rd, &cell_flags_set,
			 d.flags & ~(HOLM_CELL_F_START32 | HOLM_CELL_F_FORCE));
	fprintf(out, "\n");
	for (type = 0; rc == 0 && type < KINDS; type++)
		if (writers[type])
			rc = write_type(&rd, type);
	return rc;
}
