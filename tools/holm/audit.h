/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holm hv audit: is any page, port, register or CPU within reach of two guests
 * that did not agree on it, or anything of Holm's within reach of any? The
 * hypervisor is asked for facts only, from what its CPUs walk; what follows
 * from them is worked out here, so that a mistake in its rules shows.
 */
#ifndef HOLM_AUDIT_H
#define HOLM_AUDIT_H

#include "abi/cell.h"
#include "holm/vms.h"

/** A stretch of host-physical memory that a guest reaches. */
struct reach {
	const struct guest *guest;
	uint64_t hpa, size;
	uint64_t gpa;
	uint32_t flags; /* HOLM_MAP_* */
};

struct passes {
	struct holm_pass *p; /* by rising number, those with flags only */
	size_t n;
};

/** One VM as the CPUs see it. */
struct guest {
	struct holm_vm vm;
	struct passes ports, msrs;
	struct holm_device *device;
	size_t devices;
	struct holm_cell_desc *desc; /* of a cell, checked in shape; or NULL */
};

/** All that is known of the machine at one moment. */
struct facts {
	struct holm_info info;
	struct guest *guest; /* by slot */
	size_t guests;
	struct reach *reach; /* by rising address */
	size_t reaches;
	struct holm_mapping *host; /* what Holm itself maps */
	size_t hosts;
	struct holm_pin *pin;
	size_t pins;
	struct holm_range *range;
	size_t ranges;
	struct holm_cpu *cpu;
	size_t cpus;
};

/**
 * Ask until nothing changed meanwhile. 0, -EAGAIN if it never stands still, or
 * another negative errno. Free with facts_free().
 */
int facts_read(struct facts *f, const struct source *src);
void facts_free(struct facts *f);

/** The guest in @slot, or NULL. */
const struct guest *guest_of(const struct facts *f, uint32_t slot);

/** Guests differ in what they may share. */
enum guest_sort { SORT_SERVICE, SORT_USER, SORT_CELL };
enum guest_sort guest_sort(const struct guest *g);

/** What a rule found wrong: who reaches what. */
struct finding {
	char text[160];
};

struct verdict {
	uint64_t looked_at;
	struct finding *finding;
	size_t n;
	bool no_memory;
};

void verdict_add(struct verdict *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * What is to be shown.
 * @claim: a sentence that is true if nothing is found
 * @unit: what looked_at counts
 * @check: NULL: it is not claimed, and @claim says why
 */
struct rule {
	const char *id;
	const char *claim;
	const char *unit;
	void (*check)(const struct facts *f, struct verdict *v);
};

extern const struct rule audit_rules[];
extern const size_t audit_rule_count;

#endif
