/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/puppet.h"

#include "kit/hc.h"
#include "kit/test.h"
#include "lib/string.h"

static u64 pool_at_start;

static volatile u32 *word(u32 off)
{
	return (volatile u32 *)(PUPPET_SHARED + off);
}

bool puppet_in_xapic_mode(void)
{
	const char *mode = option("lapic");

	return mode && mode[0] == 'x' && mode[1] == 'a';
}

void puppet_describe(u32 flags)
{
	desc_begin(HOLM_CELL_F_START32 | flags, CELL_AT);
	desc_add_cpu(hc_cpu(1).lapic_id);
	desc_add_mem(PUPPET_RAM, 0, PUPPET_SIZE,
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | HOLM_CELL_M_LOAD);
	desc_add_mem(PUPPET_SHARED, CELL_SHARED, PAGE_SIZE,
		     HOLM_CELL_M_WRITE | HOLM_CELL_M_SHARED);
}

u32 puppet_make(void)
{
	s64 id;

	pool_at_start = hc_info().pool_used;
	id = desc_create();
	if (!check(id > 0, "create: %s", hc_error(id)))
		return 0;
	check_eq(cell_load((u32)id, cell_puppet, cell_puppet_end, CELL_AT), 0,
		 "load");
	return puppet_start((u32)id) ? (u32)id : 0;
}

bool puppet_start(u32 id)
{
	memset((void *)PUPPET_SHARED, 0, PAGE_SIZE);
	*word(PUPPET_XAPIC) = puppet_in_xapic_mode();
	if (!check_eq(cell_call(HC_HOLM_CELL_START, id), 0, "start"))
		return false;
	return puppet_do(PUPPET_READ32, CELL_AT, 0) != 0;
}

void puppet_begin(u32 op, u32 addr, u32 val)
{
	*word(PUPPET_OP) = op;
	*word(PUPPET_ADDR) = addr;
	*word(PUPPET_VALUE) = val;
	++*word(PUPPET_SEQ);
}

u32 puppet_do(u32 op, u32 addr, u32 val)
{
	puppet_begin(op, addr, val);
	if (!WAIT_FOR(*word(PUPPET_ACK) == *word(PUPPET_SEQ)))
		test_abort("the cell hangs: operation %u at %x", op, addr);
	return *word(PUPPET_VALUE);
}

u32 puppet_irqs(u32 vector)
{
	return *word(PUPPET_IRQS + 4 * (vector - PUPPET_VECTOR));
}

void puppet_end(u32 id)
{
	check_eq(cell_call(HC_HOLM_CELL_DESTROY, id), 0, "destroy");
	check_eq(hc_info().pool_used, pool_at_start, "pages in use");
}
