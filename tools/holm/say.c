/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "holm/holm.h"

int say(const struct holm *h, enum status status, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(h->err, "holm: %s\n", text);
	return (int)status;
}

int say_query(const struct holm *h, const char *what, int err)
{
	if (err == -EPROTO)
		return say(h, STATUS_FAILED,
			   "%s: the hypervisor's answer has another size; "
			   "do Holm, driver and tools belong together?",
			   what);
	return say(h, STATUS_FAILED, "%s: %s", what, strerror(-err));
}
