/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "change/state.h"
#include "model/host.h"

/* Measures promises against the facts of now; nothing is remembered as true. */
enum promise_result { PROMISE_KEPT, PROMISE_BROKEN, PROMISE_NOT_YET, PROMISE_CANNOT_TELL };
const char *promise_result_name(enum promise_result r); /* "kept", "broken", "not-yet", "unknown" */

struct promise_check {
	const char *id, *text;
	enum promise_result result;
	const char *evidence;	/* what was read */
	const char *advice;	/* when broken */
};
struct verification {
	struct arena *arena;
	bool rebooted;		/* boot_id differs from the one of the last stage */
	struct promise_check *checks;
	unsigned n_checks;
	bool all_kept;
};
/* Promises of a stage that ends in a reboot are NOT_YET until boot_id has changed. */
int verify_promises(const struct run_state *s, const struct host *h, const struct fsroot *fs,
		    struct verification **ret, struct err *err) _must_check_;
void verification_free(struct verification *v);
static inline void verification_freep(struct verification **v)
{
	verification_free(*v);
}
#define _cleanup_verification_ _cleanup_(verification_freep)
