/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/str.h"

/*
 * Patterns of data/boards: alternatives separated by ';', without regard to case, '*' for any text.
 * A backslash takes the meaning from '|', ';', '*' and itself; "\x1b" is one byte.
 */
enum pattern_kind {
	PATTERN_PREFIX, /* up to the end of a word: "ASRock" is in "ASRock Inc." but not in "ASRockRack" */
	PATTERN_GLOB,	/* the whole text, with '*' */
	PATTERN_EXACT,	/* the whole text; '*' is one */
};
/* Length of the longest alternative that fits TEXT, 0 when none does or TEXT is NULL. */
unsigned pattern_match(const char *pattern, enum pattern_kind kind, const char *text);
/* Is every backslash in PATTERN one that means something, and no alternative empty? */
bool pattern_is_valid(const char *pattern);
/* TEXT with backslashes, so that as a pattern it fits TEXT and nothing longer. */
void pattern_add_quoted(struct str *out, const char *text);
/* Next byte of S after backslashes, moving on; -1 at the end, PATTERN_STAR for a bare '*'. */
#define PATTERN_STAR 256
int pattern_next(const char **s);
