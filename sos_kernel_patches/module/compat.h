/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Where kernels differ: everything that depends on a version stands here. */
#ifndef HSM_COMPAT_H
#define HSM_COMPAT_H

#include <linux/eventfd.h>
#include <linux/irqnr.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/smp.h>
#include <linux/version.h>

#if IS_ENABLED(CONFIG_ACRN_GUEST)
#include <asm/acrn.h>

static inline int hsm_compat_vector_install(void (*handler)(void))
{
	acrn_setup_intr_handler(handler);
	return 0;
}

static inline void hsm_compat_vector_remove(void)
{
	acrn_remove_intr_handler();
}
#else
static inline int hsm_compat_vector_install(void (*handler)(void))
{
	return -ENODEV;
}

static inline void hsm_compat_vector_remove(void)
{
}
#endif

static inline void hsm_compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/* Make another CPU look up from its halt. */
static inline void hsm_compat_kick_cpu(int cpu)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	arch_smp_send_reschedule(cpu);
#else
	smp_send_reschedule(cpu);
#endif
}

/* Numbers of interrupts are below it. */
static inline unsigned int hsm_compat_nr_irqs(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	return irq_get_nr_irqs();
#else
	return nr_irqs;
#endif
}

/*
 * The page frame a PFNMAP mapping has at @addr and whether it may be written.
 * The caller holds the mmap lock. -EINVAL when nothing is mapped there.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
static inline int hsm_compat_pfn(struct vm_area_struct *vma, unsigned long addr,
				 unsigned long *pfn, bool *writable)
{
	struct follow_pfnmap_args args = { .vma = vma, .address = addr };

	if (follow_pfnmap_start(&args))
		return -EINVAL;
	*pfn = args.pfn;
	*writable = args.writable;
	follow_pfnmap_end(&args);
	return 0;
}
#else
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define hsm_compat_pte_owner(vma) (vma)
#else
#define hsm_compat_pte_owner(vma) ((vma)->vm_mm)
#endif

static inline int hsm_compat_pfn(struct vm_area_struct *vma, unsigned long addr,
				 unsigned long *pfn, bool *writable)
{
	spinlock_t *ptl;
	pte_t *pte;

	if (follow_pte(hsm_compat_pte_owner(vma), addr, &pte, &ptl))
		return -EINVAL;
	*pfn = pte_pfn(*pte);
	*writable = pte_write(*pte);
	pte_unmap_unlock(pte, ptl);
	return 0;
}
#endif

/*
 * Which driver alone may bind a function. It moved to struct device in the
 * midst of stable series: Kbuild looks where it is.
 */
#ifdef HSM_DEVICE_OVERRIDE
static inline bool hsm_compat_has_override(struct pci_dev *dev)
{
	return device_has_driver_override(&dev->dev);
}

/* An empty @name: any may. */
static inline int hsm_compat_set_override(struct pci_dev *dev, const char *name)
{
	return device_set_driver_override(&dev->dev, name);
}
#else
static inline bool hsm_compat_has_override(struct pci_dev *dev)
{
	bool has;

	device_lock(&dev->dev);
	has = dev->driver_override;
	device_unlock(&dev->dev);
	return has;
}

static inline int hsm_compat_set_override(struct pci_dev *dev, const char *name)
{
	return driver_set_override(&dev->dev, &dev->driver_override, name,
				   strlen(name));
}
#endif

#endif
