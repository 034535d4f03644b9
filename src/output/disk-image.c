/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/disk-image.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_HEAD	 4096
#define IMAGE_ISO_AT	 32769	/* "CD001" of the first volume descriptor, ECMA-119 8.4 */
#define IMAGE_NAME_MAX	 1023	/* of a backing file, qcow2.txt */
#define IMAGE_CHAIN_MAX	 32
#define QCOW2_EXT_FORMAT 0xe2792acau
#define QCOW2_DIRTY	 (1u << 0)
#define QCOW2_CORRUPT	 (1u << 1)
#define QCOW2_DATA_FILE	 (1u << 2)

struct image_head {
	unsigned char bytes[IMAGE_HEAD];
	size_t len;
	int fd;
};

/* What is no disk as it is; the first bytes say so. */
static const struct {
	const char *format;
	unsigned at, len;
	const char *magic;
} image_magics[] = {
	{ "qcow2", 0, 4, "QFI\xfb" },
	{ "vmdk", 0, 4, "KDMV" },
	{ "vmdk", 0, 4, "COWD" },
	{ "vmdk", 0, 21, "# Disk DescriptorFile" },
	{ "vdi", 0x40, 4, "\x7f\x10\xda\xbe" },
	{ "vhdx", 0, 8, "vhdxfile" },
	{ "vpc", 0, 8, "conectix" },
	{ "qed", 0, 4, "QED\0" },
	{ "luks", 0, 6, "LUKS\xba\xbe" },
	{ "gzip", 0, 2, "\x1f\x8b" },
	{ "xz", 0, 6, "\xfd" "7zXZ\0" },
	{ "zstd", 0, 4, "\x28\xb5\x2f\xfd" },
	{ "bzip2", 0, 3, "BZh" },
	{ "zip", 0, 4, "PK\x03\x04" },
	{ "7z", 0, 6, "7z\xbc\xaf\x27\x1c" },
	{ "tar", 257, 5, "ustar" },
};

static uint64_t image_be(const struct image_head *h, size_t at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | (at + i < h->len ? h->bytes[at + i] : 0);
	return value;
}

static const char *image_find_format(const struct image_head *h)
{
	char iso[5];

	for (size_t i = 0; i < ARRAY_SIZE(image_magics); i++)
		if (h->len >= image_magics[i].at + image_magics[i].len &&
		    memcmp(h->bytes + image_magics[i].at, image_magics[i].magic, image_magics[i].len) == 0)
			return image_magics[i].format;
	if (pread(h->fd, iso, sizeof(iso), IMAGE_ISO_AT) == (ssize_t)sizeof(iso) && memcmp(iso, "CD001", 5) == 0)
		return "iso";
	return "raw";
}

/* The header's extensions: type and length, four bytes each, data filled up to eight. */
static void image_read_extensions(const struct image_head *h, struct arena *a, size_t at, struct disk_image *ret)
{
	while (at + 8 <= h->len) {
		uint64_t type = image_be(h, at, 4), len = image_be(h, at + 4, 4);

		at += 8;
		if (type == 0 || len > h->len - at)
			return;
		if (type == QCOW2_EXT_FORMAT && len < 32)
			ret->backing_format = arena_strndup(a, (const char *)h->bytes + at, len);
		at += (len + 7) & ~(uint64_t)7;
	}
}

/*
 * magic, version, backing_file_offset (8), backing_file_size (4), cluster_bits (4), size (8),
 * crypt_method (4); from version 3 on incompatible_features at 72 and header_length at 100.
 */
static int image_read_qcow2(const struct image_head *h, struct arena *a, struct disk_image *ret)
{
	uint64_t version = image_be(h, 4, 4), name_at = image_be(h, 8, 8), name_len = image_be(h, 16, 4);
	uint64_t size = image_be(h, 24, 8), features = version >= 3 ? image_be(h, 72, 8) : 0;
	char name[IMAGE_NAME_MAX + 1];

	if (h->len < 72)
		return -EBADMSG;
	if (version == 1)
		ret->format = "qcow";
	ret->usable = version == 2 || version == 3;
	if (!ret->usable)
		return 0;
	ret->virtual_bytes = size <= INT64_MAX ? (long long)size : -1;
	ret->encrypted = image_be(h, 32, 4) != 0;
	ret->dirty = features & QCOW2_DIRTY;
	ret->corrupt = features & QCOW2_CORRUPT;
	ret->has_data_file = features & QCOW2_DATA_FILE;
	image_read_extensions(h, a, version >= 3 ? (size_t)image_be(h, 100, 4) : 72, ret);
	if (!name_at)
		return 0;
	if (name_len == 0 || name_len > IMAGE_NAME_MAX || name_at > INT64_MAX ||
	    pread(h->fd, name, name_len, (off_t)name_at) != (ssize_t)name_len || memchr(name, '\0', name_len))
		return -EBADMSG;
	ret->backing = arena_strndup(a, name, name_len);
	return 0;
}

int disk_image_read(const struct fsroot *fs, struct arena *a, const char *path, struct disk_image *ret)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK);
	struct image_head h = { .fd = fd };
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	n = pread(fd, h.bytes, sizeof(h.bytes), 0);
	if (n < 0)
		return -errno;
	h.len = (size_t)n;
	*ret = (struct disk_image){ .virtual_bytes = -1, .file_bytes = st.st_size,
				    .allocated_bytes = (long long)st.st_blocks * 512 };
	ret->format = image_find_format(&h);
	if (str_eq(ret->format, "qcow2"))
		return image_read_qcow2(&h, a, ret);
	ret->usable = str_eq(ret->format, "raw");
	if (ret->usable)
		ret->virtual_bytes = st.st_size;
	return 0;
}

/* "json:{…}", "nbd://…" start with what is no path; libvirt and QEMU then look elsewhere. */
static bool image_is_path(const char *name)
{
	return !strchr(name, ':') || strchr(name, '/') < strchr(name, ':');
}

/* A name without a folder is looked for beside the image that names it. */
static const char *image_beside(struct arena *a, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	if (str_starts_with(name, "file:"))
		name += 5;
	if (name[0] == '/' || !slash)
		return arena_strdup(a, name);
	return arena_printf(a, "%.*s%s", (int)(slash + 1 - path), path, name);
}

static int image_check_link(const char *path, const struct disk_image *img, const char *below, struct err *err)
{
	if (!image_is_path(img->backing) && !str_starts_with(img->backing, "file:"))
		return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("--disk: %s lies on “%s”, which is no file of this host."), path, img->backing);
	if (img->backing_format)
		return 0;
	/* libvirt does not guess it either and refuses to start such a machine. */
	err_set(err, ERR_NOT_POSSIBLE, -EBADMSG, _("--disk: %s lies on %s, and the format of that one is not written in it."),
		path, below);
	return err_hint(err, _("See what it is with: qemu-img info %s. Then write it down: qemu-img rebase -u -b %s -F FORMAT %s"),
			below, img->backing, path);
}

int disk_image_chain(const struct fsroot *fs, struct arena *a, const char *path,
		     const struct disk_image *img, const char *const **ret, struct err *err)
{
	struct disk_image here = *img;
	unsigned depth = 0;

	*ret = NULL;
	while (here.backing) {
		const char *below = image_beside(a, path, here.backing);
		struct disk_image next;
		int r = image_check_link(path, &here, below, err);

		if (r < 0)
			return r;
		if (++depth > IMAGE_CHAIN_MAX || (*ret && strv_contains(*ret, below)))
			return err_set(err, ERR_NOT_POSSIBLE, -ELOOP, _("--disk: what lies below %s does not end."), path);
		r = disk_image_read(fs, a, below, &next);
		if (r == -EACCES) {
			arena_strv_add(a, ret, below);
			return 0; /* whoever may read it will see what is below */
		}
		if (r < 0)
			return err_set(err, ERR_NOT_POSSIBLE, r, _("--disk: %s lies on %s, which cannot be read: %s."), path,
				       below, strerror(-r));
		if (!str_eq(here.backing_format, "raw") && !str_eq(here.backing_format, next.format))
			return err_set(err, ERR_NOT_POSSIBLE, -EBADMSG, _("--disk: %s says that %s is %s, but that is %s."), path,
				       below, here.backing_format, next.format);
		arena_strv_add(a, ret, below);
		if (str_eq(here.backing_format, "raw"))
			return 0;
		path = below;
		here = next;
	}
	return 0;
}
