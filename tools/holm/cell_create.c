/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holm cell create FILE. Memory without an address is huge pages that are
 * mapped here, pinned by the driver, and the cell's from then on. If this
 * process is killed on the way, nothing of it stays.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/holm_ioctl.h"
#include "cell/compile.h"
#include "holm/cell_life.h"
#include "mem/hugepage.h"

struct memory {
	uint64_t pages; /* of 2 MiB */
	uint64_t *phys; /* of each */
	void *at;
};

static void memory_free(struct memory *m)
{
	if (m->at)
		munmap(m->at, m->pages * CELL_PAGE);
	free(m->phys);
}

static int memory_pin(const struct holm *h, const struct memory *m)
{
	struct holm_ioc_cell_pin args = {
		.addr = (uintptr_t)m->at,
		.size = m->pages * CELL_PAGE,
		.phys = (uintptr_t)m->phys,
	};

	return cell_control(h, "given memory", HOLM_IOC_CELL_PIN, &args, NULL);
}

/* The pool is locked: what is free stays so. */
static int memory_take(const struct holm *h, struct huge_pool *pool,
		       struct memory *m)
{
	uint64_t got = huge_make_free(pool, m->pages, true);
	void *at;

	if (got < m->pages)
		return say(h, STATUS_FAILED,
			   "%s: needs %" PRIu64 " huge pages of 2 MiB, the "
			   "Service VM can free only %" PRIu64,
			   h->name, m->pages, got);
	at = mmap(NULL, m->pages * CELL_PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
			  (21 << MAP_HUGE_SHIFT),
		  -1, 0);
	if (at == MAP_FAILED)
		return say(h, STATUS_FAILED,
			   "%s: %" PRIu64 " huge pages of 2 MiB: %s", h->name,
			   m->pages, strerror(errno));
	m->at = at;
	return memory_pin(h, m);
}

static int memory_get(const struct holm *h, struct memory *m)
{
	struct huge_pool pool = { .sysfs = HUGE_SYSFS, .page_size = HUGE_2M };
	int lock, status;

	if (!m->pages)
		return STATUS_DONE;
	m->phys = calloc(m->pages, sizeof(*m->phys));
	if (!m->phys)
		return say(h, STATUS_FAILED, "no memory");
	lock = huge_lock(&pool);
	if (lock < 0)
		return say(h, STATUS_FAILED, "%s: %s", HUGE_SYSFS,
			   strerror(-lock));
	status = memory_take(h, &pool, m);
	huge_settle(&pool);
	huge_unlock(lock);
	return status;
}

static int create_desc(const struct holm *h, struct holm_cell_desc *desc,
		       int *id)
{
	struct holm_ioc_cell_create args = {
		.desc = (uintptr_t)desc,
		.size = desc->size,
	};

	return cell_control(h, "created", HOLM_IOC_CELL_CREATE, &args, id);
}

static int create(const struct holm *h, const struct cell_config *cfg,
		  const struct cell_edit *edit, struct memory *m, int *id)
{
	struct holm_cell_desc *desc;
	int status = memory_get(h, m), rc;

	if (status)
		return status;
	rc = cell_compile(cfg, m->phys, m->pages, &desc);
	if (rc)
		return say(h, STATUS_FAILED, "%s: %s", h->name,
			   rc == -ENOENT  ? "names a CPU that is not here"
			   : rc == -E2BIG ? "its huge pages are scattered: "
					    "too many pieces to describe"
					  : strerror(-rc));
	status = edit ? edit->fn(desc, edit->arg) : STATUS_DONE;
	if (!status)
		status = create_desc(h, desc, id);
	free(desc);
	return status;
}

int cell_create_config(const struct holm *h, const struct cell_config *cfg,
		       const struct cell_edit *edit, int *id)
{
	struct memory m = { .pages = cell_config_pages(cfg) };
	int status = create(h, cfg, edit, &m, id);

	memory_free(&m);
	return status;
}

/* Even if another cell is locked. */
static int add_force(struct holm_cell_desc *desc, void *arg)
{
	(void)arg;
	desc->flags |= HOLM_CELL_F_FORCE;
	desc->checksum = cell_checksum(desc, desc->size);
	return STATUS_DONE;
}

int do_cell_create(const struct holm *h)
{
	const struct cell_edit force = { .fn = add_force };
	struct cell_config *cfg;
	int status;

	if (cell_config_load(h->name, &cfg, h->err))
		return STATUS_FAILED;
	status = cell_create_config(h, cfg, h->opt.force ? &force : NULL, NULL);
	if (!status)
		cell_report(h, cfg->name.text, "created");
	cell_config_free(cfg);
	return status;
}
