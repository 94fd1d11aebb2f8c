/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Figures of the hypervisor: for this driver, and by /dev/holm for tools. */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "abi/holm.h"
#include "abi/holm_ioctl.h"
#include "hsm.h"
#include "hypercall.h"

/**
 * hsm_query() - ask the hypervisor
 * @subject: HOLM_QUERY_*
 * @index: which of them
 * @buf: linear kernel memory
 * @len: its length
 * @out_len: bytes of it that were written, never more than @len
 *
 * Return: 0, -ENOENT past the last index, -EINVAL, -ENOMEM, -ENOTTY from a
 * hypervisor that has no such call.
 */
int hsm_query(u32 subject, u32 index, void *buf, u32 len, u32 *out_len)
{
	struct holm_query *query = kzalloc(sizeof(*query), GFP_KERNEL);
	int ret;

	if (!query)
		return -ENOMEM;
	query->subject = subject;
	query->index = index;
	query->buf_gpa = virt_to_phys(buf);
	query->len = len;
	ret = hsm_hcall(HC_HOLM_QUERY, virt_to_phys(query), 0);
	if (ret >= 0) {
		*out_len = min(query->out_len, len);
		ret = 0;
	}
	kfree(query);
	return ret;
}

static int query_to_user(struct holm_ioc_query *ioc)
{
	void *bounce = (void *)get_zeroed_page(GFP_KERNEL);
	u32 len = min_t(u32, ioc->len, HOLM_IOC_LEN_MAX);
	int ret;

	static_assert(HOLM_IOC_LEN_MAX <= PAGE_SIZE);
	if (!bounce)
		return -ENOMEM;
	ret = hsm_query(ioc->subject, ioc->index, bounce, len, &ioc->out_len);
	if (!ret &&
	    copy_to_user(u64_to_user_ptr(ioc->buf), bounce, ioc->out_len))
		ret = -EFAULT;
	free_page((unsigned long)bounce);
	return ret;
}

static long query_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct holm_ioc_query ioc;
	int ret;

	if (cmd != HOLM_IOC_QUERY)
		return -ENOTTY;
	if (copy_from_user(&ioc, (void __user *)arg, sizeof(ioc)))
		return -EFAULT;
	ret = query_to_user(&ioc);
	if (!ret && copy_to_user((void __user *)arg, &ioc, sizeof(ioc)))
		ret = -EFAULT;
	return ret;
}

static const struct file_operations query_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = query_ioctl,
};

static struct miscdevice query_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "holm",
	.fops = &query_fops,
	.mode = 0440,
};

/**
 * hsm_query_register() - offer /dev/holm
 *
 * Return: 0 or a negative errno.
 */
int hsm_query_register(void)
{
	return misc_register(&query_dev);
}

/**
 * hsm_query_unregister() - /dev/holm goes
 */
void hsm_query_unregister(void)
{
	misc_deregister(&query_dev);
}
