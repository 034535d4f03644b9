/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Below Xen the kernel has no IOMMU of its own, and nothing it says about one means anything. */
#include "rules/judge.h"

static void xen_judge(struct judgement *j)
{
	struct finding *f;

	if (!j->host->kernel.xen_dom0)
		return;
	f = judgement_add(j, "xen-dom0", SEVERITY_BLOCK, "host",
			  _("This system runs below Xen, as its control domain (dom0). Xen keeps the IOMMU and the "
			    "virtualization of the processor to itself, so VFIO and KVM do not work here."));
	finding_add_evidence(j, f, "%s", j->host->kernel.xen_dom0);
	finding_add_advice(j, f, _("For VFIO start this computer without Xen: choose the entry of the boot menu without "
				   "\"Xen\" in its name, and run vfio-wizard there."));
	finding_add_advice(j, f, _("Xen has a way of its own: xl pci-assignable-add takes a device to xen-pciback, and pci = "
				   "[ '01:00.0' ] in the machine's settings gives it away (man xl-pci-configuration)."));
}

const struct rule rule_xen = { "xen", xen_judge };
