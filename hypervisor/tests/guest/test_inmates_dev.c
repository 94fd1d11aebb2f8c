/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo inmate that has a PCI function of its own. */
#include "kit/celldesc.h"
#include "kit/hc.h"
#include "kit/inmate.h"
#include "kit/test.h"

/* Messages of a device of its own: set up with exits, taken without. */
static void messages(u32 bdf, const char *line, const char *text)
{
	u64 exits;
	u32 id;

	inmate_describe(1, 0);
	desc_add_pci(bdf);
	id = inmate_begin(IMAGE(pci), line);
	inmate_says(id, text);
	exits = hc_cpu(1).exits;
	inmate_says(id, "pci: 2000 interrupts");
	check(hc_cpu(1).exits - exits < 1000, "%llu exits",
	      (unsigned long long)(hc_cpu(1).exits - exits));
	inmate_finish(id);
}

static void msi(void)
{
	cell_take_cpu(1);
	messages(0x28, "times=2000", "pci: edu at 28");
}

static void msix(void)
{
	messages(0x30, "times=2000", "pci: 82574L at 30");
}

static void msix_by_mmconfig(void)
{
	messages(0x30, "times=2000 mmconfig", "pci: 82574L at 30");
}

/* clang-format off */
const struct test tests[] = {
	{ "msi", msi },
	{ "msix", msix },
	{ "msix_by_mmconfig", msix_by_mmconfig },
	{ NULL, NULL },
};
/* clang-format on */
