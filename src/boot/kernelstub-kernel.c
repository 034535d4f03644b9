/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/kernelstub.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <string.h>

/*
 * Which kernel kernelstub copies to the EFI system partition (its application.py):
 *
 *	up to 3.1.0	/vmlinuz and /initrd.img
 *	3.1.1		/boot/vmlinuz and /boot/initrd.img, else those of /
 *	from 3.1.2	the newest /boot/vmlinuz-RELEASE that has an initrd.img-RELEASE; links do not count
 *
 * The first two are links, which can be pointed at another kernel and back.  Newer ones take
 * --kernel-path and --initrd-path, but every update of a kernel or of an initial RAM disk runs
 * kernelstub without them (/etc/kernel/postinst.d/zz-kernelstub, /etc/initramfs/post-update.d/zz-kernelstub),
 * also the one that a later stage of ours would bring about: nothing to build on.
 */
#define KERNELSTUB_PROGRAM "/usr/lib/python3/dist-packages/kernelstub/application.py"

struct kernelstub_link {
	const char *name, *path; /* "vmlinuz", "/boot/vmlinuz" */
	const char *old, *new;	 /* where it leads */
};

static int kernel_refuse(struct err *err, const char *release, const char *why)
{
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, _("kernelstub cannot be made to start the kernel %s: %s"), release, why);
	return err_hint(err,
			_("By hand, until a kernel or its initial RAM disk is updated: sudo kernelstub -k /boot/vmlinuz-%s -i "
			  "/boot/initrd.img-%s. For good: remove the kernels that are newer. Restart with it, then run this "
			  "command again."),
			release, release);
}

/* A part of a sentence why links do not decide here; NULL: they do.  RET_BOOT: those of /boot come first. */
static const char *kernel_why_no_links(const struct host *h, bool *ret_boot)
{
	_cleanup_free_ char *program = NULL;

	if (fsroot_read(h->root, KERNELSTUB_PROGRAM, &program, NULL) < 0)
		return arena_printf(h->arena, _("it is not known how it chooses one, because %s cannot be read"),
				    KERNELSTUB_PROGRAM);
	if (strstr(program, "latest_option"))
		return _("this version of it takes the newest one, whatever the links in /boot say");
	*ret_boot = strstr(program, "'boot'") || strstr(program, "boot_path");
	return NULL;
}

/* Where a link that led to OLD leads for the file FILE of /boot, written the same way. */
static const char *kernel_target(const struct host *h, struct arena *a, const struct kernelstub_link *l, const char *file)
{
	const char *slash = strrchr(l->old, '/'), *text, *folder = strrchr(l->path, '/');

	text = slash ? arena_printf(a, "%.*s/%s", (int)(slash - l->old), l->old, file) : file;
	if (fsroot_exists(h->root, *text == '/' ? text
						: arena_printf(a, "%.*s/%s", (int)(folder - l->path), l->path, text)))
		return text;
	return arena_printf(a, "/boot/%s", file);
}

/* Finds the link as kernelstub does and what it becomes. */
static int kernel_find_link(const struct host *h, bool boot, const char *release, struct arena *a,
			    struct kernelstub_link *l, struct err *err)
{
	const char *file = arena_printf(a, "%s-%s", l->name, release);

	l->path = arena_printf(a, "/boot/%s", l->name);
	if (!boot || !fsroot_exists(h->root, l->path))
		l->path = arena_printf(a, "/%s", l->name);
	if (!fsroot_exists(h->root, arena_printf(a, "/boot/%s", file)))
		return kernel_refuse(err, release, arena_printf(h->arena, _("there is no /boot/%s"), file));
	if (fsroot_readlink(h->root, a, l->path, &l->old) < 0)
		return kernel_refuse(err, release,
				     arena_printf(h->arena, _("it reads %s, which is no symbolic link"), l->path));
	l->new = kernel_target(h, a, l, file);
	return 0;
}

/*
 * The folder that the entry starts from, "/boot/efi/EFI/Pop_OS-02acbbe0-…", by its line
 *	linux /EFI/Pop_OS-02acbbe0-…/vmlinuz.efi
 */
static const char *kernel_folder(const struct host *h, const struct kernelstub_config *c, struct plan *plan)
{
	const char *entry = kernelstub_entry(h, c, plan);
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;

	if (!entry || fsroot_read(h->root, entry, &text, NULL) < 0)
		return NULL;
	lines = strv_split(text, "\n");
	for (char **l = lines; l && *l; l++) {
		char *value = str_starts_with(*l, "linux") ? str_trim(*l + strlen("linux")) : NULL;
		const char *slash = value ? strrchr(value, '/') : NULL;

		if (slash && *value == '/' && slash != value)
			return arena_printf(plan->arena, "%s%.*s", kernelstub_esp(c), (int)(slash - value), value);
	}
	return NULL;
}

/* All that kernelstub writes there is kept for undo: old kernel and new, one of them may be gone from /boot then. */
static void kernel_add_outputs(const struct host *h, const char *folder, struct change *run, struct plan *plan)
{
	static const char *const made[] = { "vmlinuz.efi", "initrd.img", "vmlinuz-previous.efi", "initrd.img-previous",
					    "cmdline" };
	_cleanup_strv_ char **names = NULL;

	if (fsroot_list(h->root, folder, &names) < 0)
		names = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		if (!names || !strv_contains(strv_const(names), made[i]))
			strv_add(&names, made[i]);
	for (char **n = names; *n; n++) {
		const char *path = arena_printf(plan->arena, "%s/%s", folder, *n);
		struct stat st;

		if (fsroot_stat(h->root, path, &st) < 0 || S_ISREG(st.st_mode))
			arena_strv_add(plan->arena, &run->outputs, path);
	}
}

/* kernelstub exits 0 also when it did nothing. */
static void kernel_add_readback(const char *from, const char *to, struct change *run, struct plan *plan)
{
	const char *const argv[] = { "cmp", from, to, NULL };
	static const char *const none[] = { NULL };

	change_add_readback(plan, run, argv, none);
}

/* As big as one another: kernelstub has copied it already. */
static bool kernel_is_copied(const struct host *h, struct arena *a, const char *file, const char *copy)
{
	struct stat from, to;

	return fsroot_stat(h->root, arena_printf(a, "/boot/%s", file), &from) == 0 &&
	       fsroot_stat(h->root, copy, &to) == 0 && from.st_size == to.st_size;
}

int kernelstub_stage_kernel(struct host *h, const char *release, struct plan *plan, struct stage *stage, struct err *err)
{
	struct kernelstub_link kernel = { .name = "vmlinuz" }, initrd = { .name = "initrd.img" };
	_cleanup_kernelstub_ struct kernelstub_config c = { 0 };
	const char *why, *folder;
	struct change *run;
	bool boot = false;
	int r = kernelstub_load(h, plan, &c, err);

	if (r < 0)
		return r;
	why = kernel_why_no_links(h, &boot);
	if (!why && kernelstub_is_on(&c, "live_mode", false))
		why = _("it does nothing on a live system (live_mode)");
	if (!why && !kernelstub_is_on(&c, "setup_loader", true))
		why = _("it keeps its entry in the firmware here (setup_loader is off), which cannot be taken back as a file can");
	if (why)
		return kernel_refuse(err, release, why);
	r = kernel_find_link(h, boot, release, plan->arena, &kernel, err);
	if (r == 0)
		r = kernel_find_link(h, boot, release, plan->arena, &initrd, err);
	if (r < 0)
		return r;
	folder = kernel_folder(h, &c, plan);
	if (!folder)
		return kernel_refuse(err, release,
				     _("no boot entry of its own can be seen; is the EFI system partition mounted?"));
	if (str_eq(kernel.old, kernel.new) && str_eq(initrd.old, initrd.new) &&
	    kernel_is_copied(h, plan->arena, arena_printf(plan->arena, "vmlinuz-%s", release),
			     arena_printf(plan->arena, "%s/vmlinuz.efi", folder)) &&
	    kernel_is_copied(h, plan->arena, arena_printf(plan->arena, "initrd.img-%s", release),
			     arena_printf(plan->arena, "%s/initrd.img", folder)))
		return 0; /* it waits for the restart */
	stage_add_link(plan, stage, kernel.path, kernel.old, kernel.new, _("the kernel that kernelstub takes"));
	stage_add_link(plan, stage, initrd.path, initrd.old, initrd.new, _("its initial RAM disk"));
	run = kernelstub_command(h, &c, plan, stage);
	kernel_add_outputs(h, folder, run, plan);
	kernel_add_readback(arena_printf(plan->arena, "/boot/vmlinuz-%s", release),
			    arena_printf(plan->arena, "%s/vmlinuz.efi", folder), run, plan);
	kernel_add_readback(arena_printf(plan->arena, "/boot/initrd.img-%s", release),
			    arena_printf(plan->arena, "%s/initrd.img", folder), run, plan);
	boot_add_finding(plan, "kernel-links-follow-updates", SEVERITY_INFO, kernel.path,
			 _("When a kernel is installed later, its package points %s and %s at that one, and it is started from "
			   "then on. Run this command again then."),
			 kernel.path, initrd.path);
	return 0;
}
