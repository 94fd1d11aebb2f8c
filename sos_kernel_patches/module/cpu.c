/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * CPUs on their way to the hypervisor and back. A CPU that a VM is to run on
 * is put offline and handed over; when the last VM that needs it is gone it
 * returns. A CPU handed over by hand (sysfs) stays until it is asked back.
 * CPU n is entry n of the MADT is bit n of an affinity.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/bits.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/sysfs.h>

#include "hsm.h"
#include "hypercall.h"

/* An affinity is 64 bits, and the boot CPU never leaves. */
#define CPUS_MAX 64
#define BOOT_CPU 0

/* Guarded by cpu_lock. */
struct hsm_cpu {
	unsigned int users; /* VMs that claimed it */
	bool keep;          /* does not return with its last user */
	bool was_online;
};

static DEFINE_MUTEX(cpu_lock);
static struct hsm_cpu cpus[CPUS_MAX];
/* Read without the lock when the kernel wants a CPU online. */
static struct cpumask cpus_taken;
static int cpu_hp_state;

static bool cpu_is_usable(unsigned int cpu)
{
	return cpu != BOOT_CPU && cpu < CPUS_MAX && cpu < nr_cpu_ids &&
	       cpu_present(cpu);
}

static void cpu_bring_online(unsigned int cpu)
{
	int ret = add_cpu(cpu);

	if (ret)
		pr_warn("CPU %u is back but does not come online: %d\n", cpu,
			ret);
}

static int cpu_put_offline(unsigned int cpu)
{
	int ret = remove_cpu(cpu);

	if (!ret)
		return 0;
	pr_err("CPU %u cannot go offline: %d\n", cpu, ret);
	/* Positive: somebody else was faster. */
	return ret < 0 ? ret : -EBUSY;
}

static int cpu_call_take(unsigned int cpu)
{
	int ret = hsm_hcall_again(HC_SOS_REMOVE_CPU, cpu_physical_id(cpu), 0);

	if (ret >= 0)
		return 0;
	pr_err("hypervisor does not take CPU %u: %d\n", cpu, ret);
	return ret;
}

/* The caller holds cpu_lock; the CPU is usable and not taken. */
static int cpu_take(unsigned int cpu)
{
	bool was_online;
	int ret = 0;

	/* From here on nobody starts it, and who was just at it has done so. */
	cpumask_set_cpu(cpu, &cpus_taken);
	cpus_read_lock();
	was_online = cpu_online(cpu);
	cpus_read_unlock();
	if (was_online)
		ret = cpu_put_offline(cpu);
	if (ret)
		goto not_offline;
	ret = cpu_call_take(cpu);
	if (ret)
		goto not_taken;
	cpus[cpu] = (struct hsm_cpu){ .was_online = was_online };
	hsm_object_add(HOLM_OBJECT_CPU, 1);
	return 0;

not_taken:
	cpumask_clear_cpu(cpu, &cpus_taken);
	if (was_online)
		cpu_bring_online(cpu);
	return ret;
not_offline:
	cpumask_clear_cpu(cpu, &cpus_taken);
	return ret;
}

/* The caller holds cpu_lock; the CPU is taken and no VM of ours uses it. */
static int cpu_give_back(unsigned int cpu)
{
	int ret = hsm_hcall(HC_HOLM_RETURN_CPU, cpu_physical_id(cpu), 0);

	if (ret < 0) {
		pr_warn("hypervisor keeps CPU %u: %d\n", cpu, ret);
		return ret;
	}
	cpumask_clear_cpu(cpu, &cpus_taken);
	hsm_object_add(HOLM_OBJECT_CPU, -1);
	if (cpus[cpu].was_online)
		cpu_bring_online(cpu);
	return 0;
}

static void cpu_drop_user(unsigned int cpu)
{
	if (--cpus[cpu].users || cpus[cpu].keep)
		return;
	/* What does not return now stays taken, for the next VM to use. */
	if (cpu_give_back(cpu))
		cpus[cpu].keep = true;
}

static void cpu_drop_users(u64 affinity)
{
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (affinity & BIT_ULL(cpu))
			cpu_drop_user(cpu);
	}
}

static int cpu_add_user(unsigned int cpu)
{
	int ret = 0;

	if (!cpumask_test_cpu(cpu, &cpus_taken))
		ret = cpu_take(cpu);
	if (!ret)
		cpus[cpu].users++;
	return ret;
}

static int cpu_add_users(u64 affinity)
{
	unsigned int cpu;
	u64 done = 0;
	int ret;

	for (cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (!(affinity & BIT_ULL(cpu)))
			continue;
		ret = cpu_add_user(cpu);
		if (ret) {
			cpu_drop_users(done);
			return ret;
		}
		done |= BIT_ULL(cpu);
	}
	return 0;
}

static int cpu_check_affinity(u64 affinity)
{
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (!(affinity & BIT_ULL(cpu)) || cpu_is_usable(cpu))
			continue;
		pr_err_ratelimited(
			"affinity %#llx names CPU %u: %s\n", affinity, cpu,
			cpu == BOOT_CPU ? "the Service VM keeps its boot CPU"
					: "there is none");
		return -EINVAL;
	}
	return 0;
}

/* Add to *affinity up to @wanted CPUs, highest first. Returns how many lack. */
static unsigned int cpu_pick(u64 *affinity, unsigned int wanted, bool taken)
{
	unsigned int cpu = CPUS_MAX;

	while (wanted && cpu--) {
		if (!cpu_is_usable(cpu) ||
		    cpumask_test_cpu(cpu, &cpus_taken) != taken)
			continue;
		if (taken ? cpus[cpu].users : !cpu_online(cpu))
			continue;
		*affinity |= BIT_ULL(cpu);
		wanted--;
	}
	return wanted;
}

/* Idle CPUs the hypervisor has already come before those Linux works with. */
static int cpu_pick_affinity(u64 *affinity, unsigned int wanted)
{
	unsigned int lack = cpu_pick(affinity, wanted, true);

	lack = cpu_pick(affinity, lack, false);
	if (!lack)
		return 0;
	pr_err_ratelimited("a VM wants %u CPUs, %u too many\n", wanted, lack);
	*affinity = 0;
	return -EBUSY;
}

/**
 * hsm_cpu_claim() - make CPUs ready for a VM
 * @affinity: CPUs; 0 lets the driver choose, and say here what it chose
 * @wanted: how many to choose; 0 counts as 1
 *
 * On a hypervisor that shares CPUs with its Service VM (plain ACRN) nothing
 * is done.
 *
 * Return: 0; -EINVAL for a CPU that cannot be had; -EBUSY when too few are
 * left; or why a CPU cannot go offline. On failure nothing has changed.
 */
int hsm_cpu_claim(u64 *affinity, unsigned int wanted)
{
	int ret;

	if (!hsm_is_holm())
		return 0;
	mutex_lock(&cpu_lock);
	if (*affinity)
		ret = cpu_check_affinity(*affinity);
	else
		ret = cpu_pick_affinity(affinity, wanted ? wanted : 1);
	if (!ret)
		ret = cpu_add_users(*affinity);
	mutex_unlock(&cpu_lock);
	return ret;
}

/**
 * hsm_cpu_release() - undo hsm_cpu_claim()
 * @affinity: what was claimed
 */
void hsm_cpu_release(u64 affinity)
{
	if (!hsm_is_holm())
		return;
	mutex_lock(&cpu_lock);
	cpu_drop_users(affinity);
	mutex_unlock(&cpu_lock);
}

/**
 * hsm_cpu_hand_over() - hand a CPU over until it is asked back
 * @cpu: number
 *
 * Return: 0 also when it was; otherwise as hsm_cpu_claim().
 */
int hsm_cpu_hand_over(unsigned int cpu)
{
	int ret = 0;

	if (!cpu_is_usable(cpu))
		return -EINVAL;
	mutex_lock(&cpu_lock);
	if (!cpumask_test_cpu(cpu, &cpus_taken))
		ret = cpu_take(cpu);
	if (!ret)
		cpus[cpu].keep = true;
	mutex_unlock(&cpu_lock);
	return ret;
}

/**
 * hsm_cpu_take_back() - take a CPU back that no VM uses
 * @cpu: number
 *
 * Return: 0, -EINVAL when it is not handed over, -EBUSY when a VM uses it, or
 * the hypervisor's refusal.
 */
int hsm_cpu_take_back(unsigned int cpu)
{
	int ret;

	mutex_lock(&cpu_lock);
	if (!cpu_is_usable(cpu) || !cpumask_test_cpu(cpu, &cpus_taken))
		ret = -EINVAL;
	else if (cpus[cpu].users)
		ret = -EBUSY;
	else
		ret = cpu_give_back(cpu);
	mutex_unlock(&cpu_lock);
	return ret;
}

/**
 * hsm_cpu_print_taken() - the CPUs the hypervisor has, as a list
 * @buf: of a sysfs attribute
 *
 * Return: length.
 */
ssize_t hsm_cpu_print_taken(char *buf)
{
	return sysfs_emit(buf, "%*pbl\n", cpumask_pr_args(&cpus_taken));
}

/* Runs before a CPU is started: one that is not ours would never answer. */
static int cpu_refuse_taken(unsigned int cpu)
{
	if (!cpumask_test_cpu(cpu, &cpus_taken))
		return 0;
	pr_info("CPU %u belongs to the hypervisor and cannot go online\n", cpu);
	return -EBUSY;
}

/**
 * hsm_cpu_init() - watch over the CPUs
 *
 * Return: 0 or a negative errno.
 */
int hsm_cpu_init(void)
{
	cpu_hp_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN,
						 "acrn_hsm:prepare",
						 cpu_refuse_taken, NULL);
	return cpu_hp_state < 0 ? cpu_hp_state : 0;
}

/**
 * hsm_cpu_exit() - take all CPUs back
 *
 * No VM is left.
 */
void hsm_cpu_exit(void)
{
	unsigned int cpu;

	mutex_lock(&cpu_lock);
	for_each_cpu(cpu, &cpus_taken) cpu_give_back(cpu);
	mutex_unlock(&cpu_lock);
	cpuhp_remove_state_nocalls(cpu_hp_state);
}
