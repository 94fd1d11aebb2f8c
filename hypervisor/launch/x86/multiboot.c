/* SPDX-License-Identifier: BSD-2-Clause */
#include "launch/boot_info.h"

#include "lib/errno.h"
#include "lib/string.h"

#define MB1_MAGIC 0x2badb002U
#define MB2_MAGIC 0x36d76289U

/* Multiboot 0.6.96, section 3.3. */
#define MB1_HAS_CMDLINE BIT32(2)
#define MB1_HAS_MODS    BIT32(3)
#define MB1_HAS_MMAP    BIT32(6)

struct mb1_info {
	u32 flags;
	u32 mem_lower, mem_upper;
	u32 boot_device;
	u32 cmdline;
	u32 mods_count, mods_addr;
	u32 syms[4];
	u32 mmap_length, mmap_addr;
} __packed;

struct mb1_mod {
	u32 start, end, string, reserved;
} __packed;

struct mb1_mmap {
	u32 size; /* of what follows */
	u64 base, length;
	u32 type;
} __packed;

/* Multiboot 2.0, section 3.6. */
enum mb2_tag_type {
	MB2_END = 0,
	MB2_CMDLINE = 1,
	MB2_MODULE = 3,
	MB2_MMAP = 6,
	MB2_FRAMEBUFFER = 8,
	MB2_EFI64 = 12,
	MB2_RSDP_OLD = 14,
	MB2_RSDP_NEW = 15,
	MB2_EFI_MMAP = 17,
	MB2_EFI_STILL_ON = 18,
};

struct mb2_tag {
	u32 type, size;
} __packed;

struct mb2_module {
	struct mb2_tag h;
	u32 start, end;
	char string[];
} __packed;

struct mb2_mmap {
	struct mb2_tag h;
	u32 entry_size, entry_version;
} __packed;

struct mb2_mmap_entry {
	u64 base, length;
	u32 type, reserved;
} __packed;

struct mb2_efi64 {
	struct mb2_tag h;
	u64 system_table;
} __packed;

struct mb2_efi_mmap {
	struct mb2_tag h;
	u32 stride, version;
	u8 table[];
} __packed;

/* 3.6.12; the colours follow where type is MB2_FB_RGB. */
struct mb2_framebuffer {
	struct mb2_tag h;
	u64 base;
	u32 pitch, width, height;
	u8 depth, type;
	u16 reserved;
	struct boot_colour colour[3];
} __packed;

#define MB2_FB_RGB    1
#define RSDP_OLD_SIZE 20 /* ACPI 1.0 */

_Static_assert(offsetof(struct mb2_framebuffer, colour) == 32,
	       "Multiboot 2.0, section 3.6.12");

static const void *at(u64 pa)
{
	return (const void *)(uintptr_t)pa;
}

static void copy_text(char *dst, const char *src, u64 max)
{
	u64 n = strnlen(src, MIN(max, (u64)BOOT_CMDLINE_MAX - 1));

	memcpy(dst, src, n);
	dst[n] = 0;
}

static const char *add_range(struct boot_info *bi, u64 base, u64 size, u32 type)
{
	if (!size)
		return NULL;
	if (e820_add(&bi->map, base, size, type) == -ENOSPC)
		return "the firmware's memory map has more entries than fit";
	return NULL;
}

static void add_module(struct boot_info *bi, u32 start, u32 end,
		       const char *text, u64 max)
{
	struct boot_module *m;

	if (bi->nmodules == BOOT_MODULES_MAX || end < start)
		return;
	m = &bi->module[bi->nmodules++];
	m->base = start;
	m->size = end - start;
	copy_text(m->cmdline, text ? text : "", max);
}

static const char *read_mb1(struct boot_info *bi, const struct mb1_info *mi)
{
	const struct mb1_mod *mod = at(mi->mods_addr);
	u32 mods = MIN(mi->mods_count, BOOT_MODULES_MAX);
	u64 pos = 0;

	bi->loader = "multiboot1";
	if (mi->flags & MB1_HAS_CMDLINE)
		copy_text(bi->cmdline, at(mi->cmdline), BOOT_CMDLINE_MAX);
	for (u32 i = 0; mi->flags & MB1_HAS_MODS && i < mods; i++)
		add_module(bi, mod[i].start, mod[i].end, at(mod[i].string),
			   BOOT_CMDLINE_MAX);
	if (!(mi->flags & MB1_HAS_MMAP))
		return "the boot loader passed no memory map";
	while (pos + sizeof(struct mb1_mmap) <= mi->mmap_length) {
		const struct mb1_mmap *e = at(mi->mmap_addr + pos);
		const char *why = add_range(bi, e->base, e->length, e->type);

		if (why)
			return why;
		pos += (u64)e->size + sizeof(e->size);
	}
	return NULL;
}

static const char *mb2_mmap(struct boot_info *bi, const struct mb2_tag *t)
{
	const struct mb2_mmap *m = (const void *)t;
	u32 pos = sizeof(*m);

	if (m->entry_size < sizeof(struct mb2_mmap_entry))
		return "the boot loader's memory map has a wrong entry size";
	for (; m->entry_size <= t->size - pos; pos += m->entry_size) {
		const struct mb2_mmap_entry *e =
			(const void *)((const u8 *)t + pos);
		const char *why = add_range(bi, e->base, e->length, e->type);

		if (why)
			return why;
	}
	return NULL;
}

static const char mb2_damaged[] = "the boot loader's information is damaged";

static const char *mb2_cmdline(struct boot_info *bi, const struct mb2_tag *t)
{
	copy_text(bi->cmdline, (const char *)(t + 1), t->size - sizeof(*t));
	return NULL;
}

static const char *mb2_module(struct boot_info *bi, const struct mb2_tag *t)
{
	const struct mb2_module *mod = (const void *)t;

	add_module(bi, mod->start, mod->end, mod->string,
		   t->size - sizeof(*mod));
	return NULL;
}

/* A copy inside the tag, which is all that a reader needs. */
static const char *mb2_rsdp(struct boot_info *bi, const struct mb2_tag *t)
{
	if (!bi->rsdp || t->type == MB2_RSDP_NEW)
		bi->rsdp = (u64)(uintptr_t)(t + 1);
	return NULL;
}

static const char *mb2_framebuffer(struct boot_info *bi,
				   const struct mb2_tag *t)
{
	const struct mb2_framebuffer *f = (const void *)t;

	if (f->type != MB2_FB_RGB)
		return NULL;
	if (t->size < sizeof(*f))
		return mb2_damaged;
	bi->screen = (struct boot_screen){
		.base = f->base,
		.pitch = f->pitch,
		.width = f->width,
		.height = f->height,
		.depth = f->depth,
	};
	memcpy(bi->screen.colour, f->colour, sizeof(f->colour));
	return NULL;
}

static const char *mb2_efi64(struct boot_info *bi, const struct mb2_tag *t)
{
	bi->efi_system_table = ((const struct mb2_efi64 *)t)->system_table;
	return NULL;
}

static const char *mb2_efi_mmap(struct boot_info *bi, const struct mb2_tag *t)
{
	const struct mb2_efi_mmap *m = (const void *)t;

	return efi_map_read(&bi->efi, m->table, t->size - sizeof(*m), m->stride,
			    m->version);
}

static const char *mb2_still_on(struct boot_info *bi, const struct mb2_tag *t)
{
	(void)bi;
	(void)t;
	return "the boot loader left EFI's boot services on";
}

static const struct {
	u32 type;
	u32 min_size;
	const char *(*read)(struct boot_info *bi, const struct mb2_tag *t);
} mb2_tags[] = {
	{ MB2_CMDLINE, sizeof(struct mb2_tag), mb2_cmdline },
	{ MB2_MODULE, sizeof(struct mb2_module), mb2_module },
	{ MB2_MMAP, sizeof(struct mb2_mmap), mb2_mmap },
	{ MB2_FRAMEBUFFER, offsetof(struct mb2_framebuffer, colour),
	  mb2_framebuffer },
	{ MB2_EFI64, sizeof(struct mb2_efi64), mb2_efi64 },
	{ MB2_RSDP_OLD, sizeof(struct mb2_tag) + RSDP_OLD_SIZE, mb2_rsdp },
	{ MB2_RSDP_NEW, sizeof(struct mb2_tag) + RSDP_OLD_SIZE, mb2_rsdp },
	{ MB2_EFI_MMAP, sizeof(struct mb2_efi_mmap), mb2_efi_mmap },
	{ MB2_EFI_STILL_ON, sizeof(struct mb2_tag), mb2_still_on },
};

static const char *mb2_tag(struct boot_info *bi, const struct mb2_tag *t)
{
	for (u32 i = 0; i < ARRAY_SIZE(mb2_tags); i++) {
		if (mb2_tags[i].type != t->type)
			continue;
		return t->size < mb2_tags[i].min_size ? mb2_damaged
						      : mb2_tags[i].read(bi, t);
	}
	return NULL;
}

static const char *read_mb2(struct boot_info *bi, u64 info)
{
	u32 total = *(const u32 *)at(info);
	u64 pos = 8;

	bi->loader = "multiboot2";
	while (pos + sizeof(struct mb2_tag) <= total) {
		const struct mb2_tag *t = at(info + pos);
		const char *why;

		if (t->type == MB2_END)
			break;
		if (t->size < sizeof(*t) || t->size > total - pos)
			return mb2_damaged;
		why = mb2_tag(bi, t);
		if (why)
			return why;
		pos += align_up(t->size, 8);
	}
	return bi->map.n || bi->efi.n ? NULL
				      : "the boot loader passed no memory map";
}

/* The firmware's own map says more than what the loader made of it. */
static const char *settle_maps(struct boot_info *bi)
{
	const char *long_map =
		"the firmware's memory map has more entries than fit";

	if (bi->efi.n) {
		bi->loader = "multiboot2 on UEFI";
		if (efi_map_to_e820(&bi->efi, &bi->map) ||
		    efi_map_to_ram(&bi->efi, EFI_FREE_TYPES, &bi->free))
			return long_map;
		return NULL;
	}
	if (e820_sanitize(&bi->map) || e820_copy(&bi->free, &bi->map))
		return long_map;
	return NULL;
}

const char *multiboot_read(struct boot_info *bi, u32 magic, u32 info)
{
	const char *why;

	e820_init(&bi->map, bi->map_buf, BOOT_E820_MAX);
	e820_init(&bi->free, bi->free_buf, BOOT_E820_MAX);
	efi_map_init(&bi->efi, bi->efi_buf, BOOT_EFI_MAX);
	if (magic == MB1_MAGIC)
		why = read_mb1(bi, at(info));
	else if (magic == MB2_MAGIC)
		why = read_mb2(bi, info);
	else
		return "not started by a multiboot1 or multiboot2 loader";
	return why ? why : settle_maps(bi);
}

bool boot_option(const char *cmdline, const char *name, char *value, u32 size)
{
	size_t n = strlen(name);
	const char *p = cmdline;

	while ((p = strstr(p, name))) {
		if ((p == cmdline || p[-1] == ' ') && p[n] == '=')
			break;
		p++;
	}
	if (!p || !size)
		return false;
	p += n + 1;
	while (*p && *p != ' ' && --size)
		*value++ = *p++;
	*value = 0;
	return true;
}
