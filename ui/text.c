/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/text.h"

#include <limits.h>
#include <string.h>
#include <wctype.h>

/*
 * Characters without width that change how their neighbours are shown: zero width joiners, marks of
 * direction, line and paragraph separators.  A device name with U+202E would show the rest backwards.
 */
static bool text_is_format(wchar_t wc)
{
	return (wc >= 0x200b && wc <= 0x200f) || (wc >= 0x2028 && wc <= 0x202e) ||
	       (wc >= 0x2060 && wc <= 0x206f) || wc == 0xfeff;
}

/* UTF-8 where the locale is not: facts are UTF-8 everywhere.  Bytes taken, 0 when it is not valid. */
static size_t text_decode_utf8(const char *s, wchar_t *ret)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = *u >= 0xf0 ? 4 : *u >= 0xe0 ? 3 : 2;
	wchar_t wc;

	if (*u < 0xc2 || *u > 0xf4)
		return 0;
	wc = (wchar_t)(*u & (0xff >> (n + 1)));
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		wc = (wchar_t)(wc << 6 | (u[i] & 0x3f));
	}
	*ret = wc;
	return n;
}

wchar_t text_next(const char **s, int *ret_cols)
{
	mbstate_t state = { 0 };
	char bytes[MB_LEN_MAX];
	wchar_t wc = 0;
	size_t n;
	int cols;

	if (!**s)
		return 0;
	n = mbrtowc(&wc, *s, MB_CUR_MAX, &state);
	if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
		n = text_decode_utf8(*s, &wc);
		memset(&state, 0, sizeof(state));
		if (n == 0 || wcrtomb(bytes, wc, &state) == (size_t)-1)
			wc = L'?';
		if (n == 0)
			n = 1;
	}
	*s += n;
	if (wc == L'\t' || wc == L'\n')
		wc = L' ';
	cols = wcwidth(wc);
	if (cols < 0 || text_is_format(wc)) {
		wc = L'?';
		cols = 1;
	}
	if (ret_cols)
		*ret_cols = cols;
	return wc;
}

int text_width(const char *s)
{
	int width = 0, cols;

	while (s && text_next(&s, &cols))
		width += cols;
	return width;
}

void text_add_char(struct str *out, wchar_t wc)
{
	mbstate_t state = { 0 };
	char bytes[MB_LEN_MAX];
	size_t n = wcrtomb(bytes, wc, &state);

	if (n == (size_t)-1)
		str_addc(out, '?');
	else
		str_addn(out, bytes, n);
}

void text_add_repeat(struct str *out, char c, int cols)
{
	while (cols-- > 0)
		str_addc(out, c);
}

int text_add_cut(struct str *out, const char *s, int skip, int cols)
{
	int at = 0, used = 0, width;
	bool cut;
	wchar_t wc;

	if (!s || cols <= 0)
		return 0;
	cut = text_width(s) - skip > cols;
	while ((wc = text_next(&s, &width))) {
		if (at < skip) {
			at += width;
			/* half of a wide character stays at the left edge */
			if (at > skip && used < cols) {
				str_addc(out, ' ');
				used++;
			}
			continue;
		}
		if (used + width > cols - cut)
			break;
		text_add_char(out, wc);
		used += width;
	}
	if (cut) {
		str_addc(out, '~');
		used++;
	}
	return used;
}

void text_add_padded(struct str *out, const char *s, int cols)
{
	int used = text_add_cut(out, s, 0, cols);

	text_add_repeat(out, ' ', cols - used);
}

size_t text_wrap(const char *s, int cols, const char **ret_next)
{
	const char *p = s, *blank = NULL, *before;
	int used = 0, width;
	bool seen_word = false;

	for (;;) {
		before = p;
		if (!*p || *p == '\n') {
			*ret_next = *p ? p + 1 : p;
			return (size_t)(p - s);
		}
		if (*p == ' ' && seen_word)
			blank = p;
		else if (*p != ' ')
			seen_word = true;
		text_next(&p, &width);
		if (used + width > cols && before > s)
			break;
		used += width;
	}
	if (*before == ' ' && seen_word)
		blank = before;
	if (!blank) {
		*ret_next = before;
		return (size_t)(before - s);
	}
	before = blank;
	while (before > s && before[-1] == ' ')
		before--;
	while (*blank == ' ')
		blank++;
	*ret_next = *blank == '\n' ? blank + 1 : blank;
	return (size_t)(before - s);
}

bool text_contains(const char *s, const char *needle)
{
	for (; s; text_next(&s, NULL)) {
		const char *a = s, *b = needle;

		while (*b) {
			wchar_t x = text_next(&a, NULL), y = text_next(&b, NULL);

			if (towlower((wint_t)x) != towlower((wint_t)y)) {
				b = NULL;
				break;
			}
		}
		if (b)
			return true;
		if (!*s)
			return false;
	}
	return false;
}

bool text_same_word(const char *a, const char *b)
{
	wchar_t x, y;

	do {
		x = text_next(&a, NULL);
		y = text_next(&b, NULL);
		if (towlower((wint_t)x) != towlower((wint_t)y))
			return false;
	} while (x);
	return true;
}
