/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "base/arena.h"
#include "output/render.h"

#include <errno.h>
#include <string.h>

/* A template, its data, partials in JSON, and what must come out. */
struct render_case {
	const char *what, *template, *data, *partials, *expected;
};

static const struct render_case render_cases[] = {
	/* interpolation */
	{ "text alone", "A kettle.\n", "{}", NULL, "A kettle.\n" },
	{ "a value", "[{{drink}}]", "{\"drink\":\"tea\"}", NULL, "[tea]" },
	{ "blanks inside the tag", "[{{ drink\t}}]", "{\"drink\":\"tea\"}", NULL, "[tea]" },
	{ "blanks around stay", " {{a}} \n", "{\"a\":1}", NULL, " 1 \n" },
	{ "no second look at values", "{{a}}", "{\"a\":\"{{b}}\",\"b\":1}", NULL, "{{b}}" },
	{ "escaped", "{{a}}", "{\"a\":\"<\\\"&>\"}", NULL, "&lt;&quot;&amp;&gt;" },
	{ "triple is raw", "{{{a}}} {{{ a }}}", "{\"a\":\"<&>\"}", NULL, "<&> <&>" },
	{ "ampersand is raw", "{{&a}} {{& a }}", "{\"a\":\"<&>\"}", NULL, "<&> <&>" },
	{ "integer", "{{n}}", "{\"n\":-85}", NULL, "-85" },
	{ "real", "{{n}} {{m}}", "{\"n\":1.210,\"m\":0.1}", NULL, "1.21 0.1" },
	{ "truth", "{{t}} {{f}}", "{\"t\":true,\"f\":false}", NULL, "true false" },
	{ "null and absent are empty", "[{{n}}{{x}}]", "{\"n\":null}", NULL, "[]" },
	{ "objects are empty", "[{{o}}{{l}}]", "{\"o\":{\"a\":1},\"l\":[1]}", NULL, "[]" },
	{ "dotted", "{{a.b.c}}", "{\"a\":{\"b\":{\"c\":\"x\"}}}", NULL, "x" },
	{ "dotted, broken chain", "[{{a.b.c}}]", "{\"a\":{\"c\":1},\"b\":{\"c\":2}}", NULL, "[]" },
	{ "dotted is no key", "[{{a.b}}]", "{\"a.b\":1}", NULL, "[]" },
	{ "dotted, first part decides", "{{#a}}[{{b.c}}]{{/a}}",
	  "{\"a\":{\"b\":{}},\"b\":{\"c\":\"no\"}}", NULL, "[]" },
	{ "dotted, first part from outside", "{{#a}}{{b.c}}{{/a}}",
	  "{\"a\":{\"x\":1},\"b\":{\"c\":\"yes\"}}", NULL, "yes" },
	{ "implicit iterator of the root", "{{.}} {{{.}}}", "\"<\"", NULL, "&lt; <" },
	/* sections */
	{ "true", "[{{#t}}x{{/t}}]", "{\"t\":true}", NULL, "[x]" },
	{ "false", "[{{#t}}x{{/t}}]", "{\"t\":false}", NULL, "[]" },
	{ "null", "[{{#t}}x{{/t}}]", "{\"t\":null}", NULL, "[]" },
	{ "absent", "[{{#t}}x{{/t}}]", "{}", NULL, "[]" },
	{ "object", "{{#o}}{{a}}{{b}}{{/o}}", "{\"o\":{\"a\":1},\"b\":2}", NULL, "12" },
	{ "inner name wins", "{{#o}}{{a}}{{/o}}{{a}}", "{\"o\":{\"a\":1},\"a\":2}", NULL, "12" },
	{ "list", "{{#l}}<{{n}}>{{/l}}", "{\"l\":[{\"n\":1},{\"n\":2}]}", NULL, "<1><2>" },
	{ "empty list", "[{{#l}}x{{/l}}]", "{\"l\":[]}", NULL, "[]" },
	{ "list of values", "{{#l}}({{.}}){{/l}}", "{\"l\":[\"a\",2,1.5]}", NULL, "(a)(2)(1.5)" },
	{ "list of lists", "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "{\"l\":[[1,2],[3]]}", NULL,
	  "(12)(3)" },
	{ "list at the root", "{{#.}}({{v}}){{/.}}", "[{\"v\":1},{\"v\":2}]", NULL, "(1)(2)" },
	{ "zero and empty text are true", "{{#z}}x{{/z}}{{#e}}y{{/e}}", "{\"z\":0,\"e\":\"\"}", NULL,
	  "xy" },
	{ "value as context", "{{#a}}{{.}}{{/a}}", "{\"a\":\"x\"}", NULL, "x" },
	{ "same name nested", "{{#b}}1{{#b}}2{{/b}}3{{/b}}", "{\"b\":true}", NULL, "123" },
	{ "twice", "{{#b}}1{{/b}}-{{#b}}2{{/b}}", "{\"b\":true}", NULL, "1-2" },
	{ "dotted section", "{{#a.b}}x{{/a.b}}{{#a.c}}y{{/a.c}}", "{\"a\":{\"b\":true}}", NULL, "x" },
	{ "blanks in section tags", "{{# b }}x{{/ b }}", "{\"b\":true}", NULL, "x" },
	{ "three levels", "{{#a}}{{#b}}{{#c}}{{x}}{{y}}{{z}}{{/c}}{{/b}}{{/a}}",
	  "{\"a\":{\"x\":1,\"b\":{\"y\":2,\"c\":{\"z\":3}}}}", NULL, "123" },
	/* inverted sections */
	{ "inverted false", "{{^f}}x{{/f}}", "{\"f\":false}", NULL, "x" },
	{ "inverted absent", "{{^f}}x{{/f}}", "{}", NULL, "x" },
	{ "inverted empty list", "{{^f}}x{{/f}}", "{\"f\":[]}", NULL, "x" },
	{ "inverted true", "[{{^f}}x{{/f}}]", "{\"f\":[0]}", NULL, "[]" },
	{ "inverted dotted", "{{^a.b}}x{{/a.b}}", "{\"a\":{}}", NULL, "x" },
	/* comments */
	{ "comment", "a{{! {{ }}b", "{}", NULL, "ab" },
	{ "comment in a line keeps blanks", "a {{!x}} b", "{}", NULL, "a  b" },
	{ "long comment alone", "a\n{{!\nx\n}}\nb\n", "{}", NULL, "a\nb\n" },
	{ "indented comment alone", "a\n\t {{! x }} \t\nb", "{}", NULL, "a\nb" },
	/* delimiters */
	{ "delimiters", "{{=<% %>=}}<%a%>{{a}}", "{\"a\":1}", NULL, "1{{a}}" },
	{ "delimiters of one sign", "({{=[ ]=}}[a])", "{\"a\":1}", NULL, "(1)" },
	{ "delimiters with blanks", "{{= |  | =}}|a|", "{\"a\":1}", NULL, "1" },
	{ "delimiters there and back", "{{=| |=}}|a||={{ }}=|{{a}}", "{\"a\":1}", NULL, "11" },
	{ "delimiters in a section go on", "{{#s}}{{=| |=}}|a||/s||a|", "{\"s\":true,\"a\":1}", NULL,
	  "11" },
	{ "delimiters alone on a line", "a\n  {{=| |=}}\nb\n", "{}", NULL, "a\nb\n" },
	{ "raw with other delimiters", "{{=| |=}}|&a|", "{\"a\":\"<\"}", NULL, "<" },
	{ "partials start with the usual ones", "{{=| |=}}|>p|", "{\"a\":1}",
	  "{\"p\":\"{{a}}|a|\"}", "1|a|" },
	{ "partials keep theirs", "{{>p}}{{a}}", "{\"a\":1}", "{\"p\":\"{{=| |=}}|a|\"}", "11" },
	/* partials */
	{ "partial", "[{{>p}}]", "{\"a\":1}", "{\"p\":\"-{{a}}-\"}", "[-1-]" },
	{ "no such partial", "[{{>p}}]", "{}", "{}", "[]" },
	{ "partial sees the section", "{{#l}}{{>p}}{{/l}}", "{\"l\":[{\"a\":1},{\"a\":2}]}",
	  "{\"p\":\"{{a}};\"}", "1;2;" },
	{ "recursive partial", "{{>n}}", "{\"v\":1,\"k\":[{\"v\":2,\"k\":[]},{\"v\":3,\"k\":[]}]}",
	  "{\"n\":\"{{v}}({{#k}}{{>n}}{{/k}})\"}", "1(2()3())" },
	{ "partial in a line is not indented", "  {{a}}  {{>p}}\n", "{\"a\":1}", "{\"p\":\">\\n>\"}",
	  "  1  >\n>\n" },
	{ "partial alone is indented", "\\\n {{>p}}\n/\n", "{}", "{\"p\":\"|\\n|\\n\"}",
	  "\\\n |\n |\n/\n" },
	{ "values in it are not", " {{>p}}\n", "{\"a\":\"<\\n-\"}", "{\"p\":\"|\\n{{{a}}}\\n\"}",
	  " |\n <\n-\n" },
	{ "indents add up", " {{>p}}\n", "{}", "{\"p\":\"a\\n {{>q}}\\n\",\"q\":\"b\\nc\\n\"}",
	  " a\n  b\n  c\n" },
	/* standalone lines */
	{ "section lines", "a\n{{#b}}\nx\n{{/b}}\nc\n", "{\"b\":true}", NULL, "a\nx\nc\n" },
	{ "indented section lines", "a\n  {{#b}}\t\nx\n\t{{/b}}\nc", "{\"b\":true}", NULL, "a\nx\nc" },
	{ "inverted lines", "a\n{{^b}}\nx\n{{/b}}\nc\n", "{}", NULL, "a\nx\nc\n" },
	{ "line end of DOS", "a\r\n{{#b}}\r\nx\r\n{{/b}}\r\nc\r\n", "{\"b\":true}", NULL,
	  "a\r\nx\r\nc\r\n" },
	{ "first line", "  {{#b}}\nx{{/b}}\ny", "{\"b\":true}", NULL, "x\ny" },
	{ "last line without end", "a\n {{#b}}{{/b}}", "{\"b\":true}", NULL, "a\n " },
	{ "last line with one tag", "{{#b}}x\n  {{/b}}", "{\"b\":true}", NULL, "x\n" },
	{ "two tags are not alone", " {{#b}} {{/b}} \n", "{\"b\":true}", NULL, "   \n" },
	{ "value alone keeps its line", "a\n  {{v}}\nb\n", "{\"v\":1}", NULL, "a\n  1\nb\n" },
	{ "raw value alone keeps its line", "{{{v}}}\n{{&v}}\n", "{\"v\":1}", NULL, "1\n1\n" },
	{ "lone CR is no line end", "{{!x}}\ra", "{}", NULL, "\ra" },
};

static int case_partial(void *user, const char *name, char **ret)
{
	const json_t *text = json_object_get(user, name);

	if (!text)
		return -ENOENT;
	*ret = xstrdup(json_string_value(text));
	return 0;
}

static int case_render(const char *template, const char *data, const char *partials,
		       enum render_escape escape, struct str *out, struct err *err)
{
	_cleanup_json_ json_t *context = json_loads(data, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	_cleanup_json_ json_t *parts = partials ? json_loads(partials, 0, NULL) : json_object();
	struct render_request req = {
		.text = template, .len = strlen(template), .name = "t.mustache",
		.context = context, .escape = escape, .partial = case_partial, .user = parts,
	};

	ck_assert_ptr_nonnull(context);
	ck_assert_ptr_nonnull(parts);
	return render(&req, out, err);
}

START_TEST(test_rules)
{
	const struct render_case *c = &render_cases[_i];
	_cleanup_str_ struct str out = { 0 };
	struct err err = { 0 };

	ck_assert_msg(case_render(c->template, c->data, c->partials, RENDER_ESCAPE_HTML, &out, &err) ==
			      0,
		      "%s: %s", c->what, err.msg);
	ck_assert_msg(str_eq(str_c(&out), c->expected), "%s: got [%s], want [%s]", c->what,
		      str_c(&out), c->expected);
}
END_TEST

static const struct {
	const char *template, *message;
} broken_cases[] = {
	{ "a\nb {{name", "t.mustache:2: " },
	{ "{{{a}}", "t.mustache:1: " },
	{ "{{a\n", "t.mustache:1: " },
	{ "\n\n{{#a}}x", "t.mustache:3: section “a” is never closed" },
	{ "{{#a}}\n{{/b}}", "t.mustache:2: “b” ends here, but “a” from line 1" },
	{ "{{#a}}{{#b}}{{/a}}{{/b}}", "t.mustache:1: " },
	{ "x\n{{/a}}", "t.mustache:2: “a” ends here, but no section" },
	{ "{{=a=}}", "t.mustache:1: " },
	{ "{{= =}}", "t.mustache:1: " },
	{ "{{=a b c=}}", "t.mustache:1: " },
	{ "{{=a= b=}}", "t.mustache:1: " },
	{ "{{=| |}}", "t.mustache:1: " },
	{ "{{}}", "t.mustache:1: this tag has no name" },
	{ "{{#}}{{/}}", "t.mustache:1: " },
	{ "{{a b}}", "t.mustache:1: " },
	{ "\n{{>bad}}", "bad:2: " },
	{ "{{>loop}}", "loop:1: partial “loop” is more than 64 partials deep" },
};

START_TEST(test_broken)
{
	_cleanup_str_ struct str out = { 0 };
	struct err err = { 0 };

	str_add(&out, "kept");
	ck_assert_int_lt(case_render(broken_cases[_i].template, "{\"a\":true}",
				     "{\"bad\":\"x\\n{{#a}}\",\"loop\":\"{{>loop}}\"}",
				     RENDER_ESCAPE_NONE, &out, &err),
			 0);
	ck_assert_int_eq(err.kind, ERR_INPUT);
	ck_assert_msg(str_starts_with(err.msg, broken_cases[_i].message), "%s: got “%s”",
		      broken_cases[_i].template, err.msg);
	ck_assert_str_eq(str_c(&out), "kept"); /* nothing half-written */
}
END_TEST

START_TEST(test_floods_end)
{
	_cleanup_str_ struct str out = { 0 }, deep = { 0 };
	struct err err = { 0 };

	/* Doubles at each of 64 levels: must stop by size, soon. */
	ck_assert_int_lt(case_render("{{>p}}", "{\"l\":[1,2,3,4,5,6,7,8]}",
				     "{\"p\":\"0123456789{{#l}}{{>p}}{{/l}}\"}", RENDER_ESCAPE_NONE, &out,
				     &err),
			 0);
	ck_assert_int_eq(err.kind, ERR_INPUT);
	for (int i = 0; i < 100000; i++)
		str_add(&deep, "{{#a}}");
	err = (struct err){ 0 };
	ck_assert_int_lt(case_render(str_c(&deep), "{\"a\":true}", NULL, RENDER_ESCAPE_NONE, &out, &err),
			 0);
	ck_assert_int_eq(err.kind, ERR_INPUT);
}
END_TEST

static void assert_escaped(enum render_escape escape, const char *data, const char *expected)
{
	_cleanup_str_ struct str out = { 0 };
	struct err err = { 0 };

	ck_assert_int_eq(case_render("{{a}}", data, NULL, escape, &out, &err), 0);
	ck_assert_str_eq(str_c(&out), expected);
}

START_TEST(test_escapes)
{
	_cleanup_str_ struct str out = { 0 };
	_cleanup_json_ json_t *bad = json_pack("{so}", "a", json_stringn_nocheck("a\xff\xc0\x80z", 5));
	struct render_request req = { .text = "{{a}}", .len = 5, .name = "t", .context = bad,
				      .escape = RENDER_ESCAPE_XML };

	assert_escaped(RENDER_ESCAPE_XML, "{\"a\":\"<a b='c' d=\\\"e\\\">&\"}",
		       "&lt;a b=&apos;c&apos; d=&quot;e&quot;&gt;&amp;");
	assert_escaped(RENDER_ESCAPE_XML, "{\"a\":\"a\\tb\\nc\\rd\"}", "a&#9;b&#10;c&#13;d");
	assert_escaped(RENDER_ESCAPE_XML, "{\"a\":\"x\\u0001\\u0000\\u001by\"}",
		       "x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdy");
	assert_escaped(RENDER_ESCAPE_XML, "{\"a\":\"é\\ufffe😀\"}", "é\xef\xbf\xbd😀");
	assert_escaped(RENDER_ESCAPE_SHELL, "{\"a\":\"it's $(reboot) `x` \\\\ \\\"\"}",
		       "'it'\\''s $(reboot) `x` \\ \"'");
	assert_escaped(RENDER_ESCAPE_SHELL, "{\"a\":\"\"}", "''");
	assert_escaped(RENDER_ESCAPE_SHELL, "{\"b\":1}", "''");
	assert_escaped(RENDER_ESCAPE_SHELL, "{\"a\":8}", "'8'");
	assert_escaped(RENDER_ESCAPE_NONE, "{\"a\":\"<'>\"}", "<'>");
	ck_assert_int_eq(render(&req, &out, NULL), 0);
	ck_assert_str_eq(str_c(&out), "a\xef\xbf\xbd\xef\xbf\xbdz");
}
END_TEST

START_TEST(test_escape_words)
{
	enum render_escape e;

	ck_assert_int_eq(render_escape_parse("shell", &e), 0);
	ck_assert_int_eq(e, RENDER_ESCAPE_SHELL);
	ck_assert_int_eq(render_escape_parse("XML", &e), -EINVAL);
	ck_assert_int_eq(render_escape_for("/a.sh/domain.xml.mustache"), RENDER_ESCAPE_XML);
	ck_assert_int_eq(render_escape_for("x.xml"), RENDER_ESCAPE_XML);
	ck_assert_int_eq(render_escape_for("qemu.sh.mustache"), RENDER_ESCAPE_SHELL);
	ck_assert_int_eq(render_escape_for("modprobe.conf.mustache"), RENDER_ESCAPE_NONE);
	ck_assert_int_eq(render_escape_for("xml"), RENDER_ESCAPE_NONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("output-render");
	TCase *t = tcase_create("render");

	tcase_add_loop_test(t, test_rules, 0, ARRAY_SIZE(render_cases));
	tcase_add_loop_test(t, test_broken, 0, ARRAY_SIZE(broken_cases));
	tcase_add_test(t, test_floods_end);
	tcase_add_test(t, test_escapes);
	tcase_add_test(t, test_escape_words);
	suite_add_tcase(s, t);
	return unit_run(s);
}
