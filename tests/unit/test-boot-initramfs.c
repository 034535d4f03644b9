/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "base/strv.h"

#include "boot/bind.h"
#include "boot/initramfs.h"

#define HOOK "/etc/initramfs-tools/hooks/vfio-wizard"
#define SCRIPT "/etc/initramfs-tools/scripts/init-top/aa-vfio-wizard"

static struct pci_device gpu = { .addr = { 0, 1, 0, 0 },
				 .address = "0000:01:00.0",
				 .vendor = 0x10de,
				 .device = 0x2504,
				 .class_code = 0x030000,
				 .driver = "nouveau",
				 .vendor_name = "NVIDIA",
				 .device_name = "GA106\n$(reboot)",
				 .boot_vga = 0 };
static struct pci_device audio = { .addr = { 0, 1, 0, 1 },
				   .address = "0000:01:00.1",
				   .vendor = 0x10de,
				   .device = 0x228e,
				   .class_code = 0x040300,
				   .vendor_name = "NVIDIA",
				   .device_name = "GA106 audio",
				   .boot_vga = -1 };
static const struct pci_device *const both[] = { &gpu, &audio };
static const struct bind_tools tools = { .initramfs = &initramfs_initramfs_tools };
static const struct bind_tools no_tools;

static void debian(void)
{
	static const char *const kernels[] = { "6.1.0-9-amd64", "6.1.0-28-amd64", "6.1.0-27-amd64",
					       NULL };

	fixture_write("/usr/sbin/update-initramfs", "#!/bin/sh\nmkinitramfs\n");
	fixture_write("/usr/sbin/mkinitramfs", "#!/bin/sh\n");
	fixture_write("/etc/initramfs-tools/modules", "");
	fixture_host->boot.kernels = kernels;
	fixture_host->identity.kernel = "6.1.0-27-amd64";
	fixture_host->vfio.vfio_pci = MODULE_AVAILABLE;
}

static struct stage *stage_both(void)
{
	ck_assert_msg(bind_address.stage(fixture_host, both, 2, &tools,
					 fixture_plan, &fixture_err) == 0,
		      "%s", fixture_err.msg);
	ck_assert_uint_eq(fixture_plan->n_stages, 1);
	return fixture_plan->stages[0];
}

START_TEST(test_stage)
{
	struct stage *stage;

	debian();
	stage = stage_both();
	ck_assert_int_eq(stage->then, STAGE_END_REBOOT);
	ck_assert_int_eq(fixture_change(stage, HOOK)->mode, 0755);
	ck_assert_int_eq(fixture_change(stage, SCRIPT)->mode, 0755);
	/* The running kernel and the newest; the oldest stays a way back. */
	ck_assert_uint_eq(stage->n_changes, 4);
	ck_assert_str_eq(stage->changes[2]->argv[3], "6.1.0-27-amd64");
	ck_assert_str_eq(stage->changes[3]->argv[3], "6.1.0-28-amd64");
	ck_assert_str_eq(stage->changes[3]->outputs[0], "/boot/initrd.img-6.1.0-28-amd64");
	ck_assert_str_eq(stage->changes[3]->outputs[1], "/boot/initrd.img-6.1.0-28-amd64.new");
	ck_assert_uint_eq(stage->n_promises, 2);
	ck_assert_str_eq(stage->promises[0]->id, "driver:0000:01:00.0");
	ck_assert_str_eq(stage->promises[0]->arg, "vfio-pci");
	ck_assert_uint_eq(stage->promises[1]->device, 0x228e);
	/* A device's name cannot break out of its comment. */
	ck_assert_ptr_nonnull(
		strstr(fixture_change(stage, SCRIPT)->after, "# NVIDIA GA106?$(reboot)\n"));
}
END_TEST

/* kernel-install writes the entry and the copies anew after every image: undo has to know them. */
START_TEST(test_entries_on_the_esp)
{
	struct stage *stage;
	const char *const *outputs;

	debian();
	fixture_write("/etc/initramfs/post-update.d/systemd-boot", "#!/bin/sh\n");
	fixture_write("/boot/efi/loader/entries/tok-6.1.0-28-amd64.conf",
		      "title Debian\nversion 6.1.0-28-amd64\noptions root=/dev/sda2\nlinux /tok/6.1.0-28-amd64/linux\n"
		      "initrd /tok/6.1.0-28-amd64/initrd.img\n");
	fixture_write("/boot/efi/loader/entries/vfio-wizard-before.conf",
		      "title Before\nversion 6.1.0-28-amd64\noptions root=/dev/sda2\nlinux /tok/6.1.0-28-amd64/linux\n");
	stage = stage_both();
	outputs = stage->changes[3]->outputs;
	ck_assert(strv_contains(outputs, "/boot/efi/loader/entries/tok-6.1.0-28-amd64.conf"));
	ck_assert(strv_contains(outputs, "/boot/efi/tok/6.1.0-28-amd64/linux"));
	ck_assert(strv_contains(outputs, "/boot/efi/tok/6.1.0-28-amd64/initrd.img"));
	ck_assert(!strv_contains(outputs, "/boot/efi/loader/entries/vfio-wizard-before.conf"));
	ck_assert(!strv_contains(stage->changes[2]->outputs, "/boot/efi/tok/6.1.0-28-amd64/linux"));
	/* Where the partitions are not mounted, they are written once more after undo. */
	fixture_write("/etc/kernel/proxmox-boot-uuids", "1AB0-E5B0\n");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	stage = stage_both();
	ck_assert_uint_eq(stage->n_changes, 5);
	ck_assert_str_eq(stage->changes[4]->argv[0], "proxmox-boot-tool");
	ck_assert(stage->changes[4]->undo_again);
	fixture_run("rm '%s/etc/kernel/proxmox-boot-uuids'", fixture_dir);
	/* GRUB starts the image in /boot itself. */
	fixture_run("rm '%s/etc/initramfs/post-update.d/systemd-boot'", fixture_dir);
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	stage = stage_both();
	ck_assert(!strv_contains(stage->changes[3]->outputs, "/boot/efi/tok/6.1.0-28-amd64/linux"));
}
END_TEST

START_TEST(test_already_there)
{
	struct stage *stage;
	const char *hook, *script;

	debian();
	stage = stage_both();
	hook = fixture_change(stage, HOOK)->after;
	script = fixture_change(stage, SCRIPT)->after;
	fixture_write(HOOK, hook);
	fixture_write(SCRIPT, script);
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	stage = stage_both();
	ck_assert_uint_eq(stage->n_changes, 0);
	ck_assert_uint_eq(stage->n_promises, 0);
}
END_TEST

START_TEST(test_builtin_and_missing)
{
	struct stage *stage;

	debian();
	fixture_host->vfio.vfio_pci = MODULE_BUILTIN;
	stage = stage_both();
	ck_assert(!fixture_has_change(stage, HOOK));
	ck_assert(fixture_has_change(stage, SCRIPT));
	fixture_host->vfio.vfio_pci = MODULE_MISSING;
	ck_assert_int_lt(bind_address.stage(fixture_host, both, 2, &tools,
					    fixture_plan, &fixture_err),
			 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	fixture_host->vfio.vfio_pci = MODULE_LOADED;
	ck_assert_int_lt(
		bind_address.stage(fixture_host, both, 2, &no_tools, fixture_plan, &fixture_err), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "--bind libvirt"));
}
END_TEST

/* limine-mkinitcpio-hook: the images of mkinitcpio's presets are not those that Limine starts. */
START_TEST(test_limine_mkinitcpio)
{
	static const struct bind_tools mkinitcpio = { .initramfs = &initramfs_mkinitcpio };

	fixture_host->vfio.vfio_pci = MODULE_AVAILABLE;
	fixture_write("/etc/mkinitcpio.conf", "HOOKS=(base udev)\n");
	fixture_write("/etc/mkinitcpio.d/linux.preset",
		      "ALL_kver=/boot/vmlinuz-linux\nPRESETS=(default)\ndefault_image=/boot/initramfs-linux.img\n");
	fixture_write("/usr/bin/limine-mkinitcpio", "");
	ck_assert_msg(bind_address.stage(fixture_host, both, 2, &mkinitcpio, fixture_plan, &fixture_err) == 0, "%s",
		      fixture_err.msg);
	ck_assert(fixture_has_change(fixture_plan->stages[0], "/etc/initcpio/hooks/vfio-wizard"));
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	fixture_host->firmware.loader_info = "Limine 9.3.0";
	ck_assert_int_lt(bind_address.stage(fixture_host, both, 2, &mkinitcpio, fixture_plan, &fixture_err), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "--bind libvirt"));
}
END_TEST

START_TEST(test_detect)
{
	const char *why;

	ck_assert_ptr_null(initramfs_detect(fixture_host, &why));
	debian();
	ck_assert_ptr_eq(initramfs_detect(fixture_host, &why), &initramfs_initramfs_tools);
	fixture_write("/usr/sbin/update-initramfs", "#!/bin/sh\nexec dracut --force\n");
	ck_assert_ptr_null(initramfs_detect(fixture_host, &why));
	ck_assert_ptr_nonnull(strstr(why, "dracut"));
	ck_assert_ptr_eq(initramfs_find("initramfs-tools"), &initramfs_initramfs_tools);
}
END_TEST

/*
 * The script in a made-up sysfs.  Nothing there answers to writes as a kernel would, so "bound" is
 * made beforehand where a test needs it.
 */
static void write_script(void)
{
	struct stage *stage;

	debian();
	stage = stage_both();
	fixture_write("/hook", fixture_change(stage, HOOK)->after);
	fixture_write("/original", fixture_change(stage, SCRIPT)->after);
	ck_assert_int_eq(
		fixture_run("cd '%s' && sed -e 's,^sys=.*,sys=%s/sys,' -e 's,^log=.*,log=%s/log,' "
			    "-e 's,^cmdline=.*,cmdline=%s/cmdline,' -e 's,> \"$log\",>> \"$log\",' "
			    "-e 's,^modprobe.*,:,' original >script",
			    fixture_dir, fixture_dir, fixture_dir, fixture_dir),
		0);
	fixture_write("/cmdline", "root=/dev/x quiet\n");
	fixture_write("/sys/drivers/vfio-pci/new_id", "");
	for (unsigned i = 0; i < 2; i++) {
		char path[128], text[16];

		snprintf(path, sizeof(path), "/sys/devices/%s/vendor", both[i]->address);
		snprintf(text, sizeof(text), "0x%04x\n", both[i]->vendor);
		fixture_write(path, text);
		snprintf(path, sizeof(path), "/sys/devices/%s/device", both[i]->address);
		snprintf(text, sizeof(text), "0x%04x\n", both[i]->device);
		fixture_write(path, text);
		snprintf(path, sizeof(path), "/sys/devices/%s/driver_override", both[i]->address);
		fixture_write(path, "(null)\n");
	}
}

static bool has(const char *path, const char *text)
{
	return fixture_run("grep -q -- '%s' '%s%s' 2>/dev/null", text, fixture_dir, path) == 0;
}

/* With dash and, where it is installed, the shell of the initial RAM disk. */
static void run_script(void)
{
	ck_assert_int_eq(fixture_run("sh '%s/script'", fixture_dir), 0);
	if (fixture_run("command -v busybox >/dev/null 2>&1") == 0)
		ck_assert_int_eq(fixture_run("busybox sh '%s/script'", fixture_dir), 0);
}

START_TEST(test_script_lint)
{
	write_script();
	ck_assert_int_eq(
		fixture_run("sh -n '%s/original' && sh -n '%s/hook'", fixture_dir, fixture_dir), 0);
	ck_assert_int_eq(fixture_run("test -z \"$(sh '%s/original' prereqs)\"", fixture_dir), 0);
	if (fixture_run("command -v shellcheck >/dev/null 2>&1") == 0)
		ck_assert_int_eq(fixture_run("shellcheck -s sh -e SC1091 '%s/original' '%s/hook'",
					     fixture_dir, fixture_dir),
				 0);
}
END_TEST

START_TEST(test_script_refused_by_vfio)
{
	/* Nothing gets bound here: the device has to go back to the host. */
	write_script();
	run_script();
	ck_assert(has("/log", "01:00.0 (0x10de:0x2504) was refused by vfio-pci"));
	ck_assert(!has("/sys/devices/0000:01:00.0/driver_override", "vfio-pci"));
	ck_assert(has("/sys/drivers_probe", "0000:01:00.1"));
}
END_TEST

START_TEST(test_script_binds)
{
	write_script();
	/* A probe file that answers as the kernel does: with a link below the driver. */
	ck_assert_int_eq(
		fixture_run("cd '%s' && sed -i 's,put \"$1\" \"$sys/drivers_probe\",mkdir -p "
			    "\"$sys/drivers/vfio-pci/$1\",' script",
			    fixture_dir),
		0);
	fixture_write("/sys/devices/0000:01:00.0/driver/unbind", "");
	run_script();
	ck_assert(has("/sys/devices/0000:01:00.0/driver_override", "^vfio-pci$"));
	ck_assert(has("/sys/devices/0000:01:00.0/driver/unbind", "0000:01:00.0"));
	ck_assert(has("/sys/devices/0000:01:00.1/driver_override", "^vfio-pci$"));
	ck_assert(has("/log", "01:00.1 (0x10de:0x228e) is held by vfio-pci"));
}
END_TEST

START_TEST(test_script_leaves_others_alone)
{
	/* Another card moved to the address, the second function is gone. */
	write_script();
	fixture_write("/sys/devices/0000:01:00.0/device", "0x1234\n");
	ck_assert_int_eq(fixture_run("rm -r '%s/sys/devices/0000:01:00.1'", fixture_dir), 0);
	run_script();
	ck_assert(has("/log", "0000:01:00.0 is 0x10de:0x1234 and not 0x10de:0x2504"));
	ck_assert(has("/log", "0000:01:00.1 is not there"));
	ck_assert(has("/sys/devices/0000:01:00.0/driver_override", "null"));
	ck_assert(!has("/sys/drivers_probe", "01:00"));
}
END_TEST

START_TEST(test_script_switched_off)
{
	write_script();
	fixture_write("/cmdline", "quiet vfio-wizard=off root=/dev/x\n");
	run_script();
	ck_assert(has("/log", "switched off"));
	ck_assert(has("/sys/devices/0000:01:00.0/driver_override", "null"));
	/* And without the driver. */
	fixture_write("/cmdline", "quiet\n");
	ck_assert_int_eq(fixture_run("rm -r '%s/sys/drivers'", fixture_dir), 0);
	run_script();
	ck_assert(has("/log", "vfio-pci is not in this initial RAM disk"));
	ck_assert(has("/sys/devices/0000:01:00.0/driver_override", "null"));
}
END_TEST

START_TEST(test_real_order)
{
	struct stage *stage;

	if (fixture_run("test -r /usr/share/initramfs-tools/hook-functions && command -v tsort "
			">/dev/null && "
			"test -e /usr/share/initramfs-tools/scripts/init-top/udev") != 0) {
		printf("# order in init-top not looked at: needs initramfs-tools and udev\n");
		return;
	}
	debian();
	stage = stage_both();
	fixture_write("/d/aa-vfio-wizard", fixture_change(stage, SCRIPT)->after);
	ck_assert_int_eq(
		fixture_run("mkdir -p '%s/scripts/init-top' && cd '%s/scripts/init-top' && "
			    "cp /usr/share/initramfs-tools/scripts/init-top/* "
			    "'%s/d/aa-vfio-wizard' . && "
			    "chmod 755 * && sh -c 'verbose=n; CONFDIR=%s; . "
			    "/usr/share/initramfs-tools/hook-functions; "
			    "cache_run_scripts %s /scripts/init-top' && "
			    "head -n 1 ORDER | grep -q aa-vfio-wizard",
			    fixture_dir, fixture_dir, fixture_dir, fixture_dir, fixture_dir),
		0);
}
END_TEST

START_TEST(test_cautions)
{
	ck_assert_ptr_eq(bind_table[0], &bind_libvirt);
	ck_assert_ptr_nonnull(strstr(bind_libvirt.caution(fixture_host, both, 2), "nouveau"));
	ck_assert_ptr_null(bind_libvirt.caution(fixture_host, both + 1, 1));
	ck_assert_ptr_null(bind_address.caution(fixture_host, both, 2));
	gpu.boot_vga = 1;
	ck_assert_ptr_nonnull(strstr(bind_address.caution(fixture_host, both, 2), "0000:01:00.0"));
	ck_assert_int_eq(
		bind_libvirt.stage(fixture_host, both, 2, &no_tools, fixture_plan, &fixture_err), 0);
	ck_assert_uint_eq(fixture_plan->n_stages, 0);
	ck_assert_ptr_nonnull(bind_find("hooks"));
	ck_assert_ptr_eq(bind_find("id"), &bind_id);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-initramfs");
	TCase *t = tcase_create("initramfs");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_stage);
	tcase_add_test(t, test_entries_on_the_esp);
	tcase_add_test(t, test_already_there);
	tcase_add_test(t, test_builtin_and_missing);
	tcase_add_test(t, test_limine_mkinitcpio);
	tcase_add_test(t, test_detect);
	tcase_add_test(t, test_script_lint);
	tcase_add_test(t, test_script_refused_by_vfio);
	tcase_add_test(t, test_script_binds);
	tcase_add_test(t, test_script_leaves_others_alone);
	tcase_add_test(t, test_script_switched_off);
	tcase_add_test(t, test_real_order);
	tcase_add_test(t, test_cautions);
	suite_add_tcase(s, t);
	return unit_run(s);
}
