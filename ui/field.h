/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* One line of text being edited, in characters and not in bytes.  Start from { 0 }. */
struct field {
	wchar_t *text; /* NUL-terminated, NULL until field_set() */
	size_t len, cap;
	size_t at;     /* the cursor is before this character */
	size_t left;   /* first character shown */
};
enum field_key {
	FIELD_LEFT,
	FIELD_RIGHT,
	FIELD_HOME,
	FIELD_END,
	FIELD_BACKSPACE,
	FIELD_DELETE,
	FIELD_CLEAR,	 /* Ctrl-U: all before the cursor */
	FIELD_KILL,	 /* Ctrl-K: all behind it */
	FIELD_WORD_BACK, /* Ctrl-W */
};

/* The longest text in bytes, what struct event can carry. */
#define FIELD_MAX_BYTES 511

void field_done(struct field *f);
#define _cleanup_field_ _cleanup_(field_done)
/* Takes TEXT (NULL is "") and puts the cursor behind it. */
void field_set(struct field *f, const char *text);
/* Adds a character at the cursor; false when it is no printable one or the field is full. */
bool field_insert(struct field *f, wchar_t wc);
void field_edit(struct field *f, enum field_key key);
/* The text in UTF-8 or the locale's encoding; free() it. */
char *field_text(const struct field *f) _returns_nonnull_;
/* The part that fits into COLS columns and holds the cursor; free() it.  *RET_COL is the cursor's. */
char *field_show(struct field *f, int cols, int *ret_col) _returns_nonnull_;
