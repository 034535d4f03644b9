/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/atomic.h"
#include "base/str.h"
#include "base/strv.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static char dir[64];
static struct fsroot *root;
static struct arena *arena;

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/vfio-wizard-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(fsroot_open(dir, &root, NULL), 0);
	arena = arena_new();
	ck_assert_int_eq(mkdir("etc", 0755), 0);
}

static void teardown(void)
{
	_cleanup_free_ char *rm = xasprintf("rm -rf %s", dir);

	fsroot_free(root);
	arena_free(arena);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(rm), 0);
}

static void put(const char *path, const char *text)
{
	struct err err = { 0 };
	int r = atomic_write(root, path, text, strlen(text), NULL, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
}

static void expect(const char *path, const char *text)
{
	_cleanup_free_ char *got = NULL;
	int r = fsroot_read(root, path, &got, NULL);

	ck_assert_msg(r == 0, "%s: %s", path, strerror(-r));
	ck_assert_str_eq(got, text);
}

/* Names in "/etc" below the root, in one line. */
static void expect_names(const char *names)
{
	_cleanup_strv_ char **list = NULL;
	_cleanup_free_ char *joined = NULL;

	ck_assert_int_eq(fsroot_list(root, "/etc", &list), 0);
	joined = strv_join(strv_const(list), " ");
	ck_assert_str_eq(joined, names);
}

START_TEST(links_stay_inside)
{
	const char *text;

	put("/etc/inside", "inside\n");
	ck_assert_int_eq(symlink("/etc/inside", "etc/absolute"), 0);
	ck_assert_int_eq(symlink("../../../../../../etc/inside", "etc/up"), 0);
	ck_assert_int_eq(symlink("/etc/passwd", "etc/passwd"), 0);
	ck_assert_int_eq(symlink("/", "slash"), 0);
	expect("/etc/absolute", "inside\n");
	expect("/etc/up", "inside\n");
	expect("slash/etc/inside", "inside\n");
	ck_assert(!fsroot_exists(root, "/etc/passwd")); /* a loop now, never the machine's own */
	ck_assert(!fsroot_exists(root, "/../../../../../bin/sh"));
	ck_assert_int_eq(fsroot_resolve(root, arena, "/slash/etc/absolute", &text), 0);
	ck_assert_str_eq(text, "etc/inside");
	ck_assert_str_eq(fsroot_link_name(root, arena, "/etc/absolute"), "inside");
	ck_assert_ptr_null(fsroot_link_name(root, arena, "/etc/inside"));
	ck_assert_int_eq(fsroot_readlink(root, arena, "/etc/inside", &text), -EINVAL);
}
END_TEST

START_TEST(attributes)
{
	const char *text;
	uint64_t number;

	put("/etc/a", "  0x10de \n");
	put("/etc/b", "4 words\n");
	ck_assert_int_eq(fsroot_read_attr(root, arena, "/etc/a", &text), 0);
	ck_assert_str_eq(text, "0x10de");
	ck_assert_int_eq(fsroot_read_u64(root, "/etc/a", &number), 0);
	ck_assert_uint_eq(number, 0x10de);
	ck_assert_int_eq(fsroot_read_u64(root, "/etc/b", &number), -EINVAL);
	ck_assert_int_eq(fsroot_read_attr(root, arena, "/etc/none", &text), -ENOENT);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(fsroot_read_attr(root, arena, "/etc", &text), -EISDIR);
	/* A pipe must not make anybody wait. */
	ck_assert_int_eq(mkfifo("etc/fifo", 0600), 0);
	ck_assert_int_eq(fsroot_read_attr(root, arena, "/etc/fifo", &text), 0);
	/* Mode 0 keeps root out only where a recording says so. */
	_cleanup_fsroot_ struct fsroot *marked = NULL;

	ck_assert_int_eq(mkdir(".vfio-wizard", 0755), 0);
	put("/" FSROOT_MODE_0_MARK, "");
	ck_assert_int_eq(chmod("etc/a", 0), 0);
	ck_assert_int_eq(fsroot_open(".", &marked, NULL), 0);
	ck_assert_int_eq(fsroot_read_u64(marked, "/etc/a", &number), -EACCES);
}
END_TEST

START_TEST(an_edited_file_keeps_what_it_was)
{
	struct file_attrs attrs = { 0640, geteuid(), getegid() };
	struct stat st;

	ck_assert_int_eq(atomic_write(root, "/etc/f", "old", 3, &attrs, NULL), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown("etc/f", 12, 34), 0);
	ck_assert_int_eq(chmod("etc/f", 0604), 0);
	put("/etc/f", "new");
	expect("/etc/f", "new");
	ck_assert_int_eq(stat("etc/f", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0604);
	if (geteuid() == 0)
		ck_assert(st.st_uid == 12 && st.st_gid == 34);
	expect_names("f");
}
END_TEST

START_TEST(a_link_is_written_through)
{
	struct stat st;

	ck_assert_int_eq(mkdir("etc/real", 0755), 0);
	put("/etc/real/grub", "old");
	ck_assert_int_eq(symlink("/etc/real/grub", "etc/grub"), 0);
	put("/etc/grub", "new");
	expect("/etc/real/grub", "new");
	ck_assert_int_eq(lstat("etc/grub", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(nothing_half_done_is_seen)
{
	struct atomic_file *af;
	struct err err = { 0 };

	put("/etc/f", "old");
	ck_assert_int_eq(atomic_stage(root, "/etc/f", "new", 3, NULL, false, &af, NULL), 0);
	expect("/etc/f", "old");
	atomic_abort(af);
	expect("/etc/f", "old");
	expect_names("f");
	ck_assert_int_eq(atomic_stage(root, "/etc/f", "new", 3, NULL, false, &af, NULL), 0);
	ck_assert_int_eq(atomic_commit(af, NULL), 0);
	expect("/etc/f", "new");
	expect_names("f");
	ck_assert_int_eq(atomic_write(root, "/no/where", "x", 1, NULL, &err), -ENOENT);
	ck_assert_int_eq(err_exit_code(&err), 73);
	/* The waiting file goes away when it cannot be put in place, too. */
	ck_assert_int_eq(mkdir("etc/d", 0755), 0);
	ck_assert_int_lt(atomic_write(root, "/etc/d", "x", 1, NULL, &err), 0);
	expect_names("d f");
}
END_TEST

START_TEST(folders_and_removal)
{
	_cleanup_strv_ char **made = NULL;

	ck_assert_int_eq(atomic_make_dirs(root, "/etc/a/b/c", 0755, &made, NULL), 0);
	ck_assert_uint_eq(strv_length(strv_const(made)), 3);
	ck_assert_str_eq(made[0], "/etc/a");
	ck_assert_str_eq(made[2], "/etc/a/b/c");
	put("/etc/a/b/f", "x");
	ck_assert_int_eq(atomic_remove_dir(root, "/etc/a/b/c", NULL), 0);
	ck_assert_int_eq(atomic_remove_dir(root, "/etc/a/b", NULL), 0); /* not empty: stays */
	expect("/etc/a/b/f", "x");
	ck_assert_int_eq(atomic_remove(root, "/etc/a/b/f", NULL), 0);
	ck_assert_int_eq(atomic_remove(root, "/etc/a/b/f", NULL), 0);
	ck_assert_int_eq(atomic_remove_dir(root, "/etc/a/b", NULL), 0);
	ck_assert(!fsroot_exists(root, "/etc/a/b"));
}
END_TEST

START_TEST(roots)
{
	_cleanup_fsroot_ struct fsroot *live = NULL;
	struct fsroot *none = NULL;
	struct err err = { 0 };

	ck_assert(!fsroot_is_live(root));
	ck_assert_int_eq(fsroot_open("/./", &live, NULL), 0);
	ck_assert(fsroot_is_live(live));
	ck_assert_int_lt(fsroot_open("/nonexistent", &none, &err), 0);
	ck_assert_int_eq(err_exit_code(&err), 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base-files");
	TCase *tc = tcase_create("files");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, links_stay_inside);
	tcase_add_test(tc, attributes);
	tcase_add_test(tc, an_edited_file_keeps_what_it_was);
	tcase_add_test(tc, a_link_is_written_through);
	tcase_add_test(tc, nothing_half_done_is_seen);
	tcase_add_test(tc, folders_and_removal);
	tcase_add_test(tc, roots);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
