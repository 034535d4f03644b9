/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"
#include "boot/initramfs-image.h"

#include <errno.h>
#include <string.h>

/*
 * booster (Arch, optional).  Its images have no shell and run no scripts, so nothing in them could
 * write driver_override.  What it can do (docs/manpage.md): load modules first, by
 * "modules_force_load: vfio_pci,…" in /etc/booster.yaml, with the options of /etc/modprobe.d as they
 * were when the image was made.
 */
#define BOOSTER_CONF "/etc/booster.yaml"
#define BOOSTER_KEY "modules_force_load:"

static int booster_detect(struct host *h, const char **ret_why)
{
	if (!fsroot_exists(h->root, "/usr/bin/booster")) {
		*ret_why = _("there is no /usr/bin/booster");
		return 0;
	}
	if (fsroot_exists(h->root, "/usr/bin/mkinitcpio") && image_starts_with_booster(h) == 1) {
		*ret_why = _("both booster and mkinitcpio are there, and the image that is started is booster's");
		return 80;
	}
	if (fsroot_exists(h->root, "/usr/bin/mkinitcpio") || fsroot_exists(h->root, "/usr/bin/dracut")) {
		*ret_why = _("booster is there, but so is another tool");
		return 50;
	}
	*ret_why = _("booster is the only tool that makes initial RAM disks here");
	return 90;
}

static int booster_stage_bind(struct host *h _unused_, const struct pci_device *const *devices _unused_,
			      unsigned n _unused_, struct plan *plan _unused_,
			      struct stage *stage _unused_, struct err *err)
{
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("booster makes initial RAM disks that run no scripts, so devices cannot be handed over by "
		  "address there"));
	return err_hint(err, _("Choose --bind id, where no other device of this host has the same id, or --bind "
			       "libvirt."));
}

/* Is vfio_pci among the words of "a,b # c" already, in front? */
static bool booster_value_is_ours(const char *value)
{
	value += strspn(value, " \t\"'");
	return (str_starts_with(value, "vfio_pci") || str_starts_with(value, "vfio-pci")) &&
	       strchr(", \t\"'\n#", value[strlen("vfio_pci")]);
}

/*
 * vfio_pci in front of the list that is there, or a line of our own.  A list in another shape of YAML
 * is not touched.
 */
static int booster_edit(const char *before, size_t len, struct str *out, struct err *err)
{
	const char *line = before, *value;
	size_t skip;

	while (*line && !str_starts_with(line, BOOSTER_KEY)) {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (!*line) {
		str_addn(out, before, len);
		if (out->len && out->data[out->len - 1] != '\n')
			str_addc(out, '\n');
		str_add(out, BOOSTER_KEY " vfio_pci\n");
		return 0;
	}
	value = line + strlen(BOOSTER_KEY);
	skip = strspn(value, " \t");
	if (booster_value_is_ours(value)) {
		str_addn(out, before, len);
		return 0;
	}
	if (!skip || strchr("|>[&*!\n#", value[skip])) {
		err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			_("In %s the value of modules_force_load is not a plain list in one line"),
			BOOSTER_CONF);
		return err_hint(err, _("Write it as one line: modules_force_load: vfio_pci,NAME,NAME"));
	}
	skip += value[skip] == '"' || value[skip] == '\'';
	str_addn(out, before, (size_t)(value - before) + skip);
	str_add(out, "vfio_pci,");
	str_add(out, value + skip);
	return 0;
}

static int booster_add_config(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_str_ struct str text = { 0 };
	const char *before = NULL;
	size_t len = 0;
	int r;

	if (h->vfio.vfio_pci == MODULE_BUILTIN)
		return 0;
	r = boot_text_read(h, plan, plan->arena, BOOSTER_CONF, &before, &len, err);
	if (r < 0 && r != -ENOENT)
		return r;
	r = booster_edit(before ? before : "", len, &text, err);
	if (r >= 0)
		stage_add_file(plan, stage, BOOSTER_CONF, before, len, str_c(&text), text.len, 0644,
			       _("loads vfio-pci before other drivers"));
	return r;
}

/* The name Arch's packages give a kernel: /usr/lib/modules/6.9.7-arch1-1/pkgbase holds "linux". */
static const char *booster_image(struct host *h, const char *kernel)
{
	const char *base, *image;

	if (fsroot_read_attr(h->root, h->arena,
			     arena_printf(h->arena, "/lib/modules/%s/pkgbase", kernel), &base) < 0)
		return NULL;
	image = arena_printf(h->arena, "/boot/booster-%s.img", base);
	return fsroot_exists(h->root, image) ? image : NULL;
}

static int booster_stage_rebuild(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	static const char *const config[] = { BOOSTER_CONF, NULL };
	const char *const *all = image_module_kernels(h), *const *kernels = NULL;
	int r = image_refuse_vanished(h, plan, config, err);

	if (r < 0)
		return r;
	for (; all && *all; all++)
		if (booster_image(h, *all))
			arena_strv_add(h->arena, &kernels, *all);
	if (!kernels)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("No image of booster's was found in /boot, so it is not clear which file would have to "
				 "be made anew"));
	/* Not regenerate_images, which also copies every kernel to /boot once more. */
	for (kernels = image_kernels(h, plan, kernels, false); *kernels; kernels++) {
		const char *image = booster_image(h, *kernels);
		const char *const argv[] = {
			"booster", "build", "--force", "--kernel-version", *kernels, image, NULL
		};
		const char *const look[] = { "booster", "ls", image, NULL };
		struct change *c = image_add_rebuild(plan, stage, argv, *kernels);

		arena_strv_add(plan->arena, &c->outputs, image);
		image_add_readback(h, plan, c, "/usr/bin/booster", look, NULL, "/vfio_pci.ko");
	}
	return 0;
}

static int booster_stage_image(struct host *h, const char *modprobe_file _unused_, struct plan *plan,
			       struct stage *stage, struct err *err)
{
	int r = booster_add_config(h, plan, stage, err);

	return r < 0 || !stage->n_changes ? r : booster_stage_rebuild(h, plan, stage, err);
}

const struct initramfs_tool initramfs_booster = {
	.name = "booster",
	.detect = booster_detect,
	.stage_bind = booster_stage_bind,
	.stage_image = booster_stage_image,
	.stage_rebuild = booster_stage_rebuild,
};
