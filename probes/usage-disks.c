/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/usage.h"

#include "base/str.h"
#include "base/strv.h"
#include "probes/probe-util.h"

#include <strings.h>

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
	else if (b->in_crypttab)
		pci_device_add_use(h, d, HOST_USE_DISK, false,
				   arena_printf(h->arena, _("%s is named in /etc/crypttab"), b->name));
}

static void usage_add_esp(struct host *h, const struct block_device *b)
{
	if (b->controller)
		pci_device_add_use(h, b->controller, HOST_USE_FIRMWARE, true,
				   arena_printf(h->arena, _("EFI system partition %s"), b->name));
}

/* The partition that the firmware's entry or the boot loader says this computer was started from. */
static bool usage_of_boot_partition(struct host *h)
{
	const struct firmware_facts *fw = &h->firmware;
	bool found = false;

	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];

		if (!b->part_uuid || ((!fw->boot_current_partition ||
				       strcasecmp(b->part_uuid, fw->boot_current_partition) != 0) &&
				      (!fw->loader_partition || strcasecmp(b->part_uuid, fw->loader_partition) != 0)))
			continue;
		if (!b->mounts) /* else that says it */
			usage_add_esp(h, b);
		found = true;
	}
	return found;
}

/*
 * An EFI system partition that nobody mounts is the one this computer starts from when there is no other;
 * a second disk with a system of its own has one as well.
 */
static void usage_of_esp(struct host *h)
{
	const struct block_device *lone = NULL;

	if (usage_of_boot_partition(h))
		return;

	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];

		if (!b->is_esp)
			continue;
		if (lone || b->mounts || b->in_fstab)
			return;
		lone = b;
	}
	if (lone && fsroot_exists(h->root, "sys/firmware/efi"))
		usage_add_esp(h, lone);
}

void usage_disks(struct host *h)
{
	usage_of_esp(h);
	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];

		if (b->controller)
			usage_of_block(h, b, b->controller);
		for (unsigned k = 0; k < b->n_more_controllers; k++)
			usage_of_block(h, b, b->more_controllers[k]);
	}
}
