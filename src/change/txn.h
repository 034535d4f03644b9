/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/fsroot.h"
#include "model/plan.h"

#include <signal.h>
#include <stdbool.h>

/*
 * Carries one stage of a plan out, all or nothing.  Order: originals unchanged since the plan was
 * shown? → journal + fsync → every new file written beside the old + fsync → renames → fsync dirs →
 * commands → read back → done.  Killed anywhere, txn_recover() at the next start finishes or rolls
 * back.  Signals that would end the program (Ctrl-C, hang-up, SIGTERM) wait meanwhile and count as
 * keep_going() saying no.
 */
enum txn_event_kind { TXN_STEP_BEGIN, TXN_STEP_DONE, TXN_STEP_FAILED, TXN_OUTPUT, TXN_PENDING };
struct txn_event {
	enum txn_event_kind kind;
	unsigned step, n_steps;		/* 1.. */
	const char *text;		/* what the step does, or the output bytes */
	size_t text_len;
	unsigned elapsed_ms;
};
struct txn_watcher {
	void (*on_event)(void *user, const struct txn_event *ev); /* may be NULL */
	bool (*keep_going)(void *user);	/* false: stop after this step and roll back; may be NULL */
	void *user;
};

struct journal_command;
struct txn_options {
	/* fsroot_is_live(): below another root no program runs, commands are listed as pending. */
	bool run_commands;
	/* undo_apply(): somebody took back already what COMMAND's own way back would; may be NULL. */
	bool (*is_gone)(const struct journal_command *command);
};

struct txn_result {
	unsigned number;		/* of the journal entry, 1.. */
	/*
	 * Command lines a person has to run, NULL-terminated, NULL none; in the plan's arena, after
	 * undo_apply() in the entry's.
	 */
	const char *const *pending;
};

/*
 * FS is where to write, STATE_DIR a path below FS ("/var/lib/vfio-wizard").  WATCHER may be NULL.
 * On any failure the host is as before, or the message says exactly what could not be put back.
 */
int txn_apply(const struct fsroot *fs, const char *state_dir, const struct txn_options *options,
	      struct plan *plan, struct stage *stage, const struct txn_watcher *watcher,
	      struct txn_result *ret, struct err *err) _must_check_;

/*
 * Finishes or rolls back what a killed run left.  *RET_TEXT (free() it) says in whole sentences what
 * was done, NULL when there was nothing.
 */
int txn_recover(const struct fsroot *fs, const char *state_dir, const struct txn_options *options,
		char **ret_text, struct err *err) _must_check_;

/*
 * Keeps Ctrl-C, hang-up and SIGTERM waiting over more than one transaction, so that what belongs to
 * it (the saved state, the report) is not lost.  Nests; txn_apply() and undo_apply() see what waits.
 */
void txn_hold_signals(sigset_t *ret_old);
void txn_release_signals(const sigset_t *old);
