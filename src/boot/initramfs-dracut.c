/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/early-script.h"
#include "boot/initramfs-image.h"

#include <errno.h>
#include <string.h>

/*
 * dracut.  What goes into an image are modules, looked for in /usr/lib/dracut/modules.d only (dracut.sh
 * of 059, and of dracut-ng in May 2026); other packages put theirs there, too.  install_items in
 * dracut.conf.d would not do: a file keeps its path, and the folder of hooks is /lib/dracut/hooks in
 * the former and /var/lib/dracut/hooks in the latter; inst_hook knows where it is.  Scripts in pre-udev
 * are run before udev starts, by the init of dracut's own and by dracut-pre-udev.service, and before
 * the modules of force_drivers and rd.driver.pre= are loaded.
 */
#define DRACUT_MODULES "/usr/lib/dracut/modules.d"
#define DRACUT_DIR DRACUT_MODULES "/01vfio-wizard"
#define DRACUT_SETUP DRACUT_DIR "/module-setup.sh"
#define DRACUT_SCRIPT DRACUT_DIR "/vfio-wizard.sh"

static const char dracut_setup_head[] =
	"#!/bin/bash\n"
	"# Written by vfio-wizard; taken back by: vfio-wizard undo\n"
	"# Puts vfio-pci into the initial RAM disk.\n"
	"\n"
	"check()\n"
	"{\n"
	"\treturn 0\n"
	"}\n"
	"\n"
	"depends()\n"
	"{\n"
	"\treturn 0\n"
	"}\n"
	"\n";

static bool dracut_is_installed(const struct host *h)
{
	return fsroot_exists(h->root, "/usr/bin/dracut") || fsroot_exists(h->root, "/usr/sbin/dracut");
}

static int dracut_detect(struct host *h, const char **ret_why)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (!dracut_is_installed(h)) {
		*ret_why = _("there is no dracut");
		return 0;
	}
	if (fsroot_exists(h->root, "/run/ostree-booted")) {
		*ret_why = _("the images of this host come with its deployments (ostree)");
		return 0;
	}
	/* One of initramfs-tools means that dracut is only installed beside it. */
	if (fsroot_exists(h->root, "/usr/sbin/mkinitramfs") &&
	    fsroot_read(h->root, "/usr/sbin/update-initramfs", &text, &len) >= 0 &&
	    !strstr(text, "dracut")) {
		*ret_why = _("dracut is there, but so is initramfs-tools");
		return 40;
	}
	if (fsroot_exists(h->root, "/usr/bin/mkinitcpio") ||
	    fsroot_exists(h->root, "/usr/bin/booster")) {
		*ret_why = _("dracut is there, but so is another tool");
		return 50;
	}
	*ret_why = _("dracut is the only tool that makes initial RAM disks here");
	return 90;
}

static const char *dracut_machine_id(struct host *h)
{
	const char *id;

	return fsroot_read_attr(h->root, h->arena, "/etc/machine-id", &id) == 0 && *id ? id : "Default";
}

/*
 * uefi=yes in dracut's settings makes each image a unified kernel image:
 * "EFI/Linux/linux-6.8.5-301.fc40.x86_64-MACHINE.efi".
 */
static const char *dracut_unified(struct host *h, const char *kernel)
{
	static const char *const folders[] = { "/boot/efi/EFI/Linux", "/efi/EFI/Linux",
					       "/boot/EFI/Linux" };
	_cleanup_free_ char *start = xasprintf("linux-%s", kernel);

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_strv_ char **names = NULL;

		if (fsroot_list(h->root, folders[i], &names) < 0)
			continue;
		for (char **name = names; name && *name; name++)
			if (str_starts_with(*name, start) && str_ends_with(*name, ".efi") &&
			    strchr("-.", (*name)[strlen(start)]))
				return arena_printf(h->arena, "%s/%s", folders[i], *name);
	}
	return NULL;
}

/* Does a line say uefi="yes" or uefi=yes? */
static bool dracut_text_is_unified(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n"), skip = strspn(text, " \t");

		if (skip < n && str_starts_with(text + skip, "uefi=")) {
			const char *value = text + skip + strlen("uefi=");

			value += strspn(value, "\"' ");
			if (str_starts_with(value, "yes"))
				return true;
		}
		text += n + (text[n] == '\n');
	}
	return false;
}

static bool dracut_file_is_unified(struct host *h, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	return fsroot_read(h->root, path, &text, &len) >= 0 && dracut_text_is_unified(text);
}

static bool dracut_makes_unified(struct host *h)
{
	static const char *const folders[] = { "/etc/dracut.conf.d", "/usr/lib/dracut/dracut.conf.d" };

	if (dracut_file_is_unified(h, "/etc/dracut.conf"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_strv_ char **names = NULL;

		if (fsroot_list(h->root, folders[i], &names) < 0)
			continue;
		for (char **name = names; name && *name; name++)
			if (str_ends_with(*name, ".conf") &&
			    dracut_file_is_unified(h, arena_printf(h->arena, "%s/%s", folders[i], *name)))
				return true;
	}
	return false;
}

/*
 * The image KERNEL starts with: the one that is there.  dracut's own choice (dracut.sh, "outfile")
 * depends on mounts and folders; naming the file makes sure that the copy kept for undo is of the
 * file that is written.  Debian and Ubuntu: initrd.img-, openSUSE: initrd-.
 */
static const char *dracut_image(struct host *h, const char *kernel)
{
	const char *id = dracut_machine_id(h);
	const char *const paths[] = {
		arena_printf(h->arena, "/efi/%s/%s/initrd", id, kernel),
		arena_printf(h->arena, "/boot/%s/%s/initrd", id, kernel),
		arena_printf(h->arena, "/boot/efi/%s/%s/initrd", id, kernel),
		arena_printf(h->arena, "/boot/initramfs-%s.img", kernel),
		arena_printf(h->arena, "/boot/initrd.img-%s", kernel),
		arena_printf(h->arena, "/boot/initrd-%s", kernel),
		arena_printf(h->arena, "/lib/modules/%s/initrd", kernel),
	};

	if (dracut_makes_unified(h))
		return dracut_unified(h, kernel);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (fsroot_exists(h->root, paths[i]))
			return paths[i];
	return NULL;
}

/* Kernels with modules to build from and an image to replace. */
static const char *const *dracut_kernels(struct host *h)
{
	const char *const *all = image_module_kernels(h), *const *kernels = NULL;

	for (; all && *all; all++)
		if (dracut_image(h, *all))
			arena_strv_add(h->arena, &kernels, *all);
	for (const char *const *k = h->boot.kernels; k && *k; k++)
		if (strstr(*k, "rescue")) /* has no modules, and is never built anew */
			arena_strv_add(h->arena, &kernels, *k);
	return kernels;
}

static int dracut_add_rebuild(struct host *h, struct plan *plan, struct stage *stage,
			      bool by_address, struct err *err)
{
	const char *const *kernels = image_kernels(h, plan, dracut_kernels(h), by_address);

	if (!kernels || !dracut_image(h, *kernels)) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			_("No initial RAM disk of dracut's was found, so it is not clear which file would have to "
			  "be made anew"));
		return err_hint(err, _("Looked for in /boot, /efi, /boot/efi and /lib/modules, for every kernel "
				       "that has modules."));
	}
	for (; *kernels; kernels++) {
		const char *image = dracut_image(h, *kernels);
		const char *const argv[] = { "dracut", "-f", image, *kernels, NULL };
		const char *const look[] = { "lsinitrd", image, NULL };
		struct change *c = image_add_rebuild(plan, stage, argv, *kernels);

		arena_strv_add(plan->arena, &c->outputs, image);
		image_add_readback(h, plan, c, "/usr/bin/lsinitrd", look,
				   by_address ? "hooks/pre-udev/00-vfio-wizard.sh" : NULL,
				   "/vfio-pci.ko");
	}
	return 0;
}

/* What is named there and does not exist makes dracut-install fail, and with it the whole image. */
static int dracut_check_config(struct host *h, struct plan *plan, struct err *err)
{
	static const char *const config[] = { "/etc/dracut.conf", "/etc/dracut.conf.d/", NULL };

	return image_refuse_vanished(h, plan, config, err);
}

/*
 * hostonly='': else instmods leaves out what is not loaded at the moment.  MODPROBE_FILE: only images
 * for just this host get the files of /etc/modprobe.d by themselves.
 */
static int dracut_add_setup(struct host *h, struct plan *plan, struct stage *stage, bool by_address,
			    const char *modprobe_file, struct err *err)
{
	_cleanup_str_ struct str setup = { 0 };

	str_add(&setup, dracut_setup_head);
	if (h->vfio.vfio_pci != MODULE_BUILTIN)
		str_add(&setup, "installkernel()\n"
				"{\n"
				"\thostonly='' instmods vfio_pci\n"
				"}\n"
				"\n");
	str_add(&setup, "install()\n{\n\tinst_multiple modprobe\n");
	if (modprobe_file)
		str_addf(&setup, "\tinst_simple %s\n", modprobe_file);
	/* moddir is dracut's, and the script must be there while one of its images is made. */
	if (by_address)
		str_add(&setup, "\t# shellcheck disable=SC2154\n"
				"\tinst_hook pre-udev 00 \"$moddir/vfio-wizard.sh\"\n");
	str_add(&setup, "}\n");
	return image_add_file(h, plan, stage, DRACUT_SETUP, str_c(&setup), 0755,
			      _("puts vfio-pci into the initial RAM disk"), err);
}

static int dracut_stage_bind(struct host *h, const struct pci_device *const *devices, unsigned n,
			     struct plan *plan, struct stage *stage, struct err *err)
{
	/* source_hook of dracut-lib.sh reads it into the shell that starts the computer. */
	static const struct early_script how = { .before = "", .after = "", .is_sourced = true };
	_cleanup_str_ struct str script = { 0 };
	int r = dracut_add_setup(h, plan, stage, true, NULL, err);

	early_script_add(&script, &how, devices, n);
	if (r >= 0)
		r = image_add_file(
			h, plan, stage, DRACUT_SCRIPT, str_c(&script), 0755,
			_("hands the devices to vfio-pci before their own drivers are loaded"),
			err);
	if (r < 0 || !stage->n_changes)
		return r;
	r = dracut_check_config(h, plan, err);
	return r < 0 ? r : dracut_add_rebuild(h, plan, stage, true, err);
}

static int dracut_stage_image(struct host *h, const char *modprobe_file, struct plan *plan,
			      struct stage *stage, struct err *err)
{
	/* An earlier script that hands over by address stays what it is. */
	bool by_address = fsroot_exists(h->root, DRACUT_SCRIPT);
	int r = dracut_add_setup(h, plan, stage, by_address, modprobe_file, err);

	if (r < 0 || !stage->n_changes)
		return r;
	r = dracut_check_config(h, plan, err);
	return r < 0 ? r : dracut_add_rebuild(h, plan, stage, by_address, err);
}

static int dracut_stage_rebuild(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	int r = dracut_check_config(h, plan, err);

	return r < 0 ? r : dracut_add_rebuild(h, plan, stage, false, err);
}

const struct initramfs_tool initramfs_dracut = {
	.name = "dracut",
	.detect = dracut_detect,
	.stage_bind = dracut_stage_bind,
	.stage_image = dracut_stage_image,
	.stage_rebuild = dracut_stage_rebuild,
};
