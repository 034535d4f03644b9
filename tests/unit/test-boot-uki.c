/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "boot/bootloader.h"
#include "boot/uki.h"

#define IMAGE "/efi/EFI/Linux/arch-linux.efi"
#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Headers and one section, .cmdline at 256. */
static void write_image(const char *path, const char *cmdline)
{
	uint8_t image[1024] = "MZ";
	size_t len = strlen(cmdline);
	char full[512];
	FILE *f;

	image[60] = 64;
	memcpy(image + 64, "PE\0\0\0\0\1", 7);
	memcpy(image + 88, ".cmdline", 8);
	image[96] = (uint8_t)len;
	image[97] = (uint8_t)(len >> 8);
	image[105] = 2; /* 512 in the file */
	image[109] = 1; /* at 256 */
	memcpy(image + 256, cmdline, len);
	snprintf(full, sizeof(full), "%s%s", fixture_dir, path);
	ck_assert_int_eq(fixture_run("mkdir -p \"$(dirname '%s')\"", full), 0);
	f = fopen(full, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(image, 1, sizeof(image), f), sizeof(image));
	ck_assert_int_eq(fclose(f), 0);
}

static void arch_host(void)
{
	fixture_write("/etc/mkinitcpio.d/linux.preset",
		      "# mkinitcpio preset\nALL_kver=\"/boot/vmlinuz-linux\"\n\nPRESETS=('default' 'fallback')\n\n"
		      "#default_image=\"/boot/initramfs-linux.img\"\ndefault_uki=\"" IMAGE "\"\n"
		      "fallback_image=\"/boot/initramfs-linux-fallback.img\"\nfallback_options=\"-S autodetect\"\n");
	write_image(IMAGE, "root=PARTUUID=aa rw intel_iommu=off\n");
	fixture_host->firmware.stub_info = "systemd-stub 257.2-1-arch";
	fixture_host->firmware.loader_info = "systemd-boot 257.2-1-arch";
	fixture_host->firmware.stub_image = "\\EFI\\Linux\\arch-linux.efi";
	fixture_host->kernel.cmdline = "root=PARTUUID=aa rw intel_iommu=off";
}

static int stage_kargs(const char *const *set, const char *const *remove, struct stage **ret)
{
	*ret = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_uki.stage_kargs(fixture_host, set, remove, fixture_plan, *ret, &fixture_err);
}

START_TEST(detect)
{
	const char *why;

	arch_host();
	ck_assert_int_eq(bootloader_uki.detect(fixture_host, &why), 100);
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_uki);
	ck_assert_ptr_nonnull(strstr(why, IMAGE));
	ck_assert_ptr_nonnull(strstr(why, "linux.preset"));
	/* The firmware started it. */
	fixture_host->firmware.loader_info = NULL;
	ck_assert_int_eq(bootloader_uki.detect(fixture_host, &why), 100);
	/* A kernel and its RAM disk by themselves: not here. */
	fixture_host->firmware.stub_info = NULL;
	ck_assert_int_eq(bootloader_uki.detect(fixture_host, &why), 0);
}
END_TEST

/* What counts is what is inside, and what addons put behind it. */
START_TEST(configured)
{
	struct kargs k;

	arch_host();
	fixture_write("/etc/kernel/cmdline", "root=PARTUUID=aa rw not_built_yet\n");
	ck_assert_int_eq(bootloader_uki.configured(fixture_host, &k, &fixture_err), 0);
	ck_assert(kargs_has(&k, "intel_iommu=off"));
	ck_assert(!kargs_has(&k, "not_built_yet"));
	kargs_done(&k);
	write_image("/efi/loader/addons/debug.addon.efi", "intel_iommu=igfx_off debug");
	ck_assert_int_eq(bootloader_uki.configured(fixture_host, &k, &fixture_err), 0);
	ck_assert(kargs_has(&k, "intel_iommu=igfx_off"));
	ck_assert(kargs_has(&k, "debug"));
	kargs_done(&k);
}
END_TEST

START_TEST(mkinitcpio)
{
	const struct change *run;
	struct stage *stage;

	arch_host();
	fixture_write("/etc/kernel/cmdline", "# mine\nroot=PARTUUID=aa  rw intel_iommu=off\n");
	ck_assert_msg(stage_kargs(ARGS("intel_iommu=on", "iommu=pt"), NULL, &stage) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 2);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after,
			 "# mine\nroot=PARTUUID=aa  rw intel_iommu=on iommu=pt\n");
	run = stage->changes[1];
	ck_assert_str_eq(run->argv[0], "mkinitcpio");
	ck_assert_str_eq(run->argv[1], "-P");
	ck_assert_str_eq(run->outputs[0], IMAGE);
	ck_assert_str_eq(run->outputs[1], "/boot/initramfs-linux-fallback.img");
	ck_assert_str_eq(run->readback_path, IMAGE);
	ck_assert_str_eq(run->readback_needles[0], " intel_iommu=on");
	ck_assert(!run->undo_again);
	ck_assert(fixture_has_finding("uki-no-way-back"));
}
END_TEST

/* Files in a row: an argument is changed where it stands, a later one wins, comments stay. */
START_TEST(drop_ins)
{
	struct stage *stage;

	arch_host();
	fixture_write("/etc/cmdline.d/10-root.conf", "root=PARTUUID=aa rw\n");
	fixture_write("/etc/cmdline.d/9-iommu.conf", "# first by version\nintel_iommu=on\n");
	fixture_write("/etc/cmdline.d/20-off.conf", "quiet\nintel_iommu=off nosmt");
	fixture_write("/etc/cmdline.d/notes", "intel_iommu=off\n");
	ck_assert_int_eq(stage_kargs(ARGS("intel_iommu=on", "iommu=pt"), ARGS("nosmt"), &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 3);
	ck_assert_str_eq(fixture_change(stage, "/etc/cmdline.d/9-iommu.conf")->after,
			 "# first by version\nintel_iommu=on iommu=pt\n");
	ck_assert_str_eq(fixture_change(stage, "/etc/cmdline.d/20-off.conf")->after, "quiet\nintel_iommu=on");
	ck_assert_str_eq(uki_sources(fixture_host, &(struct uki){ .maker = UKI_MKINITCPIO })[1],
			 "/etc/cmdline.d/10-root.conf");
}
END_TEST

/* Without any file the next image would get the running line: what is inside now is kept. */
START_TEST(created)
{
	struct stage *stage;

	arch_host();
	ck_assert_int_eq(stage_kargs(ARGS("intel_iommu=on"), NULL, &stage), 0);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after, "root=PARTUUID=aa rw intel_iommu=on\n");
	fixture_write("/etc/kernel/cmdline", "# nothing yet");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_int_eq(stage_kargs(ARGS("intel_iommu=on"), NULL, &stage), 0);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after,
			 "# nothing yet\nroot=PARTUUID=aa rw intel_iommu=on\n");
	ck_assert_int_eq(fixture_run("rm '%s/etc/kernel/cmdline'", fixture_dir), 0);
	fixture_write("/usr/lib/kernel/cmdline", "root=PARTUUID=aa ro\n");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_int_eq(stage_kargs(ARGS("intel_iommu=on"), NULL, &stage), 0);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after, "root=PARTUUID=aa ro intel_iommu=on\n");
}
END_TEST

START_TEST(large_images_are_made_again)
{
	struct stage *stage;

	arch_host();
	ck_assert_int_eq(fixture_run("truncate -s 80M '%s" IMAGE "'", fixture_dir), 0);
	ck_assert_int_eq(stage_kargs(ARGS("intel_iommu=on"), NULL, &stage), 0);
	ck_assert_ptr_null(stage->changes[1]->outputs);
	ck_assert_ptr_null(stage->changes[1]->readback_path);
	ck_assert(stage->changes[1]->undo_again);
	ck_assert(fixture_has_finding("uki-not-kept"));
}
END_TEST

START_TEST(kernel_install)
{
	struct stage *stage;

	arch_host();
	ck_assert_int_eq(fixture_run("rm -r '%s/etc/mkinitcpio.d' '%s" IMAGE "'", fixture_dir, fixture_dir), 0);
	fixture_write("/etc/kernel/install.conf", "# how\nlayout=uki\nuki_generator=ukify\n");
	fixture_write("/usr/lib/modules/6.1.0-27-amd64/modules.dep", "");
	fixture_write("/usr/lib/modules/6.1.0-28-amd64/modules.dep", "");
	fixture_write("/usr/lib/modules/6.1.0-28-amd64/vmlinuz", "");
	write_image("/efi/EFI/Linux/debian-6.1.0-27-amd64.efi", " root=UUID=aa ro");
	write_image("/efi/EFI/Linux/debian-6.1.0-28-amd64.efi", " root=UUID=aa ro");
	write_image("/efi/EFI/Linux/other.efi", " root=UUID=bb ro");
	fixture_host->firmware.stub_image = "\\EFI\\Linux\\debian-6.1.0-28-amd64.efi";
	ck_assert_msg(stage_kargs(ARGS("iommu=pt"), NULL, &stage) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 3);
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after, "root=UUID=aa ro iommu=pt\n");
	ck_assert_str_eq(stage->changes[1]->argv[2], "6.1.0-27-amd64");
	ck_assert_str_eq(stage->changes[1]->argv[3], "/boot/vmlinuz-6.1.0-27-amd64");
	ck_assert_str_eq(stage->changes[2]->argv[3], "/usr/lib/modules/6.1.0-28-amd64/vmlinuz");
	ck_assert_str_eq(stage->changes[2]->outputs[0], "/efi/EFI/Linux/debian-6.1.0-28-amd64.efi");
	ck_assert_ptr_null(stage->changes[2]->outputs[1]);
}
END_TEST

static void dracut_host(void)
{
	arch_host();
	ck_assert_int_eq(fixture_run("rm -r '%s/etc/mkinitcpio.d' '%s" IMAGE "'", fixture_dir, fixture_dir), 0);
	fixture_write("/usr/lib/modules/6.12.1/modules.dep", "");
	write_image("/efi/EFI/Linux/linux-6.12.1-0123.efi", "root=UUID=aa rw quiet");
	fixture_host->firmware.stub_image = "\\EFI\\Linux\\linux-6.12.1-0123.efi";
	fixture_write("/etc/dracut.conf.d/uefi.conf", "uefi=\"yes\"\n");
}

START_TEST(dracut)
{
	struct stage *stage;

	dracut_host();
	fixture_write("/etc/dracut.conf.d/cmdline.conf", "kernel_cmdline=\"root=UUID=aa rw\"\nkernel_cmdline+=\" quiet \"\n");
	ck_assert_msg(stage_kargs(ARGS("iommu=pt"), ARGS("quiet"), &stage) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 2);
	ck_assert_ptr_nonnull(
		strstr(fixture_change(stage, "/etc/dracut.conf.d/cmdline.conf")->after, "root=UUID=aa rw iommu=pt"));
	ck_assert_ptr_null(strstr(fixture_change(stage, "/etc/dracut.conf.d/cmdline.conf")->after, "quiet"));
	ck_assert_str_eq(stage->changes[1]->argv[3], "/efi/EFI/Linux/linux-6.12.1-0123.efi");
	ck_assert_str_eq(stage->changes[1]->argv[4], "6.12.1");
}
END_TEST

/* One that finds the root by itself stops doing so once the variable is set: it gets the whole line. */
START_TEST(dracut_without_cmdline)
{
	struct stage *stage;

	dracut_host();
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_str_eq(fixture_change(stage, "/etc/dracut.conf.d/zz-vfio-wizard-cmdline.conf")->after,
			 "kernel_cmdline=\"root=UUID=aa rw quiet iommu=pt\"\n");
}
END_TEST

START_TEST(secure_boot)
{
	struct stage *stage;

	arch_host();
	fixture_host->firmware.secure_boot = 1;
	ck_assert_int_lt(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "Secure Boot"));
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "sbctl sign -s " IMAGE));
	ck_assert_uint_eq(stage->n_changes, 0);
	/* A key that is named and not there is none. */
	fixture_write("/usr/bin/ukify", "");
	fixture_write("/etc/kernel/uki.conf", "[UKI]\nSecureBootPrivateKey=/etc/kernel/key.pem\n");
	ck_assert_int_lt(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	fixture_write("/etc/kernel/key.pem", "");
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_finding("uki-signed")->text, "ukify"));
	ck_assert_uint_eq(stage->n_changes, 2);
	ck_assert_ptr_null(strstr(bootloader_uki.rescue(fixture_host), "Press e"));
}
END_TEST

START_TEST(sbctl)
{
	struct stage *stage;

	arch_host();
	fixture_host->firmware.secure_boot = 1;
	fixture_write("/usr/bin/sbctl", "");
	fixture_write("/var/lib/sbctl/files.json", "{\"/efi/other.efi\": {}}");
	ck_assert_int_lt(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	fixture_write("/var/lib/sbctl/files.json", "{\"" IMAGE "\": {\"file\": \"" IMAGE "\"}}");
	ck_assert_int_eq(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 3);
	ck_assert_str_eq(stage->changes[2]->argv[1], "sign-all");
}
END_TEST

START_TEST(refused)
{
	struct stage *stage;

	arch_host();
	fixture_write("/etc/mkinitcpio.d/linux.preset", "PRESETS=('default')\ndefault_uki=\"" IMAGE "\"\n"
							"default_options=\"--cmdline /etc/mine\"\n");
	ck_assert_int_lt(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "--cmdline /etc/mine"));
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "iommu=pt"));
	fixture_write("/etc/mkinitcpio.d/linux.preset", "PRESETS=('default')\ndefault_uki=\"/efi/EFI/Linux/else.efi\"\n");
	ck_assert_int_lt(stage_kargs(ARGS("iommu=pt"), NULL, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "not clear which tool"));
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(addon_wins)
{
	const char *const *files;
	struct stage *stage;

	arch_host();
	write_image(IMAGE ".extra.d/old.addon.efi", "intel_iommu=off");
	files = bootloader_uki.files(fixture_host);
	ck_assert_str_eq(files[0], IMAGE);
	ck_assert_str_eq(files[1], IMAGE ".extra.d/old.addon.efi");
	ck_assert_int_eq(stage_kargs(ARGS("intel_iommu=on"), NULL, &stage), 0);
	ck_assert_str_eq(fixture_finding("uki-addon-wins")->subject, IMAGE ".extra.d/old.addon.efi");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-uki");
	TCase *t = tcase_create("uki");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_test(t, detect);
	tcase_add_test(t, configured);
	tcase_add_test(t, mkinitcpio);
	tcase_add_test(t, drop_ins);
	tcase_add_test(t, created);
	tcase_add_test(t, large_images_are_made_again);
	tcase_add_test(t, kernel_install);
	tcase_add_test(t, dracut);
	tcase_add_test(t, dracut_without_cmdline);
	tcase_add_test(t, secure_boot);
	tcase_add_test(t, sbctl);
	tcase_add_test(t, refused);
	tcase_add_test(t, addon_wins);
	suite_add_tcase(s, t);
	return unit_run(s);
}
