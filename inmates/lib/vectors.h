/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt vectors, for C and assembly. */
#ifndef LIB_VECTORS_H
#define LIB_VECTORS_H

#define VECTORS      64 /* of the IDT */
#define VECTOR_BYTES 16 /* of code for each */
#define FIRST_IRQ    32

#define VECTOR_TIMER    32
#define VECTOR_IPI      33
#define VECTOR_DEVICE   34 /* and the following, for devices */
#define VECTOR_SPURIOUS 63

#define EXCEPTION_UD 6
#define EXCEPTION_GP 13

/* SDM vol 3, table 6-1: which exceptions push an error code. */
#define ERROR_CODES       0x60227d00
#define HAS_ERROR_CODE(n) ((n) < 32 && (ERROR_CODES >> ((n)&31) & 1))

#endif
