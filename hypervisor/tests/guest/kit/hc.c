/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/hc.h"

#include "kit/test.h"

s64 hypercall(u64 nr, u64 arg1, u64 arg2)
{
	return cpu_is_intel() ? vmcall(nr, arg1, arg2)
			      : vmmcall(nr, arg1, arg2);
}

s64 hc_query(u32 subject, u32 index, void *buf, u32 len)
{
	return hc_query_from(subject, index, 0, buf, len);
}

s64 hc_query_from(u32 subject, u32 index, u64 from, void *buf, u32 len)
{
	struct holm_query q = {
		.subject = subject,
		.index = index,
		.buf_gpa = addr_of(buf),
		.len = len,
	};
	s64 rc = hypercall(HC_HOLM_QUERY, addr_of(&q), from);

	return rc < 0 ? rc : q.out_len;
}

static void must_query(u32 subject, u32 index, void *buf, u32 len)
{
	s64 rc = hc_query(subject, index, buf, len);

	if (rc != len)
		test_abort("query %u of %u: answer %ld, want %u bytes", subject,
			   index, (long)rc, len);
}

struct holm_info hc_info(void)
{
	struct holm_info info;

	must_query(HOLM_QUERY_INFO, 0, &info, sizeof(info));
	return info;
}

struct holm_cpu hc_cpu(u32 index)
{
	struct holm_cpu cpu;

	must_query(HOLM_QUERY_CPU, index, &cpu, sizeof(cpu));
	return cpu;
}

struct holm_vm hc_vm(u32 slot)
{
	struct holm_vm vm = { .state = 0 };

	hc_query(HOLM_QUERY_VM, slot, &vm, sizeof(vm));
	return vm;
}

const char *hc_error(s64 rc)
{
	static const struct {
		s64 rc;
		const char *name;
	} names[] = {
		{ 0, "success" },      { -EPERM, "EPERM" },
		{ -ENOENT, "ENOENT" }, { -EAGAIN, "EAGAIN" },
		{ -ENOMEM, "ENOMEM" }, { -EFAULT, "EFAULT" },
		{ -EBUSY, "EBUSY" },   { -EEXIST, "EEXIST" },
		{ -ENODEV, "ENODEV" }, { -EINVAL, "EINVAL" },
		{ -ENOTTY, "ENOTTY" }, { -ENOSPC, "ENOSPC" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].rc == rc)
			return names[i].name;
	return "another number";
}
