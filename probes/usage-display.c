/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/usage.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

#include <string.h>

/* A device that waits for a guest shows nothing of the host, also when the firmware started on it. */
static bool usage_is_given_away(const struct pci_device *d)
{
	return d->driver && (str_starts_with(d->driver, "vfio") || strstr(d->driver, "_vfio_pci") ||
			     str_eq(d->driver, "pci-stub"));
}

/* 0x0300 VGA, 0x0380 other display; a 3D controller (0x0302) has no outputs. */
static bool usage_can_show(const struct pci_device *d)
{
	unsigned class = d->class_code >> 8;

	return (class == 0x0300 || class == 0x0380) && !usage_is_given_away(d);
}

static void usage_add_display(struct host *h, struct pci_device *d, const char *detail)
{
	bool only = true;

	if (!d || usage_is_given_away(d))
		return;
	for (unsigned i = 0; i < h->n_devices; i++)
		only = only && (h->devices[i] == d || !usage_can_show(h->devices[i]));
	pci_device_add_use(h, d, HOST_USE_DISPLAY, only, detail);
}

/* /sys/class/drm: "card0-HDMI-A-1/status" is "connected" where a monitor hangs. */
static void usage_connectors(struct host *h)
{
	_cleanup_strv_ char **names = probe_list(h, "sys/class/drm");

	for (char **name = names; name && *name; name++) {
		if (!str_starts_with(*name, "card") || !strchr(*name, '-') ||
		    !str_eq(probe_word(h, "sys/class/drm/%s/status", *name), "connected"))
			continue;
		usage_add_display(h, probe_device_behind(h, "sys/class/drm/%s", *name),
				  arena_printf(h->arena, _("monitor on %s"), *name));
	}
}

void usage_display(struct host *h)
{
	for (unsigned i = 0; i < h->n_devices; i++)
		if (h->devices[i]->boot_vga == 1)
			usage_add_display(h, h->devices[i],
					  _("screen of the firmware and the boot"));
	usage_connectors(h);
	/* The text console, where it has a frame buffer. */
	usage_add_display(h, probe_device_behind(h, "sys/class/graphics/fb0"), _("text console"));
}
