/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/fake_physmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem/physmap.h"
#include "mem/physwin.h"

u8 fake_phys[FAKE_PHYS_SIZE];
u32 fake_by_window;

static u8 *at(hpa_t hpa, u64 len)
{
	if (hpa.v < FAKE_PHYS_BASE || len > FAKE_PHYS_SIZE ||
	    hpa.v - FAKE_PHYS_BASE > FAKE_PHYS_SIZE - len) {
		(void)fprintf(stderr, "touched 0x%lx, %lu bytes\n", hpa.v, len);
		abort();
	}
	return fake_phys + (hpa.v - FAKE_PHYS_BASE);
}

void physmap_read(void *dst, hpa_t src, u64 len)
{
	memcpy(dst, at(src, len), len);
}

void physmap_write(hpa_t dst, const void *src, u64 len)
{
	memcpy(at(dst, len), src, len);
}

void physmap_zero(hpa_t dst, u64 len)
{
	memset(at(dst, len), 0, len);
}

void physmap_move(hpa_t dst, hpa_t src, u64 len)
{
	memmove(at(dst, len), at(src, len), len);
}

void physwin_read(void *dst, hpa_t src, u64 len)
{
	memcpy(dst, at(src, len), len);
	fake_by_window++;
}

void physwin_write(hpa_t dst, const void *src, u64 len)
{
	memcpy(at(dst, len), src, len);
	fake_by_window++;
}

void physwin_fill(hpa_t dst, hpa_t src, u64 len)
{
	memmove(at(dst, len), at(src, len), len);
	fake_by_window++;
}
