/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/keys.h"

#include "ui/terminal.h"

#include <curses.h>

#define CTRL(c) ((c) & 0x1f)
#define CODE(k) (TERMINAL_CODE + (k))

static const struct keys_entry {
	int key;
	enum action action;
} keys_entries[] = {
	{ CODE(KEY_UP), ACTION_UP },
	{ 'k', ACTION_UP },
	{ CTRL('p'), ACTION_UP },
	{ CODE(KEY_DOWN), ACTION_DOWN },
	{ 'j', ACTION_DOWN },
	{ CTRL('n'), ACTION_DOWN },
	{ CODE(KEY_PPAGE), ACTION_PAGE_UP },
	{ 'K', ACTION_PAGE_UP },
	{ CTRL('b'), ACTION_PAGE_UP },
	{ CODE(KEY_NPAGE), ACTION_PAGE_DOWN },
	{ 'J', ACTION_PAGE_DOWN },
	{ CTRL('f'), ACTION_PAGE_DOWN },
	{ CODE(KEY_HOME), ACTION_FIRST },
	{ 'g', ACTION_FIRST },
	{ CODE(KEY_END), ACTION_LAST },
	{ 'G', ACTION_LAST },
	{ '\t', ACTION_NEXT_PART },
	{ CODE(KEY_BTAB), ACTION_PREVIOUS_PART },
	{ '\r', ACTION_ENTER },
	{ '\n', ACTION_ENTER },
	{ CODE(KEY_ENTER), ACTION_ENTER },
	{ ' ', ACTION_SPACE },
	{ CODE(KEY_LEFT), ACTION_LEFT },
	{ CODE(KEY_RIGHT), ACTION_RIGHT },
	{ '+', ACTION_OPEN_NODE },
	{ '-', ACTION_CLOSE_NODE },
	{ 'n', ACTION_NEXT },
	{ CODE(KEY_F(8)), ACTION_NEXT },
	{ 'b', ACTION_BACK },
	{ CODE(KEY_F(7)), ACTION_BACK },
	{ 27, ACTION_ESCAPE },
	{ '/', ACTION_FIND },
	{ 'N', ACTION_FIND_NEXT },
	{ '?', ACTION_HELP },
	{ 'h', ACTION_HELP },
	{ CODE(KEY_F(1)), ACTION_HELP },
	{ 'd', ACTION_DETAILS },
	{ CODE(KEY_F(4)), ACTION_DETAILS },
	{ 'u', ACTION_UNDO },
	{ CTRL('l'), ACTION_REDRAW },
	{ CTRL('z'), ACTION_SUSPEND },
	{ CODE(KEY_SUSPEND), ACTION_SUSPEND }, /* terminfo of linux: kspd=^Z */
	{ 'q', ACTION_QUIT },
	{ CODE(KEY_F(10)), ACTION_QUIT },
	{ CTRL('c'), ACTION_QUIT },
	{ CODE(KEY_MOUSE), ACTION_MOUSE },
};

/* What real terminals send and their terminfo entries leave out. */
static const struct keys_sequence {
	const char *bytes;
	int code;
} keys_sequences[] = {
	{ "\033[Z", KEY_BTAB }, /* xterm and all that follow it */
	{ "\033\t", KEY_BTAB }, /* the keymap of the Linux console */
	{ "\033[H", KEY_HOME },	  { "\033[F", KEY_END },
	{ "\033OH", KEY_HOME },	  { "\033OF", KEY_END },
	{ "\033[1~", KEY_HOME },  { "\033[4~", KEY_END },
	{ "\033[7~", KEY_HOME },  { "\033[8~", KEY_END }, /* rxvt */
	{ "\033[A", KEY_UP },	  { "\033[B", KEY_DOWN },
	{ "\033[C", KEY_RIGHT },  { "\033[D", KEY_LEFT },
	{ "\033[11~", KEY_F(1) }, { "\033[[A", KEY_F(1) }, /* PuTTY; Linux console */
	{ "\033OP", KEY_F(1) },	  { "\033[14~", KEY_F(4) },
	{ "\033[18~", KEY_F(7) }, { "\033[19~", KEY_F(8) },
	{ "\033[21~", KEY_F(10) },
};

void keys_define(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys_sequences); i++) {
		/* what terminfo says about this terminal wins */
		if (key_defined(keys_sequences[i].bytes) == 0)
			define_key(keys_sequences[i].bytes, keys_sequences[i].code);
	}
}

enum action keys_action(int key, bool in_text)
{
	if (in_text && key >= ' ' && key < TERMINAL_CODE)
		return ACTION_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(keys_entries); i++) {
		if (keys_entries[i].key == key)
			return keys_entries[i].action;
	}
	return ACTION_NONE;
}

bool keys_edit(int key, enum field_key *ret)
{
	static const struct {
		int key;
		enum field_key edit;
	} edits[] = {
		{ CODE(KEY_LEFT), FIELD_LEFT },
		{ CODE(KEY_RIGHT), FIELD_RIGHT },
		{ CODE(KEY_HOME), FIELD_HOME },
		{ CTRL('a'), FIELD_HOME },
		{ CODE(KEY_END), FIELD_END },
		{ CTRL('e'), FIELD_END },
		{ CODE(KEY_BACKSPACE), FIELD_BACKSPACE },
		{ 8, FIELD_BACKSPACE },
		{ 127, FIELD_BACKSPACE },
		{ CODE(KEY_DC), FIELD_DELETE },
		{ CTRL('d'), FIELD_DELETE },
		{ CTRL('u'), FIELD_CLEAR },
		{ CTRL('k'), FIELD_KILL },
		{ CTRL('w'), FIELD_WORD_BACK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		if (edits[i].key == key) {
			*ret = edits[i].edit;
			return true;
		}
	}
	return false;
}
