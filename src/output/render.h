/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

/*
 * Mustache, the published specification: interpolation, sections, inverted sections, comments,
 * partials, set delimiters; standalone lines and indentation as it says.
 */
enum render_escape {
	RENDER_ESCAPE_XML,   /* & < > " '; characters XML 1.0 forbids become U+FFFD */
	RENDER_ESCAPE_SHELL, /* one single-quoted shell word */
	RENDER_ESCAPE_NONE,
	RENDER_ESCAPE_HTML,  /* what the Mustache specification asks for: & < > " */
};
/* "xml", "shell", "none", "html"; -EINVAL. */
int render_escape_parse(const char *word, enum render_escape *ret) _must_check_;
/* By the template's name: *.xml* XML, *.sh* shell, else none. */
enum render_escape render_escape_for(const char *template_name);

/* Text of a partial, free() it; -ENOENT is an empty partial. */
typedef int (*render_partial_fn)(void *user, const char *name, char **ret);

struct render_request {
	const char *text;
	size_t len;
	const char *name;	/* for messages */
	const json_t *context;
	enum render_escape escape;
	render_partial_fn partial; /* may be NULL */
	void *user;
};
/* Appends to OUT.  ERR_INPUT with template name and line (unclosed tag, wrong section end, …). */
int render(const struct render_request *req, struct str *out, struct err *err) _must_check_;
