/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cell/linux_acpi.h"
#include "cell/linux_map.h"
#include "loader/bzimage.h"
#include "loader/linux_protocol.h"

/* What the kernel is handed, one behind the other in low memory. */
#define BOOT_AT     0x1000ULL
#define GDTR_OFF    LINUX_BOOT_GDT_SIZE
#define ENTRY_OFF   0x40U
#define ZP_OFF      0x1000U
#define CMDLINE_OFF 0x2000U
#define CMDLINE_MAX 0x10000U
#define BOOT_SIZE   (CMDLINE_OFF + CMDLINE_MAX)
#define TABLES_SIZE (LINUX_TABLES_END - LINUX_TABLES)
#define RESET_OFF   (TABLES_SIZE - 16) /* where a CPU begins after RESET */
#define FILE_MAX    (2 * GIB)

static_assert(BOOT_AT + BOOT_SIZE <= LINUX_LOW_END, "in conventional memory");

/* Bytes that belong to out from now on, to be freed with it. */
static u8 *add_piece(struct cell_linux *out, u64 to, u64 size)
{
	struct linux_piece *p = &out->piece[out->pieces];

	assert(out->pieces < LINUX_PIECES);
	p->data = calloc(1, size ? size : 1);
	if (!p->data)
		return NULL;
	p->to = to;
	p->size = size;
	out->pieces++;
	return p->data;
}

static int read_all(int fd, u8 *to, u64 size)
{
	ssize_t n;

	while (size) {
		n = read(fd, to, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		to += n;
		size -= (u64)n;
	}
	return 0;
}

/* A whole file as the next piece; where it goes is not known yet. */
static int add_file(struct cell_linux *out, const char *what, const char *path,
		    struct dm_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	struct stat st;
	u8 *data;

	if (fd < 0)
		return dm_fail(err, -errno, "%s %s: %s", what, path,
			       strerror(errno));
	rc = -EINVAL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < 1 ||
	    (u64)st.st_size > FILE_MAX) {
		dm_fail(err, rc, "%s %s: not a regular file of up to 2 GiB",
			what, path);
		goto out;
	}
	data = add_piece(out, 0, (u64)st.st_size);
	rc = data ? read_all(fd, data, (u64)st.st_size) : -ENOMEM;
	if (rc)
		dm_fail(err, rc, "%s %s: cannot read: %s", what, path,
			strerror(-rc));
out:
	close(fd);
	return rc;
}

static const u8 *image(const struct cell_linux *l)
{
	return l->piece[0].data;
}

static int place_kernel(const struct linux_map *map, const char *path,
			struct cell_linux *l, struct bzimage *img,
			struct dm_error *err)
{
	struct dm_error why;
	int rc = bzimage_parse(image(l), l->piece[0].size, img, &why);

	if (rc)
		return dm_fail(err, rc, "kernel %s: %s", path, why.text);
	if (linux_map_place_kernel(map, img, &img->load_addr))
		return 0;
	return dm_fail(err, -ENOSPC,
		       "kernel %s: needs %llu MiB of loadable, writable and"
		       " executable memory in one piece, preferably at 0x%llx",
		       path, (unsigned long long)(img->init_size / MIB),
		       (unsigned long long)img->load_addr);
}

/* The file's real-mode part is not for the cell. */
static void strip_kernel(struct cell_linux *l, const struct bzimage *img)
{
	u8 *data = l->piece[0].data;

	memmove(data, data + img->setup_size, img->payload_size);
	l->piece[0].to = img->load_addr;
	l->piece[0].size = img->payload_size;
}

static int place_initrd(const struct linux_map *map, const char *path,
			const struct bzimage *img, struct cell_linux *l, u8 *zp,
			struct dm_error *err)
{
	struct linux_piece *p = &l->piece[l->pieces];
	int rc = add_file(l, "initrd", path, err);

	if (rc)
		return rc;
	if (!linux_map_place_initrd(map, img, img->load_addr, p->size, &p->to))
		return dm_fail(err, -ENOSPC,
			       "initrd %s: no loadable memory below 4 GiB has"
			       " room for its %llu MiB beside the kernel",
			       path, (unsigned long long)(p->size / MIB + 1));
	zero_page_ramdisk(zp, p->to, p->size);
	return 0;
}

/*
 * A CPU of a cell starts with flat segments of no table; the kernel wants
 * its own selectors, and the zero page's address in ESI.
 */
static void write_entry(u8 *boot, u32 load_addr)
{
	static const u64 gdt[] = LINUX_BOOT_GDT;
	const u16 limit = sizeof(gdt) - 1, cs = LINUX_BOOT_CS;
	const u32 base = BOOT_AT, gdtr = BOOT_AT + GDTR_OFF;
	const u32 zero_page = BOOT_AT + ZP_OFF;
	/* clang-format off */
	u8 code[] = {
		0xfa,					/* cli */
		0x0f, 0x01, 0x15, 0, 0, 0, 0,		/* lgdt [gdtr] */
		0x66, 0xb8, LINUX_BOOT_DS, 0,		/* mov ax, DS */
		0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0,	/* mov ds, es, ss, ax */
		0x8e, 0xe0, 0x8e, 0xe8,			/* mov fs, gs, ax */
		0x31, 0xed, 0x31, 0xff, 0x31, 0xdb,	/* xor ebp, edi, ebx */
		0xbe, 0, 0, 0, 0,			/* mov esi, zero page */
		0xea, 0, 0, 0, 0, 0, 0,			/* jmp CS:kernel */
	};
	/* clang-format on */

	memcpy(code + 4, &gdtr, 4);
	memcpy(code + sizeof(code) - 11, &zero_page, 4);
	memcpy(code + sizeof(code) - 6, &load_addr, 4);
	memcpy(code + sizeof(code) - 2, &cs, 2);
	memcpy(boot, gdt, sizeof(gdt));
	memcpy(boot + GDTR_OFF, &limit, 2);
	memcpy(boot + GDTR_OFF + 2, &base, 4);
	memcpy(boot + ENTRY_OFF, code, sizeof(code));
}

static int write_cmdline(const struct holm_cell_desc *d,
			 const struct cell_linux_params *p,
			 const struct bzimage *img, char *to,
			 struct dm_error *err)
{
	u64 max = min_u64(img->cmdline_size, CMDLINE_MAX - 1);
	u32 i;

	if (p->cmdline && strlen(p->cmdline) > max)
		return dm_fail(err, -E2BIG,
			       "command line: %zu characters; this kernel"
			       " takes at most %llu",
			       strlen(p->cmdline), (unsigned long long)max);
	if (p->cmdline) {
		memcpy(to, p->cmdline, strlen(p->cmdline) + 1);
		return 0;
	}
	for (i = 0; i < LINUX_UARTS; i++)
		if (linux_has_uart(d, i)) {
			sprintf(to, "console=ttyS%u,115200", i);
			break;
		}
	return 0;
}

static int write_map(const struct linux_map *map, u8 *zp, struct dm_error *err)
{
	struct e820_entry e[ZERO_PAGE_E820_MAX];
	int n = linux_map_e820(map, e, ZERO_PAGE_E820_MAX);

	if (n < 0)
		return dm_fail(err, n,
			       "memory: more than %u ranges that do"
			       " not join",
			       ZERO_PAGE_E820_MAX);
	zero_page_e820(zp, e, (u32)n);
	return 0;
}

/*
 * Where the ACPI tables say that there is little hardware, some kernels look
 * for EFI to reset the machine, and then jump to where its BIOS would begin.
 */
static void write_reset(u8 *tables)
{
	const u16 port = HOLM_CELL_POWER + 2;
	/* clang-format off */
	u8 code[] = {
		0xba, 0, 0,			/* mov dx, port */
		0xb0, HOLM_CELL_RESET,		/* mov al, value */
		0xee,				/* out dx, al */
		0xf4,				/* hlt */
		0xeb, 0xfd,			/* jmp to it */
	};
	/* clang-format on */

	memcpy(code + 1, &port, 2);
	memcpy(tables + RESET_OFF, code, sizeof(code));
}

static int add_tables(const struct holm_cell_desc *d,
		      const struct cell_linux_params *p, struct cell_linux *out,
		      u64 *rsdp, struct dm_error *err)
{
	struct linux_tables t = {
		.buf = add_piece(out, LINUX_TABLES, TABLES_SIZE),
		.size = RESET_OFF,
		.at = LINUX_TABLES,
	};
	int rc;

	if (!t.buf)
		return dm_fail(err, -ENOMEM, "no memory for ACPI tables");
	rc = linux_acpi_build(d, p, &t, err);
	if (rc < 0)
		return rc;
	write_reset(t.buf);
	*rsdp = t.rsdp;
	return 0;
}

/* Piece 0 is the kernel's file. */
static int add_rest(const struct holm_cell_desc *d,
		    const struct cell_linux_params *p,
		    const struct linux_map *map, struct cell_linux *out,
		    struct dm_error *err)
{
	struct zero_page_params zero = { .cmdline = BOOT_AT + CMDLINE_OFF };
	u8 *boot = add_piece(out, BOOT_AT, BOOT_SIZE);
	struct bzimage img;
	int rc;

	if (!boot)
		return dm_fail(err, -ENOMEM, "no memory for the zero page");
	rc = place_kernel(map, p->kernel, out, &img, err);
	if (!rc)
		rc = add_tables(d, p, out, &zero.rsdp, err);
	if (rc)
		return rc;
	zero.load_addr = img.load_addr;
	zero_page_fill(boot + ZP_OFF, image(out), &img, &zero);
	strip_kernel(out, &img);
	write_entry(boot, (u32)img.load_addr);
	rc = write_cmdline(d, p, &img, (char *)boot + CMDLINE_OFF, err);
	if (!rc)
		rc = write_map(map, boot + ZP_OFF, err);
	if (!rc && p->initrd)
		rc = place_initrd(map, p->initrd, &img, out, boot + ZP_OFF,
				  err);
	return rc;
}

static int check_low(const struct linux_map *map, struct dm_error *err)
{
	if (linux_map_is_ram(map, 0, LINUX_TABLES_END))
		return 0;
	return dm_fail(err, -EINVAL,
		       "memory: Linux needs [0, 1 MiB) in one piece with"
		       " read, write, execute and load, to start its CPUs and"
		       " to find its tables");
}

int cell_linux_build(const struct holm_cell_desc *d,
		     const struct cell_linux_params *params,
		     struct cell_linux *out, struct dm_error *err)
{
	struct linux_map map;
	int rc = linux_map_build(d, &map);

	*out = (struct cell_linux){ .entry = BOOT_AT + ENTRY_OFF };
	if (rc)
		return dm_fail(err, rc, "no memory for a map of it");
	rc = check_low(&map, err);
	if (!rc)
		rc = add_file(out, "kernel", params->kernel, err);
	if (!rc)
		rc = add_rest(d, params, &map, out, err);
	linux_map_free(&map);
	return rc;
}

void cell_linux_free(struct cell_linux *linux_pieces)
{
	u32 i;

	for (i = 0; i < linux_pieces->pieces; i++)
		free(linux_pieces->piece[i].data);
	*linux_pieces = (struct cell_linux){ 0 };
}
