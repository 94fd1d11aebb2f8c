/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine's CPU says of itself, or what a test says for it. */
#ifndef HOLM_HOST_H
#define HOLM_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

/**
 * struct host - a machine
 * @cpuid: all zeroes for a leaf that there is not
 * @rdmsr: 0, or a negative errno: -EACCES, -ENOENT (no msr driver), -EIO
 * @ctx: handed to both
 * @root: its /proc and /sys are below
 */
struct host {
	struct cpuid_regs (*cpuid)(void *ctx, uint32_t leaf);
	int (*rdmsr)(void *ctx, uint32_t msr, uint64_t *value);
	void *ctx;
	const char *root;
};

/** The machine that this program runs on. */
extern const struct host own_host;

enum verdict { VERDICT_OK, VERDICT_MISSING, VERDICT_UNKNOWN };

#define FINDING_WHY 128

/** What one look at the machine found. */
struct finding {
	const char *name;
	bool needed; /* else Holm runs without it, but does less */
	enum verdict verdict;
	char why[FINDING_WHY];
};

/** Look at the nth thing; false past the last. */
bool host_look(const struct host *host, unsigned int nth, struct finding *f);

#endif
