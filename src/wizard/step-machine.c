/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"

#include <string.h>

/* One row per field of the form; the keys are those of the answers. */
static const struct {
	const char *key, *label, *help;
} machine_fields[] = {
	{ "name", N_("Name"), N_("Letters, digits, . _ - up to 50. Used for the files and in virsh.") },
	{ "os", N_("System"), N_("What will run in the machine.") },
	{ "firmware", N_("Firmware"), N_("Windows 11 wants UEFI with Secure Boot.") },
	{ "tpm", N_("TPM 2.0"), N_("Windows 11 wants one; it is emulated by swtpm.") },
	{ "memory", N_("Memory"), N_("Like 16G or 16384 (MiB). All of it is taken from the host while the machine runs.") },
	{ "cpus", N_("Processors"), N_("How many threads the machine gets.") },
	{ "network", N_("Network"), N_("default (NAT), bridge:NAME or none.") },
	{ "display", N_("Picture"), N_("spice: a window on the host, too, good for the installation. none: only the card's own outputs.") },
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
	if (strcmp(key, "firmware") == 0)
		return m->firmware == GUEST_BIOS ? "bios" : m->firmware == GUEST_UEFI ? "uefi" : "uefi-secure";
	if (strcmp(key, "disk") == 0)
		return !m->n_disks	     ? "none"
		       : m->disks[0].bytes ? build_printf(b, "%s,size=%s", m->disks[0].path, machine_size(b, m->disks[0].bytes))
					   : arena_strdup(b->arena, m->disks[0].path);
	return "";
}

static void machine_add_field(struct wizard *w, struct screen_build *b, unsigned i, const struct machine *m)
{
	const char *key = machine_fields[i].key;
	const struct answer_key *k = answer_key_find(key);
	const char *value = answers_get(&w->s->answers, key);
	bool is_choice = k && (k->type == ANSWER_CHOICE || k->type == ANSWER_BOOL);
	struct screen_row *row = build_row(b, is_choice ? ROW_LIST : ROW_FIELD, key);

	row->label = _(machine_fields[i].label);
	row->value = value ? arena_strdup(b->arena, value) : machine_default(m, key, b);
	if (strcmp(w->wrong_key, key) == 0)
		row->value = arena_strdup(b->arena, w->wrong_text);
	row->choices = !is_choice ? NULL : k->type == ANSWER_BOOL ? "yes|no" : k->choices;
	row->help = _(machine_fields[i].help);
}

static void machine_describe(struct wizard *w, struct screen_build *b)
{
	_cleanup_(machine_freep) struct machine *m = NULL;
	struct err err = { 0 };

	if (session_build_machine(w->s, NULL, &m, &err) < 0 && w->message_kind == MESSAGE_NONE)
		wizard_say_err(w, &err);
	for (unsigned i = 0; i < ARRAY_SIZE(machine_fields); i++)
		machine_add_field(w, b, i, m);
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "storage", _("Look for disks and discs"), NULL);
	build_button(b, "next", _("Next"), NULL);
	b->screen.focus = w->wrong_key[0] ? arena_strdup(b->arena, w->wrong_key) : "next";
}

/* A wrong text stays in its field, so that it can be mended; the answer keeps its old value. */
static void machine_set(struct wizard *w, const char *key, const char *text)
{
	bool ok = strcmp(key, "disk") == 0 ? wizard_answer_disk(w, text) : wizard_answer(w, key, text);

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
	.help = N_("Every field has a value that works: Next can be pressed at once.\n"
		   "Tab or Up and Down go from field to field; in a field letters are text, F8 is Next.\n"
		   "An empty field means: what suits this computer and the system.\n"
		   "Install with a picture window first (spice); switch it off when the guest's own driver runs."),
	.describe = machine_describe,
	.handle = machine_handle,
};
