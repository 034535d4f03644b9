/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/refind-menu.h"

#include "base/str.h"
#include "boot/boot-evidence.h"
#include "model/kargs.h"

#include <string.h>

const char *refind_word(struct arena *arena, const char *text, size_t end, size_t *at)
{
	_cleanup_str_ struct str out = { 0 };
	bool quoted;

	while (*at < end && strchr(" \t", text[*at]))
		++*at;
	if (*at == end)
		return NULL;
	quoted = text[*at] == '"';
	for (*at += quoted; *at < end; ++*at) {
		if (!quoted && strchr(" \t", text[*at]))
			break;
		if (quoted && text[*at] == '"' && (*at + 1 == end || text[*at + 1] != '"')) {
			++*at;
			return arena_strdup(arena, str_c(&out));
		}
		*at += quoted && text[*at] == '"';
		str_addc(&out, text[*at]);
	}
	return quoted ? NULL : arena_strdup(arena, str_c(&out));
}

/* "\EFI\refind\refind_x64.efi" on the partition at /boot: "/boot/EFI/refind/refind.conf". */
static const char *menu_path(struct host *h, const char *partition)
{
	const char *program = h->firmware.boot_current_path, *last = program ? strrchr(program, '\\') : NULL;
	char *path;

	if (!last)
		return arena_printf(h->arena, "%s/EFI/refind/refind.conf", partition);
	path = arena_printf(h->arena, "%s%.*s/refind.conf", partition, (int)(last - program), program);
	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	return path;
}

static bool menu_has_root(const struct host *h, const char *options)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *root = NULL;

	kargs_parse(options, &k);
	root = kargs_value(&k, "root");
	return root && str_eq(root, host_cmdline_value(h, "root"));
}

static bool menu_search(struct host *h, const char *path, const char *text, size_t len, struct refind_menuentry *ret)
{
	struct refind_menuentry e = { .path = path };
	bool inside = false, found = false, disabled = false;
	unsigned depth = 0, number = 0;

	for (size_t at = 0; at < len;) {
		const char *newline = memchr(text + at, '\n', len - at), *word;
		size_t end = newline ? (size_t)(newline - text) : len, from = at;

		at = newline ? end + 1 : len;
		number++;
		if (end > from && text[end - 1] == '\r')
			end--;
		word = refind_word(h->arena, text, end, &from);
		if (!word || *word == '#')
			continue;
		if (strcasecmp(word, "menuentry") == 0) {
			e.title = refind_word(h->arena, text, end, &from);
			inside = true;
			found = disabled = false;
			depth = 0;
		} else if (inside && strcasecmp(word, "submenuentry") == 0) {
			depth++;
		} else if (inside && depth == 0 && strcasecmp(word, "disabled") == 0) {
			disabled = true;
		} else if (inside && depth == 0 && strcasecmp(word, "options") == 0) {
			const char *options = refind_word(h->arena, text, end, &from);

			found = options && menu_has_root(h, options);
			e.line = found ? number : e.line;
		} else if (inside && *word == '}' && depth) {
			depth--;
		} else if (inside && *word == '}') {
			inside = false;
			*ret = e;
			if (found && !disabled)
				return true;
		}
	}
	return false;
}

/* "include manual.conf": a file beside it, in which no further include counts. */
static bool menu_search_file(struct host *h, const char *path, bool follow, struct refind_menuentry *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (fsroot_read(h->root, path, &text, &len) < 0)
		return false;
	if (menu_search(h, path, text, len, ret))
		return true;
	for (size_t at = 0; follow && at < len;) {
		const char *newline = memchr(text + at, '\n', len - at), *word, *name;
		size_t end = newline ? (size_t)(newline - text) : len, from = at;

		at = newline ? end + 1 : len;
		if (end > from && text[end - 1] == '\r')
			end--;
		word = refind_word(h->arena, text, end, &from);
		name = word && strcasecmp(word, "include") == 0 ? refind_word(h->arena, text, end, &from) : NULL;
		if (name && menu_search_file(h, arena_printf(h->arena, "%.*s/%s", (int)(strrchr(path, '/') - path), path, name),
					     false, ret))
			return true;
	}
	return false;
}

bool refind_menu_find(struct host *h, struct refind_menuentry *ret)
{
	for (const char *const *p = boot_partitions(h); p && *p; p++)
		if (menu_search_file(h, menu_path(h, *p), true, ret))
			return true;
	return false;
}
