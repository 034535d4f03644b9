/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/limine-config.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "boot/boot-text.h"
#include "model/kargs.h"

#include <errno.h>
#include <string.h>

/* Folders of a partition that versions 5 to 12 look into; their order changed with 10.3. */
static const char *const limine_folders[] = { "", "/limine", "/boot", "/boot/limine", "/EFI/BOOT", "/EFI/limine" };

static void limine_add_candidates(struct host *h, const char *partition, const char *name,
				  const char *const **found)
{
	for (size_t i = 0; i < ARRAY_SIZE(limine_folders); i++) {
		const char *path = arena_printf(h->arena, "%s%s/%s", partition, limine_folders[i], name);

		if (fsroot_exists(h->root, path) && !strv_contains(*found, path))
			arena_strv_add(h->arena, found, path);
	}
}

const char *limine_config_find(struct host *h, const char **ret_why)
{
	static const char *const names[] = { "limine.conf", "limine.cfg" };
	const char *const *found = NULL;

	/* limine.cfg only counts where no limine.conf is. */
	for (size_t i = 0; i < ARRAY_SIZE(names) && !found; i++) {
		for (const char *const *p = boot_partitions(h); p && *p; p++)
			limine_add_candidates(h, *p, names[i], &found);
		limine_add_candidates(h, "/boot", names[i], &found);
		limine_add_candidates(h, "", names[i], &found);
	}
	if (!found)
		*ret_why = _("there is no limine.conf where Limine looks for it");
	else if (found[1])
		*ret_why = arena_printf(h->arena,
					_("there are %s and %s, and which of them Limine reads depends on its version"),
					found[0], found[1]);
	else
		return found[0];
	return NULL;
}

/* One line without the blanks around it. */
struct limine_line {
	size_t start, end, next;
};

static struct limine_line limine_line_at(const struct limine_config *c, size_t at)
{
	const char *newline = memchr(c->text + at, '\n', c->len - at);
	struct limine_line l = { .start = at, .end = newline ? (size_t)(newline - c->text) : c->len };

	l.next = newline ? l.end + 1 : c->len;
	while (l.start < l.end && strchr(" \t\r", c->text[l.start]))
		l.start++;
	while (l.end > l.start && strchr(" \t\r", c->text[l.end - 1]))
		l.end--;
	return l;
}

/* Where the value of KEY begins on the line, 0 when it is another line. */
static size_t limine_value(const struct limine_config *c, const struct limine_line *l, const char *key)
{
	size_t n = strlen(key), at = l->start + n;

	if (at >= l->end || c->text[at] != (c->old ? '=' : ':') || strncasecmp(c->text + l->start, key, n) != 0)
		return 0;
	for (at++; at < l->end && (c->text[at] == ' ' || c->text[at] == '\t'); at++)
		;
	return at;
}

static void limine_read_option(struct arena *arena, const struct limine_config *c, const struct limine_line *l,
			       struct limine_entry *e)
{
	/* The first line counts, and kernel_cmdline before cmdline (common/menu.c). */
	static const char *const cmdlines[] = { "cmdline", "kernel_cmdline" };
	static const char *const paths[] = { "path", "kernel_path", "module_path" };
	size_t at = limine_value(c, l, "protocol");

	if (at)
		e->is_linux = l->end - at == 5 && strncasecmp(c->text + at, "linux", 5) == 0;
	for (size_t i = 0; i < ARRAY_SIZE(cmdlines); i++) {
		at = limine_value(c, l, cmdlines[i]);
		if (!at || (e->cmdline && (i == 0 || e->is_kernel_cmdline)))
			continue;
		e->is_kernel_cmdline = i == 1;
		e->cmdline = at;
		e->cmdline_end = l->end;
		e->args = arena_strndup(arena, c->text + at, l->end - at);
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		at = limine_value(c, l, paths[i]);
		e->hashed |= at && memchr(c->text + at, '#', l->end - at);
	}
}

int limine_config_read(struct host *h, const struct plan *plan, struct arena *arena, const char *path,
		       struct limine_config *ret, struct err *err)
{
	struct limine_config c = { .path = path, .old = str_ends_with(path, ".cfg") };
	struct limine_entry *e = NULL;
	size_t lines = 1;
	unsigned line = 1;
	int r = boot_text_read(h, plan, arena, path, &c.text, &c.len, err);

	if (r == -ENOENT)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("There is no %s"), path);
	if (r < 0)
		return r;
	if (memchr(c.text, '\0', c.len))
		return err_input(err, path, 1, _("this is no text: it holds a NUL character"));
	for (size_t i = 0; i < c.len; i++)
		lines += c.text[i] == '\n';
	c.entries = arena_alloc(arena, lines * sizeof(*c.entries));
	for (size_t at = 0; at < c.len; line++) {
		struct limine_line l = limine_line_at(&c, at);
		char sign = c.old ? ':' : '/';
		size_t title = l.start, value;

		while (title < l.end && c.text[title] == sign)
			title++;
		value = limine_value(&c, &l, "remember_last_entry");
		if (value)
			c.remember = arena_strndup(arena, c.text + value, l.end - value);
		if (title > l.start) {
			if (e)
				e->end = at;
			while (title < l.end && strchr("+ ", c.text[title]))
				title++;
			e = &c.entries[c.n_entries++];
			*e = (struct limine_entry){ .start = at, .line = line, .args = "" };
			e->title = arena_strndup(arena, c.text + title, l.end - title);
		} else if (e) {
			limine_read_option(arena, &c, &l, e);
		}
		at = l.next;
	}
	if (e)
		e->end = c.len;
	*ret = c;
	return 0;
}

bool limine_entry_is_ours(const struct host *h, const struct limine_entry *e)
{
	static const char *const names[] = { "root", "rootflags" };
	_cleanup_kargs_ struct kargs k = { 0 };

	kargs_parse(e->args, &k);
	if (!e->is_linux || kargs_has(&k, "vfio-wizard=off"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *value = kargs_value(&k, names[i]);

		if (!str_eq(value, host_cmdline_value(h, names[i])) &&
		    (value || host_cmdline_value(h, names[i])))
			return false;
	}
	return true;
}

/* As `limine enroll-config` writes it: 128 hexadecimal digits behind this, all zero when there is none. */
#define LIMINE_SIGNATURE "++CONFIG_B2SUM_SIGNATURE++"
#define LIMINE_DIGITS 128

/* 1: PATH is Limine's program and holds no checksum, 0: it is another file, ERR: there is a checksum. */
static int limine_check_program(struct host *h, const char *path, const char *config, struct err *err)
{
	const char *text, *at;
	size_t len, used;
	int r = boot_text_read(h, NULL, h->arena, path, &text, &len, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	at = memmem(text, len, LIMINE_SIGNATURE, strlen(LIMINE_SIGNATURE));
	used = at ? (size_t)(at - text) + strlen(LIMINE_SIGNATURE) : 0;
	if (!at || len - used < LIMINE_DIGITS)
		return 0;
	at += strlen(LIMINE_SIGNATURE);
	for (size_t i = 0; i < LIMINE_DIGITS; i++) {
		if (at[i] == '0')
			continue;
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("%s holds a checksum of %s: once that file is changed, Limine refuses to start anything"),
			path, config);
		return err_hint(err, _("Change the arguments by hand and enroll the new checksum (limine "
				       "enroll-config) before the next restart."));
	}
	return 1;
}

static int limine_check_folder(struct host *h, const char *folder, const char *config, unsigned *n, struct err *err)
{
	_cleanup_strv_ char **names = NULL;

	if (fsroot_list(h->root, folder, &names) < 0)
		return 0;
	for (char **name = names; name && *name; name++) {
		size_t len = strlen(*name);
		int r;

		if ((len < 4 || strcasecmp(*name + len - 4, ".efi") != 0) && strcasecmp(*name, "limine-bios.sys") != 0)
			continue;
		r = limine_check_program(h, arena_printf(h->arena, "%s/%s", folder, *name), config, err);
		if (r < 0)
			return r;
		*n += (unsigned)r;
	}
	return 0;
}

int limine_check_enrolled(struct host *h, const char *config, struct err *err)
{
	const char *const *partitions = boot_partitions(h);
	unsigned n = 0;
	int r = 0;

	if (!strv_contains(partitions, "/boot"))
		arena_strv_add(h->arena, &partitions, "/boot");
	for (const char *const *p = partitions; *p && r >= 0; p++) {
		const char *efi = arena_printf(h->arena, "%s/EFI", *p);
		_cleanup_strv_ char **names = NULL;

		for (size_t i = 0; i < 4 && r >= 0; i++)
			r = limine_check_folder(h, arena_printf(h->arena, "%s%s", *p, limine_folders[i]), config, &n, err);
		if (fsroot_list(h->root, efi, &names) < 0)
			names = NULL;
		for (char **name = names; name && *name && r >= 0; name++)
			r = limine_check_folder(h, arena_printf(h->arena, "%s/%s", efi, *name), config, &n, err);
	}
	if (r < 0 || n)
		return r;
	err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
		_("Limine's program was not found, so it is not known whether it holds a checksum of %s, which a "
		  "change would break"),
		config);
	return err_hint(err, _("Mount the EFI system partition and start again."));
}

bool limine_checks_image(struct host *h, const char *image)
{
	const char *why, *path = limine_config_find(h, &why), *name = strrchr(image, '/'), *text;
	size_t len;
	struct err err = { 0 };

	name = arena_printf(h->arena, "%s#", name ? name : image);
	return path && boot_text_read(h, NULL, h->arena, path, &text, &len, &err) >= 0 && strstr(text, name);
}
