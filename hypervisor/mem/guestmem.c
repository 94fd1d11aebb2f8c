/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/guestmem.h"

#include "lib/errno.h"
#include "mem/physmap.h"
#include "mem/physwin.h"

/* The caller holds the lock and has seen to it that the range is valid. */
static int check_locked(const struct stage2 *s2, gpa_t gpa, u64 len, u32 need)
{
	struct s2_range r;

	for (u64 off = 0; off < len; off += MIN(r.size, len - off)) {
		if (!stage2_translate_locked(s2, gpa_add(gpa, off), &r))
			return -EFAULT;
		if ((r.attr & PT_TYPE_MASK) != PT_WB || (r.attr & need) != need)
			return -EFAULT;
	}
	return 0;
}

static void read_piece(const struct stage2 *s2, void *dst, hpa_t src, u64 len)
{
	if (unlikely(s2->by_window))
		physwin_read(dst, src, len);
	else
		physmap_read(dst, src, len);
}

static void write_piece(const struct stage2 *s2, hpa_t dst, const void *src,
			u64 len)
{
	if (unlikely(s2->by_window))
		physwin_write(dst, src, len);
	else
		physmap_write(dst, src, len);
}

/* One of @in and @out is NULL and says the direction. */
static void copy_locked(const struct stage2 *s2, gpa_t gpa, u8 *out,
			const u8 *in, u64 len)
{
	u64 off = 0;

	while (off < len) {
		struct s2_range r = { .size = 0 };
		u64 n;

		/* Checked before, and the lock has been held since. */
		(void)stage2_translate_locked(s2, gpa_add(gpa, off), &r);
		n = MIN(r.size, len - off);
		if (out != NULL)
			read_piece(s2, out + off, r.hpa, n);
		else
			write_piece(s2, r.hpa, in + off, n);
		off += n;
	}
}

static int copy(struct stage2 *s2, gpa_t gpa, u8 *out, const u8 *in, u64 len)
{
	u32 need = out != NULL ? PT_R : PT_R | PT_W;
	int ret;

	if (len == 0)
		return 0;
	if (!range_valid(gpa.v, len))
		return -EFAULT;
	spin_lock(&s2->lock);
	ret = check_locked(s2, gpa, len, need);
	if (ret == 0)
		copy_locked(s2, gpa, out, in, len);
	spin_unlock(&s2->lock);
	return ret;
}

int guestmem_read(struct stage2 *s2, gpa_t gpa, void *dst, u64 len)
{
	return copy(s2, gpa, dst, NULL, len);
}

int guestmem_write(struct stage2 *s2, gpa_t gpa, const void *src, u64 len)
{
	return copy(s2, gpa, NULL, src, len);
}

/* The caller holds the lock and has checked. */
static void fill_locked(hpa_t dst, const struct stage2 *s2, gpa_t gpa, u64 len)
{
	u64 off = 0;

	while (off < len) {
		struct s2_range r = { .size = 0 };
		u64 n;

		(void)stage2_translate_locked(s2, gpa_add(gpa, off), &r);
		n = MIN(r.size, len - off);
		physwin_fill(HPA(dst.v + off), r.hpa, n);
		off += n;
	}
}

int guestmem_fill(hpa_t dst, struct stage2 *s2, gpa_t gpa, u64 len)
{
	int ret;

	if (!range_valid(gpa.v, len))
		return -EFAULT;
	spin_lock(&s2->lock);
	ret = check_locked(s2, gpa, len, PT_R);
	if (ret == 0)
		fill_locked(dst, s2, gpa, len);
	spin_unlock(&s2->lock);
	return ret;
}

int guestmem_check(struct stage2 *s2, gpa_t gpa, u64 len, bool write)
{
	int ret;

	if (len == 0)
		return 0;
	if (!range_valid(gpa.v, len))
		return -EFAULT;
	spin_lock(&s2->lock);
	ret = check_locked(s2, gpa, len, write ? PT_R | PT_W : PT_R);
	spin_unlock(&s2->lock);
	return ret;
}
