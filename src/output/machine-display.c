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

static void display_note_install(struct machine *m, const char *text)
{
	struct machine_note *note = machine_note(m, "display-until-installed", SEVERITY_INFO, text);

	m->until_installed = true;
	arena_strv_add(m->arena, &note->advice,
		       _("Then write it again with --installed yes (the same command, or the field Installed of the "
			 "wizard): the domain of the same name is replaced, its disk stays."));
}

/* SPICE while the system is installed; how it goes afterwards is said while it is there. */
static void display_set_install(struct machine *m, const struct answers *a)
{
	if (answers_get_bool(a, "installed")) {
		m->display = GUEST_DISPLAY_NONE;
		return;
	}
	m->display = GUEST_DISPLAY_SPICE;
	display_note_install(m, _("The machine has a SPICE window and an emulated screen for the installation. Once the "
				  "driver of its card runs they are only in the way."));
}

/* Looking Glass shows the card only when its own program runs in the guest: until then somebody has to see it. */
static void display_set_looking_glass(struct machine *m, const struct answers *a)
{
	struct machine_note *note;

	m->display = GUEST_DISPLAY_LOOKING_GLASS;
	if (!answers_get_bool(a, "installed"))
		display_note_install(m, _("The machine has an emulated screen in the SPICE window for the installation. Once "
					  "Looking Glass runs it is a second monitor that nobody sees."));
	note = machine_note(m, "looking-glass-guest", SEVERITY_INFO,
			    _("Looking Glass needs its display driver (IDD) in the machine; up to release B7 its program "
			      "looking-glass-host, and a monitor at the card or a plug that passes for one."));
	if (m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10)
		arena_strv_add(m->arena, &note->advice,
			       _("Its installer brings the IVSHMEM driver that Windows needs. Client and machine need the same "
				 "release."));
	else
		arena_strv_add(m->arena, &note->advice,
			       _("Its own documentation calls the part for Linux machines not ready for use."));
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
		display_set_looking_glass(m, a);
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
