/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * PCI functions of cells. Linux's driver is unbound and this one, which does
 * nothing, takes its place: nobody else binds the function while a cell has
 * it. Afterwards its configuration is restored, it is reset where it can be,
 * and its driver is looked for again.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/device.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "abi/holm.h"
#include "cell.h"
#include "compat.h"
#include "hsm.h"

#define STUB_NAME "acrn_hsm_cell"

struct hsm_function {
	struct hsm_hold hold;
	struct pci_dev *dev;
	struct pci_saved_state *state;
	bool had_driver; /* it was bound */
};

/* Bound by name only: the override is the match. */
static int stub_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	return pci_request_regions(dev, STUB_NAME);
}

static void stub_remove(struct pci_dev *dev)
{
	pci_release_regions(dev);
}

static struct pci_driver stub = {
	.name = STUB_NAME,
	.probe = stub_probe,
	.remove = stub_remove,
	/* Nobody unbinds what a cell has. */
	.driver.suppress_bind_attrs = true,
};

static void function_free(struct hsm_function *f)
{
	kfree(f->state);
	pci_dev_put(f->dev);
	hsm_object_free(HOLM_OBJECT_FUNCTION, f);
}

/* The function has no driver: as it was, or none that Linux knows. */
static void function_rebind(struct hsm_function *f)
{
	int ret;

	hsm_compat_set_override(f->dev, "");
	if (!f->had_driver)
		return;
	ret = device_attach(&f->dev->dev);
	if (ret <= 0)
		pci_warn(f->dev,
			 "back from a cell, but no driver takes it: %d\n", ret);
}

static void function_release(struct hsm_hold *hold)
{
	struct hsm_function *f = container_of(hold, struct hsm_function, hold);

	/* Whatever the cell has set; it may be on the bus before the reset. */
	pci_load_saved_state(f->dev, f->state);
	pci_restore_state(f->dev);
	pci_reset_function(f->dev);
	device_release_driver(&f->dev->dev);
	function_rebind(f);
	function_free(f);
}

static const char *function_refuse(struct pci_dev *dev)
{
	if (!dev)
		return "there is none";
	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL ||
	    dev->class >> 16 == PCI_BASE_CLASS_BRIDGE)
		return "a bridge stays the Service VM's";
	if (dev->vendor == HOLM_PCI_VENDOR && dev->device == HOLM_PCI_DEVICE)
		return "it carries Holm's upcalls";
	/* Another cell's, too. */
	if (hsm_compat_has_override(dev))
		return "its driver_override keeps it for somebody else";
	return NULL;
}

/*
 * Quiet, and its state kept; whatever it did for Linux has ended. The override
 * comes first, so that no other driver slips in.
 */
static int function_bind(struct hsm_function *f)
{
	int ret = hsm_compat_set_override(f->dev, STUB_NAME);

	if (ret)
		return ret;
	device_release_driver(&f->dev->dev);
	pci_clear_master(f->dev);
	/* Waits for who looks at the device; a try would do nothing then. */
	pci_reset_function(f->dev);
	pci_save_state(f->dev);
	f->state = pci_store_saved_state(f->dev);
	if (!f->state)
		return -ENOMEM;
	return device_driver_attach(&stub.driver, &f->dev->dev);
}

static int function_take(struct hsm_cell *cell, struct pci_dev *dev)
{
	struct hsm_function *f =
		hsm_object_alloc(HOLM_OBJECT_FUNCTION, sizeof(*f));
	int ret;

	if (!f)
		return -ENOMEM;
	f->dev = pci_dev_get(dev);
	f->had_driver = dev->dev.driver;
	ret = function_bind(f);
	if (!ret)
		return hsm_cell_add_hold(cell, &f->hold, function_release);
	function_rebind(f);
	function_free(f);
	return ret;
}

/**
 * hsm_cell_take_pci() - a record of a PCI function
 * @cell: being made
 * @record: a struct holm_cell_pci
 *
 * Return: 0, -EINVAL for what is no function to be had, another cell's too,
 * -ENOMEM, or why it cannot be held.
 */
int hsm_cell_take_pci(struct hsm_cell *cell,
		      const struct holm_cell_record *record)
{
	const struct holm_cell_pci *r = (const void *)record;
	u32 bdf = r->bdf;
	struct pci_dev *dev = NULL;
	const char *why;
	int ret;

	if (bdf <= U16_MAX)
		dev = pci_get_domain_bus_and_slot(0, bdf >> 8, bdf & 0xff);
	why = function_refuse(dev);
	ret = why ? -EINVAL : function_take(cell, dev);
	if (ret)
		pr_info("cell '%.15s': PCI function %02x:%02x.%x: %s: %d\n",
			HSM_CELL_NAME(cell), bdf >> 8, PCI_SLOT(bdf),
			PCI_FUNC(bdf), why ? why : "cannot be taken from Linux",
			ret);
	pci_dev_put(dev);
	return ret;
}

/**
 * hsm_cell_pci_init() - functions can be taken from now on
 *
 * Return: 0 or a negative errno.
 */
int hsm_cell_pci_init(void)
{
	return pci_register_driver(&stub);
}

/**
 * hsm_cell_pci_exit() - no more
 *
 * No cell is left.
 */
void hsm_cell_pci_exit(void)
{
	pci_unregister_driver(&stub);
}
