/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/mock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int mock_op(struct vmm *vmm, const char *name)
{
	struct mock *m = (struct mock *)vmm;
	size_t len = strlen(m->log);

	snprintf(m->log + len, sizeof(m->log) - len, "%s%s", len ? " " : "",
		 name);
	if (!m->fail_op || strcmp(m->fail_op, name))
		return 0;
	if (m->fail_times && --m->fail_times == 0)
		m->fail_op = NULL;
	return m->fail_rc;
}

static int mock_create(struct vmm *vmm, struct acrn_vm_creation *c)
{
	struct mock *m = (struct mock *)vmm;
	int i;

	c->vmid = 1;
	m->creation = *c;
	m->page = (void *)(uintptr_t)c->ioreq_buf;
	for (i = 0; i < ACRN_IO_REQUEST_MAX; i++)
		m->page->req_slot[i].processed = ACRN_IOREQ_STATE_FREE;
	return mock_op(vmm, "create");
}

static int mock_destroy(struct vmm *vmm)
{
	return mock_op(vmm, "destroy");
}

static int mock_start(struct vmm *vmm)
{
	return mock_op(vmm, "start");
}

static int mock_pause(struct vmm *vmm)
{
	return mock_op(vmm, "pause");
}

static int mock_reset(struct vmm *vmm)
{
	return mock_op(vmm, "reset");
}

static int mock_set_regs(struct vmm *vmm, const struct acrn_vcpu_regs *regs)
{
	((struct mock *)vmm)->regs = *regs;
	return mock_op(vmm, "regs");
}

static int mock_set_memseg(struct vmm *vmm, const struct acrn_vm_memmap *map)
{
	struct mock *m = (struct mock *)vmm;

	if (m->memsegs < MOCK_MEMSEGS)
		m->memseg[m->memsegs++] = *map;
	return mock_op(vmm, "memseg");
}

static int mock_client_create(struct vmm *vmm)
{
	return mock_op(vmm, "client");
}

static int mock_client_destroy(struct vmm *vmm)
{
	return mock_op(vmm, "unclient");
}

static int mock_attach(struct vmm *vmm)
{
	struct mock *m = (struct mock *)vmm;

	return m->guest ? m->guest(m, m->turn++) : -ENODEV;
}

static int mock_notify(struct vmm *vmm, const struct acrn_ioreq_notify *n)
{
	struct mock *m = (struct mock *)vmm;

	if (n->vmid != m->creation.vmid || n->reserved ||
	    n->vcpu >= ACRN_IO_REQUEST_MAX)
		return -EINVAL;
	m->page->req_slot[n->vcpu].processed = ACRN_IOREQ_STATE_COMPLETE;
	return 0;
}

static int mock_serve(struct vmm *vmm, uint32_t done)
{
	struct mock *m = (struct mock *)vmm;
	struct acrn_ioreq_notify n = { .vmid = m->creation.vmid };
	uint32_t v, slots = 0;
	int rc = 0;

	if (m->no_serve)
		return -ENOTTY;
	m->served++;
	for (v = 0; v < ACRN_IO_REQUEST_MAX && !rc; v++) {
		n.vcpu = v;
		if (done & 1U << v)
			rc = mock_notify(vmm, &n);
	}
	if (!rc)
		rc = mock_attach(vmm);
	for (v = 0; v < ACRN_IO_REQUEST_MAX; v++)
		if (m->page->req_slot[v].processed ==
		    ACRN_IOREQ_STATE_PROCESSING)
			slots |= 1U << v;
	return rc ? rc : (int)slots;
}

static int mock_clear_ioreq(struct vmm *vmm)
{
	return mock_op(vmm, "clear");
}

static int mock_irqline(struct vmm *vmm, uint32_t gsi, enum irqline_op op)
{
	struct mock *m = (struct mock *)vmm;

	if (gsi >= MOCK_GSIS || op > IRQLINE_LOW)
		return -EINVAL;
	m->level[gsi] = op == IRQLINE_HIGH;
	m->raised[gsi] += op == IRQLINE_HIGH;
	return 0;
}

static int mock_msi(struct vmm *vmm, const struct acrn_msi_entry *msi)
{
	struct mock *m = (struct mock *)vmm;

	if (m->msis < MOCK_MSIS)
		m->msi[m->msis++] = *msi;
	return 0;
}

static const struct vmm_ops mock_ops = {
	.create = mock_create,
	.destroy = mock_destroy,
	.start = mock_start,
	.pause = mock_pause,
	.reset = mock_reset,
	.set_regs = mock_set_regs,
	.set_memseg = mock_set_memseg,
	.client_create = mock_client_create,
	.client_destroy = mock_client_destroy,
	.attach = mock_attach,
	.notify = mock_notify,
	.serve = mock_serve,
	.clear_ioreq = mock_clear_ioreq,
	.irqline = mock_irqline,
	.msi = mock_msi,
};

void mock_init(struct mock *m)
{
	memset(m, 0, sizeof(*m));
	m->vmm.ops = &mock_ops;
}

void mock_pio(struct mock *m, uint32_t vcpu, uint16_t port, uint32_t size,
	      int write, uint32_t val)
{
	struct acrn_io_request *r = &m->page->req_slot[vcpu];

	memset(r, 0, sizeof(*r));
	r->type = ACRN_IOREQ_TYPE_PORTIO;
	r->reqs.pio_request.direction = (uint32_t)write;
	r->reqs.pio_request.address = port;
	r->reqs.pio_request.size = size;
	r->reqs.pio_request.value = val;
	r->processed = ACRN_IOREQ_STATE_PROCESSING;
}

void mock_mmio(struct mock *m, uint32_t vcpu, uint64_t addr, uint32_t size,
	       int write, uint64_t val)
{
	struct acrn_io_request *r = &m->page->req_slot[vcpu];

	memset(r, 0, sizeof(*r));
	r->type = ACRN_IOREQ_TYPE_MMIO;
	r->reqs.mmio_request.direction = (uint32_t)write;
	r->reqs.mmio_request.address = addr;
	r->reqs.mmio_request.size = size;
	r->reqs.mmio_request.value = val;
	r->processed = ACRN_IOREQ_STATE_PROCESSING;
}

void mock_cfg(struct mock *m, uint32_t vcpu, uint32_t where, uint32_t size,
	      int write, uint32_t val)
{
	struct acrn_io_request *r = &m->page->req_slot[vcpu];

	memset(r, 0, sizeof(*r));
	r->type = ACRN_IOREQ_TYPE_PCICFG;
	r->reqs.pci_request.direction = (uint32_t)write;
	r->reqs.pci_request.size = size;
	r->reqs.pci_request.value = val;
	r->reqs.pci_request.dev = where >> 8;
	r->reqs.pci_request.reg = where & 0xff;
	r->processed = ACRN_IOREQ_STATE_PROCESSING;
}

uint64_t mock_value(const struct mock *m, uint32_t vcpu)
{
	const struct acrn_io_request *r = &m->page->req_slot[vcpu];

	return r->type == ACRN_IOREQ_TYPE_MMIO ? r->reqs.mmio_request.value
					       : r->reqs.pio_request.value;
}

int mock_done(const struct mock *m, uint32_t vcpu)
{
	return m->page->req_slot[vcpu].processed == ACRN_IOREQ_STATE_COMPLETE;
}
