/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/unit.h"
#include "base/str.h"
#include "wizard/frontend.h"

#include <locale.h>
#include <string.h>

static struct frontend *frontend;
static FILE *in, *out;
static char *printed;
static size_t printed_len;
static struct screen screen;
static struct event event;
static struct err error;

static struct screen_row rows[] = {
	{ ROW_TEXT, .label = "Mark devices." },
	{ ROW_CHECK, "gpu", .label = "RTX 3060", .help = "A card.", .detail = "Reset: FLR" },
	{ ROW_CHECK, "usb", .label = "USB \033[2Jcontroller" },
	{ ROW_FACT, "fact", .label = "IOMMU", .value = "off", .state = ROW_PROBLEM },
};
static const struct screen_button buttons[] = {
	{ "back", "Back", false, NULL },
	{ "next", "Continue", false, NULL },
	{ "no", "Start now", true, "Nothing is marked." },
};

static void with_input(const char *text)
{
	static char copy[512];

	snprintf(copy, sizeof(copy), "%s", text);
	in = fmemopen(copy, strlen(copy) + !*copy, "r");
	if (!*text)
		fgetc(in);
	out = open_memstream(&printed, &printed_len);
	frontend = frontend_plain_new(in, out);
	rows[1].marked = false;
	screen = (struct screen){ .kind = SCREEN_PAGE, .id = "devices", .title = "Choose devices",
				  .rows = rows, .n_rows = ARRAY_SIZE(rows), .buttons = buttons,
				  .n_buttons = ARRAY_SIZE(buttons), .keys = "f Show  1-4 View",
				  .help = "About groups." };
	error = (struct err){ 0 };
}

static enum event_kind show(void)
{
	ck_assert_int_eq(frontend->ops->show(frontend, &screen, &event, &error), 0);
	fflush(out);
	return event.kind;
}

static void done(void)
{
	frontend->ops->close(frontend, NULL);
	fclose(in);
	fclose(out);
	free(printed);
	printed = NULL;
}

START_TEST(numbers_words_and_letters_answer)
{
	with_input("1\nusb\nCont\nback\nb\nn\nu\nq\nf\nIOMMU\n\n");
	ck_assert_int_eq(show(), EVENT_KEY); /* the step's own 1 comes first */
	ck_assert_int_eq(event.key, '1');
	ck_assert_int_eq(show(), EVENT_TOGGLE);
	ck_assert_str_eq(event.id, "usb");
	ck_assert_int_eq(show(), EVENT_BUTTON);
	ck_assert_str_eq(event.id, "next");
	ck_assert_int_eq(show(), EVENT_BUTTON);
	ck_assert_str_eq(event.id, "back");
	ck_assert_int_eq(show(), EVENT_BACK);
	ck_assert_int_eq(show(), EVENT_NEXT);
	ck_assert_int_eq(show(), EVENT_UNDO);
	ck_assert_int_eq(show(), EVENT_QUIT);
	ck_assert_int_eq(show(), EVENT_KEY);
	ck_assert_int_eq(event.key, 'f');
	ck_assert_int_eq(show(), EVENT_OPEN);
	ck_assert_str_eq(event.id, "fact");
	ck_assert_int_eq(show(), EVENT_BUTTON); /* Enter is the way on */
	ck_assert_str_eq(event.id, "next");
	done();
}
END_TEST

START_TEST(the_end_of_input_is_a_hang_up)
{
	with_input("");
	ck_assert_int_eq(show(), EVENT_HANGUP);
	ck_assert_int_eq(show(), EVENT_HANGUP);
	done();
}
END_TEST

START_TEST(what_is_not_there_is_asked_again)
{
	with_input("nonsense\n99\n6\n?\n? 1\n5\n");
	screen.keys = NULL;
	ck_assert_int_eq(show(), EVENT_BUTTON);
	ck_assert_str_eq(event.id, "next");
	ck_assert_ptr_nonnull(strstr(printed, "There is no \"nonsense\" here."));
	ck_assert_ptr_nonnull(strstr(printed, "There is no \"99\" here."));
	ck_assert_ptr_nonnull(strstr(printed, "Nothing is marked."));
	ck_assert_ptr_nonnull(strstr(printed, "About groups."));
	ck_assert_ptr_nonnull(strstr(printed, "Reset: FLR"));
	ck_assert_ptr_null(strchr(printed, '\033'));
	done();
}
END_TEST

START_TEST(several_numbers_are_several_marks)
{
	with_input("1, 2\nn\n");
	screen.keys = NULL;
	ck_assert_int_eq(show(), EVENT_TOGGLE);
	ck_assert_str_eq(event.id, "gpu");
	rows[1].marked = true;
	ck_assert_int_eq(show(), EVENT_TOGGLE);
	ck_assert_str_eq(event.id, "usb");
	ck_assert_int_eq(show(), EVENT_NEXT);
	done();
}
END_TEST

START_TEST(nothing_is_told_twice)
{
	const char *first;

	with_input("1\nn\n");
	screen.keys = NULL;
	show();
	ck_assert_ptr_nonnull(strstr(printed, "[ ] RTX 3060"));
	rows[1].marked = true;
	show();
	first = strstr(printed, "Mark devices.");
	ck_assert_ptr_nonnull(strstr(printed, "[x] RTX 3060"));
	ck_assert_ptr_null(strstr(first + 1, "Mark devices."));
	done();
}
END_TEST

START_TEST(fields_are_asked_one_by_one)
{
	static struct screen_row form[] = {
		{ ROW_FIELD, "name", .label = "Name", .value = "win11" },
		{ ROW_LIST, "os", .label = "System", .value = "Linux", .choices = "Windows|Linux" },
	};

	with_input("bad name\nwin\n1\nn\n");
	screen.rows = form;
	screen.n_rows = 2;
	ck_assert_int_eq(show(), EVENT_SET);
	ck_assert_str_eq(event.text, "bad name");
	screen.message_kind = MESSAGE_ERROR;
	screen.message = "no blanks";
	ck_assert_int_eq(show(), EVENT_SET); /* the wrong one again */
	ck_assert_str_eq(event.id, "name");
	ck_assert_str_eq(event.text, "win");
	screen.message_kind = MESSAGE_NONE;
	ck_assert_int_eq(show(), EVENT_SET);
	ck_assert_str_eq(event.id, "os");
	ck_assert_str_eq(event.text, "Windows");
	ck_assert_int_eq(show(), EVENT_NEXT);
	done();
}
END_TEST

START_TEST(words_have_to_be_typed)
{
	with_input("\nblack\n");
	screen.kind = SCREEN_TYPED;
	screen.word = "BLACK";
	ck_assert_int_eq(show(), EVENT_CLOSE);
	ck_assert_int_eq(show(), EVENT_BUTTON);
	ck_assert_str_eq(event.id, "confirm");
	ck_assert_str_eq(event.text, "black");
	done();
}
END_TEST

START_TEST(enter_in_a_popup_is_the_safe_button)
{
	with_input("\n");
	screen.kind = SCREEN_POPUP;
	ck_assert_int_eq(show(), EVENT_BUTTON);
	ck_assert_str_eq(event.id, "back");
	done();
}
END_TEST

START_TEST(answers_go_on_but_never_type)
{
	static const struct screen_button ask[] = { { "back", "Go back", false, NULL },
						    { "confirm", "Write", false, NULL } };
	struct screen s = { .kind = SCREEN_PAGE, .id = "a", .title = "A page" };
	struct frontend *f;

	out = open_memstream(&printed, &printed_len);
	f = frontend_answers_new(out);
	ck_assert_int_eq(f->ops->show(f, &s, &event, &error), 0);
	ck_assert_int_eq(event.kind, EVENT_NEXT);
	s.kind = SCREEN_POPUP;
	ck_assert_int_eq(f->ops->show(f, &s, &event, &error), 0);
	ck_assert_int_eq(event.kind, EVENT_CLOSE);
	s.buttons = ask;
	s.n_buttons = 2;
	ck_assert_int_eq(f->ops->show(f, &s, &event, &error), 0);
	ck_assert_int_eq(event.kind, EVENT_BUTTON);
	ck_assert_str_eq(event.id, "confirm");
	s.missing_answer = "machine.name";
	ck_assert_int_lt(f->ops->show(f, &s, &event, &error), 0);
	ck_assert_int_eq(error.kind, ERR_ANSWER_MISSING);
	ck_assert_ptr_nonnull(strstr(error.msg, "machine.name"));
	ck_assert_int_eq(err_exit_code(&error), 3);
	s.missing_answer = NULL;
	s.kind = SCREEN_TYPED;
	s.word = "BLACK";
	ck_assert_int_lt(f->ops->show(f, &s, &event, &error), 0);
	f->ops->close(f, "Done.");
	fclose(out);
	ck_assert_ptr_nonnull(strstr(printed, "A page\n"));
	ck_assert_ptr_nonnull(strstr(printed, "Done.\n"));
	free(printed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ui-plain");
	TCase *tc = tcase_create("plain");

	setlocale(LC_ALL, "C.UTF-8");
	tcase_add_test(tc, numbers_words_and_letters_answer);
	tcase_add_test(tc, the_end_of_input_is_a_hang_up);
	tcase_add_test(tc, what_is_not_there_is_asked_again);
	tcase_add_test(tc, several_numbers_are_several_marks);
	tcase_add_test(tc, nothing_is_told_twice);
	tcase_add_test(tc, fields_are_asked_one_by_one);
	tcase_add_test(tc, words_have_to_be_typed);
	tcase_add_test(tc, enter_in_a_popup_is_the_safe_button);
	tcase_add_test(tc, answers_go_on_but_never_type);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
