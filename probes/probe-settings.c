/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines about VFIO in files that people and other tools write.  What they mean is for src/model/legacy.c;
 * here only what could be about it is picked out.  What vfio-wizard wrote itself is left out.
 */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>
#include <sys/stat.h>

#define SETTINGS_OURS "vfio-wizard"

static const struct {
	const char *path;
	enum setting_kind kind;
} settings_files[] = {
	{ "etc/modules", SETTING_MODULES },
	{ "etc/initramfs-tools/modules", SETTING_MODULES },
	{ "etc/mkinitcpio.conf", SETTING_MKINITCPIO },
	{ "etc/dracut.conf", SETTING_DRACUT },
	{ "etc/booster.yaml", SETTING_BOOSTER },
	{ "etc/supergfxd.conf", SETTING_SUPERGFX },
	{ "boot/config/vfio-pci.cfg", SETTING_UNRAID },
	{ "etc/libvirt/hooks/qemu", SETTING_HOOK },
};

static const struct {
	const char *dir, *suffix;
	enum setting_kind kind;
} settings_dirs[] = {
	{ "etc/modprobe.d", ".conf", SETTING_MODPROBE },
	{ "etc/modules-load.d", ".conf", SETTING_MODULES },
	{ "etc/mkinitcpio.conf.d", ".conf", SETTING_MKINITCPIO },
	{ "etc/dracut.conf.d", "", SETTING_DRACUT },
	{ "etc/udev/rules.d", ".rules", SETTING_UDEV },
	{ "etc/driverctl.d", "", SETTING_DRIVERCTL },
	{ "etc/initramfs-tools/scripts/init-top", "", SETTING_BOOT_SCRIPT },
	{ "etc/initramfs-tools/scripts/init-premount", "", SETTING_BOOT_SCRIPT },
	{ "etc/initramfs-tools/hooks", "", SETTING_BOOT_SCRIPT },
	{ "etc/initcpio/hooks", "", SETTING_BOOT_SCRIPT },
	{ "etc/initcpio/install", "", SETTING_BOOT_SCRIPT },
	{ "etc/libvirt/hooks/qemu.d", "", SETTING_HOOK },
};

static bool settings_is_word_line(const char *line)
{
	static const char *const words[] = { "options", "softdep", "install", "blacklist", "alias" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_starts_with(line, words[i]) && strchr(" \t", line[strlen(words[i])]))
			return true;
	return false;
}

/* Can this line be about what is looked for?  Comments are not. */
static bool settings_is_wanted(enum setting_kind kind, const char *line)
{
	if (!*line || *line == '#' || (kind == SETTING_MODPROBE && !settings_is_word_line(line)))
		return false;
	switch (kind) {
	case SETTING_MODPROBE:
	case SETTING_DRIVERCTL:
		return true;
	case SETTING_UDEV:
		return strstr(line, "vfio-pci") || strstr(line, "driver_override");
	case SETTING_SUPERGFX:
		return strstr(line, "\"vfio_enable\"");
	case SETTING_UNRAID:
		return str_starts_with(line, "BIND=");
	case SETTING_BOOT_SCRIPT:
		return strstr(line, "driver_override") || strstr(line, "/new_id") || strstr(line, "vfio-pci") ||
		       strstr(line, "vfio_pci");
	case SETTING_HOOK:
	case SETTING_HOOK_TREE:
		return strstr(line, "virsh") || strstr(line, "driver_override") || strstr(line, "/unbind") ||
		       strstr(line, "modprobe") || strstr(line, "vtconsole");
	case SETTING_MKINITCPIO:
		return str_starts_with(line, "MODULES") && strstr(line, "vfio");
	case SETTING_DRACUT:
		return strstr(line, "drivers") && strstr(line, "vfio");
	case SETTING_KERNEL_ARG:
	case SETTING_MODULES:
	case SETTING_DRACUT_UNREAD:
	case SETTING_BOOSTER:
		break;
	}
	return strstr(line, "vfio") != NULL;
}

static bool settings_is_script(enum setting_kind kind)
{
	return kind == SETTING_BOOT_SCRIPT || kind == SETTING_HOOK || kind == SETTING_HOOK_TREE;
}

/* "…\" and an open "MODULES=(" go on in the next line. */
static bool settings_goes_on(enum setting_kind kind, const char *whole)
{
	if (str_ends_with(whole, "\\"))
		return true;
	return kind == SETTING_MKINITCPIO && strchr(whole, '(') && !strchr(whole, ')') && *whole != '#';
}

static void settings_add(struct host *h, enum setting_kind kind, const char *path, unsigned line,
			 unsigned n_lines, const char *text)
{
	struct setting_line *s = arena_alloc(h->arena, sizeof(*s));

	s->kind = kind;
	s->path = arena_printf(h->arena, "/%s", path);
	s->line = line;
	s->n_lines = n_lines;
	s->text = arena_strdup(h->arena, text);
	arena_list_add(h->arena, &h->vfio.setting_list, s);
	h->vfio.settings = (const struct setting_line **)(uintptr_t)h->vfio.setting_list.items;
	h->vfio.n_settings = (unsigned)h->vfio.setting_list.n;
}

/* Of a script one line is enough, and of a hook that calls libvirt that one. */
static void settings_add_script(struct host *h, enum setting_kind kind, const char *path, char *text)
{
	char *rest = text, *line, *found = NULL;
	unsigned number = 0, found_at = 0;

	while ((line = probe_next_line(&rest))) {
		number++;
		line = str_trim(line);
		if (!settings_is_wanted(kind, line) || (found && (kind == SETTING_BOOT_SCRIPT || !strstr(line, "virsh"))))
			continue;
		found = line;
		found_at = number;
		if (strstr(line, "virsh"))
			break;
	}
	if (found)
		settings_add(h, kind, path, found_at, 1, found);
}

static void settings_add_lines(struct host *h, enum setting_kind kind, const char *path, char *text)
{
	_cleanup_str_ struct str whole = { 0 };
	unsigned number = 0, first = 0;
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		number++;
		line = str_trim(line);
		if (!whole.len)
			first = number;
		else if (whole.data[whole.len - 1] == '\\')
			whole.data[--whole.len] = '\0';
		else
			str_addc(&whole, ' ');
		str_add(&whole, line);
		if (settings_goes_on(kind, str_c(&whole)) && rest && *rest)
			continue;
		if (settings_is_wanted(kind, str_c(&whole)))
			settings_add(h, kind, path, first, number - first + 1, str_c(&whole));
		str_done(&whole);
		whole = (struct str){ 0 };
	}
}

static void settings_read(struct host *h, enum setting_kind kind, const char *path)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "%s", path);
	const char *name = strrchr(path, '/');

	/* What is ours says so in its first lines, or in its name. */
	if (!text || strstr(name ? name : path, SETTINGS_OURS) || strstr(text, "Written by " SETTINGS_OURS))
		return;
	if (settings_is_script(kind))
		settings_add_script(h, kind, path, text);
	else
		settings_add_lines(h, kind, path, text);
}

static enum setting_kind settings_kind_of(enum setting_kind kind, const char *name)
{
	return kind == SETTING_DRACUT && !str_ends_with(name, ".conf") ? SETTING_DRACUT_UNREAD : kind;
}

/* qemu.d/NAME/prepare/begin/start.sh: run only by an /etc/libvirt/hooks/qemu that looks there. */
static void settings_read_tree(struct host *h, const char *dir, unsigned depth)
{
	_cleanup_strv_ char **names = probe_list(h, "%s", dir);
	enum setting_kind kind = probe_exists(h, "etc/libvirt/hooks/qemu") ? SETTING_HOOK : SETTING_HOOK_TREE;

	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, *name);
		struct stat st;

		if (fsroot_stat(h->root, path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < 4)
			settings_read_tree(h, path, depth + 1);
		else if (S_ISREG(st.st_mode))
			settings_read(h, depth ? kind : SETTING_HOOK, path);
	}
}

static void settings_read_dir(struct host *h, const char *dir, const char *suffix, enum setting_kind kind)
{
	_cleanup_strv_ char **names = probe_list(h, "%s", dir);

	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, *name);
		struct stat st;

		/* Debian's modules-load.d/modules.conf is a link to /etc/modules. */
		if (str_ends_with(*name, suffix) && fsroot_lstat(h->root, path, &st) == 0 && S_ISREG(st.st_mode))
			settings_read(h, settings_kind_of(kind, *name), path);
	}
}

static int settings_run(struct host *h, struct err *err _unused_)
{
	h->vfio.has_dracut = probe_exists(h, "usr/bin/dracut") || probe_exists(h, "usr/sbin/dracut") ||
			     probe_exists(h, "usr/lib/dracut") || probe_exists(h, "etc/dracut.conf.d") ||
			     probe_exists(h, "etc/dracut.conf");
	h->vfio.has_xen = probe_exists(h, "proc/xen") || probe_exists(h, "sys/hypervisor/type");
	for (size_t i = 0; i < ARRAY_SIZE(settings_files); i++)
		settings_read(h, settings_files[i].kind, settings_files[i].path);
	for (size_t i = 0; i < ARRAY_SIZE(settings_dirs); i++) {
		if (settings_dirs[i].kind == SETTING_HOOK)
			settings_read_tree(h, settings_dirs[i].dir, 0);
		else
			settings_read_dir(h, settings_dirs[i].dir, settings_dirs[i].suffix,
					  settings_dirs[i].kind);
	}
	return 0;
}

const struct probe probe_settings = {
	.name = "settings",
	.title = N_("Settings made by hand"),
	.run = settings_run,
};
