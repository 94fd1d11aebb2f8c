/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/linux_boot.h"

#include "loader/bzimage.h"
#include "loader/linux_protocol.h"
#include "mem/e820.h"
#include "mem/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CS_ATTR       0xc09b /* 4 KiB, 32 bits, code, accessed */
#define CR0_PE_ET_NE  0x31
#define RAMDISK_ALIGN 4096ULL

struct input {
	const char *path;
	int fd;
	u64 size;
};

static int input_open(struct input *in, const char *what, const char *path,
		      struct dm_error *err)
{
	struct stat st;

	in->path = path;
	in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (in->fd < 0)
		return dm_fail(err, -errno, "%s %s: %s", what, path,
			       strerror(errno));
	if (fstat(in->fd, &st) || !S_ISREG(st.st_mode)) {
		close(in->fd);
		return dm_fail(err, -EINVAL, "%s %s: not a regular file", what,
			       path);
	}
	in->size = (u64)st.st_size;
	return 0;
}

/* Read exactly len bytes; a file that shrinks meanwhile is an error. */
static int input_read(const struct input *in, u64 off, void *to, u64 len,
		      struct dm_error *err)
{
	u8 *p = to;
	ssize_t n;

	while (len) {
		n = pread(in->fd, p, len, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return dm_fail(err, -EIO, "%s: cannot read: %s",
				       in->path,
				       n ? strerror(errno) : "file ends early");
		p += n;
		off += (u64)n;
		len -= (u64)n;
	}
	return 0;
}

static int load_kernel(const struct guest_mem *mem, const struct input *in,
		       u8 *head, struct bzimage *img, struct dm_error *err)
{
	u64 want = min_u64(in->size, BZIMAGE_HEADER_SIZE);
	struct dm_error why;
	void *to;
	int rc;

	memset(head, 0, BZIMAGE_HEADER_SIZE);
	rc = input_read(in, 0, head, want, err);
	if (rc)
		return rc;
	rc = bzimage_parse(head, in->size, img, &why);
	if (rc)
		return dm_fail(err, rc, "kernel %s: %s", in->path, why.text);
	if (!guest_mem_at(mem, GPA(img->load_addr), img->init_size))
		return dm_fail(err, -ENOMEM,
			       "kernel %s: needs %llu MiB of"
			       " memory from 0x%llx on; the guest has %llu MiB"
			       " below 2 GiB",
			       in->path,
			       (unsigned long long)(img->init_size / MIB),
			       (unsigned long long)img->load_addr,
			       (unsigned long long)(mem->low / MIB));
	to = guest_mem_at(mem, GPA(img->load_addr), img->payload_size);
	return input_read(in, img->setup_size, to, img->payload_size, err);
}

/* As high as kernel and memory allow, away from the kernel's own range. */
static int place_ramdisk(const struct guest_mem *mem, u64 size,
			 const struct bzimage *img, u64 *addr)
{
	u64 top = min_u64(mem->low, (u64)img->initrd_max + 1);
	u64 floor = img->load_addr + img->init_size;

	if (size > top)
		return -ENOMEM;
	*addr = (top - size) & ~(RAMDISK_ALIGN - 1);
	return *addr >= floor ? 0 : -ENOMEM;
}

static int load_ramdisk(const struct guest_mem *mem, const char *path,
			const struct bzimage *img, u8 *zp, struct dm_error *err)
{
	struct input in;
	u64 addr;
	int rc;

	rc = input_open(&in, "ramdisk", path, err);
	if (rc)
		return rc;
	rc = place_ramdisk(mem, in.size, img, &addr);
	if (rc) {
		dm_fail(err, rc,
			"ramdisk %s: %llu MiB do not fit between the"
			" kernel and the end of low memory at %llu MiB",
			path, (unsigned long long)(in.size / MIB),
			(unsigned long long)(mem->low / MIB));
		goto out;
	}
	rc = input_read(&in, 0, guest_mem_at(mem, GPA(addr), in.size), in.size,
			err);
	zero_page_ramdisk(zp, addr, in.size);
out:
	close(in.fd);
	return rc;
}

static int load_cmdline(const struct guest_mem *mem, const char *cmdline,
			const struct bzimage *img, struct dm_error *err)
{
	u64 len = strlen(cmdline);
	u64 max = min_u64(img->cmdline_size, BOOT_CMDLINE_MAX - 1);

	if (len > max)
		return dm_fail(err, -E2BIG,
			       "-B: %llu characters; this kernel"
			       " takes at most %llu",
			       (unsigned long long)len,
			       (unsigned long long)max);
	return guest_mem_write(mem, GPA(BOOT_CMDLINE), cmdline, len + 1);
}

static void fill_regs(const struct bzimage *img, struct acrn_vcpu_regs *r)
{
	struct acrn_regs *v = &r->vcpu_regs;

	memset(r, 0, sizeof(*r));
	v->gprs.rsi = BOOT_ZERO_PAGE;
	v->gdt.base = BOOT_GDT;
	v->gdt.limit = LINUX_BOOT_GDT_SIZE - 1;
	v->rip = img->load_addr;
	v->cr0 = CR0_PE_ET_NE;
	v->rflags = 2;
	v->cs_sel = LINUX_BOOT_CS;
	v->cs_ar = CS_ATTR;
	v->cs_limit = 0xffffffff;
	v->ss_sel = LINUX_BOOT_DS;
	v->ds_sel = LINUX_BOOT_DS;
	v->es_sel = LINUX_BOOT_DS;
}

int linux_boot_load(const struct guest_mem *mem, const struct boot_params *bp,
		    struct acrn_vcpu_regs *regs, struct dm_error *err)
{
	static const u64 gdt[] = LINUX_BOOT_GDT;
	u8 head[BZIMAGE_HEADER_SIZE], zp[ZERO_PAGE_SIZE];
	struct zero_page_params params = { BOOT_CMDLINE, bp->rsdp.v, 0 };
	struct e820_map map;
	struct bzimage img;
	struct input in;
	int rc;

	rc = input_open(&in, "kernel", bp->kernel, err);
	if (rc)
		return rc;
	rc = load_kernel(mem, &in, head, &img, err);
	close(in.fd);
	if (rc)
		return rc;
	params.load_addr = img.load_addr;
	zero_page_fill(zp, head, &img, &params);
	e820_build(mem, &map);
	zero_page_e820(zp, map.entry, map.count);
	rc = load_cmdline(mem, bp->cmdline, &img, err);
	if (!rc && bp->ramdisk)
		rc = load_ramdisk(mem, bp->ramdisk, &img, zp, err);
	if (rc)
		return rc;
	if (guest_mem_write(mem, GPA(BOOT_GDT), gdt, sizeof(gdt)) ||
	    guest_mem_write(mem, GPA(BOOT_ZERO_PAGE), zp, sizeof(zp)))
		return dm_fail(err, -EFAULT, "no RAM at the boot structures");
	fill_regs(&img, regs);
	return 0;
}
