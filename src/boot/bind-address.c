/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bind.h"

#include "boot/initramfs-image.h"

/*
 * driver_override by address, written in the initial RAM disk before any other driver is loaded.
 * Unlike vfio-pci.ids= it never takes a second card of the same model; unlike it, it must look
 * whether the same card is still at the address.
 */
static int address_stage(struct host *h, const struct pci_device *const *devices, unsigned n,
			 const struct bind_tools *tools, struct plan *plan, struct err *err)
{
	struct stage *stage;
	int r = bind_check_devices(h, devices, n, err);

	if (r < 0)
		return r;
	if (!tools->initramfs)
		return bind_no_initramfs(err);
	stage = plan_stage(plan, "bind", _("Hand the devices to vfio-pci at every start"),
			   STAGE_END_REBOOT);
	r = tools->initramfs->stage_bind(h, devices, n, plan, stage, err);
	if (r >= 0)
		r = image_check_outputs(h, stage, err);
	if (r >= 0 && stage->n_changes)
		bind_promise_drivers(plan, stage, devices, n);
	return r;
}

const struct bind_method bind_address = {
	.name = "address",
	.title = N_("At every start, by address"),
	.help = N_("The devices go to vfio-pci before their own drivers are loaded; the host never "
		   "uses them. "
		   "Costs one more restart."),
	.caution = bind_console_caution,
	.stage = address_stage,
};
