/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports on their way from the Service VM to a cell and back. */
#include "cell/cell_take.h"
#include "core/log.h"
#include "io/iospace.h"
#include "lib/errno.h"

static const struct holm_cell_port *next_port(const struct cell *c,
					      const struct holm_cell_port *p)
{
	return cell_desc_next(c->desc, HOLM_CELL_R_PORT, p);
}

static bool ports_clash(const struct cell *other,
			const struct holm_cell_port *p)
{
	const struct holm_cell_port *q = NULL;

	while ((q = next_port(other, q)))
		if (range_overlaps(p->port, p->count, q->port, q->count) &&
		    !(p->flags & q->flags & HOLM_CELL_P_SHARED))
			return true;
	return false;
}

static int check_port_owners(const struct cell *c,
			     const struct holm_cell_port *p)
{
	bool more = true;
	int rc = 0;

	for (u32 slot = 0; more && rc == 0; slot++) {
		struct vm *vm = vm_get_slot(slot, &more);

		if (!vm)
			continue;
		if (vm->cell && vm->cell != c && ports_clash(vm->cell, p)) {
			log_guest("cell: port %x is cell '%s's", p->port,
				  vm->name);
			rc = -EBUSY;
		}
		vm_put(vm);
	}
	return rc;
}

/* Ports that Holm answers for the Service VM are nobody else's. */
static int check_ports(const struct cell *c)
{
	const struct holm_cell_port *p = NULL;
	int rc = 0;

	while (rc == 0 && (p = next_port(c, p))) {
		for (u32 i = 0; i < p->count && rc == 0; i++) {
			if (!io_table_find(&vm_service()->io->pio, p->port + i))
				continue;
			log_guest("cell: port %x is Holm's", p->port + i);
			rc = -EBUSY;
		}
		if (rc == 0)
			rc = check_port_owners(c, p);
	}
	return rc;
}

static void move_ports(const struct cell *c, bool to_cell)
{
	const struct holm_cell_port *p = NULL;

	while ((p = next_port(c, p))) {
		if (to_cell)
			backend->vm_trap_pio(&c->vm->hw, (u16)p->port, p->count,
					     false);
		if (!(p->flags & HOLM_CELL_P_SHARED))
			backend->vm_trap_pio(&vm_service()->hw, (u16)p->port,
					     p->count, to_cell);
	}
}

static int take_ports(struct cell *c)
{
	int rc = check_ports(c);

	if (rc == 0)
		move_ports(c, true);
	return rc;
}

static void give_back_ports(struct cell *c)
{
	move_ports(c, false);
}

const struct cell_resource cell_ports = {
	.take = take_ports,
	.give_back = give_back_ports,
};
