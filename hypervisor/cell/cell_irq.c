/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt lines on their way from the Service VM to a cell and back. */
#include "cell/cell_take.h"
#include "guest/x86/direct_ioapic.h"

static const struct holm_cell_irq *next_irq(const struct cell *c,
					    const struct holm_cell_irq *r)
{
	return cell_desc_next(c->desc, HOLM_CELL_R_IRQ, r);
}

/* Up to, not including, @end; NULL: all. */
static void return_irqs(const struct cell *c, const struct holm_cell_irq *end)
{
	const struct holm_cell_irq *r = NULL;

	while ((r = next_irq(c, r)) != end)
		direct_ioapic_give_back(r->gsi);
}

static int take_irqs(struct cell *c)
{
	const struct holm_cell_irq *r = NULL;
	int rc = 0;

	while ((r = next_irq(c, r))) {
		rc = direct_ioapic_take(c->vm, r->gsi);
		if (rc)
			break;
	}
	if (rc)
		return_irqs(c, r);
	else
		direct_ioapic_guard();
	return rc;
}

static void give_back_irqs(struct cell *c)
{
	return_irqs(c, NULL);
}

static void reset_irqs(struct cell *c)
{
	const struct holm_cell_irq *r = NULL;

	while ((r = next_irq(c, r)))
		direct_ioapic_reset(r->gsi);
}

const struct cell_resource cell_irqs = {
	.take = take_irqs,
	.give_back = give_back_irqs,
	.reset = reset_irqs,
};
