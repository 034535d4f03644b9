/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <string.h>

/*
 * Debian's initramfs-tools.  A line in /etc/initramfs-tools/modules is loaded after udev's
 * coldplug and so after the graphics drivers; what comes before it are scripts in init-top that
 * tsort puts in front of "udev".  Neither has prerequisites, so the name decides: "aa-" is first.
 */
#define IT_HOOK "/etc/initramfs-tools/hooks/vfio-wizard"
#define IT_SCRIPT "/etc/initramfs-tools/scripts/init-top/aa-vfio-wizard"

static const char it_head[] = "#!/bin/sh\n"
			      "# Written by vfio-wizard; taken back by: vfio-wizard undo\n";

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

static const char it_script_about[] =
	"# Hands the devices listed at the end to vfio-pci before udev loads their drivers.\n"
	"# Not wanted for one start?  Add vfio-wizard=off to the kernel command line.\n"
	"# Whatever goes wrong here, the start goes on: a device then stays with the host.\n";
static const char it_script_body[] =
	"sys=/sys/bus/pci\n"
	"cmdline=/proc/cmdline\n"
	"log=/dev/kmsg\n"
	"\n"
	"say()\n"
	"{\n"
	"\t{ echo \"vfio-wizard: $*\" > \"$log\"; } 2>/dev/null || :\n"
	"}\n"
	"\n"
	"# Writes $1 to the attribute $2; whether that worked is looked at later.\n"
	"put()\n"
	"{\n"
	"\t{ echo \"$1\" > \"$2\"; } 2>/dev/null || :\n"
	"}\n"
	"\n"
	"# $1 address, $2 vendor:device as it was when the device was chosen.\n"
	"hand_over()\n"
	"{\n"
	"\tdevice=\"$sys/devices/$1\"\n"
	"\tif [ ! -d \"$device\" ]; then\n"
	"\t\tsay \"$1 is not there: nothing done\"\n"
	"\t\treturn 0\n"
	"\tfi\n"
	"\tvendor_id=''\n"
	"\tdevice_id=''\n"
	"\tread -r vendor_id < \"$device/vendor\" || :\n"
	"\tread -r device_id < \"$device/device\" || :\n"
	"\tif [ \"$vendor_id:$device_id\" != \"$2\" ]; then\n"
	"\t\tsay \"$1 is $vendor_id:$device_id and not $2: nothing done\"\n"
	"\t\treturn 0\n"
	"\tfi\n"
	"\tif [ -e \"$sys/drivers/vfio-pci/$1\" ]; then\n"
	"\t\treturn 0\n"
	"\tfi\n"
	"\tput vfio-pci \"$device/driver_override\"\n"
	"\tif [ -e \"$device/driver/unbind\" ]; then\n"
	"\t\tput \"$1\" \"$device/driver/unbind\"\n"
	"\tfi\n"
	"\tput \"$1\" \"$sys/drivers_probe\"\n"
	"\tif [ -e \"$sys/drivers/vfio-pci/$1\" ]; then\n"
	"\t\tsay \"$1 ($2) is held by vfio-pci\"\n"
	"\telse\n"
	"\t\t# Without an IOMMU vfio-pci refuses: the host gets its device back.\n"
	"\t\tput \"\" \"$device/driver_override\"\n"
	"\t\tput \"$1\" \"$sys/drivers_probe\"\n"
	"\t\tsay \"$1 ($2) was refused by vfio-pci: left to the host\"\n"
	"\tfi\n"
	"}\n"
	"\n"
	"arguments=\n"
	"read -r arguments < \"$cmdline\" || :\n"
	"case \" $arguments \" in\n"
	"*\" vfio-wizard=off \"*)\n"
	"\tsay \"switched off by vfio-wizard=off\"\n"
	"\texit 0\n"
	"\t;;\n"
	"esac\n"
	"\n"
	"modprobe -q vfio-pci || :\n"
	"if [ ! -d \"$sys/drivers/vfio-pci\" ]; then\n"
	"\tsay \"vfio-pci is not in this initial RAM disk: nothing done\"\n"
	"\texit 0\n"
	"fi\n"
	"\n";

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

/* "hand_over 0000:01:00.0 0x10de:0x2504", with the device's name above it. */
static void it_add_device(struct str *out, const struct pci_device *d)
{
	_cleanup_str_ struct str name = { 0 };

	str_add_printable(&name, d->vendor_name ? d->vendor_name : "");
	str_addc(&name, ' ');
	str_add_printable(&name, d->device_name ? d->device_name : "");
	str_addf(out, "# %s\n", str_c(&name));
	str_addf(out, "hand_over %s 0x%04x:0x%04x\n", d->address, d->vendor, d->device);
}

/* One generated file, over what an earlier stage or run left there. */
static int it_add_file(struct host *h, struct plan *plan, struct stage *stage, const char *path,
		       const struct str *text, const char *why, struct err *err)
{
	const char *before = NULL;
	size_t before_len = 0;
	int r = boot_text_read(h, plan, plan->arena, path, &before, &before_len, err);

	if (r < 0 && r != -ENOENT)
		return r;
	stage_add_file(plan, stage, path, r < 0 ? NULL : before, before_len, str_c(text), text->len,
		       0755, why);
	return 0;
}

/* The kernel that runs and the newest one: one of them starts next.  Older ones stay a way back. */
static const char *const *it_kernels(struct host *h, struct arena *arena)
{
	const char *const *kernels = NULL;
	const char *newest = NULL;

	for (const char *const *k = h->boot.kernels; k && *k; k++)
		if (!newest || strverscmp(*k, newest) > 0)
			newest = *k;
	if (h->identity.kernel && (!newest || strv_contains(h->boot.kernels, h->identity.kernel)))
		arena_strv_add(arena, &kernels, h->identity.kernel);
	if (newest && !strv_contains(kernels, newest))
		arena_strv_add(arena, &kernels, newest);
	return kernels;
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

/* The image, and what an update-initramfs that failed or was killed leaves beside it. */
static void it_add_outputs(struct arena *arena, const char *kernel, const char *const **outputs)
{
	static const char *const suffixes[] = { "", ".new", ".dpkg-bak" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		arena_strv_add(arena, outputs,
			       arena_printf(arena, "/boot/initrd.img-%s%s", kernel, suffixes[i]));
}

static int it_add_rebuild(struct host *h, struct plan *plan, struct stage *stage, struct err *err)
{
	const char *const *kernels = it_kernels(h, plan->arena);

	if (!kernels)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			       _("No kernel was found in /boot whose initial RAM disk could be "
				 "made anew"));
	for (; *kernels; kernels++) {
		const char *const argv[] = { "update-initramfs", "-u", "-k",
					     arena_strdup(plan->arena, *kernels), NULL };
		const char *const *outputs = NULL;
		struct change *c = stage_add_run(
			plan, stage, argv,
			arena_printf(plan->arena, _("makes the initial RAM disk of kernel %s anew"),
				     *kernels));

		it_add_outputs(plan->arena, *kernels, &outputs);
		it_add_esp_copies(h, plan->arena, &outputs);
		c->outputs = outputs;
		c->timeout_s = 1200;
	}
	return 0;
}

static int it_stage_bind(struct host *h, const struct pci_device *const *devices, unsigned n,
			 struct plan *plan, struct stage *stage, struct err *err)
{
	_cleanup_str_ struct str hook = { 0 }, script = { 0 };
	unsigned before = stage->n_changes;
	int r = 0;

	str_add(&script, it_head);
	str_add(&script, it_script_about);
	str_add(&script, it_prereqs);
	str_add(&script, it_script_body);
	for (unsigned i = 0; i < n; i++)
		it_add_device(&script, devices[i]);
	str_add(&script, "exit 0\n");
	/* Built into the kernel it need not be put into the image. */
	if (h->vfio.vfio_pci != MODULE_BUILTIN) {
		str_add(&hook, it_head);
		str_add(&hook, it_hook_about);
		str_add(&hook, it_prereqs);
		str_add(&hook, it_hook_body);
		r = it_add_file(h, plan, stage, IT_HOOK, &hook,
				_("puts vfio-pci into the initial RAM disk"), err);
	}
	if (r >= 0)
		r = it_add_file(
			h, plan, stage, IT_SCRIPT, &script,
			_("hands the devices to vfio-pci before their own drivers are loaded"),
			err);
	if (r < 0 || stage->n_changes == before)
		return r;
	return it_add_rebuild(h, plan, stage, err);
}

const struct initramfs_tool initramfs_initramfs_tools = {
	.name = "initramfs-tools",
	.detect = it_detect,
	.stage_bind = it_stage_bind,
	.stage_rebuild = it_add_rebuild,
};
