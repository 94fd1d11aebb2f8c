/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/printf.h"

#include "lib/string.h"

struct out {
	char *buf;
	u32 size;
	u32 len;
};

struct spec {
	bool left;
	bool zero;
	bool upper;
	bool negative;
	u32 width;
	u32 precision;
	u32 longs;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_repeat(struct out *o, char c, u32 n)
{
	while (n--)
		put(o, c);
}

static void put_text(struct out *o, const char *s, u32 len,
		     const struct spec *f)
{
	u32 pad = f->width > len ? f->width - len : 0;

	if (!f->left)
		put_repeat(o, ' ', pad);
	for (u32 i = 0; i < len; i++)
		put(o, s[i]);
	if (f->left)
		put_repeat(o, ' ', pad);
}

static void put_number(struct out *o, u64 v, u32 base, const struct spec *f)
{
	const char *digits = f->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[24];
	u32 n = 0, pad;

	do {
		tmp[n++] = digits[v % base];
		v /= base;
	} while (v);
	pad = n + f->negative;
	pad = f->width > pad ? f->width - pad : 0;
	if (!f->left && !f->zero)
		put_repeat(o, ' ', pad);
	if (f->negative)
		put(o, '-');
	if (!f->left && f->zero)
		put_repeat(o, '0', pad);
	while (n)
		put(o, tmp[--n]);
	if (f->left)
		put_repeat(o, ' ', pad);
}

static u64 arg_unsigned(va_list *ap, const struct spec *f)
{
	if (f->longs > 1)
		return va_arg(*ap, unsigned long long);
	return f->longs ? va_arg(*ap, unsigned long)
			: va_arg(*ap, unsigned int);
}

static void put_signed(struct out *o, va_list *ap, struct spec *f)
{
	s64 v;

	if (f->longs > 1)
		v = va_arg(*ap, long long);
	else
		v = f->longs ? va_arg(*ap, long) : va_arg(*ap, int);
	f->negative = v < 0;
	put_number(o, f->negative ? 0 - (u64)v : (u64)v, 10, f);
}

static void put_string(struct out *o, va_list *ap, const struct spec *f)
{
	const char *s = va_arg(*ap, const char *);

	if (!s)
		s = "(null)";
	put_text(o, s, (u32)strnlen(s, f->precision), f);
}

static void put_pointer(struct out *o, va_list *ap, struct spec *f)
{
	f->zero = true;
	f->width = 16;
	put_number(o, (u64)(uintptr_t)va_arg(*ap, void *), 16, f);
}

static const char *parse_count(const char *p, u32 *n)
{
	*n = 0;
	while (*p >= '0' && *p <= '9')
		*n = *n * 10 + (u32)(*p++ - '0');
	return p;
}

static const char *parse_spec(const char *p, struct spec *f)
{
	memset(f, 0, sizeof(*f));
	f->precision = ~(u32)0;
	for (; *p == '-' || *p == '0'; p++) {
		f->left |= *p == '-';
		f->zero |= *p == '0';
	}
	p = parse_count(p, &f->width);
	if (*p == '.')
		p = parse_count(p + 1, &f->precision);
	for (; *p == 'l' || *p == 'z'; p++)
		f->longs++;
	return p;
}

static void put_conversion(struct out *o, char c, va_list *ap, struct spec *f)
{
	char ch;

	switch (c) {
	case 'd':
	case 'i':
		put_signed(o, ap, f);
		break;
	case 'u':
		put_number(o, arg_unsigned(ap, f), 10, f);
		break;
	case 'X':
	case 'x':
		f->upper = c == 'X';
		put_number(o, arg_unsigned(ap, f), 16, f);
		break;
	case 'p':
		put_pointer(o, ap, f);
		break;
	case 's':
		put_string(o, ap, f);
		break;
	case 'c':
		ch = (char)va_arg(*ap, int);
		put_text(o, &ch, 1, f);
		break;
	default:
		put(o, c);
	}
}

u32 fmt_vprint(char *buf, u32 size, const char *fmt, va_list ap_in)
{
	struct out o = { buf, size, 0 };
	struct spec f;
	va_list ap;

	va_copy(ap, ap_in);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt = parse_spec(fmt + 1, &f);
		if (!*fmt)
			break;
		put_conversion(&o, *fmt, &ap, &f);
	}
	va_end(ap);
	if (size)
		buf[MIN(o.len, size - 1)] = 0;
	return o.len;
}

u32 fmt_print(char *buf, u32 size, const char *fmt, ...)
{
	va_list ap;
	u32 n;

	va_start(ap, fmt);
	n = fmt_vprint(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
