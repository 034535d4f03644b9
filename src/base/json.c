/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include "base/arena.h"

#include <string.h>

static int json_parse_flags(const char *text, size_t len, size_t flags, const char *name, json_t **ret,
			    struct err *err)
{
	json_error_t where;
	json_t *j = json_loadb(text, len, flags | JSON_REJECT_DUPLICATES, &where);

	if (!j)
		return err_input(err, name, where.line > 0 ? (unsigned)where.line : 0,
				 _("This is not valid JSON: %s."), where.text);
	*ret = j;
	return 0;
}

int json_parse(const char *text, size_t len, const char *name, json_t **ret, struct err *err)
{
	return json_parse_flags(text, len, 0, name, ret, err);
}

int json_parse_any(const char *text, size_t len, const char *name, json_t **ret, struct err *err)
{
	return json_parse_flags(text, len, JSON_DECODE_ANY, name, ret, err);
}

json_t *json_text(const char *s)
{
	_cleanup_str_ struct str clean = { 0 };
	json_t *j;

	if (!s)
		return json_null();
	j = json_string(s);
	if (j)
		return j;
	str_add_printable(&clean, s);
	j = json_string(str_c(&clean));
	if (!j)
		oom_abort();
	return j;
}

json_t *json_strv(const char *const *v)
{
	json_t *array = json_array();

	for (; v && *v; v++)
		json_array_append_new(array, json_text(*v));
	return array;
}

json_t *json_tristate(int value)
{
	return value < 0 ? json_null() : json_boolean(value);
}

json_t *json_integer_or_null(long long value)
{
	return value < 0 ? json_null() : json_integer(value);
}

char *json_format(const json_t *j)
{
	char *text = json_dumps(j, JSON_INDENT(2) | JSON_ENCODE_ANY);
	char *line;

	if (!text)
		oom_abort();
	line = xasprintf("%s\n", text);
	free(text);
	return line;
}
