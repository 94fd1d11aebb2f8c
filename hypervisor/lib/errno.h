/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error numbers, with the values Linux gives them: hypercalls return them
 * negated, and the driver hands them on to user space unchanged.
 */
#ifndef LIB_ERRNO_H
#define LIB_ERRNO_H

#define EPERM  1
#define ENOENT 2
#define EIO    5
#define E2BIG  7
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY  16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOTTY 25
#define ENOSPC 28
#define ERANGE 34

#endif
