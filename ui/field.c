/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/field.h"

#include "base/arena.h"
#include "ui/text.h"

#include <string.h>
#include <wctype.h>

void field_done(struct field *f)
{
	free(f->text);
	*f = (struct field){ 0 };
}

static void field_reserve(struct field *f, size_t len)
{
	if (f->text && len < f->cap)
		return;
	f->cap = (len + 1) * 2;
	f->text = xrealloc(f->text, f->cap * sizeof(*f->text));
}

void field_set(struct field *f, const char *text)
{
	wchar_t wc;

	field_reserve(f, text ? strlen(text) : 0);
	f->len = 0;
	while (text && (wc = text_next(&text, NULL)))
		f->text[f->len++] = wc;
	f->text[f->len] = L'\0';
	f->at = f->len;
	f->left = 0;
}

bool field_insert(struct field *f, wchar_t wc)
{
	_cleanup_free_ char *now = field_text(f);

	if (!iswprint((wint_t)wc) || strlen(now) + 4 > FIELD_MAX_BYTES)
		return false;
	field_reserve(f, f->len + 1);
	wmemmove(f->text + f->at + 1, f->text + f->at, f->len - f->at + 1);
	f->text[f->at++] = wc;
	f->len++;
	return true;
}

static void field_remove(struct field *f, size_t from, size_t to)
{
	wmemmove(f->text + from, f->text + to, f->len - to + 1);
	f->len -= to - from;
	f->at = from;
}

/* Marks without width belong to the character before them. */
static size_t field_before(const struct field *f)
{
	size_t i = f->at;

	while (i > 0 && wcwidth(f->text[--i]) == 0)
		;
	return i;
}

static size_t field_after(const struct field *f)
{
	size_t i = f->at;

	if (i < f->len)
		i++;
	while (i < f->len && wcwidth(f->text[i]) == 0)
		i++;
	return i;
}

static size_t field_word_start(const struct field *f)
{
	size_t i = f->at;

	while (i > 0 && iswspace((wint_t)f->text[i - 1]))
		i--;
	while (i > 0 && !iswspace((wint_t)f->text[i - 1]))
		i--;
	return i;
}

void field_edit(struct field *f, enum field_key key)
{
	if (!f->text)
		field_set(f, NULL);
	switch (key) {
	case FIELD_LEFT:
		f->at = field_before(f);
		break;
	case FIELD_RIGHT:
		f->at = field_after(f);
		break;
	case FIELD_HOME:
		f->at = 0;
		break;
	case FIELD_END:
		f->at = f->len;
		break;
	case FIELD_BACKSPACE:
		field_remove(f, field_before(f), f->at);
		break;
	case FIELD_DELETE:
		field_remove(f, f->at, field_after(f));
		break;
	case FIELD_CLEAR:
		field_remove(f, 0, f->at);
		break;
	case FIELD_KILL:
		field_remove(f, f->at, f->len);
		break;
	case FIELD_WORD_BACK:
		field_remove(f, field_word_start(f), f->at);
		break;
	}
}

char *field_text(const struct field *f)
{
	struct str out = { 0 };

	for (size_t i = 0; i < f->len; i++)
		text_add_char(&out, f->text[i]);
	return str_steal(&out);
}

static int field_width(const struct field *f, size_t from, size_t to)
{
	int width = 0;

	for (size_t i = from; i < to; i++) {
		int w = wcwidth(f->text[i]);

		width += w < 0 ? 1 : w;
	}
	return width;
}

char *field_show(struct field *f, int cols, int *ret_col)
{
	struct str out = { 0 };
	int used = 0;

	if (f->left > f->at)
		f->left = f->at;
	/* the cursor needs a cell of its own behind the text */
	while (f->left < f->at && field_width(f, f->left, f->at) >= cols)
		f->left++;
	*ret_col = field_width(f, f->left, f->at);
	for (size_t i = f->left; i < f->len; i++) {
		used += field_width(f, i, i + 1);
		if (used > cols)
			break;
		text_add_char(&out, f->text[i]);
	}
	return str_steal(&out);
}
