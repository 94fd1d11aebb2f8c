/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between local APICs: destinations and delivery modes. */
#include "guest/x86/vlapic.h"

#include "guest/x86/vlapic_priv.h"
#include "lib/errno.h"

/* Fields of the ICR; SDM vol. 3, "Interrupt Command Register" */
#define ICR_LOGICAL BIT64(11)
#define ICR_ASSERT  BIT64(14)
#define ICR_LEVEL   BIT64(15)

enum icr_shorthand { TO_DEST, TO_SELF, TO_ALL, TO_OTHERS };

static inline bool matches_logical_xapic(const struct vlapic *v, u32 dest)
{
	u32 ldr = vlapic_shared_get(&v->ldr) >> 24;
	u32 model = vlapic_shared_get(&v->dfr) >> 28;

	if (dest > 0xff)
		return false;
	if (model == 0xf) /* flat */
		return (ldr & dest) != 0;
	return model == 0 && ldr >> 4 == dest >> 4 && (ldr & dest & 0xf) != 0;
}

static inline bool matches_logical_x2apic(const struct vlapic *v, u32 dest)
{
	u32 ldr = vlapic_x2apic_ldr(v->id);

	return ldr >> 16 == dest >> 16 && (ldr & dest & 0xffff) != 0;
}

/* Every way of addressing but one APIC by its id. */
static inline bool matches(const struct vlapic *v, u32 dest)
{
	enum vlapic_state state = vlapic_state(v);

	if (state == VLAPIC_DISABLED)
		return false;
	if (dest == APIC_DEST_ALL)
		return true;
	return state == VLAPIC_X2APIC ? matches_logical_x2apic(v, dest)
				      : matches_logical_xapic(v, dest);
}

/*
 * The APIC whose id is @id, or NULL. Most messages go to one of few, so
 * where it was found last time is looked at first; a wrong hint only costs.
 */
static struct vlapic *find_by_id(struct lapic_bus *bus, u32 id)
{
	u8 *hint = &bus->hint[id % LAPIC_BUS_HINTS];
	u32 i = __atomic_load_n(hint, __ATOMIC_RELAXED);

	if (likely(i < bus->n && bus->v[i]->id == id))
		return bus->v[i];
	for (i = 0; i < bus->n; i++) {
		if (bus->v[i]->id != id)
			continue;
		__atomic_store_n(hint, (u8)i, __ATOMIC_RELAXED);
		return bus->v[i];
	}
	return NULL;
}

static bool take_fixed(struct vlapic *v, const struct apic_msg *m)
{
	return vlapic_accept(v, m->vector, m->trigger);
}

static bool take_nmi(struct vlapic *v, const struct apic_msg *m)
{
	(void)m;
	v->ops->nmi(v->vm, v->id);
	return true;
}

static bool take_init(struct vlapic *v, const struct apic_msg *m)
{
	/* "INIT level de-assert" only ever set arbitration ids. */
	if (m->trigger && !m->level)
		return false;
	v->ops->init(v->vm, v->id);
	return true;
}

static bool take_sipi(struct vlapic *v, const struct apic_msg *m)
{
	v->ops->sipi(v->vm, v->id, m->vector);
	return true;
}

/* No SMM to enter; an 8259 is reached by LINT0, not by messages. */
static bool take_nothing(struct vlapic *v, const struct apic_msg *m)
{
	(void)v;
	(void)m;
	return false;
}

static bool (*const take[8])(struct vlapic *, const struct apic_msg *) = {
	[APIC_MODE_FIXED] = take_fixed,    [APIC_MODE_LOWEST] = take_fixed,
	[APIC_MODE_SMI] = take_nothing,    [APIC_MODE_NMI] = take_nmi,
	[APIC_MODE_INIT] = take_init,      [APIC_MODE_SIPI] = take_sipi,
	[APIC_MODE_EXTINT] = take_nothing,
};

static u8 priority_class(const struct vlapic *v)
{
	return __atomic_load_n(&v->ppr, __ATOMIC_RELAXED) >> 4;
}

/* The least busy of the destinations; equals take turns. */
static struct vlapic *arbitrate(struct lapic_bus *bus, const struct apic_msg *m)
{
	u32 turn = __atomic_fetch_add(&bus->turn, 1, __ATOMIC_RELAXED);
	struct vlapic *best = NULL;
	struct vlapic *v;
	u32 i;

	for (i = 0; i < bus->n; i++) {
		v = bus->v[(turn + i) % bus->n];
		if (!matches(v, m->dest) || !vlapic_takes_fixed(v))
			continue;
		if (best == NULL || priority_class(v) < priority_class(best))
			best = v;
	}
	return best;
}

static int deliver_to_one(struct lapic_bus *bus, const struct apic_msg *m)
{
	struct vlapic *v = find_by_id(bus, m->dest);

	if (v == NULL || vlapic_state(v) == VLAPIC_DISABLED)
		return 0;
	return take[m->mode](v, m) ? 1 : 0;
}

static int deliver_to_many(struct lapic_bus *bus, const struct apic_msg *m,
			   const struct vlapic *except)
{
	struct vlapic *v;
	int taken = 0;
	u32 i;

	for (i = 0; i < bus->n; i++) {
		v = bus->v[i];
		if (v != except && matches(v, m->dest))
			taken += take[m->mode](v, m) ? 1 : 0;
	}
	return taken;
}

int lapic_bus_deliver(struct lapic_bus *bus, const struct apic_msg *m)
{
	struct vlapic *v;

	if (m->mode >= ARRAY_SIZE(take) || take[m->mode] == NULL)
		return -EINVAL;
	if (!m->logical && m->dest != APIC_DEST_ALL)
		return deliver_to_one(bus, m);
	if (m->mode != APIC_MODE_LOWEST)
		return deliver_to_many(bus, m, NULL);
	v = arbitrate(bus, m);
	return v != NULL && take_fixed(v, m) ? 1 : 0;
}

static void send_to_self(struct vlapic *v, const struct apic_msg *m)
{
	if (likely(m->mode == APIC_MODE_FIXED))
		(void)vlapic_accept_local(v, m->vector, false);
	else if (m->mode == APIC_MODE_NMI)
		v->ops->nmi(v->vm, v->id);
	/* The SDM's table of valid shorthands has no other. */
}

static bool is_vectored(const struct apic_msg *m)
{
	return m->mode == APIC_MODE_FIXED || m->mode == APIC_MODE_LOWEST;
}

static void send_to_all(struct vlapic *v, struct apic_msg *m, bool self_too)
{
	m->dest = APIC_DEST_ALL;
	/* With the sender among them, INIT and SIPI are not valid. */
	if (self_too && !is_vectored(m) && m->mode != APIC_MODE_NMI)
		return;
	/* A broadcast does not arbitrate. */
	if (m->mode == APIC_MODE_LOWEST)
		m->mode = APIC_MODE_FIXED;
	if (take[m->mode] != NULL)
		(void)deliver_to_many(v->bus, m, v);
	if (self_too)
		send_to_self(v, m);
}

static u32 icr_dest(const struct vlapic *v, u64 icr)
{
	u32 dest = (u32)(icr >> 32);

	if (vlapic_state(v) == VLAPIC_X2APIC)
		return dest;
	dest >>= 24;
	return dest == 0xff ? APIC_DEST_ALL : dest;
}

void vlapic_send_ipi(struct vlapic *v, u64 icr)
{
	struct apic_msg m = {
		.dest = icr_dest(v, icr),
		.logical = (icr & ICR_LOGICAL) != 0,
		.mode = (icr >> 8) & 7,
		.vector = (u8)icr,
		.level = (icr & ICR_ASSERT) != 0,
		.trigger = (icr & ICR_LEVEL) != 0,
	};

	if (is_vectored(&m)) {
		if (m.vector < APIC_VECTOR_FIRST) {
			vlapic_error(v, APIC_ESR_SEND_VECTOR);
			return;
		}
		m.trigger = false; /* the SDM: ignored, always edge */
	}
	switch ((enum icr_shorthand)((icr >> 18) & 3)) {
	case TO_DEST:
		(void)lapic_bus_deliver(v->bus, &m);
		break;
	case TO_SELF:
		send_to_self(v, &m);
		break;
	case TO_ALL:
	case TO_OTHERS:
		send_to_all(v, &m, ((icr >> 18) & 3) == TO_ALL);
		break;
	}
}
