/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * killat count PROGRAM...: run it and count its system calls.
 * killat at WHEN NAME NTH PROGRAM...: SIGKILL it at the NTH call of that name.
 * killat random SEED FROM TO PROGRAM...: SIGKILL it at one of the calls
 *	FROM..TO, the first being 1; the seed says at which and when.
 *
 * WHEN: before the call is made, in the midst of it, or after it, before the
 * program learns the result. Prints the moment as one line "killat: ...".
 * Status: 0 it was killed, or counted and ended with 0; 1 it ended before the
 * moment came; 2 usage.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/acrn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/holm_ioctl.h"

enum when { BEFORE, MIDST, AFTER };

static const char *const when_names[] = { "before", "in", "after" };

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define SPINS_MAX   200000U

struct name {
	uint64_t number;
	const char *text;
};

#define CALL(x)             \
	{                   \
		SYS_##x, #x \
	}
#define IOCTL(x)                              \
	{                                     \
		(uint32_t) ACRN_IOCTL_##x, #x \
	}

/* clang-format off */
static const struct name calls[] = {
	CALL(execve), CALL(openat), CALL(close), CALL(read), CALL(write),
	CALL(writev), CALL(mmap), CALL(munmap), CALL(memfd_create),
	CALL(fallocate), CALL(clone), CALL(clone3), CALL(epoll_wait),
	CALL(futex), CALL(eventfd2), CALL(io_uring_setup),
	CALL(io_uring_enter), CALL(pread64), CALL(preadv), CALL(pwrite64),
	CALL(pwritev), CALL(fdatasync), CALL(exit_group), CALL(flock),
};

static const struct name ioctls[] = {
	IOCTL(CREATE_VM), IOCTL(DESTROY_VM), IOCTL(START_VM),
	IOCTL(PAUSE_VM), IOCTL(RESET_VM), IOCTL(SET_VCPU_REGS),
	IOCTL(SET_MEMSEG), IOCTL(INJECT_MSI), IOCTL(SET_IRQLINE),
	IOCTL(CREATE_IOREQ_CLIENT), IOCTL(ATTACH_IOREQ_CLIENT),
	IOCTL(DESTROY_IOREQ_CLIENT), IOCTL(NOTIFY_REQUEST_FINISH),
	IOCTL(CLEAR_VM_IOREQ), IOCTL(IOEVENTFD), IOCTL(IRQFD),
	{ (uint32_t)HOLM_IOC_SERVE, "SERVE" },
	{ (uint32_t)HOLM_IOC_CELL_PIN, "CELL_PIN" },
	{ (uint32_t)HOLM_IOC_CELL_CREATE, "CELL_CREATE" },
	{ (uint32_t)HOLM_IOC_CELL_LOAD, "CELL_LOAD" },
	{ (uint32_t)HOLM_IOC_CELL_START, "CELL_START" },
	{ (uint32_t)HOLM_IOC_CELL_STOP, "CELL_STOP" },
	{ (uint32_t)HOLM_IOC_CELL_DESTROY, "CELL_DESTROY" },
};
/* clang-format on */

/*
 * What to wait for: the nth call, or the nth of that name. A name is waited
 * for with a filter in the kernel, so that no other call is any slower.
 */
struct moment {
	enum when when;
	const char *name;
	uint32_t ioctl; /* of the name, 0 if it is a system call */
	uint32_t call;
	unsigned long nth;
};

struct hunt {
	struct moment moment;
	pid_t prey;          /* the program's first thread */
	unsigned long calls; /* begun so far; of that name, if there is one */
	unsigned long start; /* number of START_VM, 0 if it did not come */
	pid_t armed;         /* the thread whose call it is */
	const char *at;      /* name of that call */
	bool killed;
	unsigned int spins; /* how long "in" waits before it strikes */
};

static const char *find_name(const struct name *list, size_t n, uint64_t number)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i].number == number)
			return list[i].text;
	}
	return NULL;
}

static const char *name_of(const struct __ptrace_syscall_info *info)
{
	const char *name = NULL;

	if (info->entry.nr == SYS_ioctl)
		name = find_name(ioctls, COUNT_OF(ioctls), info->entry.args[1]);
	if (!name)
		name = find_name(calls, COUNT_OF(calls), info->entry.nr);
	return name ? name : "other";
}

static void strike(struct hunt *h)
{
	volatile unsigned int i;

	for (i = 0; h->moment.when == MIDST && i < h->spins; i++)
		;
	kill(h->prey, SIGKILL);
	h->killed = true;
	printf("killat: %s call %lu, %s\n", when_names[h->moment.when],
	       h->calls, h->at);
	fflush(stdout);
}

static void step(pid_t thread, enum __ptrace_request how, int sig)
{
	/* ESRCH: killed meanwhile. Its end is reported all the same. */
	if (ptrace(how, thread, 0, sig) != 0 && errno != ESRCH)
		perror("killat: ptrace");
}

/* Until the next call that may be the moment, or until the moment's returns. */
static void resume(const struct hunt *h, pid_t thread, int sig)
{
	bool all = !h->moment.name || thread == h->armed;

	step(thread, all ? PTRACE_SYSCALL : PTRACE_CONT, sig);
}

/* The program may have made other processes: what they call is their own. */
static bool is_prey(const struct hunt *h, pid_t thread)
{
	return syscall(SYS_tgkill, h->prey, thread, 0) == 0;
}

/* A call is about to be made that counts. */
static void on_entry(struct hunt *h, pid_t thread, const char *name)
{
	if (!is_prey(h, thread) || ++h->calls != h->moment.nth) {
		resume(h, thread, 0);
		return;
	}
	h->at = name;
	if (h->moment.when == AFTER) {
		h->armed = thread;
		resume(h, thread, 0);
		return;
	}
	if (h->moment.when == MIDST)
		resume(h, thread, 0);
	strike(h);
}

static void on_call(struct hunt *h, pid_t thread)
{
	struct __ptrace_syscall_info info = { 0 };
	const char *name;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		name = name_of(&info);
		if (!h->start && !strcmp(name, "START_VM"))
			h->start = h->calls + 1;
		on_entry(h, thread, name);
	} else if (thread == h->armed) {
		strike(h);
	} else {
		resume(h, thread, 0);
	}
}

#define SYSCALL_STOP (SIGTRAP | 0x80)

static void on_stop(struct hunt *h, pid_t thread, int status)
{
	int sig = WSTOPSIG(status);

	if (sig == SYSCALL_STOP)
		on_call(h, thread);
	else if (status >> 16 == PTRACE_EVENT_SECCOMP)
		on_entry(h, thread, h->moment.name);
	else if (status >> 16 || sig == SIGSTOP || sig == SIGTRAP)
		resume(h, thread, 0); /* the tracer's own affairs */
	else
		resume(h, thread, sig);
}

/*
 * Until the program has ended, and every process it made; its wait status.
 * One that we left behind could not make the calls we filter.
 */
static int watch(struct hunt *h)
{
	int status, end = -1;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0)
			return end;
		if (WIFSTOPPED(status))
			on_stop(h, pid, status);
		else if (pid == h->prey)
			end = status;
	}
}

#define LOAD(member)                       \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 offsetof(struct seccomp_data, member))
#define EQUAL(value, yes, no) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)

/* Stop at the moment's calls, and at no others. */
static int filter(const struct moment *m)
{
	struct sock_filter code[] = {
		LOAD(nr),
		EQUAL(m->call, 0, 3),
		/* The low half; of a plain call it does not matter. */
		LOAD(args[1]),
		EQUAL(m->ioctl, 0, m->ioctl ? 1 : 0),
		RETURN(TRACE),
		RETURN(ALLOW),
	};
	struct sock_fprog prog = { COUNT_OF(code), code };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static pid_t start(const struct moment *m, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACESECCOMP;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (!m->name || !filter(m))
			execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, __WALL) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, options) != 0)
		return -1;
	return pid;
}

static int hunt(struct hunt *h, char **argv)
{
	int status;

	h->prey = start(&h->moment, argv);
	if (h->prey < 0) {
		perror("killat");
		return 1;
	}
	resume(h, h->prey, 0);
	status = watch(h);
	if (h->killed)
		return 0;
	printf("killat: %lu calls, start at %lu, status %d\n", h->calls,
	       h->start, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return h->moment.nth || status != 0;
}

static uint64_t next(uint64_t *seed)
{
	*seed += 0x9e3779b97f4a7c15u;
	*seed ^= *seed >> 29;
	*seed *= 0xbf58476d1ce4e5b9u;
	return *seed ^ *seed >> 32;
}

static int parse_random(struct moment *m, char **argv, unsigned int *spins)
{
	uint64_t seed = strtoull(argv[0], NULL, 0);
	unsigned long from = strtoul(argv[1], NULL, 0);
	unsigned long to = strtoul(argv[2], NULL, 0);

	if (!from || to < from)
		return -1;
	m->nth = from + next(&seed) % (to - from + 1);
	m->when = (enum when)(next(&seed) % COUNT_OF(when_names));
	*spins = (unsigned int)(next(&seed) % SPINS_MAX);
	return 0;
}

static bool find_number(const struct name *list, size_t n, const char *text,
			uint32_t *number)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(list[i].text, text))
			continue;
		*number = (uint32_t)list[i].number;
		return true;
	}
	return false;
}

static int parse_name(struct moment *m, const char *name)
{
	m->name = name;
	m->call = SYS_ioctl;
	if (find_number(ioctls, COUNT_OF(ioctls), name, &m->ioctl) ||
	    find_number(calls, COUNT_OF(calls), name, &m->call))
		return 0;
	fprintf(stderr, "killat: no call named '%s' is known\n", name);
	return -1;
}

static int parse_at(struct moment *m, char **argv)
{
	unsigned int i;

	for (i = 0; i < COUNT_OF(when_names); i++) {
		if (!strcmp(argv[0], when_names[i]))
			break;
	}
	m->when = (enum when)i;
	m->nth = strtoul(argv[2], NULL, 0);
	if (i == COUNT_OF(when_names) || !m->nth)
		return -1;
	return parse_name(m, argv[1]);
}

int main(int argc, char **argv)
{
	struct hunt h = { .spins = SPINS_MAX / 10 };

	if (argc > 2 && !strcmp(argv[1], "count"))
		return hunt(&h, argv + 2);
	if (argc > 5 && !strcmp(argv[1], "at") &&
	    !parse_at(&h.moment, argv + 2))
		return hunt(&h, argv + 5);
	if (argc > 5 && !strcmp(argv[1], "random") &&
	    !parse_random(&h.moment, argv + 2, &h.spins))
		return hunt(&h, argv + 5);
	fprintf(stderr, "usage: killat count PROGRAM...\n"
			"       killat at before|in|after NAME NTH PROGRAM...\n"
			"       killat random SEED FROM TO PROGRAM...\n");
	return 2;
}
