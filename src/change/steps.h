/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "change/journal.h"
#include "change/txn.h"

#include <signal.h>

/* What apply, undo and recover share while they work: steps, signals, commands. */
struct steps {
	const struct txn_watcher *watcher;	/* may be NULL */
	unsigned step, n_steps;
	long long begun_ms;
	char *text;		/* of the running step */
	int lock_fd;
	sigset_t old_mask;
	struct sigaction old_pipe, old_file_size;
};
/*
 * From here to steps_end() no signal ends the program: SIGINT, SIGTERM, SIGHUP and SIGQUIT wait, a
 * full pipe or a file size limit becomes an error code.
 */
void steps_init(struct steps *s, const struct txn_watcher *watcher, unsigned n_steps, int lock_fd);
void steps_done(struct steps *s);
/* Takes TEXT. */
void steps_begin(struct steps *s, char *text);
void steps_finish(struct steps *s, bool ok);
/* -ECANCELED when the watcher or a waiting signal asks to stop. */
int steps_check_stop(const struct steps *s, struct err *err) _must_check_;
/* Notes ARGV as a line for a person to run. */
void steps_add_pending(const struct steps *s, struct arena *a, const char *const *argv,
		       const char *const **pending);
/* Runs ARGV to its end and streams its output.  An exit status other than 0 is ERR_NOT_POSSIBLE. */
int steps_run(const struct steps *s, const char *const *argv, unsigned timeout_s, struct err *err)
	_must_check_;
/*
 * Puts what a command wrote at MADE in the place of INSTALLED, which keeps its mode, owner and
 * attributes: old or new at any moment, and flushed.  MADE goes.  Nothing when INSTALLED is NULL.
 */
int steps_install(const struct fsroot *fs, const char *made, const char *installed, struct err *err)
	_must_check_;
/*
 * Runs ARGV, which only looks, and searches all of its output for NEEDLES.  *RET_MISSING is the first
 * one that is not in it, NULL when all are.  The output is neither shown nor logged: it is long.
 */
int steps_search(const struct steps *s, const char *const *argv, unsigned timeout_s,
		 const char *const *needles, const char **ret_missing, struct err *err) _must_check_;
/* Appends a whole sentence to a message. */
void steps_add_sentence(struct err *err, const char *sentence);
