/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holm/nearest.h"

enum option_type { FLAG, NUMBER, TEXT };

struct option_def {
	const char *name, *arg, *help;
	enum option_type type;
	size_t offset;
};

#define OPTION_DEF(field, name, arg, type, text) \
	{ name, arg, text, type, offsetof(struct options, field) },
static const struct option_def option_defs[] = { HOLM_OPTIONS(OPTION_DEF) };

#define COMMAND(noun, verb, arg, fn, options, text) \
	{ noun, verb, arg, fn, options, text },
static const struct command commands[] = { HOLM_COMMANDS(COMMAND) };

#define ALIAS(word, noun, verb) { word, noun, verb },
static const struct {
	const char *word, *noun, *verb;
} aliases[] = { HOLM_ALIASES(ALIAS) };

#define STATUS(id, nr, text) { nr, text },
static const struct {
	int nr;
	const char *text;
} statuses[] = { HOLM_STATUSES(STATUS) };

#define ANYWHERE(noun, verb) { noun, verb },
static const struct {
	const char *noun, *verb;
} anywhere[] = { HOLM_ANYWHERE(ANYWHERE) };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool command_runs_anywhere(const struct command *c)
{
	size_t i;

	for (i = 0; i < COUNT(anywhere); i++)
		if (!strcmp(anywhere[i].noun, c->noun) &&
		    !strcmp(anywhere[i].verb, c->verb))
			return true;
	return false;
}

static bool takes(const struct command *c, const char *option)
{
	size_t len = strlen(option);
	const char *p = c->options;

	while ((p = strstr(p, option))) {
		if ((p == c->options || p[-1] == ' ') &&
		    (p[len] == ' ' || !p[len]))
			return true;
		p += len;
	}
	return false;
}

static void print_command(FILE *out, const struct command *c)
{
	char left[80];

	snprintf(left, sizeof(left), "%s %s %s", c->noun, c->verb, c->arg);
	fprintf(out, "  holm %-19s  %s\n", left, c->help);
}

static void print_options(FILE *out, const struct command *c)
{
	char left[40];
	size_t i;

	for (i = 0; i < COUNT(option_defs); i++) {
		if (!takes(c, option_defs[i].name))
			continue;
		snprintf(left, sizeof(left), "--%s %s", option_defs[i].name,
			 option_defs[i].arg);
		fprintf(out, "  %-22s  %s\n", left, option_defs[i].help);
	}
}

static void print_help(FILE *out)
{
	size_t i;

	fprintf(out, "usage: holm NOUN VERB [NAME] [OPTIONS]\n\n");
	for (i = 0; i < COUNT(commands); i++)
		print_command(out, &commands[i]);
	for (i = 0; i < COUNT(aliases); i++)
		fprintf(out, "  holm %-19s  the same as holm %s %s\n",
			aliases[i].word, aliases[i].noun, aliases[i].verb);
	fprintf(out, "\nholm NOUN VERB --help lists a command's options.\n\n"
		     "Exit status:\n");
	for (i = 0; i < COUNT(statuses); i++)
		fprintf(out, "  %d  %s\n", statuses[i].nr, statuses[i].text);
}

static const struct command *print_command_help(const struct holm *h,
						const struct command *c,
						int *status)
{
	*status = STATUS_DONE;
	print_command(h->out, c);
	print_options(h->out, c);
	return NULL;
}

static const struct command *find(const char *noun, const char *verb)
{
	size_t i;

	for (i = 0; i < COUNT(commands); i++)
		if (!strcmp(commands[i].noun, noun) &&
		    !strcmp(commands[i].verb, verb))
			return &commands[i];
	return NULL;
}

static bool is_noun(const char *word)
{
	size_t i;

	for (i = 0; i < COUNT(commands); i++)
		if (!strcmp(commands[i].noun, word))
			return true;
	return false;
}

/* Which word is wrong, and which one would have been right. */
static int no_command(const struct holm *h, const char *noun, const char *verb)
{
	struct nearest n;
	char hint[64];
	size_t i;

	if (!noun)
		return say(h, STATUS_USAGE,
			   "give a noun and a verb; holm --help lists them");
	if (is_noun(noun) && !verb)
		return say(h, STATUS_USAGE,
			   "'%s' needs a verb; holm --help lists them", noun);
	nearest_init(&n, is_noun(noun) ? verb : noun);
	for (i = 0; i < COUNT(commands); i++)
		if (!is_noun(noun))
			nearest_try(&n, commands[i].noun);
		else if (!strcmp(commands[i].noun, noun))
			nearest_try(&n, commands[i].verb);
	if (is_noun(noun))
		return say(h, STATUS_USAGE, "'%s' has no verb '%s'%s", noun,
			   verb, nearest_hint(&n, hint, sizeof(hint)));
	for (i = 0; i < COUNT(aliases); i++)
		nearest_try(&n, aliases[i].word);
	return say(h, STATUS_USAGE, "there is no noun '%s'%s", noun,
		   nearest_hint(&n, hint, sizeof(hint)));
}

static int no_option(const struct holm *h, const struct command *c,
		     const char *word)
{
	struct nearest n;
	char hint[64];
	size_t i;

	nearest_init(&n, word);
	for (i = 0; i < COUNT(option_defs); i++)
		if (takes(c, option_defs[i].name))
			nearest_try(&n, option_defs[i].name);
	return say(h, STATUS_USAGE, "'%s %s' takes no --%s%s", c->noun, c->verb,
		   word, nearest_hint(&n, hint, sizeof(hint)));
}

static int set_number(const struct holm *h, const struct option_def *o,
		      const char *value, unsigned int *out)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(value, &end, 10);
	if (!isdigit((unsigned char)value[0]) || *end || errno || v > 1000000)
		return say(h, STATUS_USAGE,
			   "--%s %s: must be a whole number, 0 to 1000000",
			   o->name, value);
	*out = (unsigned int)v;
	return 0;
}

static int set_option(struct holm *h, const struct option_def *o,
		      const char *value)
{
	char *at = (char *)&h->opt + o->offset;

	if (o->type == FLAG)
		*(bool *)(void *)at = true;
	else if (o->type == TEXT)
		*(const char **)(void *)at = value;
	else
		return set_number(h, o, value, (unsigned int *)(void *)at);
	return 0;
}

/* One option at *@args, which moves behind it. */
static int parse_option(struct holm *h, const struct command *c, char ***args)
{
	const char *word = *(*args)++ + 2;
	size_t i, len = strcspn(word, "=");
	const struct option_def *o = NULL;
	const char *value = word[len] ? word + len + 1 : NULL;
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)(len < 31 ? len : 31), word);
	for (i = 0; i < COUNT(option_defs); i++)
		if (!strcmp(option_defs[i].name, name))
			o = &option_defs[i];
	if (!o || !takes(c, name))
		return no_option(h, c, name);
	if (o->type == FLAG && value)
		return say(h, STATUS_USAGE, "--%s takes no argument", name);
	if (o->type != FLAG && !value)
		value = **args ? *(*args)++ : NULL;
	if (o->type != FLAG && (!value || !*value))
		return say(h, STATUS_USAGE, "--%s needs %s", name, o->arg);
	if (!strcmp(name, "timeout"))
		h->opt.timeout_given = true;
	return set_option(h, o, value);
}

/* How many arguments a command must have, and how many it may. */
static unsigned int args_needed(const struct command *c)
{
	return *c->arg && *c->arg != '[';
}

static unsigned int args_allowed(const struct command *c)
{
	const char *p = c->arg;
	unsigned int n = *p != '\0';

	if (strstr(p, "..."))
		return HOLM_ARGS;
	while ((p = strchr(p, ' '))) {
		p++;
		n++;
	}
	return n;
}

static int no_argument(const struct holm *h, const struct command *c)
{
	if (strncmp(c->arg, "NAME", 4) != 0)
		return say(h, STATUS_USAGE, "'%s %s' needs %s", c->noun,
			   c->verb, c->arg);
	return say(h, STATUS_USAGE,
		   "'%s %s' needs the name of a %s; see holm %s list", c->noun,
		   c->verb, strcmp(c->noun, "vm") ? c->noun : "VM", c->noun);
}

/* Some have words of one dash, behind which a word is whatever it is. */
static bool takes_dash(const struct holm *h, const struct command *c)
{
	return (strstr(c->arg, "PIECE") || strstr(c->arg, "[-")) &&
	       h->nargs > 0;
}

static bool is_string(const struct holm *h, const struct command *c)
{
	return takes_dash(h, c) && (!strcmp(h->arg[h->nargs - 1], "-s") ||
				    !strcmp(h->arg[h->nargs - 1], "-c"));
}

static int parse_args(struct holm *h, const struct command *c, char **args)
{
	int rc = 0;

	while (!rc && *args) {
		if (!strncmp(*args, "--", 2) && !is_string(h, c))
			rc = parse_option(h, c, &args);
		else if (h->nargs < args_allowed(c) &&
			 (**args != '-' || takes_dash(h, c)))
			h->arg[h->nargs++] = *args++;
		else
			rc = say(h, STATUS_USAGE, "'%s %s' takes no '%s'",
				 c->noun, c->verb, *args);
	}
	h->name = h->nargs ? h->arg[0] : NULL;
	if (!rc && h->nargs < args_needed(c))
		return no_argument(h, c);
	return rc;
}

static bool asks_help(char **args)
{
	for (; *args; args++)
		if (!strcmp(*args, "-h") || !strcmp(*args, "--help"))
			return true;
	return false;
}

const struct command *parse(struct holm *h, int argc, char **argv, int *status)
{
	const char *noun = argc > 1 ? argv[1] : NULL;
	const char *verb = argc > 2 ? argv[2] : NULL;
	char **rest = argv + (argc > 2 ? 3 : argc);
	const struct command *c;
	size_t i;

	*status = STATUS_DONE;
	for (i = 0; noun && i < COUNT(aliases); i++) {
		if (strcmp(aliases[i].word, noun))
			continue;
		noun = aliases[i].noun;
		verb = aliases[i].verb;
		rest = argv + 2;
	}
	c = noun && verb ? find(noun, verb) : NULL;
	if (c && asks_help(rest))
		return print_command_help(h, c, status);
	if (asks_help(argv + 1)) {
		print_help(h->out);
		return NULL;
	}
	*status = c ? parse_args(h, c, rest) : no_command(h, noun, verb);
	return *status ? NULL : c;
}
