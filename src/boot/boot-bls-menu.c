/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-bls.h"
#include "boot/bootloader.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <string.h>

/*
 * Menu entries of our own.  blscfg sorts by file name as rpm compares versions, newest first, and the
 * first one is the default where nothing is saved.  "vfio-wizard-before" would come before every
 * machine id that begins with a letter, so the names begin with "~", which sorts behind everything
 * (vercmp() in blscfg.c; Fedora's "~debug" kernels rely on it).
 */
#define BLS_BEFORE "~vfio-wizard-before"
#define BLS_TRIAL "~vfio-wizard-trial"
/* Not translated: GRUB has no fonts for every script, and the rescue text has to say the same. */
#define BLS_BEFORE_TITLE "As before vfio-wizard"

/* The entry that runs now; else ERR. */
static int bls_find_source(struct host *h, const struct plan *plan, struct arena *arena, struct bls_menu *ret_menu,
			   struct bls_entry **ret, struct err *err)
{
	struct bls_menu now;
	const char *why;
	int r = bls_menu_read(h, NULL, arena, &now, err);

	if (r < 0)
		return r;
	*ret = bls_find_running(h, now.entries, now.n_entries, &why);
	if (!*ret)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("The entry that this system was started from cannot be told: %s"), why);
	*ret_menu = now;
	ret_menu->plan = plan;
	return 0;
}

/* A copy of E called TITLE with the whole line OPTIONS, variables put in. */
static const char *bls_write_entry(struct arena *arena, const struct bls_entry *e, const char *title,
				   const char *options)
{
	_cleanup_free_ char *args = xstrdup(options);
	_cleanup_str_ struct str out = { 0 };

	/* blscfg stops reading at a line without a blank: no empty ones. */
	str_addf(&out, "title %s\n", title);
	if (e->version)
		str_addf(&out, "version %s\n", e->version);
	str_addf(&out, "linux %s\n", e->kernel);
	for (const char *const *i = e->initrds; i && *i; i++)
		str_addf(&out, "initrd %s\n", *i);
	str_addf(&out, "options %s\ngrub_users $grub_users\ngrub_arg --unrestricted\n", str_trim(args));
	return arena_strdup(arena, str_c(&out));
}

/* Stages the file of our entry, whatever an earlier one of that name says. */
static int bls_stage_own(struct host *h, const char *name, const char *text, const char *why, struct plan *plan,
			 struct stage *stage, struct err *err)
{
	const char *path = arena_printf(plan->arena, BLS_FOLDER "/%s.conf", name), *old = NULL;
	size_t len = 0;
	int r = boot_text_read(h, plan, plan->arena, path, &old, &len, err);

	if (r < 0 && r != -ENOENT)
		return r;
	stage_add_file(plan, stage, path, r < 0 ? NULL : old, len, text, strlen(text), 0644, why);
	return 0;
}

int bls_stage_trial_end(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	static const char path[] = BLS_FOLDER "/" BLS_TRIAL ".conf";
	const char *text;
	size_t len;
	int r = boot_text_read(h, plan, plan->arena, path, &text, &len, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	stage_add_remove(plan, stage, path, text, len, _("the entry of the trial: it is over"));
	return 0;
}

int bls_stage_way_back(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	struct bls_menu m;
	struct bls_entry *e;
	const char *line, *edited;
	int r = bls_find_source(h, plan, plan->arena, &m, &e, err);

	if (r < 0)
		return r;
	/* One from an earlier stage is from before everything: it stays. */
	if (fsroot_exists(h->root, BLS_FOLDER "/" BLS_BEFORE ".conf"))
		return 0;
	line = bls_menu_expand(&m, e->line);
	kargs_parse(line, &k);
	edited = boot_line_edit(plan->arena, line, bootloader_way_back_args(plan->arena, &k), NULL);
	return bls_stage_own(h, BLS_BEFORE,
			     bls_write_entry(plan->arena, e, BLS_BEFORE_TITLE, edited ? edited : line),
			     _("a menu entry that starts this system as it starts now"), plan, stage, err);
}

int bls_stage_trial(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
		    struct stage *stage, const char **ret_why_not, struct err *err)
{
	static const char *const once[] = { "grub2-reboot", BLS_TRIAL, NULL };
	static const char *const undo[] = { "grub2-editenv", "-", "unset", "next_entry", NULL };
	static const char *const needles[] = { "next_entry=" BLS_TRIAL, NULL };
	struct bls_menu m;
	struct bls_entry *e;
	struct change *run;
	const char *line, *edited;
	int r = bls_find_source(h, plan, plan->arena, &m, &e, err);

	*ret_why_not = NULL;
	if (r < 0)
		return r;
	if (!m.has_env)
		*ret_why_not = _("GRUB has no environment block (grubenv) to note the next start in");
	else
		*ret_why_not = grub_env_why_not_writable(h, &m.env);
	if (*ret_why_not)
		return 0;
	line = bls_menu_expand(&m, e->line);
	edited = boot_line_edit(plan->arena, line, set, remove);
	r = bls_stage_own(h, BLS_TRIAL,
			  bls_write_entry(plan->arena, e, "vfio-wizard: try the new arguments", edited ? edited : line),
			  _("a menu entry for the next start only"), plan, stage, err);
	if (r < 0)
		return r;
	if (str_eq(grub_env_value(plan->arena, &m.env, "next_entry"), BLS_TRIAL))
		return 0; /* it waits for the restart already */
	/* GRUB takes next_entry out of the block before it starts the entry (00_header). */
	run = stage_add_run(plan, stage, once, _("makes just the next start use the new entry"));
	run->timeout_s = 60;
	run->undo_argv = undo;
	run->readback_path = m.env.path;
	run->readback_needles = needles;
	return 0;
}

const char *bls_rescue(struct host *h)
{
	return fsroot_exists(h->root, BLS_FOLDER "/" BLS_BEFORE ".conf")
		       ? arena_printf(h->arena,
				      _("Hold Shift or press Esc several times while the computer starts, and choose "
					"\"%s\" at the end of the menu."),
				      BLS_BEFORE_TITLE)
		       : _("Hold Shift or press Esc several times while the computer starts. In the menu choose the rescue "
			   "entry (0-rescue), which does not have the new arguments; or press e, take the new arguments out "
			   "of the line that begins with linux, and press Ctrl+X.");
}
