/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/fsroot.h"
#include "base/json.h"
#include "model/answers.h"
#include "model/plan.h"

/*
 * STATE_DIR/state.json: where the walk stands.  0600 in a 0700 folder, replaced atomically.
 */
struct run_state {
	struct answers answers;
	char *step;		/* the wizard's step id, or NULL */
	char *boot_id;		/* when the last stage was applied; NULL: none yet */
	char *stage;		/* name of the last applied stage */
	enum stage_end then;	/* what that stage waits for */
	json_t *promises;	/* array of promise objects, to be measured; see state.c */
	json_t *devices;	/* chosen devices as they were: address, ids, group, driver */
	char *saved_at;		/* "2026-05-14T14:02:11", local time */
};
void run_state_init(struct run_state *s);
void run_state_done(struct run_state *s);
#define _cleanup_run_state_ _cleanup_(run_state_done)

/* Absent: 0 and an empty state.  A broken file: ERR_INPUT with line, and how to go on. */
int run_state_load(const struct fsroot *fs, const char *state_dir, struct run_state *ret, struct err *err)
	_must_check_;
int run_state_save(const struct fsroot *fs, const char *state_dir, struct run_state *s, struct err *err)
	_must_check_;
/* Removes state.json, and STATE_DIR when it is empty. */
int run_state_remove(const struct fsroot *fs, const char *state_dir, struct err *err) _must_check_;

/* Copies a finished stage's promises and its end into the state; the same id is replaced. */
void run_state_record_stage(struct run_state *s, const struct stage *stage, const char *boot_id);
struct journal_entry;
/*
 * Makes stage, end, boot_id and promises what the journal's finished entries (oldest first) say.  The
 * journal is written first and is what undo works from: where a run was killed before state.json was
 * saved, or state.json was moved away, it is the one that is right.
 */
void run_state_follow_journal(struct run_state *s, struct journal_entry *const *entries, unsigned n);
/* Notes the chosen devices' identity; refuses later when one moved or vanished. */
void run_state_record_devices(struct run_state *s, const struct host *h, const char *const *addresses);
/* ERR_NOT_POSSIBLE with what changed: gone, another device at that address, moved, another group. */
int run_state_check_devices(const struct run_state *s, const struct host *h, struct err *err) _must_check_;
