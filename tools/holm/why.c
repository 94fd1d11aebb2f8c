/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/why.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRIVER "acrn_hsm: "
#define GUEST  "Holm: guest: "

/* The log from @skip on, for free(); *@len bytes. */
static char *read_log(const struct holm *h, uint32_t skip, size_t *len)
{
	char buf[4096], *text = NULL, *grown;
	int got;

	*len = 0;
	for (;;) {
		got = h->src->query(h->src->ctx, HOLM_QUERY_LOG,
				    skip + (uint32_t)*len, 0, buf, sizeof(buf));
		if (got <= 0)
			return text;
		grown = realloc(text, *len + (size_t)got + 1);
		if (!grown)
			return text;
		text = grown;
		memcpy(text + *len, buf, (size_t)got);
		*len += (size_t)got;
		text[*len] = '\0';
	}
}

void why_begin(const struct holm *h, struct why *w)
{
	size_t len;

	free(read_log(h, 0, &len));
	w->skip = (uint32_t)len;
	w->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (w->kmsg >= 0)
		lseek(w->kmsg, 0, SEEK_END);
}

void why_end(struct why *w)
{
	if (w->kmsg >= 0)
		close(w->kmsg);
	w->kmsg = -1;
}

/* A record is "numbers;text\n" and more that is not for people. */
static void tell_driver(const struct holm *h, struct why *w)
{
	char record[8192], *text;
	ssize_t n;

	for (;;) {
		n = read(w->kmsg, record, sizeof(record) - 1);
		/* EPIPE: some were lost; the next is what is left. */
		if (n < 0 && (errno == EPIPE || errno == EINVAL))
			continue;
		if (n <= 0)
			return;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text || strncmp(text + 1, DRIVER, strlen(DRIVER)))
			continue;
		text += 1 + strlen(DRIVER);
		text[strcspn(text, "\n")] = '\0';
		say(h, STATUS_FAILED, "driver: %s", text);
	}
}

static void tell_holm(const struct holm *h, const struct why *w)
{
	char *line, *next;
	size_t len;
	char *text = read_log(h, w->skip, &len);

	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strncmp(line, GUEST, strlen(GUEST)))
			say(h, STATUS_FAILED, "Holm: %s", line + strlen(GUEST));
	}
	free(text);
}

void why_tell(const struct holm *h, struct why *w)
{
	if (w->kmsg >= 0)
		tell_driver(h, w);
	tell_holm(h, w);
	why_end(w);
}
