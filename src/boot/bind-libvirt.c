/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bind.h"

#include <string.h>

/*
 * <hostdev managed='yes'>: libvirt takes the device from its driver when the machine starts and
 * gives it back when it stops.  The host needs no change at all.
 */
static bool libvirt_is_held(const struct pci_device *d)
{
	return pci_device_class(d) == DEVICE_GPU && d->driver &&
	       strcmp(d->driver, "vfio-pci") != 0 && strcmp(d->driver, "pci-stub") != 0;
}

static const char *libvirt_caution(struct host *h, const struct pci_device *const *devices,
				   unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (libvirt_is_held(devices[i]))
			return arena_printf(h->arena,
					    _("The graphics card %s is on the driver %s. A desktop "
					      "session or a console often "
					      "holds every graphics card there is, and then the "
					      "driver does not let go when "
					      "the machine starts. Handing it over at every start, "
					      "by address, avoids that."),
					    devices[i]->address, devices[i]->driver);
	return NULL;
}

static int libvirt_stage(struct host *h _unused_, const struct pci_device *const *devices _unused_,
			 unsigned n _unused_, const struct bind_tools *tools _unused_,
			 struct plan *plan _unused_, struct err *err _unused_)
{
	return 0;
}

const struct bind_method bind_libvirt = {
	.name = "libvirt",
	.title = N_("Only while the virtual machine runs"),
	.help = N_("libvirt takes the devices when the machine starts and gives them back when it "
		   "stops. "
		   "Nothing on the host is changed; it needs a driver that lets go."),
	.caution = libvirt_caution,
	.stage = libvirt_stage,
};
