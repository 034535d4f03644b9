/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/domain-splice.h"

#include <string.h>

/*
 * Finds places in the text of a document that libxml2 has read before, so that it is known to be well
 * formed: only what can hide a tag (comments, CDATA, quoted '>') has to be known here.
 */

static const char *splice_skip(const char *at, const char *end, const char *mark)
{
	const char *found = memmem(at, (size_t)(end - at), mark, strlen(mark));

	return found ? found + strlen(mark) : end;
}

/* Behind the '>' that closes the tag at AT; quotes may hold one. */
static const char *splice_tag_end(const char *at, const char *end)
{
	char quote = 0;

	for (; at < end; at++) {
		if (quote)
			quote = *at == quote ? 0 : quote;
		else if (*at == '\'' || *at == '"')
			quote = *at;
		else if (*at == '>')
			return at + 1;
	}
	return end;
}

static bool splice_is_name(const char *at, const char *end, const char *name)
{
	size_t len = strlen(name);

	return (size_t)(end - at) > len && memcmp(at, name, len) == 0 && strchr(" \t\r\n/>", at[len]);
}

bool splice_find_child(const char *text, size_t len, const char *name, struct splice *ret)
{
	const char *at = text, *end = text + len, *tag;
	unsigned depth = 0;
	bool inside = false;

	while (at < end && (at = memchr(at, '<', (size_t)(end - at)))) {
		tag = at;
		if ((size_t)(end - at) > 3 && memcmp(at, "<!--", 4) == 0) {
			at = splice_skip(at, end, "-->");
		} else if ((size_t)(end - at) > 8 && memcmp(at, "<![CDATA[", 9) == 0) {
			at = splice_skip(at, end, "]]>");
		} else if (at[1] == '?') {
			at = splice_skip(at, end, "?>");
		} else if (at[1] == '!') {
			at = splice_tag_end(at, end);
		} else if (at[1] == '/') {
			at = splice_tag_end(at, end);
			if (--depth == 1 && inside) {
				ret->close = (size_t)(tag - text);
				return true;
			}
		} else {
			bool wanted = depth == 1 && splice_is_name(at + 1, end, name), empty;

			at = splice_tag_end(at, end);
			empty = at[-2] == '/';
			if (wanted) {
				ret->empty = empty;
				ret->open = (size_t)(at - text);
				ret->close = ret->open;
				inside = true;
				if (empty)
					return true;
			}
			depth += !empty;
		}
	}
	return false;
}
