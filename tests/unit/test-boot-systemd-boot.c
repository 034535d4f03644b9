/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"
#include "boot-trial-walk.h"

#include "boot/boot-text.h"
#include "boot/bootloader.h"

#define FOLDER "/boot/loader/entries"
#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void set_cmdline(const char *line)
{
	struct kargs k;

	kargs_parse(line, &k);
	fixture_host->kernel.cmdline = line;
	fixture_host->kernel.args = NULL;
	for (char **a = k.args; a && *a; a++)
		arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, arena_strdup(fixture_host->arena, *a));
	kargs_done(&k);
}

/* archinstall: two entries made once, a default that is named. */
static void arch_host(void)
{
	fixture_write("/boot/loader/loader.conf", "default 2024-05-01_10-00-00_linux.conf\ntimeout 3\n");
	fixture_write(FOLDER "/2024-05-01_10-00-00_linux.conf",
		      "# Created by: archinstall\ntitle   Arch Linux (linux)\nlinux   /vmlinuz-linux\n"
		      "initrd  /initramfs-linux.img\noptions root=PARTUUID=aa rw intel_iommu=off rootfstype=ext4\n");
	fixture_write(FOLDER "/2024-05-01_10-00-00_linux-fallback.conf",
		      "title   Arch Linux (linux-fallback)\nlinux   /vmlinuz-linux\n"
		      "initrd  /initramfs-linux-fallback.img\noptions root=PARTUUID=aa rw rootfstype=ext4\n");
	fixture_write(FOLDER "/other.conf", "title Other\nlinux /other/vmlinuz\noptions root=PARTUUID=bb rw\n");
	fixture_write(FOLDER "/memtest.conf", "title memtest\nefi /EFI/memtest.efi\n");
	fixture_host->firmware.loader_info = "systemd-boot 255.4-2-arch";
	fixture_host->firmware.loader_entry = "2024-05-01_10-00-00_linux.conf";
	set_cmdline("initrd=\\initramfs-linux.img root=PARTUUID=aa rw intel_iommu=off rootfstype=ext4");
}

#define TOKEN "0123456789abcdef0123456789abcdef"
#define KERNEL_ENTRY(version, key)                                                                                    \
	"title      Debian GNU/Linux 12 (bookworm)\nversion    " version "\nmachine-id " TOKEN "\n" key               \
	"options    root=UUID=aa ro quiet systemd.machine_id=" TOKEN "\nlinux      /" TOKEN "/" version "/linux\n"     \
	"initrd     /" TOKEN "/" version "/initrd.img-" version "\n"

/* Debian: kernel-install, layout bls. */
static void debian_host(void)
{
	fixture_write("/etc/machine-id", TOKEN "\n");
	fixture_write("/boot/efi/loader/loader.conf", "#timeout 3\n");
	fixture_write("/boot/efi/loader/entries/" TOKEN "-6.1.0-27-amd64.conf",
		      KERNEL_ENTRY("6.1.0-27-amd64", "sort-key   debian\n"));
	fixture_write("/boot/efi/loader/entries/" TOKEN "-6.1.0-28-amd64.conf",
		      KERNEL_ENTRY("6.1.0-28-amd64", "sort-key   debian\n"));
	fixture_host->firmware.loader_info = "systemd-boot 252.30-1~deb12u2";
	fixture_host->identity.kernel = "6.1.0-28-amd64";
	set_cmdline("initrd=\\" TOKEN "\\6.1.0-28-amd64\\initrd.img-6.1.0-28-amd64 root=UUID=aa ro quiet "
		    "systemd.machine_id=" TOKEN);
}

static int stage_kargs(const char *const *set, const char *const *remove, struct stage **ret)
{
	*ret = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_systemd_boot.stage_kargs(fixture_host, set, remove, fixture_plan, *ret, &fixture_err);
}

START_TEST(detect)
{
	const char *why;

	arch_host();
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 100);
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_systemd_boot);
	ck_assert_ptr_nonnull(strstr(why, "LoaderEntrySelected"));
	/* Snapshots do not keep the entry's name: its initial RAM disk and arguments tell. */
	fixture_host->firmware.loader_entry = NULL;
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 100);
	ck_assert_ptr_nonnull(strstr(why, "_linux.conf has the initial RAM disk"));
	set_cmdline("root=PARTUUID=aa rw intel_iommu=off rootfstype=ext4");
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 80);
	set_cmdline("initrd=\\initramfs-linux.img root=PARTUUID=aa rw intel_iommu=off rootfstype=ext4");
	/* Nobody says what read the entries. */
	fixture_host->firmware.loader_info = NULL;
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 70);
	fixture_host->boot.boot_image = "/vmlinuz";
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 0);
	fixture_host->boot.boot_image = NULL;
	fixture_host->firmware.loader_info = "systemd-boot 255";
	/* A unified image of the same loader has its arguments inside. */
	fixture_host->firmware.stub_info = "systemd-stub 255";
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 0);
	fixture_host->firmware.stub_info = NULL;
	fixture_host->firmware.loader_info = "GRUB 2.12";
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 0);
	fixture_host->firmware.loader_info = "systemd-boot 255";
	fixture_write("/etc/kernel/proxmox-boot-uuids", "AAAA-BBBB\n");
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 0);
	ck_assert_ptr_nonnull(strstr(why, "proxmox-boot-uuids"));
	ck_assert_int_eq(fixture_run("mv '%s/etc/kernel' '%s/etc/kernelstub'; mv '%s/etc/kernelstub/proxmox-boot-uuids' "
				     "'%s/etc/kernelstub/configuration'",
				     fixture_dir, fixture_dir, fixture_dir, fixture_dir),
			 0);
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 0);
}
END_TEST

/* The partition is not mounted: nothing is guessed. */
START_TEST(no_entries)
{
	struct stage *stage;
	const char *why;

	fixture_host->firmware.loader_info = "systemd-boot 255";
	set_cmdline("root=/dev/sda2");
	ck_assert_int_eq(bootloader_systemd_boot.detect(fixture_host, &why), 40);
	ck_assert_int_lt(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "iommu=pt"));
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(by_hand)
{
	struct stage *stage;

	arch_host();
	ck_assert_msg(stage_kargs(ARGS("intel_iommu=on", "iommu=pt"), NULL, &stage) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 1);
	ck_assert_str_eq(fixture_change(stage, FOLDER "/2024-05-01_10-00-00_linux.conf")->after,
			 "# Created by: archinstall\ntitle   Arch Linux (linux)\nlinux   /vmlinuz-linux\n"
			 "initrd  /initramfs-linux.img\noptions root=PARTUUID=aa rw intel_iommu=on rootfstype=ext4 iommu=pt\n");
	ck_assert_str_eq(fixture_finding("systemd-boot-entry-spared")->subject,
			 FOLDER "/2024-05-01_10-00-00_linux-fallback.conf");
	/* As the plan has it, nothing is left to do. */
	ck_assert_int_eq(stage_kargs(ARGS("intel_iommu=on", "iommu=pt"), NULL, &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 1);
}
END_TEST

START_TEST(kernel_install)
{
	struct stage *stage;

	debian_host();
	ck_assert_msg(stage_kargs(ARGS("iommu=pt"), ARGS("quiet"), &stage) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 3);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after, "root=UUID=aa ro iommu=pt\n");
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, "/boot/efi/loader/entries/" TOKEN "-6.1.0-27-amd64.conf")->after,
				     "\noptions    root=UUID=aa ro systemd.machine_id=" TOKEN " iommu=pt\n"));
	ck_assert(fixture_has_change(stage, "/boot/efi/loader/entries/" TOKEN "-6.1.0-28-amd64.conf"));
}
END_TEST

START_TEST(kernel_install_files)
{
	const char *const *files;
	struct stage *stage;

	debian_host();
	fixture_write("/usr/lib/kernel/cmdline", "root=UUID=aa\nro nosmt\n");
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after, "root=UUID=aa ro nosmt iommu=pt\n");
	ck_assert(fixture_has_finding("kernel-cmdline-wins"));
	fixture_write("/etc/kernel/cmdline", "root=UUID=aa  ro\n");
	files = bootloader_systemd_boot.files(fixture_host);
	ck_assert_str_eq(files[0], "/usr/lib/kernel/cmdline");
	ck_assert_str_eq(files[1], "/etc/kernel/cmdline");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after, "root=UUID=aa  ro iommu=pt\n");
	ck_assert_ptr_nonnull(fixture_change(stage, "/etc/kernel/cmdline")->before);
}
END_TEST

/* Comments, a variable and the bash way of adding are kept. */
START_TEST(sdboot_manage)
{
	static const char entry[] = "title\tLinux 6.6\nlinux\t/vmlinuz-6.6-x86_64\ninitrd\t/initramfs-6.6-x86_64.img\n"
				    "options\troot=UUID=aa rw quiet splash\n";
	struct stage *stage;

	fixture_write("/boot/loader/loader.conf", "default manjarolinux6.6\ntimeout 3\n");
	fixture_write(FOLDER "/manjarolinux6.6.conf", entry);
	fixture_write(FOLDER "/manjarolinux6.6-fallback.conf", entry);
	fixture_write("/etc/sdboot-manage.conf", "# options\nLINUX_OPTIONS=\"quiet\" # calm\nLINUX_OPTIONS+=\" splash\"\n"
						 "#LINUX_FALLBACK_OPTIONS=\"\"\n");
	fixture_host->firmware.loader_info = "systemd-boot 255";
	fixture_host->firmware.loader_entry = "manjarolinux6.6.conf";
	set_cmdline("initrd=\\initramfs-6.6-x86_64.img root=UUID=aa rw quiet splash");
	ck_assert_msg(stage_kargs(ARGS("iommu=pt"), NULL, &stage) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 2);
	ck_assert_str_eq(fixture_change(stage, "/etc/sdboot-manage.conf")->after,
			 "# options\nLINUX_OPTIONS=\"quiet iommu=pt\" # calm\nLINUX_OPTIONS+=\" splash\"\n"
			 "#LINUX_FALLBACK_OPTIONS=\"\"\n");
	ck_assert(fixture_has_change(stage, FOLDER "/manjarolinux6.6.conf"));
	ck_assert(fixture_has_finding("systemd-boot-entry-spared"));
}
END_TEST

/* A value that only a run of the file gives: nothing is written, the reader gets the line. */
START_TEST(sdboot_manage_unknown)
{
	struct stage *stage;

	arch_host();
	fixture_write("/etc/sdboot-manage.conf", "LINUX_OPTIONS=\"$(cat /etc/kernel/args)\"\n");
	ck_assert_int_lt(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "LINUX_OPTIONS"));
}
END_TEST

START_TEST(sdbootutil)
{
	struct stage *stage;

	fixture_write("/boot/efi/loader/entries/opensuse-tumbleweed-6.12.1-1-default-1.conf",
		      "# Boot Loader Specification type#1 entry\ntitle      openSUSE Tumbleweed\n"
		      "version    1@6.12.1-1-default\nsort-key   opensuse-tumbleweed\noptions    root=UUID=aa quiet\n"
		      "linux      /opensuse-tumbleweed/6.12.1-1-default/linux-1234\n"
		      "initrd     /opensuse-tumbleweed/6.12.1-1-default/initrd-5678\n");
	fixture_write("/etc/kernel/cmdline", "root=UUID=aa quiet\n");
	fixture_write("/etc/crypttab", "cr_root UUID=bb none x-initrd.attach\n");
	fixture_host->firmware.loader_info = "systemd-boot 257.1+suse.4";
	set_cmdline("initrd=\\opensuse-tumbleweed\\6.12.1-1-default\\initrd-5678 root=UUID=aa quiet");
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 2);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after, "root=UUID=aa quiet iommu=pt\n");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	fixture_write("/etc/crypttab", "cr_root UUID=bb none x-initrd.attach,tpm2-device=auto\n");
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 3);
	ck_assert_str_eq(stage->changes[2]->argv[1], "update-predictions");
	ck_assert(fixture_has_finding("sdbootutil-predictions"));
}
END_TEST

static struct stage *way_back(void)
{
	struct stage *stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);

	ck_assert_int_eq(bootloader_systemd_boot.stage_way_back(fixture_host, fixture_plan, stage, &fixture_err), 0);
	return stage;
}

START_TEST(way_back_as_before)
{
	struct stage *stage;

	arch_host();
	/* After the arguments, as the planner does it: it has those from before. */
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	stage = way_back();
	ck_assert_str_eq(fixture_change(stage, FOLDER "/vfio-wizard-before.conf")->after,
			 "title Arch Linux (linux) (as before vfio-wizard)\n# Created by: archinstall\nlinux   /vmlinuz-linux\n"
			 "initrd  /initramfs-linux.img\noptions root=PARTUUID=aa rw intel_iommu=off rootfstype=ext4 "
			 "vfio-wizard=off module_blacklist=vfio_pci\n");
	/* Once. */
	ck_assert_uint_eq(stage->n_changes, 2);
	way_back();
	ck_assert_uint_eq(stage->n_changes, 2);
}
END_TEST

/* Patterns and orders in which our entry could be started without being chosen; ID: of the usual entry. */
static const struct {
	const char *loader_conf, *id, *sort_key, *loader;
	bool made;
} defaults[] = {
	{ "default arch.conf\n", "arch.conf", "", "systemd-boot 255", true },
	{ "default arch.conf\n", "arch.conf", "sort-key arch\n", "systemd-boot 255", true },
	{ "default arch*\n", "arch.conf", "", "systemd-boot 240", true },
	{ "default *\n", "arch.conf", "", "systemd-boot 255", false },
	{ "default VFIO*\n", "arch.conf", "", "systemd-boot 255", false },
	{ "default vfio-wizard-?????e\n", "arch.conf", "", "systemd-boot 240", false },
	{ "default *.conf\ndefault arch.conf\n", "arch.conf", "", "systemd-boot 255", true },
	/* Old names without ".conf" are found by nobody: then the first is started. */
	{ "default arch\n", "arch.conf", "", "systemd-boot 255", false },
	{ "", "arch.conf", "", "systemd-boot 255", false },
	{ "", "arch.conf", "sort-key arch\n", "systemd-boot 255", true },
	{ "", "arch.conf", "sort-key zzzz\n", "systemd-boot 255", false },
	{ "", "2024_linux.conf", "", "systemd-boot 255", true },
	{ "", "2024_linux.conf", "", "systemd-boot 248", false },
	{ "", "2024_linux+0-3.conf", "", "systemd-boot 255", false },
	{ "#default *\ndefault @saved\n", "arch.conf", "sort-key arch\n", "systemd-boot 255", true },
};

START_TEST(never_the_default)
{
	char path[128], text[256];
	struct stage *stage;

	fixture_write("/boot/loader/loader.conf", defaults[_i].loader_conf);
	snprintf(path, sizeof(path), FOLDER "/%s", defaults[_i].id);
	snprintf(text, sizeof(text), "title A\n%slinux /vmlinuz\ninitrd /initrd\noptions root=/dev/sda2\n",
		 defaults[_i].sort_key);
	fixture_write(path, text);
	fixture_host->firmware.loader_info = defaults[_i].loader;
	set_cmdline("initrd=\\initrd root=/dev/sda2");
	stage = way_back();
	ck_assert_uint_eq(stage->n_changes, defaults[_i].made);
	ck_assert_int_eq(fixture_has_finding("way-back-by-hand"), !defaults[_i].made);
	if (defaults[_i].made && *defaults[_i].sort_key)
		ck_assert_ptr_nonnull(strstr(stage->changes[0]->after, "\nsort-key zzz-vfio-wizard\n"));
	else if (defaults[_i].made)
		ck_assert_ptr_null(strstr(stage->changes[0]->after, "sort-key"));
}
END_TEST

START_TEST(trial)
{
	struct stage *stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	const struct change *run;
	const char *why_not = NULL;

	arch_host();
	ck_assert_int_eq(bootloader_systemd_boot.stage_trial(fixture_host, ARGS("intel_iommu=on"), NULL, fixture_plan, stage,
							     &why_not, &fixture_err),
			 0);
	ck_assert_ptr_nonnull(strstr(why_not, "bootctl"));
	ck_assert_uint_eq(stage->n_changes, 0);
	fixture_write("/usr/bin/bootctl", "");
	ck_assert_int_eq(bootloader_systemd_boot.stage_trial(fixture_host, ARGS("intel_iommu=on"), NULL, fixture_plan, stage,
							     &why_not, &fixture_err),
			 0);
	ck_assert_ptr_null(why_not);
	ck_assert_uint_eq(stage->n_changes, 2);
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, FOLDER "/vfio-wizard-trial.conf")->after,
				     " rw intel_iommu=on rootfstype=ext4\n"));
	run = stage->changes[1];
	ck_assert_str_eq(run->argv[1], "set-oneshot");
	ck_assert_str_eq(run->argv[2], "vfio-wizard-trial.conf");
	ck_assert_str_eq(run->undo_argv[2], "");
	/* Without variables of the firmware there is no start for once. */
	fixture_host->firmware.loader_info = NULL;
	ck_assert_int_eq(bootloader_systemd_boot.stage_trial(fixture_host, ARGS("intel_iommu=on"), NULL, fixture_plan, stage,
							     &why_not, &fixture_err),
			 0);
	ck_assert_ptr_nonnull(why_not);
}
END_TEST

/* What came up is made permanent; what did not is given up for something else: either way the entry goes. */
START_TEST(trial_ends)
{
	if (_i & 1)
		debian_host();
	else
		arch_host();
	fixture_write("/usr/bin/bootctl", "");
	trial_walk(&bootloader_systemd_boot, ARGS("iommu=pt"), _i & 2 ? ARGS("nosmt") : ARGS("iommu=pt"),
		   _i & 1 ? "/boot/efi/loader/entries/vfio-wizard-trial.conf" : FOLDER "/vfio-wizard-trial.conf");
}
END_TEST

START_TEST(rescue)
{
	arch_host();
	ck_assert_ptr_nonnull(strstr(bootloader_systemd_boot.rescue(fixture_host), "press e"));
	fixture_write("/boot/loader/loader.conf", "timeout 3\neditor no\n");
	ck_assert_ptr_null(strstr(bootloader_systemd_boot.rescue(fixture_host), "press e"));
}
END_TEST

/* bootctl takes the root of a file system only, so the entries go onto one. */
START_TEST(real_bootctl)
{
	struct stage *stage;
	const char *why_not;

	if (geteuid() != 0 || fixture_run("command -v bootctl >/dev/null && unshare -m true 2>/dev/null") != 0) {
		printf("# bootctl not run: needs root, mount namespaces and systemd-boot\n");
		return;
	}
	debian_host();
	fixture_write("/usr/bin/bootctl", "");
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	way_back();
	ck_assert_int_eq(bootloader_systemd_boot.stage_trial(fixture_host, ARGS("iommu=pt", "nosmt"), NULL, fixture_plan, stage,
							     &why_not, &fixture_err),
			 0);
	for (unsigned i = 0; i < stage->n_changes; i++)
		if (stage->changes[i]->kind != CHANGE_RUN)
			fixture_write(stage->changes[i]->path, stage->changes[i]->after);
	ck_assert_int_eq(fixture_run("mkdir -p '%s/esp' && SYSTEMD_RELAX_ESP_CHECKS=1 unshare -m sh -c 'mount -t tmpfs none "
				     "\"$1/esp\" && cp -r \"$1/boot/efi/.\" \"$1/esp\" && bootctl --esp-path=\"$1/esp\" "
				     "--no-pager list' sh '%s' >'%s/list'",
				     fixture_dir, fixture_dir, fixture_dir),
			 0);
	/* In this order in the menu, ours behind all others, and the newest kernel started by itself. */
	ck_assert_int_eq(fixture_run("test \"$(sed -n 's/^ *id: //p' '%s/list' | tr '\\n' ' ')\" = '" TOKEN "-6.1.0-28-amd64.conf "
				     TOKEN "-6.1.0-27-amd64.conf vfio-wizard-trial.conf vfio-wizard-before.conf '",
				     fixture_dir),
			 0);
	ck_assert_int_eq(fixture_run("grep -A1 '(default)' '%s/list' | grep -q 'id: " TOKEN "-6.1.0-28-amd64.conf'", fixture_dir),
			 0);
	ck_assert_int_eq(fixture_run("grep -q 'options:.* vfio-wizard=off module_blacklist=vfio_pci$' '%s/list'", fixture_dir), 0);
	ck_assert_int_eq(fixture_run("grep -q 'options:.* iommu=pt nosmt$' '%s/list'", fixture_dir), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-systemd-boot");
	TCase *t = tcase_create("systemd-boot");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_test(t, detect);
	tcase_add_test(t, no_entries);
	tcase_add_test(t, by_hand);
	tcase_add_test(t, kernel_install);
	tcase_add_test(t, kernel_install_files);
	tcase_add_test(t, sdboot_manage);
	tcase_add_test(t, sdboot_manage_unknown);
	tcase_add_test(t, sdbootutil);
	tcase_add_test(t, way_back_as_before);
	tcase_add_loop_test(t, never_the_default, 0, ARRAY_SIZE(defaults));
	tcase_add_test(t, trial);
	tcase_add_loop_test(t, trial_ends, 0, 4);
	tcase_add_test(t, rescue);
	tcase_add_test(t, real_bootctl);
	suite_add_tcase(s, t);
	return unit_run(s);
}
