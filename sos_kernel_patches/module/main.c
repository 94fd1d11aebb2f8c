/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The module: is there a hypervisor, the device file, figures in sysfs. */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "abi/holm.h"
#include "cell.h"
#include "hsm.h"

#define CPUID_SIGNATURE    0x40000000
#define CPUID_FEATURES     0x40000001
#define FEATURE_SERVICE_VM BIT(0)

struct hsm_stat hsm_stat;
static bool holm_found;

/**
 * hsm_is_holm() - is the hypervisor Holm, and not another of ACRN's interface
 *
 * Return: true or false.
 */
bool hsm_is_holm(void)
{
	return holm_found;
}

static int hsm_open(struct inode *inode, struct file *file)
{
	file->private_data = hsm_vm_alloc();
	if (!file->private_data)
		return -ENOMEM;
	return 0;
}

static int hsm_release(struct inode *inode, struct file *file)
{
	hsm_vm_free(file->private_data);
	return 0;
}

static long hsm_unlocked_ioctl(struct file *file, unsigned int cmd,
			       unsigned long arg)
{
	return hsm_ioctl(file->private_data, cmd, arg);
}

static const struct file_operations hsm_fops = {
	.owner = THIS_MODULE,
	.open = hsm_open,
	.release = hsm_release,
	.unlocked_ioctl = hsm_unlocked_ioctl,
};

static ssize_t hsm_store_cpu(const char *buf, size_t count,
			     int (*action)(unsigned int cpu))
{
	unsigned int cpu;
	int ret = kstrtouint(buf, 0, &cpu);

	if (!ret)
		ret = action(cpu);
	return ret ? ret : (ssize_t)count;
}

static ssize_t remove_cpu_store(struct device *dev,
				struct device_attribute *attr, const char *buf,
				size_t count)
{
	return hsm_store_cpu(buf, count, hsm_cpu_hand_over);
}
static DEVICE_ATTR_WO(remove_cpu);

static ssize_t return_cpu_store(struct device *dev,
				struct device_attribute *attr, const char *buf,
				size_t count)
{
	return hsm_store_cpu(buf, count, hsm_cpu_take_back);
}
static DEVICE_ATTR_WO(return_cpu);

static ssize_t cpus_taken_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return hsm_cpu_print_taken(buf);
}
static DEVICE_ATTR_RO(cpus_taken);

static ssize_t pinned_pages_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%ld\n", hsm_object_count(HOLM_OBJECT_PAGE));
}
static DEVICE_ATTR_RO(pinned_pages);

static ssize_t vms_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%ld\n", hsm_object_count(HOLM_OBJECT_VM));
}
static DEVICE_ATTR_RO(vms);

static ssize_t upcalls_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%lld\n",
			  (long long)atomic64_read(&hsm_stat.upcalls));
}
static DEVICE_ATTR_RO(upcalls);

static ssize_t upcalls_late_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lld\n",
			  (long long)atomic64_read(&hsm_stat.upcalls_late));
}
static DEVICE_ATTR_RO(upcalls_late);

static ssize_t requests_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%lld\n",
			  (long long)atomic64_read(&hsm_stat.requests));
}
static DEVICE_ATTR_RO(requests);

static struct attribute *hsm_attrs[] = {
	&dev_attr_remove_cpu.attr,
	&dev_attr_return_cpu.attr,
	&dev_attr_cpus_taken.attr,
	&dev_attr_pinned_pages.attr,
	&dev_attr_vms.attr,
	&dev_attr_upcalls.attr,
	&dev_attr_requests.attr,
	&dev_attr_upcalls_late.attr,
	NULL,
};

static const struct attribute_group hsm_group = { .attrs = hsm_attrs };

static const struct attribute_group *hsm_groups[] = {
	&hsm_group,
	&hsm_object_group,
	NULL,
};

static struct miscdevice hsm_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "acrn_hsm",
	.fops = &hsm_fops,
	.groups = hsm_groups,
	.mode = 0600,
};

/* Only Holm knows the query: ACRN has no such call. */
static int hsm_find_holm(void)
{
	struct holm_info *info = kzalloc(sizeof(*info), GFP_KERNEL);
	u32 len;
	int ret;

	if (!info)
		return -ENOMEM;
	ret = hsm_query(HOLM_QUERY_INFO, 0, info, sizeof(*info), &len);
	holm_found = !ret;
	if (!ret)
		pr_info("Holm %u.%u.%u, %u CPUs\n", info->version >> 16,
			(info->version >> 8) & 0xff, info->version & 0xff,
			info->ncpus);
	else
		pr_info("a hypervisor of ACRN's interface\n");
	kfree(info);
	return 0;
}

static int hsm_register(void)
{
	int ret = hsm_query_register();

	if (ret)
		return ret;
	ret = misc_register(&hsm_dev);
	if (ret)
		hsm_query_unregister();
	return ret;
}

static void hsm_unregister(void)
{
	misc_deregister(&hsm_dev);
	hsm_query_unregister();
}

/* What is started in this order is ended in the reverse one. */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} hsm_parts[] = {
	{ hsm_detect, NULL },
	{ hsm_find_holm, NULL },
	{ hsm_ioreq_init, hsm_ioreq_exit },
	{ hsm_irqfd_init, hsm_irqfd_exit },
	{ hsm_cpu_init, hsm_cpu_exit },
	{ hsm_upcall_init, hsm_upcall_exit },
	{ hsm_cell_pci_init, hsm_cell_pci_exit },
	{ hsm_register, hsm_unregister },
};

static void hsm_parts_exit(size_t n)
{
	while (n--) {
		if (hsm_parts[n].exit)
			hsm_parts[n].exit();
	}
}

static int __init hsm_init(void)
{
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(hsm_parts); i++) {
		ret = hsm_parts[i].init();
		if (ret) {
			hsm_parts_exit(i);
			return ret;
		}
	}
	return 0;
}

static void __exit hsm_exit(void)
{
	hsm_parts_exit(ARRAY_SIZE(hsm_parts));
}

module_init(hsm_init);
module_exit(hsm_exit);

MODULE_DESCRIPTION("Holm and ACRN hypervisor service module");
MODULE_LICENSE("Dual BSD/GPL");
