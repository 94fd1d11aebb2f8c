/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included before everything else in the image's build: one static image has
 * no symbol that another object could replace, so none goes through a table.
 */
#ifndef LIB_VISIBILITY_H
#define LIB_VISIBILITY_H

#pragma GCC visibility push(hidden)

#endif
