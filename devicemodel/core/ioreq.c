/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/ioreq.h"

#include <errno.h>
#include <string.h>

/* The seam's structures: Linux, include/uapi/linux/acrn.h. */
static_assert(sizeof(struct acrn_io_request) == 256, "ACRN ABI, ioreq slot");
static_assert(offsetof(struct acrn_io_request, processed) == 136,
	      "ACRN ABI, ioreq slot");

#define PIO_PORTS 0x10000U
#define ALL_SLOTS (BIT(ACRN_IO_REQUEST_MAX) - 1)

static bool pio_size_ok(u64 size)
{
	return size == 1 || size == 2 || size == 4;
}

static bool serve_pio(struct ioreq_server *s, struct acrn_io_request *r)
{
	struct acrn_pio_request *p = &r->reqs.pio_request;

	if (!pio_size_ok(p->size) || p->address >= PIO_PORTS)
		return false;
	if (p->direction == ACRN_IOREQ_DIR_WRITE)
		bus_write(s->pio, p->address, (u32)p->size, p->value);
	else
		p->value = (u32)bus_read(s->pio, p->address, (u32)p->size);
	return true;
}

static bool serve_mmio(struct ioreq_server *s, struct acrn_io_request *r)
{
	struct acrn_mmio_request *m = &r->reqs.mmio_request;

	if (!pio_size_ok(m->size) && m->size != 8)
		return false;
	if (m->direction == ACRN_IOREQ_DIR_WRITE)
		bus_write(s->mmio, m->address, (u32)m->size, m->value);
	else
		m->value = bus_read(s->mmio, m->address, (u32)m->size);
	return true;
}

static bool serve_pcicfg(struct ioreq_server *s, struct acrn_io_request *r)
{
	struct acrn_pci_request *c = &r->reqs.pci_request;

	if (!pio_size_ok(c->size) || c->bus)
		return false;
	if (c->direction == ACRN_IOREQ_DIR_WRITE)
		pci_cfg_write(s->pci, c->dev, c->func, c->reg, (u32)c->size,
			      c->value);
	else
		c->value = pci_cfg_read(s->pci, c->dev, c->func, c->reg,
					(u32)c->size);
	return true;
}

static bool (*const serve[])(struct ioreq_server *s,
			     struct acrn_io_request *r) = {
	[ACRN_IOREQ_TYPE_PORTIO] = serve_pio,
	[ACRN_IOREQ_TYPE_MMIO] = serve_mmio,
	[ACRN_IOREQ_TYPE_PCICFG] = serve_pcicfg,
};

/*
 * Work on a copy: the slot is shared memory. All three kinds have their
 * value at the same place, so all ones is right for whatever it is.
 */
static void serve_slot(struct ioreq_server *s, struct acrn_io_request *slot)
{
	struct acrn_io_request r;

	memcpy(&r, slot, sizeof(r));
	if (r.type >= ARRAY_SIZE(serve) || !serve[r.type](s, &r)) {
		r.reqs.mmio_request.value = ~0ULL;
		s->malformed++;
	}
	if (r.type == ACRN_IOREQ_TYPE_MMIO)
		slot->reqs.mmio_request.value = r.reqs.mmio_request.value;
	else
		slot->reqs.pio_request.value = r.reqs.pio_request.value;
}

u32 ioreq_pass(struct ioreq_server *s, u32 slots)
{
	struct acrn_io_request *slot;
	u32 v, done = 0;

	for (v = 0; v < s->nvcpus; v++) {
		slot = &s->page->req_slot[v];
		/* Pairs with the driver's release when it hands over. */
		if (!(slots & BIT(v)) ||
		    __atomic_load_n(&slot->processed, __ATOMIC_ACQUIRE) !=
			    ACRN_IOREQ_STATE_PROCESSING ||
		    slot->kernel_handled)
			continue;
		serve_slot(s, slot);
		s->served++;
		done |= BIT(v);
	}
	return done;
}

/* The system call orders the values before COMPLETE. */
static void notify_slots(struct ioreq_server *s, u32 slots)
{
	struct acrn_ioreq_notify done = { .vmid = s->vmid };

	for (; slots; slots &= slots - 1) {
		done.vcpu = (u32)__builtin_ctz(slots);
		s->vmm->ops->notify(s->vmm, &done);
	}
}

/*
 * Tell what is done and wait for more: what there is to serve, or an error.
 * One system call where the driver has it.
 */
static int serve_next(struct ioreq_server *s, u32 *done)
{
	int rc = s->apart ? -ENOTTY : s->vmm->ops->serve(s->vmm, *done);

	if (rc != -ENOTTY) {
		/* Whatever it answers, it was told. */
		*done = 0;
		return rc;
	}
	s->apart = true;
	notify_slots(s, *done);
	*done = 0;
	rc = s->vmm->ops->attach(s->vmm);
	return rc ? rc : (int)ALL_SLOTS;
}

int ioreq_loop(struct ioreq_server *s)
{
	u32 done = 0;
	int rc;

	while (life_get(s->life) == LIFE_RUN) {
		rc = serve_next(s, &done);
		if (rc < 0 && rc != -EINTR) {
			life_post(s->life, LIFE_DIED, 0);
			return rc;
		}
		done = ioreq_pass(s, rc < 0 ? ALL_SLOTS : (u32)rc);
	}
	notify_slots(s, done);
	return 0;
}
