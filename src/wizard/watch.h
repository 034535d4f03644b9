/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wizard/step.h"

#define WATCH_OUTPUT_LINES 8

/* What the progress screen shows while a transaction runs, and what is told when it failed. */
struct watch {
	struct wizard *w;
	struct screen_build build; /* arena, and the row of steps */
	const char *title;
	const char **labels, **states;
	unsigned *elapsed_ms;
	unsigned n;
	struct str line; /* the output line that is not complete yet */
	char *output[WATCH_OUTPUT_LINES + 1];
	unsigned n_output;
	bool stop;
	struct txn_watcher watcher; /* for txn_apply() and undo_apply() */
};

void watch_begin(struct watch *p, struct wizard *w, const char *title);
void watch_done(struct watch *p);
#define _cleanup_watch_ _cleanup_(watch_done)
/* A popup: what happened, how far it came, what the command printed, what is next. */
void watch_show_failure(struct watch *p, const char *title, const struct err *err);
