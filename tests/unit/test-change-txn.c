/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/state-dir.h"
#include "tests/lib/change-scene.h"
#include "tests/lib/unit.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct tree tree;
static char *before;
static struct plan *plan;
static struct stage *stage;
static struct err error;

static void setup(void)
{
	scene_init(&tree);
	before = tree_snapshot(&tree, NULL);
	plan = plan_new();
	error = (struct err){ 0 };
}

static void teardown(void)
{
	plan_free(plan);
	free(before);
	tree_done(&tree);
}

static int apply(const struct txn_options *o, const struct txn_watcher *w, struct txn_result *ret)
{
	return txn_apply(tree.fs, SCENE_STATE, o, plan, stage, w, ret, &error);
}

static void assert_untouched(void)
{
	_cleanup_free_ char *now = tree_snapshot(&tree, NULL);

	ck_assert_str_eq(now, before);
}

static void assert_file(const char *path, const char *want, mode_t mode)
{
	_cleanup_free_ char *text = tree_read(&tree, path);
	struct stat st;

	ck_assert_str_eq(text, want);
	ck_assert_int_eq(fsroot_stat(tree.fs, path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
}

static unsigned events[TXN_PENDING + 1];
static struct str output;
static unsigned last_step;

static void count_event(void *user, const struct txn_event *ev)
{
	(void)user;
	events[ev->kind]++;
	ck_assert_uint_le(ev->step, ev->n_steps);
	last_step = ev->step;
	if (ev->kind == TXN_OUTPUT)
		str_addn(&output, ev->text, ev->text_len);
}

START_TEST(applies_everything_and_undoes_it)
{
	struct txn_watcher w = { .on_event = count_event };
	struct txn_result res = { 0 };
	struct stat st;

	stage = scene_add_all(plan, &tree);
	ck_assert_msg(apply(&scene_here, &w, &res) == 0, "%s", error.msg);
	ck_assert_uint_eq(res.number, 1);
	ck_assert_ptr_null(res.pending);
	assert_file(SCENE_GRUB, scene_grub_after, 0640);
	assert_file("/etc/real/modules", "loop\nvfio\n", 0644);
	assert_file(SCENE_MADE, "options vfio-pci ids=10de:2504\n", 0600);
	assert_file("/boot/new.img", "image\n", 0644);
	ck_assert_int_eq(fsroot_lstat(tree.fs, "/etc/modules", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(fsroot_stat(tree.fs, SCENE_STATE, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(fsroot_stat(tree.fs, SCENE_STATE "/journal/001/before-0", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	/* A copy, three files, one removed, a link, two commands. */
	ck_assert_uint_eq(events[TXN_STEP_BEGIN], 8);
	ck_assert_uint_eq(events[TXN_STEP_DONE], 8);
	ck_assert_uint_eq(events[TXN_STEP_FAILED], 0);
	ck_assert_uint_eq(last_step, 8);
	ck_assert_str_eq(str_c(&output), "made the menu\n");
	str_done(&output);
	ck_assert_msg(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error) == 0, "%s", error.msg);
	assert_untouched();
}
END_TEST

START_TEST(below_another_root_commands_are_pending)
{
	struct txn_watcher w = { .on_event = count_event };
	struct txn_result res = { 0 };

	stage = scene_add_all(plan, &tree);
	ck_assert_int_eq(apply(&scene_elsewhere, &w, &res), 0);
	ck_assert_uint_eq(strv_length(res.pending), 2);
	ck_assert(str_starts_with(res.pending[0], "/bin/sh -c 'sed "));
	ck_assert_uint_eq(events[TXN_PENDING], 2);
	ck_assert_uint_eq(events[TXN_STEP_DONE], 6);
	assert_file(SCENE_GRUB, scene_grub_after, 0640);
	assert_file(SCENE_CFG, "linux quiet\n", 0600);
	ck_assert(!tree_has(&tree, "/etc/marker"));
	ck_assert_int_eq(scene_undo(&tree, &scene_elsewhere, UNDO_CONFLICT_REFUSE, &error), 0);
	assert_untouched();
}
END_TEST

START_TEST(makes_and_removes_parents_of_the_state_folder)
{
	_cleanup_free_ char *lib = tree_path(&tree, "/var/lib"), *var = tree_path(&tree, "/var");
	struct txn_result res;
	struct stat st;

	ck_assert_int_eq(rmdir(lib), 0);
	ck_assert_int_eq(rmdir(var), 0);
	free(before);
	before = tree_snapshot(&tree, NULL);
	stage = scene_add_files(plan);
	ck_assert_int_eq(apply(&scene_here, NULL, &res), 0);
	ck_assert_int_eq(fsroot_stat(tree.fs, "/var/lib", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	assert_untouched();
}
END_TEST

START_TEST(refuses_a_file_changed_since_the_plan)
{
	struct txn_result res;

	stage = scene_add_all(plan, &tree);
	tree_write(&tree, "/etc/real/modules", "loop\nfuse\n", 0644);
	free(before);
	before = tree_snapshot(&tree, NULL);
	ck_assert_int_lt(apply(&scene_here, NULL, &res), 0);
	ck_assert_int_eq(error.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(error.msg, "/etc/modules"));
	assert_untouched();
}
END_TEST

START_TEST(refuses_a_file_in_the_way)
{
	struct txn_result res;

	stage = scene_add_all(plan, &tree);
	if (_i == 0)
		tree_write(&tree, SCENE_MADE, "mine\n", 0644);
	else if (_i == 1)
		tree_write(&tree, "/etc/vfio", "a file where a folder should be\n", 0644);
	else
		tree_link(&tree, "/nowhere/vfio", "/etc/vfio");
	free(before);
	before = tree_snapshot(&tree, NULL);
	ck_assert_int_lt(apply(&scene_here, NULL, &res), 0);
	ck_assert_int_ne(error.kind, ERR_BUG);
	ck_assert_ptr_nonnull(strstr(error.msg, "/etc/vfio"));
	assert_untouched();
}
END_TEST

START_TEST(refuses_a_dangling_link_in_the_way)
{
	struct txn_result res;

	tree_mkdir(&tree, "/etc/vfio/deep", 0755);
	tree_link(&tree, "elsewhere", SCENE_MADE);
	free(before);
	before = tree_snapshot(&tree, NULL);
	stage = scene_add_all(plan, &tree);
	ck_assert_int_lt(apply(&scene_here, NULL, &res), 0);
	ck_assert_int_eq(error.kind, ERR_NOT_POSSIBLE);
	assert_untouched();
}
END_TEST

START_TEST(leaves_out_what_is_there_already)
{
	struct txn_result res = { 0 };

	tree_write(&tree, SCENE_MADE, "options vfio-pci ids=10de:2504\n", 0644);
	free(before);
	before = tree_snapshot(&tree, NULL);
	stage = scene_add_files(plan);
	ck_assert_int_eq(apply(&scene_here, NULL, &res), 0);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	assert_untouched();
}
END_TEST

START_TEST(nothing_to_do_leaves_no_trace)
{
	struct txn_result res = { .number = 7 };

	stage = plan_stage(plan, "firmware", "firmware", STAGE_END_FIRMWARE);
	ck_assert_int_eq(apply(&scene_here, NULL, &res), 0);
	ck_assert_uint_eq(res.number, 0);
	assert_untouched();
}
END_TEST

/* What a failing last command is, and a word its message must have. */
static const struct {
	const char *script, *word;
	unsigned timeout_s;
} bad_commands[] = {
	{ "echo first; echo 'no space\033[2J in /boot' >&2; exit 3", "exit status 3", 60 },
	{ "echo half > $0/boot/grub/grub.cfg; kill -9 $$", "signal 9", 60 },
	{ "echo half > $0/boot/grub/grub.cfg; sleep 30", "1 seconds", 1 },
	{ "rm $0/boot/grub/grub.cfg; exit 1", "exit status 1", 60 },
	{ "echo linux > $0/boot/grub/grub.cfg", "does not hold", 60 },
	{ "true", "does not hold", 60 },
	{ "rm $0/boot/grub/grub.cfg && mkdir $0/boot/grub/grub.cfg && rmdir $0/boot/grub/grub.cfg",
	  "does not hold", 60 },
};

/* What a listing of an image prints, and whether it shows all that is looked for. */
static const struct {
	const char *script, *word; /* word: of the message, NULL: it is fine */
} listings[] = {
	{ "echo scripts/vfio-wizard; echo kernel/vfio-pci.ko.xz", NULL },
	/* The needle comes in two pieces, and much behind it: more than is kept of an output. */
	{ "printf scripts/vfio-; sleep 0.3; echo wizard; printf vfio-pci; sleep 0.3; echo .ko; "
	  "head -c 3000000 /dev/zero | tr '\\000' x",
	  NULL },
	{ "head -c 3000000 /dev/zero | tr '\\000' x; echo scripts/vfio-wizard vfio-pci.ko", NULL },
	{ "echo scripts/vfio-wizard", "does not show \"vfio-pci.ko\"" },
	{ "true", "does not show \"scripts/vfio-wizard\"" },
	{ "echo scripts/vfio-wizard vfio-pci.ko; exit 1", "exit status 1" },
};

START_TEST(an_image_has_to_show_what_was_meant)
{
	static const char *const needles[] = { "scripts/vfio-wizard", "vfio-pci.ko", NULL };
	const char *const looks[] = { "/bin/sh", "-c", listings[_i].script, NULL };
	const char *const fine[] = { "/bin/echo", "scripts/vfio-wizard", "vfio-pci.ko", NULL };
	struct journal_entry **entries;
	struct txn_result res;
	struct change *c;
	unsigned n;

	stage = scene_add_all(plan, &tree);
	c = scene_add_shell(plan, stage, &tree, "echo image > $0/boot/initrd.img");
	c->timeout_s = 60;
	arena_strv_add(plan->arena, &c->outputs, "/boot/initrd.img");
	change_add_readback(plan, c, fine, needles);
	change_add_readback(plan, c, looks, needles);
	if (listings[_i].word) {
		ck_assert_int_lt(apply(&scene_here, NULL, &res), 0);
		ck_assert_msg(strstr(error.msg, listings[_i].word), "%s", error.msg);
		ck_assert_msg(strstr(error.msg, "as it was before"), "%s", error.msg);
		assert_untouched();
		return;
	}
	ck_assert_msg(apply(&scene_here, NULL, &res) == 0, "%s", error.msg);
	ck_assert_int_eq(journal_list(tree.fs, SCENE_STATE, &entries, &n, &error), 0);
	ck_assert_str_eq(entries[0]->commands[entries[0]->n_commands - 1].readbacks[0],
			 "/bin/echo scripts/vfio-wizard vfio-pci.ko");
	journal_list_free(entries, n);
}
END_TEST

START_TEST(a_failing_command_takes_everything_back)
{
	struct txn_result res;
	struct change *c;

	stage = scene_add_all(plan, &tree);
	c = scene_add_shell(plan, stage, &tree, bad_commands[_i].script);
	c->timeout_s = bad_commands[_i].timeout_s;
	c->readback_path = SCENE_CFG;
	arena_strv_add(plan->arena, &c->outputs, SCENE_CFG);
	arena_strv_add(plan->arena, &c->readback_needles, "vfio-pci.ids");
	ck_assert_int_lt(apply(&scene_here, NULL, &res), 0);
	ck_assert_int_eq(error.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(error.msg, bad_commands[_i].word), "%s", error.msg);
	ck_assert_msg(strstr(error.msg, "as it was before"), "%s", error.msg);
	ck_assert_ptr_null(strchr(error.msg, '\033'));
	if (_i == 0) {
		ck_assert_ptr_nonnull(strstr(error.msg, "no space"));
		/* Not at the end of what the command said, as if that were its words. */
		ck_assert_ptr_nonnull(strstr(error.msg, "\nEverything is as it was before."));
	}
	assert_untouched();
}
END_TEST

START_TEST(a_missing_program_takes_everything_back)
{
	static const char *const argv[] = { "update-grub-that-is-not-there", NULL };
	struct txn_result res;

	stage = scene_add_all(plan, &tree);
	stage_add_run(plan, stage, argv, "why");
	ck_assert_int_lt(apply(&scene_here, NULL, &res), 0);
	ck_assert_ptr_nonnull(strstr(error.msg, "not installed"));
	assert_untouched();
}
END_TEST

/* A tool that rewrites the file we edit, as kernelstub does with its configuration. */
START_TEST(a_command_may_rewrite_the_edited_file)
{
	struct txn_result res;
	struct change *c;

	stage = scene_add_files(plan);
	c = scene_add_shell(plan, stage, &tree, "echo '# rewritten' >> $0/etc/default/grub");
	arena_strv_add(plan->arena, &c->outputs, SCENE_GRUB);
	ck_assert_int_eq(apply(&scene_here, NULL, &res), 0);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	assert_untouched();
}
END_TEST

static unsigned stop_after, asked;

static bool stop(void *user)
{
	(void)user;
	return asked++ < stop_after;
}

START_TEST(stops_after_any_step)
{
	struct txn_watcher w = { .keep_going = stop };
	struct txn_result res;

	stop_after = (unsigned)_i;
	asked = 0;
	stage = scene_add_all(plan, &tree);
	ck_assert_int_eq(apply(&scene_here, &w, &res), -ECANCELED);
	ck_assert_ptr_nonnull(strstr(error.msg, "Stopped"));
	assert_untouched();
}
END_TEST

static void edit_modules_at_last_moment(void *user, const struct txn_event *ev)
{
	(void)user;
	if (ev->kind == TXN_STEP_BEGIN && ev->step == 3)
		tree_write(&tree, "/etc/real/modules", "loop\nfuse\n", 0644);
}

/* Between the copy and the rename somebody saves the file: theirs stays, nothing of ours does. */
START_TEST(an_edit_at_the_last_moment_wins)
{
	struct txn_watcher w = { .on_event = edit_modules_at_last_moment };
	struct txn_result res;

	stage = scene_add_all(plan, &tree);
	ck_assert_int_eq(apply(&scene_here, &w, &res), -ESTALE);
	assert_file("/etc/real/modules", "loop\nfuse\n", 0644);
	tree_write(&tree, "/etc/real/modules", "loop\n", 0644);
	assert_untouched();
}
END_TEST

/* A disk that is really full: a file system of our own, where we may mount one. */
START_TEST(a_full_disk_changes_nothing)
{
	_cleanup_free_ char *etc = tree_path(&tree, "/etc/default"), *hog = NULL;
	struct txn_result res;
	FILE *f;
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", etc, "tmpfs", 0, "size=64k") < 0)
		return;
	/* The old descriptor leads into the mounts we left. */
	fsroot_free(tree.fs);
	ck_assert_int_eq(fsroot_open(tree.dir, &tree.fs, &error), 0);
	tree_write(&tree, SCENE_GRUB, scene_grub_before, 0640);
	hog = tree_path(&tree, "/etc/default/hog");
	f = fopen(hog, "w");
	ck_assert_ptr_nonnull(f);
	while (fputc('x', f) != EOF && fflush(f) == 0)
		;
	fclose(f);
	free(before);
	before = tree_snapshot(&tree, NULL);
	stage = scene_add_all(plan, &tree);
	r = apply(&scene_here, NULL, &res);
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_int_eq(error.kind, ERR_WRITE);
	assert_untouched();
	umount(etc);
}
END_TEST

static volatile sig_atomic_t terms;

static void on_term(int sig)
{
	(void)sig;
	terms++;
}

static void term_at_file(void *user, const struct txn_event *ev)
{
	(void)user;
	if (ev->kind == TXN_STEP_BEGIN && ev->step == 2)
		raise(SIGTERM);
	ck_assert_int_eq(terms, 0);
}

START_TEST(a_signal_waits_and_takes_everything_back)
{
	struct txn_watcher w = { .on_event = term_at_file };
	struct txn_result res;

	signal(SIGTERM, on_term);
	stage = scene_add_all(plan, &tree);
	ck_assert_int_eq(apply(&scene_here, &w, &res), -ECANCELED);
	ck_assert_int_eq(terms, 1);
	signal(SIGTERM, SIG_DFL);
	assert_untouched();
}
END_TEST

START_TEST(a_file_size_limit_is_an_error)
{
	struct rlimit old, tight;
	struct txn_result res;
	int r;

	getrlimit(RLIMIT_FSIZE, &old);
	tight = old;
	tight.rlim_cur = 20;
	stage = scene_add_all(plan, &tree);
	setrlimit(RLIMIT_FSIZE, &tight);
	r = apply(&scene_here, NULL, &res);
	setrlimit(RLIMIT_FSIZE, &old);
	ck_assert_int_lt(r, 0);
	ck_assert_int_eq(error.kind, ERR_WRITE);
	assert_untouched();
}
END_TEST

START_TEST(two_runs_do_not_interleave)
{
	struct txn_result res;
	int fd;

	stage = scene_add_all(plan, &tree);
	ck_assert_int_eq(state_dir_lock(tree.fs, SCENE_STATE, &fd, &error), 0);
	ck_assert_int_eq(apply(&scene_here, NULL, &res), -EBUSY);
	ck_assert_int_eq(error.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(error.msg, SCENE_STATE));
	close(fd);
	ck_assert_int_eq(apply(&scene_here, NULL, &res), 0);
}
END_TEST

/* Killed while a command runs: the command still has the lock. */
START_TEST(recover_waits_for_an_orphaned_command)
{
	_cleanup_free_ char *text = NULL;
	char go[128];
	pid_t pid;
	int status;

	snprintf(go, sizeof(go), "%s/etc/go", tree.dir);
	pid = fork();
	if (pid == 0) {
		struct txn_result res;

		stage = scene_add_files(plan);
		scene_add_shell(plan, stage, &tree,
				"echo > $0/etc/running; while test ! -e $0/etc/go; do sleep 0.05; done; "
				"rm $0/etc/running");
		_exit(apply(&scene_here, NULL, &res) < 0);
	}
	while (!tree_has(&tree, "/etc/running"))
		usleep(10000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ck_assert_int_eq(txn_recover(tree.fs, SCENE_STATE, &scene_here, &text, &error), -EBUSY);
	tree_write(&tree, "/etc/go", "", 0644);
	while (txn_recover(tree.fs, SCENE_STATE, &scene_here, &text, &error) == -EBUSY)
		usleep(10000);
	tree_unlink(&tree, "/etc/go");
	ck_assert_ptr_nonnull(strstr(text, "001"));
	assert_untouched();
}
END_TEST

/* As a run leaves it that is killed right after the files. */
static void kill_after_files(void *user, const struct txn_event *ev)
{
	(void)user;
	if (ev->kind == TXN_STEP_BEGIN && ev->step == 5)
		raise(SIGKILL);
}

static void leave_unfinished(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct txn_watcher w = { .on_event = kill_after_files };
		struct txn_result res;

		stage = scene_add_all(plan, &tree);
		_exit(apply(&scene_here, &w, &res) < 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

START_TEST(refuses_while_an_earlier_run_is_unfinished)
{
	_cleanup_free_ char *text = NULL;
	struct txn_result res;

	leave_unfinished();
	stage = scene_add_all(plan, &tree);
	ck_assert_int_eq(apply(&scene_here, NULL, &res), -EBUSY);
	ck_assert_ptr_nonnull(strstr(error.msg, "001"));
	ck_assert_int_eq(txn_recover(tree.fs, SCENE_STATE, &scene_here, &text, &error), 0);
	ck_assert_ptr_nonnull(strstr(text, "001"));
	assert_untouched();
	ck_assert_int_eq(apply(&scene_here, NULL, &res), 0);
}
END_TEST

START_TEST(recover_leaves_later_edits_to_undo)
{
	_cleanup_free_ char *text = NULL;
	enum journal_status status;

	leave_unfinished();
	tree_write(&tree, SCENE_GRUB, "mine\n", 0640);
	ck_assert_int_eq(txn_recover(tree.fs, SCENE_STATE, &scene_here, &text, &error), 0);
	ck_assert_ptr_nonnull(strstr(text, SCENE_GRUB " was changed"));
	assert_file(SCENE_GRUB, "mine\n", 0640);
	assert_file("/etc/real/modules", "loop\n", 0644);
	ck_assert(!tree_has(&tree, "/etc/vfio"));
	ck_assert_uint_eq(scene_count_entries(&tree, &status), 1);
	ck_assert_int_eq(status, JOURNAL_DONE);
	ck_assert_int_lt(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_RESTORE, &error), 0);
	assert_untouched();
}
END_TEST

START_TEST(recover_with_nothing_to_do_says_nothing)
{
	char *text = before;

	ck_assert_int_eq(txn_recover(tree.fs, SCENE_STATE, &scene_here, &text, &error), 0);
	ck_assert_ptr_null(text);
	assert_untouched();
}
END_TEST

START_TEST(recover_keeps_a_boot_menu_made_long_after)
{
	_cleanup_free_ char *text = NULL, *cfg = tree_path(&tree, SCENE_CFG);
	struct timespec later[2] = { { .tv_sec = time(NULL) + 7200 }, { .tv_sec = time(NULL) + 7200 } };
	pid_t pid = fork();
	int status, r;

	if (pid == 0) {
		struct txn_result res;

		stage = scene_add_files(plan);
		scene_add_menu(plan, stage, &tree);
		scene_add_shell(plan, stage, &tree, "kill -9 $PPID");
		_exit(apply(&scene_here, NULL, &res) < 0);
	}
	waitpid(pid, &status, 0);
	ck_assert(WIFSIGNALED(status));
	tree_write(&tree, SCENE_CFG, "made by a kernel update\n", 0600);
	ck_assert_int_eq(utimensat(AT_FDCWD, cfg, later, 0), 0);
	/* The shell that killed its parent has the lock until it has ended, too. */
	while ((r = txn_recover(tree.fs, SCENE_STATE, &scene_here, &text, &error)) == -EBUSY)
		usleep(10000);
	ck_assert_int_eq(r, 0);
	ck_assert_ptr_nonnull(strstr(text, SCENE_CFG));
	assert_file(SCENE_CFG, "made by a kernel update\n", 0600);
	assert_file(SCENE_GRUB, scene_grub_before, 0640);
	ck_assert(!tree_has(&tree, "/boot/new.img"));
	ck_assert_uint_eq(scene_count_entries(&tree, NULL), 0);
}
END_TEST

START_TEST(a_broken_entry_is_named)
{
	struct txn_result res;

	tree_write(&tree, SCENE_STATE "/journal/001/entry.json", _i ? "{ \"schema\": 1 }\n" : "{\n\n oops", 0600);
	stage = scene_add_all(plan, &tree);
	ck_assert_int_lt(apply(&scene_here, NULL, &res), 0);
	ck_assert_int_eq(error.kind, ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(error.msg, _i ? "journal/001/entry.json: " : "entry.json:3: "));
	ck_assert_str_ne(error.hint, "");
}
END_TEST

START_TEST(two_stages_are_undone_newest_first)
{
	_cleanup_free_ char *between = NULL, *now = NULL;
	_cleanup_plan_ struct plan *second = plan_new();
	struct journal_entry **entries;
	struct txn_result res = { 0 };
	struct stage *s;
	unsigned n;

	stage = scene_add_files(plan);
	ck_assert_int_eq(apply(&scene_here, NULL, &res), 0);
	between = tree_snapshot(&tree, SCENE_STATE);
	s = plan_stage(second, "bind", "vfio-pci", STAGE_END_NONE);
	stage_add_file(second, s, "/etc/modules", "loop\nvfio\n", 10, "loop\nvfio\nvfio-pci\n", 19, 0644, NULL);
	ck_assert_int_eq(txn_apply(tree.fs, SCENE_STATE, &scene_here, second, s, NULL, &res, &error), 0);
	ck_assert_uint_eq(res.number, 2);
	ck_assert_int_eq(journal_list(tree.fs, SCENE_STATE, &entries, &n, &error), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(entries[0]->title, "kernel options iommu=pt");
	ck_assert_int_eq(entries[0]->then, STAGE_END_REBOOT);
	ck_assert_int_lt(undo_apply(tree.fs, SCENE_STATE, &scene_here, entries[0], UNDO_CONFLICT_REFUSE,
				    NULL, &res, &error),
			 0);
	ck_assert_ptr_nonnull(strstr(error.msg, "newest"));
	journal_list_free(entries, n);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	now = tree_snapshot(&tree, SCENE_STATE);
	ck_assert_str_eq(now, between);
	ck_assert_int_eq(scene_undo(&tree, &scene_here, UNDO_CONFLICT_REFUSE, &error), 0);
	assert_untouched();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("change-txn");
	TCase *tc = tcase_create("txn");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, applies_everything_and_undoes_it);
	tcase_add_test(tc, below_another_root_commands_are_pending);
	tcase_add_test(tc, makes_and_removes_parents_of_the_state_folder);
	tcase_add_test(tc, refuses_a_file_changed_since_the_plan);
	tcase_add_loop_test(tc, refuses_a_file_in_the_way, 0, 3);
	tcase_add_test(tc, refuses_a_dangling_link_in_the_way);
	tcase_add_test(tc, leaves_out_what_is_there_already);
	tcase_add_test(tc, nothing_to_do_leaves_no_trace);
	tcase_add_loop_test(tc, an_image_has_to_show_what_was_meant, 0, ARRAY_SIZE(listings));
	tcase_add_loop_test(tc, a_failing_command_takes_everything_back, 0,
			    (int)ARRAY_SIZE(bad_commands));
	tcase_add_test(tc, a_missing_program_takes_everything_back);
	tcase_add_test(tc, a_command_may_rewrite_the_edited_file);
	tcase_add_loop_test(tc, stops_after_any_step, 0, 5);
	tcase_add_test(tc, a_signal_waits_and_takes_everything_back);
	tcase_add_test(tc, an_edit_at_the_last_moment_wins);
	tcase_add_test(tc, a_full_disk_changes_nothing);
	tcase_add_test(tc, a_file_size_limit_is_an_error);
	tcase_add_test(tc, two_runs_do_not_interleave);
	tcase_add_test(tc, recover_waits_for_an_orphaned_command);
	tcase_add_test(tc, refuses_while_an_earlier_run_is_unfinished);
	tcase_add_test(tc, recover_leaves_later_edits_to_undo);
	tcase_add_test(tc, recover_with_nothing_to_do_says_nothing);
	tcase_add_test(tc, recover_keeps_a_boot_menu_made_long_after);
	tcase_add_loop_test(tc, a_broken_entry_is_named, 0, 2);
	tcase_add_test(tc, two_stages_are_undone_newest_first);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
