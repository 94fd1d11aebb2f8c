/* SPDX-License-Identifier: BSD-2-Clause */
/* A User VM's program inside the guest that runs it. */
	.section .rodata
	.balign	16
	.globl	user_image, user_image_end
user_image:
	.incbin	BLOB
user_image_end:
	.section .note.GNU-stack, "", @progbits
