/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/firmware-find.h"

#include "base/json.h"
#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

/*
 * Earlier ones hide later ones.  The script runs as root, so ~ is root's.  The last two are where NixOS
 * and programs built by hand have what others keep in /usr/share.
 */
static const char *const firmware_folders[] = {
	"/root/.config/qemu/firmware",
	"/etc/qemu/firmware",
	"/usr/share/qemu/firmware",
	"/usr/local/share/qemu/firmware",
	"/var/lib/qemu/firmware",
	"/run/current-system/sw/share/qemu/firmware",
};

static bool firmware_has(const json_t *array, const char *word)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
		if (str_eq(json_string_value(item), word))
			return true;
	return false;
}

/* {"architecture": "x86_64", "machines": ["pc-q35-*"]}: the globs are of versioned names. */
static bool firmware_is_for_q35(const json_t *doc, const char *qemu_version)
{
	_cleanup_free_ char *machine = xasprintf("pc-q35-%s", qemu_version ? qemu_version : "8.0");
	const json_t *target, *glob;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "targets"), i, target) {
		if (!str_eq(json_string_value(json_object_get(target, "architecture")), "x86_64"))
			continue;
		json_array_foreach(json_object_get(target, "machines"), k, glob) {
			const char *text = json_string_value(glob);

			if (text && (fnmatch(text, machine, 0) == 0 || fnmatch(text, "q35", 0) == 0))
				return true;
		}
	}
	return false;
}

/* {"filename": "/usr/share/OVMF/OVMF_CODE_4M.fd", "format": "raw"} */
static bool firmware_read_file(const json_t *o, struct arena *a, const char **ret_path, const char **ret_format)
{
	const char *path = json_string_value(json_object_get(o, "filename"));
	const char *format = json_string_value(json_object_get(o, "format"));

	if (!path || path[0] != '/' || (!str_eq(format, "raw") && !str_eq(format, "qcow2")))
		return false;
	*ret_path = arena_strdup(a, path);
	*ret_format = arena_strdup(a, format);
	return true;
}

/*
 * "flash" with mode "split" (or none) has two files, "combined" one that is written to.  "stateless"
 * forgets every boot entry, and "memory" and "kernel" are firmware of another kind of machine: not ours.
 */
static bool firmware_read_mapping(const json_t *mapping, struct arena *a, struct machine_ovmf *ret)
{
	const char *mode = json_string_value(json_object_get(mapping, "mode"));
	bool split = !mode || str_eq(mode, "split");

	if (!str_eq(json_string_value(json_object_get(mapping, "device")), "flash") ||
	    (!split && !str_eq(mode, "combined")) ||
	    !firmware_read_file(json_object_get(mapping, "executable"), a, &ret->code, &ret->code_format))
		return false;
	return !split || firmware_read_file(json_object_get(mapping, "nvram-template"), a, &ret->vars,
					    &ret->vars_format);
}

static bool firmware_read(const json_t *doc, struct arena *a, const char *qemu_version, struct machine_ovmf *ret)
{
	const json_t *features = json_object_get(doc, "features");

	if (!firmware_has(json_object_get(doc, "interface-types"), "uefi") ||
	    !firmware_is_for_q35(doc, qemu_version) ||
	    !firmware_read_mapping(json_object_get(doc, "mapping"), a, ret))
		return false;
	ret->secure_boot = firmware_has(features, "secure-boot");
	ret->enrolled_keys = firmware_has(features, "enrolled-keys");
	ret->requires_smm = firmware_has(features, "requires-smm");
	return true;
}

/* Every name once. */
static char **firmware_names(const struct host *h, struct firmware_search *s)
{
	char **all = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(firmware_folders); i++) {
		_cleanup_strv_ char **names = NULL;

		if (fsroot_list(h->root, firmware_folders[i], &names) < 0)
			continue;
		s->known = true;
		for (char **name = names; name && *name; name++)
			if (str_ends_with(*name, ".json") && !strv_contains(strv_const(all), *name))
				strv_add(&all, *name);
	}
	if (all)
		strv_sort(all);
	return all;
}

/* The text of the file that counts, free() it; NULL: hidden, or not readable. */
static char *firmware_text(const struct host *h, struct arena *a, const char *name, size_t *ret_len,
			   const char **ret_path, struct firmware_search *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(firmware_folders); i++) {
		char *text = NULL;
		int r;

		*ret_path = arena_printf(a, "%s/%s", firmware_folders[i], name);
		r = fsroot_read(h->root, *ret_path, &text, ret_len);
		if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
			continue;
		if (r == 0 && *ret_len)
			return text;
		free(text); /* empty, or a link to /dev/null */
		if (r < 0)
			arena_strv_add(a, &s->broken, arena_printf(a, "%s: %s", *ret_path, strerror(-r)));
		return NULL;
	}
	return NULL;
}

/* Another root's files can be looked at; of a recorded host only the descriptions are known. */
static bool firmware_is_there(const struct host *h, const struct machine_ovmf *f)
{
	return !fsroot_is_live(h->root) ||
	       (fsroot_exists(h->root, f->code) && (!f->vars || fsroot_exists(h->root, f->vars)));
}

const struct machine_ovmf *firmware_find(const struct host *h, struct arena *a, const char *qemu_version,
					 bool secure, bool keys, struct firmware_search *ret)
{
	_cleanup_strv_ char **names = NULL;
	const struct machine_ovmf *found = NULL;

	*ret = (struct firmware_search){ 0 };
	names = firmware_names(h, ret);
	for (char **name = names; name && *name; name++) {
		struct machine_ovmf *f = arena_alloc(a, sizeof(*f));
		_cleanup_free_ char *text = NULL;
		_cleanup_json_ json_t *doc = NULL;
		struct err err = { 0 };
		size_t len = 0;

		text = firmware_text(h, a, *name, &len, &f->description, ret);
		if (!text)
			continue;
		if (json_parse(text, len, f->description, &doc, &err) < 0) {
			arena_strv_add(a, &ret->broken, arena_strdup(a, err.msg));
			continue;
		}
		if (!firmware_read(doc, a, qemu_version, f) || !firmware_is_there(h, f))
			continue;
		ret->n_x86++;
		ret->secure_boot = ret->secure_boot || f->secure_boot;
		if (!found && f->secure_boot == secure && (!secure || f->enrolled_keys == keys))
			found = f;
	}
	return found;
}
