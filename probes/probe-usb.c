/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <libudev.h>
#include <string.h>

#define USB_DEVICES "sys/bus/usb/devices"

/* Descriptor fields are hexadecimal without 0x: "046d", "03". */
static unsigned usb_hex(struct host *h, const char *name, const char *attribute)
{
	const char *text = probe_word(h, USB_DEVICES "/%s/%s", name, attribute);
	char path[PATH_MAX];
	uint64_t n;
	int r;

	if (!text)
		return 0;
	r = str_to_hex(text, 0xffff, &n);
	if (r == 0)
		return (unsigned)n;
	snprintf(path, sizeof(path), USB_DEVICES "/%s/%s", name, attribute);
	probe_note(h, path, r);
	return 0;
}

/* 1-4:1.0: class 03 is HID, subclass 1 the boot interface, protocol 1 keyboard, 2 mouse. */
static void usb_read_interface(struct host *h, struct usb_device *u, const char *name)
{
	unsigned class = usb_hex(h, name, "bInterfaceClass");
	unsigned subclass = usb_hex(h, name, "bInterfaceSubClass");
	unsigned protocol = usb_hex(h, name, "bInterfaceProtocol");
	char path[PATH_MAX];
	const char *driver;

	u->is_keyboard |= class == 3 && subclass == 1 && protocol == 1;
	u->is_mouse |= class == 3 && subclass == 1 && protocol == 2;
	u->is_storage |= class == 8;
	snprintf(path, sizeof(path), USB_DEVICES "/%s/driver", name);
	driver = fsroot_link_name(h->root, h->arena, path);
	if (driver && !strv_contains(u->drivers, driver))
		arena_strv_add(h->arena, &u->drivers, driver);
}

/* Many devices have no strings of their own; the hardware database of this machine knows some. */
static void usb_name(struct host *h, struct usb_device *u, struct udev_hwdb *hwdb)
{
	char alias[32];
	struct udev_list_entry *entry;

	if (!hwdb || (u->vendor_name && u->product_name))
		return;
	snprintf(alias, sizeof(alias), "usb:v%04Xp%04X", u->vendor, u->product);
	udev_list_entry_foreach(entry, udev_hwdb_get_properties_list_entry(hwdb, alias, 0))
	{
		const char *key = udev_list_entry_get_name(entry);
		const char *value = udev_list_entry_get_value(entry);

		if (!u->vendor_name && str_eq(key, "ID_VENDOR_FROM_DATABASE"))
			u->vendor_name = arena_strdup(h->arena, value);
		if (!u->product_name && str_eq(key, "ID_MODEL_FROM_DATABASE"))
			u->product_name = arena_strdup(h->arena, value);
	}
}

/* "1-4.2" is a device; "usb1" a root hub, "1-4:1.0" an interface. */
static struct usb_device *usb_read_device(struct host *h, const char *name, char **all)
{
	struct usb_device *u = arena_alloc(h->arena, sizeof(*u));
	_cleanup_free_ char *prefix = xasprintf("%s:", name);
	uint64_t n;

	u->port = arena_strdup(h->arena, name);
	u->vendor = (uint16_t)usb_hex(h, name, "idVendor");
	u->product = (uint16_t)usb_hex(h, name, "idProduct");
	if (probe_number(h, 0xffff, &n, USB_DEVICES "/%s/busnum", name) == 0)
		u->bus = (int)n;
	if (probe_number(h, 0xffff, &n, USB_DEVICES "/%s/devnum", name) == 0)
		u->number = (int)n;
	u->vendor_name = probe_word(h, USB_DEVICES "/%s/manufacturer", name);
	u->product_name = probe_word(h, USB_DEVICES "/%s/product", name);
	u->serial = probe_word(h, USB_DEVICES "/%s/serial", name);
	u->is_hub = usb_hex(h, name, "bDeviceClass") == 9;
	u->controller = probe_device_behind(h, USB_DEVICES "/%s", name);
	for (char **other = all; *other; other++)
		if (str_starts_with(*other, prefix))
			usb_read_interface(h, u, *other);
	return u;
}

static int usb_run(struct host *h, struct err *err _unused_)
{
	_cleanup_strv_ char **names = probe_list(h, USB_DEVICES);
	struct udev *udev;
	struct udev_hwdb *hwdb = NULL;

	if (!names)
		return 0;
	/* A recorded host must look the same everywhere: its own strings only. */
	udev = fsroot_is_live(h->root) ? udev_new() : NULL;
	if (udev)
		hwdb = udev_hwdb_new(udev);
	h->usb = arena_alloc(h->arena, (strv_length(strv_const(names)) + 1) * sizeof(*h->usb));
	for (char **name = names; *name; name++) {
		struct usb_device *u;

		if (**name < '0' || **name > '9' || strchr(*name, ':'))
			continue;
		u = usb_read_device(h, *name, names);
		usb_name(h, u, hwdb);
		h->usb[h->n_usb++] = u;
	}
	udev_hwdb_unref(hwdb);
	udev_unref(udev);
	return 0;
}

const struct probe probe_usb = {
	.name = "usb",
	.title = N_("USB devices"),
	.run = usb_run,
};
