/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Cells: static partitions. A description is a header and a list of records,
 * written by the admin tool, checked by the hypervisor as if by an enemy.
 *
 * HC_HOLM_CELL_CREATE: RDI = GPA of a description, RSI = its bytes. Takes
 * what it lists from the Service VM. Returns the id of the cell, above 0.
 * -EINVAL: malformed, or asks for what does not exist; -EBUSY: a CPU is not
 * given up or in use, memory or a port is somebody else's; -EAGAIN: the
 * Service VM's resources are changing hands this moment, come again; -EEXIST:
 * the name; -E2BIG, -ENOMEM. The log has the sentence.
 * HC_HOLM_CELL_LOAD: RDI = GPA of a struct holm_cell_load. Copies into the
 * memory of a cell that is shut down. -EFAULT: not the caller's memory;
 * -EINVAL: not the cell's loadable memory; -EPERM: it is running.
 * HC_HOLM_CELL_START: RDI = id. From the beginning; -EPERM if it is running.
 * HC_HOLM_CELL_STOP: RDI = id. The cell's CPUs stop where they are; it is
 * shut down then. Whatever the cell does, this succeeds.
 * HC_HOLM_CELL_DESTROY: RDI = id, in any state; RSI = 0 or HOLM_CELL_FORCE.
 * Everything goes back to the Service VM, memory wiped; the CPUs stay taken
 * and idle. -EAGAIN as above.
 * HC_HOLM_CELL_ASK: RDI = id, RSI = message (abi/cell_comm.h). Puts it into
 * the cell's communication region and returns at once; the reply is in the
 * region, see HOLM_QUERY_CELL_COMM. -EPERM: it is not running, or says it is
 * done; -ENOTTY: it has no region or is never asked; -EBUSY: the last one is
 * not answered yet; -EINVAL: no such message.
 * All: -ENOENT for an id that is no cell's.
 * While a running cell is HOLM_CELL_LOCKED, CREATE and DESTROY of others
 * answer -EPERM unless they are forced.
 */
#ifndef ABI_CELL_H
#define ABI_CELL_H

#include "abi_types.h"

#define HOLM_CELL_MAGIC   0x4c4c4543U /* "CELL", little endian */
#define HOLM_CELL_VERSION 1
#define HOLM_CELL_MAX     65536U /* bytes of a description */
#define HOLM_CELL_NAME    16

struct holm_cell_desc {
	ABI_U32 magic;
	ABI_U32 version;
	ABI_U32 size;     /* bytes, records included */
	ABI_U32 checksum; /* CRC-32 (ISO 3309) of all, this field taken as 0 */
	char name[HOLM_CELL_NAME]; /* terminated, not empty, printable */
	ABI_U32 flags;             /* HOLM_CELL_F_* */
	ABI_U32 records;
	ABI_U64 entry;    /* address at which the first CPU starts */
	ABI_U64 reserved; /* 0 */
};

/** Code at entry begins in 32-bit protected mode, flat; else in real mode. */
#define HOLM_CELL_F_START32 (1U << 0)
/** A refused access ends the cell; else it reads ones, or faults. */
#define HOLM_CELL_F_STOP (1U << 1)
/** It is made even if another cell is locked. */
#define HOLM_CELL_F_FORCE (1U << 2)

/** RSI of HC_HOLM_CELL_DESTROY: even if another cell is locked. */
#define HOLM_CELL_FORCE 1U

/** A record's head. Records follow each other, each a multiple of 8 bytes. */
struct holm_cell_record {
	ABI_U32 type; /* HOLM_CELL_R_* */
	ABI_U32 size; /* bytes, this head included */
};

#define HOLM_CELL_R_CPU     1
#define HOLM_CELL_R_MEM     2
#define HOLM_CELL_R_PORT    3
#define HOLM_CELL_R_IRQ     4
#define HOLM_CELL_R_PCI     5
#define HOLM_CELL_R_COMM    6
#define HOLM_CELL_R_IVSHMEM 7

struct holm_cell_cpu {
	struct holm_cell_record head;
	ABI_U32 lapic_id; /* the first record's is the first CPU */
	ABI_U32 reserved; /* 0 */
};

/**
 * Multiples of 4 KiB. With HOLM_CELL_M_DEVICE also parts of pages, phys and
 * virt equal in their last 12 bits: their accesses are forwarded one by one,
 * of at most 8 bytes, aligned.
 */
struct holm_cell_mem {
	struct holm_cell_record head;
	ABI_U64 phys; /* where the Service VM sees it */
	ABI_U64 virt; /* where the cell does */
	ABI_U64 size;
	ABI_U32 flags;    /* HOLM_CELL_M_*; READ must be among them */
	ABI_U32 reserved; /* 0 */
};

#define HOLM_CELL_M_READ   (1U << 0)
#define HOLM_CELL_M_WRITE  (1U << 1)
#define HOLM_CELL_M_EXEC   (1U << 2)
#define HOLM_CELL_M_DEVICE (1U << 3) /* uncached, no RAM */
#define HOLM_CELL_M_LOAD   (1U << 4) /* HC_HOLM_CELL_LOAD may write it */
#define HOLM_CELL_M_SHARED (1U << 5) /* stays the Service VM's as well */

struct holm_cell_port {
	struct holm_cell_record head;
	ABI_U32 port;
	ABI_U32 count;
	ABI_U32 flags;    /* HOLM_CELL_P_* */
	ABI_U32 reserved; /* 0 */
};

#define HOLM_CELL_P_SHARED (1U << 0) /* stays the Service VM's as well */

/*
 * Three ports that every cell has to end itself, unless its description gives
 * it what the machine has there: sleep control and status of ACPI 6.5,
 * 4.8.3.7, and a byte of which HOLM_CELL_RESET ends it as failed: nobody
 * would load it anew. Soft-off (HOLM_CELL_S5 in SLP_TYP) shuts it down.
 */
#define HOLM_CELL_POWER 0x5e0U
#define HOLM_CELL_S5    5
#define HOLM_CELL_RESET 6

/** A pin of an I/O APIC; the cell sees that I/O APIC, other pins masked. */
struct holm_cell_irq {
	struct holm_cell_record head;
	ABI_U32 gsi;      /* global system interrupt: ACPI 6.5, 5.2.13 */
	ABI_U32 reserved; /* 0 */
};

/**
 * A PCI function with its BARs and its MSI or MSI-X. The BARs stay at the
 * addresses they have; the cell may neither move nor resize them.
 */
struct holm_cell_pci {
	struct holm_cell_record head;
	ABI_U32 bdf;   /* bus << 8 | device << 3 | function, of segment 0 */
	ABI_U32 flags; /* 0 */
};

/** The page abi/cell_comm.h describes, of Holm's memory. At most one. */
struct holm_cell_comm {
	struct holm_cell_record head;
	ABI_U64 virt;     /* multiple of 4 KiB */
	ABI_U32 flags;    /* HOLM_CELL_C_* */
	ABI_U32 reserved; /* 0 */
};

#define HOLM_CELL_C_PASSIVE (1U << 0) /* takes no messages */

/**
 * A shared-memory device, ivshmem version 2. Who names the same phys is on
 * the same link and must say the same of it. Its memory is, in this order:
 * the state table (4 KiB), the section all peers write (rw_size), and an
 * output section for each peer (out_size), by ID; each peer gets the rights
 * that the device's specification gives it. The Service VM is a peer if a
 * record says so; else it cannot reach the memory.
 */
struct holm_cell_ivshmem {
	struct holm_cell_record head;
	ABI_U64 phys;       /* all sizes are multiples of 4 KiB */
	ABI_U64 virt;       /* where the cell sees it */
	ABI_U64 rw_size;    /* may be 0 */
	ABI_U64 out_size;   /* may be 0 */
	ABI_U32 peers;      /* 2 to 16 */
	ABI_U32 id;         /* of this cell, below peers */
	ABI_U32 vectors;    /* 1 to 16 doorbells of each peer */
	ABI_U32 protocol;   /* 0 to 0xffff */
	ABI_U32 bdf;        /* of the device in the cell's PCI configuration */
	ABI_U32 flags;      /* HOLM_CELL_IV_* */
	ABI_U32 service_id; /* with HOLM_CELL_IV_SERVICE */
	ABI_U32 reserved;   /* 0 */
};

#define HOLM_CELL_IV_SERVICE (1U << 0) /* the Service VM is a peer */

struct holm_cell_load {
	ABI_U32 id;
	ABI_U32 reserved; /* 0 */
	ABI_U64 from;     /* Service VM GPA */
	ABI_U64 to;       /* the cell's address */
	ABI_U64 size;     /* bytes */
};

/* X(name, what was refused) */
#define HOLM_CELL_DENIALS(X)                     \
	X(PORT, "port access")                   \
	X(MEMORY, "memory access")               \
	X(MSR, "model-specific register")        \
	X(IPI, "interrupt to a CPU not its own") \
	X(HYPERCALL, "hypercall")                \
	X(PIN, "interrupt line not its own")     \
	X(PCI, "PCI configuration")              \
	X(MSI, "message to a CPU not its own")

#define HOLM_CELL_DENY_ENUM(id, text) HOLM_CELL_DENY_##id,
enum holm_cell_denial {
	HOLM_CELL_DENIALS(HOLM_CELL_DENY_ENUM) HOLM_CELL_DENY_COUNT
};

#define HOLM_CELL_DENY_SLOTS 16

/* States of a cell, as its communication region will show them. */
#define HOLM_CELL_RUNNING   0
#define HOLM_CELL_LOCKED    1 /* running, and wants no other cell changed */
#define HOLM_CELL_SHUT_DOWN 2
#define HOLM_CELL_FAILED    3

/** HOLM_QUERY_CELL; index = slot of the VM. */
struct holm_cell {
	ABI_U32 id;
	ABI_U32 state;
	char name[HOLM_CELL_NAME];
	ABI_U64 cpus; /* bit n: owns CPU n */
	ABI_U64 mem_bytes;
	ABI_U64 denied[HOLM_CELL_DENY_SLOTS]; /* by enum holm_cell_denial */
	ABI_U64 last_denied;                  /* port, address or register */
	ABI_U32 last_reason;
	ABI_U32 reserved;
};

#endif
