/* SPDX-License-Identifier: BSD-2-Clause */
/* GDT, TSS and IDT of a CPU in 64-bit mode. */
#ifndef ARCH_X86_DESC_H
#define ARCH_X86_DESC_H

#include "lib/types.h"

#define DESC_CODE 0x08
#define DESC_DATA 0x10
#define DESC_TSS  0x18

/* 64-bit TSS, APM vol 2, figure 12-8. */
struct desc_tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

_Static_assert(sizeof(struct desc_tss) == 104, "APM vol 2, figure 12-8");

/** What a CPU's descriptor tables occupy. */
struct desc_tables {
	u64 gdt[5];
	struct desc_tss tss;
};

/** Fill @t (IST 1 at @ist_top) and load it on the calling CPU. */
void desc_load(struct desc_tables *t, u64 ist_top);

/** Where the calling CPU has its GDT, and its TSS. */
u64 desc_gdt_base(void);
u64 desc_tss_base(void);

/** Load an IDT of @size bytes. */
void desc_load_idt(const void *idt, u64 size);

#endif
