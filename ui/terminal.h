/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wizard/frontend.h"

/*
 * The terminal: taken over, waited for, given back on every way out, crashes included.  There is one
 * per program, so its state is file local.
 */

/* NULL, or a translated sentence why full screen is not possible here. */
const char *terminal_open(const struct frontend_options *o);
/* Gives it back as it was; may be called at any time and more than once. */
void terminal_close(void);

enum terminal_what { TERMINAL_NOTHING, TERMINAL_KEY, TERMINAL_RESIZED, TERMINAL_SIGNAL };
struct terminal_event {
	enum terminal_what what;
	int key;    /* a character, or TERMINAL_CODE plus a KEY_… of curses */
	int signal; /* SIGINT, SIGTERM, SIGHUP (also when the line is gone), SIGQUIT */
};
#define TERMINAL_CODE 0x200000

/* The next thing that happens; without WAIT TERMINAL_NOTHING when nothing has. */
void terminal_next(bool wait, struct terminal_event *ret);
/* Ctrl-Z: stops the foreground job, returns when it is continued. */
void terminal_suspend(void);
/* Lines are drawn with - | + because there is nothing better. */
bool terminal_is_ascii(void);
/* The next refresh paints everything anew. */
void terminal_redraw(void);
