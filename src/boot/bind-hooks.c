/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bind-hooks.h"

#include "base/str.h"
#include "base/strv.h"
#include "base/version.h"
#include "boot/bind.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * A hook of libvirt (libvirt.org/hooks.html): it takes the devices before the machine starts, by
 * address and after a look whether somebody uses them, and gives them back when the machine is gone,
 * also after a crash.  libvirt asks every program in qemu.d since 6.5.0; an older one only the file
 * "qemu", so that one is made to call ours, unless somebody else's is there already.
 *
 * <hostdev managed='yes'> stays as it is: libvirt finds the device on vfio-pci and leaves it there.
 */
#define HOOKS_DIR "/etc/libvirt/hooks"
#define HOOKS_OLD HOOKS_DIR "/qemu"
#define HOOKS_NEW HOOKS_DIR "/qemu.d"

static const char hook_head[] =
	"#!/bin/sh\n"
	"# Written by vfio-wizard; taken back by: vfio-wizard undo\n"
	"# libvirt runs this (libvirt.org/hooks.html) before the machine gets its devices, and when the\n"
	"# machine is gone, also after a crash.  It never calls libvirt, which waits for it.\n"
	"# <hostdev managed='yes'> is right: libvirt leaves a device alone that is on vfio-pci already.\n";

static const char hook_caller[] =
	"#!/bin/sh\n"
	"# Written by vfio-wizard; taken back by: vfio-wizard undo\n"
	"# This libvirt does not look into qemu.d by itself.\n"
	"VFIO_WIZARD_DAEMON=$PPID\n"
	"export VFIO_WIZARD_DAEMON\n"
	"for hook in " HOOKS_NEW "/vfio-wizard-*; do\n"
	"\tif [ -f \"$hook\" ] && [ -x \"$hook\" ]; then\n"
	"\t\t\"$hook\" \"$@\" </dev/null || exit $?\n"
	"\tfi\n"
	"done\n"
	"exit 0\n";

static const char *hooks_caution(struct host *h, const struct pci_device *const *devices, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (devices[i]->boot_vga == 1)
			return arena_printf(h->arena,
					    _("%s is the card that shows the screen of this computer. When the machine starts, the "
					      "graphical session ends and with it every program in it; the screen belongs to the "
					      "machine until it stops. Make sure that there is another way in (ssh)."),
					    devices[i]->address);
	return NULL;
}

/* "1:9.0.0-4+deb12u2" → at least 6.5?  -1 when the version is not known. */
static int hooks_knows_folder(const struct host *h)
{
	return version_reaches(h->software.libvirt, 6, 5);
}

/* Names come from the hardware: one printable line each. */
static void hooks_add_devices(struct str *out, const struct pci_device *const *devices, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		str_addf(out, "# %s is ", devices[i]->address);
		str_add_printable(out, devices[i]->vendor_name ? devices[i]->vendor_name : "");
		str_addc(out, ' ');
		str_add_printable(out, devices[i]->device_name ? devices[i]->device_name : "");
		str_addc(out, '\n');
	}
	str_add(out, "devices='");
	for (unsigned i = 0; i < n; i++)
		str_addf(out, "%s%s 0x%04x:0x%04x", i ? "\n" : "", devices[i]->address,
			 devices[i]->vendor, devices[i]->device);
	str_add(out, "'\n\n");
}

/* 1: the file is there already as it should be. */
static int hooks_add_file(struct host *h, struct plan *plan, struct stage *stage, const char *path,
			  const char *text, const char *why, struct err *err)
{
	const char *before = NULL;
	size_t before_len = 0;
	int r = boot_text_read(h, plan, plan->arena, path, &before, &before_len, err);

	if (r < 0 && r != -ENOENT)
		return r;
	stage_add_file(plan, stage, path, r < 0 ? NULL : before, before_len, text, strlen(text), 0755, why);
	return 0;
}

/* A libvirt before 6.5 asks only HOOKS_OLD. */
static int hooks_add_caller(struct host *h, struct plan *plan, struct stage *stage, const char *path,
			    struct err *err)
{
	const char *before = NULL;
	size_t len;
	struct finding *f;
	int r = boot_text_read(h, plan, plan->arena, HOOKS_OLD, &before, &len, err);

	if (r == -ENOENT)
		return hooks_add_file(h, plan, stage, HOOKS_OLD, hook_caller,
				      _("makes this libvirt call the hooks in qemu.d"), err);
	if (r < 0 || strstr(before, HOOKS_NEW "/vfio-wizard-") || str_eq(before, hook_caller))
		return r < 0 ? r : 0;
	f = boot_add_finding(plan, "hook-not-called", SEVERITY_WARN, HOOKS_OLD,
			     _("libvirt %s only runs %s, and there is one already that is not of vfio-wizard. It is left "
			       "as it is, so nothing calls %s yet."),
			     h->software.libvirt, HOOKS_OLD, path);
	boot_add_advice(plan, f,
			arena_printf(plan->arena,
				     _("Add this line behind its first line: %s \"$@\" </dev/null || exit $?"), path));
	return 0;
}

/* libvirt looks once, when it starts, whether there is any hook. */
static bool hooks_are_known(const struct host *h)
{
	_cleanup_strv_ char **names = NULL;

	return fsroot_exists(h->root, HOOKS_OLD) ||
	       (hooks_knows_folder(h) == 1 && fsroot_list(h->root, HOOKS_NEW, &names) >= 0 && names && *names);
}

static bool hooks_restart_is_planned(const struct plan *plan)
{
	for (unsigned i = 0; i < plan->n_stages; i++)
		for (unsigned k = 0; k < plan->stages[i]->n_changes; k++) {
			const struct change *c = plan->stages[i]->changes[k];

			if (c->kind == CHANGE_RUN && str_eq(c->argv[0], "systemctl") && str_eq(c->argv[1], "try-restart"))
				return true;
		}
	return false;
}

static void hooks_add_restart(struct host *h, struct plan *plan, struct stage *stage)
{
	static const char *const units[] = { "virtqemud.service", "libvirtd.service" };
	static const char *const dirs[] = { "/usr/lib/systemd/system", "/lib/systemd/system",
					    "/etc/systemd/system" };
	const char *const *argv = NULL;
	struct finding *f;

	arena_strv_add(plan->arena, &argv, "systemctl");
	arena_strv_add(plan->arena, &argv, "try-restart");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		for (size_t k = 0; k < ARRAY_SIZE(dirs); k++)
			if (fsroot_exists(h->root, arena_printf(plan->arena, "%s/%s", dirs[k], units[i]))) {
				arena_strv_add(plan->arena, &argv, units[i]);
				break;
			}
	if (argv[2]) {
		stage_add_run(plan, stage, argv,
			      _("libvirt looks for hooks only when it starts; machines that run go on running"));
		return;
	}
	f = boot_add_finding(plan, "hook-restart-libvirt", SEVERITY_WARN, "host",
			     _("libvirt looks for hooks only when it starts, and its service was not found here."));
	boot_add_advice(plan, f, _("Restart libvirt, or this computer, before you start the machine."));
}

int hooks_add(struct host *h, struct plan *plan, struct stage *stage, const char *name, const char *text,
	      const char *why, struct err *err)
{
	const char *path = arena_printf(plan->arena, HOOKS_NEW "/%s", name);
	int r = hooks_add_file(h, plan, stage, path, text, why, err);

	if (r == 0 && hooks_knows_folder(h) == 0)
		r = hooks_add_caller(h, plan, stage, path, err);
	if (r < 0)
		return r;
	if (h->software.looked && !h->software.libvirt)
		boot_add_finding(plan, "hook-no-libvirt", SEVERITY_WARN, "host",
				 _("libvirt is not installed. Only libvirt runs hooks."));
	else if (hooks_knows_folder(h) < 0)
		boot_add_finding(plan, "hook-libvirt-unknown", SEVERITY_INFO, "host",
				 _("The version of libvirt is not known. Before 6.5 it does not run hooks in %s."),
				 HOOKS_NEW);
	if (stage->n_changes && !hooks_are_known(h) && !hooks_restart_is_planned(plan))
		hooks_add_restart(h, plan, stage);
	return 0;
}

static void hooks_say(struct plan *plan, const struct pci_device *const *devices, unsigned n)
{
	struct finding *f;

	for (unsigned i = 0; i < n; i++) {
		if (pci_device_class(devices[i]) != DEVICE_GPU || devices[i]->boot_vga == 1 || !devices[i]->driver)
			continue;
		f = boot_add_finding(plan, "hook-refuses-busy-card", SEVERITY_INFO, devices[i]->address,
				     _("While a program uses this card the hook refuses to start the machine and names the "
				       "program: a driver that is taken away then can hang for ever."));
		boot_add_advice(plan, f, _("A desktop that holds every card: choose --bind address, or keep it off this card."));
	}
}

static int hooks_stage(struct host *h, const char *machine, const struct pci_device *const *devices,
		       unsigned n, struct plan *plan, struct err *err)
{
	_cleanup_str_ struct str text = { 0 };
	struct stage *stage;
	int r;

	if (h->vfio.vfio_pci == MODULE_MISSING)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("This kernel has no vfio-pci, so no device can be handed to it"));
	str_add(&text, hook_head);
	/* The check of the answer lets only letters, digits and . _ + - through. */
	str_addf(&text, "machine='%s'\n", machine);
	hooks_add_devices(&text, devices, n);
	str_add(&text, hook_body);
	stage = plan_stage(plan, "bind", _("Hand the devices over while the machine runs"), STAGE_END_NONE);
	r = hooks_add(h, plan, stage, arena_printf(plan->arena, "vfio-wizard-%s", machine), str_c(&text),
		      _("takes the devices before the machine starts, and gives them back"), err);
	if (r == 0)
		hooks_say(plan, devices, n);
	return r;
}

const struct bind_method bind_hooks = {
	.name = "hooks",
	.title = N_("Only while the virtual machine runs, by hooks"),
	.help = N_("A script that libvirt calls takes the devices and gives them back. It refuses to start the "
		   "machine while a program uses the card, and can free the only graphics card of a computer."),
	.caution = hooks_caution,
	.stage_machine = hooks_stage,
};
