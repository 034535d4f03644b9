/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the host's CPUs the machine gets and what its memory is made of, with a picture of it. */
#include "wizard/step.h"

#include "base/str.h"
#include "output/cpu-picture.h"
#include "output/output.h"

#include <string.h>

/* The answers that are given here; empty: what suits this host. */
static const struct {
	const char *key, *label, *help;
} cpu_fields[] = {
	{ "cpus", N_("Processors"), N_("How many threads the machine gets; whole cores are best.") },
	{ "pin", N_("Tie them"), N_("auto: each to one of the host's, whole cores near the card. none: they move about.") },
	{ "hugepages", N_("Huge pages"), N_("Less work for the processor with much memory; 2M suits nearly all.") },
	{ "hugepages-at", N_("Made"), N_("boot: set aside when the host starts. start: made when the machine starts.") },
};

static const char *cpu_default(struct screen_build *b, const struct machine *m, const char *key)
{
	if (!m)
		return "";
	if (str_eq(key, "cpus"))
		return build_printf(b, "%u", m->cpus);
	if (str_eq(key, "pin"))
		return m->pins ? "auto" : "none";
	if (str_eq(key, "hugepages-at") && m->hugepages)
		return m->hugepages_at_boot ? "boot" : "start";
	return "";
}

static void cpu_add_fields(struct wizard *w, struct screen_build *b, const struct machine *m)
{
	for (unsigned i = 0; i < ARRAY_SIZE(cpu_fields); i++) {
		const char *key = cpu_fields[i].key, *value = answers_get(&w->s->answers, key);
		const struct answer_key *k = answer_key_find(key);
		struct screen_row *row;

		/* Without huge pages there is nothing to say about when they are made. */
		if (str_eq(key, "hugepages-at") && !(m && m->hugepages) && !value)
			continue;
		row = build_row(b, k->choices ? ROW_LIST : ROW_FIELD, key);
		row->label = _(cpu_fields[i].label);
		row->value = value ? arena_strdup(b->arena, value) : cpu_default(b, m, key);
		row->choices = k->choices;
		row->help = _(cpu_fields[i].help);
	}
}

static void cpu_add_picture(struct wizard *w, struct screen_build *b, const struct machine *m)
{
	const char *const *lines = cpu_picture(w->s->host, m, b->arena);

	if (!*lines)
		build_text(b, _("Which of this host's CPUs share a core is not known."));
	for (unsigned i = 0; lines[i]; i++)
		build_row(b, ROW_DIFF, build_printf(b, "line-%u", i))->label = lines[i];
}

static void cpu_describe(struct wizard *w, struct screen_build *b)
{
	_cleanup_(machine_freep) struct machine *m = NULL;
	struct err err = { 0 };
	int r = session_build_machine(w->s, NULL, &m, &err);

	build_begin(b, SCREEN_POPUP, "cpu", _("Processor and memory"));
	cpu_add_fields(w, b, m);
	if (r < 0)
		build_text(b, err.msg);
	build_blank(b);
	cpu_add_picture(w, b, m);
	build_blank(b);
	for (size_t i = 0; m && i < m->notes.n; i++) {
		const struct machine_note *note = m->notes.items[i];

		/* The others have their place on the step itself. */
		if (str_starts_with(note->id, "pin-") || str_starts_with(note->id, "memory-") ||
		    str_starts_with(note->id, "hugepages-"))
			build_text(b, note->text);
	}
	build_button(b, "close", _("Close"), NULL);
	b->screen.focus = "close";
}

/* A value that this host cannot have is refused where it is given, and the old one comes back. */
static void cpu_set(struct wizard *w, const char *key, const char *text)
{
	_cleanup_answers_ struct answers before = { 0 };
	_cleanup_(machine_freep) struct machine *m = NULL;
	struct err err = { 0 };

	answers_copy(&before, &w->s->answers);
	if (str_eq(key, "hugepages") && str_eq(text, "none"))
		answers_clear(&w->s->answers, "hugepages-at");
	if (!wizard_answer(w, key, text))
		return;
	if (session_build_machine(w->s, NULL, &m, &err) < 0) {
		answers_copy(&w->s->answers, &before);
		wizard_say_err(w, &err);
	}
}

/* Pages that the kernel sets aside are arguments of it: another step, and a restart after it. */
static void cpu_offer_kernel(struct wizard *w)
{
	const char *const lines[] = {
		_("The kernel has to be told at its start to set the huge pages aside. That is written in the step Kernel, and "
		  "counts from the next restart on."),
		NULL,
	};

	if (wizard_ask(w, _("Huge pages"), lines, _("Stay here"), _("Go to the kernel options")))
		wizard_go_to(w, "kernel");
}

void wizard_show_cpu(struct wizard *w)
{
	bool asked = wizard_stage(w, "kernel") != NULL;
	struct event ev = { 0 };

	do {
		_cleanup_build_ struct screen_build b = { 0 };

		cpu_describe(w, &b);
		if (w->message_kind != MESSAGE_NONE) {
			b.screen.message_kind = w->message_kind;
			b.screen.message = arena_strdup(b.arena, w->message);
			w->message_kind = MESSAGE_NONE;
		}
		wizard_popup(w, &b, &ev);
		if (ev.kind == EVENT_SET)
			cpu_set(w, ev.id, ev.text);
	} while (ev.kind == EVENT_SET || ev.kind == EVENT_OPEN || ev.kind == EVENT_TOGGLE);
	wizard_replan(w);
	if (!asked && wizard_stage(w, "kernel") && !w->signal && !w->leave)
		cpu_offer_kernel(w);
}
