/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/inmate.h"

#include "kit/apic.h"
#include "kit/celldesc.h"
#include "kit/hc.h"
#include "kit/test.h"
#include "lib/printf.h"
#include "lib/string.h"

/* As in inmates/lib/memmap.h. */
#define CMDLINE 0x1000
#define LOW     0x80000
#define HIGH    0xf0000
#define RESET   0xffff0
#define COMM    MIB(1)
#define RAM_AT  MIB(300)

#define START32               HOLM_CELL_F_START32
#define DENIAL_NAME(id, text) text,

struct holm_comm inmate_comm;
static u64 pool_at_start;

const struct holm_comm *inmate_look(u32 id)
{
	check_eq(hc_query(HOLM_QUERY_CELL_COMM, id, &inmate_comm,
			  sizeof(inmate_comm)),
		 sizeof(inmate_comm), "query");
	inmate_comm.console[HOLM_COMM_CONSOLE - 1] = 0;
	return &inmate_comm;
}

static bool said(u32 id, const char *text)
{
	return strstr((const char *)inmate_look(id)->console, text);
}

/* The last access that was refused. */
static const char *refused(u32 id, u64 *at)
{
	static const char *const names[] = { HOLM_CELL_DENIALS(DENIAL_NAME) };
	struct holm_cell c = cell_query(id);

	*at = c.last_denied;
	return c.denied[c.last_reason % ARRAY_SIZE(names)]
		       ? names[c.last_reason % ARRAY_SIZE(names)]
		       : "nothing";
}

bool inmate_says(u32 id, const char *text)
{
	bool ok = WAIT_FOR(said(id, text));
	u64 at = 0;

	if (!ok)
		say("refused: %s at %llx; it says:\n%s", refused(id, &at),
		    (unsigned long long)at, (const char *)inmate_comm.console);
	return check(ok, "it does not say '%s'", text);
}

void inmate_describe(u32 cpus, u32 flags)
{
	pool_at_start = hc_info().pool_used;
	desc_begin(flags, flags & START32 ? LOW : RESET);
	for (u32 i = 1; i <= cpus; i++)
		desc_add_cpu(hc_cpu(i).lapic_id);
	desc_add_mem(RAM_AT, 0, MIB(1),
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | HOLM_CELL_M_LOAD);
	desc_add_comm(COMM, 0);
}

/* What inmate_describe() has begun, loaded and running; 0 on failure. */
u32 inmate_begin(const u8 *image, const u8 *end, const char *line)
{
	char words[64];
	bool any = apic_may_be(true) || strstr(line, "x2apic");
	u32 len = fmt_print(words, sizeof(words), "%s%s", line,
			    any ? "" : " xapic");
	u64 at = desc()->flags & START32 ? LOW : HIGH;
	s64 rc = desc_create();
	u32 id = (u32)rc;

	if (!check(rc > 0, "create: %ld", (long)rc))
		return 0;
	check_eq(cell_load(id, image, end, at), 0, "load");
	check_eq(cell_load(id, (u8 *)words, (u8 *)words + len + 1, CMDLINE), 0,
		 "load the command line");
	check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start");
	return id;
}

void inmate_finish(u32 id)
{
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, id), 0, "destroy");
	check_eq(hc_info().pool_used, pool_at_start, "pages in use");
}

bool inmate_is_over(u32 id)
{
	return inmate_look(id)->state == HOLM_CELL_SHUT_DOWN;
}
