/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What Holm offers beyond ACRN's interface: the query hypercall behind the
 * admin tool, and the small PCI function that carries upcalls to kernels
 * without an ACRN vector.
 */
#ifndef ABI_HOLM_H
#define ABI_HOLM_H

#include "abi_types.h"

/*
 * The upcall function. One MSI-X vector: "some I/O request page has work".
 * BAR0 (4 KiB, 32-bit memory) holds the MSI-X table at 0 and the pending
 * bits at 0x800. Class 0x088000, system peripheral.
 */
#define HOLM_PCI_VENDOR     0x484d
#define HOLM_PCI_DEVICE     0x0001
#define HOLM_PCI_MSIX_TABLE 0x000
#define HOLM_PCI_MSIX_PBA   0x800

/* A shared-memory device, ivshmem version 2; see HOLM_CELL_R_IVSHMEM. */
#define HOLM_LINK_VENDOR 0x110a
#define HOLM_LINK_DEVICE 0x4106

/*
 * The Service VM's CPUID leaf 0x40000001: EAX is ACRN's, EBX says that this is
 * Holm; ACRN has 0 there.
 */
#define HOLM_CPUID_LEAF 0x40000001
#define HOLM_CPUID_NAME 0x6d6c6f48 /* "Holm" */

/*
 * HC_HOLM_RETURN_CPU: RDI = LAPIC id of a CPU that HC_SOS_REMOVE_CPU took
 * and no VM uses. Afterwards the CPU waits for SIPI: the Service VM can
 * bring it online. -EBUSY while a VM owns it, -EINVAL if it was not taken.
 * A kernel whose driver does not know this call gets the CPU back when it
 * sends it an INIT, as it does to bring it online.
 */

/*
 * HC_HOLM_TRACE: RDI = the events to trace from now on, bit n for event n of
 * abi/holm_trace.h; 0 ends it. -EINVAL for a bit that is no event's.
 */

/*
 * Doorbells: writes of a User VM that only wake somebody in the Service VM.
 * HC_HOLM_DOORBELL: RDI = vmid, RSI = GPA of a struct holm_doorbell. A write
 * of at most len bytes at addr (with HOLM_DOORBELL_MATCH, of the value data)
 * no longer becomes a request: the vCPU goes on, word index % 8 of bell in
 * slot index / 8 of the request page becomes 1, then rung in slot 0; if that
 * was 0 an upcall comes. To look, set rung to 0 and then each word that is not
 * 0. Returns 0, -EINVAL for a value out of range, -EPERM before
 * SET_IOREQ_BUFFER, -EEXIST for an index in use, -ENOENT to remove one that is
 * not, -ENOMEM.
 */
struct holm_doorbell {
	ABI_U32 index; /* below HOLM_DOORBELLS */
	ABI_U32 flags; /* HOLM_DOORBELL_* */
	ABI_U32 type;  /* ACRN_IOREQ_PIO or _MMIO */
	ABI_U32 len;   /* 1, 2, 4, 8 */
	ABI_U64 addr;
	ABI_U64 data;
};

#define HOLM_DOORBELL_REMOVE 0x1U /* of index; the rest says nothing */
#define HOLM_DOORBELL_MATCH  0x2U
#define HOLM_SLOT_BELLS      8U
#define HOLM_DOORBELLS       128U

/*
 * HC_HOLM_DEBUG_SEED: RDI = vmid, RSI = value << 12 | HOLM_SEED_*. Makes a
 * hole in what keeps that VM apart, or mends it the second time, so that an
 * audit has something to find: the page with that number appears at
 * HOLM_SEED_GPA, the port is passed, the register is written without an exit.
 * Debug builds only; others answer -ENOTTY.
 */
#define HOLM_SEED_PAGE 0U
#define HOLM_SEED_PORT 1U
#define HOLM_SEED_MSR  2U
#define HOLM_SEED_GPA  0x10000000000ULL

/*
 * HC_HOLM_QUERY: RDI = GPA of a struct holm_query, RSI = where to begin, for
 * the subjects that say so, else 0. Writes at most len bytes of the answer at
 * buf_gpa, sets out_len to the bytes written. Returns 0, -ENOENT past the
 * last index, -EINVAL for an unknown subject or an RSI that must be 0.
 */
struct holm_query {
	ABI_U32 subject; /* HOLM_QUERY_* */
	ABI_U32 index;   /* CPU number, VM slot, log sequence number */
	ABI_U64 buf_gpa;
	ABI_U32 len;
	ABI_U32 out_len;
};

#define HOLM_QUERY_INFO   0 /* struct holm_info, index 0 */
#define HOLM_QUERY_CPU    1 /* struct holm_cpu, index = CPU */
#define HOLM_QUERY_VM     2 /* struct holm_vm, index = slot */
#define HOLM_QUERY_LOG    3 /* text; index = bytes to skip */
#define HOLM_QUERY_MAP    4 /* struct holm_range each, index = the first */
#define HOLM_QUERY_VM_MAP 5 /* struct holm_mapping each, index = slot, from */
#define HOLM_QUERY_TRACE  6 /* abi/holm_trace.h; index = CPU, from */
#define HOLM_QUERY_CELL   7 /* struct holm_cell, index = slot; abi/cell.h */
/* The cell's communication page as it is now, index = slot; -ENOENT also for
 * a VM that has none. abi/cell_comm.h. */
#define HOLM_QUERY_CELL_COMM 8
#define HOLM_QUERY_VM_PORTS  9  /* struct holm_pass each, index = slot, from */
#define HOLM_QUERY_VM_MSRS   10 /* the same of registers */
/* The description a cell was made of, index = slot, from = byte; abi/cell.h */
#define HOLM_QUERY_CELL_DESC 11
/* What Holm itself maps of the machine, struct holm_mapping each, index 0,
 * from; -EBUSY while it changes. */
#define HOLM_QUERY_HOST_MAP 12
#define HOLM_QUERY_PIN      13 /* struct holm_pin, index = GSI */
/* A PCI function that a cell has, index = slot, from = which; -ENOENT past
 * the last. struct holm_device. */
#define HOLM_QUERY_DEVICE 14

#define HOLM_NO_VM 0xffffffffU

struct holm_info {
	ABI_U32 version; /* major << 16 | minor << 8 | patch */
	ABI_U32 ncpus;
	ABI_U64 hv_base;    /* HPA of Holm's memory */
	ABI_U64 hv_size;    /* bytes */
	ABI_U64 image_size; /* bytes, of hv_size */
	ABI_U64 pool_pages; /* 4 KiB pages the pool holds */
	ABI_U64 pool_used;  /* of them in use */
	ABI_U64 ram_bytes;  /* RAM of the machine, Holm's included */
	ABI_U64 tsc_khz;
	ABI_U32 nvms;        /* VM slots in use, the Service VM included */
	ABI_U32 backend;     /* 0 SVM, 1 VMX */
	ABI_U64 boot_tsc[2]; /* TSC at entry, at Service VM start */
	ABI_U64 tsc_now;
	ABI_U64 trace_events; /* being traced; see HC_HOLM_TRACE */
};

/*
 * What the machine's memory is. The firmware's map comes first (its type
 * numbers are kept), then Holm's own parts and the pages that Holm answers
 * or hides; a later range takes out of the earlier ones what it covers.
 */
#define HOLM_RANGES(X)                                \
	X(RAM, 1, "RAM")                              \
	X(RESERVED, 2, "reserved by the firmware")    \
	X(ACPI, 3, "ACPI tables")                     \
	X(NVS, 4, "ACPI non-volatile storage")        \
	X(UNUSABLE, 5, "defective RAM")               \
	X(HOLM_IMAGE, 16, "code and data")            \
	X(HOLM_POOL, 17, "page pool")                 \
	X(LAPIC, 18, "local APIC and message window") \
	X(IOAPIC, 19, "I/O APIC")                     \
	X(IOMMU, 20, "DMA remapping unit")

#define HOLM_RANGE_ENUM(id, nr, name) HOLM_RANGE_##id = (nr),
enum holm_range_kind { HOLM_RANGES(HOLM_RANGE_ENUM) };

struct holm_range {
	ABI_U64 base; /* HPA */
	ABI_U64 size;
	ABI_U32 kind; /* HOLM_RANGE_*, or another type of the firmware's */
	ABI_U32 reserved;
};

/*
 * Part of a VM's stage 2: the mapped addresses from `from` on, neighbours
 * joined where both sides and the rights are contiguous. -ENOENT: there is
 * nothing mapped from there on. An answer may be short and not the last one:
 * ask again from the end of its last mapping.
 */
struct holm_mapping {
	ABI_U64 gpa;
	ABI_U64 hpa;
	ABI_U64 size;
	ABI_U32 flags; /* HOLM_MAP_* */
	ABI_U32 reserved;
};

#define HOLM_MAP_R   0x1
#define HOLM_MAP_W   0x2
#define HOLM_MAP_X   0x4
#define HOLM_MAP_RAM 0x8 /* write-back; else a device's */

/*
 * What a VM's CPUs do with ports, or with model-specific registers, as the
 * maps that they walk say now: runs from `from` on, each beginning where the
 * last one ended but for numbers that exit always. An answer may be short:
 * ask again from the end of its last run. -ENOENT: there is nothing more.
 */
struct holm_pass {
	ABI_U32 first;
	ABI_U32 count;
	ABI_U32 flags; /* HOLM_PASS_*; 0: they exit */
	ABI_U32 reserved;
};

#define HOLM_PASS_R 0x1 /* reading does not exit */
#define HOLM_PASS_W 0x2 /* writing does not */

/*
 * A pin of an I/O APIC: whose it is, and what the I/O APIC itself has in the
 * pin's redirection entry now (82093AA, 3.2.4).
 */
struct holm_pin {
	ABI_U32 gsi;
	ABI_U32 owner; /* slot of the VM */
	ABI_U64 entry;
};

/*
 * What a function decodes, and where its interrupt messages go, as it has
 * them now: those that are neither masked nor switched off.
 */
#define HOLM_DEVICE_BARS 6

struct holm_device {
	ABI_U32 bdf;
	ABI_U32 command; /* its register: PCI Local Bus 3.0, 6.2.2 */
	struct {
		ABI_U64 base;
		ABI_U64 size; /* 0: none */
		ABI_U64 io;   /* 1: ports */
	} bar[HOLM_DEVICE_BARS];
	ABI_U32 messages;
	ABI_U32 odd;  /* of them, not a fixed interrupt to one CPU by its id */
	ABI_U64 dest; /* bit n: the others go to CPU n */
};

#define HOLM_PIN_VECTOR(entry)  ((ABI_U32)((entry)&0xff))
#define HOLM_PIN_MODE(entry)    ((ABI_U32)((entry) >> 8 & 7))
#define HOLM_PIN_LOGICAL(entry) ((entry) >> 11 & 1)
#define HOLM_PIN_MASKED(entry)  ((entry) >> 16 & 1)
#define HOLM_PIN_DEST(entry)    ((ABI_U32)((entry) >> 56))

struct holm_cpu {
	ABI_U32 lapic_id;
	ABI_U32 owner_vm;     /* slot, or HOLM_NO_VM: taken but idle */
	ABI_U32 mode;         /* 0 direct, 1 mediated, 2 idle */
	ABI_U32 vcpu;         /* of owner_vm */
	ABI_U64 exits;        /* since boot */
	ABI_U64 nmis_own;     /* kicks received */
	ABI_U64 nmis_foreign; /* NMIs handed on to the guest */
};

/* Exit reasons as Holm counts them, the same on every backend. */
#define HOLM_EXITS(X)                           \
	X(INTR, "interrupt")                    \
	X(NMI, "nmi")                           \
	X(WINDOW, "interrupt window")           \
	X(CPUID, "cpuid")                       \
	X(RDMSR, "msr read")                    \
	X(WRMSR, "msr write")                   \
	X(PIO, "port i/o")                      \
	X(MMIO, "mmio")                         \
	X(HYPERCALL, "hypercall")               \
	X(HLT, "halt")                          \
	X(CR, "control register")               \
	X(XSETBV, "xsetbv")                     \
	X(EXCEPTION, "exception")               \
	X(SHUTDOWN, "shutdown")                 \
	X(INSN, "privileged instruction")       \
	X(IOREQ, "request to the device model") \
	X(OTHER, "other")                       \
	X(EOI, "end of interrupt")              \
	X(TIMER, "timer of the guest's CPU")

#define HOLM_EXIT_ENUM(id, name) HOLM_EXIT_##id,
enum holm_exit { HOLM_EXITS(HOLM_EXIT_ENUM) HOLM_EXIT_COUNT };

#define HOLM_VM_EXIT_SLOTS 32

/* What a guest gets from Holm. */
#define HOLM_INJECTS(X)      \
	X(INTR, "interrupt") \
	X(NMI, "nmi")        \
	X(EXCEPTION, "exception")

#define HOLM_INJECT_ENUM(id, name) HOLM_INJECT_##id,
enum holm_inject { HOLM_INJECTS(HOLM_INJECT_ENUM) HOLM_INJECT_COUNT };

#define HOLM_VM_INJECT_SLOTS 4

struct holm_vm {
	ABI_U32 slot;
	ABI_U32 vmid; /* relative: 0 is the Service VM */
	char name[16];
	ABI_U32 state; /* HOLM_VM_* */
	ABI_U32 nvcpus;
	ABI_U64 cpus;                      /* bit n: owns CPU n */
	ABI_U64 mem_bytes;                 /* RAM mapped in its stage 2 */
	ABI_U64 s2_pages;                  /* page-table pages of its stage 2 */
	ABI_U64 leaves[3];                 /* 4 KiB, 2 MiB, 1 GiB leaves */
	ABI_U64 start_tsc;                 /* of the last START_VM */
	ABI_U64 exits[HOLM_VM_EXIT_SLOTS]; /* by enum holm_exit */
	ABI_U64 injects[HOLM_VM_INJECT_SLOTS]; /* by enum holm_inject */
};

#define HOLM_VM_CREATED 1
#define HOLM_VM_RUNNING 2
#define HOLM_VM_PAUSED  3
#define HOLM_VM_OFF     4 /* powered off by itself, not destroyed */

#endif
