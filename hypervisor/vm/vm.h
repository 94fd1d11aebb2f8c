/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VM and vCPU objects, their states and their lives.
 *
 * A VM's vCPUs each own one physical CPU. The Service VM has one vCPU on
 * every CPU; when it gives a CPU up (HC_SOS_REMOVE_CPU) its vCPU there goes
 * to WAIT_SIPI and stays, so the CPU can be returned at any time and brought
 * online again by the usual INIT and SIPI.
 *
 * Concurrency: hypercalls come from any CPU of the Service VM. The list lock
 * (vm_list.c) guards which VMs exist and who owns a CPU; it is held for
 * moments only. vm->lock serialises state changes of one VM, and its holder
 * may wait for that VM's vCPUs to park: so code that runs on behalf of a
 * User VM's vCPU must never block on vm->lock or the list lock, it may only
 * try (see vm_shutdown_self()). Who finds a VM by number holds a reference
 * to it; destruction waits for the references of others.
 * A vCPU's registers belong to the CPU that runs it, and to the holder of
 * vm->lock while it is parked.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "abi/cell.h"
#include "abi/holm.h"
#include "core/cpu.h"
#include "core/spinlock.h"
#include "core/trace.h"
#include "lib/types.h"
#include "mem/addr.h"
#include "mem/pool.h"
#include "mem/stage2.h"
#include "vm/backend.h"

#define VM_NAME_LEN  16
#define VM_MAX_VCPUS 16 /* the request page has 16 slots: ACRN ABI */
#define VMID_SERVICE 0

struct cell;
struct doorbells;
struct io_space;
struct vcpu_guest;
struct vm_guest;

/** A cell is a User VM's equal in life and a Service VM's in its CPUs. */
enum vm_kind { VM_SERVICE, VM_USER, VM_CELL };

/* X(state, what it means) */
#define VM_STATES(X)                                                 \
	X(CREATED, "exists, never ran since creation or reset")      \
	X(RUNNING, "its vCPUs may run")                              \
	X(PAUSED, "its vCPUs are parked at an instruction boundary") \
	X(OFF, "shut itself down (triple fault); parked")            \
	X(DYING, "being destroyed")

#define VM_STATE_ENUM(id, text) VM_STATE_##id,
enum vm_state { VM_STATES(VM_STATE_ENUM) VM_STATE_COUNT };

#define VCPU_STATES(X)                                      \
	X(CREATED, "no register state yet")                 \
	X(WAIT_SIPI, "waits for a start-up IPI")            \
	X(RUNNABLE, "executes guest code when its VM runs") \
	X(HALTED, "executed HLT, waits for an event")

#define VCPU_STATE_ENUM(id, text) VCPU_STATE_##id,
enum vcpu_state { VCPU_STATES(VCPU_STATE_ENUM) VCPU_STATE_COUNT };

/* Bits of vcpu.requests: set by anyone (atomically), taken by the owner. */
#define VCPU_REQ_INIT     BIT32(0)
#define VCPU_REQ_SIPI     BIT32(1) /* vector in sipi_vector */
#define VCPU_REQ_NMI      BIT32(2)
#define VCPU_REQ_FLUSH    BIT32(3)
#define VCPU_REQ_EXIT_OFF BIT32(4) /* the VM shut itself down */
#define VCPU_REQ_RENEW    BIT32(5) /* the CPU forgets its last run */

/** The access a vCPU has given to the device model; see io/ioreq.h. */
struct vcpu_ioreq {
	bool busy; /* a slot of the request page is in use */
	bool write;
	u8 type; /* ACRN_IOREQ_* */
	u8 size;
	u64 addr;
	u64 value; /* of a write */
};

struct vcpu {
	struct hw_vcpu hw; /* first */
	struct vm *vm;
	struct cpu *cpu;
	u32 id;
	u32 lapic_id;
	enum vcpu_state state;
	u32 requests;
	u8 sipi_vector;
	bool nmi_pending; /* for the guest; only its own CPU looks */
	/*
	 * Look at requests, timers and interrupts before the next entry. Its
	 * own CPU sets it; others kick, which comes to the same.
	 */
	bool attention;
	/*
	 * stop: the owner CPU must leave the guest and stay out. parked: it
	 * has done so. Set/cleared only through vcpu_park()/vcpu_unpark().
	 */
	u32 stop;
	u32 parked;
	struct vcpu_ioreq ioreq;
	struct vcpu_guest *guest; /* guest/: vLAPIC, guest MSRs */
	u64 exits[HOLM_EXIT_COUNT];
	u64 injects[HOLM_INJECT_COUNT];
};

struct vm {
	struct vm *next; /* vm_list */
	u32 refs;        /* under the list lock: users, +1 while listed */
	u32 slot;
	u32 vmid; /* relative to the Service VM's: 0 is itself */
	enum vm_kind kind;
	char name[VM_NAME_LEN];
	u64 flags; /* vm_flag of the creation */
	struct spinlock lock;
	enum vm_state state;
	struct stage2 s2;
	struct hw_vm hw;
	u32 nvcpus;
	struct vcpu **vcpu;      /* nvcpus entries, by vCPU id */
	u64 cpus;                /* bit n: owns CPU n (first 64) */
	hpa_t ioreq_page;        /* HPA_NONE: none set */
	struct doorbells *bells; /* io/: NULL while it has none */
	struct io_space *io;     /* io/: port and MMIO ranges of this VM */
	struct vm_guest *guest;  /* guest/: vPIC, vIOAPIC, vPIT, PM timer */
	u64 start_tsc;
	struct cell *cell; /* cell/: set when it has all it asked for */
	bool stop_on_denial;
	bool powered_off; /* it is OFF because it wanted to be */
	u32 denied_last;  /* enum holm_cell_denial */
	u64 denied_value;
	u64 denied[HOLM_CELL_DENY_COUNT];
};

/**
 * What the rooms above do at the turns of a VM's life; they are above, so
 * they register themselves. Each is called with the VM's vCPUs parked.
 */
struct guest_ops {
	/**
	 * Make vm->io, vm->guest and every vcpu->guest; ids, LAPIC ids, CPUs
	 * and hw are set. On error everything made is gone again.
	 */
	int (*create)(struct vm *vm);
	/** Undo create(). */
	void (*destroy)(struct vm *vm);
	/** All devices to their power-on state, all I/O requests forgotten. */
	void (*reset)(struct vm *vm);
	/** @vm stopped by itself: tell the Service VM. Must not block. */
	void (*died)(struct vcpu *vcpu);
};

/** Once, at start, before the first VM. VMs are made of @pool's pages. */
void vm_setup(struct page_pool *pool, const struct guest_ops *ops);

/** The pool that vm_setup() was given. */
struct page_pool *vm_pool(void);

/** Zeroed memory of @size bytes in whole pages; NULL when there is none. */
void *vm_mem_alloc(u64 size);
/** @p may be NULL. */
void vm_mem_free(void *p, u64 size);

/** The vCPU as the trace names it. */
static inline u32 vcpu_who(const struct vcpu *vcpu)
{
	return trace_who(vcpu->vm->vmid, vcpu->id);
}

/** Proof that whoever made it holds vm->lock. */
struct vm_locked {
	struct vm *vm;
};

static inline struct vm_locked vm_lock(struct vm *vm)
{
	spin_lock(&vm->lock);
	return (struct vm_locked){ vm };
}

static inline void vm_unlock(struct vm_locked l)
{
	spin_unlock(&l.vm->lock);
}

/* vm_list.c: which VMs exist */

/** The VM with this relative number and a reference to it, or NULL. */
struct vm *vm_get(u64 vmid);
/** The same by slot; *@more tells if a VM has this slot or a higher one. */
struct vm *vm_get_slot(u32 slot, bool *more);
void vm_put(struct vm *vm);

/**
 * Call @fn for each VM, which is referenced meanwhile, until it returns true;
 * says whether it did. VMs that come or go meanwhile may be left out.
 */
bool vm_any(bool (*fn)(struct vm *vm, void *arg), void *arg);

/** VMs that exist, the Service VM included. */
u32 vm_count(void);
/** The Service VM; NULL before vm_create_service(). Never goes away. */
struct vm *vm_service(void);

/** What a CPU runs. */
struct vm_cpu_use {
	u32 slot; /* of the VM */
	u32 vcpu_id;
	bool direct;
};

/** False if @cpu is idle. */
bool vm_cpu_owner(const struct cpu *cpu, struct vm_cpu_use *use);

/* vm_cpu.c: who owns a CPU */

/** Is @cpu a cell's at this moment? */
bool vm_cpu_is_cells(const struct cpu *cpu);

/**
 * Take the CPU with @lapic_id from the Service VM: its vCPU there is parked
 * in WAIT_SIPI, the CPU idle and for User VMs to take. @self is the calling
 * CPU. -EINVAL: no such CPU, CPU 0, or @self; -EBUSY: taken already, the
 * vCPU there is not offline; -EAGAIN: another hand-over is under way.
 */
int vm_cpu_take(const struct cpu *self, u64 lapic_id);

/** Give it back. -EINVAL if it was not taken, -EBUSY while a VM owns it. */
int vm_cpu_return(u64 lapic_id);

/**
 * What the Service VM has changes hands now. False: somebody else is at it;
 * it may be waiting for the calling CPU, so it must not be waited for.
 */
bool vm_handover_begin(void);
void vm_handover_end(void);

/**
 * Holm's own map lost something: return when no CPU has a translation of
 * before any more. CPUs of cells are not disturbed and not waited for: each
 * forgets when it next leaves its guest, before it goes back. The caller has
 * the hand-over lock and no other.
 */
void vm_forget_host(void);

/* vm.c: a VM's life */

/** What a User VM or a cell is made of. */
struct vm_params {
	enum vm_kind kind;
	char name[VM_NAME_LEN]; /* terminated */
	u64 flags;
	u64 cpus;   /* bit n: CPU n; 0: choose @nvcpus idle taken ones */
	u32 nvcpus; /* looked at if @cpus is 0 */
};

/**
 * Make such a VM in state CREATED, listed, its vCPUs parked on their CPUs:
 * vCPU k on the k-th CPU of the set, with that CPU's LAPIC id. Returns 0
 * with a reference in *@out. -EINVAL: CPU set or number out of range;
 * -EBUSY: a CPU is not taken, not idle, or too few are; -ENOMEM, -ENOSPC.
 */
int vm_create(const struct vm_params *params, struct vm **out);

/**
 * Make the Service VM: vCPU n parked on CPU n, in direct mode, stage 2
 * empty. The caller fills stage 2, sets vCPU 0's registers and calls
 * vm_start(). -ENOMEM, -EEXIST.
 */
int vm_create_service(u32 ncpus, struct vm **out);

/** Every vCPU out of the guest and staying out; state unchanged. */
void vm_park_all(struct vm_locked l);
/** Undo it, if the VM is RUNNING. */
void vm_unpark_all(struct vm_locked l);

/**
 * Every vCPU of @vm that has a CPU forgets translations before it enters the
 * guest again, and has left it since the call began; the calling CPU's own
 * when the call is over. The caller has the hand-over lock.
 */
void vm_flush_wait(struct vm *vm);

/** CREATED or PAUSED to RUNNING. -EPERM from other states. */
int vm_start(struct vm_locked l);

/** To PAUSED, all vCPUs parked; nothing to do if OFF or PAUSED. -EPERM. */
int vm_pause(struct vm_locked l);

/** PAUSED or OFF to CREATED; registers and devices as new. -EPERM. */
int vm_reset(struct vm_locked l);

/**
 * End a User VM or a cell from any state. Consumes the caller's reference;
 * @vm must not be locked. Its CPUs stay taken and idle. -ENOTTY if another
 * call is destroying it already, -EINVAL for the Service VM; the reference
 * is consumed then too.
 */
int vm_destroy(struct vm *vm);

/**
 * On the CPU that runs @vcpu: the guest ended itself (triple fault). The VM
 * goes to OFF, all its vCPUs are asked to stop, the Service VM is told.
 * Does not block: if the VM's lock is taken, VCPU_REQ_EXIT_OFF is posted to
 * @vcpu and the run loop calls again; it must not enter the guest before.
 */
void vm_shutdown_self(struct vcpu *vcpu);

/**
 * On the CPU that runs @vcpu: an access of a cell was refused. Counts it,
 * and ends the cell if that is its policy. Nothing for other VMs.
 */
void vm_deny(struct vcpu *vcpu, enum holm_cell_denial why, u64 value);

/* vm_state.c */

const char *vm_state_name(enum vm_state state);
const char *vcpu_state_name(enum vcpu_state state);

/** Change the state if the table allows it, else -EPERM and a log line. */
int vm_state_set(struct vm_locked l, enum vm_state to);

/** The same for a vCPU; by the CPU that runs it, or while it is parked. */
int vcpu_state_set(struct vcpu *vcpu, enum vcpu_state to);

#endif
