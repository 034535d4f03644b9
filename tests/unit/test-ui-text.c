/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/unit.h"
#include "base/arena.h"
#include "ui/field.h"
#include "ui/text.h"

#include <locale.h>

static void cut(const char *s, int skip, int cols, const char *expected)
{
	_cleanup_str_ struct str out = { 0 };
	int used = text_add_cut(&out, s, skip, cols);

	ck_assert_str_eq(str_c(&out), expected);
	ck_assert_int_eq(used, text_width(expected));
}

START_TEST(text_is_measured_in_columns)
{
	ck_assert_int_eq(text_width(NULL), 0);
	ck_assert_int_eq(text_width("abc"), 3);
	ck_assert_int_eq(text_width("日本語"), 6);
	ck_assert_int_eq(text_width("Zurück"), 6);
	ck_assert_int_eq(text_width("u\xcc\x88"), 1); /* u and a combining diaeresis */
}
END_TEST

START_TEST(text_is_cut_with_a_tilde)
{
	cut("abc", 0, 3, "abc");
	cut("abcd", 0, 3, "ab~");
	cut("日本語", 0, 6, "日本語");
	cut("日本語", 0, 5, "日本~");
	cut("日本語", 0, 4, "日~");
	cut("abcdef", 2, 3, "cd~");
	cut("日本", 1, 4, " 本");
	cut("abc", 9, 3, "");
	cut("abc", 0, 0, "");
	cut("abc", 0, 1, "~");
}
END_TEST

START_TEST(names_cannot_move_the_cursor)
{
	cut("a\033[2Jb", 0, 20, "a?[2Jb");
	cut("a\xffz", 0, 20, "a?z");
	cut("a\xc2\x9bz", 0, 20, "a?z");	   /* CSI as one character */
	cut("a\xe2\x80\xaez", 0, 20, "a?z");	   /* right-to-left override */
	cut("a\tb\nc", 0, 20, "a b c");
	cut("\xe3\x81", 0, 20, "??");		   /* ends in the middle of a character */
}
END_TEST

START_TEST(other_locales_get_question_marks)
{
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C"));
	cut("日本 OK", 0, 20, "?? OK");
	cut("Zurück", 0, 20, "Zur?ck");
	ck_assert_int_eq(text_width("日本"), 2);
	setlocale(LC_ALL, "C.UTF-8");
}
END_TEST

static void wrap(const char *s, int cols, const char *piece, const char *rest)
{
	const char *next;
	size_t n = text_wrap(s, cols, &next);
	_cleanup_free_ char *got = xstrndup(s, n);

	ck_assert_str_eq(got, piece);
	ck_assert_str_eq(next, rest);
}

START_TEST(running_text_is_wrapped_at_blanks)
{
	wrap("one two three", 7, "one two", "three");
	wrap("one two three", 8, "one two", "three");
	wrap("one two three", 6, "one", "two three");
	wrap("one\ntwo", 20, "one", "two");
	wrap("one", 20, "one", "");
	wrap("", 20, "", "");
	wrap("\nx", 20, "", "x");
	wrap("abcdefgh", 3, "abc", "defgh");
	wrap("  indented text", 10, "  indented", "text");
	wrap("日本語です", 4, "日本", "語です");
	wrap("日本", 1, "日", "本"); /* goes on even where nothing fits */
	wrap("one two\nthree", 7, "one two", "three");
}
END_TEST

START_TEST(words_are_found_in_any_case)
{
	ck_assert(text_contains("NVIDIA GA106", "ga1"));
	ck_assert(text_contains("x", ""));
	ck_assert(!text_contains("NVIDIA", "amd"));
	ck_assert(!text_contains(NULL, "a"));
	ck_assert(!text_contains("", "a"));
	ck_assert(text_contains("ÄRGER", "ärger"));
	ck_assert(text_same_word("Black", "BLACK"));
	ck_assert(!text_same_word("BLAC", "BLACK"));
	ck_assert(!text_same_word("BLACKS", "BLACK"));
}
END_TEST

static void shows(struct field *f, int cols, const char *expected, int expected_col)
{
	int col;
	_cleanup_free_ char *shown = field_show(f, cols, &col);

	ck_assert_str_eq(shown, expected);
	ck_assert_int_eq(col, expected_col);
}

static void has(const struct field *f, const char *expected)
{
	_cleanup_free_ char *text = field_text(f);

	ck_assert_str_eq(text, expected);
}

START_TEST(fields_are_edited_by_character)
{
	_cleanup_field_ struct field f = { 0 };

	field_set(&f, "日本");
	shows(&f, 10, "日本", 4);
	field_edit(&f, FIELD_LEFT);
	ck_assert(field_insert(&f, L'x'));
	has(&f, "日x本");
	field_edit(&f, FIELD_BACKSPACE);
	field_edit(&f, FIELD_BACKSPACE);
	has(&f, "本");
	field_edit(&f, FIELD_BACKSPACE);
	field_edit(&f, FIELD_DELETE);
	field_edit(&f, FIELD_DELETE);
	has(&f, "");
	field_set(&f, "one two");
	field_edit(&f, FIELD_WORD_BACK);
	has(&f, "one ");
	field_edit(&f, FIELD_HOME);
	field_edit(&f, FIELD_KILL);
	has(&f, "");
	field_set(&f, "abc");
	field_edit(&f, FIELD_LEFT);
	field_edit(&f, FIELD_CLEAR);
	has(&f, "c");
}
END_TEST

START_TEST(fields_show_the_part_with_the_cursor)
{
	_cleanup_field_ struct field f = { 0 };

	field_set(&f, "abcdefgh");
	shows(&f, 5, "efgh", 4);
	field_edit(&f, FIELD_HOME);
	shows(&f, 5, "abcde", 0);
	field_edit(&f, FIELD_END);
	field_edit(&f, FIELD_LEFT);
	shows(&f, 5, "defgh", 4);
}
END_TEST

START_TEST(fields_refuse_what_is_no_text)
{
	_cleanup_field_ struct field f = { 0 };
	int n = 0;

	ck_assert(!field_insert(&f, L'\033'));
	ck_assert(!field_insert(&f, L'\n'));
	while (field_insert(&f, L'\u00fc'))
		n++;
	ck_assert_int_gt(n, 200);
	ck_assert_int_le(n * 2, FIELD_MAX_BYTES);
	field_edit(&f, FIELD_BACKSPACE);
	ck_assert(field_insert(&f, L'x'));
}
END_TEST

START_TEST(an_empty_field_can_be_edited)
{
	_cleanup_field_ struct field f = { 0 };

	field_edit(&f, FIELD_BACKSPACE);
	field_edit(&f, FIELD_LEFT);
	field_edit(&f, FIELD_RIGHT);
	has(&f, "");
	shows(&f, 5, "", 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ui-text");
	TCase *text = tcase_create("text"), *field = tcase_create("field");

	setlocale(LC_ALL, "C.UTF-8");
	tcase_add_test(text, text_is_measured_in_columns);
	tcase_add_test(text, text_is_cut_with_a_tilde);
	tcase_add_test(text, names_cannot_move_the_cursor);
	tcase_add_test(text, other_locales_get_question_marks);
	tcase_add_test(text, running_text_is_wrapped_at_blanks);
	tcase_add_test(text, words_are_found_in_any_case);
	tcase_add_test(field, fields_are_edited_by_character);
	tcase_add_test(field, fields_show_the_part_with_the_cursor);
	tcase_add_test(field, fields_refuse_what_is_no_text);
	tcase_add_test(field, an_empty_field_can_be_edited);
	suite_add_tcase(suite, text);
	suite_add_tcase(suite, field);
	return unit_run(suite);
}
