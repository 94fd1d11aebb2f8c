/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * usage: ioctl_fuzz [SEED [ROUNDS]]
 * Random and boundary arguments to every ioctl of /dev/acrn_hsm and /dev/holm,
 * in random order, from two threads on one file, on VMs that exist or not.
 * Afterwards the driver must hold what it held before: pages, VMs, CPUs.
 * The same seed gives the same arguments. Exit status 0: nothing is lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/acrn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/cell.h"
#include "abi/holm_ioctl.h"
#include "abi/holm_objects.h"

#define SYSFS           "/sys/class/misc/acrn_hsm/"
#define ARENA           (4UL << 20)
#define PAGE            4096UL
#define CALLS_PER_ROUND 200

static char *arena;
static int hsm_fd = -1;
static int holm_fd = -1;

struct fuzz {
	uint64_t state;
	unsigned long calls;
	unsigned long done; /* of them without an error */
};

static uint64_t next(struct fuzz *f)
{
	/* xorshift64: small, and the same everywhere. */
	f->state ^= f->state << 13;
	f->state ^= f->state >> 7;
	f->state ^= f->state << 17;
	return f->state;
}

static uint64_t below(struct fuzz *f, uint64_t n)
{
	return next(f) % n;
}

static bool often(struct fuzz *f)
{
	return below(f, 4) != 0;
}

static const uint64_t edges[] = {
	0,          1,          2,          4,          8,
	15,         16,         17,         255,        256,
	4095,       4096,       4097,       0x7fffffff, 0x80000000,
	0xffffffff, 1ULL << 32, 1ULL << 47, 1ULL << 48, 0x7fffffffffffffffULL,
	1ULL << 63, -4096ULL,   -1ULL,      0xfec00000, 0xfee00000,
};

static uint64_t number(struct fuzz *f)
{
	switch (below(f, 3)) {
	case 0:
		return edges[below(f, sizeof(edges) / sizeof(*edges))];
	case 1:
		return below(f, 32);
	default:
		return next(f);
	}
}

static uint64_t page_address(struct fuzz *f)
{
	return (uintptr_t)arena + below(f, ARENA / PAGE) * PAGE;
}

/* Good enough to get past the first check, most of the time. */
static uint64_t address(struct fuzz *f)
{
	return often(f) ? page_address(f) : number(f);
}

static uint64_t length(struct fuzz *f)
{
	return often(f) ? (1 + below(f, 256)) * PAGE : number(f);
}

static int some_fd(struct fuzz *f)
{
	return often(f) ? (int)below(f, 16) : (int)number(f);
}

static void fill(struct fuzz *f, void *buf, size_t len)
{
	size_t i;

	memset(buf, 0, len);
	for (i = 0; i + 8 <= len && !often(f); i += 8) {
		uint64_t v = number(f);

		memcpy((char *)buf + i, &v, sizeof(v));
	}
}

static void make_creation(struct fuzz *f, void *buf)
{
	struct acrn_vm_creation *c = buf;

	c->reserved0 = often(f) ? 0 : (uint16_t)number(f);
	c->vcpu_num = (uint16_t)below(f, 3);
	c->ioreq_buf = address(f);
	c->cpu_affinity = often(f) ? below(f, 16) & ~1ULL : number(f);
	c->vm_flag = often(f) ? 0 : number(f);
}

/*
 * A User VM must not get the Service VM's memory to write to: device memory
 * is given read-only, or from where the hypervisor has nothing to give.
 */
static void make_memseg(struct fuzz *f, void *buf)
{
	struct acrn_vm_memmap *m = buf;

	m->type = often(f) ? (uint32_t)below(f, 2) : (uint32_t)number(f);
	m->user_vm_pa = often(f) ? below(f, 4096) * PAGE : number(f);
	m->len = length(f);
	m->attr = (uint32_t)number(f);
	m->vma_base = address(f);
	if (m->type == ACRN_MEMMAP_RAM)
		return;
	m->attr = ACRN_MEM_ACCESS_READ;
	m->service_vm_pa = often(f) ? 0xfeb00000 : number(f);
}

static void make_ioeventfd(struct fuzz *f, void *buf)
{
	struct acrn_ioeventfd *e = buf;

	e->fd = (uint32_t)some_fd(f);
	e->flags = (uint32_t)below(f, 8);
	e->addr = often(f) ? below(f, 16) * 4 : number(f);
	e->len = often(f) ? 1U << below(f, 4) : (uint32_t)number(f);
	e->reserved = often(f) ? 0 : 1;
	e->data = below(f, 4);
}

static void make_irqfd(struct fuzz *f, void *buf)
{
	struct acrn_irqfd *e = buf;

	e->fd = some_fd(f);
	e->flags = (uint32_t)below(f, 2);
	e->msi.msi_addr = often(f) ? 0xfee00000 : number(f);
	e->msi.msi_data = often(f) ? below(f, 256) : number(f);
}

static void make_query(struct fuzz *f, void *buf)
{
	struct holm_ioc_query *q = buf;

	q->subject = often(f) ? (uint32_t)below(f, 9) : (uint32_t)number(f);
	q->index = (uint32_t)number(f);
	q->buf = address(f);
	q->len = (uint32_t)number(f);
	q->from = often(f) ? 0 : number(f);
}

static void make_trace(struct fuzz *f, void *buf)
{
	struct holm_ioc_trace *t = buf;

	t->events = often(f) ? below(f, 0x2000) : number(f);
}

/* A record of a kind that there is, of the size that it has, mostly. */
static uint32_t make_record(struct fuzz *f, char *at)
{
	static const uint32_t sizes[] = {
		0,
		sizeof(struct holm_cell_cpu),
		sizeof(struct holm_cell_mem),
		sizeof(struct holm_cell_port),
		sizeof(struct holm_cell_irq),
		sizeof(struct holm_cell_pci),
		sizeof(struct holm_cell_comm),
		sizeof(struct holm_cell_ivshmem),
	};
	uint32_t type = 1 + (uint32_t)below(f, 7), size = sizes[type], i;
	struct holm_cell_record *r = (void *)at;
	struct holm_cell_cpu *c = (void *)at;

	for (i = 0; i + 8 <= size; i += 8) {
		uint64_t v = number(f);

		memcpy(at + i, &v, sizeof(v));
	}
	r->type = type;
	r->size = often(f) || often(f) ? size : (uint32_t)number(f);
	if (type == HOLM_CELL_R_CPU)
		c->lapic_id = (uint32_t)below(f, 5);
	return size;
}

/* The hypervisor believes no checksum of ours; the driver asks for none. */
static void make_cell(struct fuzz *f, void *buf)
{
	struct holm_ioc_cell_create *c = buf;
	struct holm_cell_desc *d = (void *)(uintptr_t)page_address(f);
	uint32_t size = sizeof(*d), n = (uint32_t)below(f, 4);

	memset(d, 0, sizeof(*d));
	d->magic = HOLM_CELL_MAGIC;
	d->version = HOLM_CELL_VERSION;
	d->name[0] = 'f';
	while (n--)
		size += make_record(f, (char *)d + size);
	d->size = often(f) ? size : (uint32_t)number(f);
	c->desc = often(f) ? (uintptr_t)d : number(f);
	c->size = often(f) ? size : number(f);
}

static void make_pin(struct fuzz *f, void *buf)
{
	struct holm_ioc_cell_pin *p = buf;

	p->addr = address(f) & ~0x1fffffULL;
	p->size = often(f) ? 2UL << 20 : number(f);
	p->phys = address(f);
}

static void make_load(struct fuzz *f, void *buf)
{
	struct holm_ioc_cell_load *l = buf;

	l->id = (uint32_t)below(f, 8);
	l->reserved = 0;
	l->from = address(f);
	l->to = number(f);
	l->size = length(f);
}

/* clang-format off */
static const struct {
	unsigned long cmd;
	bool by_value;
	void (*make)(struct fuzz *f, void *buf);	/* over random bytes */
} calls[] = {
	{ ACRN_IOCTL_CREATE_VM,			false, make_creation },
	{ ACRN_IOCTL_CREATE_VM,			false, make_creation },
	{ ACRN_IOCTL_DESTROY_VM,		false, NULL },
	{ ACRN_IOCTL_START_VM,			false, NULL },
	{ ACRN_IOCTL_PAUSE_VM,			false, NULL },
	{ ACRN_IOCTL_RESET_VM,			false, NULL },
	{ ACRN_IOCTL_SET_VCPU_REGS,		false, NULL },
	{ ACRN_IOCTL_INJECT_MSI,		false, NULL },
	{ ACRN_IOCTL_VM_INTR_MONITOR,		true,  NULL },
	{ ACRN_IOCTL_SET_IRQLINE,		true,  NULL },
	{ ACRN_IOCTL_NOTIFY_REQUEST_FINISH,	false, NULL },
	{ ACRN_IOCTL_CREATE_IOREQ_CLIENT,	false, NULL },
	{ ACRN_IOCTL_DESTROY_IOREQ_CLIENT,	false, NULL },
	{ ACRN_IOCTL_CLEAR_VM_IOREQ,		false, NULL },
	{ ACRN_IOCTL_SET_MEMSEG,		false, make_memseg },
	{ ACRN_IOCTL_SET_MEMSEG,		false, make_memseg },
	{ ACRN_IOCTL_UNSET_MEMSEG,		false, make_memseg },
	{ ACRN_IOCTL_SET_PTDEV_INTR,		false, NULL },
	{ ACRN_IOCTL_RESET_PTDEV_INTR,		false, NULL },
	{ ACRN_IOCTL_ASSIGN_PCIDEV,		false, NULL },
	{ ACRN_IOCTL_DEASSIGN_PCIDEV,		false, NULL },
	{ ACRN_IOCTL_ASSIGN_MMIODEV,		false, NULL },
	{ ACRN_IOCTL_DEASSIGN_MMIODEV,		false, NULL },
	{ ACRN_IOCTL_CREATE_VDEV,		false, NULL },
	{ ACRN_IOCTL_DESTROY_VDEV,		false, NULL },
	{ ACRN_IOCTL_PM_GET_CPU_STATE,		false, NULL },
	{ ACRN_IOCTL_IOEVENTFD,			false, make_ioeventfd },
	{ ACRN_IOCTL_IRQFD,			false, make_irqfd },
	{ HOLM_IOC_QUERY,			false, make_query },
	{ HOLM_IOC_TRACE,			false, make_trace },
	{ HOLM_IOC_CELL_PIN,			false, make_pin },
	{ HOLM_IOC_CELL_CREATE,			false, make_cell },
	{ HOLM_IOC_CELL_LOAD,			false, make_load },
	{ HOLM_IOC_CELL_START,			true,  NULL },
	{ HOLM_IOC_CELL_STOP,			true,  NULL },
	{ HOLM_IOC_CELL_DESTROY,		true,  NULL },
	{ HOLM_IOC_CELL_ASK,			false, NULL },
};
/* clang-format on */

static void fuzz_call_one(struct fuzz *f, size_t i)
{
	bool holm = _IOC_NR(calls[i].cmd) >= _IOC_NR(HOLM_IOC_QUERY);
	int fd = holm ? holm_fd : hsm_fd;
	uint64_t buf[512 / sizeof(uint64_t)];
	unsigned long arg = (unsigned long)buf;

	fill(f, buf, sizeof(buf));
	if (calls[i].make)
		calls[i].make(f, buf);
	if (calls[i].by_value)
		arg = holm ? below(f, 8) : address(f);
	else if (!often(f) && !often(f))
		arg = number(f);
	f->calls++;
	if (ioctl(fd, calls[i].cmd, arg) >= 0)
		f->done++;
}

/* ATTACH is left out: with nothing to do it waits, as it should. */
static void fuzz_call(struct fuzz *f)
{
	size_t i = below(f, sizeof(calls) / sizeof(*calls));

	/* Seldom enough for a VM to see something of life. */
	if (calls[i].cmd == ACRN_IOCTL_DESTROY_VM && often(f))
		return;
	fuzz_call_one(f, i);
}

/* A number that is no ioctl is one everywhere. */
static void fuzz_unknown(struct fuzz *f)
{
	unsigned long cmd = _IOC(_IOC_READ, ACRN_IOCTL_TYPE,
				 0x80 + below(f, 0x40), below(f, 256));

	if (ioctl(hsm_fd, cmd, number(f)) == 0 || errno != ENOTTY) {
		printf("ioctl %#lx: errno %d, not ENOTTY\n", cmd, errno);
		exit(1);
	}
}

static void *fuzz_thread(void *arg)
{
	struct fuzz *f = arg;
	int i;

	for (i = 0; i < CALLS_PER_ROUND; i++)
		fuzz_call(f);
	fuzz_unknown(f);
	return NULL;
}

static void events_set(struct fuzz *f, bool on)
{
	static int fds[4];
	uint64_t one = 1;
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (on) {
			fds[i] = eventfd(0, EFD_NONBLOCK);
			continue;
		}
		if (often(f) && write(fds[i], &one, sizeof(one)) < 0)
			perror("eventfd");
		close(fds[i]);
	}
}

/* Random creations seldom succeed, and without a VM little is reached. */
static void create_vm(struct fuzz *f)
{
	struct acrn_vm_creation c = {
		.vcpu_num = 1,
		.ioreq_buf = page_address(f),
		.cpu_affinity = often(f) ? 2 : 0,
	};

	if (ioctl(hsm_fd, ACRN_IOCTL_CREATE_VM, &c)) {
		perror("a creation nothing is wrong with");
		exit(1);
	}
}

/* Cells outlive files, where there is a hypervisor that makes any of these. */
static void end_cells(void)
{
	unsigned long id;

	for (id = 1; id < 64; id++)
		ioctl(holm_fd, HOLM_IOC_CELL_DESTROY, id);
}

static void fuzz_round(struct fuzz *f, struct fuzz *g)
{
	pthread_t thread;

	hsm_fd = open("/dev/acrn_hsm", O_RDWR);
	if (hsm_fd < 0) {
		perror("/dev/acrn_hsm");
		exit(1);
	}
	if (often(f))
		create_vm(f);
	events_set(f, true);
	if (pthread_create(&thread, NULL, fuzz_thread, g))
		exit(1);
	fuzz_thread(f);
	pthread_join(thread, NULL);
	events_set(f, false);
	end_cells();
	close(hsm_fd);
}

/* What must not change, as text. */
static void figures(char *buf, size_t len)
{
	static const char *const files[] = {
		SYSFS "pinned_pages",
		SYSFS "vms",
		SYSFS "cpus_taken",
		"/sys/devices/system/cpu/online",
		HOLM_OBJECTS_SYSFS "/cells",
		HOLM_OBJECTS_SYSFS "/regions",
		HOLM_OBJECTS_SYSFS "/functions",
	};
	size_t i, used = 0;

	memset(buf, 0, len);
	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd = open(files[i], O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, buf + used, len - used - 1);

		if (n < 0) {
			perror(files[i]);
			exit(1);
		}
		used += (size_t)n;
		close(fd);
	}
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 10, i;
	struct fuzz f = { .state = seed * 2 + 1 }, g = { .state = ~seed | 1 };
	char before[512], after[512];

	setvbuf(stdout, NULL, _IOLBF, 0);
	arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	holm_fd = open("/dev/holm", O_RDWR);
	if (arena == MAP_FAILED || holm_fd < 0) {
		perror("/dev/holm");
		return 1;
	}
	figures(before, sizeof(before));
	for (i = 0; i < rounds; i++)
		fuzz_round(&f, &g);
	figures(after, sizeof(after));
	printf("seed %llu: %lu calls, %lu without an error\n",
	       (unsigned long long)seed, f.calls + g.calls, f.done + g.done);
	if (!strcmp(before, after))
		return 0;
	printf("before:\n%safter:\n%s", before, after);
	return 1;
}
