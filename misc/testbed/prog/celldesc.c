/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * celldesc NAME LAPIC_ID PHYS SIZE [PORT COUNT]...: the compiled description
 * of a cell with one CPU, SIZE bytes of memory from PHYS on at its address 0,
 * and ports, that starts in real mode at 0xffff0. To standard output.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/cell.h"

#define ENTRY    0xffff0
#define CRC_POLY 0xedb88320U /* ISO 3309, bits reversed */

static union {
	struct holm_cell_desc desc;
	uint8_t bytes[4096];
} out;
static uint32_t size = sizeof(out.desc);

static uint32_t number(const char *word)
{
	return (uint32_t)strtoul(word, NULL, 0);
}

static void add(const void *record, uint32_t bytes)
{
	if (size + bytes > sizeof(out)) {
		fprintf(stderr, "celldesc: too many ports\n");
		exit(1);
	}
	memcpy(out.bytes + size, record, bytes);
	size += bytes;
	out.desc.records++;
}

static uint32_t crc(void)
{
	uint32_t sum = ~0U, i, bit;

	for (i = 0; i < size; i++) {
		sum ^= out.bytes[i];
		for (bit = 0; bit < 8; bit++)
			sum = (sum >> 1) ^ (sum & 1 ? CRC_POLY : 0);
	}
	return ~sum;
}

int main(int argc, char **argv)
{
	struct holm_cell_cpu cpu = { { HOLM_CELL_R_CPU, sizeof(cpu) }, 0, 0 };
	struct holm_cell_mem mem = { { HOLM_CELL_R_MEM, sizeof(mem) },
				     .flags = HOLM_CELL_M_READ |
					      HOLM_CELL_M_WRITE |
					      HOLM_CELL_M_EXEC |
					      HOLM_CELL_M_LOAD };
	struct holm_cell_port port = { { HOLM_CELL_R_PORT, sizeof(port) },
				       .count = 1 };
	int i;

	if (argc < 5) {
		fprintf(stderr, "usage: celldesc NAME LAPIC_ID PHYS SIZE "
				"[PORT COUNT]...\n");
		return 2;
	}
	out.desc.magic = HOLM_CELL_MAGIC;
	out.desc.version = HOLM_CELL_VERSION;
	out.desc.entry = ENTRY;
	snprintf(out.desc.name, sizeof(out.desc.name), "%s", argv[1]);
	cpu.lapic_id = number(argv[2]);
	add(&cpu, sizeof(cpu));
	mem.phys = number(argv[3]);
	mem.size = number(argv[4]);
	add(&mem, sizeof(mem));
	for (i = 5; i + 1 < argc; i += 2) {
		port.port = number(argv[i]);
		port.count = number(argv[i + 1]);
		add(&port, sizeof(port));
	}
	out.desc.size = size;
	out.desc.checksum = crc();
	return write(STDOUT_FILENO, out.bytes, size) == (ssize_t)size ? 0 : 1;
}
