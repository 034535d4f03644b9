/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lib/change-scene.h"
#include "tests/lib/unit.h"

static struct tree tree;
static char *before;
static struct err error;
static struct journal_entry **entries;
static unsigned n_entries;
static struct undo_preview *preview;

static void setup(void)
{
	scene_init(&tree);
	before = tree_snapshot(&tree, NULL);
	error = (struct err){ 0 };
	ck_assert_msg(scene_apply(&tree, &scene_here, &error) == 0, "%s", error.msg);
}

static void teardown(void)
{
	undo_preview_free(preview);
	preview = NULL;
	journal_list_free(entries, n_entries);
	entries = NULL;
	n_entries = 0;
	free(before);
	tree_done(&tree);
}

static void look(void)
{
	ck_assert_int_eq(journal_list(tree.fs, SCENE_STATE, &entries, &n_entries, &error), 0);
	ck_assert_int_eq(undo_preview(tree.fs, SCENE_STATE, entries[n_entries - 1], &preview, &error), 0);
}

/* What the preview says of PATH; one without .file when it does not name it. */
static const struct undo_file *find(const char *path)
{
	static const struct undo_file none;

	for (unsigned i = 0; i < preview->n_files; i++)
		if (strcmp(preview->files[i].file->path, path) == 0)
			return &preview->files[i];
	return &none;
}

static void assert_file(const char *path, const char *want, mode_t mode)
{
	_cleanup_free_ char *text = tree_read(&tree, path);
	struct stat st;

	ck_assert_str_eq(text, want);
	ck_assert_int_eq(fsroot_stat(tree.fs, path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

static void assert_as_before(void)
{
	_cleanup_free_ char *now = tree_snapshot(&tree, NULL);

	ck_assert_str_eq(now, before);
}

START_TEST(preview_says_what_undo_does)
{
	look();
	ck_assert_uint_eq(preview->n_files, 7);
	ck_assert_int_eq(find(SCENE_GRUB)->action, UNDO_RESTORE);
	ck_assert_str_eq(find(SCENE_GRUB)->current, scene_grub_after);
	ck_assert_str_eq(find(SCENE_GRUB)->result, scene_grub_before);
	ck_assert_int_eq(find(SCENE_MADE)->action, UNDO_REMOVE);
	ck_assert_ptr_null(find(SCENE_MADE)->result);
	ck_assert_int_eq(find(SCENE_CFG)->action, UNDO_RESTORE);
	ck_assert_int_eq(find("/boot/new.img")->action, UNDO_REMOVE);
	/* Only the command that has its own way back. */
	ck_assert_uint_eq(preview->n_commands, 1);
	ck_assert_str_eq(preview->commands[0][2], "rm -f $0/etc/marker");
	ck_assert(!preview->has_conflict);
	ck_assert(!preview->needs_reboot);
}
END_TEST

START_TEST(another_boot_since_needs_a_reboot)
{
	tree_write(&tree, "/proc/sys/kernel/random/boot_id", "22222222-2222-4222-8222-222222222222\n", 0444);
	look();
	ck_assert(preview->needs_reboot);
}
END_TEST

START_TEST(later_edits_elsewhere_stay)
{
	tree_write(&tree, SCENE_GRUB,
		   "# menu\nGRUB_TIMEOUT=9\n\nGRUB_CMDLINE=\"quiet iommu=pt\"\n\nGRUB_X=1\n# end\n# mine\n", 0600);
	look();
	ck_assert_int_eq(find(SCENE_GRUB)->action, UNDO_MERGE);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	/* The mode was changed by a person, too. */
	assert_file(SCENE_GRUB,
		    "# menu\nGRUB_TIMEOUT=9\n\nGRUB_CMDLINE=\"quiet\"\n\nGRUB_X=1\n# end\n# mine\n", 0600);
	assert_file(SCENE_CFG, "linux quiet\n", 0600);
	ck_assert(!tree_has(&tree, SCENE_STATE));
}
END_TEST

START_TEST(already_taken_out_by_hand_is_kept)
{
	tree_write(&tree, SCENE_GRUB, scene_grub_before, 0640);
	tree_unlink(&tree, SCENE_MADE);
	look();
	ck_assert_int_eq(find(SCENE_GRUB)->action, UNDO_KEEP);
	ck_assert_int_eq(find(SCENE_MADE)->action, UNDO_KEEP);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	assert_as_before();
}
END_TEST

static const char *const conflicting[] = {
	"# menu\nGRUB_TIMEOUT=5\n\nGRUB_CMDLINE=\"iommu=pt splash\"\n\nGRUB_X=1\n# end\n",
	"something else altogether\n",
};

START_TEST(edits_of_the_same_line_are_refused)
{
	_cleanup_free_ char *edited = NULL, *now = NULL;

	tree_write(&tree, SCENE_GRUB, conflicting[_i], 0640);
	edited = tree_snapshot(&tree, NULL);
	look();
	ck_assert_int_eq(find(SCENE_GRUB)->action, UNDO_CONFLICT);
	ck_assert_str_eq(find(SCENE_GRUB)->result, scene_grub_before);
	ck_assert(preview->has_conflict);
	ck_assert_int_lt(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	ck_assert_int_eq(error.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(error.msg, SCENE_GRUB));
	now = tree_snapshot(&tree, NULL);
	ck_assert_str_eq(now, edited);
}
END_TEST

START_TEST(a_conflict_can_be_settled)
{
	tree_write(&tree, SCENE_GRUB, conflicting[0], 0640);
	tree_write(&tree, SCENE_MADE, "mine now\n", 0600);
	if (_i == 0) {
		ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_RESTORE, &error), 0);
		assert_as_before();
		return;
	}
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_KEEP, &error), 0);
	assert_file(SCENE_GRUB, conflicting[0], 0640);
	assert_file(SCENE_MADE, "mine now\n", 0600);
	assert_file("/etc/real/modules", "loop\n", 0644);
	ck_assert(!tree_has(&tree, SCENE_STATE));
}
END_TEST

START_TEST(a_deleted_file_is_a_conflict)
{
	tree_unlink(&tree, SCENE_GRUB);
	look();
	ck_assert_int_eq(find(SCENE_GRUB)->action, UNDO_CONFLICT);
	ck_assert_ptr_null(find(SCENE_GRUB)->current);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_RESTORE, &error), 0);
	assert_as_before();
}
END_TEST

/* Moved away by its owner and linked to: removing through the link would take the wrong file. */
START_TEST(a_link_in_place_of_our_file_is_a_conflict)
{
	tree_unlink(&tree, SCENE_MADE);
	tree_write(&tree, "/etc/mine.conf", "options vfio-pci ids=10de:2504\n", 0600);
	tree_link(&tree, "/etc/mine.conf", SCENE_MADE);
	look();
	ck_assert_int_eq(find(SCENE_MADE)->action, UNDO_CONFLICT);
}
END_TEST

START_TEST(a_newer_boot_menu_is_made_again)
{
	tree_write(&tree, SCENE_CFG, "linux with a new kernel\n", 0600);
	look();
	ck_assert_ptr_null(find(SCENE_CFG)->file);
	ck_assert_uint_eq(preview->n_commands, 2);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	/* The command saw the old file: that is what undo means here. */
	assert_file(SCENE_CFG, "linux \"quiet\"\n", 0644);
	assert_file(SCENE_GRUB, scene_grub_before, 0640);
	ck_assert(!tree_has(&tree, SCENE_STATE));
}
END_TEST

START_TEST(below_another_root_the_command_is_pending)
{
	struct txn_result res = { 0 };

	tree_write(&tree, SCENE_CFG, "linux with a new kernel\n", 0600);
	look();
	ck_assert_int_eq(undo_apply(tree.fs, SCENE_STATE, &scene_elsewhere, entries[0],
				    UNDO_CONFLICT_REFUSE, NULL, &res, &error),
			 0);
	ck_assert_uint_eq(res.number, 1);
	ck_assert_uint_eq(strv_length(res.pending), 2);
	assert_file(SCENE_CFG, "linux with a new kernel\n", 0600);
}
END_TEST

START_TEST(a_failing_command_takes_the_undo_back)
{
	_cleanup_free_ char *applied = NULL, *now = NULL;
	enum journal_status status;

	/* The command cannot write through this link. */
	tree_unlink(&tree, "/boot/new.img");
	tree_write(&tree, SCENE_CFG, "linux with a new kernel\n", 0600);
	tree_link(&tree, "missing/new.img", "/boot/new.img");
	applied = tree_snapshot(&tree, SCENE_STATE);
	ck_assert_int_lt(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	ck_assert_msg(strstr(error.msg, "before the undo"), "%s", error.msg);
	now = tree_snapshot(&tree, SCENE_STATE);
	ck_assert_str_eq(now, applied);
	ck_assert_uint_eq(scene_count_entries(&tree, &status), 1);
	ck_assert_int_eq(status, JOURNAL_DONE);
}
END_TEST

START_TEST(a_damaged_copy_is_not_put_back)
{
	_cleanup_free_ char *applied = tree_snapshot(&tree, SCENE_STATE), *now = NULL;

	tree_write(&tree, SCENE_STATE "/journal/001/before-0", "not what was there\n", 0600);
	ck_assert_int_lt(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	ck_assert_int_eq(error.kind, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(error.msg, "before-0"));
	now = tree_snapshot(&tree, SCENE_STATE);
	ck_assert_str_eq(now, applied);
}
END_TEST

static bool never(void *user)
{
	(void)user;
	return false;
}

START_TEST(stopping_takes_the_undo_back)
{
	_cleanup_free_ char *applied = tree_snapshot(&tree, SCENE_STATE), *now = NULL;
	struct txn_watcher w = { .keep_going = never };
	struct txn_result res;

	look();
	ck_assert_int_eq(undo_apply(tree.fs, SCENE_STATE, &scene_here, entries[0], UNDO_CONFLICT_REFUSE,
				    &w, &res, &error),
			 -ECANCELED);
	now = tree_snapshot(&tree, SCENE_STATE);
	ck_assert_str_eq(now, applied);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	assert_as_before();
}
END_TEST

START_TEST(undo_is_not_done_twice)
{
	struct txn_result res;

	look();
	ck_assert_int_eq(undo_apply(tree.fs, SCENE_STATE, &scene_here, entries[0], UNDO_CONFLICT_REFUSE,
				    NULL, &res, &error),
			 0);
	ck_assert_int_eq(undo_apply(tree.fs, SCENE_STATE, &scene_here, entries[0], UNDO_CONFLICT_REFUSE,
				    NULL, &res, &error),
			 -ENOENT);
	assert_as_before();
}
END_TEST

/* A stage whose command copies the file to where nobody looks: an ESP that is not mounted. */
static int apply_copying(const char *script)
{
	_cleanup_plan_ struct plan *p = plan_new();
	struct stage *s = plan_stage(p, "copy", "copy", STAGE_END_REBOOT);
	struct txn_result res = { 0 };
	struct change *c;

	stage_add_file(p, s, "/etc/line", "old\n", 4, "new\n", 4, 0644, NULL);
	c = scene_add_shell(p, s, &tree, script);
	c->undo_again = true;
	c->timeout_s = 60;
	return txn_apply(tree.fs, SCENE_STATE, &scene_here, p, s, NULL, &res, &error);
}

START_TEST(what_cannot_be_seen_is_made_again)
{
	tree_write(&tree, "/etc/line", "old\n", 0644);
	ck_assert_msg(apply_copying("cat $0/etc/line >> $0/log") == 0, "%s", error.msg);
	assert_file("/log", "new\n", 0644);
	look();
	ck_assert_uint_eq(preview->n_commands, 1);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	assert_file("/etc/line", "old\n", 0644);
	assert_file("/log", "new\nold\n", 0644);
}
END_TEST

START_TEST(what_failed_half_way_is_made_again)
{
	tree_write(&tree, "/etc/line", "old\n", 0644);
	ck_assert_int_lt(apply_copying("cat $0/etc/line >> $0/log; grep -q old $0/etc/line"), 0);
	assert_file("/etc/line", "old\n", 0644);
	assert_file("/log", "new\nold\n", 0644);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("change-undo");
	TCase *tc = tcase_create("undo");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, preview_says_what_undo_does);
	tcase_add_test(tc, another_boot_since_needs_a_reboot);
	tcase_add_test(tc, later_edits_elsewhere_stay);
	tcase_add_test(tc, already_taken_out_by_hand_is_kept);
	tcase_add_loop_test(tc, edits_of_the_same_line_are_refused, 0, (int)ARRAY_SIZE(conflicting));
	tcase_add_loop_test(tc, a_conflict_can_be_settled, 0, 2);
	tcase_add_test(tc, a_deleted_file_is_a_conflict);
	tcase_add_test(tc, a_link_in_place_of_our_file_is_a_conflict);
	tcase_add_test(tc, a_newer_boot_menu_is_made_again);
	tcase_add_test(tc, below_another_root_the_command_is_pending);
	tcase_add_test(tc, a_failing_command_takes_the_undo_back);
	tcase_add_test(tc, a_damaged_copy_is_not_put_back);
	tcase_add_test(tc, stopping_takes_the_undo_back);
	tcase_add_test(tc, undo_is_not_done_twice);
	tcase_add_test(tc, what_cannot_be_seen_is_made_again);
	tcase_add_test(tc, what_failed_half_way_is_made_again);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
