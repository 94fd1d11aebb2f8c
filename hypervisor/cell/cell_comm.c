/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The communication region: a page of Holm's that a cell has too. The cell
 * may write all of it at any time, so each word is read once, and nothing in
 * it decides what the cell may reach: only what others are told of it.
 */
#include "abi/cell_comm.h"

#include "cell/cell_take.h"
#include "core/log.h"
#include "guest/x86/vpci.h"
#include "lib/errno.h"
#include "lib/string.h"

_Static_assert(sizeof(struct holm_comm) == HOLM_COMM_SIZE, "ABI: one page");
_Static_assert(HOLM_COMM_SIZE == PAGE_SIZE, "what is mapped");
_Static_assert(offsetof(struct holm_comm, state) == 0x38, "ABI");
_Static_assert(offsetof(struct holm_comm, histogram) == 0x80, "ABI");
_Static_assert(offsetof(struct holm_comm, console) == 0x800, "ABI");

static struct cell_machine machine;

void cell_comm_set_machine(const struct cell_machine *m)
{
	machine = *m;
}

static const struct holm_cell_comm *record_of(const struct cell *c)
{
	return cell_desc_next(c->desc, HOLM_CELL_R_COMM, NULL);
}

static int comm_take(struct cell *c)
{
	const struct holm_cell_comm *r = record_of(c);
	int rc;

	if (!r)
		return 0;
	c->comm = vm_mem_alloc(sizeof(*c->comm));
	if (!c->comm)
		return -ENOMEM;
	rc = stage2_map(&c->vm->s2, GPA(r->virt), pool_hpa(vm_pool(), c->comm),
			sizeof(*c->comm), PT_R | PT_W | PT_WB);
	if (rc)
		vm_mem_free(c->comm, sizeof(*c->comm));
	return rc;
}

/* Nobody else has it: the next who gets the page finds it wiped. */
static void comm_give_back(struct cell *c)
{
	vm_mem_free(c->comm, sizeof(*c->comm));
}

const struct cell_resource cell_communication = {
	.take = comm_take,
	.give_back = comm_give_back,
};

/* The ACPI timer's port, if the cell can read it. */
static u32 pm_timer_of(const struct cell *c)
{
	const struct holm_cell_port *p = NULL;

	while ((p = cell_desc_next(c->desc, HOLM_CELL_R_PORT, p)))
		if (range_inside(machine.pm_timer, 4, p->port, p->count))
			return machine.pm_timer;
	return 0;
}

void cell_comm_start(const struct cell *c)
{
	if (!c->comm)
		return;
	memset(c->comm, 0, sizeof(*c->comm));
	c->comm->magic = HOLM_COMM_MAGIC;
	c->comm->version = HOLM_COMM_VERSION;
	c->comm->size = sizeof(*c->comm);
	c->comm->cpus = c->vm->nvcpus;
	c->comm->tsc_khz = time_khz();
	c->comm->apic_khz = machine.apic_khz;
	c->comm->mmconfig = vpci_mmconfig();
	c->comm->pm_timer = pm_timer_of(c);
}

u32 cell_comm_state(const struct cell *c)
{
	u32 state;

	if (!c->comm)
		return HOLM_CELL_RUNNING;
	state = __atomic_load_n(&c->comm->state, __ATOMIC_ACQUIRE);
	return state <= HOLM_CELL_FAILED ? state : HOLM_CELL_RUNNING;
}

/* False: the last message waits for its answer. */
static bool put_message(struct cell *c, u32 message)
{
	u32 none = HOLM_COMM_NONE;

	if (__atomic_load_n(&c->comm->message, __ATOMIC_ACQUIRE) != none)
		return false;
	/* A reply to what was asked before is no reply to this. */
	__atomic_store_n(&c->comm->reply, 0, __ATOMIC_RELAXED);
	return __atomic_compare_exchange_n(&c->comm->message, &none, message,
					   false, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED);
}

static bool is_asked(const struct cell *c)
{
	return c->comm && !(record_of(c)->flags & HOLM_CELL_C_PASSIVE);
}

int cell_comm_ask(struct vm_locked l, u32 message)
{
	struct cell *c = l.vm->cell;
	u32 state = cell_state(l.vm);

	if (message != HOLM_COMM_SHUTDOWN && message != HOLM_COMM_CHANGED) {
		log_guest("cell '%s': message %u: there is none such",
			  l.vm->name, message);
		return -EINVAL;
	}
	if (!is_asked(c))
		return -ENOTTY;
	if (state != HOLM_CELL_RUNNING && state != HOLM_CELL_LOCKED)
		return -EPERM;
	return put_message(c, message) ? 0 : -EBUSY;
}

/* Cells are only looked at: their locks are not taken. NULL: it is none. */
static struct cell *cell_but(struct vm *vm, const struct cell *but)
{
	struct cell *c = __atomic_load_n(&vm->cell, __ATOMIC_ACQUIRE);

	return c == but ? NULL : c;
}

static bool tell_changed(struct vm *vm, void *but)
{
	struct cell *c = cell_but(vm, but);
	u32 state = c ? cell_state(vm) : HOLM_CELL_SHUT_DOWN;

	if ((state == HOLM_CELL_RUNNING || state == HOLM_CELL_LOCKED) &&
	    is_asked(c))
		put_message(c, HOLM_COMM_CHANGED);
	return false;
}

void cell_comm_tell_changed(struct cell *but)
{
	vm_any(tell_changed, but);
}

static bool is_locked(struct vm *vm, void *but)
{
	if (!cell_but(vm, but) || cell_state(vm) != HOLM_CELL_LOCKED)
		return false;
	log_guest("cell '%s' is locked: no other comes or goes unless forced",
		  vm->name);
	return true;
}

bool cell_comm_locked(struct cell *but)
{
	return vm_any(is_locked, but);
}
