/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/iso-data.h"

#include "base/str.h"
#include "output/output.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define ISO_DATA "data/isos"
#define ISO_COLUMNS 6

static const struct {
	const char *word;
	enum iso_kind kind;
} iso_kinds[] = {
	{ "windows", ISO_WINDOWS },   { "virtio-win", ISO_VIRTIO_WIN }, { "installer", ISO_INSTALLER },
	{ "live", ISO_LIVE },	      { "tool", ISO_TOOL },		{ "seed", ISO_SEED },
	{ "cloud", ISO_CLOUD },
};

bool iso_label_matches(const char *pattern, const char *label)
{
	const char *star = NULL, *back = NULL;

	while (*label) {
		bool fits = *pattern == '#' ? isdigit((unsigned char)*label) :
			    *pattern == '?' ? true :
					      tolower((unsigned char)*pattern) == tolower((unsigned char)*label);

		if (*pattern == '*') {
			star = pattern++;
			back = label;
		} else if (*pattern && fits) {
			pattern++;
			label++;
		} else if (star) {
			pattern = star + 1;
			label = ++back;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool iso_suggests(const struct iso_known *k, const char *os)
{
	size_t len = strlen(os), n;

	for (const char *c = k->os; *c; c += n + (c[n] == ',')) {
		n = strcspn(c, ",");
		if (n == len && memcmp(c, os, n) == 0)
			return true;
	}
	return false;
}

struct iso_search {
	const char *label; /* NULL: by kind and system */
	enum iso_kind kind;
	const char *os;
};

/* "PATTERN | KIND | NAME | OS | URL | SOURCE"; false for what is none. */
static bool iso_parse_line(struct arena *a, const char *line, size_t len, char *ret_pattern[static 1], struct iso_known *ret)
{
	char *columns[ISO_COLUMNS], *text = str_trim(arena_strndup(a, line, len));
	unsigned n = 0;

	if (!*text || *text == '#')
		return false;
	for (char *p = text; p && n < ISO_COLUMNS; n++) {
		char *bar = strchr(p, '|');

		if (bar)
			*bar++ = '\0';
		columns[n] = str_trim(p);
		p = bar;
	}
	if (n < ISO_COLUMNS - 1)
		return false;
	*ret = (struct iso_known){ .name = columns[2], .os = columns[3], .url = columns[4] };
	for (size_t i = 0; i < ARRAY_SIZE(iso_kinds); i++)
		if (str_eq(columns[1], iso_kinds[i].word))
			ret->kind = iso_kinds[i].kind;
	*ret_pattern = columns[0];
	return ret->kind != ISO_UNKNOWN;
}

static bool iso_search_text(struct arena *a, const char *text, const struct iso_search *s, struct iso_known *ret)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct iso_known k;
		char *pattern;
		bool found = iso_parse_line(a, text, len, &pattern, &k);

		if (found && s->label)
			found = *pattern && k.kind != ISO_CLOUD && iso_label_matches(pattern, s->label);
		else if (found)
			found = k.kind == s->kind && (!s->os || iso_suggests(&k, s->os)) && k.url[0];
		if (found) {
			*ret = k;
			return true;
		}
		text += len + (text[len] == '\n');
	}
	return false;
}

static int iso_search(struct arena *a, const struct iso_search *s, struct iso_known *ret)
{
	_cleanup_free_ char *text = NULL, *own = NULL, *path = NULL;
	size_t len;
	int r = output_load_data(ISO_DATA, &text, &len, &path);

	*ret = (struct iso_known){ .kind = ISO_UNKNOWN, .name = "", .os = "", .url = "" };
	if (output_load_own("isos", &own) == 0 && iso_search_text(a, own, s, ret))
		return 0;
	if (r < 0)
		return r;
	iso_search_text(a, text, s, ret);
	return 0;
}

int iso_data_find(struct arena *a, const char *label, struct iso_known *ret)
{
	struct iso_search s = { .label = label };

	return iso_search(a, &s, ret);
}

int iso_data_first(struct arena *a, enum iso_kind kind, const char *os, struct iso_known *ret)
{
	struct iso_search s = { .kind = kind, .os = os };

	return iso_search(a, &s, ret);
}
