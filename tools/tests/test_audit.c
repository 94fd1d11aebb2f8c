/* SPDX-License-Identifier: BSD-2-Clause */
/* The audit: a sound machine passes, and each kind of hole is found. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/cell.h"
#include "fake.h"

#define MIB     (1ULL << 20)
#define PAGE    4096ULL
#define RWX_RAM 15
#define RW_RAM  11
#define R_RAM   9
#define RW_DEV  3
#define RWX     (HOLM_CELL_M_READ | HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC)
#define HOLM    (240 * MIB)
#define COMM    (HOLM + 3 * MIB)
#define LINK    (250 * MIB)

/* Redirection entries. */
#define MASKED  (1ULL << 16)
#define LOGICAL (1ULL << 11)
#define SMI     (2ULL << 8)
#define TO(id)  ((uint64_t)(id) << 56)

enum { SERVICE, USER, CELL, OTHER, SLOTS };

static struct {
	struct holm_mapping map[SLOTS][12];
	struct holm_pass port[SLOTS][4];
	struct holm_pass msr[SLOTS][4];
	struct holm_mapping host[4];
	struct holm_vm vm[SLOTS];
	struct holm_cpu cpu[5];
	struct holm_pin pin[4];
	struct holm_device device[SLOTS];
	uint32_t no_cell;
	size_t desc_size;     /* told of each */
	unsigned int changes; /* of the machine, one a look */
} world;

struct desc {
	struct holm_cell_desc d;
	struct holm_cell_mem mem[2];
	struct holm_cell_port port;
	struct holm_cell_comm comm;
	struct holm_cell_irq irq;
	struct holm_cell_pci pci;
	struct holm_cell_ivshmem link;
};

static const struct holm_range ranges[] = {
	{ HOLM, 2 * MIB, HOLM_RANGE_HOLM_IMAGE, 0 },
	{ HOLM + 2 * MIB, 2 * MIB, HOLM_RANGE_HOLM_POOL, 0 },
	{ 0xfee00000, MIB, HOLM_RANGE_LAPIC, 0 },
	{ 0xfec00000, PAGE, HOLM_RANGE_IOAPIC, 0 },
	{ 0xfed90000, PAGE, HOLM_RANGE_IOMMU, 0 },
	{ 0x80000000, PAGE, 0xf0000001, 0 }, /* the firmware's own kind */
};

static struct desc descs[SLOTS];

/* The lowest from there on: a test adds its own behind the others. */
static int answer_map(const struct holm_mapping *m, uint64_t from, void *buf)
{
	const struct holm_mapping *low = NULL;

	for (; m->size; m++)
		if (m->gpa + m->size > from && (!low || m->gpa < low->gpa))
			low = m;
	return low ? fake_answer(low, sizeof(*low), 0, buf, sizeof(*low))
		   : -ENOENT;
}

static int answer_pass(const struct holm_pass *p, uint64_t from, void *buf)
{
	while (p->count && p->first + p->count <= from)
		p++;
	return p->count ? fake_answer(p, sizeof(*p), 0, buf, sizeof(*p))
			: -ENOENT;
}

static int answer_vm(uint32_t slot, void *buf, uint32_t len)
{
	struct holm_vm vm = world.vm[slot];

	if (slot == SERVICE && world.changes)
		vm.mem_bytes += world.changes--;
	return fake_answer(&vm, sizeof(vm), 0, buf, len);
}

static int own(uint32_t subject, uint32_t index, uint64_t from, void *buf,
	       uint32_t len)
{
	if (subject == HOLM_QUERY_CPU)
		return fake_answer(&world.cpu[index], sizeof(world.cpu[0]), 0,
				   buf, len);
	if (subject == HOLM_QUERY_PIN)
		return index < 4
			       ? fake_answer(&world.pin[index],
					     sizeof(world.pin[0]), 0, buf, len)
			       : -ENOENT;
	if (subject == HOLM_QUERY_HOST_MAP)
		return answer_map(world.host, from, buf);
	if (subject != HOLM_QUERY_VM && subject != HOLM_QUERY_VM_MAP &&
	    subject != HOLM_QUERY_VM_PORTS && subject != HOLM_QUERY_VM_MSRS &&
	    subject != HOLM_QUERY_CELL_DESC && subject != HOLM_QUERY_DEVICE)
		return -ENOSYS;
	if (index >= SLOTS)
		return -ENOENT;
	if (subject == HOLM_QUERY_VM)
		return answer_vm(index, buf, len);
	if (subject == HOLM_QUERY_VM_MAP)
		return answer_map(world.map[index], from, buf);
	if (subject == HOLM_QUERY_VM_PORTS)
		return answer_pass(world.port[index], from, buf);
	if (subject == HOLM_QUERY_VM_MSRS)
		return answer_pass(world.msr[index], from, buf);
	if (subject == HOLM_QUERY_DEVICE)
		return from || !world.device[index].bdf
			       ? -ENOENT
			       : fake_answer(&world.device[index],
					     sizeof(world.device[0]), 0, buf,
					     len);
	if (index < CELL || index == world.no_cell)
		return -ENOENT;
	return fake_answer(&descs[index], world.desc_size, from, buf, len);
}

static void describe(int slot, uint64_t phys, const char *name)
{
	const struct desc d = {
		.d = { .magic = HOLM_CELL_MAGIC, .size = sizeof(struct desc),
		       .records = 4 },
		.mem = {
			{ .head = { HOLM_CELL_R_MEM, sizeof(d.mem[0]) },
			  .phys = phys, .size = 2 * MIB, .flags = RWX },
			{ .head = { HOLM_CELL_R_MEM, sizeof(d.mem[0]) },
			  .phys = 96 * MIB, .virt = 4 * MIB, .size = PAGE,
			  .flags = RWX | HOLM_CELL_M_SHARED },
		},
		.port = { .head = { HOLM_CELL_R_PORT, sizeof(d.port) },
			  .port = 0x2f8, .count = 8,
			  .flags = slot == OTHER ? HOLM_CELL_P_SHARED : 0 },
		.comm = { .head = { HOLM_CELL_R_COMM, sizeof(d.comm) },
			  .virt = 8 * MIB },
		.irq = { .head = { HOLM_CELL_R_IRQ, sizeof(d.irq) },
			 .gsi = (unsigned int)slot },
		.pci = { .head = { HOLM_CELL_R_PCI, sizeof(d.pci) },
			 .bdf = (unsigned int)slot << 3 },
		.link = { .head = { HOLM_CELL_R_IVSHMEM, sizeof(d.link) },
			  .phys = LINK, .virt = 16 * MIB, .rw_size = PAGE,
			  .out_size = PAGE, .peers = 3,
			  .id = slot == OTHER, .service_id = 2,
			  .flags = HOLM_CELL_IV_SERVICE },
	};
	struct holm_mapping *m = world.map[slot];

	descs[slot] = d;
	m[0] = (struct holm_mapping){ 0, phys, 2 * MIB, RWX_RAM, 0 };
	m[1] = (struct holm_mapping){ 4 * MIB, 96 * MIB, PAGE, RWX_RAM, 0 };
	m[2] = (struct holm_mapping){ 8 * MIB, COMM + (unsigned int)slot * PAGE,
				      PAGE, RWX_RAM, 0 };
	m[3] = (struct holm_mapping){ 0xfee00000, 0xfee00000, PAGE, 1, 0 };
	strcpy(world.vm[slot].name, name);
}

/* Table, common section, three outputs: as peer @id has them. */
static void join(int slot, uint64_t gpa, unsigned int id)
{
	struct holm_mapping *m = world.map[slot];
	unsigned int i;

	while (m->size)
		m++;
	for (i = 0; i < 5; i++)
		m[i] = (struct holm_mapping){
			gpa + i * PAGE, LINK + i * PAGE, PAGE,
			i == 1 || i == 2 + id ? RW_RAM : R_RAM, 0
		};
}

/* Other's ports are elsewhere, but it would share Cell's. */
static int setup(void **state)
{
	static const struct holm_mapping service[] = {
		{ 0, 0, 128 * MIB, RWX_RAM, 0 },
		{ 132 * MIB, 132 * MIB, 108 * MIB, RWX_RAM, 0 },
		{ 252 * MIB, 252 * MIB, 3000 * MIB, RW_DEV, 0 },
		{ 0xfee00000, 0xfee00000, PAGE, 1, 0 },
	};
	static const struct holm_mapping user[] = {
		{ 0, 64 * MIB, 2 * MIB, RWX_RAM, 0 },
		{ 2 * MIB, 32 * MIB, 2 * MIB, RWX_RAM, 0 },
	};
	int i;

	fake_setup(state);
	memset(&world, 0, sizeof(world));
	fake.own = own;
	fake.info.hv_base = HOLM;
	fake.info.hv_size = 4 * MIB;
	fake.info.ncpus = 5;
	fake.range = ranges;
	fake.ranges = sizeof(ranges) / sizeof(ranges[0]);
	memcpy(world.map[SERVICE], service, sizeof(service));
	memcpy(world.host, service, 3 * sizeof(service[0]));
	memcpy(world.map[USER], user, sizeof(user));
	world.desc_size = sizeof(struct desc);
	describe(CELL, 128 * MIB, "cell");
	describe(OTHER, 130 * MIB, "other");
	join(CELL, 16 * MIB, 0);
	join(OTHER, 16 * MIB, 1);
	join(SERVICE, LINK, 2);
	strcpy(world.vm[SERVICE].name, "service");
	strcpy(world.vm[USER].name, "user");
	world.port[SERVICE][0] = (struct holm_pass){ 0, 0x2f8, 3, 0 };
	world.port[SERVICE][1] = (struct holm_pass){ 0x300, 0x9f8, 3, 0 };
	world.port[SERVICE][2] = (struct holm_pass){ 0xd00, 0xf300, 3, 0 };
	world.port[CELL][0] = (struct holm_pass){ 0x2f8, 8, 3, 0 };
	world.msr[SERVICE][0] = (struct holm_pass){ 0x800, 0x30, 1, 0 };
	world.msr[SERVICE][1] = (struct holm_pass){ 0x838, 8, 3, 0 };
	for (i = 0; i < SLOTS; i++) {
		world.vm[i].slot = (uint32_t)i;
		world.vm[i].vmid = (uint32_t)i;
		world.vm[i].state = HOLM_VM_RUNNING;
		world.vm[i].cpus = 1ULL << i;
		world.cpu[i].owner_vm = (uint32_t)i;
		world.cpu[i].lapic_id = 2 * (uint32_t)i;
		world.pin[i] = (struct holm_pin){
			(uint32_t)i, i < CELL ? SERVICE : (uint32_t)i, MASKED
		};
	}
	world.cpu[4].lapic_id = 8;
	world.pin[0].entry = TO(0x0f) | LOGICAL | 0x30;
	world.pin[1].entry = TO(0) | 0x31;
	world.pin[2].entry = TO(4) | 0x32;
	world.cpu[4].owner_vm = HOLM_NO_VM;
	return 0;
}

static void test_sound(void **state)
{
	(void)state;
	expect_out("hv audit", STATUS_DONE, "cell-memory       holds");
	expect_out("hv audit", STATUS_DONE, "dma               not claimed");
	expect_out("hv audit --json", STATUS_DONE,
		   "\"id\":\"ports\",\"claim\":");
	expect_out("hv audit --json", STATUS_DONE,
		   "\"name\":\"cell\",\"sort\":\"cell\"");
}

static void test_holm(void **state)
{
	(void)state;
	world.map[SERVICE][1].size += 2 * PAGE;
	expect_out("hv audit", STATUS_FAILED,
		   "VM 'service' reaches Holm's memory at 0xf000000, 8192");
	setup(state);
	/* One page beside the one that it may have. */
	world.map[CELL][2].gpa += PAGE;
	expect_out("hv audit", STATUS_FAILED, "VM 'cell' reaches Holm's");
	setup(state);
	world.map[USER][1].hpa = COMM;
	expect_out("hv audit", STATUS_FAILED, "VM 'user' reaches Holm's");
	/* Where it may talk, but not a page made for that. */
	setup(state);
	world.map[CELL][2].hpa = HOLM + PAGE;
	expect_out("hv audit", STATUS_FAILED, "VM 'cell' reaches Holm's");
}

/* A page that is Holm's to answer, with the right to write. */
static void expect_unit(int slot, uint64_t at, uint64_t flags, const char *said)
{
	struct holm_mapping *m = world.map[slot];

	while (m->size && m->hpa != at)
		m++;
	*m = (struct holm_mapping){ at, at, PAGE, (uint32_t)flags, 0 };
	expect_out("hv audit", STATUS_FAILED, said);
	setup(NULL);
}

static void test_units(void **state)
{
	(void)state;
	expect_unit(SERVICE, 0xfee00000, RW_DEV,
		    "VM 'service' writes 0xfee00000: local APIC");
	expect_unit(CELL, 0xfee00000, RW_DEV, "VM 'cell' writes 0xfee00000");
	expect_unit(SERVICE, 0xfee01000, RW_DEV, "'service' writes 0xfee00000");
	expect_unit(SERVICE, 0xfec00000, RW_DEV, "writes 0xfec00000: I/O APIC");
	expect_unit(SERVICE, 0xfed90000, RW_DEV, "writes 0xfed90000: DMA");
	world.port[SERVICE][1].count = 0x9fd;
	expect_out("hv audit", STATUS_FAILED, "configuration     BROKEN");
}

/* No more than the description's words, and the place on the link, allow. */
static void test_rights(void **state)
{
	(void)state;
	descs[CELL].mem[0].flags = HOLM_CELL_M_READ | HOLM_CELL_M_EXEC;
	expect_out("hv audit", STATUS_FAILED,
		   "cell 'cell' reaches 0x8000000, 2097152 bytes, which its");
	world.map[CELL][0].flags = RWX_RAM & ~HOLM_MAP_W;
	expect_out("hv audit", STATUS_DONE, "cell-description  holds");
	descs[CELL].mem[0].flags |= HOLM_CELL_M_DEVICE;
	expect_out("hv audit", STATUS_FAILED, "cell 'cell' reaches 0x8000000");
	setup(state);
	/* The table; another's output; its own. */
	world.map[CELL][4].flags |= HOLM_MAP_W;
	expect_out("hv audit", STATUS_FAILED, "cell 'cell' reaches 0xfa00000");
	setup(state);
	world.map[CELL][7].flags |= HOLM_MAP_W;
	expect_out("hv audit", STATUS_FAILED, "cell 'cell' reaches 0xfa03000");
	setup(state);
	world.map[CELL][5].size = 2 * PAGE;
	world.map[CELL][6] = world.map[CELL][7];
	world.map[CELL][7] = world.map[CELL][8];
	world.map[CELL][8].size = 0;
	expect_out("hv audit", STATUS_DONE, "cell-description  holds");
	world.map[CELL][5].flags |= HOLM_MAP_X;
	expect_out("hv audit", STATUS_FAILED, "cell 'cell' reaches 0xfa01000");
}

/* Of a link the Service VM has what its number gives it, or nothing. */
static void test_links(void **state)
{
	(void)state;
	world.map[SERVICE][6].flags |= HOLM_MAP_W;
	expect_out("hv audit", STATUS_FAILED,
		   "'service' and 'cell' both reach 0xfa02000, 4096");
	setup(state);
	descs[CELL].link.flags = 0;
	expect_out("hv audit", STATUS_FAILED,
		   "'service' and 'cell' both reach 0xfa00000, 4096");
	setup(state);
	join(USER, 16 * MIB, 2);
	expect_out("hv audit", STATUS_FAILED,
		   "VMs 'user' and 'cell' both reach 0xfa00000");
	setup(state);
	/* Shared with the Service VM is not shared with whom it serves. */
	world.map[USER][1].hpa = 96 * MIB;
	expect_out("hv audit", STATUS_FAILED,
		   "VMs 'user' and 'cell' both reach 0x6000000");
}

static void test_memory(void **state)
{
	(void)state;
	world.map[SERVICE][0].size += PAGE;
	expect_out("hv audit", STATUS_FAILED,
		   "VMs 'service' and 'cell' both reach 0x8000000, 4096");
	setup(state);
	world.map[USER][1].hpa = 131 * MIB;
	expect_out("hv audit", STATUS_FAILED, "'user' both reach 0x8300000");
	setup(state);
	world.map[OTHER][0].hpa = 129 * MIB;
	expect_out("hv audit", STATUS_FAILED, "'other' both reach 0x8100000");
	/* Shared by one of the two only. */
	setup(state);
	descs[OTHER].mem[1].flags = 0;
	expect_out("hv audit", STATUS_FAILED, "'other' both reach 0x6000000");
	/* Inside of a larger mapping, and not the next in order. */
	setup(state);
	world.map[USER][0] =
		(struct holm_mapping){ 0, 134 * MIB, 2 * MIB, RWX_RAM, 0 };
	world.map[CELL][0].hpa = 135 * MIB;
	expect_out("hv audit", STATUS_FAILED, "'cell' both reach 0x8700000");
}

/* Two User VMs: the other cell is one when it has no description. */
static void test_users(void **state)
{
	(void)state;
	world.no_cell = OTHER;
	memset(world.map[OTHER], 0, sizeof(world.map[OTHER]));
	world.map[OTHER][0] = world.map[USER][1];
	expect_out("hv audit", STATUS_FAILED,
		   "VMs 'user' and 'other' both reach 0x2000000, 2097152");
	world.map[OTHER][0].hpa += 2 * MIB;
	expect_out("hv audit", STATUS_DONE, "user-memory       holds");
}

/* A BAR of memory, one of ports, one message. */
static void give_device(int slot)
{
	world.device[slot] = (struct holm_device){
		.bdf = (unsigned int)slot << 3,
		.bar = { { 0xfef00000, 2 * PAGE, 0 }, { 0xc000, 0x20, 1 } },
		.messages = 1,
		.dest = 1ULL << slot,
	};
}

static void test_hidden(void **state)
{
	(void)state;
	world.host[1].hpa -= PAGE;
	expect_out("hv audit", STATUS_FAILED,
		   "Holm maps memory of cell 'other' at 0x8200000");
	setup(state);
	world.host[0].size += PAGE;
	expect_out("hv audit", STATUS_FAILED,
		   "Holm maps memory of cell 'cell' at 0x8000000");
	/* Registers: what a function decodes, and the page of a part. */
	setup(state);
	give_device(CELL);
	world.host[1].hpa = 0xfef01000;
	world.host[1].size = PAGE;
	expect_out("hv audit", STATUS_FAILED,
		   "Holm maps memory of cell 'cell' at 0xfef00000");
	setup(state);
	descs[CELL].mem[1] = (struct holm_cell_mem){
		.head = descs[CELL].mem[1].head,
		.phys = 0xfef00ff8,
		.virt = 0xfef00ff8,
		.size = 8,
		.flags = HOLM_CELL_M_READ | HOLM_CELL_M_DEVICE,
	};
	world.host[1].hpa = 0xfef00000;
	world.host[1].size = PAGE;
	expect_out("hv audit", STATUS_FAILED,
		   "Holm maps memory of cell 'cell' at 0xfef00000");
	/* The memory that is listed no more is another rule's. */
	descs[CELL].mem[1].flags |= HOLM_CELL_M_SHARED;
	expect_out("hv audit", STATUS_FAILED, "cell-hidden       holds");
}

static void test_described(void **state)
{
	(void)state;
	world.map[CELL][4] = (struct holm_mapping){ 0xfef00000, 0xfef00000,
						    PAGE, RW_DEV, 0 };
	expect_out("hv audit", STATUS_FAILED,
		   "cell 'cell' reaches 0xfef00000, 4096 bytes, which its");
	setup(state);
	world.map[CELL][0].size = 4 * MIB;
	expect_out("hv audit", STATUS_FAILED,
		   "cell 'cell' reaches 0x8000000, 4194304 bytes, which");
	/* Two records may be one mapping. */
	setup(state);
	descs[CELL].mem[0].size = MIB;
	descs[CELL].mem[1].phys = 129 * MIB;
	descs[CELL].mem[1].virt = MIB;
	descs[CELL].mem[1].size = MIB;
	world.map[CELL][1] =
		(struct holm_mapping){ 8 * MIB, COMM, PAGE, RWX_RAM, 0 };
	memset(&world.map[CELL][2], 0, sizeof(world.map[CELL][2]));
	expect_out("hv audit", STATUS_DONE, "cell-description  holds");
}

static void test_ports(void **state)
{
	(void)state;
	world.port[SERVICE][0].count++;
	expect_out("hv audit", STATUS_FAILED,
		   "VMs 'service' and 'cell' both reach port 0x2f8");
	setup(state);
	world.port[OTHER][0] = (struct holm_pass){ 0x2ff, 1, 3, 0 };
	expect_out("hv audit", STATUS_FAILED,
		   "VMs 'cell' and 'other' both reach port 0x2ff");
	descs[CELL].port.flags = HOLM_CELL_P_SHARED;
	expect_out("hv audit", STATUS_DONE, "ports             holds");
	setup(state);
	world.port[CELL][0].count++;
	expect_out("hv audit", STATUS_FAILED,
		   "cell 'cell' reaches port 0x300, which");
	setup(state);
	world.port[USER][0] = (struct holm_pass){ 0x80, 1, 3, 0 };
	expect_out("hv audit", STATUS_FAILED, "'user' both reach port 0x80");
}

static void test_registers(void **state)
{
	(void)state;
	world.msr[SERVICE][1] = (struct holm_pass){ 0x820, 0x20, 3, 0 };
	expect_out("hv audit", STATUS_FAILED, "interrupts to other CPUs");
	/* Cut in two where an answer ended, and read only. */
	setup(state);
	world.msr[CELL][0] = (struct holm_pass){ 0xc0000000, 0x81, 2, 0 };
	world.msr[CELL][1] = (struct holm_pass){ 0xc0000081, 4, 2, 0 };
	expect_out("hv audit", STATUS_FAILED,
		   "writes registers 0xc0000000 to 0xc0000084");
}

static void test_lines(void **state)
{
	(void)state;
	world.pin[1].entry = TO(4) | 0x31;
	expect_out("hv audit", STATUS_FAILED,
		   "line 1 of VM 'service' leads to a CPU with LAPIC id 4");
	world.pin[1].entry |= MASKED;
	expect_out("hv audit", STATUS_DONE, "lines             holds");
	/* To a CPU that nobody has: no guest is hurt. */
	world.pin[1].entry = TO(8) | 0x31;
	expect_out("hv audit", STATUS_DONE, "lines             holds");
	setup(state);
	world.pin[2].entry = TO(6) | 0x32;
	expect_out("hv audit", STATUS_FAILED, "line 2 of VM 'cell' leads");
	world.pin[2].entry = TO(4) | LOGICAL | 0x32;
	expect_out("hv audit", STATUS_FAILED, "line 2 of VM 'cell' leads");
	/* To all CPUs, those of cells as well. */
	setup(state);
	world.pin[1].entry = TO(0xff) | 0x31;
	expect_out("hv audit", STATUS_FAILED, "line 1 of VM 'service' leads");
	world.pin[1].entry = TO(0xff) | LOGICAL | 0x31;
	expect_out("hv audit", STATUS_FAILED, "line 1 of VM 'service' leads");
	setup(state);
	world.pin[1].entry |= SMI;
	expect_out("hv audit", STATUS_FAILED, "sends more than interrupts");
	setup(state);
	world.pin[1].owner = CELL;
	expect_out("hv audit", STATUS_FAILED, "line 1 is of the VM in slot 2");
	world.pin[1].owner = 9;
	expect_out("hv audit", STATUS_FAILED, "line 1 is of the VM in slot 9");
}

static void test_devices(void **state)
{
	(void)state;
	give_device(CELL);
	world.map[CELL][4] = (struct holm_mapping){ 0xfef01000, 0xfef01000,
						    PAGE, RW_DEV, 0 };
	world.port[CELL][1] = (struct holm_pass){ 0xc01f, 1, 3, 0 };
	world.port[SERVICE][2].count = 0xb300;
	expect_out("hv audit", STATUS_DONE, "devices           holds");
	world.port[CELL][1].count = 2;
	expect_out("hv audit", STATUS_FAILED,
		   "cell 'cell' reaches port 0xc020");
	world.port[CELL][1].count = 1;
	world.map[CELL][4].size = 2 * PAGE;
	expect_out("hv audit", STATUS_FAILED, "cell 'cell' reaches 0xfef01000");
	world.map[CELL][4].size = PAGE;
	/* The page that traps, where its messages' table is. */
	world.map[SERVICE][9] = (struct holm_mapping){ 0xfef00000, 0xfef00000,
						       PAGE, RW_DEV, 0 };
	expect_out("hv audit", STATUS_FAILED,
		   "'service' reaches 0xfef00000, a BAR of a function of VM "
		   "'cell'");
	world.map[SERVICE][9].size = 0;
	world.device[CELL].dest |= 1;
	expect_out("hv audit", STATUS_FAILED,
		   "00:02.0 of VM 'cell' sends messages to CPUs not its own");
	give_device(CELL);
	world.device[CELL].odd = 1;
	expect_out("hv audit", STATUS_FAILED, "sends messages to CPUs not");
	give_device(CELL);
	give_device(OTHER);
	world.device[OTHER].bdf = world.device[CELL].bdf;
	expect_out("hv audit", STATUS_FAILED,
		   "VMs 'cell' and 'other' both have 00:02.0");
	expect_out("hv audit", STATUS_FAILED,
		   "VM 'other' has 00:02.0 without a claim");
}

static void test_cpus(void **state)
{
	(void)state;
	world.vm[USER].cpus |= 4;
	expect_out("hv audit", STATUS_FAILED,
		   "VMs 'user' and 'cell' both have CPUs of mask 0x4");
	setup(state);
	world.cpu[4].owner_vm = CELL;
	expect_out("hv audit", STATUS_FAILED,
		   "CPU 4 runs the VM in slot 2, which does not have it");
}

static void test_changes(void **state)
{
	(void)state;
	world.changes = 3;
	expect_out("hv audit", STATUS_DONE, "holds");
	world.changes = 1000;
	expect_said("hv audit", STATUS_BUSY, "come and go");
}

/* A description that is not one is an error, not a crash. */
static void test_broken_answers(void **state)
{
	(void)state;
	descs[CELL].mem[0].head.size = 0;
	expect_said("hv audit", STATUS_FAILED, "another size");
	setup(state);
	descs[CELL].d.size += 8;
	expect_said("hv audit", STATUS_FAILED, "another size");
	setup(state);
	descs[CELL].comm.head.size = 4096;
	expect_said("hv audit", STATUS_FAILED, "another size");
	/* The last one, too short for what it says it is: as if not there. */
	setup(state);
	world.desc_size -= sizeof(descs[CELL].link) - 8;
	descs[CELL].d.size = (uint32_t)world.desc_size;
	descs[CELL].link.head.size = 8;
	world.no_cell = OTHER;
	expect_out("hv audit", STATUS_FAILED, "cell 'cell' reaches 0xfa00000");
}

#define TEST(fn) cmocka_unit_test_setup(fn, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sound),  TEST(test_holm),
		TEST(test_memory), TEST(test_users),
		TEST(test_hidden), TEST(test_described),
		TEST(test_ports),  TEST(test_registers),
		TEST(test_lines),  TEST(test_devices),
		TEST(test_cpus),   TEST(test_changes),
		TEST(test_units),  TEST(test_rights),
		TEST(test_links),  TEST(test_broken_answers),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
