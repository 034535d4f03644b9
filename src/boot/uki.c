/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/uki.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "model/pe-section.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define UKI_FOLDER  "EFI/Linux"
#define UKI_PRESETS "/etc/mkinitcpio.d"

/* Recorded hosts keep the command line beside the image, which is empty there, see recording-config.c. */
static int uki_read_recorded(struct host *h, const char *path, char **ret)
{
	const char *real;
	size_t len;
	int r = fsroot_resolve(h->root, h->arena, path, &real);

	return r < 0 ? r : fsroot_read(h->root, arena_printf(h->arena, "/.vfio-wizard/cmdline/%s", real), ret, &len);
}

int uki_read_cmdline(struct host *h, const char *path, const char **ret)
{
	int fd = fsroot_openat(h->root, path, O_RDONLY | O_NOCTTY);
	_cleanup_free_ char *text = NULL;
	int r;

	if (fd < 0)
		return fd;
	r = pe_read_section(fd, ".cmdline", &text);
	close(fd);
	if (r == -EBADMSG && uki_read_recorded(h, path, &text) == 0)
		r = 0;
	if (r >= 0)
		*ret = arena_strdup(h->arena, str_trim(text));
	return r;
}

/* "\EFI\Linux\arch-linux.efi" on one of the partitions. */
static const char *uki_from_identifier(struct host *h, const char *identifier)
{
	const char *const *partitions = boot_partitions(h);
	char *path = arena_strdup(h->arena, identifier);

	for (char *c = path; *c; c++)
		if (*c == '\\')
			*c = '/';
	for (; partitions && *partitions; partitions++) {
		const char *full = arena_printf(h->arena, "%s%s%s", *partitions, *path == '/' ? "" : "/", path);

		if (fsroot_exists(h->root, full))
			return full;
	}
	return NULL;
}

/* All .efi in EFI/Linux, by partition and name. */
static const char *const *uki_list(struct host *h)
{
	const char *const *partitions = boot_partitions(h), *const *list = NULL;

	for (; partitions && *partitions; partitions++) {
		const char *folder = arena_printf(h->arena, "%s/" UKI_FOLDER, *partitions);
		_cleanup_strv_ char **names = NULL;

		if (fsroot_list(h->root, folder, &names) < 0)
			continue;
		for (char **n = names; n && *n; n++)
			if (str_ends_with(*n, ".efi") && !str_ends_with(*n, ".addon.efi"))
				arena_strv_add(h->arena, &list, arena_printf(h->arena, "%s/%s", folder, *n));
	}
	return list;
}

/* Two names of one file: /efi and /boot are often the same partition. */
static bool uki_same_file(struct host *h, const char *a, const char *b)
{
	struct stat sa, sb;

	if (fsroot_stat(h->root, a, &sa) < 0 || fsroot_stat(h->root, b, &sb) < 0)
		return strcmp(a, b) == 0;
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static void uki_find_image(struct host *h, struct uki *u)
{
	const struct firmware_facts *fw = &h->firmware;
	const char *const *list = uki_list(h), *found = NULL;

	if (fw->stub_image && (u->image = uki_from_identifier(h, fw->stub_image))) {
		u->why = arena_printf(h->arena, _("%s was started (StubImageIdentifier)"), u->image);
		return;
	}
	/* Name of the file of an entry of type 2, with a count of tries cut off. */
	for (const char *const *i = list; i && *i && fw->loader_entry; i++)
		if (strcasecmp(strrchr(*i, '/') + 1, fw->loader_entry) == 0) {
			u->image = *i;
			u->why = arena_printf(h->arena, _("%s was started (LoaderEntrySelected)"), u->image);
			return;
		}
	for (const char *const *i = list; i && *i; i++) {
		if (found && uki_same_file(h, found, *i))
			continue;
		if (found) {
			u->why = arena_printf(h->arena, _("it is not known which of %s and %s was started"), found, *i);
			return;
		}
		found = *i;
	}
	u->image = found;
	u->why = found ? arena_printf(h->arena, _("%s is the only unified kernel image"), found)
		       : _("no unified kernel image can be seen in EFI/Linux");
}

/* Value of KEY= in a file of lines "KEY=VALUE", quotes taken off; host's arena, NULL none. */
static const char *uki_setting(struct host *h, const char *path, const char *key)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	const char *found = NULL;
	size_t len, n = strlen(key);

	if (fsroot_read(h->root, path, &text, &len) < 0)
		return NULL;
	lines = strv_split(text, "\r\n");
	for (char **line = lines; line && *line; line++) {
		char *l = str_trim(*line), *value;

		if (strncmp(l, key, n) != 0 || *(value = l + n + strspn(l + n, " \t")) != '=')
			continue;
		value = str_trim(value + 1);
		if ((*value == '"' || *value == '\'') && strlen(value) > 1)
			value[strlen(value) - 1] = '\0', value++;
		found = arena_strdup(h->arena, value);
	}
	return found;
}

static void uki_add(struct host *h, struct uki *u, const char *image, const char *release)
{
	arena_strv_add(h->arena, &u->images, image);
	arena_strv_add(h->arena, &u->releases, release);
}

/*
 * PRESETS=('default' 'fallback')
 * default_uki="/efi/EFI/Linux/arch-linux.efi"
 * #fallback_image="/boot/initramfs-linux-fallback.img"
 */
static void uki_note_elsewhere(struct host *h, struct uki *u, const char *path, const char *preset)
{
	const char *own = uki_setting(h, path, arena_printf(h->arena, "%s_cmdline", preset));
	const char *options = uki_setting(h, path, arena_printf(h->arena, "%s_options", preset));

	if (!str_is_empty(own) || (options && strstr(options, "cmdline")))
		u->elsewhere = arena_printf(h->arena, _("%s names a command line of its own (%s)"), path,
					    str_is_empty(own) ? options : own);
}

static bool uki_read_preset(struct host *h, struct uki *u, const char *path)
{
	static const char *const keys[] = { "uki", "efi_image", "image" };
	const char *presets = uki_setting(h, path, "PRESETS");
	_cleanup_strv_ char **names = strv_split(presets ? presets : "", "()'\" \t");
	bool found = false;

	uki_note_elsewhere(h, u, path, "ALL");
	for (char **name = names; name && *name; name++) {
		uki_note_elsewhere(h, u, path, *name);
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
			const char *file = uki_setting(h, path, arena_printf(h->arena, "%s_%s", *name, keys[k]));

			if (!file || *file != '/' || strpbrk(file, "$`"))
				continue;
			if (strcmp(keys[k], "image") == 0) {
				arena_strv_add(h->arena, &u->others, file);
				continue;
			}
			uki_add(h, u, file, "");
			found |= uki_same_file(h, file, u->image);
		}
	}
	return found;
}

static bool uki_is_mkinitcpio(struct host *h, struct uki *u)
{
	_cleanup_strv_ char **names = NULL;
	bool found = false;

	if (fsroot_list(h->root, UKI_PRESETS, &names) < 0)
		return false;
	for (char **n = names; n && *n; n++) {
		const char *path = arena_printf(h->arena, UKI_PRESETS "/%s", *n);

		if (!str_ends_with(*n, ".preset") || !uki_read_preset(h, u, path))
			continue;
		found = true;
		u->maker = UKI_MKINITCPIO;
		u->maker_why = arena_printf(h->arena, _("%s says that mkinitcpio makes it"), path);
	}
	if (!found)
		u->images = u->releases = u->others = NULL, u->elsewhere = NULL;
	return found;
}

/* Images beside the one that was started whose name holds the release of a kernel that is installed. */
static void uki_add_releases(struct host *h, struct uki *u)
{
	const char *slash = strrchr(u->image, '/');
	_cleanup_strv_ char **releases = NULL;
	const char *const *list = uki_list(h);

	if (fsroot_list(h->root, "/usr/lib/modules", &releases) < 0 &&
	    fsroot_list(h->root, "/lib/modules", &releases) < 0)
		return;
	for (; list && *list; list++) {
		const char *release = NULL;

		if (strncmp(*list, u->image, (size_t)(slash + 1 - u->image)) != 0)
			continue;
		for (char **r = releases; r && *r; r++) {
			const char *at = strstr(*list, *r);
			size_t n = strlen(*r);

			/* "…-6.1.0-28-amd64.efi", "linux-6.1.0-28-amd64-0123….efi", tries "+3". */
			if (at && at[-1] == '-' && strchr(".-+", at[n]) && (!release || n > strlen(release)))
				release = arena_strdup(h->arena, *r);
		}
		if (release)
			uki_add(h, u, *list, release);
	}
	if (!u->images || !strv_contains(u->images, u->image))
		u->images = u->releases = NULL;
}

static bool uki_is_kernel_install(struct host *h, struct uki *u)
{
	static const char *const files[] = { "/etc/kernel/install.conf", "/usr/lib/kernel/install.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (!fsroot_exists(h->root, files[i]))
			continue;
		if (!str_eq(uki_setting(h, files[i], "layout"), "uki"))
			return false;
		uki_add_releases(h, u);
		if (!u->images)
			return false;
		u->maker = UKI_KERNEL_INSTALL;
		u->maker_why = arena_printf(h->arena, _("%s has layout=uki"), files[i]);
		return true;
	}
	return false;
}

static bool uki_is_dracut(struct host *h, struct uki *u)
{
	static const char *const folders[] = { "/usr/lib/dracut/dracut.conf.d", "/etc/dracut.conf.d" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_strv_ char **names = NULL;

		if (fsroot_list(h->root, folders[i], &names) < 0)
			continue;
		for (char **n = names; n && *n; n++) {
			const char *path = arena_printf(h->arena, "%s/%s", folders[i], *n);

			if (!str_ends_with(*n, ".conf") || !str_eq(uki_setting(h, path, "uefi"), "yes"))
				continue;
			uki_add_releases(h, u);
			if (!u->images)
				return false;
			u->maker = UKI_DRACUT;
			u->maker_why = arena_printf(h->arena, _("%s has uefi=yes"), path);
			return true;
		}
	}
	return false;
}

/* PARTITION/loader/addons/NAME.addon.efi count for every image, IMAGE.extra.d/… for one (systemd-stub(7)). */
static void uki_find_addons(struct host *h, struct uki *u)
{
	const char *const *partitions = boot_partitions(h), *const *folders = NULL;

	for (; partitions && *partitions; partitions++)
		arena_strv_add(h->arena, &folders, arena_printf(h->arena, "%s/loader/addons", *partitions));
	if (u->image)
		arena_strv_add(h->arena, &folders, arena_printf(h->arena, "%s.extra.d", u->image));
	for (; folders && *folders; folders++) {
		_cleanup_strv_ char **names = NULL;

		if (fsroot_list(h->root, *folders, &names) < 0)
			continue;
		for (char **n = names; n && *n; n++)
			if (str_ends_with(*n, ".addon.efi"))
				arena_strv_add(h->arena, &u->addons, arena_printf(h->arena, "%s/%s", *folders, *n));
	}
}

void uki_find(struct host *h, struct uki *ret)
{
	struct uki u = { 0 };

	uki_find_image(h, &u);
	u.maker_why = _("no preset of mkinitcpio names it, install.conf has no layout=uki and dracut's settings no uefi=yes");
	if (u.image) {
		if (uki_read_cmdline(h, u.image, &u.cmdline) < 0)
			u.cmdline = NULL;
		if (!uki_is_mkinitcpio(h, &u) && !uki_is_kernel_install(h, &u))
			uki_is_dracut(h, &u);
	}
	uki_find_addons(h, &u);
	*ret = u;
}
