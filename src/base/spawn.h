/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The only code that runs programs: by argv, never through a shell, in their own session, with
 * standard input from /dev/null (or INPUT) and a clean environment, so that they can neither draw
 * on our screen nor ask.  The environment is PATH, HOME, LC_ALL=C.UTF-8, TERM=dumb, NO_COLOR=1.
 */
struct spawn_request {
	const char *const *argv; /* argv[0] is looked up in PATH when it has no slash */
	const char *input;	 /* bytes for standard input, or NULL */
	size_t input_len;
	unsigned timeout_s; /* 0 = no limit; then SIGTERM, 5 s later SIGKILL, to the whole session */
	/* Called with every piece of stdout+stderr as it comes; may be NULL. */
	void (*on_output)(void *user, const char *bytes, size_t len);
	/* Called at least every 250 ms; returning false ends the program as a timeout would. */
	bool (*on_tick)(void *user);
	void *user;
};

struct spawn_result {
	int exit_status; /* 0..255, or -1 when a signal ended it */
	int signal;	 /* 0 or the signal */
	bool timed_out;
	bool cancelled;
	char *output; /* stdout and stderr together, at most the first 1 MiB; never NULL */
	size_t output_len;
};
void spawn_result_done(struct spawn_result *r);
#define _cleanup_spawn_result_ _cleanup_(spawn_result_done)

/*
 * Runs it to its end.  0 when it was started, whatever its exit status; ERR_NOT_POSSIBLE when it
 * could not be started (not installed).
 */
int spawn_run(const struct spawn_request *req, struct spawn_result *ret, struct err *err) _must_check_;
/* True when argv[0] can be found in PATH.  Starts nothing. */
bool spawn_is_installed(const char *program);
/* The argv as a line a person can paste into a shell; free() it. */
char *spawn_quote(const char *const *argv) _returns_nonnull_;
