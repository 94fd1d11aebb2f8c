/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A word of guest memory that something was concluded from. Who wants to draw
 * the same conclusion again reads the words again, where they were, and
 * compares: exact even if the guest changes them without telling anyone.
 */
#ifndef MEM_WALKWORD_H
#define MEM_WALKWORD_H

#include "lib/types.h"
#include "mem/addr.h"

struct walk_word {
	hpa_t at;
	u64 held;
};

#endif
