/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "session/session.h"

/* Stages what makes the disks and the cloud-init seed of M.  ERR_NOT_POSSIBLE when a tool is missing. */
int session_add_media(struct session *s, struct plan *plan, struct stage *stage, const struct machine *m,
		      struct err *err) _must_check_;
