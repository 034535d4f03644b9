/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "boot/boot-text.h"
#include "boot/sdboot.h"
#include "boot/uki.h"

#include <errno.h>
#include <string.h>

/*
 * A unified kernel image has its command line inside: it is changed where the tool that makes the image
 * takes it from, and the tool is run.  What is inside now is read from the image itself, and again
 * after the tool ran.  There is no entry of ours for a way back or a trial: it would be a second image of
 * a hundred MiB, and which of two images systemd-boot starts by itself depends on their names.
 */
/* Larger files are not kept in the journal (fsroot_read()). */
#define UKI_KEPT (64 << 20)

static int uki_detect(struct host *h, const char **ret_why)
{
	const struct boot_evidence *e = boot_evidence(h);
	const char *foreign = sdboot_foreign(h);
	struct uki u;

	if (!e->unified) {
		*ret_why = _("no unified kernel image was started (StubInfo is not set)");
		return 0;
	}
	if (foreign) {
		*ret_why = foreign;
		return 0;
	}
	uki_find(h, &u);
	*ret_why = arena_printf(h->arena, _("a unified kernel image was started (StubInfo: %s); %s; %s"),
				h->firmware.stub_info, u.why, u.maker_why);
	if (!u.image)
		return 60;
	/* Others can start an image, too, and then may have arguments of their own. */
	return e->program == BOOT_PROGRAM_SYSTEMD_BOOT || e->program == BOOT_PROGRAM_FIRMWARE ? 100 : 70;
}

static const char *const *uki_files(struct host *h)
{
	const char *const *files;
	struct uki u;

	uki_find(h, &u);
	files = uki_sources(h, &u);
	if (u.image)
		arena_strv_add(h->arena, &files, u.image);
	for (const char *const *a = u.addons; a && *a; a++)
		arena_strv_add(h->arena, &files, *a);
	return files;
}

static int uki_configured(struct host *h, struct kargs *ret, struct err *err)
{
	_cleanup_str_ struct str line = { 0 };
	const char *text;
	struct uki u;

	uki_find(h, &u);
	if (!u.image)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("The image that was started is not found: %s"), u.why);
	/* One without a command line takes that of the menu: the running one. */
	str_add(&line, u.cmdline ? u.cmdline : h->kernel.cmdline ? h->kernel.cmdline : "");
	for (const char *const *a = u.addons; a && *a; a++)
		if (uki_read_cmdline(h, *a, &text) == 0)
			str_addf(&line, " %s", text);
	kargs_parse(str_c(&line), ret);
	return 0;
}

static int uki_refuse(const struct uki *u, const char *const *set, struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " ");

	if (!u->image)
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("The image that was started is not found: %s"), u->why);
	else if (u->maker == UKI_UNKNOWN)
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, _("It is not clear which tool makes %s: %s"), u->image,
			u->maker_why);
	else
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, _("The command line of %s is not changed: %s"), u->image,
			u->elsewhere);
	return err_hint(err, _("Add to the command line of the image by hand, and make it anew: %s"), args);
}

/* All that can be kept of what is made anew; false: one is too large. */
static bool uki_outputs(struct host *h, const struct uki *u, struct arena *arena, const char *const **ret)
{
	const char *const *const lists[] = { u->images, u->others };
	const char *const *outputs = NULL;
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (const char *const *f = lists[i]; f && *f; f++) {
			if (fsroot_stat(h->root, *f, &st) == 0 && st.st_size > UKI_KEPT)
				return false;
			if (!strv_contains(outputs, *f))
				arena_strv_add(arena, &outputs, *f);
		}
	*ret = outputs;
	return true;
}

static const char *uki_kernel(struct host *h, const char *release)
{
	const char *path = arena_printf(h->arena, "/usr/lib/modules/%s/vmlinuz", release);

	return fsroot_exists(h->root, path) ? path : arena_printf(h->arena, "/boot/vmlinuz-%s", release);
}

static void uki_add_run(struct host *h, const struct uki *u, const char *const *argv, const char *image,
			const char *const *set, struct plan *plan, struct stage *stage)
{
	struct uki part = *u;
	const char *const *copy = NULL, *const *needles = NULL;
	struct change *run;

	for (; *argv; argv++)
		arena_strv_add(plan->arena, &copy, arena_strdup(plan->arena, *argv));
	run = stage_add_run(plan, stage, copy,
			    arena_printf(plan->arena, _("makes %s anew, with the new command line inside"), image));
	run->timeout_s = 1800;
	if (u->maker != UKI_MKINITCPIO) {
		part.images = NULL;
		arena_strv_add(plan->arena, &part.images, image);
	}
	if (!uki_outputs(h, &part, plan->arena, &run->outputs)) {
		run->undo_again = true;
		return;
	}
	/* "root=UUID=… rw intel_iommu=on\n\0" in section .cmdline, as plain text. */
	for (; set && *set; set++)
		arena_strv_add(plan->arena, &needles, arena_printf(plan->arena, " %s", *set));
	run->readback_path = needles ? image : NULL;
	run->readback_needles = needles;
}

/* mkinitcpio makes all of its presets; the others one image at a time. */
static void uki_add_builds(struct host *h, const struct uki *u, const char *const *set, struct plan *plan,
			   struct stage *stage)
{
	const char *const *release = u->releases;

	if (u->maker == UKI_MKINITCPIO) {
		uki_add_run(h, u, (const char *const[]){ "mkinitcpio", "-P", NULL }, u->image, set, plan, stage);
		return;
	}
	for (const char *const *i = u->images; i && *i; i++, release++) {
		const char *const install[] = { "kernel-install", "add", *release, uki_kernel(h, *release), NULL };
		const char *const dracut[] = { "dracut", "--force", "--uefi", *i, *release, NULL };

		uki_add_run(h, u, u->maker == UKI_DRACUT ? dracut : install, *i, set, plan, stage);
	}
}

/* An addon comes behind what is inside: its value wins. */
static void uki_note_addons(struct host *h, const struct uki *u, const char *const *set, struct plan *plan)
{
	for (const char *const *addon = u->addons; addon && *addon; addon++) {
		_cleanup_kargs_ struct kargs k = { 0 };
		const char *text = "";

		if (uki_read_cmdline(h, *addon, &text) < 0)
			continue;
		kargs_parse(text, &k);
		for (const char *const *s = set; s && *s; s++)
			for (char **a = k.args; a && *a; a++)
				if (karg_same_name(*a, *s) && strcmp(*a, *s) != 0)
					boot_add_finding(plan, "uki-addon-wins", SEVERITY_WARN, *addon,
							 _("This addon adds %s behind the image's own command line, so %s "
							   "does not count."),
							 *a, *s);
	}
}

static void uki_note(struct host *h, const struct uki *u, const char *signing, struct plan *plan)
{
	const char *const *kept;
	struct finding *f;

	if (signing)
		boot_add_finding(plan, "uki-signed", SEVERITY_WARN, u->image,
				 _("Secure Boot is on, so the new image has to be signed: %s. The menu takes no other arguments "
				   "then."),
				 signing);
	f = boot_add_finding(plan, "uki-no-way-back", SEVERITY_WARN, u->image,
			     _("The image is replaced: there is no entry that starts everything as before."));
	boot_add_advice(plan, f, arena_printf(plan->arena, _("Keep a copy of it on another medium, or an older kernel's image.")));
	if (!uki_outputs(h, u, plan->arena, &kept))
		boot_add_finding(plan, "uki-not-kept", SEVERITY_INFO, u->image,
				 _("The images are too large to be kept in the journal; undo makes them anew from the old "
				   "command line."));
}

static int uki_stage_kargs(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			   struct stage *stage, struct err *err)
{
	const char *signing, *const *argv;
	unsigned before = stage->n_changes;
	struct uki u;
	int r;

	for (const char *const *a = set; a && *a; a++)
		if (karg_problem(*a))
			return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	uki_find(h, &u);
	if (!u.image || u.maker == UKI_UNKNOWN || u.elsewhere)
		return uki_refuse(&u, set, err);
	r = uki_check_signing(h, &u, &signing, &argv, err);
	if (r >= 0)
		r = uki_stage_sources(h, &u, set, remove, plan, stage, err);
	if (r < 0 || stage->n_changes == before)
		return r;
	uki_add_builds(h, &u, set, plan, stage);
	if (argv) {
		struct change *run = stage_add_run(plan, stage, argv, _("signs the new image for Secure Boot"));

		run->timeout_s = 300;
		run->undo_again = true;
	}
	uki_note_addons(h, &u, set, plan);
	uki_note(h, &u, signing, plan);
	return 0;
}

static const char *uki_rescue(struct host *h)
{
	const struct boot_evidence *e = boot_evidence(h);

	if (h->firmware.secure_boot == 1)
		return _("With Secure Boot no arguments can be typed: choose another image in the menu (hold the space bar for that "
			 "of systemd-boot, else the boot menu of the firmware), or start from a medium and run vfio-wizard --root "
			 "FOLDER undo there.");
	if (e->program == BOOT_PROGRAM_SYSTEMD_BOOT)
		return _("Hold the space bar while the computer starts until the menu of systemd-boot comes. Press e on the image, "
			 "take the new arguments out of the line, then Enter; or choose another image. This changes that one "
			 "start only.");
	return _("The firmware starts the image itself, without a menu of its own for arguments: choose another image in the boot menu "
		 "of the firmware, or start from a medium and run vfio-wizard --root FOLDER undo there.");
}

static const char *uki_kernel_by_hand(struct host *h _unused_, const char *release _unused_)
{
	return _("Choose its image in the boot menu; \"bootctl list\" names it and \"bootctl set-default\" makes it the "
		 "usual one");
}

const struct bootloader bootloader_uki = {
	.name = "uki",
	.title = "unified kernel image",
	.detect = uki_detect,
	.files = uki_files,
	.configured = uki_configured,
	.stage_kargs = uki_stage_kargs,
	.rescue = uki_rescue,
	.kernel_by_hand = uki_kernel_by_hand,
};
