/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"
#include "base/str.h"
#include "model/recording.h"
#include "tests/lib/unit.h"

#include <string.h>

#define ATTRIBUTES "/sys/devices/virtual/firmware-attributes/hp-bioscfg/attributes/"
#define PCI "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"

/* A small machine with a secret of every kind in every place it can be in. */
static const char machine[] =
	"# vfio-wizard recorded host 1\n"
	"/sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0\n"
	PCI "/vendor = 0x10de\n"
	PCI "/device = 0x2204\n"
	PCI "/subsystem_vendor = 0x1462\n"
	PCI "/subsystem_device = 0x3881\n"
	PCI "/class = 0x030000\n"
	PCI "/modalias = pci:v000010DEd00002204sv00001462sd00003881bc03sc00i00\n"
	PCI "/iommu_group -> ../../../../kernel/iommu_groups/1\n"
	PCI "/rom =\\\n"
	"/sys/kernel/iommu_groups/1/type = DMA-FQ\n"
	"/sys/kernel/iommu_groups/1/devices/0000:01:00.0 -> ../../../../devices/pci0000:00/x\n"
	"/sys/class/net/enx3c7c3f123456 -> ../../devices/virtual/net/enx3c7c3f123456\n"
	"/sys/devices/virtual/net/enx3c7c3f123456/address = 3c:7c:3f:12:34:56\n"
	"/sys/class/nvme/nvme0 -> ../../devices/virtual/nvme/nvme0\n"
	"/sys/devices/virtual/nvme/nvme0/serial = S4EWNX0N123456Z     \n"
	"/sys/devices/virtual/nvme/nvme0/model = Fast SSD\n"
	"/sys/bus/usb/devices/1-4 -> ../../../devices/usb1/1-4\n"
	"/sys/devices/usb1/1-4/idVendor = 046d\n"
	"/sys/devices/usb1/1-4/serial = 77Q\n"
	"/sys/class/dmi/id/product_name = Board 3000\n"
	"/sys/class/dmi/id/product_serial [0400] = DMI-PRIVATE-1\n"
	"/sys/class/dmi/id/product_uuid [0400] = 03000200-0400-0500-0006-000700080009\n"
	/* One by its name, one that only its title tells, one whose value only root may read, and a private one. */
	"/sys/class/firmware-attributes/hp-bioscfg -> ../../devices/virtual/firmware-attributes/hp-bioscfg\n"
	ATTRIBUTES "VTdFeature/current_value = Enable\n"
	ATTRIBUTES "VTdFeature/display_name = VT-d\n"
	ATTRIBUTES "VTdFeature/possible_values = Disable;Enable\n"
	ATTRIBUTES "VTdFeature/default_value = Disable\n"
	ATTRIBUTES "0x17/current_value = Enable\n"
	ATTRIBUTES "0x17/display_name = Virtualization Technology (VTx)\n"
	ATTRIBUTES "SecureBoot/current_value ! EACCES\n"
	ATTRIBUTES "AssetTag/current_value = INVENTORY-4711\n"
	ATTRIBUTES "AssetTag/display_name = Asset Tag\n"
	ATTRIBUTES "pending_reboot = 1\n"
	"/sys/devices/virtual/firmware-attributes/hp-bioscfg/authentication/Admin/is_enabled = 1\n"
	"/sys/devices/virtual/firmware-attributes/hp-bioscfg/authentication/Admin/current_password = hunter2\n"
	"/var/lib/dpkg/status <<\n"
	"\tPackage: zaphods-diary\n"
	"\tStatus: install ok installed\n"
	"\tVersion: 42\n"
	"\t\n"
	"\tPackage: qemu-system-x86\n"
	"\tStatus: install ok installed\n"
	"\tMaintainer: Somebody <somebody@private.example>\n"
	"\tVersion: 1:7.2+dfsg-7\n"
	"\tDescription: machines\n"
	"\t a line of it\n"
	"\t\n"
	"\tPackage: swtpm\n"
	"\tStatus: deinstall ok config-files\n"
	"\tVersion: 0.7\n"
	"/var/lib/pacman/local/qemu-base-9.1.0-1/desc = %NAME%\n"
	"/var/lib/pacman/local/diary-1.0-1/desc = %NAME%\n"
	"/sys/firmware/acpi/tables/DMAR ! EACCES\n"
	"/sys/firmware/acpi/tables/FACP ! EACCES\n"
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c : 0600000000\n"
	"/sys/firmware/efi/efivars/Secret-8be4df61-93ca-11d2-aa0d-00e098032b8c : 06000000aa\n"
	/* "a" on partition 1 with the UUID 11 11 … 11, then optional data ee ee */
	"/sys/firmware/efi/efivars/Boot0000-8be4df61-93ca-11d2-aa0d-00e098032b8c : "
	"07000000 01000000 2e00 61000000 "
	"04012a00 01000000 0008000000000000 0000100000000000 11111111111111111111111111111111 0202 "
	"7fff0400 eeee\n"
	"/proc/cmdline = BOOT_IMAGE=/vmlinuz root=UUID=5d1f7a3e-91c4-4b0e-8d55-0123456789ab "
	"resume=UUID=ABCD-1234 ip=192.168.17.23 quiet\n"
	"/proc/cpuinfo <<\n"
	"\tprocessor\t: 0\n"
	"\tflags\t\t: vmx\n"
	"\t\n"
	"\tprocessor\t: 1\n"
	"\tflags\t\t: vmx\n"
	"/proc/interrupts <<\n"
	"\t            CPU0       CPU1\n"
	"\t  27:          5       1204  IR-PCI-MSI-0000:01:00.0   0-edge      nvme0q0\n"
	"/proc/net/route <<\n"
	"\tIface\tDestination\tGateway\n"
	"\teno1\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
	"\teno1\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
	"/proc/modules = vfio_pci 16384 0 - Live 0xffffffffc0d69000\n"
	"/boot/loader/entries/9d3c1f0e5b7a4c2d8e6f00112233aabb-6.1.0.conf = machine-id "
	"9d3c1f0e5b7a4c2d8e6f00112233aabb\n"
	"/etc/machine-id = 9d3c1f0e5b7a4c2d8e6f00112233aabb\n"
	"/boot/9d3c1f0e5b7a4c2d8e6f00112233aabb/6.1.0/initrd = what is in the image\n"
	"/boot/efi/EFI/Linux/linux-6.1.0-9d3c1f0e5b7a4c2d8e6f00112233aabb.efi = what is in the image\n"
	"/etc/mkinitcpio-own.conf = HOOKS=(base udev)\n"
	"/etc/other.conf = what is in the image\n"
	"/usr/bin/mkinitcpio <<\n"
	"\tdeclare -r version='39.2'\n"
	"\t_d_config=\"${_f_config}.d\"\n"
	"\techo what is in the image\n"
	"/usr/bin/lsinitcpio = detect_uki() {\n"
	"/usr/bin/lsinitrd = what is in the image\n"
	"/usr/lib/dracut/dracut.conf.d/01-dist.conf = uefi=yes\n"
	"/etc/hostname = kellerkind\n"
	"/etc/os-release = ID=debian\n"
	"/etc/fstab <<\n"
	"\tUUID=5d1f7a3e-91c4-4b0e-8d55-0123456789ab / ext4 defaults 0 1\n"
	"\tUUID=ABCD-1234 /boot/efi vfat umask=0077 0 1\n"
	"\t192.168.17.5:/home/zaphod /home/zaphod nfs defaults 0 0\n"
	"/etc/default/grub = GRUB_CMDLINE_LINUX=\"quiet\" # kellerkind\n"
	"/etc/default/grub.d/x.cfg = # in /home/zaphod/vm and /run/media/zaphod/x\n"
	"/etc/shadow = root:hash:1:\n"
	"/run/udev/data/b259:1 <<\n"
	"\tS:disk/by-id/nvme-Fast_SSD_S4EWNX0N123456Z\n"
	"\tE:ID_SERIAL=Fast_SSD_S4EWNX0N123456Z\n"
	"\tE:ID_FS_UUID=ABCD-1234\n"
	"\tE:ID_PART_ENTRY_TYPE=0fc63daf-8483-4772-8e79-3d69d8477de4\n"
	"/run/udev/data/n2 = E:ID_NET_NAME_MAC=enx3c7c3f123456\n"
	"/var/log/dmesg <<\n"
	"\t[    0.010000] DMAR: IOMMU enabled on kellerkind for S4EWNX0N123456Z\n"
	"\t[    0.020000] vfio 3c:7c:3f:12:34:56 at fe80::3e7c:3fff:fe12:3456 and 192.168.17.23\n"
	"\t[    0.030000] a line about nothing\n"
	"/lib -> usr/lib\n"
	"/usr/lib/modules/6.1.0-9-amd64/pkgbase = linux\n"
	"/usr/lib/modules/6.1.0-9-amd64/modules.alias <<\n"
	"\talias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n"
	"\talias pci:v00001002d*sv*sd*bc03sc*i* amdgpu\n"
	"/usr/share/misc/pci.ids <<\n"
	"\t1002  ATI\n"
	"\t\t1478  Switch\n"
	"\t10de  NVIDIA Corporation\n"
	"\t\t2204  GA102 [GeForce RTX 3090]\n"
	"\t\t\t1462 3881  Gaming X\n"
	"\t\t\t1462 9999  Other\n"
	"\t\t2206  GA102 [GeForce RTX 3080]\n"
	"\tC 03  Display controller\n"
	"\t\t00  VGA compatible controller\n"
	"/.vfio-wizard/cpuid = vendor=GenuineIntel vmx=1 svm=0 hypervisor=0\n";

static char *take_of(const char *text)
{
	char dir[] = "/tmp/vfio-wizard-test.XXXXXX";
	_cleanup_free_ char *rm = NULL;
	_cleanup_fsroot_ struct fsroot *fs = NULL;
	struct err err = { 0 };
	char *taken;
	size_t len;
	int r;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	r = recording_unpack(text, strlen(text), "host", dir, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_int_eq(fsroot_open(dir, &fs, &err), 0);
	r = recording_take(fs, &taken, &len, &err);
	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_uint_eq(len, strlen(taken));
	rm = xasprintf("rm -rf %s", dir);
	ck_assert_int_eq(system(rm), 0);
	return taken;
}

static const char *const kept[] = {
	ATTRIBUTES "VTdFeature/current_value = Enable\n",
	ATTRIBUTES "VTdFeature/possible_values = Disable;Enable\n",
	ATTRIBUTES "0x17/display_name = Virtualization Technology (VTx)\n",
	ATTRIBUTES "0x17/current_value = Enable\n",
	ATTRIBUTES "SecureBoot/current_value ! EACCES\n",
	ATTRIBUTES "pending_reboot = 1\n",
	"\tPackage: qemu-system-x86\n\tStatus: install ok installed\n\tVersion: 1:7.2+dfsg-7\n",
	"\tPackage: swtpm\n\tStatus: deinstall ok config-files\n\tVersion: 0.7\n",
	"/var/lib/pacman/local/qemu-base-9.1.0-1/",
	PCI "/vendor = 0x10de\n",
	PCI "/iommu_group -> ../../../../kernel/iommu_groups/1\n",
	PCI "/rom =\\\n",
	"/sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0\n",
	"/sys/firmware/acpi/tables/DMAR ! EACCES\n",
	"/sys/firmware/acpi/tables/FACP =\\\n",
	"SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c : 0600000000\n",
	"root=UUID=00000000-0000-4000-8000-000000000002",
	"UUID=00000000-0000-4000-8000-000000000002 / ext4",
	"resume=UUID=0000-0001",
	"\tUUID=0000-0001 /boot/efi",
	"E:ID_FS_UUID=0000-0001\n",
	"E:ID_PART_ENTRY_TYPE=0fc63daf-8483-4772-8e79-3d69d8477de4\n",
	"/sys/class/net/enx020000000001 -> ../../devices/virtual/net/enx020000000001\n",
	"/address = 02:00:00:00:00:01\n",
	"IR-PCI-MSI-0000:01:00.0",
	"\teno1\t00000000\t010200C0\t0003",
	"\tprocessor\t: 1\n",
	"DMAR: IOMMU enabled on host for SERIAL0001\n",
	"modules.alias = alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n",
	"/lib -> usr/lib\n",
	("\t10de  NVIDIA Corporation\n\t\t2204  GA102 [GeForce RTX 3090]\n\t\t\t1462 3881  Gaming X\n"
	 "\tC 03  Display controller\n\t\t00  VGA compatible controller\n"),
	"ID=debian\n",
	"vfio_pci 16384 0 - Live 0x0000000000000000\n",
	"-6.1.0.conf = machine-id 0000000000000000000000000000000",
	/* The same stand-in in the file and in the names, so that they still belong together. */
	"/etc/machine-id = 00000000000000000000000000000001\n",
	"/boot/00000000000000000000000000000001/6.1.0/initrd =\\\n",
	"/boot/efi/EFI/Linux/linux-6.1.0-00000000000000000000000000000001.efi =\\\n",
	"/etc/mkinitcpio-own.conf = HOOKS=(base udev)\n",
	"\tdeclare -r version='39.2'\n\t_d_config=\"${_f_config}.d\"\n",
	"/usr/bin/lsinitcpio = detect_uki() {\n",
	"/usr/bin/lsinitrd =\\\n",
	"/usr/lib/dracut/dracut.conf.d/01-dist.conf = uefi=yes\n",
	"/pkgbase = linux\n",
	"product_name = Board 3000\n",
	"cpuid = vendor=GenuineIntel vmx=1 svm=0 hypervisor=0\n",
};

static const char *const dropped[] = {
	"3c:7c:3f", "3c7c3f123456", "3c7c:3fff", "S4EWNX0N123456Z", "77Q", "DMI-PRIVATE-1",
	"03000200-0400", "5d1f7a3e", "0123456789ab", "ABCD-1234", "192.168.17", "0102A8C0", "0002A8C0",
	"kellerkind", "zaphod", "root:hash", "Secret-", "11111111", "eeee", "a line about nothing",
	"INVENTORY-4711", "Asset", "hunter2", "authentication", "default_value", "diary", "private.example", "a line of it",
	"fe80::", "amdgpu", "9d3c1f0e5b7a", "c0d69000", "[    0.01", "1204", "RTX 3080",
	"what is in the image", "/etc/other.conf",
};

START_TEST(what_matters_is_kept)
{
	_cleanup_free_ char *text = take_of(machine);

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		ck_assert_msg(strstr(text, kept[i]), "not there: %s\n%s", kept[i], text);
}
END_TEST

START_TEST(no_secret_survives)
{
	_cleanup_free_ char *text = take_of(machine);

	for (size_t i = 0; i < ARRAY_SIZE(dropped); i++)
		ck_assert_msg(!strcasestr(text, dropped[i]), "still there: %s\n%s", dropped[i], text);
}
END_TEST

START_TEST(a_recording_of_a_recording_is_the_same)
{
	_cleanup_free_ char *first = take_of(machine), *second = take_of(first);

	ck_assert_str_eq(first, second);
}
END_TEST

START_TEST(an_empty_root_is_no_host)
{
	char dir[] = "/tmp/vfio-wizard-test.XXXXXX";
	_cleanup_fsroot_ struct fsroot *fs = NULL;
	struct err err = { 0 };
	char *text;
	size_t len;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(fsroot_open(dir, &fs, &err), 0);
	ck_assert_int_lt(recording_take(fs, &text, &len, &err), 0);
	ck_assert_int_eq(err_exit_code(&err), 2);
	rmdir(dir);
}
END_TEST

START_TEST(this_machine_can_be_recorded)
{
	_cleanup_fsroot_ struct fsroot *fs = NULL;
	_cleanup_free_ char *text = NULL, *again = NULL;
	struct err err = { 0 };
	size_t len;

	ck_assert_int_eq(fsroot_open("/", &fs, &err), 0);
	ck_assert_int_eq(recording_take(fs, &text, &len, &err), 0);
	again = take_of(text);
	ck_assert_str_eq(text, again);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model-recording-take");
	TCase *tc = tcase_create("take");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_matters_is_kept);
	tcase_add_test(tc, no_secret_survives);
	tcase_add_test(tc, a_recording_of_a_recording_is_the_same);
	tcase_add_test(tc, an_empty_root_is_no_host);
	tcase_add_test(tc, this_machine_can_be_recorded);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
