/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/session-boards.h"

#include "model/boards.h"
#include "output/output.h"

static void boards_read_shipped(struct host *h, struct boards *b)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	size_t len;

	/* An installation without it still judges; the advice then only names what to look for. */
	if (output_load_data("data/boards", &text, &len, &path) == 0)
		boards_add(b, h, "data/boards", text, len, false);
}

void session_look_up_board(struct host *h)
{
	struct boards b = { 0 };
	struct firmware_menu *menu;

	/* A machine has no setup a person could go through. */
	if (h->cpu.hypervisor == 1)
		return;
	boards_read_shipped(h, &b);
	boards_add_own(&b, h);
	menu = boards_find(&b, h, h->arena);
	h->firmware.menu = menu;
	if (menu->match == BOARD_UNKNOWN)
		h->firmware.board_line = boards_line_to_fill(h, h->arena);
}
