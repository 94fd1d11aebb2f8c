/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes AML, the byte code of ACPI (ACPI 6.4, chapter 20; resources 6.4).
 * Append in order; what opens a scope is closed by aml_close(), which then
 * knows and inserts the length. Errors stick in failed and are checked once.
 */
#ifndef ACPI_AML_H
#define ACPI_AML_H

#include "core/types.h"

#define AML_DEPTH 8

struct aml {
	u8 *buf;
	size_t len;
	size_t cap;
	size_t open[AML_DEPTH]; /* where the content of a scope begins */
	u32 depth;
	bool failed; /* no memory, or unbalanced use */
};

void aml_init(struct aml *aml);
void aml_free(struct aml *aml);

void aml_bytes(struct aml *aml, const void *bytes, size_t n);

/** A name: "\\_SB.PCI0", "_CRS"; segments shorter than 4 are padded. */
void aml_path(struct aml *aml, const char *path);
void aml_int(struct aml *aml, u64 v);
void aml_string(struct aml *aml, const char *s);
void aml_eisaid(struct aml *aml, const char *id);

/** Name (path, ...): the value follows as the next term. */
void aml_name(struct aml *aml, const char *path);
void aml_name_int(struct aml *aml, const char *path, u64 v);
void aml_name_eisaid(struct aml *aml, const char *path, const char *id);

void aml_open_scope(struct aml *aml, const char *path);
void aml_open_device(struct aml *aml, const char *path);
void aml_open_method(struct aml *aml, const char *path, u8 args);
void aml_open_package(struct aml *aml, u8 elements);
void aml_close(struct aml *aml);

/** A resource template; close it with aml_close_resources(). */
void aml_open_resources(struct aml *aml);
void aml_close_resources(struct aml *aml);
void aml_res_io(struct aml *aml, u16 base, u8 len);
void aml_res_irq(struct aml *aml, u32 irq);
/** A level-triggered, active-high, shared GSI. */
void aml_res_gsi(struct aml *aml, u32 gsi);
void aml_res_mem32(struct aml *aml, u32 base, u32 len);
/** Windows a bridge hands to its bus: [first, last]. */
void aml_res_bus_window(struct aml *aml, u16 first, u16 last);
void aml_res_io_window(struct aml *aml, u16 first, u16 last);
void aml_res_mem_window(struct aml *aml, u64 first, u64 last);

#endif
