/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ui/field.h"

/* What a key asks for; every action has a key that any terminal can send. */
enum action {
	ACTION_NONE,
	ACTION_UP,
	ACTION_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_FIRST,
	ACTION_LAST,
	ACTION_NEXT_PART,
	ACTION_PREVIOUS_PART,
	ACTION_ENTER,
	ACTION_SPACE,
	ACTION_LEFT,
	ACTION_RIGHT,
	ACTION_OPEN_NODE,
	ACTION_CLOSE_NODE,
	ACTION_NEXT,
	ACTION_BACK,
	ACTION_ESCAPE,
	ACTION_FIND,
	ACTION_FIND_NEXT,
	ACTION_HELP,
	ACTION_DETAILS,
	ACTION_UNDO,
	ACTION_REDRAW,
	ACTION_SUSPEND,
	ACTION_QUIT,
	ACTION_MOUSE,
};

/* Teaches curses the sequences that terminfo does not know; call once the terminal is open. */
void keys_define(void);
/* IN_TEXT: letters are text, only keys that are no character act. */
enum action keys_action(int key, bool in_text);
/* True when KEY edits a field; *RET says how. */
bool keys_edit(int key, enum field_key *ret);
