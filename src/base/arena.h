/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stdarg.h>
#include <stddef.h>

/*
 * One arena owns everything that lives as long as one look at a host: facts, findings, plans.
 * Nothing in it is freed one by one.  Allocation failure ends the program through oom_abort().
 */
struct arena;

struct arena *arena_new(void) _must_check_ _returns_nonnull_;
void arena_free(struct arena *a); /* NULL is fine */
static inline void arena_freep(struct arena **a)
{
	arena_free(*a);
}

/* Zeroed, aligned for any type, never NULL. */
void *arena_alloc(struct arena *a, size_t size) _returns_nonnull_;
/* NULL in, NULL out. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n) _returns_nonnull_;
char *arena_printf(struct arena *a, const char *fmt, ...) _printf_(2, 3) _returns_nonnull_;
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap) _printf_(2, 0) _returns_nonnull_;

/*
 * A growing array of pointers in the arena, always NULL-terminated.  Start from
 * { 0 }; items is NULL while n is 0.
 */
struct arena_list {
	const void **items;
	size_t n, cap;
};
void arena_list_add(struct arena *a, struct arena_list *l, const void *item);

/* A growing, NULL-terminated string vector in the arena; *V may be NULL. */
void arena_strv_add(struct arena *a, const char *const **v, const char *s);

/*
 * Called when memory is exhausted.  The program installs a hook that puts the terminal back; the
 * journal is consistent at every instant, so ending here loses nothing.
 */
extern void (*oom_hook)(void);
void oom_abort(void) _noreturn_;
/* malloc family that cannot fail; free() what they return. */
void *xmalloc(size_t size) _returns_nonnull_;
void *xcalloc(size_t n, size_t size) _returns_nonnull_;
void *xrealloc(void *p, size_t size) _returns_nonnull_;
char *xstrdup(const char *s) _returns_nonnull_;
char *xstrndup(const char *s, size_t n) _returns_nonnull_;
char *xasprintf(const char *fmt, ...) _printf_(1, 2) _returns_nonnull_;
