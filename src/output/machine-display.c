/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shows the machine beside its card: nothing, a SPICE window, a window until it is installed, Looking Glass. */
#include "output/machine-parts.h"

#include "base/str.h"

#include <errno.h>

/* What an answer that only counts with another one is worth without it: nothing, and that is said. */
static void display_note_unused(struct machine *m, const struct answers *a, const char *key, const char *needs)
{
	if (answers_is_set(a, key))
		machine_note(m, "answer-unused", SEVERITY_INFO,
			     arena_printf(m->arena, _("--%s changes nothing without %s."), key, needs));
}

/* SPICE while the system is installed; how it goes afterwards is said while it is there. */
static void display_set_install(struct machine *m, const struct answers *a)
{
	struct machine_note *note;

	if (answers_get_bool(a, "installed")) {
		m->display = GUEST_DISPLAY_NONE;
		return;
	}
	m->display = GUEST_DISPLAY_SPICE;
	m->until_installed = true;
	note = machine_note(m, "display-until-installed", SEVERITY_INFO,
			    _("The machine has a SPICE window and an emulated screen for the installation. Once the driver "
			      "of its card runs they are only in the way."));
	arena_strv_add(m->arena, &note->advice,
		       _("Then write it again with --installed yes (the same command, or the field Installed of the "
			 "wizard): the domain of the same name is replaced, its disk stays."));
}

static void display_note_dark(struct machine *m)
{
	bool graphics = false;

	for (unsigned i = 0; i < m->n_hostdevs; i++)
		graphics = graphics || pci_device_class(m->hostdevs[i].device) == DEVICE_GPU;
	if (m->display != GUEST_DISPLAY_NONE || graphics)
		return;
	if (m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10)
		machine_note(m, "display-dark", SEVERITY_WARN,
			     _("The machine has neither a graphics card nor an emulated screen: Windows can only be reached "
			       "over the network."));
	else
		machine_note(m, "display-serial", SEVERITY_INFO,
			     arena_printf(m->arena,
					  _("The machine has no screen; its serial console is one: virsh console %s."),
					  m->name));
}

int machine_set_display(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	const char *display = answers_get(a, "display");
	int r;

	/* Until the guest has a driver for the passed card, its screen stays dark. */
	m->display = GUEST_DISPLAY_SPICE;
	if (str_eq(display, "none"))
		m->display = GUEST_DISPLAY_NONE;
	else if (str_eq(display, "looking-glass"))
		m->display = GUEST_DISPLAY_LOOKING_GLASS;
	else if (str_eq(display, "spice-install"))
		display_set_install(m, a);
	else if (display && !str_eq(display, "spice"))
		return err_set(err, ERR_USAGE, -EINVAL, _("--%s: “%s” is not possible here."), "display", display);
	if (m->display != GUEST_DISPLAY_LOOKING_GLASS) {
		display_note_unused(m, a, "looking-glass", "--display looking-glass");
		display_note_unused(m, a, "looking-glass-memory", "--display looking-glass");
	}
	display_note_dark(m);
	r = machine_set_looking_glass(m, h, a, err);
	if (r == 0)
		r = machine_set_evdev(m, h, a, err);
	if (r == 0 && !m->n_evdev)
		display_note_unused(m, a, "evdev-switch", "--evdev");
	return r < 0 ? r : machine_set_audio(m, h, a, err);
}
