/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "base/strv.h"
#include "tests/lib/unit.h"
#include "model/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#define HEADER "# vfio-wizard recorded host 1\n"

/* The recording in TEXT as an opened root, by way of a file as a person has it. */
static int open_text(const char *text, struct recording **ret, struct err *err)
{
	char file[] = "/tmp/vfio-wizard-test.XXXXXX";
	int fd = mkstemp(file), r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	r = recording_open(file, ret, err);
	unlink(file);
	return r;
}

static void expect_content(const struct recording *rec, const char *path, const char *bytes, size_t len)
{
	_cleanup_free_ char *data = NULL;
	size_t n;
	int r = fsroot_read(recording_root(rec), path, &data, &n);

	ck_assert_msg(r == 0, "%s: %s", path, strerror(-r));
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(data, bytes, len);
}

START_TEST(every_kind_of_entry)
{
	_cleanup_recording_ struct recording *rec = NULL;
	struct arena *a = arena_new();
	struct err err = { 0 };
	struct stat st;
	char **names;
	const char *link;
	int r = open_text(HEADER
			  "/proc/cmdline = ro quiet  twice\n"
			  "\n"
			  "# a comment\n"
			  "/a/no-newline =\\ text\n"
			  "/a/empty =\\\n"
			  "/a/just-newline =\n"
			  "/a/b/hex : 06 0000000A\n"
			  "/a/b/zeros : +3 ff +2\n"
			  "/a/text <<\n"
			  "\tone\n"
			  "\t\n"
			  "\t\tthree # no comment\n"
			  "/a/text2 <<\\\n"
			  "\tone\n"
			  "\ttwo\n"
			  "/a/nothing <<\n"
			  "/a/mode [0600] = x\n"
			  "/sys/kernel/iommu_groups/\n"
			  "/a/link -> /proc/cmdline\n"
			  "/odd\\x20name = y\n"
			  "/locked ! EACCES\n"
			  "/locked-dir/ ! EPERM\n",
			  &rec, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
	expect_content(rec, "/proc/cmdline", "ro quiet  twice\n", 16);
	expect_content(rec, "/a/no-newline", "text", 4);
	expect_content(rec, "/a/empty", "", 0);
	expect_content(rec, "/a/just-newline", "\n", 1);
	expect_content(rec, "/a/b/hex", "\x06\0\0\0\n", 5);
	expect_content(rec, "/a/b/zeros", "\0\0\0\xff\0\0", 6);
	expect_content(rec, "/a/text", "one\n\n\tthree # no comment\n", 25);
	expect_content(rec, "/a/text2", "one\ntwo", 7);
	expect_content(rec, "/a/nothing", "", 0);
	expect_content(rec, "/a/link", "ro quiet  twice\n", 16);
	expect_content(rec, "/odd name", "y\n", 2);
	ck_assert_int_eq(fsroot_stat(recording_root(rec), "/a/mode", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(fsroot_readlink(recording_root(rec), a, "/a/link", &link), 0);
	ck_assert_str_eq(link, "/proc/cmdline");
	ck_assert_int_eq(fsroot_list(recording_root(rec), "/sys/kernel/iommu_groups", &names), 0);
	ck_assert_ptr_null(names);
	/* There, and still not readable: also for root, who runs the tests often enough. */
	ck_assert(fsroot_exists(recording_root(rec), "/locked"));
	ck_assert_int_eq(fsroot_openat(recording_root(rec), "/locked", O_RDONLY), -EACCES);
	ck_assert_int_eq(fsroot_list(recording_root(rec), "/locked-dir", &names), -EACCES);
	ck_assert(!fsroot_is_live(recording_root(rec)));
	arena_free(a);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
} broken[] = {
	{ "", 1 },
	{ "/proc/cmdline = x\n", 1 },
	{ "# vfio-wizard recorded host 2\n", 1 },
	{ HEADER "/a = x\n/a = y\n", 3 },
	{ HEADER "/a <<\n\tx\n\ty\n/b = 1\n/a <<\n\tz\n", 6 },
	{ HEADER "/a/../b = x\n", 2 },
	{ HEADER "/.. = x\n", 2 },
	{ HEADER "/a/./b = x\n", 2 },
	{ HEADER "/a//b = x\n", 2 },
	{ HEADER "/\n", 2 },
	{ HEADER "/a/\\x2e\\x2e/b = x\n", 2 },
	{ HEADER "/a\\x00b = x\n", 2 },
	{ HEADER "/a\\x2 = x\n", 2 },
	{ HEADER "/a\\ = x\n", 2 },
	{ HEADER "relative = x\n", 2 },
	{ HEADER "\tstray\n", 2 },
	{ HEADER "/a\n", 2 },
	{ HEADER "/a x\n", 2 },
	{ HEADER "/a =x\n", 2 },
	{ HEADER "/a : 0\n", 2 },
	{ HEADER "/a : 0g\n", 2 },
	{ HEADER "/a : +\n", 2 },
	{ HEADER "/a : 00 +0\n", 2 },
	{ HEADER "/a : +1048577\n", 2 },
	{ HEADER "/a : +99999999999999999999\n", 2 },
	{ HEADER "/a : +3ff\n", 2 },
	{ HEADER "/a << x\n", 2 },
	{ HEADER "/a ->\n", 2 },
	{ HEADER "/a [9] = x\n", 2 },
	{ HEADER "/a [0600 = x\n", 2 },
	{ HEADER "/a [77777] = x\n", 2 },
	{ HEADER "/a [0600 root] = x\n", 2 },
	{ HEADER "/a ! ENOENT\n", 2 },
	{ HEADER "/a/ = x\n", 2 },
	{ HEADER "/a = x\n/a/b = y\n", 3 },
	/* Out of the tree through a link of its own. */
	{ HEADER "/a -> /tmp\n/a/escaped = x\n", 3 },
	{ HEADER "/a -> ../../tmp\n/a/b/escaped = x\n", 3 },
	{ HEADER "/a -> b\n/a = x\n", 3 },
};

START_TEST(broken_lines_are_named)
{
	_cleanup_recording_ struct recording *rec = NULL;
	_cleanup_free_ char *want = xasprintf(":%u: ", broken[_i].line);
	struct err err = { 0 };

	ck_assert_int_lt(open_text(broken[_i].text, &rec, &err), 0);
	ck_assert_msg(err.kind == ERR_INPUT && strstr(err.msg, want), "%s: kind %d, \"%s\"",
		      broken[_i].text, (int)err.kind, err.msg);
	ck_assert_int_eq(access("/tmp/escaped", F_OK), -1);
}
END_TEST

START_TEST(a_missing_file_is_bad_input)
{
	struct recording *rec = NULL;
	struct err err = { 0 };

	ck_assert_int_lt(recording_open("/nonexistent/host.txt", &rec, &err), 0);
	ck_assert_int_eq(err_exit_code(&err), 65);
}
END_TEST

START_TEST(nothing_stays_behind)
{
	char dir[] = "/tmp/vfio-wizard-test.XXXXXX";
	struct recording *rec = NULL;
	struct err err = { 0 };
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	setenv("TMPDIR", dir, 1);
	ck_assert_int_eq(open_text(HEADER "/a/b/c = x\n/d -> /etc\n/e/ ! EACCES\n", &rec, &err), 0);
	ck_assert(str_starts_with(fsroot_display(recording_root(rec)), dir));
	ck_assert_int_eq(stat(fsroot_display(recording_root(rec)), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	recording_close(rec);
	ck_assert_int_lt(open_text(HEADER "/a = x\nbroken\n", &rec, &err), 0);
	ck_assert_msg(rmdir(dir) == 0, "something was left in %s", dir);
	unsetenv("TMPDIR");
}
END_TEST

START_TEST(a_large_host_is_fast)
{
	_cleanup_recording_ struct recording *rec = NULL;
	_cleanup_str_ struct str text = { 0 };
	struct err err = { 0 };
	struct timespec from, to;

	str_add(&text, HEADER);
	for (int d = 0; d < 400; d++)
		for (int f = 0; f < 15; f++)
			str_addf(&text, "/sys/devices/pci0000:00/0000:%02x:%02x.0/attr%d = 0x%x\n", d >> 5,
				 d & 31, f, f);
	clock_gettime(CLOCK_MONOTONIC, &from);
	ck_assert_int_eq(open_text(str_c(&text), &rec, &err), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	/* Takes some 50 ms; the bound only has to catch something quadratic. */
	ck_assert_int_lt((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000, 5000);
	expect_content(rec, "/sys/devices/pci0000:00/0000:0c:0f.0/attr14", "0xe\n", 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model-recording");
	TCase *tc = tcase_create("recording");

	tcase_add_test(tc, every_kind_of_entry);
	tcase_add_loop_test(tc, broken_lines_are_named, 0, ARRAY_SIZE(broken));
	tcase_add_test(tc, a_missing_file_is_bad_input);
	tcase_add_test(tc, nothing_stays_behind);
	tcase_add_test(tc, a_large_host_is_fast);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
