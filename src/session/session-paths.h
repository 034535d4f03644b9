/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "session/session.h"

/* Adds to the plan what keeps a machine of libvirt from opening the disk and images of M. */
void session_check_paths(struct session *s, struct plan *plan, const struct machine *m);
