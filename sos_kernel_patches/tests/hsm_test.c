/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Tests of the driver on the hypervisor of tests/mock. Prints TAP. After each
 * case everything must be as before it: pinned pages, VMs, CPUs, mappings.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/acrn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/holm.h"
#include "abi/holm_ioctl.h"
#include "abi/holm_objects.h"
#include "abi/hypercall.h"
#include "hsm_cell.h"
#include "hsm_lib.h"
#include "hsm_request.h"
#include "hsm_serve.h"

/* What the kernel itself counts: pins taken that were not released. */
static long pins_held(void)
{
	static const char taken[] = "nr_foll_pin_acquired ";
	static const char released[] = "nr_foll_pin_released ";
	FILE *f;
	char line[128];
	long held = 0;

	/* The counters are spread over the CPUs until somebody asks. */
	CHECK(write_line("/proc/sys/vm/stat_refresh", "1") == 0);
	f = fopen("/proc/vmstat", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, taken, strlen(taken)))
			held += atol(line + strlen(taken));
		else if (!strncmp(line, released, strlen(released)))
			held -= atol(line + strlen(released));
	}
	if (f)
		fclose(f);
	return held;
}

static void test_lifecycle(void)
{
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_START_VM), EINVAL);
	CHECK(read_number(HOLM_OBJECTS_SYSFS "/files") == 1);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM), EINVAL);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_ATTACH_IOREQ_CLIENT), EINVAL);
	CHECK_ERR(ioctl(hsm_fd, _IO(ACRN_IOCTL_TYPE, 0x7f)), ENOTTY);
	CHECK(vm_create(2) == 0);
	CHECK(created.vmid == 1 && created.vcpu_num == 1);
	CHECK_ERR(vm_create(4), EEXIST);
	CHECK(read_number(SYSFS "vms") == 1);
	CHECK(read_number(SYSFS "pinned_pages") == 1);
	CHECK(!cpu_is_online(1) && cpu_is_online(2));
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_START_VM) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_PAUSE_VM) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_RESET_VM) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM) == 0);
	CHECK(cpu_is_online(1));
	CHECK(read_number(SYSFS "pinned_pages") == 0);
	CHECK(vm_create(6) == 0);
	CHECK(created.vcpu_num == 2);
}

static void test_bad_creation(void)
{
	struct acrn_vm_creation bad = { .ioreq_buf = (uintptr_t)page,
					.cpu_affinity = 2,
					.reserved1 = 1 };

	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_CREATE_VM, &bad), EINVAL);
	bad.reserved1 = 0;
	bad.ioreq_buf += 8;
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_CREATE_VM, &bad), EINVAL);
	bad.ioreq_buf = 0x1000;
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_CREATE_VM, &bad), EFAULT);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_CREATE_VM, NULL), EFAULT);
	CHECK(cpu_is_online(1));
	CHECK(mock_now().vms == 0);
}

static void test_affinity(void)
{
	char taken[64];

	CHECK_ERR(vm_create(1), EINVAL);
	CHECK_ERR(vm_create(3), EINVAL);
	CHECK_ERR(vm_create(1ULL << 40), EINVAL);
	CHECK(mock_now().cpus == 0);
	CHECK(vm_create(0) == 0);
	CHECK(created.cpu_affinity == 8 && created.vcpu_num == 1);
	read_line(SYSFS "cpus_taken", taken, sizeof(taken));
	CHECK(!strcmp(taken, "3\n"));
	CHECK_ERR(write_line("/sys/devices/system/cpu/cpu3/online", "1"),
		  EBUSY);
	CHECK(!cpu_is_online(3));
}

static void test_too_many_cpus(void)
{
	struct acrn_vm_creation big = { .ioreq_buf = (uintptr_t)page,
					.vcpu_num = 4 };

	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_CREATE_VM, &big), EBUSY);
	CHECK(mock_now().cpus == 0 && cpu_is_online(3));
}

static void test_shared_cpu(void)
{
	struct acrn_vm_creation other = { .ioreq_buf = (uintptr_t)page,
					  .cpu_affinity = 6 };
	int fd = open("/dev/acrn_hsm", O_RDWR);

	CHECK(vm_create(2) == 0);
	CHECK_ERR(ioctl(fd, ACRN_IOCTL_CREATE_VM, &other), EBUSY);
	CHECK(cpu_is_online(2) && !cpu_is_online(1));
	CHECK(mock_now().cpus == 1);
	close(fd);
	CHECK(!cpu_is_online(1));
}

static void test_sysfs_cpu(void)
{
	CHECK_ERR(write_line(SYSFS "remove_cpu", "0"), EINVAL);
	CHECK_ERR(write_line(SYSFS "remove_cpu", "99"), EINVAL);
	CHECK_ERR(write_line(SYSFS "return_cpu", "2"), EINVAL);
	CHECK(write_line(SYSFS "remove_cpu", "2") == 0);
	CHECK(write_line(SYSFS "remove_cpu", "2") == 0);
	CHECK(!cpu_is_online(2) && mock_now().cpus == 1);
	CHECK(vm_create(0) == 0);
	CHECK(created.cpu_affinity == 4);
	CHECK_ERR(write_line(SYSFS "return_cpu", "2"), EBUSY);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM) == 0);
	CHECK(!cpu_is_online(2) && mock_now().cpus == 1);
	CHECK(write_line(SYSFS "return_cpu", "2") == 0);
	CHECK(cpu_is_online(2));
}

static void test_offline_cpu(void)
{
	CHECK(write_line("/sys/devices/system/cpu/cpu3/online", "0") == 0);
	CHECK(vm_create(8) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM) == 0);
	CHECK(!cpu_is_online(3) && mock_now().cpus == 0);
	CHECK(write_line("/sys/devices/system/cpu/cpu3/online", "1") == 0);
}

static void test_ram(void)
{
	char *mem = map_pages(64 * MIB);

	CHECK(vm_create(2) == 0);
	CHECK(ram(0, mem, 64 * MIB) == 0);
	CHECK(mock_now().mapped_bytes == 64 * MIB);
	CHECK(read_number(SYSFS "pinned_pages") == 16384 + 1);
	CHECK(pins_held() == 16384 + 1);
	/* The VM keeps what its owner lets go. */
	munmap(mem, 64 * MIB);
	CHECK(read_number(SYSFS "pinned_pages") == 16384 + 1);
}

/* Huge pages reach the hypervisor whole, so that it can map them so. */
static void test_huge_pages(void)
{
	uint32_t before = mock_now().added;
	int fd = memfd_create("vm", MFD_HUGETLB);
	char *mem;

	CHECK(write_line("/proc/sys/vm/nr_hugepages", "16") == 0);
	CHECK(ftruncate(fd, 32 * MIB) == 0);
	mem = mmap(NULL, 32 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mem != MAP_FAILED);
	CHECK(vm_create(2) == 0);
	CHECK(ram(0, mem, 32 * MIB) == 0);
	CHECK(read_number(SYSFS "pinned_pages") == 8192 + 1);
	CHECK(mock_now().added - before <= 16);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM) == 0);
	munmap(mem, 32 * MIB);
	close(fd);
	/* Only pages nobody holds can go; the others become surplus. */
	CHECK(write_line("/proc/sys/vm/nr_hugepages", "0") == 0);
	CHECK(read_number("/sys/kernel/mm/hugepages/hugepages-2048kB/"
			  "surplus_hugepages") == 0);
}

/* A device's memory, mapped through sysfs: nothing there to pin. */
static void test_device_memory(void)
{
	int fd = open("/sys/bus/pci/devices/0000:00:1e.0/resource0", O_RDWR);
	void *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(mem != MAP_FAILED);
	CHECK(vm_create(2) == 0);
	CHECK(ram(0xd0000000, mem, PAGE) == 0);
	CHECK(mock_now().mapped_bytes == PAGE);
	CHECK(read_number(SYSFS "pinned_pages") == 1);
	CHECK_ERR(ram(0xd0000000, mem, 2 * PAGE), EINVAL);
	CHECK(mprotect(mem, PAGE, PROT_READ) == 0);
	CHECK_ERR(ram(0xd0001000, mem, PAGE), EFAULT);
	CHECK(mock_now().mapped_bytes == PAGE);
	munmap(mem, PAGE);
	close(fd);
}

static void test_bad_ram(void)
{
	char *mem = map_pages(MIB);
	char *ro =
		mmap(NULL, MIB, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(vm_create(2) == 0);
	CHECK_ERR(ram(0, mem + 8, MIB), EINVAL);
	CHECK_ERR(ram(8, mem, MIB), EINVAL);
	CHECK_ERR(ram(0, mem, 8), EINVAL);
	CHECK_ERR(ram(0, mem, 0), EINVAL);
	CHECK_ERR(ram(-PAGE, mem, MIB), EINVAL);
	CHECK_ERR(ram(0, (void *)-PAGE, MIB), EINVAL);
	CHECK_ERR(ram(0, (void *)0xffffffff80000000, MIB), EFAULT);
	CHECK_ERR(ram(0, ro, MIB), EFAULT);
	munmap(mem + MIB / 2, PAGE);
	CHECK_ERR(ram(0, mem, MIB), EFAULT);
	CHECK(read_number(SYSFS "pinned_pages") == 1);
	CHECK(mock_now().mapped_bytes == 0);
	munmap(mem, MIB);
	munmap(ro, MIB);
}

static void test_mmio(void)
{
	CHECK(vm_create(2) == 0);
	CHECK(mmio(ACRN_IOCTL_SET_MEMSEG, 0xd0000000, 0xfeb00000, PAGE) == 0);
	CHECK(mock_now().mapped_bytes == PAGE);
	CHECK(mmio(ACRN_IOCTL_UNSET_MEMSEG, 0xd0000000, 0, PAGE) == 0);
	CHECK(mock_now().mapped_bytes == 0);
	CHECK_ERR(mmio(ACRN_IOCTL_UNSET_MEMSEG, 0xd0000000, 0, 5), EINVAL);
}

/* Each call that can fail does: everything must be undone. */
static void test_failures(void)
{
	static const uint32_t nrs[] = { HC_SOS_REMOVE_CPU, HC_CREATE_VM,
					HC_SET_IOREQ_BUFFER };
	struct mock_state state;
	size_t i;

	for (i = 0; i < sizeof(nrs) / sizeof(*nrs); i++) {
		mock_fail(nrs[i], 1);
		CHECK_ERR(vm_create(6), EIO);
		state = mock_now();
		CHECK(state.vms == 0 && state.cpus == 0);
		CHECK(cpu_is_online(1) && cpu_is_online(2));
		CHECK(read_number(SYSFS "pinned_pages") == 0);
	}
	mock_fail(HC_SOS_REMOVE_CPU, 2);
	CHECK_ERR(vm_create(6), EIO);
	CHECK(cpu_is_online(1) && cpu_is_online(2) && mock_now().cpus == 0);
	CHECK(mock_now().failed >= 4);
}

static void test_failed_ram(void)
{
	char *mem = map_pages(64 * MIB);
	int failed = 0, i;

	CHECK(vm_create(2) == 0);
	for (i = 1; i < 200; i++) {
		mock_fail(HC_VM_SET_MEMORY_REGIONS, i);
		if (ram(0, mem, 64 * MIB) == 0)
			break;
		failed++;
		CHECK(errno == EIO);
		CHECK(mock_now().mapped_bytes == 0);
		CHECK(read_number(SYSFS "pinned_pages") == 1);
	}
	mock_fail(0, 0);
	CHECK(failed > 0);
	munmap(mem, 64 * MIB);
}

/* The hypervisor keeps the CPU: it stays taken, and serves the next VM. */
static void test_cpu_kept(void)
{
	CHECK(vm_create(2) == 0);
	mock_fail(HC_HOLM_RETURN_CPU, 1);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM) == 0);
	CHECK(!cpu_is_online(1) && mock_now().cpus == 1);
	CHECK(vm_create(0) == 0);
	CHECK(created.cpu_affinity == 2);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM) == 0);
	CHECK(write_line(SYSFS "return_cpu", "1") == 0);
	CHECK(cpu_is_online(1));
}

static int ioeventfd(int fd, uint32_t flags, uint64_t addr, uint32_t len,
		     uint64_t data)
{
	struct acrn_ioeventfd args = { .fd = (uint32_t)fd,
				       .flags = flags,
				       .addr = addr,
				       .len = len,
				       .data = data };

	return ioctl(hsm_fd, ACRN_IOCTL_IOEVENTFD, &args);
}

static bool fired(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n);
}

static void test_ioeventfd(void)
{
	const uint32_t match = ACRN_IOEVENTFD_FLAG_DATAMATCH;
	int a = eventfd(0, EFD_NONBLOCK), b = eventfd(0, EFD_NONBLOCK);
	struct mock_cmd cmd;

	CHECK(vm_create(2) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == 0);
	CHECK_ERR(ioeventfd(a, match, 0x1000, 3, 0), EINVAL);
	CHECK_ERR(ioeventfd(a, match, UINT64_MAX, 4, 0), EINVAL);
	CHECK_ERR(ioeventfd(mock_fd, match, 0x1000, 4, 0), EINVAL);
	CHECK_ERR(ioeventfd(-1, match, 0x1000, 4, 0), EBADF);
	CHECK(ioeventfd(a, match, 0x1000, 2, 0) == 0);
	CHECK(ioeventfd(b, match, 0x1000, 2, 1) == 0);
	CHECK_ERR(ioeventfd(b, match, 0x1000, 2, 1), EEXIST);
	CHECK_ERR(ioeventfd(b, 0, 0x1000, 2, 0), EEXIST);

	answered(request(ACRN_IOREQ_TYPE_MMIO, 1, 0x1000, 2, 1));
	CHECK(!fired(a) && fired(b));
	answered(request(ACRN_IOREQ_TYPE_MMIO, 1, 0x1000, 2, 0));
	CHECK(fired(a) && !fired(b));
	/* No other value, width or space. */
	cmd = request(ACRN_IOREQ_TYPE_MMIO, 1, 0x1000, 2, 2);
	CHECK(mock(&cmd) == 0);
	client_take();
	CHECK(complete(0) == 0);
	cmd = request(ACRN_IOREQ_TYPE_PORTIO, 1, 0x1000, 2, 1);
	CHECK(mock(&cmd) == 0);
	client_take();
	CHECK(complete(0) == 0);
	CHECK(!fired(a) && !fired(b));
	CHECK(ioeventfd(b, ACRN_IOEVENTFD_FLAG_DEASSIGN, 0, 0, 0) == 0);
	CHECK(ioeventfd(b, match, 0x1000, 2, 1) == 0);
	close(a);
	close(b);
}

static int irqfd(int fd, uint32_t flags, uint64_t data)
{
	struct acrn_irqfd args = { .fd = fd,
				   .flags = flags,
				   .msi = { 0xfee00000, data } };

	return ioctl(hsm_fd, ACRN_IOCTL_IRQFD, &args);
}

static void test_irqfd(void)
{
	int a = eventfd(0, 0), b = eventfd(1, 0);
	uint32_t before = mock_now().msis;
	uint64_t one = 1;

	CHECK(vm_create(2) == 0);
	CHECK_ERR(irqfd(mock_fd, 0, 0x30), EINVAL);
	CHECK(irqfd(a, 0, 0x31) == 0);
	CHECK_ERR(irqfd(a, 0, 0x32), EBUSY);
	CHECK(mock_now().msis == before);
	CHECK(write(a, &one, sizeof(one)) == sizeof(one));
	CHECK(mock_now().msis == before + 1 && mock_now().last_msi == 0x31);
	/* One that has already happened. */
	CHECK(irqfd(b, 0, 0x33) == 0);
	CHECK(mock_now().msis == before + 2 && mock_now().last_msi == 0x33);
	CHECK(irqfd(b, ACRN_IRQFD_FLAG_DEASSIGN, 0) == 0);
	CHECK(write(b, &one, sizeof(one)) == sizeof(one));
	CHECK(mock_now().msis == before + 2);
	close(a);
	CHECK(irqfd(b, 0, 0x34) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM) == 0);
	before = mock_now().msis;
	CHECK(write(b, &one, sizeof(one)) == sizeof(one));
	CHECK(mock_now().msis == before);
	close(b);
}

static void *attach_thread(void *result)
{
	int ret;

	do {
		ret = ioctl(hsm_fd, ACRN_IOCTL_ATTACH_IOREQ_CLIENT);
	} while (ret == 0);
	*(int *)result = errno;
	return NULL;
}

/* Whatever ends a VM ends the wait of its device model. */
static void check_wait_ends(void (*end)(void))
{
	pthread_t thread;
	int result = 0;

	CHECK(vm_create(2) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == 0);
	CHECK(pthread_create(&thread, NULL, attach_thread, &result) == 0);
	end();
	pthread_join(thread, NULL);
	CHECK(result == ENODEV || result == EINVAL);
}

static void end_by_off(void)
{
	struct mock_cmd off = { .op = MOCK_OFF, .vmid = created.vmid };

	CHECK(mock(&off) == 0);
}

static void end_by_destroy(void)
{
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM) == 0);
}

static void end_by_client(void)
{
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_DESTROY_IOREQ_CLIENT) == 0);
}

static void test_wait_off(void)
{
	check_wait_ends(end_by_off);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_ATTACH_IOREQ_CLIENT), ENODEV);
}

static void test_wait_destroy(void)
{
	check_wait_ends(end_by_destroy);
}

static void test_wait_client(void)
{
	check_wait_ends(end_by_client);
}

static void test_clear(void)
{
	struct mock_cmd cmd;
	uint32_t before;

	CHECK(vm_create(2) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT) == 0);
	cmd = request(ACRN_IOREQ_TYPE_PORTIO, 0, 0x64, 1, 0);
	CHECK(mock(&cmd) == 0);
	client_take();
	before = mock_now().finished;
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_CLEAR_VM_IOREQ) == 0);
	CHECK(mock_now().finished == before + 1);
	CHECK_ERR(complete(0), EINVAL);
	CHECK(mock(&cmd) == 0);
	client_take();
}

static void test_forwarded(void)
{
	struct acrn_vcpu_regs regs = { .vcpu_regs.rip = 0xfff0 };
	struct acrn_msi_entry msi = { 0xfee00000, 0x41 };
	struct acrn_pcidev pcidev = { 0 };
	uint64_t cmd = ACRN_PMCMD_GET_CX_CNT;

	CHECK(vm_create(2) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_SET_VCPU_REGS, &regs) == 0);
	CHECK(mock_now().last_regs_rip == 0xfff0);
	regs.vcpu_regs.reserved_32[1] = 1;
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_SET_VCPU_REGS, &regs), EINVAL);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_INJECT_MSI, &msi) == 0);
	CHECK(mock_now().last_msi == 0x41);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_SET_IRQLINE, 4UL) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_PM_GET_CPU_STATE, &cmd) == 0);
	CHECK(cmd == ((uint64_t)created.vmid << 24 | ACRN_PMCMD_GET_CX_CNT));
	cmd = 7;
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_PM_GET_CPU_STATE, &cmd), EINVAL);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_ASSIGN_PCIDEV, &pcidev), ENOTTY);
}

static void test_intr_monitor(void)
{
	char *mem = map_pages(2 * PAGE);

	CHECK(vm_create(2) == 0);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_VM_INTR_MONITOR, 0UL), EFAULT);
	CHECK_ERR(ioctl(hsm_fd, ACRN_IOCTL_VM_INTR_MONITOR, mem + 1), EINVAL);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_VM_INTR_MONITOR, mem) == 0);
	CHECK(ioctl(hsm_fd, ACRN_IOCTL_VM_INTR_MONITOR, mem + PAGE) == 0);
	CHECK(read_number(SYSFS "pinned_pages") == 2);
	munmap(mem, 2 * PAGE);
}

static void test_query(void)
{
	struct holm_info info = { 0 };
	struct holm_ioc_query q = { .subject = HOLM_QUERY_INFO,
				    .buf = (uintptr_t)&info,
				    .len = sizeof(info) };
	int fd = open("/dev/holm", O_RDONLY);

	q.from = 4711;
	CHECK(ioctl(fd, HOLM_IOC_QUERY, &q) == 0);
	CHECK(q.out_len == sizeof(info) && info.ncpus == 4);
	CHECK(info.boot_tsc[0] == 4711);
	q.len = 8;
	CHECK(ioctl(fd, HOLM_IOC_QUERY, &q) == 0 && q.out_len == 8);
	q.buf = 8;
	CHECK_ERR(ioctl(fd, HOLM_IOC_QUERY, &q), EFAULT);
	q.subject = 99;
	CHECK_ERR(ioctl(fd, HOLM_IOC_QUERY, &q), EINVAL);
	CHECK_ERR(ioctl(fd, _IO(0xA2, 1)), ENOTTY);
	close(fd);
}

static void test_trace(void)
{
	struct holm_ioc_trace on = { .events = 5 }, bad = { .events = 8 };
	struct holm_info info = { 0 };
	struct holm_ioc_query q = { .subject = HOLM_QUERY_INFO,
				    .buf = (uintptr_t)&info,
				    .len = sizeof(info) };
	int reader = open("/dev/holm", O_RDONLY);
	int writer = open("/dev/holm", O_RDWR);

	CHECK_ERR(ioctl(reader, HOLM_IOC_TRACE, &on), EACCES);
	CHECK_ERR(ioctl(writer, HOLM_IOC_TRACE, &bad), EINVAL);
	CHECK_ERR(ioctl(writer, HOLM_IOC_TRACE, 8UL), EFAULT);
	CHECK(ioctl(reader, HOLM_IOC_QUERY, &q) == 0 && !info.trace_events);
	CHECK(ioctl(writer, HOLM_IOC_TRACE, &on) == 0);
	CHECK(ioctl(reader, HOLM_IOC_QUERY, &q) == 0 && info.trace_events == 5);
	close(reader);
	close(writer);
}

/* A device model that does everything at once until it is killed. */
static void be_killed(int ready)
{
	char *mem = map_pages(16 * MIB);
	uint64_t one = 1;
	int fd;

	hsm_fd = open("/dev/acrn_hsm", O_RDWR);
	if (write(ready, &one, sizeof(one)) < 0)
		_exit(1);
	for (;;) {
		fd = eventfd(0, 0);
		vm_create(0);
		ram(0, mem, 16 * MIB);
		ioeventfd(fd, 0, 0x1000, 4, 0);
		irqfd(fd, 0, 0x31);
		ioctl(hsm_fd, ACRN_IOCTL_CREATE_IOREQ_CLIENT);
		ioctl(hsm_fd, ACRN_IOCTL_START_VM);
		ram(1UL << 32, mem, 16 * MIB);
		if (random() % 4)
			ioctl(hsm_fd, ACRN_IOCTL_DESTROY_VM);
		else
			ioctl(hsm_fd, ACRN_IOCTL_ATTACH_IOREQ_CLIENT);
		close(fd);
	}
}

static void kill_one(unsigned int delay_us)
{
	int ready = eventfd(0, 0);
	pid_t pid = fork();
	uint64_t n;

	if (pid == 0)
		be_killed(ready);
	CHECK(read(ready, &n, sizeof(n)) == sizeof(n));
	usleep(delay_us);
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
	close(ready);
	CHECK(mock_now().vms == 0 && mock_now().mapped_bytes == 0);
	CHECK(read_number(SYSFS "pinned_pages") == 0);
	CHECK(mock_now().cpus == 0 && cpu_is_online(3));
}

static void test_killed(void)
{
	int i;

	srandom(1);
	for (i = 0; i < 40 && !case_failed; i++)
		kill_one((unsigned int)random() % 300000);
}

static void test_module_in_use(void)
{
	CHECK_ERR(syscall(SYS_delete_module, "acrn_hsm", O_NONBLOCK),
		  EWOULDBLOCK);
}

/* clang-format off */
#define CELL_CASE(fn, text) { text, fn },
static const struct {
	const char *name;
	void (*fn)(void);
} cases[] = {
	{ "a VM is created and destroyed, twice", test_lifecycle },
	{ "bad creations leave nothing", test_bad_creation },
	{ "affinities are checked or chosen", test_affinity },
	{ "more CPUs than there are", test_too_many_cpus },
	{ "a CPU of another VM", test_shared_cpu },
	{ "a CPU handed over by hand stays until asked back", test_sysfs_cpu },
	{ "a CPU that was offline stays so", test_offline_cpu },
	{ "RAM is pinned and mapped", test_ram },
	{ "huge pages stay whole", test_huge_pages },
	{ "a device's memory is mapped, not pinned", test_device_memory },
	{ "bad RAM leaves nothing", test_bad_ram },
	{ "MMIO is mapped and unmapped", test_mmio },
	{ "a creation that fails at any call leaves nothing", test_failures },
	{ "RAM that fails at any call leaves nothing", test_failed_ram },
	{ "a CPU the hypervisor keeps is used again", test_cpu_kept },
	{ "requests reach the client", test_request },
	{ "requests by one call", test_serve },
	{ "requests that follow each other", test_serve_briskly },
	{ "requests without a client are answered", test_request_without_client },
	{ "PCI ports become PCI requests", test_pci_ports },
	{ "a VM that asks for ever leaves others their CPU", test_asks_for_ever },
	{ "writes become events", test_ioeventfd },
	{ "events become interrupts", test_irqfd },
	{ "a VM that stops ends the wait", test_wait_off },
	{ "a VM that is destroyed ends the wait", test_wait_destroy },
	{ "a client that is destroyed ends the wait", test_wait_client },
	{ "requests are cleared", test_clear },
	{ "calls are forwarded", test_forwarded },
	{ "the interrupt monitor's page", test_intr_monitor },
	{ "figures of the hypervisor", test_query },
	{ "switching the trace", test_trace },
	{ "a device model killed at any moment", test_killed },
	HSM_CELL_CASES(CELL_CASE)
	{ "the module stays while it is used", test_module_in_use },
};
/* clang-format on */

/* All that the driver counts, as it was before the first case. */
static long objects_first[HOLM_OBJECT_COUNT];

static void read_objects(long *now)
{
	size_t n = 0;

#define READ_OBJECT(id, name) \
	now[n++] = read_number(HOLM_OBJECTS_SYSFS "/" name);
	HOLM_OBJECTS(READ_OBJECT)
}

static void check_objects(void)
{
	long now[HOLM_OBJECT_COUNT];
	size_t i;

	read_objects(now);
	for (i = 0; i < HOLM_OBJECT_COUNT; i++) {
		CHECK(now[i] >= 0 && now[i] == objects_first[i]);
		if (now[i] != objects_first[i])
			printf("# object %zu: %ld, not %ld\n", i, now[i],
			       objects_first[i]);
	}
}

static void check_clean(void)
{
	struct mock_state state = mock_now();

	check_objects();

	CHECK(read_number(SYSFS "pinned_pages") == 0);
	CHECK(pins_held() == 0);
	CHECK(read_number(SYSFS "vms") == 0);
	CHECK(state.vms == 0 && state.mapped_bytes == 0 && state.cpus == 0);
	CHECK(state.bad_calls == 0);
	CHECK(cpu_is_online(1) && cpu_is_online(2) && cpu_is_online(3));
}

static void run_case(size_t i)
{
	case_failed = false;
	hsm_fd = open("/dev/acrn_hsm", O_RDWR);
	CHECK(hsm_fd >= 0);
	cases[i].fn();
	close(hsm_fd);
	mock_fail(0, 0);
	check_clean();
	printf("%s %zu - %s\n", case_failed ? "not ok" : "ok", i + 1,
	       cases[i].name);
	fflush(stdout);
}

int main(void)
{
	size_t n = sizeof(cases) / sizeof(*cases), i;
	int failed = 0;

	mock_fd = open("/dev/hsm_mock", O_RDWR);
	page = map_pages(PAGE);
	if (mock_fd < 0 || !page) {
		printf("Bail out! no /dev/hsm_mock\n");
		return 1;
	}
	read_objects(objects_first);
	printf("1..%zu\n", n);
	for (i = 0; i < n; i++) {
		run_case(i);
		failed += case_failed;
	}
	return failed ? 1 : 0;
}
