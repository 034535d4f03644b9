/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Files that are removed and symbolic links that are pointed elsewhere: applied, undone, and met by others. */
#include "tests/lib/change-scene.h"
#include "tests/lib/unit.h"

#include <sys/xattr.h>

#define ENTRY "/boot/loader/entries/trial.conf"
#define LINK SCENE_LINK
#define NEW_LINK "/boot/initrd.img"

static const char entry_text[] = "title trial\noptions quiet\n";
static struct tree tree;
static struct plan *plan;
static struct stage *stage;
static char *before;
static struct err error;

static void setup(void)
{
	scene_init(&tree);
	tree_write(&tree, ENTRY, entry_text, 0640);
	tree_write(&tree, "/boot/vmlinuz-2", "kernel two\n", 0600);
	before = tree_snapshot(&tree, NULL);
	error = (struct err){ 0 };
	plan = plan_new();
	stage = plan_stage(plan, "kernel", "another kernel", STAGE_END_REBOOT);
	stage_add_remove(plan, stage, ENTRY, entry_text, strlen(entry_text), "its trial is over");
	stage_add_link(plan, stage, LINK, "vmlinuz-1", "vmlinuz-2", "the next start takes it");
	stage_add_link(plan, stage, NEW_LINK, NULL, "/boot/initrd.img-2", NULL);
}

static void teardown(void)
{
	plan_free(plan);
	free(before);
	tree_done(&tree);
}

static int apply(void)
{
	struct txn_result res = { 0 };

	return txn_apply(tree.fs, SCENE_STATE, &scene_here, plan, stage, NULL, &res, &error);
}

static void assert_target(const char *path, const char *want)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const char *target = NULL;

	ck_assert_int_eq(fsroot_readlink(tree.fs, a, path, &target), 0);
	ck_assert_str_eq(target, want);
}

static void assert_as_before(void)
{
	_cleanup_free_ char *now = tree_snapshot(&tree, NULL);

	ck_assert_str_eq(now, before);
}

START_TEST(undo_brings_all_back)
{
	struct stat old_link, st;

	ck_assert_int_eq(fsroot_lstat(tree.fs, LINK, &old_link), 0);
	ck_assert_msg(apply() == 0, "%s", error.msg);
	ck_assert(!tree_has(&tree, ENTRY));
	assert_target(LINK, "vmlinuz-2");
	assert_target(NEW_LINK, "/boot/initrd.img-2");
	/* Where the old link led is untouched. */
	ck_assert(tree_has(&tree, "/boot/vmlinuz-1"));
	ck_assert_msg(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error) == 0, "%s", error.msg);
	/* Bytes, mode, owner, and of files the time; the link's time is looked at here. */
	assert_as_before();
	ck_assert_int_eq(fsroot_lstat(tree.fs, LINK, &st), 0);
	ck_assert_int_eq(st.st_mtim.tv_sec, old_link.st_mtim.tv_sec);
	ck_assert_int_eq(st.st_mtim.tv_nsec, old_link.st_mtim.tv_nsec);
}
END_TEST

/* SELinux's label and access control lists live there. */
START_TEST(undo_brings_attributes_back)
{
	_cleanup_free_ char *full = tree_path(&tree, ENTRY);
	const char *name = setxattr(full, "user.note", "a\0b\xff", 4, 0) == 0	   ? "user.note"
			   : setxattr(full, "trusted.note", "a\0b\xff", 4, 0) == 0 ? "trusted.note"
										 : NULL;
	char value[8];

	if (!name) {
		printf("# no extended attributes here\n");
		return;
	}
	ck_assert_msg(apply() == 0, "%s", error.msg);
	ck_assert_msg(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error) == 0, "%s", error.msg);
	ck_assert_int_eq(getxattr(full, name, value, sizeof(value)), 4);
	ck_assert_int_eq(memcmp(value, "a\0b\xff", 4), 0);
	assert_as_before();
}
END_TEST

START_TEST(what_is_so_already_is_left_out)
{
	tree_unlink(&tree, ENTRY);
	tree_unlink(&tree, LINK);
	tree_link(&tree, "vmlinuz-2", LINK);
	tree_link(&tree, "/boot/initrd.img-2", NEW_LINK);
	ck_assert_msg(apply() == 0, "%s", error.msg);
	ck_assert_uint_eq(scene_count_entries(&tree, NULL), 0);
}
END_TEST

/* What somebody did between the plan and its being carried out, and what apply says then. */
static const struct {
	const char *path, *link, *text; /* becomes a link or a file; neither: it goes */
	const char *said;
} met_by_apply[] = {
	{ ENTRY, NULL, "title mine\n", "was changed since the plan" },
	{ ENTRY, "../../vmlinuz-1", NULL, "is a symbolic link" },
	{ LINK, "vmlinuz-3", NULL, "was changed since the plan" },
	{ LINK, NULL, "vmlinuz-1", "no symbolic link" },
	{ LINK, NULL, NULL, "was changed since the plan" },
	{ NEW_LINK, "initrd.img-9", NULL, "exists already" },
	{ NEW_LINK, NULL, "image\n", "no symbolic link" },
};

static void meet(const char *path, const char *link, const char *text)
{
	if (tree_has(&tree, path))
		tree_unlink(&tree, path);
	if (link)
		tree_link(&tree, link, path);
	else if (text)
		tree_write(&tree, path, text, 0644);
}

START_TEST(somebody_was_there_before_apply)
{
	_cleanup_free_ char *met = NULL, *now = NULL;

	meet(met_by_apply[_i].path, met_by_apply[_i].link, met_by_apply[_i].text);
	met = tree_snapshot(&tree, NULL);
	ck_assert_int_lt(apply(), 0);
	ck_assert_msg(strstr(error.msg, met_by_apply[_i].said), "%s", error.msg);
	now = tree_snapshot(&tree, NULL);
	ck_assert_str_eq(now, met);
}
END_TEST

static const struct {
	const char *path, *link, *text;
} met_by_undo[] = {
	{ ENTRY, NULL, "title mine\n" },
	{ LINK, "vmlinuz-3", NULL },
	{ LINK, NULL, NULL },
	{ LINK, NULL, "a kernel\n" },
	{ NEW_LINK, "initrd.img-9", NULL },
};

START_TEST(somebody_was_there_before_undo)
{
	_cleanup_free_ char *met = NULL, *now = NULL;

	ck_assert_msg(apply() == 0, "%s", error.msg);
	meet(met_by_undo[_i].path, met_by_undo[_i].link, met_by_undo[_i].text);
	met = tree_snapshot(&tree, SCENE_STATE);
	/* As for files that were edited: it asks. */
	ck_assert_int_lt(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	ck_assert_ptr_nonnull(strstr(error.msg, met_by_undo[_i].path));
	now = tree_snapshot(&tree, SCENE_STATE);
	ck_assert_str_eq(now, met);
	error = (struct err){ 0 };
	if (met_by_undo[_i].text && strcmp(met_by_undo[_i].path, LINK) == 0) {
		/* A file in the place of the link may be the only copy of something. */
		ck_assert_int_lt(scene_undo(&tree, &scene_here, UNDO_CONFLICT_RESTORE, &error), 0);
		ck_assert_ptr_nonnull(strstr(error.msg, "no symbolic link any more"));
		free(TAKE_PTR(now));
		now = tree_snapshot(&tree, SCENE_STATE);
		ck_assert_str_eq(now, met);
		return;
	}
	ck_assert_msg(scene_undo(&tree, &scene_here, UNDO_CONFLICT_RESTORE, &error) == 0, "%s", error.msg);
	assert_as_before();
}
END_TEST

START_TEST(undo_keeps_what_somebody_did)
{
	ck_assert_msg(apply() == 0, "%s", error.msg);
	meet(LINK, "vmlinuz-3", NULL);
	meet(ENTRY, NULL, "title mine\n");
	ck_assert_msg(scene_undo(&tree, &scene_here, UNDO_CONFLICT_KEEP, &error) == 0, "%s", error.msg);
	assert_target(LINK, "vmlinuz-3");
	ck_assert(!tree_has(&tree, NEW_LINK));
	ck_assert_uint_eq(scene_count_entries(&tree, NULL), 0);
}
END_TEST

/* A command fails after them: all comes back, and a temporary link's target stays. */
START_TEST(failing_command_brings_all_back)
{
	struct change *c = scene_add_shell(plan, stage, &tree, "exit 3");

	c->timeout_s = 60;
	tree_link(&tree, "vmlinuz-2", "/boot/.vmlinuz.vfio-wizard-0123abcd");
	ck_assert_int_lt(apply(), 0);
	ck_assert(!tree_has(&tree, "/boot/.vmlinuz.vfio-wizard-0123abcd"));
	assert_as_before();
}
END_TEST

START_TEST(shown_as_a_diff)
{
	_cleanup_free_ char *gone = change_diff(stage->changes[0]), *link = change_diff(stage->changes[1]);
	_cleanup_free_ char *made = change_diff(stage->changes[2]);

	ck_assert_str_eq(gone, "--- a" ENTRY "\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-title trial\n-options quiet\n");
	ck_assert_str_eq(link, "--- a" LINK "\n+++ b" LINK "\n@@ -1 +1 @@\n-" LINK " -> vmlinuz-1\n+" LINK
			       " -> vmlinuz-2\n");
	ck_assert_str_eq(made, "--- /dev/null\n+++ b" NEW_LINK "\n@@ -0,0 +1 @@\n+" NEW_LINK " -> /boot/initrd.img-2\n");
}
END_TEST

/* Changes of one file in one stage become one. */
START_TEST(changes_of_one_file_are_merged)
{
	const char *path = "/etc/x.conf";
	unsigned n = stage->n_changes;

	stage_add_file(plan, stage, path, NULL, 0, "new\n", 4, 0644, NULL);
	stage_add_remove(plan, stage, path, "new\n", 4, NULL);
	ck_assert_uint_eq(stage->n_changes, n);
	stage_add_file(plan, stage, SCENE_GRUB, "a\n", 2, "b\n", 2, 0644, NULL);
	stage_add_remove(plan, stage, SCENE_GRUB, "b\n", 2, NULL);
	ck_assert_uint_eq(stage->n_changes, n + 1);
	ck_assert_int_eq(stage->changes[n]->kind, CHANGE_REMOVE);
	ck_assert_str_eq(stage->changes[n]->before, "a\n");
	ck_assert_ptr_null(stage->changes[n]->after);
	stage_add_file(plan, stage, SCENE_GRUB, NULL, 0, "c\n", 2, 0644, NULL);
	ck_assert_uint_eq(stage->n_changes, n + 1);
	ck_assert_int_eq(stage->changes[n]->kind, CHANGE_EDIT);
	ck_assert_str_eq(stage->changes[n]->after, "c\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("change-kinds");
	TCase *tc = tcase_create("remove and link");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, undo_brings_all_back);
	tcase_add_test(tc, undo_brings_attributes_back);
	tcase_add_test(tc, what_is_so_already_is_left_out);
	tcase_add_loop_test(tc, somebody_was_there_before_apply, 0, (int)ARRAY_SIZE(met_by_apply));
	tcase_add_loop_test(tc, somebody_was_there_before_undo, 0, (int)ARRAY_SIZE(met_by_undo));
	tcase_add_test(tc, undo_keeps_what_somebody_did);
	tcase_add_test(tc, failing_command_brings_all_back);
	tcase_add_test(tc, shown_as_a_diff);
	tcase_add_test(tc, changes_of_one_file_are_merged);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
