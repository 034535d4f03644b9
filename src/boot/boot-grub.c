/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-grub.h"
#include "boot/boot-text.h"
#include "boot/grub-file.h"
#include "boot/grub-load.h"
#include "boot/grub-menu.h"

#include <errno.h>
#include <string.h>

/*
 * GRUB as grub-mkconfig sets it up.  Debian and its children source /etc/default/grub and then
 * every *.cfg in /etc/default/grub.d; elsewhere the folder means nothing.  Arguments go into
 * GRUB_CMDLINE_LINUX_DEFAULT, which recovery entries do not get: they stay a way back
 * (/etc/grub.d/10_linux).  They are written
 *
 *	1. into the assignment the value starts from, in /etc/default/grub or in the drop-in that
 *	   overrides it (then a finding says so),
 *	2. or, when that one cannot be known without running it, into a drop-in of our own,
 *	3. or, where no _DEFAULT is set at all (Fedora's file), into GRUB_CMDLINE_LINUX.
 */
#define GRUB_ALL "GRUB_CMDLINE_LINUX"
#define GRUB_NORMAL "GRUB_CMDLINE_LINUX_DEFAULT"

static void grub_parse_value(const struct grub_script *s, const char *name, struct kargs *ret)
{
	struct grub_value v;

	grub_script_value(s, name, &v);
	kargs_parse(v.text, ret);
}

/* Both variables on one line, as 10_linux puts them; what cannot be known is left out. */
static void grub_join(const struct kargs *all, const struct kargs *normal, struct kargs *ret)
{
	ret->args = NULL;
	for (char **a = all->args; a && *a; a++)
		if (!strchr(*a, GRUB_UNKNOWN))
			strv_add(&ret->args, *a);
	for (char **a = normal->args; a && *a; a++)
		if (!strchr(*a, GRUB_UNKNOWN))
			strv_add(&ret->args, *a);
}

static void grub_parse_line(const struct grub_script *s, struct kargs *ret)
{
	_cleanup_kargs_ struct kargs all = { 0 }, normal = { 0 };

	grub_parse_value(s, GRUB_ALL, &all);
	grub_parse_value(s, GRUB_NORMAL, &normal);
	grub_join(&all, &normal, ret);
}

static bool grub_has_config(const struct host *h)
{
	return fsroot_exists(h->root, "/boot/grub/grub.cfg") ||
	       fsroot_exists(h->root, "/boot/grub2/grub.cfg");
}

static int grub_detect(struct host *h, const char **ret_why)
{
	const char *loader = h->firmware.loader_info;
	bool settings = fsroot_exists(h->root, GRUB_MAIN) || fsroot_exists(h->root, GRUB_DROPINS);

	if (!settings) {
		*ret_why = arena_printf(h->arena, _("there is no %s"), GRUB_MAIN);
		return 0;
	}
	if (host_cmdline_value(h, "ostree")) {
		*ret_why = _("the kernel arguments of an ostree system belong to rpm-ostree");
		return 0;
	}
	/* There GRUB reads a grub.cfg on each EFI partition, which update-grub alone does not renew. */
	if (fsroot_exists(h->root, "/etc/kernel/proxmox-boot-uuids")) {
		*ret_why = _("proxmox-boot-tool copies the boot files of this host");
		return 0;
	}
	if (grub_load_is_bls(h)) {
		*ret_why = _("GRUB of this host takes the arguments of each kernel from /boot/loader/entries");
		return 0;
	}
	if (loader && !str_starts_with(loader, "GRUB")) {
		*ret_why = arena_printf(h->arena, _("%s started this computer"), loader);
		return 0;
	}
	if (h->boot.boot_image && (grub_has_config(h) || loader)) {
		*ret_why = arena_printf(
			h->arena, _("the kernel command line has BOOT_IMAGE=%s and %s exists"),
			h->boot.boot_image, GRUB_MAIN);
		return 100;
	}
	if (h->boot.boot_image) {
		*ret_why = arena_printf(
			h->arena,
			_("the kernel command line has BOOT_IMAGE=%s and %s exists, but no "
			  "grub.cfg could be seen"),
			h->boot.boot_image, GRUB_MAIN);
		return 80;
	}
	*ret_why = arena_printf(
		h->arena,
		_("%s exists, but the kernel command line has no BOOT_IMAGE=, which GRUB sets"),
		GRUB_MAIN);
	return 30;
}

static const char *const *grub_files(struct host *h)
{
	return grub_load_list(h, NULL, h->arena);
}

static int grub_configured(struct host *h, struct kargs *ret, struct err *err)
{
	struct grub_script s;
	int r = grub_load_script(h, NULL, h->arena, &s, err);

	if (r < 0)
		return r;
	grub_parse_line(&s, ret);
	return 0;
}

/* Things that would make the next grub-mkconfig fail or do nothing. */
static int grub_check_script(const struct grub_script *s, struct plan *plan, struct err *err)
{
	for (unsigned i = 0; i < s->n_files; i++) {
		const struct grub_file *f = &s->files[i];

		if (f->append_line && !s->knows_append)
			return err_input(err, f->path, f->append_line,
					 _("\"+=\" is understood by bash only; the shell of this "
					   "host (dash) "
					   "stops here and the boot menu cannot be made"));
		if (f->cr_command_line)
			return err_input(
				err, f->path, f->cr_command_line,
				_("this line is nothing but a carriage return (Windows line end), "
				  "which the shell takes for a command: the boot menu cannot be "
				  "made"));
		if (f->crlf_line)
			boot_add_finding(
				plan, "grub-crlf", SEVERITY_WARN, f->path,
				_("%s:%u: the lines end as on Windows (CR LF). The carriage return "
				  "becomes part of every value; it is kept as it is."),
				f->path, f->crlf_line);
	}
	return 0;
}

/* Says which file won, when it is not the one everybody edits. */
static void grub_note_home(const struct grub_script *s, const struct grub_value *v,
			   struct plan *plan)
{
	const struct grub_file *f = &s->files[v->home_file];
	struct finding *finding;

	if (strcmp(f->path, GRUB_MAIN) == 0)
		return;
	finding = boot_add_finding(
		plan, "grub-drop-in-wins", SEVERITY_INFO, f->path,
		_("%s is read after %s and sets %s anew, so that an edit of %s has no effect. "
		  "The change is made in %s."),
		f->path, GRUB_MAIN, GRUB_NORMAL, GRUB_MAIN, f->path);
	boot_add_evidence(plan, finding,
			  arena_printf(plan->arena, "%s:%u: %.*s", f->path, v->home->line,
				       (int)(v->home->word_end - v->home->word),
				       f->text + v->home->word));
}

/* Adds a drop-in of our own; ARGS are what it adds to the value of the other files. */
static int grub_add_dropin(struct grub_script *s, const struct grub_value *v, const char *args,
			   struct plan *plan, struct err *err)
{
	_cleanup_free_ char *text =
		xasprintf("# Kernel arguments for PCI passthrough, added by vfio-wizard.\n"
			  "# Take them back with: vfio-wizard undo\n" GRUB_NORMAL "=\"$" GRUB_NORMAL
			  " %s\"\n",
			  args);
	int r;

	for (unsigned i = 0; i < s->n_files; i++)
		if (strcmp(s->files[i].path, GRUB_OURS) > 0 &&
		    strcmp(s->files[i].path, GRUB_MAIN) != 0)
			return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
				       _("%s is read after our own %s and could override it"),
				       s->files[i].path, GRUB_OURS);
	r = grub_file_parse(s->arena, GRUB_OURS, text, strlen(text), &s->files[s->n_files], err);
	if (r < 0)
		return r;
	s->n_files++;
	if (v->unknown) {
		struct finding *f =
			boot_add_finding(plan, "grub-value-unknown", SEVERITY_INFO, GRUB_OURS,
					 _("The present value of %s cannot be edited, so the "
					   "arguments are added by a file of "
					   "our own, %s."),
					 GRUB_NORMAL, GRUB_OURS);

		boot_add_evidence(plan, f, v->unknown);
	}
	return 0;
}

/* Nothing that can be edited holds GRUB_NORMAL. */
static int grub_set_elsewhere(const struct host *h, struct grub_script *s,
			      const struct grub_value *v, const char *const *want,
			      struct plan *plan, struct err *err)
{
	struct kargs missing = { 0 };
	_cleanup_free_ char *args = NULL;
	_cleanup_kargs_ struct kargs have = { 0 };

	kargs_parse(v->text, &have);
	for (const char *const *w = want; w && *w; w++)
		if (!strv_contains(strv_const(have.args), *w))
			strv_add(&missing.args, *w);
	args = kargs_format(&missing);
	kargs_done(&missing);
	if (grub_load_reads_dropins(h) &&
	    (v->unknown || !s->n_files || strcmp(s->files[0].path, GRUB_MAIN) != 0))
		return grub_add_dropin(s, v, args, plan, err);
	if (v->unknown) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, "%s", v->unknown);
		return err_hint(err, _("Add by hand to %s: %s"), GRUB_NORMAL, args);
	}
	if (!s->n_files)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("There is no %s"), GRUB_MAIN);
	return grub_edit_add_line(s, 0, GRUB_NORMAL, args, err);
}

/* Takes REMOVE out of GRUB_CMDLINE_LINUX, which counts for recovery entries, too. */
static int grub_clean_all(struct grub_script *s, const char *const *remove, struct err *err)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	bool changed = false;

	grub_parse_value(s, GRUB_ALL, &k);
	for (; remove && *remove; remove++)
		changed |= kargs_remove(&k, *remove);
	return changed ? grub_edit_args(s, GRUB_ALL, strv_const(k.args), err) : 0;
}

/* An argument of GRUB_CMDLINE_LINUX that ours comes after and overrules. */
static void grub_note_overruled(const struct grub_script *s, const char *arg, struct plan *plan)
{
	_cleanup_kargs_ struct kargs all = { 0 };

	grub_parse_value(s, GRUB_ALL, &all);
	for (char **a = all.args; a && *a; a++)
		if (karg_same_name(*a, arg) && strcmp(*a, arg) != 0)
			boot_add_finding(plan, "grub-argument-overruled", SEVERITY_INFO, GRUB_MAIN,
					 _("%s has %s. %s comes later on the command line and "
					   "wins; recovery "
					   "entries keep %s."),
					 GRUB_ALL, *a, arg, *a);
}

/* 20_linux_xen takes these in place of the others for the entries that start Xen. */
static void grub_note_xen(const struct grub_script *s, struct plan *plan)
{
	static const char *const names[] = { "GRUB_CMDLINE_LINUX_XEN_REPLACE", "GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT" };
	struct grub_value v;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		grub_script_value(s, names[i], &v);
		if (!v.is_set || (!v.len && !v.unknown))
			continue;
		boot_add_finding(plan, "grub-xen-entries-differ", SEVERITY_INFO, GRUB_MAIN,
				 _("The entries of the boot menu that start Xen have arguments of their own (%s), which stay as "
				   "they are. VFIO does not work below Xen: start an entry without it."),
				 names[i]);
		return;
	}
}

/* Edits the values in S so that the line has SET and not REMOVE. */
static int grub_edit(const struct host *h, struct grub_script *s, const char *const *set,
		     const char *const *remove, struct plan *plan, struct err *err)
{
	_cleanup_kargs_ struct kargs want = { 0 }, other = { 0 };
	struct grub_value normal, all;
	bool is_normal;
	const char *target = GRUB_NORMAL;
	bool changed = false;
	int r = grub_clean_all(s, remove, err);

	if (r < 0)
		return r;
	grub_script_value(s, GRUB_NORMAL, &normal);
	grub_script_value(s, GRUB_ALL, &all);
	if (!normal.is_set && all.home && !grub_load_reads_dropins(h))
		target = GRUB_ALL;
	is_normal = strcmp(target, GRUB_NORMAL) == 0;
	grub_parse_value(s, target, &want);
	grub_parse_value(s, is_normal ? GRUB_ALL : GRUB_NORMAL, &other);
	for (const char *const *a = remove; a && *a; a++)
		changed |= kargs_remove(&want, *a);
	for (const char *const *a = set; a && *a; a++) {
		_cleanup_kargs_ struct kargs line = { 0 };

		grub_join(is_normal ? &other : &want, is_normal ? &want : &other, &line);
		if (kargs_has(&line, *a))
			continue;
		changed |= kargs_set(&want, *a);
		if (is_normal)
			grub_note_overruled(s, *a, plan);
	}
	if (!changed)
		return 0;
	grub_note_xen(s, plan);
	if (!is_normal)
		return grub_edit_args(s, GRUB_ALL, strv_const(want.args), err);
	if (!normal.home)
		return grub_set_elsewhere(h, s, &normal, strv_const(want.args), plan, err);
	grub_note_home(s, &normal, plan);
	return grub_edit_args(s, GRUB_NORMAL, strv_const(want.args), err);
}

/* What was asked for is what sourcing the edited files gives; nothing else got lost. */
static int grub_check_result(const struct grub_script *s, const struct kargs *before,
			     const char *const *set, const char *const *remove, struct err *err)
{
	_cleanup_kargs_ struct kargs line = { 0 };
	const char *wrong = NULL;

	grub_parse_line(s, &line);
	for (const char *const *a = set; a && *a && !wrong; a++)
		if (!kargs_has(&line, *a))
			wrong = *a;
	for (const char *const *a = remove; a && *a && !wrong; a++)
		if (strv_contains(strv_const(line.args), *a))
			wrong = *a;
	for (char **b = before->args; b && *b && !wrong; b++) {
		bool ours = strv_contains(strv_const(line.args), *b);

		for (const char *const *a = set; a && *a && !ours; a++)
			ours = karg_replaces(*a, *b);
		for (const char *const *a = remove; a && *a && !ours; a++)
			ours = karg_same_name(*a, *b);
		if (!ours)
			wrong = *b;
	}
	if (!wrong)
		return 0;
	return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		       _("The GRUB settings of this host cannot be edited safely: %s would not "
			 "come out right"),
		       wrong);
}

/*
 * update-grub is grub-mkconfig -o /boot/grub/grub.cfg, and that ends in "cat grub.cfg.new >
 * grub.cfg": a power cut at that moment leaves half a boot menu.  So where grub-mkconfig is there it
 * writes a file beside it, which then takes its place in one step.
 */
struct grub_maker {
	const char *program, *argv[4], *output;
	const char *by_hand[4]; /* NULL: argv, which writes OUTPUT itself */
};
#define GRUB_BESIDE ".vfio-wizard"
#define GRUB_CFG "/boot/grub/grub.cfg"
#define GRUB2_CFG "/boot/grub2/grub.cfg"
static const struct grub_maker grub_makers[] = {
	{ "/usr/sbin/grub-mkconfig",
	  { "grub-mkconfig", "-o", GRUB_CFG GRUB_BESIDE },
	  GRUB_CFG,
	  { "grub-mkconfig", "-o", GRUB_CFG } },
	{ "/usr/bin/grub-mkconfig",
	  { "grub-mkconfig", "-o", GRUB_CFG GRUB_BESIDE },
	  GRUB_CFG,
	  { "grub-mkconfig", "-o", GRUB_CFG } },
	{ "/usr/sbin/grub2-mkconfig",
	  { "grub2-mkconfig", "-o", GRUB2_CFG GRUB_BESIDE },
	  GRUB2_CFG,
	  { "grub2-mkconfig", "-o", GRUB2_CFG } },
	{ "/usr/sbin/update-grub", { "update-grub" }, GRUB_CFG, { NULL } },
};

static int grub_find_maker(const struct host *h, const struct grub_maker **ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(grub_makers); i++) {
		if (!fsroot_exists(h->root, grub_makers[i].program))
			continue;
		*ret = &grub_makers[i];
		return 0;
	}
	err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
		_("Neither update-grub, grub-mkconfig nor grub2-mkconfig is installed, so the boot "
		  "menu "
		  "cannot be made anew"));
	return err_hint(err, _("Install GRUB's tools (on Debian: grub-common and grub2-common)."));
}

/* What Debian's and Ubuntu's guides call it. */
static const char *const grub_update_grub[] = { "update-grub", NULL };

static void grub_add_command(const struct host *h, const struct grub_maker *maker,
			     const char *const *line, struct plan *plan, struct stage *stage)
{
	bool has_update_grub = fsroot_exists(h->root, "/usr/sbin/update-grub");
	const char *const *argv = NULL, *const *outputs = NULL, *const *needles = NULL, *const *by_hand = NULL;
	const char *made;
	struct change *c;

	for (size_t k = 0; maker->argv[k]; k++)
		arena_strv_add(plan->arena, &argv, maker->argv[k]);
	for (size_t k = 0; maker->by_hand[k]; k++)
		arena_strv_add(plan->arena, &by_hand, maker->by_hand[k]);
	made = by_hand ? arena_printf(plan->arena, "%s" GRUB_BESIDE, maker->output) : maker->output;
	arena_strv_add(plan->arena, &outputs, maker->output);
	if (by_hand)
		arena_strv_add(plan->arena, &outputs, made);
	/* Left behind by a grub-mkconfig that failed or was killed. */
	arena_strv_add(plan->arena, &outputs, arena_printf(plan->arena, "%s.new", made));
	/* "	linux	/vmlinuz-6.1.0-28-amd64 root=UUID=… ro  quiet intel_iommu=on" */
	for (; *line; line++)
		arena_strv_add(plan->arena, &needles, arena_printf(plan->arena, " %s", *line));
	c = stage_add_run(
		plan, stage, argv,
		by_hand ? arena_printf(plan->arena,
				       _("makes the boot menu anew beside %s; once it is whole and read back, it "
					 "takes its place"),
				       maker->output)
			: arena_printf(plan->arena, _("makes the boot menu %s anew"), maker->output));
	c->outputs = outputs;
	c->timeout_s = 600; /* os-prober looks at every disk */
	if (by_hand) {
		c->by_hand = str_eq(by_hand[2], GRUB_CFG) && has_update_grub ? grub_update_grub : by_hand;
		c->made = made;
		c->installed = maker->output;
	}
	c->readback_path = needles ? made : NULL;
	c->readback_needles = needles;
}

/* Those of SET that stand in the settings word for word: not when "intel_iommu=sm_on,on" says it. */
static const char *const *grub_find_literal(const struct grub_script *s, const char *const *set, struct plan *plan)
{
	static const char *const none[] = { NULL };
	const char *const *found = NULL;
	_cleanup_kargs_ struct kargs line = { 0 };

	grub_parse_line(s, &line);
	for (const char *const *a = set; a && *a; a++)
		if (strv_contains(strv_const(line.args), *a))
			arena_strv_add(plan->arena, &found, *a);
	return found ? found : none;
}

int grub_stage_settings(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			struct stage *stage, const char *const **ret_line, struct err *err)
{
	_cleanup_kargs_ struct kargs before = { 0 };
	struct grub_script old, new;
	unsigned changed = 0;
	int r;

	*ret_line = NULL;
	for (const char *const *a = set; a && *a; a++)
		if (karg_problem(*a))
			return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a,
				       karg_problem(*a));
	r = grub_load_script(h, plan, plan->arena, &old, err);
	if (r >= 0)
		r = grub_load_script(h, plan, plan->arena, &new, err);
	if (r >= 0)
		r = grub_check_script(&new, plan, err);
	if (r < 0)
		return r;
	grub_parse_line(&old, &before);
	r = grub_edit(h, &new, set, remove, plan, err);
	if (r >= 0)
		r = grub_check_result(&new, &before, set, remove, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < new.n_files; i++) {
		const struct grub_file *n = &new.files[i],
				       *o = i < old.n_files ? &old.files[i] : NULL;

		changed += !o || strcmp(o->text, n->text) != 0;
		stage_add_file(plan, stage, n->path, o ? o->text : NULL, o ? o->len : 0, n->text,
			       n->len, 0644,
			       o ? NULL : _("adds the arguments to what the other files set"));
	}
	if (changed)
		*ret_line = grub_find_literal(&new, set, plan);
	return 0;
}

int grub_settings_args(struct host *h, struct kargs *ret, struct err *err)
{
	return grub_configured(h, ret, err);
}

static int grub_stage_kargs(struct host *h, const char *const *set, const char *const *remove,
			    struct plan *plan, struct stage *stage, struct err *err)
{
	const struct grub_maker *maker = NULL;
	struct grub_menu menu;
	const char *const *line;
	int r;

	/* --loader grub on such a host: the settings alone would change nothing. */
	if (grub_load_is_bls(h))
		return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("GRUB of this host takes the arguments of each kernel from /boot/loader/entries: that is "
				 "--loader bls"));
	r = grub_stage_settings(h, set, remove, plan, stage, &line, err);
	if (r < 0 || !line)
		return r;
	r = grub_find_maker(h, &maker, err);
	if (r >= 0)
		grub_add_command(h, maker, line, plan, stage);
	/* What was tried is from now on what the usual entry does. */
	if (r >= 0)
		r = grub_menu_read(h, plan->arena, &menu, err);
	if (r >= 0)
		r = grub_menu_stage_removal(h, &menu, GRUB_MENU_TRIAL, plan, stage, err);
	return r;
}

static const char *grub_kernel_by_hand(struct host *h, const char *release)
{
	return arena_printf(h->arena,
			    _("In the boot menu choose %s below \"Advanced options\". To make it the usual one: "
			      "GRUB_DEFAULT=saved in /etc/default/grub, update-grub (or grub-mkconfig), then "
			      "grub-set-default with the id that its menuentry has in grub.cfg"),
			    release);
}

const struct bootloader bootloader_grub = {
	.name = "grub",
	.title = "GRUB",
	.detect = grub_detect,
	.files = grub_files,
	.configured = grub_configured,
	.stage_kargs = grub_stage_kargs,
	.stage_way_back = grub_stage_way_back,
	.stage_trial = grub_stage_trial,
	.rescue = grub_rescue,
	.kernel_by_hand = grub_kernel_by_hand,
};
