/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/sdboot.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "boot/boot-text.h"
#include "boot/bootloader.h"
#include "model/kargs.h"

#include <errno.h>
#include <string.h>

/* Entries of ours: a copy of the running one, for emergencies and for one start. */

/* Behind every sort-key of a distribution ("debian", "fedora", "opensuse-tumbleweed", "systemd"). */
#define MENU_SORT_KEY "zzz-vfio-wizard"

static bool menu_is_key(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && strchr(" \t\r", line[n]) != NULL;
}

/*
 * The text of FROM with another title and SORT_KEY (NULL: without one), every line end kept.  A title
 * of one's own is needed: of two equal ones systemd-boot shows the version, of ours the same.
 */
static const char *menu_retitle(struct host *h, const struct bls_entry *from, const char *title,
				const char *sort_key)
{
	_cleanup_strv_ char **lines = strv_split(from->text, "\n");
	_cleanup_str_ struct str out = { 0 };

	str_addf(&out, "title %s\n", title);
	if (sort_key)
		str_addf(&out, "sort-key %s\n", sort_key);
	for (char **line = lines; line && *line; line++) {
		const char *l = *line + strspn(*line, " \t");

		if (!menu_is_key(l, "title") && !menu_is_key(l, "sort-key"))
			str_addf(&out, "%s\n", *line);
	}
	return arena_strdup(h->arena, str_c(&out));
}

/* Where an entry of ours goes, and what it begins with. */
struct menu_entry {
	const char *path;
	struct bls_entry copy; /* of the running one, with title and sort-key of ours */
};

static void menu_copy(struct host *h, const struct sdboot *s, const char *id, const char *title,
		      struct menu_entry *ret)
{
	const char *folder_end = strrchr(s->running->path, '/');
	const char *key = sdboot_entry_value(h, s->running, "sort-key") ? MENU_SORT_KEY : NULL;

	ret->path = arena_printf(h->arena, "%.*s/%s", (int)(folder_end - s->running->path), s->running->path, id);
	ret->copy = *s->running;
	ret->copy.text = menu_retitle(h, s->running, title, key);
	ret->copy.len = strlen(ret->copy.text);
}

static const char *menu_title(struct host *h, const struct sdboot *s)
{
	return s->running->title ? s->running->title : h->identity.distribution ? h->identity.distribution : "Linux";
}

/* A sentence's part why no entry of ours can be made; NULL: it can. */
static const char *menu_why_not(struct host *h, const struct sdboot *s, const char *id)
{
	if (!s->running)
		return s->why;
	return sdboot_why_default(h, s, id, sdboot_entry_value(h, s->running, "sort-key") ? MENU_SORT_KEY : NULL);
}

/* What makes the entry vanish or be started without being chosen. */
static void menu_note(struct host *h, const struct sdboot *s, const char *path, struct plan *plan)
{
	if (str_eq(sdboot_loader_value(h, "default"), "@saved"))
		boot_add_finding(plan, "systemd-boot-default-saved", SEVERITY_INFO, sdboot_loader_conf(h),
				 _("\"default @saved\" starts the entry that was chosen last, also one of ours: after using it, "
				   "choose the usual entry once."));
	if (s->maker == SDBOOT_MANAGE)
		boot_add_finding(plan, "sdboot-manage-removes-entries", SEVERITY_WARN, path,
				 _("sdboot-manage deletes entries that it did not write when a kernel is installed, this one "
				   "too, unless %s has REMOVE_EXISTING=\"no\" or PRESERVE_FOREIGN=\"yes\"."),
				 SDBOOT_MANAGE_FILE);
	if (s->maker == SDBOOT_SDBOOTUTIL)
		boot_add_finding(plan, "sdbootutil-rewrites-entries", SEVERITY_WARN, path,
				 _("sdbootutil update-all-entries writes the arguments of /etc/kernel/cmdline into this entry, too; "
				   "it is no way back any more then."));
}

int sdboot_stage_way_back(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_kargs_ struct kargs line = { 0 };
	struct menu_entry m;
	const char *after, *why_not;
	struct sdboot s;
	/* Without PLAN: as the host starts now. */
	int r = sdboot_read(h, NULL, &s, err);

	if (r < 0)
		return r;
	why_not = menu_why_not(h, &s, SDBOOT_BEFORE);
	if (why_not) {
		struct finding *f = boot_add_finding(
			plan, "way-back-by-hand", SEVERITY_INFO, s.running ? s.running->path : "host",
			_("The boot menu gets no entry that starts everything as before: %s."), why_not);

		boot_add_advice(plan, f, sdboot_rescue(h));
		return 0;
	}
	menu_copy(h, &s, SDBOOT_BEFORE,
		  arena_printf(h->arena, "%s (as before vfio-wizard)", menu_title(h, &s)), &m);
	/* One from an earlier stage is from before everything: it stays. */
	if (fsroot_exists(h->root, m.path) || plan_last_change(plan, m.path))
		return 0;
	kargs_parse(m.copy.line, &line);
	after = bls_edit(plan->arena, &m.copy, bootloader_way_back_args(plan->arena, &line), NULL);
	if (!after)
		after = m.copy.text;
	stage_add_file(plan, stage, m.path, NULL, 0, after, strlen(after), 0644,
		       _("an entry of the boot menu that starts everything as it is now; only when it is chosen"));
	menu_note(h, &s, m.path, plan);
	return 0;
}

/* A translated part of a sentence; NULL: systemd-boot can be told to start an entry once. */
static const char *menu_why_no_trial(struct host *h, const struct sdboot *s)
{
	const struct boot_evidence *e = boot_evidence(h);

	/* bootctl needs LoaderInfo to know that the one that reads LoaderEntryOneShot is there. */
	if (e->program != BOOT_PROGRAM_SYSTEMD_BOOT || !h->firmware.loader_info)
		return _("the firmware's variables do not say that systemd-boot started this computer");
	if (!fsroot_exists(h->root, "/usr/bin/bootctl") && !fsroot_exists(h->root, "/bin/bootctl"))
		return arena_printf(h->arena, _("%s is not installed"), "bootctl");
	return menu_why_not(h, s, SDBOOT_TRIAL);
}

int sdboot_stage_trial(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
		       struct stage *stage, const char **ret_why_not, struct err *err)
{
	static const char *const argv[] = { "bootctl", "set-oneshot", SDBOOT_TRIAL, NULL };
	static const char *const undo_argv[] = { "bootctl", "set-oneshot", "", NULL };
	const char *after, *before = NULL;
	struct menu_entry m;
	struct change *run;
	struct sdboot s;
	size_t len = 0;
	int r = sdboot_read(h, plan, &s, err);

	for (const char *const *a = set; a && *a && r >= 0; a++)
		if (karg_problem(*a))
			r = err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	if (r < 0)
		return r;
	*ret_why_not = menu_why_no_trial(h, &s);
	if (*ret_why_not)
		return 0;
	menu_copy(h, &s, SDBOOT_TRIAL, arena_printf(h->arena, "%s (trial of vfio-wizard)", menu_title(h, &s)), &m);
	after = bls_edit(plan->arena, &m.copy, set, remove);
	if (!after)
		return 0;
	r = boot_text_read(h, plan, plan->arena, m.path, &before, &len, err);
	if (r < 0 && r != -ENOENT)
		return r;
	stage_add_file(plan, stage, m.path, r == 0 ? before : NULL, len, after, strlen(after), 0644,
		       _("an entry with the new arguments"));
	run = stage_add_run(plan, stage, argv,
			    _("the next start takes the entry of the trial, the one after it the usual one again"));
	run->undo_argv = undo_argv;
	run->timeout_s = 60;
	return 0;
}

/* "editor no" in loader.conf takes the key e away. */
static bool menu_has_editor(struct host *h)
{
	static const char *const off[] = { "no", "n", "false", "f", "off", "0", NULL };
	const char *editor = sdboot_loader_value(h, "editor");

	return !editor || !strv_contains(off, editor);
}

const char *sdboot_rescue(struct host *h)
{
	if (menu_has_editor(h))
		return _("Hold the space bar while the computer starts until the menu of systemd-boot comes. Choose the entry "
			 "\"as before vfio-wizard\" where there is one; or press e on the usual entry, take the new arguments "
			 "out of the line, then Enter. This changes that one start only.");
	return _("Hold the space bar while the computer starts until the menu of systemd-boot comes. Choose the entry \"as "
		 "before vfio-wizard\" where there is one, else one for emergencies (fallback). The arguments cannot be edited "
		 "there: loader.conf has \"editor no\".");
}
