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

/*
 * /proc/iomem; what is below a line is indented further.  Without root all addresses are 0, the
 * names are there:
 *	c0000000-dfffffff : PCI Bus 0000:01
 *	  c0000000-cfffffff : 0000:01:00.0
 *	    c0000000-c07e8fff : BOOTFB
 * BOOTFB is what simpledrm draws on; efifb and vesafb claim it under their own names.
 */
static void usage_framebuffer(struct host *h)
{
	static const char *const names[] = { "BOOTFB", "efifb", "vesafb", "simplefb", "simple-framebuffer", NULL };
	_cleanup_free_ char *text = probe_text(h, NULL, "proc/iomem");
	char *rest = text, *line;
	struct pci_device *above = NULL;
	size_t depth = 0;

	while ((line = probe_next_line(&rest))) {
		size_t indent = strspn(line, " ");
		char *name = strstr(line, " : ");
		struct pci_addr addr;

		if (!name)
			continue;
		name += strlen(" : ");
		if (above && indent <= depth)
			above = NULL;
		if (pci_addr_parse(name, &addr) == 0) {
			above = host_find_device(h, addr);
			depth = indent;
		} else if (above && strv_contains(names, name)) {
			above->framebuffer = arena_strdup(h->arena, name);
			usage_add_display(h, above, arena_printf(h->arena, _("picture of the boot (%s)"), name));
		}
	}
}

void usage_display(struct host *h)
{
	for (unsigned i = 0; i < h->n_devices; i++)
		if (h->devices[i]->boot_vga == 1)
			usage_add_display(h, h->devices[i],
					  _("screen of the firmware and the boot"));
	usage_connectors(h);
	usage_framebuffer(h);
	/* The text console, where it has a frame buffer. */
	usage_add_display(h, probe_device_behind(h, "sys/class/graphics/fb0"), _("text console"));
}
