/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"
#include "base/json.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#define YAML_MAX_DEPTH 32

struct yaml_reader {
	yaml_parser_t parser;
	const char *name;
	struct err *err;
	json_t *lines;	    /* key at the top → line or lines; NULL: nobody asks */
	json_t *item_lines; /* of the sequence being read below a key at the top */
};

#define YAML_TOP_DEPTH 1 /* of the pairs of a mapping at the top */

static int yaml_fail(struct yaml_reader *y, const yaml_mark_t *at, const char *what)
{
	return err_input(y->err, y->name, (unsigned)at->line + 1, "%s", what);
}

static int yaml_next(struct yaml_reader *y, yaml_event_t *ev)
{
	if (yaml_parser_parse(&y->parser, ev))
		return 0;
	return err_input(y->err, y->name, (unsigned)y->parser.problem_mark.line + 1,
			 _("This is not valid YAML: %s."),
			 y->parser.problem ? y->parser.problem : _("unreadable"));
}

/* Only what YAML 1.2 calls the core schema; "yes" and "on" stay words, as people mean them here. */
static json_t *yaml_scalar(const yaml_event_t *ev)
{
	const char *s = (const char *)ev->data.scalar.value;
	uint64_t number;

	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		if (!*s || strcmp(s, "~") == 0 || strcmp(s, "null") == 0)
			return json_null();
		if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0)
			return json_boolean(*s == 't');
		if ((*s != '0' || !s[1]) && str_to_u64(s, INT64_MAX, &number) == 0)
			return json_integer((json_int_t)number);
	}
	return json_text(s);
}

static int yaml_node(struct yaml_reader *y, yaml_event_t *ev, unsigned depth, json_t **ret);

static int yaml_sequence(struct yaml_reader *y, unsigned depth, json_t *array)
{
	for (;;) {
		yaml_event_t ev;
		json_t *item = NULL;
		bool end;
		int r = yaml_next(y, &ev);

		if (r < 0)
			return r;
		end = ev.type == YAML_SEQUENCE_END_EVENT;
		if (!end && y->item_lines && depth == YAML_TOP_DEPTH + 1)
			json_array_append_new(y->item_lines,
					      json_integer((json_int_t)ev.start_mark.line + 1));
		if (!end)
			r = yaml_node(y, &ev, depth, &item);
		yaml_event_delete(&ev);
		if (end || r < 0)
			return r;
		json_array_append_new(array, item);
	}
}

/* An empty value stands where the next token is; the key's line is the one to name. */
static void yaml_note_line(struct yaml_reader *y, const yaml_event_t *key, const yaml_event_t *ev)
{
	bool empty = ev->type == YAML_SCALAR_EVENT && ev->data.scalar.length == 0;
	size_t line = empty ? key->start_mark.line : ev->start_mark.line;

	y->item_lines = ev->type == YAML_SEQUENCE_START_EVENT ? json_array() : NULL;
	json_object_set_new(y->lines, (const char *)key->data.scalar.value,
			    y->item_lines ? y->item_lines : json_integer((json_int_t)line + 1));
}

static int yaml_pair(struct yaml_reader *y, const yaml_event_t *key, unsigned depth, json_t *object)
{
	const char *name = (const char *)key->data.scalar.value;
	yaml_event_t ev;
	json_t *value = NULL;
	int r;

	if (key->type != YAML_SCALAR_EVENT)
		return yaml_fail(y, &key->start_mark, _("A key must be a plain word."));
	if (json_object_get(object, name))
		return err_input(y->err, y->name, (unsigned)key->start_mark.line + 1,
				 _("The key \"%s\" is there twice."), name);
	r = yaml_next(y, &ev);
	if (r < 0)
		return r;
	if (y->lines && depth == YAML_TOP_DEPTH)
		yaml_note_line(y, key, &ev);
	r = yaml_node(y, &ev, depth, &value);
	yaml_event_delete(&ev);
	if (r < 0)
		return r;
	if (json_object_set_new(object, name, value) < 0)
		return yaml_fail(y, &key->start_mark, _("A key is not valid UTF-8."));
	return 0;
}

static int yaml_mapping(struct yaml_reader *y, unsigned depth, json_t *object)
{
	for (;;) {
		yaml_event_t key;
		bool end;
		int r = yaml_next(y, &key);

		if (r < 0)
			return r;
		end = key.type == YAML_MAPPING_END_EVENT;
		if (!end)
			r = yaml_pair(y, &key, depth, object);
		yaml_event_delete(&key);
		if (end || r < 0)
			return r;
	}
}

static int yaml_node(struct yaml_reader *y, yaml_event_t *ev, unsigned depth, json_t **ret)
{
	json_t *j;
	int r;

	if (depth > YAML_MAX_DEPTH)
		return yaml_fail(y, &ev->start_mark, _("This is nested too deeply."));
	switch ((int)ev->type) {
	case YAML_SCALAR_EVENT:
		if (strlen((const char *)ev->data.scalar.value) != ev->data.scalar.length)
			return yaml_fail(y, &ev->start_mark, _("A value cannot contain a NUL byte."));
		*ret = yaml_scalar(ev);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		j = json_array();
		r = yaml_sequence(y, depth + 1, j);
		break;
	case YAML_MAPPING_START_EVENT:
		j = json_object();
		r = yaml_mapping(y, depth + 1, j);
		break;
	case YAML_ALIAS_EVENT:
		return yaml_fail(y, &ev->start_mark, _("References (*name) are not read here."));
	default:
		return yaml_fail(y, &ev->start_mark, _("A value is missing."));
	}
	if (r < 0)
		json_decref(j);
	else
		*ret = j;
	return r;
}

static int yaml_document(struct yaml_reader *y, json_t **ret)
{
	json_t *j = NULL;

	for (;;) {
		yaml_event_t ev;
		int type, r = yaml_next(y, &ev);

		if (r == 0) {
			type = ev.type;
			if (type == YAML_STREAM_END_EVENT) {
				*ret = j ? j : json_null();
				yaml_event_delete(&ev);
				return 0;
			}
			if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
			    type != YAML_DOCUMENT_END_EVENT)
				r = j ? yaml_fail(y, &ev.start_mark, _("Only one document is read."))
				      : yaml_node(y, &ev, 0, &j);
			yaml_event_delete(&ev);
		}
		if (r < 0) {
			json_decref(j);
			return r;
		}
	}
}

int yaml_parse_with_lines(const char *text, size_t len, const char *name, json_t **ret,
			  json_t **ret_lines, struct err *err)
{
	struct yaml_reader y = { .name = name, .err = err };
	int r;

	if (!yaml_parser_initialize(&y.parser))
		oom_abort();
	if (ret_lines)
		y.lines = json_object();
	yaml_parser_set_input_string(&y.parser, (const unsigned char *)text, len);
	r = yaml_document(&y, ret);
	yaml_parser_delete(&y.parser);
	if (r < 0)
		json_decref(y.lines);
	else if (ret_lines)
		*ret_lines = y.lines;
	return r;
}

int yaml_parse(const char *text, size_t len, const char *name, json_t **ret, struct err *err)
{
	return yaml_parse_with_lines(text, len, name, ret, NULL, err);
}
