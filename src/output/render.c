/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/render.h"

#include "base/arena.h"
#include "output/render-parse.h"

#include <errno.h>
#include <string.h>

#define RENDER_PARTIALS_MAX 64
/* Two partials that name each other twice would write without end. */
#define RENDER_BYTES_MAX ((size_t)16 << 20)

/* The context stack, innermost first; each frame lives on the C stack of its section. */
struct frame {
	const json_t *value;
	const struct frame *outer;
};

struct renderer {
	const struct render_request *req;
	struct str *out;
	struct err *err;
	unsigned depth; /* partials inside partials */
	const char *name;
	const struct token *tokens;
};

static const char *const escape_words[] = {
	[RENDER_ESCAPE_XML] = "xml",
	[RENDER_ESCAPE_SHELL] = "shell",
	[RENDER_ESCAPE_NONE] = "none",
	[RENDER_ESCAPE_HTML] = "html",
};

int render_escape_parse(const char *word, enum render_escape *ret)
{
	for (unsigned i = 0; i < ARRAY_SIZE(escape_words); i++) {
		if (strcmp(escape_words[i], word) == 0) {
			*ret = (enum render_escape)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "/etc/x.d/domain.xml.mustache" → XML: the suffix counts, with or without ".mustache". */
enum render_escape render_escape_for(const char *template_name)
{
	const char *base = strrchr(template_name, '/');

	base = base ? base + 1 : template_name;
	for (const char *dot = strchr(base, '.'); dot; dot = strchr(dot + 1, '.')) {
		size_t n = strcspn(dot + 1, ".");

		if (n == 3 && memcmp(dot + 1, "xml", 3) == 0)
			return RENDER_ESCAPE_XML;
		if (n == 2 && memcmp(dot + 1, "sh", 2) == 0)
			return RENDER_ESCAPE_SHELL;
	}
	return RENDER_ESCAPE_NONE;
}

/*
 * Length of the UTF-8 sequence at S when it is a character XML 1.0 allows, else 0: no controls but
 * tab, line feed and carriage return, no surrogates, no U+FFFE and U+FFFF.
 */
static size_t render_xml_char(const unsigned char *s, size_t len)
{
	unsigned long cp;
	size_t n;

	if (s[0] < 0x80)
		return s[0] >= 0x20 || s[0] == '\t' || s[0] == '\n' || s[0] == '\r';
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
		cp = s[0] & 0x1fu;
	} else if ((s[0] & 0xf0) == 0xe0) {
		n = 3;
		cp = s[0] & 0x0fu;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		cp = s[0] & 0x07u;
	} else {
		return 0;
	}
	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3fu);
	}
	if ((n == 3 && cp < 0x800) || (n == 4 && (cp < 0x10000 || cp > 0x10ffff)) ||
	    (cp >= 0xd800 && cp <= 0xdfff) || cp == 0xfffe || cp == 0xffff)
		return 0;
	return n;
}

static void render_escape_xml_byte(struct str *out, char c)
{
	switch (c) {
	case '&':
		str_add(out, "&amp;");
		break;
	case '<':
		str_add(out, "&lt;");
		break;
	case '>':
		str_add(out, "&gt;");
		break;
	case '"':
		str_add(out, "&quot;");
		break;
	case '\'':
		str_add(out, "&apos;");
		break;
	case '\t':
	case '\n':
	case '\r': /* a parser would fold them into spaces inside attributes */
		str_addf(out, "&#%d;", c);
		break;
	default:
		str_addc(out, c);
	}
}

static void render_escape_xml(struct str *out, const char *text, size_t len)
{
	while (len) {
		size_t n = render_xml_char((const unsigned char *)text, len);

		if (n == 0) {
			str_add(out, "\xef\xbf\xbd");
			for (n = 1; n < len && (text[n] & 0xc0) == 0x80;)
				n++; /* one mark for one broken character */
		} else if (n > 1) {
			str_addn(out, text, n);
		} else {
			render_escape_xml_byte(out, *text);
		}
		text += n;
		len -= n;
	}
}

static void render_escape_html(struct str *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '&':
			str_add(out, "&amp;");
			break;
		case '<':
			str_add(out, "&lt;");
			break;
		case '>':
			str_add(out, "&gt;");
			break;
		case '"':
			str_add(out, "&quot;");
			break;
		default:
			str_addc(out, text[i]);
		}
	}
}

/* Inside single quotes only the single quote itself means something; NUL cannot be in a script. */
static void render_escape_shell(struct str *out, const char *text, size_t len)
{
	str_addc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'')
			str_add(out, "'\\''");
		else if (text[i])
			str_addc(out, text[i]);
	}
	str_addc(out, '\'');
}

static void render_escaped(struct str *out, enum render_escape escape, const char *text, size_t len)
{
	switch (escape) {
	case RENDER_ESCAPE_XML:
		render_escape_xml(out, text, len);
		break;
	case RENDER_ESCAPE_SHELL:
		render_escape_shell(out, text, len);
		break;
	case RENDER_ESCAPE_HTML:
		render_escape_html(out, text, len);
		break;
	case RENDER_ESCAPE_NONE:
		str_addn(out, text, len);
		break;
	}
}

static const json_t *render_member(const json_t *object, const char *name, size_t len)
{
	_cleanup_free_ char *key = xstrndup(name, len);

	return json_object_get(object, key); /* NULL when OBJECT is none */
}

/* The first part of a dotted name is looked up through the stack, the others only inside it. */
static const json_t *render_lookup(const struct frame *frame, const char *name, size_t len)
{
	const char *end = name + len;
	const json_t *value = NULL;
	size_t part;

	if (len == 1 && *name == '.')
		return frame->value;
	part = strcspn(name, ".");
	if (part > len)
		part = len;
	for (; frame && !value; frame = frame->outer)
		value = render_member(frame->value, name, part);
	for (name += part; value && name < end; name += part) {
		name++; /* the dot */
		part = strcspn(name, ".");
		if (part > (size_t)(end - name))
			part = (size_t)(end - name);
		value = render_member(value, name, part);
	}
	return value;
}

static void render_value(struct renderer *r, const json_t *value, enum render_escape escape)
{
	char text[64];

	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		render_escaped(r->out, escape, json_string_value(value), json_string_length(value));
		return;
	case JSON_INTEGER:
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		/* The shortest text that reads back as the same number: 1.21, not 1.2099999999. */
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, json_real_value(value));
			if (!(strtod(text, NULL) < json_real_value(value)) &&
			    !(strtod(text, NULL) > json_real_value(value)))
				break;
		}
		break;
	case JSON_TRUE:
		strcpy(text, "true");
		break;
	case JSON_FALSE:
		strcpy(text, "false");
		break;
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY:
	default:
		text[0] = '\0'; /* nothing that could be written */
	}
	/* An absent value is still one word for the shell. */
	render_escaped(r->out, escape, text, strlen(text));
}

static bool render_is_true(const json_t *value)
{
	return value && !json_is_null(value) && !json_is_false(value) &&
	       !(json_is_array(value) && json_array_size(value) == 0);
}

static int render_template(struct renderer *r, const char *text, size_t len, const char *name,
			   const struct frame *frame);
static int render_range(struct renderer *r, size_t from, size_t to, const struct frame *frame);

/* INDENT in front of every line of TEXT, before it is parsed: what tags write is not indented. */
static char *render_indent(const char *text, const char *indent, size_t indent_len)
{
	_cleanup_str_ struct str s = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");

		if (text[n])
			n++;
		str_addn(&s, indent, indent_len);
		str_addn(&s, text, n);
		text += n;
	}
	return str_steal(&s);
}

static int render_partial(struct renderer *r, const struct token *t, const struct frame *frame)
{
	const struct render_request *req = r->req;
	_cleanup_free_ char *name = xstrndup(t->text, t->len), *text = NULL, *indented = NULL;
	const char *outer_name = r->name;
	const struct token *outer_tokens = r->tokens;
	int ret = req->partial ? req->partial(req->user, name, &text) : -ENOENT;

	if (ret == -ENOENT)
		return 0; /* the specification: no partial, no text */
	if (ret < 0)
		return err_input(r->err, r->name, t->line, _("partial “%s” cannot be read: %s."), name,
				 strerror(-ret));
	if (r->depth == RENDER_PARTIALS_MAX)
		return err_input(r->err, r->name, t->line,
				 _("partial “%s” is more than %d partials deep."), name,
				 RENDER_PARTIALS_MAX);
	if (t->indent_len)
		indented = render_indent(text, t->indent, t->indent_len);
	r->depth++;
	ret = render_template(r, indented ? indented : text, strlen(indented ? indented : text),
			      name, frame);
	r->depth--;
	r->name = outer_name;
	r->tokens = outer_tokens;
	return ret;
}

static int render_section(struct renderer *r, size_t at, const struct frame *frame)
{
	const struct token *t = &r->tokens[at];
	const json_t *value = render_lookup(frame, t->text, t->len);
	struct frame inner = { .value = value, .outer = frame };
	size_t i;

	if (t->kind == TOKEN_INVERTED)
		return render_is_true(value) ? 0 : render_range(r, at + 1, t->end, frame);
	if (!render_is_true(value))
		return 0;
	if (!json_is_array(value))
		return render_range(r, at + 1, t->end, &inner);
	for (i = 0; i < json_array_size(value); i++) {
		int ret;

		inner.value = json_array_get(value, i);
		ret = render_range(r, at + 1, t->end, &inner);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int render_range(struct renderer *r, size_t from, size_t to, const struct frame *frame)
{
	for (size_t i = from; i < to; i++) {
		const struct token *t = &r->tokens[i];
		int ret = 0;

		switch (t->kind) {
		case TOKEN_TEXT:
			str_addn(r->out, t->text, t->len);
			break;
		case TOKEN_VALUE:
			render_value(r, render_lookup(frame, t->text, t->len), r->req->escape);
			break;
		case TOKEN_RAW:
			render_value(r, render_lookup(frame, t->text, t->len), RENDER_ESCAPE_NONE);
			break;
		case TOKEN_SECTION:
		case TOKEN_INVERTED:
			ret = render_section(r, i, frame);
			i = t->end;
			break;
		case TOKEN_PARTIAL:
			ret = render_partial(r, t, frame);
			break;
		case TOKEN_END:
			break;
		}
		if (ret < 0)
			return ret;
		if (r->out->len > RENDER_BYTES_MAX)
			return err_input(r->err, r->name, t->line,
					 _("this template writes more than %zu MiB."),
					 RENDER_BYTES_MAX >> 20);
	}
	return 0;
}

static int render_template(struct renderer *r, const char *text, size_t len, const char *name,
			   const struct frame *frame)
{
	_cleanup_token_list_ struct token_list list = { 0 };
	int ret = render_parse(text, len, name, &list, r->err);

	if (ret < 0)
		return ret;
	r->name = name;
	r->tokens = list.items;
	return render_range(r, 0, list.n, frame);
}

int render(const struct render_request *req, struct str *out, struct err *err)
{
	_cleanup_str_ struct str text = { 0 };
	struct renderer r = { .req = req, .out = &text, .err = err };
	struct frame root = { .value = req->context };
	int ret = render_template(&r, req->text, req->len, req->name, &root);

	if (ret < 0)
		return ret;
	str_addn(out, str_c(&text), text.len);
	return 0;
}
