/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports on their way from the Service VM to a cell and back. */
#include "cell/cell_pci.h"
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
	return cell_pci_has_port(other, p->port, p->count);
}

struct port_ask {
	const struct cell *cell;
	const struct holm_cell_port *port;
};

static bool has_port(struct vm *vm, void *arg)
{
	const struct port_ask *ask = arg;

	if (!vm->cell || vm->cell == ask->cell ||
	    !ports_clash(vm->cell, ask->port))
		return false;
	log_guest("cell: port %x is cell '%s's", ask->port->port, vm->name);
	return true;
}

/* Ports that Holm answers for the Service VM are nobody else's. */
static int check_port(const struct cell *c, const struct holm_cell_port *p)
{
	struct port_ask ask = { c, p };

	for (u32 i = 0; i < p->count; i++) {
		if (!io_table_find(&vm_service()->io->pio, p->port + i))
			continue;
		log_guest("cell: port %x is Holm's", p->port + i);
		return -EBUSY;
	}
	return vm_any(has_port, &ask) ? -EBUSY : 0;
}

static int check_ports(const struct cell *c)
{
	const struct holm_cell_port *p = NULL;
	int rc = 0;

	while (rc == 0 && (p = next_port(c, p)))
		rc = check_port(c, p);
	return rc;
}

static void trap(struct vm *vm, const struct holm_cell_port *p, bool on)
{
	backend->vm_trap_pio(&vm->hw, (u16)p->port, p->count, on);
}

static int take_ports(struct cell *c)
{
	const struct holm_cell_port *p = NULL;
	int rc = check_ports(c);

	while (rc == 0 && (p = next_port(c, p))) {
		trap(c->vm, p, false);
		if (!(p->flags & HOLM_CELL_P_SHARED))
			trap(vm_service(), p, true);
	}
	return rc;
}

static void give_back_ports(struct cell *c)
{
	const struct holm_cell_port *p = NULL;

	while ((p = next_port(c, p)))
		if (!(p->flags & HOLM_CELL_P_SHARED))
			trap(vm_service(), p, false);
}

int cell_port_take(const struct cell *c, const struct holm_cell_port *p)
{
	int rc = check_port(c, p);

	if (rc == 0 &&
	    (ports_clash(c, p) || io_table_find(&c->vm->io->pio, p->port)))
		rc = -EBUSY;
	if (rc)
		return rc;
	trap(c->vm, p, false);
	trap(vm_service(), p, true);
	return 0;
}

void cell_port_give_back(const struct holm_cell_port *p)
{
	trap(vm_service(), p, false);
}

const struct cell_resource cell_ports = {
	.take = take_ports,
	.give_back = give_back_ports,
};
