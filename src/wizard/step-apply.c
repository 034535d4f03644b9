/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was written, and how to start it; the writing itself was watched on the progress screen. */
#include "wizard/step.h"

#include "base/str.h"

#include <string.h>

static const char *apply_name(struct wizard *w, struct screen_build *b)
{
	_cleanup_(machine_freep) struct machine *m = NULL;

	if (session_build_machine(w->s, NULL, &m, NULL) < 0)
		return NULL;
	return arena_strdup(b->arena, m->name);
}

/* A command may still be to do (a disk below another root); the files are what counts. */
static bool apply_files_are_written(const struct wizard *w)
{
	const struct stage *s = wizard_stage(w, "machine");

	for (unsigned i = 0; s && i < s->n_changes; i++)
		if (s->changes[i]->kind != CHANGE_RUN)
			return false;
	return w->plan != NULL;
}

/* "vfio-wizard --demo": the command that looks at the same host. */
static void apply_add_command(const struct wizard *w, struct screen_build *b, const char *rest)
{
	const struct session_options *o = &w->s->options;
	const char *option = o->host_file ? " --host " : o->root ? " --root " : o->demo ? " --demo" : "";
	const char *value = o->host_file ? o->host_file : o->root ? o->root : "";

	build_row(b, ROW_DIFF, NULL)->label = build_printf(b, "vfio-wizard%s%s %s", option, value, rest);
}

static void apply_add_instead(const struct wizard *w, struct screen_build *b, const char *name)
{
	build_text(b, build_printf(b, _("Otherwise these would be there now: /etc/vfio-wizard/machines/%s.xml "
					"for libvirt and %s.sh for QEMU alone. The step Review shows them."),
				   name, name));
	build_blank(b);
	build_text(b, _("With the answers saved there (s), this prints the domain:"));
	apply_add_command(w, b, "--answers vfio-wizard-answers.yaml domain");
}

static void apply_describe(struct wizard *w, struct screen_build *b)
{
	const char *name = apply_name(w, b);
	bool written = !w->s->read_only && apply_files_are_written(w);

	if (!name) {
		build_text(b, _("No machine is described yet: go back to the step VM."));
	} else if (!written) {
		build_text(b, w->s->read_only ? w->s->read_only_why
					      : _("Nothing is written yet: go back to the step Review."));
		build_blank(b);
		if (w->s->read_only)
			apply_add_instead(w, b, name);
	} else {
		build_text(b, _("The machine is written."));
		build_blank(b);
		build_fact(b, "xml", _("Domain"), build_printf(b, "/etc/vfio-wizard/machines/%s.xml", name), ROW_OK);
		build_fact(b, "script", _("QEMU script"), build_printf(b, "/etc/vfio-wizard/machines/%s.sh", name), ROW_OK);
		build_blank(b);
		build_heading(b, _("Give it to libvirt and start it"));
		build_row(b, ROW_DIFF, NULL)->label =
			build_printf(b, "virsh -c qemu:///system define /etc/vfio-wizard/machines/%s.xml", name);
		build_row(b, ROW_DIFF, NULL)->label = build_printf(b, "virsh -c qemu:///system start %s", name);
		build_text(b, _("virt-manager shows it after that. Without libvirt, as root, run the script instead."));
	}
	build_button(b, "back", _("Back"), NULL);
	build_button(b, "next", _("Continue"), NULL);
	b->screen.focus = "next";
}

const struct step step_apply = {
	.id = "apply",
	.label = N_("Apply"),
	.title = N_("Written"),
	.help = N_("The domain file can be imported by virt-manager or virsh on this computer. The script does the same "
		   "with QEMU alone."),
	.describe = apply_describe,
};
