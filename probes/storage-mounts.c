/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/storage-map.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

#include <string.h>
#include <strings.h>

struct storage_node *storage_by_name(const struct storage_map *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->nodes[i]->block->name, name))
			return m->nodes[i];
	return NULL;
}

struct storage_node *storage_by_dev(const struct storage_map *m, const char *dev)
{
	for (size_t i = 0; i < m->n; i++)
		if (str_eq(m->nodes[i]->dev, dev))
			return m->nodes[i];
	return NULL;
}

static struct storage_node *storage_by_tag(const struct storage_map *m, const char *tag,
					   const char *value)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct storage_node *n = m->nodes[i];
		const char *have = str_eq(tag, "UUID")        ? n->block->uuid
				   : str_eq(tag, "LABEL")     ? n->block->label
				   : str_eq(tag, "PARTUUID")  ? n->block->part_uuid
				   : str_eq(tag, "PARTLABEL") ? n->part_label
							      : NULL;

		if (have && strcasecmp(have, value) == 0)
			return m->nodes[i];
	}
	return NULL;
}

static struct storage_node *storage_by_path(const struct storage_map *m, const char *name)
{
	struct storage_node *found = storage_by_name(m, name);
	const char *real;

	for (size_t i = 0; !found && i < m->n; i++) {
		const struct storage_node *n = m->nodes[i];

		if (strv_contains(n->links, name) ||
		    (n->dm_name && str_starts_with(name, "mapper/") &&
		     str_eq(name + strlen("mapper/"), n->dm_name)))
			found = m->nodes[i];
	}
	if (found)
		return found;
	if (fsroot_resolve(m->h->root, m->h->arena, arena_printf(m->h->arena, "dev/%s", name),
			   &real) < 0 ||
	    !str_starts_with(real, "dev/"))
		return NULL;
	return storage_by_name(m, real + strlen("dev/"));
}

struct storage_node *storage_by_spec(const struct storage_map *m, const char *spec)
{
	_cleanup_free_ char *copy = xstrdup(spec);
	char *value = strchr(copy, '=');

	if (str_starts_with(copy, "/dev/"))
		return storage_by_path(m, copy + strlen("/dev/"));
	if (!value)
		return NULL;
	*value++ = '\0';
	if (*value == '"') {
		value++;
		value[strcspn(value, "\"")] = '\0';
	}
	return storage_by_tag(m, copy, value);
}

/* Mount points write blanks as "\040". */
static void storage_unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* Also for everything NODE is made of; DEPTH ends a loop in a broken tree. */
static void storage_use(struct storage_map *m, struct storage_node *node, const char *where,
			unsigned depth)
{
	struct block_device *b = node->block;

	if (where && !strv_contains(b->mounts, where))
		arena_strv_add(m->h->arena, &b->mounts, where);
	else if (!where)
		b->is_swap = true;
	for (const char *const *s = node->slaves; s && *s && depth < 8; s++) {
		struct storage_node *below = storage_by_name(m, *s);

		if (below)
			storage_use(m, below, where, depth + 1);
	}
}

/* The other devices of a btrfs, or of the pool a ZFS dataset lies in ("rpool/ROOT/pve-1"). */
static void storage_mount_siblings(struct storage_map *m, const struct storage_node *node,
				   const char *type, const char *source, const char *where)
{
	size_t pool = strcspn(source, "/");

	for (size_t i = 0; i < m->n; i++) {
		const struct block_device *b = m->nodes[i]->block;

		if (str_eq(type, "btrfs") && node && b->uuid && str_eq(b->fs_type, "btrfs") &&
		    str_eq(b->uuid, node->block->uuid) && m->nodes[i] != node) {
			storage_use(m, m->nodes[i], where, 0);
			m->nodes[i]->block->is_member = node->block->is_member = true;
		}
		if (str_eq(type, "zfs") && str_eq(b->fs_type, "zfs_member") && b->label &&
		    strlen(b->label) == pool && strncmp(b->label, source, pool) == 0)
			storage_use(m, m->nodes[i], where, 0);
	}
}

/* bcachefs names all its disks: "/dev/sda2:/dev/sdb2". */
static void storage_mount_list(struct storage_map *m, const char *source, const char *where)
{
	_cleanup_strv_ char **disks = strv_split(source, ":");

	for (char **disk = disks; disk && disk[0] && disks[1] && *disk; disk++) {
		struct storage_node *node = storage_by_spec(m, *disk);

		if (!node)
			continue;
		storage_use(m, node, where, 0);
		node->block->is_member = true;
	}
}

static void storage_mount(struct storage_map *m, const char *dev, const char *source,
			  const char *type, const char *where)
{
	struct storage_node *node = dev ? storage_by_dev(m, dev) : NULL;

	if (!node)
		node = storage_by_spec(m, source);
	if (node)
		storage_use(m, node, where, 0);
	if (str_eq(type, "bcachefs"))
		storage_mount_list(m, source, where);
	storage_mount_siblings(m, node, type, source, where);
}

/* What fstab names is made of other devices, and a btrfs has several: all of them are named by it. */
static void storage_name_in_fstab(struct storage_map *m, struct storage_node *node, unsigned depth)
{
	node->block->in_fstab = true;
	for (const char *const *s = node->slaves; s && *s && depth < 8; s++) {
		struct storage_node *below = storage_by_name(m, *s);

		if (below)
			storage_name_in_fstab(m, below, depth + 1);
	}
	for (size_t i = 0; depth == 0 && str_eq(node->block->fs_type, "btrfs") && i < m->n; i++)
		if (m->nodes[i] != node && str_eq(m->nodes[i]->block->fs_type, "btrfs") &&
		    str_eq(m->nodes[i]->block->uuid, node->block->uuid))
			storage_name_in_fstab(m, m->nodes[i], 1);
}

/*
 * /proc/self/mountinfo (proc_pid_mountinfo(5)), the fields behind "-" are type and source:
 *	29 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
 * btrfs has device numbers of its own ("0:26"): then the source says it.
 */
static bool storage_read_mountinfo(struct storage_map *m)
{
	_cleanup_free_ char *text = probe_text(m->h, NULL, "proc/self/mountinfo");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *dev, *where, *word, *type, *source;

		probe_next_word(&line);
		probe_next_word(&line);
		dev = probe_next_word(&line);
		probe_next_word(&line);
		where = probe_next_word(&line);
		while ((word = probe_next_word(&line)) && !str_eq(word, "-"))
			;
		type = probe_next_word(&line);
		source = probe_next_word(&line);
		if (!source)
			continue;
		storage_unescape(where);
		storage_mount(m, dev, source, type, where);
	}
	return text;
}

/* /proc/mounts: "/dev/nvme0n1p2 / ext4 rw,relatime 0 0" */
static bool storage_read_proc_mounts(struct storage_map *m)
{
	_cleanup_free_ char *text = probe_text(m->h, NULL, "proc/mounts");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *source = probe_next_word(&line), *where = probe_next_word(&line),
		     *type = probe_next_word(&line);

		if (!type)
			continue;
		storage_unescape(where);
		storage_mount(m, NULL, source, type, where);
	}
	return text;
}

/* A swap file belongs to the device whose mount point is the longest beginning of its path. */
static void storage_use_swap_file(struct storage_map *m, const char *file)
{
	struct storage_node *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < m->n; i++) {
		const char *const *mounts = m->nodes[i]->block->mounts;

		for (; mounts && *mounts; mounts++) {
			size_t n = str_eq(*mounts, "/") ? 0 : strlen(*mounts);

			if (strncmp(*mounts, file, n) == 0 && file[n] == '/' && n + 1 > best_len) {
				best = m->nodes[i];
				best_len = n + 1;
			}
		}
	}
	if (best)
		storage_use(m, best, NULL, 0);
}

/* /proc/swaps: "/dev/nvme0n1p3  partition  8388604  0  -2", "/swapfile  file …" */
static void storage_read_swaps(struct storage_map *m)
{
	_cleanup_free_ char *text = probe_text(m->h, NULL, "proc/swaps");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *source = probe_next_word(&line), *type = probe_next_word(&line);
		struct storage_node *node;

		if (!type || *source != '/')
			continue;
		storage_unescape(source);
		node = str_eq(type, "partition") ? storage_by_spec(m, source) : NULL;
		if (node)
			storage_use(m, node, NULL, 0);
		else if (str_eq(type, "file"))
			storage_use_swap_file(m, source);
	}
}

/*
 * /etc/fstab: "UUID=1ab0… / ext4 errors=remount-ro 0 1".  Where nothing tells what is mounted (a root
 * that does not run) it stands for that.
 */
static void storage_read_fstab(struct storage_map *m, bool as_mounts)
{
	_cleanup_free_ char *text = probe_text(m->h, NULL, "etc/fstab");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *source = probe_next_word(&line), *where = probe_next_word(&line),
		     *type = probe_next_word(&line), *options = probe_next_word(&line);
		struct storage_node *node;

		if (!type || *source == '#')
			continue;
		node = storage_by_spec(m, source);
		if (node)
			storage_name_in_fstab(m, node, 0);
		if (!as_mounts || (options && strstr(options, "noauto")))
			continue;
		storage_unescape(where);
		if (str_eq(type, "swap") && node)
			storage_use(m, node, NULL, 0);
		else if (*where == '/')
			storage_mount(m, NULL, source, type, where);
	}
}

/*
 * /etc/crypttab: "backup UUID=1ab0… none luks,noauto".  What it names is opened at some start or by a person;
 * where it is open already, dm has it.
 */
static void storage_read_crypttab(struct storage_map *m)
{
	_cleanup_free_ char *text = probe_text(m->h, NULL, "etc/crypttab");
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *name = probe_next_word(&line), *source = probe_next_word(&line);
		struct storage_node *node = source && *name != '#' ? storage_by_spec(m, source) : NULL;

		if (node)
			node->block->in_crypttab = true;
	}
}

void storage_read_mounts(struct storage_map *m)
{
	bool known = storage_read_mountinfo(m) || storage_read_proc_mounts(m);

	storage_read_fstab(m, !known);
	storage_read_swaps(m);
	storage_read_crypttab(m);
}
