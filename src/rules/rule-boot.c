/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel arguments that do nothing, or something else than people hope. */
#include "rules/judge.h"

#include "base/str.h"
#include "model/kargs.h"

#include <string.h>

static struct finding *boot_add(struct judgement *j, const char *id, enum severity severity,
				const char *arg, const char *text)
{
	struct finding *f = judgement_add(j, id, severity, "/proc/cmdline", "%s", text);

	finding_add_evidence(j, f, "/proc/cmdline: %s", arg);
	return f;
}

static void boot_judge_iommu_arguments(struct judgement *j)
{
	const struct host *h = j->host;
	const char *arg = judge_argument(h, "amd_iommu", "on", NULL);
	struct finding *f;

	if (arg) {
		f = boot_add(j, "amd-iommu-on-does-nothing", SEVERITY_INFO, arg,
			     _("amd_iommu=on does nothing: the kernel knows no such value, and AMD "
			       "needs no argument. It does no harm."));
		finding_add_advice(j, f, _("Remove it when you edit the command line anyway."));
	}
	arg = judge_argument(h, "intel_iommu", "on", "off");
	if (arg && j->iommu_kind == IOMMU_AMD) {
		f = boot_add(j, "intel-iommu-on-amd", SEVERITY_INFO, arg,
			     _("intel_iommu=on does nothing on this processor, although the kernel "
			       "log then says that the IOMMU is enabled. It does no harm."));
		finding_add_advice(j, f, _("Remove it when you edit the command line anyway."));
	}
	for (const char *const *a = h->kernel.args; a && *a; a++) {
		if (!str_eq(*a, "iommu=on") && !str_eq(*a, "iommu=1"))
			continue;
		f = boot_add(j, "iommu-on-does-nothing", SEVERITY_INFO, *a,
			     _("This argument does nothing: the kernel ignores values of iommu= "
			       "that it does not know. It does no harm."));
		finding_add_advice(j, f, _("Remove it when you edit the command line anyway."));
		break;
	}
}

static const struct pci_device *boot_intel_gpu(const struct host *h)
{
	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *d = h->devices[i];

		if (d->vendor == 0x8086 && d->class_code >> 16 == 0x03 && d->addr.bus == 0)
			return d;
	}
	return NULL;
}

/* Debian builds DEFAULT_ON_INTGPU_OFF: on for all but the built-in graphics. */
static void boot_judge_intel_graphics(struct judgement *j)
{
	const struct host *h = j->host;
	const struct pci_device *gpu = boot_intel_gpu(h);
	const char *arg = judge_argument(h, "intel_iommu", "igfx_off", NULL);
	struct finding *f;

	if (j->iommu_kind != IOMMU_INTEL || j->iommu_state != IOMMU_ON)
		return;
	if (!arg)
		arg = judge_argument(h, "intel_iommu", "intgpu_off", "on");
	if (arg) {
		f = boot_add(j, "intel-graphics-bypasses-iommu", SEVERITY_WARN, arg,
			     _("The built-in graphics are left out of the IOMMU, so they cannot be "
			       "given to a machine. Other devices can."));
		finding_add_advice(j, f, _("Remove %s from the kernel command line if you want to "
					   "give them away."), arg);
	} else if (gpu && h->kernel.intel_iommu_default_on_but_gfx == 1 &&
		   !judge_argument(h, "intel_iommu", "on", "off")) {
		f = judgement_add(j, "intel-graphics-bypasses-iommu", SEVERITY_INFO, gpu->address,
				  _("This kernel leaves the built-in graphics out of the IOMMU by "
				    "default, so they cannot be given to a machine. Other devices "
				    "can."));
		finding_add_evidence(j, f, "kernel configuration: "
					   "CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF=y");
		finding_add_advice(j, f, _("Add intel_iommu=on to the kernel command line if you "
					   "want to give them away."));
	}
}

static void boot_judge_virqfd(struct judgement *j)
{
	struct finding *f;

	for (const char *const *a = j->host->kernel.args; a && *a; a++) {
		if (!strstr(*a, "vfio_virqfd") && !strstr(*a, "vfio-virqfd"))
			continue;
		if (judge_kernel_at_least(j->host, 6, 2) == 0)
			return; /* up to 6.1 the module exists */
		f = boot_add(j, "vfio-virqfd", SEVERITY_WARN, *a,
			     _("vfio_virqfd is named, a module that is gone since Linux 6.2. Tools "
			       "that build the initramfs can fail over it."));
		finding_add_advice(j, f, _("Remove it everywhere; nothing has to take its place."));
		return;
	}
}

/* vfio-pci.ids is one string: the last one replaces those before it. */
static void boot_judge_ids(struct judgement *j)
{
	const char *last = NULL;
	unsigned n = 0;
	struct finding *f;

	for (const char *const *a = j->host->kernel.args; a && *a; a++)
		if (karg_same_name(*a, "vfio-pci.ids")) {
			last = *a;
			n++;
		}
	if (n < 2)
		return;
	f = boot_add(j, "vfio-ids-repeated", SEVERITY_WARN, last,
		     _("vfio-pci.ids= is there more than once. Only the last one counts, the others "
		       "do nothing."));
	finding_add_advice(j, f, _("Put all ids into one argument, separated by commas, or bind by "
				   "address."));
}

static void boot_judge_nommconf(struct judgement *j)
{
	const char *arg = judge_argument(j->host, "pci", "nommconf", NULL);
	struct finding *f;

	if (!arg)
		return;
	f = boot_add(j, "pci-nommconf", SEVERITY_WARN, arg,
		     _("pci=nommconf hides the extended configuration space. Without it the kernel "
		       "sees no ACS, so more devices share a group than need to."));
	finding_add_advice(j, f, _("Remove it from the kernel command line and restart."));
}

static void boot_judge_readable(struct judgement *j)
{
	struct finding *f;

	if (j->host->kernel.cmdline)
		return;
	f = judgement_add(j, "command-line-unknown", SEVERITY_INFO, "host",
			  _("The kernel command line is not known, so arguments that are in the way are not either."));
	finding_add_advice(j, f, _("On the running host, everybody may read /proc/cmdline."));
}

static void boot_judge(struct judgement *j)
{
	boot_judge_readable(j);
	boot_judge_iommu_arguments(j);
	boot_judge_intel_graphics(j);
	boot_judge_virqfd(j);
	boot_judge_ids(j);
	boot_judge_nommconf(j);
}

const struct rule rule_boot = { "boot", boot_judge };
