/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What the driver holds now, by kind: one number each in the files
 * /sys/class/misc/acrn_hsm/objects/NAME. Without a device model all are what
 * they were after loading; whoever looks for a leak compares them.
 */
#ifndef ABI_HOLM_OBJECTS_H
#define ABI_HOLM_OBJECTS_H

#define HOLM_OBJECTS_SYSFS "/sys/class/misc/acrn_hsm/objects"

/* X(id, file name) */
#define HOLM_OBJECTS(X)            \
	X(FILE, "files")           \
	X(VM, "vms")               \
	X(CLIENT, "clients")       \
	X(SEGMENT, "segments")     \
	X(BLOCK, "blocks")         \
	X(PAGE, "pages")           \
	X(IOEVENTFD, "ioeventfds") \
	X(IRQFD, "irqfds")         \
	X(CPU, "cpus")             \
	X(ARGUMENT, "arguments")   \
	X(UPCALL, "upcalls")       \
	X(CELL, "cells")           \
	X(PIN, "pins")             \
	X(REGION, "regions")       \
	X(FUNCTION, "functions")

#define HOLM_OBJECT_ENUM(id, name) HOLM_OBJECT_##id,
enum holm_object { HOLM_OBJECTS(HOLM_OBJECT_ENUM) HOLM_OBJECT_COUNT };

#endif
