/* SPDX-License-Identifier: BSD-2-Clause */
/* What a cell is made of, in the order in which it comes. */
#include "cell/cell_take.h"

/* Functions come last and go first: they write to any of the memory. */
static const struct cell_resource *const resources[] = {
	&cell_ports,         &cell_memory,  &cell_irqs, &cell_parts,
	&cell_communication, &cell_ivshmem, &cell_pcis,
};

/* The first @n kinds, the last one first. */
static void give_back(struct cell *c, u32 n)
{
	while (n > 0)
		resources[--n]->give_back(c);
}

int cell_take(struct cell *c)
{
	for (u32 i = 0; i < ARRAY_SIZE(resources); i++) {
		int rc = resources[i]->take(c);

		if (rc) {
			give_back(c, i);
			return rc;
		}
	}
	return 0;
}

void cell_give_back(struct cell *c)
{
	give_back(c, ARRAY_SIZE(resources));
}

void cell_reset(struct cell *c)
{
	for (u32 i = 0; i < ARRAY_SIZE(resources); i++)
		if (resources[i]->reset)
			resources[i]->reset(c);
}
