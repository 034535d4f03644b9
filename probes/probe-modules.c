/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <fnmatch.h>
#include <libkmod.h>
#include <string.h>

/* In the order of precedence: a file hides those of its name in the folders behind (modprobe.d(5)). */
static const char *const modules_dirs[] = {
	"etc/modprobe.d",     "run/modprobe.d", "usr/local/lib/modprobe.d",
	"usr/lib/modprobe.d", "lib/modprobe.d",
};

static void modules_quiet(void *data _unused_, int priority _unused_, const char *file _unused_,
			  int line _unused_, const char *fn _unused_, const char *format _unused_,
			  va_list args _unused_)
{
}

static bool modules_is_interesting(const char *line)
{
	line += strspn(line, " \t");
	return *line != '#' &&
	       (str_starts_with(line, "blacklist") || str_starts_with(line, "softdep") ||
		str_starts_with(line, "install") || strstr(line, "vfio"));
}

/* A backslash at the end goes on in the next line; the number is that of the first. */
static void modules_read_file(struct host *h, const char *dir, const char *name)
{
	_cleanup_free_ char *text = probe_text(h, NULL, "%s/%s", dir, name);
	_cleanup_str_ struct str whole = { 0 };
	unsigned number = 0, first = 0;
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		size_t n = strlen(line);
		bool goes_on = n && line[n - 1] == '\\';

		number++;
		if (!whole.len)
			first = number;
		str_addn(&whole, line, n - goes_on);
		if (goes_on && rest && *rest)
			continue;
		if (modules_is_interesting(str_c(&whole)))
			arena_strv_add(h->arena, &h->vfio.modprobe_lines,
				       arena_printf(h->arena, "/%s/%s:%u: %s", dir, name, first,
						    str_trim(whole.data)));
		str_done(&whole);
		whole = (struct str){ 0 };
	}
}

static void modules_read_config(struct host *h)
{
	_cleanup_strv_ char **seen = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(modules_dirs); i++) {
		_cleanup_strv_ char **names = probe_list(h, "%s", modules_dirs[i]);

		for (char **name = names; name && *name; name++) {
			if (!str_ends_with(*name, ".conf") ||
			    strv_contains(strv_const(seen), *name))
				continue;
			strv_add(&seen, *name);
			modules_read_file(h, modules_dirs[i], *name);
		}
	}
}

static struct kmod_ctx *modules_open(struct host *h)
{
	char paths[ARRAY_SIZE(modules_dirs)][PATH_MAX], dir[PATH_MAX], relative[PATH_MAX];
	const char *config[ARRAY_SIZE(modules_dirs) + 1] = { NULL };
	struct kmod_ctx *kmod;

	if (!h->identity.kernel)
		return NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(modules_dirs); i++) {
		fsroot_library_path(h->root, modules_dirs[i], paths[i]);
		config[i] = paths[i];
	}
	snprintf(relative, sizeof(relative), "lib/modules/%s", h->identity.kernel);
	if (!probe_exists(h, "%s/modules.alias.bin", relative))
		return NULL;
	fsroot_library_path(h->root, relative, dir);
	kmod = kmod_new(dir, config);
	if (!kmod)
		return NULL;
	kmod_set_log_fn(kmod, modules_quiet, NULL);
	kmod_load_resources(kmod); /* keeps the indexes mapped: one look-up a device */
	return kmod;
}

/* Names of the modules that claim ALIAS, in the host's arena; NULL none. */
static const char *const *modules_look_up(struct host *h, struct kmod_ctx *kmod, const char *alias)
{
	struct kmod_list *list = NULL, *entry;
	const char *const *names = NULL;

	if (kmod_module_new_from_lookup(kmod, alias, &list) < 0)
		return NULL;
	kmod_list_foreach(entry, list)
	{
		struct kmod_module *module = kmod_module_get_module(entry);
		const char *name = kmod_module_get_name(module);

		if (!strv_contains(names, name))
			arena_strv_add(h->arena, &names, name);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	return names;
}

/*
 * modules.alias, where there is no index (recorded hosts):
 *	alias pci:v000010DEd*sv*sd*bc03sc00i00* nouveau
 */
static void modules_match_text(struct host *h)
{
	_cleanup_free_ char *text =
		h->identity.kernel
			? probe_text(h, NULL, "lib/modules/%s/modules.alias", h->identity.kernel)
			: NULL;
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		const char *word = probe_next_word(&line), *pattern = probe_next_word(&line),
			   *name = probe_next_word(&line);

		if (!name || !str_eq(word, "alias") || !str_starts_with(pattern, "pci:"))
			continue;
		for (unsigned i = 0; i < h->n_devices; i++) {
			struct pci_device *d = h->devices[i];

			if (d->modalias && fnmatch(pattern, d->modalias, 0) == 0 &&
			    !strv_contains(d->modules, name))
				arena_strv_add(h->arena, &d->modules, name);
		}
	}
}

/* Equal devices have equal modules: 63 virtual functions are one look-up. */
static void modules_of_devices(struct host *h, struct kmod_ctx *kmod)
{
	for (unsigned i = 0; i < h->n_devices; i++) {
		struct pci_device *d = h->devices[i];
		unsigned j = i;

		if (!d->modalias)
			continue;
		while (j-- > 0 && i - j < 80)
			if (str_eq(h->devices[j]->modalias, d->modalias))
				break;
		if (j < i && i - j < 80 && str_eq(h->devices[j]->modalias, d->modalias))
			d->modules = h->devices[j]->modules;
		else
			d->modules = modules_look_up(h, kmod, d->modalias);
	}
}

static bool modules_file_lists(struct host *h, const char *file, const char *needle)
{
	_cleanup_free_ char *text =
		probe_text(h, NULL, "lib/modules/%s/%s", h->identity.kernel, file);

	return text && strstr(text, needle);
}

/*
 * modules.builtin: "kernel/drivers/vfio/pci/vfio-pci.ko"
 * modules.dep: "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/…"
 */
static enum module_state modules_vfio_pci(struct host *h)
{
	bool present = probe_exists(h, "sys/module/vfio_pci") ||
		       probe_exists(h, "sys/bus/pci/drivers/vfio-pci");
	_cleanup_free_ char *loaded = probe_text(h, NULL, "proc/modules");

	if (loaded && (str_starts_with(loaded, "vfio_pci ") || strstr(loaded, "\nvfio_pci ")))
		return MODULE_LOADED;
	if (!h->identity.kernel || !probe_exists(h, "lib/modules/%s", h->identity.kernel))
		return !present ? MODULE_UNKNOWN : loaded ? MODULE_BUILTIN : MODULE_LOADED;
	if (modules_file_lists(h, "modules.builtin", "/vfio-pci.ko"))
		return MODULE_BUILTIN;
	if (present)
		return loaded ? MODULE_BUILTIN : MODULE_LOADED;
	if (modules_file_lists(h, "modules.dep", "/vfio-pci.ko"))
		return MODULE_AVAILABLE;
	/* A folder with nothing but leftovers of a removed kernel says nothing. */
	return probe_exists(h, "lib/modules/%s/modules.dep", h->identity.kernel) ? MODULE_MISSING
										 : MODULE_UNKNOWN;
}

static int modules_run(struct host *h, struct err *err _unused_)
{
	struct kmod_ctx *kmod = modules_open(h);

	if (kmod) {
		modules_of_devices(h, kmod);
		kmod_unref(kmod);
	} else {
		modules_match_text(h);
	}
	h->vfio.vfio_pci = modules_vfio_pci(h);
	modules_read_config(h);
	return 0;
}

const struct probe probe_modules = {
	.name = "modules",
	.title = N_("Kernel modules"),
	.run = modules_run,
};
