/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "cli/cmd.h"

/* `domain --define` and `domain --add-to`: after session_look(); an exit code, or negative with ERR. */
int domain_define(struct cli *c, struct session *s, struct err *err) _must_check_;
int domain_add_to(struct cli *c, struct session *s, const char *target, struct err *err) _must_check_;
