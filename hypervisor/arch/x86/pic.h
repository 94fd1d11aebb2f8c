/* SPDX-License-Identifier: BSD-2-Clause */
/* The physical 8259 pair: only to keep it quiet until a guest owns it. */
#ifndef ARCH_X86_PIC_H
#define ARCH_X86_PIC_H

/** Mask every line: firmware may have left one pending. */
void pic_mask_all(void);

#endif
