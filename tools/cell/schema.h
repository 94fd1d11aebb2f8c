/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of cell descriptions, once: the structures, the schema of the
 * YAML library, the messages and the reference page are made from these tables.
 */
#ifndef CELL_SCHEMA_H
#define CELL_SCHEMA_H

/* clang-format off */

/* X(id, name, rule): how a single value is written. */
#define CELL_FORMS(X)							\
	X(NAME, "name", "1 to 15 printable characters without blanks, the"	\
	  " first no '-'")						\
	X(TEXT, "text", "printable characters")				\
	X(NUMBER, "number", "decimal, or hexadecimal as 0x2f8")		\
	X(ADDRESS, "address", "a number, or one with K, M, G or T, as 0x100000 or 1M") \
	X(SIZE, "size", "a number of bytes, or one with K, M, G or T, as 64M") \
	X(CPU, "CPU", "a number as in /proc/cpuinfo, or 'lapic' and the local" \
	  " APIC's id, as 3 or 'lapic 6'")				\
	X(PCI, "PCI function", "bus:device.function in hexadecimal, as" \
	  " '00:1f.3'")						\
	X(BOOL, "truth value", "true or false")

/* X(word, bit, meaning) */
#define CELL_ACCESS_WORDS(X)						\
	X("read", HOLM_CELL_M_READ, "the cell reads it (always needed)") \
	X("write", HOLM_CELL_M_WRITE, "the cell writes it")		\
	X("execute", HOLM_CELL_M_EXEC, "the cell runs code in it")	\
	X("device", HOLM_CELL_M_DEVICE, "registers of a device: uncached, no RAM") \
	X("load", HOLM_CELL_M_LOAD, "`holm cell load` may write it")	\
	X("shared", HOLM_CELL_M_SHARED, "stays the Service VM's as well, never wiped")

#define CELL_FLAGS_WORDS(X)						\
	X("stop-on-violation", HOLM_CELL_F_STOP,			\
	  "a refused access ends the cell; else it reads ones, or faults")

/*
 * X(map, kind, field, name, what, need, default, meaning): a key of a mapping.
 * kind and what: NUM form: one value; NUMS form: a list of them; WORDS set: a
 * list of words; MAP map: a mapping; MAPS map: a list of them.
 */
#define CELL_START_KEYS(X)						\
	X(start, NUM, at, "at", ADDRESS, OPTIONAL, "0xffff0",		\
	  "address of the first instruction, executable memory below 4G") \
	X(start, NUM, mode, "mode", NUMBER, OPTIONAL, "16",		\
	  "16: real mode, as after a reset; 32: protected mode, flat, no paging")

#define CELL_MEMORY_KEYS(X)						\
	X(memory, NUM, at, "at", ADDRESS, REQUIRED, "",			\
	  "where the cell sees it")					\
	X(memory, NUM, phys, "phys", ADDRESS, OPTIONAL, "anywhere",	\
	  "where the machine has it; without it, huge pages of the Service VM are taken") \
	X(memory, NUM, size, "size", SIZE, REQUIRED, "",		\
	  "bytes, a multiple of 4K; with `device` parts of pages as well") \
	X(memory, WORDS, access, "access", access, OPTIONAL, "[read, write]", \
	  "what may be done with it")

#define CELL_PORT_KEYS(X)						\
	X(port, NUM, first, "first", NUMBER, REQUIRED, "",		\
	  "the first port, up to 0xffff")				\
	X(port, NUM, count, "count", NUMBER, OPTIONAL, "1",		\
	  "how many")							\
	X(port, NUM, shared, "shared", BOOL, OPTIONAL, "false",		\
	  "they stay the Service VM's as well")

#define CELL_COMM_KEYS(X)						\
	X(comm, NUM, at, "at", ADDRESS, REQUIRED, "",			\
	  "where the cell sees the page, a multiple of 4K")		\
	X(comm, NUM, passive, "passive", BOOL, OPTIONAL, "false",	\
	  "the cell takes no messages and is never asked")

#define CELL_IVSHMEM_KEYS(X)						\
	X(ivshmem, NUM, link, "link", ADDRESS, REQUIRED, "",		\
	  "where the machine has the memory; who names the same address is a peer") \
	X(ivshmem, NUM, at, "at", ADDRESS, REQUIRED, "",		\
	  "where the cell sees the memory")				\
	X(ivshmem, NUM, rw, "rw", SIZE, OPTIONAL, "0",			\
	  "size of the part that all peers write")			\
	X(ivshmem, NUM, out, "out", SIZE, OPTIONAL, "0",		\
	  "size of each peer's own part, which the others read")	\
	X(ivshmem, NUM, peers, "peers", NUMBER, OPTIONAL, "2",		\
	  "how many peers the link has, 2 to 16")			\
	X(ivshmem, NUM, id, "id", NUMBER, REQUIRED, "",			\
	  "this cell's number on the link, below `peers`")		\
	X(ivshmem, NUM, vectors, "vectors", NUMBER, OPTIONAL, "1",	\
	  "doorbells of each peer, 1 to 16")				\
	X(ivshmem, NUM, protocol, "protocol", NUMBER, OPTIONAL, "0",	\
	  "what is spoken, 0 to 0xffff")				\
	X(ivshmem, NUM, device, "device", PCI, REQUIRED, "",		\
	  "where the cell's PCI configuration has the device")		\
	X(ivshmem, NUM, service, "service", NUMBER, OPTIONAL, "none",	\
	  "the Service VM is a peer and has this number")

#define CELL_CONFIG_KEYS(X)						\
	X(config, NUM, name, "name", NAME, REQUIRED, "",		\
	  "what the cell is called")					\
	X(config, NUMS, cpus, "cpus", CPU, REQUIRED, "",		\
	  "the CPUs it gets, the one that starts first; CPU 0 stays with the Service VM") \
	X(config, MAP, start, "start", start, OPTIONAL, "",		\
	  "where and how its first CPU starts")				\
	X(config, WORDS, flags, "flags", flags, OPTIONAL, "[]",		\
	  "how it is treated")						\
	X(config, MAPS, memory, "memory", memory, REQUIRED, "",		\
	  "its memory and its devices' registers")			\
	X(config, MAPS, ports, "ports", port, OPTIONAL, "",		\
	  "its I/O ports")						\
	X(config, NUMS, interrupts, "interrupts", NUMBER, OPTIONAL, "",	\
	  "its interrupt lines, by global system interrupt number")	\
	X(config, NUMS, pci, "pci", PCI, OPTIONAL, "",			\
	  "its PCI functions, with their BARs and MSI or MSI-X")	\
	X(config, MAP, communication, "communication", comm, OPTIONAL, "", \
	  "the page by which it and the Service VM talk")		\
	X(config, MAPS, shared_memory, "shared-memory", ivshmem, OPTIONAL, "", \
	  "memory and doorbells that it has with others, ivshmem version 2")

/* X(map, keys, heading): what the reference page shows, in this order. */
#define CELL_MAPS(X)							\
	X(config, CELL_CONFIG_KEYS, "A cell")				\
	X(start, CELL_START_KEYS, "start")				\
	X(memory, CELL_MEMORY_KEYS, "memory")				\
	X(port, CELL_PORT_KEYS, "ports")				\
	X(comm, CELL_COMM_KEYS, "communication")			\
	X(ivshmem, CELL_IVSHMEM_KEYS, "shared-memory")

/* clang-format on */

#endif
