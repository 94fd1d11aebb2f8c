/* SPDX-License-Identifier: BSD-2-Clause */
#include "launch/linux_boot.h"

#include "arch/x86/asm.h"
#include "core/log.h"
#include "lib/string.h"
#include "mem/physmap.h"

/* boot.rst, "The real-mode kernel header"; offsets in the file. */
struct setup_header {
	u8 setup_sects; /* 0x1f1 */
	u16 root_flags;
	u32 syssize;
	u16 ram_size;
	u16 vid_mode;
	u16 root_dev;
	u16 boot_flag;
	u16 jump;
	u32 header;
	u16 version;
	u32 realmode_swtch;
	u16 start_sys_seg;
	u16 kernel_version;
	u8 type_of_loader;
	u8 loadflags;
	u16 setup_move_size;
	u32 code32_start;
	u32 ramdisk_image;
	u32 ramdisk_size;
	u32 bootsect_kludge;
	u16 heap_end_ptr;
	u8 ext_loader_ver;
	u8 ext_loader_type;
	u32 cmd_line_ptr;
	u32 initrd_addr_max;
	u32 kernel_alignment;
	u8 relocatable_kernel;
	u8 min_alignment;
	u16 xloadflags;
	u32 cmdline_size;
	u32 hardware_subarch;
	u64 hardware_subarch_data;
	u32 payload_offset;
	u32 payload_length;
	u64 setup_data;
	u64 pref_address;
	u32 init_size;
	u32 handover_offset;
} __packed;

#define HEADER_AT      0x1f1U
#define SECTOR         512U
#define BOOT_FLAG      0xaa55
#define HEADER_MAGIC   0x53726448 /* "HdrS" */
#define VERSION_MIN    0x20a      /* init_size and pref_address */
#define LOADED_HIGH    0x01
#define LOADER_UNKNOWN 0xff
#define PAYLOAD_BASE   MIB(1)

/* boot_params, zero-page.rst */
#define BP_RSDP       0x070
#define BP_E820_COUNT 0x1e8
#define BP_HEADER     HEADER_AT
#define BP_E820       0x2d0
#define BP_E820_MAX   128U

_Static_assert(offsetof(struct setup_header, header) + HEADER_AT == 0x202,
	       "boot.rst");
_Static_assert(offsetof(struct setup_header, cmd_line_ptr) + HEADER_AT == 0x228,
	       "boot.rst");
_Static_assert(offsetof(struct setup_header, init_size) + HEADER_AT == 0x260,
	       "boot.rst");

/* One low page each, in this order. */
enum low_page { LOW_PARAMS, LOW_CMDLINE, LOW_GDT, LOW_PAGES };

static const u64 flat_gdt[] = {
	0,
	0,
	0x00cf9b000000ffff,
	0x00cf93000000ffff,
};

#define SCRATCH_ENTRIES (BOOT_E820_MAX + 8)

struct plan {
	const struct boot_module *kernel, *initrd;
	struct setup_header h;
	u64 setup_size; /* bytes of the file before the payload */
	u64 load;       /* where the payload goes */
	u64 initrd_to;
	u64 low; /* first of the low pages */
	const char *cmdline;
};

static const char *check_header(struct plan *p)
{
	const struct setup_header *h = &p->h;

	if (p->kernel->size < HEADER_AT + sizeof(*h))
		return "the first module is too short for a Linux kernel";
	physmap_read(&p->h, HPA(p->kernel->base + HEADER_AT), sizeof(p->h));
	if (h->boot_flag != BOOT_FLAG || h->header != HEADER_MAGIC)
		return "the first module is not a Linux kernel (bzImage)";
	if (h->version < VERSION_MIN || !(h->loadflags & LOADED_HIGH))
		return "the kernel is too old: its boot protocol is below 2.10";
	p->setup_size =
		((h->setup_sects ? h->setup_sects : 4) + 1U) * (u64)SECTOR;
	if (p->setup_size >= p->kernel->size)
		return "the kernel is cut short";
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

static const char *place_initrd(struct plan *p, const struct e820 *map)
{
	static struct e820_entry buf[SCRATCH_ENTRIES];
	u64 src = align_down(p->kernel->base, PAGE_SIZE);
	struct e820 m;

	if (!p->initrd)
		return NULL;
	e820_init(&m, buf, SCRATCH_ENTRIES);
	for (u32 i = 0; i < map->n; i++)
		e820_add(&m, map->e[i].base, map->e[i].size, map->e[i].type);
	/* Neither where the kernel will be, nor where it still is. */
	if (e820_cut(&m, p->load, align_up(p->h.init_size, PAGE_SIZE)) ||
	    e820_cut(&m, src,
		     align_up(p->kernel->base + p->kernel->size, PAGE_SIZE) -
			     src))
		return "the memory map has more entries than fit";
	if (e820_alloc_top(&m, align_up(p->initrd->size, PAGE_SIZE), PAGE_SIZE,
			   PAYLOAD_BASE, (u64)p->h.initrd_addr_max + 1,
			   &p->initrd_to))
		return "no memory is free for the initrd";
	return NULL;
}

static const char *check_rest(struct plan *p, const struct e820 *map)
{
	if (map->n > BP_E820_MAX)
		return "the memory map has more entries than Linux takes";
	if (strlen(p->cmdline) > p->h.cmdline_size ||
	    strlen(p->cmdline) >= PAGE_SIZE)
		return "the kernel's command line is too long";
	if (e820_alloc_top(map, LOW_PAGES * PAGE_SIZE, PAGE_SIZE, PAGE_SIZE,
			   MIB(1), &p->low))
		return "no memory below 1 MiB for the kernel's parameters";
	return NULL;
}

static hpa_t low_page(const struct plan *p, enum low_page n)
{
	return HPA(p->low + n * PAGE_SIZE);
}

static void write_params(struct plan *p, const struct boot_info *bi,
			 const struct e820 *map)
{
	hpa_t params = low_page(p, LOW_PARAMS);
	u8 count = (u8)map->n;

	p->h.type_of_loader = LOADER_UNKNOWN;
	p->h.code32_start = (u32)p->load;
	p->h.cmd_line_ptr = (u32)low_page(p, LOW_CMDLINE).v;
	p->h.ramdisk_image = (u32)p->initrd_to;
	p->h.ramdisk_size = p->initrd ? (u32)p->initrd->size : 0;
	physmap_zero(params, LOW_PAGES * PAGE_SIZE);
	physmap_write(hpa_add(params, BP_HEADER), &p->h, sizeof(p->h));
	physmap_write(hpa_add(params, BP_E820_COUNT), &count, sizeof(count));
	physmap_write(hpa_add(params, BP_E820), map->e,
		      map->n * sizeof(map->e[0]));
	physmap_write(low_page(p, LOW_CMDLINE), p->cmdline,
		      strlen(p->cmdline) + 1);
	physmap_write(low_page(p, LOW_GDT), flat_gdt, sizeof(flat_gdt));
	(void)bi;
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
		why = place_kernel(&p, map);
	if (!why)
		why = place_initrd(&p, map);
	if (!why)
		why = check_rest(&p, map);
	if (why)
		return why;
	move_modules(&p);
	write_params(&p, bi, map);
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
