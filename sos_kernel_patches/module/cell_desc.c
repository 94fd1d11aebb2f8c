/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Descriptions of cells. The hypervisor checks every field; here they are
 * only walked, so only their shape is looked at.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/uaccess.h>

#include "cell.h"
#include "hsm.h"

static const struct holm_cell_record *record_at(
	const struct holm_cell_desc *desc, size_t off)
{
	return (const void *)((const u8 *)desc + off);
}

/* What hsm_cell_desc_next() relies on. */
static int desc_check_shape(const struct holm_cell_desc *desc, size_t size)
{
	size_t off = sizeof(*desc);
	const struct holm_cell_record *r;

	if (desc->size != size)
		return -EINVAL;
	for (; off < size; off += r->size) {
		r = record_at(desc, off);
		if (size - off < sizeof(*r) || r->size < sizeof(*r) ||
		    r->size > size - off || !IS_ALIGNED(r->size, sizeof(u64)))
			return -EINVAL;
	}
	return 0;
}

/**
 * hsm_cell_desc_read() - copy a description from user space
 * @uaddr: user address of it
 * @size: bytes
 * @desc: where the copy goes, in memory the hypervisor can read; for
 *	hsm_cell_desc_free()
 *
 * Return: 0, -EINVAL or -E2BIG for one that cannot be walked, -EFAULT,
 * -ENOMEM.
 */
int hsm_cell_desc_read(u64 uaddr, u64 size, struct holm_cell_desc **desc)
{
	struct holm_cell_desc *copy;
	int ret = -EFAULT;

	if (size < sizeof(*copy))
		return -EINVAL;
	if (size > HOLM_CELL_MAX)
		return -E2BIG;
	copy = hsm_object_alloc(HOLM_OBJECT_ARGUMENT, size);
	if (!copy)
		return -ENOMEM;
	if (!copy_from_user(copy, u64_to_user_ptr(uaddr), size))
		ret = desc_check_shape(copy, size);
	if (ret) {
		hsm_cell_desc_free(copy);
		return ret;
	}
	*desc = copy;
	return 0;
}

/**
 * hsm_cell_desc_free() - undo hsm_cell_desc_read()
 * @desc: of it, or NULL
 */
void hsm_cell_desc_free(struct holm_cell_desc *desc)
{
	hsm_object_free(HOLM_OBJECT_ARGUMENT, desc);
}

/**
 * hsm_cell_desc_next() - walk the records
 * @desc: of hsm_cell_desc_read()
 * @prev: the last one, or NULL to begin
 *
 * Return: the record after it, or NULL.
 */
const struct holm_cell_record *hsm_cell_desc_next(
	const struct holm_cell_desc *desc, const struct holm_cell_record *prev)
{
	size_t off = sizeof(*desc);

	if (prev)
		off = (size_t)((const u8 *)prev - (const u8 *)desc) +
		      prev->size;
	return off < desc->size ? record_at(desc, off) : NULL;
}
