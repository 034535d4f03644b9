/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/uki.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"
#include "boot/grub-file.h"
#include "boot/kernel-cmdline.h"
#include "model/kargs.h"

#include <errno.h>
#include <string.h>

/*
 * mkinitcpio (build_uki() in its source): /etc/kernel/cmdline, else /usr/lib/kernel/cmdline, then every
 * .conf in /etc/cmdline.d by version sort; lines that begin with # do not count; without any of
 * them /proc/cmdline.
 * kernel-install with ukify (60-ukify.install): the first two, all words of the file, else
 * /proc/cmdline; uki.conf's Cmdline= is overridden.
 * dracut with uefi=yes: the variable kernel_cmdline of its settings.
 */
#define SOURCE_VENDOR	   "/usr/lib/kernel/cmdline"
#define SOURCE_FOLDER	   "/etc/cmdline.d"
#define SOURCE_DRACUT	   "/etc/dracut.conf"
#define SOURCE_DRACUT_D	   "/etc/dracut.conf.d"
#define SOURCE_DRACUT_OURS SOURCE_DRACUT_D "/zz-vfio-wizard-cmdline.conf"

static int source_by_version(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static void source_add_folder(struct host *h, const char *folder, const char *const **list)
{
	_cleanup_strv_ char **names = NULL;

	if (fsroot_list(h->root, folder, &names) < 0)
		return;
	qsort(names, strv_length(strv_const(names)), sizeof(*names), source_by_version);
	for (char **n = names; n && *n; n++)
		if (str_ends_with(*n, ".conf"))
			arena_strv_add(h->arena, list, arena_printf(h->arena, "%s/%s", folder, *n));
}

const char *const *uki_sources(struct host *h, const struct uki *u)
{
	const char *const *list = NULL;

	if (u->maker == UKI_DRACUT) {
		if (fsroot_exists(h->root, SOURCE_DRACUT))
			arena_strv_add(h->arena, &list, SOURCE_DRACUT);
		source_add_folder(h, SOURCE_DRACUT_D, &list);
		return list;
	}
	if (fsroot_exists(h->root, KERNEL_CMDLINE))
		arena_strv_add(h->arena, &list, KERNEL_CMDLINE);
	else if (fsroot_exists(h->root, SOURCE_VENDOR))
		arena_strv_add(h->arena, &list, SOURCE_VENDOR);
	if (u->maker != UKI_KERNEL_INSTALL)
		source_add_folder(h, SOURCE_FOLDER, &list);
	return list;
}

/* A line that counts, in one of the files. */
struct source_line {
	unsigned file;
	const char *text;
	size_t start, end; /* in the file */
};

struct source_set {
	struct arena *arena;
	const char *const *paths;
	const char **before;
	size_t *before_len;
	struct source_line *lines;
	unsigned n_files, n_lines;
};

static void source_split(struct source_set *s, unsigned file)
{
	const char *text = s->before[file];
	size_t len = s->before_len[file];

	for (size_t at = 0, n; at < len; at += n + 1) {
		struct source_line *longer;
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);

		n = end ? (size_t)(end - line) : len - at;
		if (*line == '#' || strspn(line, " \t\r") >= n)
			continue;
		longer = arena_alloc(s->arena, (s->n_lines + 1) * sizeof(*longer));
		if (s->n_lines)
			memcpy(longer, s->lines, s->n_lines * sizeof(*longer));
		if (line[n - 1] == '\r')
			end = line + n - 1;
		else
			end = line + n;
		longer[s->n_lines++] = (struct source_line){ file, arena_strndup(s->arena, line, (size_t)(end - line)),
							     at, (size_t)(end - text) };
		s->lines = longer;
	}
}

static void source_parse(const struct source_set *s, struct kargs *ret)
{
	_cleanup_str_ struct str all = { 0 };

	for (unsigned i = 0; i < s->n_lines; i++)
		str_addf(&all, "%s ", s->lines[i].text);
	kargs_parse(str_c(&all), ret);
}

static bool source_line_has_name(const struct source_line *l, const char *arg)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	bool has = false;

	kargs_parse(l->text, &k);
	for (char **a = k.args; a && *a; a++)
		has |= karg_same_name(*a, arg);
	return has;
}

static void source_edit_line(struct source_set *s, unsigned i, const char *const *set, const char *const *remove)
{
	const char *after = boot_line_edit(s->arena, s->lines[i].text, set, remove);

	if (after)
		s->lines[i].text = after;
}

/* Where an argument is already, the last time; else behind everything of the first file. */
static unsigned source_home(const struct source_set *s, const char *arg)
{
	unsigned home = 0;

	for (unsigned i = s->n_lines; i-- > 0;)
		if (source_line_has_name(&s->lines[i], arg))
			return i;
	while (home + 1 < s->n_lines && s->lines[home + 1].file == s->lines[0].file)
		home++;
	return home;
}

static void source_edit(struct source_set *s, const char *const *set, const char *const *remove)
{
	for (unsigned i = 0; i < s->n_lines; i++)
		source_edit_line(s, i, NULL, remove);
	for (; set && *set; set++) {
		const char *const one[] = { *set, NULL };
		_cleanup_kargs_ struct kargs k = { 0 };

		source_parse(s, &k);
		if (!kargs_has(&k, *set))
			source_edit_line(s, source_home(s, *set), one, NULL);
	}
}

/* FILE with its lines as they are now. */
static const char *source_text(const struct source_set *s, unsigned file)
{
	_cleanup_str_ struct str out = { 0 };
	size_t from = 0;

	for (unsigned i = 0; i < s->n_lines; i++) {
		if (s->lines[i].file != file)
			continue;
		str_addn(&out, s->before[file] + from, s->lines[i].start - from);
		str_add(&out, s->lines[i].text);
		from = s->lines[i].end;
	}
	str_addn(&out, s->before[file] + from, s->before_len[file] - from);
	return arena_strdup(s->arena, str_c(&out));
}

/* Without any file the tools take the running command line: what is inside the image is kept instead. */
static int source_create(struct host *h, const struct uki *u, const char *const *set, const char *const *remove,
			 struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *line = NULL;
	const char *after, *before = NULL, *from = u->cmdline;
	size_t len = 0;
	int r = boot_text_read(h, plan, plan->arena, KERNEL_CMDLINE, &before, &len, err);

	if (r < 0 && r != -ENOENT)
		return r;

	if (!from)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("There is no %s, and the command line inside %s cannot be read"), KERNEL_CMDLINE,
			       u->image);
	kargs_parse(from, &k);
	if (u->maker == UKI_KERNEL_INSTALL)
		kargs_remove(&k, "systemd.machine_id"); /* it adds that itself */
	for (; remove && *remove; remove++)
		kargs_remove(&k, *remove);
	for (; set && *set; set++)
		kargs_set(&k, *set);
	line = kargs_format(&k);
	/* An empty file, or one of comments, stays in front. */
	after = arena_printf(plan->arena, "%s%s%s\n", before ? before : "",
			     len && before[len - 1] != '\n' ? "\n" : "", line);
	stage_add_file(plan, stage, KERNEL_CMDLINE, before, len, after, strlen(after), 0644,
		       _("the command line of the next image; without this file it would be the running one"));
	return 0;
}

static int source_stage_lines(struct host *h, const struct uki *u, const char *const *set,
			      const char *const *remove, struct plan *plan, struct stage *stage, struct err *err)
{
	struct source_set s = { .arena = plan->arena, .paths = uki_sources(h, u) };

	s.n_files = (unsigned)strv_length(s.paths);
	s.before = arena_alloc(plan->arena, (s.n_files + 1) * sizeof(*s.before));
	s.before_len = arena_alloc(plan->arena, (s.n_files + 1) * sizeof(*s.before_len));
	for (unsigned i = 0; i < s.n_files; i++) {
		int r = boot_text_read(h, plan, plan->arena, s.paths[i], &s.before[i], &s.before_len[i], err);

		if (r < 0)
			return r;
		if (memchr(s.before[i], '\0', s.before_len[i]))
			return err_input(err, s.paths[i], 1, _("this is no text: it holds a NUL character"));
		source_split(&s, i);
	}
	if (!s.n_lines)
		return source_create(h, u, set, remove, plan, stage, err);
	source_edit(&s, set, remove);
	for (unsigned i = 0; i < s.n_files; i++) {
		const char *after = source_text(&s, i);

		/* Not into what the distribution ships: a file of ours takes its place. */
		if (strcmp(s.paths[i], SOURCE_VENDOR) == 0 && strcmp(after, s.before[i]) != 0)
			stage_add_file(plan, stage, KERNEL_CMDLINE, NULL, 0, after, strlen(after), 0644,
				       _("takes the place of /usr/lib/kernel/cmdline"));
		else
			stage_add_file(plan, stage, s.paths[i], s.before[i], s.before_len[i], after, strlen(after),
				       0644, NULL);
	}
	return 0;
}

static int source_stage_dracut(struct host *h, const struct uki *u, const char *const *set,
			       const char *const *remove, struct plan *plan, struct stage *stage, struct err *err)
{
	const char *const *paths = uki_sources(h, u);
	struct grub_script script = { .arena = plan->arena, .knows_append = true };
	const char **before = arena_alloc(plan->arena, (strv_length(paths) + 1) * sizeof(*before));
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *args = NULL;
	struct grub_value v;
	bool changed = false;

	script.files = arena_alloc(plan->arena, (strv_length(paths) + 1) * sizeof(*script.files));
	for (; paths && *paths; paths++) {
		size_t len;
		int r = boot_text_read(h, plan, plan->arena, *paths, &before[script.n_files], &len, err);

		if (r >= 0)
			r = grub_file_parse(plan->arena, *paths, before[script.n_files], len,
					    &script.files[script.n_files], err);
		if (r < 0)
			return r;
		script.n_files++;
	}
	grub_script_value(&script, "kernel_cmdline", &v);
	kargs_parse(v.is_set ? v.text : u->cmdline ? u->cmdline : "", &k);
	for (; remove && *remove; remove++)
		changed |= kargs_remove(&k, *remove);
	for (; set && *set; set++)
		changed |= kargs_set(&k, *set);
	if (!changed)
		return 0;
	args = kargs_format(&k);
	if (v.unknown || (!v.is_set && !u->cmdline) || strpbrk(args, "\"$`\\")) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, "%s",
			v.unknown ? v.unknown : _("What dracut is to put into the image cannot be known from its settings"));
		return err_hint(err, _("Add by hand to %s: %s"), "kernel_cmdline", args);
	}
	if (!v.home) {
		/* One that is set keeps dracut from finding out the root by itself: all of it has to be there. */
		const char *text = arena_printf(plan->arena, "kernel_cmdline=\"%s\"\n", args);

		stage_add_file(plan, stage, SOURCE_DRACUT_OURS, NULL, 0, text, strlen(text), 0644,
			       _("the command line that is inside the image now, and the new arguments"));
		return 0;
	}
	if (grub_edit_args(&script, "kernel_cmdline", strv_const(k.args), err) < 0)
		return err->code;
	for (unsigned i = 0; i < script.n_files; i++)
		stage_add_file(plan, stage, script.files[i].path, before[i], strlen(before[i]), script.files[i].text,
			       script.files[i].len, 0644, NULL);
	return 0;
}

int uki_stage_sources(struct host *h, const struct uki *u, const char *const *set, const char *const *remove,
		      struct plan *plan, struct stage *stage, struct err *err)
{
	if (u->maker == UKI_DRACUT)
		return source_stage_dracut(h, u, set, remove, plan, stage, err);
	if (u->maker == UKI_KERNEL_INSTALL && fsroot_exists(h->root, KERNEL_CMDLINE))
		return kernel_cmdline_stage(h, set, remove, false, plan, stage, err);
	return source_stage_lines(h, u, set, remove, plan, stage, err);
}
