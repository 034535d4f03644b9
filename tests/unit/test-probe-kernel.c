/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorded.h"

#include "model/acs-kernels.h"

#define RELEASE "/proc/sys/kernel/osrelease = 6.1.0-28-amd64\n"

START_TEST(kernel_command_line_and_log)
{
	RECORDED(h,
		 RELEASE
		 "/proc/cmdline = BOOT_IMAGE=/vmlinuz root=/dev/sda1 dyndbg=\"file a.c +p\" quiet\n"
		 "/proc/sys/kernel/random/boot_id = 1ab00000-0000-4000-8000-000000000001\n"
		 "/var/log/dmesg <<\n"
		 "\t[    0.000000] Linux version 6.1.0-28-amd64\n"
		 "\t<6>[    0.004000][    T0] DMAR: Host address width 39\n"
		 "\tno stamp\n"
		 "/boot/config-6.1.0-28-amd64 <<\n"
		 "\tCONFIG_INTEL_IOMMU=y\n"
		 "\t# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set\n"
		 "\tCONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF=y\n",
		 "identity kernel bootfiles");

	ck_assert_uint_eq(strv_length(h->kernel.args), 4);
	ck_assert_str_eq(h->kernel.args[2], "dyndbg=\"file a.c +p\"");
	ck_assert_int_eq(h->kernel.log_source, LOG_FILE);
	ck_assert_uint_eq(strv_length(h->kernel.log), 3);
	ck_assert_str_eq(h->kernel.log[0], "Linux version 6.1.0-28-amd64");
	ck_assert_str_eq(h->kernel.log[1], "DMAR: Host address width 39");
	ck_assert_str_eq(h->kernel.log[2], "no stamp");
	ck_assert_ptr_null(h->kernel.log_why_not);
	ck_assert_int_eq(h->kernel.intel_iommu_default_on, 0);
	ck_assert_int_eq(h->kernel.intel_iommu_default_on_but_gfx, 1);
	ck_assert_int_eq(h->kernel.acs_override_known, -1);
	ck_assert_str_eq(h->boot.boot_image, "/vmlinuz");
}
END_TEST

START_TEST(kernel_that_tells_nothing)
{
	RECORDED(absent, RELEASE "/boot/config-6.1.0-28-amd64 = CONFIG_TRUNC\n", "identity kernel");
	RECORDED(kept, "/var/log/dmesg ! EACCES\n", "identity kernel");

	ck_assert_ptr_null(absent->kernel.cmdline);
	ck_assert_ptr_null(absent->kernel.args);
	ck_assert_int_eq(absent->kernel.intel_iommu_default_on, -1);
	ck_assert_int_eq(absent->kernel.log_source, LOG_NONE);
	ck_assert_ptr_nonnull(absent->kernel.log_why_not);
	ck_assert_ptr_nonnull(kept->kernel.log_why_not);
	ck_assert_str_ne(absent->kernel.log_why_not, kept->kernel.log_why_not);
}
END_TEST

START_TEST(kernel_below_xen)
{
	RECORDED(named, RELEASE "/sys/hypervisor/type = xen\n/proc/xen/capabilities = control_d\n", "identity kernel");
	RECORDED(bit, RELEASE "/sys/hypervisor/type = xen\n/sys/hypervisor/properties/features = 00002fd5\n", "identity kernel");
	RECORDED(guest, RELEASE "/sys/hypervisor/type = xen\n/sys/hypervisor/properties/features = 00002705\n"
				"/proc/xen/capabilities =\\\n", "identity kernel");
	RECORDED(other, RELEASE "/sys/hypervisor/properties/features = 00002fd5\n", "identity kernel");

	ck_assert_str_eq(named->kernel.xen_dom0, "/proc/xen/capabilities: control_d");
	ck_assert_str_eq(bit->kernel.xen_dom0, "/sys/hypervisor/properties/features: 00002fd5 (dom0)");
	ck_assert_ptr_null(guest->kernel.xen_dom0);
	ck_assert_ptr_null(other->kernel.xen_dom0);
}
END_TEST

START_TEST(kernel_with_acs_override)
{
	RECORDED(warned,
		 "/var/log/dmesg = Warning: PCIe ACS overrides enabled; This may allow peer-to-peer\n",
		 "kernel");
	RECORDED(refused,
		 "/var/log/dmesg = Unknown kernel command line parameters \"pcie_acs_override=downstream\"\n",
		 "kernel");
	RECORDED(symbols,
		 RELEASE "/boot/System.map-6.1.0-28-amd64 <<\n"
			 "\tffffffff81000000 T pci_request_acs\n"
			 "\tffffffff81000010 t pcie_acs_overrides\n",
		 "identity kernel");
	RECORDED(plain, "/proc/kallsyms = 0000000000000000 T pci_request_acs\n", "kernel");
	RECORDED(stub,
		 RELEASE
		 "/boot/System.map-6.1.0-28-amd64 = ffffffffffffffff B The real System.map is elsewhere\n",
		 "identity kernel");

	ck_assert_int_eq(warned->kernel.acs_override_known, 1);
	ck_assert_int_eq(refused->kernel.acs_override_known, 0);
	ck_assert_int_eq(symbols->kernel.acs_override_known, 1);
	ck_assert_int_eq(plain->kernel.acs_override_known, 0);
	ck_assert_int_eq(stub->kernel.acs_override_known, -1);
	ck_assert(strstr(warned->kernel.acs_override_evidence, "overrides enabled") != NULL);
	ck_assert(strstr(symbols->kernel.acs_override_evidence, "/boot/System.map-") != NULL);
	ck_assert_str_eq(plain->kernel.acs_override_evidence,
			 "/proc/kallsyms: no pcie_acs_override…, but pci_request_acs");
	ck_assert_ptr_null(stub->kernel.acs_override_evidence);
}
END_TEST

/* Where no symbols are, the signature of who built it tells; a name alone does not. */
START_TEST(kernel_of_a_distribution)
{
	static const struct {
		const char *version;
		int known;
	} kernels[] = {
		{ "6.1.0-28-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP Debian 6.1.119-1", 0 },
		{ "5.15.0-119-generic (buildd@lcy02-amd64-075) (gcc) #129-Ubuntu SMP", 0 },
		{ "6.8.5-301.fc40.x86_64 (mockbuild@aa-bb.example) (gcc) #1 SMP PREEMPT_DYNAMIC", 0 },
		{ "6.9.1-arch1-1 (linux@archlinux) (gcc (GCC) 14.1.1) #1 SMP", 0 },
		{ "6.9.1-zen1-1-zen (linux-zen@archlinux) (gcc (GCC) 14.1.1) #1 ZEN SMP", -1 },
		{ "6.1.0-28-amd64 (me@home) (gcc-12) #1 SMP Debian 6.1.119-1", -1 },
		{ "6.8.12-4-pve (build@proxmox) (gcc) #1 SMP PREEMPT_DYNAMIC PMX 6.8.12-4", 1 },
	};

	for (unsigned i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		_cleanup_free_ char *text = xasprintf("/proc/version = Linux version %s\n", kernels[i].version);
		RECORDED(h, text, "identity kernel");

		ck_assert_msg(h->kernel.acs_override_known == kernels[i].known, "%s: %d", kernels[i].version,
			      h->kernel.acs_override_known);
		ck_assert_int_eq(h->kernel.acs_override_evidence != NULL, kernels[i].known >= 0);
	}
}
END_TEST

START_TEST(iommu_of_an_intel_host)
{
	RECORDED(h,
		 "/sys/class/iommu/dmar1/\n"
		 "/sys/class/iommu/dmar0/\n"
		 "/sys/firmware/acpi/tables/DMAR : 00\n"
		 "/sys/firmware/acpi/tables/SSDT1 ! EACCES\n"
		 "/proc/interrupts =  125: 0 IR-PCI-MSI 524288-edge xhci_hcd\n",
		 "iommu");
	RECORDED(without,
		 "/proc/interrupts =  125: 0 PCI-MSI 524288-edge xhci_hcd\n",
		 "iommu");
	RECORDED(kept, "/sys/firmware/acpi/tables/DMAR ! EACCES\n/proc/interrupts = 1: GICv3\n", "iommu");
	RECORDED(none, "/sys/class/iommu/\n", "iommu");

	ck_assert_uint_eq(h->iommu.n_units, 2);
	ck_assert_str_eq(h->iommu.units[0].name, "dmar0");
	ck_assert(h->iommu.acpi_readable && h->iommu.has_dmar && !h->iommu.has_ivrs);
	ck_assert_int_eq(h->iommu.irq_remapping, 1);
	ck_assert_int_eq(without->iommu.irq_remapping, 0);
	ck_assert(kept->iommu.has_dmar);
	ck_assert_int_eq(kept->iommu.irq_remapping, -1);
	ck_assert_uint_eq(none->iommu.n_units, 0);
	ck_assert(!none->iommu.acpi_readable);
}
END_TEST

#define LIB "/lib/modules/6.1.0-28-amd64/"

START_TEST(modules_by_alias)
{
	RECORDED(h,
		 RELEASE
		 "/sys/bus/pci/devices/0000:01:00.0/modalias = pci:v000010DEd00002482sv00001462sd00005051bc03sc00i00\n" LIB
		 "modules.alias <<\n"
		 "\t# Aliases\n"
		 "\talias pci:v000010DEd*sv*sd*bc03sc00i00* nouveau\n"
		 "\talias pci:v000010DEd*sv*sd*bc03sc02i00* other\n"
		 "\talias usb:v* usbthing\n"
		 "\talias pci:v000010DEd*sv*sd*bc03sc00i00* nvidia\n"
		 "\talias pci:\n" LIB "modules.dep = kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/x.ko\n",
		 "identity pci modules");
	struct pci_device *d = recorded_device(h, "01:00.0");

	ck_assert_uint_eq(strv_length(d->modules), 2);
	ck_assert_str_eq(d->modules[0], "nouveau");
	ck_assert_str_eq(d->modules[1], "nvidia");
	ck_assert_int_eq(h->vfio.vfio_pci, MODULE_AVAILABLE);
}
END_TEST

START_TEST(modules_state_of_vfio_pci)
{
	RECORDED(loaded, RELEASE "/proc/modules = vfio_pci 16384 0 - Live 0x0\n", "identity modules");
	RECORDED(cousin, RELEASE "/proc/modules = vfio_pci_core 1 0 - Live 0x0\n" LIB
				 "modules.dep = kernel/drivers/net/e1000e.ko:\n",
		 "identity modules");
	RECORDED(builtin, RELEASE LIB "modules.builtin = kernel/drivers/vfio/pci/vfio-pci.ko\n",
		 "identity modules");
	RECORDED(unknown, RELEASE, "identity modules");

	ck_assert_int_eq(loaded->vfio.vfio_pci, MODULE_LOADED);
	ck_assert_int_eq(cousin->vfio.vfio_pci, MODULE_MISSING);
	ck_assert_int_eq(builtin->vfio.vfio_pci, MODULE_BUILTIN);
	ck_assert_int_eq(unknown->vfio.vfio_pci, MODULE_UNKNOWN);
}
END_TEST

START_TEST(modules_configuration)
{
	RECORDED(h,
		 "/etc/modprobe.d/vfio.conf <<\n"
		 "\t# options vfio-pci ids=0000:0000\n"
		 "\toptions vfio-pci \\\n"
		 "\t  ids=10de:2482\n"
		 "\toptions snd_hda_intel power_save=0\n"
		 "\tsoftdep nouveau pre: vfio-pci\n"
		 "/etc/modprobe.d/hidden.conf = options kvm ignore_msrs=1\n"
		 "/usr/lib/modprobe.d/hidden.conf = blacklist hiddenone\n"
		 "/usr/lib/modprobe.d/shown.conf = blacklist nouveau\n"
		 "/usr/lib/modprobe.d/readme.txt = blacklist nothing\n",
		 "modules");
	const char *const *l = h->vfio.modprobe_lines;

	ck_assert_uint_eq(strv_length(l), 3);
	ck_assert_str_eq(l[0], "/etc/modprobe.d/vfio.conf:2: options vfio-pci   ids=10de:2482");
	ck_assert_str_eq(l[1], "/etc/modprobe.d/vfio.conf:5: softdep nouveau pre: vfio-pci");
	ck_assert_str_eq(l[2], "/usr/lib/modprobe.d/shown.conf:1: blacklist nouveau");
}
END_TEST

/* Installed kernels are judged by their symbols; Debian's table is a stub. */
START_TEST(boot_files_know_the_override)
{
	RECORDED(h,
		 "/etc/os-release <<\n\tID=pop\n\tID_LIKE=\"ubuntu debian\"\n"
		 "/proc/sys/kernel/osrelease = 6.9.3-generic\n"
		 "/boot/vmlinuz-6.1.0-28-amd64 =\\\n"
		 "/boot/System.map-6.1.0-28-amd64 = ffffffffffffffff B The real System.map is elsewhere\n"
		 "/boot/vmlinuz-6.9.3-acso =\\\n"
		 "/boot/System.map-6.9.3-acso <<\n"
		 "\tffffffff817a1b20 T pci_request_acs\n"
		 "\tffffffff82c0f3e0 t pcie_acs_overrides\n"
		 "/boot/vmlinuz-6.9.3-generic =\\\n"
		 "/boot/System.map-6.9.3-generic = ffffffff817a1b20 T pci_request_acs\n"
		 "/boot/vmlinuz-6.10.0 =\\\n",
		 "identity kernel bootfiles");

	ck_assert_int_eq(acs_kernel_known(h, "6.1.0-28-amd64"), -1);
	ck_assert_int_eq(acs_kernel_known(h, "6.9.3-acso"), 1);
	ck_assert_int_eq(acs_kernel_known(h, "6.9.3-generic"), 0);
	ck_assert_int_eq(acs_kernel_known(h, "6.10.0"), -1);
	ck_assert_int_eq(acs_kernel_known(h, "6.11.0"), -1);
	ck_assert(acs_kernel_is_installed(h, "6.10.0"));
	ck_assert(!acs_kernel_is_installed(h, "6.11.0"));
	ck_assert_str_eq(acs_kernels_installed(h), "6.9.3-acso");
	ck_assert_ptr_nonnull(strstr(acs_kernels_how(h), "Pop!_OS"));
}
END_TEST

/* One row a distribution; who says nothing gets the general answer. */
START_TEST(how_to_get_the_override)
{
	static const struct {
		const char *release, *kernel, *how;
	} rows[] = {
		{ "ID=debian", "6.8.12-4-pve", "Proxmox" },
		{ "ID=debian", "6.1.0-28-amd64", "Debian" },
		{ "ID=linuxmint\n\tID_LIKE=\"ubuntu debian\"", "6.8.0-40-generic", "Ubuntu" },
		{ "ID=endeavouros\n\tID_LIKE=arch", "linux", "linux-zen" },
		{ "ID=cachyos\n\tID_LIKE=arch", "linux-cachyos", "CachyOS" },
		{ "ID=rocky\n\tID_LIKE=\"rhel centos fedora\"", "5.14.0-503.el9.x86_64", "RHEL" },
		{ "ID=opensuse-tumbleweed\n\tID_LIKE=\"opensuse suse\"", "6.11.3-1-default", "openSUSE" },
		{ "ID=nixos", "6.6.1", "boot.kernelPatches" },
		{ "ID=gentoo", "6.6.1-gentoo", "/etc/portage/patches" },
		{ "ID=haiku", "1", "No kernel of this distribution" },
	};
	_cleanup_free_ char *text = xasprintf("/etc/os-release <<\n\t%s\n/boot/vmlinuz-%s =\\\n", rows[_i].release,
					      rows[_i].kernel);
	RECORDED(h, text, "identity bootfiles");
	const char *how = acs_kernels_how(h);

	ck_assert_msg(strstr(how, rows[_i].how) != NULL, "%s: %s", rows[_i].release, how);
	/* Never a promise. */
	ck_assert_ptr_nonnull(strstr(how, "is measured after the restart"));
}
END_TEST

START_TEST(boot_files)
{
	RECORDED(h,
		 "/boot/vmlinuz-6.1.0-28-amd64 =\\\n"
		 "/boot/vmlinuz -> vmlinuz-6.1.0-28-amd64\n"
		 "/initrd.img -> boot/initrd.img-6.1.0-28-amd64\n",
		 "bootfiles");

	ck_assert_ptr_null(h->boot.boot_image);
	ck_assert_uint_eq(strv_length(h->boot.kernels), 1);
	ck_assert_str_eq(h->boot.kernels[0], "6.1.0-28-amd64");
	ck_assert_str_eq(h->boot.vmlinuz_link, "vmlinuz-6.1.0-28-amd64");
	ck_assert_str_eq(h->boot.initrd_link, "boot/initrd.img-6.1.0-28-amd64");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes: kernel");
	TCase *t = tcase_create("kernel");

	tcase_add_test(t, kernel_command_line_and_log);
	tcase_add_test(t, kernel_that_tells_nothing);
	tcase_add_test(t, kernel_below_xen);
	tcase_add_test(t, kernel_with_acs_override);
	tcase_add_test(t, kernel_of_a_distribution);
	tcase_add_test(t, iommu_of_an_intel_host);
	tcase_add_test(t, modules_by_alias);
	tcase_add_test(t, modules_state_of_vfio_pci);
	tcase_add_test(t, modules_configuration);
	tcase_add_test(t, boot_files);
	tcase_add_test(t, boot_files_know_the_override);
	tcase_add_loop_test(t, how_to_get_the_override, 0, 10);
	suite_add_tcase(s, t);
	return unit_run(s);
}
