/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the figures come from: the hypervisor, or a test. */
#ifndef HOLM_SOURCE_H
#define HOLM_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "abi/holm.h"

/**
 * struct source - answers queries
 * @query: writes at most @len bytes of the answer to @subject (HOLM_QUERY_*)
 *	at @index, beginning at @from, into @buf; bytes written, or a negative
 *	errno (-ENOENT past the last index)
 * @set_trace: events to trace from now on; 0 or a negative errno
 * @control: an ioctl of /dev/holm that changes something, all on one open
 *	file; its result, or a negative errno
 * @ctx: handed to all
 */
struct source {
	int (*query)(void *ctx, uint32_t subject, uint32_t index, uint64_t from,
		     void *buf, uint32_t len);
	int (*set_trace)(void *ctx, uint64_t events);
	int (*control)(void *ctx, unsigned long request, void *arg);
	void *ctx;
};

/** Open /dev/holm. 0 or a negative errno; close it with source_close(). */
int source_open(struct source *src);
void source_close(struct source *src);

/** One structure of exactly @len bytes. -EPROTO if the answer is shorter. */
int source_read(const struct source *src, uint32_t subject, uint32_t index,
		void *buf, uint32_t len);

/**
 * Call @fn for each mapping of @subject (HOLM_QUERY_VM_MAP or _HOST_MAP) at
 * @index, by rising address. 0, or the first negative errno, of @fn as well.
 */
int source_each_mapping(const struct source *src, uint32_t subject,
			uint32_t index,
			int (*fn)(void *ctx, const struct holm_mapping *m),
			void *ctx);

/** The same for the machine's ranges, in their order. */
int source_each_range(const struct source *src,
		      int (*fn)(void *ctx, const struct holm_range *r),
		      void *ctx);

#endif
