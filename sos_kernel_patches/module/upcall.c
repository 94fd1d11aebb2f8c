/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * How the hypervisor calls. Any kernel can take the MSI-X vector of Holm's
 * small PCI function; where there is none, a kernel built for ACRN has a
 * vector of its own.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/printk.h>

#include "abi/holm.h"
#include "compat.h"
#include "hsm.h"

static atomic_t upcall_functions = ATOMIC_INIT(0);
static bool upcall_by_vector;

static irqreturn_t upcall_interrupt(int irq, void *data)
{
	hsm_ioreq_upcall();
	return IRQ_HANDLED;
}

static int upcall_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	/* An MSI is a write by the device. */
	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSIX);
	if (ret < 0)
		goto no_master;
	ret = request_irq(pci_irq_vector(pdev, 0), upcall_interrupt, 0,
			  "acrn_hsm", pdev);
	if (ret)
		goto no_vectors;

	atomic_inc(&upcall_functions);
	hsm_object_add(HOLM_OBJECT_UPCALL, 1);
	return 0;

no_vectors:
	pci_free_irq_vectors(pdev);
no_master:
	pci_clear_master(pdev);
	dev_err(&pdev->dev, "no MSI-X vector for upcalls: %d\n", ret);
	return ret;
}

static void upcall_remove(struct pci_dev *pdev)
{
	atomic_dec(&upcall_functions);
	hsm_object_add(HOLM_OBJECT_UPCALL, -1);
	free_irq(pci_irq_vector(pdev, 0), pdev);
	pci_free_irq_vectors(pdev);
	pci_clear_master(pdev);
}

static const struct pci_device_id upcall_ids[] = {
	{ PCI_DEVICE(HOLM_PCI_VENDOR, HOLM_PCI_DEVICE) }, {}
};
MODULE_DEVICE_TABLE(pci, upcall_ids);

static struct pci_driver upcall_driver = {
	.name = "acrn_hsm",
	.id_table = upcall_ids,
	.probe = upcall_probe,
	.remove = upcall_remove,
	.driver.suppress_bind_attrs = true,
};

/**
 * hsm_upcall_init() - be called from now on
 *
 * Return: 0, or -ENODEV when the hypervisor has no way to call this kernel.
 */
int hsm_upcall_init(void)
{
	int ret = pci_register_driver(&upcall_driver);

	if (ret)
		return ret;
	if (atomic_read(&upcall_functions))
		return 0;

	ret = hsm_compat_vector_install(hsm_ioreq_upcall);
	if (ret) {
		pr_err("no way to be called: no PCI function %04x:%04x, and "
		       "this kernel has no ACRN vector\n",
		       HOLM_PCI_VENDOR, HOLM_PCI_DEVICE);
		pci_unregister_driver(&upcall_driver);
		return ret;
	}
	upcall_by_vector = true;
	return 0;
}

/**
 * hsm_upcall_exit() - no upcall after this
 */
void hsm_upcall_exit(void)
{
	if (upcall_by_vector)
		hsm_compat_vector_remove();
	pci_unregister_driver(&upcall_driver);
}
