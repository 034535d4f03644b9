/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "boot/boot-text.h"
#include "boot/grub-file.h"
#include "boot/kernel-cmdline.h"
#include "boot/sdboot.h"

#include <errno.h>
#include <string.h>

/*
 * systemd-boot with entries of type 1.  The arguments of the next start are in the entries; those of
 * kernels to come in what the maker of the entries reads:
 *
 *	kernel-install  /etc/kernel/cmdline, else /usr/lib/kernel/cmdline, else /proc/cmdline
 *	                (90-loaderentry.install of systemd)
 *	sdbootutil      the same (openSUSE/sdbootutil)
 *	sdboot-manage   LINUX_OPTIONS in /etc/sdboot-manage.conf, a file for bash; entries of the fallback
 *	                image get LINUX_FALLBACK_OPTIONS (CachyOS/systemd-boot-manager)
 *	nobody          archinstall writes the entries once
 *
 * Both are edited here and no tool is run.  "kernel-install add-all" copies every kernel and every
 * initial RAM disk once more onto a small partition, runs all plugins, and systemd 252 does not have
 * it; "sdboot-manage gen" first deletes every entry there is and exits 0 whatever happens;
 * "sdbootutil update-all-entries" would put the arguments into our entry that is the way back, too.
 * An edited line is one rename, and undo puts every byte back.
 */
#define SDBOOT_VENDOR_CMDLINE "/usr/lib/kernel/cmdline"

static int systemd_boot_detect(struct host *h, const char **ret_why)
{
	const struct boot_evidence *e = boot_evidence(h);
	const char *foreign = sdboot_foreign(h);
	const char *initrd = host_cmdline_value(h, "initrd");
	struct err err = { 0 };
	struct sdboot s;

	*ret_why = e->why;
	if (e->unified) {
		*ret_why = arena_printf(h->arena, _("a unified kernel image was started (StubInfo: %s)"), h->firmware.stub_info);
		return 0;
	}
	if (e->program != BOOT_PROGRAM_SYSTEMD_BOOT && e->program != BOOT_PROGRAM_UNKNOWN)
		return 0;
	if (foreign) {
		*ret_why = foreign;
		return 0;
	}
	if (sdboot_read(h, NULL, &s, &err) < 0) {
		*ret_why = arena_strdup(h->arena, err.msg);
		return e->program == BOOT_PROGRAM_SYSTEMD_BOOT ? 60 : 0;
	}
	if (!s.n_own && !s.running) {
		*ret_why = e->program == BOOT_PROGRAM_SYSTEMD_BOOT
				   ? arena_printf(h->arena, _("%s, but no boot entry of this system can be seen"), e->why)
				   : _("no boot entry of this system can be seen");
		return e->program == BOOT_PROGRAM_SYSTEMD_BOOT ? 40 : 0;
	}
	*ret_why = arena_printf(h->arena, "%s; %s", e->why, s.why);
	if (e->program == BOOT_PROGRAM_SYSTEMD_BOOT)
		return s.running ? 100 : 80;
	/* Entries lie there and nothing says what read them: with initrd=\… it can only be a program of UEFI. */
	return s.running && initrd && *initrd == '\\' ? 70 : 20;
}

static const char *const *systemd_boot_files(struct host *h)
{
	const char *const *files = NULL;
	struct err err = { 0 };
	struct sdboot s;

	if (sdboot_read(h, NULL, &s, &err) < 0)
		return NULL;
	if (s.maker == SDBOOT_MANAGE)
		arena_strv_add(h->arena, &files, SDBOOT_MANAGE_FILE);
	if (s.maker == SDBOOT_KERNEL_INSTALL || s.maker == SDBOOT_SDBOOTUTIL) {
		if (fsroot_exists(h->root, SDBOOT_VENDOR_CMDLINE))
			arena_strv_add(h->arena, &files, SDBOOT_VENDOR_CMDLINE);
		if (fsroot_exists(h->root, KERNEL_CMDLINE))
			arena_strv_add(h->arena, &files, KERNEL_CMDLINE);
	}
	for (unsigned i = 0; i < s.n_own; i++)
		arena_strv_add(h->arena, &files, s.own[i]->path);
	return files;
}

/* What the next start gets: the entry that was started, or else the last one of this system. */
static int systemd_boot_configured(struct host *h, struct kargs *ret, struct err *err)
{
	struct sdboot s;
	int r = sdboot_read(h, NULL, &s, err);

	if (r < 0)
		return r;
	if (!s.n_own && !s.running)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("No boot entry of this system can be seen"));
	kargs_parse(s.running ? s.running->line : s.own[s.n_own - 1]->line, ret);
	return 0;
}

/* How many entries change. */
static unsigned systemd_boot_stage_entries(const struct sdboot *s, const char *const *set,
					   const char *const *remove, struct plan *plan, struct stage *stage)
{
	const char *why = s->maker == SDBOOT_BY_HAND ? _("nobody writes this entry anew: new kernels keep its arguments")
						      : NULL;
	bool running = false;
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_own; i++) {
		const char *after = bls_edit(plan->arena, s->own[i], set, remove);

		running |= s->own[i] == s->running;
		if (after)
			stage_add_file(plan, stage, s->own[i]->path, s->own[i]->text, s->own[i]->len, after,
				       strlen(after), 0644, why);
		n += after != NULL;
	}
	if (s->running && !running) {
		const char *after = bls_edit(plan->arena, s->running, set, remove);

		if (after)
			stage_add_file(plan, stage, s->running->path, s->running->text, s->running->len, after,
				       strlen(after), 0644, why);
		n += after != NULL;
	}
	for (unsigned i = 0; n && i < s->n_spared; i++)
		if (s->spared[i] != s->running)
			boot_add_finding(plan, "systemd-boot-entry-spared", SEVERITY_INFO, s->spared[i]->path,
					 _("This entry is for emergencies and stays as it is: a way back from a bad "
					   "argument."));
	return n;
}

/*
 * kernel-install takes the arguments of the command line that happens to run when there is no file, also
 * those of a trial or of the way back; it adds systemd.machine_id= itself.
 */
static int systemd_boot_make_cmdline(struct host *h, const struct sdboot *s, const char *const *set,
				     const char *const *remove, struct plan *plan, struct stage *stage,
				     struct err *err)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *line = NULL;
	const char *text = NULL, *after;
	size_t len;
	int r = boot_text_read(h, plan, plan->arena, SDBOOT_VENDOR_CMDLINE, &text, &len, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && !s->running)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("There is no %s, and it is not known which entry was started (%s), so what later "
				 "kernels are to get is not known"),
			       KERNEL_CMDLINE, s->why);
	kargs_parse(r == -ENOENT ? s->running->line : text, &k);
	kargs_remove(&k, "systemd.machine_id");
	for (; remove && *remove; remove++)
		kargs_remove(&k, *remove);
	for (; set && *set; set++)
		kargs_set(&k, *set);
	line = kargs_format(&k);
	after = arena_printf(plan->arena, "%s\n", line);
	stage_add_file(plan, stage, KERNEL_CMDLINE, NULL, 0, after, strlen(after), 0644,
		       _("kernels that are installed later get these arguments"));
	if (r == 0)
		boot_add_finding(plan, "kernel-cmdline-wins", SEVERITY_INFO, KERNEL_CMDLINE,
				 _("From now on this file counts and %s does not; it starts with what was there."),
				 SDBOOT_VENDOR_CMDLINE);
	return 0;
}

/* "LINUX_OPTIONS="zswap.enabled=0 quiet splash"", sourced by bash. */
static int systemd_boot_stage_manage(struct host *h, const char *const *set, const char *const *remove,
				     struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *args = NULL;
	struct grub_script script = { .arena = plan->arena, .n_files = 1, .knows_append = true };
	struct grub_value v;
	const char *text;
	bool changed = false;
	size_t len;
	int r = boot_text_read(h, plan, plan->arena, SDBOOT_MANAGE_FILE, &text, &len, err);

	script.files = arena_alloc(plan->arena, sizeof(*script.files));
	if (r >= 0)
		r = grub_file_parse(plan->arena, SDBOOT_MANAGE_FILE, text, len, script.files, err);
	if (r < 0)
		return r;
	grub_script_value(&script, "LINUX_OPTIONS", &v);
	kargs_parse(v.text, &k);
	for (; remove && *remove; remove++)
		changed |= kargs_remove(&k, *remove);
	for (; set && *set; set++)
		changed |= kargs_set(&k, *set);
	if (!changed)
		return 0;
	args = kargs_format(&k);
	if (v.unknown) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, "%s", v.unknown);
		return err_hint(err, _("Add by hand to %s: %s"), "LINUX_OPTIONS", args);
	}
	r = v.home ? grub_edit_args(&script, "LINUX_OPTIONS", strv_const(k.args), err)
		   : grub_edit_add_line(&script, 0, "LINUX_OPTIONS", args, err);
	if (r < 0)
		return r;
	stage_add_file(plan, stage, SDBOOT_MANAGE_FILE, text, len, script.files[0].text, script.files[0].len, 0644,
		       _("sdboot-manage writes these arguments into the entries of kernels that come later"));
	return 0;
}

/*
 * On openSUSE the disk may be unlocked by the TPM, which is told in advance what will be measured, the
 * arguments included: "cr_root UUID=… none x-initrd.attach,tpm2-device=auto" in /etc/crypttab.
 */
static void systemd_boot_add_predictions(struct host *h, struct plan *plan, struct stage *stage)
{
	static const char *const argv[] = { "sdbootutil", "update-predictions", NULL };
	_cleanup_free_ char *text = NULL;
	struct change *run;
	size_t len;

	if (fsroot_read(h->root, "/etc/crypttab", &text, &len) < 0 || !strstr(text, "tpm2-device="))
		return;
	run = stage_add_run(plan, stage, argv, _("tells the TPM, which unlocks the disk, what it will measure"));
	run->timeout_s = 300;
	run->undo_again = true;
	boot_add_finding(plan, "sdbootutil-predictions", SEVERITY_WARN, "/etc/crypttab",
			 _("The TPM unlocks a disk here and measures the arguments. Have the recovery key at hand: the "
			   "entry that is the way back will ask for it."));
}

static int systemd_boot_stage_future(struct host *h, const struct sdboot *s, const char *const *set,
				     const char *const *remove, struct plan *plan, struct stage *stage,
				     struct err *err)
{
	switch (s->maker) {
	case SDBOOT_BY_HAND:
		return 0;
	case SDBOOT_MANAGE:
		return systemd_boot_stage_manage(h, set, remove, plan, stage, err);
	case SDBOOT_KERNEL_INSTALL:
	case SDBOOT_SDBOOTUTIL:
		break;
	}
	if (!fsroot_exists(h->root, KERNEL_CMDLINE) && !plan_last_change(plan, KERNEL_CMDLINE))
		return systemd_boot_make_cmdline(h, s, set, remove, plan, stage, err);
	return kernel_cmdline_stage(h, set, remove, false, plan, stage, err);
}

static int systemd_boot_stage_kargs(struct host *h, const char *const *set, const char *const *remove,
				    struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " ");
	unsigned n, before = stage->n_changes;
	struct sdboot s;
	int r;

	for (const char *const *a = set; a && *a; a++)
		if (karg_problem(*a))
			return err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	r = sdboot_read(h, plan, &s, err);
	if (r < 0)
		return r;
	if (!s.n_own && !s.running) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			_("No boot entry of this system can be seen; is the partition with loader/entries mounted?"));
		return err_hint(err, _("Add to the options line of its entry by hand: %s"), args);
	}
	n = systemd_boot_stage_entries(&s, set, remove, plan, stage);
	if (!s.running)
		boot_add_finding(plan, "systemd-boot-entry-unclear", SEVERITY_WARN, s.own[0]->path,
				 _("Which entry was started is not known (%s), so all of this system are changed."), s.why);
	r = systemd_boot_stage_future(h, &s, set, remove, plan, stage, err);
	if (r >= 0 && n && s.maker == SDBOOT_SDBOOTUTIL)
		systemd_boot_add_predictions(h, plan, stage);
	/* What was tried is from now on what the usual entry does, or it did not come true. */
	if (r >= 0 && s.trial && stage->n_changes > before)
		stage_add_remove(plan, stage, s.trial->path, s.trial->text, s.trial->len,
				 _("the entry of the trial: it is over"));
	return r;
}

static const char *systemd_boot_kernel_by_hand(struct host *h, const char *release)
{
	struct err ignored = { 0 };
	struct sdboot s;

	if (sdboot_read(h, NULL, &s, &ignored) == 0)
		for (unsigned i = 0; i < s.n_own; i++)
			if (str_eq(s.own[i]->version, release))
				return arena_printf(h->arena, _("Run: sudo bootctl set-default %s"), s.own[i]->id);
	return arena_printf(h->arena, _("\"bootctl list\" names the entry of %s; then run: sudo bootctl set-default ID"), release);
}

const struct bootloader bootloader_systemd_boot = {
	.name = "systemd-boot",
	.title = "systemd-boot",
	.detect = systemd_boot_detect,
	.files = systemd_boot_files,
	.configured = systemd_boot_configured,
	.stage_kargs = systemd_boot_stage_kargs,
	.stage_way_back = sdboot_stage_way_back,
	.stage_trial = sdboot_stage_trial,
	.rescue = sdboot_rescue,
	.kernel_by_hand = systemd_boot_kernel_by_hand,
};
