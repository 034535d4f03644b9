/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/fsroot.h"

/*
 * STATE_DIR itself: made when it is first needed, locked while the host is changed, and gone without
 * a trace when nothing is kept in it any more.
 */

/*
 * Makes STATE_DIR (0700) and missing parents (0755; noted in STATE_DIR/made-dirs, so that they go
 * with it again).
 */
int state_dir_make(const struct fsroot *fs, const char *state_dir, struct err *err) _must_check_;
/*
 * Makes and locks it.  The lock is on the folder, so that no lock file can be left behind; it ends
 * with the last process that has *RET_FD open.  ERR_NOT_POSSIBLE when another run has it.
 */
int state_dir_lock(const struct fsroot *fs, const char *state_dir, int *ret_fd, struct err *err)
	_must_check_;
/* Removes the journal folder, STATE_DIR and the parents made for it, as far as they are empty. */
int state_dir_tidy(const struct fsroot *fs, const char *state_dir, struct err *err) _must_check_;
/*
 * Removes what a killed write of the file NAME (NULL: of any file) left in DIR:
 * ".NAME.vfio-wizard-0123abcd".
 */
int state_dir_remove_temps(const struct fsroot *fs, const char *dir, const char *name,
			   struct err *err) _must_check_;
