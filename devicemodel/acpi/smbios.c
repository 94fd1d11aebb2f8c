/* SPDX-License-Identifier: BSD-2-Clause */
#include "acpi/smbios.h"

#include "acpi/acpi.h"

#include <errno.h>
#include <string.h>

#define SMBIOS_SIZE 512

struct smbios_entry {
	char anchor[5];
	u8 checksum;
	u8 length;
	u8 major;
	u8 minor;
	u8 docrev;
	u8 revision;
	u8 reserved;
	u32 max_size;
	u64 addr;
} __attribute__((packed));
static_assert(sizeof(struct smbios_entry) == 24, "SMBIOS 3.0, 5.2.2");

struct smbios_header {
	u8 type;
	u8 length;
	u16 handle;
} __attribute__((packed));

struct smbios_bios {
	struct smbios_header h;
	u8 vendor;
	u8 version;
	u16 segment;
	u8 date;
	u8 rom_size;
	u64 features;
	u8 features_ext[2];
	u8 release[2];
	u8 ec_release[2];
} __attribute__((packed));
static_assert(sizeof(struct smbios_bios) == 24, "SMBIOS 3.0, 7.1");
#define BIOS_NO_FEATURES BIT64(3)
#define BIOS_EXT_VM      BIT(4)

struct smbios_system {
	struct smbios_header h;
	u8 manufacturer;
	u8 product;
	u8 version;
	u8 serial;
	u8 uuid[16];
	u8 wakeup;
	u8 sku;
	u8 family;
} __attribute__((packed));
static_assert(sizeof(struct smbios_system) == 27, "SMBIOS 3.0, 7.2");
#define WAKEUP_POWER_SWITCH 6

struct out {
	u8 buf[SMBIOS_SIZE];
	size_t len;
};

static void put(struct out *o, const void *p, size_t n)
{
	if (n > sizeof(o->buf) - o->len)
		n = sizeof(o->buf) - o->len;
	memcpy(o->buf + o->len, p, n);
	o->len += n;
}

/* SMBIOS 3.0, 7.2.1: the first three fields of a UUID are little-endian. */
static void put_uuid(u8 *to, const u8 *from)
{
	static const u8 order[16] = { 3, 2, 1,  0,  5,  4,  7,  6,
				      8, 9, 10, 11, 12, 13, 14, 15 };
	size_t i;

	for (i = 0; i < 16; i++)
		to[i] = from[order[i]];
}

static void put_tables(struct out *o, const char *name, const u8 *uuid)
{
	struct smbios_bios bios = {
		.h = { 0, sizeof(bios), 0 },
		.vendor = 1,
		.features = BIOS_NO_FEATURES,
		.features_ext = { 0, BIOS_EXT_VM },
		.ec_release = { 0xff, 0xff },
	};
	struct smbios_system sys = {
		.h = { 1, sizeof(sys), 1 },
		.manufacturer = 1,
		.product = 2,
		.serial = 3,
		.wakeup = WAKEUP_POWER_SWITCH,
	};
	struct smbios_header end = { 127, sizeof(end), 2 };

	/* Strings follow their structure; an empty one ends the list. */
	put(o, &bios, sizeof(bios));
	put(o, "Holm\0", 6);
	put_uuid(sys.uuid, uuid);
	put(o, &sys, sizeof(sys));
	put(o, "Holm\0User VM", 13);
	put(o, name, strlen(name) + 1);
	put(o, "", 1);
	put(o, &end, sizeof(end));
	put(o, "\0", 2);
}

int smbios_build(const struct guest_mem *mem, const char *name,
		 const u8 uuid[16], u64 *base, u64 end)
{
	struct smbios_entry e = {
		.anchor = { '_', 'S', 'M', '3', '_' },
		.length = sizeof(e),
		.major = 3,
		.revision = 1,
	};
	struct out o = { .len = 0 };
	u64 table = align_up(*base + sizeof(e), 16);

	put_tables(&o, name, uuid);
	if (table + o.len > end)
		return -ENOSPC;
	e.max_size = (u32)o.len;
	e.addr = table;
	e.checksum = acpi_checksum(&e, sizeof(e));
	if (guest_mem_write(mem, GPA(*base), &e, sizeof(e)) ||
	    guest_mem_write(mem, GPA(table), o.buf, o.len))
		return -ENOSPC;
	*base = align_up(table + o.len, 16);
	return 0;
}
