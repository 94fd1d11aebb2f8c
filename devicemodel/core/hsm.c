/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/hsm.h"

#include "abi/holm_ioctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define HSM_PATH "/dev/acrn_hsm"

static int hsm_call(struct vmm *vmm, unsigned long request, const void *arg)
{
	const struct hsm *hsm = (const struct hsm *)vmm;

	return ioctl(hsm->fd, request, arg) < 0 ? -errno : 0;
}

static int hsm_create(struct vmm *vmm, struct acrn_vm_creation *c)
{
	return hsm_call(vmm, ACRN_IOCTL_CREATE_VM, c);
}

static int hsm_destroy(struct vmm *vmm)
{
	return hsm_call(vmm, ACRN_IOCTL_DESTROY_VM, NULL);
}

static int hsm_start(struct vmm *vmm)
{
	return hsm_call(vmm, ACRN_IOCTL_START_VM, NULL);
}

static int hsm_pause(struct vmm *vmm)
{
	return hsm_call(vmm, ACRN_IOCTL_PAUSE_VM, NULL);
}

static int hsm_reset(struct vmm *vmm)
{
	return hsm_call(vmm, ACRN_IOCTL_RESET_VM, NULL);
}

static int hsm_set_regs(struct vmm *vmm, const struct acrn_vcpu_regs *regs)
{
	return hsm_call(vmm, ACRN_IOCTL_SET_VCPU_REGS, regs);
}

static int hsm_set_memseg(struct vmm *vmm, const struct acrn_vm_memmap *map)
{
	return hsm_call(vmm, ACRN_IOCTL_SET_MEMSEG, map);
}

static int hsm_client_create(struct vmm *vmm)
{
	return hsm_call(vmm, ACRN_IOCTL_CREATE_IOREQ_CLIENT, NULL);
}

static int hsm_client_destroy(struct vmm *vmm)
{
	return hsm_call(vmm, ACRN_IOCTL_DESTROY_IOREQ_CLIENT, NULL);
}

static int hsm_attach(struct vmm *vmm)
{
	return hsm_call(vmm, ACRN_IOCTL_ATTACH_IOREQ_CLIENT, NULL);
}

static int hsm_notify(struct vmm *vmm, const struct acrn_ioreq_notify *n)
{
	return hsm_call(vmm, ACRN_IOCTL_NOTIFY_REQUEST_FINISH, n);
}

static int hsm_serve(struct vmm *vmm, u32 done)
{
	const struct hsm *hsm = (const struct hsm *)vmm;
	int rc = ioctl(hsm->fd, HOLM_IOC_SERVE, (unsigned long)done);

	return rc < 0 ? -errno : rc;
}

static int hsm_clear_ioreq(struct vmm *vmm)
{
	return hsm_call(vmm, ACRN_IOCTL_CLEAR_VM_IOREQ, NULL);
}

/* The driver takes the operation by value, not by pointer. */
static int hsm_irqline(struct vmm *vmm, u32 gsi, enum irqline_op op)
{
	uintptr_t value = (uintptr_t)op << 32 | gsi;

	return hsm_call(vmm, ACRN_IOCTL_SET_IRQLINE, (const void *)value);
}

static int hsm_msi(struct vmm *vmm, const struct acrn_msi_entry *msi)
{
	return hsm_call(vmm, ACRN_IOCTL_INJECT_MSI, msi);
}

static int hsm_ioeventfd(struct vmm *vmm, const struct acrn_ioeventfd *args)
{
	return hsm_call(vmm, ACRN_IOCTL_IOEVENTFD, args);
}

static int hsm_irqfd(struct vmm *vmm, const struct acrn_irqfd *args)
{
	return hsm_call(vmm, ACRN_IOCTL_IRQFD, args);
}

static const struct vmm_ops hsm_ops = {
	.create = hsm_create,
	.destroy = hsm_destroy,
	.start = hsm_start,
	.pause = hsm_pause,
	.reset = hsm_reset,
	.set_regs = hsm_set_regs,
	.set_memseg = hsm_set_memseg,
	.client_create = hsm_client_create,
	.client_destroy = hsm_client_destroy,
	.attach = hsm_attach,
	.notify = hsm_notify,
	.serve = hsm_serve,
	.clear_ioreq = hsm_clear_ioreq,
	.irqline = hsm_irqline,
	.msi = hsm_msi,
	.ioeventfd = hsm_ioeventfd,
	.irqfd = hsm_irqfd,
};

int hsm_open(struct hsm *hsm, struct dm_error *err)
{
	hsm->vmm.ops = &hsm_ops;
	hsm->fd = open(HSM_PATH, O_RDWR | O_CLOEXEC);
	if (hsm->fd < 0)
		return dm_fail(err, -errno,
			       "cannot open %s: %s; load the"
			       " driver acrn_hsm and run as root",
			       HSM_PATH, strerror(errno));
	return 0;
}

void hsm_close(struct hsm *hsm)
{
	close(hsm->fd);
	hsm->fd = -1;
}
