/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "model/kargs.h"

/*
 * Arguments on one line of a text (an "options" line, /etc/kernel/cmdline): every SET argument in
 * force, no REMOVE, all else the same bytes: blanks, order, quotes.  LINE has no line end.  NULL when
 * nothing changes; else the new line, in A.  What it gives is what kargs_set()/kargs_remove() give.
 */
const char *boot_line_edit(struct arena *a, const char *line, const char *const *set,
			   const char *const *remove);
