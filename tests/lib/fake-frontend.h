/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/str.h"
#include "wizard/frontend.h"

#include <check.h>
#include <string.h>

/*
 * A frontend that plays a script of events and keeps every screen it was shown as text, one line a
 * row, so that a test can ask what a person would have seen.  A script that is at its end hangs up.
 */
#define FAKE_MAX_SCREENS 128

struct fake {
	struct frontend base;
	const struct event *script;
	unsigned n, at;
	char *screens[FAKE_MAX_SCREENS];
	unsigned n_screens;
	unsigned n_progress;
	char *last_words;
};

#define NEXT { .kind = EVENT_NEXT }
#define BACK { .kind = EVENT_BACK }
#define UNDO { .kind = EVENT_UNDO }
#define QUIT { .kind = EVENT_QUIT }
#define CLOSE { .kind = EVENT_CLOSE }
#define HANGUP { .kind = EVENT_HANGUP, .signal = 1 }
#define TOGGLE(what) { .kind = EVENT_TOGGLE, .id = what }
#define OPEN(what) { .kind = EVENT_OPEN, .id = what }
#define BUTTON(what) { .kind = EVENT_BUTTON, .id = what }
#define TYPED(word) { .kind = EVENT_BUTTON, .id = "confirm", .text = word }
#define SET(what, value) { .kind = EVENT_SET, .id = what, .text = value }
#define KEY(k) { .kind = EVENT_KEY, .key = k }

static inline void fake_add_row(struct str *s, const struct screen_row *r)
{
	static const char *const states[] = { "", " OK", " !!", " !", " ??", " --" };

	if (r->kind == ROW_CHECK || r->kind == ROW_RADIO)
		str_add(s, r->marked ? "[x] " : "[ ] ");
	str_addf(s, "%s|%s|%s%s\n", r->label ? r->label : "", r->value ? r->value : "", r->note ? r->note : "",
		 states[r->state]);
}

static inline int fake_show(struct frontend *f, const struct screen *s, struct event *ret, struct err *err)
{
	struct fake *fake = (struct fake *)f;
	struct str text = { 0 };

	(void)err;
	str_addf(&text, "%s: %s\n", s->id, s->title);
	for (unsigned i = 0; i < s->n_rows; i++)
		fake_add_row(&text, &s->rows[i]);
	for (unsigned i = 0; i < s->n_buttons; i++)
		str_addf(&text, "<%s>%s\n", s->buttons[i].label, s->buttons[i].disabled ? " no" : "");
	str_addf(&text, "focus %s\n", s->focus ? s->focus : "");
	if (s->message_kind != MESSAGE_NONE)
		str_addf(&text, "%s %s\n", s->message_kind == MESSAGE_ERROR ? "Error:" : "Message:", s->message);
	ck_assert_uint_lt(fake->n_screens, FAKE_MAX_SCREENS);
	fake->screens[fake->n_screens++] = str_steal(&text);
	if (fake->at < fake->n)
		*ret = fake->script[fake->at++];
	else
		*ret = (struct event)HANGUP;
	return 0;
}

static inline bool fake_progress(struct frontend *f, const struct progress *p)
{
	((struct fake *)f)->n_progress += !p->only_looks;
	return true;
}

static inline void fake_close(struct frontend *f, const char *last_words)
{
	((struct fake *)f)->last_words = last_words ? xstrdup(last_words) : NULL;
}

static const struct frontend_ops fake_ops = {
	.name = "fake", .show = fake_show, .progress = fake_progress, .close = fake_close
};

/* The last screen shown; it begins with the id. */
static inline const char *fake_last(const struct fake *f)
{
	return f->n_screens ? f->screens[f->n_screens - 1] : "";
}

/* The screen shown WHEN the event of that number was taken. */
static inline const char *fake_screen(const struct fake *f, unsigned when)
{
	return when < f->n_screens ? f->screens[when] : "";
}

static inline void fake_done(struct fake *f)
{
	for (unsigned i = 0; i < f->n_screens; i++)
		free(f->screens[i]);
	free(f->last_words);
}

#define ck_assert_shows(screen, what) \
	ck_assert_msg(strstr(screen, what) != NULL, "\"%s\" is not on:\n%s", what, screen)
#define ck_assert_hides(screen, what) \
	ck_assert_msg(strstr(screen, what) == NULL, "\"%s\" is on:\n%s", what, screen)
