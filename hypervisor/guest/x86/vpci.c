/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/vpci.h"

#include "arch/x86/asm.h"
#include "arch/x86/pciconf.h"
#include "core/log.h"
#include "guest/x86/guest.h"
#include "io/iospace.h"
#include "lib/errno.h"
#include "vm/sched.h"

#define BUS_SIZE MIB(1)

/* Written once, before the first VM. */
static struct {
	u64 base; /* of bus 0 */
	u64 first;
	u64 size;
} mmconfig;

void vpci_setup(u64 base, u32 first, u32 last)
{
	if (!base || last < first)
		return;
	mmconfig.base = base;
	mmconfig.first = base + first * BUS_SIZE;
	mmconfig.size = (last - first + 1) * BUS_SIZE;
}

u64 vpci_mmconfig(void)
{
	return mmconfig.base;
}

bool vpci_is_config(u64 base, u64 size)
{
	return mmconfig.size &&
	       range_overlaps(base, size, mmconfig.first, mmconfig.size);
}

static struct vpci_fn *find(const struct vpci *p, u32 bdf)
{
	struct vpci_fn *fn = p->fns;

	while (fn && fn->bdf != bdf)
		fn = fn->next;
	return fn;
}

static void deny(u32 bdf, u32 reg)
{
	vm_deny(cpu_self()->vcpu, HOLM_CELL_DENY_PCI,
		(u64)bdf * VPCI_CONFIG_SIZE + reg);
}

/* What is nobody's of a cell's. */
static u64 absent(u32 bdf, u32 reg, bool write)
{
	if (write)
		deny(bdf, reg);
	return 0xffffffff;
}

static u64 fn_access(struct vpci_fn *fn, u32 reg, u32 size, bool write, u32 val)
{
	if (!write)
		return fn->read(fn, reg, size);
	fn->write(fn, reg, size, val);
	return 0;
}

static u64 data_access(struct vpci *p, u32 lane, u32 size, bool write, u32 val)
{
	u32 bdf = (p->latch >> 8) & 0xffff, reg = (p->latch & 0xfc) + lane;
	struct vpci_fn *fn = NULL;

	if (p->latch & PCI_CONFIG_ENABLE)
		fn = find(p, bdf);
	if (fn)
		return fn_access(fn, reg, size, write, val);
	if (p->vm->kind != VM_SERVICE)
		return absent(bdf, reg, write);
	if (!write)
		return pciconf_data_read(p->latch, lane, size);
	pciconf_data_write(p->latch, lane, size, val);
	return 0;
}

/* Beside a dword at 0xcf8 there are other things, such as a reset port. */
static int other_access(struct vpci *p, u16 port, u32 size, bool write,
			u64 *val)
{
	if (p->vm->kind != VM_SERVICE) {
		vm_deny(cpu_self()->vcpu, HOLM_CELL_DENY_PORT, port);
		return -EINVAL;
	}
	if (size == 1 && write)
		x86_outb(port, (u8)*val);
	else if (size == 1)
		*val = x86_inb(port);
	else if (write)
		x86_outw(port, (u16)*val);
	else
		*val = x86_inw(port);
	return 0;
}

static int port_locked(struct vpci *p, u32 port, u32 size, bool write, u64 *val)
{
	u32 lane = port & 3;
	u64 got;

	if (lane + size > 4)
		return -EINVAL;
	if (port >= PCI_CONFIG_DATA) {
		got = data_access(p, lane, size, write, (u32)*val);
		if (!write)
			*val = got & (~(u64)0 >> (64 - 8 * size));
		return 0;
	}
	if (size < 4)
		return other_access(p, (u16)port, size, write, val);
	if (write)
		p->latch = (u32)*val;
	else
		*val = p->latch;
	return 0;
}

static int port_access(struct vpci *p, u32 port, u32 size, bool write, u64 *val)
{
	int rc;

	spin_lock(&p->lock);
	rc = port_locked(p, port, size, write, val);
	spin_unlock(&p->lock);
	return rc;
}

static int port_read(void *dev, u32 port, u32 size, u64 *val)
{
	return port_access(dev, port, size, false, val);
}

static int port_write(void *dev, u32 port, u32 size, u64 *val)
{
	return port_access(dev, port, size, true, val);
}

int vpci_register(struct vm *vm)
{
	struct vpci *p = &vm->guest->vpci;
	const struct io_range ports = {
		.name = "PCI config ports",
		.base = PCI_CONFIG_ADDRESS,
		.size = 8,
		.read = port_read,
		.write = port_write,
		.dev = p,
	};
	int rc = io_space_add_pio(vm->io, &ports);

	p->vm = vm;
	if (rc == 0)
		backend->vm_trap_pio(&vm->hw, PCI_CONFIG_ADDRESS, 8, true);
	return rc;
}

/* The Service VM's way to a function by memory; 0: there is none. */
static u64 config_page(const struct vm *vm, u32 bdf)
{
	u64 at = mmconfig.base + (u64)bdf * VPCI_CONFIG_SIZE;

	if (vm->kind != VM_SERVICE || at - mmconfig.first >= mmconfig.size)
		return 0;
	return at;
}

static void flush(struct vm *vm)
{
	if (vm->state != VM_STATE_CREATED)
		vm_flush_wait(vm);
	stage2_reap(&vm->s2);
}

static bool insert(struct vpci *p, struct vpci_fn *fn)
{
	bool is_new;

	spin_lock(&p->lock);
	is_new = !find(p, fn->bdf);
	if (is_new) {
		fn->next = p->fns;
		p->fns = fn;
	}
	spin_unlock(&p->lock);
	return is_new;
}

static bool take_out(struct vpci *p, struct vpci_fn *fn)
{
	struct vpci_fn **at = &p->fns;
	bool found;

	spin_lock(&p->lock);
	while (*at && *at != fn)
		at = &(*at)->next;
	found = *at;
	if (found)
		*at = fn->next;
	spin_unlock(&p->lock);
	return found;
}

int vpci_add(struct vm *vm, struct vpci_fn *fn)
{
	struct vpci *p = &vm->guest->vpci;
	u64 page = config_page(vm, fn->bdf);
	int rc;

	if (!insert(p, fn))
		return -EEXIST;
	if (!page)
		return 0;
	rc = stage2_withdraw(&vm->s2, GPA(page), VPCI_CONFIG_SIZE);
	if (rc)
		take_out(p, fn);
	flush(vm);
	return rc;
}

void vpci_remove(struct vm *vm, struct vpci_fn *fn)
{
	u64 page = config_page(vm, fn->bdf);

	if (!take_out(&vm->guest->vpci, fn) || !page)
		return;
	CHECK(stage2_map(&vm->s2, GPA(page), HPA(page), VPCI_CONFIG_SIZE,
			 PT_RWX | PT_UC) == 0);
	CHECK(stage2_collapse(&vm->s2, GPA(page), VPCI_CONFIG_SIZE) == 0);
	flush(vm);
}

bool vpci_is_ours(struct vm *vm, u32 bdf)
{
	struct vpci *p = &vm->guest->vpci;
	bool is;

	spin_lock(&p->lock);
	is = find(p, bdf);
	spin_unlock(&p->lock);
	return is;
}

void vpci_window_add(struct vm *vm, struct vpci_window *w)
{
	w->next = vm->guest->vpci.windows;
	vm->guest->vpci.windows = w;
}

void vpci_window_remove(struct vm *vm, struct vpci_window *w)
{
	struct vpci_window **at = &vm->guest->vpci.windows;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
}

static void post_flush(struct vm *vm)
{
	for (u32 i = 0; i < vm->nvcpus; i++)
		vcpu_post_quietly(vm->vcpu[i], VCPU_REQ_FLUSH);
}

/* A function's pages of the Service VM's, wherever its BAR leads. */
static void leave_pages(struct vm *vm, struct vpci_window *w)
{
	u64 page = align_down(w->base, PAGE_SIZE);
	u64 size = align_up(w->base + w->size, PAGE_SIZE) - page;

	if (w->traps)
		CHECK(stage2_map(&vm->s2, GPA(page), HPA(page), size,
				 PT_RWX | PT_UC) == 0);
	w->traps = false;
}

static void take_pages(struct vm *vm, struct vpci_window *w)
{
	u64 page = align_down(w->base, PAGE_SIZE);
	u64 size = align_up(w->base + w->size, PAGE_SIZE) - page;

	w->traps = w->base && !vpci_is_config(page, size) &&
		   !stage2_take(&vm->s2, GPA(page), size, PT_RWX | PT_UC);
	if (!w->traps)
		w->base = 0;
}

void vpci_window_move(struct vm *vm, struct vpci_window *w, u64 base)
{
	if (w->base == base)
		return;
	vpci_window_remove(vm, w);
	if (vm->kind == VM_SERVICE)
		leave_pages(vm, w);
	w->base = base;
	if (vm->kind == VM_SERVICE)
		take_pages(vm, w);
	if (w->base)
		vpci_window_add(vm, w);
	if (vm->kind == VM_SERVICE)
		post_flush(vm);
}

static bool config_access(struct vpci *p, u64 at, u32 size, bool write,
			  u64 *val)
{
	u64 off = at - mmconfig.base;
	u32 reg = (u32)(off % VPCI_CONFIG_SIZE);
	u32 bdf = (u32)(off / VPCI_CONFIG_SIZE);
	struct vpci_fn *fn = find(p, bdf);

	if ((reg & 3) + size > 4 || (!fn && p->vm->kind == VM_SERVICE))
		return false;
	if (fn)
		*val = fn_access(fn, reg, size, write, (u32)*val);
	else
		*val = absent(bdf, reg, write) >> (32 - 8 * size);
	return true;
}

static bool window_access(struct vpci *p, u64 at, u32 size, bool write,
			  u64 *val)
{
	struct vpci_window *w = p->windows;

	while (w && !range_inside(at, size, w->base, w->size))
		w = w->next;
	return w && w->access(w, at - w->base, size, write, val) == 0;
}

bool vpci_mmio(struct vm *vm, u64 gpa, u32 size, bool write, u64 *val)
{
	struct vpci *p = &vm->guest->vpci;
	bool answered;

	spin_lock(&p->lock);
	if (gpa - mmconfig.first < mmconfig.size)
		answered = config_access(p, gpa, size, write, val);
	else
		answered = window_access(p, gpa, size, write, val);
	spin_unlock(&p->lock);
	return answered;
}
