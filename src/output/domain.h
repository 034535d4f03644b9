/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Domains of libvirt that are there already, or were just written: read, compared, added to. */

struct domain_identity {
	const char *name, *uuid;	/* NULL when the domain does not say */
	long long memory_bytes;		/* -1 when it does not say */
};
/* FILE is for messages.  ERR_INPUT. */
int domain_identify(const char *text, size_t len, const char *file, struct arena *a,
		    struct domain_identity *ret, struct err *err) _must_check_;

/*
 * The domain without what libvirt fills in by itself when it defines one (addresses of its own devices,
 * root ports, the paths of the firmware, the version of the machine type, units, the order of elements):
 * two of them can be compared.  free() *RET.
 */
int domain_normal(const char *text, size_t len, const char *file, char **ret, struct err *err) _must_check_;
/* Gives a domain that was just written another UUID (OLD_UUID NULL: it has none yet); free() it. */
char *domain_with_uuid(const char *text, const char *old_uuid, const char *uuid) _returns_nonnull_;

/* What domain_add_devices() made. */
struct domain_addition {
	char *text;			/* free() it; like the old one where nothing was added */
	size_t len;
	unsigned n_added;		/* hostdevs */
	const char *const *notes;	/* translated sentences, in the arena; NULL none */
};
/*
 * Puts the host devices of the domain FROM (one that this program wrote) into the domain TEXT, each card
 * on a root port of its own (or in a free slot, where the machine has conventional PCI alone), and leaves
 * every other byte of it as it is.  What is in it already is left and noted.  ERR_INPUT, or
 * ERR_NOT_POSSIBLE when there is no place or only a part of a card is in it.
 */
int domain_add_devices(const char *text, size_t len, const char *file, const char *from, size_t from_len,
		       struct arena *a, struct domain_addition *ret, struct err *err) _must_check_;
