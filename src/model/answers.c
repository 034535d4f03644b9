/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/answers.h"

#include "base/arena.h"
#include "base/str.h"
#include "model/answer-check.h"

#include <errno.h>
#include <string.h>

const struct answer_key answer_keys[] = {
#define ANSWER(key, type, choices, fallback, repeats, help)                                        \
	{ key, ANSWER_##type, choices, fallback, repeats, help },
#include "model/answer-list.def"
#undef ANSWER
};
const unsigned answer_key_count = ARRAY_SIZE(answer_keys);

const struct answer_key *answer_key_find(const char *key)
{
	for (unsigned i = 0; i < answer_key_count; i++)
		if (strcmp(answer_keys[i].key, key) == 0)
			return &answer_keys[i];
	return NULL;
}

void answers_init(struct answers *a)
{
	a->values = json_object();
	if (!a->values)
		oom_abort();
}

void answers_done(struct answers *a)
{
	json_decref(a->values);
	a->values = NULL;
}

void answers_clear(struct answers *a, const char *key)
{
	json_object_del(a->values, key);
}

static void answers_append(struct answers *a, const char *key, json_t *text)
{
	json_t *array = json_object_get(a->values, key), *old;
	size_t i;

	if (!json_is_array(array)) {
		array = json_array();
		json_object_set_new(a->values, key, array);
	}
	json_array_foreach(array, i, old) {
		if (json_equal(old, text)) {
			json_decref(text);
			return; /* said twice is said */
		}
	}
	json_array_append_new(array, text);
}

int answers_set(struct answers *a, const char *key, const char *value, const char *where,
		struct err *err)
{
	enum err_kind kind = str_starts_with(where, "--") ? ERR_USAGE : ERR_INPUT;
	int code = kind == ERR_USAGE ? -EINVAL : -EBADMSG;
	const struct answer_key *k = answer_key_find(key);
	_cleanup_free_ char *clean = NULL, *problem = NULL;
	json_t *text;

	if (!k)
		return err_set(err, kind, code, _("%s: There is no answer named \"%s\"."), where, key);
	problem = answer_check(k, value, kind == ERR_USAGE, &clean);
	if (problem)
		return err_set(err, kind, code, "%s: %s", where, problem);
	text = json_string(clean);
	if (!text)
		return err_set(err, kind, code, _("%s: This is not valid UTF-8."), where);
	if (!a->values)
		answers_init(a);
	if (k->repeats)
		answers_append(a, key, text);
	else
		json_object_set_new(a->values, key, text);
	return 0;
}

const char *answers_machine_name(const struct answers *a)
{
	static const char *const names[][2] = {
		{ "windows11", "win11" }, { "windows10", "win10" }, { "linux", "linux" },
	};
	const char *name = answers_get(a, "name"), *os = answers_get(a, "os");

	for (size_t i = 0; !name && i < ARRAY_SIZE(names); i++)
		if (os && strcmp(os, names[i][0]) == 0)
			name = names[i][1];
	return name ? name : "vm";
}

bool answers_is_set(const struct answers *a, const char *key)
{
	return json_object_get(a->values, key) != NULL;
}

const char *answers_get(const struct answers *a, const char *key)
{
	const json_t *value = json_object_get(a->values, key);
	const struct answer_key *k = answer_key_find(key);

	if (json_is_array(value))
		value = json_array_get(value, 0);
	if (json_is_string(value))
		return json_string_value(value);
	return k ? k->fallback : NULL;
}

const char **answers_get_all(const struct answers *a, const char *key)
{
	const json_t *value = json_object_get(a->values, key), *item;
	const char **all = xcalloc(json_array_size(value) + 2, sizeof(*all));
	size_t i, n = 0;

	if (json_is_string(value))
		all[n++] = json_string_value(value);
	json_array_foreach(value, i, item)
		if (json_is_string(item))
			all[n++] = json_string_value(item);
	return all;
}

bool answers_get_bool(const struct answers *a, const char *key)
{
	return str_eq(answers_get(a, key), "yes");
}

long long answers_get_number(const struct answers *a, const char *key)
{
	const struct answer_key *k = answer_key_find(key);
	const char *value = answers_get(a, key);
	unsigned long long bytes;
	uint64_t number;

	if (!value || !k)
		return -1;
	if (k->type == ANSWER_SIZE)
		return size_parse(value, &bytes) == 0 ? (long long)bytes : -1;
	return str_to_u64(value, INT64_MAX, &number) == 0 ? (long long)number : -1;
}

void answers_copy(struct answers *dst, const struct answers *src)
{
	json_t *copy = src->values ? json_deep_copy(src->values) : json_object();

	if (!copy)
		oom_abort();
	json_decref(dst->values);
	dst->values = copy;
}

void answers_merge(struct answers *dst, const struct answers *src)
{
	struct answers copy = { 0 };

	answers_copy(&copy, src);
	if (!dst->values)
		answers_init(dst);
	json_object_update(dst->values, copy.values);
	answers_done(&copy);
}

/* What stands in the file for one value, as answers_set() wants it; NULL: no single value. */
static char *answers_text_of(const struct answer_key *k, const json_t *value)
{
	if (json_is_string(value))
		return xstrdup(json_string_value(value));
	if (json_is_integer(value))
		return xasprintf("%lld", (long long)json_integer_value(value));
	if (json_is_boolean(value) && k->type == ANSWER_BOOL)
		return xstrdup(json_is_true(value) ? "yes" : "no");
	if (json_is_boolean(value))
		return xstrdup(json_is_true(value) ? "true" : "false");
	return NULL;
}

static int answers_load_value(struct answers *a, const struct answer_key *k, const json_t *value,
			      const char *name, const json_t *line, struct err *err)
{
	unsigned at = (unsigned)json_integer_value(line);
	_cleanup_free_ char *text = answers_text_of(k, value), *where = NULL;

	if (json_is_array(value))
		return err_input(err, name, at, _("The key \"%s\" takes one value and not a list."),
				 k->key);
	if (!text)
		return err_input(err, name, at, _("The key \"%s\" has no value."), k->key);
	where = xasprintf("%s:%u", name, at);
	return answers_set(a, k->key, text, where, err);
}

static int answers_load_pair(struct answers *a, const char *key, const json_t *value, const char *name,
			     const json_t *lines, struct err *err)
{
	const struct answer_key *k = answer_key_find(key);
	const json_t *line = json_is_array(lines) ? json_array_get(lines, 0) : lines, *item;
	size_t i;
	int r;

	if (!k)
		return err_input(err, name, (unsigned)json_integer_value(line),
				 _("There is no answer named \"%s\"."), key);
	if (!json_is_array(value) || !k->repeats)
		return answers_load_value(a, k, value, name, line, err);
	json_array_foreach(value, i, item) {
		r = answers_load_value(a, k, item, name, json_array_get(lines, i), err);
		if (r < 0)
			return r;
	}
	return 0;
}

int answers_load(struct answers *a, const char *text, size_t len, const char *name, struct err *err)
{
	_cleanup_json_ json_t *doc = NULL, *lines = NULL;
	const char *key;
	json_t *value;
	int r = yaml_parse_with_lines(text, len, name, &doc, &lines, err);

	if (r < 0)
		return r;
	if (json_is_null(doc))
		return 0; /* nothing but comments */
	if (!json_is_object(doc))
		return err_input(err, name, 1, _("An answers file holds lines like \"memory: 16G\"."));
	json_object_foreach(doc, key, value) {
		r = answers_load_pair(a, key, value, name, json_object_get(lines, key), err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Plain where nobody could read anything else into it, else in single quotes. */
static void answers_add_scalar(struct str *out, const char *s)
{
	bool typed = strcmp(s, "true") == 0 || strcmp(s, "false") == 0 || strcmp(s, "null") == 0;

	if (!typed && s[0] && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/", s[0]) &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.+-")] == '\0') {
		str_add(out, s);
		return;
	}
	str_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			str_addc(out, '\'');
		str_addc(out, *s);
	}
	str_addc(out, '\'');
}

char *answers_format(const struct answers *a)
{
	struct str out = { 0 };

	for (unsigned i = 0; i < answer_key_count; i++) {
		const struct answer_key *k = &answer_keys[i];
		const char **all = answers_get_all(a, k->key);

		if (all[0])
			str_addf(&out, "%s:", k->key);
		for (const char **value = all; *value; value++) {
			str_add(&out, k->repeats ? "\n  - " : " ");
			answers_add_scalar(&out, *value);
		}
		if (all[0])
			str_addc(&out, '\n');
		free(all);
	}
	return str_steal(&out);
}
