/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/str.h"

#include <wchar.h>

/*
 * Text measured in terminal columns.  What comes in is UTF-8 (facts) or in the encoding of the locale
 * (translations); what goes out can always be written to the terminal: control and formatting
 * characters and what the locale cannot show are '?', so that no device name moves the cursor or
 * turns the line around.
 */

/* The character at *S and moves on; 0 at the end.  *RET_COLS, may be NULL, is 0, 1 or 2. */
wchar_t text_next(const char **s, int *ret_cols);
/* Columns of S; NULL is 0. */
int text_width(const char *s);
/* Appends one character in the encoding of the locale. */
void text_add_char(struct str *out, wchar_t wc);
/* Appends COLS times C. */
void text_add_repeat(struct str *out, char c, int cols);
/*
 * Appends at most COLS columns of S, beginning at column SKIP; '~' in the last column says that
 * something is missing.  Returns the columns used.
 */
int text_add_cut(struct str *out, const char *s, int skip, int cols);
/* The same, then blanks up to COLS. */
void text_add_padded(struct str *out, const char *s, int cols);
/*
 * Length in bytes of the piece of S that fits into COLS columns, broken at a blank where possible,
 * never empty unless the line is.  *RET_NEXT is where the next line starts: S plus that, behind the
 * blanks or the newline that was broken at.
 */
size_t text_wrap(const char *s, int cols, const char **ret_next);
/* True when NEEDLE occurs in S, upper or lower case; NULL S never, "" always. */
bool text_contains(const char *s, const char *needle);
/* True when both are the same word but for upper and lower case. */
bool text_same_word(const char *a, const char *b);
