/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/initramfs.h"

#include <string.h>

#define INITRAMFS(id) &initramfs_##id,
const struct initramfs_tool *const initramfs_table[] = {
#include "boot/initramfs.def"
};
#undef INITRAMFS
const unsigned initramfs_count = ARRAY_SIZE(initramfs_table);

/* A rebuild by a tool that is not in charge leaves the image as it is. */
#define INITRAMFS_SURE 60

const struct initramfs_tool *initramfs_find(const char *name)
{
	for (unsigned i = 0; i < initramfs_count; i++)
		if (strcmp(initramfs_table[i]->name, name) == 0)
			return initramfs_table[i];
	return NULL;
}

const struct initramfs_tool *initramfs_detect(struct host *h, const char **ret_why)
{
	const struct initramfs_tool *found = NULL;
	const char *why, *found_why = NULL, *seen = NULL;
	int sure = INITRAMFS_SURE - 1;

	for (unsigned i = 0; i < initramfs_count; i++) {
		int score = initramfs_table[i]->detect(h, &why);

		if (score > sure) {
			sure = score;
			found = initramfs_table[i];
			found_why = why;
		}
		seen = seen ? arena_printf(h->arena, "%s; %s: %s", seen, initramfs_table[i]->name,
					   why)
			    : arena_printf(h->arena, "%s: %s", initramfs_table[i]->name, why);
	}
	*ret_why = found ? found_why : seen;
	return found;
}
