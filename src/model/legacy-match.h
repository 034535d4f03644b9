/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "model/legacy.h"

/* What the rows of legacy.def and the rest of legacy.c both read in an argument or a line. */

/*
 * Value of OPTION of MODULE: "vfio-pci.ids=V", "options vfio-pci ids=V" or, in a list of modules,
 * "vfio-pci ids=V".  NULL when this is something else; *RET_LEN bytes of it, without quotes.
 */
const char *legacy_option(const struct legacy_look *l, const char *module, const char *option, size_t *ret_len);
/* Is D one of "10de:1b80,10de:10f0:1458:3702"? */
bool legacy_ids_have(const char *ids, size_t len, const struct pci_device *d);
/* Bytes of the N-th word of TEXT from 0; NULL: there are fewer. */
const char *legacy_word(const char *text, unsigned n, size_t *ret_len);
/* The word is NAME, with '-' and '_' the same. */
bool legacy_word_is(const char *word, size_t len, const char *name);
