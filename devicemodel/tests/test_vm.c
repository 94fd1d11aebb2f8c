/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM's whole life against a recorded hypervisor. */
#include "core/vm.h"
#include "tests/bzimage_fake.h"
#include "tests/mock.h"
#include "tests/test.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

static char kernel[] = "/tmp/holm-kernel-XXXXXX";
static struct mock mock;
static struct vm_config cfg;
static struct vm_parts parts;
static u32 allocs, frees, choices, releases;
static bool released_last; /* no VM was left that used the CPUs */

static int anon_alloc(struct backing *b, struct guest_mem *mem,
		      const char *path, struct dm_error *err)
{
	void *p = mmap(NULL, mem->low, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)path;
	(void)err;
	allocs++;
	b->piece[0] = (struct backing_piece){ 0, mem->low, p };
	b->count = 1;
	return guest_mem_add(mem, GPA(0), mem->low, p);
}

static void anon_free(struct backing *b)
{
	frees++;
	munmap(b->piece[0].hva, b->piece[0].len);
}

static int choose(const struct vm_config *c, struct cpu_choice *choice,
		  struct dm_error *err)
{
	(void)c;
	(void)err;
	choices++;
	*choice = (struct cpu_choice){ .affinity = 0xc,
				       .count = 2,
				       .lapic_id = { 2, 3 } };
	return 0;
}

static void release(const struct cpu_choice *choice)
{
	assert_int_equal(choice->affinity, 0xc);
	released_last = strstr(mock.log, "destroy");
	releases++;
}

static int group_setup(void **state)
{
	u8 image[FAKE_SIZE];

	(void)state;
	fake_make(image);
	/* No console output or log between the results. */
	return fake_file(kernel, image, sizeof(image));
}

static int group_teardown(void **state)
{
	(void)state;
	return unlink(kernel);
}

static int setup(void **state)
{
	(void)state;
	mock_init(&mock);
	memset(&cfg, 0, sizeof(cfg));
	strcpy(cfg.name, "vm1");
	cfg.mem_size = 256 * MIB;
	cfg.kernel = kernel;
	cfg.bootargs = "console=ttyS0";
	cfg.vcpus = 2;
	parts = (struct vm_parts){
		.vmm = &mock.vmm,
		.choose = choose,
		.release = release,
		.mem_alloc = anon_alloc,
		.mem_free = anon_free,
	};
	allocs = frees = choices = releases = 0;
	return 0;
}

static int guest_poweroff(struct mock *m, u32 turn)
{
	(void)turn;
	mock_pio(m, 1, 0x404, 2, 1, 5 << 10 | 1 << 13);
	return 0;
}

static void test_poweroff(void **state)
{
	(void)state;
	mock.guest = guest_poweroff;
	assert_int_equal(vm_main(&cfg, &parts), DM_POWEROFF);
	assert_string_equal(mock.log, "create memseg regs client start pause"
				      " unclient destroy");
	assert_int_equal(mock.creation.cpu_affinity, 0xc);
	assert_int_equal(mock.creation.vcpu_num, 2);
	assert_int_equal(mock.creation.reserved0, 0);
	assert_string_equal((char *)&mock.creation.uuid, "vm1");
	assert_int_equal(mock.creation.ioreq_buf % 4096, 0);
	assert_int_equal(mock.memseg[0].type, ACRN_MEMMAP_RAM);
	assert_int_equal(mock.memseg[0].attr, 0x47);
	assert_int_equal(mock.memseg[0].user_vm_pa, 0);
	assert_int_equal(mock.memseg[0].len, 256 * MIB);
	assert_int_equal(allocs, 1);
	assert_int_equal(frees, 1);
	assert_int_equal(releases, 1);
	assert_true(released_last);
}

static void test_boot_registers(void **state)
{
	const struct acrn_regs *r = &mock.regs.vcpu_regs;

	(void)state;
	mock.guest = guest_poweroff;
	vm_main(&cfg, &parts);
	assert_int_equal(mock.regs.vcpu_id, 0);
	assert_int_equal(r->rip, 0x1000000);
	assert_int_equal(r->cs_sel, 0x10);
	assert_int_equal(r->ds_sel, 0x18);
	assert_int_equal(r->cr0 & 1, 1);
	assert_int_equal(r->cr0 >> 31, 0);
	assert_int_equal(r->cr4, 0);
	assert_int_equal(r->ia32_efer, 0);
	assert_int_equal(r->rflags, 2);
}

/* Reset once by each way, then switch off. */
static int guest_resets(struct mock *m, u32 turn)
{
	if (turn == 0)
		mock_pio(m, 0, 0xcf9, 1, 1, 0x06);
	else if (turn == 1)
		mock_pio(m, 0, 0x64, 1, 1, 0xfe);
	else if (turn == 2)
		mock_pio(m, 0, 0xcf9, 1, 1, 0x0e);
	else
		guest_poweroff(m, turn);
	return 0;
}

#define RESET_LOG " pause clear reset regs start"

static void test_reset(void **state)
{
	(void)state;
	mock.guest = guest_resets;
	assert_int_equal(vm_main(&cfg, &parts), DM_POWEROFF);
	assert_string_equal(
		mock.log,
		"create memseg regs client start" RESET_LOG RESET_LOG RESET_LOG
		" pause unclient destroy");
}

/* Selecting the kind of reset is not yet a reset. */
static int guest_half_reset(struct mock *m, u32 turn)
{
	if (turn == 0)
		mock_pio(m, 0, 0xcf9, 1, 1, 0x02);
	else
		guest_poweroff(m, turn);
	return 0;
}

static void test_half_reset(void **state)
{
	(void)state;
	mock.guest = guest_half_reset;
	assert_int_equal(vm_main(&cfg, &parts), DM_POWEROFF);
	assert_null(strstr(mock.log, "reset"));
}

static int guest_dies(struct mock *m, u32 turn)
{
	(void)m;
	return turn < 3 ? 0 : -ENODEV;
}

static void test_guest_died(void **state)
{
	(void)state;
	mock.guest = guest_dies;
	assert_int_equal(vm_main(&cfg, &parts), DM_GUEST_DIED);
	assert_non_null(strstr(mock.log, "destroy"));
	assert_int_equal(frees, 1);
}

static int guest_debugexit(struct mock *m, u32 turn)
{
	if (turn == 0)
		mock_pio(m, 0, 0xf4, 1, 1, 0x21);
	else
		return -ENODEV;
	return 0;
}

static void test_debugexit(void **state)
{
	(void)state;
	mock.guest = guest_debugexit;
	cfg.debugexit = true;
	assert_int_equal(vm_main(&cfg, &parts), 0x43);
}

static void test_debugexit_is_optional(void **state)
{
	(void)state;
	mock.guest = guest_debugexit;
	assert_int_equal(vm_main(&cfg, &parts), DM_GUEST_DIED);
}

/* The thread waits in the driver; only the signal's kick gets it out. */
static int guest_sleeps(struct mock *m, u32 turn)
{
	(void)m;
	if (turn == 0)
		kill(getpid(), SIGTERM);
	if (turn > 1000)
		return -ENODEV;
	pause();
	return -EINTR;
}

static void test_sigterm(void **state)
{
	(void)state;
	mock.guest = guest_sleeps;
	assert_int_equal(vm_main(&cfg, &parts), DM_POWEROFF);
	assert_non_null(strstr(mock.log, "pause unclient destroy"));
	assert_int_equal(frees, 1);
}

static void test_failures_unwind(void **state)
{
	static const char *const ops[] = { "create", "memseg", "regs", "client",
					   "start" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		setup(state);
		mock.guest = guest_poweroff;
		mock.fail_op = ops[i];
		mock.fail_rc = -EBUSY;
		assert_int_equal(vm_main(&cfg, &parts), DM_FAILURE);
		assert_int_equal(frees, 1);
		if (i > 0)
			assert_non_null(strstr(mock.log, "destroy"));
	}
}

/* Somebody else took the CPUs first: look again, but not for ever. */
static void test_cpus_taken(void **state)
{
	(void)state;
	mock.guest = guest_poweroff;
	mock.fail_op = "create";
	mock.fail_rc = -EBUSY;
	mock.fail_times = 2;
	assert_int_equal(vm_main(&cfg, &parts), DM_POWEROFF);
	assert_int_equal(choices, 3);
	assert_int_equal(releases, 3);
	setup(state);
	mock.fail_op = "create";
	mock.fail_rc = -EBUSY;
	assert_int_equal(vm_main(&cfg, &parts), DM_FAILURE);
	assert_int_equal(choices, 5);
	assert_int_equal(releases, 5);
	setup(state);
	mock.fail_op = "create";
	mock.fail_rc = -EBUSY;
	cfg.affinity_count = 2;
	assert_int_equal(vm_main(&cfg, &parts), DM_FAILURE);
	assert_int_equal(choices, 1);
	assert_int_equal(releases, 1);
}

static void test_reset_fails(void **state)
{
	(void)state;
	mock.guest = guest_resets;
	mock.fail_op = "reset";
	mock.fail_rc = -EIO;
	assert_int_equal(vm_main(&cfg, &parts), DM_FAILURE);
	assert_non_null(strstr(mock.log, "destroy"));
}

static void test_missing_kernel(void **state)
{
	(void)state;
	cfg.kernel = "/nonexistent/bzImage";
	mock.guest = guest_poweroff;
	assert_int_equal(vm_main(&cfg, &parts), DM_FAILURE);
	assert_null(strstr(mock.log, "start"));
	assert_non_null(strstr(mock.log, "destroy"));
}

static char console_path[] = "/tmp/holm-console-XXXXXX";

static int guest_prints(struct mock *m, u32 turn)
{
	static const char text[] = "hello from the guest\r\n";

	if (turn < 20 * (sizeof(text) - 1))
		mock_pio(m, 0, 0x3f8, 1, 1,
			 (u8)text[turn % (sizeof(text) - 1)]);
	else
		guest_poweroff(m, turn);
	return 0;
}

/* Output is complete even when the guest ends right after printing. */
static void test_console_output(void **state)
{
	char text[1024];
	size_t n;
	FILE *f;

	(void)state;
	assert_int_equal(fake_file(console_path, "old", 3), 0);
	cfg.com[COM1] = (struct console_config){ .kind = CONSOLE_FILE,
						 .path = console_path };
	mock.guest = guest_prints;
	assert_int_equal(vm_main(&cfg, &parts), DM_POWEROFF);
	f = fopen(console_path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	unlink(console_path);
	assert_int_equal(n, 20 * 22);
	assert_memory_equal(text + 19 * 22, "hello from the guest\r\n", 22);
}

/* A guest gone mad: any access to any device, from both CPUs at once. */
static void random_request(struct mock *m, u32 vcpu)
{
	static const u16 bases[] = { 0x60,  0x64,  0x70,  0x80,  0xf4,  0x2f8,
				     0x3f8, 0x400, 0x404, 0xcf8, 0x2000 };
	u32 r = (u32)random(), val = (u32)random();
	int write = (r & 2) != 0;
	u32 size = BIT(r >> 8 & 3), base = bases[(r >> 16) % ARRAY_SIZE(bases)];

	/* Not the bit that switches off: the test shall go on. */
	if (base == 0x400 || base == 0x404)
		val &= ~0x20202020U;
	if (r & 1)
		mock_pio(m, vcpu, (u16)(base + (r >> 12 & 7)), size, write,
			 val);
	else if (r & 4)
		mock_mmio(m, vcpu, 0xe0000000 + (val & 0x1fffff), size, write,
			  val);
	else
		mock_cfg(m, vcpu, val & 0xffff, size, write, val);
}

static int guest_random(struct mock *m, u32 turn)
{
	/* The log is for short lives. */
	m->log[0] = 0;
	if (turn >= 30000)
		return guest_poweroff(m, turn);
	random_request(m, 0);
	random_request(m, 1);
	return 0;
}

static void test_random_guest(void **state)
{
	int rc;

	(void)state;
	srandom(8);
	mock.guest = guest_random;
	cfg.com[COM1] = (struct console_config){ .kind = CONSOLE_FILE,
						 .path = "/dev/null" };
	cfg.com[COM2] = (struct console_config){ .kind = CONSOLE_PTY };
	rc = vm_main(&cfg, &parts);
	assert_int_equal(rc, DM_POWEROFF);
	assert_int_equal(mock.turn, 30001);
	assert_int_equal(frees, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_poweroff, setup),
		cmocka_unit_test_setup(test_boot_registers, setup),
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test_setup(test_half_reset, setup),
		cmocka_unit_test_setup(test_guest_died, setup),
		cmocka_unit_test_setup(test_debugexit, setup),
		cmocka_unit_test_setup(test_debugexit_is_optional, setup),
		cmocka_unit_test_setup(test_sigterm, setup),
		cmocka_unit_test_setup(test_failures_unwind, setup),
		cmocka_unit_test_setup(test_cpus_taken, setup),
		cmocka_unit_test_setup(test_reset_fails, setup),
		cmocka_unit_test_setup(test_missing_kernel, setup),
		cmocka_unit_test_setup(test_console_output, setup),
		cmocka_unit_test_setup(test_random_guest, setup),
	};

	return cmocka_run_group_tests_name("dm vm life", tests, group_setup,
					   group_teardown);
}
