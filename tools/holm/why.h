/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a call was refused: what the driver and the hypervisor have said in
 * their logs since somebody began to listen.
 */
#ifndef HOLM_WHY_H
#define HOLM_WHY_H

#include "holm/holm.h"

struct why {
	int kmsg;      /* the kernel's log, or -1 */
	uint32_t skip; /* bytes of Holm's log that are old */
};

/** Begin to listen. Cannot fail: what cannot be heard is not told. */
void why_begin(const struct holm *h, struct why *w);

/**
 * Tell what was said, a line each, as "holm: driver: ..." and "holm: Holm:
 * ...", and listen no more.
 */
void why_tell(const struct holm *h, struct why *w);

/** Listen no more. */
void why_end(struct why *w);

#endif
