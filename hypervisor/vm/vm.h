/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VM and vCPU objects, their states and their lives.
 *
 * A VM's vCPUs each own one physical CPU. The Service VM has one vCPU on
 * every CPU; when it gives a CPU up (HC_SOS_REMOVE_CPU) its vCPU there goes
 * to WAIT_SIPI and stays, so the CPU can be returned at any time and brought
 * online again by the usual INIT and SIPI.
 *
 * Concurrency: hypercalls come from any CPU of the Service VM. vm_list_lock
 * serialises creation, destruction and CPU hand-over; vm->lock serialises
 * state changes of one VM. A vCPU's registers belong to the CPU that runs it,
 * and to the holder of vm->lock while it is parked.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "abi/holm.h"
#include "core/cpu.h"
#include "core/spinlock.h"
#include "lib/types.h"
#include "mem/addr.h"
#include "mem/pool.h"
#include "mem/stage2.h"
#include "vm/backend.h"

#define VM_NAME_LEN	16
#define VM_MAX_VCPUS	16	/* the request page has 16 slots: ACRN ABI */
#define VMID_SERVICE	0

struct io_space;
struct vcpu_guest;
struct vm_guest;

enum vm_kind { VM_SERVICE, VM_USER };

/* X(state, what it means) */
#define VM_STATES(X)							\
	X(CREATED, "exists, never ran since creation or reset")		\
	X(RUNNING, "its vCPUs may run")					\
	X(PAUSED, "its vCPUs are parked at an instruction boundary")	\
	X(OFF, "shut itself down (triple fault); parked")		\
	X(DYING, "being destroyed")

#define VM_STATE_ENUM(id, text)	VM_STATE_##id,
enum vm_state { VM_STATES(VM_STATE_ENUM) VM_STATE_COUNT };

#define VCPU_STATES(X)							\
	X(CREATED, "no register state yet")				\
	X(WAIT_SIPI, "waits for a start-up IPI")			\
	X(RUNNABLE, "executes guest code when its VM runs")		\
	X(HALTED, "executed HLT, waits for an event")

#define VCPU_STATE_ENUM(id, text)	VCPU_STATE_##id,
enum vcpu_state { VCPU_STATES(VCPU_STATE_ENUM) VCPU_STATE_COUNT };

/* Bits of vcpu.requests: set by anyone (atomically), taken by the owner. */
#define VCPU_REQ_INIT		BIT32(0)
#define VCPU_REQ_SIPI		BIT32(1)	/* vector in sipi_vector */
#define VCPU_REQ_NMI		BIT32(2)
#define VCPU_REQ_FLUSH		BIT32(3)
#define VCPU_REQ_EXIT_OFF	BIT32(4)	/* the VM shut itself down */

struct vcpu {
	struct hw_vcpu hw;	/* first */
	struct vm *vm;
	struct cpu *cpu;
	u32 id;
	u32 lapic_id;
	enum vcpu_state state;
	u32 requests;
	u8 sipi_vector;
	/*
	 * stop: the owner CPU must leave the guest and stay out. parked: it
	 * has done so. Set/cleared only through vcpu_park()/vcpu_unpark().
	 */
	u32 stop;
	u32 parked;
	u32 ioreq_done;		/* HC_NOTIFY_REQUEST_FINISH came */
	struct vcpu_guest *guest;	/* guest/: vLAPIC, guest MSRs */
	u64 exits[HOLM_EXIT_COUNT];
};

struct vm {
	struct vm *next;	/* vm_list */
	u32 slot;
	u32 vmid;		/* relative to the Service VM's: 0 is itself */
	enum vm_kind kind;
	char name[VM_NAME_LEN];
	u64 flags;		/* vm_flag of the creation */
	struct spinlock lock;
	enum vm_state state;
	struct stage2 s2;
	struct hw_vm hw;
	u32 nvcpus;
	struct vcpu **vcpu;	/* nvcpus entries, by vCPU id */
	u64 cpus;		/* bit n: owns CPU n (first 64) */
	hpa_t ioreq_page;	/* HPA_NONE: none set */
	struct io_space *io;	/* io/: port and MMIO ranges of this VM */
	struct vm_guest *guest;	/* guest/: vPIC, vIOAPIC, vPIT, PM timer */
	u64 start_tsc;
	u64 intr_count;
};

#endif
