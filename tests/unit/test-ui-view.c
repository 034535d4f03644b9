/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/unit.h"
#include "ui/text.h"
#include "ui/view.h"

#include <locale.h>

static struct view view;
static struct screen screen;

static void build(struct screen_row *rows, unsigned n, int cols, const char *filter)
{
	const struct view_request req = { .screen = &screen, .cols = cols, .filter = filter };

	screen.rows = rows;
	screen.n_rows = n;
	view_done(&view);
	view_build(&req, &view);
	for (unsigned i = 0; i < view.n_lines; i++)
		ck_assert_int_le(text_width(view.lines[i].text), cols);
	for (unsigned i = 0; i < view.n_button_lines; i++)
		ck_assert_int_le(text_width(view.button_lines[i].text), cols);
}

static void setup(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	screen = (struct screen){ .kind = SCREEN_PAGE, .id = "x" };
}

static void teardown(void)
{
	view_done(&view);
}

static struct screen_row tree[] = {
	{ ROW_TEXT, .label = "Mark devices." },
	{ ROW_GROUP, "g1", .label = "Group 1", .marked = true, .state = ROW_OK, .note = "as a whole" },
	{ ROW_CHECK, "d1", 1, "01:00.0 NVIDIA RTX 3060", "10de:2504", "nouveau", .marked = true },
	{ ROW_CHECK, "d2", 1, "01:00.1 NVIDIA Audio", "10de:228e", "snd_hda_intel", .disabled = true },
	{ ROW_GROUP, "g2", .label = "Group 2", .state = ROW_PROBLEM, .note = "the host needs it" },
	{ ROW_CHECK, "d3", 1, "00:02.0 Intel UHD 630", "8086:9bc5", "i915" },
};

START_TEST(columns_stand_below_each_other)
{
	build(tree, ARRAY_SIZE(tree), 80, NULL);
	ck_assert_uint_eq(view.n_lines, 5);
	ck_assert_str_eq(view.lines[0].text, " Mark devices.");
	ck_assert_str_eq(view.lines[1].text,
			 "   - Group 1                                 OK  as a whole");
	ck_assert_str_eq(view.lines[2].text,
			 "     [x] 01:00.0 NVIDIA RTX 3060  10de:2504      nouveau");
	ck_assert_str_eq(view.lines[3].text,
			 "     no  01:00.1 NVIDIA Audio     10de:228e      snd_hda_intel");
	ck_assert_str_eq(view.lines[4].text,
			 "   + Group 2                                 !!  the host needs it");
	ck_assert_int_eq(view.lines[4].mark.style, VIEW_PROBLEM);
	ck_assert_int_eq(view.lines[4].mark.col, 45);
}
END_TEST

START_TEST(the_state_outlives_narrow_columns)
{
	for (int cols = 60; cols < 100; cols++) {
		build(tree, ARRAY_SIZE(tree), cols, NULL);
		ck_assert(text_contains(view.lines[1].text, " OK"));
		ck_assert(text_contains(view.lines[4].text, " !!"));
		ck_assert(text_contains(view.lines[2].text, "[x] 01:00.0"));
	}
	/* not meant to be read, but nothing may be written past the edge */
	for (int cols = 40; cols < 60; cols++)
		build(tree, ARRAY_SIZE(tree), cols, NULL);
}
END_TEST

START_TEST(a_filter_finds_in_closed_groups)
{
	build(tree, ARRAY_SIZE(tree), 80, "8086");
	ck_assert_uint_eq(view.n_lines, 3);
	ck_assert_int_ge(view_find(&view, "g2"), 0);
	ck_assert_int_ge(view_find(&view, "d3"), 0);
	ck_assert_int_lt(view_find(&view, "d1"), 0);
	ck_assert_uint_eq(view.n_matching, 1);
	ck_assert_uint_eq(view.n_listed, 5);
	build(tree, ARRAY_SIZE(tree), 80, "group 2");
	ck_assert_int_ge(view_find(&view, "d3"), 0);
	build(tree, ARRAY_SIZE(tree), 80, "nothing like that");
	ck_assert_uint_eq(view.n_row_items, 0);
	ck_assert_uint_eq(view.n_lines, 1);
}
END_TEST

START_TEST(wide_characters_keep_the_columns)
{
	struct screen_row rows[] = {
		{ ROW_FACT, "a", 0, "日本語", "グラフィック", .state = ROW_OK, .note = "x" },
		{ ROW_FACT, "b", 0, "Memory", "32 GiB", .state = ROW_UNKNOWN, .note = "y" },
	};

	build(rows, 2, 60, NULL);
	ck_assert_str_eq(view.lines[0].text, "   日本語  グラフィック  OK  x");
	ck_assert_str_eq(view.lines[1].text, "   Memory  32 GiB        ??  y");
}
END_TEST

START_TEST(long_lines_of_a_file_go_on_below)
{
	struct screen_row rows[] = {
		{ ROW_DIFF, .label = "+ 0123456789abcdefghij" },
		{ ROW_DIFF, "here", .label = "- 0123456789abcdefghij" },
	};

	build(rows, 2, 20, NULL);
	ck_assert_str_eq(view.lines[0].text, "   + 0123456789abc\\");
	ck_assert_str_eq(view.lines[1].text, "   defghij");
	ck_assert_str_eq(view.lines[2].text, "   - 0123456789abc~");
	ck_assert_int_eq(view.lines[2].mark.style, VIEW_PROBLEM);
	ck_assert_uint_eq(view.n_lines, 3);
}
END_TEST

START_TEST(buttons_wrap_and_name_what_is_not_possible)
{
	static const struct screen_button buttons[] = {
		{ "back", "Back", false, NULL },
		{ "next", "Continue with 2 devices", true, "Mark a device first." },
		{ "more", "Show what differs", false, NULL },
	};

	screen.buttons = buttons;
	screen.n_buttons = 3;
	build(NULL, 0, 80, NULL);
	ck_assert_uint_eq(view.n_button_lines, 1);
	ck_assert_str_eq(view.button_lines[0].text,
			 "   [ Back ]   [-Continue with 2 devices-]   [ Show what differs ]");
	build(NULL, 0, 50, NULL);
	ck_assert_uint_eq(view.n_button_lines, 2);
	ck_assert_uint_eq(view.items[2].line, 1);
	ck_assert_int_eq(view.items[1].col, 14);
	build(NULL, 0, 20, NULL);
	ck_assert_uint_eq(view.n_button_lines, 3);
}
END_TEST

START_TEST(lists_and_fields_show_their_values)
{
	struct screen_row rows[] = {
		{ ROW_FIELD, "name", .label = "Name", .value = "win11" },
		{ ROW_LIST, "os", .label = "System", .value = "Linux", .choices = "Windows|Linux|other" },
		{ ROW_FACT, NULL, .label = "Fixed", .value = "cannot be reached" },
	};

	build(rows, 3, 80, NULL);
	ck_assert_str_eq(view.lines[0].text, "   Name    win11___________________");
	ck_assert(text_contains(view.lines[1].text, "System  < Linux >"));
	ck_assert(text_contains(view.lines[1].text, "(Windows, other)"));
	ck_assert_uint_eq(view.n_items, 2);
	ck_assert_uint_ne(view.items[0].part, view.items[1].part);
}
END_TEST

START_TEST(text_keeps_its_lines_and_indents)
{
	struct screen_row rows[] = {
		{ ROW_TEXT, .label = "First\n\n  two words here" },
		{ ROW_TEXT, .label = "" },
	};

	build(rows, 2, 16, NULL);
	ck_assert_str_eq(view.lines[0].text, " First");
	ck_assert_str_eq(view.lines[1].text, " ");
	ck_assert_str_eq(view.lines[2].text, "   two words");
	ck_assert_str_eq(view.lines[3].text, "   here");
	ck_assert_uint_eq(view.n_lines, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ui-view");
	TCase *tc = tcase_create("view");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, columns_stand_below_each_other);
	tcase_add_test(tc, the_state_outlives_narrow_columns);
	tcase_add_test(tc, a_filter_finds_in_closed_groups);
	tcase_add_test(tc, wide_characters_keep_the_columns);
	tcase_add_test(tc, long_lines_of_a_file_go_on_below);
	tcase_add_test(tc, buttons_wrap_and_name_what_is_not_possible);
	tcase_add_test(tc, lists_and_fields_show_their_values);
	tcase_add_test(tc, text_keeps_its_lines_and_indents);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
