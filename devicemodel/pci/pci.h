/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One PCI bus, its functions and their configuration spaces.
 *
 * Configuration accesses come as requests of their own (the driver turns
 * CF8h/CFCh port accesses into them) and through the ECAM window. They and
 * BAR moves happen on the thread that serves requests. Interrupts may be
 * raised by any thread: pci_bus.lock covers lines and MSI state.
 */
#ifndef PCI_PCI_H
#define PCI_PCI_H

#include "bus/bus.h"
#include "core/config.h"
#include "core/error.h"
#include "core/event.h"
#include "core/vmm.h"
#include "mem/guest_mem.h"
#include "mem/layout.h"

#include <stdio.h>

#define PCI_SLOTS    DM_MAX_SLOTS
#define PCI_FUNCS    8
#define PCI_BARS     6
#define PCI_CFG_SIZE 256U

/* PCI Local Bus 3.0, 6.1: registers of a type 0 header. */
#define PCI_VENDOR      0x00
#define PCI_DEVICE      0x02
#define PCI_COMMAND     0x04
#define PCI_STATUS      0x06
#define PCI_REVISION    0x08
#define PCI_CLASS       0x09 /* three bytes, interface first */
#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR0        0x10
#define PCI_SUBVENDOR   0x2c
#define PCI_SUBDEVICE   0x2e
#define PCI_CAP_PTR     0x34
#define PCI_INT_LINE    0x3c
#define PCI_INT_PIN     0x3d
#define PCI_FIRST_CAP   0x40

#define PCI_CLASS_ISA 0x060100U

#define PCI_CMD_IO      BIT(0)
#define PCI_CMD_MEM     BIT(1)
#define PCI_CMD_MASTER  BIT(2)
#define PCI_CMD_NO_INTX BIT(10)
#define PCI_STS_INTX    BIT(3)
#define PCI_STS_CAPS    BIT(4)

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_IO, PCI_BAR_MEM32, PCI_BAR_MEM64 };

struct pci_bar {
	enum pci_bar_kind kind;
	u64 size;
	const char *name;
	const struct bus_ops *ops;
	void *dev;
	bool mapped;
	u64 mapped_at;
};

struct pci_dev;
struct pci_bus;

/* What a kind of function adds; any may be NULL. */
struct pci_dev_ops {
	void (*reset)(struct pci_dev *dev);
	void (*destroy)(struct pci_dev *dev);
	/** The guest is about to read [off, off + size). */
	void (*cfg_reading)(struct pci_dev *dev, u32 off, u32 size);
	/** The guest wrote [off, off + size) of configuration space. */
	void (*cfg_written)(struct pci_dev *dev, u32 off, u32 size);
};

struct pci_msix_entry {
	u32 word[4]; /* address low and high, data, control */
};

/* A vector's way into the kernel; the bus's lock covers it. */
struct pci_irqfd {
	struct acrn_msi_entry msi;
	int fd;
	bool open;
	bool wired; /* the kernel has fd and msi */
};

struct pci_dev {
	struct pci_bus *bus;
	u8 slot;
	u8 func;
	const struct pci_dev_ops *ops;
	void *priv;
	u8 cfg[PCI_CFG_SIZE];
	u8 writable[PCI_CFG_SIZE];  /* bits a guest can write */
	u8 clearable[PCI_CFG_SIZE]; /* bits it clears by writing ones */
	u8 power_on[PCI_CFG_SIZE];  /* cfg after reset */
	u32 cfg_used;               /* where the next capability goes */
	u8 last_cap;                /* 0: none yet */
	struct pci_bar bar[PCI_BARS];
	bool intx_level;  /* what the device wants */
	bool intx_driven; /* what the line counts */
	u8 msi_cap;       /* 0: none */
	u8 msix_cap;      /* 0: none */
	u32 msix_count;
	u32 msix_table; /* offset in its BAR */
	u32 msix_pba;   /* offset in its BAR */
	struct pci_msix_entry *msix;
	u8 *msix_pending; /* one byte a vector */
	struct pci_irqfd *irqfd;
};

struct pci_bus {
	struct bus *pio;
	struct bus *mmio;
	struct vmm *vmm;
	const struct guest_mem *mem;
	struct event_loop *loop;
	pthread_mutex_t lock;
	struct pci_dev *dev[PCI_SLOTS][PCI_FUNCS];
	u32 line_users[PCI_GSI_COUNT]; /* functions driving each line */
	u64 next_io;                   /* where the next BAR goes */
	u64 next_mem32;
	u64 next_mem64;
};

/** Register ECAM; the other members of pci are set by the caller. */
int pci_bus_init(struct pci_bus *pci);

/**
 * Create what is configured, and a host bridge at 0:0 and the LPC bridge at
 * 31:0 where nothing else was asked for.
 */
int pci_bus_populate(struct pci_bus *pci, const struct vm_config *cfg,
		     struct dm_error *err);
void pci_bus_reset(struct pci_bus *pci);
void pci_bus_free(struct pci_bus *pci);

/** Bit n: slot n holds a function. */
u32 pci_bus_slots(const struct pci_bus *pci);

/** The slot whose function 0 is the ISA bridge; 31 if there is none. */
u32 pci_bus_lpc(const struct pci_bus *pci);

/** Configuration access; what does not exist reads as all ones. */
u32 pci_cfg_read(struct pci_bus *pci, u32 slot, u32 func, u32 reg, u32 size);
void pci_cfg_write(struct pci_bus *pci, u32 slot, u32 func, u32 reg, u32 size,
		   u32 val);

/* For device implementations: pci_dev.c, pci_bar.c, pci_irq.c and
 * pci_irqfd.c. */

struct pci_ids {
	u16 vendor;
	u16 device;
	u32 class; /* 24 bits */
	u8 revision;
};

/** The devices and their options; only of the one that asked names, if any. */
void pci_print_devices(FILE *out, const char *asked);

struct pci_dev *pci_dev_create(struct pci_bus *pci, u8 slot, u8 func,
			       const struct pci_ids *ids);
void pci_dev_free(struct pci_dev *dev);
void pci_put(struct pci_dev *dev, u32 off, u32 size, u32 val);
u32 pci_get(const struct pci_dev *dev, u32 off, u32 size);
void pci_set_writable(struct pci_dev *dev, u32 off, u32 size, u32 mask);

/** Append a capability of len bytes, header included; its offset or 0. */
u8 pci_cap_add(struct pci_dev *dev, u8 id, u8 len);

/** Remember cfg as the state after reset. Last step of a device's init. */
void pci_dev_seal(struct pci_dev *dev);

/** size: a power of two, 4 or more (16 for memory); assigns an address. */
int pci_bar_add(struct pci_dev *dev, u32 index, const struct pci_bar *bar);
void pci_bar_update(struct pci_dev *dev);
void pci_bar_unmap_all(struct pci_dev *dev);

/** Give the function interrupt pin A and drive it. */
void pci_intx_init(struct pci_dev *dev);
void pci_intx_set(struct pci_dev *dev, bool level);
void pci_intx_update(struct pci_dev *dev);

int pci_msi_init(struct pci_dev *dev);
/** False when the guest has not enabled MSI: use INTx. */
bool pci_msi_notify(struct pci_dev *dev);

/**
 * MSI-X with count vectors; the table lies at table and the pending bits at
 * pba in BAR bar, whose ops pass such offsets to pci_msix_read() and _write().
 */
int pci_msix_init(struct pci_dev *dev, u32 bar, u32 count, u32 table, u32 pba);
bool pci_msix_owns(const struct pci_dev *dev, u64 off);
u64 pci_msix_read(struct pci_dev *dev, u64 off, u32 size);
void pci_msix_write(struct pci_dev *dev, u64 off, u32 size, u64 val);
bool pci_msix_enabled(struct pci_dev *dev);
void pci_msix_notify(struct pci_dev *dev, u32 vector);

/** Send by the kernel's event; false where that does not work. */
bool pci_irqfd_send(struct pci_dev *dev, u32 vector,
		    const struct acrn_msi_entry *msi);
void pci_irqfd_free(struct pci_dev *dev);
void pci_irq_cfg_written(struct pci_dev *dev, u32 off, u32 size);
void pci_irq_reset(struct pci_dev *dev);

#endif
