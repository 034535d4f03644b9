/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "session/session.h"

/* Stages what makes the disks and the cloud-init seed of M.  ERR_NOT_POSSIBLE when a tool is missing. */
int session_add_media(struct session *s, struct plan *plan, struct stage *stage, const struct machine *m,
		      struct err *err) _must_check_;
/* What is to be said about M becomes findings of the plan. */
void session_add_notes(struct plan *plan, const struct machine *m);
/* The same for whoever asks the session: copies them to the host's arena. */
void session_keep_notes(struct session *s, const struct machine *m);
