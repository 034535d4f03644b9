/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "change/journal.h"

/* entry.json's text; free() it. */
char *journal_format(const struct journal_entry *e) _returns_nonnull_;
/* NAME is for messages.  ERR_INPUT when a key is missing or of the wrong type. */
int journal_parse(const char *text, size_t len, const char *name, struct journal_entry **ret,
		  struct err *err) _must_check_;
/* True when S comes back from JSON as it went in: a path in another encoding would not. */
bool journal_can_hold(const char *s);
