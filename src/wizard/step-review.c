/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/atomic.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

enum { REVIEW_SUMMARY = 1, REVIEW_FILES, REVIEW_XML, REVIEW_COMMANDS };

static void review_add_devices(struct wizard *w, struct screen_build *b)
{
	struct pci_device **chosen;
	unsigned n = wizard_chosen(w, &chosen);

	for (unsigned i = 0; i < n; i++)
		build_fact(b, build_printf(b, "device-%s", chosen[i]->address), i ? "" : _("Devices"),
			   build_printf(b, _("%s %s (group %d)"), wizard_address(chosen[i]), chosen[i]->device_name,
					chosen[i]->group ? chosen[i]->group->id : -1),
			   ROW_OK);
	if (n == 0)
		build_fact(b, "device-", _("Devices"), _("none is chosen"), ROW_PROBLEM);
}

/* "gaming: sets pin auto, display spice-install" */
static const char *review_preset(struct screen_build *b, const struct machine *m)
{
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < m->n_defaults; i++)
		if (!m->defaults[i].why_not)
			str_addf(&s, "%s%s %s", s.len ? ", " : "", m->defaults[i].key, m->defaults[i].value);
	return s.len ? build_printf(b, _("%s: sets %s"), m->preset, str_c(&s)) : m->preset;
}

static void review_add_disks(struct screen_build *b, const struct machine *m)
{
	for (unsigned i = 0; i < m->n_disks; i++) {
		const struct machine_disk *d = &m->disks[i];

		build_fact(b, i ? build_printf(b, "disk-%u", i + 1) : "disk", i ? "" : _("Disk"),
			   d->bytes > 0 && !d->exists && d->base
				   ? build_printf(b, _("%s, new from %s, %lld GiB"), d->path, d->base, d->bytes >> 30)
			   : d->bytes > 0 && !d->exists ? build_printf(b, _("%s, new, %lld GiB"), d->path, d->bytes >> 30)
							: arena_strdup(b->arena, d->path),
			   ROW_OK);
	}
	if (!m->n_disks)
		build_fact(b, "disk", _("Disk"), _("none"), ROW_OK);
}

static void review_add_machine(struct wizard *w, struct screen_build *b)
{
	const struct bind_method *bind = bind_find(answers_get(&w->s->answers, "bind"));
	_cleanup_(machine_freep) struct machine *m = NULL;
	struct err err = { 0 };

	if (bind)
		build_fact(b, "bind", _("Handover"), _(bind->title), ROW_OK);
	if (session_build_machine(w->s, NULL, &m, &err) < 0) {
		build_fact(b, "machine", _("Machine"), err.msg, ROW_PROBLEM);
		return;
	}
	build_fact(b, "machine", _("Machine"),
		   m->memory_bytes % (1LL << 30)
			   ? build_printf(b, _("%s, %lld MiB memory, %u threads"), m->name, m->memory_bytes >> 20, m->cpus)
			   : build_printf(b, _("%s, %lld GiB memory, %u threads"), m->name, m->memory_bytes >> 30, m->cpus),
		   ROW_OK);
	if (m->preset)
		build_fact(b, "preset", _("Purpose"), review_preset(b, m), ROW_OK);
	review_add_disks(b, m);
	build_fact(b, "install", _("Install disc"), m->install_iso ? m->install_iso : _("none"), ROW_NEUTRAL);
	build_fact(b, "drivers", _("Driver disc"), m->drivers_iso ? m->drivers_iso : _("none"), ROW_NEUTRAL);
	build_fact(b, "network", _("Network"), m->network, ROW_OK);
}

static void review_add_warnings(struct wizard *w, struct screen_build *b)
{
	unsigned n = 0;

	for (unsigned i = 0; w->plan && i < w->plan->n_findings; i++) {
		build_text(b, build_printf(b, "- %s", w->plan->findings[i]->text));
		n++;
	}
	if (!w->plan)
		build_text(b, w->plan_err.msg);
	else if (n == 0)
		build_text(b, _("No warnings."));
}

static void review_add_files(struct wizard *w, struct screen_build *b, bool commands)
{
	const struct stage *s = wizard_stage(w, "machine");
	unsigned n = 0;

	for (unsigned i = 0; s && i < s->n_changes; i++) {
		if ((s->changes[i]->kind == CHANGE_RUN) != commands)
			continue;
		wizard_add_change_rows(b, s->changes[i], 400);
		n++;
	}
	if (n == 0)
		build_text(b, commands ? _("No command is run.") : _("No file is written: they are already as wanted."));
}

static void review_add_xml(struct wizard *w, struct screen_build *b)
{
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len;

	if (session_write_machine(w->s, "libvirt", NULL, &text, &len, &err) < 0) {
		build_text(b, err.msg);
		return;
	}
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		build_row(b, ROW_DIFF, NULL)->label = arena_strndup(b->arena, line, n);
		line += n + (line[n] == '\n');
	}
}

static void review_describe(struct wizard *w, struct screen_build *b)
{
	static const char *const views[] = { N_("1 Summary"), N_("2 Files"), N_("3 XML"), N_("4 Commands") };
	_cleanup_str_ struct str head = { 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(views); i++)
		str_addf(&head, i + 1 == w->review_view ? "[%s] " : "%s ", _(views[i]));
	build_text(b, w->plan && !wizard_stage(w, "machine") ? _("Everything below is written.")
							     : _("Nothing below is written yet."));
	build_row(b, ROW_HEADING, NULL)->label = build_printf(b, _("View: %s"), str_c(&head));
	build_blank(b);
	switch (w->review_view) {
	case REVIEW_FILES:
		review_add_files(w, b, false);
		break;
	case REVIEW_XML:
		review_add_xml(w, b);
		break;
	case REVIEW_COMMANDS:
		review_add_files(w, b, true);
		break;
	default:
		review_add_devices(w, b);
		review_add_machine(w, b);
		build_blank(b);
		review_add_warnings(w, b);
		break;
	}
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "save", _("Save the answers to a file"), NULL);
	build_button(b, "next", wizard_stage(w, "machine") ? _("Apply") : _("Continue"), NULL);
	b->screen.keys = _("1-4 View  s Save answers");
}

/* The file is the input of --answers on this host or another one. */
static void review_save_answers(struct wizard *w)
{
	_cleanup_free_ char *text = answers_format(&w->s->answers);
	_cleanup_fsroot_ struct fsroot *here = NULL;
	struct file_attrs attrs = { 0644, geteuid(), getegid() };
	struct err err = { 0 };

	if (fsroot_open(".", &here, &err) < 0 ||
	    atomic_write(here, "vfio-wizard-answers.yaml", text, strlen(text), &attrs, &err) < 0)
		wizard_say_err(w, &err);
	else
		wizard_say(w, MESSAGE_NOTE, _("Saved: ./vfio-wizard-answers.yaml. Use it with: vfio-wizard --answers FILE apply"));
}

/* Enter on a line opens the step it comes from. */
static void review_open(struct wizard *w, const char *id)
{
	if (str_starts_with(id, "device-"))
		wizard_go_to(w, "devices");
	else
		wizard_go_to(w, strcmp(id, "bind") == 0 ? "bind" : "machine");
}

static enum move review_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	if (ev->kind == EVENT_KEY && ev->key >= '1' && ev->key <= '4') {
		w->review_view = (unsigned)(ev->key - '0');
	} else if ((ev->kind == EVENT_KEY && ev->key == 's') ||
		   (ev->kind == EVENT_BUTTON && strcmp(ev->id, "save") == 0)) {
		review_save_answers(w);
	} else if (ev->kind == EVENT_OPEN) {
		review_open(w, ev->id);
	} else if (proposed == MOVE_NEXT && !w->plan) {
		wizard_say_err(w, &w->plan_err);
		return MOVE_STAY;
	} else if (proposed == MOVE_NEXT && wizard_stage(w, "machine") && !w->s->read_only) {
		return wizard_apply_stage(w, "machine") ? MOVE_NEXT : MOVE_STAY;
	}
	return proposed;
}

const struct step step_review = {
	.id = "review",
	.label = N_("Review"),
	.title = N_("Review"),
	.help = N_("Everything that will be written, before it is written.\n"
		   "1 what it is, 2 the files as diffs, 3 the libvirt domain, 4 the commands.\n"
		   "Enter on a line of the summary opens the step it comes from.\n"
		   "The saved answers can be used again with --answers, also on another computer."),
	.describe = review_describe,
	.handle = review_handle,
};
