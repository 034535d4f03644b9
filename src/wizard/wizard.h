/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "session/session.h"
#include "wizard/frontend.h"

/*
 * The walk: Host → Firmware → Kernel → restart → Devices → Bind → restart → Machine → Review → Apply
 * → Test.  Goes on where the saved state says, undoes at any point.  Returns an exit code of cli.md
 * (0 done, 1 something is left to do, 128+n ended by a signal), negative with ERR on failure.
 */
int wizard_run(struct session *s, struct frontend *f, struct err *err) _must_check_;
