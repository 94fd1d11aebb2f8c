/* SPDX-License-Identifier: BSD-2-Clause */
#include "launch/linux_params.h"

#include "lib/string.h"
#include "mem/physmap.h"

/* Offsets in boot_params, zero-page.rst. */
#define BP_SCREEN     0x000
#define BP_EFI        0x1c0
#define BP_E820_COUNT 0x1e8
#define BP_E820       0x2d0
#define BP_E820_MAX   128U

/* include/uapi/linux/screen_info.h describes it; zero-page.rst places it. */
struct screen_info {
	u8 text_mode[15];
	u8 kind;
	u16 ega[1];
	u16 width, height, depth;
	u32 base, size;
	u16 cl_magic, cl_offset;
	u16 pitch;
	struct {
		u8 bits, shift;
	} colour[4]; /* red, green, blue, reserved */
	u16 vesa[3];
	u16 attributes;
	u32 capabilities;
	u32 base_high;
	u8 reserved[2];
} __packed;

_Static_assert(sizeof(struct screen_info) == 64, "zero-page.rst");
_Static_assert(offsetof(struct screen_info, base) == 0x18, "screen_info.h");
_Static_assert(offsetof(struct screen_info, pitch) == 0x24, "screen_info.h");
_Static_assert(offsetof(struct screen_info, capabilities) == 0x36,
	       "screen_info.h");

#define SCREEN_VESA      0x23
#define SCREEN_EFI       0x70
#define SCREEN_HAS_64BIT BIT32(1)
#define VESA_SIZE_UNIT   KIB(64)

/* boot_params.efi_info */
struct efi_info {
	char signature[4];
	u32 systab;
	u32 stride, version;
	u32 map, map_size;
	u32 systab_high, map_high;
} __packed;

_Static_assert(sizeof(struct efi_info) == 0x1e0 - BP_EFI, "zero-page.rst");

/* boot.rst, "setup_data": a chain of these, more of one kind here. */
struct setup_data {
	u64 next;
	u32 type;
	u32 len;
} __packed;

#define SETUP_E820_EXT 1

/* EFI for the kernel's own use, not only for us. */
static bool has_efi(const struct boot_info *bi)
{
	return bi->efi.n && bi->efi_system_table;
}

static u64 efi_bytes(const struct boot_info *bi)
{
	return has_efi(bi) ? (u64)bi->efi.n * bi->efi.stride : 0;
}

static u64 more_e820_bytes(const struct e820 *map)
{
	if (map->n <= BP_E820_MAX)
		return 0;
	return sizeof(struct setup_data) +
	       (map->n - BP_E820_MAX) * sizeof(map->e[0]);
}

u64 linux_params_extra(const struct boot_info *bi, const struct e820 *map)
{
	return efi_bytes(bi) + more_e820_bytes(map);
}

static void write_e820(hpa_t page, hpa_t extra, struct setup_header *h,
		       const struct e820 *map)
{
	u32 here = MIN(map->n, BP_E820_MAX), rest = map->n - here;
	u8 count = (u8)here;
	struct setup_data d = { .next = h->setup_data, .type = SETUP_E820_EXT };

	physmap_write(hpa_add(page, BP_E820_COUNT), &count, sizeof(count));
	physmap_write(hpa_add(page, BP_E820), map->e, here * sizeof(map->e[0]));
	if (!rest)
		return;
	d.len = (u32)(rest * sizeof(map->e[0]));
	physmap_write(extra, &d, sizeof(d));
	physmap_write(hpa_add(extra, sizeof(d)), &map->e[here], d.len);
	h->setup_data = extra.v;
}

/* With the firmware's stride, which its own calls may take for granted. */
static void write_efi(hpa_t page, hpa_t extra, const struct boot_info *bi)
{
	const struct efi_map *m = &bi->efi;
	struct efi_info info = {
		.signature = { 'E', 'L', '6', '4' },
		.systab = (u32)bi->efi_system_table,
		.systab_high = (u32)(bi->efi_system_table >> 32),
		.stride = m->stride,
		.version = m->version,
		.map = (u32)extra.v,
		.map_high = (u32)(extra.v >> 32),
		.map_size = m->n * m->stride,
	};

	physmap_zero(extra, info.map_size);
	for (u32 i = 0; i < m->n; i++)
		physmap_write(hpa_add(extra, (u64)i * m->stride), &m->d[i],
			      sizeof(m->d[i]));
	physmap_write(hpa_add(page, BP_EFI), &info, sizeof(info));
}

static void write_screen(hpa_t page, const struct boot_info *bi)
{
	const struct boot_screen *b = &bi->screen;
	u64 bytes = (u64)b->pitch * b->height;
	struct screen_info s = {
		.kind = has_efi(bi) ? SCREEN_EFI : SCREEN_VESA,
		.width = (u16)b->width,
		.height = (u16)b->height,
		.depth = b->depth,
		.base = (u32)b->base,
		.pitch = (u16)b->pitch,
		.capabilities = b->base >> 32 ? SCREEN_HAS_64BIT : 0,
		.base_high = (u32)(b->base >> 32),
	};
	u32 used = 0;

	s.size = (u32)(has_efi(bi) ? bytes
				   : align_up(bytes, VESA_SIZE_UNIT) /
					     VESA_SIZE_UNIT);
	for (u32 i = 0; i < ARRAY_SIZE(b->colour); i++) {
		s.colour[i].bits = b->colour[i].bits;
		s.colour[i].shift = b->colour[i].shift;
		used += b->colour[i].bits;
	}
	if (b->depth > used) {
		s.colour[3].bits = (u8)(b->depth - used);
		s.colour[3].shift = (u8)used;
	}
	physmap_write(hpa_add(page, BP_SCREEN), &s, sizeof(s));
}

void linux_params_write(hpa_t page, hpa_t extra, struct setup_header *h,
			const struct boot_info *bi, const struct e820 *map)
{
	write_e820(page, hpa_add(extra, efi_bytes(bi)), h, map);
	if (has_efi(bi))
		write_efi(page, extra, bi);
	if (bi->screen.base)
		write_screen(page, bi);
	physmap_write(hpa_add(page, SETUP_HEADER_AT), h, sizeof(*h));
}
