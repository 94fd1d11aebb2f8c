/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* /dev/hsm_mock in place of an interrupt source. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "hsm.h"
#include "mock.h"
#include "mock_hv.h"

static ssize_t mock_write(struct file *file, const char __user *buf,
			  size_t count, loff_t *pos)
{
	struct mock_cmd cmd;
	int ret;

	if (count != sizeof(cmd))
		return -EINVAL;
	if (copy_from_user(&cmd, buf, sizeof(cmd)))
		return -EFAULT;
	ret = mock_command(&cmd);
	return ret ? ret : (ssize_t)count;
}

static ssize_t mock_read(struct file *file, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct mock_state state;

	if (count != sizeof(state))
		return -EINVAL;
	mock_get_state(&state);
	return copy_to_user(buf, &state, sizeof(state)) ? -EFAULT
							: (ssize_t)count;
}

static const struct file_operations mock_fops = {
	.owner = THIS_MODULE,
	.read = mock_read,
	.write = mock_write,
};

static struct miscdevice mock_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "hsm_mock",
	.fops = &mock_fops,
};

int hsm_upcall_init(void)
{
	return misc_register(&mock_dev);
}

void hsm_upcall_exit(void)
{
	misc_deregister(&mock_dev);
}
