/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"
#include "base/str.h"
#include "model/answers.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <string.h>

static int load(struct answers *a, const char *text, struct err *err)
{
	return answers_load(a, text, strlen(text), "answers.yaml", err);
}

START_TEST(sizes)
{
	static const struct {
		const char *text;
		unsigned long long bytes;
	} good[] = {
		{ "16G", 16ULL << 30 },	    { "16 GiB", 16ULL << 30 }, { "16gb", 16ULL << 30 },
		{ "16384", 16ULL << 30 },   { "512M", 512ULL << 20 },  { "1T", 1ULL << 40 },
		{ "4096 k", 4096ULL << 10 }, { "0", 0 },
	};
	static const char *const bad[] = { "", "G", "-1", "16X", "16G ", "1.5G", "16 Gi B", "0x10", "16GG", " 1" };
	unsigned long long bytes;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ck_assert_msg(size_parse(good[i].text, &bytes) == 0, "%s", good[i].text);
		ck_assert_msg(bytes == good[i].bytes, "%s: %llu", good[i].text, bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(size_parse(bad[i], &bytes) == -EINVAL, "%s", bad[i]);
	ck_assert_int_eq(size_parse("99999999999999999999", &bytes), -ERANGE);
	ck_assert_int_eq(size_parse("16777216T", &bytes), -ERANGE);
}
END_TEST

START_TEST(defaults_pass_their_own_check)
{
	for (unsigned i = 0; i < answer_key_count; i++) {
		_cleanup_answers_ struct answers a;
		struct err err = { 0 };
		int r;

		answers_init(&a);
		if (!answer_keys[i].fallback)
			continue;
		r = answers_set(&a, answer_keys[i].key, answer_keys[i].fallback, "--x", &err);
		ck_assert_msg(r == 0, "%s: %s", answer_keys[i].key, err.msg);
		ck_assert_str_eq(answers_get(&a, answer_keys[i].key), answer_keys[i].fallback);
	}
}
END_TEST

START_TEST(what_was_not_said_has_its_default)
{
	_cleanup_answers_ struct answers a;
	const char **all;

	answers_init(&a);
	ck_assert_str_eq(answers_get(&a, "bind"), "libvirt");
	ck_assert(!answers_is_set(&a, "bind"));
	ck_assert(!answers_get_bool(&a, "passthrough-mode"));
	ck_assert_ptr_null(answers_get(&a, "gpu"));
	ck_assert_int_eq(answers_get_number(&a, "memory"), -1);
	all = answers_get_all(&a, "device");
	ck_assert_ptr_null(all[0]);
	free(all);
}
END_TEST

START_TEST(a_whole_file)
{
	_cleanup_answers_ struct answers a, again;
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	const char **all;
	int r;

	answers_init(&a);
	answers_init(&again);
	r = load(&a, "# my machine\n"
		     "gpu: 01:00.0\n"
		     "nvme: auto\n"
		     "device:\n  - 0000:03:00.0\n  - '10000:E1:00.0'\n  - 03:00.0\n"
		     "usb: 046D:C52B\n"
		     "name: win11\n"
		     "memory: 16384\n"
		     "cpus: 8\n"
		     "tpm: true\n"
		     "passthrough-mode: yes\n"
		     "install: \"/srv/it's an.iso\"\n"
		     "disk: '/srv/a: b.qcow2,size=80G'\n"
		     "network: bridge:br0\n"
		     "acs-override: downstream,multifunction\n", &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_str_eq(answers_get(&a, "gpu"), "0000:01:00.0");
	ck_assert_int_eq(answers_get_number(&a, "memory"), 16LL << 30);
	ck_assert_int_eq(answers_get_number(&a, "cpus"), 8);
	ck_assert_str_eq(answers_get(&a, "tpm"), "yes");
	ck_assert(answers_get_bool(&a, "passthrough-mode"));
	all = answers_get_all(&a, "device");
	ck_assert_str_eq(all[0], "0000:03:00.0");
	ck_assert_str_eq(all[1], "10000:e1:00.0");
	ck_assert_ptr_null(all[2]); /* the third is the first */
	free(all);

	text = answers_format(&a);
	r = load(&again, text, &err);
	ck_assert_msg(r == 0, "%s\n%s", err.msg, text);
	ck_assert_msg(json_equal(a.values, again.values), "%s", text);
}
END_TEST

START_TEST(words_that_yaml_could_take_for_something_else)
{
	static const char *const names[] = { "true", "null", "1e3", "007", "12", "yes", "a.b+c-d_e" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_answers_ struct answers a, again;
		_cleanup_free_ char *text = NULL;
		struct err err = { 0 };

		answers_init(&a);
		answers_init(&again);
		ck_assert_int_eq(answers_set(&a, "name", names[i], "--name", &err), 0);
		text = answers_format(&a);
		ck_assert_msg(load(&again, text, &err) == 0, "%s: %s", text, err.msg);
		ck_assert_str_eq(answers_get(&again, "name"), names[i]);
	}
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
	const char *part;
} broken[] = {
	{ "name: a\nmemmory: 16G\n", 2, "memmory" },
	{ "name: a\n\n# x\nmemory: lots\n", 4, "lots" },
	{ "name: a\nmemory:\n  lots\n", 3, "lots" },
	{ "name: a\ngpu:\nos: linux\n", 2, "gpu" },
	{ "device:\n  - 01:00.0\n\n  - 99:99.9\n", 4, "99:99.9" },
	{ "device: [01:00.0,\n  nonsense]\n", 2, "nonsense" },
	{ "device:\n  - 01:00.0\n  -\n", 3, "device" },
	{ "gpu: [01:00.0]\n", 1, "list" },
	{ "gpu:\n  a: b\n", 2, "gpu" },
	{ "os: windows12\n", 1, "windows12" },
	{ "os: windows\n", 1, "windows11" },
	{ "tpm: maybe\n", 1, "maybe" },
	{ "cpus: 0\n", 1, "0" },
	{ "cpus: -2\n", 1, "-2" },
	{ "name: ../x\n", 1, "../x" },
	{ "name: \"a\\nb\"\n", 1, "control" },
	{ "name: \"a\\0b\"\n", 1, "NUL" },
	{ "name: a\nname: b\n", 2, "twice" },
	{ "install: here.iso\n", 1, "absolute" },
	{ "network: 'bridge:'\n", 1, "bridge" },
	{ "usb: port:1-\n", 1, "port" },
	{ "usb: 46d:c52b1\n", 1, "46d" },
	{ "- a\n", 1, "memory" },
	{ "just words\n", 1, "memory" },
	{ "name: a\n b: [\n", 2, "YAML" },
	{ "name: &x a\nos: *x\n", 2, "*name" },
};

START_TEST(mistakes_are_named_with_their_line)
{
	_cleanup_answers_ struct answers a;
	_cleanup_free_ char *where = xasprintf("answers.yaml:%u: ", broken[_i].line);
	struct err err = { 0 };

	answers_init(&a);
	ck_assert_msg(load(&a, broken[_i].text, &err) < 0, "%s", broken[_i].text);
	ck_assert_int_eq(err_exit_code(&err), 65);
	ck_assert_msg(str_starts_with(err.msg, where) && strstr(err.msg, broken[_i].part), "%s => %s",
		      broken[_i].text, err.msg);
}
END_TEST

START_TEST(options_are_usage_errors)
{
	_cleanup_answers_ struct answers a;
	struct err err = { 0 };

	answers_init(&a);
	ck_assert_int_lt(answers_set(&a, "memory", "much", "--memory", &err), 0);
	ck_assert_int_eq(err_exit_code(&err), 64);
	ck_assert(str_starts_with(err.msg, "--memory: "));
	ck_assert(!answers_is_set(&a, "memory"));
	/* A relative path from the command line means the current folder. */
	ck_assert_int_eq(chdir("/usr"), 0);
	ck_assert_int_eq(answers_set(&a, "install", "a.iso", "--install", &err), 0);
	ck_assert_str_eq(answers_get(&a, "install"), "/usr/a.iso");
}
END_TEST

START_TEST(later_ones_win)
{
	_cleanup_answers_ struct answers a = { 0 }, b = { 0 };
	struct err err = { 0 };
	const char **all;

	ck_assert_int_eq(answers_set(&a, "os", "linux", "--os", &err), 0);
	ck_assert_int_eq(answers_set(&a, "device", "01:00.0", "--device", &err), 0);
	ck_assert_int_eq(answers_set(&b, "device", "02:00.0", "--device", &err), 0);
	answers_merge(&a, &b);
	ck_assert_int_eq(answers_set(&b, "device", "03:00.0", "--device", &err), 0);
	all = answers_get_all(&a, "device");
	ck_assert_str_eq(all[0], "0000:02:00.0");
	ck_assert_ptr_null(all[1]);
	free(all);
	ck_assert_str_eq(answers_get(&a, "os"), "linux");
	answers_clear(&a, "os");
	ck_assert(!answers_is_set(&a, "os"));
	answers_copy(&b, &a);
	ck_assert(json_equal(a.values, b.values));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model-answers");
	TCase *tc = tcase_create("answers");

	tcase_add_test(tc, sizes);
	tcase_add_test(tc, defaults_pass_their_own_check);
	tcase_add_test(tc, what_was_not_said_has_its_default);
	tcase_add_test(tc, a_whole_file);
	tcase_add_test(tc, words_that_yaml_could_take_for_something_else);
	tcase_add_loop_test(tc, mistakes_are_named_with_their_line, 0, ARRAY_SIZE(broken));
	tcase_add_test(tc, options_are_usage_errors);
	tcase_add_test(tc, later_ones_win);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
