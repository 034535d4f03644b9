/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"
#include "model/acs-kernels.h"

#include <string.h>

#define KERNEL_DIFF_LINES 9

static const char *kernel_arg_help(const char *arg)
{
	if (str_starts_with(arg, "intel_iommu="))
		return _("Makes the kernel use VT-d. Harmless if the board has none.");
	if (str_starts_with(arg, "amd_iommu="))
		return _("The kernel uses AMD-Vi unless this switches it off.");
	return _("Needed on this host.");
}

/* What the planner found to be needed cannot be unmarked here: it was measured. */
static void kernel_add_needed(struct wizard *w, struct screen_build *b)
{
	const char *const *args = planner_kernel_args(w->s->judgement, &w->s->answers);

	for (; args && *args; args++) {
		struct screen_row *row;

		if (strcmp(*args, "iommu=pt") == 0 || str_starts_with(*args, "pcie_acs_override="))
			continue;
		row = build_row(b, ROW_CHECK, build_printf(b, "arg-%s", *args));
		row->label = arena_strdup(b->arena, *args);
		row->value = kernel_arg_help(*args);
		row->note = _("needed");
		row->marked = true;
		row->help = kernel_arg_help(*args);
	}
}

/*
 * Installed kernels that know pcie_acs_override, where this one does not and the boot loader can be told
 * which one to start.  False: there are none.
 */
static bool kernel_add_releases(struct wizard *w, struct screen_build *b)
{
	const struct host *h = w->s->host;
	_cleanup_str_ struct str choices = { 0 };
	struct screen_row *row;

	if (h->kernel.acs_override_known == 1 || !acs_kernels_installed(h) || !w->s->boot.loader ||
	    !w->s->boot.loader->stage_kernel)
		return false;
	str_add(&choices, "auto");
	for (const char *const *k = h->boot.kernels; *k; k++)
		if (acs_kernel_known(h, *k) == 1)
			str_addf(&choices, "|%s", *k);
	row = build_row(b, ROW_LIST, "kernel");
	row->label = _("Kernel");
	row->value = answers_get(&w->s->answers, "kernel");
	row->choices = arena_strdup(b->arena, str_c(&choices));
	row->help = _("Which installed kernel the next start takes: only those that know pcie_acs_override are listed. "
		      "\"auto\" leaves it as it is.");
	return true;
}

static void kernel_add_options(struct wizard *w, struct screen_build *b)
{
	struct screen_row *row = build_row(b, ROW_CHECK, "passthrough-mode");

	row->label = "iommu=pt";
	row->value = _("host devices keep full speed");
	row->note = _("optional");
	row->marked = answers_get_bool(&w->s->answers, "passthrough-mode");
	row->help = _("Not needed to give a device away, and no protection: host drivers bypass the IOMMU.");
	if (w->s->boot.loader && w->s->boot.loader->stage_trial) {
		row = build_row(b, ROW_CHECK, "trial");
		row->label = _("Try first");
		row->value = _("the new options for one start only");
		row->note = _("careful");
		row->marked = answers_get_bool(&w->s->answers, "trial");
		row->help = _("If the computer does not come up, switch it off and on: it starts as before. If it "
			      "does, run vfio-wizard again, which makes the options permanent.");
	}
	if (!kernel_add_releases(w, b) && w->s->host->kernel.acs_override_known != 1)
		return;
	row = build_row(b, ROW_LIST, "acs-override");
	row->label = "pcie_acs_override";
	row->value = answers_get(&w->s->answers, "acs-override");
	row->choices = "none|downstream|multifunction|downstream,multifunction";
	row->help = _("Hides that devices are not isolated, it does not isolate them: a machine can then reach "
		      "its neighbours. Last resort.");
}

static void kernel_add_plan(struct wizard *w, struct screen_build *b)
{
	const struct stage *s = wizard_stage(w, "kernel");

	if (!w->plan) {
		build_text(b, w->plan_err.msg);
		if (w->plan_err.hint[0])
			build_text(b, w->plan_err.hint);
		return;
	}
	if (!s) {
		build_text(b, session_restart_is_due(w->s) ? _("Everything is written; it counts after the restart.")
			      : w->s->judgement->iommu_state == IOMMU_ON
				      ? _("The IOMMU is on. No kernel option has to be changed.")
				      : _("There is nothing to write here. The IOMMU is not on for another reason: "
					  "see step Host."));
		return;
	}
	for (unsigned i = 0; i < s->n_changes; i++)
		wizard_add_change_rows(b, s->changes[i], KERNEL_DIFF_LINES);
	for (unsigned i = 0; i < w->plan->n_findings; i++)
		build_text(b, w->plan->findings[i]->text);
}

/* Nothing can be given away and no kernel option changes that: the walk ends here. */
static bool kernel_is_dead_end(const struct wizard *w)
{
	return !wizard_stage(w, "kernel") && !session_restart_is_due(w->s) && w->s->host->n_groups == 0 &&
	       w->s->judgement->iommu_state != IOMMU_ON;
}

static bool kernel_needs_you(const struct wizard *w)
{
	return wizard_stage(w, "kernel") || kernel_is_dead_end(w);
}

static void kernel_add_dead_end(struct wizard *w, struct screen_build *b)
{
	const struct judgement *j = w->s->judgement;

	build_text(b, _("Without an IOMMU that works no device can be given to a machine, and no kernel option "
			"changes that here."));
	for (unsigned i = 0; i < j->n_findings; i++) {
		const struct finding *f = j->findings[i];

		if (!str_starts_with(f->id, "iommu-"))
			continue;
		build_blank(b);
		build_text(b, f->text);
		for (const char *const *a = f->advice; a && *a; a++)
			build_text(b, build_printf(b, "- %s", *a));
	}
	build_blank(b);
	build_text(b, _("Nothing was changed. When something was switched on, run vfio-wizard again: it goes on here."));
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "again", _("Check again"), NULL);
	build_button(b, "leave", _("Leave"), NULL);
	b->screen.focus = "back";
}

static void kernel_describe(struct wizard *w, struct screen_build *b)
{
	const struct stage *s = wizard_stage(w, "kernel");

	if (kernel_is_dead_end(w)) {
		kernel_add_dead_end(w, b);
		return;
	}
	build_text(b, build_printf(b, _("Options the kernel needs at the next start. Boot loader: %s"),
				   w->s->boot.loader ? w->s->boot.loader->title : _("not known")));
	build_blank(b);
	kernel_add_needed(w, b);
	kernel_add_options(w, b);
	build_blank(b);
	kernel_add_plan(w, b);
	b->screen.keys = s ? _("d Whole diff") : "";
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "next", s ? _("Write this change") : _("Continue"), NULL);
	b->screen.focus = "next";
}

static enum move kernel_write(struct wizard *w)
{
	/* A recorded host can be looked at to its end, so that people see the whole walk. */
	if (w->s->read_only) {
		wizard_say(w, w->s->host->n_groups ? MESSAGE_NOTE : MESSAGE_ERROR,
			   w->s->host->n_groups ? "%s" : _("%s The next steps need a restart with these options."),
			   w->s->read_only_why);
		return w->s->host->n_groups ? MOVE_NEXT : MOVE_STAY;
	}
	return wizard_apply_stage(w, "kernel") ? MOVE_NEXT : MOVE_STAY;
}

static enum move kernel_handle_dead_end(struct wizard *w, const struct event *ev, enum move proposed)
{
	struct err err = { 0 };

	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "leave") == 0)
		return MOVE_LEAVE;
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "again") == 0) {
		if (wizard_look(w, &err) < 0)
			wizard_say_err(w, &err);
		else if (kernel_is_dead_end(w))
			wizard_say(w, MESSAGE_NOTE, _("Looked again: nothing has changed."));
	}
	if (proposed == MOVE_NEXT) {
		wizard_say(w, MESSAGE_ERROR,
			   _("Without the IOMMU no device can be given to a machine, so there is no next step."));
		return MOVE_STAY;
	}
	return proposed;
}

static enum move kernel_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	if (kernel_is_dead_end(w))
		return kernel_handle_dead_end(w, ev, proposed);
	if (ev->kind == EVENT_TOGGLE &&
	    (strcmp(ev->id, "passthrough-mode") == 0 || strcmp(ev->id, "trial") == 0)) {
		bool on = answers_get_bool(&w->s->answers, ev->id);

		if (wizard_answer(w, ev->id, on ? "no" : "yes"))
			wizard_replan(w);
	} else if (ev->kind == EVENT_TOGGLE) {
		wizard_say(w, MESSAGE_NOTE, _("This one is needed: without it the IOMMU stays off."));
	} else if (ev->kind == EVENT_SET && (strcmp(ev->id, "acs-override") == 0 || strcmp(ev->id, "kernel") == 0)) {
		if (wizard_answer(w, ev->id, ev->text))
			wizard_replan(w);
	} else if (ev->kind == EVENT_KEY && ev->key == 'd') {
		wizard_show_diff(w, wizard_stage(w, "kernel"));
	} else if (proposed == MOVE_NEXT && wizard_stage(w, "kernel")) {
		return kernel_write(w);
	} else if (proposed == MOVE_NEXT && !w->plan && w->s->host->n_groups == 0) {
		wizard_say_err(w, &w->plan_err);
		return MOVE_STAY;
	}
	return proposed;
}

const struct step step_kernel = {
	.id = "kernel",
	.label = N_("Kernel"),
	.title = N_("Kernel options"),
	.help = N_("The kernel is told at its start to use the IOMMU. The boot loader's file is changed, nothing "
		   "else in it, and the menu is made anew.\n"
		   "The change is shown first; it can be undone byte for byte."),
	.needs_you = kernel_needs_you,
	.describe = kernel_describe,
	.handle = kernel_handle,
};
