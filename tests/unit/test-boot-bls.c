/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"
#include "boot-trial-walk.h"

#include "boot/bootloader.h"
#include "boot/grub-env.h"
#include "boot/grub-load.h"

#define ENTRIES "/boot/loader/entries"
#define ID "c0ffee00c0ffee00c0ffee00c0ffee00"
#define NEW ENTRIES "/" ID "-6.11.4-301.fc41.x86_64.conf"
#define OLD ENTRIES "/" ID "-6.10.1-200.fc41.x86_64.conf"
#define RESCUE ENTRIES "/" ID "-0-rescue.conf"
#define OTHER ENTRIES "/0123000001230000012300000123000a-5.14.0-1.el9.x86_64.conf"
#define HEAD "# GRUB Environment Block\n"
#define LINE "root=UUID=1 ro  rootflags=subvol=root rhgb quiet"
#define OF_KERNEL(release, options)                                                                         \
	"title Fedora Linux (" release ")\nversion " release "\nlinux /vmlinuz-" release "\n"                \
	"initrd /initramfs-" release ".img $tuned_initrd\noptions " options "\ngrub_users $grub_users\n"

static struct stage *stage;

static void write_env(const char *lines)
{
	char block[1025];

	memset(block, '#', 1024);
	block[1024] = '\0';
	memcpy(block, HEAD, strlen(HEAD));
	memcpy(block + strlen(HEAD), lines, strlen(lines));
	fixture_write("/boot/grub2/grubenv", block);
}

static void set_cmdline(const char *line)
{
	struct kargs k;

	fixture_host->kernel.cmdline = line;
	fixture_host->kernel.args = NULL;
	kargs_parse(line, &k);
	for (char **a = k.args; a && *a; a++)
		arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, arena_strdup(fixture_host->arena, *a));
	kargs_done(&k);
}

/* Fedora 41 with two kernels, the rescue entry and another system on the same /boot. */
static void write_fedora(void)
{
	fixture_write("/boot/grub2/grub.cfg", "insmod blscfg\nblscfg\n");
	fixture_write("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"rhgb quiet\"\nGRUB_ENABLE_BLSCFG=true\n");
	fixture_write("/etc/kernel/cmdline", LINE "\n");
	fixture_write(NEW, OF_KERNEL("6.11.4-301.fc41.x86_64", LINE " $tuned_params"));
	fixture_write(OLD, OF_KERNEL("6.10.1-200.fc41.x86_64", LINE " intel_iommu=off"));
	fixture_write(RESCUE, OF_KERNEL("0-rescue-" ID, LINE));
	fixture_write(OTHER, OF_KERNEL("5.14.0-1.el9.x86_64", "root=UUID=2 ro"));
	write_env("saved_entry=" ID "-6.11.4-301.fc41.x86_64\nboot_success=1\n");
	fixture_write("/proc/mounts", "/dev/vda3 / btrfs rw 0 0\n/dev/vda2 /boot ext4 rw,relatime 0 0\n");
	fixture_host->firmware.loader_info = "GRUB 2.12";
	fixture_host->boot.boot_image = "(hd0,gpt2)/vmlinuz-6.11.4-301.fc41.x86_64";
	fixture_host->identity.kernel = "6.11.4-301.fc41.x86_64";
	set_cmdline("BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.11.4-301.fc41.x86_64 " LINE);
}

static int stage_kargs(const char *set, const char *remove)
{
	const char *const sets[] = { set, NULL };
	const char *const removes[] = { remove, NULL };

	stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_bls.stage_kargs(fixture_host, sets, removes, fixture_plan, stage, &fixture_err);
}

START_TEST(fedora)
{
	const char *why;

	write_fedora();
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_bls);
	ck_assert_msg(stage_kargs("intel_iommu=on", NULL) == 0, "%s", fixture_err.msg);
	ck_assert_str_eq(fixture_change(stage, NEW)->after,
			 OF_KERNEL("6.11.4-301.fc41.x86_64", LINE " $tuned_params intel_iommu=on"));
	ck_assert_str_eq(fixture_change(stage, OLD)->after,
			 OF_KERNEL("6.10.1-200.fc41.x86_64", LINE " intel_iommu=on"));
	ck_assert_str_eq(fixture_change(stage, "/etc/kernel/cmdline")->after, LINE " intel_iommu=on\n");
	ck_assert_str_eq(fixture_change(stage, "/etc/default/grub")->after,
			 "GRUB_CMDLINE_LINUX=\"rhgb quiet intel_iommu=on\"\nGRUB_ENABLE_BLSCFG=true\n");
	ck_assert_uint_eq(stage->n_changes, 4);
	ck_assert(fixture_has_finding("bls-rescue-unchanged"));
	ck_assert(!fixture_has_finding("bls-default-not-changed"));
	/* Once more on top of it: nothing is left to do. */
	ck_assert_int_eq(stage_kargs("intel_iommu=on", NULL), 0);
	ck_assert_uint_eq(stage->n_changes, 4);
}
END_TEST

START_TEST(configured)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *line = NULL;

	write_fedora();
	write_env("saved_entry=" ID "-6.10.1-200.fc41.x86_64\n");
	ck_assert_int_eq(bootloader_bls.configured(fixture_host, &k, &fixture_err), 0);
	line = kargs_format(&k);
	ck_assert_str_eq(line, "root=UUID=1 ro rootflags=subvol=root rhgb quiet intel_iommu=off");
	kargs_done(&k);
	/* The rescue entry is the default: said, and not changed. */
	write_env("saved_entry=" ID "-0-rescue\n");
	ck_assert_int_eq(stage_kargs("iommu=pt", NULL), 0);
	ck_assert(fixture_has_finding("bls-default-not-changed"));
	ck_assert(!fixture_has_change(stage, RESCUE));
	ck_assert(!fixture_has_change(stage, OTHER));
}
END_TEST

START_TEST(kernelopts)
{
	const struct change *c;
	char want[256] = "";

	write_fedora();
	fixture_run("rm %s%s %s%s", fixture_dir, "/etc/kernel/cmdline", fixture_dir, OLD);
	fixture_write(NEW, OF_KERNEL("6.11.4-301.fc41.x86_64", "$kernelopts $tuned_params"));
	write_env("saved_entry=x\nkernelopts=root=UUID=1 ro iommu=off quiet\nboot_success=0\n");
	ck_assert_msg(stage_kargs("intel_iommu=on", "iommu=off") == 0, "%s", fixture_err.msg);
	c = fixture_change(stage, "/boot/grub2/grubenv");
	ck_assert_uint_eq(c->after_len, 1024);
	strcpy(want, HEAD "saved_entry=x\nkernelopts=root=UUID=1 ro quiet intel_iommu=on\nboot_success=0\n###");
	ck_assert_mem_eq(c->after, want, strlen(want));
	ck_assert_int_eq(c->after[1023], '#');
	ck_assert(!fixture_has_change(stage, NEW));
	ck_assert(fixture_has_finding("bls-no-kernel-cmdline"));
}
END_TEST

START_TEST(refused)
{
	char big[1000];

	write_fedora();
	fixture_write(OLD, OF_KERNEL("6.10.1-200.fc41.x86_64", LINE "\noptions quiet"));
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "more than one options line"));
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "grubby --update-kernel=ALL --args=\"iommu=pt\""));
	fixture_write(OLD, OF_KERNEL("6.10.1-200.fc41.x86_64", "$kernelopts"));
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "kernelopts"));
	/* No room in the block. */
	memset(big, 'x', sizeof(big));
	strcpy(big + 990, "\n");
	memcpy(big, "kernelopts=", strlen("kernelopts="));
	write_env(big);
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "no room"));
	/* What tuned adds cannot be taken out here. */
	fixture_run("rm %s%s", fixture_dir, OLD);
	write_env("tuned_params=iommu=off\n");
	ck_assert_int_lt(stage_kargs("intel_iommu=on", "iommu=off"), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "tuned"));
	fixture_write("/boot/grub2/grubenv", "saved_entry=1\n");
	ck_assert_int_lt(stage_kargs("iommu=pt", NULL), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_INPUT);
}
END_TEST

START_TEST(detected)
{
	const char *why;

	write_fedora();
	fixture_write("/boot/grub2/grub.cfg", "menuentry x {\n\tlinux /vmlinuz insmod blscfg\n}\n");
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_grub);
	fixture_run("rm %s/boot/grub2/grub.cfg", fixture_dir);
	ck_assert(grub_load_is_bls(fixture_host));
	fixture_host->firmware.loader_info = "systemd-boot 257";
	ck_assert_int_eq(bootloader_bls.detect(fixture_host, &why), 0);
	fixture_host->firmware.loader_info = NULL;
	fixture_write("/run/ostree-booted", "");
	ck_assert_int_eq(bootloader_bls.detect(fixture_host, &why), 0);
}
END_TEST

START_TEST(way_back)
{
	const struct change *c;

	write_fedora();
	stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	ck_assert_int_eq(stage_kargs("intel_iommu=on", NULL), 0);
	ck_assert_msg(bootloader_bls.stage_way_back(fixture_host, fixture_plan, stage, &fixture_err) == 0, "%s",
		      fixture_err.msg);
	/* As it is now, not as it will be. */
	c = fixture_change(stage, ENTRIES "/~vfio-wizard-before.conf");
	ck_assert_str_eq(c->after,
			 "title As before vfio-wizard\nversion 6.11.4-301.fc41.x86_64\n"
			 "linux /vmlinuz-6.11.4-301.fc41.x86_64\n"
			 "initrd /initramfs-6.11.4-301.fc41.x86_64.img $tuned_initrd\n"
			 "options " LINE " vfio-wizard=off module_blacklist=vfio_pci\ngrub_users $grub_users\ngrub_arg --unrestricted\n");
}
END_TEST

START_TEST(trial)
{
	static const char *const set[] = { "intel_iommu=on", NULL };
	static const struct {
		const char *mounts, *why;
	} rows[] = {
		{ "/dev/vda3 / btrfs rw 0 0\n/dev/vda2 /boot ext4 rw 0 0\n", NULL },
		{ "/dev/vda3 / btrfs rw 0 0\n/dev/vda2 /boot xfs ro,relatime 0 0\n", "read-only" },
		{ "/dev/vda3 / btrfs rw 0 0\n", "btrfs" },
		{ "/dev/mapper/rhel-root / xfs rw 0 0\n", "LVM" },
		{ "/dev/vda2 /boot ext4 rw 0 0\n/dev/md127 /boot ext4 rw 0 0\n", "RAID" },
		{ "", "not known" },
	};
	const char *why_not;

	write_fedora();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fixture_write("/proc/mounts", rows[i].mounts);
		stage = plan_stage(fixture_plan, i ? "none" : "trial", "Trial", STAGE_END_REBOOT);
		ck_assert_int_eq(bootloader_bls.stage_trial(fixture_host, set, NULL, fixture_plan, stage, &why_not,
							    &fixture_err), 0);
		ck_assert_uint_eq(stage->n_changes, i ? 0 : 2);
		ck_assert_msg(rows[i].why ? why_not && strstr(why_not, rows[i].why) : !why_not, "%zu: %s", i, why_not);
	}
	stage = plan_stage(fixture_plan, "trial", "Trial", STAGE_END_REBOOT);
	ck_assert_ptr_nonnull(strstr(stage->changes[0]->after, "options " LINE " intel_iommu=on\n"));
	ck_assert_str_eq(stage->changes[1]->argv[1], "~vfio-wizard-trial");
	ck_assert_str_eq(stage->changes[1]->readback_path, "/boot/grub2/grubenv");
}
END_TEST

START_TEST(trial_ends)
{
	static const char *const tried[] = { "iommu=pt", NULL }, *const other[] = { "nosmt", NULL };

	write_fedora();
	trial_walk(&bootloader_bls, tried, _i ? other : tried, ENTRIES "/~vfio-wizard-trial.conf");
}
END_TEST

START_TEST(environment)
{
	struct grub_env env;
	const char *text;

	write_env("a=1\nlong=x\\\\y\\\nz\nb=2\n");
	ck_assert_int_eq(grub_env_read(fixture_host, NULL, fixture_host->arena, &env, &fixture_err), 0);
	ck_assert_str_eq(grub_env_value(fixture_host->arena, &env, "long"), "x\\y\nz");
	ck_assert_str_eq(grub_env_value(fixture_host->arena, &env, "b"), "2");
	ck_assert_ptr_null(grub_env_value(fixture_host->arena, &env, "z"));
	text = grub_env_set(fixture_host->arena, &env, "a", "");
	ck_assert(str_starts_with(text, HEAD "a=\nlong=x\\\\y\\\nz\nb=2\n##"));
	text = grub_env_set(fixture_host->arena, &env, "c", "p\\q");
	ck_assert_ptr_nonnull(strstr(text, "b=2\nc=p\\\\q\n##"));
	ck_assert_uint_eq(strlen(text), 1024);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-bls");
	TCase *t = tcase_create("bls");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_test(t, fedora);
	tcase_add_test(t, configured);
	tcase_add_test(t, kernelopts);
	tcase_add_test(t, refused);
	tcase_add_test(t, detected);
	tcase_add_test(t, way_back);
	tcase_add_test(t, trial);
	tcase_add_loop_test(t, trial_ends, 0, 2);
	tcase_add_test(t, environment);
	suite_add_tcase(s, t);
	return unit_run(s);
}
