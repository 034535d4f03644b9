/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/json-span.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static size_t json_span_blank(const char *text, size_t at)
{
	return at + strspn(text + at, " \t\r\n");
}

/* Behind the closing quote of the string that starts at AT. */
static size_t json_span_string(const char *text, size_t at)
{
	for (at++; text[at] && text[at] != '"'; at++)
		if (text[at] == '\\' && text[at + 1])
			at++;
	return at + (text[at] == '"');
}

/* Behind the value that starts at AT. */
static size_t json_span_value(const char *text, size_t at)
{
	unsigned depth = 0;

	do {
		switch (text[at]) {
		case '\0':
			return at;
		case '"':
			at = json_span_string(text, at);
			break;
		case '{':
		case '[':
			depth++;
			at++;
			break;
		case '}':
		case ']':
			depth--;
			at++;
			break;
		default: /* a number, a word, or what separates values inside */
			at += depth ? 1 : strcspn(text + at, ",]} \t\r\n");
			break;
		}
	} while (depth);
	return at;
}

/* The value of KEY in the object that starts at AT. */
static int json_span_member(const char *text, size_t at, const char *key, struct json_span *ret)
{
	size_t n = strlen(key);

	if (text[at] != '{')
		return -ENOENT;
	at = json_span_blank(text, at + 1);
	while (text[at] == '"') {
		size_t name = at + 1, end = json_span_string(text, at), value, behind;
		bool is_it = end - name == n + 1 && strncmp(text + name, key, n) == 0;

		value = json_span_blank(text, json_span_blank(text, end) + 1);
		behind = json_span_value(text, value);
		if (is_it) {
			*ret = (struct json_span){ value, behind };
			return 0;
		}
		at = json_span_blank(text, behind);
		if (text[at] == ',')
			at = json_span_blank(text, at + 1);
	}
	return -ENOENT;
}

int json_span_find(const char *text, const char *object, const char *key, struct json_span *ret)
{
	struct json_span outer = { json_span_blank(text, 0), 0 };

	if (object && json_span_member(text, outer.start, object, &outer) < 0)
		return -ENOENT;
	return json_span_member(text, outer.start, key, ret);
}
