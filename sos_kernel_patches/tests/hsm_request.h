/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Cases of hsm_test: who answers a request. */
#ifndef HSM_TEST_REQUEST_H
#define HSM_TEST_REQUEST_H

void test_request(void);
void test_request_without_client(void);
void test_pci_ports(void);
void test_asks_for_ever(void);

#endif
