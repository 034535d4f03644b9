/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/iso-image.h"

#include "base/str.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ISO_SECTOR 2048
#define ISO_FIRST_DESCRIPTOR 16
#define ISO_MAX_DESCRIPTORS 32
#define ISO_MAX_FOLDER (1024 * 1024) /* virtio-win's largest has a few KiB */
#define UDF_ANCHOR 256
#define UDF_TAG_ANCHOR 2
#define UDF_TAG_PARTITION 5
#define UDF_TAG_END 8

static uint32_t iso_le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t iso_le16(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static bool iso_read_sector(int fd, uint64_t sector, unsigned char buf[static ISO_SECTOR])
{
	if (sector > INT64_MAX / ISO_SECTOR)
		return false;
	return pread(fd, buf, ISO_SECTOR, (off_t)(sector * ISO_SECTOR)) == ISO_SECTOR;
}

/* Volume space size at 80 and logical block size at 128 of the primary descriptor (type 1); 0 is a boot record. */
static void iso_read_descriptors(int fd, struct iso_image *ret)
{
	unsigned char d[ISO_SECTOR];

	for (unsigned i = 0; i < ISO_MAX_DESCRIPTORS; i++) {
		if (!iso_read_sector(fd, ISO_FIRST_DESCRIPTOR + i, d) || memcmp(d + 1, "CD001", 5) != 0 || d[0] == 255)
			return;
		if (d[0] == 0 && memcmp(d + 7, "EL TORITO SPECIFICATION", 23) == 0)
			ret->bootable = true;
		if (d[0] == 1 && ret->volume_bytes < 0)
			ret->volume_bytes = (long long)iso_le32(d + 80) * iso_le16(d + 128);
	}
}

/*
 * UDF (Windows): the anchor in sector 256 names the extent of the volume descriptors, length at 16 and place at
 * 20; the partition descriptor has its start at 188 and its length at 192, in sectors.
 */
static void iso_read_udf(int fd, struct iso_image *ret)
{
	unsigned char d[ISO_SECTOR];
	uint32_t at, n;

	if (!iso_read_sector(fd, UDF_ANCHOR, d) || iso_le16(d) != UDF_TAG_ANCHOR)
		return;
	n = iso_le32(d + 16) / ISO_SECTOR;
	at = iso_le32(d + 20);
	for (uint32_t i = 0; i < n && i < ISO_MAX_DESCRIPTORS; i++) {
		long long end;

		if (!iso_read_sector(fd, (uint64_t)at + i, d) || iso_le16(d) == UDF_TAG_END)
			return;
		if (iso_le16(d) != UDF_TAG_PARTITION)
			continue;
		end = ((long long)iso_le32(d + 188) + iso_le32(d + 192)) * ISO_SECTOR;
		if (end > ret->volume_bytes)
			ret->volume_bytes = end;
	}
}

static const char *iso_value(blkid_probe probe, struct arena *a, const char *name)
{
	const char *value = NULL;

	if (blkid_probe_lookup_value(probe, name, &value, NULL) < 0 || str_is_empty(value))
		return NULL;
	return arena_strdup(a, value);
}

/* Only discs are asked for: a hybrid image carries partitions and other signs, too. */
static void iso_ask_blkid(int fd, struct arena *a, struct iso_image *ret)
{
	static const char *const discs[] = { "udf", "iso9660", NULL };
	blkid_probe probe = blkid_new_probe();

	if (!probe)
		return;
	if (blkid_probe_set_device(probe, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(probe, 1);
		blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
		blkid_probe_filter_superblocks_type(probe, BLKID_FLTR_ONLYIN, (char **)(uintptr_t)discs);
		if (blkid_do_probe(probe) == 0) {
			ret->type = iso_value(probe, a, "TYPE");
			ret->label = iso_value(probe, a, "LABEL");
		}
	}
	blkid_free_probe(probe);
}

int iso_image_read(const struct fsroot *fs, struct arena *a, const char *path, struct iso_image *ret)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	*ret = (struct iso_image){ .file_bytes = S_ISREG(st.st_mode) ? st.st_size : -1, .volume_bytes = -1 };
	iso_ask_blkid(fd, a, ret);
	iso_read_descriptors(fd, ret);
	iso_read_udf(fd, ret);
	return 0;
}

/* One name of a folder: length at 0, place at 2, size at 10, flags at 25, length of the name at 32. */
static bool iso_record_is(const unsigned char *record, const char *name, size_t len)
{
	size_t have = record[32];

	/* "INFO.TXT;1" */
	for (size_t i = 0; i < have; i++)
		if (record[33 + i] == ';')
			have = i;
	if (have && record[33 + have - 1] == '.')
		have--;
	return have == len && strncasecmp((const char *)record + 33, name, len) == 0;
}

/* Looks NAME up in the folder at *AT with *SIZE bytes, and goes there. */
static int iso_descend(int fd, const char *name, size_t len, uint32_t *at, uint32_t *size)
{
	unsigned char d[ISO_SECTOR];

	if (*size > ISO_MAX_FOLDER)
		return -EFBIG;
	for (uint32_t i = 0; i < (*size + ISO_SECTOR - 1) / ISO_SECTOR; i++) {
		if (!iso_read_sector(fd, (uint64_t)*at + i, d))
			return -EBADMSG;
		for (unsigned o = 0; o + 34 <= ISO_SECTOR && d[o] >= 34 && o + d[o] <= ISO_SECTOR; o += d[o]) {
			if (33u + d[o + 32] > d[o] || !iso_record_is(d + o, name, len))
				continue;
			*at = iso_le32(d + o + 2);
			*size = iso_le32(d + o + 10);
			return 1;
		}
	}
	return 0;
}

int iso_image_has(const struct fsroot *fs, const char *path, const char *name)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK);
	unsigned char d[ISO_SECTOR];
	uint32_t at, size;
	int r = 1;

	if (fd < 0)
		return fd;
	if (!iso_read_sector(fd, ISO_FIRST_DESCRIPTOR, d) || memcmp(d, "\1CD001", 6) != 0 || iso_le16(d + 128) != ISO_SECTOR)
		return -EBADMSG;
	/* the root's record lies at 156 */
	at = iso_le32(d + 158);
	size = iso_le32(d + 166);
	while (r == 1 && *name) {
		size_t len = strcspn(name, "/");

		r = iso_descend(fd, name, len, &at, &size);
		name += len + (name[len] == '/');
	}
	return r;
}
