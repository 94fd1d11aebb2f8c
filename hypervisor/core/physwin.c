/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/physwin.h"

#include "arch/x86/asm.h"
#include "core/log.h"
#include "core/percpu.h"
#include "lib/string.h"
#include "mem/physmap.h"

static void *window_open(u64 page, u32 type)
{
	CHECK(pgtable_map(&percpu_self()->map, LOCAL_WINDOW, page, PAGE_SIZE,
			  PT_RW | type) == 0);
	return (void *)LOCAL_WINDOW;
}

static void window_close(void)
{
	CHECK(pgtable_withdraw(&percpu_self()->map, LOCAL_WINDOW, PAGE_SIZE) ==
	      0);
	x86_invlpg((void *)LOCAL_WINDOW);
}

/*
 * One piece of @len bytes in a page. @out: read to there; @in: written from
 * there, or from memory at @from; neither: zeroed.
 */
struct piece {
	u8 *out;
	const u8 *in;
	u64 from;
};

static void do_piece(void *at, const struct piece *p, u64 off, u64 len)
{
	if (p->out)
		memcpy(p->out + off, at, len);
	else if (p->in)
		memcpy(at, p->in + off, len);
	else if (p->from != ADDR_NONE)
		physmap_read(at, HPA(p->from + off), len);
	else
		memset(at, 0, len);
}

static void by_pages(hpa_t hpa, u64 len, const struct piece *p)
{
	u64 off = 0;

	while (off < len) {
		u64 in_page = (hpa.v + off) & (PAGE_SIZE - 1);
		u64 n = MIN(len - off, PAGE_SIZE - in_page);
		u8 *page = window_open(hpa.v + off - in_page, PT_WB);

		do_piece(page + in_page, p, off, n);
		window_close();
		off += n;
	}
}

void physwin_read(void *dst, hpa_t src, u64 len)
{
	by_pages(src, len, &(struct piece){ .out = dst, .from = ADDR_NONE });
}

void physwin_write(hpa_t dst, const void *src, u64 len)
{
	by_pages(dst, len, &(struct piece){ .in = src, .from = ADDR_NONE });
}

void physwin_zero(hpa_t dst, u64 len)
{
	by_pages(dst, len, &(struct piece){ .from = ADDR_NONE });
}

void physwin_fill(hpa_t dst, hpa_t src, u64 len)
{
	by_pages(dst, len, &(struct piece){ .from = src.v });
}

static volatile void *register_open(hpa_t at)
{
	u64 off = at.v & (PAGE_SIZE - 1);

	return (volatile u8 *)window_open(at.v - off, PT_UC) + off;
}

u64 physwin_mmio_read(hpa_t at, u32 size)
{
	volatile void *p = register_open(at);
	u64 val;

	if (size == 1)
		val = *(volatile u8 *)p;
	else if (size == 2)
		val = *(volatile u16 *)p;
	else if (size == 4)
		val = *(volatile u32 *)p;
	else
		val = *(volatile u64 *)p;
	window_close();
	return val;
}

void physwin_mmio_write(hpa_t at, u32 size, u64 val)
{
	volatile void *p = register_open(at);

	if (size == 1)
		*(volatile u8 *)p = (u8)val;
	else if (size == 2)
		*(volatile u16 *)p = (u16)val;
	else if (size == 4)
		*(volatile u32 *)p = (u32)val;
	else
		*(volatile u64 *)p = val;
	window_close();
}
