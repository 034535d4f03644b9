/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/usage.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

#include <string.h>

/*
 * /sys/class/input/event3/device/capabilities/key, words of hexadecimal, the lowest last:
 *	1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe
 * Keys 1 to 31 (Esc to S) are what udev calls a keyboard too; power buttons have a few high bits.
 */
static bool usage_is_keyboard(const char *key)
{
	const char *last = key ? strrchr(key, ' ') : NULL;
	uint64_t bits;

	if (!key || str_to_hex(last ? last + 1 : key, UINT64_MAX, &bits) < 0)
		return false;
	return (bits & 0xfffffffe) == 0xfffffffe;
}

/* The component "1-4.2" of ".../usb1/1-4/1-4.2/1-4.2:1.0/0003:046D:C31C.0001/input/input5" */
static struct usb_device *usage_usb_of_path(const struct host *h, const char *path)
{
	for (unsigned i = h->n_usb; i-- > 0;) {
		const char *port = h->usb[i]->port, *at = path;
		size_t n = strlen(port);

		while ((at = strstr(at, port))) {
			if (at > path && at[-1] == '/' && at[n] == ':')
				return h->usb[i];
			at += n;
		}
	}
	return NULL;
}

struct usage_keyboard {
	struct pci_device *device; /* NULL: not behind PCI, or PS/2 */
	const char *name;
};

/*
 * A Bluetooth keyboard that BlueZ serves itself hangs on nothing in sysfs, bus 0005 is Bluetooth:
 *	/sys/devices/virtual/misc/uhid/0005:046D:B342.0003/input/input20/event12
 * It needs the radio, /sys/class/bluetooth/hci0 -> .../usb1/1-10/1-10:1.0/bluetooth/hci0.  Which one of several
 * sysfs does not tell: all of them.  Those that the kernel serves are children of their radio.
 */
static size_t usage_find_radios(struct host *h, const char *keyboard, struct usage_keyboard *found, size_t max)
{
	_cleanup_strv_ char **names = probe_list(h, "sys/class/bluetooth");
	size_t n = 0;

	for (char **name = names; name && *name && n < max; name++) {
		char path[PATH_MAX];
		struct usb_device *usb;
		const char *real;

		if (!str_starts_with(*name, "hci") || strchr(*name, ':')) /* hci0:256 is a connection */
			continue;
		snprintf(path, sizeof(path), "sys/class/bluetooth/%s", *name);
		if (fsroot_resolve(h->root, h->arena, path, &real) < 0)
			continue;
		usb = usage_usb_of_path(h, real);
		if (usb) {
			usb->is_keyboard = true;
			continue; /* counted with the USB devices */
		}
		found[n].device = probe_device_behind(h, "%s", path);
		found[n++].name = keyboard;
	}
	return n;
}

static size_t usage_find_keyboards(struct host *h, struct usage_keyboard *found, size_t max)
{
	_cleanup_strv_ char **names = probe_list(h, "sys/class/input");
	size_t n = 0;

	for (char **name = names; name && *name && n < max; name++) {
		char path[PATH_MAX];
		struct usb_device *usb;
		const char *real;

		if (!str_starts_with(*name, "event") ||
		    !usage_is_keyboard(
			    probe_word(h, "sys/class/input/%s/device/capabilities/key", *name)))
			continue;
		snprintf(path, sizeof(path), "sys/class/input/%s", *name);
		if (fsroot_resolve(h->root, h->arena, path, &real) < 0)
			continue;
		usb = usage_usb_of_path(h, real);
		if (usb) {
			usb->is_keyboard = true;
			continue; /* counted with the USB devices, once */
		}
		/* uinput and the like: no keyboard anybody could press */
		if (strstr(real, "/misc/uhid/0005:")) {
			n += usage_find_radios(h, probe_word(h, "sys/class/input/%s/device/name", *name),
					       found + n, max - n);
			continue;
		}
		if (str_starts_with(real, "sys/devices/virtual/"))
			continue;
		found[n].device = probe_device_behind(h, "%s", path);
		found[n++].name = probe_word(h, "sys/class/input/%s/device/name", *name);
	}
	for (unsigned i = 0; i < h->n_usb && n < max; i++) {
		if (!h->usb[i]->is_keyboard)
			continue;
		found[n].device = h->usb[i]->controller;
		found[n++].name = h->usb[i]->port;
	}
	return n;
}

static void usage_of_usb(struct host *h, struct usb_device *u)
{
	const struct block_device *disk = NULL;

	if (u->is_keyboard)
		u->use = _("keyboard");
	else if (u->is_mouse)
		u->use = _("mouse");
	if (!u->is_storage)
		return;
	/* Which of the disks behind the same controller it is does not matter for a warning. */
	for (unsigned i = 0; i < h->n_blocks; i++)
		if (u->controller && h->blocks[i]->controller == u->controller &&
		    (h->blocks[i]->mounts || h->blocks[i]->is_swap))
			disk = h->blocks[i];
	if (disk)
		u->use = arena_printf(h->arena, _("storage (%s)"), disk->name);
}

void usage_input(struct host *h)
{
	struct usage_keyboard keyboards[64];
	size_t n = usage_find_keyboards(h, keyboards, ARRAY_SIZE(keyboards));

	for (size_t i = 0; i < n; i++) {
		struct pci_device *d = keyboards[i].device;
		bool only = true;

		if (!d)
			continue;
		for (size_t j = 0; j < n; j++)
			only = only && keyboards[j].device == d;
		pci_device_add_use(h, d, HOST_USE_INPUT, only,
				   arena_printf(h->arena, _("keyboard %s"),
						keyboards[i].name ? keyboards[i].name : "?"));
	}
	for (unsigned i = 0; i < h->n_usb; i++)
		usage_of_usb(h, h->usb[i]);
}
