/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A walk through the session alone: killed at every point, resumed, other devices, undone. */
#include "session/session.h"
#include "tests/lib/tree.h"
#include "tests/lib/unit.h"

#include <signal.h>
#include <sys/wait.h>

#define GRUB "/etc/default/grub"
#define STATE_FILE "/var/lib/vfio-wizard/state.json"

static struct tree tree;
static struct err error;

static void unpack(const char *name)
{
	_cleanup_free_ char *file = xasprintf("%s/tests/hosts/%s.host", unit_srcdir(), name), *text = NULL;
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);
	size_t len;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fd_read_all(fd, &text, &len), 0);
	ck_assert_msg(recording_unpack(text, len, file, tree.dir, &error) == 0, "%s", error.msg);
}

static void setup(void)
{
	tree_init(&tree);
	error = (struct err){ 0 };
	unpack("intel-off-in-kernel-debian");
}

static void teardown(void)
{
	tree_done(&tree);
}

static struct session *open_session(void)
{
	struct session_options o = { .root = tree.dir };
	_cleanup_free_ char *text = NULL;
	struct session *s = NULL;

	ck_assert_msg(session_open(&o, &s, &error) == 0, "%s", error.msg);
	ck_assert_msg(session_recover(s, &text, &error) == 0, "%s", error.msg);
	ck_assert_msg(session_look(s, NULL, NULL, &error) == 0, "%s", error.msg);
	return s;
}

static void answer(struct session *s, const char *key, const char *value)
{
	answers_clear(&s->answers, key);
	ck_assert_msg(answers_set(&s->answers, key, value, "--test", &error) == 0, "%s", error.msg);
}

static unsigned apply(struct session *s, const struct txn_watcher *w)
{
	_cleanup_plan_ struct plan *plan = NULL;
	struct txn_result result = { 0 };

	ck_assert_msg(session_plan(s, &plan, &error) == 0, "%s", error.msg);
	ck_assert_msg(session_apply(s, plan, w, &result, &error) == 0, "%s", error.msg);
	return result.number;
}

static bool grub_has_argument(void)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	ck_assert_int_eq(fsroot_read(tree.fs, GRUB, &text, &len), 0);
	return strstr(text, "intel_iommu=on") != NULL;
}

/* The events that are left before the process is killed from outside. */
static int events_left;

static void die_at_event(void *user _unused_, const struct txn_event *ev _unused_)
{
	if (events_left-- == 0)
		raise(SIGKILL);
}

/* True when the apply came to its end. */
static bool apply_and_die(int after_events)
{
	struct txn_watcher w = { .on_event = die_at_event };
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		_cleanup_session_ struct session *s = open_session();

		events_left = after_events;
		apply(s, &w);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(a_kill_at_any_step_leaves_all_or_nothing)
{
	bool finished = false;

	for (int events = 0; !finished && events < 20; events++) {
		struct session *s;

		finished = apply_and_die(events);
		s = open_session();
		/* What is written is waited for and measured; what is not is forgotten. */
		ck_assert_int_eq(session_restart_is_due(s), grub_has_argument());
		ck_assert_uint_eq(json_array_size(s->state.promises), grub_has_argument() ? 2 : 0);
		ck_assert_int_eq(str_eq(s->state.stage, "kernel"), grub_has_argument());
		if (grub_has_argument()) {
			struct txn_result result = { 0 };

			ck_assert_msg(session_undo(s, false, UNDO_CONFLICT_REFUSE, NULL, &result, &error) == 0,
				      "%s", error.msg);
		}
		session_close(s);
		ck_assert(!grub_has_argument());
	}
	ck_assert_msg(finished, "the apply never ended");
}
END_TEST

START_TEST(the_journal_is_believed_without_state)
{
	_cleanup_session_ struct session *s = open_session();
	_cleanup_session_ struct session *again = NULL;
	_cleanup_verification_ struct verification *v = NULL;

	ck_assert_uint_eq(apply(s, NULL), 1);
	tree_unlink(&tree, STATE_FILE);
	again = open_session();
	ck_assert(session_restart_is_due(again));
	ck_assert_str_eq(again->state.stage, "kernel");
	ck_assert_msg(session_verify(again, &v, &error) == 0, "%s", error.msg);
	ck_assert_uint_eq(v->n_checks, 2);
	ck_assert_int_eq(v->checks[0].result, PROMISE_NOT_YET);
	ck_assert(!v->all_kept);
}
END_TEST

START_TEST(only_what_waits_for_the_restart_can_change)
{
	_cleanup_session_ struct session *s = open_session();

	ck_assert(!session_restart_is_due(s));
	ck_assert_uint_eq(apply(s, NULL), 1);
	ck_assert(session_restart_is_due(s));
	ck_assert_uint_eq(apply(s, NULL), 0);
	/* The same stage, changed: one more entry. */
	answer(s, "passthrough-mode", "yes");
	ck_assert_uint_eq(apply(s, NULL), 2);
	ck_assert_uint_eq(apply(s, NULL), 0);
	ck_assert(session_restart_is_due(s));
}
END_TEST

START_TEST(answers_are_kept_for_the_next_run)
{
	_cleanup_session_ struct session *s = open_session();
	_cleanup_session_ struct session *again = NULL;

	answer(s, "gpu", "0000:01:00.0");
	ck_assert_uint_eq(apply(s, NULL), 1);
	answer(s, "memory", "4G");
	ck_assert_uint_eq(apply(s, NULL), 0);
	again = open_session();
	ck_assert_str_eq(answers_get(&again->answers, "gpu"), "0000:01:00.0");
	ck_assert_str_eq(answers_get(&again->answers, "memory"), "4G");
	ck_assert(!session_chose_anew(again));
	answer(again, "gpu", "0000:00:02.0");
	ck_assert(session_chose_anew(again));
}
END_TEST

START_TEST(undo_takes_promises_back)
{
	_cleanup_session_ struct session *s = open_session();
	struct txn_result result = { 0 };

	apply(s, NULL);
	answer(s, "passthrough-mode", "yes");
	apply(s, NULL);
	ck_assert_uint_eq(json_array_size(s->state.promises), 3);
	ck_assert_int_eq(session_undo(s, false, UNDO_CONFLICT_REFUSE, NULL, &result, &error), 0);
	ck_assert_uint_eq(result.number, 2);
	ck_assert_uint_eq(json_array_size(s->state.promises), 2);
	ck_assert(session_restart_is_due(s));
	ck_assert_int_eq(session_undo(s, true, UNDO_CONFLICT_REFUSE, NULL, &result, &error), 0);
	ck_assert_uint_eq(json_array_size(s->state.promises), 0);
	ck_assert(!session_restart_is_due(s));
	ck_assert(!fsroot_exists(tree.fs, "/var/lib/vfio-wizard"));
	/* Nothing is left to undo; that is no error. */
	ck_assert_int_eq(session_undo(s, true, UNDO_CONFLICT_REFUSE, NULL, &result, &error), 0);
	ck_assert_uint_eq(result.number, 0);
}
END_TEST

START_TEST(a_dry_run_writes_nothing)
{
	struct session_options o = { .root = tree.dir, .dry_run = true };
	_cleanup_plan_ struct plan *plan = NULL;
	_cleanup_session_ struct session *s = NULL;
	struct txn_result result = { 0 };

	ck_assert_int_eq(session_open(&o, &s, &error), 0);
	ck_assert_int_eq(session_look(s, NULL, NULL, &error), 0);
	ck_assert_int_eq(session_plan(s, &plan, &error), 0);
	ck_assert_uint_eq(plan->n_stages, 1);
	ck_assert_int_lt(session_apply(s, plan, NULL, &result, &error), 0);
	ck_assert_int_eq(error.kind, ERR_NOT_POSSIBLE);
	ck_assert_int_lt(session_undo(s, true, UNDO_CONFLICT_REFUSE, NULL, &result, &error), 0);
	ck_assert_int_eq(session_save(s, "kernel", &error), 0);
	ck_assert(!fsroot_exists(tree.fs, "/var/lib/vfio-wizard"));
	ck_assert(!grub_has_argument());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session-journal");
	TCase *tc = tcase_create("walk");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_kill_at_any_step_leaves_all_or_nothing);
	tcase_add_test(tc, the_journal_is_believed_without_state);
	tcase_add_test(tc, only_what_waits_for_the_restart_can_change);
	tcase_add_test(tc, answers_are_kept_for_the_next_run);
	tcase_add_test(tc, undo_takes_promises_back);
	tcase_add_test(tc, a_dry_run_writes_nothing);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
