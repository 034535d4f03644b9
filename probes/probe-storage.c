/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/storage-map.h"

#include <string.h>

/* They are memory or files, never a disk: their backing file's disk is in use by its own mount. */
static bool storage_is_ignored(const char *name)
{
	return str_starts_with(name, "loop") || str_starts_with(name, "ram") ||
	       str_starts_with(name, "zram");
}

static void storage_add_controller(struct host *h, struct block_device *b, struct pci_device *d)
{
	struct pci_device **more = b->more_controllers;

	if (!d || d == b->controller)
		return;
	if (!b->controller) {
		b->controller = d;
		return;
	}
	for (unsigned i = 0; i < b->n_more_controllers; i++)
		if (more[i] == d)
			return;
	b->more_controllers = arena_alloc(h->arena, (b->n_more_controllers + 1) * sizeof(struct pci_device *));
	for (unsigned i = 0; i < b->n_more_controllers; i++)
		b->more_controllers[i] = more[i];
	b->more_controllers[b->n_more_controllers++] = d;
}

/*
 * NVMe disks with multipath are no children of their controller:
 *	/sys/block/nvme0n1 -> ../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1
 * whose folder has links to the controllers, "nvme0" and "nvme1" when the disk has two ports.
 */
static void storage_nvme_controllers(struct host *h, const char *disk, struct block_device *b)
{
	_cleanup_strv_ char **names = probe_list(h, "sys/block/%s/device", disk);

	for (char **name = names; name && *name; name++) {
		struct pci_device *d;

		if (!str_starts_with(*name, "nvme") || strspn(*name + 4, "0123456789") == 0 ||
		    (*name)[4 + strspn(*name + 4, "0123456789")])
			continue;
		d = probe_device_behind(h, "sys/class/nvme/%s", *name);
		if (!d)
			d = probe_device_behind(h, "sys/block/%s/device/%s", disk, *name);
		storage_add_controller(h, b, d);
	}
}

/* nvme1n1 has only the paths nvme1c1n1 in this case: "nvme-subsys1" numbers do not name controllers. */
static void storage_nvme_by_path(struct host *h, const char *disk, struct block_device *b)
{
	_cleanup_strv_ char **names = probe_list(h, "sys/block");
	const char *space = strrchr(disk, 'n');
	size_t stem = strcspn(disk + 4, "cn") + 4;

	for (char **name = names; name && *name; name++) {
		const char *end = strrchr(*name, 'n');

		if (strncmp(*name, disk, stem) == 0 && (*name)[stem] == 'c' && str_eq(end, space))
			storage_add_controller(h, b, probe_device_behind(h, "sys/block/%s", *name));
	}
}

static void storage_find_controllers(struct host *h, const char *disk, struct block_device *b)
{
	storage_add_controller(h, b, probe_device_behind(h, "sys/block/%s", disk));
	if (b->controller || !str_starts_with(disk, "nvme"))
		return;
	storage_nvme_controllers(h, disk, b);
	storage_nvme_by_path(h, disk, b);
}

static const char *storage_model(struct host *h, const char *disk)
{
	return probe_word(h, "sys/block/%s/device/model", disk);
}

/* DIR: "sys/block/nvme0n1/nvme0n1p2"; PARENT NULL for a disk. */
static struct storage_node *storage_add(struct storage_map *m, const char *dir, const char *name,
					struct block_device *parent)
{
	struct host *h = m->h;
	struct storage_node *node = arena_alloc(h->arena, sizeof(*node));
	struct block_device *b = arena_alloc(h->arena, sizeof(*b));
	_cleanup_strv_ char **slaves = probe_list(h, "%s/slaves", dir);
	_cleanup_strv_ char **holders = probe_list(h, "%s/holders", dir);
	uint64_t sectors;

	node->block = b;
	node->dev = probe_word(h, "%s/dev", dir);
	node->dm_name = probe_word(h, "%s/dm/name", dir);
	for (char **s = slaves; s && *s; s++)
		arena_strv_add(h->arena, &node->slaves, *s);
	b->name = arena_strdup(h->arena, name);
	b->parent = parent ? parent->name : NULL;
	b->bytes = -1;
	if (probe_number(h, INT64_MAX / 512, &sectors, "%s/size", dir) == 0)
		b->bytes = (int64_t)sectors * 512; /* always units of 512 */
	b->is_holder = holders || probe_exists(h, "%s/bcache", dir);
	if (parent) {
		b->controller = parent->controller;
		b->more_controllers = parent->more_controllers;
		b->n_more_controllers = parent->n_more_controllers;
	} else {
		storage_find_controllers(h, name, b);
		b->model = storage_model(h, name);
		b->serial = probe_word(h, "%s/device/serial", dir);
	}
	if (node->dev)
		storage_describe(m, node);
	return node;
}

static void storage_add_partitions(struct storage_map *m, struct arena_list *list, const char *disk,
				   struct block_device *parent)
{
	_cleanup_strv_ char **names = probe_list(m->h, "sys/block/%s", disk);

	for (char **name = names; name && *name; name++) {
		char dir[PATH_MAX];

		if (!str_starts_with(*name, disk) ||
		    !(probe_exists(m->h, "sys/block/%s/%s/partition", disk, *name) ||
		      probe_exists(m->h, "sys/block/%s/%s/dev", disk, *name)))
			continue;
		snprintf(dir, sizeof(dir), "sys/block/%s/%s", disk, *name);
		arena_list_add(m->h->arena, list, storage_add(m, dir, *name, parent));
	}
}

/* What libblkid and udev call the members of something that breaks or lacks data without them. */
static bool storage_is_member_type(const char *type)
{
	static const char *const types[] = { "linux_raid_member", "LVM2_member", "zfs_member",
					     "bcache", "isw_raid_member", "ddf_raid_member",
					     "stratis", NULL };

	return strv_contains(types, type ? type : "");
}

/*
 * /sys/block/md0 and bcache0 show what they are made of also where nobody described the members.  What
 * is below a member is one as well: LVM on LUKS on md.
 */
static void storage_find_members(struct storage_map *m)
{
	bool again = true;

	for (size_t i = 0; i < m->n; i++) {
		struct block_device *b = m->nodes[i]->block;

		b->is_member |= b->is_holder && storage_is_member_type(b->fs_type);
	}
	for (unsigned depth = 0; again && depth < 8; depth++) {
		again = false;
		for (size_t i = 0; i < m->n; i++) {
			const struct storage_node *n = m->nodes[i];

			if (!n->block->is_member && !str_starts_with(n->block->name, "md") &&
			    !str_starts_with(n->block->name, "bcache"))
				continue;
			for (const char *const *s = n->slaves; s && *s; s++) {
				struct storage_node *below = storage_by_name(m, *s);

				if (!below || below->block->is_member)
					continue;
				below->block->is_member = again = true;
			}
		}
	}
}

/* A device that something else is built from is held, also where "holders" was not recorded. */
static void storage_settle(struct storage_map *m)
{
	struct host *h = m->h;

	for (size_t i = 0; i < m->n; i++)
		for (const char *const *s = m->nodes[i]->slaves; s && *s; s++) {
			struct storage_node *below = storage_by_name(m, *s);

			if (below)
				below->block->is_holder = true;
		}
	storage_find_members(m);
	h->blocks = arena_alloc(h->arena, (m->n + 1) * sizeof(struct block_device *));
	for (size_t i = 0; i < m->n; i++)
		h->blocks[h->n_blocks++] = m->nodes[i]->block;
}

static int storage_run(struct host *h, struct err *err _unused_)
{
	_cleanup_strv_ char **disks = probe_list(h, "sys/block");
	struct arena_list list = { 0 };
	struct storage_map m = { .h = h };

	for (char **disk = disks; disk && *disk; disk++) {
		struct storage_node *node;
		char dir[PATH_MAX];

		/* nvme1c1n1 is a hidden path to nvme1n1 */
		if (storage_is_ignored(*disk) ||
		    (str_starts_with(*disk, "nvme") && strchr(*disk + 4, 'c')))
			continue;
		snprintf(dir, sizeof(dir), "sys/block/%s", *disk);
		node = storage_add(&m, dir, *disk, NULL);
		arena_list_add(h->arena, &list, node);
		storage_add_partitions(&m, &list, *disk, node->block);
	}
	m.n = list.n;
	m.nodes = arena_alloc(h->arena, (list.n + 1) * sizeof(struct storage_node *));
	if (list.n)
		memcpy(m.nodes, list.items, list.n * sizeof(struct storage_node *));
	storage_read_mounts(&m);
	storage_settle(&m);
	return 0;
}

const struct probe probe_storage = {
	.name = "storage",
	.title = N_("Disks"),
	.run = storage_run,
};
