/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "model/legacy.h"
#include "tests/lib/unit.h"

#include <string.h>

static struct fsroot *root;
static struct host *host;
static struct pci_device card = { .addr = { 0, 1, 0, 0 },
				  .address = "0000:01:00.0",
				  .vendor = 0x10de,
				  .device = 0x2206,
				  .subsystem_vendor = 0x1458,
				  .subsystem_device = 0x403b,
				  .modalias = "pci:v000010DEd00002206sv00001458sd0000403Bbc03sc00i00" };
static struct pci_device *devices[] = { &card };

static void setup(void)
{
	struct err err = { 0 };

	ck_assert_int_eq(fsroot_open("/", &root, &err), 0);
	host = host_new(root);
	host->devices = devices;
	host->n_devices = 1;
	host->identity.kernel = "6.8.0-31-generic";
	host->kernel.acs_override_known = 0;
	host->iommu.irq_remapping = 1;
	host->iommu.has_ivrs = true;
	host->vfio.vfio_pci = MODULE_AVAILABLE;
}

static void teardown(void)
{
	host_free(host);
	fsroot_free(root);
}

static void add_line(enum setting_kind kind, const char *path, const char *text)
{
	struct setting_line *s = arena_alloc(host->arena, sizeof(*s));

	*s = (struct setting_line){ .kind = kind, .path = path, .line = 1, .n_lines = 1, .text = text };
	arena_list_add(host->arena, &host->vfio.setting_list, s);
	host->vfio.settings = (const struct setting_line **)(uintptr_t)host->vfio.setting_list.items;
	host->vfio.n_settings = (unsigned)host->vfio.setting_list.n;
}

/* "" is nothing; of several findings the first. */
static const char *found_in(const char *line)
{
	const char *const *args = NULL;
	char *text = arena_strdup(host->arena, line);
	const struct legacy_found *found;

	for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
		arena_strv_add(host->arena, &args, word);
	return legacy_find(host, args, &found) ? found[0].row->id : "";
}

static const struct {
	const char *line, *id;
} arguments[] = {
	{ "quiet splash", "" },
	{ "amd_iommu=on", "amd-iommu-on-does-nothing" },
	{ "amd-iommu=on", "amd-iommu-on-does-nothing" },
	{ "amd_iommu=pgtbl_v2", "" },
	{ "intel_iommu=on", "intel-iommu-on-amd" },
	{ "iommu=1", "iommu-on-does-nothing" },
	{ "iommu=pt", "" },
	{ "intel_iommu=igfx_off", "intel-igfx-off-alone" },
	{ "intel_iommu=on,igfx_off", "" },
	{ "vfio-pci.ids=10de:2206,10de:1aef", "vfio-ids" },
	{ "vfio_pci.ids=\"10de:2206\"", "vfio-ids" },
	{ "vfio-pci.ids=10de:2206:1458", "vfio-ids" },
	{ "vfio-pci.ids=10de:2206:1043", "vfio-ids-not-here" },
	{ "vfio-pci.ids=10de:ffffffff", "vfio-ids" },
	{ "vfio-pci.ids=1002:67df", "vfio-ids-not-here" },
	{ "vfio-pci.ids=01:00.0,01:00.1", "vfio-ids-addresses" },
	{ "vfio-pci.ids=10de:2206 vfio-pci.ids=10de:1aef", "vfio-ids-repeated" },
	{ "vfio-pci-ids=10de:2206", "vfio-argument-unknown" },
	{ "vfio.pci.ids=10de:2206", "vfio-argument-unknown" },
	{ "vfio-wizard=off", "" },
	{ "vfio-pci.diable_vga=1", "vfio-option-unknown" },
	{ "vfio-pci.disable-vga=1", "" },
	{ "pci-stub.ids=8086:15a1", "pci-stub-ids" },
	{ "xen-pciback.hide=(01:00.0)", "xen-pciback" },
	{ "rd.driver.pre=vfio-pci", "dracut-argument" },
	{ "rd.driver.pre=nvme", "" },
	{ "modules-load=vfio,vfio_virqfd", "vfio-virqfd" },
	{ "modprobe.blacklist=nouveau,nvidiafb", "driver-kept-out" },
	{ "module_blacklist=pcspkr", "" },
	{ "video=efifb:off", "framebuffer-off" },
	{ "video=vesafb:off,efifb:off", "framebuffer-off" },
	{ "video=HDMI-A-1:1920x1080", "" },
	{ "initcall_blacklist=sysfb_init", "sysfb-off" },
	{ "nomodeset", "nomodeset" },
	{ "nofb", "argument-without-effect" },
	{ "multifunction", "argument-without-effect" },
	{ "pci=multifunction", "" },
	{ "pcie_acs_override=downstream,multifunction", "acs-override-ignored" },
	{ "kvm.ignore_msrs=1", "kvm-ignore-msrs" },
	{ "kvm.ignore_msrs=0", "" },
	{ "vfio_iommu_type1.allow_unsafe_interrupts=1", "unsafe-interrupts" },
	{ "hugepages=16 default_hugepagesz=1G hugepagesz=1G", "hugepages-order" },
	{ "default_hugepagesz=1G hugepagesz=1G hugepages=16", "" },
	{ "hugepages=512", "" },
	{ "hugepages=512 hugepagesz=1G hugepages=8", "" },
	{ "quiet quiet", "argument-twice" },
	{ "console=tty0 console=tty0", "" },
	{ "quiet -- nomodeset", "" },
};

START_TEST(test_arguments)
{
	ck_assert_msg(strcmp(found_in(arguments[_i].line), arguments[_i].id) == 0, "%s: %s and not %s",
		      arguments[_i].line, found_in(arguments[_i].line), arguments[_i].id);
}
END_TEST

START_TEST(test_arguments_of_other_hosts)
{
	host->iommu.irq_remapping = 0;
	ck_assert_str_eq(found_in("vfio_iommu_type1.allow_unsafe_interrupts=Y"), "unsafe-interrupts-allowed");
	host->iommu.has_ivrs = false;
	host->iommu.has_dmar = true;
	ck_assert_str_eq(found_in("intel_iommu=on"), "");
	host->vfio.has_dracut = host->vfio.has_xen = true;
	ck_assert_str_eq(found_in("rd.driver.pre=vfio-pci xen-pciback.hide=(01:00.0)"), "");
	host->kernel.acs_override_known = 1;
	ck_assert_str_eq(found_in("pcie_acs_override=downstream"), "");
	ck_assert_str_eq(found_in("pcie_acs_override=on"), "acs-override-words");
	host->identity.kernel = "5.15.0-100-generic";
	ck_assert_str_eq(found_in("video=efifb:off modules-load=vfio_virqfd"), "");
}
END_TEST

#define M SETTING_MODPROBE, "/etc/modprobe.d/vfio.conf"
static const struct {
	enum setting_kind kind;
	const char *path, *text, *id;
} lines[] = {
	{ M, "options vfio-pci ids=10de:2206,10de:1aef", "vfio-ids" },
	{ M, "options vfio_pci disable_vga=1 ids=10de:2206", "vfio-ids" },
	{ M, "options vfio-pci ids=01:00.0", "vfio-ids-addresses" },
	{ M, "options vfio-pci ids=1002:67df,1002:aaf0", "vfio-ids-not-here" },
	{ M, "options vfio-pci diable_vga=1", "vfio-option-unknown" },
	{ M, "options vfio-pci disable_vga=1", "" },
	{ M, "options vfio_iommu_type1 allow_unsafe_interrupts=1", "unsafe-interrupts" },
	{ M, "options kvm ignore_msrs=1 report_ignored_msrs=0", "kvm-ignore-msrs" },
	{ M, "options kvm report_ignored_msrs=0", "" },
	{ M, "options kvm_intel nested=1", "" },
	{ M, "softdep nvidia pre: vfio-pci", "vfio-softdep" },
	{ M, "softdep usbnet pre: crc32c", "" },
	{ M, "blacklist vfio_pci", "vfio-blocked" },
	{ M, "install vfio-pci /bin/true", "vfio-blocked" },
	{ M, "install vfio-pci /usr/local/bin/vfio-pci-override.sh", "vfio-install-line" },
	{ M, "alias pci:v000010DEd00002206sv* vfio-pci", "vfio-alias" },
	{ M, "blacklist amdgpu", "driver-kept-out" },
	{ M, "blacklist nvidiafb", "" },
	{ SETTING_MODPROBE, "/etc/modprobe.d/nvidia-installer-disable-nouveau.conf", "blacklist nouveau", "" },
	{ SETTING_MODULES, "/etc/modules", "vfio_virqfd", "vfio-virqfd" },
	{ SETTING_MODULES, "/etc/modules", "vfio vfio_iommu_type1 vfio_pci ids=10de:2206", "modules-in-one-line" },
	{ SETTING_MODULES, "/etc/initramfs-tools/modules", "vfio_pci ids=10de:2206", "vfio-ids" },
	{ SETTING_MODULES, "/etc/initramfs-tools/modules", "vfio_pci # the card", "vfio-modules" },
	{ SETTING_MKINITCPIO, "/etc/mkinitcpio.conf", "MODULES=(vfio_pci vfio)", "vfio-modules" },
	{ SETTING_MKINITCPIO, "/etc/mkinitcpio.conf", "MODULES=(vfio_pci vfio_virqfd)", "vfio-virqfd" },
	{ SETTING_DRACUT, "/etc/dracut.conf.d/vfio.conf", "force_drivers+=\"vfio_pci\"", "dracut-blanks" },
	{ SETTING_DRACUT, "/etc/dracut.conf.d/vfio.conf", "force_drivers+=\" vfio_pci \"", "vfio-modules" },
	{ SETTING_DRACUT_UNREAD, "/etc/dracut.conf.d/vfio", "force_drivers+=\" vfio_pci \"", "dracut-file-not-read" },
	{ SETTING_BOOSTER, "/etc/booster.yaml", "modules_force_load: vfio_pci", "vfio-modules" },
	{ SETTING_UDEV, "/etc/udev/rules.d/10-vfio.rules", "KERNEL==\"0000:01:00.0\", ATTR{driver_override}=\"vfio-pci\"",
	  "udev-override" },
	{ SETTING_DRIVERCTL, "/etc/driverctl.d/pci-0000:01:00.0", "vfio-pci", "driverctl-override" },
	{ SETTING_SUPERGFX, "/etc/supergfxd.conf", "\"vfio_enable\": true,", "supergfxctl-vfio" },
	{ SETTING_SUPERGFX, "/etc/supergfxd.conf", "\"vfio_enable\": false,", "" },
	{ SETTING_UNRAID, "/boot/config/vfio-pci.cfg", "BIND=0000:01:00.0|10de:2206", "unraid-bind" },
	{ SETTING_BOOT_SCRIPT, "/etc/initcpio/hooks/vfio", "modprobe -i vfio-pci", "boot-script" },
	{ SETTING_HOOK, "/etc/libvirt/hooks/qemu", "virsh nodedev-detach pci_0000_01_00_0", "hook-calls-libvirt" },
	{ SETTING_HOOK, "/etc/libvirt/hooks/qemu", "modprobe -r amdgpu", "hook-by-hand" },
	{ SETTING_HOOK_TREE, "/etc/libvirt/hooks/qemu.d/win/prepare/begin/a.sh", "virsh x", "hook-tree-not-run" },
};

START_TEST(test_lines)
{
	add_line(lines[_i].kind, lines[_i].path, lines[_i].text);
	ck_assert_msg(strcmp(found_in(""), lines[_i].id) == 0, "%s: %s and not %s", lines[_i].text, found_in(""),
		      lines[_i].id);
}
END_TEST

START_TEST(test_several_lines)
{
	const struct legacy_found *found;

	add_line(M, "options vfio-pci ids=10de:2206");
	ck_assert_str_eq(found_in(""), "vfio-ids");
	add_line(M, "options vfio-pci ids=10de:1aef");
	ck_assert_uint_eq(legacy_find(host, NULL, &found), 2);
	ck_assert_str_eq(found[0].row->id, "vfio-ids-several-lines");
	ck_assert_str_eq(found[1].row->id, "vfio-ids-several-lines");
	ck_assert_str_eq(legacy_evidence(host, &found[1], "x"),
			 "/etc/modprobe.d/vfio.conf:1: options vfio-pci ids=10de:1aef");
}
END_TEST

static const struct {
	enum setting_kind kind;
	const char *row, *raw, *after;
} edits[] = {
	{ SETTING_MKINITCPIO, "vfio-virqfd", "MODULES=(ext4 vfio_pci vfio vfio_virqfd)\n", "MODULES=(ext4 vfio_pci vfio)\n" },
	{ SETTING_MKINITCPIO, "vfio-virqfd", "MODULES=(  vfio_virqfd vfio  ) # x\n", "MODULES=(  vfio  ) # x\n" },
	{ SETTING_MKINITCPIO, "vfio-modules", "MODULES=(vfio_pci vfio vfio_iommu_type1 i915)\n", "MODULES=(i915)\n" },
	{ SETTING_MKINITCPIO, "vfio-modules", "MODULES=(\n\tvfio_pci\n\ti915\n)\n", "MODULES=(\n\t\n\ti915\n)\n" },
	{ SETTING_DRACUT, "vfio-virqfd", "force_drivers+=\" vfio vfio_virqfd vfio-pci \"\r\n", "force_drivers+=\" vfio vfio-pci \"\r\n" },
	{ SETTING_DRACUT, "dracut-blanks", "force_drivers+=\"vfio_pci vfio\"\n", "force_drivers+=\" vfio_pci vfio \"\n" },
	{ SETTING_DRACUT, "dracut-blanks", "force_drivers+=' vfio' # y\n", "force_drivers+=' vfio ' # y\n" },
	{ SETTING_BOOSTER, "vfio-virqfd", "modules_force_load: vfio,vfio_virqfd\n", "modules_force_load: vfio\n" },
	{ SETTING_BOOSTER, "vfio-virqfd", "modules_force_load: vfio_virqfd,vfio\n", "modules_force_load: vfio\n" },
	{ SETTING_SUPERGFX, "supergfxctl-vfio", "  \"vfio_enable\": true,\n", "  \"vfio_enable\": false,\n" },
	{ SETTING_MODULES, "vfio-virqfd", "vfio_virqfd\n", NULL },
};

START_TEST(test_edits)
{
	struct setting_line line = { .kind = edits[_i].kind };
	struct legacy_found f = { .row = legacy_row_find(edits[_i].row), .line = &line };
	const char *after;

	ck_assert_ptr_nonnull(f.row);
	after = legacy_text_after(host->arena, &f, edits[_i].raw);
	ck_assert_msg(str_eq(after, edits[_i].after), "%s: %s", edits[_i].raw, after);
}
END_TEST

START_TEST(test_binds)
{
	static struct pci_device other = { .address = "0000:02:00.0", .vendor = 0x10de, .device = 0x1aef };
	static const struct {
		unsigned line;
		bool card;
	} cases[] = { { 0, true }, { 3, false }, { 15, true }, { 29, true }, { 30, true } };
	const struct legacy_found *found;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		host->vfio.setting_list.n = 0;
		add_line(lines[cases[i].line].kind, lines[cases[i].line].path, lines[cases[i].line].text);
		ck_assert_uint_eq(legacy_find(host, NULL, &found), 1);
		ck_assert_msg(legacy_binds(&found[0], &card) == cases[i].card, "%s", lines[cases[i].line].text);
		ck_assert(i == 0 || !legacy_binds(&found[0], &other));
	}
	host->vfio.setting_list.n = 0;
	add_line(SETTING_DRIVERCTL, "/etc/driverctl.d/pci-0000:01:00.0", "nouveau");
	legacy_find(host, NULL, &found);
	ck_assert_str_eq(legacy_driver_of(&found[0], &card), "nouveau");
	ck_assert(!legacy_binds(&found[0], &card));
	ck_assert_ptr_null(legacy_driver_of(&found[0], &other));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model-legacy");
	TCase *tc = tcase_create("legacy");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_arguments, 0, ARRAY_SIZE(arguments));
	tcase_add_test(tc, test_arguments_of_other_hosts);
	tcase_add_loop_test(tc, test_lines, 0, ARRAY_SIZE(lines));
	tcase_add_test(tc, test_several_lines);
	tcase_add_loop_test(tc, test_edits, 0, ARRAY_SIZE(edits));
	tcase_add_test(tc, test_binds);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
