/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What a cell takes from Linux, record by record, and gives back. */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "cell.h"
#include "hsm.h"

/**
 * hsm_cell_add_hold() - a cell has something more
 * @cell: being made
 * @hold: of the taker, which frees it in @release
 * @release: gives it back
 *
 * Return: 0, for a taker's last line.
 */
int hsm_cell_add_hold(struct hsm_cell *cell, struct hsm_hold *hold,
		      void (*release)(struct hsm_hold *hold))
{
	hold->release = release;
	list_add_tail(&hold->node, &cell->holds);
	return 0;
}

struct hsm_cell_cpu {
	struct hsm_hold hold;
	u64 affinity;
};

static void cpu_release(struct hsm_hold *hold)
{
	struct hsm_cell_cpu *c = container_of(hold, struct hsm_cell_cpu, hold);

	hsm_cpu_release(c->affinity);
	kfree(c);
}

static int cpu_of_lapic(u32 lapic_id)
{
	int cpu;

	for_each_present_cpu(cpu)
	{
		if (cpu < 64 && cpu_physical_id(cpu) == lapic_id)
			return cpu;
	}
	return -EINVAL;
}

static int take_cpu(struct hsm_cell *cell,
		    const struct holm_cell_record *record)
{
	const struct holm_cell_cpu *r = (const void *)record;
	int cpu = cpu_of_lapic(r->lapic_id), ret;
	struct hsm_cell_cpu *c;

	if (cpu < 0) {
		pr_info("cell '%.15s': CPU with LAPIC id %u: Linux has none "
			"below 64 of that id\n",
			HSM_CELL_NAME(cell), r->lapic_id);
		return -EINVAL;
	}
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->affinity = BIT_ULL(cpu);
	ret = hsm_cpu_claim(&c->affinity, 1);
	if (ret) {
		kfree(c);
		return ret;
	}
	return hsm_cell_add_hold(cell, &c->hold, cpu_release);
}

/*
 * In this order: what can be refused at once, then what takes its time, then
 * what Linux misses most. Other records are the hypervisor's business alone.
 */
static const struct {
	u32 type;
	u32 size; /* of the record */
	int (*take)(struct hsm_cell *cell,
		    const struct holm_cell_record *record);
} takers[] = {
	{ HOLM_CELL_R_MEM, sizeof(struct holm_cell_mem), hsm_cell_take_mem },
	{ HOLM_CELL_R_IVSHMEM, sizeof(struct holm_cell_ivshmem),
	  hsm_cell_take_ivshmem },
	{ HOLM_CELL_R_PORT, sizeof(struct holm_cell_port), hsm_cell_take_port },
	{ HOLM_CELL_R_IRQ, sizeof(struct holm_cell_irq), hsm_cell_take_irq },
	{ HOLM_CELL_R_CPU, sizeof(struct holm_cell_cpu), take_cpu },
	{ HOLM_CELL_R_PCI, sizeof(struct holm_cell_pci), hsm_cell_take_pci },
};

static int take_each(struct hsm_cell *cell, size_t i)
{
	const struct holm_cell_record *r = NULL;
	int ret = 0;

	while (!ret && (r = hsm_cell_desc_next(cell->desc, r))) {
		if (r->type != takers[i].type)
			continue;
		ret = r->size == takers[i].size ? takers[i].take(cell, r)
						: -EINVAL;
	}
	return ret;
}

/**
 * hsm_cell_take() - take from Linux what a description names
 * @cell: with its description, its file, and nothing else
 *
 * Return: 0, or why not, after a line in the log; then nothing is taken.
 */
int hsm_cell_take(struct hsm_cell *cell)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(takers); i++)
		ret = take_each(cell, i);
	if (ret)
		hsm_cell_give_back(cell);
	return ret;
}

/**
 * hsm_cell_give_back() - Linux gets back what it gave
 * @cell: the hypervisor has none of it
 */
void hsm_cell_give_back(struct hsm_cell *cell)
{
	struct hsm_hold *hold, *prev;

	list_for_each_entry_safe_reverse(hold, prev, &cell->holds, node)
	{
		list_del(&hold->node);
		hold->release(hold);
	}
	hsm_cell_pins_release(cell);
}
