/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Cells: what the driver takes from Linux, and that it gives it back. */
#include "hsm_cell.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/cell.h"
#include "abi/holm_ioctl.h"
#include "abi/holm_objects.h"
#include "abi/hypercall.h"
#include "hsm_lib.h"

#define HUGE    (2 * MIB)
#define FAR_RAM 0x80000000UL /* no memory is there, so Linux has none */
#define PCI     "/sys/bus/pci/devices/0000:00:"
/* Functions of the test machine. */
#define TESTDEV   (0x1eU << 3) /* pci-testdev */
#define DRIVER    PCI "1e.0/driver"
#define NVME      (0x1bU << 3) /* can be reset */
#define SERIAL    (0x1aU << 3) /* has a driver */
#define PORT_LINE 16           /* of its PCI Express port, which has one too */

static union {
	struct holm_cell_desc desc;
	uint8_t bytes[4096];
} built;

static int cell_fd;

static long objects(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), HOLM_OBJECTS_SYSFS "/%s", name);
	return read_number(path);
}

static void add(const void *record, uint32_t size)
{
	memcpy(built.bytes + built.desc.size, record, size);
	built.desc.size += size;
	built.desc.records++;
}

static void add_cpu(uint32_t lapic_id)
{
	struct holm_cell_cpu r = { { HOLM_CELL_R_CPU, sizeof(r) },
				   .lapic_id = lapic_id };

	add(&r, sizeof(r));
}

static void add_mem(uint64_t phys, uint64_t size, uint32_t flags)
{
	struct holm_cell_mem r = { { HOLM_CELL_R_MEM, sizeof(r) },
				   .phys = phys,
				   .size = size,
				   .flags = flags | HOLM_CELL_M_READ };

	add(&r, sizeof(r));
}

static void add_port(uint32_t port, uint32_t count, uint32_t flags)
{
	struct holm_cell_port r = { { HOLM_CELL_R_PORT, sizeof(r) },
				    .port = port,
				    .count = count,
				    .flags = flags };

	add(&r, sizeof(r));
}

static void add_irq(uint32_t gsi)
{
	struct holm_cell_irq r = { { HOLM_CELL_R_IRQ, sizeof(r) }, .gsi = gsi };

	add(&r, sizeof(r));
}

static void add_pci(uint32_t bdf)
{
	struct holm_cell_pci r = { { HOLM_CELL_R_PCI, sizeof(r) }, .bdf = bdf };

	add(&r, sizeof(r));
}

static void add_link(uint64_t phys, uint64_t rw_size, uint64_t out_size)
{
	struct holm_cell_ivshmem r = { { HOLM_CELL_R_IVSHMEM, sizeof(r) },
				       .phys = phys,
				       .rw_size = rw_size,
				       .out_size = out_size,
				       .peers = 2 };

	add(&r, sizeof(r));
}

/* A cell with a CPU and nothing else. */
static void begin_on(uint32_t lapic_id)
{
	memset(&built, 0, sizeof(built));
	built.desc.magic = HOLM_CELL_MAGIC;
	built.desc.version = HOLM_CELL_VERSION;
	built.desc.size = sizeof(built.desc);
	strcpy(built.desc.name, "test");
	add_cpu(lapic_id);
}

static void begin(void)
{
	begin_on(3);
}

static int create_on(int fd)
{
	struct holm_ioc_cell_create args = { .desc = (uintptr_t)&built,
					     .size = built.desc.size };

	return ioctl(fd, HOLM_IOC_CELL_CREATE, &args);
}

static int create(void)
{
	return create_on(cell_fd);
}

static int destroy(int id)
{
	return ioctl(cell_fd, HOLM_IOC_CELL_DESTROY, (unsigned long)id);
}

static int pin(int fd, const void *at, uint64_t size, uint64_t *phys)
{
	struct holm_ioc_cell_pin args = { .addr = (uintptr_t)at,
					  .size = size,
					  .phys = (uintptr_t)phys };

	return ioctl(fd, HOLM_IOC_CELL_PIN, &args);
}

static void end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static char *map_huge(uint64_t pages)
{
	void *at = mmap(NULL, pages * HUGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	CHECK(at != MAP_FAILED);
	return at;
}

static void open_cells(void)
{
	write_line("/proc/sys/vm/nr_hugepages", "6");
	cell_fd = open("/dev/holm", O_RDWR);
	CHECK(cell_fd >= 0);
}

static void close_cells(void)
{
	close(cell_fd);
	CHECK(mock_now().cells == 0);
	CHECK(read_number("/sys/kernel/mm/hugepages/hugepages-2048kB/"
			  "free_hugepages") == 6);
	write_line("/proc/sys/vm/nr_hugepages", "0");
	CHECK(objects("cells") == 0 && objects("pins") == 0);
	CHECK(objects("regions") == 0 && objects("functions") == 0);
}

/* Refused, and nothing has changed. */
static void refused(int error)
{
	long pins = objects("pins");

	CHECK_ERR(create(), error);
	CHECK(cpu_is_online(3) && mock_now().cpus == 0);
	CHECK(objects("cells") == 0 && objects("regions") == 0);
	CHECK(objects("functions") == 0 && objects("pins") == pins);
}

void test_cell_life(void)
{
	long references = read_number("/sys/module/acrn_hsm/refcnt");
	uint64_t phys[3];
	char *mem;
	int id;

	open_cells();
	mem = map_huge(3);
	CHECK(pin(cell_fd, mem, 3 * HUGE, phys) == 0);
	CHECK(phys[0] % HUGE == 0 && phys[0] != phys[1]);
	CHECK(objects("pins") == 3);
	begin();
	add_mem(phys[0], HUGE, 0);
	add_mem(phys[2] + PAGE, PAGE, 0);
	id = create();
	CHECK(id > 0 && mock_now().cells == 1);
	CHECK(objects("cells") == 1 && objects("pins") == 3);
	CHECK(!cpu_is_online(3) && mock_now().cpus == 1);
	munmap(mem, 3 * HUGE);
	close(cell_fd);
	/* The one page that it has not named is Linux's again. */
	CHECK(objects("pins") == 2 && mock_now().cells == 1);
	/* Other files are open as well: the cell has a reference of its own. */
	CHECK(read_number("/sys/module/acrn_hsm/refcnt") == references + 1);
	cell_fd = open("/dev/holm", O_RDWR);
	CHECK(ioctl(cell_fd, HOLM_IOC_CELL_START, id) == 0);
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_START, id), EPERM);
	CHECK(ioctl(cell_fd, HOLM_IOC_CELL_STOP, id) == 0);
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_STOP, 77), ENOENT);
	CHECK_ERR(destroy(77), ENOENT);
	CHECK_ERR(
		ioctl(cell_fd, HOLM_IOC_CELL_DESTROY, 1UL << 33 | (unsigned)id),
		ENOENT);
	CHECK(destroy(id) == 0);
	CHECK_ERR(destroy(id), ENOENT);
	CHECK(cpu_is_online(3));
	close_cells();
}

void test_cell_pins(void)
{
	char *small = map_pages(4 * HUGE);
	uint64_t phys[2], again[2];
	int other = open("/dev/holm", O_RDWR);
	char *mem;

	open_cells();
	mem = map_huge(2);
	small += HUGE - (uintptr_t)small % HUGE;
	madvise(small, HUGE, MADV_NOHUGEPAGE);
	CHECK_ERR(pin(cell_fd, small, HUGE, phys), EINVAL);
	CHECK_ERR(pin(cell_fd, mem + PAGE, HUGE, phys), EINVAL);
	CHECK_ERR(pin(cell_fd, mem, PAGE, phys), EINVAL);
	CHECK_ERR(pin(cell_fd, mem, 0, phys), EINVAL);
	CHECK_ERR(pin(cell_fd, (void *)-HUGE, 2 * HUGE, phys), EINVAL);
	CHECK_ERR(pin(cell_fd, (void *)(4 * HUGE), HUGE, phys), EFAULT);
	CHECK(objects("pins") == 0);
	CHECK_ERR(pin(cell_fd, mem, HUGE, (void *)8), EFAULT);
	CHECK(pin(cell_fd, mem, 2 * HUGE, phys) == 0);
	CHECK(pin(cell_fd, mem, 2 * HUGE, again) == 0);
	CHECK(!memcmp(phys, again, sizeof(phys)) && objects("pins") == 2);
	/* What one file has pinned is not another's to use. */
	begin();
	add_mem(phys[0], HUGE, 0);
	CHECK_ERR(create_on(other), EBUSY);
	CHECK(destroy(create()) == 0);
	refused(EBUSY); /* and the cell that had it has given it back */
	munmap(mem, 2 * HUGE);
	close(other);
	close_cells();
}

void test_cell_rights(void)
{
	int fd = open("/dev/holm", O_RDONLY);
	uint64_t phys;

	open_cells();
	begin();
	CHECK_ERR(create_on(fd), EACCES);
	CHECK_ERR(pin(fd, NULL, HUGE, &phys), EACCES);
	CHECK_ERR(ioctl(fd, HOLM_IOC_CELL_DESTROY, 1UL), EACCES);
	close(fd);
	close_cells();
}

void test_cell_descs(void)
{
	struct holm_ioc_cell_create args = { .desc = (uintptr_t)&built };
	struct holm_cell_record *r = (void *)(built.bytes + sizeof(built.desc));
	unsigned int i;

	open_cells();
	begin();
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_CREATE, 8UL), EFAULT);
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_CREATE, &args), EINVAL);
	args.size = HOLM_CELL_MAX + 1UL;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_CREATE, &args), E2BIG);
	args.size = built.desc.size;
	args.desc = 8;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_CREATE, &args), EFAULT);
	/* Each wrong size of it, among them those that go on for ever. */
	for (i = 0; i < 64; i++) {
		begin();
		r->size = i;
		if (i != sizeof(struct holm_cell_cpu))
			refused(EINVAL);
	}
	begin();
	r->size = 0xfffffff8;
	refused(EINVAL);
	/* Of a kind that is longer: what follows must not be taken for it. */
	begin();
	add_port(0, 0, 0);
	add_mem(FAR_RAM, MIB, 0);
	r = (void *)(built.bytes + sizeof(built.desc) +
		     sizeof(struct holm_cell_cpu));
	r->type = HOLM_CELL_R_MEM;
	refused(EINVAL);
	/* Of a kind that the driver leaves to the hypervisor, and the last. */
	begin();
	add_irq(0);
	r->type = HOLM_CELL_R_COMM;
	r->size += sizeof(uint64_t);
	refused(EINVAL);
	begin();
	add_irq(0);
	r->type = HOLM_CELL_R_COMM;
	r->size -= sizeof(uint32_t);
	built.desc.size -= sizeof(uint32_t);
	refused(EINVAL);
	begin();
	built.desc.size += sizeof(uint64_t);
	args.size = built.desc.size - sizeof(uint64_t);
	args.desc = (uintptr_t)&built;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_CREATE, &args), EINVAL);
	close_cells();
}

static const struct {
	uint32_t port, count;
	int error;
} ports[] = {
	{ 0x20, 1, EBUSY },        { 0x3f8, 8, EBUSY },
	{ 0, 0, EINVAL },          { 0x10000, 1, EINVAL },
	{ 0xffff, 2, EINVAL },     { 0xffffffff, 1, EINVAL },
	{ 1, 0xffffffff, EINVAL },
};

/* Bridges to host and ISA; there is none; there cannot be any. */
static const uint32_t no_functions[] = { 0, 0x1f << 3, 0x1c << 3, 0x10000 };

void test_cell_refused(void)
{
	size_t i;

	open_cells();
	for (i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		begin();
		add_port(ports[i].port, ports[i].count, 0);
		refused(ports[i].error);
	}
	begin();
	add_mem(16 * MIB, MIB, 0); /* the kernel itself */
	refused(EBUSY);
	begin();
	add_mem(16 * MIB, PAGE, HOLM_CELL_M_SHARED);
	refused(EBUSY);
	begin();
	add_mem(-PAGE, 2 * PAGE, 0);
	refused(EINVAL);
	begin();
	add_cpu(0); /* the boot CPU, after CPU 3 was taken */
	refused(EINVAL);
	begin();
	add_cpu(99);
	refused(EINVAL);
	begin();
	add_irq(4); /* of the serial port that this goes to */
	refused(EBUSY);
	begin();
	add_irq(PORT_LINE);
	refused(EBUSY);
	for (i = 0; i < sizeof(no_functions) / sizeof(*no_functions); i++) {
		begin();
		add_pci(no_functions[i]);
		refused(EINVAL);
	}
	close_cells();
}

void test_cell_regions(void)
{
	int first, second;

	open_cells();
	begin();
	add_mem(FAR_RAM, MIB, 0);
	add_port(0x300, 8, 0);
	add_port(0x402, 1, HOLM_CELL_P_SHARED);
	add_irq(10);
	add_irq(PORT_LINE + 1);
	first = create();
	CHECK(first > 0 && objects("regions") == 2);
	begin_on(2);
	add_mem(FAR_RAM + MIB - PAGE, PAGE, 0);
	CHECK_ERR(create(), EBUSY);
	begin_on(2);
	add_port(0x307, 2, 0);
	CHECK_ERR(create(), EBUSY);
	CHECK(cpu_is_online(2));
	begin();
	CHECK_ERR(create(), EBUSY); /* its CPU: the hypervisor says no */
	begin_on(2);
	add_mem(FAR_RAM + MIB, MIB, 0);
	add_mem(FAR_RAM, PAGE, HOLM_CELL_M_SHARED);
	add_port(0x308, 1, 0);
	add_port(0x402, 1, HOLM_CELL_P_SHARED);
	second = create();
	CHECK(second > 0 && second != first);
	CHECK(destroy(first) == 0);
	CHECK(cpu_is_online(3) && !cpu_is_online(2));
	CHECK(destroy(second) == 0);
	close_cells();
}

void test_cell_failures(void)
{
	static const uint32_t calls[] = { HC_SOS_REMOVE_CPU,
					  HC_HOLM_CELL_CREATE };
	uint32_t forced;
	uint64_t phys;
	size_t i;
	char *mem;
	int id;

	open_cells();
	mem = map_huge(1);
	CHECK(pin(cell_fd, mem, HUGE, &phys) == 0);
	begin();
	add_mem(phys, HUGE, 0);
	add_mem(FAR_RAM, MIB, 0);
	add_port(0x300, 8, 0);
	add_pci(TESTDEV);
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		mock_fail(calls[i], 1);
		refused(EIO);
	}
	/* What was pinned is still there to be used. */
	id = create();
	CHECK(id > 0);
	mock_fail(HC_HOLM_CELL_DESTROY, 1);
	CHECK_ERR(destroy(id), EIO);
	CHECK(objects("cells") == 1 && !cpu_is_online(3));
	forced = mock_now().forced;
	CHECK(destroy(id) == 0 && mock_now().forced == forced);
	begin();
	id = create();
	CHECK(ioctl(cell_fd, HOLM_IOC_CELL_DESTROY,
		    (unsigned long)id | HOLM_IOC_CELL_FORCE) == 0);
	CHECK(mock_now().forced == forced + 1);
	munmap(mem, HUGE);
	close_cells();
}

static void again(uint32_t nr, uint64_t times)
{
	struct mock_cmd cmd = { .op = MOCK_AGAIN, .addr = nr, .value = times };

	CHECK(mock(&cmd) == 0);
}

void test_cell_again(void)
{
	pid_t pid;
	int id;

	open_cells();
	begin();
	again(HC_SOS_REMOVE_CPU, 3);
	id = create();
	CHECK(id > 0 && destroy(id) == 0);
	again(HC_HOLM_CELL_CREATE, 20);
	id = create();
	CHECK(id > 0);
	again(HC_HOLM_CELL_DESTROY, 20);
	CHECK(destroy(id) == 0);
	/* Who is killed meanwhile leaves nothing behind. */
	again(HC_HOLM_CELL_CREATE, 1UL << 40);
	pid = fork();
	if (pid == 0) {
		create();
		_exit(1);
	}
	usleep(100000);
	end(pid);
	again(0, 0);
	CHECK(cpu_is_online(3) && mock_now().cpus == 0);
	close_cells();
}

static void switch_cpu(const char *on)
{
	write_line("/sys/devices/system/cpu/cpu3/online", on);
}

static pid_t switch_for_ever(void)
{
	pid_t pid = fork();

	while (pid == 0) {
		switch_cpu("0");
		switch_cpu("1");
	}
	return pid;
}

/* It is the cell's or Linux's, never both's. */
void test_cell_hotplug(void)
{
	pid_t pid = switch_for_ever();
	int i, id, made = 0;

	open_cells();
	for (i = 0; i < 80 && !case_failed; i++) {
		usleep((unsigned int)random() % 100000);
		begin();
		id = create();
		if (id < 0) {
			CHECK(errno == EBUSY && mock_now().cpus == 0);
			continue;
		}
		made++;
		usleep(5000); /* long enough for who is just at it */
		CHECK(!cpu_is_online(3) && mock_now().cpus == 1);
		CHECK(destroy(id) == 0);
	}
	end(pid);
	switch_cpu("1");
	CHECK(cpu_is_online(3));
	printf("# %d cells were made\n", made);
	close_cells();
}

void test_cell_load(void)
{
	struct holm_ioc_cell_load load = { .to = 0x12345, .size = 100001 };
	uint8_t *data = map_pages(MIB);
	uint64_t before = mock_now().loaded, i;
	int id;

	open_cells();
	for (i = 0; i < load.size; i++)
		data[i] = (uint8_t)(load.to + i);
	begin();
	id = create();
	load.id = (uint32_t)id;
	load.from = (uintptr_t)data;
	CHECK(ioctl(cell_fd, HOLM_IOC_CELL_LOAD, &load) == 0);
	CHECK(mock_now().loaded - before == load.size);
	data[load.size - 1]++;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_LOAD, &load), EINVAL);
	munmap(data + MIB / 2, MIB / 2);
	load.from = (uintptr_t)data + MIB / 2 - PAGE;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_LOAD, &load), EFAULT);
	load.size = 0;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_LOAD, &load), EINVAL);
	/* Either end beyond 2^64; what is there could be read and loaded. */
	data[MIB / 2 - PAGE] = (uint8_t)load.to;
	load.size = -load.from;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_LOAD, &load), EINVAL);
	load.size = 2;
	load.to = -1UL;
	data[MIB / 2 - PAGE] = 0xff;
	data[MIB / 2 - PAGE + 1] = 0;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_LOAD, &load), EINVAL);
	load.to = 0xff;
	CHECK(ioctl(cell_fd, HOLM_IOC_CELL_LOAD, &load) == 0);
	load.reserved = 1;
	CHECK_ERR(ioctl(cell_fd, HOLM_IOC_CELL_LOAD, &load), EINVAL);
	CHECK(destroy(id) == 0);
	munmap(data, MIB / 2);
	close_cells();
}

void test_cell_pci(void)
{
	char link[256] = "", path[] = DRIVER;
	int id;

	open_cells();
	begin();
	add_pci(TESTDEV);
	CHECK(access(path, F_OK) != 0);
	id = create();
	CHECK(id > 0 && objects("functions") == 1);
	CHECK(readlink(path, link, sizeof(link) - 1) > 0);
	CHECK(strstr(link, "acrn_hsm_cell"));
	CHECK(access("/sys/bus/pci/drivers/acrn_hsm_cell/unbind", F_OK) != 0);
	/* Not twice, and nobody can be persuaded to. */
	begin_on(2);
	add_pci(TESTDEV);
	CHECK_ERR(create(), EINVAL);
	CHECK(objects("functions") == 1 && cpu_is_online(2));
	CHECK(destroy(id) == 0);
	CHECK(access(path, F_OK) != 0);
	/* Somebody keeps it for himself. */
	CHECK(write_line("/sys/bus/pci/devices/0000:00:1e.0/driver_override",
			 "mine") == 0);
	begin();
	add_pci(TESTDEV);
	refused(EINVAL);
	CHECK(write_line("/sys/bus/pci/devices/0000:00:1e.0/driver_override",
			 "\n") == 0);
	CHECK(destroy(create()) == 0);
	close_cells();
}

static bool driver_is(const char *function, const char *name)
{
	char path[128], link[256] = "";

	snprintf(path, sizeof(path), PCI "%s/driver", function);
	return readlink(path, link, sizeof(link) - 1) > 0 &&
	       !strcmp(strrchr(link, '/') + 1, name);
}

void test_cell_driver(void)
{
	int id;

	open_cells();
	CHECK(driver_is("1a.0", "serial"));
	begin();
	add_pci(SERIAL);
	id = create();
	CHECK(id > 0 && driver_is("1a.0", "acrn_hsm_cell"));
	CHECK(destroy(id) == 0 && driver_is("1a.0", "serial"));
	mock_fail(HC_HOLM_CELL_CREATE, 1);
	refused(EIO);
	CHECK(driver_is("1a.0", "serial"));
	close_cells();
}

static uint32_t config_read(int fd, unsigned int at)
{
	uint32_t v = 0;

	CHECK(pread(fd, &v, sizeof(v), at) == sizeof(v));
	return v;
}

static void config_write(int fd, unsigned int at, uint32_t v)
{
	CHECK(pwrite(fd, &v, sizeof(v), at) == sizeof(v));
}

#define COMMAND      0x04
#define MASTER       0x4U
#define BAR0         0x10
#define CAPABILITIES 0x34
#define ID_MSIX      0x11
#define MSIX_ENABLE  (1U << 31)

/* Where its MSI-X capability is: Linux looks after that of a driver only. */
static unsigned int config_msix(int fd)
{
	unsigned int at = config_read(fd, CAPABILITIES) & 0xff;

	while (at && (config_read(fd, at) & 0xff) != ID_MSIX)
		at = config_read(fd, at) >> 8 & 0xff;
	CHECK(at);
	return at;
}

#define LOOKERS 3

/* Some who look at the function all the time, and so have its lock. */
static void look_for_ever(pid_t *pids)
{
	int i, fd = open(PCI "1b.0/driver_override", O_RDONLY);
	char line[64];

	for (i = 0; i < LOOKERS; i++) {
		pids[i] = fork();
		while (pids[i] == 0)
			CHECK(pread(fd, line, sizeof(line), 0) > 0);
	}
	close(fd);
}

/* What Linux or a cell has set is forgotten on the way to the other. */
void test_cell_reset(void)
{
	int fd = open(PCI "1b.0/config", O_RDWR), i, id;
	unsigned int msix = config_msix(fd);
	uint32_t bar = config_read(fd, BAR0);
	pid_t pids[LOOKERS];

	open_cells();
	if (driver_is("1b.0", "nvme"))
		write_line(PCI "1b.0/driver/unbind", "0000:00:1b.0");
	look_for_ever(pids);
	for (i = 0; i < 20 && !case_failed; i++) {
		config_write(fd, msix, config_read(fd, msix) | MSIX_ENABLE);
		config_write(fd, COMMAND, MASTER);
		begin();
		add_pci(NVME);
		id = create();
		CHECK(id > 0 && !(config_read(fd, COMMAND) & MASTER));
		CHECK(!(config_read(fd, msix) & MSIX_ENABLE));
		config_write(fd, msix, config_read(fd, msix) | MSIX_ENABLE);
		config_write(fd, BAR0, 0xd0000000);
		CHECK(config_read(fd, BAR0) != bar);
		CHECK(destroy(id) == 0);
		CHECK(!(config_read(fd, msix) & MSIX_ENABLE));
		CHECK(config_read(fd, BAR0) == bar);
	}
	for (i = 0; i < LOOKERS; i++)
		end(pids[i]);
	close(fd);
	close_cells();
}

void test_cell_links(void)
{
	uint64_t phys;
	char *mem;
	int id, first;

	open_cells();
	begin();
	add_link(FAR_RAM, MIB, PAGE);
	first = create();
	CHECK(first > 0);
	begin_on(2); /* another end of the same */
	add_link(FAR_RAM, MIB, PAGE);
	id = create();
	CHECK(id > 0 && destroy(id) == 0 && destroy(first) == 0);
	/* Below 1 MiB there is a gap; what follows is Linux's. */
	begin();
	add_link(0xe0000, 0x20000, 0);
	refused(EBUSY);
	begin();
	add_link(0xe0000, 0, 0x10000);
	refused(EBUSY);
	begin();
	add_link(FAR_RAM, 0, 1UL << 63);
	refused(EINVAL);
	begin();
	add_link(FAR_RAM, -PAGE, 0);
	refused(EINVAL);
	mem = map_huge(1);
	CHECK(pin(cell_fd, mem, HUGE, &phys) == 0);
	munmap(mem, HUGE);
	begin();
	add_link(phys, PAGE, PAGE);
	id = create();
	close(cell_fd);
	CHECK(id > 0 && objects("pins") == 1);
	cell_fd = open("/dev/holm", O_RDWR);
	CHECK(destroy(id) == 0 && objects("pins") == 0);
	close_cells();
}

/* A tool that does everything at once until it is killed. */
static void be_killed(void)
{
	uint64_t phys[2];
	char *mem;

	cell_fd = open("/dev/holm", O_RDWR);
	for (;;) {
		mem = map_huge(2);
		pin(cell_fd, mem, 2 * HUGE, phys);
		begin();
		add_mem(phys[0], 2 * MIB, 0);
		add_port(0x300, 8, 0);
		add_pci(TESTDEV);
		destroy(create());
		munmap(mem, 2 * HUGE);
	}
}

void test_cell_killed(void)
{
	int i, id, killed = 0;
	pid_t pid;

	open_cells();
	for (i = 0; i < 20 && !case_failed; i++) {
		pid = fork();
		if (pid == 0)
			be_killed();
		usleep((unsigned int)random() % 200000);
		end(pid);
		killed += (int)mock_now().cells;
		for (id = 1; id <= 4; id++)
			destroy(id);
		CHECK(cpu_is_online(3) && mock_now().cpus == 0);
		CHECK(objects("pins") == 0 && objects("functions") == 0);
	}
	printf("# %d cells were left, and ended\n", killed);
	close_cells();
}
