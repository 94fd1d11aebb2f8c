/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/fake/fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/log.h"
#include "core/trace.h"
#include "io/upcall.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "mem/hostmap.h"
#include "mem/physmap.h"
#include "mem/physwin.h"
#include "vm/vm.h"

struct fake_machine fake;
_Thread_local u32 fake_self;

static struct spinlock fake_log_lock;

static void *fake_map(u64 bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

void fake_machine_init(u32 ncpus, u64 ram_bytes, u64 pool_pages)
{
	void *base;

	memset(&fake, 0, sizeof(fake));
	fake_self = 0;
	fake.ncpus = ncpus;
	trace_set(0);
	fake.rings = fake_map(ncpus * sizeof(struct trace_ring));
	for (u32 i = 0; i < ncpus; i++)
		fake.cpu[i] = (struct cpu){
			.index = i,
			.lapic_id = 2 * i,
			.online = true,
			.trace = &fake.rings[i],
		};
	fake.ram_bytes = ram_bytes;
	fake.ram = fake_map(ram_bytes);
	fake.bitmap = malloc(BITMAP_WORDS(pool_pages) * sizeof(u64));
	base = fake_map(pool_pages * PAGE_SIZE);
	if (!fake.bitmap)
		abort();
	pool_init(&fake.pool, base, HPA(FAKE_POOL_HPA), pool_pages,
		  fake.bitmap);
	fake.tsc = 1000000;
	fake.tsc_khz = 2000000;
	backend = &fake_backend;
}

void fake_machine_free(void)
{
	munmap(fake.ram, fake.ram_bytes);
	munmap(fake.rings, fake.ncpus * sizeof(struct trace_ring));
	munmap(fake.pool.base, fake.pool.pages * PAGE_SIZE);
	free(fake.bitmap);
}

/* core/cpu.h */

u32 cpu_count(void)
{
	return fake.ncpus;
}

struct cpu *cpu_get(u32 index)
{
	CHECK(index < fake.ncpus);
	return &fake.cpu[index];
}

struct cpu *cpu_by_lapic_id(u32 lapic_id)
{
	for (u32 i = 0; i < fake.ncpus; i++)
		if (fake.cpu[i].lapic_id == lapic_id)
			return &fake.cpu[i];
	return NULL;
}

struct cpu *cpu_self(void)
{
	return &fake.cpu[fake_self];
}

u64 cpu_map_changed(void)
{
	return __atomic_add_fetch(&fake.map_changes, 1, __ATOMIC_SEQ_CST);
}

void cpu_map_look(struct cpu *cpu)
{
	u64 now = __atomic_load_n(&fake.map_changes, __ATOMIC_SEQ_CST);

	__atomic_store_n(&cpu->map_seen, now, __ATOMIC_SEQ_CST);
}

void fake_cpu_step(struct cpu *cpu)
{
	struct vcpu *vcpu = __atomic_load_n(&cpu->vcpu, __ATOMIC_SEQ_CST);

	cpu_map_look(cpu);
	__atomic_store_n(&cpu->current, vcpu, __ATOMIC_SEQ_CST);
	if (!vcpu)
		return;
	if (__atomic_fetch_and(&vcpu->requests, ~VCPU_REQ_FLUSH,
			       __ATOMIC_SEQ_CST) &
	    VCPU_REQ_FLUSH)
		fake.forgot[cpu->index]++;
	__atomic_store_n(&vcpu->parked,
			 __atomic_load_n(&vcpu->stop, __ATOMIC_SEQ_CST),
			 __ATOMIC_SEQ_CST);
}

void cpu_kick(struct cpu *cpu)
{
	__atomic_fetch_add(&fake.kicks[cpu->index], 1, __ATOMIC_RELAXED);
	__atomic_store_n(&cpu->kick, 1, __ATOMIC_SEQ_CST);
	if (!fake.threaded)
		fake_cpu_step(cpu);
	if (fake.on_kick)
		fake.on_kick(cpu, fake.arg);
}

u64 time_now(void)
{
	return __atomic_fetch_add(&fake.tsc, fake.tsc_step, __ATOMIC_RELAXED);
}

u64 time_khz(void)
{
	return fake.tsc_khz;
}

bool cpu_map_seen(const struct cpu *cpu, u64 change)
{
	return __atomic_load_n(&cpu->map_seen, __ATOMIC_SEQ_CST) >= change;
}

/* core/log.h: the newest text wins when the buffer is full */

void log_print(enum log_level level, const char *fmt, ...)
{
	va_list ap;
	int n;

	spin_lock(&fake_log_lock);
	if (fake.log_len > FAKE_LOG_SIZE - 1024)
		fake.log_len = 0;
	va_start(ap, fmt);
	n = vsnprintf(fake.log + fake.log_len, 1000, fmt, ap);
	va_end(ap);
	CHECK(level != LOG_ERROR && n >= 0 && n < 1000);
	fake.log_len += (u32)n;
	fake.log[fake.log_len++] = '\n';
	fake.log[fake.log_len] = '\0';
	spin_unlock(&fake_log_lock);
}

static u32 log_copy(char *buf, u32 len, u64 skip)
{
	u32 n;

	if (skip >= fake.log_len)
		return 0;
	n = (u32)MIN((u64)len, fake.log_len - skip);
	memcpy(buf, fake.log + skip, n);
	return n;
}

u32 log_read(char *buf, u32 len, u64 skip)
{
	u32 n;

	spin_lock(&fake_log_lock);
	n = log_copy(buf, len, skip);
	spin_unlock(&fake_log_lock);
	return n;
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* io/upcall.h */

void upcall_raise(void)
{
	__atomic_fetch_add(&fake.upcalls, 1, __ATOMIC_RELAXED);
}

bool upcall_is_by_vector(void)
{
	return !fake.upcall_msix;
}

int upcall_set_vector(u64 vector)
{
	if (vector < 0x20 || vector > 0xff)
		return -EINVAL;
	fake.upcall_vector = vector;
	return 0;
}

static void fake_accessed(hpa_t hpa, u64 len, bool write)
{
	const struct fake_access a = { hpa, len, write };

	if (fake.on_access)
		fake.on_access(&a, fake.arg);
}

/* Pages that Holm does not map now: of RAM, then of 64 MiB of registers. */
#define HIDDEN_MAX (FAKE_PAGES_MAX + 0x4000U)
static u64 hidden[BITMAP_WORDS(HIDDEN_MAX)];

static u64 hidden_bit(u64 at)
{
	u64 bit = at / PAGE_SIZE;

	if (at >= FAKE_MMIO)
		bit = FAKE_PAGES_MAX + (at - FAKE_MMIO) / PAGE_SIZE;
	CHECK(bit < HIDDEN_MAX);
	return bit;
}

bool fake_is_hidden(hpa_t hpa)
{
	u64 bit = hidden_bit(hpa.v);

	return bitmap_find_set(hidden, bit + 1, bit) == bit;
}

static u8 *window_at(hpa_t hpa, u64 len)
{
	CHECK(hpa.v <= fake.ram_bytes && len <= fake.ram_bytes - hpa.v);
	return fake.ram + hpa.v;
}

static u8 *fake_ram_at(hpa_t hpa, u64 len)
{
	u64 end = align_up(hpa.v + len, PAGE_SIZE) / PAGE_SIZE;

	CHECK(bitmap_find_set(hidden, end, hpa.v / PAGE_SIZE) == BITMAP_NONE);
	return window_at(hpa, len);
}

/* mem/hostmap.h: a page of the pool stands for the tables. */

int hostmap_hide(hpa_t hpa, u64 size)
{
	void *table = vm_mem_alloc(PAGE_SIZE);

	if (!table)
		return -ENOMEM;
	vm_mem_free(table, PAGE_SIZE);
	for (u64 at = hpa.v; at < hpa.v + size; at += PAGE_SIZE)
		CHECK(!bitmap_test_and_set(hidden, hidden_bit(at)));
	return 0;
}

void hostmap_show(hpa_t hpa, u64 size, u32 type)
{
	CHECK(type == (hpa.v >= FAKE_MMIO ? PT_UC : PT_WB));
	for (u64 at = hpa.v; at < hpa.v + size; at += PAGE_SIZE)
		CHECK(bitmap_test_and_clear(hidden, hidden_bit(at)));
}

void hostmap_settle(void)
{
	CHECK(bitmap_find_set(hidden, HIDDEN_MAX, 0) == BITMAP_NONE);
}

void hostmap_reap(void)
{
}

int hostmap_for_each(u64 from, int (*fn)(const struct pt_leaf *leaf, void *arg),
		     void *arg)
{
	const struct pt_leaf all = { .size = fake.ram_bytes };

	return from < all.size ? fn(&all, arg) : 0;
}

/* mem/physwin.h */

void physwin_read(void *dst, hpa_t src, u64 len)
{
	memcpy(dst, window_at(src, len), len);
	fake_accessed(src, len, false);
}

void physwin_write(hpa_t dst, const void *src, u64 len)
{
	memcpy(window_at(dst, len), src, len);
	fake_accessed(dst, len, true);
}

void physwin_zero(hpa_t dst, u64 len)
{
	memset(window_at(dst, len), 0, len);
	fake_accessed(dst, len, true);
}

void physwin_fill(hpa_t dst, hpa_t src, u64 len)
{
	memmove(window_at(dst, len), fake_ram_at(src, len), len);
	fake_accessed(src, len, false);
	fake_accessed(dst, len, true);
}

/* mem/physmap.h: the same, where it is mapped. */

void physmap_read(void *dst, hpa_t src, u64 len)
{
	fake_ram_at(src, len);
	physwin_read(dst, src, len);
}

void physmap_write(hpa_t dst, const void *src, u64 len)
{
	fake_ram_at(dst, len);
	physwin_write(dst, src, len);
}

void physmap_zero(hpa_t dst, u64 len)
{
	fake_ram_at(dst, len);
	physwin_zero(dst, len);
}

void physmap_move(hpa_t dst, hpa_t src, u64 len)
{
	fake_ram_at(dst, len);
	physwin_fill(dst, src, len);
}

u32 physmap_load32(hpa_t src)
{
	u32 *p = (u32 *)(void *)fake_ram_at(src, sizeof(u32));
	u32 v = __atomic_load_n(p, __ATOMIC_ACQUIRE);

	fake_accessed(src, sizeof(v), false);
	return v;
}

void physmap_store32(hpa_t dst, u32 v)
{
	u32 *p = (u32 *)(void *)fake_ram_at(dst, sizeof(u32));

	__atomic_store_n(p, v, __ATOMIC_RELEASE);
	fake_accessed(dst, sizeof(v), true);
}

/* Where there is no register, ones are read. */
static u8 *fake_mmio_at(hpa_t at, u32 size)
{
	CHECK(at.v % size == 0);
	if (!range_inside(at.v, size, FAKE_MMIO, FAKE_MMIO_SIZE))
		return NULL;
	return &fake.mmio[at.v - FAKE_MMIO];
}

u64 physwin_mmio_read(hpa_t at, u32 size)
{
	const u8 *p = fake_mmio_at(at, size);
	u64 val = 0;

	if (!p)
		return ~val;
	memcpy(&val, p, size);
	return val;
}

void physwin_mmio_write(hpa_t at, u32 size, u64 val)
{
	u8 *p = fake_mmio_at(at, size);

	if (p)
		memcpy(p, &val, size);
}
