/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the peers of a link say to each other in the demo `link` and in the
 * Service VM's linkecho: each peer's output section is one of these. Numbers
 * are written after the text they belong to, and rise.
 */
#ifndef LIB_ECHO_H
#define LIB_ECHO_H

#define ECHO_TEXT  48
#define ECHO_PEERS 16

struct echo_answer {
	unsigned int number; /* of the request it answers */
	char text[ECHO_TEXT];
};

struct echo_section {
	unsigned int request; /* its number; 0: none yet */
	unsigned int to;      /* which peer is asked */
	char text[ECHO_TEXT];
	struct echo_answer answer[ECHO_PEERS]; /* to each peer's last one */
};

/** What the answer to @c is. */
static inline char echo_of(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

#endif
