/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

#define _cleanup_json_ _cleanup_(json_decrefp)

/* Parses TEXT; NAME is for messages.  ERR_INPUT "NAME:LINE: …".  json_decref() the result. */
int json_parse(const char *text, size_t len, const char *name, json_t **ret, struct err *err) _must_check_;
/* The same, but a lone text, number or word is a document as well. */
int json_parse_any(const char *text, size_t len, const char *name, json_t **ret, struct err *err)
	_must_check_;
/*
 * The same for YAML, as libyaml reads it: one document; plain null, true, false and integers are
 * typed, everything else is a string.  Anchors and aliases are refused (bombs), as are duplicate keys.
 */
int yaml_parse(const char *text, size_t len, const char *name, json_t **ret, struct err *err) _must_check_;

/*
 * The same, and *RET_LINES says where the values of a mapping at the top are: an object, key → line,
 * or key → array of lines for the items of a sequence.  json_decref() it.
 */
int yaml_parse_with_lines(const char *text, size_t len, const char *name, json_t **ret,
			  json_t **ret_lines, struct err *err) _must_check_;

/*
 * The document as YAML, through libyaml; free() it.  Every text is in double quotes, so that no reader takes
 * "no", "0123" or "1e3" for anything else, whatever YAML it speaks.  NULL when J cannot be written.
 */
char *yaml_format(const json_t *j);

/* Invalid UTF-8 is replaced, NULL becomes null: device names come from hardware. */
json_t *json_text(const char *s);
/* A NULL-terminated vector as an array; NULL is []. */
json_t *json_strv(const char *const *v);
/* -1 is null, 0 false, else true. */
json_t *json_tristate(int value);
/* A negative number is null. */
json_t *json_integer_or_null(long long value);
/* Pretty, keys in insertion order, final newline; free() it. */
char *json_format(const json_t *j) _returns_nonnull_;
