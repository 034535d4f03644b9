/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/board-pattern.h"

#include "base/arena.h"

#include <ctype.h>
#include <string.h>

static int pattern_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int pattern_next(const char **s)
{
	const char *p = *s;

	if (!*p)
		return -1;
	if (*p == '*') {
		*s = p + 1;
		return PATTERN_STAR;
	}
	if (*p != '\\' || !p[1]) {
		*s = p + 1;
		return (unsigned char)*p;
	}
	if (p[1] == 'x' && p[2] && pattern_hex(p[2]) >= 0 && pattern_hex(p[3]) >= 0) {
		*s = p + 4;
		return pattern_hex(p[2]) << 4 | pattern_hex(p[3]);
	}
	*s = p + 2;
	return (unsigned char)p[1];
}

/* Without the locale: DMI is bytes, and only A to Z have two cases. */
static int pattern_fold(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool pattern_is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One alternative; linear but for going back to the last '*', so no text makes it slow. */
static bool pattern_fits(const char *pattern, enum pattern_kind kind, const char *text)
{
	const char *star = NULL, *star_text = NULL;

	for (;;) {
		const char *next = pattern;
		int c = pattern_next(&next);

		if (c == PATTERN_STAR && kind != PATTERN_GLOB)
			c = '*';
		if (c == PATTERN_STAR) {
			star = pattern = next;
			star_text = text;
			continue;
		}
		if (c < 0 && (!*text || (kind == PATTERN_PREFIX && !pattern_is_word((unsigned char)*text))))
			return true;
		if (c >= 0 && *text && pattern_fold(c) == pattern_fold((unsigned char)*text)) {
			pattern = next;
			text++;
			continue;
		}
		if (!star || !*star_text)
			return false;
		pattern = star;
		text = ++star_text;
	}
}

/* Cuts the next alternative off *REST and trims it; NULL at the end. */
static char *pattern_cut(char **rest)
{
	char *start = *rest, *p = start;

	if (!start)
		return NULL;
	while (*p && *p != ';')
		p += *p == '\\' && p[1] ? 2 : 1;
	*rest = *p ? p + 1 : NULL;
	*p = '\0';
	return str_trim(start);
}

unsigned pattern_match(const char *pattern, enum pattern_kind kind, const char *text)
{
	_cleanup_free_ char *copy = pattern ? xstrdup(pattern) : NULL;
	char *rest = copy, *one;
	unsigned best = 0;

	while (text && (one = pattern_cut(&rest)))
		if (*one && strlen(one) > best && pattern_fits(one, kind, text))
			best = (unsigned)strlen(one);
	return best;
}

bool pattern_is_valid(const char *pattern)
{
	_cleanup_free_ char *copy = xstrdup(pattern);
	char *rest = copy, *one;

	while ((one = pattern_cut(&rest))) {
		if (!*one)
			return false;
		for (const char *p = one; *p; p++) {
			if (*p != '\\')
				continue;
			p++;
			if (*p == 'x' && p[1] && pattern_hex(p[1]) >= 0 && pattern_hex(p[2]) >= 0 &&
			    (p[1] != '0' || p[2] != '0'))
				p += 2;
			else if (!*p || !strchr("|;*\\", *p))
				return false;
		}
	}
	return true;
}

void pattern_add_quoted(struct str *out, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		bool end = i == 0 || i == n - 1;

		if (strchr("|;*\\", c))
			str_addf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f || (c == ' ' && end))
			str_addf(out, "\\x%02x", c);
		else
			str_addc(out, (char)c);
	}
}
