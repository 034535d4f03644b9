/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/recording-take.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/recording-mask.h"
#include "model/recording.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static struct take_entry *take_add(struct take *t, const char *path, enum take_kind kind)
{
	struct take_entry *e = arena_alloc(t->arena, sizeof(*e));

	e->path = arena_strdup(t->arena, path);
	e->kind = kind;
	e->bytes = "";
	e->mode = 0644;
	arena_list_add(t->arena, &t->entries, e);
	return e;
}

/* Where the directory DIR really is, its links recorded on the way: "/lib" → "/usr/lib". */
static const char *take_real_dir(struct take *t, const char *dir)
{
	const char *real = "", *part = dir, *text;

	if (t->dir && strcmp(t->dir, dir) == 0)
		return t->real_dir;
	while (*(part += strspn(part, "/"))) {
		size_t n = strcspn(part, "/");
		const char *step = arena_printf(t->arena, "%s/%.*s", real, (int)n, part);

		if (fsroot_readlink(t->fs, t->arena, step, &text) == 0) {
			struct take_entry *e = take_add(t, step, TAKE_LINK);

			e->bytes = text;
			e->len = strlen(text);
			if (fsroot_resolve(t->fs, t->arena, step, &real) < 0)
				return NULL;
			real = arena_printf(t->arena, "/%s", real);
		} else {
			real = step;
		}
		part += n;
	}
	t->dir = arena_strdup(t->arena, dir);
	t->real_dir = real;
	return real;
}

/* The same for a whole path; the last part is not followed.  NULL: nothing there. */
static const char *take_real_path(struct take *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dir = arena_strndup(t->arena, path, slash ? (size_t)(slash - path) : 0);
	const char *real = take_real_dir(t, dir);

	if (!real)
		return NULL;
	real = arena_printf(t->arena, "%s/%s", real, slash ? slash + 1 : path);
	/* Blocks of /proc/PID links and the like cannot be replayed. */
	return strlen(real) < PATH_MAX / 2 ? real : NULL;
}

void take_bytes(struct take *t, const char *path, const char *bytes, size_t len)
{
	struct take_entry *e = take_add(t, path, TAKE_FILE);
	char *copy = arena_alloc(t->arena, len + 1);

	if (len)
		memcpy(copy, bytes, len);
	e->bytes = copy;
	e->len = len;
}

void take_filtered(struct take *t, const char *path, take_filter *filter)
{
	_cleanup_free_ char *text = NULL, *filtered = NULL;
	const char *real = take_real_path(t, path), *link;
	struct stat st;
	size_t len;
	int r;

	if (!real || fsroot_lstat(t->fs, real, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		take_link(t, real, false);
		if (fsroot_resolve(t->fs, t->arena, real, &link) < 0)
			return;
		real = arena_printf(t->arena, "/%s", link);
		if (fsroot_stat(t->fs, real, &st) < 0)
			return;
	}
	if (!S_ISREG(st.st_mode))
		return;
	r = fsroot_read(t->fs, real, &text, &len);
	if (r == -EACCES || r == -EPERM)
		take_add(t, real, TAKE_UNREADABLE);
	if (r < 0)
		return; /* attributes that make no sense for this device say EINVAL, EIO … */
	if (filter) {
		filtered = filter(t, text);
		if (filtered)
			take_bytes(t, real, filtered, strlen(filtered));
	} else {
		take_bytes(t, real, text, len);
	}
}

const char *take_path(struct take *t, const char *dir, const char *name)
{
	return arena_printf(t->arena, "%s/%s", dir, name);
}

void take_file(struct take *t, const char *path)
{
	take_filtered(t, path, NULL);
}

void take_presence(struct take *t, const char *path)
{
	const char *real = take_real_path(t, path);
	struct stat st;

	if (!real || fsroot_lstat(t->fs, real, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode))
		take_link(t, real, false);
	else if (S_ISDIR(st.st_mode))
		take_dir(t, real);
	else
		/* Of sysfs files the mode says nothing to anybody; of programs it does. */
		take_add(t, real, TAKE_FILE)->mode = st.st_mode & 0111 ? 0755 : 0644;
}

void take_link(struct take *t, const char *path, bool follow)
{
	const char *real = take_real_path(t, path), *text;
	struct take_entry *e;

	if (!real || fsroot_readlink(t->fs, t->arena, real, &text) < 0)
		return;
	e = take_add(t, real, TAKE_LINK);
	e->bytes = text;
	e->len = strlen(text);
	if (follow && fsroot_resolve(t->fs, t->arena, real, &text) == 0)
		take_dir(t, arena_printf(t->arena, "/%s", text));
}

void take_dir(struct take *t, const char *path)
{
	const char *real = take_real_path(t, path);
	struct stat st;
	_cleanup_strv_ char **names = NULL;

	if (!real || fsroot_lstat(t->fs, real, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		take_link(t, real, true);
		return;
	}
	if (!S_ISDIR(st.st_mode))
		return;
	if (fsroot_list(t->fs, real, &names) == -EACCES)
		take_add(t, real, TAKE_UNREADABLE)->is_dir = true;
	else
		take_add(t, real, TAKE_DIR);
}

void take_attrs(struct take *t, const char *dir, const char *names)
{
	_cleanup_strv_ char **list = strv_split(names, " ");

	for (char **name = list; name && *name; name++)
		take_file(t, arena_printf(t->arena, "%s/%s", dir, *name));
}

void take_each(struct take *t, const char *dir, const char *suffix,
	       void (*take)(struct take *t, const char *path))
{
	_cleanup_strv_ char **names = NULL;

	take_dir(t, dir);
	if (fsroot_list(t->fs, dir, &names) < 0)
		return;
	for (char **name = names; name && *name; name++)
		if (str_ends_with(*name, suffix))
			take(t, arena_printf(t->arena, "%s/%s", dir, *name));
}

static int take_compare(const void *a, const void *b)
{
	const struct take_entry *x = *(const struct take_entry *const *)a;
	const struct take_entry *y = *(const struct take_entry *const *)b;
	int r = strcmp(x->path, y->path);

	/* Of several for one path the one that says most comes first. */
	return r ? r : (x->kind > y->kind) - (x->kind < y->kind);
}

static bool take_is_text(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\t')
			return false;
	return true;
}

static void take_write_path(struct str *out, const char *path)
{
	for (; *path; path++) {
		if (*path == ' ' || *path == '\\' || iscntrl((unsigned char)*path))
			str_addf(out, "\\x%02x", (unsigned char)*path);
		else
			str_addc(out, *path);
	}
}

/* Most of a configuration space is zero: from this many on they are counted. */
#define TAKE_ZEROS 16

static void take_write_hex(struct str *out, const char *bytes, size_t len)
{
	for (size_t i = 0, zeros; i < len; i += zeros ? zeros : 1) {
		for (zeros = 0; i + zeros < len && !bytes[i + zeros];)
			zeros++;
		if (zeros < TAKE_ZEROS)
			zeros = 0;
		if (zeros)
			str_addf(out, "%s+%zu%s", i ? " " : "", zeros, i + zeros < len ? " " : "");
		else
			str_addf(out, "%02x", (unsigned char)bytes[i]);
	}
}

static void take_write_content(struct str *out, const char *bytes, size_t len)
{
	bool complete = len && bytes[len - 1] == '\n';
	size_t n = len - complete;

	if (!take_is_text(bytes, len)) {
		str_add(out, " : ");
		take_write_hex(out, bytes, len);
	} else if (!memchr(bytes, '\n', n)) {
		str_add(out, complete ? " =" : " =\\");
		if (n)
			str_addc(out, ' ');
		str_addn(out, bytes, n);
	} else {
		str_add(out, complete ? " <<\n\t" : " <<\\\n\t");
		for (size_t i = 0; i < n; i++) {
			str_addc(out, bytes[i]);
			if (bytes[i] == '\n')
				str_addc(out, '\t');
		}
	}
}

static void take_write(struct str *out, const struct take_entry *e, const char *path,
		       const char *bytes, size_t len)
{
	take_write_path(out, path);
	switch (e->kind) {
	case TAKE_FILE:
		if (e->mode != 0644)
			str_addf(out, " [%04o]", (unsigned)e->mode);
		take_write_content(out, bytes, len);
		break;
	case TAKE_LINK:
		str_addf(out, " -> %s", bytes);
		break;
	case TAKE_DIR:
		str_addc(out, '/');
		break;
	case TAKE_UNREADABLE:
		str_add(out, e->is_dir ? "/ ! EACCES" : " ! EACCES");
		break;
	}
	str_addc(out, '\n');
}

static bool take_is_below(const char *path, const char *dir)
{
	return str_starts_with(path, dir);
}

/* Serials first, so that they are known when the names made of them come along. */
static void take_learn(struct take *t, struct recording_mask *m)
{
	const char *name, *words = NULL;

	for (size_t i = 0; i < t->entries.n; i++) {
		const struct take_entry *e = t->entries.items[i];

		if (e->kind != TAKE_FILE || !take_is_text(e->bytes, e->len))
			continue;
		if (str_ends_with(e->path, "/serial")) {
			_cleanup_free_ char *copy = xstrdup(e->bytes);

			recording_mask_add_serial(m, str_trim(copy));
		}
		if (take_is_below(e->path, "/run/udev/data/") || strcmp(e->path, "/etc/fstab") == 0 ||
		    strcmp(e->path, "/etc/crypttab") == 0 || strcmp(e->path, "/proc/cmdline") == 0)
			recording_mask_add_short_uuids(m, e->bytes);
		for (const char *type = e->bytes; (type = strstr(type, "PART_ENTRY_TYPE="));) {
			_cleanup_free_ char *uuid = NULL;

			type += strlen("PART_ENTRY_TYPE=");
			uuid = xstrndup(type, strcspn(type, "\n"));
			recording_mask_keep(m, uuid);
		}
		if (str_ends_with(e->path, "/os-release"))
			words = e->bytes;
	}
	if (fsroot_read_attr(t->fs, t->arena, "/proc/sys/kernel/hostname", &name) < 0 || !*name)
		fsroot_read_attr(t->fs, t->arena, "/etc/hostname", &name);
	if (name)
		recording_mask_add_host_name(m, name, words);
}

/* Version numbers look like IP addresses, so those are only looked for where addresses occur. */
static bool take_may_hold_addresses(const char *path)
{
	return take_is_below(path, "/proc/") || take_is_below(path, "/etc/") ||
	       take_is_below(path, "/var/log/") || take_is_below(path, "/boot/");
}

static void take_format(struct take *t, struct recording_mask *m, struct str *out)
{
	const char *last = "";

	for (size_t i = 0; i < t->entries.n; i++) {
		const struct take_entry *e = t->entries.items[i];
		_cleanup_free_ char *path = NULL, *text = NULL;

		if (strcmp(e->path, last) == 0)
			continue;
		last = e->path;
		path = recording_mask_text(m, e->path, false);
		if (e->kind == TAKE_LINK || (e->kind == TAKE_FILE && take_is_text(e->bytes, e->len))) {
			text = recording_mask_text(m, e->bytes, take_may_hold_addresses(e->path));
			/* Too short to be looked for everywhere, but still somebody's. */
			if (e->kind == TAKE_FILE && str_ends_with(e->path, "/serial") && e->len > 1 &&
			    !str_starts_with(text, "SERIAL")) {
				free(text);
				text = xstrdup("SERIAL0000\n");
			}
			take_write(out, e, path, text, strlen(text));
		} else {
			take_write(out, e, path, e->bytes, e->len);
		}
	}
}

int recording_take(const struct fsroot *fs, char **ret, size_t *ret_len, struct err *err)
{
	struct take t = { .fs = fs, .arena = arena_new() };
	struct recording_mask *m = recording_mask_new();
	struct str out = { 0 };
	bool any;

	take_everything(&t);
	if (t.entries.n)
		qsort(t.entries.items, t.entries.n, sizeof(*t.entries.items), take_compare);
	take_learn(&t, m);
	str_add(&out, "# vfio-wizard recorded host 1\n");
	take_format(&t, m, &out);
	any = fsroot_exists(fs, "/proc/cmdline") || fsroot_exists(fs, "/sys/bus/pci/devices");
	recording_mask_free(m);
	arena_free(t.arena);
	if (!any) {
		str_done(&out);
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("There is no running system below %s to record."), fsroot_display(fs));
	}
	*ret_len = out.len;
	*ret = str_steal(&out);
	return 0;
}
