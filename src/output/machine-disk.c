/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual disks of a machine: --disk, as often as it was given. */
#include "output/disk-parts.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define DISK_FOLDER "/var/lib/libvirt/images"
#define DISK_BYTES_WINDOWS (120LL << 30)
#define DISK_BYTES_OTHER (64LL << 30)
#define DISK_MAX 16
#define DISK_MAX_SATA 3 /* of the six ports of q35's controller three are for discs */

int machine_check_path(const char *path, const char *key, struct err *err)
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

bool machine_has_virtio(const struct machine *m)
{
	bool windows = m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10;

	/* Windows brings neither a virtio disk nor a virtio network driver: its setup needs the ISO. */
	return m->os == GUEST_LINUX || (windows && m->drivers_iso);
}

/* What to do about an image that no machine can use as it is. */
static const char *disk_hint(struct arena *a, const char *path, const char *format)
{
	if (str_eq(format, "iso"))
		return arena_printf(a, _("A disc to install from goes to --install %s."), path);
	if (str_eq(format, "gzip") || str_eq(format, "xz") || str_eq(format, "zstd") || str_eq(format, "bzip2") ||
	    str_eq(format, "zip") || str_eq(format, "7z") || str_eq(format, "tar"))
		return _("It is packed: unpack it and give the image that is in it.");
	if (str_eq(format, "luks"))
		return _("Encrypted images need a secret of libvirt, which is not set up here.");
	return arena_printf(a, _("Make a qcow2 image of it: qemu-img convert -p -f %s -O qcow2 %s %s.qcow2"), format, path,
			    path);
}

/* The content of a file that is used or copied; -EACCES is left to the caller. */
static int disk_read_image(struct machine *m, const struct host *h, const char *path, const char *said,
			   struct disk_image *img, struct err *err)
{
	int r = disk_image_read(h->root, m->arena, path, img);

	if (r == -EACCES)
		return r;
	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("--disk: %s cannot be read: %s."), path, strerror(-r));
	/* An image that starts like another one may really be raw, but only a person can know. */
	if (str_eq(said, "raw") && !img->usable && !str_eq(img->format, "luks")) {
		img->format = "raw";
		img->virtual_bytes = img->file_bytes;
		img->usable = true;
	}
	if (!img->usable) {
		err_set(err, ERR_NOT_POSSIBLE, -EMEDIUMTYPE, _("--disk: %s is neither a qcow2 nor a raw image but %s."), path,
			img->format);
		return err_hint(err, "%s", disk_hint(m->arena, path, img->format));
	}
	if (said && !str_eq(said, img->format))
		return err_set(err, ERR_NOT_POSSIBLE, -EMEDIUMTYPE,
			       _("--disk: %s is %s by its content, and format=%s was said: the machine would find no disk in it."),
			       path, img->format, said);
	if (img->corrupt || img->encrypted || img->has_data_file)
		return err_set(err, ERR_NOT_POSSIBLE, -EBADMSG,
			       img->corrupt	? _("--disk: %s is marked as damaged: qemu-img check -r all repairs what can be.")
			       : img->encrypted ? _("--disk: %s is encrypted, which is not set up here.")
						: _("--disk: %s keeps its data in a second file, which is not set up here."),
			       path);
	if (img->file_bytes == 0)
		return err_set(err, ERR_NOT_POSSIBLE, -ENODATA, _("--disk: %s is empty: remove it, and it can be made."), path);
	return 0;
}

/* It was asked for with a size, and it is there: from an earlier apply, or something else by mistake. */
static int disk_check_existing(const struct machine_disk *d, const struct disk_spec *s, const struct disk_image *img,
			       struct err *err)
{
	if (s->bytes && img->virtual_bytes >= 0 && img->virtual_bytes != s->bytes) {
		err_set(err, ERR_NOT_POSSIBLE, -EEXIST,
			_("--disk: %s is there already and has %.2f GiB, not the %.2f GiB asked for: it is not the disk that was "
			  "meant."),
			d->path, (double)img->virtual_bytes / (1LL << 30), (double)s->bytes / (1LL << 30));
		return err_hint(err, _("To use it as it is, leave out size=; to have a new one, give another name."));
	}
	if (s->overlay && !img->backing)
		return err_set(err, ERR_NOT_POSSIBLE, -EEXIST,
			       _("--disk: %s is there already and lies on no other image, so it is not the overlay asked for."),
			       d->path);
	return 0;
}

/* The script makes the disk in the same way if it were gone; a copy no longer needs what it was made from. */
static void disk_recall_base(struct machine *m, const struct host *h, struct machine_disk *d, const struct disk_spec *s)
{
	struct disk_image base;

	if (!s->from || disk_image_read(h->root, m->arena, s->from, &base) < 0 || !base.usable)
		return;
	d->base = s->from;
	d->base_format = base.format;
	d->overlay = s->overlay;
	d->bytes = s->bytes ? s->bytes : base.virtual_bytes;
}

static int disk_use_existing(struct machine *m, const struct host *h, struct machine_disk *d, const struct disk_spec *s,
			     struct err *err)
{
	struct disk_image img;
	int r = disk_read_image(m, h, d->path, s->format, &img, err);

	/*
	 * What is there is used as it is.  The size that was asked for stays: the script would
	 * make the disk if it were gone, before and after it was made for the first time.
	 */
	d->exists = true;
	disk_recall_base(m, h, d, s);
	if (r == -EACCES) {
		d->format = s->format ? s->format : str_ends_with(d->path, ".qcow2") ? "qcow2" : "raw";
		machine_note_of(m, "disk-not-readable", SEVERITY_WARN, d->path,
			     _("%s may not be read by this program, so its format is taken from its name: %s. Run it as root to "
			       "have it measured."),
			     d->path, d->format);
		return 0;
	}
	if (r < 0)
		return r;
	d->format = img.format;
	r = disk_check_existing(d, s, &img, err);
	if (r == 0)
		r = disk_image_chain(h->root, m->arena, d->path, &img, &d->backing, err);
	if (r < 0 || !fsroot_is_live(h->root))
		return r;
	return disk_settle_file(m, h, d, &img, err);
}

/* The image a new disk starts as. */
static int disk_use_base(struct machine *m, const struct host *h, struct machine_disk *d, const struct disk_spec *s,
			 struct disk_image *img, struct err *err)
{
	int r;

	d->base = s->from;
	d->overlay = s->overlay;
	d->base_format = str_ends_with(s->from, ".qcow2") ? "qcow2" : "raw";
	if (!fsroot_exists(h->root, s->from) && !fsroot_is_live(h->root))
		return 0; /* another host's files are not here to be looked at */
	r = disk_read_image(m, h, s->from, NULL, img, err);
	if (r == -EACCES)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("--disk: %s cannot be read: %s."), s->from, strerror(-r));
	if (r < 0)
		return r;
	d->base_format = img->format;
	if (s->bytes && s->bytes < img->virtual_bytes)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOSPC,
			       _("--disk: %s has %.2f GiB; a disk made from it cannot be smaller (size=%lldM)."), s->from,
			       (double)img->virtual_bytes / (1LL << 30), s->bytes >> 20);
	/* The size is the base's where none was said. */
	d->bytes = s->bytes ? s->bytes : img->virtual_bytes;
	if (s->overlay) {
		r = disk_image_chain(h->root, m->arena, s->from, img, &d->backing, err);
		machine_note_of(m, "disk-lies-on-another", SEVERITY_INFO, d->path,
			     _("%s keeps only what differs from %s. That file must stay where it is and must never change: "
			       "every disk that lies on it would be broken."),
			     d->path, s->from);
	}
	return r;
}

static int disk_make_new(struct machine *m, const struct host *h, struct machine_disk *d, const struct disk_spec *s,
			 struct err *err)
{
	struct disk_image img = { .virtual_bytes = s->bytes };
	int r = 0;

	d->format = s->format ? s->format : "qcow2";
	d->bytes = s->bytes;
	if (s->preallocation && !str_eq(s->preallocation, "off"))
		d->preallocation = s->preallocation;
	if (s->from)
		r = disk_use_base(m, h, d, s, &img, err);
	if (r < 0 || !fsroot_is_live(h->root))
		return r;
	return disk_settle_file(m, h, d, &img, err);
}

static int disk_use_block(struct machine *m, const struct host *h, struct machine_disk *d, const struct disk_spec *s,
			  struct err *err)
{
	d->is_block = true;
	d->bytes = 0;
	if (s->format && !str_eq(s->format, "raw"))
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: a whole disk is raw, not %s."), s->format);
	if (s->from || s->preallocation)
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: %s is a disk of the host, which is not made: from= and "
							  "preallocation= are for files."), d->path);
	d->format = "raw";
	return disk_settle_block(m, h, d, err);
}

static int disk_look(struct machine *m, const struct host *h, struct machine_disk *d, const struct disk_spec *s,
		     struct err *err)
{
	struct stat st;
	int r = fsroot_stat(h->root, d->path, &st);

	if (r == 0 && S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, -EISDIR, _("--disk: %s is a folder."), d->path);
	if (r == 0 && S_ISBLK(st.st_mode)) {
		d->exists = true;
		return disk_use_block(m, h, d, s, err);
	}
	if (r == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, -EINVAL, _("--disk: %s is neither a file nor a disk."), d->path);
	d->bytes = s->bytes;
	if (r == 0)
		return disk_use_existing(m, h, d, s, err);
	if (!s->bytes && !s->from && fsroot_is_live(h->root)) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("--disk: there is no %s."), d->path);
		return err_hint(err, _("To have it made, give its size too: --disk %s,size=64G."), d->path);
	}
	if (str_starts_with(d->path, "/dev/")) {
		if (s->bytes && fsroot_is_live(h->root))
			return err_set(err, ERR_USAGE, -EINVAL, _("--disk: no disk can be made below /dev (%s)."), d->path);
		return disk_use_block(m, h, d, s, err);
	}
	if (s->bytes || s->from)
		return disk_make_new(m, h, d, s, err);
	d->format = s->format ? s->format : str_ends_with(d->path, ".qcow2") ? "qcow2" : "raw";
	return 0;
}

/* Past the host's cache and by the kernel's own asynchronous way; what the guest frees is given back. */
static void disk_set_defaults(const struct machine *m, struct machine_disk *d, const struct disk_spec *s)
{
	d->virtio = s->bus ? str_eq(s->bus, "virtio") : machine_has_virtio(m);
	d->serial = s->serial;
	d->cache = s->cache;
	d->io = s->io;
	d->discard = s->discard ? s->discard : "unmap";
	d->detect_zeroes = s->detect_zeroes && !str_eq(s->detect_zeroes, "off") ? s->detect_zeroes : NULL;
}

static void disk_finish_cache(struct machine_disk *d)
{
	if (!d->cache)
		d->cache = "none";
	if (!d->io)
		d->io = str_eq(d->cache, "none") || str_eq(d->cache, "directsync") ? "native" : "threads";
}

static int disk_check_twice(const struct machine *m, const struct machine_disk *d, struct err *err)
{
	for (unsigned i = 0; i < m->n_disks; i++) {
		if (str_eq(m->disks[i].path, d->path))
			return err_set(err, ERR_USAGE, -EEXIST, _("--disk: %s was given twice."), d->path);
		if (d->serial && str_eq(m->disks[i].serial, d->serial))
			return err_set(err, ERR_USAGE, -EEXIST,
				       _("--disk: two disks cannot have the same serial number, %s."), d->serial);
	}
	return 0;
}

static int disk_add(struct machine *m, const struct host *h, const struct disk_spec *s, struct err *err)
{
	struct machine_disk d = { .path = s->path };
	int r = machine_check_path(s->path, "disk", err);

	disk_set_defaults(m, &d, s);
	if (r == 0)
		r = disk_look(m, h, &d, s, err);
	if (r == 0)
		r = disk_check_twice(m, &d, err);
	if (r < 0)
		return r;
	disk_finish_cache(&d);
	m->disks[m->n_disks++] = d;
	return 0;
}

static bool disk_has_nvme(const struct machine *m)
{
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		if (pci_device_class(m->hostdevs[i].device) == DEVICE_NVME)
			return true;
	return false;
}

/* Nothing was said: an NVMe disk of its own is enough, else a new image that is big enough. */
static int disk_add_default(struct machine *m, const struct host *h, struct err *err)
{
	bool windows = m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10;
	struct disk_spec s = { 0 };
	int r;

	if (disk_has_nvme(m)) {
		machine_note_of(m, "disk-is-the-nvme", SEVERITY_INFO, "host",
			     _("The machine starts from the NVMe disk that it gets as a whole; it has no virtual disk besides. "
			       "To have one, too: --disk FILE,size=SIZE."));
		return 0;
	}
	s.path = arena_printf(m->arena, DISK_FOLDER "/%s.qcow2", m->name);
	if (!fsroot_exists(h->root, s.path))
		s.bytes = windows ? DISK_BYTES_WINDOWS : DISK_BYTES_OTHER;
	r = disk_add(m, h, &s, err);
	/* The script makes it again where it is gone. */
	if (r == 0 && m->disks[0].exists)
		m->disks[0].bytes = windows ? DISK_BYTES_WINDOWS : DISK_BYTES_OTHER;
	return r;
}

/* QEMU has as many places as there are ports; what Windows does not see is said. */
static int disk_check_buses(struct machine *m, struct err *err)
{
	bool windows = m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10;
	unsigned sata = 0;

	for (unsigned i = 0; i < m->n_disks; i++) {
		const struct machine_disk *d = &m->disks[i];

		sata += !d->virtio;
		if (d->virtio && windows && !m->drivers_iso)
			machine_note_of(m, "disk-windows-has-no-driver", SEVERITY_WARN, d->path,
				     _("Windows has no driver for the virtio disk %s of its own: an installed Windows needs it "
				       "before, and its setup needs the disc with drivers (--drivers)."),
				     d->path);
	}
	if (sata > DISK_MAX_SATA)
		return err_set(err, ERR_NOT_POSSIBLE, -E2BIG, _("--disk: a machine has room for %d SATA disks, not %u."),
			       DISK_MAX_SATA, sata);
	return 0;
}

static int disk_set_all(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	_cleanup_free_ const char **all = answers_get_all(a, "disk");
	size_t n = 0;
	int r = 0;

	while (all[n])
		n++;
	if (n > DISK_MAX)
		return err_set(err, ERR_NOT_POSSIBLE, -E2BIG, _("--disk: a machine takes %d disks, not %zu."), DISK_MAX, n);
	m->disks = arena_alloc(m->arena, (n + 1) * sizeof(*m->disks));
	if (n == 0)
		return disk_add_default(m, h, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct disk_spec s;

		if (str_eq(all[i], "none")) {
			if (n > 1)
				return err_set(err, ERR_USAGE, -EINVAL, _("--disk: none stands alone."));
			return 0;
		}
		r = disk_spec_parse(m->arena, all[i], &s, err);
		if (r == 0)
			r = disk_add(m, h, &s, err);
	}
	return r;
}

int machine_set_media(struct machine *m, const struct host *h, const struct answers *a,
		      struct err *err)
{
	/* The driver disc first: with it Windows can have its disk on virtio. */
	int r = machine_set_isos(m, h, a, err);

	if (r == 0)
		r = disk_set_all(m, h, a, err);
	if (r == 0)
		r = disk_check_buses(m, err);
	if (r == 0)
		r = machine_set_seed(m, h, a, err);
	return r < 0 ? r : machine_set_boot(m, a, err);
}
