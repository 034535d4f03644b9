/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Kernel arguments as the kernel reads them (lib/cmdline.c next_arg): split at white space, double
 * quotes only, no backslashes; '-' and '_' are equal in names.  Order and duplicates are kept.
 */
struct kargs {
	char **args; /* strv, each "name" or "name=value", quotes as written */
};

void kargs_done(struct kargs *k);
#define _cleanup_kargs_ _cleanup_(kargs_done)

void kargs_parse(const char *line, struct kargs *ret);
/* One line, single blanks; free() it. */
char *kargs_format(const struct kargs *k) _returns_nonnull_;
/* Is ARG ("iommu=pt", "quiet") there with just this value, and is it the last of its name? */
bool kargs_has(const struct kargs *k, const char *arg);
/* Value of the last NAME: text behind '=', "" for a bare word, NULL absent; quotes removed, free() it. */
char *kargs_value(const struct kargs *k, const char *name);
/*
 * Key-wise merge: makes the last argument of ARG's name be ARG.  One already there keeps its place
 * with the new value, further ones of a name that the kernel lets add up (console=, hugepages=, …)
 * stay; else ARG goes to the end.  Returns true when something changed.
 */
bool kargs_set(struct kargs *k, const char *arg);
/* Removes every argument that equals ARG (with value) or, when ARG has no '=', every one of that name. */
bool kargs_remove(struct kargs *k, const char *arg);
/*
 * "hugepagesz=1G hugepages=16" is one element of a list of arguments to set: a count belongs to the
 * size named last before it.  kargs_has() and kargs_set() treat it as one; kargs_parse() gives two.
 */
bool karg_is_pair(const char *arg);
/* Does setting ARG replace OTHER, one word of a line? */
bool karg_replaces(const char *arg, const char *other);
/* Names compare with '-' = '_', up to '=' or the end. */
bool karg_same_name(const char *a, const char *b);
/* NULL, or a translated sentence why ARG cannot be written to a command line (blank, quote, newline…). */
const char *karg_problem(const char *arg);
