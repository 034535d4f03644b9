/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be said of a machine and is no reason against it. */
#include "output/machine-parts.h"

#include <stdarg.h>

struct machine_note *machine_note(struct machine *m, const char *id, enum severity severity, const char *text)
{
	struct machine_note *note = arena_alloc(m->arena, sizeof(*note));

	*note = (struct machine_note){ .id = id, .severity = severity, .text = text };
	arena_list_add(m->arena, &m->notes, note);
	return note;
}

void machine_say(struct machine *m, const char *id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	machine_note(m, id, SEVERITY_INFO, arena_vprintf(m->arena, fmt, ap));
	va_end(ap);
}

struct machine_note *machine_note_of(struct machine *m, const char *id, enum severity severity,
				     const char *subject, const char *fmt, ...)
{
	struct machine_note *note;
	va_list ap;

	va_start(ap, fmt);
	note = machine_note(m, id, severity, arena_vprintf(m->arena, fmt, ap));
	va_end(ap);
	note->subject = arena_strdup(m->arena, subject);
	return note;
}

void machine_note_advice(struct machine *m, struct machine_note *note, const char *fmt, ...)
{
	const char *const *advice = note->advice;
	va_list ap;

	va_start(ap, fmt);
	arena_strv_add(m->arena, &advice, arena_vprintf(m->arena, fmt, ap));
	va_end(ap);
	note->advice = advice;
}
