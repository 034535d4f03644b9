/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stddef.h>

/* The bytes [start, end) of one value inside a JSON text. */
struct json_span {
	size_t start, end;
};

/*
 * Finds the value of OBJECT.KEY (OBJECT NULL: of KEY at the top) in TEXT, which was parsed without
 * an error before: a value can then be replaced without touching one other byte.  0 or -ENOENT.
 */
int json_span_find(const char *text, const char *object, const char *key,
		   struct json_span *ret) _must_check_;
