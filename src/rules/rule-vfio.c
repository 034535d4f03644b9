/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is vfio-pci there, and do lines in modprobe.d do what people hope. */
#include "rules/judge.h"

#include "base/str.h"

#include <string.h>

static void vfio_judge_module(struct judgement *j)
{
	struct finding *f;

	switch (j->host->vfio.vfio_pci) {
	case MODULE_LOADED:
		judgement_add(j, "vfio-loaded", SEVERITY_OK, "host",
			      _("The driver vfio-pci is loaded."));
		break;
	case MODULE_AVAILABLE:
		judgement_add(j, "vfio-available", SEVERITY_OK, "host",
			      _("The driver vfio-pci is there as a module and is loaded when it is "
				"needed."));
		break;
	case MODULE_BUILTIN:
		f = judgement_add(j, "vfio-builtin", SEVERITY_OK, "host",
				  _("The driver vfio-pci is built into the kernel. Options for it "
				    "work on the kernel command line only, not in modprobe.d."));
		finding_add_evidence(j, f, "modules.builtin: vfio-pci");
		break;
	case MODULE_MISSING:
		f = judgement_add(j, "vfio-missing", SEVERITY_WARN, "host",
				  _("This kernel has no vfio-pci driver. Without it no device can be "
				    "given to a machine."));
		finding_add_evidence(j, f, "/lib/modules/%s: no vfio-pci",
				     j->host->identity.kernel ? j->host->identity.kernel : "?");
		finding_add_advice(j, f, _("Install the standard kernel of your distribution, or the "
					   "package with its extra modules; cloud and minimal "
					   "kernels leave it out."));
		finding_add_advice(j, f, _("After a kernel update, restart first: the modules of the "
					   "running kernel may already be gone."));
		break;
	case MODULE_UNKNOWN:
		f = judgement_add(j, "vfio-unknown", SEVERITY_WARN, "host",
				  _("It is not known whether this kernel has the vfio-pci driver."));
		finding_add_advice(j, f, _("modinfo vfio-pci, run on the host, tells it."));
		break;
	}
}

/* Text behind "FILE:LINE: ". */
static const char *vfio_line_text(const char *line)
{
	const char *s = strstr(line, ": ");

	return s ? s + 2 : line;
}

/* "options vfio-pci ids=10de:1b80,…", with '-' or '_'. */
static bool vfio_line_has_ids(const char *text)
{
	return (str_starts_with(text, "options vfio-pci ") || str_starts_with(text, "options vfio_pci ")) &&
	       strstr(text, " ids=");
}

static bool vfio_line_blocks(const char *text)
{
	return str_eq(text, "blacklist vfio-pci") || str_eq(text, "blacklist vfio_pci") ||
	       str_starts_with(text, "install vfio-pci /bin/") ||
	       str_starts_with(text, "install vfio_pci /bin/");
}

static void vfio_judge_ids(struct judgement *j)
{
	const char *const *lines = j->host->vfio.modprobe_lines;
	const char *cmdline = host_cmdline_value(j->host, "vfio-pci.ids");
	struct finding *f;
	unsigned n = 0;

	for (const char *const *l = lines; l && *l; l++)
		n += vfio_line_has_ids(vfio_line_text(*l));
	if (n > 1) {
		f = judgement_add(j, "vfio-ids-several-lines", SEVERITY_WARN, "host",
				  _("The ids for vfio-pci are spread over several lines. Only the "
				    "last one counts, the others do nothing."));
		finding_add_advice(j, f, _("Put all ids into one line, separated by commas, or bind "
					   "by address."));
	} else if (n && cmdline) {
		f = judgement_add(j, "vfio-ids-twice", SEVERITY_WARN, "host",
				  _("There are ids for vfio-pci both in modprobe.d and on the kernel "
				    "command line. The command line wins, the file does nothing."));
		finding_add_evidence(j, f, "/proc/cmdline: vfio-pci.ids=%s", cmdline);
		finding_add_advice(j, f, _("Keep one of the two."));
	} else if (n && j->host->vfio.vfio_pci == MODULE_BUILTIN) {
		f = judgement_add(j, "vfio-ids-builtin", SEVERITY_WARN, "host",
				  _("Options for vfio-pci in modprobe.d do nothing here, because the "
				    "driver is built into the kernel."));
		finding_add_advice(j, f, _("Put them on the kernel command line, or bind by "
					   "address."));
	} else {
		return;
	}
	for (const char *const *l = lines; l && *l; l++)
		if (vfio_line_has_ids(vfio_line_text(*l)))
			finding_add_evidence(j, f, "%s", *l);
}

static void vfio_judge_lines(struct judgement *j)
{
	struct finding *f;

	for (const char *const *l = j->host->vfio.modprobe_lines; l && *l; l++) {
		const char *text = vfio_line_text(*l);

		if (strstr(text, "vfio_virqfd") && judge_kernel_at_least(j->host, 6, 2) != 0) {
			f = judgement_add(j, "vfio-virqfd", SEVERITY_WARN, "host",
					  _("vfio_virqfd is named, a module that is gone since Linux "
					    "6.2. Tools that build the initramfs can fail over it."));
			finding_add_evidence(j, f, "%s", *l);
			finding_add_advice(j, f, _("Remove it everywhere; nothing has to take its "
						   "place."));
		} else if (vfio_line_blocks(text)) {
			f = judgement_add(j, "vfio-blocked", SEVERITY_WARN, "host",
					  _("A line keeps vfio-pci from being loaded by itself. "
					    "Devices then stay with their old driver."));
			finding_add_evidence(j, f, "%s", *l);
			finding_add_advice(j, f, _("Remove this line."));
		}
	}
}

static void vfio_judge(struct judgement *j)
{
	vfio_judge_module(j);
	vfio_judge_ids(j);
	vfio_judge_lines(j);
}

const struct rule rule_vfio = { "vfio", vfio_judge };
