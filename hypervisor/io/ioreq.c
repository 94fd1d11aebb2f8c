/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/ioreq.h"

#include "core/trace.h"
#include "io/upcall.h"
#include "lib/errno.h"
#include "mem/physmap.h"
#include "vm/sched.h"

/* PCI configuration mechanism 1: address port, and four data ports. */
#define PCI_ADDR_PORT      0xcf8
#define PCI_DATA_PORT      0xcfc
#define PCI_DATA_PORT_LAST 0xcff

/* Where ACRN's device model, and ours, has the register; ACPI 6.4, 4.8.3.2. */
#define PM1A_CONTROL     0x404
#define PM1_SLEEP_S5     (5U << 10)
#define PM1_SLEEP_ENABLE BIT32(13)

_Static_assert(VM_MAX_VCPUS <= ACRN_IOREQ_SLOTS, "a slot for each vCPU");

static hpa_t slot_field(const struct vcpu *vcpu, u64 offset)
{
	return hpa_add(vcpu->vm->ioreq_page,
		       (u64)vcpu->id * ACRN_IOREQ_SLOT_SIZE + offset);
}

#define SLOT(vcpu, member) \
	slot_field(vcpu, offsetof(struct acrn_abi_ioreq, member))

static void page_free_slots(hpa_t page)
{
	for (u64 i = 0; i < ACRN_IOREQ_SLOTS; i++)
		physmap_store32(
			hpa_add(page,
				i * ACRN_IOREQ_SLOT_SIZE +
					offsetof(struct acrn_abi_ioreq, state)),
			ACRN_IOREQ_FREE);
}

static void page_set_off(hpa_t page, u32 off)
{
	physmap_store32(hpa_add(page, offsetof(struct acrn_abi_ioreq, off)),
			off);
}

int ioreq_set_page(struct vm_locked l, struct stage2 *service, gpa_t gpa)
{
	struct s2_range r;

	if (!is_aligned(gpa.v, PAGE_SIZE) || l.vm->ioreq_page.v != ADDR_NONE)
		return -EINVAL;
	/* A leaf is at least a page, so the whole page is behind it. */
	if (!stage2_translate(service, gpa, &r) ||
	    (r.attr & PT_TYPE_MASK) != PT_WB || !(r.attr & PT_W))
		return -EFAULT;
	page_free_slots(r.hpa);
	page_set_off(r.hpa, 0);
	l.vm->ioreq_page = r.hpa;
	return 0;
}

void ioreq_reset(struct vm *vm)
{
	for (u32 i = 0; i < vm->nvcpus; i++)
		vm->vcpu[i]->ioreq = (struct vcpu_ioreq){ 0 };
	if (vm->ioreq_page.v == ADDR_NONE)
		return;
	page_free_slots(vm->ioreq_page);
	page_set_off(vm->ioreq_page, 0);
}

void ioreq_tell_off(struct vm *vm)
{
	if (vm->ioreq_page.v != ADDR_NONE)
		page_set_off(vm->ioreq_page, 1);
	upcall_raise();
}

static u64 mask_size(u64 v, u32 size)
{
	return size >= 8 ? v : v & (BIT64(size * 8) - 1);
}

static bool vm_is_polling(const struct vm *vm)
{
	return (vm->flags & ACRN_VM_IO_POLLING) != 0;
}

/* The slot is FREE, so it is ours until it says PENDING. */
static void ioreq_issue(struct vcpu *vcpu, const struct vcpu_ioreq *req)
{
	struct acrn_abi_access access = {
		.direction = req->write ? ACRN_IOREQ_WRITE : ACRN_IOREQ_READ,
		.address = req->addr,
		.size = req->size,
		.value = req->value,
	};

	physmap_store32(SLOT(vcpu, type), req->type);
	physmap_store32(SLOT(vcpu, polling), vm_is_polling(vcpu->vm));
	physmap_store32(SLOT(vcpu, kernel_handled), 0);
	physmap_write(SLOT(vcpu, u), &access, sizeof(access));
	vcpu->ioreq = *req;
	vcpu->ioreq.busy = true;
	trace(HOLM_TRACE_REQUEST, vcpu_who(vcpu), req->type, req->addr,
	      req->size | (u64)req->write << 8);
	/* Release order: whoever sees PENDING sees the request. */
	physmap_store32(SLOT(vcpu, state), ACRN_IOREQ_PENDING);
	upcall_raise();
}

/* Nobody kicks a CPU that said it polls. */
static bool ioreq_poll(struct vcpu *vcpu)
{
	__builtin_ia32_pause();
	return !vcpu_should_stop(vcpu);
}

/**
 * Wait for the answer to the request under way: its value, read once. The
 * driver turns port requests into PCI ones in place; the value's place is
 * the same. -EAGAIN: the vCPU must stop, the request stays.
 */
static int ioreq_collect(struct vcpu *vcpu, u64 *val, ioreq_wait_fn wait)
{
	hpa_t state = SLOT(vcpu, state);

	if (vm_is_polling(vcpu->vm))
		wait = ioreq_poll;
	while (physmap_load32(state) != ACRN_IOREQ_COMPLETE)
		if (!wait(vcpu))
			return -EAGAIN;
	physmap_read(val, SLOT(vcpu, u.access.value), sizeof(*val));
	vcpu->ioreq.busy = false;
	trace(HOLM_TRACE_ANSWER, vcpu_who(vcpu), vcpu->ioreq.type,
	      vcpu->ioreq.addr, 0);
	physmap_store32(state, ACRN_IOREQ_FREE);
	return 0;
}

static bool ioreq_same(const struct vcpu_ioreq *a, const struct vcpu_ioreq *b)
{
	return a->type == b->type && a->write == b->write &&
	       a->size == b->size && a->addr == b->addr && a->value == b->value;
}

static int ioreq_access(struct vcpu *vcpu, struct vcpu_ioreq *req, u64 *val,
			ioreq_wait_fn wait)
{
	u64 answer;
	int rc;

	req->value = req->write ? mask_size(*val, req->size) : 0;
	if (vcpu->ioreq.busy && !ioreq_same(&vcpu->ioreq, req)) {
		/*
		 * Someone gave the vCPU other registers while its request
		 * was under way. The answer is nobody's; the slot is not
		 * ours before it has come.
		 */
		rc = ioreq_collect(vcpu, &answer, wait);
		if (rc)
			return rc;
	}
	if (!vcpu->ioreq.busy)
		ioreq_issue(vcpu, req);
	rc = ioreq_collect(vcpu, &answer, wait);
	if (rc == 0 && !req->write)
		*val = mask_size(answer, req->size);
	return rc;
}

/**
 * Port accesses that mean nothing to the driver's view of the PCI address
 * and data ports, and would upset it: 1- and 2-byte ones at the address
 * port, and ones that run over the end of the data ports.
 */
static bool pio_is_absorbed(u16 port, u32 size)
{
	if (port == PCI_ADDR_PORT)
		return size != 4;
	return port >= PCI_DATA_PORT && port <= PCI_DATA_PORT_LAST &&
	       port + size > PCI_DATA_PORT_LAST + 1;
}

int ioreq_pio(struct vcpu *vcpu, u16 port, u32 size, bool write, u64 *val,
	      ioreq_wait_fn wait)
{
	struct vcpu_ioreq req = {
		.type = ACRN_IOREQ_PIO,
		.write = write,
		.size = (u8)size,
		.addr = port,
	};

	if (pio_is_absorbed(port, size)) {
		if (!write)
			*val = mask_size(~(u64)0, size);
		return 0;
	}
	return ioreq_access(vcpu, &req, val, wait);
}

int ioreq_mmio(struct vcpu *vcpu, gpa_t gpa, u32 size, bool write, u64 *val,
	       ioreq_wait_fn wait)
{
	struct vcpu_ioreq req = {
		.type = ACRN_IOREQ_MMIO,
		.write = write,
		.size = (u8)size,
		.addr = gpa.v,
	};

	return ioreq_access(vcpu, &req, val, wait);
}

void ioreq_power_off(struct vcpu *vcpu)
{
	const struct vcpu_ioreq off = {
		.type = ACRN_IOREQ_PIO,
		.write = true,
		.size = 2,
		.addr = PM1A_CONTROL,
		.value = PM1_SLEEP_ENABLE | PM1_SLEEP_S5,
	};

	/* A slot in use is the device model's; then nobody is told. */
	if (!vcpu->ioreq.busy && vcpu->vm->ioreq_page.v != ADDR_NONE)
		ioreq_issue(vcpu, &off);
}

void ioreq_finish(struct vcpu *vcpu)
{
	trace(HOLM_TRACE_FINISH, vcpu_who(vcpu), vcpu->state, 0, 0);
	/* The page has the answer, or the vCPU goes on waiting. */
	cpu_kick(vcpu->cpu);
}
