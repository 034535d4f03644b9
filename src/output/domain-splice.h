/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct splice {
	size_t open;	/* behind the start tag */
	size_t close;	/* before the end tag; like OPEN when EMPTY */
	bool empty;	/* <devices/> */
};
/* The first child NAME of the document's root; TEXT has to be well formed. */
bool splice_find_child(const char *text, size_t len, const char *name, struct splice *ret);
