/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/grub-menu.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"
#include "boot/grub-env.h"
#include "model/kargs.h"

#include <errno.h>
#include <string.h>

/* One line [text, end), and the first word on it. */
struct menu_line {
	const char *text, *word, *end, *next;
	size_t n_word;
};

static struct menu_line menu_line(const char *at, const char *limit)
{
	struct menu_line l = { .text = at };
	const char *newline = memchr(at, '\n', (size_t)(limit - at));

	l.end = newline ? newline : limit;
	l.next = newline ? newline + 1 : limit;
	for (l.word = at; l.word < l.end && (*l.word == ' ' || *l.word == '\t'); l.word++)
		;
	while (l.word + l.n_word < l.end && !strchr(" \t", l.word[l.n_word]))
		l.n_word++;
	return l;
}

static bool menu_is_word(const struct menu_line *l, const char *word)
{
	return l->n_word == strlen(word) && memcmp(l->word, word, l->n_word) == 0;
}

/* linux, linux16, linuxefi: they all take a kernel and its arguments. */
static bool menu_is_linux(const struct menu_line *l)
{
	return menu_is_word(l, "linux") || menu_is_word(l, "linux16") || menu_is_word(l, "linuxefi");
}

/* The end of the menuentry at AT: the line "}" of its depth. */
static const char *menu_entry_end(const char *at, const char *limit)
{
	unsigned depth = 0;

	while (at < limit) {
		struct menu_line l = menu_line(at, limit);

		if (l.end > l.text && l.end[-1] == '{')
			depth++;
		if (menu_is_word(&l, "}") && depth-- == 1)
			return l.next;
		at = l.next;
	}
	return NULL;
}

/* Behind "linux	/vmlinuz-6.1.0-28-amd64": the arguments, up to the end of the line. */
static const char *menu_arguments(const struct menu_line *l, const char **ret_kernel, size_t *ret_n)
{
	const char *at = l->word + l->n_word;

	while (at < l->end && (*at == ' ' || *at == '\t'))
		at++;
	*ret_kernel = at;
	while (at < l->end && *at != ' ' && *at != '\t')
		at++;
	*ret_n = (size_t)(at - *ret_kernel);
	while (at < l->end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* "(hd0,gpt2)/vmlinuz-6.1" of the command line and "/vmlinuz-6.1" or "($root)/vmlinuz-6.1" of the file. */
static bool menu_is_running_kernel(const struct host *h, const char *kernel, size_t n)
{
	const char *running = h->boot.boot_image ? strrchr(h->boot.boot_image, '/') : NULL;
	size_t len = running ? strlen(running) : 0;

	return running && n >= len && memcmp(kernel + n - len, running, len) == 0;
}

static bool menu_is_rescue(char **args)
{
	return strv_contains(strv_const(args), "single") || strv_contains(strv_const(args), "recovery") ||
	       strv_contains(strv_const(args), "systemd.unit=rescue.target");
}

/* The linux line of an entry starts the kernel that runs, with the root it runs with. */
static bool menu_starts_running(const struct host *h, const struct menu_line *l)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *line = NULL, *root = NULL;
	const char *kernel, *args, *running_root = host_cmdline_value(h, "root");
	size_t n;

	args = menu_arguments(l, &kernel, &n);
	line = xstrndup(args, (size_t)(l->end - args));
	kargs_parse(line, &k);
	root = kargs_value(&k, "root");
	return menu_is_running_kernel(h, kernel, n) && !menu_is_rescue(k.args) && running_root && root &&
	       strcmp(root, running_root) == 0;
}

static void menu_find_entry(const struct host *h, const char *text, size_t len, struct grub_menu *m)
{
	const char *limit = text + len;

	for (const char *at = text; at < limit && !m->entry;) {
		struct menu_line l = menu_line(at, limit);
		const char *end = menu_is_word(&l, "menuentry") ? menu_entry_end(l.text, limit) : NULL;

		at = l.next;
		for (const char *in = l.next; end && in < end && !m->entry;) {
			struct menu_line body = menu_line(in, end);

			if (menu_is_linux(&body) && menu_starts_running(h, &body)) {
				m->entry = l.word;
				m->entry_len = (size_t)(end - l.word);
			}
			in = body.next;
		}
	}
}

void grub_menu_line(const struct grub_menu *m, struct kargs *ret)
{
	const char *limit = m->entry + m->entry_len;

	ret->args = NULL;
	for (const char *at = m->entry; at < limit;) {
		struct menu_line l = menu_line(at, limit);
		const char *kernel, *args;
		size_t n;

		at = l.next;
		if (!menu_is_linux(&l))
			continue;
		args = menu_arguments(&l, &kernel, &n);
		{
			_cleanup_free_ char *line = xstrndup(args, (size_t)(l.end - args));

			kargs_parse(line, ret);
		}
		return;
	}
}

int grub_menu_read(struct host *h, struct arena *arena, struct grub_menu *ret, struct err *err)
{
	static const char *const folders[] = { "/boot/grub", "/boot/grub2" };
	const char *text = NULL, *cfg = NULL;
	size_t len = 0;
	int r = -ENOENT;

	*ret = (struct grub_menu){ .folder = folders[0] };
	for (size_t i = 0; i < ARRAY_SIZE(folders) && r == -ENOENT; i++) {
		cfg = arena_printf(arena, "%s/grub.cfg", folders[i]);
		r = boot_text_read(h, NULL, arena, cfg, &text, &len, err);
		if (r == 0)
			ret->folder = folders[i];
	}
	ret->custom = arena_printf(arena, "%s/custom.cfg", ret->folder);
	if (r == -ENOENT || r == -EACCES || r == -EPERM) {
		ret->why_not = r == -ENOENT ? _("no grub.cfg could be found")
					    : arena_printf(arena, _("%s can only be read by root"), cfg);
		return 0;
	}
	if (r < 0)
		return r;
	if (!strstr(text, "custom.cfg")) {
		ret->why_not = arena_printf(arena, _("%s does not read custom.cfg (/etc/grub.d/41_custom makes it do so)"),
					    cfg);
		return 0;
	}
	menu_find_entry(h, text, len, ret);
	if (!ret->entry)
		ret->why_not = arena_printf(arena, _("%s has no entry that starts the kernel that runs with its root"),
					    cfg);
	return 0;
}

/*
 * "menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-UUID' {": the
 * title and the id become ours, the rest (--class, --unrestricted, --users) stays.
 */
static void menu_add_head(struct str *out, const struct menu_line *l, const char *id, const char *title)
{
	const char *at = l->word + l->n_word, *end = l->end;
	bool skip = true; /* the title */

	str_addf(out, "menuentry '%s'", title);
	while (at < end) {
		const char *from;
		char quote = '\0';

		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		for (from = at; at < end && (quote || (*at != ' ' && *at != '\t')); at++)
			if (quote ? *at == quote : *at == '\'' || *at == '"')
				quote = quote ? '\0' : *at;
		if (skip) {
			skip = false;
			continue;
		}
		skip = (at - from == 20 && strncmp(from, "$menuentry_id_option", 20) == 0) ||
		       (at - from == 4 && strncmp(from, "--id", 4) == 0);
		if (skip || at == from || *from == '{')
			continue;
		str_addc(out, ' ');
		str_addn(out, from, (size_t)(at - from));
	}
	str_addf(out, " --id %s {\n", id);
}

/* The copy of the entry, with the arguments changed and nothing that would make it the default. */
static void menu_add_entry(struct str *out, struct arena *a, const struct grub_menu *m, const char *id,
			   const char *title, const char *const *set, const char *const *remove)
{
	const char *limit = m->entry + m->entry_len;
	struct menu_line l = menu_line(m->entry, limit);

	str_addf(out, "# %s begins: written by vfio-wizard, removed by: vfio-wizard undo\n", id);
	menu_add_head(out, &l, id, title);
	for (const char *at = l.next; at < limit; at = l.next) {
		const char *kernel, *args, *edited, *old;
		size_t n;

		l = menu_line(at, limit);
		if (menu_is_word(&l, "savedefault"))
			continue;
		if (!menu_is_linux(&l)) {
			/* Out of a submenu it comes one step to the left. */
			str_addn(out, l.text, (size_t)(l.end - l.text));
			str_addc(out, '\n');
			continue;
		}
		args = menu_arguments(&l, &kernel, &n);
		old = arena_strndup(a, args, (size_t)(l.end - args));
		edited = boot_line_edit(a, old, set, remove);
		str_addn(out, l.text, (size_t)(args - l.text));
		if (args == kernel + n)
			str_addc(out, ' ');
		str_addf(out, "%s\n", edited ? edited : old);
	}
	str_addf(out, "# %s ends\n", id);
}

/* Our block ID in TEXT: [*START, *END).  false: there is none. */
static bool menu_find_block(const char *text, const char *id, size_t *start, size_t *end)
{
	_cleanup_free_ char *begins = xasprintf("# %s begins", id), *ends = xasprintf("# %s ends\n", id);
	const char *from = strstr(text, begins), *to = from ? strstr(from, ends) : NULL;

	if (!to)
		return false;
	*start = (size_t)(from - text);
	*end = (size_t)(to - text) + strlen(ends);
	return true;
}

static int menu_read_custom(struct host *h, const struct plan *plan, struct arena *arena,
			    const struct grub_menu *m, const char **ret, size_t *ret_len, struct err *err)
{
	int r = boot_text_read(h, plan, arena, m->custom, ret, ret_len, err);

	if (r == -ENOENT) {
		*ret = NULL;
		*ret_len = 0;
		return 0;
	}
	if (r == 0 && memchr(*ret, '\0', *ret_len))
		return err_input(err, m->custom, 1, _("this is no text: it holds a NUL character"));
	return r;
}

int grub_menu_stage(struct host *h, const struct grub_menu *m, const char *id, const char *title,
		    const char *const *set, const char *const *remove, bool keep, struct plan *plan,
		    struct stage *stage, struct err *err)
{
	_cleanup_str_ struct str out = { 0 };
	const char *before;
	size_t len, start, end;
	int r = menu_read_custom(h, plan, plan->arena, m, &before, &len, err);

	if (r < 0)
		return r;
	if (before && menu_find_block(before, id, &start, &end)) {
		if (keep)
			return 0;
		str_addn(&out, before, start);
		menu_add_entry(&out, plan->arena, m, id, title, set, remove);
		str_add(&out, before + end);
	} else {
		str_add(&out, before ? before : "");
		if (out.len && out.data[out.len - 1] != '\n')
			str_addc(&out, '\n');
		menu_add_entry(&out, plan->arena, m, id, title, set, remove);
	}
	stage_add_file(plan, stage, m->custom, before, len, str_c(&out), out.len, 0600,
		       arena_printf(plan->arena, _("adds the entry \"%s\" at the end of the boot menu"), title));
	return 0;
}

int grub_menu_stage_removal(struct host *h, const struct grub_menu *m, const char *id, struct plan *plan,
			    struct stage *stage, struct err *err)
{
	_cleanup_str_ struct str out = { 0 };
	const char *before;
	size_t len, start, end;
	int r = menu_read_custom(h, plan, plan->arena, m, &before, &len, err);

	if (r < 0 || !before || !menu_find_block(before, id, &start, &end))
		return r;
	str_addn(&out, before, start);
	str_add(&out, before + end);
	stage_add_file(plan, stage, m->custom, before, len, str_c(&out), out.len, 0600, NULL);
	return 0;
}

const char *grub_menu_why_no_trial(struct host *h, const struct grub_menu *m, bool *ret_waits)
{
	struct err err = { 0 };
	struct grub_env env;
	int r;

	*ret_waits = false;
	if (!m->entry)
		return m->why_not;
	r = grub_env_read(h, NULL, h->arena, &env, &err);
	if (r == -ENOENT)
		return arena_printf(h->arena, _("there is no %s/grubenv, in which GRUB notes the entry of the next start"),
				    m->folder);
	if (r < 0)
		return arena_strdup(h->arena, err.msg);
	*ret_waits = str_eq(grub_env_value(h->arena, &env, "next_entry"), GRUB_MENU_TRIAL);
	return grub_env_why_not_writable(h, &env);
}
