/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --bind id: which ids, where they are written, and what is refused. */
#include "boot-fixture.h"

#include "base/strv.h"
#include "boot/bind.h"

#define ID_FILE "/etc/modprobe.d/zz-vfio-wizard.conf"
#define IT_HOOK "/etc/initramfs-tools/hooks/vfio-wizard"

static const char *const gpu_modules[] = { "nouveau", "nvidiafb", "vfio-pci", NULL };
static const char *const audio_modules[] = { "snd_hda_intel", NULL };
static struct pci_device gpu, audio, twin;
static struct pci_device *all[] = { &gpu, &audio, &twin };
static const struct pci_device *const chosen[] = { &gpu, &audio };
static struct bind_tools tools;

static void setup(void)
{
	static const char *const kernels[] = { "6.1.0-28-amd64", NULL };

	fixture_setup();
	gpu = (struct pci_device){ .addr = { 0, 1, 0, 0 }, .address = "0000:01:00.0", .vendor = 0x10de,
				   .device = 0x2504, .subsystem_vendor = 0x1043, .subsystem_device = 0x881d,
				   .class_code = 0x030000, .modules = gpu_modules };
	audio = (struct pci_device){ .addr = { 0, 1, 0, 1 }, .address = "0000:01:00.1", .vendor = 0x10de,
				     .device = 0x228e, .class_code = 0x040300, .modules = audio_modules };
	/* The same chip on another maker's card. */
	twin = gpu;
	twin.addr.bus = 2;
	strcpy(twin.address, "0000:02:00.0");
	twin.subsystem_vendor = 0x1458;
	tools = (struct bind_tools){ .initramfs = &initramfs_initramfs_tools };
	fixture_write("/usr/sbin/update-initramfs", "mkinitramfs\n");
	fixture_write("/etc/initramfs-tools/modules", "");
	fixture_write("/lib/modules/6.1.0-28-amd64/modules.builtin", "kernel/drivers/video/fbdev/efifb.ko\n");
	fixture_host->boot.kernels = kernels;
	fixture_host->identity.kernel = kernels[0];
	fixture_host->vfio.vfio_pci = MODULE_AVAILABLE;
	fixture_host->devices = all;
	fixture_host->n_devices = ARRAY_SIZE(all);
}

static int stage_of(struct stage **ret)
{
	int r;

	memset(&fixture_err, 0, sizeof(fixture_err));
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	r = bind_id.stage(fixture_host, chosen, 2, &tools, fixture_plan, &fixture_err);
	*ret = fixture_plan->n_stages ? fixture_plan->stages[0] : NULL;
	return r;
}

static struct stage *staged(void)
{
	struct stage *stage;

	ck_assert_msg(stage_of(&stage) == 0, "%s", fixture_err.msg);
	return stage;
}

static void refused(const char *word)
{
	struct stage *stage;

	ck_assert_int_lt(stage_of(&stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(fixture_err.msg, word), "%s", fixture_err.msg);
}

START_TEST(test_file)
{
	struct stage *stage = staged();

	ck_assert_str_eq(fixture_change(stage, ID_FILE)->after,
			 "# Written by vfio-wizard; taken back by: vfio-wizard undo\n"
			 "options vfio-pci ids=10de:2504:1043:881d,10de:228e\n"
			 "# These modules would take the devices: vfio-pci has to be loaded before them.\n"
			 "softdep nouveau pre: vfio-pci\n"
			 "softdep nvidiafb pre: vfio-pci\n"
			 "softdep snd_hda_intel pre: vfio-pci\n");
	ck_assert(fixture_has_change(stage, IT_HOOK));
	ck_assert_str_eq(stage->changes[stage->n_changes - 1]->argv[0], "update-initramfs");
	ck_assert_uint_eq(stage->n_promises, 2);
	ck_assert_str_eq(stage->promises[1]->id, "driver:0000:01:00.1");
	/* modprobe takes it for what it is meant to be. */
	fixture_write(ID_FILE, fixture_change(stage, ID_FILE)->after);
	fixture_write(IT_HOOK, fixture_change(stage, IT_HOOK)->after);
	ck_assert_uint_eq(staged()->n_changes, 0);
}
END_TEST

START_TEST(test_same_id)
{
	/* Cards of two makers are told apart; once they are the same, only the address does. */
	twin.subsystem_vendor = gpu.subsystem_vendor;
	refused("0000:02:00.0 has the same id as 0000:01:00.0 (10de:2504:1043:881d)");
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "--bind address"));
	/* Without ids of its maker nothing tells them apart. */
	twin.subsystem_vendor = 0x1458;
	gpu.subsystem_vendor = gpu.subsystem_device = 0;
	refused("0000:02:00.0 has the same id as 0000:01:00.0 (10de:2504)");
	/* Another device of the same vendor is none of them. */
	twin.device = 0x2505;
	ck_assert_ptr_nonnull(strstr(fixture_change(staged(), ID_FILE)->after, "ids=10de:2504,10de:228e\n"));
}
END_TEST

START_TEST(test_own_lines)
{
	static const char *const lines[] = { "/etc/modprobe.d/vfio.conf:3: options vfio-pci ids=1002:73df,10de:228e disable_vga=1",
					     "/etc/modprobe.d/gpu.conf:1: blacklist nouveau",
					     "/etc/modprobe.d/x.conf:2: options vfio_pci disable_idle_d3=1",
					     "/etc/modprobe.d/zz-vfio-wizard.conf:2: options vfio-pci ids=8086:1539", NULL };
	const struct finding *f;

	fixture_host->vfio.modprobe_lines = lines;
	ck_assert_ptr_nonnull(strstr(fixture_change(staged(), ID_FILE)->after,
				     "options vfio-pci ids=1002:73df,10de:228e,8086:1539,10de:2504:1043:881d\n"));
	f = fixture_finding("vfio-ids-elsewhere");
	ck_assert_ptr_nonnull(f->id);
	ck_assert_str_eq(f->evidence[0], lines[0]);
	ck_assert_ptr_null(f->evidence[1]);
}
END_TEST

START_TEST(test_kept_softdeps)
{
	fixture_write(ID_FILE, "options vfio-pci ids=8086:1539\nsoftdep igb pre: vfio-pci\nsoftdep nouveau pre: vfio-pci\n");
	ck_assert_ptr_nonnull(strstr(fixture_change(staged(), ID_FILE)->after,
				     "softdep snd_hda_intel pre: vfio-pci\nsoftdep igb pre: vfio-pci\n"));
}
END_TEST

START_TEST(test_driver_built_in)
{
	fixture_write("/lib/modules/6.1.0-28-amd64/modules.builtin", "kernel/sound/pci/hda/snd-hda-intel.ko\n");
	refused("The driver snd_hda_intel, which takes 0000:01:00.1, is built into the kernel");
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "--bind address"));
}
END_TEST

static void with_grub(const char *line)
{
	char text[512];

	snprintf(text, sizeof(text), "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=\"%s\"\nGRUB_CMDLINE_LINUX=\"\"\n", line);
	fixture_write("/etc/default/grub", text);
	fixture_write("/usr/sbin/update-grub", "");
	fixture_write("/boot/grub/grub.cfg", "");
	tools.loader = &bootloader_grub;
}

static unsigned promised(const struct stage *stage, const char *id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < stage->n_promises; i++)
		n += strcmp(stage->promises[i]->id, id) == 0;
	return n;
}

START_TEST(test_builtin)
{
	struct stage *stage;

	fixture_host->vfio.vfio_pci = MODULE_BUILTIN;
	refused("vfio-pci is built into this kernel");
	ck_assert_ptr_nonnull(strstr(fixture_err.hint, "--loader"));
	with_grub("quiet");
	stage = staged();
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, "/etc/default/grub")->after,
				     "\"quiet vfio-pci.ids=10de:2504:1043:881d,10de:228e\"\n"));
	/* modprobe.d counts for nothing then. */
	ck_assert(!fixture_has_change(stage, ID_FILE));
	ck_assert(!fixture_has_change(stage, IT_HOOK));
	ck_assert_uint_eq(promised(stage, "cmdline:vfio-pci.ids=10de:2504:1043:881d,10de:228e"), 1);
	ck_assert_uint_eq(promised(stage, "driver:0000:01:00.0"), 1);
	fixture_write("/etc/default/grub", fixture_change(stage, "/etc/default/grub")->after);
	ck_assert_uint_eq(staged()->n_changes, 0);
}
END_TEST

/* A command line that has ids goes before modprobe.d: both get one list, and the user's stay. */
START_TEST(test_own_argument)
{
	static const char *const lines[] = { "/etc/modprobe.d/vfio.conf:1: options vfio-pci ids=1002:73df", NULL };
	static const char list[] = "8086:1539,1002:73df,10de:2504:1043:881d,10de:228e";
	struct stage *stage;
	unsigned findings = 0;
	char arg[128];

	snprintf(arg, sizeof(arg), "vfio-pci.ids=%s", list);
	fixture_host->vfio.modprobe_lines = lines;
	with_grub("quiet vfio_pci.ids=8086:1539 splash");
	stage = staged();
	ck_assert_msg(strstr(fixture_change(stage, "/etc/default/grub")->after, arg) != NULL, "%s",
		      fixture_change(stage, "/etc/default/grub")->after);
	ck_assert_ptr_null(strstr(fixture_change(stage, "/etc/default/grub")->after, "vfio_pci.ids=8086:1539 "));
	ck_assert_msg(strstr(fixture_change(stage, ID_FILE)->after, list) != NULL, "%s", fixture_change(stage, ID_FILE)->after);
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, ID_FILE)->after, "softdep nouveau"));
	for (unsigned i = 0; i < fixture_plan->n_findings; i++)
		findings += strcmp(fixture_plan->findings[i]->id, "vfio-ids-elsewhere") == 0;
	ck_assert_uint_eq(findings, 1);
	/* It is there, and nobody can say in which file. */
	tools.loader = NULL;
	fixture_host->kernel.cmdline = "root=/dev/x vfio-pci.ids=8086:1539";
	refused("goes before all of modprobe.d");
	fixture_host->kernel.cmdline = "root=/dev/x";
	ck_assert_int_eq(stage_of(&stage), 0);
}
END_TEST

START_TEST(test_refused)
{
	static char many[1200];
	static const char *lines[2];

	tools.initramfs = NULL;
	refused("initial RAM disk");
	tools.initramfs = &initramfs_initramfs_tools;
	/* vfio-pci keeps 1023 characters, and drops the rest without a word. */
	strcpy(many, "/etc/modprobe.d/a.conf:1: options vfio-pci ids=");
	for (unsigned i = 0; i < 100; i++)
		snprintf(many + strlen(many), 12, "8086:%04x,", i);
	lines[0] = many;
	fixture_host->vfio.modprobe_lines = lines;
	refused("characters long");
	fixture_host->vfio.modprobe_lines = NULL;
	fixture_host->vfio.vfio_pci = MODULE_MISSING;
	refused("no vfio-pci");
	fixture_host->vfio.vfio_pci = MODULE_LOADED;
	audio.physfn = &gpu;
	refused("virtual function");
}
END_TEST

/* The three other tools, which do not take modprobe.d along by themselves. */
START_TEST(test_other_tools)
{
	struct stage *stage;

	fixture_write("/usr/bin/dracut", "");
	fixture_write("/lib/modules/6.1.0-28-amd64/modules.dep", "");
	fixture_write("/boot/initrd.img-6.1.0-28-amd64", "");
	tools.initramfs = &initramfs_dracut;
	stage = staged();
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, "/usr/lib/dracut/modules.d/01vfio-wizard/module-setup.sh")->after,
				     "\tinst_simple " ID_FILE "\n"));
	ck_assert(!fixture_has_change(stage, "/usr/lib/dracut/modules.d/01vfio-wizard/vfio-wizard.sh"));
	fixture_write("/usr/bin/mkinitcpio", "_d_config\n");
	fixture_write("/etc/mkinitcpio.conf", "HOOKS=(base udev)\n");
	fixture_write("/etc/mkinitcpio.d/linux.preset", "PRESETS=(default)\ndefault_image=/boot/i.img\n");
	tools.initramfs = &initramfs_mkinitcpio;
	stage = staged();
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, "/etc/initcpio/install/vfio-wizard")->after,
				     "\tadd_file " ID_FILE "\n"));
	ck_assert(!fixture_has_change(stage, "/etc/initcpio/hooks/vfio-wizard"));
	fixture_write("/lib/modules/6.1.0-28-amd64/pkgbase", "linux\n");
	fixture_write("/boot/booster-linux.img", "");
	tools.initramfs = &initramfs_booster;
	stage = staged();
	ck_assert(fixture_has_change(stage, "/etc/booster.yaml"));
	ck_assert(fixture_has_change(stage, ID_FILE));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-bind");
	TCase *t = tcase_create("id");

	tcase_add_checked_fixture(t, setup, fixture_teardown);
	tcase_add_test(t, test_file);
	tcase_add_test(t, test_same_id);
	tcase_add_test(t, test_own_lines);
	tcase_add_test(t, test_kept_softdeps);
	tcase_add_test(t, test_driver_built_in);
	tcase_add_test(t, test_builtin);
	tcase_add_test(t, test_own_argument);
	tcase_add_test(t, test_refused);
	tcase_add_test(t, test_other_tools);
	suite_add_tcase(s, t);
	return unit_run(s);
}
