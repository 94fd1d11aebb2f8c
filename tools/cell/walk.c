/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holm/nearest.h"

struct walk {
	yaml_document_t *doc;
	const char *name;
	struct report *r;
};

#define QUOTED    40
#define DEPTH_MAX 16U /* descriptions have less than 6 */

/* What a file says, fit for a sentence. */
static const char *quote(const char *text, char buf[QUOTED])
{
	size_t i;

	for (i = 0; text[i] && i < QUOTED - 1; i++)
		buf[i] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
	buf[i] = '\0';
	if (text[i])
		strcpy(buf + QUOTED - 4, "...");
	return buf;
}

static struct cell_pos mark(yaml_mark_t m)
{
	return (struct cell_pos){ (unsigned int)m.line + 1,
				  (unsigned int)m.column + 1 };
}

static struct cell_pos place(const yaml_node_t *node)
{
	return mark(node->start_mark);
}

#define COMPLAIN(w, node, ...) \
	report_add((w)->r, PROBLEM_ERROR, (w)->name, place(node), __VA_ARGS__)

/* The text of a scalar without a zero in it, else NULL. */
static const char *text_of(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

static size_t length(const yaml_node_t *list)
{
	return (size_t)(list->data.sequence.items.top -
			list->data.sequence.items.start);
}

static yaml_node_t *item(struct walk *w, const yaml_node_t *list, size_t i)
{
	return yaml_document_get_node(w->doc,
				      list->data.sequence.items.start[i]);
}

static void walk_scalar(struct walk *w, const struct key *k,
			const yaml_node_t *node, struct cell_num *num)
{
	const char *text = text_of(node);
	char buf[QUOTED];
	uint64_t v;

	if (!text)
		COMPLAIN(w, node, "'%s' is one %s: %s", k->name,
			 form_name(k->form), form_rule(k->form));
	else if (!form_parse(k->form, text, &v))
		COMPLAIN(w, node, "'%s' is '%s', no %s: %s", k->name,
			 quote(text, buf), form_name(k->form),
			 form_rule(k->form));
	else if (num) {
		num->v = v;
		num->pos = place(node);
	}
}

static bool is_list(struct walk *w, const struct key *k,
		    const yaml_node_t *node)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return true;
	COMPLAIN(w, node, "'%s' is a list: [ ... ], or lines that begin with -",
		 k->name);
	return false;
}

static void walk_word(struct walk *w, const struct key *k,
		      const yaml_node_t *node)
{
	const char *text = text_of(node);
	char hint[64], buf[QUOTED];
	struct nearest n;
	size_t i;

	if (!text) {
		COMPLAIN(w, node, "'%s' is a list of words", k->name);
		return;
	}
	nearest_init(&n, text);
	for (i = 0; i < k->words->n; i++) {
		if (!strcmp(k->words->word[i].str, text))
			return;
		nearest_try(&n, k->words->word[i].str);
	}
	COMPLAIN(w, node, "'%s' has no word '%s'%s", k->name, quote(text, buf),
		 nearest_hint(&n, hint, sizeof(hint)));
}

static void walk_words(struct walk *w, const struct key *k,
		       const yaml_node_t *node, struct cell_words *words)
{
	size_t i;

	if (!is_list(w, k, node))
		return;
	for (i = 0; i < length(node); i++)
		walk_word(w, k, item(w, node, i));
	if (words)
		words->pos = place(node);
}

static void walk_nums(struct walk *w, const struct key *k,
		      const yaml_node_t *node, struct cell_nums *nums)
{
	size_t i;

	if (!is_list(w, k, node))
		return;
	if (nums) {
		nums->num = calloc(length(node) + 1, sizeof(*nums->num));
		nums->pos = place(node);
		if (!nums->num) {
			COMPLAIN(w, node, "out of memory");
			return;
		}
	}
	for (i = 0; i < length(node); i++) {
		walk_scalar(w, k, item(w, node, i),
			    nums ? &nums->num[i] : NULL);
		if (nums)
			nums->num[i].text = nums->text[i];
	}
}

static void walk_map(struct walk *w, const char *what,
		     const struct key_map *map, const yaml_node_t *node,
		     char *base);

static void walk_maps(struct walk *w, const struct key *k,
		      const yaml_node_t *node, char *base)
{
	char *array = NULL;
	size_t i;

	if (!is_list(w, k, node))
		return;
	if (base)
		memcpy(&array, base + k->offset, sizeof(array));
	for (i = 0; i < length(node); i++)
		walk_map(w, k->name, k->map, item(w, node, i),
			 array ? array + i * k->map->size : NULL);
}

static void walk_value(struct walk *w, const struct key *k,
		       const yaml_node_t *node, char *base)
{
	void *at = base ? base + k->offset : NULL;

	switch (k->kind) {
	case KEY_NUM:
		walk_scalar(w, k, node, at);
		break;
	case KEY_NUMS:
		walk_nums(w, k, node, at);
		break;
	case KEY_WORDS:
		walk_words(w, k, node, at);
		break;
	case KEY_MAP:
		walk_map(w, k->name, k->map, node, at);
		break;
	case KEY_MAPS:
		walk_maps(w, k, node, base);
		break;
	}
}

static void set_words(const struct key *k, struct cell_words *words)
{
	size_t i;

	for (i = 0; i < k->words->n; i++)
		if (strstr(k->def, k->words->word[i].str))
			words->v |= (uint32_t)k->words->word[i].val;
}

/* What a key means that is not given. */
static void set_default(const struct key *k, char *base)
{
	void *at = base + k->offset;
	struct cell_num *num = at;
	size_t i;

	if (k->kind == KEY_NUM && !form_parse(k->form, k->def, &num->v))
		num->v = 0;
	if (k->kind == KEY_WORDS)
		set_words(k, at);
	for (i = 0; k->kind == KEY_MAP && i < k->map->n; i++)
		set_default(&k->map->key[i], at);
}

static yaml_node_t *find_value(struct walk *w, const yaml_node_t *node,
			       const char *name)
{
	yaml_node_pair_t *p = node->data.mapping.pairs.start;
	const char *text;

	for (; p < node->data.mapping.pairs.top; p++) {
		text = text_of(yaml_document_get_node(w->doc, p->key));
		if (text && !strcmp(text, name))
			return yaml_document_get_node(w->doc, p->value);
	}
	return NULL;
}

static bool is_key(const struct key_map *map, const char *text)
{
	size_t i;

	for (i = 0; i < map->n; i++)
		if (!strcmp(map->key[i].name, text))
			return true;
	return false;
}

static void nearest_key(struct nearest *n, const struct key_map *map,
			const char *text)
{
	size_t i;

	nearest_init(n, text);
	for (i = 0; i < map->n; i++)
		nearest_try(n, map->key[i].name);
}

static void unknown_key(struct walk *w, const char *what,
			const struct key_map *map, const yaml_node_t *node)
{
	const char *text = text_of(node);
	char hint[64], buf[QUOTED];
	struct nearest n;

	if (!text) {
		COMPLAIN(w, node, "%s: a key is a word", what);
		return;
	}
	nearest_key(&n, map, text);
	COMPLAIN(w, node, "%s has no key '%s'%s", what, quote(text, buf),
		 nearest_hint(&n, hint, sizeof(hint)));
}

/* Keys that are none, and those that come twice. */
static void check_keys(struct walk *w, const char *what,
		       const struct key_map *map, const yaml_node_t *node)
{
	yaml_node_pair_t *p = node->data.mapping.pairs.start;

	for (; p < node->data.mapping.pairs.top; p++) {
		yaml_node_t *key = yaml_document_get_node(w->doc, p->key);
		const char *text = text_of(key);

		if (!text || !is_key(map, text))
			unknown_key(w, what, map, key);
		else if (find_value(w, node, text) !=
			 yaml_document_get_node(w->doc, p->value))
			COMPLAIN(w, key, "%s: the key '%s' comes twice", what,
				 text);
	}
}

/* A key that is missing because it is written wrong is one mistake, not two. */
static bool is_meant(struct walk *w, const struct key_map *map,
		     const yaml_node_t *node, const char *name)
{
	yaml_node_pair_t *p = node->data.mapping.pairs.start;
	struct nearest n;

	for (; p < node->data.mapping.pairs.top; p++) {
		const char *text =
			text_of(yaml_document_get_node(w->doc, p->key));

		if (!text || is_key(map, text))
			continue;
		nearest_key(&n, map, text);
		if (!strcmp(n.best, name))
			return true;
	}
	return false;
}

static void walk_map(struct walk *w, const char *what,
		     const struct key_map *map, const yaml_node_t *node,
		     char *base)
{
	struct cell_pos at = place(node);
	size_t i;

	if (node->type != YAML_MAPPING_NODE) {
		COMPLAIN(w, node, "%s: 'key: value' pairs are wanted", what);
		return;
	}
	if (base)
		memcpy(base, &at, sizeof(at));
	check_keys(w, what, map, node);
	for (i = 0; i < map->n; i++) {
		const struct key *k = &map->key[i];
		yaml_node_t *value = find_value(w, node, k->name);

		if (value)
			walk_value(w, k, value, base);
		else if (!k->required && base)
			set_default(k, base);
		else if (k->required && !is_meant(w, map, node, k->name))
			COMPLAIN(w, node, "%s: '%s' is missing", what, k->name);
	}
}

void walk_document(yaml_document_t *doc, const char *name,
		   const struct document *kind, void *base, struct report *r)
{
	struct walk w = { .doc = doc, .name = name, .r = r };

	walk_map(&w, kind->title, kind->map, yaml_document_get_root_node(doc),
		 base);
}

void walk_free(const struct key_map *map, void *base)
{
	size_t i;

	for (i = 0; i < map->n; i++) {
		const struct key *k = &map->key[i];
		void *at = (char *)base + k->offset;

		if (k->kind == KEY_NUMS) {
			free(((struct cell_nums *)at)->num);
			((struct cell_nums *)at)->num = NULL;
		}
	}
}

struct events {
	const char *name;
	struct report *r;
	unsigned int documents, depth;
};

/*
 * Nothing that would make one text mean another's part; one document; and no
 * deeper than descriptions are, since the library's time grows with the
 * square of the depth.
 */
static bool event_allowed(struct events *v, const yaml_event_t *e)
{
	const char *why = NULL;

	if (e->type == YAML_ALIAS_EVENT)
		why = "aliases (*name) are not allowed: write it out";
	else if (e->type == YAML_DOCUMENT_START_EVENT && ++v->documents > 1)
		why = "a second document begins: a file has one";
	else if (e->type == YAML_SEQUENCE_START_EVENT ||
		 e->type == YAML_MAPPING_START_EVENT)
		v->depth++;
	else if (e->type == YAML_SEQUENCE_END_EVENT ||
		 e->type == YAML_MAPPING_END_EVENT)
		v->depth--;
	if (v->depth > DEPTH_MAX)
		why = "lists and mappings are nested too deep";
	if (why)
		report_add(v->r, PROBLEM_ERROR, v->name, mark(e->start_mark),
			   "%s", why);
	return !why;
}

/* Of bytes that are no text the library tells how many come before. */
static struct cell_pos place_of_byte(const char *text, size_t offset)
{
	struct cell_pos at = { 1, 1 };

	for (; offset--; text++) {
		at.column = *text == '\n' ? 1 : at.column + 1;
		at.line += *text == '\n';
	}
	return at;
}

static void no_yaml(struct events *v, const yaml_parser_t *parser,
		    const void *text, size_t size)
{
	struct cell_pos at = mark(parser->problem_mark);

	if (parser->error == YAML_READER_ERROR && parser->problem_offset < size)
		at = place_of_byte(text, parser->problem_offset);
	report_add(v->r, PROBLEM_ERROR, v->name, at, "no YAML: %s",
		   parser->problem ? parser->problem : "?");
}

static int check_events(const char *name, const void *text, size_t size,
			struct report *r)
{
	struct events v = { .name = name, .r = r };
	yaml_parser_t parser;
	bool go = true, end;
	yaml_event_t e;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, text, size);
	for (end = false; go && !end;) {
		go = yaml_parser_parse(&parser, &e);
		if (!go) {
			no_yaml(&v, &parser, text, size);
			break;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		go = event_allowed(&v, &e);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	return go ? 0 : -EINVAL;
}

int walk_parse(yaml_document_t *doc, const char *name, const void *text,
	       size_t size, struct report *r)
{
	int rc = check_events(name, text, size, r);
	yaml_parser_t parser;

	if (rc)
		return rc;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, text, size);
	rc = yaml_parser_load(&parser, doc) ? 0 : -EINVAL;
	yaml_parser_delete(&parser);
	if (rc == 0 && yaml_document_get_root_node(doc))
		return 0;
	if (rc == 0)
		yaml_document_delete(doc);
	report_add(r, PROBLEM_ERROR, name, (struct cell_pos){ 1, 1 },
		   "there is no description in it");
	return -EINVAL;
}
