/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
#ifndef HSM_MOCK_HV_H
#define HSM_MOCK_HV_H

#include "mock.h"

/* mock_cell.c, with the lock of mock.c held. */
int mock_cell_call(u32 nr, u64 arg1, u64 arg2);
bool mock_cell_has_cpu(int cpu);
u32 mock_cell_count(void);

/* What it asks of mock.c: the CPU of that id if nobody has it; counting. */
int mock_cpu_taken(u64 lapic);
void mock_add_loaded(u64 bytes);
void mock_add_forced(void);

int mock_command(const struct mock_cmd *cmd);
void mock_get_state(struct mock_state *state);

#endif
