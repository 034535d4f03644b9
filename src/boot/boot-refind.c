/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"
#include "boot/refind-menu.h"

#include <errno.h>
#include <string.h>

/*
 * rEFInd finds kernels by itself and takes the arguments for them from refind_linux.conf in the
 * kernel's folder (https://www.rodsbooks.com/refind/linux.html, mkrlconf(8)):
 *
 *	"Boot with standard options"  "root=UUID=… ro quiet"
 *	"Boot to single-user mode"    "root=UUID=… ro quiet single"
 *
 * One entry a line, a quote inside quotes is doubled, "#" begins a comment line.  The first entry is
 * the one that is started, the others are in the menu behind F2: so the changed one is put in front and
 * the old one, untouched, is the way back.  Without the file rEFInd makes up the arguments itself, so one
 * is made with those of the running kernel.  Entries of refind.conf have arguments of their own; then we
 * say so and leave it.
 */
#define REFIND_TITLE "Boot with vfio-wizard's options"

struct refind_config {
	const char *path; /* "/boot/refind_linux.conf" */
	const char *text;
	size_t len;
	size_t first, first_end; /* the first entry's line, without its line end */
	const char *title, *args; /* of it, quotes undoubled */
	unsigned line;
	bool is_new; /* not there yet */
};

static bool refind_has_kernel(const struct host *h, const char *folder)
{
	_cleanup_strv_ char **names = NULL;
	bool found = false;

	if (fsroot_list(h->root, folder, &names) < 0)
		return false;
	for (char **n = names; n && *n; n++)
		found |= str_starts_with(*n, "vmlinuz") || str_starts_with(*n, "bzImage") || str_starts_with(*n, "kernel");
	return found;
}

/*
 * The folder of the running kernel: rEFInd passes on the initial RAM disk that lies beside it, as
 * initrd=\\boot\\initrd.img-6.1 below the root of its file system.  NULL: not known.
 */
static const char *refind_kernel_folder(struct host *h)
{
	const char *initrd = host_cmdline_value(h, "initrd"), *end;
	const char *const *partitions = boot_partitions(h);
	const char *const *places = NULL;
	char *below;

	if (!initrd || *initrd != '\\')
		return refind_has_kernel(h, "/boot") ? "/boot" : NULL;
	end = strrchr(initrd, '\\');
	below = arena_strndup(h->arena, initrd, (size_t)(end - initrd));
	for (char *p = below; *p; p++)
		*p = *p == '\\' ? '/' : *p;
	for (; partitions && *partitions; partitions++)
		arena_strv_add(h->arena, &places, *partitions);
	arena_strv_add(h->arena, &places, "/boot");
	arena_strv_add(h->arena, &places, "");
	for (; *places; places++) {
		const char *folder = arena_printf(h->arena, "%s%s", *places, below);

		if (*folder && fsroot_exists(h->root, arena_printf(h->arena, "%s/%s", folder, end + 1)) &&
		    refind_has_kernel(h, folder))
			return folder;
	}
	return NULL;
}

static const char *refind_find(struct host *h)
{
	const char *const *partitions = boot_partitions(h);
	const char *folder = refind_kernel_folder(h);
	const char *beside = folder ? arena_printf(h->arena, "%s/refind_linux.conf", folder) : NULL;

	if (beside && fsroot_exists(h->root, beside))
		return beside;

	if (fsroot_exists(h->root, "/boot/refind_linux.conf"))
		return "/boot/refind_linux.conf";
	for (; partitions && *partitions; partitions++) {
		const char *path = arena_printf(h->arena, "%s/refind_linux.conf", *partitions);

		if (fsroot_exists(h->root, path))
			return path;
	}
	return NULL;
}

/* The running kernel's arguments without what a loader or rEFInd adds itself; NULL: not known. */
static const char *refind_running(struct host *h)
{
	_cleanup_str_ struct str line = { 0 };
	_cleanup_kargs_ struct kargs k = { 0 };
	unsigned images = 0;

	if (!h->kernel.cmdline)
		return NULL;
	kargs_parse(h->kernel.cmdline, &k);
	for (char **a = k.args; a && *a; a++) {
		images += str_starts_with(*a, "initrd=");
		if (str_starts_with(*a, "initrd=") || str_starts_with(*a, "BOOT_IMAGE="))
			continue;
		str_addf(&line, "%s%s", line.len ? " " : "", *a);
	}
	/* rEFInd adds one image: more than that were written down somewhere. */
	return images > 1 ? NULL : arena_strdup(h->arena, str_c(&line));
}

/* There is none yet: one whose first entry is as the running kernel was started. */
static int refind_invent(struct host *h, struct arena *arena, struct refind_config *ret, struct err *err)
{
	const char *running = refind_running(h), *folder = refind_kernel_folder(h);

	if (!folder || !running || !host_cmdline_value(h, "root")) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			_("There is no refind_linux.conf beside the kernels, so rEFInd makes up their arguments itself"));
		return err_hint(err, _("Run: sudo mkrlconf, and start again."));
	}
	*ret = (struct refind_config){
		.path = arena_printf(arena, "%s/refind_linux.conf", folder),
		.text = "",
		.title = "Boot with standard options",
		.args = arena_strdup(arena, running),
		.is_new = true,
	};
	return 0;
}

/* A bare word would end at "=" and ",", too: such a line is nothing to add arguments to. */
static const char *refind_quoted(struct arena *arena, const char *text, size_t end, size_t *at)
{
	while (*at < end && strchr(" \t", text[*at]))
		++*at;
	return *at < end && text[*at] == '"' ? refind_word(arena, text, end, at) : NULL;
}

static int refind_load(struct host *h, const struct plan *plan, struct arena *arena, struct refind_config *ret,
		       struct err *err)
{
	struct refind_config c = { .path = refind_find(h) };
	const char *folder = c.path ? NULL : refind_kernel_folder(h);
	int r;

	/* A later stage of the plan that makes one goes on in it. */
	if (folder && plan && plan_last_change(plan, arena_printf(arena, "%s/refind_linux.conf", folder)))
		c.path = arena_printf(arena, "%s/refind_linux.conf", folder);
	if (!c.path)
		return refind_invent(h, arena, ret, err);
	r = boot_text_read(h, plan, arena, c.path, &c.text, &c.len, err);
	if (r < 0)
		return r;
	if (memchr(c.text, '\0', c.len))
		return err_input(err, c.path, 1, _("this is no text: it holds a NUL character"));
	for (size_t at = 0; at < c.len;) {
		const char *newline = memchr(c.text + at, '\n', c.len - at);
		size_t end = newline ? (size_t)(newline - c.text) : c.len, from = at;

		at = newline ? end + 1 : c.len;
		c.line++;
		if (end > from && c.text[end - 1] == '\r')
			end--;
		c.first = from;
		while (from < end && strchr(" \t", c.text[from]))
			from++;
		if (from == end || c.text[from] == '#')
			continue;
		c.first_end = end;
		c.title = refind_quoted(arena, c.text, end, &from);
		c.args = c.title ? refind_quoted(arena, c.text, end, &from) : NULL;
		if (!c.args)
			return err_input(err, c.path, c.line, _("this is not \"title\" \"arguments\" as rEFInd wants it"));
		*ret = c;
		return 0;
	}
	return err_input(err, c.path, c.line ? c.line : 1, _("there is no entry in this file"));
}

static int refind_detect(struct host *h, const char **ret_why)
{
	const struct boot_evidence *e = boot_evidence(h);
	const char *path = refind_find(h);

	*ret_why = e->why;
	if (e->program != BOOT_PROGRAM_REFIND)
		return 0;
	if (!path) {
		*ret_why = arena_printf(h->arena, _("%s, but there is no refind_linux.conf"), e->why);
		return 60;
	}
	*ret_why = arena_printf(h->arena, _("%s, and %s exists"), e->why, path);
	return 100;
}

static const char *const *refind_files(struct host *h)
{
	const char *const *files = NULL, *path = refind_find(h);

	if (path)
		arena_strv_add(h->arena, &files, path);
	return files;
}

static int refind_configured(struct host *h, struct kargs *ret, struct err *err)
{
	struct refind_config c;
	int r = refind_load(h, NULL, h->arena, &c, err);

	if (r >= 0)
		kargs_parse(c.args, ret);
	return r;
}

/* The entry that was started is the first of the file, not one of refind.conf or of another folder. */
static int refind_check(struct host *h, const struct refind_config *c, const char *const *set, struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " "), *root = NULL;
	_cleanup_kargs_ struct kargs k = { 0 };
	struct refind_menuentry e;

	for (const char *const *a = set; a && *a; a++)
		if (karg_problem(*a))
			return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	if (refind_menu_find(h, &e)) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("%s:%u: the entry \"%s\" starts this root with options of its own, for which %s does not count"),
			e.path, e.line, e.title ? e.title : "", c->path);
		return err_hint(err,
				_("Copy that entry, give the copy another name, and add to the options of the one that is "
				  "started: %s. The other is your way back."),
				args);
	}
	kargs_parse(c->args, &k);
	root = kargs_value(&k, "root");
	if (str_eq(root, host_cmdline_value(h, "root")))
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("%s:%u: the first entry has another root than this host was started with, so its arguments come from "
		  "elsewhere (an entry of refind.conf?)"),
		c->path, c->line);
	return err_hint(err, _("Add by hand to the arguments of the entry you start: %s"), args);
}

static void refind_add_quoted(struct str *out, const char *text)
{
	str_addc(out, '"');
	for (; *text; text++)
		str_add(out, *text == '"' ? "\"\"" : (const char[]){ *text, '\0' });
	str_addc(out, '"');
}

static int refind_stage_kargs(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			      struct stage *stage, struct err *err)
{
	_cleanup_str_ struct str out = { 0 };
	struct refind_config c;
	const char *edited;
	bool is_ours;
	int r = refind_load(h, plan, plan->arena, &c, err);

	if (r < 0)
		return r;
	edited = boot_line_edit(plan->arena, c.args, set, remove);
	if (!edited)
		return 0;
	r = refind_check(h, &c, set, err);
	if (r < 0)
		return r;
	is_ours = strcmp(c.title, REFIND_TITLE) == 0;
	str_addn(&out, c.text, c.first);
	refind_add_quoted(&out, REFIND_TITLE);
	str_add(&out, "  ");
	refind_add_quoted(&out, edited);
	if (c.is_new) {
		str_add(&out, "\n");
		refind_add_quoted(&out, c.title);
		str_add(&out, "  ");
		refind_add_quoted(&out, c.args);
		str_add(&out, "\n");
	} else if (!is_ours)
		str_add(&out, memmem(c.text, c.len, "\r\n", 2) ? "\r\n" : "\n");
	str_addn(&out, c.text + (is_ours ? c.first_end : c.first), c.len - (is_ours ? c.first_end : c.first));
	stage_add_file(plan, stage, c.path, c.is_new ? NULL : c.text, c.len, str_c(&out), out.len, 0644,
		       c.is_new ? _("tells rEFInd the arguments, the old ones second") : NULL);
	if (!is_ours)
		boot_add_finding(plan, "refind-old-entry-stays", SEVERITY_INFO, c.path,
				 _("The new arguments are an entry of their own in front of the old ones, which rEFInd then "
				   "starts. The way back: press F2 on the kernel in the menu and choose \"%s\"."),
				 c.title);
	return 0;
}

static const char *refind_rescue(struct host *h _unused_)
{
	return _("Press a key other than Enter while rEFInd shows its menu, choose the kernel, press F2 (or Insert, or +) and "
		 "start the entry that was there before; F2 once more on an entry lets you edit its line.");
}

static const char *refind_kernel_by_hand(struct host *h _unused_, const char *release _unused_)
{
	return _("Choose it in rEFInd's menu (F2 shows all kernels); the usual one is default_selection in refind.conf");
}

const struct bootloader bootloader_refind = {
	.name = "refind",
	.title = "rEFInd",
	.detect = refind_detect,
	.files = refind_files,
	.configured = refind_configured,
	.stage_kargs = refind_stage_kargs,
	.rescue = refind_rescue,
	.kernel_by_hand = refind_kernel_by_hand,
};
