/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mayhem SEED KILLS: three device models that do everything in any order, on
 * the same CPUs at the same time, until each is killed; then another takes
 * its place. Who dies is chosen by the number of calls it has made. Ends with
 * "mayhem: seed S, N kills, N calls, N VMs ran". Status 0 unless one stood
 * still.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/acrn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/holm_ioctl.h"

#define WORKERS   3U
#define PAGE      4096UL
#define ARENA     (8UL << 20)
#define CODE_AT   0x1000U
#define TICK_US   5000
#define PATIENCE  120 /* seconds a worker may take for a call */
#define CALLS_MAX 60U /* that a worker makes before it is killed */

/* Real-mode programs. */
static const struct {
	const char *code;
	size_t len;
} programs[] = {
	{ "\xe4\x80\xeb\xfc", 4 },             /* ask, for ever */
	{ "\xfa\xeb\xfe", 3 },                 /* deaf, for ever */
	{ "\xf4\xeb\xfd", 3 },                 /* sleep */
	{ "\x0f\x01\x1e\x00\x20\xcc", 6 },     /* triple fault */
	{ "\xe6\x80\xa0\x00\x30\xeb\xf9", 7 }, /* ask, touch memory */
};

/* Of each worker, for the parent to see. */
struct score {
	unsigned long calls;
	unsigned long starts; /* that succeeded */
};

struct worker {
	struct score *score;
	uint64_t seed;
	int fd;
	int event;
	char *arena;
	struct acrn_io_request_buffer *page;
};

static uint64_t next(uint64_t *seed)
{
	*seed += 0x9e3779b97f4a7c15u;
	return (*seed ^ *seed >> 31) * 0xbf58476d1ce4e5b9u >> 8;
}

static uint64_t below(struct worker *w, uint64_t n)
{
	return next(&w->seed) % n;
}

static int call(struct worker *w, unsigned long cmd, void *arg)
{
	return ioctl(w->fd, cmd, arg);
}

static void do_create(struct worker *w)
{
	struct acrn_vm_creation c = {
		.ioreq_buf = (uintptr_t)w->page,
		.vcpu_num = (uint16_t)(1 + below(w, 2)),
		.cpu_affinity = below(w, 8) << 1,
	};

	call(w, ACRN_IOCTL_CREATE_VM, &c);
}

static void do_destroy(struct worker *w)
{
	if (below(w, 4) == 0)
		call(w, ACRN_IOCTL_DESTROY_VM, NULL);
}

static void do_reopen(struct worker *w)
{
	if (below(w, 4))
		return;
	close(w->fd);
	w->fd = open("/dev/acrn_hsm", O_RDWR | O_CLOEXEC);
}

static void give(struct worker *w, uint64_t gpa, uint64_t at, uint64_t len)
{
	struct acrn_vm_memmap m = {
		.type = ACRN_MEMMAP_RAM,
		.attr = ACRN_MEM_ACCESS_RWX | ACRN_MEM_TYPE_WB,
		.user_vm_pa = gpa,
		.vma_base = (uintptr_t)w->arena + at,
		.len = len,
	};

	call(w, ACRN_IOCTL_SET_MEMSEG, &m);
}

static void do_low_memory(struct worker *w)
{
	size_t i = below(w, sizeof(programs) / sizeof(programs[0]));

	memcpy(w->arena + CODE_AT, programs[i].code, programs[i].len);
	give(w, 0, 0, 64 * PAGE);
}

static void do_memory(struct worker *w)
{
	uint64_t pages = 1 + below(w, ARENA / PAGE);
	uint64_t at = below(w, ARENA / PAGE - pages + 1);

	give(w, (256 + below(w, 1UL << 22)) * PAGE, at * PAGE, pages * PAGE);
}

static void do_regs(struct worker *w)
{
	struct acrn_vcpu_regs r = { .vcpu_id = (uint16_t)below(w, 2) };

	r.vcpu_regs.cs_sel = CODE_AT >> 4;
	r.vcpu_regs.cs_base = CODE_AT;
	r.vcpu_regs.cs_limit = 0xffff;
	r.vcpu_regs.cs_ar = 0x9b;
	r.vcpu_regs.cr0 = 0x30;
	r.vcpu_regs.rflags = 2;
	call(w, ACRN_IOCTL_SET_VCPU_REGS, &r);
}

static void do_start(struct worker *w)
{
	if (call(w, ACRN_IOCTL_START_VM, NULL) == 0)
		w->score->starts++;
}

static void do_pause(struct worker *w)
{
	call(w, ACRN_IOCTL_PAUSE_VM, NULL);
}

static void do_reset(struct worker *w)
{
	call(w, ACRN_IOCTL_PAUSE_VM, NULL);
	if (below(w, 2))
		call(w, ACRN_IOCTL_CLEAR_VM_IOREQ, NULL);
	call(w, ACRN_IOCTL_RESET_VM, NULL);
}

static void do_client(struct worker *w)
{
	call(w,
	     below(w, 4) ? ACRN_IOCTL_CREATE_IOREQ_CLIENT
			 : ACRN_IOCTL_DESTROY_IOREQ_CLIENT,
	     NULL);
}

/* Ended by the timer's signal when nothing comes. */
static void do_serve(struct worker *w)
{
	struct acrn_ioreq_notify n = { .vcpu = (uint32_t)below(w, 2) };

	if (below(w, 2)) {
		ioctl(w->fd, HOLM_IOC_SERVE, below(w, 4));
		return;
	}
	call(w, ACRN_IOCTL_ATTACH_IOREQ_CLIENT, NULL);
	call(w, ACRN_IOCTL_NOTIFY_REQUEST_FINISH, &n);
}

static void do_ioeventfd(struct worker *w)
{
	struct acrn_ioeventfd e = {
		.fd = (uint32_t)w->event,
		.flags = (uint32_t)(below(w, 2) << 2), /* or deassign */
		.addr = 0x1000 + below(w, 16) * 4,
		.len = 4,
	};

	call(w, ACRN_IOCTL_IOEVENTFD, &e);
}

static void do_irqfd(struct worker *w)
{
	struct acrn_irqfd q = {
		.fd = w->event,
		.flags = (uint32_t)below(w, 2), /* or deassign */
		.msi = { 0xfee00000, 0x30 + below(w, 128) },
	};
	uint64_t one = 1;

	call(w, ACRN_IOCTL_IRQFD, &q);
	if (write(w->event, &one, sizeof(one)) < 0)
		_exit(1);
}

static void do_interrupt(struct worker *w)
{
	struct acrn_msi_entry msi = { 0xfee00000, 0x30 + below(w, 128) };

	call(w, ACRN_IOCTL_INJECT_MSI, &msi);
}

/* Its irqfd goes with it. */
static void do_event(struct worker *w)
{
	close(w->event);
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void do_monitor(struct worker *w)
{
	call(w, ACRN_IOCTL_VM_INTR_MONITOR, w->arena + ARENA - PAGE);
}

/* clang-format off */
static void (*const deeds[])(struct worker *w) = {
	do_create, do_create, do_create, do_destroy, do_reopen, do_memory,
	do_memory, do_low_memory, do_low_memory, do_regs, do_regs, do_start,
	do_start, do_pause, do_reset, do_client, do_client, do_serve, do_serve,
	do_ioeventfd, do_irqfd, do_interrupt, do_event, do_monitor,
};
/* clang-format on */

static void *pages(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(1);
	return p;
}

static void on_tick(int sig)
{
	(void)sig;
}

static void work(struct score *score, uint64_t seed)
{
	const struct itimerval tick = { { 0, TICK_US }, { 0, TICK_US } };
	struct worker w = { .score = score, .seed = seed };
	struct sigaction act = { .sa_handler = on_tick };

	w.arena = pages(ARENA);
	w.page = pages(PAGE);
	w.fd = open("/dev/acrn_hsm", O_RDWR | O_CLOEXEC);
	w.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &tick, NULL);
	for (;;) {
		deeds[below(&w, sizeof(deeds) / sizeof(deeds[0]))](&w);
		__atomic_fetch_add(&score->calls, 1, __ATOMIC_RELAXED);
	}
}

static pid_t hire(struct score *score, uint64_t seed)
{
	pid_t pid = fork();

	if (pid == 0)
		work(score, seed);
	return pid;
}

static bool wait_for_calls(const struct score *score, unsigned long target)
{
	time_t end = time(NULL) + PATIENCE;

	while (__atomic_load_n(&score->calls, __ATOMIC_RELAXED) < target) {
		if (time(NULL) > end)
			return false;
		usleep(200);
	}
	return true;
}

static void fire(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static unsigned long mayhem(uint64_t seed, unsigned long kills,
			    struct score *score)
{
	pid_t pid[WORKERS];
	unsigned long n = 0, target;
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		pid[i] = hire(&score[i], next(&seed));
	for (i = 0; n < kills; n++, i = (unsigned int)(next(&seed) % WORKERS)) {
		i %= WORKERS;
		target = score[i].calls + 1 + next(&seed) % CALLS_MAX;
		if (!wait_for_calls(&score[i], target)) {
			printf("mayhem: worker %u stands still\n", i);
			break;
		}
		fire(pid[i]);
		pid[i] = hire(&score[i], next(&seed));
	}
	for (i = 0; i < WORKERS; i++)
		fire(pid[i]);
	return n;
}

int main(int argc, char **argv)
{
	unsigned long kills, done, calls = 0, starts = 0;
	struct score *score;
	unsigned int i;

	if (argc != 3)
		return 2;
	kills = strtoul(argv[2], NULL, 0);
	score = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (score == MAP_FAILED)
		return 1;
	done = mayhem(strtoull(argv[1], NULL, 0), kills, score);
	for (i = 0; i < WORKERS; i++) {
		calls += score[i].calls;
		starts += score[i].starts;
	}
	printf("mayhem: seed %s, %lu kills, %lu calls, %lu VMs ran\n", argv[1],
	       done, calls, starts);
	return done == kills ? 0 : 1;
}
