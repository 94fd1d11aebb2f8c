/* SPDX-License-Identifier: BSD-2-Clause */
/* A cell's life. Its states are its VM's: vm/vm_state.c has the table. */
#include "cell/cell.h"

#include "core/log.h"
#include "guest/x86/guest.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/guestmem.h"

_Static_assert(HOLM_CELL_NAME == VM_NAME_LEN, "one name for both");

static const u32 states[VM_STATE_COUNT] = {
	[VM_STATE_CREATED] = HOLM_CELL_SHUT_DOWN,
	[VM_STATE_RUNNING] = HOLM_CELL_RUNNING,
	[VM_STATE_PAUSED] = HOLM_CELL_SHUT_DOWN,
	[VM_STATE_OFF] = HOLM_CELL_FAILED,
	[VM_STATE_DYING] = HOLM_CELL_SHUT_DOWN,
};

u32 cell_state(const struct vm *vm)
{
	u32 state = states[__atomic_load_n(&vm->state, __ATOMIC_RELAXED)];

	if (state == HOLM_CELL_FAILED &&
	    __atomic_load_n(&vm->powered_off, __ATOMIC_RELAXED))
		return HOLM_CELL_SHUT_DOWN;
	return state == HOLM_CELL_RUNNING ? cell_comm_state(vm->cell) : state;
}

static u64 desc_cpus(const struct holm_cell_desc *d)
{
	const struct holm_cell_cpu *c = NULL;
	u64 cpus = 0;

	while ((c = cell_desc_next(d, HOLM_CELL_R_CPU, c))) {
		u32 index = cpu_by_lapic_id(c->lapic_id)->index;

		/* No mask can name it; the VM's rules refuse CPU 0 too. */
		cpus |= index < 64 ? BIT64(index) : BIT64(0);
	}
	return cpus;
}

static bool has_name(struct vm *vm, void *name)
{
	return vm->cell && strcmp(vm->name, name) == 0;
}

/* The hand-over lock is held; @c has its description and nothing else. */
static int create(struct cell *c)
{
	struct vm_params params = {
		.kind = VM_CELL,
		.cpus = desc_cpus(c->desc),
	};
	int rc;

	memcpy(params.name, c->desc->name, sizeof(params.name));
	if (vm_any(has_name, params.name)) {
		log_guest("cell: there is a cell '%s' already", params.name);
		return -EEXIST;
	}
	rc = vm_create(&params, &c->vm);
	if (rc)
		return rc;
	rc = cell_take(c);
	if (rc) {
		CHECK(vm_destroy(c->vm) == 0);
		return rc;
	}
	c->vm->stop_on_denial = c->desc->flags & HOLM_CELL_F_STOP;
	__atomic_store_n(&c->vm->cell, c, __ATOMIC_RELEASE);
	return 0;
}

int cell_create(struct holm_cell_desc *desc, u32 *id)
{
	struct cell *c;
	int rc;

	if (!(desc->flags & HOLM_CELL_F_FORCE) && cell_comm_locked(NULL))
		return -EPERM;
	if (!vm_handover_begin())
		return -EAGAIN;
	c = vm_mem_alloc(sizeof(*c));
	rc = -ENOMEM;
	if (!c)
		goto out;
	c->desc = desc;
	rc = create(c);
	if (rc) {
		vm_mem_free(c, sizeof(*c));
		goto out;
	}
	*id = c->vm->vmid;
	cell_comm_tell_changed(c);
	vm_put(c->vm);
out:
	vm_handover_end();
	return rc;
}

static const struct holm_cell_mem *loadable_at(const struct cell *c, u64 at)
{
	const struct holm_cell_mem *m = NULL;

	while ((m = cell_desc_next(c->desc, HOLM_CELL_R_MEM, m)))
		if ((m->flags & HOLM_CELL_M_LOAD) &&
		    range_inside(at, 1, m->virt, m->size))
			return m;
	return NULL;
}

/* Bytes from @at on, up to @size, that one record has; 0: none of them. */
static u64 loadable_part(const struct cell *c, u64 at, u64 size, hpa_t *to)
{
	const struct holm_cell_mem *m = loadable_at(c, at);

	if (!m)
		return 0;
	*to = HPA(m->phys + (at - m->virt));
	return MIN(size, m->size - (at - m->virt));
}

/* Memory in huge pages has a record for each. @load's ranges are valid. */
static bool loadable(const struct cell *c, const struct holm_cell_load *load)
{
	u64 n = 0;
	hpa_t to;

	for (u64 off = 0; off < load->size; off += n) {
		n = loadable_part(c, load->to + off, load->size - off, &to);
		if (n == 0)
			return false;
	}
	return true;
}

int cell_load(struct vm_locked l, const struct holm_cell_load *load)
{
	const struct cell *c = l.vm->cell;
	u64 n = 0;
	hpa_t to;
	int rc = 0;

	if (l.vm->state == VM_STATE_RUNNING || l.vm->state == VM_STATE_DYING)
		return -EPERM;
	if (!loadable(c, load)) {
		log_guest("cell '%s': load %llx+%llx: not loadable memory",
			  l.vm->name, (unsigned long long)load->to,
			  (unsigned long long)load->size);
		return -EINVAL;
	}
	for (u64 off = 0; off < load->size && rc == 0; off += n) {
		n = loadable_part(c, load->to + off, load->size - off, &to);
		rc = guestmem_fill(to, &vm_service()->s2, GPA(load->from + off),
				   n);
	}
	return rc;
}

int cell_start(struct vm_locked l)
{
	const struct holm_cell_desc *d = l.vm->cell->desc;

	if (l.vm->state == VM_STATE_OFF && l.vm->powered_off)
		cell_stop(l);
	if (l.vm->state != VM_STATE_CREATED) {
		log_guest("cell '%s': start: it is %s", l.vm->name,
			  vm_state_name(l.vm->state));
		return -EPERM;
	}
	guest_set_entry(l.vm->vcpu[0], d->entry,
			d->flags & HOLM_CELL_F_START32);
	cell_comm_start(l.vm->cell);
	return vm_start(l);
}

int cell_stop(struct vm_locked l)
{
	int rc = vm_pause(l);

	if (rc == 0)
		rc = vm_reset(l);
	if (rc == 0)
		cell_reset(l.vm->cell);
	return rc;
}

int cell_destroy(struct vm *vm, bool force)
{
	struct cell *c = vm->cell;
	int rc = 0;

	if (!force && cell_comm_locked(c))
		rc = -EPERM;
	else if (!vm_handover_begin())
		rc = -EAGAIN;
	if (rc) {
		vm_put(vm);
		return rc;
	}
	rc = vm_destroy(vm);
	if (rc == 0) {
		cell_give_back(c);
		vm_mem_free(c->desc, c->desc->size);
		vm_mem_free(c, sizeof(*c));
		cell_comm_tell_changed(NULL);
	}
	vm_handover_end();
	return rc;
}
