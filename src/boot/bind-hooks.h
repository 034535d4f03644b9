/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The part of the hook that is the same for every machine: a POSIX shell script that expects
 * machine='NAME' and devices='ADDRESS 0xVVVV:0xDDDD', one a line, to be set before it.
 */
extern const char hook_body[];
