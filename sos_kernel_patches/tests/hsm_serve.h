/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Cases of hsm_test: a client that tells and waits by one call. */
#ifndef HSM_TEST_SERVE_H
#define HSM_TEST_SERVE_H

void test_serve(void);
void test_serve_briskly(void);

#endif
