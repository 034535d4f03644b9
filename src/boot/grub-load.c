/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/grub-load.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <string.h>

bool grub_load_reads_dropins(const struct host *h)
{
	static const char *const scripts[] = { "/usr/sbin/grub-mkconfig", "/usr/bin/grub-mkconfig",
					       "/usr/sbin/grub2-mkconfig" };

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		/* A wrapper around the real one says nothing about either file. */
		/* "for x in ${sysconfdir}/default/grub.d/…cfg ; do" */
		if (fsroot_read(h->root, scripts[i], &text, &len) >= 0 && strstr(text, "/default/grub"))
			return strstr(text, "/default/grub.d/") != NULL;
	}
	return strv_contains(h->identity.os_like, "debian") ||
	       strv_contains(h->identity.os_like, "ubuntu") ||
	       str_eq(h->identity.os_id, "debian") || str_eq(h->identity.os_id, "ubuntu");
}

const char *const *grub_load_list(const struct host *h, const struct plan *plan,
				  struct arena *arena)
{
	const char *const *paths = NULL;
	_cleanup_strv_ char **names = NULL, **sorted = NULL;

	if (fsroot_exists(h->root, GRUB_MAIN) || (plan && plan_last_change(plan, GRUB_MAIN)))
		arena_strv_add(arena, &paths, GRUB_MAIN);
	if (!grub_load_reads_dropins(h))
		return paths;
	if (fsroot_list(h->root, GRUB_DROPINS, &names) >= 0)
		for (char **n = names; n && *n; n++)
			if (str_ends_with(*n, ".cfg") && **n != '.')
				strv_add_owned(&sorted, xasprintf(GRUB_DROPINS "/%s", *n));
	if (plan && plan_last_change(plan, GRUB_OURS) &&
	    !strv_contains(strv_const(sorted), GRUB_OURS))
		strv_add(&sorted, GRUB_OURS);
	strv_sort(sorted);
	for (char **s = sorted; s && *s; s++)
		arena_strv_add(arena, &paths, arena_strdup(arena, *s));
	return paths;
}

int grub_load_script(const struct host *h, const struct plan *plan, struct arena *arena,
		     struct grub_script *ret, struct err *err)
{
	const char *const *paths = grub_load_list(h, plan, arena);
	struct grub_script s = { .arena = arena };
	const char *sh = fsroot_link_name(h->root, arena, "/bin/sh");

	s.knows_append = !str_eq(sh, "dash");
	s.files = arena_alloc(arena, (strv_length(paths) + 1) * sizeof(*s.files));
	for (; paths && *paths; paths++) {
		const char *text;
		size_t len;
		int r = boot_text_read(h, plan, arena, *paths, &text, &len, err);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		r = grub_file_parse_after(arena, *paths, text, len, s.n_files ? s.files[s.n_files - 1].functions : NULL,
					  &s.files[s.n_files], err);
		if (r < 0)
			return r;
		s.n_files++;
	}
	*ret = s;
	return 0;
}

/* A line "blscfg", "blscfg non-default" or the like. */
static bool grub_has_blscfg(const char *text)
{
	for (; text; text = strchr(text, '\n')) {
		text += strspn(text, " \t\n");
		if (str_starts_with(text, "blscfg") && strchr(" \t\n", text[strlen("blscfg")]))
			return true;
	}
	return false;
}

bool grub_load_is_bls(struct host *h)
{
	static const char *const menus[] = { "/boot/grub2/grub.cfg", "/boot/grub/grub.cfg" };
	struct grub_script s;
	struct grub_value v;

	for (size_t i = 0; i < ARRAY_SIZE(menus); i++) {
		_cleanup_free_ char *text = NULL;
		size_t len;

		if (fsroot_read(h->root, menus[i], &text, &len) >= 0)
			return grub_has_blscfg(text);
	}
	if (grub_load_script(h, NULL, h->arena, &s, NULL) < 0)
		return false;
	grub_script_value(&s, "GRUB_ENABLE_BLSCFG", &v);
	return str_eq(v.text, "true");
}
