/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/answers.h"

/*
 * Is VALUE a good answer for K?  NULL, and *RET is the value in its one spelling ("01:00.0" →
 * "0000:01:00.0", "true" → "yes"); or a translated sentence why not.  free() either.  A relative path
 * is taken from the current folder when FROM_COMMAND_LINE.
 */
char *answer_check(const struct answer_key *k, const char *value, bool from_command_line, char **ret);
