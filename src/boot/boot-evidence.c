/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/boot-evidence.h"

#include "base/strv.h"

#include <ctype.h>
#include <string.h>

/* TEXT begins with PREFIX, whatever the case. */
static bool evidence_starts(const char *text, const char *prefix)
{
	return text && strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool evidence_contains(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; text && *text; text++)
		if (strncasecmp(text, part, n) == 0)
			return true;
	return false;
}

/* How the text of LoaderInfo begins: "GRUB 2.12", "systemd-boot 252.30-1~deb12u2", "Limine 9.3.0". */
static const struct {
	const char *prefix;
	enum boot_program program;
} evidence_loaders[] = {
	{ "GRUB", BOOT_PROGRAM_GRUB },
	{ "systemd-boot", BOOT_PROGRAM_SYSTEMD_BOOT },
	{ "gummiboot", BOOT_PROGRAM_SYSTEMD_BOOT },
	{ "rEFInd", BOOT_PROGRAM_REFIND },
	{ "Limine", BOOT_PROGRAM_LIMINE },
};

/*
 * Parts of the path of the program that the firmware started.  \EFI\BOOT\BOOTX64.EFI may be any of
 * them; shim starts whatever lies beside it as grubx64.efi, which by name alone is no proof.
 */
static const struct {
	const char *part;
	enum boot_program program;
} evidence_paths[] = {
	{ "\\systemd-boot", BOOT_PROGRAM_SYSTEMD_BOOT }, { "\\refind", BOOT_PROGRAM_REFIND },
	{ "\\limine", BOOT_PROGRAM_LIMINE },		 { "\\grub", BOOT_PROGRAM_GRUB },
	{ "\\EFI\\Linux\\", BOOT_PROGRAM_FIRMWARE },	 { "\\vmlinuz", BOOT_PROGRAM_FIRMWARE },
};

static bool evidence_from_loader(struct host *h, struct boot_evidence *e)
{
	const struct firmware_facts *fw = &h->firmware;

	for (size_t i = 0; i < ARRAY_SIZE(evidence_loaders); i++) {
		if (!evidence_starts(fw->loader_info, evidence_loaders[i].prefix))
			continue;
		e->program = evidence_loaders[i].program;
		e->why = arena_printf(h->arena, _("it left its name in the firmware (LoaderInfo: %s)"), fw->loader_info);
		return true;
	}
	/* systemd's stub sets LoaderInfo itself when no loader did before. */
	if (e->unified && (!fw->loader_info || evidence_starts(fw->loader_info, "systemd-stub"))) {
		e->program = BOOT_PROGRAM_FIRMWARE;
		e->why = arena_printf(h->arena, _("the unified kernel image was started by the firmware (StubInfo: %s)"),
				      fw->stub_info);
		return true;
	}
	return false;
}

static bool evidence_from_path(struct host *h, struct boot_evidence *e)
{
	const char *path = h->firmware.boot_current_path;

	for (size_t i = 0; i < ARRAY_SIZE(evidence_paths); i++) {
		if (!evidence_contains(path, evidence_paths[i].part))
			continue;
		e->program = evidence_paths[i].program;
		e->why = arena_printf(h->arena, _("the firmware started %s (Boot%04X)"), path,
				      (unsigned)h->firmware.boot_current & 0xffffu);
		return true;
	}
	return false;
}

/*
 * GRUB puts BOOT_IMAGE=PATH or BOOT_IMAGE=(hd0,gpt2)/PATH in front, syslinux and others BOOT_IMAGE=
 * too, but with a name or a relative path; systemd-boot and the EFI stub pass initrd=\PATH on.
 */
static void evidence_from_cmdline(struct host *h, struct boot_evidence *e)
{
	const char *image = h->boot.boot_image, *initrd = host_cmdline_value(h, "initrd");

	if (image && (*image == '/' || *image == '(')) {
		e->program = BOOT_PROGRAM_GRUB;
		e->why = arena_printf(h->arena, _("the kernel command line has BOOT_IMAGE=%s, as GRUB writes it"), image);
		return;
	}
	if (image) {
		e->program = BOOT_PROGRAM_OTHER;
		e->why = arena_printf(h->arena, _("the kernel command line has BOOT_IMAGE=%s, which GRUB does not write so"),
				      image);
		return;
	}
	e->why = initrd && *initrd == '\\'
			 ? arena_printf(h->arena,
					_("the kernel command line has initrd=%s, as systemd-boot, rEFInd and the "
					  "firmware write it"),
					initrd)
			 : _("neither the firmware nor the kernel command line says what started this kernel");
}

const struct boot_evidence *boot_evidence(struct host *h)
{
	struct boot_evidence *e = arena_alloc(h->arena, sizeof(*e));

	e->unified = h->firmware.stub_info != NULL;
	e->measured = evidence_from_loader(h, e) || evidence_from_path(h, e);
	if (!e->measured)
		evidence_from_cmdline(h, e);
	return e;
}

static void partitions_add(struct host *h, const char *const **list, const char *folder)
{
	if (!strv_contains(*list, folder))
		arena_strv_add(h->arena, list, folder);
}

/* Type of an extended boot partition, https://uapi-group.org/specifications/specs/boot_loader_specification/ */
#define PARTITIONS_XBOOTLDR "bc13c2ff-59e6-4262-a352-b275fd6f7172"

/* B is the one the loader, or else the firmware, says it came from. */
static bool partitions_is_started(const struct host *h, const struct block_device *b)
{
	const char *from = h->firmware.loader_partition ? h->firmware.loader_partition
							: h->firmware.boot_current_partition;

	return from && b->part_uuid && strcasecmp(from, b->part_uuid) == 0;
}

/* Where those are mounted that the system was STARTED from, or the others. */
static void partitions_add_mounted(struct host *h, bool started, const char *const **list)
{
	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];
		bool extended = b->partition_type && strcasecmp(b->partition_type, PARTITIONS_XBOOTLDR) == 0;

		if (partitions_is_started(h, b) != started)
			continue;
		for (const char *const *m = b->mounts; m && *m && (b->is_esp || extended); m++)
			if (fsroot_exists(h->root, *m))
				partitions_add(h, list, *m);
	}
}

const char *const *boot_partitions(struct host *h)
{
	static const char *const usual[] = { "/boot/efi", "/efi", "/boot" };
	const char *const *list = NULL;

	partitions_add_mounted(h, true, &list);
	partitions_add_mounted(h, false, &list);
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (fsroot_exists(h->root, arena_printf(h->arena, "%s/EFI", usual[i])) ||
		    fsroot_exists(h->root, arena_printf(h->arena, "%s/loader/entries", usual[i])))
			partitions_add(h, &list, usual[i]);
	return list;
}
