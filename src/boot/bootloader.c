/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bootloader.h"

#include <string.h>

#define BOOTLOADER(id) &bootloader_##id,
const struct bootloader *const bootloader_table[] = {
#include "boot/bootloader.def"
};
#undef BOOTLOADER
const unsigned bootloader_count = ARRAY_SIZE(bootloader_table);

/* Writing for the wrong loader leaves the host as it is and the reader puzzled: better ask. */
#define BOOTLOADER_SURE 60
/* One that is surer by this much is taken, the other not even named. */
#define BOOTLOADER_SURER 20

const char *const *bootloader_way_back_args(struct arena *a, const struct kargs *line)
{
	/* One list, and the last one counts: those blocked so far stay so. */
	_cleanup_free_ char *blocked = kargs_value(line, "module_blacklist");
	const char *const *args = NULL;

	arena_strv_add(a, &args, "vfio-wizard=off");
	arena_strv_add(a, &args, blocked && *blocked ? arena_printf(a, "module_blacklist=%s,vfio_pci", blocked)
						      : "module_blacklist=vfio_pci");
	return args;
}

const struct bootloader *bootloader_find(const char *name)
{
	for (unsigned i = 0; i < bootloader_count; i++)
		if (strcmp(bootloader_table[i]->name, name) == 0)
			return bootloader_table[i];
	return NULL;
}

const struct bootloader *bootloader_detect(struct host *h, const char **ret_why)
{
	const char *why[ARRAY_SIZE(bootloader_table)], *seen = NULL;
	int score[ARRAY_SIZE(bootloader_table)];
	unsigned best = 0, rivals = 0;

	for (unsigned i = 0; i < bootloader_count; i++) {
		score[i] = bootloader_table[i]->detect(h, &why[i]);
		if (score[i] > score[best])
			best = i;
	}
	for (unsigned i = 0; i < bootloader_count; i++)
		rivals += i != best && score[i] >= BOOTLOADER_SURE && score[i] > score[best] - BOOTLOADER_SURER;
	if (score[best] >= BOOTLOADER_SURE && !rivals) {
		*ret_why = why[best];
		return bootloader_table[best];
	}
	for (unsigned i = 0; i < bootloader_count; i++) {
		/* When two are sure, only those are worth reading about. */
		if (rivals && score[i] < BOOTLOADER_SURE)
			continue;
		seen = seen ? arena_printf(h->arena, "%s; %s: %s", seen, bootloader_table[i]->title, why[i])
			    : arena_printf(h->arena, "%s: %s", bootloader_table[i]->title, why[i]);
	}
	*ret_why = rivals ? arena_printf(h->arena, _("more than one is possible: %s"), seen) : seen;
	return NULL;
}
