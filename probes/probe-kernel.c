/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/kargs.h"
#include "probes/kernel-log.h"
#include "probes/kernel-symbol.h"

#include <stdlib.h>
#include <string.h>

static void kernel_cmdline(struct host *h)
{
	_cleanup_kargs_ struct kargs args = { 0 };

	h->kernel.cmdline = probe_attr(h, "proc/cmdline");
	if (!h->kernel.cmdline)
		return;
	kargs_parse(h->kernel.cmdline, &args);
	for (char **a = args.args; a && *a; a++)
		arena_strv_add(h->arena, &h->kernel.args, *a);
}

/*
 * Xen's control domain: /sys/hypervisor/type is "xen", and /proc/xen/capabilities (when xenfs is
 * mounted) "control_d", or bit 11 of /sys/hypervisor/properties/features, a hexadecimal number, is set
 * (XENFEAT_dom0, xen/interface/features.h; Documentation/ABI/stable/sysfs-hypervisor-xen).
 */
static void kernel_xen(struct host *h)
{
	const char *type = probe_attr(h, "sys/hypervisor/type"), *capabilities, *features;

	if (!str_eq(type, "xen"))
		return;
	capabilities = probe_attr(h, "proc/xen/capabilities");
	features = probe_attr(h, "sys/hypervisor/properties/features");
	if (capabilities && strstr(capabilities, "control_d"))
		h->kernel.xen_dom0 = "/proc/xen/capabilities: control_d";
	else if (features && strtoul(features, NULL, 16) & 1u << 11)
		h->kernel.xen_dom0 =
			arena_printf(h->arena, "/sys/hypervisor/properties/features: %s (dom0)", features);
}

/*
 * /boot/config-6.1.0-28-amd64 (Debian, Fedora, openSUSE) or /lib/modules/…/config (Fedora, ostree):
 *	# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set
 *	CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF=y
 * Only /proc/config.gz is left where neither exists; then the answer stays unknown.
 */
static void kernel_config(struct host *h)
{
	struct kernel_facts *k = &h->kernel;
	_cleanup_free_ char *text = NULL;

	if (!h->identity.kernel)
		return;
	text = probe_text(h, NULL, "boot/config-%s", h->identity.kernel);
	if (!text)
		text = probe_text(h, NULL, "lib/modules/%s/config", h->identity.kernel);
	/* A truncated file, or one of another architecture, would read as "off". */
	if (!text || !strstr(text, "CONFIG_INTEL_IOMMU"))
		return;
	k->intel_iommu_default_on = strstr(text, "\nCONFIG_INTEL_IOMMU_DEFAULT_ON=y") != NULL;
	k->intel_iommu_default_on_but_gfx =
		strstr(text, "\nCONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF=y") != NULL;
}

/*
 * A kernel as a distribution built it, by who signed /proc/version, whose sources do not carry the patch:
 *	Linux version 6.1.0-28-amd64 (debian-kernel@lists.debian.org) (gcc-12 …) #1 SMP … Debian 6.1.119-1
 *	Linux version 5.15.0-119-generic (buildd@lcy02-amd64-075) (gcc …) #129-Ubuntu SMP …
 *	Linux version 6.8.5-301.fc40.x86_64 (mockbuild@…) (gcc …) #1 SMP …
 *	Linux version 6.9.1-arch1-1 (linux@archlinux) (gcc …) #1 SMP …
 * Both words have to be there: who rebuilds a kernel with patches has another signature or name.
 */
static const struct kernel_maker {
	const char *signature, *name;
	int acs_override;
} kernel_makers[] = {
#define KERNEL_MAKER(signature, name, acs_override, source) { signature, name, acs_override },
#include "data/kernel-makers.def"
#undef KERNEL_MAKER
};

static int kernel_know_override(struct host *h, int known, const char *text, const char *where)
{
	h->kernel.acs_override_evidence = arena_printf(h->arena, "%s: %s", where, text);
	return known;
}

static int kernel_override_by_maker(struct host *h)
{
	const char *version = probe_attr(h, "proc/version");

	for (unsigned i = 0; version && i < ARRAY_SIZE(kernel_makers); i++)
		if (strstr(version, kernel_makers[i].signature) && strstr(version, kernel_makers[i].name))
			return kernel_know_override(h, kernel_makers[i].acs_override, version, "/proc/version");
	return -1;
}

/*
 * pcie_acs_override= exists only in patched kernels, and no config symbol tells.  Signs, best first:
 * the patch's own warning, the kernel's complaint about an unknown parameter, its symbols, its maker.
 */
static int kernel_acs_override(struct host *h)
{
	const char *line = host_log_find(h, "PCIe ACS overrides enabled");
	char map[PATH_MAX];
	int known;

	if (line)
		return kernel_know_override(h, 1, line, "kernel log");
	for (const char *const *l = h->kernel.log; l && *l; l++)
		if (strstr(*l, "Unknown kernel command line parameters") &&
		    strstr(*l, "pcie_acs_override"))
			return kernel_know_override(h, 0, *l, "kernel log");
	known = kernel_has_symbol(h, "proc/kallsyms", KERNEL_SYMBOL_ACS_OVERRIDE);
	if (known >= 0)
		return kernel_know_override(h, known, known ? "pcie_acs_override…" : "no pcie_acs_override…, but pci_request_acs",
					    "/proc/kallsyms");
	if (h->identity.kernel) {
		snprintf(map, sizeof(map), "boot/System.map-%s", h->identity.kernel);
		known = kernel_has_symbol(h, map, KERNEL_SYMBOL_ACS_OVERRIDE);
		if (known >= 0)
			return kernel_know_override(h, known,
						    known ? "pcie_acs_override…" : "no pcie_acs_override…, but pci_request_acs",
						    arena_printf(h->arena, "/%s", map));
	}
	return kernel_override_by_maker(h);
}

static int kernel_run(struct host *h, struct err *err _unused_)
{
	kernel_cmdline(h);
	kernel_xen(h);
	h->kernel.boot_id = probe_word(h, "proc/sys/kernel/random/boot_id");
	kernel_log_read(h);
	kernel_config(h);
	h->kernel.acs_override_known = kernel_acs_override(h);
	return 0;
}

const struct probe probe_kernel = {
	.name = "kernel",
	.title = N_("Kernel and its log"),
	.run = kernel_run,
};
