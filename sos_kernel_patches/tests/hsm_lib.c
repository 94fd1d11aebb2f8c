/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
#include "hsm_lib.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int mock_fd;
int hsm_fd;
struct acrn_io_request_buffer *page;
struct acrn_vm_creation created;
bool case_failed;

void read_line(const char *path, char *buf, size_t len)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, len - 1);

	buf[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

long read_number(const char *path)
{
	char buf[64];

	read_line(path, buf, sizeof(buf));
	return *buf ? strtol(buf, NULL, 10) : -1;
}

int write_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;
	int saved;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : 0;
}

struct mock_state mock_now(void)
{
	struct mock_state state = { 0 };

	CHECK(read(mock_fd, &state, sizeof(state)) == sizeof(state));
	return state;
}

int mock(const struct mock_cmd *cmd)
{
	return write(mock_fd, cmd, sizeof(*cmd)) < 0 ? -1 : 0;
}

void mock_fail(uint32_t nr, uint64_t in)
{
	struct mock_cmd cmd = { .op = MOCK_FAIL, .addr = nr, .value = in };

	CHECK(mock(&cmd) == 0);
}

void *map_pages(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int vm_create(uint64_t affinity)
{
	memset(&created, 0, sizeof(created));
	created.ioreq_buf = (uintptr_t)page;
	created.cpu_affinity = affinity;
	created.vcpu_num = 1;
	return ioctl(hsm_fd, ACRN_IOCTL_CREATE_VM, &created);
}

int ram(uint64_t gpa, const void *addr, uint64_t len)
{
	struct acrn_vm_memmap map = { .type = ACRN_MEMMAP_RAM,
				      .attr = ACRN_MEM_ACCESS_RWX,
				      .user_vm_pa = gpa,
				      .vma_base = (uintptr_t)addr,
				      .len = len };

	return ioctl(hsm_fd, ACRN_IOCTL_SET_MEMSEG, &map);
}

int mmio(unsigned long cmd, uint64_t gpa, uint64_t hpa, uint64_t len)
{
	struct acrn_vm_memmap map = { .type = ACRN_MEMMAP_MMIO,
				      .attr = ACRN_MEM_ACCESS_READ,
				      .user_vm_pa = gpa,
				      .service_vm_pa = hpa,
				      .len = len };

	return ioctl(hsm_fd, cmd, &map);
}

struct mock_cmd request(uint32_t type, uint32_t dir, uint64_t addr,
			uint64_t size, uint64_t value)
{
	return (struct mock_cmd){ .op = MOCK_REQUEST,
				  .vmid = created.vmid,
				  .type = type,
				  .direction = dir,
				  .addr = addr,
				  .size = size,
				  .value = value };
}

/* Put a request and wait until the driver alone has answered it. */
uint64_t answered(struct mock_cmd cmd)
{
	CHECK(mock(&cmd) == 0);
	cmd.op = MOCK_WAIT;
	CHECK(mock(&cmd) == 0);
	return mock_now().answer;
}

int complete(uint32_t vcpu)
{
	struct acrn_ioreq_notify n = { .vmid = created.vmid, .vcpu = vcpu };

	return ioctl(hsm_fd, ACRN_IOCTL_NOTIFY_REQUEST_FINISH, &n);
}

/* Wait as the client until slot 0 is its own. */
struct acrn_io_request *client_take(void)
{
	struct acrn_io_request *req = &page->req_slot[0];

	while (__atomic_load_n(&req->processed, __ATOMIC_ACQUIRE) !=
	       ACRN_IOREQ_STATE_PROCESSING) {
		if (ioctl(hsm_fd, ACRN_IOCTL_ATTACH_IOREQ_CLIENT)) {
			CHECK(!"attach while waiting for a request");
			break;
		}
	}
	return req;
}

bool cpu_is_online(int cpu)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	return read_number(path) == 1;
}
