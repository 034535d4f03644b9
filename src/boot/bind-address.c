/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bind.h"

#include <errno.h>
#include <string.h>

/*
 * driver_override by address, written in the initial RAM disk before any other driver is loaded.
 * Unlike vfio-pci.ids= it never takes a second card of the same model; unlike it, it must look
 * whether the same card is still at the address.
 */
static const char *address_caution(struct host *h, const struct pci_device *const *devices,
				   unsigned n)
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
static int address_check_functions(const struct pci_device *const *devices, unsigned n, struct err *err)
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

static int address_stage(struct host *h, const struct pci_device *const *devices, unsigned n,
			 const struct initramfs_tool *tool, struct plan *plan, struct err *err)
{
	struct stage *stage;
	int r;

	r = address_check_functions(devices, n, err);
	if (r < 0)
		return r;
	if (h->vfio.vfio_pci == MODULE_MISSING)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("This kernel has no vfio-pci, so no device can be handed to it"));
	if (!tool) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("It is not clear which tool makes the initial RAM disk of this host, so "
			  "devices cannot "
			  "be handed over at every start"));
		return err_hint(err, _("Choose the other way (--bind libvirt), or name the tool "
				       "with --initramfs."));
	}
	stage = plan_stage(plan, "bind", _("Hand the devices to vfio-pci at every start"),
			   STAGE_END_REBOOT);
	r = tool->stage_bind(h, devices, n, plan, stage, err);
	if (r < 0 || !stage->n_changes)
		return r;
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
	return 0;
}

const struct bind_method bind_address = {
	.name = "address",
	.title = N_("At every start, by address"),
	.help = N_("The devices go to vfio-pci before their own drivers are loaded; the host never "
		   "uses them. "
		   "Costs one more restart."),
	.caution = address_caution,
	.stage = address_stage,
};
