/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"
#include "boot/limine-config.h"
#include "boot/limine-tool.h"

#include <errno.h>
#include <string.h>

/*
 * Limine with settings that a person wrote: the arguments stand in its entries and nowhere else.
 * Where limine-entry-tool writes the entries (CachyOS, Omarchy) they come from /etc/default/limine
 * and its drop-ins, and an edit here would last until the next kernel: then we say so and leave it.
 */
static int limine_detect(struct host *h, const char **ret_why)
{
	const struct boot_evidence *e = boot_evidence(h);
	struct limine_config c;
	struct err err = { 0 };
	const char *path = limine_config_find(h, ret_why);

	if (e->program != BOOT_PROGRAM_LIMINE && e->program != BOOT_PROGRAM_UNKNOWN) {
		*ret_why = e->why;
		return 0;
	}
	if (!path)
		return 0;
	if (e->program == BOOT_PROGRAM_LIMINE) {
		*ret_why = arena_printf(h->arena, _("%s, and %s exists"), e->why, path);
		return 100;
	}
	if (limine_config_read(h, NULL, h->arena, path, &c, &err) < 0) {
		*ret_why = arena_strdup(h->arena, err.msg);
		return 30;
	}
	for (unsigned i = 0; i < c.n_entries; i++)
		if (limine_entry_is_ours(h, &c.entries[i]) && host_cmdline_value(h, "root")) {
			*ret_why = arena_printf(h->arena, _("%s:%u starts this root"), path, c.entries[i].line);
			return 60;
		}
	*ret_why = arena_printf(h->arena, _("%s exists, but none of its entries starts this root"), path);
	return 30;
}

static const char *const *limine_files(struct host *h)
{
	const char *const *files = limine_tool_files(h), *why, *path = limine_config_find(h, &why);

	if (path)
		arena_strv_add(h->arena, &files, path);
	return files;
}

/* The settings, and in *RET_FIRST the first entry that starts this root. */
static int limine_load(struct host *h, const struct plan *plan, struct arena *arena, struct limine_config *ret,
		       const struct limine_entry **ret_first, struct err *err)
{
	const char *why, *path = limine_config_find(h, &why);
	int r;

	if (!path)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("Limine's settings are not touched: %s"), why);
	r = limine_config_read(h, plan, arena, arena_strdup(arena, path), ret, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < ret->n_entries; i++)
		if (limine_entry_is_ours(h, &ret->entries[i])) {
			*ret_first = &ret->entries[i];
			return 0;
		}
	return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
		       _("No entry of %s starts Linux with the root of this host, so it is not known which line to change"),
		       path);
}

static int limine_configured(struct host *h, struct kargs *ret, struct err *err)
{
	const struct limine_entry *first;
	struct limine_config c;
	int r;

	if (limine_tool(h)) {
		limine_tool_configured(h, ret);
		return 0;
	}
	r = limine_load(h, NULL, h->arena, &c, &first, err);
	if (r >= 0)
		kargs_parse(first->args, ret);
	return r;
}

static int limine_check(struct host *h, const struct limine_config *c, const char *const *set, struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " ");

	for (const char *const *a = set; a && *a; a++)
		if (karg_problem(*a))
			return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	for (unsigned i = 0; i < c->n_entries; i++)
		if (limine_entry_is_ours(h, &c->entries[i]) && strstr(c->entries[i].args, "${")) {
			err_input(err, c->path, c->entries[i].line,
				  _("the arguments of this entry come from a macro (${…}), which other entries may use"));
			return err_hint(err, _("Add to the arguments of this entry by hand: %s"), args);
		}
	return limine_check_enrolled(h, c->path, err);
}

static void limine_note(const struct limine_config *c, const struct limine_entry *e, struct plan *plan)
{
	if (e->hashed)
		boot_add_finding(plan, "limine-path-checksum", SEVERITY_WARN, c->path,
				 _("%s:%u: a path of this entry ends in a checksum (#…). When the kernel or the initial "
				   "RAM disk is made anew, Limine refuses to start it until the checksum is, too."),
				 c->path, e->line);
	if (str_eq(c->remember, "yes"))
		boot_add_finding(plan, "limine-remembers", SEVERITY_INFO, c->path,
				 _("Limine starts the entry that was started last (remember_last_entry), which may be "
				   "another one than the first."));
}

static int limine_stage_kargs(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			      struct stage *stage, struct err *err)
{
	const struct limine_entry *first = NULL;
	_cleanup_str_ struct str out = { 0 };
	struct limine_config c;
	const char *why, *path = limine_config_find(h, &why);
	size_t from = 0;
	bool changed = false;
	int r;

	if (limine_tool(h))
		return limine_tool_refuse(h, path ? path : "limine.conf", set, remove, err);
	r = limine_load(h, plan, plan->arena, &c, &first, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < c.n_entries; i++) {
		const struct limine_entry *e = &c.entries[i];
		const char *edited = limine_entry_is_ours(h, e) ? boot_line_edit(plan->arena, e->args, set, remove) : NULL;

		if (!edited || !e->cmdline)
			continue;
		str_addn(&out, c.text + from, e->cmdline - from);
		str_add(&out, edited);
		from = e->cmdline_end;
		changed = true;
	}
	if (!changed)
		return 0;
	r = limine_check(h, &c, set, err);
	if (r < 0)
		return r;
	str_addn(&out, c.text + from, c.len - from);
	stage_add_file(plan, stage, c.path, c.text, c.len, str_c(&out), out.len, 0644, NULL);
	limine_note(&c, first, plan);
	return 0;
}

/* At the end, so that default_entry, which may be a number, still names the same entry. */
static int limine_stage_way_back(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_kargs_ struct kargs line = { 0 };
	const struct limine_entry *first = NULL, *now = NULL;
	_cleanup_str_ struct str out = { 0 };
	struct limine_config before, c;
	const char *body;
	int r;

	if (limine_tool(h))
		return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("limine-entry-tool writes the entries of this menu, and a further one would not be kept up to "
				 "date"));
	r = limine_load(h, NULL, plan->arena, &before, &first, err);
	if (r >= 0)
		r = limine_load(h, plan, plan->arena, &c, &now, err);
	if (r >= 0)
		r = limine_check(h, &before, NULL, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < c.n_entries; i++)
		if (strstr(c.entries[i].args, "vfio-wizard=off"))
			return 0;
	body = memchr(before.text + first->start, '\n', first->end - first->start);
	if (!body || !first->cmdline)
		return 0;
	str_addn(&out, c.text, c.len);
	str_addf(&out, "%s%c%s (as before vfio-wizard)", c.len && c.text[c.len - 1] != '\n' ? "\n" : "", c.old ? ':' : '/',
		 first->title);
	str_addn(&out, body, (size_t)(before.text + first->cmdline - body));
	kargs_parse(first->args, &line);
	str_add(&out, boot_line_edit(plan->arena, first->args, bootloader_way_back_args(plan->arena, &line), NULL));
	str_addn(&out, before.text + first->cmdline_end, first->end - first->cmdline_end);
	stage_add_file(plan, stage, c.path, c.text, c.len, str_c(&out), out.len, 0644,
		       _("adds an entry that starts this host as it starts now"));
	return 0;
}

static const char *limine_rescue(struct host *h _unused_)
{
	return _("Press any key while Limine counts down. Choose the entry \"as before vfio-wizard\" where there is one; "
		 "else press E on the entry, take the new arguments out of the line cmdline and press F10.");
}

static const char *limine_kernel_by_hand(struct host *h _unused_, const char *release _unused_)
{
	return _("Choose it in the boot menu; the usual one is default_entry in limine.conf");
}

const struct bootloader bootloader_limine = {
	.name = "limine",
	.title = "Limine",
	.detect = limine_detect,
	.files = limine_files,
	.configured = limine_configured,
	.stage_kargs = limine_stage_kargs,
	.stage_way_back = limine_stage_way_back,
	.rescue = limine_rescue,
	.kernel_by_hand = limine_kernel_by_hand,
};
