/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"
#include "output/preset.h"

#include <string.h>

/* One row per field of the form; the keys are those of the answers, ONLY_WITH the displays it is for. */
static const struct machine_field {
	const char *key, *label, *help, *only_with;
} machine_fields[] = {
	{ "preset", N_("Purpose"), N_("Sets what is not chosen below, and says why; none sets nothing.") },
	{ "os", N_("System"), N_("What will run in the machine.") },
	{ "name", N_("Name"), N_("Letters, digits, . _ - up to 50. Used for the files and in virsh.") },
	{ "firmware", N_("Firmware"), N_("Windows 11 wants UEFI with Secure Boot.") },
	{ "tpm", N_("TPM 2.0"), N_("Windows 11 wants one; it is emulated by swtpm.") },
	{ "memory", N_("Memory"), N_("Like 16G or 16384 (MiB). All of it is taken from the host while the machine runs.") },
	{ "cpus", N_("Processors"), N_("How many threads the machine gets.") },
	{ "pin", N_("Pinning"), N_("auto: each processor of the machine has one of the host's to itself.") },
	{ "hugepages", N_("Memory pages"), N_("none: ordinary ones. 2M and 1G have to be set aside on the host.") },
	{ "network", N_("Network"), N_("default (NAT), bridge:NAME or none.") },
	{ "display", N_("Picture"), N_("spice: a window on the host, too. spice-install: only until Installed is yes. none: only the card's own outputs.") },
	{ "installed", N_("Installed"), N_("yes: the system and the card's driver run; the window for the installation goes."), "spice-install|looking-glass" },
	{ "looking-glass", N_("Largest picture"), N_("For Looking Glass: 2560x1440, or 3840x2160,hdr. The memory it needs follows from it."), "looking-glass" },
	{ "evdev", N_("Keyboard, mouse"), N_("auto: the host's are shared with the machine; both Ctrl keys at once switch.") },
	{ "audio", N_("Sound"), N_("auto: to the window where there is one. pipewire, pulse, jack: to the sound server of this host.") },
	{ "disk", N_("Disk"), N_("A path, PATH,size=120G for a new one, or none.") },
	{ "install", N_("Install disc"), N_("Path of the ISO file to install from; empty: none.") },
	{ "drivers", N_("Driver disc"), N_("Path of the virtio-win ISO: Windows needs it for a virtio disk and network.") },
};

/* In the unit in which it is a whole number. */
static char *machine_size(struct screen_build *b, long long bytes)
{
	if (bytes % (1ll << 30))
		return build_printf(b, "%lldM", bytes >> 20);
	return build_printf(b, "%lldG", bytes >> 30);
}

/* What the machine will really have where nothing was said. */
static const char *machine_default(const struct machine *m, const char *key, struct screen_build *b)
{
	if (!m)
		return "";
	if (strcmp(key, "name") == 0)
		return arena_strdup(b->arena, m->name);
	if (strcmp(key, "memory") == 0)
		return machine_size(b, m->memory_bytes);
	if (strcmp(key, "cpus") == 0)
		return build_printf(b, "%u", m->cpus);
	if (strcmp(key, "tpm") == 0)
		return m->tpm ? "yes" : "no";
	if (strcmp(key, "pin") == 0)
		return m->pins ? "auto" : "none";
	if (strcmp(key, "firmware") == 0)
		return m->firmware == GUEST_BIOS ? "bios" : m->firmware == GUEST_UEFI ? "uefi" : "uefi-secure";
	if (strcmp(key, "disk") == 0)
		return !m->n_disks	     ? "none"
		       : m->disks[0].bytes ? build_printf(b, "%s,size=%s", m->disks[0].path, machine_size(b, m->disks[0].bytes))
					   : arena_strdup(b->arena, m->disks[0].path);
	return "";
}

/* The default of the preset for KEY, NULL when it has none or something else was chosen. */
static const struct machine_default *machine_preset_default(const struct machine *m, const char *key)
{
	for (unsigned i = 0; m && i < m->n_defaults; i++)
		if (strcmp(m->defaults[i].key, key) == 0)
			return &m->defaults[i];
	return NULL;
}

/* "none" is a choice on the screen where an answer that is not there means it. */
static const char *machine_choices(const struct answer_key *k, const char *value, struct screen_build *b)
{
	if (k->type == ANSWER_BOOL)
		return "yes|no";
	if (strcmp(k->key, "preset") == 0)
		return build_printf(b, "none|%s", k->choices);
	if (strcmp(k->key, "evdev") == 0)
		return strcmp(value, "none") == 0 || strcmp(value, "auto") == 0 ? "none|auto"
										: build_printf(b, "none|auto|%s", value);
	return k->choices;
}

/* WORD is one of "a|b". */
static bool machine_is_one_of(const char *word, const char *words)
{
	size_t n;

	for (; *words; words += n + (words[n] == '|')) {
		n = strcspn(words, "|");
		if (strlen(word) == n && strncmp(word, words, n) == 0)
			return true;
	}
	return false;
}

static bool machine_is_list(const struct answer_key *k)
{
	return k->type == ANSWER_CHOICE || k->type == ANSWER_BOOL || strcmp(k->key, "evdev") == 0;
}

/* "preset (yes)": who chose it, and the other choices as the form shows them of every list. */
static const char *machine_preset_note(const struct screen_row *row, struct screen_build *b)
{
	_cleanup_str_ struct str others = { 0 };
	const char *c = row->choices ? row->choices : "";

	for (size_t n; *c; c += n + (c[n] == '|')) {
		n = strcspn(c, "|");
		if (strlen(row->value) == n && strncmp(row->value, c, n) == 0)
			continue;
		str_add(&others, others.len ? ", " : "");
		str_addn(&others, c, n);
	}
	return others.len ? build_printf(b, _("preset (%s)"), str_c(&others)) : _("preset");
}

static void machine_add_field(struct wizard *w, struct screen_build *b, const struct machine_field *f,
			      const struct answers *all, const struct machine *m)
{
	const struct machine_default *by_preset = machine_preset_default(m, f->key);
	const struct answer_key *k = answer_key_find(f->key);
	const char *value = answers_get(all, f->key);
	bool is_list = machine_is_list(k);
	struct screen_row *row = build_row(b, is_list ? ROW_LIST : ROW_FIELD, f->key);

	if (!value && (strcmp(f->key, "preset") == 0 || strcmp(f->key, "evdev") == 0))
		value = "none";
	if (by_preset && by_preset->why_not)
		value = "none"; /* the preset's could not be had, so it is as without it */
	row->label = _(f->label);
	row->value = value ? arena_strdup(b->arena, value) : machine_default(m, f->key, b);
	if (strcmp(w->wrong_key, f->key) == 0)
		row->value = arena_strdup(b->arena, w->wrong_text);
	row->choices = is_list ? machine_choices(k, row->value, b) : NULL;
	row->help = _(f->help);
	if (by_preset && !by_preset->why_not) {
		row->note = machine_preset_note(row, b);
		row->help = arena_strdup(b->arena, by_preset->why);
	}
}

/* What follows from the purpose and the system, and what is to be known: below the fields. */
static void machine_add_consequences(struct screen_build *b, const struct machine *m)
{
	if (!m->n_defaults && !m->notes.n)
		return;
	build_blank(b);
	build_heading(b, _("What follows"));
	for (unsigned i = 0; i < m->n_defaults; i++) {
		const struct machine_default *d = &m->defaults[i];

		if (d->why_not)
			build_text(b, build_printf(b, _("- %s: not %s, as the preset has it. %s"), d->key, d->value, d->why_not));
		else
			build_text(b, build_printf(b, "- %s %s: %s", d->key, d->value, d->why));
	}
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct machine_note *note = m->notes.items[i];

		build_text(b, build_printf(b, "%s %s", note->severity >= SEVERITY_WARN ? "!" : "-", note->text));
		for (const char *const *text = note->evidence; text && *text; text++)
			build_text(b, build_printf(b, "    %s", *text));
		for (const char *const *text = note->advice; text && *text; text++)
			build_text(b, build_printf(b, "  %s", *text));
	}
}

static void machine_describe(struct wizard *w, struct screen_build *b)
{
	_cleanup_(machine_freep) struct machine *m = NULL;
	_cleanup_answers_ struct answers all = { 0 };
	struct err err = { 0 };

	preset_answers(&w->s->answers, &all);
	if (session_build_machine(w->s, NULL, &m, &err) < 0 && w->message_kind == MESSAGE_NONE)
		wizard_say_err(w, &err);
	for (unsigned i = 0; i < ARRAY_SIZE(machine_fields); i++) {
		const struct machine_field *f = &machine_fields[i];

		if (!f->only_with || machine_is_one_of(answers_get(&all, "display"), f->only_with))
			machine_add_field(w, b, f, &all, m);
	}
	if (m)
		machine_add_consequences(b, m);
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "cpu", _("Processor and memory"), NULL);
	build_button(b, "storage", _("Look for disks and discs"), NULL);
	build_button(b, "next", _("Next"), NULL);
	b->screen.focus = w->wrong_key[0] ? arena_strdup(b->arena, w->wrong_key) : "next";
}

/* A wrong text stays in its field, so that it can be mended; the answer keeps its old value. */
static void machine_set(struct wizard *w, const char *key, const char *text)
{
	bool absent = strcmp(text, "none") == 0 && (strcmp(key, "preset") == 0 || strcmp(key, "evdev") == 0);
	bool ok = strcmp(key, "disk") == 0 ? wizard_answer_disk(w, text) : wizard_answer(w, key, absent ? "" : text);

	if (ok && strcmp(w->wrong_key, key) == 0)
		w->wrong_key[0] = '\0';
	if (ok) {
		wizard_replan(w);
		return;
	}
	snprintf(w->wrong_key, sizeof(w->wrong_key), "%s", key);
	snprintf(w->wrong_text, sizeof(w->wrong_text), "%s", text);
}

static enum move machine_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	_cleanup_(machine_freep) struct machine *m = NULL;
	struct err err = { 0 };

	if (ev->kind == EVENT_SET) {
		machine_set(w, ev->id, ev->text);
		return MOVE_STAY;
	}
	if (ev->kind == EVENT_BUTTON && str_eq(ev->id, "cpu")) {
		wizard_show_cpu(w);
		return MOVE_STAY;
	}
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "storage") == 0) {
		wizard_storage(w);
		return w->leave ? MOVE_LEAVE : MOVE_STAY;
	}
	if (proposed != MOVE_NEXT)
		return proposed;
	if (w->wrong_key[0]) {
		char key[sizeof(w->wrong_key)], text[sizeof(w->wrong_text)];

		snprintf(key, sizeof(key), "%s", w->wrong_key);
		snprintf(text, sizeof(text), "%s", w->wrong_text);
		machine_set(w, key, text);
		if (w->wrong_key[0])
			return MOVE_STAY;
	}
	if (session_build_machine(w->s, NULL, &m, &err) < 0) {
		wizard_say_err(w, &err);
		return MOVE_STAY;
	}
	wizard_replan(w);
	return MOVE_NEXT;
}

const struct step step_machine = {
	.id = "machine",
	.label = N_("VM"),
	.title = N_("Virtual machine"),
	.help = N_("Choose the purpose and the system first: they set the other fields, and below stands why.\n"
		   "Every field has a value that works: Next can be pressed at once.\n"
		   "Tab or Up and Down go from field to field; in a field letters are text, F8 is Next.\n"
		   "An empty field means: what suits this computer and the system.\n"
		   "Install with a picture window first (spice-install); Installed switches it off when the guest's own driver runs."),
	.describe = machine_describe,
	.handle = machine_handle,
};
