/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways back of GRUB: the untouched entry, the trial, and what to press. */
#include "base/str.h"
#include "boot/boot-text.h"
#include "boot/bootloader.h"
#include "boot/grub-menu.h"

#include <errno.h>
#include <string.h>

static const char *const grub_once_needles[] = { "next_entry=" GRUB_MENU_TRIAL, NULL };

static const char *grub_before_title(const struct host *h, struct arena *a)
{
	return arena_printf(a, GRUB_MENU_BEFORE_TITLE " (Linux %s)",
			    h->identity.kernel && !strchr(h->identity.kernel, '\'') ? h->identity.kernel : "?");
}

int grub_stage_way_back(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_kargs_ struct kargs line = { 0 };
	struct grub_menu menu;
	int r = grub_menu_read(h, plan->arena, &menu, err);

	if (r < 0)
		return r;
	if (!menu.entry) {
		struct finding *f = boot_add_finding(
			plan, "way-back-by-hand", SEVERITY_INFO, menu.custom,
			_("The boot menu gets no entry that starts everything as before: %s."), menu.why_not);

		boot_add_advice(plan, f, _("The recovery entries under \"Advanced options\" do not get the new arguments; "
					   "or press e in the menu and take them out of the line that begins with "
					   "linux."));
		return 0;
	}
	grub_menu_line(&menu, &line);
	/* One from an earlier stage is from before everything: it stays. */
	return grub_menu_stage(h, &menu, GRUB_MENU_BEFORE, grub_before_title(h, plan->arena),
			       bootloader_way_back_args(plan->arena, &line), NULL, true, plan, stage, err);
}

/* grub-reboot notes the entry in grubenv; grub.cfg forgets it before it starts it. */
static void grub_add_once(const struct grub_menu *menu, struct plan *plan, struct stage *stage)
{
	bool two = str_ends_with(menu->folder, "grub2");
	const char *const argv[] = { two ? "grub2-reboot" : "grub-reboot", GRUB_MENU_TRIAL, NULL };
	const char *const *undo = NULL;
	struct change *c;

	c = stage_add_run(plan, stage, argv,
			  _("the next start takes the entry of the trial, the one after it the usual one again"));
	arena_strv_add(plan->arena, &undo, two ? "grub2-editenv" : "grub-editenv");
	arena_strv_add(plan->arena, &undo, arena_printf(plan->arena, "%s/grubenv", menu->folder));
	arena_strv_add(plan->arena, &undo, "unset");
	arena_strv_add(plan->arena, &undo, "next_entry");
	c->undo_argv = undo;
	c->timeout_s = 60;
	c->readback_path = arena_printf(plan->arena, "%s/grubenv", menu->folder);
	c->readback_needles = grub_once_needles;
}

int grub_stage_trial(struct host *h, const char *const *set, const char *const *remove,
			    struct plan *plan, struct stage *stage, const char **ret_why_not, struct err *err)
{
	struct grub_menu menu;
	const char *tool;
	bool waits;
	int r = grub_menu_read(h, plan->arena, &menu, err);

	if (r < 0)
		return r;
	*ret_why_not = grub_menu_why_no_trial(h, &menu, &waits);
	tool = str_ends_with(menu.folder, "grub2") ? "/usr/sbin/grub2-reboot" : "/usr/sbin/grub-reboot";
	if (!*ret_why_not && !fsroot_exists(h->root, tool) &&
	    !fsroot_exists(h->root, "/usr/bin/grub-reboot"))
		*ret_why_not = arena_printf(h->arena, _("%s is not installed"), tool);
	if (*ret_why_not)
		return 0;
	for (const char *const *a = set; a && *a; a++)
		if (karg_problem(*a))
			return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	r = grub_menu_stage(h, &menu, GRUB_MENU_TRIAL, "Trial of vfio-wizard, for one start", set, remove, false,
			    plan, stage, err);
	if (r == 0 && !waits)
		grub_add_once(&menu, plan, stage);
	return r;
}

const char *grub_rescue(struct host *h)
{
	return arena_printf(h->arena,
			    _("In the boot menu (press Esc while it starts; without UEFI hold Shift) choose \"%s\" at its end. Or "
			      "press e there, take the new arguments out of the line that begins with linux, then F10."),
			    GRUB_MENU_BEFORE_TITLE);
}
