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
	MB2_RSDP_OLD = 14,
	MB2_RSDP_NEW = 15,
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
	u32 pos = 0;

	bi->loader = "multiboot1";
	if (mi->flags & MB1_HAS_CMDLINE)
		copy_text(bi->cmdline, at(mi->cmdline), BOOT_CMDLINE_MAX);
	for (u32 i = 0; mi->flags & MB1_HAS_MODS && i < mi->mods_count; i++)
		add_module(bi, mod[i].start, mod[i].end, at(mod[i].string),
			   BOOT_CMDLINE_MAX);
	if (!(mi->flags & MB1_HAS_MMAP))
		return "the boot loader passed no memory map";
	while (pos + sizeof(struct mb1_mmap) <= mi->mmap_length) {
		const struct mb1_mmap *e = at((u64)mi->mmap_addr + pos);
		const char *why = add_range(bi, e->base, e->length, e->type);

		if (why)
			return why;
		pos += e->size + (u32)sizeof(e->size);
	}
	return NULL;
}

static const char *mb2_mmap(struct boot_info *bi, const struct mb2_tag *t)
{
	const struct mb2_mmap *m = (const void *)t;
	u32 pos = sizeof(*m);

	if (m->entry_size < sizeof(struct mb2_mmap_entry))
		return "the boot loader's memory map has a wrong entry size";
	for (; pos + m->entry_size <= t->size; pos += m->entry_size) {
		const struct mb2_mmap_entry *e =
			(const void *)((const u8 *)t + pos);
		const char *why = add_range(bi, e->base, e->length, e->type);

		if (why)
			return why;
	}
	return NULL;
}

static const char *mb2_tag(struct boot_info *bi, const struct mb2_tag *t)
{
	const struct mb2_module *mod = (const void *)t;

	switch (t->type) {
	case MB2_CMDLINE:
		copy_text(bi->cmdline, (const char *)(t + 1),
			  t->size - sizeof(*t));
		return NULL;
	case MB2_MODULE:
		add_module(bi, mod->start, mod->end, mod->string,
			   t->size - sizeof(*mod));
		return NULL;
	case MB2_MMAP:
		return mb2_mmap(bi, t);
	case MB2_RSDP_OLD:
	case MB2_RSDP_NEW:
		/* A copy inside the tag, which is all that a reader needs. */
		if (!bi->rsdp || t->type == MB2_RSDP_NEW)
			bi->rsdp = (u64)(uintptr_t)(t + 1);
		return NULL;
	default:
		return NULL;
	}
}

static const char *read_mb2(struct boot_info *bi, u64 info)
{
	u32 total = *(const u32 *)at(info);
	u32 pos = 8;

	bi->loader = "multiboot2";
	while (pos + sizeof(struct mb2_tag) <= total) {
		const struct mb2_tag *t = at(info + pos);
		const char *why;

		if (t->type == MB2_END)
			break;
		if (t->size < sizeof(*t))
			return "the boot loader's information is damaged";
		why = mb2_tag(bi, t);
		if (why)
			return why;
		pos += (u32)align_up(t->size, 8);
	}
	return bi->map.n ? NULL : "the boot loader passed no memory map";
}

const char *multiboot_read(struct boot_info *bi, u32 magic, u32 info)
{
	const char *why;

	e820_init(&bi->map, bi->map_buf, BOOT_E820_MAX);
	if (magic == MB1_MAGIC)
		why = read_mb1(bi, at(info));
	else if (magic == MB2_MAGIC)
		why = read_mb2(bi, info);
	else
		return "not started by a multiboot1 or multiboot2 loader";
	if (why)
		return why;
	if (e820_sanitize(&bi->map))
		return "the firmware's memory map has more entries than fit";
	return NULL;
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
