/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Hypercalls with any number and any arguments, from user space. Never part
 * of an installation: who opens the device can give the hypervisor orders
 * about all memory of this kernel. The 4 MiB that it maps are what a test may
 * give away and have written to.
 */
#define pr_fmt(fmt) "holm_raw: " fmt

#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "hcall.h"
#include "holm_raw.h"

static struct page *raw_pages;

static long raw_call(struct holm_raw_call __user *user)
{
	struct holm_raw_call call;

	if (copy_from_user(&call, user, sizeof(call)))
		return -EFAULT;
	call.result = hsm_hcall((u32)call.nr, call.arg1, call.arg2);
	return copy_to_user(user, &call, sizeof(call)) ? -EFAULT : 0;
}

static long raw_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	u64 at = page_to_phys(raw_pages);

	switch (cmd) {
	case HOLM_RAW_CALL:
		return raw_call((void __user *)arg);
	case HOLM_RAW_WHERE:
		return put_user(at, (u64 __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int raw_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff || vma->vm_end - vma->vm_start > HOLM_RAW_BYTES)
		return -EINVAL;
	return remap_pfn_range(vma, vma->vm_start, page_to_pfn(raw_pages),
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static const struct file_operations raw_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = raw_ioctl,
	.mmap = raw_mmap,
};

static struct miscdevice raw_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "holm_raw",
	.fops = &raw_fops,
	.mode = 0600,
};

static int __init raw_init(void)
{
	int ret;

	raw_pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, HOLM_RAW_ORDER);
	if (!raw_pages)
		return -ENOMEM;
	ret = misc_register(&raw_device);
	if (ret)
		__free_pages(raw_pages, HOLM_RAW_ORDER);
	return ret;
}

static void __exit raw_exit(void)
{
	misc_deregister(&raw_device);
	__free_pages(raw_pages, HOLM_RAW_ORDER);
}

module_init(raw_init);
module_exit(raw_exit);
MODULE_DESCRIPTION("Raw hypercalls for tests");
MODULE_LICENSE("Dual BSD/GPL");
