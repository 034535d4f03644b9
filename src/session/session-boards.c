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

static void boards_add_text(struct host *h, struct boards *b, const char *text, size_t len, const char *shown,
			    bool own)
{
	if (strlen(text) != len)
		host_note_unreadable(h, shown, -EINVAL); /* a NUL: no text */
	else
		boards_add(b, h->arena, text, shown, own, boards_on_wrong, h);
}

static void boards_read(struct host *h, struct boards *b, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = fsroot_read(h->root, path, &text, &len);

	if (r >= 0)
		boards_add_text(h, b, text, len, path, true);
	else if (r != -ENOENT && r != -ENOTDIR)
		host_note_unreadable(h, path, r);
}

static void boards_read_own(struct host *h, struct boards *b)
{
	_cleanup_strv_ char **names = NULL;

	if (fsroot_list(h->root, BOARDS_OWN, &names) < 0) {
		boards_read(h, b, BOARDS_OWN);
		return;
	}
	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *path = xasprintf(BOARDS_OWN "/%s", *name);

		if (**name != '.' && !str_ends_with(*name, "~"))
			boards_read(h, b, path);
	}
}

static void boards_read_shipped(struct host *h, struct boards *b)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	size_t len;

	/* An installation without it still judges; the advice then only names what to look for. */
	if (output_load_data("data/boards", &text, &len, &path) == 0)
		boards_add_text(h, b, text, len, "data/boards", false);
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
