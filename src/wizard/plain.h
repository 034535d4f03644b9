/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "wizard/frontend.h"

#include <stdio.h>

/*
 * One question per line, for speech readers, TERM=dumb and pipes.  Nothing is printed twice: when a
 * screen comes again only its message and the lines that changed are told.
 */
struct plain {
	struct frontend base;
	FILE *in, *out;
	char *screen;	  /* id of the screen told last */
	char **told;	  /* its lines, to tell only what changed */
	unsigned asked;	  /* fields of it that were asked for */
	bool asks_again;  /* the last field was wrong */
	char **toggles;	  /* ids still to be marked: "1 3 4" is one answer */
	char *progress;
	bool ended;	  /* no more input */
};

/* plain-tell.c: everything of S when it is new, else what changed. */
void plain_tell_screen(struct plain *p, const struct screen *s);
/* Lines of TEXT one by one: what comes from a host may not move the cursor, but may have lines. */
void plain_tell_text(struct plain *p, const char *text, int indent);
/* True for the rows that are told with a number, 1 the first; the buttons are counted on. */
bool plain_is_listed(const struct screen_row *row);

/* plain-ask.c: a line without its end; NULL when there is no more. */
char *plain_ask_line(struct plain *p);
/* The new text of one field or list; false when the answer leaves it as it is. */
bool plain_ask_row(struct plain *p, const struct screen_row *row, struct event *ret);
/* A form asks for one field after the other, the wrong one again; false when all are answered. */
bool plain_ask_form(struct plain *p, const struct screen *s, struct event *ret);
/* The word of a SCREEN_TYPED. */
void plain_ask_word(struct plain *p, const struct screen *s, struct event *ret);
/* ID and TEXT may be NULL. */
void plain_event(struct event *ret, enum event_kind kind, const char *id, const char *text);
/* Nobody is there any more: the same as a terminal that went away.  Always true. */
bool plain_hang_up(struct event *ret);

/* plain-answer.c: what Enter means, as a number: the way on that harms nothing; 0 when there is none. */
unsigned plain_answer_default(const struct screen *s);
/* The event ANSWER stands for; false when it only was told something.  Trims ANSWER in place. */
bool plain_answer(struct plain *p, const struct screen *s, char *answer, struct event *ret);
/* The next of several lines to mark; false when there is none. */
bool plain_answer_pending(struct plain *p, struct event *ret);
