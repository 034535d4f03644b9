/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "session/session.h"

/* Adds to the plan, as findings, what the preset set and what is to be known of M. */
void session_add_machine_notes(struct plan *plan, const struct machine *m);
/* What lets the person at this host open the memory of Looking Glass: one small file, where none is there. */
void session_add_looking_glass(struct session *s, struct plan *plan, struct stage *stage, const struct machine *m);
