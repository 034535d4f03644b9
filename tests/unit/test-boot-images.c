/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dracut, mkinitcpio and booster: what is planned on hosts that have them, and what the shells make of it. */
#include "boot-fixture.h"

#include "base/strv.h"
#include "boot/bind.h"
#include "boot/initramfs-image.h"
#include "boot/initramfs.h"

#define DRACUT_DIR "/usr/lib/dracut/modules.d/01vfio-wizard"
#define MK_HOOK "/etc/initcpio/hooks/vfio-wizard"
#define MK_INSTALL "/etc/initcpio/install/vfio-wizard"
#define MK_UNIT "/etc/initcpio/vfio-wizard.service"
#define MK_DROPIN "/etc/mkinitcpio.conf.d/zz-vfio-wizard.conf"
#define ID_FILE "/etc/modprobe.d/zz-vfio-wizard.conf"

static struct pci_device card = { .addr = { 0, 1, 0, 0 },
				  .address = "0000:01:00.0",
				  .vendor = 0x1002,
				  .device = 0x73df,
				  .class_code = 0x030000,
				  .vendor_name = "AMD",
				  .device_name = "Navi 22",
				  .boot_vga = 0 };
static const struct pci_device *const one[] = { &card };

static void kernel(const char *version)
{
	char path[128];

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", version);
	fixture_write(path, "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\n");
}

static void fedora(void)
{
	static const char *const kernels[] = { "6.8.5-301.fc40.x86_64", "6.9.7-200.fc40.x86_64",
					       "0-rescue-5f0000000000000000000000000000aa", NULL };

	fixture_write("/usr/bin/dracut", "");
	fixture_write("/usr/bin/lsinitrd", "");
	kernel(kernels[0]);
	kernel(kernels[1]);
	fixture_write("/boot/initramfs-6.8.5-301.fc40.x86_64.img", "old");
	fixture_write("/boot/initramfs-6.9.7-200.fc40.x86_64.img", "new");
	fixture_write("/boot/initramfs-0-rescue-5f0000000000000000000000000000aa.img", "rescue");
	fixture_host->boot.kernels = kernels;
	fixture_host->identity.kernel = kernels[1];
	fixture_host->vfio.vfio_pci = MODULE_AVAILABLE;
}

static void arch(const char *hooks)
{
	char text[256];

	snprintf(text, sizeof(text), "MODULES=()\nBINARIES=()\n#HOOKS=(base systemd)\nHOOKS=(%s)\n", hooks);
	fixture_write("/etc/mkinitcpio.conf", text);
	fixture_write("/usr/bin/mkinitcpio", "_d_config=\"${_f_config}.d\"\n");
	fixture_write("/usr/bin/lsinitcpio", "detect_uki() {\n");
	fixture_write("/etc/mkinitcpio.d/linux.preset",
		      "# mkinitcpio preset file\n"
		      "#ALL_config=\"/etc/mkinitcpio.conf\"\n"
		      "ALL_kver=\"/boot/vmlinuz-linux\"\n"
		      "PRESETS=('default' \"fallback\")\n"
		      "default_image=\"/boot/initramfs-linux.img\"\n"
		      "#default_uki=\"/efi/EFI/Linux/arch-linux.efi\"\n"
		      "fallback_image=\"/boot/initramfs-linux-fallback.img\"\n"
		      "fallback_options=\"-S autodetect\"\n");
	fixture_write("/boot/initramfs-linux.img", "image");
	kernel("6.9.7-arch1-1");
	fixture_write("/lib/modules/6.9.7-arch1-1/pkgbase", "linux\n");
	fixture_host->identity.kernel = "6.9.7-arch1-1";
	fixture_host->vfio.vfio_pci = MODULE_AVAILABLE;
}

static int try_bind(const struct initramfs_tool *tool, struct stage **ret)
{
	const struct bind_tools tools = { .initramfs = tool };
	int r;

	memset(&fixture_err, 0, sizeof(fixture_err));
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	r = bind_address.stage(fixture_host, one, 1, &tools, fixture_plan, &fixture_err);
	*ret = fixture_plan->n_stages ? fixture_plan->stages[0] : NULL;
	return r;
}

static struct stage *bind(const struct initramfs_tool *tool)
{
	struct stage *stage;

	ck_assert_msg(try_bind(tool, &stage) == 0, "%s", fixture_err.msg);
	ck_assert_ptr_nonnull(stage);
	return stage;
}

static void refused(const struct initramfs_tool *tool, const char *word)
{
	struct stage *stage;

	ck_assert_int_lt(try_bind(tool, &stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(fixture_err.msg, word), "%s", fixture_err.msg);
	ck_assert(fixture_err.hint[0]);
}

/* Writes what the stage would; commands are not run. */
static void carry_out(const struct stage *stage)
{
	for (unsigned i = 0; i < stage->n_changes; i++)
		if (stage->changes[i]->kind != CHANGE_RUN)
			fixture_write(stage->changes[i]->path, stage->changes[i]->after);
}

/* The N-th command of the stage, with blanks. */
static const char *command(const struct stage *stage, unsigned n)
{
	_cleanup_free_ char *line = NULL;

	for (unsigned i = 0; i < stage->n_changes; i++)
		if (stage->changes[i]->kind == CHANGE_RUN && !n--) {
			line = strv_join(stage->changes[i]->argv, " ");
			return arena_strdup(fixture_host->arena, line);
		}
	return "";
}

static const struct change *run_of(const struct stage *stage, unsigned n)
{
	static const struct change none = { .outputs = NULL };

	for (unsigned i = 0; i < stage->n_changes; i++)
		if (stage->changes[i]->kind == CHANGE_RUN && !n--)
			return stage->changes[i];
	return &none;
}

START_TEST(test_fedora)
{
	struct stage *stage;
	const struct change *c;
	const char *why;

	fedora();
	ck_assert_ptr_eq(initramfs_detect(fixture_host, &why), &initramfs_dracut);
	stage = bind(&initramfs_dracut);
	ck_assert_int_eq(fixture_change(stage, DRACUT_DIR "/module-setup.sh")->mode, 0755);
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, DRACUT_DIR "/vfio-wizard.sh")->after,
				     "hand_over 0000:01:00.0 0x1002:0x73df\n"));
	/* The rescue kernel stays what it is, so every other one is made anew, the running one first. */
	ck_assert_str_eq(command(stage, 0), "dracut -f /boot/initramfs-6.9.7-200.fc40.x86_64.img 6.9.7-200.fc40.x86_64");
	ck_assert_str_eq(command(stage, 1), "dracut -f /boot/initramfs-6.8.5-301.fc40.x86_64.img 6.8.5-301.fc40.x86_64");
	ck_assert_str_eq(command(stage, 2), "");
	ck_assert(strstr(fixture_finding("initramfs-way-back")->text, "0-rescue-"));
	c = run_of(stage, 0);
	ck_assert_str_eq(c->outputs[0], "/boot/initramfs-6.9.7-200.fc40.x86_64.img");
	ck_assert_uint_eq(c->n_readbacks, 1);
	ck_assert_str_eq(c->readbacks[0].argv[0], "lsinitrd");
	ck_assert_str_eq(c->readbacks[0].needles[0], "hooks/pre-udev/00-vfio-wizard.sh");
	ck_assert_str_eq(c->readbacks[0].needles[1], "/vfio-pci.ko");
	carry_out(stage);
	stage = bind(&initramfs_dracut);
	ck_assert_uint_eq(stage->n_changes, 0);
	ck_assert_uint_eq(stage->n_promises, 0);
}
END_TEST

START_TEST(test_dracut_images)
{
	static const struct { const char *image, *distribution; } row[] = {
		{ "/boot/initrd.img-6.12.9-amd64", "Debian" },
		{ "/boot/initrd-6.12.9-amd64", "openSUSE" },
		{ "/boot/5f0000000000000000000000000000aa/6.12.9-amd64/initrd", "BLS, XBOOTLDR" },
		{ "/efi/5f0000000000000000000000000000aa/6.12.9-amd64/initrd", "BLS" },
	};
	struct stage *stage;

	fixture_write("/usr/bin/dracut", "");
	fixture_write("/etc/machine-id", "5f0000000000000000000000000000aa\n");
	kernel("6.12.9-amd64");
	fixture_host->identity.kernel = "6.12.9-amd64";
	fixture_host->vfio.vfio_pci = MODULE_AVAILABLE;
	refused(&initramfs_dracut, "No initial RAM disk");
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		fixture_write(row[i].image, "");
		stage = bind(&initramfs_dracut);
		ck_assert_msg(strstr(command(stage, 0), row[i].image), "%s: %s", row[i].distribution, command(stage, 0));
		ck_assert_str_eq(run_of(stage, 0)->outputs[0], row[i].image);
		/* There is no lsinitrd. */
		ck_assert_uint_eq(run_of(stage, 0)->n_readbacks, 0);
		ck_assert_int_eq(fixture_run("rm '%s%s'", fixture_dir, row[i].image), 0);
	}
	/* Unified kernel images take the place of all of them. */
	fixture_write(row[0].image, "");
	fixture_write("/usr/bin/lsinitrd", "");
	fixture_write("/etc/dracut.conf.d/uki.conf", "  uefi=\"yes\"\n");
	refused(&initramfs_dracut, "No initial RAM disk");
	fixture_write("/boot/efi/EFI/Linux/linux-6.12.9-amd64-5f0000000000000000000000000000aa.efi", "");
	stage = bind(&initramfs_dracut);
	ck_assert(strstr(command(stage, 0), "-amd64-5f0000000000000000000000000000aa.efi 6.12.9-amd64"));
	ck_assert_uint_eq(run_of(stage, 0)->n_readbacks, 0); /* lsinitrd needs objcopy for these */
	fixture_write("/usr/bin/objcopy", "");
	ck_assert_uint_eq(run_of(bind(&initramfs_dracut), 0)->n_readbacks, 1);
}
END_TEST

START_TEST(test_builtin)
{
	struct stage *stage;
	const char *setup;

	fedora();
	fixture_host->vfio.vfio_pci = MODULE_BUILTIN;
	stage = bind(&initramfs_dracut);
	setup = fixture_change(stage, DRACUT_DIR "/module-setup.sh")->after;
	ck_assert_ptr_null(strstr(setup, "instmods"));
	ck_assert_ptr_nonnull(strstr(setup, "inst_hook pre-udev 00"));
	ck_assert_str_eq(run_of(stage, 0)->readbacks[0].needles[0], "hooks/pre-udev/00-vfio-wizard.sh");
	ck_assert_ptr_null(run_of(stage, 0)->readbacks[0].needles[1]);
	arch("base udev modconf");
	fixture_host->vfio.vfio_pci = MODULE_BUILTIN;
	stage = bind(&initramfs_mkinitcpio);
	ck_assert_ptr_null(strstr(fixture_change(stage, MK_INSTALL)->after, "add_module"));
	ck_assert_ptr_null(strstr(fixture_change(stage, MK_DROPIN)->after, "MODULES"));
}
END_TEST

START_TEST(test_vanished)
{
	struct stage *stage;

	fedora();
	fixture_write("/etc/dracut.conf.d/vfio.conf", "# vfio_virqfd\nforce_drivers+=\" vfio_pci vfio-virqfd \"\n");
	refused(&initramfs_dracut, "/etc/dracut.conf.d/vfio.conf:2 names");
	/* Only files that end in .conf are read; a longer name is another module. */
	fixture_write("/etc/dracut.conf.d/vfio.conf", "force_drivers+=\" vfio_virqfd2 \"\n");
	fixture_write("/etc/dracut.conf.d/vfio.off", "force_drivers+=\" vfio_virqfd \"\n");
	bind(&initramfs_dracut);
	arch("base udev");
	fixture_write("/etc/mkinitcpio.conf", "MODULES=(vfio_pci vfio vfio_virqfd)\nHOOKS=(base udev)\n");
	refused(&initramfs_mkinitcpio, "/etc/mkinitcpio.conf:1 names");
	/* A kernel that still has it. */
	fixture_write("/lib/modules/6.1.0/modules.dep", "kernel/drivers/vfio/vfio_virqfd.ko.zst:\n");
	bind(&initramfs_mkinitcpio);
	/* update-initramfs only leaves it out: a warning, with the place. */
	ck_assert_int_eq(fixture_run("rm '%s/lib/modules/6.1.0/modules.dep'", fixture_dir), 0);
	fixture_write("/etc/initramfs-tools/modules", "# none\n\nvfio_virqfd\n");
	stage = bind(&initramfs_initramfs_tools);
	ck_assert_uint_gt(stage->n_changes, 0);
	ck_assert(fixture_has_finding("vanished-module"));
	ck_assert_str_eq(fixture_finding("vanished-module")->evidence[0],
			 "/etc/initramfs-tools/modules:3: vfio_virqfd");
}
END_TEST

START_TEST(test_arch)
{
	struct stage *stage;
	const struct change *c;
	const char *why;

	arch("base udev autodetect microcode modconf kms block filesystems");
	ck_assert_ptr_eq(initramfs_detect(fixture_host, &why), &initramfs_mkinitcpio);
	stage = bind(&initramfs_mkinitcpio);
	ck_assert(fixture_has_change(stage, MK_DROPIN));
	ck_assert(!fixture_has_change(stage, "/etc/mkinitcpio.conf"));
	ck_assert_int_eq(fixture_change(stage, MK_HOOK)->mode, 0755);
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, MK_HOOK)->after, "\nrun_earlyhook()\n{\n"));
	ck_assert(fixture_has_change(stage, MK_UNIT));
	ck_assert_str_eq(command(stage, 0), "mkinitcpio -p linux");
	ck_assert_str_eq(command(stage, 1), "");
	c = run_of(stage, 0);
	ck_assert_str_eq(c->outputs[0], "/boot/initramfs-linux.img");
	ck_assert_str_eq(c->outputs[1], "/boot/initramfs-linux-fallback.img");
	ck_assert_ptr_null(c->outputs[2]);
	ck_assert_uint_eq(c->n_readbacks, 2);
	ck_assert_str_eq(c->readbacks[1].argv[1], "/boot/initramfs-linux-fallback.img");
	ck_assert_str_eq(c->readbacks[0].needles[0], "hooks/vfio-wizard");
	ck_assert_str_eq(c->readbacks[0].needles[1], "/vfio-pci.ko");
	carry_out(stage);
	ck_assert_uint_eq(bind(&initramfs_mkinitcpio)->n_changes, 0);
}
END_TEST

START_TEST(test_arch_systemd)
{
	const char *needle = "sysinit.target.wants/vfio-wizard.service";
	struct stage *stage;

	arch("base systemd autodetect");
	ck_assert_str_eq(run_of(bind(&initramfs_mkinitcpio), 0)->readbacks[0].needles[0], needle);
	/* A drop-in is read after the file; the last HOOKS counts, and may go over lines. */
	fixture_write("/etc/mkinitcpio.conf.d/hooks.conf", "HOOKS=(\n  base\n  udev\n)\n");
	ck_assert_str_eq(run_of(bind(&initramfs_mkinitcpio), 0)->readbacks[0].needles[0], "hooks/vfio-wizard");
	fixture_write("/etc/mkinitcpio.conf.d/hooks.conf", "HOOKS=\"systemd block\"\n");
	ck_assert_str_eq(run_of(bind(&initramfs_mkinitcpio), 0)->readbacks[0].needles[0], needle);
	/* One preset, two settings: a drop-in for one, lines in the file for the other. */
	fixture_write("/etc/mkinitcpio.d/linux.preset", "PRESETS=(default own)\ndefault_image=/boot/a.img\n"
							"own_config=/etc/own.conf\nown_image=/boot/b.img\n");
	fixture_write("/etc/own.conf", "HOOKS=(base udev)\n");
	stage = bind(&initramfs_mkinitcpio);
	ck_assert_str_eq(run_of(stage, 0)->readbacks[0].needles[0], "/vfio-wizard");
	ck_assert(fixture_has_change(stage, MK_DROPIN));
	ck_assert(fixture_has_change(stage, "/etc/own.conf"));
}
END_TEST

START_TEST(test_arch_presets)
{
	struct stage *stage;
	const char *after;

	arch("base udev");
	/* A preset that names its settings gets no drop-ins. */
	fixture_write("/etc/mkinitcpio.d/linux.preset",
		      "ALL_config='/etc/mkinitcpio.conf'\nPRESETS=('default')\ndefault_image='/boot/initramfs-linux.img'\n");
	stage = bind(&initramfs_mkinitcpio);
	ck_assert(!fixture_has_change(stage, MK_DROPIN));
	after = fixture_change(stage, "/etc/mkinitcpio.conf")->after;
	ck_assert_ptr_nonnull(strstr(after, "# >>> vfio-wizard"));
	ck_assert_int_eq(strncmp(after, "MODULES=()\n", 11), 0);
	carry_out(stage);
	ck_assert_uint_eq(bind(&initramfs_mkinitcpio)->n_changes, 0);
	/* Lines of the user's behind ours stay there. */
	ck_assert_int_eq(fixture_run("echo 'COMPRESSION=cat' >>'%s/etc/mkinitcpio.conf'", fixture_dir), 0);
	ck_assert_uint_eq(bind(&initramfs_mkinitcpio)->n_changes, 0);
	/* A version that knows no drop-ins. */
	arch("base udev");
	fixture_write("/usr/bin/mkinitcpio", "_f_config=/etc/mkinitcpio.conf\n");
	ck_assert(fixture_has_change(bind(&initramfs_mkinitcpio), "/etc/mkinitcpio.conf"));
	/* A unified kernel image, and a name that only a shell can tell. */
	arch("base udev");
	fixture_write("/etc/mkinitcpio.d/linux.preset", "PRESETS=(default)\ndefault_uki=/efi/EFI/Linux/arch-linux.efi\n");
	stage = bind(&initramfs_mkinitcpio);
	ck_assert_str_eq(run_of(stage, 0)->outputs[0], "/efi/EFI/Linux/arch-linux.efi");
	ck_assert_uint_eq(run_of(stage, 0)->n_readbacks, 0);
	fixture_write("/usr/bin/objcopy", "");
	ck_assert_uint_eq(run_of(bind(&initramfs_mkinitcpio), 0)->n_readbacks, 1);
	fixture_write("/usr/bin/lsinitcpio", "# knows none\n");
	ck_assert_uint_eq(run_of(bind(&initramfs_mkinitcpio), 0)->n_readbacks, 0);
	fixture_write("/etc/mkinitcpio.d/linux.preset", "PRESETS=(default)\ndefault_image=\"/boot/$(uname -r).img\"\n");
	refused(&initramfs_mkinitcpio, "only the shell knows");
	fixture_write("/etc/mkinitcpio.d/linux.preset", "PRESETS=(default)\ndefault_image=/boot/a.img\ndefault_config=/etc/gone\n");
	ck_assert_int_lt(try_bind(&initramfs_mkinitcpio, &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "/etc/gone"));
}
END_TEST

/* What bash makes of the settings, from the file and behind it the drop-in; HOOKS and MODULES in one line. */
static void settings_give(const char *settings, const char *wanted)
{
	fixture_write("/case.conf", settings);
	ck_assert_msg(fixture_run("cd '%s' && cat case.conf etc/mkinitcpio.conf.d/zz-vfio-wizard.conf >all && "
				  "bash -c 'set -e; . ./all; echo \"${#HOOKS[@]} ${HOOKS[*]} | ${MODULES[*]}\"' >got && "
				  "echo '%s' | cmp -s - got",
				  fixture_dir, wanted) == 0,
		      "%s", settings);
}

START_TEST(test_arch_settings)
{
	if (fixture_run("command -v bash >/dev/null 2>&1") != 0)
		return;
	arch("base udev");
	carry_out(bind(&initramfs_mkinitcpio));
	settings_give("MODULES=()\nHOOKS=(base udev kms)\n", "4 base vfio-wizard udev kms | vfio_pci");
	settings_give("MODULES=(nvidia)\nHOOKS=(systemd kms)\n", "3 vfio-wizard systemd kms | vfio_pci nvidia");
	/* Words instead of lists, as older files have them; vfio_pci is to be the first; a module that may be missing. */
	settings_give("MODULES=\"ext4 vfio_pci\"\nHOOKS=\"base udev\"\n", "3 base vfio-wizard udev | vfio_pci ext4 vfio_pci");
	settings_give("MODULES=(crc32c?)\nHOOKS=(base vfio-wizard udev)\n", "3 base vfio-wizard udev | vfio_pci crc32c?");
	if (fixture_run("command -v shellcheck >/dev/null 2>&1") == 0)
		ck_assert_int_eq(fixture_run("shellcheck -s bash -e SC2034,SC2153 '%s" MK_DROPIN "' '%s" MK_INSTALL "'",
					     fixture_dir, fixture_dir),
				 0);
}
END_TEST

START_TEST(test_booster)
{
	struct stage *stage = plan_stage(fixture_plan, "bind", "", STAGE_END_REBOOT);
	const char *why;

	arch("base udev");
	fixture_write("/usr/bin/booster", "");
	fixture_write("/etc/booster.yaml", "compression: zstd\nmodules_force_load: nvidia,ext4\n");
	/* Both kinds of image are there, and the kernel was started in a way that does not tell. */
	fixture_write("/boot/booster-linux.img", "");
	ck_assert_ptr_null(initramfs_detect(fixture_host, &why));
	fixture_host->kernel.cmdline = "root=/dev/x initrd=\\booster-linux.img initrd=\\amd-ucode.img";
	ck_assert_ptr_eq(initramfs_detect(fixture_host, &why), &initramfs_booster);
	fixture_host->kernel.cmdline = "initrd=/boot/amd-ucode.img initrd=/boot/initramfs-linux.img root=/dev/x";
	ck_assert_ptr_eq(initramfs_detect(fixture_host, &why), &initramfs_mkinitcpio);
	fixture_host->kernel.cmdline = "root=/dev/x";
	ck_assert_int_eq(fixture_run("rm '%s/boot/initramfs-linux.img'", fixture_dir), 0);
	ck_assert_ptr_eq(initramfs_detect(fixture_host, &why), &initramfs_booster);
	refused(&initramfs_booster, "run no scripts");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	stage = plan_stage(fixture_plan, "bind", "", STAGE_END_REBOOT);
	ck_assert_int_eq(initramfs_booster.stage_image(fixture_host, ID_FILE, fixture_plan, stage, &fixture_err), 0);
	ck_assert_str_eq(fixture_change(stage, "/etc/booster.yaml")->after,
			 "compression: zstd\nmodules_force_load: vfio_pci,nvidia,ext4\n");
	ck_assert_str_eq(command(stage, 0),
			 "booster build --force --kernel-version 6.9.7-arch1-1 /boot/booster-linux.img");
	ck_assert_str_eq(run_of(stage, 0)->readbacks[0].needles[0], "/vfio_pci.ko");
	carry_out(stage);
	stage = plan_stage(fixture_plan, "again", "", STAGE_END_REBOOT);
	ck_assert_int_eq(initramfs_booster.stage_image(fixture_host, ID_FILE, fixture_plan, stage, &fixture_err), 0);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(test_booster_settings)
{
	static const struct { const char *before, *after; } row[] = {
		{ "", "modules_force_load: vfio_pci\n" },
		{ "strip: true", "strip: true\nmodules_force_load: vfio_pci\n" },
		{ "modules_force_load: \"i915\"\n", "modules_force_load: \"vfio_pci,i915\"\n" },
		{ "# modules_force_load: x\n", "# modules_force_load: x\nmodules_force_load: vfio_pci\n" },
		{ "modules_force_load:\n  - a\n", NULL },
		{ "modules_force_load: [a]\n", NULL },
	};

	arch("base udev");
	fixture_write("/boot/booster-linux.img", "");
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct stage *stage;
		int r;

		fixture_write("/etc/booster.yaml", row[i].before);
		plan_free(fixture_plan);
		fixture_plan = plan_new();
		stage = plan_stage(fixture_plan, "bind", "", STAGE_END_REBOOT);
		r = initramfs_booster.stage_image(fixture_host, ID_FILE, fixture_plan, stage, &fixture_err);
		if (row[i].after) {
			ck_assert_int_eq(r, 0);
			ck_assert_str_eq(fixture_change(stage, "/etc/booster.yaml")->after, row[i].after);
		} else {
			ck_assert_int_lt(r, 0);
			ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
		}
	}
}
END_TEST

/* Limine would refuse to start a new image. */
START_TEST(test_limine_hash)
{
	struct stage *stage;

	arch("base udev");
	fixture_write("/boot/limine.conf", "/Arch\n    protocol: linux\n    path: boot():/vmlinuz-linux\n"
					   "    module_path: boot():/initramfs-linux.img#00ff\n");
	refused(&initramfs_mkinitcpio, "/boot/limine.conf holds a checksum of /boot/initramfs-linux.img");
	fixture_write("/boot/limine.conf", "/Arch\n    protocol: linux\n    path: boot():/vmlinuz-linux\n"
					   "    module_path: boot():/initramfs-linux.img\n");
	ck_assert_int_eq(try_bind(&initramfs_mkinitcpio, &stage), 0);
}
END_TEST

static void sysfs(void)
{
	fixture_write("/cmdline", "root=/dev/x quiet\n");
	fixture_write("/sys/drivers/vfio-pci/new_id", "");
	fixture_write("/sys/devices/0000:01:00.0/vendor", "0x1002\n");
	fixture_write("/sys/devices/0000:01:00.0/device", "0x73df\n");
	fixture_write("/sys/devices/0000:01:00.0/driver_override", "(null)\n");
	fixture_write("/log", "");
}

static bool logged(const char *text)
{
	return fixture_run("grep -q -- '%s' '%s/log'", text, fixture_dir) == 0;
}

/* FILE with the made-up sysfs, run by SHELL in the way START says. */
static void run_in(const char *shell, const char *file, const char *start)
{
	ck_assert_int_eq(fixture_run("cd '%s' && sed -e 's,=/sys/bus/pci$,=%s/sys,' -e 's,=/dev/kmsg$,=%s/log,' "
				     "-e 's,=/proc/cmdline$,=%s/cmdline,' -e 's,> \"$log\",>> \"$log\",' "
				     "-e 's,^modprobe.*,:,' '.%s' >script && %s -c '%s' && grep -q goes-on goes-on",
				     fixture_dir, fixture_dir, fixture_dir, fixture_dir, file, shell, start),
			 0);
}

static const char *const shells[] = { "dash", "busybox sh", "bash" };
/* As dracut's init and mkinitcpio's init run them, and as the unit does. */
static const struct { const char *file, *start; } ways[] = {
	{ DRACUT_DIR "/vfio-wizard.sh", "set -e; . ./script; echo goes-on >goes-on" },
	{ MK_HOOK, "set -e; f() { . ./script; run_earlyhook; }; f base udev; echo goes-on >goes-on" },
	{ MK_HOOK, "sh ./script --run && echo goes-on >goes-on" },
};

START_TEST(test_scripts)
{
	const char *shell = shells[_i % (int)ARRAY_SIZE(shells)];
	const char *file = ways[_i / (int)ARRAY_SIZE(shells)].file, *start = ways[_i / (int)ARRAY_SIZE(shells)].start;

	if (fixture_run("command -v %s >/dev/null 2>&1", shell) != 0)
		return;
	fedora();
	carry_out(bind(&initramfs_dracut));
	arch("base udev");
	carry_out(bind(&initramfs_mkinitcpio));
	ck_assert_int_eq(fixture_run("%s -n '%s%s'", shell, fixture_dir, file), 0);
	if (fixture_run("command -v shellcheck >/dev/null 2>&1") == 0)
		ck_assert_int_eq(fixture_run("shellcheck -s sh '%s%s'", fixture_dir, file), 0);
	sysfs();
	run_in(shell, file, start);
	ck_assert(logged("01:00.0 (0x1002:0x73df) was refused by vfio-pci: left to the host"));
	/* The driver has it. */
	sysfs();
	fixture_write("/sys/drivers/vfio-pci/0000:01:00.0", "");
	run_in(shell, file, start);
	ck_assert(!logged("."));
	ck_assert_int_eq(fixture_run("rm '%s/sys/drivers/vfio-pci/0000:01:00.0'", fixture_dir), 0);
	/* Another card at the address. */
	sysfs();
	fixture_write("/sys/devices/0000:01:00.0/device", "0x7340\n");
	run_in(shell, file, start);
	ck_assert(logged("0000:01:00.0 is 0x1002:0x7340 and not 0x1002:0x73df"));
	/* None at all, the driver missing, switched off. */
	sysfs();
	ck_assert_int_eq(fixture_run("rm -r '%s/sys/devices'", fixture_dir), 0);
	run_in(shell, file, start);
	ck_assert(logged("0000:01:00.0 is not there"));
	sysfs();
	ck_assert_int_eq(fixture_run("rm -r '%s/sys/drivers'", fixture_dir), 0);
	run_in(shell, file, start);
	ck_assert(logged("vfio-pci is not in this initial RAM disk"));
	sysfs();
	fixture_write("/cmdline", "vfio-wizard=off\n");
	run_in(shell, file, start);
	ck_assert(logged("switched off"));
	ck_assert_int_eq(fixture_run("grep -q null '%s/sys/devices/0000:01:00.0/driver_override'", fixture_dir), 0);
}
END_TEST

START_TEST(test_dracut_setup)
{
	fedora();
	carry_out(bind(&initramfs_dracut));
	ck_assert_int_eq(fixture_run("bash -n '%s" DRACUT_DIR "/module-setup.sh'", fixture_dir), 0);
	if (fixture_run("command -v shellcheck >/dev/null 2>&1") == 0)
		ck_assert_int_eq(fixture_run("shellcheck '%s" DRACUT_DIR "/module-setup.sh'", fixture_dir), 0);
	ck_assert_int_eq(fixture_run("cd '%s' && printf '%%s\\n' 'inst_multiple() { echo programs $*; }' "
				     "'inst_hook() { echo hook $*; }' 'instmods() { echo modules $hostonly. $*; }' "
				     "'moddir=/m; hostonly=yes' '. .%s/module-setup.sh' "
				     "'check && depends && installkernel && install' >t && bash t >got && "
				     "printf '%%s\\n' 'modules . vfio_pci' 'programs modprobe' "
				     "'hook pre-udev 00 /m/vfio-wizard.sh' | cmp - got",
				     fixture_dir, DRACUT_DIR),
			 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-images");
	TCase *t = tcase_create("images");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_fedora);
	tcase_add_test(t, test_dracut_images);
	tcase_add_test(t, test_builtin);
	tcase_add_test(t, test_vanished);
	tcase_add_test(t, test_arch);
	tcase_add_test(t, test_arch_systemd);
	tcase_add_test(t, test_arch_presets);
	tcase_add_test(t, test_arch_settings);
	tcase_add_test(t, test_booster);
	tcase_add_test(t, test_booster_settings);
	tcase_add_test(t, test_limine_hash);
	tcase_add_test(t, test_dracut_setup);
	tcase_add_loop_test(t, test_scripts, 0, ARRAY_SIZE(ways) * ARRAY_SIZE(shells));
	suite_add_tcase(s, t);
	return unit_run(s);
}
