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
#include "cell.h"
#include "hsm.h"
#include "hypercall.h"

/* The call itself, its arguments in memory of the kernel's direct map. */
static int query_hcall(const struct holm_query *args, u64 from, u32 *out_len)
{
	struct holm_query *query = kmemdup(args, sizeof(*args), GFP_KERNEL);
	int ret;

	if (!query)
		return -ENOMEM;
	ret = hsm_hcall(HC_HOLM_QUERY, virt_to_phys(query), from);
	if (ret >= 0) {
		*out_len = min(query->out_len, args->len);
		ret = 0;
	}
	kfree(query);
	return ret;
}

/**
 * hsm_query() - ask the hypervisor
 * @subject: HOLM_QUERY_*, one that begins at nothing
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
	const struct holm_query query = {
		.subject = subject,
		.index = index,
		.buf_gpa = virt_to_phys(buf),
		.len = len,
	};

	return query_hcall(&query, 0, out_len);
}

static int query_to_user(struct holm_ioc_query *ioc)
{
	void *bounce = (void *)get_zeroed_page(GFP_KERNEL);
	const struct holm_query query = {
		.subject = ioc->subject,
		.index = ioc->index,
		.buf_gpa = bounce ? virt_to_phys(bounce) : 0,
		.len = min_t(u32, ioc->len, HOLM_IOC_LEN_MAX),
	};
	int ret;

	static_assert(HOLM_IOC_LEN_MAX <= PAGE_SIZE);
	if (!bounce)
		return -ENOMEM;
	ret = query_hcall(&query, ioc->from, &ioc->out_len);
	if (!ret &&
	    copy_to_user(u64_to_user_ptr(ioc->buf), bounce, ioc->out_len))
		ret = -EFAULT;
	free_page((unsigned long)bounce);
	return ret;
}

static long ioctl_query(struct file *file, void __user *arg)
{
	struct holm_ioc_query ioc;
	int ret;

	if (copy_from_user(&ioc, arg, sizeof(ioc)))
		return -EFAULT;
	ret = query_to_user(&ioc);
	if (!ret && copy_to_user(arg, &ioc, sizeof(ioc)))
		ret = -EFAULT;
	return ret;
}

/* Who may only look may not change what everybody pays for. */
static long ioctl_trace(struct file *file, void __user *arg)
{
	struct holm_ioc_trace ioc;

	if (!(file->f_mode & FMODE_WRITE))
		return -EACCES;
	if (copy_from_user(&ioc, arg, sizeof(ioc)))
		return -EFAULT;
	return hsm_hcall(HC_HOLM_TRACE, ioc.events, 0);
}

static long query_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd == HOLM_IOC_QUERY)
		return ioctl_query(file, (void __user *)arg);
	if (cmd == HOLM_IOC_TRACE)
		return ioctl_trace(file, (void __user *)arg);
	return hsm_cell_ioctl(file->private_data, cmd, arg);
}

static int query_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL;
	if (!(file->f_mode & FMODE_WRITE))
		return 0;
	file->private_data = hsm_cell_file_open();
	return file->private_data ? 0 : -ENOMEM;
}

static int query_release(struct inode *inode, struct file *file)
{
	hsm_cell_file_close(file->private_data);
	return 0;
}

static const struct file_operations query_fops = {
	.owner = THIS_MODULE,
	.open = query_open,
	.release = query_release,
	.unlocked_ioctl = query_ioctl,
};

static struct miscdevice query_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "holm",
	.fops = &query_fops,
	.mode = 0640,
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
