/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/bls-entry.h"
#include "boot/early-script.h"
#include "boot/initramfs-image.h"

#include <errno.h>
#include <string.h>

/*
 * Debian's initramfs-tools.  A line in /etc/initramfs-tools/modules is loaded after udev's
 * coldplug and so after the graphics drivers; what comes before it are scripts in init-top that
 * tsort puts in front of "udev".  Neither has prerequisites, so the name decides: "aa-" is first.
 */
#define IT_HOOK "/etc/initramfs-tools/hooks/vfio-wizard"
#define IT_SCRIPT "/etc/initramfs-tools/scripts/init-top/aa-vfio-wizard"

static const char it_prereqs[] = "PREREQ=\"\"\n"
				 "prereqs()\n"
				 "{\n"
				 "\techo \"$PREREQ\"\n"
				 "}\n"
				 "case \"$1\" in\n"
				 "prereqs)\n"
				 "\tprereqs\n"
				 "\texit 0\n"
				 "\t;;\n"
				 "esac\n"
				 "\n";

static const char it_hook_about[] =
	"# Puts vfio-pci into the initial RAM disk, for the init-top script of the same name.\n";
static const char it_hook_body[] = ". /usr/share/initramfs-tools/hook-functions\n"
				   "\n"
				   "manual_add_modules vfio-pci\n";

static int it_detect(struct host *h, const char **ret_why)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (!fsroot_exists(h->root, "/usr/sbin/update-initramfs") ||
	    !fsroot_exists(h->root, "/etc/initramfs-tools")) {
		*ret_why = _("there is no /usr/sbin/update-initramfs with /etc/initramfs-tools");
		return 0;
	}
	/* dracut brings an update-initramfs of its own (Ubuntu 25.10), which only calls dracut. */
	if (fsroot_read(h->root, "/usr/sbin/update-initramfs", &text, &len) >= 0 &&
	    strstr(text, "dracut")) {
		*ret_why = _("/usr/sbin/update-initramfs belongs to dracut");
		return 0;
	}
	if (!fsroot_exists(h->root, "/usr/sbin/mkinitramfs")) {
		*ret_why = _("there is no /usr/sbin/mkinitramfs");
		return 40;
	}
	*ret_why = _("/usr/sbin/update-initramfs, mkinitramfs and /etc/initramfs-tools exist");
	return 90;
}

/* kernelstub's hook copies the image to the EFI partition: what was there comes back on undo. */
static void it_add_esp_copies(const struct host *h, struct arena *arena,
			      const char *const **outputs)
{
	_cleanup_strv_ char **folders = NULL;

	if (!fsroot_exists(h->root, "/etc/kernelstub/configuration") ||
	    fsroot_list(h->root, "/boot/efi/EFI", &folders) < 0)
		return;
	for (char **f = folders; f && *f; f++) {
		const char *image = arena_printf(arena, "/boot/efi/EFI/%s/initrd.img", *f);

		if (fsroot_exists(h->root, image))
			arena_strv_add(arena, outputs, image);
	}
}

/*
 * The hook of Debian's package systemd-boot runs kernel-install after every image: it copies image and
 * kernel to the EFI partition and writes their entry anew.  Without these undo would leave the new image
 * where it is started from, and take the entry for one that somebody edited.
 *	/boot/efi/loader/entries/TOKEN-6.1.0-28-amd64.conf:
 *		version    6.1.0-28-amd64
 *		linux      /TOKEN/6.1.0-28-amd64/linux
 *		initrd     /TOKEN/6.1.0-28-amd64/initrd.img-6.1.0-28-amd64
 */
static int it_add_entries(struct host *h, struct arena *arena, const char *kernel, const char *const **outputs,
			  struct err *err)
{
	static const char *const partitions[] = { "/boot/efi", "/efi", "/boot" };

	for (size_t i = 0; i < ARRAY_SIZE(partitions); i++) {
		const char *folder = arena_printf(arena, "%s/loader/entries", partitions[i]);
		struct bls_entry **entries;
		unsigned n = 0;
		int r = bls_read(h, NULL, arena, folder, &entries, &n, err);

		if (r < 0)
			return r;
		for (unsigned k = 0; k < n; k++) {
			const struct bls_entry *e = entries[k];

			/* Ours are copies that start the same files; kernel-install does not touch them. */
			if (!str_eq(e->version, kernel) || str_starts_with(e->id, "vfio-wizard-"))
				continue;
			arena_strv_add(arena, outputs, e->path);
			if (e->kernel)
				arena_strv_add(arena, outputs, arena_printf(arena, "%s%s", partitions[i], e->kernel));
			for (const char *const *initrd = e->initrds; initrd && *initrd; initrd++)
				arena_strv_add(arena, outputs, arena_printf(arena, "%s%s", partitions[i], *initrd));
		}
	}
	return 0;
}

static bool it_has_kernel_install_hook(const struct host *h)
{
	return fsroot_exists(h->root, "/etc/initramfs/post-update.d/systemd-boot");
}

/* The image, and what an update-initramfs that failed or was killed leaves beside it. */
static void it_add_outputs(struct arena *arena, const char *kernel, const char *const **outputs)
{
	static const char *const suffixes[] = { "", ".new", ".dpkg-bak" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		arena_strv_add(arena, outputs,
			       arena_printf(arena, "/boot/initrd.img-%s%s", kernel, suffixes[i]));
}

/* lsinitramfs prints "usr/lib/modules/6.1.0-28-amd64/kernel/drivers/vfio/pci/vfio-pci.ko". */
static void it_add_readback(struct host *h, struct plan *plan, struct change *c,
			    const char *kernel, bool by_address)
{
	const char *const argv[] = { "lsinitramfs",
				     arena_printf(plan->arena, "/boot/initrd.img-%s", kernel), NULL };

	image_add_readback(h, plan, c, "/usr/bin/lsinitramfs", argv,
			   by_address ? &IT_SCRIPT[strlen("/etc/initramfs-tools/")] : NULL,
			   "/vfio-pci.ko");
}

/*
 * proxmox-boot-tool's hook copies images to partitions that are not mounted, where no file can be put
 * back: so that undo does, the copying is a step of its own, which is run once more after it.
 */
static void it_add_proxmox(const struct host *h, struct plan *plan, struct stage *stage)
{
	static const char *const argv[] = { "proxmox-boot-tool", "refresh", NULL };
	struct change *run;

	if (!fsroot_exists(h->root, "/etc/kernel/proxmox-boot-uuids"))
		return;
	run = stage_add_run(plan, stage, argv, _("copies the images to all EFI system partitions"));
	run->timeout_s = 600;
	run->undo_again = true;
}

static int it_add_rebuild(struct host *h, struct plan *plan, struct stage *stage, bool by_address,
			  struct err *err)
{
	const char *const *kernels = image_kernels(h, plan, h->boot.kernels, by_address);

	if (!kernels)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("No kernel was found in /boot whose initial RAM disk could be "
				 "made anew"));
	for (; *kernels; kernels++) {
		int r = 0;
		const char *const argv[] = { "update-initramfs", "-u", "-k",
					     arena_strdup(plan->arena, *kernels), NULL };
		const char *const *outputs = NULL;
		struct change *c = image_add_rebuild(plan, stage, argv, *kernels);

		it_add_outputs(plan->arena, *kernels, &outputs);
		it_add_esp_copies(h, plan->arena, &outputs);
		if (it_has_kernel_install_hook(h))
			r = it_add_entries(h, plan->arena, *kernels, &outputs, err);
		if (r < 0)
			return r;
		c->outputs = outputs;
		it_add_readback(h, plan, c, *kernels, by_address);
	}
	it_add_proxmox(h, plan, stage);
	return 0;
}

/* Where modules are named that go into the image. */
static const char *const it_config[] = { "/etc/initramfs-tools/modules", "/etc/modules",
					 "/etc/modules-load.d/", NULL };

static int it_add_hook(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_str_ struct str hook = { 0 };

	/* Built into the kernel it need not be put into the image. */
	if (h->vfio.vfio_pci == MODULE_BUILTIN)
		return 0;
	str_add(&hook, early_script_head);
	str_add(&hook, it_hook_about);
	str_add(&hook, it_prereqs);
	str_add(&hook, it_hook_body);
	return image_add_file(h, plan, stage, IT_HOOK, str_c(&hook), 0755,
			      _("puts vfio-pci into the initial RAM disk"), err);
}

static int it_stage_bind(struct host *h, const struct pci_device *const *devices, unsigned n,
			 struct plan *plan, struct stage *stage, struct err *err)
{
	static const struct early_script how = { .before = it_prereqs, .after = "" };
	_cleanup_str_ struct str script = { 0 };
	int r = it_add_hook(h, plan, stage, err);

	early_script_add(&script, &how, devices, n);
	if (r >= 0)
		r = image_add_file(
			h, plan, stage, IT_SCRIPT, str_c(&script), 0755,
			_("hands the devices to vfio-pci before their own drivers are loaded"),
			err);
	if (r < 0 || !stage->n_changes)
		return r;
	image_warn_vanished(h, plan, it_config);
	return it_add_rebuild(h, plan, stage, true, err);
}

/* /etc/modprobe.d is copied into every image, so it is only vfio-pci that would be missing. */
static int it_stage_image(struct host *h, const char *modprobe_file _unused_, struct plan *plan,
			  struct stage *stage, struct err *err)
{
	int r = it_add_hook(h, plan, stage, err);

	if (r < 0 || !stage->n_changes)
		return r;
	image_warn_vanished(h, plan, it_config);
	return it_add_rebuild(h, plan, stage, false, err);
}

static int it_stage_rebuild(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	return it_add_rebuild(h, plan, stage, false, err);
}

const struct initramfs_tool initramfs_initramfs_tools = {
	.name = "initramfs-tools",
	.detect = it_detect,
	.stage_bind = it_stage_bind,
	.stage_image = it_stage_image,
	.stage_rebuild = it_stage_rebuild,
};
