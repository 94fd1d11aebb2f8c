/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/subpage.h"

#include "core/log.h"
#include "lib/errno.h"
#include "mem/hostmap.h"
#include "mem/physwin.h"
#include "vm/vm.h"

static struct subpage *parts;
static struct spinlock lock;

static bool same_page(u64 a, u64 b)
{
	return (a ^ b) < PAGE_SIZE;
}

/* Is a part of the page at @hpa taken from the Service VM? */
static bool page_is_away(u64 hpa)
{
	const struct subpage *s = parts;

	while (s && (s->shared || !same_page(s->hpa, hpa)))
		s = s->next;
	return s;
}

static const struct subpage *overlapping(u64 hpa, u64 size, bool shared)
{
	const struct subpage *s = parts;

	while (s && ((shared && s->shared) ||
		     !range_overlaps(s->hpa, s->size, hpa, size)))
		s = s->next;
	return s;
}

bool subpage_is_any(u64 hpa, u64 size)
{
	return overlapping(hpa, size, false);
}

static void flush(void)
{
	vm_flush_wait(vm_service());
	stage2_reap(&vm_service()->s2);
}

static void return_page(u64 page)
{
	struct stage2 *s2 = &vm_service()->s2;

	CHECK(stage2_map(s2, GPA(page), HPA(page), PAGE_SIZE, PT_RWX | PT_UC) ==
	      0);
	CHECK(stage2_collapse(s2, GPA(page), PAGE_SIZE) == 0);
	flush();
}

/* From now on nobody has it, Holm included. */
static int take_page(u64 page)
{
	int rc = stage2_take(&vm_service()->s2, GPA(page), PAGE_SIZE,
			     PT_RWX | PT_UC);

	if (rc)
		return rc;
	rc = hostmap_hide(HPA(page), PAGE_SIZE);
	if (rc) {
		return_page(page);
		return rc;
	}
	flush();
	vm_forget_host();
	return 0;
}

/* The page is the Service VM's, and stays so only if the part is shared. */
static int claim_page(u64 page, bool shared)
{
	int rc = shared ? stage2_check_own(&vm_service()->s2, GPA(page),
					   PAGE_SIZE, PT_RWX | PT_UC)
			: take_page(page);

	if (rc == -EBUSY)
		log_guest("cell: %llx is no device of the Service VM's",
			  (unsigned long long)page);
	return rc;
}

static int check(const struct subpage *s)
{
	u64 page = align_down(s->hpa, PAGE_SIZE);

	if (overlapping(s->hpa, s->size, s->shared)) {
		log_guest("cell: %llx is another cell's",
			  (unsigned long long)s->hpa);
		return -EBUSY;
	}
	return page_is_away(page) ? 0 : claim_page(page, s->shared);
}

int subpage_take(struct subpage *s)
{
	int rc = check(s);

	if (rc)
		return rc;
	spin_lock(&lock);
	s->next = parts;
	parts = s;
	spin_unlock(&lock);
	return 0;
}

void subpage_give_back(struct subpage *s)
{
	u64 page = align_down(s->hpa, PAGE_SIZE);
	struct subpage **at = &parts;

	spin_lock(&lock);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	spin_unlock(&lock);
	if (s->shared || page_is_away(page))
		return;
	hostmap_show(HPA(page), PAGE_SIZE, PT_UC);
	return_page(page);
}

/* Where @vm's access goes; ADDR_NONE: nowhere. With the lock. */
static u64 target(const struct vm *vm, u64 gpa, u32 size, bool write)
{
	const struct subpage *s = parts;

	if (vm->kind == VM_SERVICE)
		return page_is_away(gpa) && !overlapping(gpa, size, true)
			       ? gpa
			       : ADDR_NONE;
	while (s && (s->vm != vm || !range_inside(gpa, size, s->gpa, s->size)))
		s = s->next;
	return s && (s->write || !write) ? s->hpa + (gpa - s->gpa) : ADDR_NONE;
}

bool subpage_mmio(const struct vm *vm, u64 gpa, u32 size, bool write, u64 *val)
{
	u64 at;

	if (gpa % size)
		return false;
	spin_lock(&lock);
	at = target(vm, gpa, size, write);
	if (at != ADDR_NONE && write)
		physwin_mmio_write(HPA(at), size, *val);
	else if (at != ADDR_NONE)
		*val = physwin_mmio_read(HPA(at), size);
	spin_unlock(&lock);
	return at != ADDR_NONE;
}
