/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/storage-map.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

#include <blkid.h>
#include <string.h>
#include <strings.h>

/*
 * /run/udev/data/b259:2, the database of udev:
 *	S:disk/by-uuid/1ab0…
 *	E:ID_FS_TYPE=ext4
 *	E:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b
 */
static bool storage_from_udev(struct storage_map *m, struct storage_node *node)
{
	struct block_device *b = node->block;
	const struct {
		const char *key;
		const char **to;
	} wanted[] = {
		{ "ID_FS_TYPE", &b->fs_type },
		{ "ID_FS_LABEL", &b->label },
		{ "ID_FS_UUID", &b->uuid },
		{ "ID_PART_ENTRY_TYPE", &b->partition_type },
		{ "ID_PART_ENTRY_UUID", &node->part_uuid },
		{ "ID_PART_ENTRY_NAME", &node->part_label },
		{ "ID_SERIAL_SHORT", &b->serial },
	};
	_cleanup_free_ char *text = probe_text(m->h, NULL, "run/udev/data/b%s", node->dev);
	char *rest = text, *line;

	while ((line = probe_next_line(&rest))) {
		char *value;

		if (str_starts_with(line, "S:")) {
			arena_strv_add(m->h->arena, &node->links, line + 2);
			continue;
		}
		value = strchr(line, '=');
		if (!str_starts_with(line, "E:") || !value)
			continue;
		*value++ = '\0';
		for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
			if (str_eq(line + 2, wanted[i].key) && *value)
				*wanted[i].to = arena_strdup(m->h->arena, value);
	}
	return text;
}

static const char *storage_blkid_value(struct storage_map *m, blkid_probe probe, const char *name)
{
	const char *value;

	if (blkid_probe_lookup_value(probe, name, &value, NULL) < 0 || str_is_empty(value))
		return NULL;
	return arena_strdup(m->h->arena, value);
}

/* Without udev (a minimal system): look at the device itself, which needs root. */
static void storage_from_blkid(struct storage_map *m, struct storage_node *node)
{
	struct block_device *b = node->block;
	_cleanup_free_ char *path = xasprintf("/dev/%s", b->name);
	blkid_probe probe;

	if (b->bytes <= 0 || access(path, R_OK) < 0)
		return;
	probe = blkid_new_probe_from_filename(path);
	if (!probe)
		return;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
							 BLKID_SUBLKS_UUID);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	if (blkid_do_safeprobe(probe) == 0) {
		b->fs_type = storage_blkid_value(m, probe, "TYPE");
		b->label = storage_blkid_value(m, probe, "LABEL");
		b->uuid = storage_blkid_value(m, probe, "UUID");
		b->partition_type = storage_blkid_value(m, probe, "PART_ENTRY_TYPE");
		node->part_uuid = storage_blkid_value(m, probe, "PART_ENTRY_UUID");
		node->part_label = storage_blkid_value(m, probe, "PART_ENTRY_NAME");
	}
	blkid_free_probe(probe);
}

/* GPT type of an EFI system partition, and the MBR one. */
static bool storage_is_esp_type(const char *type)
{
	return type && (strcasecmp(type, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b") == 0 ||
			strcasecmp(type, "0xef") == 0);
}

void storage_describe(struct storage_map *m, struct storage_node *node)
{
	struct block_device *b = node->block;

	if (!storage_from_udev(m, node) && fsroot_is_live(m->h->root))
		storage_from_blkid(m, node);
	b->is_esp = storage_is_esp_type(b->partition_type);
	b->partition_uuid = node->part_uuid;
	/* These have no holders in sysfs: ZFS opens its members without telling the block layer. */
	if (str_eq(b->fs_type, "zfs_member"))
		b->is_holder = true;
}
