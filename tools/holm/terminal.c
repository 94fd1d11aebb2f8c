/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static bool raw;
static volatile sig_atomic_t ended;
static sigset_t unblocked;

/* Only a mark: it ends the wait for input, and the way out restores. */
static void on_signal(int sig)
{
	ended = sig;
}

void terminal_restore(void)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	raw = false;
}

bool terminal_ended(void)
{
	return ended != 0;
}

bool terminal_raw(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction act = { .sa_handler = on_signal };
	struct termios t;
	sigset_t set;
	size_t i;

	ended = 0;
	/* Blocked but while waiting, so that none comes just before that. */
	sigemptyset(&set);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&set, signals[i]);
		sigaction(signals[i], &act, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, &unblocked);
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved))
		return false;
	atexit(terminal_restore);
	t = saved;
	cfmakeraw(&t);
	raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &t) == 0;
	return raw;
}

int terminal_poll(struct pollfd *fds, nfds_t n)
{
	return ppoll(fds, n, NULL, &unblocked);
}
