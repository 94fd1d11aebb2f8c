/* SPDX-License-Identifier: BSD-2-Clause */
/* A fuzzer without libFuzzer: runs each input that is named, once. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define INPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	static uint8_t data[INPUT_MAX];
	FILE *file;
	size_t size;
	int i;

	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "rb");
		if (!file) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, sizeof(data), file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
	}
	return 0;
}
