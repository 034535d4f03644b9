/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing byte buffer, always NUL-terminated once anything was added.  Start from { 0 }. */
struct str {
	char *data; /* may be NULL while len is 0: use str_c() to print */
	size_t len, cap;
};

void str_done(struct str *s);
#define _cleanup_str_ _cleanup_(str_done)

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const char *bytes, size_t n);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) _printf_(2, 3);
void str_vaddf(struct str *s, const char *fmt, va_list ap) _printf_(2, 0);
/* The text, never NULL. */
const char *str_c(const struct str *s) _returns_nonnull_;
/* Hands the buffer to the caller (free() it) and empties S; never NULL. */
char *str_steal(struct str *s) _returns_nonnull_;

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_is_empty(const char *s);	   /* NULL or "" */
bool str_starts_with(const char *s, const char *prefix);
bool str_ends_with(const char *s, const char *suffix);
/* Cuts white space off both ends, in place; returns S's new start. */
char *str_trim(char *s);

/*
 * Text from hardware, files or users made fit for a terminal: control bytes, escape sequences and
 * invalid UTF-8 become '?', so that no device name can move the cursor.  Appends to OUT.
 */
void str_add_printable(struct str *out, const char *text);
/* The same for texts of several lines: the line ends stay. */
void str_add_printable_lines(struct str *out, const char *text);

/* Decimal or 0x hexadecimal, the whole string, at most MAX.  0 or -EINVAL / -ERANGE. */
int str_to_u64(const char *s, uint64_t max, uint64_t *ret) _must_check_;
/* Hexadecimal without 0x needed ("10de" or "0x10de"), the whole string. */
int str_to_hex(const char *s, uint64_t max, uint64_t *ret) _must_check_;
