/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"

#include <errno.h>
#include <string.h>

/*
 * Systems that are known and whose kernel arguments are not ours to write: they are set in the source of
 * an image or of a configuration, or by loaders without a menu to go back with.  Each says how it is
 * done there.  Their word in JSON is "unknown", as cli.md has it.
 *
 * Where the system writes the loader's files itself the score is above all others, which may see
 * nothing but an ordinary systemd-boot or GRUB.
 */
#define FOREIGN_OWNER 120

static int foreign_score(struct host *h, bool there, int score, const char *why_not, const char *why, const char **ret)
{
	*ret = arena_strdup(h->arena, there ? why : why_not);
	return there ? score : 0;
}

/* No loader with a name has started this kernel. */
static bool foreign_is_nameless(struct host *h)
{
	const struct boot_evidence *e = boot_evidence(h);

	return e->program == BOOT_PROGRAM_UNKNOWN || e->program == BOOT_PROGRAM_OTHER;
}

static int foreign_configured(struct host *h, struct kargs *ret, struct err *err _unused_)
{
	ret->args = NULL;
	for (const char *const *a = h->kernel.args; a && *a; a++)
		if (!str_starts_with(*a, "BOOT_IMAGE=") && !str_starts_with(*a, "initrd="))
			strv_add(&ret->args, *a);
	return 0;
}

/* One or none: PATH when it is there. */
static const char *const *foreign_file(struct host *h, const char *path)
{
	const char *const *files = NULL;

	if (fsroot_exists(h->root, path))
		arena_strv_add(h->arena, &files, path);
	return files;
}

/* "intel_iommu=on" "iommu=pt", as Nix and TOML quote them; BETWEEN them. */
static char *foreign_quote(const char *const *args, const char *between)
{
	struct str out = { 0 };

	for (; args && *args; args++)
		str_addf(&out, "%s\"%s\"", out.len ? between : "", *args);
	return str_steal(&out);
}

static int foreign_refuse(struct err *err, const char *const *remove, const char *sentence, const char *hint)
{
	_cleanup_free_ char *gone = strv_join(remove, " ");

	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, "%s", sentence);
	if (!*gone)
		return err_hint(err, "%s", hint);
	return err_hint(err, _("Take out: %s. %s"), gone, hint);
}

/* NixOS: https://search.nixos.org, boot.kernelParams; every file of the loader is made from it. */
static int nixos_detect(struct host *h, const char **ret_why)
{
	return foreign_score(h, str_eq(h->identity.os_id, "nixos") || fsroot_exists(h->root, "/etc/NIXOS"), FOREIGN_OWNER,
			     _("this is not NixOS"), _("this is NixOS, which makes all boot files itself"), ret_why);
}

static const char *const *nixos_files(struct host *h)
{
	return foreign_file(h, "/etc/nixos/configuration.nix");
}

static int nixos_stage(struct host *h, const char *const *set, const char *const *remove, struct plan *plan _unused_,
		       struct stage *stage _unused_, struct err *err)
{
	_cleanup_free_ char *args = foreign_quote(set, " ");

	return foreign_refuse(err, remove,
			      _("NixOS makes its boot files from its configuration, so a change of the files themselves would "
				"be lost"),
			      arena_printf(h->arena,
					   _("Add to your configuration: boot.kernelParams = [ %s ]; then run: sudo nixos-rebuild "
					     "boot. The generation that runs now stays in the boot menu."),
					   args));
}

/* An image without rpm-ostree: https://bootc-dev.github.io/bootc/building/kernel-arguments.html */
static int bootc_detect(struct host *h, const char **ret_why)
{
	bool ostree = fsroot_exists(h->root, "/run/ostree-booted") || host_cmdline_value(h, "ostree");

	return foreign_score(h, ostree && !fsroot_exists(h->root, "/usr/bin/rpm-ostree"), FOREIGN_OWNER,
			     _("this is no ostree system without rpm-ostree"),
			     _("this is an ostree system without rpm-ostree, whose arguments come with its image"), ret_why);
}

static const char *const *bootc_files(struct host *h)
{
	return foreign_file(h, "/usr/lib/bootc/kargs.d");
}

static int bootc_stage(struct host *h, const char *const *set, const char *const *remove, struct plan *plan _unused_,
		       struct stage *stage _unused_, struct err *err)
{
	_cleanup_free_ char *args = foreign_quote(set, ", ");

	return foreign_refuse(err, remove,
			      _("The kernel arguments of this system come with its image, and there is no rpm-ostree to change "
				"them on this computer alone"),
			      arena_printf(h->arena,
					   _("Put into your image the file /usr/lib/bootc/kargs.d/50-vfio.toml with the line: kargs "
					     "= [%s]; then run: sudo bootc upgrade. The deployment that runs now stays in the boot "
					     "menu."),
					   args));
}

/* extlinux, or U-Boot reading its file: a line "append …" for each entry. */
#define EXTLINUX_FILE "/boot/extlinux/extlinux.conf"

static int extlinux_detect(struct host *h, const char **ret_why)
{
	return foreign_score(h, foreign_is_nameless(h) && fsroot_exists(h->root, EXTLINUX_FILE), 60,
			     _("extlinux.conf is not in charge"),
			     _("extlinux.conf exists, and no other boot loader says that it started this kernel"), ret_why);
}

static const char *const *extlinux_files(struct host *h)
{
	return foreign_file(h, EXTLINUX_FILE);
}

static int extlinux_stage(struct host *h, const char *const *set, const char *const *remove, struct plan *plan _unused_,
			  struct stage *stage _unused_, struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " ");

	return foreign_refuse(err, remove,
			      _("This system is started by extlinux or U-Boot, whose file vfio-wizard does not write"),
			      arena_printf(h->arena,
					   _("In %s copy the entry that starts this system, give the copy another label, and add to "
					     "its \"append\" line: %s. The old entry is your way back."),
					   EXTLINUX_FILE, args));
}

/* Raspberry Pi: one line on the firmware's partition, https://www.raspberrypi.com/documentation/computers/configuration.html */
static const char *raspberry_path(struct host *h)
{
	static const char *const paths[] = { "/boot/firmware/cmdline.txt", "/boot/cmdline.txt" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (fsroot_exists(h->root, paths[i]))
			return paths[i];
	return NULL;
}

static int raspberry_detect(struct host *h, const char **ret_why)
{
	return foreign_score(h, foreign_is_nameless(h) && raspberry_path(h), 60,
			     _("no cmdline.txt of a Raspberry Pi is in charge"),
			     _("there is a cmdline.txt as the Raspberry Pi has it, and no boot loader says that it started this "
			       "kernel"),
			     ret_why);
}

static const char *const *raspberry_files(struct host *h)
{
	return raspberry_path(h) ? foreign_file(h, raspberry_path(h)) : NULL;
}

static int raspberry_stage(struct host *h, const char *const *set, const char *const *remove, struct plan *plan _unused_,
			   struct stage *stage _unused_, struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " ");
	const char *path = raspberry_path(h);

	return foreign_refuse(err, remove,
			      _("The firmware of a Raspberry Pi starts the kernel without a menu, so a bad argument could only be "
				"taken back with the card in another computer"),
			      arena_printf(h->arena, _("Keep a copy of %s and add to its only line: %s"),
					   path ? path : "cmdline.txt", args));
}

/*
 * zipl of IBM Z, zipl.conf(5): "parameters = root=…" in the sections of /etc/zipl.conf, or where that has
 * none the entries of /boot/loader/entries; either counts only once zipl has written the boot record.
 */
#define ZIPL_FILE "/etc/zipl.conf"

static int zipl_detect(struct host *h, const char **ret_why)
{
	return foreign_score(h, foreign_is_nameless(h) && fsroot_exists(h->root, ZIPL_FILE), FOREIGN_OWNER,
			     _("zipl is not in charge"),
			     _("there is a zipl.conf as IBM Z has it, and no other boot loader says that it started this kernel"),
			     ret_why);
}

static const char *const *zipl_files(struct host *h)
{
	return foreign_file(h, ZIPL_FILE);
}

static int zipl_stage(struct host *h, const char *const *set, const char *const *remove, struct plan *plan _unused_,
		      struct stage *stage _unused_, struct err *err)
{
	_cleanup_strv_ char **entries = NULL;
	_cleanup_free_ char *args = strv_join(set, " ");
	bool has_entries = fsroot_list(h->root, "/boot/loader/entries", &entries) >= 0 && entries && *entries;
	const char *hint;

	if (has_entries)
		hint = arena_printf(h->arena,
				    _("Add to the line \"options\" of a copy of your entry in /boot/loader/entries: %s; then "
				      "run: sudo zipl. The old entry is your way back."),
				    args);
	else
		hint = arena_printf(h->arena,
				    _("In %s copy the section that starts this system, give the copy another name, add to its "
				      "line \"parameters\": %s; name it in the menu, and run: sudo zipl. The old section is your "
				      "way back."),
				    ZIPL_FILE, args);
	return foreign_refuse(err, remove, _("This system is started by zipl, whose boot record vfio-wizard does not write"),
			      hint);
}

const struct bootloader bootloader_foreign_nixos = {
	.name = "unknown",
	.title = "NixOS",
	.detect = nixos_detect,
	.files = nixos_files,
	.configured = foreign_configured,
	.stage_kargs = nixos_stage,
};

const struct bootloader bootloader_foreign_bootc = {
	.name = "unknown",
	.title = "bootc",
	.detect = bootc_detect,
	.files = bootc_files,
	.configured = foreign_configured,
	.stage_kargs = bootc_stage,
};

const struct bootloader bootloader_foreign_extlinux = {
	.name = "unknown",
	.title = "extlinux",
	.detect = extlinux_detect,
	.files = extlinux_files,
	.configured = foreign_configured,
	.stage_kargs = extlinux_stage,
};

const struct bootloader bootloader_foreign_raspberry = {
	.name = "unknown",
	.title = "Raspberry Pi",
	.detect = raspberry_detect,
	.files = raspberry_files,
	.configured = foreign_configured,
	.stage_kargs = raspberry_stage,
};

const struct bootloader bootloader_foreign_zipl = {
	.name = "unknown",
	.title = "zipl",
	.detect = zipl_detect,
	.files = zipl_files,
	.configured = foreign_configured,
	.stage_kargs = zipl_stage,
};
