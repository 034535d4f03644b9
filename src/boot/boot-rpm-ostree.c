/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/bls-entry.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Silverblue, Kinoite, Bazzite, CoreOS: an image that is deployed, started by an entry that belongs to
 * ostree, /boot/loader/entries/ostree-2.conf (before ostree 2023.1 ostree-2-fedora.conf):
 *
 *	title Fedora Linux 41.20241112.0 (Silverblue) (ostree:0)
 *	version 2
 *	options rhgb quiet root=UUID=… rw ostree=/ostree/boot.1/fedora/0123…/0
 *	linux /ostree/fedora-0123…/vmlinuz-6.11.6-300.fc41.x86_64
 *
 * The one with the highest version is the default.  rpm-ostree kargs (rpm-ostree(1)) makes a further
 * deployment with other arguments; the one that runs stays in the menu as it is, which is the way
 * back.  The new one is written when the computer is shut down (/run/ostree/staged-deployment until
 * then), so there is no file to read back and none to keep: the command is taken back by the command.
 *
 * Its --replace=K=V wants just one value of K.  --append-if-missing and --delete-if-present look for
 * exactly K=V, whatever else K has (kernel_arg_apply_patching() in rpmostreed-transaction-types.cxx),
 * so the two together do what is wanted.
 */
#define OSTREE_ENTRIES "/boot/loader/entries"
#define OSTREE_PROGRAM "/usr/bin/rpm-ostree"

static int ostree_detect(struct host *h, const char **ret_why)
{
	if (!fsroot_exists(h->root, "/run/ostree-booted") && !host_cmdline_value(h, "ostree")) {
		*ret_why = _("this is no ostree system");
		return 0;
	}
	if (!fsroot_exists(h->root, OSTREE_PROGRAM)) {
		*ret_why = _("this is an ostree system without rpm-ostree");
		return 0;
	}
	*ret_why = arena_printf(h->arena, _("an ostree deployment is running and %s exists"), OSTREE_PROGRAM);
	return 100;
}

static unsigned long ostree_version(const struct bls_entry *e)
{
	return e->version ? strtoul(e->version, NULL, 10) : 0;
}

/* The entry of the default deployment; NULL none. */
static int ostree_read_default(struct host *h, struct bls_entry **ret, struct err *err)
{
	struct bls_entry **entries, *best = NULL;
	unsigned n;
	int r = bls_read(h, NULL, h->arena, OSTREE_ENTRIES, &entries, &n, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < n; i++)
		if (str_starts_with(entries[i]->id, "ostree-") &&
		    (!best || ostree_version(entries[i]) > ostree_version(best)))
			best = entries[i];
	if (!best)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("No ostree deployment has a boot entry in %s"),
			       OSTREE_ENTRIES);
	*ret = best;
	return 0;
}

static const char *const *ostree_files(struct host *h)
{
	const char *const *files = NULL;
	struct bls_entry *e;

	if (ostree_read_default(h, &e, NULL) >= 0)
		arena_strv_add(h->arena, &files, e->path);
	return files;
}

static int ostree_configured(struct host *h, struct kargs *ret, struct err *err)
{
	struct bls_entry *e;
	int r = ostree_read_default(h, &e, err);

	if (r >= 0)
		kargs_parse(e->line, ret);
	return r;
}

/* Adds "OPTION=ARG" to both command lines for each argument of FROM that is not in OTHER. */
static int ostree_add_options(const struct kargs *from, const struct kargs *other, const char *option,
			      const char *back, struct plan *plan, const char *const **argv,
			      const char *const **undo, struct err *err)
{
	for (char **a = from->args; a && *a; a++) {
		if (strv_contains(strv_const(other->args), *a))
			continue;
		/* rpm-ostree would take away one of the two. */
		if (strv_contains(strv_const(a + 1), *a))
			return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
				       _("%s stands more than once among the kernel arguments, which rpm-ostree cannot change "
					 "in one go"),
				       *a);
		arena_strv_add(plan->arena, argv, arena_printf(plan->arena, "%s=%s", option, *a));
		arena_strv_add(plan->arena, undo, arena_printf(plan->arena, "%s=%s", back, *a));
	}
	return 0;
}

/*
 * rpm-ostree puts what is added behind all the others, and nothing that is there already: right for all
 * arguments but those whose place counts.
 */
static int ostree_check_result(const struct kargs *old, const struct kargs *new, const char *const *set,
			       struct err *err)
{
	_cleanup_kargs_ struct kargs line = { 0 };

	for (char **a = old->args; a && *a; a++)
		if (strv_contains(strv_const(new->args), *a))
			strv_add(&line.args, *a);
	for (char **a = new->args; a && *a; a++)
		if (!strv_contains(strv_const(old->args), *a))
			strv_add(&line.args, *a);
	for (; set && *set; set++)
		if (!kargs_has(&line, *set))
			return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
				       _("rpm-ostree would put %s behind arguments that it has to stand before. Remove the "
					 "other arguments of huge pages first: rpm-ostree kargs --editor"),
				       *set);
	return 0;
}

static void ostree_note(struct host *h, struct plan *plan)
{
	boot_add_finding(plan, "rpm-ostree-old-deployment", SEVERITY_INFO, "rpm-ostree",
			 _("rpm-ostree makes a new deployment with the new arguments. The one that runs now stays in the "
			   "boot menu unchanged, as the second entry: it is a way back, and so is: sudo rpm-ostree rollback"));
	if (fsroot_exists(h->root, "/run/ostree/staged-deployment"))
		boot_add_finding(plan, "rpm-ostree-staged", SEVERITY_WARN, "/run/ostree/staged-deployment",
				 _("An update waits for the next start already. The arguments are added to it, so that the next "
				   "start brings both; restart first to keep them apart."));
}

static int ostree_stage_kargs(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			      struct stage *stage, struct err *err)
{
	_cleanup_kargs_ struct kargs old = { 0 }, new = { 0 };
	const char *const *argv = NULL, *const *undo = NULL;
	struct change *run;
	bool changed = false;
	int r = ostree_configured(h, &old, err);

	if (r >= 0)
		r = ostree_configured(h, &new, err);
	for (const char *const *a = set; r >= 0 && a && *a; a++)
		if (karg_problem(*a))
			r = err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	if (r < 0)
		return r;
	for (const char *const *a = remove; a && *a; a++)
		changed |= kargs_remove(&new, *a);
	for (const char *const *a = set; a && *a; a++)
		changed |= kargs_set(&new, *a);
	if (!changed)
		return 0;
	r = ostree_check_result(&old, &new, set, err);
	if (r < 0)
		return r;
	arena_strv_add(plan->arena, &argv, "rpm-ostree");
	arena_strv_add(plan->arena, &argv, "kargs");
	arena_strv_add(plan->arena, &undo, "rpm-ostree");
	arena_strv_add(plan->arena, &undo, "kargs");
	r = ostree_add_options(&old, &new, "--delete-if-present", "--append-if-missing", plan, &argv, &undo, err);
	if (r >= 0)
		r = ostree_add_options(&new, &old, "--append-if-missing", "--delete-if-present", plan, &argv, &undo, err);
	if (r < 0)
		return r;
	run = stage_add_run(plan, stage, argv, _("makes a new deployment with the changed kernel arguments"));
	run->undo_argv = undo;
	run->timeout_s = 900;
	ostree_note(h, plan);
	return 0;
}

static const char *ostree_rescue(struct host *h _unused_)
{
	return _("Hold Shift or press Esc several times while the computer starts, and choose the second entry (ostree:1), "
		 "which is the system as it was. Once it runs: sudo rpm-ostree rollback");
}

static const char *ostree_kernel_by_hand(struct host *h _unused_, const char *release _unused_)
{
	return _("Here the kernel is part of the deployment: rpm-ostree override replace, with the packages of the "
		 "other kernel");
}

const struct bootloader bootloader_rpm_ostree = {
	.name = "rpm-ostree",
	.title = "rpm-ostree",
	.detect = ostree_detect,
	.files = ostree_files,
	.configured = ostree_configured,
	.stage_kargs = ostree_stage_kargs,
	.rescue = ostree_rescue,
	.kernel_by_hand = ostree_kernel_by_hand,
};
