/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"

/*
 * The log file (--log FILE, /var/log/vfio-wizard.log for a run that changes the host).  Nothing is
 * logged until it is open; log lines never reach the terminal.
 */
int log_open(const char *path, struct err *err) _must_check_;
void log_close(void);
/* NULL when no log is open. */
const char *log_path(void);
/* One line with time stamp; control bytes are made printable.  Keeps errno. */
void log_line(const char *fmt, ...) _printf_(1, 2);
