/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"
#include "base/spawn.h"
#include "base/str.h"
#include "model/plan.h"
#include "tests/lib/unit.h"

#include <string.h>

static void write_file(const char *path, const char *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

/* patch(1) is the judge of a diff: applied to BEFORE it must give AFTER. */
static void expect_patch_works(const char *before, const char *after)
{
	struct change c = { .kind = before ? CHANGE_EDIT : CHANGE_CREATE, .path = "/file", .before = before,
			    .before_len = before ? strlen(before) : 0, .after = after,
			    .after_len = strlen(after) };
	_cleanup_free_ char *diff = change_diff(&c);
	const char *const argv[] = { "patch", "-s", "--binary", "-F0", "-p1", "-d", "/tmp/vfio-wizard-diff", NULL };
	const struct spawn_request req = { .argv = argv, .input = diff, .input_len = strlen(diff) };
	_cleanup_spawn_result_ struct spawn_result result = { 0 };
	char got[65536];
	FILE *f;
	size_t n;

	ck_assert_int_eq(system("rm -rf /tmp/vfio-wizard-diff && mkdir /tmp/vfio-wizard-diff"), 0);
	if (before)
		write_file("/tmp/vfio-wizard-diff/file", before, strlen(before));
	ck_assert_int_eq(spawn_run(&req, &result, NULL), 0);
	ck_assert_msg(result.exit_status == 0, "%s\n%s", result.output, diff);
	f = fopen("/tmp/vfio-wizard-diff/file", "r");
	/* patch removes what became empty. */
	n = f ? fread(got, 1, sizeof(got), f) : 0;
	if (f)
		fclose(f);
	ck_assert_msg(n == strlen(after) && memcmp(got, after, n) == 0, "%s\ngave: %.*s", diff, (int)n, got);
	ck_assert_int_eq(system("rm -rf /tmp/vfio-wizard-diff"), 0);
}

static const struct {
	const char *before, *after;
} diffs[] = {
	{ "a\nb\nc\n", "a\nB\nc\n" },
	{ "a\n", "a\nb\n" },
	{ "a\nb\n", "b\n" },
	{ "a\nb", "a\nb\n" },
	{ "a\nb\n", "a\nb" },
	{ "a\nb", "a\nc" },
	{ "a", "b\na" },
	{ "", "a\n" },
	{ "a\n", "" },
	{ "a\r\nb\r\n", "a\r\nb\r\nc\r\n" },
	{ "a\r\nb\r\n", "a\nb\n" },
	{ "\n\n\n", "\n\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\nx\n3\n4\n5\n6\n7\n8\ny\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "x\n2\n3\n4\n5\n6\n7\n8\n9\ny\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n2\n3\n4\n5\n6\n7\n8\ny\n" },
	{ "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n" },
	{ "--- a\n+++ b\n", "--- a\n-- c\n+++ b\n" },
};

START_TEST(patch_takes_every_diff)
{
	if (!spawn_is_installed("patch"))
		return;
	expect_patch_works(diffs[_i].before, diffs[_i].after);
	expect_patch_works(diffs[_i].after, diffs[_i].before);
}
END_TEST

START_TEST(how_a_diff_looks)
{
	struct change c = { .kind = CHANGE_EDIT, .path = "/etc/a b", .before = "1\n2\n3\n4\n5\n6\n7\nx",
			    .before_len = 15, .after = "1\n2\n3\n4\nfive\n6\n7\nx", .after_len = 18 };
	_cleanup_free_ char *edit = change_diff(&c), *create = NULL, *run = NULL;

	ck_assert_str_eq(edit, "--- a/etc/a b\t\n+++ b/etc/a b\t\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n"
			       " 7\n x\n\\ No newline at end of file\n");
	c = (struct change){ .kind = CHANGE_CREATE, .path = "/new", .after = "1\n", .after_len = 2 };
	create = change_diff(&c);
	ck_assert_str_eq(create, "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+1\n");
	c.kind = CHANGE_RUN;
	run = change_diff(&c);
	ck_assert_str_eq(run, "");
}
END_TEST

START_TEST(large_files_stay_quick)
{
	_cleanup_str_ struct str before = { 0 }, after = { 0 };
	_cleanup_free_ char *diff = NULL;
	struct change c = { .kind = CHANGE_EDIT, .path = "/f" };

	for (int i = 0; i < 20000; i++) {
		str_addf(&before, "line %d\n", i);
		str_addf(&after, "line %d\n", i % 3 ? i : -i);
	}
	c.before = before.data;
	c.before_len = before.len;
	c.after = after.data;
	c.after_len = after.len;
	diff = change_diff(&c);
	ck_assert_ptr_nonnull(strstr(diff, "-line 19998\n"));
}
END_TEST

START_TEST(sha256)
{
	/* The examples of FIPS 180-2, and lengths around the padding's edges against sha256sum(1). */
	char hex[SHA256_TEXT], a[1000];

	sha256_hex("", 0, hex);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex("abc", 3, hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
	ck_assert_str_eq(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(a, 'a', sizeof(a));
	sha256_hex(a, 1000, hex);
	ck_assert_str_eq(hex, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
	sha256_hex(a, 64, hex);
	ck_assert_str_eq(hex, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}
END_TEST

static void add(struct plan *p, struct stage *s, const char *path, const char *before, const char *after)
{
	stage_add_file(p, s, path, before, before ? strlen(before) : 0, after, strlen(after), 0644, "why");
}

START_TEST(building_a_plan)
{
	_cleanup_plan_ struct plan *p = plan_new();
	struct stage *kernel = plan_stage(p, "kernel", "Kernel", STAGE_END_REBOOT);
	struct stage *bind = plan_stage(p, "bind", "Bind", STAGE_END_REBOOT);
	static const char *const argv[] = { "update-grub", NULL };
	struct change *run;

	ck_assert_ptr_eq(plan_stage(p, "kernel", "again", STAGE_END_NONE), kernel);
	plan_stage(p, "empty", "Empty", STAGE_END_NONE);
	plan_stage(p, "setup", "Setup", STAGE_END_FIRMWARE);
	add(p, kernel, "/same", "x", "x");
	ck_assert_uint_eq(kernel->n_changes, 0);
	add(p, kernel, "/etc/default/grub", "1", "2");
	add(p, kernel, "/etc/default/grub", "2", "3");
	ck_assert_uint_eq(kernel->n_changes, 1);
	ck_assert_str_eq(kernel->changes[0]->before, "1");
	ck_assert_str_eq(kernel->changes[0]->after, "3");
	/* There and back again is no change at all. */
	add(p, kernel, "/b", "1", "2");
	add(p, kernel, "/b", "2", "1");
	ck_assert_uint_eq(kernel->n_changes, 1);
	run = stage_add_run(p, kernel, argv, "why");
	ck_assert_str_eq(run->argv[0], "update-grub");
	ck_assert_ptr_null(run->argv[1]);
	/* What the command saw stays what it saw. */
	add(p, kernel, "/etc/default/grub", "3", "4");
	ck_assert_uint_eq(kernel->n_changes, 3);
	ck_assert_str_eq(plan_last_change(p, "/etc/default/grub")->after, "4");
	add(p, bind, "/etc/new", NULL, "");
	ck_assert_int_eq(bind->changes[0]->kind, CHANGE_CREATE);
	ck_assert_ptr_null(plan_last_change(p, "/nothing"));
	stage_add_promise(p, bind, PROMISE_FILE, "id", "text");
	ck_assert_uint_eq(bind->n_promises, 1);
	plan_finish(p);
	ck_assert_uint_eq(p->n_stages, 3);
	ck_assert_str_eq(p->stages[2]->name, "setup");
	ck_assert_ptr_null(p->stages[3]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model-plan");
	TCase *tc = tcase_create("plan");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, patch_takes_every_diff, 0, ARRAY_SIZE(diffs));
	tcase_add_test(tc, how_a_diff_looks);
	tcase_add_test(tc, large_files_stay_quick);
	tcase_add_test(tc, sha256);
	tcase_add_test(tc, building_a_plan);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
