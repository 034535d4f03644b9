/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>

/* Owned NULL-terminated string vectors (char **).  A NULL vector is an empty one. */
void strv_free(char **v);
static inline void strv_freep(char ***v)
{
	strv_free(*v);
}
#define _cleanup_strv_ _cleanup_(strv_freep)

size_t strv_length(const char *const *v);
bool strv_contains(const char *const *v, const char *s);
void strv_add(char ***v, const char *s);       /* copies S */
void strv_add_owned(char ***v, char *s);       /* takes S */
void strv_sort(char **v);		       /* by strcmp */
char **strv_split(const char *s, const char *separators); /* empty pieces are dropped */
char *strv_join(const char *const *v, const char *separator) _returns_nonnull_;
/* char ** where const char *const * is wanted, without a cast at every call. */
static inline const char *const *strv_const(char **v)
{
	return (const char *const *)v;
}
