/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/render-parse.h"

#include "base/arena.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Rendering recurses once per open section: a bound keeps a hostile template off the stack's end. */
#define PARSE_SECTIONS_MAX 256
#define PARSE_DELIMITER_MAX 32

struct parser {
	const char *text, *end; /* the whole template */
	const char *at;		/* not looked at yet */
	const char *literal;	/* start of text that is in no token yet */
	const char *name;	/* for messages */
	const char *counted;	/* LINE is the line of this place */
	unsigned line;
	char open[PARSE_DELIMITER_MAX + 1], close[PARSE_DELIMITER_MAX + 1];
	size_t open_len, close_len;
	size_t sections[PARSE_SECTIONS_MAX]; /* token indexes of sections not closed yet */
	unsigned n_sections;
	struct token_list *list;
	struct err *err;
};

/* One tag as found: "{{# name }}" */
struct tag {
	const char *start, *after; /* the whole tag */
	char sigil;		   /* '#', '&', … or 0 for a plain name */
	const char *body;	   /* without blanks around it */
	size_t body_len;
	unsigned line;
};

void token_list_done(struct token_list *l)
{
	free(l->items);
	*l = (struct token_list){ 0 };
}

static struct token *parse_add(struct parser *p, enum token_kind kind, const char *text, size_t len,
			       unsigned line)
{
	struct token_list *l = p->list;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->items = xrealloc(l->items, l->cap * sizeof(*l->items));
	}
	l->items[l->n] = (struct token){ .kind = kind, .text = text, .len = len, .line = line };
	return &l->items[l->n++];
}

static bool parse_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool parse_is_space(char c)
{
	return parse_is_blank(c) || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static const char *parse_find(const char *from, const char *end, const char *what, size_t len)
{
	return memmem(from, (size_t)(end - from), what, len);
}

/* Line number of a place; places only ever move on. */
static unsigned parse_line_of(struct parser *p, const char *place)
{
	for (; p->counted < place; p->counted++)
		if (*p->counted == '\n')
			p->line++;
	return p->line;
}

static void parse_trim(const char **start, size_t *len)
{
	while (*len && parse_is_space(**start)) {
		++*start;
		--*len;
	}
	while (*len && parse_is_space((*start)[*len - 1]))
		--*len;
}

/* The tag whose opening delimiter stands at START. */
static int parse_tag(struct parser *p, const char *start, struct tag *ret)
{
	struct tag t = { .start = start, .line = parse_line_of(p, start) };
	const char *body = start + p->open_len, *stop;
	char closing[PARSE_DELIMITER_MAX + 2];
	size_t closing_len = p->close_len;
	bool paired;

	while (body < p->end && parse_is_space(*body))
		body++;
	if (body < p->end && strchr("#^/>!&{=", *body))
		t.sigil = *body++;
	/* "{{{name}}}" and "{{=<% %>=}}" close with a character more. */
	paired = t.sigil == '{' || t.sigil == '=';
	if (paired)
		closing[0] = t.sigil == '{' ? '}' : '=';
	memcpy(closing + paired, p->close, p->close_len);
	closing_len += paired;
	stop = parse_find(body, p->end, closing, closing_len);
	if (!stop)
		return err_input(p->err, p->name, t.line, _("this tag is never closed by “%.*s”."),
				 (int)closing_len, closing);
	t.after = stop + closing_len;
	t.body = body;
	t.body_len = (size_t)(stop - body);
	parse_trim(&t.body, &t.body_len);
	*ret = t;
	return 0;
}

/* "{{=| |=}}": two words of which none holds a blank or '='. */
static int parse_delimiters(struct parser *p, const struct tag *t)
{
	const char *end = t->body + t->body_len, *first = t->body, *gap = first, *second;
	size_t open_len, close_len;

	while (gap < end && !parse_is_space(*gap))
		gap++;
	second = gap;
	while (second < end && parse_is_space(*second))
		second++;
	open_len = (size_t)(gap - first);
	close_len = (size_t)(end - second);
	for (const char *c = second; c < end; c++)
		if (parse_is_space(*c))
			close_len = 0;
	if (!open_len || !close_len || open_len > PARSE_DELIMITER_MAX ||
	    close_len > PARSE_DELIMITER_MAX || memchr(first, '=', t->body_len))
		return err_input(p->err, p->name, t->line,
				 _("“%.*s” are no two delimiters: write “{{=<| |>=}}”."),
				 (int)(t->body_len > 64 ? 64 : t->body_len), t->body);
	memcpy(p->open, first, open_len);
	memcpy(p->close, second, close_len);
	p->open_len = open_len;
	p->close_len = close_len;
	return 0;
}

/*
 * A tag that makes no output and has its line for itself takes the whole line away with it.
 * *RET_LINE is where the line starts, *RET_NEXT what follows its end.
 */
static bool parse_is_standalone(const struct parser *p, const struct tag *t, const char **ret_line,
				const char **ret_next)
{
	const char *before = t->start, *after = t->after;

	while (before > p->text && parse_is_blank(before[-1]))
		before--;
	if (before > p->text && before[-1] != '\n')
		return false;
	while (after < p->end && parse_is_blank(*after))
		after++;
	if (after < p->end && *after == '\r' && after + 1 < p->end && after[1] == '\n')
		after++;
	if (after < p->end && *after++ != '\n')
		return false;
	*ret_line = before;
	*ret_next = after;
	return true;
}

static void parse_flush(struct parser *p, const char *until)
{
	if (until > p->literal)
		parse_add(p, TOKEN_TEXT, p->literal, (size_t)(until - p->literal), 0);
}

static int parse_check_name(struct parser *p, const struct tag *t)
{
	if (!t->body_len)
		return err_input(p->err, p->name, t->line, _("this tag has no name."));
	for (size_t i = 0; i < t->body_len; i++)
		if (parse_is_space(t->body[i]))
			return err_input(p->err, p->name, t->line,
					 _("“%.*s” is no name: names have no blanks."),
					 (int)(t->body_len > 64 ? 64 : t->body_len), t->body);
	return 0;
}

static int parse_section_start(struct parser *p, const struct tag *t)
{
	if (p->n_sections == PARSE_SECTIONS_MAX)
		return err_input(p->err, p->name, t->line,
				 _("more than %d sections are open inside each other."),
				 PARSE_SECTIONS_MAX);
	p->sections[p->n_sections++] = p->list->n;
	parse_add(p, t->sigil == '#' ? TOKEN_SECTION : TOKEN_INVERTED, t->body, t->body_len,
		  t->line);
	return 0;
}

static int parse_section_end(struct parser *p, const struct tag *t)
{
	struct token *start;

	if (!p->n_sections)
		return err_input(p->err, p->name, t->line,
				 _("“%.*s” ends here, but no section is open."), (int)t->body_len,
				 t->body);
	start = &p->list->items[p->sections[p->n_sections - 1]];
	if (start->len != t->body_len || memcmp(start->text, t->body, t->body_len))
		return err_input(p->err, p->name, t->line,
				 _("“%.*s” ends here, but “%.*s” from line %u is open."),
				 (int)t->body_len, t->body, (int)start->len, start->text,
				 start->line);
	start->end = p->list->n;
	p->n_sections--;
	parse_add(p, TOKEN_END, t->body, t->body_len, t->line);
	return 0;
}

static int parse_one(struct parser *p, const char *start)
{
	const char *line = NULL, *next = NULL;
	struct token *partial;
	bool alone;
	struct tag t = { 0 };
	int r = parse_tag(p, start, &t);

	if (r < 0)
		return r;
	if (t.sigil != '!' && t.sigil != '=') {
		r = parse_check_name(p, &t);
		if (r < 0)
			return r;
	}
	alone = t.sigil && t.sigil != '&' && t.sigil != '{' &&
		parse_is_standalone(p, &t, &line, &next);
	parse_flush(p, alone ? line : t.start);
	p->at = p->literal = alone ? next : t.after;

	switch (t.sigil) {
	case '!':
		return 0;
	case '=':
		return parse_delimiters(p, &t);
	case '#':
	case '^':
		return parse_section_start(p, &t);
	case '/':
		return parse_section_end(p, &t);
	case '>':
		partial = parse_add(p, TOKEN_PARTIAL, t.body, t.body_len, t.line);
		if (alone) {
			partial->indent = line;
			partial->indent_len = (size_t)(t.start - line);
		}
		return 0;
	case '&':
	case '{':
		parse_add(p, TOKEN_RAW, t.body, t.body_len, t.line);
		return 0;
	default:
		parse_add(p, TOKEN_VALUE, t.body, t.body_len, t.line);
		return 0;
	}
}

int render_parse(const char *text, size_t len, const char *name, struct token_list *ret,
		 struct err *err)
{
	_cleanup_token_list_ struct token_list list = { 0 };
	struct parser p = {
		.text = text, .end = text + len, .at = text, .literal = text, .name = name,
		.counted = text, .line = 1, .open = "{{", .close = "}}", .open_len = 2,
		.close_len = 2, .list = &list, .err = err,
	};

	for (;;) {
		const char *start = parse_find(p.at, p.end, p.open, p.open_len);
		int r;

		if (!start)
			break;
		r = parse_one(&p, start);
		if (r < 0)
			return r;
	}
	if (p.n_sections) {
		const struct token *open = &list.items[p.sections[p.n_sections - 1]];

		return err_input(err, name, open->line, _("section “%.*s” is never closed."),
				 (int)open->len, open->text);
	}
	parse_flush(&p, p.end);
	*ret = list;
	list = (struct token_list){ 0 };
	return 0;
}
