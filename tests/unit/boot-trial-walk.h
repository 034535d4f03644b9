/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A trial, then the same made permanent, then both undone: the host of boot-fixture.h file by file. */
#include "boot-fixture.h"

#include "boot/bootloader.h"
#include "change/journal.h"
#include "change/undo.h"

#define TRIAL_WALK_STATE "/var/lib/vfio-wizard"

/* "MODE TIME SHA-256 PATH" of every file outside /var; free() it. */
static inline char *trial_walk_list(void)
{
	_cleanup_free_ char *command = xasprintf("cd '%s' && find . -path ./var -prune -o -type f -printf '%%m %%T@ ' "
						 "-exec sha256sum {} \\; | sort -k4", fixture_dir);
	struct str out = { 0 };
	FILE *f = popen(command, "r");
	char buf[4096];
	size_t n;

	ck_assert_ptr_nonnull(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		str_addn(&out, buf, n);
	ck_assert_int_eq(pclose(f), 0);
	return str_steal(&out);
}

static inline void trial_walk_apply(struct stage *stage)
{
	const struct txn_options there = { .run_commands = false };
	struct txn_result res = { 0 };

	ck_assert_msg(txn_apply(fixture_root, TRIAL_WALK_STATE, &there, fixture_plan, stage, NULL, &res, &fixture_err) == 0,
		      "%s", fixture_err.msg);
	plan_free(fixture_plan);
	fixture_plan = plan_new();
}

static inline void trial_walk_undo(void)
{
	const struct txn_options there = { .run_commands = false };
	struct journal_entry **entries;
	struct txn_result res = { 0 };
	unsigned n;

	ck_assert_int_eq(journal_list(fixture_root, TRIAL_WALK_STATE, &entries, &n, &fixture_err), 0);
	ck_assert_uint_gt(n, 0);
	ck_assert_msg(undo_apply(fixture_root, TRIAL_WALK_STATE, &there, entries[n - 1], UNDO_CONFLICT_REFUSE, NULL, &res,
				 &fixture_err) == 0, "%s", fixture_err.msg);
	journal_list_free(entries, n);
}

/* ENTRY is the file of the trial; THEN is what is set for good, not SET when the trial did not come true. */
static inline void trial_walk(const struct bootloader *l, const char *const *set, const char *const *then, const char *entry)
{
	struct stage *stage = plan_stage(fixture_plan, "kernel", "Try", STAGE_END_REBOOT);
	_cleanup_free_ char *before = trial_walk_list(), *tried = NULL, *now = NULL;
	const char *why_not = NULL;

	ck_assert_int_eq(l->stage_trial(fixture_host, set, NULL, fixture_plan, stage, &why_not, &fixture_err), 0);
	ck_assert_ptr_null(why_not);
	trial_walk_apply(stage);
	ck_assert(fsroot_exists(fixture_root, entry));
	tried = trial_walk_list();

	stage = plan_stage(fixture_plan, "kernel", "For good", STAGE_END_NONE);
	ck_assert_msg(l->stage_kargs(fixture_host, then, NULL, fixture_plan, stage, &fixture_err) == 0, "%s", fixture_err.msg);
	ck_assert_int_eq(fixture_change(stage, entry)->kind, CHANGE_REMOVE);
	trial_walk_apply(stage);
	ck_assert(!fsroot_exists(fixture_root, entry));
	/* Once more: there is nothing left to do, and nothing to remove. */
	stage = plan_stage(fixture_plan, "kernel", "For good", STAGE_END_NONE);
	ck_assert_int_eq(l->stage_kargs(fixture_host, then, NULL, fixture_plan, stage, &fixture_err), 0);
	ck_assert(!fixture_has_change(stage, entry));

	trial_walk_undo();
	now = trial_walk_list();
	ck_assert_str_eq(now, tried);
	trial_walk_undo();
	free(now);
	now = trial_walk_list();
	ck_assert_str_eq(now, before);
}
