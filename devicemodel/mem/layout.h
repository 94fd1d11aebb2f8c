/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest-physical address map of a User VM, in one place.
 *
 *   0x00000000  RAM; boot structures below 0xa0000
 *   0x000a0000  hole in the E820 map (RAM behind it is never used)
 *   0x000f0000  ACPI and SMBIOS tables, reserved
 *   0x00100000  RAM up to min(size, 2 GiB)
 *   0x80000000  window of 32-bit PCI memory BARs
 *   0xe0000000  PCI configuration space (ECAM)
 *   0xfec00000  IOAPIC    } emulated in the hypervisor
 *   0xfee00000  local APIC}
 *   4 GiB       the rest of RAM
 *   256 GiB     window of 64-bit PCI memory BARs, up to 512 GiB
 */
#ifndef MEM_LAYOUT_H
#define MEM_LAYOUT_H

#include "core/types.h"

#define LOWMEM_END    0xa0000ULL
#define FIRMWARE_BASE 0xf0000ULL
#define FIRMWARE_END  0x100000ULL

/* Boot structures in conventional memory. */
#define BOOT_GDT         0x1000ULL
#define BOOT_ZERO_PAGE   0x7000ULL
#define BOOT_CMDLINE     0x20000ULL
#define BOOT_CMDLINE_MAX 0x10000ULL

#define PCI_IO_BASE     0x2000U
#define PCI_IO_END      0x10000U
#define PCI_MMIO32_BASE 0x80000000ULL
#define PCI_MMIO32_END  0xe0000000ULL
#define PCI_MMIO64_BASE 0x4000000000ULL
#define PCI_MMIO64_END  0x8000000000ULL
#define PCI_ECAM_BASE   0xe0000000ULL
#define PCI_ECAM_SIZE   0x100000ULL /* bus 0 alone */

#define IOAPIC_BASE 0xfec00000U
#define LAPIC_BASE  0xfee00000U
#define IOAPIC_PINS 48U

/* Ports; the ones Holm answers itself are named for the tables only. */
#define PORT_PIT         0x40
#define PORT_KBD_DATA    0x60
#define PORT_KBD_STATUS  0x64
#define PORT_RTC         0x70
#define PORT_POST        0x80
#define PORT_DEBUGEXIT   0xf4
#define PORT_COM2        0x2f8
#define PORT_COM1        0x3f8
#define PORT_PM1_EVENT   0x400
#define PORT_PM1_CONTROL 0x404
#define PORT_PM_TIMER    0x408
#define PORT_RESET       0xcf9

#define IRQ_COM2      3
#define IRQ_COM1      4
#define IRQ_RTC       8
#define IRQ_SCI       9
#define PCI_GSI_BASE  16U
#define PCI_GSI_COUNT 8U

#endif
