/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
#ifndef HSM_MOCK_HV_H
#define HSM_MOCK_HV_H

#include "mock.h"

int mock_command(const struct mock_cmd *cmd);
void mock_get_state(struct mock_state *state);

#endif
