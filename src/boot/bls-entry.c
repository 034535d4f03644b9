/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bls-entry.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"
#include "model/kargs.h"

#include <errno.h>
#include <string.h>

/* One line "key  value": [value, end) is the value without the blanks behind it. */
struct bls_line {
	const char *key, *value, *end, *next;
	size_t n_key;
};

static bool bls_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The line at TEXT, which ends before LIMIT. */
static struct bls_line bls_split(const char *text, const char *limit)
{
	struct bls_line l = { 0 };
	const char *end = memchr(text, '\n', (size_t)(limit - text));

	l.end = end ? end : limit;
	l.next = end ? end + 1 : limit;
	for (l.key = text; l.key < l.end && bls_is_blank(*l.key); l.key++)
		;
	for (l.value = l.key; l.value < l.end && !bls_is_blank(*l.value); l.value++)
		;
	l.n_key = (size_t)(l.value - l.key);
	if (l.n_key && *l.key == '#')
		l.n_key = 0;
	while (l.value < l.end && bls_is_blank(*l.value))
		l.value++;
	while (l.end > l.value && bls_is_blank(l.end[-1]))
		l.end--;
	return l;
}

static bool bls_is_key(const struct bls_line *l, const char *key)
{
	return l->n_key == strlen(key) && memcmp(l->key, key, l->n_key) == 0;
}

static void bls_parse(struct arena *arena, struct bls_entry *e)
{
	const char *limit = e->text + e->len;
	_cleanup_str_ struct str line = { 0 };

	for (const char *at = e->text; at < limit;) {
		struct bls_line l = bls_split(at, limit);
		const char *value = arena_strndup(arena, l.value, (size_t)(l.end - l.value));

		at = l.next;
		if (bls_is_key(&l, "title")) {
			e->title = value;
		} else if (bls_is_key(&l, "version")) {
			e->version = value;
		} else if (bls_is_key(&l, "machine-id")) {
			e->machine_id = value;
		} else if (bls_is_key(&l, "linux") || bls_is_key(&l, "efi")) {
			e->kernel = value;
		} else if (bls_is_key(&l, "initrd")) {
			arena_strv_add(arena, &e->initrds, value);
		} else if (bls_is_key(&l, "options")) {
			arena_strv_add(arena, &e->options, value);
			if (line.len)
				str_addc(&line, ' ');
			str_add(&line, value);
		}
	}
	e->line = arena_strdup(arena, str_c(&line));
}

int bls_read(struct host *h, const struct plan *plan, struct arena *arena, const char *folder,
	     struct bls_entry ***ret, unsigned *ret_n, struct err *err)
{
	_cleanup_strv_ char **names = NULL;
	unsigned n = 0;
	int r = fsroot_list(h->root, folder, &names);

	*ret = NULL;
	*ret_n = 0;
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == -EACCES || r == -EPERM)
		return err_set(err, ERR_NEEDS_ROOT, r, _("%s can only be read by root"), folder);
	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot read %s: %s"), folder, strerror(-r));
	*ret = arena_alloc(arena, (strv_length(strv_const(names)) + 1) * sizeof(**ret));
	for (char **name = names; name && *name; name++) {
		struct bls_entry *e;

		if (!str_ends_with(*name, ".conf"))
			continue;
		e = arena_alloc(arena, sizeof(*e));
		e->path = arena_printf(arena, "%s/%s", folder, *name);
		e->id = arena_strdup(arena, *name);
		r = boot_text_read(h, plan, arena, e->path, &e->text, &e->len, err);
		if (r == -ENOENT)
			continue; /* gone since the folder was listed */
		if (r < 0)
			return r;
		if (memchr(e->text, '\0', e->len))
			return err_input(err, e->path, 1, _("this is no text: it holds a NUL character"));
		bls_parse(arena, e);
		(*ret)[n++] = e;
	}
	*ret_n = n;
	return 0;
}

/* "/0123…/6.1.0-28-amd64/linux", "/vmlinuz-6.12.9-200.fc41.x86_64": a part of the path is the release. */
static bool bls_is_release(const struct bls_entry *e, const char *release)
{
	const char *at;
	size_t n;

	if (!release)
		return false;
	if (str_eq(e->version, release))
		return true;
	n = strlen(release);
	for (at = e->kernel ? strstr(e->kernel, release) : NULL; at; at = strstr(at + 1, release))
		if (at > e->kernel && strchr("/-", at[-1]) && (!at[n] || at[n] == '/' || at[n] == '.'))
			return true;
	return false;
}

/* The entry has the root of the running command line; without one in either it is no contradiction. */
static bool bls_has_running_root(const struct host *h, const struct bls_entry *e)
{
	const char *running = host_cmdline_value(h, "root");
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *root = NULL;

	kargs_parse(e->line, &k);
	root = kargs_value(&k, "root");
	return !running || !root || *root == '$' || strcmp(running, root) == 0;
}

struct bls_entry *bls_find_running(struct host *h, struct bls_entry *const *entries, unsigned n,
				   const char **ret_why)
{
	struct bls_entry *found = NULL;
	const char *why = NULL, *unused;

	ret_why = ret_why ? ret_why : &unused;
	for (unsigned i = 0; i < n && h->firmware.loader_entry; i++)
		if (strcasecmp(entries[i]->id, h->firmware.loader_entry) == 0) {
			*ret_why = arena_printf(h->arena, _("the loader says that it started %s (LoaderEntrySelected)"),
						entries[i]->path);
			return entries[i];
		}
	for (unsigned i = 0; i < n; i++) {
		if (!bls_is_release(entries[i], h->identity.kernel) || !bls_has_running_root(h, entries[i]))
			continue;
		if (found) {
			*ret_why = arena_printf(h->arena, _("%s and %s both start the kernel that runs"),
						found->path, entries[i]->path);
			return NULL;
		}
		found = entries[i];
		why = arena_printf(h->arena, _("%s starts the kernel that runs, %s"), found->path, h->identity.kernel);
	}
	*ret_why = found ? why : _("no boot entry starts the kernel that runs");
	return found;
}

/* Where arguments of an entry are added: the last options line. */
static const char *bls_last_options(const struct bls_entry *e)
{
	const char *limit = e->text + e->len, *last = NULL;

	for (const char *at = e->text; at < limit;) {
		struct bls_line l = bls_split(at, limit);

		if (bls_is_key(&l, "options"))
			last = l.value;
		at = l.next;
	}
	return last;
}

/* The arguments of SET that the whole entry, without REMOVE, does not have in force. */
static const char *const *bls_missing(struct arena *arena, const struct bls_entry *e,
				      const char *const *set, const char *const *remove)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	const char *const *missing = NULL;

	kargs_parse(e->line, &k);
	for (; remove && *remove; remove++)
		kargs_remove(&k, *remove);
	for (; set && *set; set++)
		if (!kargs_has(&k, *set))
			arena_strv_add(arena, &missing, *set);
	return missing;
}

const char *bls_edit(struct arena *arena, const struct bls_entry *e, const char *const *set,
		     const char *const *remove)
{
	const char *limit = e->text + e->len, *last = bls_last_options(e), *from = e->text;
	const char *const *missing = bls_missing(arena, e, set, remove);
	_cleanup_str_ struct str out = { 0 };
	bool changed = false;

	for (const char *at = e->text; at < limit;) {
		struct bls_line l = bls_split(at, limit);
		const char *old, *edited;

		at = l.next;
		if (!bls_is_key(&l, "options"))
			continue;
		old = arena_strndup(arena, l.value, (size_t)(l.end - l.value));
		edited = boot_line_edit(arena, old, l.value == last ? missing : NULL, remove);
		if (!edited)
			continue;
		str_addn(&out, from, (size_t)(l.value - from));
		str_add(&out, edited);
		from = l.end;
		changed = true;
	}
	str_addn(&out, from, (size_t)(limit - from));
	if (!last && missing) {
		_cleanup_free_ char *args = strv_join(missing, " ");

		if (out.len && out.data[out.len - 1] != '\n')
			str_addc(&out, '\n');
		str_addf(&out, "options %s\n", args);
		changed = true;
	}
	return changed ? arena_strdup(arena, str_c(&out)) : NULL;
}
