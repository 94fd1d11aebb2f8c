/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A local APIC whose vectors the CPU keeps and delivers while the vCPU runs.
 * Requests still arrive here, from any CPU, and are handed on before each
 * entry; trigger modes and all other registers stay in the model.
 */
#ifndef GUEST_X86_VLAPIC_HW_H
#define GUEST_X86_VLAPIC_HW_H

#include "guest/x86/vlapic.h"
#include "vm/backend.h"

/** The vectors in service, and their modes, go into @s. */
void vlapic_hand_over(struct vlapic *v, struct apic_vectors *s);

/** And back: requests of @s too. */
void vlapic_take_back(struct vlapic *v, const struct apic_vectors *s);

/**
 * Take what was requested since, with its trigger modes. False, without
 * having touched @s, if nothing was.
 */
bool vlapic_drain(struct vlapic *v, struct apic_vectors *s);

/** The CPU did the EOI of level-triggered @vector: tell the I/O APIC. */
void vlapic_eoi_by_hw(struct vlapic *v, u8 vector);

#endif
