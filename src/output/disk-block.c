/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk or partition of the host that the machine gets. */
#include "output/disk-parts.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

#define BLOCK_BY_ID "/dev/disk/by-id"

static const char *block_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "sda1" for /dev/disk/by-id/ata-…-part1; the name itself where the link is not there. */
static const char *block_real_name(const struct host *h, struct arena *a, const char *path)
{
	const char *real = NULL;

	if (fsroot_resolve(h->root, a, path, &real) < 0 || !real)
		real = path;
	return block_base(real);
}

static const struct block_device *block_find(const struct host *h, const char *name)
{
	for (unsigned i = 0; name && i < h->n_blocks; i++)
		if (str_eq(h->blocks[i]->name, name))
			return h->blocks[i];
	return NULL;
}

/* Names with maker, model and serial number are read by people; bare numbers come last. */
static unsigned block_rank(const char *name)
{
	static const char *const plain[] = { "ata-", "nvme-", "usb-", "mmc-", "virtio-", "scsi-", "dm-name-", "md-name-" };

	if (str_starts_with(name, "nvme-eui.") || str_starts_with(name, "nvme-nvme.") ||
	    str_starts_with(name, "nvme-uuid."))
		return ARRAY_SIZE(plain) + 1;
	for (unsigned i = 0; i < ARRAY_SIZE(plain); i++)
		if (str_starts_with(name, plain[i]))
			return i;
	return ARRAY_SIZE(plain);
}

const char *disk_block_by_id(const struct host *h, struct arena *a, const char *name)
{
	_cleanup_strv_ char **links = NULL;
	const char *best = NULL;

	if (fsroot_list(h->root, BLOCK_BY_ID, &links) < 0)
		return NULL;
	for (char **link = links; link && *link; link++) {
		const char *path = arena_printf(a, BLOCK_BY_ID "/%s", *link);

		if (!str_eq(block_real_name(h, a, path), name))
			continue;
		if (!best || block_rank(*link) < block_rank(block_base(best)))
			best = path;
	}
	return best;
}

/* /dev/sda is whoever answers first; /dev/mapper/x, /dev/vg/lv and /dev/disk/… are names that stay. */
static void block_settle_name(struct machine *m, const struct host *h, struct machine_disk *d, const char *name)
{
	const char *by_id;
	struct machine_note *f;

	if (!str_starts_with(d->path, "/dev/") || !str_eq(d->path + 5, name))
		return;
	by_id = disk_block_by_id(h, m->arena, name);
	if (by_id) {
		machine_note_of(m, "disk-by-id", SEVERITY_INFO, d->path,
			     _("%s can be another disk after the next start of this host, so the machine names it by its "
			       "serial number: %s."),
			     d->path, by_id);
		d->path = by_id;
		return;
	}
	f = machine_note_of(m, "disk-without-lasting-name", SEVERITY_WARN, d->path,
			 _("%s has no name in %s: after the next start of this host it can be another disk, and the machine "
			   "would write to that one."),
			 d->path, BLOCK_BY_ID);
	machine_note_advice(m, f, _("Look for a name that stays: ls -l /dev/disk/by-path"));
}

/* Why the host needs it, NULL when it does not. */
static const char *block_use(struct arena *a, const struct block_device *b)
{
	if (b->mounts && b->mounts[0])
		return arena_printf(a, _("mounted on %s"), b->mounts[0]);
	if (b->is_swap)
		return _("the host's swap");
	if (b->is_member)
		return _("a part of a RAID, LVM, ZFS, bcache or btrfs that the host uses");
	if (b->is_holder)
		return _("in use by device-mapper or another layer of the host");
	if (b->in_fstab)
		return _("named in /etc/fstab");
	if (b->in_crypttab)
		return _("named in /etc/crypttab");
	return NULL;
}

static bool block_is_mounted_for_system(const struct block_device *b)
{
	static const char *const system[] = { "/", "/boot", "/boot/efi", "/efi", "/usr", "/var", NULL };

	for (const char *const *mount = b->mounts; mount && *mount; mount++)
		if (strv_contains(system, *mount))
			return true;
	return false;
}

/* A disk that carries anything of the host must not be written by a second system. */
static int block_check_use(const struct host *h, struct arena *a, const char *path, const char *name, struct err *err)
{
	const struct block_device *asked = block_find(h, name);

	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];
		const char *use = block_use(a, b);

		/* Asked for the disk of a used partition, or for the used one itself. */
		if (use && (str_eq(b->name, name) || str_eq(b->parent, name)))
			return err_set(err, ERR_NOT_POSSIBLE, -EBUSY, _("--disk: the host itself uses %s: %s is %s."), path,
				       b->name, use);
		/* A used disk without partitions, seen from below; a partition beside the host's own system. */
		if (asked && asked->parent && str_eq(asked->parent, b->name) && use && (b->is_member || b->is_swap))
			return err_set(err, ERR_NOT_POSSIBLE, -EBUSY, _("--disk: the host itself uses %s: %s is %s."), path,
				       b->name, use);
		if (asked && asked->parent && str_eq(asked->parent, b->parent) && block_is_mounted_for_system(b))
			return err_set(err, ERR_NOT_POSSIBLE, -EBUSY,
				       _("--disk: %s is a partition of the disk that the host itself starts from (%s is %s)."), path,
				       b->name, use);
	}
	return 0;
}

/* QEMU would open a disk that is gone from the host as soon as its controller is given away. */
static int block_check_controller(const struct machine *m, const struct host *h, const char *path, const char *name,
				  struct err *err)
{
	const struct block_device *b = block_find(h, name);

	for (unsigned i = 0; b && i < m->n_hostdevs; i++)
		if (b->controller && m->hostdevs[i].device == b->controller) {
			err_set(err, ERR_NOT_POSSIBLE, -EBUSY,
				_("--disk: %s hangs on %s, which the machine gets as a whole: it is one or the other."), path,
				b->controller->address);
			return err_hint(err, _("Leave --disk out: the machine sees the disk of its controller by itself."));
		}
	return 0;
}

static void block_add_words(struct str *s, const struct block_device *b)
{
	if (s->len)
		str_add(s, ", ");
	str_add_printable(s, b->name);
	if (b->bytes >= 0)
		str_addf(s, " %.1f GB", (double)b->bytes / 1e9);
	if (b->fs_type) {
		str_addc(s, ' ');
		str_add_printable(s, b->fs_type);
	}
	if (b->label) {
		str_add(s, " “");
		str_add_printable(s, b->label);
		str_add(s, "”");
	}
}

/* Whoever gives a disk away sees once what is on it. */
static void block_note_content(struct machine *m, const struct host *h, const struct machine_disk *d, const char *name)
{
	const struct block_device *disk = block_find(h, name);
	_cleanup_str_ struct str parts = { 0 }, what = { 0 };

	if (!disk)
		return;
	block_add_words(&what, disk);
	if (disk->model) {
		str_add(&what, ", ");
		str_add_printable(&what, disk->model);
	}
	if (disk->serial) {
		str_addf(&what, ", %s ", _("serial number"));
		str_add_printable(&what, disk->serial);
	}
	for (unsigned i = 0; i < h->n_blocks; i++)
		if (str_eq(h->blocks[i]->parent, name))
			block_add_words(&parts, h->blocks[i]);
	if (!parts.len && !disk->fs_type)
		return;
	machine_note_of(m, "disk-holds-data", SEVERITY_WARN, d->path,
		     parts.len ? _("The machine gets all of %s (%s) and can write over everything on it: %s.")
			       : _("The machine gets all of %s (%s) and can write over everything on it."),
		     d->path, str_c(&what), str_c(&parts));
}

int disk_settle_block(struct machine *m, const struct host *h, struct machine_disk *d, struct err *err)
{
	const char *name = block_real_name(h, m->arena, d->path);
	int r = block_check_use(h, m->arena, d->path, name, err);

	if (r == 0)
		r = block_check_controller(m, h, d->path, name, err);
	if (r < 0)
		return r;
	block_settle_name(m, h, d, name);
	block_note_content(m, h, d, name);
	return 0;
}

const char *disk_block_why_not(const struct host *h, struct arena *a, const char *name)
{
	struct err err = { 0 };

	if (block_check_use(h, a, name, name, &err) == 0)
		return NULL;
	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];
		const char *use = block_use(a, b);

		if (use && (str_eq(b->name, name) || str_eq(b->parent, name)))
			return arena_printf(a, _("The host itself uses it: %s is %s."), b->name, use);
	}
	return _("The host itself uses it.");
}

const char *disk_block_describe(const struct host *h, struct arena *a, const struct block_device *b)
{
	_cleanup_str_ struct str s = { 0 }, parts = { 0 };

	if (b->model)
		str_add_printable(&s, b->model);
	if (b->serial) {
		str_addf(&s, "%s%s ", s.len ? ", " : "", _("serial number"));
		str_add_printable(&s, b->serial);
	}
	if (b->fs_type)
		block_add_words(&parts, b);
	for (unsigned i = 0; i < h->n_blocks; i++)
		if (str_eq(h->blocks[i]->parent, b->name))
			block_add_words(&parts, h->blocks[i]);
	return arena_printf(a, "%s%s%s", str_c(&s), s.len ? ": " : "", parts.len ? str_c(&parts) : _("nothing is on it"));
}
