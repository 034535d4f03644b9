/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-bls.h"
#include "boot/boot-evidence.h"
#include "boot/boot-grub.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"
#include "boot/grub-load.h"
#include "boot/kernel-cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/*
 * Fedora since 30, RHEL and its children since 8: GRUB's command "blscfg" makes the menu from
 * /boot/loader/entries/MACHINE-ID-RELEASE.conf (grub-core/commands/blscfg.c of Fedora's grub2)
 *
 *	title Fedora Linux (6.11.4-301.fc41.x86_64) 41 (Workstation Edition)
 *	version 6.11.4-301.fc41.x86_64
 *	linux /vmlinuz-6.11.4-301.fc41.x86_64
 *	initrd /initramfs-6.11.4-301.fc41.x86_64.img $tuned_initrd
 *	options root=UUID=… ro rootflags=subvol=root rhgb quiet $tuned_params
 *
 * On RHEL 8 the line is "options $kernelopts $tuned_params", with kernelopts in the environment
 * block.  A kernel installed later gets what /etc/kernel/cmdline says, or without that file what the
 * running kernel has; grub2-mkconfig --update-bls-cmdline writes GRUB_CMDLINE_LINUX into all entries.
 *
 * The tool for it, grubby --update-kernel=ALL, is not used: it changes the rescue entries as well,
 * which are a way back, writes each line anew with single blanks, edits with sed -i one file after
 * the other, and what it had done to which file could not be shown before.  All of these files are
 * read by GRUB itself at the start, so editing them is all there is to do.
 */

int bls_menu_read(struct host *h, const struct plan *plan, struct arena *arena, struct bls_menu *ret,
		  struct err *err)
{
	struct bls_menu m = { .h = h, .plan = plan, .arena = arena };
	int r = bls_read(h, plan, arena, BLS_FOLDER, &m.entries, &m.n_entries, err);

	if (r < 0)
		return r;
	r = grub_env_read(h, plan, arena, &m.env, err);
	m.has_env = r >= 0;
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = m;
	return 0;
}

const char *bls_menu_expand(const struct bls_menu *m, const char *line)
{
	_cleanup_str_ struct str out = { 0 };

	while (line && *line) {
		size_t n = strcspn(line, "$");
		const char *name, *value;

		str_addn(&out, line, n);
		line += n;
		if (!*line)
			break;
		for (n = 1; isalnum((unsigned char)line[n]) || line[n] == '_'; n++)
			;
		name = arena_strndup(m->arena, line + 1, n - 1);
		value = m->has_env ? grub_env_value(m->arena, &m->env, name) : NULL;
		if (value)
			str_add(&out, value);
		line += n;
	}
	return arena_strdup(m->arena, str_c(&out));
}

/* Entries of another installation on the same /boot have another root=. */
static bool bls_has_our_root(const struct bls_menu *m, const struct bls_entry *e)
{
	const char *running = host_cmdline_value(m->h, "root");
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *root = NULL;

	kargs_parse(bls_menu_expand(m, e->line), &k);
	root = kargs_value(&k, "root");
	return !running || !root || strcmp(running, root) == 0;
}

bool bls_menu_is_normal(const struct bls_menu *m, const struct bls_entry *e)
{
	/* "0123…-0-rescue.conf", "0123…-0-rescue-0123….conf" */
	return !strstr(e->id, "-0-rescue") && !strstr(e->id, "vfio-wizard-") && e->kernel && bls_has_our_root(m, e);
}

static struct bls_entry *bls_find_id(const struct bls_menu *m, const char *id)
{
	for (unsigned i = 0; id && i < m->n_entries; i++) {
		size_t n = strlen(id);

		if (strncmp(m->entries[i]->id, id, n) == 0 && strcmp(m->entries[i]->id + n, ".conf") == 0)
			return m->entries[i];
	}
	return NULL;
}

struct bls_entry *bls_menu_default(const struct bls_menu *m)
{
	const char *saved = m->has_env ? grub_env_value(m->arena, &m->env, "saved_entry") : NULL;
	struct bls_entry *e = bls_find_id(m, saved);

	if (!e)
		e = bls_find_running(m->h, m->entries, m->n_entries, NULL);
	for (unsigned i = m->n_entries; !e && i-- > 0;)
		e = bls_menu_is_normal(m, m->entries[i]) ? m->entries[i] : NULL;
	return e;
}

static int bls_detect(struct host *h, const char **ret_why)
{
	const struct boot_evidence *e = boot_evidence(h);

	if (fsroot_exists(h->root, "/run/ostree-booted") || host_cmdline_value(h, "ostree")) {
		*ret_why = _("the kernel arguments of an ostree system belong to rpm-ostree");
		return 0;
	}
	if (fsroot_exists(h->root, "/etc/zipl.conf")) {
		*ret_why = _("zipl copies the boot entries of this host");
		return 0;
	}
	if (!grub_load_is_bls(h) || !fsroot_exists(h->root, BLS_FOLDER)) {
		*ret_why = arena_printf(h->arena, _("GRUB of this host does not take its menu from %s"), BLS_FOLDER);
		return 0;
	}
	if (e->program != BOOT_PROGRAM_GRUB) {
		*ret_why = e->why;
		return e->program == BOOT_PROGRAM_UNKNOWN ? 30 : 0;
	}
	*ret_why = arena_printf(h->arena, _("%s, and GRUB takes its menu from %s"), e->why, BLS_FOLDER);
	return 100;
}

static const char *const *bls_files(struct host *h)
{
	const char *const *files = NULL, *const *settings = grub_load_list(h, NULL, h->arena);
	struct bls_menu m;

	if (bls_menu_read(h, NULL, h->arena, &m, NULL) >= 0) {
		for (unsigned i = 0; i < m.n_entries; i++)
			if (bls_menu_is_normal(&m, m.entries[i]))
				arena_strv_add(h->arena, &files, m.entries[i]->path);
		if (m.has_env)
			arena_strv_add(h->arena, &files, m.env.path);
	}
	if (fsroot_exists(h->root, KERNEL_CMDLINE))
		arena_strv_add(h->arena, &files, KERNEL_CMDLINE);
	for (; settings && *settings; settings++)
		arena_strv_add(h->arena, &files, *settings);
	return files;
}

static int bls_configured(struct host *h, struct kargs *ret, struct err *err)
{
	struct bls_menu m;
	struct bls_entry *e;
	int r = bls_menu_read(h, NULL, h->arena, &m, err);

	if (r < 0)
		return r;
	e = bls_menu_default(&m);
	if (!e)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("No boot entry in %s starts this system"), BLS_FOLDER);
	kargs_parse(bls_menu_expand(&m, e->line), ret);
	return 0;
}

/* What GRUB would not make of an entry what we take it for. */
static int bls_check_entries(const struct bls_menu *m, const char *const *set, struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " ");
	unsigned n = 0;
	int r = 0;

	for (unsigned i = 0; i < m->n_entries && r == 0; i++) {
		const struct bls_entry *e = m->entries[i];

		if (!bls_menu_is_normal(m, e))
			continue;
		n++;
		/* blscfg looks at the first one only, other readers put all together. */
		if (strv_length(e->options) > 1)
			r = err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
				    _("%s has more than one options line, of which GRUB reads the first only"), e->path);
		else if (!e->options)
			r = err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
				    _("%s has no options line, so its arguments come from GRUB itself"), e->path);
		else if (strstr(e->line, "$kernelopts") &&
			 !(m->has_env && grub_env_value(m->arena, &m->env, "kernelopts")))
			r = err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
				    _("%s takes its arguments from the variable kernelopts, which the environment block "
				      "of GRUB does not have"),
				    e->path);
	}
	if (r == 0 && !n)
		r = err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("No boot entry in %s starts this system"), BLS_FOLDER);
	return r < 0 ? err_hint(err, _("Run by hand: sudo grubby --update-kernel=ALL --args=\"%s\""), args) : 0;
}

/* $kernelopts in the environment block, when an entry uses it. */
static int bls_stage_env(struct bls_menu *m, const char *const *set, const char *const *remove, struct plan *plan,
			 struct stage *stage, struct err *err)
{
	const char *old = m->has_env ? grub_env_value(m->arena, &m->env, "kernelopts") : NULL, *edited, *block;
	bool used = false;

	for (unsigned i = 0; i < m->n_entries; i++)
		used |= bls_menu_is_normal(m, m->entries[i]) && strstr(m->entries[i]->line, "$kernelopts");
	edited = used && old ? boot_line_edit(m->arena, old, set, remove) : NULL;
	if (!edited)
		return 0;
	block = grub_env_set(m->arena, &m->env, "kernelopts", edited);
	if (!block)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOSPC,
			       _("%s has no room for further arguments: GRUB's environment block is %zu bytes long"),
			       m->env.path, m->env.len);
	stage_add_file(plan, stage, m->env.path, m->env.text, m->env.len, block, m->env.len, 0600, NULL);
	m->env.text = block;
	return 0;
}

static void bls_stage_entry(const struct bls_menu *m, const struct bls_entry *e, const char *const *set,
			    const char *const *remove, struct plan *plan, struct stage *stage)
{
	_cleanup_kargs_ struct kargs line = { 0 };
	const char *const *missing = NULL;
	const char *text;

	/* Those that come from the variable are not written into the entry once more. */
	kargs_parse(bls_menu_expand(m, e->line), &line);
	for (const char *const *r = remove; r && *r; r++)
		kargs_remove(&line, *r);
	for (const char *const *s = set; s && *s; s++)
		if (!kargs_has(&line, *s))
			arena_strv_add(m->arena, &missing, *s);
	text = bls_edit(m->arena, e, missing, remove);
	if (text)
		stage_add_file(plan, stage, e->path, e->text, e->len, text, strlen(text), 0644, NULL);
}

/* What was asked for is what GRUB makes of the edited files. */
static int bls_check_result(const struct bls_menu *m, const char *const *set, const char *const *remove,
			    struct err *err)
{
	for (unsigned i = 0; i < m->n_entries; i++) {
		const struct bls_entry *e = m->entries[i];
		_cleanup_kargs_ struct kargs line = { 0 };
		const char *wrong = NULL;

		if (!bls_menu_is_normal(m, e))
			continue;
		kargs_parse(bls_menu_expand(m, e->line), &line);
		for (const char *const *s = set; s && *s && !wrong; s++)
			wrong = kargs_has(&line, *s) ? NULL : *s;
		for (const char *const *r = remove; r && *r && !wrong; r++)
			wrong = kargs_remove(&line, *r) ? *r : NULL;
		if (!wrong)
			continue;
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, _("%s cannot be edited safely: %s would not come out right"),
			e->path, wrong);
		return strstr(e->line, "$tuned_params")
			       ? err_hint(err, _("tuned may set it (tuned_params in %s): look at its profile in /etc/tuned."),
					  m->env.path)
			       : err_hint(err, _("Look at the options line of that file."));
	}
	return 0;
}

static void bls_note(const struct bls_menu *m, struct plan *plan)
{
	const struct bls_entry *e = bls_menu_default(m);

	if (e && !bls_menu_is_normal(m, e))
		boot_add_finding(plan, "bls-default-not-changed", SEVERITY_WARN, e->path,
				 _("The next start would use %s, which is a rescue entry or starts another system and is "
				   "not changed. Choose another entry in the boot menu, or: sudo grubby --set-default=…"),
				 e->id);
	for (unsigned i = 0; i < m->n_entries; i++)
		if (strstr(m->entries[i]->id, "-0-rescue") && bls_has_our_root(m, m->entries[i]))
			boot_add_finding(plan, "bls-rescue-unchanged", SEVERITY_INFO, m->entries[i]->path,
					 _("The rescue entry in the boot menu keeps its arguments: it is a way back."));
	if (!fsroot_exists(m->h->root, KERNEL_CMDLINE))
		boot_add_finding(plan, "bls-no-kernel-cmdline", SEVERITY_INFO, KERNEL_CMDLINE,
				 _("There is no %s: a kernel that is installed later takes over the arguments of the kernel "
				   "that runs then. Restart before you install one."),
				 KERNEL_CMDLINE);
}

static int bls_stage_kargs(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			   struct stage *stage, struct err *err)
{
	const char *const *literal;
	unsigned before = stage->n_changes;
	struct bls_menu m;
	int r = bls_menu_read(h, plan, plan->arena, &m, err);

	for (const char *const *a = set; r == 0 && a && *a; a++)
		if (karg_problem(*a))
			r = err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	if (r == 0)
		r = bls_check_entries(&m, set, err);
	if (r == 0)
		r = bls_stage_env(&m, set, remove, plan, stage, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < m.n_entries; i++)
		if (bls_menu_is_normal(&m, m.entries[i]))
			bls_stage_entry(&m, m.entries[i], set, remove, plan, stage);
	r = kernel_cmdline_stage(h, set, remove, false, plan, stage, err);
	if (r == 0 && fsroot_exists(h->root, GRUB_MAIN))
		r = grub_stage_settings(h, set, remove, plan, stage, &literal, err);
	if (r == 0)
		r = bls_menu_read(h, plan, plan->arena, &m, err);
	if (r == 0)
		r = bls_check_result(&m, set, remove, err);
	if (r == 0 && stage->n_changes > before)
		bls_note(&m, plan);
	/* What was tried is from now on what the usual entries do, or it did not come true. */
	if (r == 0 && stage->n_changes > before)
		r = bls_stage_trial_end(h, plan, stage, err);
	return r;
}

static const char *bls_kernel_by_hand(struct host *h, const char *release)
{
	return arena_printf(h->arena, _("Run: sudo grubby --set-default=/boot/vmlinuz-%s"), release);
}

const struct bootloader bootloader_bls = {
	.name = "bls",
	.title = "GRUB (boot entries)",
	.detect = bls_detect,
	.files = bls_files,
	.configured = bls_configured,
	.stage_kargs = bls_stage_kargs,
	.stage_way_back = bls_stage_way_back,
	.stage_trial = bls_stage_trial,
	.rescue = bls_rescue,
	.kernel_by_hand = bls_kernel_by_hand,
};
