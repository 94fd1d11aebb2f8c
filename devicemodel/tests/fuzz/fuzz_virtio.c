/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that pokes at random into the BAR, the configuration space and its
 * own memory, where a virtio-console lies in wait for it with two ports. The
 * device may break, but neither crash nor hang.
 */
#include "tests/rig.h"
#include "virtio/virtio.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)
#define TURNS 64

static struct rig rig;

struct poke {
	u8 kind;
	u8 size;
	u16 off;
	u32 val;
};

static void do_poke(const struct poke *p)
{
	const u32 size = 1U << (p->size & 3);

	switch (p->kind & 7) {
	case 0:
		rig_write(&rig, p->off & 0x7fff, size, p->val);
		break;
	case 1:
		rig_read(&rig, p->off & 0x7fff, size);
		break;
	case 2: /* common configuration */
		rig_write(&rig, p->off & 0x3f, size, p->val);
		break;
	case 3: /* notifications */
		rig_write(&rig, RIG_NOTIFY + (p->off & 0x1f), size, p->val);
		break;
	case 4:
		rig_cfg_write(&rig, p->off & 0xff, size, p->val);
		break;
	case 5:
		rig_cfg_read(&rig, p->off & 0xff, size);
		break;
	default: /* rings, which lie at the beginning */
		memcpy(rig.ram + 0x1000 + (p->off & 0x7ffc), &p->val,
		       sizeof(p->val));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct poke p;
	u32 i;

	CHECK(!rig_open(&rig, "virtio-console",
			"@file:a=/dev/null,file:b=/dev/null"));
	/* A driver that did all as it should, and then went mad. */
	rig_bring_up(&rig, rig_features(&rig), 6);
	while (size >= sizeof(p)) {
		memcpy(&p, data, sizeof(p));
		data += sizeof(p);
		size -= sizeof(p);
		do_poke(&p);
		for (i = 0; i < TURNS; i++)
			if (event_loop_poll(&rig.loop, 0) <= 0)
				break;
	}
	rig_close(&rig);
	return 0;
}
