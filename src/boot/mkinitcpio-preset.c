/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/mkinitcpio-preset.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

#define PRESET_DIR "/etc/mkinitcpio.d"

/*
 *	#ALL_config="/etc/mkinitcpio.conf"
 *	ALL_kver="/boot/vmlinuz-linux"
 *	PRESETS=('default' 'fallback')
 *	default_image="/boot/initramfs-linux.img"
 *	#default_uki="/efi/EFI/Linux/arch-linux.efi"
 *	fallback_options="-S autodetect"
 * The value of the last NAME, quotes and brackets left as they are; NULL none.
 */
static const char *preset_raw(struct arena *a, const char *text, const char *name)
{
	const char *value = NULL;
	size_t len = strlen(name);

	while (*text) {
		size_t n = strcspn(text, "\n"), skip = strspn(text, " \t");

		if (skip < n && strncmp(text + skip, name, len) == 0 && text[skip + len] == '=')
			value = str_trim(arena_strndup(a, text + skip + len + 1, n - skip - len - 1));
		text += n + (text[n] == '\n');
	}
	return value;
}

/* Words of "('default' "fallback")", or the one word of a plain value. */
static const char *const *preset_words(struct arena *a, const char *raw)
{
	const char *const *words = NULL;

	for (const char *p = raw; p && *p;) {
		size_t n;

		p += strspn(p, "( \t");
		if (*p == '#' || *p == ')' || !*p)
			break;
		if (*p == '\'' || *p == '"') {
			n = strcspn(p + 1, *p == '"' ? "\"" : "'");
			arena_strv_add(a, &words, arena_strndup(a, p + 1, n));
			p += n + 1 + (p[n + 1] != '\0');
			continue;
		}
		n = strcspn(p, " \t)#");
		arena_strv_add(a, &words, arena_strndup(a, p, n));
		p += n;
	}
	return words;
}

/* "" when it is not set. */
static const char *preset_value(struct arena *a, const char *text, const char *preset,
				const char *key)
{
	const char *const *words =
		preset_words(a, preset_raw(a, text, arena_printf(a, "%s_%s", preset, key)));

	return words ? *words : "";
}

static int preset_add_output(struct host *h, const char *path, const char *value,
			     const char *const **outputs, struct err *err)
{
	if (!*value)
		return 0;
	if (value[0] != '/' || strpbrk(value, "$`\\*?{")) {
		err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			_("%s names the image \"%s\", and only the shell knows which file that is"), path,
			value);
		return err_hint(err, _("Write the whole path there, or choose --bind libvirt."));
	}
	if (!strv_contains(*outputs, value))
		arena_strv_add(h->arena, outputs, value);
	return 0;
}

static int preset_read(struct host *h, const char *name, struct mkinitcpio_preset *p, struct err *err)
{
	static const char *const keys[] = { "image", "uki", "efi_image" };
	const char *path = arena_printf(h->arena, PRESET_DIR "/%s.preset", name);
	_cleanup_free_ char *text = NULL;
	const char *const *presets;
	size_t len;
	int r = fsroot_read(h->root, path, &text, &len);

	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot read %s: %s"), path, strerror(-r));
	p->name = name;
	presets = preset_words(h->arena, preset_raw(h->arena, text, "PRESETS"));
	for (; presets && *presets; presets++) {
		const char *config = preset_value(h->arena, text, *presets, "config");

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			r = preset_add_output(h, path, preset_value(h->arena, text, *presets, keys[i]),
					      &p->outputs, err);
			if (r < 0)
				return r;
		}
		if (!*config)
			config = preset_value(h->arena, text, "ALL", "config");
		if (!*config)
			p->uses_default = true;
		else if (!strv_contains(p->configs, config))
			arena_strv_add(h->arena, &p->configs, config);
	}
	return 0;
}

int mkinitcpio_presets(struct host *h, struct mkinitcpio_preset **ret, unsigned *ret_n, struct err *err)
{
	_cleanup_strv_ char **names = NULL;
	struct mkinitcpio_preset *presets;
	unsigned n = 0;
	int r = fsroot_list(h->root, PRESET_DIR, &names);

	if (r < 0 && r != -ENOENT)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot read %s: %s"), PRESET_DIR,
			       strerror(-r));
	presets = arena_alloc(h->arena, (strv_length(strv_const(names)) + 1) * sizeof(*presets));
	for (char **name = names; name && *name; name++) {
		if (!str_ends_with(*name, ".preset"))
			continue;
		r = preset_read(h,
				arena_strndup(h->arena, *name, strlen(*name) - strlen(".preset")),
				&presets[n], err);
		if (r < 0)
			return r;
		n += presets[n].outputs != NULL;
	}
	*ret = presets;
	*ret_n = n;
	return 0;
}
