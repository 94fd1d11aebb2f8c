/* SPDX-License-Identifier: BSD-2-Clause */
#include "launch/linux_boot.h"

#include "arch/x86/asm.h"
#include "core/log.h"
#include "launch/linux_params.h"
#include "lib/string.h"
#include "mem/physmap.h"

#define SECTOR         512U
#define BOOT_FLAG      0xaa55
#define HEADER_MAGIC   0x53726448 /* "HdrS" */
#define VERSION_MIN    0x20a      /* init_size and pref_address */
#define LOADED_HIGH    0x01
#define LOADER_UNKNOWN 0xff
#define PAYLOAD_BASE   MIB(1)

/* One low page each, in this order. */
enum low_page { LOW_PARAMS, LOW_CMDLINE, LOW_GDT, LOW_PAGES };

static const u64 flat_gdt[] = {
	0,
	0,
	0x00cf9b000000ffff,
	0x00cf93000000ffff,
};

#define SCRATCH_ENTRIES (BOOT_E820_MAX + 8)

static const char long_map[] = "the memory map has more entries than fit";

struct plan {
	const struct boot_module *kernel, *initrd;
	struct setup_header h;
	u64 setup_size; /* bytes of the file before the payload */
	u64 load;       /* where the payload goes */
	u64 initrd_to;
	u64 low;   /* first of the low pages */
	u64 extra; /* what does not fit into boot_params */
	const char *cmdline;
};

static const char *check_header(struct plan *p)
{
	const struct setup_header *h = &p->h;

	if (p->kernel->size < SETUP_HEADER_AT + sizeof(*h))
		return "the first module is too short for a Linux kernel";
	physmap_read(&p->h, HPA(p->kernel->base + SETUP_HEADER_AT),
		     sizeof(p->h));
	if (h->boot_flag != BOOT_FLAG || h->header != HEADER_MAGIC)
		return "the first module is not a Linux kernel (bzImage)";
	if (h->version < VERSION_MIN || !(h->loadflags & LOADED_HIGH))
		return "the kernel is too old: its boot protocol is below 2.10";
	p->setup_size =
		((h->setup_sects ? h->setup_sects : 4) + 1U) * (u64)SECTOR;
	if (p->setup_size >= p->kernel->size)
		return "the kernel is cut short";
	/* It is moved there whole: what init_size names must hold it. */
	if (p->kernel->size - p->setup_size > h->init_size)
		return "the kernel is longer than the memory it asks for";
	return NULL;
}

/* QEMU passes the file's name before the arguments, GRUB does not. */
static const char *kernel_args(const char *text)
{
	const char *end = strchr(text, ' ');
	size_t n = end ? (size_t)(end - text) : strlen(text);
	bool slash = false;

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '=')
			return text;
		slash |= text[i] == '/';
	}
	if (!slash)
		return text;
	return end ? end + 1 : text + n;
}

static const char *place_kernel(struct plan *p, const struct e820 *map)
{
	u64 align = p->h.kernel_alignment;

	p->load = p->h.pref_address;
	if (e820_is_ram(map, p->load, p->h.init_size))
		return NULL;
	if (!p->h.relocatable_kernel || !align || (align & (align - 1)) ||
	    e820_alloc_top(map, p->h.init_size, align, PAYLOAD_BASE, GIB(4),
			   &p->load))
		return "no memory is free where the kernel can run";
	return NULL;
}

/* Neither where the kernel will be, nor where it still is. */
static int cut_kernel(const struct plan *p, struct e820 *m)
{
	u64 src = align_down(p->kernel->base, PAGE_SIZE);
	u64 src_end = align_up(p->kernel->base + p->kernel->size, PAGE_SIZE);
	int rc = e820_cut(m, p->load, align_up(p->h.init_size, PAGE_SIZE));

	return rc ? rc : e820_cut(m, src, src_end - src);
}

/* The kernel's decompressor looks for the initrd below initrd_addr_max. */
static const char *place_initrd(struct plan *p, struct e820 *m)
{
	u64 size;

	if (!p->initrd)
		return NULL;
	size = align_up(p->initrd->size, PAGE_SIZE);
	if (e820_alloc_top(m, size, PAGE_SIZE, PAYLOAD_BASE,
			   (u64)p->h.initrd_addr_max + 1, &p->initrd_to))
		return "no memory is free for the initrd";
	return e820_cut(m, p->initrd_to, size) ? long_map : NULL;
}

/* After the kernel, which may want one certain place. */
static const char *place_others(struct plan *p, const struct boot_info *bi,
				const struct e820 *map)
{
	static struct e820_entry buf[SCRATCH_ENTRIES];
	u64 extra = linux_params_extra(bi, map);
	const char *why;
	struct e820 m;

	e820_init(&m, buf, SCRATCH_ENTRIES);
	if (e820_copy(&m, &bi->free) || cut_kernel(p, &m))
		return long_map;
	why = place_initrd(p, &m);
	if (why)
		return why;
	if (extra && e820_alloc_top(&m, align_up(extra, PAGE_SIZE), PAGE_SIZE,
				    PAYLOAD_BASE, GIB(4), &p->extra))
		return "no memory is free for the kernel's memory map";
	if (e820_alloc_top(&m, LOW_PAGES * PAGE_SIZE, PAGE_SIZE, PAGE_SIZE,
			   MIB(1), &p->low))
		return "no memory below 1 MiB for the kernel's parameters";
	return NULL;
}

static const char *check_cmdline(const struct plan *p)
{
	size_t len = strlen(p->cmdline);

	if (len > p->h.cmdline_size || len >= PAGE_SIZE)
		return "the kernel's command line is too long";
	return NULL;
}

static hpa_t low_page(const struct plan *p, enum low_page n)
{
	return HPA(p->low + n * PAGE_SIZE);
}

static void write_low_pages(struct plan *p, const struct boot_info *bi,
			    const struct e820 *map)
{
	p->h.type_of_loader = LOADER_UNKNOWN;
	p->h.code32_start = (u32)p->load;
	p->h.cmd_line_ptr = (u32)low_page(p, LOW_CMDLINE).v;
	p->h.ramdisk_image = (u32)p->initrd_to;
	p->h.ramdisk_size = p->initrd ? (u32)p->initrd->size : 0;
	physmap_zero(low_page(p, LOW_PARAMS), LOW_PAGES * PAGE_SIZE);
	linux_params_write(low_page(p, LOW_PARAMS), HPA(p->extra), &p->h, bi,
			   map);
	physmap_write(low_page(p, LOW_CMDLINE), p->cmdline,
		      strlen(p->cmdline) + 1);
	physmap_write(low_page(p, LOW_GDT), flat_gdt, sizeof(flat_gdt));
}

static void move_modules(const struct plan *p)
{
	/* In this order: the kernel's new place may hold the initrd's old. */
	if (p->initrd)
		physmap_move(HPA(p->initrd_to), HPA(p->initrd->base),
			     p->initrd->size);
	physmap_move(HPA(p->load), HPA(p->kernel->base + p->setup_size),
		     p->kernel->size - p->setup_size);
}

const char *linux_load(const struct boot_info *bi, const struct e820 *map,
		       struct linux_image *out)
{
	struct plan p = {
		.kernel = &bi->module[0],
		.initrd = bi->nmodules > 1 ? &bi->module[1] : NULL,
	};
	const char *why;

	if (!bi->nmodules)
		return "no kernel: the first boot module must be the Service "
		       "VM's";
	p.cmdline = kernel_args(bi->module[0].cmdline);
	why = check_header(&p);
	if (!why)
		why = check_cmdline(&p);
	if (!why)
		why = place_kernel(&p, &bi->free);
	if (!why)
		why = place_others(&p, bi, map);
	if (why)
		return why;
	move_modules(&p);
	write_low_pages(&p, bi, map);
	log_info("Service VM kernel at %lx, initrd at %lx (%u KiB), '%s'",
		 p.load, p.initrd_to, p.h.ramdisk_size >> 10, p.cmdline);
	out->entry = p.load;
	out->boot_params = low_page(&p, LOW_PARAMS).v;
	out->gdt = low_page(&p, LOW_GDT).v;
	return NULL;
}

#define ATTR_FLAT_CODE 0xc9b
#define ATTR_FLAT_DATA 0xc93
#define ATTR_TSS       0x08b

void linux_entry_state(const struct linux_image *img, struct guest_regs *regs,
		       struct guest_sregs *sregs)
{
	const struct guest_seg data = { 0x18, ATTR_FLAT_DATA, ~0U, 0 };

	for (u32 i = SEG_ES; i <= SEG_GS; i++)
		sregs->seg[i] = data;
	sregs->seg[SEG_CS] = (struct guest_seg){ 0x10, ATTR_FLAT_CODE, ~0U, 0 };
	sregs->seg[SEG_GDTR].base = img->gdt;
	sregs->seg[SEG_GDTR].limit = sizeof(flat_gdt) - 1;
	sregs->seg[SEG_TR].attr = ATTR_TSS;
	sregs->cr0 = CR0_PE | CR0_ET;
	memset(regs, 0, sizeof(*regs));
	regs->rip = img->entry;
	regs->rflags = RFLAGS_FIXED;
	regs->gpr[GPR_RSI] = img->boot_params;
}
