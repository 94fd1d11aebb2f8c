/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/string.h"

#include "lib/types.h"

/*
 * A loop that means strlen() or memcmp() may be compiled into a call of that
 * very function. This keeps the compiler from seeing what the loop means.
 */
#define opaque() __asm__ volatile("" ::: "memory")

/* By words: most of what Holm copies and clears is too short for "rep movsb". */
void *memcpy(void *dst, const void *src, size_t n)
{
	size_t words = n / 8, rest = n % 8;
	void *d = dst;

	__asm__ volatile("rep movsq\n\t"
			 "movq %3, %%rcx\n\t"
			 "rep movsb"
			 : "+&D"(d), "+&S"(src), "+&c"(words)
			 : "r"(rest)
			 : "memory");
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	uint64_t pattern = (unsigned char)c * 0x0101010101010101ULL;
	size_t words = n / 8, rest = n % 8;
	void *d = dst;

	__asm__ volatile("rep stosq\n\t"
			 "movq %3, %%rcx\n\t"
			 "rep stosb"
			 : "+&D"(d), "+&c"(words)
			 : "a"(pattern), "r"(rest)
			 : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	char *d = (char *)dst + n;
	const char *s = (const char *)src + n;

	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return memcpy(dst, src, n);
	while (n-- != 0) {
		*--d = *--s;
		opaque();
	}
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < n; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
		opaque();
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n] != '\0') {
		n++;
		opaque();
	}
	return n;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] != '\0')
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	const unsigned char *x = (const unsigned char *)a;
	const unsigned char *y = (const unsigned char *)b;

	for (size_t i = 0; i < n; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
		if (x[i] == '\0')
			break;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}

char *strstr(const char *hay, const char *needle)
{
	size_t n = strlen(needle);

	for (;; hay++) {
		if (strncmp(hay, needle, n) == 0)
			return (char *)(uintptr_t)hay;
		if (*hay == '\0')
			return NULL;
	}
}
