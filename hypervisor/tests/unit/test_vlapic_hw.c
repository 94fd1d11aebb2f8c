/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors of a local APIC on their way to the CPU and back. */
#include "tests/unit/test_virq.h"

#include "guest/x86/vlapic_hw.h"

static struct machine m;
static struct vlapic *const v = &m.cpu[0].lapic;

static int setup(void **state)
{
	(void)state;
	m_setup(&m, NULL);
	m_xwrite(v, 0xf0, 0x1ff);
	return 0;
}

static bool has(const u32 *words, u8 vector)
{
	return words[vector / 32] >> (vector % 32) & 1;
}

/* Where words do not count, whatever stands there must not matter. */
static bool drain(struct apic_vectors *s)
{
	memset(s, 0xa5, sizeof(*s));
	if (!vlapic_drain(v, s))
		return false;
	for (u32 i = 0; i < 8; i++) {
		if (!(s->words >> i & 1))
			s->irr[i] = s->tmr[i] = 0;
	}
	return true;
}

static u32 count(const u32 *words)
{
	u32 n = 0;

	for (u32 i = 0; i < 8; i++)
		n += (u32)__builtin_popcount(words[i]);
	return n;
}

static void nothing_to_drain(void **state)
{
	struct apic_vectors s = { .irr = { 7 } };

	(void)state;
	assert_false(vlapic_drain(v, &s));
	assert_int_equal(s.irr[0], 7);
}

static void requests_leave_once(void **state)
{
	static const u8 vectors[] = { 16, 31, 32, 0x4f, 0x50, 0xef, 255 };
	struct apic_vectors s;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(vectors); i++)
		assert_true(vlapic_accept(v, vectors[i], vectors[i] == 0x50));
	assert_true(drain(&s));
	assert_int_equal(count(s.irr), ARRAY_SIZE(vectors));
	for (u32 i = 0; i < ARRAY_SIZE(vectors); i++)
		assert_true(has(s.irr, vectors[i]));
	assert_int_equal(s.words & ~0xffU, 0);
	assert_int_equal(count(s.tmr), 1);
	assert_true(has(s.tmr, 0x50));
	assert_false(drain(&s));
	assert_int_equal(vlapic_pending(v), -1);
}

/* The mode of a vector is known for as long as it may be in service. */
static void level_stays_until_edge(void **state)
{
	struct apic_vectors s;

	(void)state;
	vlapic_accept(v, 0x61, true);
	assert_true(drain(&s));
	vlapic_accept(v, 0x62, false);
	assert_true(drain(&s));
	assert_true(has(s.tmr, 0x61));
	assert_false(has(s.tmr, 0x62));
	vlapic_accept(v, 0x61, false);
	assert_true(drain(&s));
	assert_false(has(s.tmr, 0x61));
}

static void service_goes_over_and_back(void **state)
{
	struct apic_vectors s;

	(void)state;
	vlapic_accept(v, 0x41, true);
	vlapic_ack(v, 0x41);
	vlapic_accept(v, 0x83, false);
	vlapic_ack(v, 0x83);
	vlapic_accept(v, 0x90, false);
	vlapic_hand_over(v, &s);
	assert_int_equal(count(s.isr), 2);
	assert_true(has(s.isr, 0x41) && has(s.isr, 0x83));
	assert_true(has(s.tmr, 0x41) && !has(s.tmr, 0x83));
	assert_int_equal(count(s.irr), 0);
	assert_int_equal(m_xread(v, 0x120), 0);
	/* The CPU did the EOI of one, and was given a request meanwhile. */
	s.isr[4] = 0;
	s.irr[0x52 / 32] = BIT32(0x52 % 32);
	vlapic_take_back(v, &s);
	assert_int_equal(m_xread(v, 0x100 + 0x20), BIT32(1));
	assert_int_equal(m_xread(v, 0xa0), 0x40);
	assert_int_equal(vlapic_pending(v), 0x90);
	vlapic_ack(v, 0x90);
	m_xwrite(v, 0xb0, 0);
	assert_int_equal(vlapic_pending(v), 0x52);
	m_xwrite(v, 0xb0, 0);
	assert_int_equal(m_xread(v, 0xa0), 0);
}

static u32 sent;
static bool takes;

static bool take_sent(void *vcpu, u8 vector)
{
	(void)vcpu;
	if (takes)
		sent = vector;
	return takes;
}

/* Only what needs no EOI of ours may pass the model by. */
static void edges_pass_by(void **state)
{
	struct vlapic_ops ops = *v->ops;
	const struct vlapic_ops *before = v->ops;

	(void)state;
	ops.send = take_sent;
	v->ops = &ops;
	takes = true;
	assert_true(vlapic_accept(v, 0x71, true));
	assert_int_equal(sent, 0);
	assert_int_equal(vlapic_pending(v), 0x71);
	assert_int_equal(m.cpu[0].kicks, 1);
	assert_true(vlapic_accept(v, 0x81, false));
	assert_int_equal(sent, 0x81);
	assert_int_equal(vlapic_pending(v), 0x71);
	assert_int_equal(m.cpu[0].kicks, 1);
	takes = false;
	assert_true(vlapic_accept(v, 0x82, false));
	assert_int_equal(vlapic_pending(v), 0x82);
	assert_int_equal(m.cpu[0].kicks, 2);
	v->ops = before;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_to_drain, setup),
		cmocka_unit_test_setup(requests_leave_once, setup),
		cmocka_unit_test_setup(level_stays_until_edge, setup),
		cmocka_unit_test_setup(service_goes_over_and_back, setup),
		cmocka_unit_test_setup(edges_pass_by, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
