/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/machine-parts.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define DISK_FOLDER "/var/lib/libvirt/images"
#define DISK_BYTES_WINDOWS (120LL << 30)
#define DISK_BYTES_OTHER (64LL << 30)
#define DISK_BYTES_MIN (1ULL << 30)

/* A path goes into files that are read line by line; libvirt and QEMU want it absolute. */
static int disk_check_path(const char *path, const char *key, struct err *err)
{
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(err, ERR_USAGE, -EINVAL,
				       _("--%s: a path must not hold control characters."), key);
	if (path[0] != '/')
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--%s: “%s” must be an absolute path."), key, path);
	for (const char *name = path; *name; name += strspn(name, "/")) {
		if (strcspn(name, "/") > NAME_MAX)
			return err_set(err, ERR_USAGE, -ENAMETOOLONG,
				       _("--%s: a name in the path is longer than %d bytes, which no file system takes."),
				       key, NAME_MAX);
		name += strcspn(name, "/");
	}
	return 0;
}

static int disk_parse_option(struct machine *m, const char *word, struct err *err)
{
	unsigned long long bytes;

	if (str_starts_with(word, "size=")) {
		if (size_parse(word + 5, &bytes) < 0 || bytes < DISK_BYTES_MIN ||
		    bytes > (1ULL << 50))
			return err_set(err, ERR_USAGE, -EINVAL,
				       _("--disk: “%s” is no disk size from 1G to 1024T."), word + 5);
		m->disk_bytes = (long long)bytes;
		return 0;
	}
	if (str_eq(word, "format=qcow2") || str_eq(word, "format=raw")) {
		m->disk_format = arena_strdup(m->arena, word + 7);
		return 0;
	}
	return err_set(err, ERR_USAGE, -EINVAL,
		       _("--disk: “%s” is neither size=SIZE nor format=qcow2 nor format=raw."), word);
}

/* "PATH,size=120G,format=raw".  Only commas followed by an option end the path: paths may hold them. */
static int disk_parse(struct machine *m, const char *spec, struct err *err)
{
	char *path = arena_strdup(m->arena, spec);
	char *comma = strstr(path, ",size="), *other = strstr(path, ",format=");
	char *save = NULL;

	if (!comma || (other && other < comma))
		comma = other;
	m->disk_path = path;
	if (!comma)
		return 0;
	*comma = '\0';
	for (char *w = strtok_r(comma + 1, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		int r = disk_parse_option(m, w, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* "QFI\xfb" starts every qcow2 file.  QEMU must never guess: a guest can write that to a raw disk. */
static const char *disk_format_of(const struct fsroot *fs, const char *path)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK);
	char magic[4];

	if (fd >= 0 && read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic))
		return memcmp(magic, "QFI\xfb", sizeof(magic)) == 0 ? "qcow2" : "raw";
	return str_ends_with(path, ".qcow2") ? "qcow2" : "raw";
}

static bool disk_block_is_used(const struct block_device *b)
{
	return (b->mounts && b->mounts[0]) || b->is_swap || b->is_holder || b->in_fstab;
}

/* A disk that carries anything of the host must not be written by a second system. */
static int disk_check_block(const struct host *h, const char *path, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const char *real = NULL, *name;

	if (fsroot_resolve(h->root, a, path, &real) < 0 || !real)
		real = path;
	name = strrchr(real, '/');
	name = name ? name + 1 : real;
	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i], *disk = b;

		if (!disk_block_is_used(b))
			continue;
		/* Asked for the disk of a used partition, or for the used one itself. */
		if (str_eq(disk->name, name) || str_eq(disk->parent, name))
			return err_set(err, ERR_NOT_POSSIBLE, -EBUSY,
				       _("--disk: the host itself uses %s (%s)."), path, b->name);
	}
	return 0;
}

static int disk_look(struct machine *m, const struct host *h, struct err *err)
{
	bool known = fsroot_is_live(h->root);
	struct stat st;
	int r = fsroot_stat(h->root, m->disk_path, &st);

	if (r == 0 && S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, -EISDIR, _("--disk: %s is a folder."), m->disk_path);
	if (r == 0) {
		m->disk_is_block = S_ISBLK(st.st_mode);
		/*
		 * What is there is used as it is.  The size that was asked for stays: the script would
		 * make the disk if it were gone, before and after it was made for the first time.
		 */
		m->disk_exists = true;
		if (m->disk_is_block) {
			m->disk_bytes = 0;
			m->disk_format = "raw";
			return disk_check_block(h, m->disk_path, err);
		}
		if (!m->disk_format)
			m->disk_format = disk_format_of(h->root, m->disk_path);
		return 0;
	}
	if (!m->disk_bytes && known) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("--disk: there is no %s."), m->disk_path);
		return err_hint(err, _("To have it made, give its size too: --disk %s,size=64G."),
				m->disk_path);
	}
	m->disk_is_block = !m->disk_bytes && str_starts_with(m->disk_path, "/dev/");
	if (m->disk_is_block) {
		m->disk_format = "raw";
		return disk_check_block(h, m->disk_path, err);
	}
	if (!m->disk_format)
		m->disk_format = m->disk_bytes || str_ends_with(m->disk_path, ".qcow2") ? "qcow2" :
											 "raw";
	return 0;
}

static bool disk_has_nvme(const struct machine *m)
{
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		if (pci_device_class(m->hostdevs[i].device) == DEVICE_NVME)
			return true;
	return false;
}

static int disk_set(struct machine *m, const struct host *h, const char *spec, struct err *err)
{
	bool windows = m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10;
	int r;

	if (str_eq(spec, "none") || (str_is_empty(spec) && disk_has_nvme(m)))
		return 0;
	if (str_is_empty(spec)) {
		m->disk_path = arena_printf(m->arena, DISK_FOLDER "/%s.qcow2", m->name);
		m->disk_bytes = windows ? DISK_BYTES_WINDOWS : DISK_BYTES_OTHER;
		m->disk_format = "qcow2";
	} else {
		r = disk_parse(m, spec, err);
		if (r < 0)
			return r;
	}
	r = disk_check_path(m->disk_path, "disk", err);
	return r < 0 ? r : disk_look(m, h, err);
}

/* Another root's or a recorded host's images are not here to be looked at. */
static int disk_set_iso(struct machine *m, const struct host *h, const char *key, const char *path,
			const char **ret, struct err *err)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (str_is_empty(path))
		return 0;
	r = disk_check_path(path, key, err);
	if (r < 0)
		return r;
	if (fsroot_is_live(h->root)) {
		fd = fsroot_openat(h->root, path, O_RDONLY | O_NONBLOCK);
		if (fd < 0)
			return err_set(err, ERR_NOT_POSSIBLE, fd, _("--%s: %s cannot be read: %s."),
				       key, path, strerror(-fd));
	}
	*ret = arena_strdup(m->arena, path);
	return 0;
}

int machine_set_media(struct machine *m, const struct host *h, const struct answers *a,
		      struct err *err)
{
	int r = disk_set(m, h, answers_get(a, "disk"), err);

	if (r < 0)
		return r;
	r = disk_set_iso(m, h, "install", answers_get(a, "install"), &m->install_iso, err);
	if (r < 0)
		return r;
	return disk_set_iso(m, h, "drivers", answers_get(a, "drivers"), &m->drivers_iso, err);
}
