/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of system descriptions: what a machine has and who uses it.
 * The rows are as in schema.h.
 */
#ifndef CELL_SYSTEM_SCHEMA_H
#define CELL_SYSTEM_SCHEMA_H

/* clang-format off */

#define CELL_SYS_CPU_KEYS(X)						\
	X(sys_cpu, NUM, number, "number", NUMBER, REQUIRED, "",		\
	  "as in /proc/cpuinfo")					\
	X(sys_cpu, NUM, lapic, "lapic", NUMBER, REQUIRED, "",		\
	  "the id of its local APIC")					\
	X(sys_cpu, NUM, online, "online", BOOL, OPTIONAL, "true",	\
	  "Linux uses it")

#define CELL_SYS_MEMORY_KEYS(X)						\
	X(sys_memory, NUM, at, "at", ADDRESS, REQUIRED, "",		\
	  "where it begins")						\
	X(sys_memory, NUM, size, "size", SIZE, REQUIRED, "",		\
	  "bytes")							\
	X(sys_memory, NUM, what, "what", TEXT, REQUIRED, "",		\
	  "what it is, in the words of its source")

#define CELL_SYS_PORT_KEYS(X)						\
	X(sys_port, NUM, first, "first", NUMBER, REQUIRED, "",		\
	  "the first port")						\
	X(sys_port, NUM, count, "count", NUMBER, REQUIRED, "",		\
	  "how many")							\
	X(sys_port, NUM, what, "what", TEXT, REQUIRED, "",		\
	  "who uses them")

#define CELL_SYS_LINE_KEYS(X)						\
	X(sys_line, NUM, gsi, "gsi", NUMBER, REQUIRED, "",		\
	  "global system interrupt")					\
	X(sys_line, NUM, what, "what", TEXT, REQUIRED, "",		\
	  "who handles it")

#define CELL_SYS_IOAPIC_KEYS(X)						\
	X(sys_ioapic, NUM, id, "id", NUMBER, REQUIRED, "",		\
	  "its APIC id")						\
	X(sys_ioapic, NUM, at, "at", ADDRESS, REQUIRED, "",		\
	  "its registers")						\
	X(sys_ioapic, NUM, gsi, "gsi", NUMBER, REQUIRED, "",		\
	  "the global system interrupt of its first pin")

#define CELL_SYS_BAR_KEYS(X)						\
	X(sys_bar, NUM, number, "number", NUMBER, REQUIRED, "",		\
	  "0 to 5; 6 is the expansion ROM")				\
	X(sys_bar, NUM, at, "at", ADDRESS, REQUIRED, "",		\
	  "address or first port")					\
	X(sys_bar, NUM, size, "size", SIZE, REQUIRED, "",		\
	  "bytes or ports")						\
	X(sys_bar, NUM, ports, "ports", BOOL, OPTIONAL, "false",	\
	  "it is I/O ports, not memory")

#define CELL_SYS_PCI_KEYS(X)						\
	X(sys_pci, NUM, at, "at", PCI, REQUIRED, "",			\
	  "bus, device and function")					\
	X(sys_pci, NUM, id, "id", TEXT, REQUIRED, "",			\
	  "vendor and device, hexadecimal")				\
	X(sys_pci, NUM, class_code, "class", NUMBER, REQUIRED, "",	\
	  "class, subclass, interface: three bytes")			\
	X(sys_pci, NUM, driver, "driver", TEXT, OPTIONAL, "none",	\
	  "the driver that Linux has bound to it")			\
	X(sys_pci, NUM, msi, "msi", NUMBER, OPTIONAL, "0",		\
	  "messages that its MSI has")					\
	X(sys_pci, NUM, msix, "msi-x", NUMBER, OPTIONAL, "0",		\
	  "messages that its MSI-X has")				\
	X(sys_pci, MAPS, bars, "bars", sys_bar, OPTIONAL, "",		\
	  "its registers and memory")

#define CELL_SYS_UART_KEYS(X)						\
	X(sys_uart, NUM, name, "name", TEXT, REQUIRED, "",		\
	  "Linux's name")						\
	X(sys_uart, NUM, port, "port", NUMBER, REQUIRED, "",		\
	  "its first I/O port")						\
	X(sys_uart, NUM, gsi, "gsi", NUMBER, REQUIRED, "",		\
	  "its interrupt line")

#define CELL_SYSTEM_KEYS(X)						\
	X(system, NUM, processor, "processor", TEXT, OPTIONAL, "",	\
	  "what the CPUs call themselves")				\
	X(system, NUM, clocks, "clocks", TEXT, OPTIONAL, "",		\
	  "the clocks that Linux could use")				\
	X(system, NUM, iommu, "iommu", BOOL, REQUIRED, "",		\
	  "there is a unit that confines what devices reach")		\
	X(system, NUM, huge_pages, "huge-pages", NUMBER, REQUIRED, "",	\
	  "free huge pages of 2 MiB")					\
	X(system, NUM, available, "available", SIZE, REQUIRED, "",	\
	  "memory of which more could be made")				\
	X(system, MAPS, cpus, "cpus", sys_cpu, REQUIRED, "",		\
	  "its CPUs")							\
	X(system, MAPS, firmware, "firmware", sys_memory, REQUIRED, "",	\
	  "the firmware's map of the memory")				\
	X(system, MAPS, memory, "memory", sys_memory, REQUIRED, "",	\
	  "who uses which addresses; what lies within another follows it") \
	X(system, MAPS, ports, "ports", sys_port, REQUIRED, "",		\
	  "who uses which I/O ports, in the same order")		\
	X(system, MAPS, interrupts, "interrupts", sys_line, REQUIRED, "", \
	  "interrupt lines in use")					\
	X(system, MAPS, ioapics, "io-apics", sys_ioapic, OPTIONAL, "",	\
	  "what its interrupt lines end in")				\
	X(system, MAPS, pci, "pci", sys_pci, REQUIRED, "",		\
	  "its PCI functions")						\
	X(system, MAPS, uarts, "uarts", sys_uart, OPTIONAL, "",		\
	  "its serial ports")

/* X(map, keys, heading) */
#define CELL_SYSTEM_MAPS(X)						\
	X(system, CELL_SYSTEM_KEYS, "A system")				\
	X(sys_cpu, CELL_SYS_CPU_KEYS, "CPUs")				\
	X(sys_memory, CELL_SYS_MEMORY_KEYS, "Memory")			\
	X(sys_port, CELL_SYS_PORT_KEYS, "Ports")			\
	X(sys_line, CELL_SYS_LINE_KEYS, "Interrupts")			\
	X(sys_ioapic, CELL_SYS_IOAPIC_KEYS, "I/O APICs")		\
	X(sys_pci, CELL_SYS_PCI_KEYS, "PCI functions")			\
	X(sys_bar, CELL_SYS_BAR_KEYS, "BARs")				\
	X(sys_uart, CELL_SYS_UART_KEYS, "UARTs")

/* clang-format on */

#endif
