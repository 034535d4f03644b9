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

const struct bootloader *bootloader_find(const char *name)
{
	for (unsigned i = 0; i < bootloader_count; i++)
		if (strcmp(bootloader_table[i]->name, name) == 0)
			return bootloader_table[i];
	return NULL;
}

const struct bootloader *bootloader_detect(struct host *h, const char **ret_why)
{
	const struct bootloader *found = NULL;
	const char *why, *found_why = NULL, *seen = NULL;
	int sure = BOOTLOADER_SURE - 1;

	for (unsigned i = 0; i < bootloader_count; i++) {
		int score = bootloader_table[i]->detect(h, &why);

		if (score > sure) {
			sure = score;
			found = bootloader_table[i];
			found_why = why;
		}
		seen = seen ? arena_printf(h->arena, "%s; %s: %s", seen, bootloader_table[i]->title,
					   why)
			    : arena_printf(h->arena, "%s: %s", bootloader_table[i]->title, why);
	}
	*ret_why = found ? found_why : seen;
	return found;
}
