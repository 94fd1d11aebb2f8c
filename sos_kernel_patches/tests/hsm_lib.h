/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* What the cases of hsm_test share: checks, and short forms of the calls. */
#ifndef HSM_TEST_LIB_H
#define HSM_TEST_LIB_H

#include <errno.h>
#include <linux/acrn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mock/mock.h"

#define SYSFS "/sys/class/misc/acrn_hsm/"
#define PAGE  4096UL
#define MIB   (1UL << 20)

/* clang-format off */
#define CHECK(cond)                                                        \
	do {                                                               \
		if (!(cond)) {                                             \
			printf("# line %d: %s (errno %d)\n", __LINE__,     \
			       #cond, errno);                              \
			case_failed = true;                                \
		}                                                          \
	} while (0)
/* clang-format on */

/* Fails with exactly this errno. */
#define CHECK_ERR(call, code) CHECK((call) == -1 && errno == (code))

extern int mock_fd;
extern int hsm_fd;
extern struct acrn_io_request_buffer *page;
extern struct acrn_vm_creation created;
extern bool case_failed;

void read_line(const char *path, char *buf, size_t len);
long read_number(const char *path);
int write_line(const char *path, const char *text);
struct mock_state mock_now(void);
int mock(const struct mock_cmd *cmd);
void mock_fail(uint32_t nr, uint64_t in);
void *map_pages(size_t len);
int vm_create(uint64_t affinity);
int ram(uint64_t gpa, const void *addr, uint64_t len);
int mmio(unsigned long cmd, uint64_t gpa, uint64_t hpa, uint64_t len);
struct mock_cmd request(uint32_t type, uint32_t dir, uint64_t addr,
			uint64_t size, uint64_t value);
uint64_t answered(struct mock_cmd cmd);
int complete(uint32_t vcpu);
struct acrn_io_request *client_take(void);
bool cpu_is_online(int cpu);

#endif
