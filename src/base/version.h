/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * The first two numbers of a version behind an epoch, as packages and kernels write it: "9.0.0-4+deb12u2",
 * "1:7.2+dfsg-7", "6.1.0-28-amd64".  False when TEXT (may be NULL) has none.
 */
bool version_parse(const char *text, unsigned *ret_major, unsigned *ret_minor);
/* Is TEXT that version or a later one?  -1: it is not known. */
int version_reaches(const char *text, unsigned major, unsigned minor);
