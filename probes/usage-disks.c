/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/usage.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

/* Without these the host does not start. */
static bool usage_is_system_mount(const char *where)
{
	static const char *const system[] = { "/",    "/boot", "/boot/efi", "/boot/firmware",
					      "/efi", "/usr",  "/var",      NULL };

	return strv_contains(system, where);
}

static void usage_of_block(struct host *h, const struct block_device *b, struct pci_device *d)
{
	bool used = b->is_swap;

	for (const char *const *m = b->mounts; m && *m; m++) {
		bool system = usage_is_system_mount(*m);

		used = true;
		pci_device_add_use(h, d, system ? HOST_USE_ROOT_DISK : HOST_USE_DISK, system,
				   arena_printf(h->arena, _("%s on %s"), *m, b->name));
	}
	if (b->is_swap)
		pci_device_add_use(h, d, HOST_USE_SWAP, false,
				   arena_printf(h->arena, _("swap on %s"), b->name));
	if (used)
		return;
	if (b->is_holder)
		pci_device_add_use(
			h, d, HOST_USE_DISK, false,
			arena_printf(h->arena, _("%s is part of an array or volume"), b->name));
	else if (b->in_fstab)
		pci_device_add_use(h, d, HOST_USE_DISK, false,
				   arena_printf(h->arena, _("%s is named in /etc/fstab"), b->name));
}

/*
 * An EFI system partition that nobody mounts is the one this computer starts from when there is no other;
 * a second disk with a system of its own has one as well.
 */
static void usage_of_esp(struct host *h)
{
	const struct block_device *lone = NULL;

	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];

		if (!b->is_esp)
			continue;
		if (lone || b->mounts || b->in_fstab)
			return;
		lone = b;
	}
	if (lone && lone->controller && fsroot_exists(h->root, "sys/firmware/efi"))
		pci_device_add_use(h, lone->controller, HOST_USE_FIRMWARE, true,
				   arena_printf(h->arena, _("EFI system partition %s"), lone->name));
}

void usage_disks(struct host *h)
{
	usage_of_esp(h);
	for (unsigned i = 0; i < h->n_blocks; i++)
		if (h->blocks[i]->controller)
			usage_of_block(h, h->blocks[i], h->blocks[i]->controller);
}
