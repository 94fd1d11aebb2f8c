/* SPDX-License-Identifier: BSD-2-Clause */
#include "acpi/aml.h"

#include <stdlib.h>
#include <string.h>

/* ACPI 6.4, table 20.2: encodings of the terms used. */
#define AML_ZERO         0x00
#define AML_ONE          0x01
#define AML_NAME         0x08
#define AML_BYTE         0x0a
#define AML_WORD         0x0b
#define AML_DWORD        0x0c
#define AML_STRING       0x0d
#define AML_QWORD        0x0e
#define AML_SCOPE        0x10
#define AML_BUFFER       0x11
#define AML_PACKAGE      0x12
#define AML_METHOD       0x14
#define AML_DUAL_PREFIX  0x2e
#define AML_MULTI_PREFIX 0x2f
#define AML_EXT          0x5b
#define AML_EXT_DEVICE   0x82

void aml_init(struct aml *aml)
{
	memset(aml, 0, sizeof(*aml));
}

void aml_free(struct aml *aml)
{
	free(aml->buf);
	aml_init(aml);
}

static bool aml_reserve(struct aml *aml, size_t n)
{
	size_t cap = aml->cap ? aml->cap : 1024;
	u8 *p;

	while (cap < aml->len + n)
		cap *= 2;
	if (cap != aml->cap) {
		p = realloc(aml->buf, cap);
		if (!p) {
			aml->failed = true;
			return false;
		}
		aml->buf = p;
		aml->cap = cap;
	}
	return true;
}

void aml_bytes(struct aml *aml, const void *bytes, size_t n)
{
	if (!aml_reserve(aml, n))
		return;
	memcpy(aml->buf + aml->len, bytes, n);
	aml->len += n;
}

static void aml_byte(struct aml *aml, u8 b)
{
	aml_bytes(aml, &b, 1);
}

static void aml_insert(struct aml *aml, size_t at, const u8 *bytes, size_t n)
{
	if (!aml_reserve(aml, n))
		return;
	memmove(aml->buf + at + n, aml->buf + at, aml->len - at);
	memcpy(aml->buf + at, bytes, n);
	aml->len += n;
}

static const char *aml_segment(struct aml *aml, const char *path)
{
	char seg[4] = { '_', '_', '_', '_' };
	size_t n = strcspn(path, ".");

	if (n == 0 || n > 4) {
		aml->failed = true;
		return path + n;
	}
	memcpy(seg, path, n);
	aml_bytes(aml, seg, 4);
	return path[n] ? path + n + 1 : path + n;
}

void aml_path(struct aml *aml, const char *path)
{
	const char *p;
	u8 segments = 1;

	if (*path == '\\')
		aml_byte(aml, (u8)*path++);
	for (p = path; *p; p++)
		segments = (u8)(segments + (*p == '.'));
	if (segments == 2)
		aml_byte(aml, AML_DUAL_PREFIX);
	if (segments > 2) {
		aml_byte(aml, AML_MULTI_PREFIX);
		aml_byte(aml, segments);
	}
	while (segments--)
		path = aml_segment(aml, path);
}

static size_t encode_int(u8 *out, u64 v)
{
	size_t n;

	if (v <= 1) {
		out[0] = v ? AML_ONE : AML_ZERO;
		return 1;
	}
	n = v <= 0xff ? 1 : v <= 0xffff ? 2 : v <= 0xffffffff ? 4 : 8;
	out[0] = n == 1   ? AML_BYTE
		 : n == 2 ? AML_WORD
		 : n == 4 ? AML_DWORD
			  : AML_QWORD;
	memcpy(out + 1, &v, n); /* AML and this host are little-endian */
	return n + 1;
}

void aml_int(struct aml *aml, u64 v)
{
	u8 out[9];

	aml_bytes(aml, out, encode_int(out, v));
}

void aml_string(struct aml *aml, const char *s)
{
	aml_byte(aml, AML_STRING);
	aml_bytes(aml, s, strlen(s) + 1);
}

static u32 hex_digit(char c)
{
	return c <= '9' ? (u32)(c - '0') : (u32)(c - 'A' + 10);
}

/* ACPI 6.4, 19.3.4: three letters of 5 bits, four digits, big-endian. */
void aml_eisaid(struct aml *aml, const char *id)
{
	u8 out[5] = { AML_DWORD };
	u32 letters, product;

	letters = (u32)(id[0] - '@') << 10 | (u32)(id[1] - '@') << 5 |
		  (u32)(id[2] - '@');
	product = hex_digit(id[3]) << 12 | hex_digit(id[4]) << 8 |
		  hex_digit(id[5]) << 4 | hex_digit(id[6]);
	out[1] = (u8)(letters >> 8);
	out[2] = (u8)letters;
	out[3] = (u8)(product >> 8);
	out[4] = (u8)product;
	aml_bytes(aml, out, sizeof(out));
}

void aml_name(struct aml *aml, const char *path)
{
	aml_byte(aml, AML_NAME);
	aml_path(aml, path);
}

void aml_name_int(struct aml *aml, const char *path, u64 v)
{
	aml_name(aml, path);
	aml_int(aml, v);
}

void aml_name_eisaid(struct aml *aml, const char *path, const char *id)
{
	aml_name(aml, path);
	aml_eisaid(aml, id);
}

static void aml_open(struct aml *aml)
{
	if (aml->depth == AML_DEPTH) {
		aml->failed = true;
		return;
	}
	aml->open[aml->depth++] = aml->len;
}

void aml_open_scope(struct aml *aml, const char *path)
{
	aml_byte(aml, AML_SCOPE);
	aml_open(aml);
	aml_path(aml, path);
}

void aml_open_device(struct aml *aml, const char *path)
{
	aml_byte(aml, AML_EXT);
	aml_byte(aml, AML_EXT_DEVICE);
	aml_open(aml);
	aml_path(aml, path);
}

void aml_open_method(struct aml *aml, const char *path, u8 args)
{
	aml_byte(aml, AML_METHOD);
	aml_open(aml);
	aml_path(aml, path);
	aml_byte(aml, args);
}

void aml_open_package(struct aml *aml, u8 elements)
{
	aml_byte(aml, AML_PACKAGE);
	aml_open(aml);
	aml_byte(aml, elements);
}

/* PkgLength counts its own bytes: 6 bits in one, or 4 + 8 * n bits. */
static size_t encode_pkg_length(u8 *out, size_t content)
{
	size_t extra = 1, total, i;

	if (content + 1 <= 0x3f) {
		out[0] = (u8)(content + 1);
		return 1;
	}
	while ((content + 1 + extra) >> (4 + 8 * extra))
		extra++;
	total = content + 1 + extra;
	out[0] = (u8)(extra << 6 | (total & 0xf));
	for (i = 0; i < extra; i++)
		out[1 + i] = (u8)(total >> (4 + 8 * i));
	return 1 + extra;
}

void aml_close(struct aml *aml)
{
	size_t start;
	u8 out[4];

	if (!aml->depth) {
		aml->failed = true;
		return;
	}
	start = aml->open[--aml->depth];
	aml_insert(aml, start, out, encode_pkg_length(out, aml->len - start));
}

void aml_open_resources(struct aml *aml)
{
	aml_byte(aml, AML_BUFFER);
	aml_open(aml);
}

void aml_close_resources(struct aml *aml)
{
	static const u8 end_tag[2] = { 0x79, 0 };
	size_t start;
	u8 out[9];

	if (!aml->depth) {
		aml->failed = true;
		return;
	}
	aml_bytes(aml, end_tag, sizeof(end_tag));
	start = aml->open[aml->depth - 1];
	aml_insert(aml, start, out, encode_int(out, aml->len - start));
	aml_close(aml);
}
