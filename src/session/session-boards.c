/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/session-boards.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/boards.h"
#include "output/output.h"

#include <errno.h>
#include <string.h>

/* A file, or a folder of files; below the looked-at root, where it belongs to the board. */
#define BOARDS_OWN "/etc/vfio-wizard/boards"

static void boards_on_wrong(void *user, const char *sentence)
{
	host_note_broken(user, sentence);
}

static void boards_read(struct host *h, struct boards *b, const struct fsroot *root, const char *path,
			const char *shown, bool own)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = fsroot_read(root, path, &text, &len);

	if (r < 0) {
		if (r != -ENOENT && r != -ENOTDIR)
			host_note_unreadable(h, shown, r);
		return;
	}
	if (strlen(text) != len) {
		host_note_unreadable(h, shown, -EINVAL); /* a NUL: no text */
		return;
	}
	boards_add(b, h->arena, text, shown, own, boards_on_wrong, h);
}

static void boards_read_own(struct host *h, struct boards *b)
{
	_cleanup_strv_ char **names = NULL;

	if (fsroot_list(h->root, BOARDS_OWN, &names) < 0) {
		boards_read(h, b, h->root, BOARDS_OWN, BOARDS_OWN, true);
		return;
	}
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *path = xasprintf(BOARDS_OWN "/%s", *name);

		if (**name != '.' && !str_ends_with(*name, "~"))
			boards_read(h, b, h->root, path, path, true);
	}
}

static void boards_read_shipped(struct host *h, struct boards *b)
{
	_cleanup_fsroot_ struct fsroot *here = NULL;
	_cleanup_free_ char *file = NULL, *absolute = NULL;

	/* An installation without it still judges; the advice then only names what to look for. */
	if (output_find_data("data/boards", &file, NULL) < 0 || fsroot_open("/", &here, NULL) < 0)
		return;
	absolute = realpath(file, NULL);
	if (absolute)
		boards_read(h, b, here, absolute, "data/boards", false);
}

void session_look_up_board(struct host *h)
{
	struct boards b = { 0 };
	struct firmware_menu *menu;

	/* A machine has no setup a person could go through. */
	if (h->cpu.hypervisor == 1)
		return;
	boards_read_shipped(h, &b);
	boards_read_own(h, &b);
	menu = boards_find(&b, h, h->arena);
	h->firmware.menu = menu;
	if (menu->match == BOARD_UNKNOWN)
		h->firmware.board_line = boards_line_to_fill(h, h->arena);
}
