/* SPDX-License-Identifier: BSD-2-Clause */
/* How the Service VM learns of requests: the PCI function, or a vector. */
#include "kit/apic.h"
#include "kit/blobs.h"
#include "kit/pci.h"
#include "kit/smp.h"
#include "kit/test.h"

#define RAM           MIB(4)
#define VEC_MSIX      0x61
#define VEC_PLAIN     0xf3
#define VEC_OTHER     0x62
#define ID            (HOLM_PCI_VENDOR | HOLM_PCI_DEVICE << 16)
#define CLASS         0x0880
#define BAR_FIRST     0xc0000000U
#define BAR_SECOND    0xc8765000U
#define ECAM_DEFAULT  0xb0000000UL /* where q35's firmware puts it */
#define BRIDGE_Q35    0x29c08086
#define BRIDGE_I440FX 0x12378086 /* has no memory-mapped config space */
#define SETTLE_US     5000

static u32 fn, cap;

static volatile u32 *reg_at(u64 addr)
{
	return (volatile u32 *)(uintptr_t)addr;
}

static volatile u32 *ecam(u32 reg)
{
	return reg_at(ECAM_DEFAULT + (u64)fn * PAGE_SIZE + reg);
}

static void is_found(void)
{
	fn = pci_find(ID);
	if (!check(fn != ~0U, "no function %08x", ID))
		test_abort("nothing to test");
	check_eq(pci_read(fn, PCI_CLASS) >> 16, CLASS, "class");
	cap = pci_capability(fn, PCI_CAP_MSIX);
	check(cap != 0, "no MSI-X capability");
	check_eq(pci_read(fn, cap) >> 16 & 0x7ff, 0, "table size - 1");
	check_eq(pci_read(fn, cap + 4), HOLM_PCI_MSIX_TABLE, "table");
	check_eq(pci_read(fn, cap + 8), HOLM_PCI_MSIX_PBA, "pending bits");
	check_eq(pci_read(fn, PCI_COMMAND) >> 16 & 0x10, 0x10, "caps bit");
}

/* The neighbours are the machine's own. */
static void others_are_untouched(void)
{
	u32 bridge = pci_read(0, PCI_VENDOR);

	check(bridge == BRIDGE_Q35 || bridge == BRIDGE_I440FX,
	      "host bridge: %08x", bridge);
	check_eq(pci_read(fn + 1, PCI_VENDOR), 0xffffffff, "function 1");
}

static void port_widths(void)
{
	x86_outl(0xcf8, 0x80000000 | fn << 8);
	check_eq(x86_inw(0xcfc), HOLM_PCI_VENDOR, "word");
	check_eq(x86_inw(0xcfe), HOLM_PCI_DEVICE, "upper word");
	check_eq(x86_inb(0xcfd), HOLM_PCI_VENDOR >> 8, "byte");
	check_eq(x86_inl(0xcf8), 0x80000000 | fn << 8, "address");
	x86_outl(0xcf8, 0x80000000 | fn << 8 | PCI_COMMAND);
	x86_outb(0xcfc, PCI_MASTER);
	check_eq(x86_inb(0xcfc), PCI_MASTER, "a byte written");
	x86_outw(0xcfc, 0);
	check_eq(pci_read(fn, PCI_COMMAND) & 0xffff, 0, "a word written");
	x86_outl(0xcf8, fn << 8);
	check(x86_inl(0xcfc) != ID, "answers without the enable bit");
}

static void ids_are_read_only(void)
{
	pci_write(fn, PCI_VENDOR, 0);
	pci_write(fn, PCI_CLASS, 0);
	pci_write(fn, cap + 4, ~0U);
	check_eq(pci_read(fn, PCI_VENDOR), ID, "id");
	check_eq(pci_read(fn, PCI_CLASS) >> 16, CLASS, "class");
	check_eq(pci_read(fn, cap + 4), HOLM_PCI_MSIX_TABLE, "table");
}

static void ecam_is_the_same(void)
{
	if (pci_read(0, PCI_VENDOR) == BRIDGE_I440FX)
		return;
	if (!check(*ecam(PCI_VENDOR) == ID, "%08x at the ECAM page",
		   *ecam(PCI_VENDOR)))
		return;
	for (u32 reg = 0; reg < 0x100; reg += 4)
		check_eq(*ecam(reg), pci_read(fn, reg), "register %x", reg);
	*ecam(PCI_COMMAND) = PCI_MASTER;
	check_eq(pci_read(fn, PCI_COMMAND) & 0xffff, PCI_MASTER,
		 "written by memory");
	check_eq(*(volatile u8 *)ecam(1), HOLM_PCI_VENDOR >> 8, "a byte");
	check_eq(*ecam(0x100), 0, "no extended capabilities");
	*ecam(PCI_COMMAND) = 0;
}

static void bar_is_sized(void)
{
	pci_write(fn, PCI_BAR0, ~0U);
	check_eq(pci_read(fn, PCI_BAR0), 0xfffff000, "4 KiB, 32-bit memory");
	for (u32 i = 1; i < 6; i++) {
		pci_write(fn, PCI_BAR0 + 4 * i, ~0U);
		check_eq(pci_read(fn, PCI_BAR0 + 4 * i), 0, "BAR %u", i);
	}
	pci_write(fn, PCI_BAR0, BAR_FIRST);
	check_eq(pci_read(fn, PCI_BAR0), BAR_FIRST, "what was written");
}

static void set_entry(u64 bar, u8 vector, u32 control)
{
	*reg_at(bar) = 0xfee00000 | kcpu_get(0)->lapic_id << 12;
	*reg_at(bar + 4) = 0;
	*reg_at(bar + 8) = vector;
	*reg_at(bar + 12) = control;
}

static void bar_moves(void)
{
	pci_write(fn, PCI_BAR0, BAR_FIRST);
	pci_write(fn, PCI_COMMAND, PCI_MEMORY);
	check_eq(*reg_at(BAR_FIRST + 12), MSIX_MASKED, "masked at reset");
	set_entry(BAR_FIRST, VEC_MSIX, MSIX_MASKED);
	check_eq(*reg_at(BAR_FIRST + 8), VEC_MSIX, "data");
	pci_write(fn, PCI_COMMAND, 0);
	pci_write(fn, PCI_BAR0, BAR_SECOND);
	pci_write(fn, PCI_COMMAND, PCI_MEMORY);
	check_eq(*reg_at(BAR_SECOND + 8), VEC_MSIX, "data at the new place");
	check(*reg_at(BAR_FIRST + 8) != VEC_MSIX, "still at the old place");
	check_eq(*reg_at(BAR_SECOND + HOLM_PCI_MSIX_PBA), 0, "pending bits");
	check_eq(*reg_at(BAR_SECOND + 0x20), 0, "there is one entry");
}

/* A BAR in RAM, on Holm, on the LAPIC: the machine must stay as it is. */
static void bar_in_wrong_places(void)
{
	const u64 places[] = { MIB(128),   hc_info().hv_base,
			       0xfee00000, 0xfec00000,
			       0,          ECAM_DEFAULT };

	u64 ram = hc_vm(0).mem_bytes;

	*reg_at(MIB(128) + 8) = 0xabcd1234;
	pci_write(fn, PCI_COMMAND, PCI_MEMORY);
	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		pci_write(fn, PCI_BAR0, (u32)places[i]);
		check_eq(*reg_at(MIB(128) + 8), 0xabcd1234, "RAM, place %u", i);
		check_eq(*reg_at(hc_info().hv_base), 0xffffffff, "Holm");
		check_eq(apic_id(), kcpu_get(0)->lapic_id, "LAPIC");
	}
	pci_write(fn, PCI_BAR0, BAR_SECOND);
	check_eq(*reg_at(BAR_SECOND + 8), VEC_MSIX, "back in its place");
	check_eq(hc_vm(0).mem_bytes, ram, "RAM of the Service VM");
}

/* A User VM's request, and then the vectors that came. */
static u32 came(u8 vector)
{
	return kcpu_irqs(kcpu_get(0), vector);
}

static bool request(struct dm_vm *vm)
{
	ram_free_all();
	if (!dm_take_cpus(1) || !dm_make(vm, 1, RAM))
		return false;
	{
		struct acrn_abi_vcpu_regs regs = dm_regs_long(vm, 0, BLOB_AT);

		blob_load(vm, request);
		check_eq(dm_set_regs(vm, &regs), 0, "registers");
	}
	check_eq(dm_call(HC_START_VM, vm), 0, "start");
	return check(dm_wait_request(vm, 0), "no request");
}

static void no_request(struct dm_vm *vm)
{
	check_eq(dm_call(HC_DESTROY_VM, vm), 0, "destroy");
}

static void expect(u8 vector, u32 before, u32 n, const char *when)
{
	if (n)
		WAIT_FOR(came(vector) - before >= n);
	delay_us(SETTLE_US);
	check_eq(came(vector) - before, n, "%s: vector %x", when, vector);
}

static void plain_vector_without_msix(void)
{
	u32 plain = came(VEC_PLAIN), msix = came(VEC_MSIX);
	struct dm_vm vm;

	irq_enable();
	if (!request(&vm))
		return;
	expect(VEC_PLAIN, plain, 1, "MSI-X off");
	expect(VEC_MSIX, msix, 0, "MSI-X off");
	no_request(&vm);
}

static void plain_vector_is_chosen(void)
{
	u32 plain = came(VEC_PLAIN), other = came(VEC_OTHER);
	struct dm_vm vm;

	check_eq(hypercall(HC_SET_CALLBACK_VECTOR, VEC_OTHER, 0), 0, "set");
	if (request(&vm)) {
		expect(VEC_OTHER, other, 1, "chosen");
		expect(VEC_PLAIN, plain, 0, "not chosen");
		no_request(&vm);
	}
	check_eq(hypercall(HC_SET_CALLBACK_VECTOR, VEC_PLAIN, 0), 0, "back");
}

static void msix_masked_waits(void)
{
	u32 plain = came(VEC_PLAIN), msix = came(VEC_MSIX);
	struct dm_vm vm;

	pci_write(fn, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	set_entry(BAR_SECOND, VEC_MSIX, MSIX_MASKED);
	pci_write(fn, cap, MSIX_ENABLE);
	if (!request(&vm))
		return;
	expect(VEC_MSIX, msix, 0, "masked");
	expect(VEC_PLAIN, plain, 0, "masked");
	set_entry(BAR_SECOND, VEC_MSIX, 0);
	expect(VEC_MSIX, msix, 1, "unmasked");
	no_request(&vm);
}

static void function_mask_waits(void)
{
	u32 msix = came(VEC_MSIX);
	struct dm_vm vm;

	pci_write(fn, cap, MSIX_ENABLE | MSIX_MASK_ALL);
	if (!request(&vm))
		return;
	expect(VEC_MSIX, msix, 0, "masked");
	pci_write(fn, cap, MSIX_ENABLE);
	expect(VEC_MSIX, msix, 1, "unmasked");
	no_request(&vm);
}

static void no_master_waits(void)
{
	u32 msix = came(VEC_MSIX);
	struct dm_vm vm;

	pci_write(fn, PCI_COMMAND, PCI_MEMORY);
	if (!request(&vm))
		return;
	expect(VEC_MSIX, msix, 0, "no bus master");
	pci_write(fn, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	expect(VEC_MSIX, msix, 1, "bus master");
	no_request(&vm);
}

static void msix_fires(void)
{
	u32 plain = came(VEC_PLAIN), msix = came(VEC_MSIX);
	struct dm_vm vm;

	for (u32 i = 1; i <= 5; i++) {
		if (!request(&vm))
			return;
		expect(VEC_MSIX, msix, i, "on");
		no_request(&vm);
	}
	expect(VEC_PLAIN, plain, 0, "on");
}

static void msix_off_again(void)
{
	u32 plain = came(VEC_PLAIN);
	struct dm_vm vm;

	pci_write(fn, cap, 0);
	if (!request(&vm))
		return;
	expect(VEC_PLAIN, plain, 1, "off again");
	no_request(&vm);
}

/* clang-format off */
const struct test tests[] = {
	{ "is_found", is_found },
	{ "others_are_untouched", others_are_untouched },
	{ "port_widths", port_widths },
	{ "ids_are_read_only", ids_are_read_only },
	{ "ecam_is_the_same", ecam_is_the_same },
	{ "bar_is_sized", bar_is_sized },
	{ "bar_moves", bar_moves },
	{ "bar_in_wrong_places", bar_in_wrong_places },
	{ "plain_vector_without_msix", plain_vector_without_msix },
	{ "plain_vector_is_chosen", plain_vector_is_chosen },
	{ "msix_masked_waits", msix_masked_waits },
	{ "function_mask_waits", function_mask_waits },
	{ "no_master_waits", no_master_waits },
	{ "msix_fires", msix_fires },
	{ "msix_off_again", msix_off_again },
	{ NULL, NULL },
};
/* clang-format on */
