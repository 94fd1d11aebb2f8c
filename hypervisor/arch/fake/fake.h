/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine made of books: CPUs, RAM, a backend, a log and a clock that run
 * in a process, so that everything above them can be tested on any host.
 * Each CPU's run loop is one step, taken when the CPU is kicked: it looks
 * at its vCPU's stop word and never executes a guest. A test may play the
 * CPUs by threads instead.
 */
#ifndef ARCH_FAKE_FAKE_H
#define ARCH_FAKE_FAKE_H

#include "core/cpu.h"
#include "lib/types.h"
#include "mem/addr.h"
#include "mem/pool.h"
#include "vm/backend.h"

#define FAKE_CPUS_MAX  80U
#define FAKE_PAGES_MAX 0x20000U /* of RAM */
#define FAKE_LOG_SIZE  65536U
#define FAKE_PINS      24U
/** Device registers; before and behind them there is nothing. */
#define FAKE_MMIO      0xc0000000UL
#define FAKE_MMIO_SIZE 0x10000U

/** Host-physical address of the pool; RAM begins at 0. */
#define FAKE_POOL_HPA GIB(64)

/** What became of the calls to the backend. */
struct fake_counts {
	u32 vms; /* initialised and not freed */
	u32 vcpus;
	u32 resets;
	u32 set_sregs;
	u32 flushes;
	u32 pio_traps;
	u32 msr_traps;
};

/** One access to guest RAM. */
struct fake_access {
	hpa_t hpa;
	u64 len;
	bool write;
};

/** A PCI function: what is not writable keeps its value. */
struct fake_pci {
	u32 bdf;
	u8 cfg[256];
	u8 writable[256];
	/* Called after each write, if set. */
	void (*on_write)(struct fake_pci *f, u32 reg, u32 size, u32 val);
};

struct fake_machine {
	u32 ncpus;
	struct cpu cpu[FAKE_CPUS_MAX];
	u32 kicks[FAKE_CPUS_MAX];
	u32 forgot[FAKE_CPUS_MAX]; /* times it took up VCPU_REQ_FLUSH */
	bool threaded;             /* CPUs are threads: a kick is only a flag */
	u8 *ram;
	u64 ram_bytes;
	struct page_pool pool;
	u64 *bitmap;
	struct trace_ring *rings; /* one a CPU */
	u64 tsc;
	u64 tsc_khz;
	char log[FAKE_LOG_SIZE];
	u32 log_len;
	u64 map_changes;
	u32 upcalls;
	bool upcall_msix; /* the driver is Holm's */
	u64 upcall_vector;
	struct fake_counts count;
	u8 mmio[FAKE_MMIO_SIZE]; /* registers that keep what they get */
	u64 tsc_step;            /* the clock's, each time it is read */
	u32 ioapic[0x10 + 2 * FAKE_PINS]; /* its registers */
	u32 ioapic_eoi;                   /* the last one written */
	struct fake_pci pci[4];
	u32 npci;
	u32 fail_in; /* n > 0: the n-th backend init from now fails */
	/* Called after each access to RAM, if set. */
	void (*on_access)(const struct fake_access *a, void *arg);
	/* Called when a CPU is kicked, after its step, if set. */
	void (*on_kick)(struct cpu *cpu, void *arg);
	void *arg;
};

extern struct fake_machine fake;

/** Index of the CPU that the calling thread plays. */
extern _Thread_local u32 fake_self;

/**
 * Build the machine: @ncpus CPUs with LAPIC ids 0, 2, 4 ..., @ram_bytes of
 * RAM at 0, a pool of @pool_pages. Aborts if the host has no memory.
 */
void fake_machine_init(u32 ncpus, u64 ram_bytes, u64 pool_pages);
void fake_machine_free(void);

/** A function more, all its registers 0 and read only; see fake.pci. */
struct fake_pci *fake_pci_add(u32 bdf);

/** Does Holm not map the page at @hpa? */
bool fake_is_hidden(hpa_t hpa);

/** One turn of @cpu's run loop. */
void fake_cpu_step(struct cpu *cpu);

/** The only backend. */
extern const struct backend fake_backend;

/** What the fake backend keeps of a vCPU, by way of hw_vcpu.priv. */
struct fake_vcpu {
	struct guest_sregs sregs;
	enum vcpu_reset last_reset;
	u32 flushes;
};

#endif
