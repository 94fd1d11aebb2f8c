/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Every object the driver holds is counted by kind, and shown in sysfs. */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "hsm.h"

static atomic_long_t objects[HOLM_OBJECT_COUNT];

/**
 * hsm_object_add() - more or fewer of them
 * @kind: which
 * @n: how many more, or, negative, fewer
 */
void hsm_object_add(enum holm_object kind, long n)
{
	atomic_long_add(n, &objects[kind]);
}

/**
 * hsm_object_count() - how many there are
 * @kind: which
 *
 * Return: the number.
 */
long hsm_object_count(enum holm_object kind)
{
	return atomic_long_read(&objects[kind]);
}

/**
 * hsm_object_alloc() - memory for one of them, zeroed and counted
 * @kind: which
 * @size: bytes
 *
 * Return: linear kernel memory for hsm_object_free(), or NULL.
 */
void *hsm_object_alloc(enum holm_object kind, size_t size)
{
	void *p = kzalloc(size, GFP_KERNEL);

	if (p)
		hsm_object_add(kind, 1);
	return p;
}

/**
 * hsm_object_free() - one less
 * @kind: which
 * @p: of hsm_object_alloc(); NULL is none
 */
void hsm_object_free(enum holm_object kind, void *p)
{
	if (!p)
		return;
	kfree(p);
	hsm_object_add(kind, -1);
}

struct object_attr {
	struct device_attribute attr;
	enum holm_object kind;
};

static ssize_t object_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	const struct object_attr *p =
		container_of(attr, struct object_attr, attr);

	return sysfs_emit(buf, "%ld\n", hsm_object_count(p->kind));
}

/* clang-format off */
#define OBJECT_ATTR(id, text)						\
	static struct object_attr object_attr_##id = {			\
		.attr = OBJECT_INIT(text),				\
		.kind = HOLM_OBJECT_##id,				\
	};
#define OBJECT_ENTRY(id, text) &object_attr_##id.attr.attr,

#define OBJECT_INIT(text)						\
	{ .attr = { .name = text, .mode = 0444 }, .show = object_show }

HOLM_OBJECTS(OBJECT_ATTR)

static struct attribute *object_attrs[] = {
	HOLM_OBJECTS(OBJECT_ENTRY)
	NULL,
};
/* clang-format on */

const struct attribute_group hsm_object_group = {
	.name = "objects",
	.attrs = object_attrs,
};
