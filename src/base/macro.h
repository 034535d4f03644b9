/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <dirent.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* _() translates now, N_() only marks a string in a static table for xgettext. */
#define _(s) gettext(s)
#define N_(s) s

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _must_check_ __attribute__((warn_unused_result))
#define _unused_ __attribute__((unused))
#define _noreturn_ __attribute__((noreturn))
#define _returns_nonnull_ __attribute__((returns_nonnull))

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_close_ _cleanup_(closep)
#define _cleanup_closedir_ _cleanup_(closedirp)

/* Hands the value of a cleanup variable on to somebody else. */
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *take_at = &(p);                                                     \
		__typeof__(p) take_value = *take_at;                                               \
		*take_at = NULL;                                                                   \
		take_value;                                                                        \
	})
#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int *take_at = &(fd);                                                              \
		int take_value = *take_at;                                                         \
		*take_at = -1;                                                                     \
		take_value;                                                                        \
	})
