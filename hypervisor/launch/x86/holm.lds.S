/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked at HOLM_BASE, loaded at HOLM_LOAD_PA. Sections start on page
 * boundaries so that each gets its own rights; file offsets follow the
 * addresses without a gap, which multiboot1's address fields need.
 */
#include "mem/layout.h"

OUTPUT_FORMAT(elf64-x86-64)
ENTRY(image_entry_pa)

SECTIONS
{
	. = HOLM_BASE;
	image_start = .;
	.header : AT(ADDR(.header) - HOLM_BASE + HOLM_LOAD_PA) {
		KEEP(*(.header))
	}
	. = ALIGN(4096);
	image_text = .;
	.text : AT(ADDR(.text) - HOLM_BASE + HOLM_LOAD_PA) {
		*(.text .text.*)
	}
	. = ALIGN(4096);
	image_rodata = .;
	.rodata : AT(ADDR(.rodata) - HOLM_BASE + HOLM_LOAD_PA) {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		ex_table_start = .;
		KEEP(*(.ex_table))
		ex_table_end = .;
		*(.got .got.plt)
	}
	. = ALIGN(4096);
	image_data = .;
	.data : AT(ADDR(.data) - HOLM_BASE + HOLM_LOAD_PA) {
		*(.data .data.* .data.rel.ro.*)
		. = ALIGN(8);
		unit_table_start = .;
		KEEP(*(.unit_table))
		unit_table_end = .;
		. = ALIGN(4096);
		console_page = .;
		. += 4096;
	}
	image_load_end = .;
	.bss (NOLOAD) : AT(ADDR(.bss) - HOLM_BASE + HOLM_LOAD_PA) {
		*(.bss .bss.* COMMON)
		. = ALIGN(4096);
	}
	image_end = .;

	image_entry_pa = entry32 - HOLM_BASE + HOLM_LOAD_PA;
	ASSERT(image_end - image_start <= HOLM_IMAGE_MAX, "image too large")

	.debug_info 0 : { *(.debug_info) }
	.debug_abbrev 0 : { *(.debug_abbrev) }
	.debug_aranges 0 : { *(.debug_aranges) }
	.debug_line 0 : { *(.debug_line) }
	.debug_line_str 0 : { *(.debug_line_str) }
	.debug_str 0 : { *(.debug_str) }
	.debug_str_offsets 0 : { *(.debug_str_offsets) }
	.debug_addr 0 : { *(.debug_addr) }
	.debug_loclists 0 : { *(.debug_loclists) }
	.debug_rnglists 0 : { *(.debug_rnglists) }
	.debug_frame 0 : { *(.debug_frame) }
	.comment 0 : { *(.comment) }
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }
	.rela.dyn 0 : { *(.rela.*) }
	ASSERT(SIZEOF(.rela.dyn) == 0, "the image must need no relocation")
	/DISCARD/ : { *(.eh_frame .note.* .interp .dynamic .dynsym .dynstr .hash .gnu.hash .llvm_addrsig .eh_frame_hdr) }
}
