/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"

#include <stddef.h>

/*
 * A Mustache template cut into tokens.  Standalone tags are already resolved here: the white space
 * and the line end around them are in no token, so that rendering only ever appends.
 */
enum token_kind {
	TOKEN_TEXT,	/* text as it is */
	TOKEN_VALUE,	/* {{name}} */
	TOKEN_RAW,	/* {{{name}}} or {{&name}} */
	TOKEN_SECTION,	/* {{#name}} */
	TOKEN_INVERTED, /* {{^name}} */
	TOKEN_END,	/* {{/name}} */
	TOKEN_PARTIAL,	/* {{>name}} */
};

struct token {
	enum token_kind kind;
	const char *text; /* in the template's text; a tag's name without blanks */
	size_t len;
	const char *indent; /* TOKEN_PARTIAL: blanks before a standalone tag */
	size_t indent_len;
	size_t end; /* TOKEN_SECTION, TOKEN_INVERTED: index of its TOKEN_END */
	unsigned line;
};

struct token_list {
	struct token *items;
	size_t n, cap;
};

/* TEXT must outlive the list.  ERR_INPUT "NAME:LINE: …". */
int render_parse(const char *text, size_t len, const char *name, struct token_list *ret,
		 struct err *err) _must_check_;
void token_list_done(struct token_list *l);
#define _cleanup_token_list_ _cleanup_(token_list_done)
