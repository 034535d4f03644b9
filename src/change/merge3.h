/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* One side of a merge; any bytes, lines end in '\n'. */
struct merge3_text {
	const char *data;
	size_t len;
};

/*
 * Merges line by line what OURS and THEIRS each changed in BASE.  True with the result (free() it),
 * false when both changed the same or neighbouring lines in different ways.
 */
bool merge3(struct merge3_text base, struct merge3_text ours, struct merge3_text theirs, char **ret,
	    size_t *ret_len);
