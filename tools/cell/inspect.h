/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of a machine's inspection, and how they read its files. */
#ifndef CELL_INSPECT_H
#define CELL_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** A file below the machine's root; NULL if there is none. */
FILE *machine_open(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Its first line without the newline, "" if there is none. */
void machine_line(const char *root, const char *path, char *buf, size_t size);

/** The number that is all of the file; @missing if there is none. */
uint64_t machine_number(const char *root, const char *path, uint64_t missing);

/** @text in quotes for YAML, what is not printable left out. */
void write_quoted(FILE *out, const char *text);

/* Each writes its list, key included. */
void inspect_pci(const char *root, FILE *out);
void inspect_apics(const char *root, FILE *out);
int inspect_ranges(const char *root, FILE *out);

#endif
