/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI device of the cell's own, which interrupts by messages: QEMU's `edu`
 * by MSI, or Intel's 82574L (`e1000e`) by MSI-X. Words: times=N (10);
 * mmconfig: configuration by memory, not by ports.
 */
#include "lib/pci.h"

#include "lib/cmdline.h"
#include "lib/inmate.h"
#include "lib/print.h"
#include "lib/trap.h"

/* QEMU, docs/specs/edu.rst */
#define EDU       0x11e81234U
#define EDU_LIVE  0x04
#define EDU_RAISE 0x60
#define EDU_ACK   0x64

/* Intel 82574 data sheet, 10.2 */
#define NIC           0x10d38086U
#define NIC_CTRL_EXT  0x18
#define NIC_ICR       0xc0
#define NIC_ICS       0xc8
#define NIC_IMS       0xd0
#define NIC_EIAC      0xdc
#define NIC_IVAR      0xe4
#define NIC_RXQ0      BIT32(20)
#define NIC_IVAR_RXQ0 BIT32(3)  /* vector 0, valid */
#define NIC_PBA_CLR   BIT32(31) /* MSI-X clears its pending bits */

struct kind {
	u32 id;
	const char *name, *how;
	bool (*begin)(u32 bdf);
	void (*ask)(void);
	void (*answered)(void);
};

static word regs;
static volatile u32 came;
static const struct kind *kind;

static bool edu_begin(u32 bdf)
{
	write32(regs + EDU_LIVE, 0x12345678);
	return read32(regs + EDU_LIVE) == ~0x12345678U &&
	       pci_msi(bdf, VECTOR_DEVICE);
}

static void edu_ask(void)
{
	write32(regs + EDU_RAISE, 1);
}

static void edu_answered(void)
{
	write32(regs + EDU_ACK, 1);
}

static bool nic_begin(u32 bdf)
{
	if (!pci_msix(bdf, 0, VECTOR_DEVICE))
		return false;
	write32(regs + NIC_CTRL_EXT, read32(regs + NIC_CTRL_EXT) | NIC_PBA_CLR);
	write32(regs + NIC_IVAR, NIC_IVAR_RXQ0);
	write32(regs + NIC_EIAC, NIC_RXQ0);
	write32(regs + NIC_IMS, NIC_RXQ0);
	return true;
}

static void nic_ask(void)
{
	write32(regs + NIC_ICS, NIC_RXQ0);
}

static void nic_answered(void)
{
	write32(regs + NIC_ICR, NIC_RXQ0);
	write32(regs + NIC_IMS, NIC_RXQ0);
}

static const struct kind kinds[] = {
	{ EDU, "edu", "MSI", edu_begin, edu_ask, edu_answered },
	{ NIC, "82574L", "MSI-X", nic_begin, nic_ask, nic_answered },
};

static void tell(void)
{
	kind->answered();
	came++;
}

static u32 find(void)
{
	u32 bdf = 0, id;

	while ((bdf = pci_next(bdf, &id)) != PCI_NONE) {
		for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
			kind = &kinds[i];
			if (kind->id == id)
				return bdf;
		}
		bdf++;
	}
	return PCI_NONE;
}

static bool begin(void)
{
	u32 bdf;

	if (cmdline_has("mmconfig") && !pci_use_mmconfig()) {
		print("pci: no configuration by memory\n");
		return false;
	}
	bdf = find();
	if (bdf == PCI_NONE) {
		print("pci: no device that this demo knows\n");
		return false;
	}
	pci_enable(bdf);
	regs = pci_bar(bdf, 0);
	trap_set(VECTOR_DEVICE, tell);
	if (!regs || !kind->begin(bdf)) {
		print("pci: %s at %x does not work\n", kind->name, bdf);
		return false;
	}
	print("pci: %s at %x, BAR 0 at %lx, %s\n", kind->name, bdf, regs,
	      kind->how);
	return true;
}

void inmate_main(void)
{
	const u32 times = (u32)cmdline_number("times", 10);

	if (!begin())
		return;
	for (u32 i = 0; i < times; i++) {
		kind->ask();
		while (came == i) {
			irqs_wait();
			irqs_off();
			inmate_serve();
		}
	}
	print("pci: %u interrupts\npci: done\n", came);
}
