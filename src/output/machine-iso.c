/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disc to install from and the disc with drivers: --install, --drivers. */
#include "output/machine-parts.h"

#include "base/str.h"
#include "output/disk-image.h"
#include "output/iso-data.h"
#include "output/iso-image.h"

#include <errno.h>
#include <string.h>

static const char *const iso_systems[] = {
	[GUEST_WINDOWS11] = "windows11", [GUEST_WINDOWS10] = "windows10", [GUEST_LINUX] = "linux", [GUEST_OTHER] = "other",
};

static bool iso_wants_windows(const struct machine *m)
{
	return m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10;
}

/* Where the right one comes from, as the hint of an error. */
static int iso_hint_source(struct machine *m, enum iso_kind kind, const char *os, struct err *err)
{
	struct iso_known k;

	if (iso_data_first(m->arena, kind, os, &k) < 0 || !k.url[0])
		return err_hint(err, _("Give the path of the right image."));
	return err_hint(err, _("The official one (%s) comes from %s"), k.name, k.url);
}

static int iso_refuse_no_disc(struct machine *m, const struct host *h, const char *key, const char *path, struct err *err)
{
	struct disk_image img;

	err_set(err, ERR_NOT_POSSIBLE, -EMEDIUMTYPE, _("--%s: %s is no image of a disc: there is neither ISO 9660 nor UDF in it."),
		key, path);
	if (disk_image_read(h->root, m->arena, path, &img) == 0 && str_eq(img.format, "qcow2"))
		return err_hint(err, _("It is a disk image: --disk %s"), path);
	return err_hint(err, _("If it was downloaded, compare its checksum with the one on the page it came from."));
}

/* What can be said of the file itself, whatever it is for. */
static int iso_check_file(struct machine *m, const struct host *h, const char *key, const char *path,
			  struct iso_image *img, struct err *err)
{
	int r = iso_image_read(h->root, m->arena, path, img);

	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("--%s: %s cannot be read: %s."), key, path, strerror(-r));
	if (!img->type)
		return iso_refuse_no_disc(m, h, key, path, err);
	if (img->file_bytes >= 0 && img->volume_bytes > img->file_bytes) {
		err_set(err, ERR_NOT_POSSIBLE, -ENODATA,
			_("--%s: %s is not whole: the disc has %lld bytes and the file only %lld."), key, path,
			img->volume_bytes, img->file_bytes);
		return err_hint(err, _("Download it again and compare its checksum."));
	}
	return 0;
}

static int iso_check_install(struct machine *m, const char *path, const struct iso_image *img, const struct iso_known *k,
			     struct err *err)
{
	const char *os = iso_systems[m->os];
	struct machine_note *f;

	if (k->kind == ISO_VIRTIO_WIN) {
		err_set(err, ERR_NOT_POSSIBLE, -EMEDIUMTYPE, _("--install: %s is the disc with drivers for Windows (“%s”)."), path,
			img->label);
		return err_hint(err, _("It goes to --drivers %s; --install takes the disc of Windows itself."), path);
	}
	if (k->kind == ISO_SEED)
		return err_set(err, ERR_NOT_POSSIBLE, -EMEDIUMTYPE, _("--install: %s is a cloud-init seed and installs nothing."),
			       path);
	if (k->kind == ISO_UNKNOWN) {
		machine_note_of(m, "iso-unknown", SEVERITY_INFO, path,
			     img->label ? _("The disc %s calls itself “%s”, which this program does not know.")
					: _("The disc %s has no label: this program does not know what it is."),
			     path, img->label);
		return 0;
	}
	machine_note_of(m, "iso-known", SEVERITY_INFO, path, _("The disc %s is: %s (“%s”)."), path, k->name, img->label);
	if (!k->os[0] || iso_suggests(k, os))
		return 0;
	f = machine_note_of(m, "iso-for-another-system", SEVERITY_WARN, path,
			 _("The machine is made for %s, and the disc %s is: %s."), os, path, k->name);
	machine_note_advice(m, f, _("If the disc is the right one: --os %.*s"), (int)strcspn(k->os, ","), k->os);
	return 0;
}

/* viostor\w11\amd64, as the disc has it; an older disc has nothing for Windows 11. */
static void iso_find_driver(struct machine *m, const struct host *h, const char *path)
{
	const char *folder = m->os == GUEST_WINDOWS11 ? "w11" : "w10";
	const char *name = arena_printf(m->arena, "viostor/%s/amd64", folder);
	struct machine_note *f;

	if (iso_image_has(h->root, path, name) == 0) {
		f = machine_note_of(m, "iso-has-no-driver", SEVERITY_WARN, path,
				 _("The disc %s has no folder %s: it is too old for this Windows, or another disc. Setup would see no "
				   "virtio disk."),
				 path, name);
		machine_note_advice(m, f, _("Get the newest one, or use a SATA disk: --disk FILE,size=SIZE,bus=sata"));
		return;
	}
	m->driver_folder = arena_printf(m->arena, "viostor\\%s\\amd64", folder);
}

static int iso_check_drivers(struct machine *m, const struct host *h, const char *path, const struct iso_image *img,
			     const struct iso_known *k, struct err *err)
{
	struct iso_known right;
	struct machine_note *f;

	if (k->kind == ISO_VIRTIO_WIN) {
		if (iso_wants_windows(m))
			iso_find_driver(m, h, path);
		return 0;
	}
	if (k->kind != ISO_UNKNOWN) {
		err_set(err, ERR_NOT_POSSIBLE, -EMEDIUMTYPE, _("--drivers: %s is no disc with drivers but: %s (“%s”)."), path,
			k->name, img->label);
		return iso_hint_source(m, ISO_VIRTIO_WIN, NULL, err);
	}
	f = machine_note_of(m, "iso-drivers-unknown", SEVERITY_WARN, path,
			 img->label ? _("The disc %s calls itself “%s”: it is not known to be virtio-win, the disc with drivers.")
				    : _("The disc %s has no label: it is not known to be virtio-win, the disc with drivers."),
			 path, img->label);
	if (iso_data_first(m->arena, ISO_VIRTIO_WIN, NULL, &right) == 0 && right.url[0])
		machine_note_advice(m, f, _("The official one (%s) comes from %s"), right.name, right.url);
	if (iso_wants_windows(m))
		iso_find_driver(m, h, path);
	return 0;
}

/* Another root's or a recorded host's images need not be here to be looked at. */
static int iso_set(struct machine *m, const struct host *h, const char *key, const char *path, const char **ret,
		   struct err *err)
{
	struct iso_known k = { .name = "", .os = "", .url = "" };
	struct iso_image img;
	int r;

	if (str_is_empty(path))
		return 0;
	r = machine_check_path(path, key, err);
	if (r < 0)
		return r;
	*ret = arena_strdup(m->arena, path);
	if (!fsroot_is_live(h->root) && !fsroot_exists(h->root, path)) {
		if (strcmp(key, "drivers") == 0 && iso_wants_windows(m))
			m->driver_folder = m->os == GUEST_WINDOWS11 ? "viostor\\w11\\amd64" : "viostor\\w10\\amd64";
		return 0;
	}
	r = iso_check_file(m, h, key, path, &img, err);
	if (r == 0 && img.label && iso_data_find(m->arena, img.label, &k) < 0)
		machine_note_of(m, "iso-data-missing", SEVERITY_WARN, path,
			     _("What the disc %s is cannot be said: the list of discs that ships with this program is missing."),
			     path);
	if (r < 0)
		return r;
	return strcmp(key, "install") == 0 ? iso_check_install(m, path, &img, &k, err) :
					     iso_check_drivers(m, h, path, &img, &k, err);
}

/* What Windows' setup shows, and what to press: said before someone sits in front of an empty list. */
static void iso_note_windows(struct machine *m)
{
	struct iso_known k;
	struct machine_note *f;

	if (!iso_wants_windows(m) || !m->install_iso)
		return;
	if (m->drivers_iso && m->driver_folder) {
		machine_note_of(m, "windows-setup-needs-driver", SEVERITY_INFO, m->drivers_iso,
			     _("Windows' setup shows an empty list of disks until it has the driver: press Load driver, then Browse, "
			       "and choose the folder %s of the second disc, mostly E:. The network driver is in %s there."),
			     m->driver_folder, m->os == GUEST_WINDOWS11 ? "NetKVM\\w11\\amd64" : "NetKVM\\w10\\amd64");
		return;
	}
	if (m->drivers_iso)
		return;
	f = machine_note_of(m, "windows-without-drivers", SEVERITY_INFO, m->install_iso,
			 _("Without the disc with drivers (--drivers) this Windows gets a SATA disk and an emulated network card: it "
			   "installs without any help, and both are slower."));
	if (iso_data_first(m->arena, ISO_VIRTIO_WIN, NULL, &k) == 0 && k.url[0])
		machine_note_advice(m, f, _("The official one (%s) comes from %s"), k.name, k.url);
}

int machine_set_isos(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	int r = iso_set(m, h, "install", answers_get(a, "install"), &m->install_iso, err);

	if (r == 0)
		r = iso_set(m, h, "drivers", answers_get(a, "drivers"), &m->drivers_iso, err);
	if (r == 0 && m->install_iso && str_eq(m->install_iso, m->drivers_iso))
		return err_set(err, ERR_USAGE, -EINVAL, _("--drivers: it is the same file as --install."));
	if (r == 0)
		iso_note_windows(m);
	return r;
}
