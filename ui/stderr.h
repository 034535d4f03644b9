/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Libraries complain on stderr whenever they like (libpci, libxml2, sanitizers): on a terminal that
 * is ours this would tear the screen, so it is kept in memory and printed when the screen is gone.
 */
void stderr_take(void);
/* Safe in a signal handler; does nothing when nothing was taken. */
void stderr_give_back(void);
