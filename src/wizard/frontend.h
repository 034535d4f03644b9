/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * All the wizard knows about people.  A step describes its screen as data; a frontend shows it and
 * gives back one event; the step changes its answers and describes the screen anew.  Curses, plain
 * lines and an answers file are three frontends of the same data.
 */

/* States of a row, as words for eyes and ears: "OK", "!!", "!", "??", "--". */
enum row_state { ROW_PLAIN, ROW_OK, ROW_PROBLEM, ROW_CAUTION, ROW_UNKNOWN, ROW_NEUTRAL };

enum row_kind {
	ROW_TEXT,	/* running text, wrapped, not reachable */
	ROW_HEADING,	/* one line, not reachable */
	ROW_FACT,	/* label, value, state; Enter or d shows detail */
	ROW_CHECK,	/* [x] / [ ], Space toggles */
	ROW_RADIO,	/* (*) / ( ), Space chooses */
	ROW_GROUP,	/* tree node, Left/Right fold; its children follow with indent + 1 */
	ROW_FIELD,	/* text field: label, value; help in the message line */
	ROW_LIST,	/* a field with choices: Left/Right step */
	ROW_DIFF,	/* one line of a diff or a file; kept as it is, scrolled sideways */
	ROW_BLANK,
};

struct screen_row {
	enum row_kind kind;
	const char *id;		/* stable, what an event names; NULL: not reachable */
	int indent;
	const char *label;	/* first column */
	const char *value;	/* second column, or the field's text */
	const char *note;	/* third column, least important: cut first */
	enum row_state state;
	bool marked;		/* check, radio; group: open */
	bool disabled;		/* shown as "no"; Space gives EVENT_TOGGLE anyway: the step explains */
	const char *choices;	/* ROW_LIST: "a|b|c" */
	const char *help;	/* message line when focused */
	const char *detail;	/* long text for d / Enter, may have several lines */
};

struct screen_button {
	const char *id;		/* "next", "back", or the step's own */
	const char *label;	/* verb: "Write 3 files" */
	bool disabled;
	const char *why_not;	/* when disabled */
};

enum message_kind { MESSAGE_NONE, MESSAGE_NOTE, MESSAGE_WARNING, MESSAGE_ERROR };

enum screen_kind {
	SCREEN_PAGE,	/* full screen with title, steps, body, buttons, message, keys */
	SCREEN_POPUP,	/* box over what was there; Esc gives EVENT_CLOSE; first button = the safe one */
	/*
	 * Popup that asks to type a word (level 2): EVENT_BUTTON "confirm" with the typed text, which
	 * the step compares; EVENT_CLOSE or another button when nothing shall be done.
	 */
	SCREEN_TYPED,
};

/* One step in the row of steps. */
struct screen_step {
	const char *label;	/* "Kernel"; "~" is a restart */
	bool done, here, needs_you;
};

struct screen {
	enum screen_kind kind;
	const char *id;		/* "devices"; the same id keeps focus and scroll position */
	const char *title;	/* "Choose devices" */
	const char *status;	/* right of the title: "saved 14:02", "READ ONLY" */
	const struct screen_step *steps;
	unsigned n_steps;
	struct screen_row *rows;
	unsigned n_rows;
	/*
	 * Row or button id to start on the first time this id is shown, NULL the first one.  With
	 * MESSAGE_ERROR what is wrong: it gets the focus back when the user just left it.
	 */
	const char *focus;
	const struct screen_button *buttons;
	unsigned n_buttons;
	enum message_kind message_kind;
	const char *message;
	const char *keys;	/* step's own keys, two blanks between: "f Show  1-4 View"; NULL none */
	const char *word;	/* SCREEN_TYPED */
	const char *help;	/* text of the ? popup */
	const char *missing_answer; /* key that must be answered before "next"; NULL */
};

enum event_kind {
	EVENT_BUTTON,	/* id = button */
	EVENT_NEXT,	/* n, F8 */
	EVENT_BACK,	/* b, F7, Esc */
	EVENT_TOGGLE,	/* Space on row id (check, radio, group), Enter on check and radio */
	EVENT_OPEN,	/* Enter on row id: fact or diff without detail; group: also Left/Right, + - */
	EVENT_SET,	/* field or list row id has new text */
	EVENT_KEY,	/* one of the step's own keys; key, and id of the focused row or "" */
	EVENT_UNDO,	/* u */
	EVENT_QUIT,	/* q, F10, Ctrl-C */
	EVENT_CLOSE,	/* Esc in a popup */
	EVENT_HANGUP,	/* terminal gone, SIGHUP, SIGTERM: save and leave; signal */
};
struct event {
	enum event_kind kind;
	char id[64];
	char text[512];
	int key;
	int signal;
};

/* What a running change shows; drawn without waiting for a key. */
struct progress {
	const char *title;
	bool only_looks;	/* nothing is changed: no need to stop it, nothing to watch */
	const struct screen_step *steps;
	unsigned n_steps;
	const char *const *labels; /* of every step of the work */
	const char *const *states; /* "done", "running", "waiting", "failed"; same length */
	const unsigned *elapsed_ms;
	unsigned n_labels;
	const char *const *output;	/* last lines of the running command */
	unsigned n_output;
	const char *log;		/* path of the whole output */
};

struct frontend;
struct frontend_ops {
	const char *name;	/* "curses", "plain", "answers" */
	/* Shows S until something happens.  0, or an error (ERR_ANSWER_MISSING from "answers"). */
	int (*show)(struct frontend *f, const struct screen *s, struct event *ret, struct err *err);
	/* Paints once; returns false when the user asked to stop after this step. */
	bool (*progress)(struct frontend *f, const struct progress *p);
	/* Leaves the screen for good; text is then printed on the normal terminal. */
	void (*close)(struct frontend *f, const char *last_words);
};
struct frontend {
	const struct frontend_ops *ops;
};

struct frontend_options {
	bool ascii, color_never, color_always, mouse, show_cursor;
};
/* ui/: NULL and *RET_WHY_NOT (static, translated) when full screen is not possible here. */
struct frontend *frontend_curses_new(const struct frontend_options *o, const char **ret_why_not);
struct frontend *frontend_plain_new(FILE *in, FILE *out);
/*
 * Answers every page by the button it starts at, else by "next"; ERR_ANSWER_MISSING names the key of a
 * screen that needs one, ERR_NOT_POSSIBLE says why a page cannot be left.
 */
struct frontend *frontend_answers_new(FILE *out);
