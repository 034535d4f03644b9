/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/version.h"

#include <stdio.h>
#include <string.h>

bool version_parse(const char *text, unsigned *ret_major, unsigned *ret_minor)
{
	const char *colon = text ? strchr(text, ':') : NULL;

	return text && sscanf(colon ? colon + 1 : text, "%5u.%5u", ret_major, ret_minor) == 2;
}

int version_reaches(const char *text, unsigned major, unsigned minor)
{
	unsigned x, y;

	if (!version_parse(text, &x, &y))
		return -1;
	return x > major || (x == major && y >= minor);
}
