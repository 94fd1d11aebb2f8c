/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the manuals put the bits of ports and MSRs: APM vol 2, 15.10 and
 * 15.11; SDM vol 3, 25.6.4 and 25.6.9.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/trap_maps.h"
#include "mem/pages.h"
#include "vm/backend.h"

/* The headers of the two backends cannot stand side by side. */
#define SIDE(x)                                                             \
	int x##_vm_init(struct hw_vm *vm);                                  \
	void x##_vm_free(struct hw_vm *vm);                                 \
	void x##_vm_trap_pio(struct hw_vm *vm, u16 port, u32 n, bool trap); \
	void x##_vm_trap_msr(struct hw_vm *vm, u32 msr, bool rd, bool wr);  \
	bool x##_vm_passes(const struct hw_vm *vm, enum hw_access w, u32 nr)

SIDE(svm);
SIDE(vmx);

static u64 allocated;
static u64 allowed = ~(u64)0;

void *pages_alloc(u64 n)
{
	if (allocated + n > allowed)
		return NULL;
	allocated += n;
	return calloc(n, PAGE_SIZE);
}

void pages_free(void *p, u64 n)
{
	if (p)
		allocated -= n;
	free(p);
}

hpa_t pages_hpa(const void *p)
{
	return HPA((u64)(uintptr_t)p);
}

struct side {
	const char *name;
	int (*init)(struct hw_vm *vm);
	void (*free)(struct hw_vm *vm);
	void (*pio)(struct hw_vm *vm, u16 port, u32 count, bool trap);
	void (*msr)(struct hw_vm *vm, u32 msr, bool read, bool write);
	bool (*passes)(const struct hw_vm *vm, enum hw_access what, u32 nr);
};

static const struct side sides[] = {
	{ "svm", svm_vm_init, svm_vm_free, svm_vm_trap_pio, svm_vm_trap_msr,
	  svm_vm_passes },
	{ "vmx", vmx_vm_init, vmx_vm_free, vmx_vm_trap_pio, vmx_vm_trap_msr,
	  vmx_vm_passes },
};

static bool bit(const u64 *map, u32 byte, u32 n)
{
	return ((const u8 *)map)[byte + n / 8] >> (n % 8) & 1;
}

static void everything_traps_at_first(void **state)
{
	static const u32 msrs[] = { 0, 0x10, 0x1fff, 0xc0000080, 0xc0001fff };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(sides); i++) {
		const struct side *s = &sides[i];
		struct hw_vm vm = { 0 };

		assert_int_equal(s->init(&vm), 0);
		for (u32 port = 0; port <= 0x10000; port++)
			assert_false(s->passes(&vm, HW_PORT, port));
		for (u32 n = 0; n < ARRAY_SIZE(msrs); n++) {
			assert_false(s->passes(&vm, HW_MSR_READ, msrs[n]));
			assert_false(s->passes(&vm, HW_MSR_WRITE, msrs[n]));
		}
		s->free(&vm);
		assert_null(vm.priv);
		assert_int_equal(allocated, 0);
	}
}

static void ports_are_bits(void **state)
{
	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(sides); i++) {
		const struct side *s = &sides[i];
		struct hw_vm vm = { 0 };
		struct trap_maps *m;

		s->init(&vm);
		m = vm.priv;
		s->pio(&vm, 0x3f8, 8, false);
		assert_false(bit(m->io, 0, 0x3f8) || bit(m->io, 0, 0x3ff));
		assert_true(bit(m->io, 0, 0x3f7) && bit(m->io, 0, 0x400));
		assert_true(s->passes(&vm, HW_PORT, 0x3f8));
		s->pio(&vm, 0xffff, 2, false);
		assert_false(bit(m->io, 0, 0xffff));
		/* SVM looks behind the last port when an access spills over. */
		if (i == 0)
			assert_true(bit(m->io, 0x2000, 0));
		s->pio(&vm, 0x3f8, 1, true);
		assert_false(s->passes(&vm, HW_PORT, 0x3f8));
		assert_true(s->passes(&vm, HW_PORT, 0x3f9));
		s->free(&vm);
	}
}

static void msrs_of_svm(void **state)
{
	/* byte of the map's vector, and the MSR's number in it */
	static const struct {
		u32 msr, byte, n;
	} at[] = {
		{ 0x174, 0, 0x174 },
		{ 0xc0000082, 0x800, 0x82 },
		{ 0xc0010015, 0x1000, 0x15 },
		{ 0xc0011fff, 0x1000, 0x1fff },
	};
	struct hw_vm vm = { 0 };
	struct trap_maps *m;

	(void)state;
	svm_vm_init(&vm);
	m = vm.priv;
	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		svm_vm_trap_msr(&vm, at[i].msr, false, true);
		assert_false(bit(m->msr, at[i].byte, 2 * at[i].n));
		assert_true(bit(m->msr, at[i].byte, 2 * at[i].n + 1));
		assert_true(svm_vm_passes(&vm, HW_MSR_READ, at[i].msr));
		assert_false(svm_vm_passes(&vm, HW_MSR_WRITE, at[i].msr));
	}
	svm_vm_trap_msr(&vm, 0xc0020000, false, false);
	assert_false(svm_vm_passes(&vm, HW_MSR_READ, 0xc0020000));
	svm_vm_free(&vm);
}

static void msrs_of_vmx(void **state)
{
	struct hw_vm vm = { 0 };
	struct trap_maps *m;

	(void)state;
	vmx_vm_init(&vm);
	m = vm.priv;
	vmx_vm_trap_msr(&vm, 0x174, false, true);
	assert_false(bit(m->msr, 0, 0x174));
	assert_true(bit(m->msr, 0x800, 0x174));
	vmx_vm_trap_msr(&vm, 0xc0000082, true, false);
	assert_true(bit(m->msr, 0x400, 0x82));
	assert_false(bit(m->msr, 0xc00, 0x82));
	assert_true(vmx_vm_passes(&vm, HW_MSR_WRITE, 0xc0000082));
	assert_false(vmx_vm_passes(&vm, HW_MSR_READ, 0xc0000082));
	/* No bit: it exits, whatever is asked for. */
	vmx_vm_trap_msr(&vm, 0xc0010015, false, false);
	assert_false(vmx_vm_passes(&vm, HW_MSR_READ, 0xc0010015));
	vmx_vm_free(&vm);
}

/* The second page opens what the CPU answers, and nothing but that. */
static void apic_of_the_cpu(void **state)
{
	static const u32 reads[] = { 0x808, 0x80a, 0x810, 0x817, 0x820, 0x827 };
	static const u32 writes[] = { 0x808, 0x80b, 0x83f };
	u32 passed_reads = 0, passed_writes = 0;
	struct hw_vm vm = { 0 };
	struct trap_maps *m;

	(void)state;
	vmx_vm_init(&vm);
	m = vm.priv;
	for (u32 i = 0; i < ARRAY_SIZE(reads); i++)
		assert_false(bit(m->msr, 0x1000, reads[i]));
	for (u32 i = 0; i < ARRAY_SIZE(writes); i++)
		assert_false(bit(m->msr, 0x1800, writes[i]));
	for (u32 n = 0; n < 0x2000; n++) {
		assert_true(bit(m->msr, 0, n) && bit(m->msr, 0x800, n));
		passed_reads += !bit(m->msr, 0x1000, n);
		passed_writes += !bit(m->msr, 0x1800, n);
	}
	assert_int_equal(passed_reads, 18);
	assert_int_equal(passed_writes, 3);
	vmx_vm_free(&vm);
}

static void no_memory(void **state)
{
	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(sides); i++) {
		struct hw_vm vm = { 0 };

		for (allowed = 0; allowed < 5; allowed++) {
			if (sides[i].init(&vm) == 0)
				sides[i].free(&vm);
			assert_null(vm.priv);
			assert_int_equal(allocated, 0);
		}
		allowed = ~(u64)0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_traps_at_first),
		cmocka_unit_test(ports_are_bits),
		cmocka_unit_test(msrs_of_svm),
		cmocka_unit_test(msrs_of_vmx),
		cmocka_unit_test(apic_of_the_cpu),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
