/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

#include <stdarg.h>
#include <string.h>

int (err_set)(struct err *e, enum err_kind kind, int code, const char *fmt, ...)
{
	va_list ap;

	code = err_negative(code);
	if (!e)
		return code;
	e->kind = kind;
	e->code = code;
	e->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return code;
}

int (err_input)(struct err *e, const char *file, unsigned line, const char *fmt, ...)
{
	size_t used;
	va_list ap;

	if (!e)
		return -EBADMSG;
	e->kind = ERR_INPUT;
	e->code = -EBADMSG;
	e->hint[0] = '\0';
	if (line)
		snprintf(e->msg, sizeof(e->msg), "%s:%u: ", file, line);
	else
		snprintf(e->msg, sizeof(e->msg), "%s: ", file);
	used = strlen(e->msg);
	va_start(ap, fmt);
	vsnprintf(e->msg + used, sizeof(e->msg) - used, fmt, ap);
	va_end(ap);
	return e->code;
}

int (err_hint)(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -EIO;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return e->code;
}

int (err_prefix)(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	size_t used;
	va_list ap;

	if (!e)
		return -EIO;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	used = strlen(e->msg);
	for (const char *s = ": "; *s && used + 1 < sizeof(e->msg); s++)
		e->msg[used++] = *s;
	for (const char *s = old; *s && used + 1 < sizeof(e->msg); s++)
		e->msg[used++] = *s;
	e->msg[used] = '\0';
	return e->code;
}

int err_exit_code(const struct err *e)
{
	switch (e->kind) {
	case ERR_NONE:
		return 0;
	case ERR_BUG:
		return 70;
	case ERR_USAGE:
		return 64;
	case ERR_INPUT:
		return 65;
	case ERR_WRITE:
		return 73;
	case ERR_NEEDS_ROOT:
		return 77;
	case ERR_NOT_POSSIBLE:
		return 2;
	case ERR_ANSWER_MISSING:
		return 3;
	}
	return 70;
}
