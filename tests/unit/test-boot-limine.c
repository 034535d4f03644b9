/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "base/strv.h"
#include "boot/bootloader.h"
#include "boot/limine-config.h"

#define CONF "/boot/limine.conf"
#define PROGRAM "/boot/EFI/limine/limine_x64.efi"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define UUID "root=UUID=0a1b2c3d-0000-4000-8000-000000000001"

static const char *const one[] = { "iommu=pt", NULL };

static void host_with(const char *config)
{
	fixture_write(CONF, config);
	fixture_write(PROGRAM, "MZ++CONFIG_B2SUM_SIGNATURE++" ZEROS ZEROS "rest");
	fixture_host->kernel.cmdline = UUID " rw";
	arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, UUID);
	arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, "rw");
	fixture_host->firmware.loader_info = "Limine 9.3.0";
}

static int stage_it(const char *const *set, const char *const *remove, struct stage **ret)
{
	*ret = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_limine.stage_kargs(fixture_host, set, remove, fixture_plan, *ret, &fixture_err);
}

static const struct {
	const char *before, *after;
} edits[] = {
	{ "timeout: 5\n\n/Arch\n    protocol: linux\n    cmdline: " UUID "  rw # x\n",
	  "timeout: 5\n\n/Arch\n    protocol: linux\n    cmdline: " UUID "  rw # x iommu=pt\n" },
	/* Case, the other name, sub-entries, CR LF, no end of line; another root stays as it is. */
	{ "/+All\r\n//a\r\nPROTOCOL: Linux\r\nKernel_Cmdline:\t" UUID "\r\n//b\r\nprotocol: linux\r\ncmdline: root=/dev/sdb1\r\n"
	  "/c\r\nprotocol: linux\r\ncmdline: " UUID " iommu=off",
	  "/+All\r\n//a\r\nPROTOCOL: Linux\r\nKernel_Cmdline:\t" UUID " iommu=pt\r\n//b\r\nprotocol: linux\r\n"
	  "cmdline: root=/dev/sdb1\r\n/c\r\nprotocol: linux\r\ncmdline: " UUID " iommu=pt" },
	/* kernel_cmdline counts where both are. */
	{ "/a\nprotocol: linux\ncmdline: x\nkernel_cmdline: " UUID "\ncmdline: y\n",
	  "/a\nprotocol: linux\ncmdline: x\nkernel_cmdline: " UUID " iommu=pt\ncmdline: y\n" },
	/* A snapshot, a comment, a unified image, our way back. */
	{ "/a\nprotocol: linux\n#cmdline: no\ncmdline: " UUID "\n/s\nprotocol: linux\ncmdline: " UUID " rootflags=subvol=/7\n"
	  "/u\nprotocol: efi\ncmdline: " UUID "\n/w\nprotocol: linux\ncmdline: " UUID " vfio-wizard=off module_blacklist=vfio_pci\n",
	  "/a\nprotocol: linux\n#cmdline: no\ncmdline: " UUID " iommu=pt\n/s\nprotocol: linux\ncmdline: " UUID
	  " rootflags=subvol=/7\n/u\nprotocol: efi\ncmdline: " UUID "\n/w\nprotocol: linux\ncmdline: " UUID
	  " vfio-wizard=off module_blacklist=vfio_pci\n" },
};

START_TEST(test_edits)
{
	const struct change *c;
	const char *why;
	struct stage *stage;

	host_with(edits[_i].before);
	ck_assert_int_eq(bootloader_limine.detect(fixture_host, &why), 100);
	ck_assert_msg(stage_it(one, NULL, &stage) == 0, "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 1);
	ck_assert_str_eq(fixture_change(stage, CONF)->after, edits[_i].after);
	ck_assert_str_eq(fixture_change(stage, CONF)->before, edits[_i].before);
	/* Then there is nothing left to do. */
	ck_assert_int_eq(stage_it(one, NULL, &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 1);
	ck_assert_int_eq(stage_it(NULL, one, &stage), 0);
	c = plan_last_change(fixture_plan, CONF); /* none when all is as it was */
	ck_assert(!c || !strstr(c->after, "iommu=pt"));
}
END_TEST

START_TEST(test_old_format)
{
	struct stage *stage;

	host_with("");
	ck_assert_int_eq(fixture_run("mv '%s" CONF "' '%s/boot/limine.cfg'", fixture_dir, fixture_dir), 0);
	fixture_write("/boot/limine.cfg", "TIMEOUT=5\n:Arch\nPROTOCOL=linux\nCMDLINE=" UUID " rw\n");
	ck_assert_msg(stage_it(one, NULL, &stage) == 0, "%s", fixture_err.msg);
	ck_assert_str_eq(fixture_change(stage, "/boot/limine.cfg")->after,
			 "TIMEOUT=5\n:Arch\nPROTOCOL=linux\nCMDLINE=" UUID " rw iommu=pt\n");
}
END_TEST

static void refused(const char *sentence)
{
	struct stage *stage;

	ck_assert_int_lt(stage_it(one, NULL, &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 0);
	ck_assert_msg(strstr(fixture_err.msg, sentence) != NULL, "%s", fixture_err.msg);
	memset(&fixture_err, 0, sizeof(fixture_err));
}

START_TEST(test_refusals)
{
	const char *good = "/a\nprotocol: linux\ncmdline: " UUID "\n";

	host_with(good);
	fixture_write(PROGRAM, "MZ++CONFIG_B2SUM_SIGNATURE++" ZEROS "1" ZEROS);
	refused("holds a checksum of " CONF);
	fixture_write(PROGRAM, "MZ");
	refused("not known whether it holds a checksum");
	host_with("${A}=" UUID "\n/a\nprotocol: linux\ncmdline: ${A}\n");
	refused("starts Linux with the root of this host");
	host_with("/b\n/a\nprotocol: linux\ncmdline: " UUID " ${A}\n");
	refused(CONF ":2: ");
	host_with(good);
	fixture_write("/boot/limine/limine.conf", good);
	refused("depends on its version");
	ck_assert_int_eq(fixture_run("rm -r '%s/boot/limine'", fixture_dir), 0);
	fixture_write("/etc/default/limine", "KERNEL_CMDLINE[default]=\"quiet\"\n");
	refused("limine-entry-tool writes " CONF);
}
END_TEST

/* What limine-entry-tool's settings come to, and what a person is told for iommu=pt without nvme.x. */
static const struct {
	const char *main, *drop_in, *now, *hint; /* MAIN, DROP_IN NULL: not there; HINT NULL: nothing to do */
} tools[] = {
	{ "# KERNEL_CMDLINE[default]=\"no\"\nESP_PATH=\"/boot\"\n\nKERNEL_CMDLINE[default]=\"quiet " UUID "\"\n",
	  "KERNEL_CMDLINE[default]+=\" splash\"\n", "quiet " UUID,
	  "Add inside the quotes at the end of /etc/default/limine:4: iommu=pt. Then look with: limine-entry-tool "
	  "--get-cmdline default; and run: sudo limine-update." },
	{ "KERNEL_CMDLINE[default]+=\"rw " UUID " \"\r\n", "KERNEL_CMDLINE[\"default\"] += 'splash nvme.x'\n",
	  "splash nvme.x rw " UUID,
	  "Take nvme.x out of /etc/limine-entry-tool.d/10-x.conf:1. Add inside the quotes at the end of "
	  "/etc/default/limine:1: iommu=pt. " },
	{ "KERNEL_CMDLINE[default]=a\nKERNEL_CMDLINE[linux-lts]=\"b\"", NULL, "a",
	  "limine:1: iommu=pt. The kernel linux-lts has a line of its own (/etc/default/limine:2): add them there, too. " },
	{ "ESP_PATH=/boot\n", "KERNEL_CMDLINE[default]+=\" a b\"\n", "a b", "/etc/limine-entry-tool.d/10-x.conf:1: iommu=pt. " },
	{ "ESP_PATH=/boot\n", NULL, "running", "Put into /etc/default/limine a line KERNEL_CMDLINE[default]=" },
	{ "KERNEL_CMDLINE[default]=\"x iommu=off\"\n", NULL, "x iommu=off",
	  "Take iommu=off out of /etc/default/limine:1. Add inside the quotes at the end of /etc/default/limine:1: iommu=pt. " },
	{ "KERNEL_CMDLINE[default]=\"iommu=pt x\"\n", NULL, "iommu=pt x", NULL },
};

START_TEST(test_tool)
{
	_cleanup_kargs_ struct kargs now = { 0 };
	_cleanup_free_ char *text = NULL;
	struct stage *stage;

	host_with("/+Arch\n//linux\nprotocol: efi\npath: boot():/EFI/Linux/arch_linux.efi\n");
	fixture_host->kernel.cmdline = "running";
	fixture_write("/etc/default/limine", tools[_i].main);
	if (tools[_i].drop_in)
		fixture_write("/etc/limine-entry-tool.d/10-x.conf", tools[_i].drop_in);
	ck_assert_int_eq(bootloader_limine.configured(fixture_host, &now, &fixture_err), 0);
	text = kargs_format(&now);
	ck_assert_str_eq(text, tools[_i].now);
	if (!tools[_i].hint) {
		ck_assert_int_eq(stage_it((const char *const[]){ "iommu=pt", NULL }, NULL, &stage), 0);
		return;
	}
	ck_assert_int_lt(stage_it((const char *const[]){ "iommu=pt", NULL }, (const char *const[]){ "nvme.x", NULL }, &stage),
			 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_msg(strstr(fixture_err.hint, tools[_i].hint) != NULL, "%s", fixture_err.hint);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(test_way_back)
{
	const char *text = "default_entry: 2\nremember_last_entry: yes\n/+Arch\n//linux\n    protocol: linux\n"
			   "    module_path: boot():/initramfs-linux.img#0a1b\n    cmdline: " UUID " rw\n    comment: x";
	struct stage *stage;

	host_with(text);
	ck_assert_int_eq(stage_it(one, NULL, &stage), 0);
	ck_assert(fixture_has_finding("limine-path-checksum"));
	ck_assert(fixture_has_finding("limine-remembers"));
	ck_assert(limine_checks_image(fixture_host, "/boot/initramfs-linux.img"));
	ck_assert(!limine_checks_image(fixture_host, "/boot/initramfs-linux-lts.img"));
	ck_assert_int_eq(bootloader_limine.stage_way_back(fixture_host, fixture_plan, stage, &fixture_err), 0);
	ck_assert_str_eq(plan_last_change(fixture_plan, CONF)->after,
			 "default_entry: 2\nremember_last_entry: yes\n/+Arch\n//linux\n    protocol: linux\n"
			 "    module_path: boot():/initramfs-linux.img#0a1b\n    cmdline: " UUID " rw iommu=pt\n"
			 "    comment: x\n/linux (as before vfio-wizard)\n    protocol: linux\n"
			 "    module_path: boot():/initramfs-linux.img#0a1b\n    cmdline: " UUID
			 " rw vfio-wizard=off module_blacklist=vfio_pci\n    comment: x");
	/* Once is enough. */
	ck_assert_int_eq(bootloader_limine.stage_way_back(fixture_host, fixture_plan, stage, &fixture_err), 0);
	ck_assert_uint_eq(stage->n_changes, 1);
	ck_assert_ptr_null(strstr(strstr(plan_last_change(fixture_plan, CONF)->after, "(as before") + 1, "(as before"));
}
END_TEST

START_TEST(test_detect)
{
	const char *why;

	host_with("/a\nprotocol: linux\ncmdline: " UUID "\n");
	fixture_host->firmware.loader_info = NULL;
	ck_assert_int_eq(bootloader_limine.detect(fixture_host, &why), 60);
	fixture_write(CONF, "/a\nprotocol: linux\ncmdline: root=/dev/sdb1\n");
	ck_assert_int_eq(bootloader_limine.detect(fixture_host, &why), 30);
	fixture_host->firmware.loader_info = "systemd-boot 257";
	ck_assert_int_eq(bootloader_limine.detect(fixture_host, &why), 0);
	ck_assert_ptr_nonnull(strstr(why, "systemd-boot 257"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-limine");
	TCase *t = tcase_create("limine");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_add_loop_test(t, test_edits, 0, ARRAY_SIZE(edits));
	tcase_add_test(t, test_old_format);
	tcase_add_test(t, test_refusals);
	tcase_add_loop_test(t, test_tool, 0, ARRAY_SIZE(tools));
	tcase_add_test(t, test_way_back);
	tcase_add_test(t, test_detect);
	suite_add_tcase(s, t);
	return unit_run(s);
}
