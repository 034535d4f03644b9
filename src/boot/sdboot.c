/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/sdboot.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "model/kargs.h"

#include <fnmatch.h>
#include <string.h>

/* /efi and /boot can be two names of one partition (an automount of systemd's): its folder counts once. */
static bool sdboot_is_new(struct host *h, const char *folder, struct stat *seen, unsigned *n)
{
	struct stat st;

	if (fsroot_stat(h->root, folder, &st) < 0)
		return false;
	for (unsigned i = 0; i < *n; i++)
		if (seen[i].st_dev == st.st_dev && seen[i].st_ino == st.st_ino)
			return false;
	seen[(*n)++] = st;
	return true;
}

static void sdboot_push(struct host *h, struct bls_entry ***list, unsigned *n, struct bls_entry *e)
{
	struct bls_entry **longer = arena_alloc(h->arena, (*n + 1) * sizeof(*longer));

	if (*n)
		memcpy(longer, *list, *n * sizeof(*longer));
	longer[(*n)++] = e;
	*list = longer;
}

static bool sdboot_is_ours(const struct bls_entry *e)
{
	return strcasecmp(e->id, SDBOOT_BEFORE) == 0 || strcasecmp(e->id, SDBOOT_TRIAL) == 0;
}

/* "2024-05-01_12-00-00_linux-fallback.conf", "manjarolinux6.6-fallback.conf" */
static bool sdboot_is_spared(const struct bls_entry *e)
{
	return strcasestr(e->id, "fallback") || strcasestr(e->id, "rescue");
}

/*
 * The entry starts this very system: with the root of the running command line, or, where the root
 * is found by its partition type and neither names one, with this machine's id.  An entry without
 * arguments and initial RAM disk starts something else: memtest86+, an EFI shell.
 */
static bool sdboot_is_own(struct host *h, const struct bls_entry *e, const char *machine_id)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *root = NULL;
	const char *running = host_cmdline_value(h, "root");

	if (!e->kernel || (!e->options && !e->initrds))
		return false;
	if (e->machine_id && machine_id && strcasecmp(e->machine_id, machine_id) != 0)
		return false;
	kargs_parse(e->line, &k);
	root = kargs_value(&k, "root");
	return str_eq(root, running);
}

/* How many parts the path has, and the last: "/0123…/6.1.0-28-amd64/linux" has three. */
static unsigned sdboot_depth(const char *kernel, const char **ret_last)
{
	unsigned n = 0;

	*ret_last = kernel;
	for (const char *c = kernel; *c; c++)
		if (*c == '/') {
			n++;
			*ret_last = c + 1;
		}
	return n;
}

/* By the entry itself where it shows: what else is installed does not matter. */
static enum sdboot_maker sdboot_find_maker(struct host *h, const struct bls_entry *e)
{
	const char *last;

	if (e && e->kernel && e->version && sdboot_depth(e->kernel, &last) == 3) {
		if (strcmp(last, "linux") == 0)
			return SDBOOT_KERNEL_INSTALL;
		if (str_starts_with(last, "linux-"))
			return SDBOOT_SDBOOTUTIL;
	}
	return fsroot_exists(h->root, SDBOOT_MANAGE_FILE) ? SDBOOT_MANAGE : SDBOOT_BY_HAND;
}

/* "\\initramfs-linux.img" of the command line is "/initramfs-linux.img" of the entry. */
static bool sdboot_same_path(const char *running, const char *entry)
{
	for (; *running && *entry; running++, entry++)
		if ((*running == '\\' ? '/' : *running) != *entry)
			return false;
	return !*running && !*entry;
}

/* What E names as its last initial RAM disk was loaded, and all its arguments are on the running line. */
static bool sdboot_is_on_line(struct host *h, const struct bls_entry *e)
{
	const char *initrd = host_cmdline_value(h, "initrd"), *last = NULL;
	_cleanup_kargs_ struct kargs k = { 0 };

	for (const char *const *i = e->initrds; i && *i; i++)
		last = *i;
	if (!initrd || !last || !sdboot_same_path(initrd, last))
		return false;
	kargs_parse(e->line, &k);
	for (char **a = k.args; a && *a; a++)
		if (!strv_contains(h->kernel.args, *a))
			return false;
	return true;
}

/* Where entries have no version ("linux /vmlinuz-linux"), the initial RAM disk and the line tell. */
static void sdboot_find_by_line(struct host *h, struct sdboot *s)
{
	struct bls_entry *found = NULL;

	for (unsigned i = 0; i < s->n; i++) {
		if (!sdboot_is_on_line(h, s->entries[i]))
			continue;
		if (found) {
			s->why = arena_printf(h->arena, _("%s and %s both have the arguments that the kernel runs with"),
					      found->path, s->entries[i]->path);
			return;
		}
		found = s->entries[i];
	}
	if (!found)
		return;
	s->running = found;
	s->why = arena_printf(h->arena, _("%s has the initial RAM disk and the arguments that the kernel runs with"),
			      found->path);
}

int sdboot_read(struct host *h, const struct plan *plan, struct sdboot *ret, struct err *err)
{
	const char *const *partitions = boot_partitions(h), *machine_id = NULL;
	struct stat *seen = arena_alloc(h->arena, (strv_length(partitions) + 1) * sizeof(*seen));
	struct sdboot s = { 0 };
	unsigned n_seen = 0;

	fsroot_read_attr(h->root, h->arena, "/etc/machine-id", &machine_id);
	for (; partitions && *partitions; partitions++) {
		const char *folder = arena_printf(h->arena, "%s/loader/entries", *partitions);
		struct bls_entry **entries;
		unsigned n;
		int r;

		if (!sdboot_is_new(h, folder, seen, &n_seen))
			continue;
		r = bls_read(h, plan, h->arena, folder, &entries, &n, err);
		if (r < 0)
			return r;
		for (unsigned i = 0; i < n; i++)
			if (strcasecmp(entries[i]->id, SDBOOT_TRIAL) == 0)
				s.trial = entries[i];
			else if (!sdboot_is_ours(entries[i]))
				sdboot_push(h, &s.entries, &s.n, entries[i]);
	}
	for (unsigned i = 0; i < s.n; i++)
		if (!sdboot_is_own(h, s.entries[i], machine_id))
			continue;
		else if (sdboot_is_spared(s.entries[i]))
			sdboot_push(h, &s.spared, &s.n_spared, s.entries[i]);
		else
			sdboot_push(h, &s.own, &s.n_own, s.entries[i]);
	s.running = bls_find_running(h, s.entries, s.n, &s.why);
	if (!s.running)
		sdboot_find_by_line(h, &s);
	if (!s.running && s.n_own == 1 && !s.n_spared) {
		s.running = s.own[0];
		s.why = arena_printf(h->arena, _("%s is the only entry of this system"), s.running->path);
	}
	s.maker = sdboot_find_maker(h, s.running ? s.running : s.n_own ? s.own[0] : NULL);
	*ret = s;
	return 0;
}

const char *sdboot_foreign(struct host *h)
{
	static const char *const owners[] = { "/etc/kernelstub/configuration", "/etc/kernel/proxmox-boot-uuids" };

	for (size_t i = 0; i < ARRAY_SIZE(owners); i++)
		if (fsroot_exists(h->root, owners[i]))
			return arena_printf(h->arena, _("another tool writes its entries (%s)"), owners[i]);
	if (host_cmdline_value(h, "ostree"))
		return _("the kernel arguments of an ostree system belong to rpm-ostree");
	if (fsroot_exists(h->root, "/etc/NIXOS"))
		return _("NixOS writes its entries anew from its configuration");
	return NULL;
}

const char *sdboot_loader_conf(struct host *h)
{
	const char *const *partitions = boot_partitions(h);

	for (; partitions && *partitions; partitions++) {
		const char *path = arena_printf(h->arena, "%s/loader/loader.conf", *partitions);

		if (fsroot_exists(h->root, path))
			return path;
	}
	return NULL;
}

/* "default  arch.conf": the last line of KEY counts, as systemd-boot reads one after the other. */
static const char *sdboot_last_value(struct host *h, const char *text, const char *key)
{
	_cleanup_strv_ char **lines = strv_split(text, "\r\n");
	const char *found = NULL;
	size_t n = strlen(key);

	for (char **line = lines; line && *line; line++) {
		char *l = str_trim(*line);

		if (strncmp(l, key, n) == 0 && (l[n] == ' ' || l[n] == '\t'))
			found = arena_strdup(h->arena, str_trim(l + n));
	}
	return found;
}

const char *sdboot_loader_value(struct host *h, const char *key)
{
	const char *path = sdboot_loader_conf(h);
	_cleanup_free_ char *text = NULL;
	size_t len;

	return path && fsroot_read(h->root, path, &text, &len) == 0 ? sdboot_last_value(h, text, key) : NULL;
}

const char *sdboot_entry_value(struct host *h, const struct bls_entry *e, const char *key)
{
	return sdboot_last_value(h, e->text, key);
}

/* "systemd-boot 252.39-1~deb12u2" → 252; 0 unknown. */
static unsigned long sdboot_version(const struct host *h)
{
	const char *info = h->firmware.loader_info;

	return info && str_starts_with(info, "systemd-boot ") ? strtoul(info + strlen("systemd-boot "), NULL, 10) : 0;
}

/*
 * Without a default the first of the list is started (since systemd 251 the list is sorted by
 * sort-key, then downwards by version and name; entries without a key come behind those with one;
 * before it was upwards, and the last one was started).
 */
static const char *sdboot_why_first(struct host *h, const struct sdboot *s, const char *sort_key)
{
	if (sdboot_version(h) < 251)
		return _("loader.conf names no default, and systemd-boot is older than 251 or does not say its version");
	for (unsigned i = 0; i < s->n_own; i++) {
		const char *key = sdboot_entry_value(h, s->own[i], "sort-key");

		if (strstr(s->own[i]->id, "+0")) /* no tries left: at the end, behind ours */
			continue;
		/* Names that begin with a digit (archinstall's date, a machine id) come before ours. */
		if (key ? !sort_key || strcmp(key, sort_key) < 0
			: !sort_key && strchr("0123456789", *s->own[i]->id))
			return NULL;
	}
	return _("loader.conf names no default, and then it would be the first of the list");
}

const char *sdboot_why_default(struct host *h, const struct sdboot *s, const char *id, const char *sort_key)
{
	const char *pattern = sdboot_loader_value(h, "default");
	_cleanup_free_ char *bare = xstrndup(id, strlen(id) - strlen(".conf"));

	if (!pattern || str_starts_with(pattern, "@"))
		return sdboot_why_first(h, s, sort_key);
	/* Older ones compare without ".conf". */
	if (fnmatch(pattern, id, FNM_CASEFOLD) == 0 || fnmatch(pattern, bare, FNM_CASEFOLD) == 0)
		return arena_printf(h->arena, _("\"default %s\" in loader.conf could choose it"), pattern);
	for (unsigned i = 0; i < s->n; i++)
		if (fnmatch(pattern, s->entries[i]->id, FNM_CASEFOLD) == 0)
			return NULL;
	return sdboot_why_first(h, s, sort_key);
}
