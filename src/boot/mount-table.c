/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/mount-table.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>

/* "\040" is a blank, see fstab(5). */
static const char *mount_unescape(struct arena *arena, const char *word)
{
	_cleanup_str_ struct str out = { 0 };

	for (; *word; word++) {
		if (word[0] == '\\' && strspn(word + 1, "01234567") >= 3) {
			str_addc(&out, (char)((word[1] - '0') * 64 + (word[2] - '0') * 8 + (word[3] - '0')));
			word += 3;
		} else {
			str_addc(&out, *word);
		}
	}
	return arena_strdup(arena, str_c(&out));
}

struct mount_table mount_table_read(const struct host *h, const char *path)
{
	struct mount_table t = { 0 };
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	size_t len;

	if (fsroot_read(h->root, path, &text, &len) < 0)
		return t;
	t.known = true;
	lines = strv_split(text, "\n");
	t.lines = arena_alloc(h->arena, (strv_length(strv_const(lines)) + 1) * sizeof(*t.lines));
	for (char **l = lines; l && *l; l++) {
		_cleanup_strv_ char **words = strv_split(*l, " \t\r");

		if (strv_length(strv_const(words)) < 3 || words[0][0] == '#' || words[1][0] != '/')
			continue;
		t.lines[t.n++] = (struct mount_line){
			.what = mount_unescape(h->arena, words[0]),
			.where = mount_unescape(h->arena, words[1]),
			.type = arena_strdup(h->arena, words[2]),
			.options = arena_strdup(h->arena, words[3] ? words[3] : ""),
		};
	}
	return t;
}

struct mount_table mount_table_read_mounted(const struct host *h, const char *const *places, size_t n)
{
	struct mount_table t;

	for (size_t i = 0; i < n && fsroot_is_live(h->root); i++) {
		_cleanup_strv_ char **names = NULL;

		(void)!fsroot_list(h->root, places[i], &names);
	}
	t = mount_table_read(h, "/proc/self/mounts");
	return t.known ? t : mount_table_read(h, "/proc/mounts");
}

bool mount_is_above(const char *where, const char *path)
{
	size_t n = strlen(where);

	return str_starts_with(path, where) && (n == 1 || path[n] == '/' || !path[n]);
}

const char *mount_real_path(const struct host *h, const char *path)
{
	_cleanup_free_ char *part = xstrdup(path);
	const char *real;

	for (;;) {
		char *slash = strrchr(part, '/');

		if (fsroot_resolve(h->root, h->arena, part, &real) >= 0)
			return arena_printf(h->arena, "/%s%s%s", *real == '.' && !real[1] ? "" : real,
					    path[strlen(part)] == '/' || !path[strlen(part)] ? "" : "/",
					    path + strlen(part));
		if (!slash || slash == part)
			return path;
		*slash = '\0';
	}
}

/* The last line counts: it hides an earlier mount at the same place. */
const struct mount_line *mount_table_above(const struct mount_table *t, const char *path)
{
	const struct mount_line *found = NULL;

	for (size_t i = 0; i < t->n; i++)
		if (mount_is_above(t->lines[i].where, path) &&
		    (!found || strlen(t->lines[i].where) >= strlen(found->where)))
			found = &t->lines[i];
	return found;
}

/* Without a table only a folder with nothing in it tells that what belongs there is not mounted. */
static bool mount_is_empty(const struct host *h, const char *where)
{
	_cleanup_strv_ char **names = NULL;

	return fsroot_list(h->root, where, &names) == 0 && strv_length(strv_const(names)) == 0;
}

bool mount_is_missing(const struct host *h, const struct mount_table *mounted, const char *where)
{
	const char *real = mount_real_path(h, where);
	const struct mount_line *m = mount_table_above(mounted, real);

	if (!mounted->known)
		return mount_is_empty(h, where);
	if (!m || strcmp(m->where, real) != 0)
		return true;
	/* Looked into and still not mounted: the automount failed.  Elsewhere it has not been looked into. */
	return fsroot_is_live(h->root) && str_eq(m->type, "autofs");
}
