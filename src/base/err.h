/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <errno.h>

/*
 * Why something could not be done.  The kind decides the exit code (cli.md) and nothing else does:
 * whoever finds the fault knows best whether it is the user's file, the user's words or our bug.
 */
enum err_kind {
	ERR_NONE = 0,
	ERR_BUG,	    /* exit 70: should not happen */
	ERR_USAGE,	    /* exit 64: the command line is wrong */
	ERR_INPUT,	    /* exit 65: a file is broken; message starts "FILE:LINE: " where known */
	ERR_WRITE,	    /* exit 73: a file cannot be written */
	ERR_NEEDS_ROOT,	    /* exit 77 */
	ERR_NOT_POSSIBLE,   /* exit 2: not possible as asked, and why */
	ERR_ANSWER_MISSING, /* exit 3: the message names the key */
};

/* One error, owned by the caller's stack.  Zero-initialise it. */
struct err {
	enum err_kind kind;
	int code;	/* negative errno */
	char msg[1024]; /* one whole translated sentence */
	char hint[512]; /* what to do next, or "" */
};

/* Records an error and returns CODE (a negative errno).  A NULL E is allowed: only the code counts. */
int err_set(struct err *e, enum err_kind kind, int code, const char *fmt, ...) _printf_(4, 5);
/* The same, with "FILE:LINE: " in front; LINE 0 = unknown.  Always ERR_INPUT, always -EBADMSG. */
int err_input(struct err *e, const char *file, unsigned line, const char *fmt, ...) _printf_(4, 5);
/* Adds what the reader can do about it.  Returns the recorded code. */
int err_hint(struct err *e, const char *fmt, ...) _printf_(2, 3);
/* Puts "context: " in front of the message on the way up.  Returns the recorded code. */
int err_prefix(struct err *e, const char *fmt, ...) _printf_(2, 3);
/*
 * An error never counts as success, not even where errno was 0 or E is NULL.  Inline, so that the
 * analyzer, which looks at one file at a time, knows it as well.
 */
static inline int err_negative(int code)
{
	return code < 0 ? code : -EIO;
}
#define err_set(...)	err_negative(err_set(__VA_ARGS__))
#define err_input(...)	err_negative(err_input(__VA_ARGS__))
#define err_hint(...)	err_negative(err_hint(__VA_ARGS__))
#define err_prefix(...) err_negative(err_prefix(__VA_ARGS__))

/* Exit code that belongs to the error; 0 for ERR_NONE. */
int err_exit_code(const struct err *e);
