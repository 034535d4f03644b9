/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "base/strv.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *in, *out;
} printable[] = {
	{ "plain text\twith tab", "plain text\twith tab" },
	{ "\x1b[2Jgone", "?[2Jgone" },
	{ "a\nb\rc\x7f", "a?b?c?" },
	{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x96\xa5", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x96\xa5" },
	{ "\xff\xfe", "??" },
	{ "\xc0\xaf", "??" },		     /* overlong '/' */
	{ "\xe0\x80\xaf", "???" },	     /* the same in three bytes */
	{ "\xed\xa0\x80", "???" },	     /* a surrogate */
	{ "\xf4\x90\x80\x80", "????" },	     /* above U+10FFFF */
	{ "\xc2\x9b" "2J", "??2J" },	     /* C1: CSI in one character */
	{ "\xe2\x80\xae" "exe", "???exe" },  /* right-to-left override */
	{ "cut \xe2\x82", "cut ??" },
};

START_TEST(nothing_moves_the_cursor)
{
	_cleanup_str_ struct str out = { 0 };

	str_add_printable(&out, printable[_i].in);
	ck_assert_str_eq(str_c(&out), printable[_i].out);
}
END_TEST

START_TEST(printable_lines_keep_their_ends)
{
	_cleanup_str_ struct str out = { 0 };

	str_add_printable_lines(&out, "failed:\n  a\rb\033[2J\n\nlast");
	ck_assert_str_eq(str_c(&out), "failed:\n  a?b?[2J\n\nlast");
}
END_TEST

START_TEST(buffers)
{
	_cleanup_str_ struct str s = { 0 };
	_cleanup_free_ char *taken = NULL;

	ck_assert_str_eq(str_c(&s), "");
	for (int i = 0; i < 1000; i++)
		str_addf(&s, "%03d", i);
	ck_assert_uint_eq(s.len, 3000);
	ck_assert_int_eq(strncmp(s.data + 2997, "999", 4), 0);
	taken = str_steal(&s);
	ck_assert_uint_eq(s.len, 0);
	ck_assert_uint_eq(strlen(taken), 3000);
}
END_TEST

START_TEST(numbers)
{
	uint64_t v;

	ck_assert_int_eq(str_to_u64("0x10", 100, &v), 0);
	ck_assert_uint_eq(v, 16);
	ck_assert_int_eq(str_to_u64("100", 100, &v), 0);
	ck_assert_int_eq(str_to_u64("101", 100, &v), -ERANGE);
	ck_assert_int_eq(str_to_u64("99999999999999999999", UINT64_MAX, &v), -ERANGE);
	ck_assert_int_eq(str_to_hex("10de", 0xffff, &v), 0);
	ck_assert_uint_eq(v, 0x10de);
	ck_assert_int_eq(str_to_hex("0x10DE", 0xffff, &v), 0);
	for (const char *const *bad = (const char *const[]){ "", " 1", "-1", "+1", "1 ", "0x", "1a", NULL };
	     *bad; bad++)
		ck_assert_msg(str_to_u64(*bad, 100, &v) == -EINVAL, "\"%s\"", *bad);
}
END_TEST

START_TEST(vectors)
{
	_cleanup_strv_ char **v = strv_split("::b:a::c:", ":");
	_cleanup_free_ char *joined = NULL;

	ck_assert_uint_eq(strv_length(strv_const(v)), 3);
	strv_sort(v);
	joined = strv_join(strv_const(v), ", ");
	ck_assert_str_eq(joined, "a, b, c");
	for (int i = 0; i < 100; i++)
		strv_add_owned(&v, xasprintf("%d", i));
	ck_assert_uint_eq(strv_length(strv_const(v)), 103);
	ck_assert(strv_contains(strv_const(v), "99"));
	ck_assert(!strv_contains(NULL, "99"));
}
END_TEST

START_TEST(arenas)
{
	struct arena *a = arena_new();
	struct arena_list list = { 0 };
	const char *const *v = NULL, *const *before;
	unsigned char *big;

	for (size_t i = 0; i < 3000; i++)
		arena_list_add(a, &list, arena_printf(a, "%zu", i));
	ck_assert_str_eq(list.items[2999], "2999");
	ck_assert_ptr_null(list.items[3000]);
	big = arena_alloc(a, 1000000);
	for (size_t i = 0; i < 1000000; i++)
		ck_assert_uint_eq(big[i], 0);
	arena_strv_add(a, &v, "a");
	before = v;
	arena_strv_add(a, &v, "b");
	ck_assert_str_eq(v[1], "b");
	ck_assert_ptr_null(v[2]);
	ck_assert_ptr_null(before[1]); /* whoever has the old one keeps it */
	ck_assert_ptr_null(arena_strdup(a, NULL));
	arena_free(a);
}
END_TEST

START_TEST(json_and_yaml_name_the_line)
{
	static const char good[] = "# x\na: 1\n\nb:\n  - x\n\n  - y\nc:\nd: >\n  t\n";
	struct err err = { 0 };
	json_t *j, *lines;

	ck_assert_int_lt(json_parse("{\n \"a\": 1,\n}", 12, "f.json", &j, &err), 0);
	ck_assert(str_starts_with(err.msg, "f.json:3: "));
	ck_assert_int_eq(err_exit_code(&err), 65);
	ck_assert_int_lt(json_parse("{\"a\":1,\n\"a\":2}", 14, "f.json", &j, &err), 0);
	ck_assert_int_lt(yaml_parse("a: 1\nb: [\n", 10, "f.yaml", &j, &err), 0);
	ck_assert(str_starts_with(err.msg, "f.yaml:"));
	ck_assert_int_lt(yaml_parse("a: 1\n---\nb: 1\n", 14, "f.yaml", &j, &err), 0);
	ck_assert(str_starts_with(err.msg, "f.yaml:3: "));
	ck_assert_int_eq(yaml_parse_with_lines(good, strlen(good), "f", &j, &lines, &err), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(lines, "a")), 2);
	ck_assert_int_eq(json_integer_value(json_array_get(json_object_get(lines, "b"), 0)), 5);
	ck_assert_int_eq(json_integer_value(json_array_get(json_object_get(lines, "b"), 1)), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(lines, "c")), 8);
	ck_assert_int_eq(json_integer_value(json_object_get(j, "a")), 1);
	ck_assert(json_is_null(json_object_get(j, "c")));
	json_decref(j);
	json_decref(lines);
}
END_TEST

START_TEST(yaml_types)
{
	_cleanup_json_ json_t *j = NULL;
	static const char text[] = "t: true\ny: yes\nz: 007\nn: ~\nq: \"1\"\nx: 0x10\na: 0000:01:00.0\n";

	ck_assert_int_eq(yaml_parse(text, strlen(text), "f", &j, NULL), 0);
	ck_assert(json_is_true(json_object_get(j, "t")));
	ck_assert_str_eq(json_string_value(json_object_get(j, "y")), "yes");
	ck_assert_str_eq(json_string_value(json_object_get(j, "z")), "007");
	ck_assert(json_is_null(json_object_get(j, "n")));
	ck_assert_str_eq(json_string_value(json_object_get(j, "q")), "1");
	ck_assert_str_eq(json_string_value(json_object_get(j, "x")), "0x10");
	ck_assert_str_eq(json_string_value(json_object_get(j, "a")), "0000:01:00.0");
}
END_TEST

START_TEST(errors_keep_their_kind)
{
	struct err err = { 0 };

	ck_assert_int_eq(err_exit_code(&err), 0);
	ck_assert_int_eq(err_set(&err, ERR_WRITE, -EIO, "Cannot %s", "do it"), -EIO);
	ck_assert_int_eq(err_prefix(&err, "%s", "/etc/x"), -EIO);
	ck_assert_str_eq(err.msg, "/etc/x: Cannot do it");
	ck_assert_int_eq(err_exit_code(&err), 73);
	ck_assert_int_eq(err_set(NULL, ERR_BUG, -EIO, "x"), -EIO);
}
END_TEST

START_TEST(errors_never_count_as_success)
{
	struct err err = { 0 };

	ck_assert_int_eq(err_set(&err, ERR_WRITE, 0, "errno was 0"), -EIO);
	ck_assert_int_eq(err.code, -EIO);
	ck_assert_int_lt(err_set(NULL, ERR_WRITE, 0, "x"), 0);
	ck_assert_int_lt(err_hint(NULL, "x"), 0);
	ck_assert_int_lt(err_prefix(NULL, "x"), 0);
	ck_assert_int_eq(err_input(NULL, "file", 3, "x"), -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base-text");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, nothing_moves_the_cursor, 0, ARRAY_SIZE(printable));
	tcase_add_test(tc, printable_lines_keep_their_ends);
	tcase_add_test(tc, buffers);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, vectors);
	tcase_add_test(tc, arenas);
	tcase_add_test(tc, json_and_yaml_name_the_line);
	tcase_add_test(tc, yaml_types);
	tcase_add_test(tc, errors_keep_their_kind);
	tcase_add_test(tc, errors_never_count_as_success);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
