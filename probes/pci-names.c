/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/pci-names.h"

#include "base/str.h"

#include <libudev.h>
#include <pci/pci.h>
#include <string.h>

#define NAMES_SMALL_LIST (256 * 1024)

struct pci_names {
	struct pci_access *access;
	struct udev *udev;
	struct udev_hwdb *hwdb;           /* NULL: not there, or the root has its own list */
	const struct pci_device *last[8]; /* looked up last: virtual functions come in dozens */
	unsigned n_last;
};

/* Where distributions keep it: Debian, then Fedora and Arch. */
static const char *const names_lists[] = { "usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids" };

static bool names_use_list(struct pci_names *n, const struct fsroot *root, off_t max)
{
	char path[PATH_MAX];
	struct stat st;

	for (unsigned i = 0; i < ARRAY_SIZE(names_lists); i++) {
		if (fsroot_stat(root, names_lists[i], &st) < 0 || !S_ISREG(st.st_mode) ||
		    st.st_size > max)
			continue;
		fsroot_library_path(root, names_lists[i], path);
		pci_set_name_list_path(n->access, xstrdup(path), 1);
		return true;
	}
	return false;
}

struct pci_names *pci_names_open(const struct host *h, struct pci_access *access)
{
	struct pci_names *n = xcalloc(1, sizeof(*n));

	n->access = access;
	if (!fsroot_is_live(h->root) && names_use_list(n, h->root, NAMES_SMALL_LIST))
		return n;
	n->udev = udev_new();
	n->hwdb = n->udev ? udev_hwdb_new(n->udev) : NULL;
	return n;
}

void pci_names_close(struct pci_names *n)
{
	udev_hwdb_unref(n->hwdb);
	udev_unref(n->udev);
	free(n);
}

static void names_from_hwdb(struct pci_names *n, struct host *h, struct pci_device *d)
{
	const struct {
		const char *key;
		const char **to;
	} wanted[] = {
		{ "ID_VENDOR_FROM_DATABASE", &d->vendor_name },
		{ "ID_MODEL_FROM_DATABASE", &d->device_name },
		{ "ID_PCI_SUBCLASS_FROM_DATABASE", &d->class_name },
	};
	struct udev_list_entry *entry;

	if (!n->hwdb || !d->modalias)
		return;
	udev_list_entry_foreach(entry, udev_hwdb_get_properties_list_entry(n->hwdb, d->modalias, 0))
	{
		const char *key = udev_list_entry_get_name(entry);

		for (unsigned i = 0; i < ARRAY_SIZE(wanted); i++)
			if (str_eq(key, wanted[i].key) && !*wanted[i].to)
				*wanted[i].to =
					arena_strdup(h->arena, udev_list_entry_get_value(entry));
	}
}

static void names_from_list(struct pci_names *n, struct host *h, struct pci_device *d)
{
	const int flags = PCI_LOOKUP_NO_NUMBERS | PCI_LOOKUP_NO_HWDB;
	char buf[256];

	if (!d->vendor_name)
		d->vendor_name = arena_strdup(h->arena, pci_lookup_name(n->access, buf, sizeof(buf),
									PCI_LOOKUP_VENDOR | flags,
									d->vendor));
	if (!d->device_name)
		d->device_name = arena_strdup(h->arena, pci_lookup_name(n->access, buf, sizeof(buf),
									PCI_LOOKUP_DEVICE | flags,
									d->vendor, d->device));
	if (!d->class_name)
		d->class_name = arena_strdup(h->arena, pci_lookup_name(n->access, buf, sizeof(buf),
								       PCI_LOOKUP_CLASS | flags,
								       d->class_code >> 8));
}

static const struct pci_device *names_find_equal(const struct pci_names *n,
						 const struct pci_device *d)
{
	for (unsigned i = 0; i < ARRAY_SIZE(n->last) && n->last[i]; i++)
		if (n->last[i]->vendor == d->vendor && n->last[i]->device == d->device &&
		    n->last[i]->class_code >> 8 == d->class_code >> 8)
			return n->last[i];
	return NULL;
}

void pci_names_fill(struct pci_names *n, struct host *h, struct pci_device *d)
{
	const struct pci_device *equal = names_find_equal(n, d);

	if (equal) {
		d->vendor_name = equal->vendor_name;
		d->device_name = equal->device_name;
		d->class_name = equal->class_name;
		return;
	}
	n->last[n->n_last++ % ARRAY_SIZE(n->last)] = d;
	names_from_hwdb(n, h, d);
	/* A device the database does not know is too new for the text list of the same age as well. */
	if (!n->hwdb)
		names_from_list(n, h, d);
	if (!d->vendor_name)
		d->vendor_name = arena_printf(h->arena, _("Vendor %04x"), d->vendor);
	if (!d->device_name)
		d->device_name = arena_printf(h->arena, _("Device %04x"), d->device);
	if (!d->class_name)
		d->class_name = arena_printf(h->arena, _("Class %04x"), d->class_code >> 8);
}
