/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The promise of the journal, tried at every single point: whichever call fails and wherever the
 * program is killed, the host is as before, or (after the last step) as wanted, and undo still works.
 */
#include "tests/lib/change-scene.h"
#include "tests/lib/fault.h"
#include "tests/lib/unit.h"

#include <sys/wait.h>

#define FAULT_MOST 2000

static void faults_recover(const struct tree *t, unsigned at)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };

	int r = -EBUSY;

	/* A command that was started goes on after the kill and holds the lock until it ends. */
	for (unsigned tries = 0; r == -EBUSY && tries < 1000; tries++) {
		if (tries)
			usleep(10000);
		err = (struct err){ 0 };
		r = txn_recover(t->fs, SCENE_STATE, &scene_here, &text, &err);
	}
	ck_assert_msg(r == 0, "recover after call %u: %s", at, err.msg);
}

static void faults_assert_same(const struct tree *t, const char *want, const char *without,
			       unsigned at, const char *what)
{
	_cleanup_free_ char *now = tree_snapshot(t, without);

	ck_assert_msg(strcmp(now, want) == 0, "%s, call %u:\n%s\n--- instead of\n%s", what, at, now, want);
}

static void faults_undo(const struct tree *t, const char *want, unsigned at)
{
	struct err err = { 0 };

	ck_assert_msg(scene_undo(t, &scene_here, UNDO_CONFLICT_REFUSE, &err) == 0, "undo, call %u: %s",
		      at, err.msg);
	faults_assert_same(t, want, NULL, at, "after undo");
}

/* Runs apply, undo or recover in a child that is killed before call AT; false: it came to its end. */
enum faults_what { FAULTS_APPLY, FAULTS_UNDO, FAULTS_RECOVER };
static bool faults_kill(const struct tree *t, enum faults_what what, unsigned at)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		char *text = NULL;
		struct err err = { 0 };
		int r;

		fault_set(at, 0);
		if (what == FAULTS_APPLY)
			r = scene_apply(t, &scene_here, &err);
		else if (what == FAULTS_UNDO)
			r = scene_undo(t, &scene_here, UNDO_CONFLICT_REFUSE, &err);
		else
			do {
				/* See faults_recover(): what counts are the calls of one that could begin. */
				fault_set(at, 0);
				r = txn_recover(t->fs, SCENE_STATE, &scene_here, &text, &err);
			} while (r == -EBUSY && usleep(10000) == 0);
		_exit(r < 0);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return true;
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	return false;
}

START_TEST(kill_apply_anywhere)
{
	unsigned at, rolled_back = 0;

	for (at = 1; at < FAULT_MOST; at++) {
		struct tree t;
		_cleanup_free_ char *before = NULL;
		enum journal_status status;
		bool killed;

		scene_init(&t);
		before = tree_snapshot(&t, NULL);
		killed = faults_kill(&t, FAULTS_APPLY, at);
		faults_recover(&t, at);
		if (scene_count_entries(&t, &status)) {
			ck_assert_int_eq(status, JOURNAL_DONE);
			faults_undo(&t, before, at);
		} else {
			faults_assert_same(&t, before, NULL, at, "after recover");
			rolled_back++;
		}
		tree_done(&t);
		if (!killed)
			break;
	}
	/* The loop has really met many points, and came to the undisturbed end. */
	ck_assert_uint_gt(rolled_back, 40);
	ck_assert_uint_lt(at, FAULT_MOST);
}
END_TEST

START_TEST(kill_undo_anywhere)
{
	unsigned at, finished = 0;

	for (at = 1; at < FAULT_MOST; at++) {
		struct tree t;
		_cleanup_free_ char *before = NULL;
		struct err err = { 0 };
		bool killed;

		scene_init(&t);
		before = tree_snapshot(&t, NULL);
		ck_assert_int_eq(scene_apply(&t, &scene_here, &err), 0);
		killed = faults_kill(&t, FAULTS_UNDO, at);
		faults_recover(&t, at);
		if (scene_count_entries(&t, NULL)) {
			faults_undo(&t, before, at);
		} else {
			faults_assert_same(&t, before, NULL, at, "after finishing the undo");
			finished++;
		}
		tree_done(&t);
		if (!killed)
			break;
	}
	ck_assert_uint_gt(finished, 20);
	ck_assert_uint_lt(at, FAULT_MOST);
}
END_TEST

START_TEST(kill_recover_as_well)
{
	/* Every 17th place of the first kill, every 11th of the second. */
	for (unsigned at = 20; at < FAULT_MOST; at += 17) {
		bool killed = true;

		for (unsigned again = 1; again < FAULT_MOST; again += 11) {
			struct tree t;
			_cleanup_free_ char *before = NULL;
			bool killed_again;

			scene_init(&t);
			before = tree_snapshot(&t, NULL);
			killed = faults_kill(&t, FAULTS_APPLY, at);
			killed_again = faults_kill(&t, FAULTS_RECOVER, again);
			faults_recover(&t, again);
			if (scene_count_entries(&t, NULL))
				faults_undo(&t, before, again);
			else
				faults_assert_same(&t, before, NULL, again, "after two kills");
			tree_done(&t);
			if (!killed_again)
				break;
		}
		if (!killed)
			break;
	}
}
END_TEST

static const int faults_codes[] = { ENOSPC, EROFS, EIO };

START_TEST(fail_apply_anywhere)
{
	unsigned at, failed = 0;

	for (at = 1; at < FAULT_MOST; at++) {
		struct tree t;
		_cleanup_free_ char *before = NULL, *before_rest = NULL;
		struct err err = { 0 };
		bool hit;
		int r;

		scene_init(&t);
		before = tree_snapshot(&t, NULL);
		before_rest = tree_snapshot(&t, SCENE_STATE);
		fault_set(at, faults_codes[_i]);
		r = scene_apply(&t, &scene_here, &err);
		hit = fault_calls >= at;
		fault_set(0, 0);
		if (r < 0) {
			failed++;
			ck_assert_int_ne(err.kind, ERR_NONE);
			faults_assert_same(&t, before_rest, SCENE_STATE, at, "after a failed apply");
			faults_recover(&t, at);
			faults_assert_same(&t, before, NULL, at, "after a failed apply and recover");
		} else {
			faults_undo(&t, before, at);
		}
		tree_done(&t);
		if (!hit)
			break;
	}
	ck_assert_uint_gt(failed, 40);
	ck_assert_uint_lt(at, FAULT_MOST);
}
END_TEST

START_TEST(fail_undo_anywhere)
{
	unsigned at, failed = 0;

	for (at = 1; at < FAULT_MOST; at++) {
		struct tree t;
		_cleanup_free_ char *before = NULL, *applied = NULL;
		struct err err = { 0 };
		bool hit;
		int r;

		scene_init(&t);
		before = tree_snapshot(&t, NULL);
		ck_assert_int_eq(scene_apply(&t, &scene_here, &err), 0);
		applied = tree_snapshot(&t, SCENE_STATE);
		fault_set(at, faults_codes[_i]);
		r = scene_undo(&t, &scene_here, UNDO_CONFLICT_REFUSE, &err);
		hit = fault_calls >= at;
		fault_set(0, 0);
		if (r < 0) {
			enum journal_status status = JOURNAL_STARTED;

			failed++;
			if (scene_count_entries(&t, &status) && status == JOURNAL_DONE)
				faults_assert_same(&t, applied, SCENE_STATE, at, "after a failed undo");
			faults_recover(&t, at);
			if (scene_count_entries(&t, NULL))
				faults_undo(&t, before, at);
		}
		faults_assert_same(&t, before, NULL, at, "after undo");
		tree_done(&t);
		if (!hit)
			break;
	}
	ck_assert_uint_gt(failed, 20);
	ck_assert_uint_lt(at, FAULT_MOST);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("change-faults");
	TCase *tc = tcase_create("every point");

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, kill_apply_anywhere);
	tcase_add_test(tc, kill_undo_anywhere);
	tcase_add_test(tc, kill_recover_as_well);
	tcase_add_loop_test(tc, fail_apply_anywhere, 0, (int)ARRAY_SIZE(faults_codes));
	tcase_add_loop_test(tc, fail_undo_anywhere, 0, (int)ARRAY_SIZE(faults_codes));
	suite_add_tcase(s, tc);
	return unit_run(s);
}
