/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/guest_mem.h"

#include <errno.h>
#include <string.h>

void guest_mem_split(struct guest_mem *mem, u64 size)
{
	memset(mem, 0, sizeof(*mem));
	mem->low = min_u64(size, GUEST_LOW_LIMIT);
	mem->high = size - mem->low;
}

int guest_mem_add(struct guest_mem *mem, gpa_t gpa, u64 len, void *hva)
{
	struct guest_segment *last;

	if (mem->count) {
		last = &mem->seg[mem->count - 1];
		if (last->gpa + last->len == gpa.v &&
		    last->hva + last->len == (u8 *)hva) {
			last->len += len;
			return 0;
		}
	}
	if (mem->count == GUEST_MEM_SEGMENTS)
		return -ENOSPC;
	mem->seg[mem->count++] = (struct guest_segment){ gpa.v, len, hva };
	return 0;
}

void *guest_mem_at(const struct guest_mem *mem, gpa_t gpa, u64 len)
{
	const struct guest_segment *s;
	u32 i;

	for (i = 0; i < mem->count; i++) {
		s = &mem->seg[i];
		if (gpa.v < s->gpa || len > s->len ||
		    gpa.v - s->gpa > s->len - len)
			continue;
		return s->hva + (gpa.v - s->gpa);
	}
	return NULL;
}

void *guest_mem_run(const struct guest_mem *mem, gpa_t gpa, u64 *len)
{
	const struct guest_segment *s;
	u32 i;

	for (i = 0; i < mem->count; i++) {
		s = &mem->seg[i];
		if (gpa.v < s->gpa || gpa.v - s->gpa >= s->len)
			continue;
		*len = min_u64(*len, s->len - (gpa.v - s->gpa));
		return s->hva + (gpa.v - s->gpa);
	}
	return NULL;
}

int guest_mem_read(const struct guest_mem *mem, gpa_t gpa, void *to, u64 len)
{
	const void *p = guest_mem_at(mem, gpa, len);

	if (!p)
		return -EFAULT;
	memcpy(to, p, len);
	return 0;
}

int guest_mem_write(const struct guest_mem *mem, gpa_t gpa, const void *from,
		    u64 len)
{
	void *p = guest_mem_at(mem, gpa, len);

	if (!p)
		return -EFAULT;
	memcpy(p, from, len);
	return 0;
}

int guest_mem_zero(const struct guest_mem *mem, gpa_t gpa, u64 len)
{
	void *p = guest_mem_at(mem, gpa, len);

	if (!p)
		return -EFAULT;
	memset(p, 0, len);
	return 0;
}
