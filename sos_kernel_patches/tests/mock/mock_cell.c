/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Cells of the hypervisor that runs nothing: who has which CPU. */
#include <linux/bits.h>
#include <linux/io.h>
#include <linux/kernel.h>

#include "abi/cell.h"
#include "cell.h"
#include "hypercall.h"
#include "mock_hv.h"

#define MOCK_CELLS 4

struct mock_cell {
	bool used;
	bool running;
	u64 cpus;
};

/* Guarded by the lock of mock.c. */
static struct mock_cell cells[MOCK_CELLS];

static struct mock_cell *cell_find(u64 id)
{
	if (id < 1 || id > MOCK_CELLS || !cells[id - 1].used)
		return NULL;
	return &cells[id - 1];
}

bool mock_cell_has_cpu(int cpu)
{
	int i;

	for (i = 0; i < MOCK_CELLS; i++) {
		if (cells[i].used && (cells[i].cpus & BIT_ULL(cpu)))
			return true;
	}
	return false;
}

/* The CPUs of a description, all handed over and nobody's. */
static int cell_check_cpus(const struct holm_cell_desc *desc, u64 *cpus)
{
	const struct holm_cell_record *r = NULL;
	const struct holm_cell_cpu *c;
	int cpu;

	while ((r = hsm_cell_desc_next(desc, r))) {
		c = (const void *)r;
		if (r->type != HOLM_CELL_R_CPU)
			continue;
		cpu = mock_cpu_taken(c->lapic_id);
		if (cpu < 0)
			return cpu;
		if (*cpus & BIT_ULL(cpu))
			return -EINVAL;
		*cpus |= BIT_ULL(cpu);
	}
	return *cpus ? 0 : -EINVAL;
}

static int cell_create(u64 gpa, u64 size)
{
	const struct holm_cell_desc *desc = phys_to_virt(gpa);
	u64 cpus = 0;
	int i, ret;

	ret = desc->size == size ? cell_check_cpus(desc, &cpus) : -EINVAL;
	if (ret)
		return ret;
	for (i = 0; i < MOCK_CELLS; i++) {
		if (cells[i].used)
			continue;
		cells[i] = (struct mock_cell){ .used = true, .cpus = cpus };
		return i + 1;
	}
	return -ENOMEM;
}

static int cell_load(u64 gpa, u64 arg2)
{
	const struct holm_cell_load *load = phys_to_virt(gpa);
	const u8 *bytes = phys_to_virt(load->from);
	struct mock_cell *cell = cell_find(load->id);
	u64 i;

	if (!cell)
		return -ENOENT;
	if (cell->running)
		return -EPERM;
	/* What is loaded is the low byte of where it goes. */
	for (i = 0; i < load->size; i++) {
		if (bytes[i] != (u8)(load->to + i))
			return -EINVAL;
	}
	mock_add_loaded(load->size);
	return 0;
}

static int cell_run(u64 id, bool run)
{
	struct mock_cell *cell = cell_find(id);

	if (!cell)
		return -ENOENT;
	if (run && cell->running)
		return -EPERM;
	cell->running = run;
	return 0;
}

static int cell_start(u64 id, u64 arg2)
{
	return cell_run(id, true);
}

static int cell_stop(u64 id, u64 arg2)
{
	return cell_run(id, false);
}

static int cell_destroy(u64 id, u64 flags)
{
	struct mock_cell *cell = cell_find(id);

	if (!cell)
		return -ENOENT;
	cell->used = false;
	if (flags & HOLM_CELL_FORCE)
		mock_add_forced();
	return 0;
}

static int cell_ask(u64 id, u64 message)
{
	return cell_find(id) ? -ENOTTY : -ENOENT;
}

static const struct {
	u32 nr;
	int (*fn)(u64 arg1, u64 arg2);
} calls[] = {
	{ HC_HOLM_CELL_CREATE, cell_create },
	{ HC_HOLM_CELL_LOAD, cell_load },
	{ HC_HOLM_CELL_START, cell_start },
	{ HC_HOLM_CELL_STOP, cell_stop },
	{ HC_HOLM_CELL_ASK, cell_ask },
	{ HC_HOLM_CELL_DESTROY, cell_destroy },
};

int mock_cell_call(u32 nr, u64 arg1, u64 arg2)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].nr == nr)
			return calls[i].fn(arg1, arg2);
	}
	return -ENOTTY;
}

u32 mock_cell_count(void)
{
	u32 i, n = 0;

	for (i = 0; i < MOCK_CELLS; i++)
		n += cells[i].used;
	return n;
}
