/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/pic.h"

#include "arch/x86/asm.h"

#define PIC_MASTER_IMR 0x21
#define PIC_SLAVE_IMR  0xa1

void pic_mask_all(void)
{
	x86_outb(PIC_MASTER_IMR, 0xff);
	x86_outb(PIC_SLAVE_IMR, 0xff);
}
