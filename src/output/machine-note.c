/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/machine-parts.h"

#include <stdarg.h>
#include <stdint.h>

struct finding *machine_note(struct machine *m, const char *id, enum severity severity,
			     const char *subject, const char *fmt, ...)
{
	struct finding *f = arena_alloc(m->arena, sizeof(*f));
	va_list ap;

	va_start(ap, fmt);
	f->text = arena_vprintf(m->arena, fmt, ap);
	va_end(ap);
	f->id = arena_strdup(m->arena, id);
	f->severity = severity;
	f->subject = arena_strdup(m->arena, subject);
	arena_list_add(m->arena, &m->note_list, f);
	m->notes = (struct finding **)(uintptr_t)m->note_list.items;
	m->n_notes = (unsigned)m->note_list.n;
	return f;
}

void machine_note_advice(struct machine *m, struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	arena_strv_add(m->arena, &f->advice, arena_vprintf(m->arena, fmt, ap));
	va_end(ap);
}
