/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/storage-list.h"

#include "base/str.h"
#include "base/strv.h"
#include "output/disk-parts.h"
#include "output/iso-data.h"
#include "output/iso-image.h"

#include <errno.h>
#include <string.h>

#define STORAGE_FILES_MAX 400 /* each is opened and looked into */

static void storage_add(struct arena *a, struct storage_list *l, const struct storage_item *item)
{
	struct storage_item *copy = arena_alloc(a, sizeof(*copy));

	*copy = *item;
	arena_list_add(a, &l->list, copy);
	l->items = (struct storage_item **)(uintptr_t)l->list.items;
	l->n = (unsigned)l->list.n;
}

static bool storage_is_raw_by_name(const char *name)
{
	static const char *const ends[] = { ".img", ".raw", ".IMG", ".RAW" };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (str_ends_with(name, ends[i]))
			return true;
	return false;
}

static bool storage_is_disc(const struct host *h, struct arena *a, struct storage_item *item)
{
	struct iso_known k = { .name = "", .os = "", .url = "" };
	struct iso_image img;

	if (iso_image_read(h->root, a, item->path, &img) < 0 || !img.type)
		return false;
	if (img.label && iso_data_find(a, img.label, &k) < 0)
		k.kind = ISO_UNKNOWN;
	item->kind = k.kind == ISO_VIRTIO_WIN ? STORAGE_DRIVERS : STORAGE_DISC;
	item->what = k.kind != ISO_UNKNOWN ? k.name :
		     img.label		   ? arena_printf(a, _("disc “%s”"), img.label) :
					     _("disc without a label");
	if (img.file_bytes >= 0 && img.volume_bytes > img.file_bytes)
		item->why_not = _("It is not whole: download it again.");
	return true;
}

/* Any file could be a raw disk: only what says by its name that it is one is shown. */
static bool storage_is_image(const struct host *h, struct arena *a, struct storage_item *item)
{
	struct disk_image img;

	if (disk_image_read(h->root, a, item->path, &img) < 0)
		return false;
	if (str_eq(img.format, "raw") && (!storage_is_raw_by_name(item->name) || img.file_bytes == 0))
		return false;
	item->kind = STORAGE_IMAGE;
	item->what = img.virtual_bytes < 0 ?
			     img.format :
			     arena_printf(a, _("%s disk, %.1f GiB"), img.format, (double)img.virtual_bytes / (1LL << 30));
	if (!img.usable)
		item->why_not = _("It has to be unpacked or converted to qcow2 first.");
	return true;
}

int storage_list_folder(const struct host *h, struct arena *a, const char *folder, struct storage_list *ret)
{
	_cleanup_strv_ char **names = NULL;
	unsigned looked = 0;
	int r = fsroot_list(h->root, folder, &names);

	if (r < 0)
		return r;
	for (char **name = names; name && *name; name++) {
		struct storage_item item = {
			.path = arena_printf(a, "%s%s%s", folder, str_ends_with(folder, "/") ? "" : "/", *name),
			.name = arena_strdup(a, *name),
		};
		struct stat st;

		if (fsroot_stat(h->root, item.path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (++looked > STORAGE_FILES_MAX) {
			ret->cut = true;
			break;
		}
		item.bytes = st.st_size;
		if (storage_is_disc(h, a, &item) || storage_is_image(h, a, &item))
			storage_add(a, ret, &item);
	}
	return 0;
}

void storage_list_blocks(const struct host *h, struct arena *a, struct storage_list *ret)
{
	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];
		struct storage_item item = { .kind = STORAGE_BLOCK, .name = b->name, .bytes = b->bytes };

		if (b->parent || str_starts_with(b->name, "dm-"))
			continue;
		item.path = disk_block_by_id(h, a, b->name);
		if (!item.path)
			item.path = arena_printf(a, "/dev/%s", b->name);
		item.what = disk_block_describe(h, a, b);
		item.why_not = disk_block_why_not(h, a, b->name);
		storage_add(a, ret, &item);
	}
}

long long storage_free(const struct host *h, struct arena *a, const char *folder)
{
	struct disk_room room;

	if (!fsroot_is_live(h->root))
		return -1; /* of another host */
	disk_room_look(h->root, a, arena_printf(a, "%s/x", folder), &room);
	return room.folder_missing ? -1 : room.free_bytes;
}
