/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-evidence.h"
#include "boot/boot-grub.h"
#include "boot/boot-line.h"
#include "boot/boot-text.h"
#include "boot/grub-load.h"
#include "boot/kernel-cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/*
 * Proxmox on ZFS, or with several disks to start from: proxmox-boot-tool keeps kernels and entries on
 * EFI system partitions that are mounted only while it runs, those in /etc/kernel/proxmox-boot-uuids
 * ("Host Bootloader" in the Proxmox VE guide; proxmox-boot/zz-proxmox-boot in proxmox-kernel-helper):
 *
 *	systemd-boot: loader/entries/proxmox-RELEASE.conf with the first line of /etc/kernel/cmdline;
 *	              without the file with the running command line; without root= in it nothing is done
 *	GRUB:         grub/grub.cfg on that partition, made by update-grub from /etc/default/grub(.d);
 *	              /boot/grub/grub.cfg is not read at all
 *
 * A partition may be set up for both; what counts is what started this system.  The tool skips what
 * it cannot mount with a warning and exits 0 then, and what it wrote cannot be read: only the command
 * line after the restart shows whether it worked.
 */
#define PROXMOX_LIST "/etc/kernel/proxmox-boot-uuids"

enum proxmox_mode { PROXMOX_UNKNOWN, PROXMOX_SYSTEMD_BOOT, PROXMOX_GRUB };

/* "initrd=\EFI\proxmox\6.8.12-4-pve\initrd.img-6.8.12-4-pve root=ZFS=rpool/ROOT/pve-1 boot=zfs" */
static enum proxmox_mode proxmox_mode(struct host *h, const char **ret_why)
{
	const struct boot_evidence *e = boot_evidence(h);
	const char *initrd = host_cmdline_value(h, "initrd");

	*ret_why = e->why;
	if (e->program == BOOT_PROGRAM_SYSTEMD_BOOT)
		return PROXMOX_SYSTEMD_BOOT;
	if (e->program == BOOT_PROGRAM_GRUB)
		return PROXMOX_GRUB;
	if (e->program == BOOT_PROGRAM_UNKNOWN && initrd && strncasecmp(initrd, "\\EFI\\proxmox\\", 13) == 0)
		return PROXMOX_SYSTEMD_BOOT;
	return PROXMOX_UNKNOWN;
}

static int proxmox_detect(struct host *h, const char **ret_why)
{
	const char *why;

	if (!fsroot_exists(h->root, PROXMOX_LIST)) {
		*ret_why = arena_printf(h->arena, _("there is no %s"), PROXMOX_LIST);
		return 0;
	}
	if (proxmox_mode(h, &why) == PROXMOX_UNKNOWN) {
		*ret_why = arena_printf(h->arena, _("%s exists, but %s"), PROXMOX_LIST, why);
		return 40;
	}
	*ret_why = arena_printf(h->arena, _("%s, and %s exists"), why, PROXMOX_LIST);
	return 100;
}

static const char *const *proxmox_files(struct host *h)
{
	const char *const *files = NULL, *why;

	if (proxmox_mode(h, &why) == PROXMOX_GRUB)
		return grub_load_list(h, NULL, h->arena);
	if (fsroot_exists(h->root, KERNEL_CMDLINE))
		arena_strv_add(h->arena, &files, KERNEL_CMDLINE);
	return files;
}

/* The running command line as the tool takes it where there is no file: without initrd=. */
static const char *proxmox_running_line(struct host *h)
{
	_cleanup_str_ struct str out = { 0 };

	for (const char *const *a = h->kernel.args; a && *a; a++)
		if (!str_starts_with(*a, "initrd=") && !str_starts_with(*a, "BOOT_IMAGE="))
			str_addf(&out, "%s%s", out.len ? " " : "", *a);
	return arena_strdup(h->arena, str_c(&out));
}

/* The line for systemd-boot; *RET_MADE: there is no file, it is the running one. */
static int proxmox_line(struct host *h, const struct plan *plan, const char **ret, bool *ret_made, struct err *err)
{
	int r = kernel_cmdline_read(h, plan, h->arena, true, ret, err);

	*ret_made = r == -ENOENT;
	if (r == -ENOENT) {
		*ret = proxmox_running_line(h);
		r = 0;
	}
	return r;
}

static int proxmox_configured(struct host *h, struct kargs *ret, struct err *err)
{
	const char *line, *why;
	bool made;
	int r;

	if (proxmox_mode(h, &why) == PROXMOX_GRUB)
		return grub_settings_args(h, ret, err);
	r = proxmox_line(h, NULL, &line, &made, err);
	if (r >= 0)
		kargs_parse(line, ret);
	return r;
}

static int proxmox_stage_line(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			      struct stage *stage, struct err *err)
{
	_cleanup_kargs_ struct kargs k = { 0 };
	_cleanup_free_ char *root = NULL;
	const char *line, *edited, *text;
	bool made;
	int r = proxmox_line(h, plan, &line, &made, err);

	if (r < 0)
		return r;
	kargs_parse(line, &k);
	root = kargs_value(&k, "root");
	if (!root)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			       _("The first line of %s has no root=, and proxmox-boot-tool does nothing then. Put the "
				 "arguments on one line first."),
			       KERNEL_CMDLINE);
	if (!made)
		return kernel_cmdline_stage(h, set, remove, true, plan, stage, err);
	edited = boot_line_edit(plan->arena, line, set, remove);
	if (!edited)
		return 0;
	text = arena_printf(plan->arena, "%s\n", edited);
	stage_add_file(plan, stage, KERNEL_CMDLINE, NULL, 0, text, strlen(text), 0644,
		       _("takes the place of the running command line, which proxmox-boot-tool has used so far"));
	return 0;
}

static void proxmox_add_command(struct plan *plan, struct stage *stage)
{
	static const char *const argv[] = { "proxmox-boot-tool", "refresh", NULL };
	struct change *run = stage_add_run(plan, stage, argv,
					   _("writes the boot entries on all EFI system partitions anew"));

	run->timeout_s = 600;
	run->undo_again = true;
	boot_add_finding(plan, "proxmox-not-read-back", SEVERITY_INFO, PROXMOX_LIST,
			 _("What proxmox-boot-tool writes lies on partitions that are not mounted, so whether it worked shows "
			   "only after the restart, by /proc/cmdline. Its warnings about partitions it skipped are in its "
			   "output."));
}

static int proxmox_stage_kargs(struct host *h, const char *const *set, const char *const *remove, struct plan *plan,
			       struct stage *stage, struct err *err)
{
	_cleanup_free_ char *args = strv_join(set, " ");
	const char *why, *const *line;
	unsigned before = stage->n_changes;
	int r = 0;

	for (const char *const *a = set; r >= 0 && a && *a; a++)
		if (karg_problem(*a))
			r = err_set(err, ERR_NOT_POSSIBLE, -EINVAL, "%s: %s", *a, karg_problem(*a));
	if (r < 0)
		return r;
	switch (proxmox_mode(h, &why)) {
	case PROXMOX_SYSTEMD_BOOT:
		r = proxmox_stage_line(h, set, remove, plan, stage, err);
		break;
	case PROXMOX_GRUB:
		r = grub_stage_settings(h, set, remove, plan, stage, &line, err);
		break;
	case PROXMOX_UNKNOWN:
		err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("It is not clear whether systemd-boot or GRUB of proxmox-boot-tool started this system (%s)"), why);
		return err_hint(err,
				_("Look at: proxmox-boot-tool status. With \"uefi\" add to the line in %s, with \"grub\" to "
				  "GRUB_CMDLINE_LINUX_DEFAULT in %s: %s; then run: proxmox-boot-tool refresh"),
				KERNEL_CMDLINE, GRUB_MAIN, args);
	}
	if (r >= 0 && stage->n_changes > before)
		proxmox_add_command(plan, stage);
	return r;
}

static const char *proxmox_rescue(struct host *h)
{
	const char *why;

	if (proxmox_mode(h, &why) == PROXMOX_GRUB)
		return _("Hold Shift or press Esc while the computer starts, choose \"Advanced options\" and there the recovery "
			 "mode, which does not get the new arguments; or press e, take them out of the line that begins with "
			 "linux, and press Ctrl+X.");
	return _("Hold Space while the computer starts. In the menu press e, take the new arguments out of the line, and press "
		 "Enter. All entries have the same arguments, also those of older kernels.");
}

static const char *proxmox_kernel_by_hand(struct host *h, const char *release)
{
	return arena_printf(h->arena, _("Run: proxmox-boot-tool kernel pin %s"), release);
}

const struct bootloader bootloader_proxmox = {
	.name = "proxmox-boot-tool",
	.title = "proxmox-boot-tool",
	.detect = proxmox_detect,
	.files = proxmox_files,
	.configured = proxmox_configured,
	.stage_kargs = proxmox_stage_kargs,
	.rescue = proxmox_rescue,
	.kernel_by_hand = proxmox_kernel_by_hand,
};
