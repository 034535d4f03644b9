/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Something in TEXT looks like the private half of a key: it must never be copied anywhere. */
bool ssh_key_is_private(const char *text, size_t len);
/*
 * One line of an authorized_keys file without options: TYPE BASE64 [COMMENT], where the first word in the data
 * is the type again (RFC 4253 6.6).  NULL when it is one, else why not (translated).
 */
const char *ssh_key_check_line(const char *line);
