/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "boot/boot-text.h"
#include "boot/early-script.h"
#include "boot/initramfs-image.h"
#include "boot/mkinitcpio-preset.h"

#include <errno.h>
#include <string.h>

/*
 * mkinitcpio (Arch, Manjaro, CachyOS).  Its own init runs the run_earlyhook functions in the order of
 * HOOKS, then loads MODULES, then runs udev's run_hook, which triggers the loading of drivers; so a
 * run_earlyhook comes before all of them.  With the hook "systemd" nothing in /hooks is run: there it
 * is a unit ordered before udev and before systemd-modules-load, which loads MODULES.
 */
#define MK_HOOK "/etc/initcpio/hooks/vfio-wizard"
#define MK_INSTALL "/etc/initcpio/install/vfio-wizard"
#define MK_UNIT "/etc/initcpio/vfio-wizard.service"
#define MK_CONF "/etc/mkinitcpio.conf"
#define MK_DROPIN "/etc/mkinitcpio.conf.d/zz-vfio-wizard.conf"

static const char mk_unit[] =
	"# Written by vfio-wizard; taken back by: vfio-wizard undo\n"
	"# Only for the initial RAM disk: the install hook vfio-wizard copies it there.\n"
	"[Unit]\n"
	"Description=Hand devices to vfio-pci\n"
	"DefaultDependencies=no\n"
	"Before=systemd-modules-load.service systemd-udevd.service systemd-udev-trigger.service sysinit.target\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"ExecStart=/usr/bin/sh /usr/lib/vfio-wizard/hand-over --run\n";

static const char mk_install_head[] = "#!/usr/bin/env bash\n"
				      "# Written by vfio-wizard; taken back by: vfio-wizard undo\n"
				      "\n"
				      "build()\n"
				      "{\n";
/* "base" brings sh and modprobe with the hook "systemd", too, but nobody has to have it then. */
static const char mk_install_script[] =
	"\t# HOOKS and BUILDROOT are mkinitcpio's.\n"
	"\t# shellcheck disable=SC2153,SC2154\n"
	"\tcase \" ${HOOKS[*]} \" in\n"
	"\t*' systemd '*)\n"
	"\t\t[[ -e $BUILDROOT/usr/bin/sh ]] || add_binary /usr/bin/bash /usr/bin/sh\n"
	"\t\t[[ -e $BUILDROOT/usr/bin/modprobe ]] || add_binary /usr/bin/kmod /usr/bin/modprobe\n"
	"\t\tadd_file " MK_HOOK " /usr/lib/vfio-wizard/hand-over 755\n"
	"\t\tadd_file " MK_UNIT " /usr/lib/systemd/system/vfio-wizard.service 644\n"
	"\t\tadd_symlink /usr/lib/systemd/system/sysinit.target.wants/vfio-wizard.service ../vfio-wizard.service\n"
	"\t\t;;\n"
	"\t*)\n"
	"\t\tadd_runscript\n"
	"\t\t;;\n"
	"\tesac\n";
static const char mk_install_tail[] = "}\n"
				      "\n"
				      "help()\n"
				      "{\n"
				      "\techo 'Hands devices of this host to vfio-pci (vfio-wizard).'\n"
				      "}\n";

#define MK_BEGIN "# >>> vfio-wizard (taken back by: vfio-wizard undo)\n"
#define MK_END "# <<< vfio-wizard\n"
/*
 * Read after everything else, so it holds whatever other files say.  Ours goes behind "base", which
 * brings the shell, and so in front of udev, systemd and kms.  The kms hook only puts graphics drivers into
 * the image; it can stay.  HOOKS="base udev …", which is no array, is split here as mkinitcpio would.
 */
static const char mk_settings[] =
	"read -r -a HOOKS <<<\"${HOOKS[*]}\"\n"
	"case \" ${HOOKS[*]} \" in\n"
	"*' vfio-wizard '*) ;;\n"
	"*' base '*)\n"
	"\tvfio_wizard_hooks=()\n"
	"\tfor vfio_wizard_hook in \"${HOOKS[@]}\"; do\n"
	"\t\tvfio_wizard_hooks+=(\"$vfio_wizard_hook\")\n"
	"\t\t[[ $vfio_wizard_hook != base ]] || vfio_wizard_hooks+=(vfio-wizard)\n"
	"\tdone\n"
	"\tHOOKS=(\"${vfio_wizard_hooks[@]}\")\n"
	"\tunset vfio_wizard_hooks vfio_wizard_hook\n"
	"\t;;\n"
	"*) HOOKS=(vfio-wizard \"${HOOKS[@]}\") ;;\n"
	"esac\n";
/* MODULES are loaded in their order: in front of a graphics driver that somebody put there. */
static const char mk_settings_module[] = "read -r -a MODULES <<<\"${MODULES[*]}\"\n"
					 "case \" ${MODULES[*]} \" in\n"
					 "' vfio_pci '*) ;;\n"
					 "*) MODULES=(vfio_pci \"${MODULES[@]}\") ;;\n"
					 "esac\n";

static int mk_detect(struct host *h, const char **ret_why)
{
	struct mkinitcpio_preset *presets = NULL;
	struct err ignored = { 0 };
	unsigned n = 0;

	if (!fsroot_exists(h->root, "/usr/bin/mkinitcpio") || !fsroot_exists(h->root, MK_CONF)) {
		*ret_why = _("there is no /usr/bin/mkinitcpio with /etc/mkinitcpio.conf");
		return 0;
	}
	if (mkinitcpio_presets(h, &presets, &n, &ignored) == 0 && !n) {
		*ret_why = _("mkinitcpio has no preset that makes an image");
		return 40;
	}
	if (fsroot_exists(h->root, "/usr/bin/booster") && image_starts_with_booster(h) == 0) {
		*ret_why = _("both mkinitcpio and booster are there, and the image that is started is mkinitcpio's");
		return 80;
	}
	if (fsroot_exists(h->root, "/usr/bin/booster") || fsroot_exists(h->root, "/usr/bin/dracut")) {
		*ret_why = _("mkinitcpio is there, but so is another tool");
		return 50;
	}
	*ret_why = _("/usr/bin/mkinitcpio and its presets exist");
	return 90;
}

/* Older versions read only the one file.  The program itself tells: "_d_config=…" names the folder. */
static bool mk_reads_dropins(struct host *h)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	return fsroot_exists(h->root, "/etc/mkinitcpio.conf.d") ||
	       (fsroot_read(h->root, "/usr/bin/mkinitcpio", &text, &len) >= 0 &&
		strstr(text, "_d_config"));
}

static void mk_add_settings(const struct host *h, struct str *out)
{
	if (h->vfio.vfio_pci != MODULE_BUILTIN)
		str_add(out, mk_settings_module);
	str_add(out, mk_settings);
}

static int mk_add_dropin(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_str_ struct str text = { 0 };

	str_add(&text, "# Written by vfio-wizard; taken back by: vfio-wizard undo\n");
	mk_add_settings(h, &text);
	return image_add_file(h, plan, stage, MK_DROPIN, str_c(&text), 0644,
			      _("adds the hook that hands devices to vfio-pci"), err);
}

/* These lines at the end of a file of settings, in place of those of an earlier run. */
static int mk_add_block(struct host *h, struct plan *plan, struct stage *stage, const char *path,
			struct err *err)
{
	_cleanup_str_ struct str text = { 0 };
	const char *before, *begin, *end;
	size_t len;
	int r = boot_text_read(h, plan, plan->arena, path, &before, &len, err);

	if (r == -ENOENT)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("A preset of mkinitcpio names %s, which is not there"),
			       path);
	if (r < 0)
		return r;
	begin = strstr(before, MK_BEGIN);
	end = begin ? strstr(begin, MK_END) : NULL;
	str_addn(&text, before, begin && end ? (size_t)(begin - before) : len);
	if (text.len && text.data[text.len - 1] != '\n')
		str_addc(&text, '\n');
	str_add(&text, MK_BEGIN);
	mk_add_settings(h, &text);
	str_add(&text, MK_END);
	if (begin && end)
		str_add(&text, end + strlen(MK_END));
	stage_add_file(plan, stage, path, before, len, str_c(&text), text.len, 0644,
		       _("adds the hook that hands devices to vfio-pci"));
	return 0;
}

/*
 * "mkinitcpio -c FILE", which a preset with ..._config makes of it, reads no drop-ins: these files get
 * the lines themselves.
 */
static int mk_add_config(struct host *h, const struct mkinitcpio_preset *presets, unsigned n,
			 struct plan *plan, struct stage *stage, struct err *err)
{
	bool uses_default = false;
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < n; i++) {
		uses_default = uses_default || presets[i].uses_default;
		for (const char *const *c = presets[i].configs; r >= 0 && c && *c; c++)
			r = mk_add_block(h, plan, stage, *c, err);
	}
	if (r < 0 || !uses_default)
		return r;
	return mk_reads_dropins(h) ? mk_add_dropin(h, plan, stage, err)
				   : mk_add_block(h, plan, stage, MK_CONF, err);
}

static int mk_add_install(struct host *h, struct plan *plan, struct stage *stage, bool by_address,
			  const char *modprobe_file, struct err *err)
{
	_cleanup_str_ struct str text = { 0 };

	str_add(&text, mk_install_head);
	if (h->vfio.vfio_pci != MODULE_BUILTIN)
		str_add(&text, "\tadd_module vfio_pci\n");
	/* The hook modconf would bring it, if it is among HOOKS. */
	if (modprobe_file)
		str_addf(&text, "\tadd_file %s\n", modprobe_file);
	if (by_address)
		str_add(&text, mk_install_script);
	str_add(&text, mk_install_tail);
	return image_add_file(h, plan, stage, MK_INSTALL, str_c(&text), 0644,
			      _("puts vfio-pci into the initial RAM disk"), err);
}

/* The words of the last HOOKS= in TEXT, "" none.  A list that goes over several lines is taken whole. */
static void mk_find_hooks(const char *text, struct str *hooks)
{
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n"), skip = strspn(line, " \t");

		if (str_starts_with(line + skip, "HOOKS=")) {
			const char *value = line + skip + strlen("HOOKS=");

			n = (size_t)(value - line) + strcspn(value, *value == '(' ? ")" : "\n");
			hooks->len = 0;
			str_addn(hooks, value, n - (size_t)(value - line));
		}
		line += n + (line[n] == '\n');
	}
}

static void mk_find_hooks_in(struct host *h, const char *path, struct str *hooks)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (fsroot_read(h->root, path, &text, &len) >= 0)
		mk_find_hooks(text, hooks);
}

/* HOOKS=(base systemd autodetect …) in CONFIG, NULL: in the usual files. */
static bool mk_has_systemd(struct host *h, const char *config)
{
	_cleanup_strv_ char **names = NULL, **words = NULL;
	_cleanup_str_ struct str hooks = { 0 };

	mk_find_hooks_in(h, config ? config : MK_CONF, &hooks);
	if (!config && fsroot_list(h->root, MK_CONF ".d", &names) >= 0)
		for (char **name = names; name && *name; name++)
			if (str_ends_with(*name, ".conf"))
				mk_find_hooks_in(h, arena_printf(h->arena, MK_CONF ".d/%s", *name), &hooks);
	words = strv_split(str_c(&hooks), "(\"' \t\n");
	return strv_contains(strv_const(words), "systemd");
}

/*
 * Where lsinitcpio has to show our script.  One preset whose images are made from settings that differ in
 * this is not looked at more closely than that something of ours is in.
 */
static const char *mk_needle(struct host *h, const struct mkinitcpio_preset *preset)
{
	unsigned with = 0, n = 0;

	if (preset->uses_default) {
		with += mk_has_systemd(h, NULL);
		n++;
	}
	for (const char *const *c = preset->configs; c && *c; c++, n++)
		with += mk_has_systemd(h, *c);
	if (with && with != n)
		return "/vfio-wizard";
	return with ? "sysinit.target.wants/vfio-wizard.service" : "hooks/vfio-wizard";
}

/* lsinitcpio can look into unified kernel images since version 39. */
static bool mk_can_look_into(struct host *h, const char *image)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	return !str_ends_with(image, ".efi") ||
	       (fsroot_read(h->root, "/usr/bin/lsinitcpio", &text, &len) >= 0 && strstr(text, "uki"));
}

static void mk_add_rebuild(struct host *h, const struct mkinitcpio_preset *preset, bool by_address,
			   struct plan *plan, struct stage *stage)
{
	const char *const argv[] = { "mkinitcpio", "-p", preset->name, NULL };
	struct change *c = image_add_rebuild(plan, stage, argv, preset->name);

	for (const char *const *o = preset->outputs; *o; o++) {
		const char *const look[] = { "lsinitcpio", *o, NULL };

		arena_strv_add(plan->arena, &c->outputs, *o);
		if (mk_can_look_into(h, *o))
			image_add_readback(h, plan, c, "/usr/bin/lsinitcpio", look,
					   by_address ? mk_needle(h, preset) : NULL, "/vfio-pci.ko");
	}
}

/*
 * limine-mkinitcpio-hook (CachyOS, Omarchy) lets mkinitcpio make images of its own for the EFI system
 * partition, whose checksums stand in limine.conf: those of the presets are not what is started.
 */
static int mk_check_limine(struct host *h, struct err *err)
{
	if (boot_evidence(h)->program != BOOT_PROGRAM_LIMINE || !fsroot_exists(h->root, "/usr/bin/limine-mkinitcpio"))
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
		_("limine-mkinitcpio makes the images that start this host, and where it puts them is its own affair"));
	return err_hint(err, _("Let libvirt hand the devices over when the machine starts, which needs no image: --bind libvirt"));
}

static const char *const mk_files[] = { MK_CONF, "/etc/mkinitcpio.conf.d/", NULL };

static int mk_find_presets(struct host *h, struct mkinitcpio_preset **ret, unsigned *ret_n, struct err *err)
{
	int r = mk_check_limine(h, err);

	if (r >= 0)
		r = mkinitcpio_presets(h, ret, ret_n, err);
	if (r < 0 || *ret_n)
		return r;
	return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
		       _("No preset in /etc/mkinitcpio.d makes an image, so it is not clear which file would "
			 "have to be made anew"));
}

static int mk_stage_rebuild(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	struct mkinitcpio_preset *presets = NULL;
	unsigned n = 0;
	int r = mk_find_presets(h, &presets, &n, err);

	if (r >= 0)
		r = image_refuse_vanished(h, plan, mk_files, err);
	for (unsigned i = 0; r >= 0 && i < n; i++)
		mk_add_rebuild(h, &presets[i], false, plan, stage);
	return r;
}

static int mk_add_images(struct host *h, bool by_address, struct plan *plan, struct stage *stage,
			 struct err *err)
{
	struct mkinitcpio_preset *presets = NULL;
	unsigned n = 0;
	int r = mk_find_presets(h, &presets, &n, err);

	if (r < 0)
		return r;
	r = mk_add_config(h, presets, n, plan, stage, err);
	if (r < 0 || !stage->n_changes)
		return r;
	/* mkinitcpio makes the image, complains and fails. */
	r = image_refuse_vanished(h, plan, mk_files, err);
	if (r < 0)
		return r;
	/* Presets have no age: the boot menu may be set to any of them. */
	for (unsigned i = 0; i < n; i++)
		mk_add_rebuild(h, &presets[i], by_address, plan, stage);
	if (by_address)
		boot_add_finding(plan, "initramfs-way-back", SEVERITY_INFO, "host",
				 _("The initial RAM disks of all kernels are made anew. For one start "
				   "without handing over, add vfio-wizard=off to the kernel command "
				   "line in the boot menu."));
	return 0;
}

static int mk_stage_bind(struct host *h, const struct pci_device *const *devices, unsigned n,
			 struct plan *plan, struct stage *stage, struct err *err)
{
	/* Read by init's shell, and run by the unit. */
	static const struct early_script how = {
		.before = "\nrun_earlyhook()\n{\n",
		.after = "}\n\n[ \"$1\" != --run ] || run_earlyhook\n",
		.is_sourced = true,
	};
	_cleanup_str_ struct str script = { 0 };
	int r = mk_add_install(h, plan, stage, true, NULL, err);

	early_script_add(&script, &how, devices, n);
	if (r >= 0)
		r = image_add_file(
			h, plan, stage, MK_HOOK, str_c(&script), 0755,
			_("hands the devices to vfio-pci before their own drivers are loaded"),
			err);
	if (r >= 0)
		r = image_add_file(h, plan, stage, MK_UNIT, mk_unit, 0644,
				   _("runs it where systemd starts the computer"), err);
	return r < 0 ? r : mk_add_images(h, true, plan, stage, err);
}

static int mk_stage_image(struct host *h, const char *modprobe_file, struct plan *plan,
			  struct stage *stage, struct err *err)
{
	bool by_address = fsroot_exists(h->root, MK_HOOK);
	int r = mk_add_install(h, plan, stage, by_address, modprobe_file, err);

	return r < 0 ? r : mk_add_images(h, by_address, plan, stage, err);
}

const struct initramfs_tool initramfs_mkinitcpio = {
	.name = "mkinitcpio",
	.detect = mk_detect,
	.stage_bind = mk_stage_bind,
	.stage_image = mk_stage_image,
	.stage_rebuild = mk_stage_rebuild,
};
