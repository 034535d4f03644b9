/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/spawn.h"
#include "base/str.h"
#include "tests/lib/unit.h"

#include <signal.h>
#include <string.h>
#include <time.h>

static int shell(const char *script, unsigned timeout_s, const char *input, struct spawn_result *ret)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct spawn_request req = { .argv = argv, .timeout_s = timeout_s, .input = input,
				     .input_len = input ? strlen(input) : 0 };

	return spawn_run(&req, ret, NULL);
}

START_TEST(output_and_status)
{
	_cleanup_spawn_result_ struct spawn_result r = { 0 };

	ck_assert_int_eq(shell("echo out; echo err >&2; exit 7", 10, NULL, &r), 0);
	ck_assert_int_eq(r.exit_status, 7);
	ck_assert_str_eq(r.output, "out\nerr\n");
	ck_assert(!r.timed_out);
}
END_TEST

START_TEST(input_larger_than_a_pipe)
{
	_cleanup_spawn_result_ struct spawn_result r = { 0 };
	_cleanup_str_ struct str input = { 0 };

	for (int i = 0; i < 50000; i++)
		str_add(&input, "0123456789\n");
	ck_assert_int_eq(shell("cat", 20, input.data, &r), 0);
	ck_assert_uint_eq(r.output_len, input.len);
	ck_assert_mem_eq(r.output, input.data, input.len);
}
END_TEST

START_TEST(input_that_nobody_reads)
{
	_cleanup_spawn_result_ struct spawn_result r = { 0 };
	_cleanup_str_ struct str input = { 0 };

	for (int i = 0; i < 50000; i++)
		str_add(&input, "0123456789\n");
	ck_assert_int_eq(shell("exit 3", 20, input.data, &r), 0);
	ck_assert_int_eq(r.exit_status, 3);
}
END_TEST

START_TEST(no_terminal_no_questions_no_secrets)
{
	_cleanup_spawn_result_ struct spawn_result r = { 0 };

	setenv("SECRET", "x", 1);
	ck_assert_int_eq(shell("read x; echo \"[$x]\" $SECRET $LC_ALL; test -t 0 || echo none", 10, NULL, &r), 0);
	ck_assert_str_eq(r.output, "[] C.UTF-8\nnone\n");
}
END_TEST

START_TEST(a_timeout_ends_all_of_it)
{
	_cleanup_spawn_result_ struct spawn_result r = { 0 };
	time_t from = time(NULL);

	ck_assert_int_eq(shell("echo before; sleep 60 & sleep 60", 1, NULL, &r), 0);
	ck_assert(r.timed_out);
	ck_assert_int_eq(r.signal, SIGTERM);
	ck_assert_int_eq(r.exit_status, -1);
	ck_assert_str_eq(r.output, "before\n");
	ck_assert_int_lt(time(NULL) - from, 10);
}
END_TEST

START_TEST(a_daemon_does_not_keep_us)
{
	_cleanup_spawn_result_ struct spawn_result r = { 0 };
	time_t from = time(NULL);

	ck_assert_int_eq(shell("sleep 8 & echo started", 30, NULL, &r), 0);
	ck_assert_str_eq(r.output, "started\n");
	ck_assert_int_lt(time(NULL) - from, 6);
}
END_TEST

START_TEST(what_is_not_installed)
{
	const char *const argv[] = { "no-such-program-here", NULL };
	const struct spawn_request req = { .argv = argv };
	struct spawn_result r = { 0 };
	struct err err = { 0 };

	ck_assert_int_lt(spawn_run(&req, &r, &err), 0);
	ck_assert_int_eq(err_exit_code(&err), 2);
	ck_assert_ptr_nonnull(strstr(err.msg, argv[0]));
	ck_assert(!spawn_is_installed(argv[0]));
	ck_assert(spawn_is_installed("sh"));
}
END_TEST

START_TEST(quoting)
{
	const char *const argv[] = { "a-b=c", "two words", "it's", "", "$x", NULL };
	_cleanup_free_ char *line = spawn_quote(argv);

	ck_assert_str_eq(line, "a-b=c 'two words' 'it'\\''s' '' '$x'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base-spawn");
	TCase *tc = tcase_create("spawn");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, output_and_status);
	tcase_add_test(tc, input_larger_than_a_pipe);
	tcase_add_test(tc, input_that_nobody_reads);
	tcase_add_test(tc, no_terminal_no_questions_no_secrets);
	tcase_add_test(tc, a_timeout_ends_all_of_it);
	tcase_add_test(tc, a_daemon_does_not_keep_us);
	tcase_add_test(tc, what_is_not_installed);
	tcase_add_test(tc, quoting);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
