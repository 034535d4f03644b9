/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"

#include <string.h>

#define BIND_DIFF_LINES 6

static const struct pci_device *const *bind_chosen(const struct wizard *w, unsigned *ret_n)
{
	struct pci_device **chosen;

	*ret_n = wizard_chosen(w, &chosen);
	return (const struct pci_device *const *)chosen;
}

/* The first way that suits these devices; the first of all when none does. */
static unsigned bind_suggested(const struct wizard *w, const struct pci_device *const *devices, unsigned n)
{
	for (unsigned i = 0; i < bind_count; i++)
		if (!bind_table[i]->caution || !bind_table[i]->caution(w->s->host, devices, n))
			return i;
	return 0;
}

static void bind_add_methods(struct wizard *w, struct screen_build *b)
{
	const char *now = answers_get(&w->s->answers, "bind");
	unsigned n;
	const struct pci_device *const *devices = bind_chosen(w, &n);
	unsigned suggested = bind_suggested(w, devices, n);

	for (unsigned i = 0; i < bind_count; i++) {
		const struct bind_method *m = bind_table[i];
		struct screen_row *row = build_row(b, ROW_RADIO, m->name);
		const char *caution = m->caution ? m->caution(w->s->host, devices, n) : NULL;

		row->label = _(m->title);
		row->marked = str_eq(now, m->name);
		row->note = i == suggested ? _("suggested") : "";
		row->help = caution ? caution : _(m->help);
		row->detail = caution ? build_printf(b, "%s\n\n%s", _(m->help), caution) : _(m->help);
		build_text(b, build_printf(b, "      %s", _(m->help)));
		if (caution) {
			row->state = ROW_CAUTION;
			build_text(b, build_printf(b, "      %s", caution));
		}
	}
}

static void bind_add_plan(struct wizard *w, struct screen_build *b)
{
	const struct stage *s = wizard_stage(w, "bind");

	if (!w->plan) {
		build_text(b, w->plan_err.msg);
		if (w->plan_err.hint[0])
			build_text(b, w->plan_err.hint);
	} else if (!s) {
		build_text(b, _("Nothing has to be written and no restart is needed for this."));
	}
	for (unsigned i = 0; s && i < s->n_changes; i++)
		wizard_add_change_rows(b, s->changes[i], BIND_DIFF_LINES);
}

static bool bind_needs_you(const struct wizard *w)
{
	return wizard_stage(w, "bind") != NULL;
}

static void bind_describe(struct wizard *w, struct screen_build *b)
{
	const struct stage *s = wizard_stage(w, "bind");

	build_text(b, _("When shall vfio-pci take the devices instead of the host driver?"));
	build_blank(b);
	bind_add_methods(w, b);
	build_blank(b);
	bind_add_plan(w, b);
	b->screen.keys = s ? _("d Whole diff") : "";
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "next", s ? _("Write these changes") : _("Continue"), NULL);
}

static const struct pci_device *bind_find_screen(const struct wizard *w)
{
	unsigned n;
	const struct pci_device *const *devices = bind_chosen(w, &n);

	for (unsigned i = 0; i < n; i++)
		if (devices[i]->boot_vga == 1)
			return devices[i];
	return NULL;
}

/* The console the person looks at goes black after the restart: level 2. */
static bool bind_agree_to_black(struct wizard *w)
{
	const struct pci_device *d = bind_find_screen(w);
	const char *lines[4] = { 0 };

	if (!d)
		return true;
	if (str_eq(answers_get(&w->s->answers, "bind"), "hooks"))
		lines[0] = _("This card shows the screen you look at. When the machine starts, the graphical session ends "
			     "and the screen is the machine's; only ssh works. Test ssh from another computer first.");
	else
		lines[0] = _("This card shows the console you look at. After the restart the screen stays black; only ssh "
			     "works. Test ssh from another computer first.");
	lines[1] = d->device_name;
	return wizard_ask_typed(w, _("The screen goes black"), lines, N_("BLACK"));
}

static enum move bind_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	const struct stage *s = wizard_stage(w, "bind");

	if ((ev->kind == EVENT_TOGGLE || ev->kind == EVENT_OPEN) && bind_find(ev->id)) {
		if (wizard_answer(w, "bind", ev->id))
			wizard_replan(w);
	} else if (ev->kind == EVENT_KEY && ev->key == 'd') {
		wizard_show_diff(w, s);
	} else if (proposed == MOVE_NEXT && !w->plan) {
		wizard_say_err(w, &w->plan_err);
		return MOVE_STAY;
	} else if (proposed == MOVE_NEXT && s && w->s->read_only) {
		wizard_say(w, MESSAGE_NOTE, "%s", w->s->read_only_why);
	} else if (proposed == MOVE_NEXT && s) {
		return bind_agree_to_black(w) && wizard_apply_stage(w, "bind") ? MOVE_NEXT : MOVE_STAY;
	}
	return proposed;
}

const struct step step_bind = {
	.id = "bind",
	.label = N_("Bind"),
	.title = N_("How the devices are handed over"),
	.help = N_("A device can only be given to a machine while vfio-pci holds it.\n"
		   "By libvirt: the host uses the device in between; its driver must let go.\n"
		   "At every start: the host never uses the device; found by its address, checked by its ids."),
	.needs_you = bind_needs_you,
	.describe = bind_describe,
	.handle = bind_handle,
};
