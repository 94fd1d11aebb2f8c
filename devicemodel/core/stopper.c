/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/stopper.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define KICK_SIGNAL SIGUSR1
#define KICK_NS     5000000ULL

static void on_kick_signal(int sig)
{
	(void)sig; /* its only use is to end a system call */
}

static void on_kick(void *arg, u32 events)
{
	struct stopper *s = arg;

	(void)events;
	if (atomic_load(&s->seen))
		event_timer_set(&s->kick, 0, 0);
	else
		pthread_kill(s->target, KICK_SIGNAL);
}

void stopper_stop(struct stopper *s, u8 why)
{
	life_post(s->life, LIFE_STOP, why);
	event_timer_set(&s->kick, 1, KICK_NS);
}

static void on_signal(void *arg, u32 events)
{
	struct signalfd_siginfo info;
	struct stopper *s = arg;

	(void)events;
	if (read(s->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	stopper_stop(s, (u8)info.ssi_signo);
}

int stopper_init(struct stopper *s, struct event_loop *loop, struct life *life)
{
	struct sigaction kick = { .sa_handler = on_kick_signal };
	sigset_t set;
	int rc;

	memset(s, 0, sizeof(*s));
	s->life = life;
	s->target = pthread_self();
	s->signals = (struct event_source){ on_signal, s, -1, false };
	s->kick = (struct event_source){ on_kick, s, -1, true };
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(KICK_SIGNAL, &kick, NULL); /* no SA_RESTART */
	s->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals.fd < 0)
		return -errno;
	rc = event_add(loop, &s->signals, EPOLLIN);
	if (!rc)
		rc = event_timer_add(loop, &s->kick);
	if (rc)
		close(s->signals.fd);
	return rc;
}

void stopper_seen(struct stopper *s)
{
	atomic_store(&s->seen, true);
}

void stopper_free(struct stopper *s, struct event_loop *loop)
{
	event_timer_free(loop, &s->kick);
	event_remove(loop, &s->signals);
	close(s->signals.fd);
}
