/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot-fixture.h"

#include "base/strv.h"
#include "boot/bootloader.h"
#include "boot/grub-file.h"

#define MAIN "/etc/default/grub"
#define UPDATE_GRUB "/usr/sbin/update-grub"

/* What sourcing the text gives and what the lexer says must be the same. */
static const char *const sourced[] = {
	"GRUB_CMDLINE_LINUX_DEFAULT=quiet\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=quiet",
	"GRUB_CMDLINE_LINUX_DEFAULT=\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=''\nGRUB_CMDLINE_LINUX='a b'\n",
	"GRUB_CMDLINE_LINUX_DEFAULT='quiet splash' # iommu=pt\"\n",
	"#GRUB_CMDLINE_LINUX_DEFAULT=\"no\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"yes # no comment\"\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=\"one\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"two\"\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\\n    intel_iommu=on \\\n    iommu=pt\"\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=a\\ b\\\nc\n",
	"export GRUB_CMDLINE_LINUX_DEFAULT=\"x\" GRUB_CMDLINE_LINUX=y\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=x; GRUB_CMDLINE_LINUX=$GRUB_CMDLINE_LINUX_DEFAULT.z\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\r\nGRUB_CMDLINE_LINUX=\"\"\r\n",
	"X=foo\nGRUB_CMDLINE_LINUX_DEFAULT=\"${X} ${X:+bar} ${Y:-baz} ${Y-'q'} $\"\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=\"acpi_osi=\\\"Linux 2\\\" \\$tuned \\a \\\\\"\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=qu\"ie\"t'  sp'lash\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=temporary true\n",
	"A=1 GRUB_CMDLINE_LINUX_DEFAULT=both\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=x\nunset GRUB_CMDLINE_LINUX_DEFAULT\n",
	"D=x; D=\"$D a\"; GRUB_CMDLINE_LINUX_DEFAULT=\"$D\"\n",
	"GRUB_DISTRIBUTOR=`echo \"a b\" | cut -d' ' -f1`\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n",
	"GRUB_DISTRIBUTOR=\"$( (echo \")\") )\"\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n",
	"case x in (x) Y=1 ;; *) Y=2 ;; esac\nGRUB_CMDLINE_LINUX_DEFAULT=after\n",
	"f() { :; }\nif [ -e / ]; then :; fi\nGRUB_CMDLINE_LINUX_DEFAULT=after 2>/dev/null\n",
	". /etc/os-release 2>/dev/null || :\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n",
	"GRUB_CMDLINE_LINUX_DEFAULT=a+b#c\n\n\n   # end",
	"",
};

static void sourced_by_sh(char *buf, size_t size)
{
	char command[256];
	FILE *p;
	size_t n;

	snprintf(command, sizeof(command),
		 "sh -c '. %s%s; printf \"[%%s][%%s]\" \"$GRUB_CMDLINE_LINUX_DEFAULT\" "
		 "\"$GRUB_CMDLINE_LINUX\"'",
		 fixture_dir, MAIN);
	p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	n = fread(buf, 1, size - 1, p);
	buf[n] = '\0';
	pclose(p);
}

START_TEST(test_same_as_sourcing)
{
	struct arena *a = fixture_host->arena;
	struct grub_file file;
	struct grub_script s = { .arena = a, .files = &file, .n_files = 1 };
	struct grub_value normal, all;
	char real[512];

	fixture_write(MAIN, sourced[_i]);
	sourced_by_sh(real, sizeof(real));
	ck_assert_int_eq(
		grub_file_parse(a, MAIN, sourced[_i], strlen(sourced[_i]), &file, &fixture_err), 0);
	grub_script_value(&s, "GRUB_CMDLINE_LINUX_DEFAULT", &normal);
	grub_script_value(&s, "GRUB_CMDLINE_LINUX", &all);
	ck_assert_ptr_null(normal.unknown);
	ck_assert_str_eq(arena_printf(a, "[%s][%s]", normal.text, all.text), real);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
} broken[] = {
	{ "A=1\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\nB=2\n", 2 },
	{ "A=1\n\nB='x\n", 3 },
	{ "A=`echo\n", 1 },
	{ "A=1\nB=$(echo \"x\"\n", 2 },
	{ "A=\"${B\"\n", 1 },
	{ "A=1\nif true; then\nB=2\n", 2 },
	{ "A=1)\n", 1 },
	{ "A=1\r\n\r\nB=2\r\n", 2 }, /* sh: 2: \r: not found, and grub-mkconfig stops */
	{ "cat <<EOF\nx\nEOF\n", 1 },
};

START_TEST(test_broken)
{
	struct stage *stage = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	const char *const set[] = { "iommu=pt", NULL };
	char where[64];

	fixture_write(MAIN, broken[_i].text);
	fixture_write(UPDATE_GRUB, "#!/bin/sh\n");
	ck_assert_int_lt(bootloader_grub.stage_kargs(fixture_host, set, NULL, fixture_plan, stage,
						     &fixture_err),
			 0);
	ck_assert_int_eq(fixture_err.kind, ERR_INPUT);
	snprintf(where, sizeof(where), MAIN ":%u: ", broken[_i].line);
	ck_assert_msg(str_starts_with(fixture_err.msg, where), "%s", fixture_err.msg);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

/* before → after of the main file for one argument set (or, with '-', removed). */
static const struct {
	const char *arg, *before, *after;
} edits[] = {
	{ "iommu=pt",
	  "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n",
	  "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet "
	  "iommu=pt\"\nGRUB_CMDLINE_LINUX=\"\"\n" },
	{ "iommu=pt", "GRUB_CMDLINE_LINUX_DEFAULT=''", "GRUB_CMDLINE_LINUX_DEFAULT='iommu=pt'" },
	{ "iommu=pt", "GRUB_CMDLINE_LINUX_DEFAULT=quiet # c\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=pt\" # c\n" },
	{ "iommu=pt", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\r\nX=1\r\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=pt\"\r\nX=1\r\n" },
	{ "iommu=pt", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\\n  splash\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\\n  splash iommu=pt\"\n" },
	{ "iommu=pt", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\\n\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\\n iommu=pt\"\n" },
	{ "iommu=pt", "GRUB_CMDLINE_LINUX_DEFAULT=a\\ b\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=a\\ b\" iommu=pt\"\n" },
	{ "iommu=pt", "X=1\n", "X=1\nGRUB_CMDLINE_LINUX_DEFAULT=\"iommu=pt\"\n" },
	{ "iommu=pt", "GRUB_CMDLINE_LINUX_DEFAULT=\"a -- b\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"a iommu=pt -- b\"\n" },
	{ "iommu=pt", "GRUB_CMDLINE_LINUX_DEFAULT=\"a\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"b\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"a\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"b iommu=pt\"\n" },
	{ "intel_iommu=on", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=off splash\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on splash\"\n" },
	{ "-amd_iommu=off", "GRUB_CMDLINE_LINUX_DEFAULT=\"amd_iommu=off quiet\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n" },
	{ "-amd_iommu=off",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet "
	  "amd_iommu=off\"\nGRUB_CMDLINE_LINUX=\"amd_iommu=off\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n" },
	{ "-amd_iommu=off", "X='a amd_iommu=off'\nGRUB_CMDLINE_LINUX_DEFAULT=\"$X b\"\n",
	  "X='a'\nGRUB_CMDLINE_LINUX_DEFAULT=\"$X b\"\n" },
	{ "-iommu=off", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\\n  iommu=off \\\n  splash\"\n",
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet \\\n  splash\"\n" },
};

static int stage_one(const char *arg, struct stage **ret)
{
	const char *const set[] = { *arg == '-' ? NULL : arg, NULL };
	const char *const remove[] = { *arg == '-' ? arg + 1 : NULL, NULL };

	*ret = plan_stage(fixture_plan, "kernel", "Kernel", STAGE_END_REBOOT);
	return bootloader_grub.stage_kargs(fixture_host, set, remove, fixture_plan, *ret,
					   &fixture_err);
}

static void debian(void)
{
	arena_strv_add(fixture_host->arena, &fixture_host->identity.os_like, "debian");
	fixture_write(UPDATE_GRUB, "#!/bin/sh\nexec grub-mkconfig -o /boot/grub/grub.cfg \"$@\"\n");
	fixture_write("/usr/sbin/grub-mkconfig", "#!/bin/sh\n");
}

START_TEST(test_edits)
{
	const struct change *c;
	struct stage *stage;

	debian();
	fixture_write(MAIN, edits[_i].before);
	ck_assert_msg(stage_one(edits[_i].arg, &stage) == 0, "%s", fixture_err.msg);
	c = fixture_change(stage, MAIN);
	ck_assert_ptr_nonnull(c->path);
	ck_assert_int_eq(c->kind, CHANGE_EDIT);
	ck_assert_str_eq(c->after, edits[_i].after);
	ck_assert_str_eq(c->before, edits[_i].before);
	ck_assert_uint_eq(stage->n_changes, 2);
	ck_assert_str_eq(stage->changes[1]->argv[0], "grub-mkconfig");
	ck_assert_str_eq(stage->changes[1]->argv[2], "/boot/grub/grub.cfg.vfio-wizard");
	ck_assert_str_eq(stage->changes[1]->by_hand[0], "update-grub");
	ck_assert_str_eq(stage->changes[1]->made, "/boot/grub/grub.cfg.vfio-wizard");
	ck_assert_str_eq(stage->changes[1]->installed, "/boot/grub/grub.cfg");
	ck_assert_str_eq(stage->changes[1]->outputs[0], "/boot/grub/grub.cfg");
	ck_assert_str_eq(stage->changes[1]->outputs[1], "/boot/grub/grub.cfg.vfio-wizard");
	ck_assert_str_eq(stage->changes[1]->outputs[2], "/boot/grub/grub.cfg.vfio-wizard.new");
	if (*edits[_i].arg != '-')
		ck_assert_str_eq(stage->changes[1]->readback_needles[0] + 1, edits[_i].arg);
	ck_assert_int_eq(fixture_has_finding("grub-crlf"),
			 strstr(edits[_i].before, "\r\n") != NULL);
	/* What is written is what the shell reads. */
	fixture_write(MAIN, c->after);
	ck_assert_int_eq(fixture_run("sh -n '%s%s'", fixture_dir, MAIN), 0);
	/* And then there is nothing left to do. */
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_int_eq(stage_one(edits[_i].arg, &stage), 0);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(test_drop_in_wins)
{
	const char *drop_in = "/etc/default/grub.d/50-cloud.cfg";
	struct stage *stage;

	debian();
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	fixture_write(drop_in, "GRUB_CMDLINE_LINUX_DEFAULT=\"console=ttyS0\"\n");
	ck_assert_int_eq(stage_one("iommu=pt", &stage), 0);
	ck_assert(!fixture_has_change(stage, MAIN));
	ck_assert_str_eq(fixture_change(stage, drop_in)->after,
			 "GRUB_CMDLINE_LINUX_DEFAULT=\"console=ttyS0 iommu=pt\"\n");
	ck_assert(fixture_has_finding("grub-drop-in-wins"));
}
END_TEST

START_TEST(test_drop_in_that_adds_does_not_win)
{
	struct stage *stage;

	debian();
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	fixture_write("/etc/default/grub.d/50-x.cfg",
		      "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT foo=1\"\n");
	ck_assert_int_eq(stage_one("iommu=pt", &stage), 0);
	ck_assert_str_eq(fixture_change(stage, MAIN)->after,
			 "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=pt\"\n");
	ck_assert(!fixture_has_finding("grub-drop-in-wins"));
}
END_TEST

START_TEST(test_drop_ins_not_read_elsewhere)
{
	struct stage *stage;

	fixture_write("/usr/bin/grub-mkconfig", "#!/bin/sh\n. ${sysconfdir}/default/grub\n");
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	fixture_write("/etc/default/grub.d/50-x.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"ignored\"\n");
	ck_assert_int_eq(stage_one("iommu=pt", &stage), 0);
	ck_assert(fixture_has_change(stage, MAIN));
	ck_assert_str_eq(stage->changes[1]->argv[0], "grub-mkconfig");
}
END_TEST

START_TEST(test_unknown_value_gets_a_drop_in)
{
	const char *ours = "/etc/default/grub.d/zz-vfio-wizard.cfg";
	const struct change *c;
	struct stage *stage;

	debian();
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=\"`cat /etc/args`\"\n");
	ck_assert_msg(stage_one("iommu=pt", &stage) == 0, "%s", fixture_err.msg);
	ck_assert(!fixture_has_change(stage, MAIN));
	c = fixture_change(stage, ours);
	ck_assert_int_eq(c->kind, CHANGE_CREATE);
	ck_assert_ptr_nonnull(strstr(
		c->after, "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT iommu=pt\"\n"));
	ck_assert_ptr_nonnull(
		strstr(fixture_finding("grub-value-unknown")->evidence[0], MAIN ":1: "));
	/* A later stage of the same plan goes on in our own file. */
	ck_assert_int_eq(stage_one("a=1", &stage), 0);
	c = plan_last_change(fixture_plan, ours);
	ck_assert(c && strstr(c->after, " iommu=pt a=1\"\n"));
}
END_TEST

START_TEST(test_unknown_value_refused_without_drop_ins)
{
	struct stage *stage;

	fixture_write("/usr/sbin/grub-mkconfig", "#!/bin/sh\n");
	fixture_write(MAIN, "X=1\nif true; then\n  GRUB_CMDLINE_LINUX_DEFAULT=quiet\nfi\n");
	ck_assert_int_lt(stage_one("iommu=pt", &stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, MAIN ":3: "));
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(test_called_function_is_not_known)
{
	struct stage *stage;

	fixture_write("/usr/sbin/grub-mkconfig", "#!/bin/sh\n");
	fixture_write(MAIN, "f() {\n\tGRUB_CMDLINE_LINUX_DEFAULT=x\n}\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\nf\n");
	ck_assert_int_lt(stage_one("iommu=pt", &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, MAIN ":5: "));
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

START_TEST(test_xen_entries)
{
	struct stage *stage;

	debian();
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=quiet\nGRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT=\"\"\n");
	ck_assert_int_eq(stage_one("iommu=pt", &stage), 0);
	ck_assert(!fixture_has_finding("grub-xen-entries-differ"));
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=quiet\nGRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT=\"console=hvc0\"\n");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_int_eq(stage_one("iommu=pt", &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_finding("grub-xen-entries-differ")->text, "GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT"));
	ck_assert_ptr_nonnull(strstr(fixture_change(stage, MAIN)->after, "REPLACE_DEFAULT=\"console=hvc0\"\n"));
}
END_TEST

START_TEST(test_fedora)
{
	struct stage *stage;
	const char *why;

	fixture_write("/usr/sbin/grub2-mkconfig", "#!/bin/sh\n");
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX=\"rhgb quiet\"\n");
	ck_assert_int_eq(stage_one("iommu=pt", &stage), 0);
	ck_assert_str_eq(fixture_change(stage, MAIN)->after,
			 "GRUB_CMDLINE_LINUX=\"rhgb quiet iommu=pt\"\n");
	ck_assert_str_eq(stage->changes[1]->outputs[0], "/boot/grub2/grub.cfg");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX=\"rhgb quiet\"\nGRUB_ENABLE_BLSCFG=true\n");
	ck_assert_int_lt(stage_one("iommu=pt", &stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "--loader bls"));
	ck_assert_uint_eq(stage->n_changes, 0);
	ck_assert_int_eq(bootloader_grub.detect(fixture_host, &why), 0);
}
END_TEST

START_TEST(test_append_operator)
{
	const char *text =
		"GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX_DEFAULT+=\" x=1\"\n";
	struct stage *stage;

	debian();
	fixture_write(MAIN, text);
	fixture_write("/bin/bash", "");
	ck_assert_int_eq(fixture_run("ln -s bash '%s/bin/sh'", fixture_dir), 0);
	ck_assert_msg(stage_one("-x=1", &stage) == 0, "%s", fixture_err.msg);
	ck_assert_str_eq(
		fixture_change(stage, MAIN)->after,
		"GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX_DEFAULT+=\" \"\n");
	ck_assert_int_eq(fixture_run("ln -sf dash '%s/bin/sh'", fixture_dir), 0);
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_int_lt(stage_one("iommu=pt", &stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_INPUT);
	ck_assert(str_starts_with(fixture_err.msg, MAIN ":2: "));
}
END_TEST

START_TEST(test_overruled_and_bad_arguments)
{
	struct stage *stage;

	debian();
	fixture_write(
		MAIN,
		"GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"intel_iommu=off\"\n");
	ck_assert_int_eq(stage_one("intel_iommu=on", &stage), 0);
	ck_assert_ptr_nonnull(
		strstr(fixture_change(stage, MAIN)->after, "DEFAULT=\"quiet intel_iommu=on\""));
	ck_assert(fixture_has_finding("grub-argument-overruled"));
	ck_assert_int_lt(stage_one("a=$(reboot)", &stage), 0);
	ck_assert_int_eq(fixture_err.kind, ERR_NOT_POSSIBLE);
	ck_assert_int_eq(fixture_run("rm '%s" UPDATE_GRUB "' '%s/usr/sbin/grub-mkconfig'", fixture_dir, fixture_dir), 0);
	ck_assert_int_lt(stage_one("iommu=pt", &stage), 0);
	ck_assert_ptr_nonnull(strstr(fixture_err.msg, "update-grub"));
}
END_TEST

START_TEST(test_detect)
{
	const char *why;

	ck_assert_ptr_null(bootloader_detect(fixture_host, &why));
	ck_assert_ptr_nonnull(strstr(why, MAIN));
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	/* A leftover of another loader's host. */
	ck_assert_ptr_null(bootloader_detect(fixture_host, &why));
	fixture_host->boot.boot_image = "/vmlinuz-6.1.0-28-amd64";
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_grub);
	fixture_write("/etc/kernel/proxmox-boot-uuids", "1234-ABCD\n");
	ck_assert_str_eq(bootloader_detect(fixture_host, &why)->name, "proxmox-boot-tool");
	ck_assert_int_eq(fixture_run("rm -r '%s/etc/kernel'", fixture_dir), 0);
	ck_assert_ptr_eq(bootloader_detect(fixture_host, &why), &bootloader_grub);
	fixture_host->firmware.loader_info = "systemd-boot 252.6";
	ck_assert_ptr_null(bootloader_detect(fixture_host, &why));
	ck_assert_ptr_eq(bootloader_find("grub"), &bootloader_grub);
	ck_assert_ptr_null(bootloader_find("lilo"));
}
END_TEST

START_TEST(test_real_grub_mkconfig)
{
	struct stage *stage;

	if (geteuid() != 0 || fixture_run("unshare -m true 2>/dev/null") != 0 ||
	    fixture_run(
		    "test -x /usr/sbin/grub-mkconfig && command -v grub-script-check >/dev/null") !=
		    0) {
		printf("# grub-mkconfig not run: needs root, mount namespaces and grub-common\n");
		return;
	}
	debian();
	fixture_write(MAIN, "GRUB_DEFAULT=0\nGRUB_DISTRIBUTOR=Debian\n"
			    "GRUB_CMDLINE_LINUX_DEFAULT='quiet'\nGRUB_CMDLINE_LINUX=\"\"\n"
			    "GRUB_DISABLE_OS_PROBER=true\n");
	ck_assert_int_eq(stage_one("intel_iommu=on", &stage), 0);
	fixture_write(MAIN, fixture_change(stage, MAIN)->after);
	fixture_write("/boot/vmlinuz-6.1.0-28-amd64", "kernel");
	fixture_write("/boot/initrd.img-6.1.0-28-amd64", "initrd");
	fixture_write("/boot/config-6.1.0-28-amd64", "");
	fixture_write("/boot/grub/grubenv", "");
	/* grub-probe finds no disk inside a container; what is asked of it here is only that it answers. */
	fixture_write("/probe", "#!/bin/sh\necho ext2\n");
	ck_assert_int_eq(
		fixture_run(
			"chmod +x '%s/probe'; unshare -m sh -c 'mount --make-rprivate / && "
			"mount --bind %s/etc/default /etc/default && mount --bind %s/boot /boot && "
			"mount --bind %s/probe /usr/sbin/grub-probe && "
			"grub-mkconfig -o /boot/grub/grub.cfg' >'%s/log' 2>&1",
			fixture_dir, fixture_dir, fixture_dir, fixture_dir, fixture_dir),
		0);
	ck_assert_int_eq(fixture_run("grub-script-check '%s/boot/grub/grub.cfg'", fixture_dir), 0);
	ck_assert_int_eq(
		fixture_run("grep -q 'linux.*vmlinuz-6.1.0-28-amd64.*quiet intel_iommu=on' "
			    "'%s/boot/grub/grub.cfg'",
			    fixture_dir),
		0);
	/* The recovery entry stays a way back. */
	ck_assert_int_eq(
		fixture_run("grep 'linux.*single' '%s/boot/grub/grub.cfg' | grep -q -v intel_iommu",
			    fixture_dir),
		0);
}
END_TEST

#define GRUB_CFG "/boot/grub/grub.cfg"
#define CUSTOM "/boot/grub/custom.cfg"
#define MENU                                                                                                       \
	"set default=\"0\"\n"                                                                                       \
	"menuentry 'Other {system}' --class windows $menuentry_id_option 'osprober-efi-AAAA' {\n"                      \
	"\tchainloader /EFI/Microsoft/Boot/bootmgfw.efi\n}\n"                                                        \
	"menuentry 'Debian, old' --class debian $menuentry_id_option 'gnulinux-old' {\n"                               \
	"\tlinux\t/vmlinuz-6.1.0-27-amd64 root=UUID=aa ro quiet\n}\n"                                                \
	"submenu 'Advanced options' $menuentry_id_option 'advanced' {\n"                                              \
	"\tmenuentry 'Recovery' --id x {\n\t\tlinux\t/vmlinuz-6.1.0-28-amd64 root=UUID=aa ro single\n\t}\n"           \
	"\tmenuentry 'It\"s' --class debian --unrestricted $menuentry_id_option 'gnulinux-28' {\n"                     \
	"\t\tsavedefault\n\t\tif [ x$grub_platform = xxen ]; then insmod xzio; fi\n"                                 \
	"\t\tlinux\t/vmlinuz-6.1.0-28-amd64 root=UUID=aa ro  quiet module_blacklist=nouveau\n"                         \
	"\t\tinitrd\t/initrd.img-6.1.0-28-amd64\n\t}\n}\n"

/* A block of 1024 bytes with LINES in it. */
static void write_grubenv(const char *lines)
{
	char block[1025], *at;

	memset(block, '#', 1024);
	block[1024] = '\0';
	at = block + sprintf(block, "# GRUB Environment Block\n%s", lines);
	*at = '#';
	fixture_write("/boot/grub/grubenv", block);
}

static void booted(void)
{
	debian();
	fixture_write("/proc/mounts", "/dev/sda3 / ext4 rw 0 0\n/dev/sda2 /boot ext4 rw 0 0\n");
	fixture_host->identity.kernel = "6.1.0-28-amd64";
	fixture_host->boot.boot_image = "(hd0,gpt2)/vmlinuz-6.1.0-28-amd64";
	arena_strv_add(fixture_host->arena, &fixture_host->kernel.args, "root=UUID=aa");
	fixture_write(MAIN, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	fixture_write("/usr/sbin/grub-reboot", "");
	fixture_write(GRUB_CFG, MENU "source ${config_directory}/custom.cfg\n");
	write_grubenv("");
}

START_TEST(test_way_back)
{
	struct stage *stage = plan_stage(fixture_plan, "kernel", "", STAGE_END_REBOOT);
	const struct change *c;

	booted();
	fixture_write(CUSTOM, "# mine\nset color_normal=white");
	ck_assert_int_eq(bootloader_grub.stage_way_back(fixture_host, fixture_plan, stage, &fixture_err), 0);
	c = fixture_change(stage, CUSTOM);
	ck_assert_str_eq(c->after,
			 "# mine\nset color_normal=white\n"
			 "# vfio-wizard-before begins: written by vfio-wizard, removed by: vfio-wizard undo\n"
			 "menuentry 'As before vfio-wizard (Linux 6.1.0-28-amd64)' --class debian --unrestricted --id "
			 "vfio-wizard-before {\n"
			 "\t\tif [ x$grub_platform = xxen ]; then insmod xzio; fi\n"
			 "\t\tlinux\t/vmlinuz-6.1.0-28-amd64 root=UUID=aa ro  quiet "
			 "module_blacklist=nouveau,vfio_pci vfio-wizard=off\n"
			 "\t\tinitrd\t/initrd.img-6.1.0-28-amd64\n\t}\n"
			 "# vfio-wizard-before ends\n");
	/* One that is there is from before everything, whatever the menu says meanwhile. */
	fixture_write(CUSTOM, c->after);
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	stage = plan_stage(fixture_plan, "kernel", "", STAGE_END_REBOOT);
	ck_assert_int_eq(bootloader_grub.stage_way_back(fixture_host, fixture_plan, stage, &fixture_err), 0);
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

/* Menus without a fitting entry, or that do not read custom.cfg: said, and nothing is written. */
static const char *const menus_without[] = {
	"menuentry 'x' {\n\tlinux /vmlinuz-6.1.0-27-amd64 root=UUID=aa\n}\nsource custom: /custom.cfg\n",
	"menuentry 'x' {\n\tlinux /vmlinuz-6.1.0-28-amd64 root=UUID=bb\n}\n# /custom.cfg\n",
	"menuentry 'x' {\n\tlinux /vmlinuz-6.1.0-28-amd64 root=UUID=aa\n",
	"menuentry 'never ends /custom.cfg {\n\tlinux /vmlinuz-6.1.0-28-amd64 root=UUID=aa\n",
	"/custom.cfg\nmenuentry", "", MENU,
};

START_TEST(test_no_way_back)
{
	struct stage *stage = plan_stage(fixture_plan, "kernel", "", STAGE_END_REBOOT);

	booted();
	fixture_write(GRUB_CFG, menus_without[_i]);
	ck_assert_int_eq(bootloader_grub.stage_way_back(fixture_host, fixture_plan, stage, &fixture_err), 0);
	ck_assert_uint_eq(stage->n_changes, 0);
	ck_assert(fixture_has_finding("way-back-by-hand"));
}
END_TEST

static const char *trial(struct stage **ret)
{
	static const char *const set[] = { "iommu=pt", NULL }, *const remove[] = { "quiet", NULL };
	const char *why_not = NULL;

	*ret = plan_stage(fixture_plan, "kernel", "", STAGE_END_REBOOT);
	ck_assert_int_eq(bootloader_grub.stage_trial(fixture_host, set, remove, fixture_plan, *ret, &why_not,
						     &fixture_err),
			 0);
	return why_not;
}

START_TEST(test_trial)
{
	const struct change *c;
	struct stage *stage;

	booted();
	ck_assert_ptr_null(trial(&stage));
	ck_assert_uint_eq(stage->n_changes, 2);
	c = fixture_change(stage, CUSTOM);
	ck_assert_ptr_nonnull(strstr(c->after, " root=UUID=aa ro module_blacklist=nouveau iommu=pt\n"));
	ck_assert_ptr_nonnull(strstr(c->after, "--id vfio-wizard-trial {"));
	ck_assert_str_eq(stage->changes[1]->argv[0], "grub-reboot");
	ck_assert_str_eq(stage->changes[1]->argv[1], "vfio-wizard-trial");
	ck_assert_str_eq(stage->changes[1]->undo_argv[3], "next_entry");
	/* While it waits for the restart there is nothing more to do. */
	fixture_write(CUSTOM, c->after);
	write_grubenv("next_entry=vfio-wizard-trial\n");
	plan_free(fixture_plan);
	fixture_plan = plan_new();
	ck_assert_ptr_null(trial(&stage));
	ck_assert_uint_eq(stage->n_changes, 0);
	/* Made permanent, the entry of the trial goes. */
	ck_assert_int_eq(stage_one("iommu=pt", &stage), 0);
	ck_assert_str_eq(fixture_change(stage, CUSTOM)->after, "");
}
END_TEST

START_TEST(test_no_trial)
{
	struct stage *stage;

	booted();
	fixture_write("/proc/mounts", "/dev/sda3 / btrfs rw 0 0\n");
	ck_assert_ptr_nonnull(strstr(trial(&stage), "btrfs"));
	fixture_write("/proc/mounts", "/dev/sda3 / ext4 rw 0 0\n/dev/md0 /boot ext4 rw 0 0\n");
	ck_assert_ptr_nonnull(strstr(trial(&stage), "RAID"));
	fixture_run("rm '%s/proc/mounts'", fixture_dir);
	ck_assert_ptr_nonnull(trial(&stage));
	fixture_write("/proc/mounts", "/dev/sda3 / ext4 rw 0 0\n");
	fixture_run("rm '%s/boot/grub/grubenv'", fixture_dir);
	ck_assert_ptr_nonnull(strstr(trial(&stage), "grubenv"));
	ck_assert_uint_eq(stage->n_changes, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("boot-grub");
	TCase *t = tcase_create("grub");

	tcase_add_checked_fixture(t, fixture_setup, fixture_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_same_as_sourcing, 0, ARRAY_SIZE(sourced));
	tcase_add_loop_test(t, test_broken, 0, ARRAY_SIZE(broken));
	tcase_add_loop_test(t, test_edits, 0, ARRAY_SIZE(edits));
	tcase_add_test(t, test_drop_in_wins);
	tcase_add_test(t, test_way_back);
	tcase_add_loop_test(t, test_no_way_back, 0, ARRAY_SIZE(menus_without));
	tcase_add_test(t, test_trial);
	tcase_add_test(t, test_no_trial);
	tcase_add_test(t, test_drop_in_that_adds_does_not_win);
	tcase_add_test(t, test_drop_ins_not_read_elsewhere);
	tcase_add_test(t, test_unknown_value_gets_a_drop_in);
	tcase_add_test(t, test_unknown_value_refused_without_drop_ins);
	tcase_add_test(t, test_called_function_is_not_known);
	tcase_add_test(t, test_xen_entries);
	tcase_add_test(t, test_fedora);
	tcase_add_test(t, test_append_operator);
	tcase_add_test(t, test_overruled_and_bad_arguments);
	tcase_add_test(t, test_detect);
	tcase_add_test(t, test_real_grub_mkconfig);
	suite_add_tcase(s, t);
	return unit_run(s);
}
