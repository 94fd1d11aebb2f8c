/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: words and NAME=VALUE apart by blanks, loaded at
 * INMATE_CMDLINE; a cell's memory is blank before, which is an empty one.
 */
#ifndef LIB_CMDLINE_H
#define LIB_CMDLINE_H

#include "lib/types.h"

/** Is @word there? */
bool cmdline_has(const char *word);

/** The decimal or 0x number of @name=, or @otherwise. */
u64 cmdline_number(const char *name, u64 otherwise);

#endif
