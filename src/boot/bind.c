/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bind.h"

#include <errno.h>
#include <string.h>

#define BIND_METHOD(id) &bind_##id,
const struct bind_method *const bind_table[] = {
#include "boot/bind.def"
};
#undef BIND_METHOD
const unsigned bind_count = ARRAY_SIZE(bind_table);

const struct bind_method *bind_find(const char *name)
{
	for (unsigned i = 0; i < bind_count; i++)
		if (strcmp(bind_table[i]->name, name) == 0)
			return bind_table[i];
	return NULL;
}

const char *bind_console_caution(struct host *h, const struct pci_device *const *devices, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (devices[i]->boot_vga == 1)
			return arena_printf(h->arena,
					    _("%s is the card that shows the console of this "
					      "computer. After the restart its "
					      "screen stays black; make sure that there is another "
					      "way in (another card, ssh)."),
					    devices[i]->address);
	return NULL;
}

/*
 * A virtual function exists from when its card's driver makes it, long after the initial RAM disk
 * ran: nothing there could hand it over, and the promise to do so would be broken at every start.
 */
static int bind_check_functions(const struct pci_device *const *devices, unsigned n, struct err *err)
{
	for (unsigned i = 0; i < n; i++) {
		if (!devices[i]->physfn)
			continue;
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("%s is a virtual function of %s: it is made after the initial RAM disk ran, so it cannot be "
			  "handed over there"),
			devices[i]->address, devices[i]->physfn->address);
		return err_hint(err, _("Choose the other way: --bind libvirt. The virtual functions have to be switched "
				       "on at every start before the machine (sriov_numvfs)."));
	}
	return 0;
}

int bind_check_devices(const struct host *h, const struct pci_device *const *devices, unsigned n,
		       struct err *err)
{
	int r = bind_check_functions(devices, n, err);

	if (r == 0 && h->vfio.vfio_pci == MODULE_MISSING)
		r = err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			    _("This kernel has no vfio-pci, so no device can be handed to it"));
	return r;
}

int bind_no_initramfs(struct err *err)
{
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("It is not clear which tool makes the initial RAM disk of this host, so "
		  "devices cannot "
		  "be handed over at every start"));
	return err_hint(err, _("Choose the other way (--bind libvirt), or name the tool "
			       "with --initramfs."));
}

void bind_promise_drivers(struct plan *plan, struct stage *stage,
			  const struct pci_device *const *devices, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct pci_device *d = devices[i];
		struct promise *p = stage_add_promise(
			plan, stage, PROMISE_DRIVER,
			arena_printf(plan->arena, "driver:%s", d->address),
			arena_printf(plan->arena, _("%s is held by vfio-pci"), d->address));

		p->arg = "vfio-pci";
		p->addr = d->addr;
		p->vendor = d->vendor;
		p->device = d->device;
	}
}
