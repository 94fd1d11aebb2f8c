/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Memory of User VMs. A segment is what one SET_MEMSEG gave. Its pages are
 * merged into runs as they are pinned, and the runs are kept as the very
 * entries the hypervisor reads: one block of them per hypercall. A block is
 * one page, so no size of VM asks for a large allocation.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/io.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "hsm.h"
#include "hypercall.h"

#define HSM_SEGS_MAX    256
#define HSM_BLOCK_OPS   126
#define HSM_CHUNK_PAGES (PAGE_SIZE / sizeof(struct page *))

struct hsm_block {
	struct list_head node;
	bool mapped; /* the hypervisor knows it */
	struct hsm_mem_batch batch;
	struct hsm_mem_op ops[HSM_BLOCK_OPS];
};

static_assert(sizeof(struct hsm_block) <= PAGE_SIZE);

struct hsm_seg {
	struct list_head node;
	struct list_head blocks;
	u64 next_gpa; /* where the next run goes */
	u32 attr;
	bool pinned; /* its pages hold a pin each */
};

/**
 * hsm_page_pin() - pin one page of user memory for the hypervisor's use
 * @uaddr: user address, page aligned
 * @page: where the page goes
 *
 * Return: 0, -EINVAL for an unaligned address, -EFAULT for one that the
 * caller may not write.
 */
int hsm_page_pin(unsigned long uaddr, struct page **page)
{
	if (!PAGE_ALIGNED(uaddr))
		return -EINVAL;
	if (pin_user_pages_fast(uaddr, 1, FOLL_WRITE | FOLL_LONGTERM, page) !=
	    1)
		return -EFAULT;
	hsm_object_add(HOLM_OBJECT_PAGE, 1);
	return 0;
}

/**
 * hsm_page_unpin() - undo hsm_page_pin()
 * @page: the hypervisor no longer uses it
 */
void hsm_page_unpin(struct page *page)
{
	unpin_user_pages_dirty_lock(&page, 1, true);
	hsm_object_add(HOLM_OBJECT_PAGE, -1);
}

static struct hsm_seg *seg_alloc(u64 gpa, u32 attr, bool pinned)
{
	struct hsm_seg *seg =
		hsm_object_alloc(HOLM_OBJECT_SEGMENT, sizeof(*seg));

	if (!seg)
		return NULL;
	INIT_LIST_HEAD(&seg->node);
	INIT_LIST_HEAD(&seg->blocks);
	seg->next_gpa = gpa;
	seg->attr = attr;
	seg->pinned = pinned;
	return seg;
}

static struct hsm_block *seg_last_block(const struct hsm_seg *seg)
{
	if (list_empty(&seg->blocks))
		return NULL;
	return list_last_entry(&seg->blocks, struct hsm_block, node);
}

static struct hsm_mem_op *seg_last_op(const struct hsm_seg *seg)
{
	struct hsm_block *block = seg_last_block(seg);

	return block ? &block->ops[block->batch.regions_num - 1] : NULL;
}

static struct hsm_block *seg_add_block(struct hsm_seg *seg)
{
	struct hsm_block *block =
		hsm_object_alloc(HOLM_OBJECT_BLOCK, sizeof(*block));

	if (!block)
		return NULL;
	block->batch.regions_gpa = virt_to_phys(block->ops);
	list_add_tail(&block->node, &seg->blocks);
	return block;
}

/* Append [hpa, hpa + size); joins what continues the last run. */
static int seg_add_run(struct hsm_seg *seg, u64 hpa, u64 size)
{
	struct hsm_mem_op *op = seg_last_op(seg);
	struct hsm_block *block = seg_last_block(seg);

	if (op && op->service_vm_pa + op->size == hpa) {
		op->size += size;
		seg->next_gpa += size;
		return 0;
	}
	if (!block || block->batch.regions_num == HSM_BLOCK_OPS)
		block = seg_add_block(seg);
	if (!block)
		return -ENOMEM;

	op = &block->ops[block->batch.regions_num++];
	op->attr = seg->attr;
	op->user_vm_pa = seg->next_gpa;
	op->service_vm_pa = hpa;
	op->size = size;
	seg->next_gpa += size;
	return 0;
}

static int block_call(struct hsm_vm *vm, struct hsm_block *block, u32 type)
{
	u32 i;

	block->batch.vmid = vm->vmid;
	for (i = 0; i < block->batch.regions_num; i++)
		block->ops[i].type = type;
	return hsm_hcall(HC_VM_SET_MEMORY_REGIONS, virt_to_phys(&block->batch),
			 0);
}

static int seg_map(struct hsm_vm *vm, struct hsm_seg *seg)
{
	struct hsm_block *block;
	int ret;

	list_for_each_entry(block, &seg->blocks, node)
	{
		/*
		 * Holm does a batch whole or not at all, and to take a refused
		 * one out again could hit what was there before it. ACRN may
		 * stop half way.
		 */
		ret = block_call(vm, block, HSM_MEM_ADD);
		block->mapped = ret >= 0 || !hsm_is_holm();
		if (ret < 0)
			return ret;
		cond_resched();
	}
	return 0;
}

/* Take the segment out of the VM; false when part of it may still be in. */
static bool seg_unmap(struct hsm_vm *vm, struct hsm_seg *seg)
{
	struct hsm_block *block;
	bool out = true;

	list_for_each_entry(block, &seg->blocks, node)
	{
		if (block->mapped && block_call(vm, block, HSM_MEM_DEL) < 0)
			out = false;
		else
			block->mapped = false;
		cond_resched();
	}
	return out;
}

static void op_unpin(const struct hsm_mem_op *op)
{
	unsigned long npages = op->size >> PAGE_SHIFT;
	struct page *page = pfn_to_page(op->service_vm_pa >> PAGE_SHIFT);

	unpin_user_page_range_dirty_lock(page, npages, true);
	hsm_object_add(HOLM_OBJECT_PAGE, -(long)npages);
	cond_resched();
}

/* Free the segment and its pins. Nothing of it is in the VM. */
static void seg_free(struct hsm_seg *seg)
{
	struct hsm_block *block, *next;
	u32 i;

	list_for_each_entry_safe(block, next, &seg->blocks, node)
	{
		for (i = 0; seg->pinned && i < block->batch.regions_num; i++)
			op_unpin(&block->ops[i]);
		hsm_object_free(HOLM_OBJECT_BLOCK, block);
	}
	hsm_object_free(HOLM_OBJECT_SEGMENT, seg);
}

/* Record freshly pinned pages, and unpin those that cannot be recorded. */
static int seg_add_pages(struct hsm_seg *seg, struct page **pages, long n)
{
	long i;
	int ret;

	for (i = 0; i < n; i++) {
		ret = seg_add_run(seg, page_to_phys(pages[i]), PAGE_SIZE);
		if (ret) {
			unpin_user_pages(pages + i, n - i);
			return ret;
		}
		hsm_object_add(HOLM_OBJECT_PAGE, 1);
	}
	return 0;
}

static int seg_pin_chunks(struct hsm_seg *seg, unsigned long uaddr,
			  unsigned long npages, struct page **pages)
{
	int ret, n;

	while (npages) {
		n = min_t(unsigned long, npages, HSM_CHUNK_PAGES);
		n = pin_user_pages_fast(uaddr, n, FOLL_WRITE | FOLL_LONGTERM,
					pages);
		if (n <= 0)
			return n ? n : -EFAULT;
		ret = seg_add_pages(seg, pages, n);
		if (ret)
			return ret;
		if (fatal_signal_pending(current))
			return -EINTR;
		uaddr += (unsigned long)n << PAGE_SHIFT;
		npages -= n;
		cond_resched();
	}
	return 0;
}

static int seg_pin(struct hsm_seg *seg, unsigned long uaddr,
		   unsigned long npages)
{
	struct page **pages = (void *)__get_free_page(GFP_KERNEL);
	int ret;

	if (!pages)
		return -ENOMEM;
	ret = seg_pin_chunks(seg, uaddr, npages, pages);
	free_page((unsigned long)pages);
	return ret;
}

/*
 * A mapping without struct pages: a device's memory. Pages that are counted
 * could be freed under the VM, so they are refused.
 */
static int pfnmap_add_page(struct hsm_seg *seg, struct vm_area_struct *vma,
			   unsigned long uaddr)
{
	unsigned long pfn;
	struct page *page;
	bool writable;
	int ret;

	ret = hsm_compat_pfn(vma, uaddr, &pfn, &writable);
	if (ret)
		return ret;
	if (!writable && (seg->attr & ACRN_MEM_ACCESS_WRITE))
		return -EFAULT;
	page = pfn_to_online_page(pfn);
	if (page && !PageReserved(page))
		return -EFAULT;
	return seg_add_run(seg, PFN_PHYS(pfn), PAGE_SIZE);
}

/* 1: not a PFNMAP mapping. */
static int pfnmap_add(struct hsm_seg *seg, unsigned long uaddr,
		      unsigned long npages)
{
	struct vm_area_struct *vma;
	int ret = 1;

	mmap_read_lock(current->mm);
	vma = vma_lookup(current->mm, uaddr);
	if (!vma || !(vma->vm_flags & VM_PFNMAP))
		goto out;

	ret = -EINVAL;
	if (npages > (vma->vm_end - uaddr) >> PAGE_SHIFT)
		goto out;
	seg->pinned = false;
	for (ret = 0; !ret && npages; npages--, uaddr += PAGE_SIZE)
		ret = pfnmap_add_page(seg, vma, uaddr);
out:
	mmap_read_unlock(current->mm);
	return ret;
}

static int seg_fill_ram(struct hsm_seg *seg, unsigned long uaddr,
			unsigned long npages)
{
	int ret = pfnmap_add(seg, uaddr, npages);

	return ret == 1 ? seg_pin(seg, uaddr, npages) : ret;
}

static int seg_insert(struct hsm_vm *vm, struct hsm_seg *seg)
{
	int ret = 0;

	mutex_lock(&vm->mem_lock);
	if (vm->nsegs < HSM_SEGS_MAX) {
		list_add_tail(&seg->node, &vm->segs);
		vm->nsegs++;
	} else {
		ret = -ENOMEM;
	}
	mutex_unlock(&vm->mem_lock);
	return ret;
}

static void seg_remove(struct hsm_vm *vm, struct hsm_seg *seg)
{
	mutex_lock(&vm->mem_lock);
	list_del_init(&seg->node);
	vm->nsegs--;
	mutex_unlock(&vm->mem_lock);
}

static int mem_map_ram(struct hsm_vm *vm, const struct acrn_vm_memmap *map)
{
	u32 access = map->attr & ACRN_MEM_ACCESS_RIGHT_MASK;
	struct hsm_seg *seg;
	int ret;

	seg = seg_alloc(map->user_vm_pa, access | ACRN_MEM_TYPE_WB, true);
	if (!seg)
		return -ENOMEM;
	ret = seg_fill_ram(seg, map->vma_base, map->len >> PAGE_SHIFT);
	if (!ret)
		ret = seg_insert(vm, seg);
	if (ret)
		goto free;

	ret = seg_map(vm, seg);
	if (!ret)
		return 0;
	/* What the VM may still reach stays pinned until the VM is gone. */
	if (!seg_unmap(vm, seg))
		return ret;
	seg_remove(vm, seg);
free:
	seg_free(seg);
	return ret;
}

/* Device memory is one entry and is not remembered: nothing has to be freed. */
static int mem_call_mmio(struct hsm_vm *vm, const struct acrn_vm_memmap *map,
			 u32 type)
{
	u32 access = map->attr & ACRN_MEM_ACCESS_RIGHT_MASK;
	struct hsm_seg *seg;
	int ret;

	seg = seg_alloc(map->user_vm_pa, access | ACRN_MEM_TYPE_UC, false);
	if (!seg)
		return -ENOMEM;
	ret = seg_add_run(seg, map->service_vm_pa, map->len);
	if (!ret)
		ret = block_call(vm, seg_last_block(seg), type);
	seg_free(seg);
	return ret;
}

static int mem_check(const struct hsm_vm *vm, const struct acrn_vm_memmap *map)
{
	u64 end;

	if (map->len && PAGE_ALIGNED(map->len) &&
	    PAGE_ALIGNED(map->user_vm_pa) && PAGE_ALIGNED(map->vma_base) &&
	    !check_add_overflow(map->user_vm_pa, map->len, &end) &&
	    !check_add_overflow(map->vma_base, map->len, &end))
		return 0;

	pr_info_ratelimited("VM %u: segment %#llx from %#llx, %#llx bytes: "
			    "must be whole pages that do not wrap\n",
			    vm->vmid, map->user_vm_pa, map->vma_base, map->len);
	return -EINVAL;
}

/**
 * hsm_mem_map() - give memory to a VM
 * @vm: its @op is held for reading
 * @map: RAM: a range of the caller's memory, pinned here; MMIO: a physical one
 *
 * Return: 0, -EINVAL for a bad range or type, -EFAULT for memory the caller
 * may not write, -ENOMEM, -EINTR when the caller is killed, or the
 * hypervisor's refusal.
 */
int hsm_mem_map(struct hsm_vm *vm, const struct acrn_vm_memmap *map)
{
	int ret = mem_check(vm, map);

	if (ret)
		return ret;
	if (map->type == ACRN_MEMMAP_RAM)
		return mem_map_ram(vm, map);
	if (map->type == ACRN_MEMMAP_MMIO)
		return mem_call_mmio(vm, map, HSM_MEM_ADD);
	return -EINVAL;
}

/**
 * hsm_mem_unmap() - take device memory away from a VM
 * @vm: its @op is held for reading
 * @map: a range given as MMIO. RAM stays until the VM is destroyed
 *
 * Return: 0, -EINVAL, -ENOMEM, or the hypervisor's refusal.
 */
int hsm_mem_unmap(struct hsm_vm *vm, const struct acrn_vm_memmap *map)
{
	int ret = mem_check(vm, map);

	if (ret)
		return ret;
	if (map->type != ACRN_MEMMAP_MMIO)
		return -EINVAL;
	return mem_call_mmio(vm, map, HSM_MEM_DEL);
}

/**
 * hsm_mem_release() - take all memory back
 * @vm: its @op is held for writing
 * @vm_is_gone: the hypervisor has destroyed it. Otherwise each segment is
 *	first taken out of it, and what cannot be taken out stays pinned: to
 *	free memory a running guest can write would break the Service VM
 */
void hsm_mem_release(struct hsm_vm *vm, bool vm_is_gone)
{
	struct hsm_seg *seg, *next;

	list_for_each_entry_safe(seg, next, &vm->segs, node)
	{
		list_del_init(&seg->node);
		if (vm_is_gone || seg_unmap(vm, seg))
			seg_free(seg);
		else
			pr_err("VM %u keeps memory below %#llx: left pinned\n",
			       vm->vmid, seg->next_gpa);
	}
	vm->nsegs = 0;
}
