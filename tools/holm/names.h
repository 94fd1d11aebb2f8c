/* SPDX-License-Identifier: BSD-2-Clause */
/* Words and numbers as people read them, the same in all commands. */
#ifndef HOLM_NAMES_H
#define HOLM_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define CPU_BITS 64

const char *name_of_exit(uint32_t reason);
const char *name_of_inject(uint32_t type);
const char *name_of_state(uint32_t state);
const char *name_of_mode(uint32_t mode);
const char *name_of_backend(uint32_t backend);
const char *name_of_range(uint32_t kind);

/** "0,2-3" for bits 0, 2 and 3; "-" for none. */
void format_cpus(uint64_t mask, char *buf, size_t len);

/** "4 KiB", "2 GiB": the largest unit that leaves no rest. */
void format_size(uint64_t bytes, char *buf, size_t len);

/** "42s", "3m07s", "2h05m", "9d04h". */
void format_time(uint64_t seconds, char *buf, size_t len);

#endif
