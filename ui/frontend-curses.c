/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/curses-frontend.h"

#include "base/str.h"

#include <curses.h>
#include <signal.h>
#include <string.h>

struct layer *curses_top(struct curses *c)
{
	return &c->layers[c->n_layers - 1];
}

void curses_say(struct curses *c, const char *sentence)
{
	free(c->notice);
	c->notice = xstrdup(sentence);
}

static struct memory *curses_memory(struct curses *c, const char *id)
{
	struct memory *m = c->memories;

	while (m && !str_eq(m->id, id))
		m = m->next;
	if (!m) {
		m = xcalloc(1, sizeof(*m));
		m->id = xstrdup(id);
		m->next = c->memories;
		c->memories = m;
	}
	return m;
}

static void curses_forget(struct memory *m)
{
	free(m->focus);
	free(m->filter);
	m->focus = m->filter = NULL;
	m->position = 0;
	m->top = m->shift = 0;
}

/* Popups begin at the button that does no harm, pages where the step wants it. */
static const char *curses_first_focus(const struct screen *s)
{
	if (s->kind == SCREEN_TYPED)
		return VIEW_WORD_ID;
	if (s->focus)
		return s->focus;
	if (s->kind == SCREEN_POPUP && s->n_buttons > 0)
		return s->buttons[0].id;
	return NULL;
}

/* What is wrong gets the focus once: when the field was left or the page was to be left. */
static bool curses_is_refused(const struct curses *c, const struct screen *s)
{
	const struct event *last = &c->last_event;

	if (s->message_kind != MESSAGE_ERROR || !s->focus)
		return false;
	return last->kind == EVENT_NEXT || last->kind == EVENT_BUTTON ||
	       (last->kind == EVENT_SET && str_eq(last->id, s->focus));
}

void curses_push(struct curses *c, const struct screen *s)
{
	struct layer *l = &c->layers[c->n_layers++];
	struct memory *m = curses_memory(c, s->id ? s->id : "");
	const char *first = curses_first_focus(s);

	*l = (struct layer){ .screen = s, .memory = m, .focus = -1 };
	/* our own popups are new every time */
	if (str_starts_with(m->id, "?"))
		curses_forget(m);
	if (!m->focus || curses_is_refused(c, s)) {
		free(m->focus);
		m->focus = first ? xstrdup(first) : NULL;
	}
	l->width = COLS;
}

void curses_pop(struct curses *c)
{
	struct layer *l = &c->layers[--c->n_layers];

	view_done(&l->view);
	field_done(&l->field);
	free(l->field_id);
	*l = (struct layer){ 0 };
}

static void curses_draw_layers(struct curses *c, const struct status_lines *below)
{
	const struct screen *first = c->layers[0].screen;
	int y, height;

	/* a question before the first page: an empty one behind it, so that it is known whose it is */
	if (first->kind != SCREEN_PAGE)
		page_draw_frame(NULL, first->status, first->steps, first->n_steps, below, &y, &height);
	for (unsigned i = 0; i < c->n_layers; i++) {
		struct layer *l = &c->layers[i];
		bool active = i + 1 == c->n_layers;

		if (l->screen->kind == SCREEN_PAGE)
			page_draw(l, below, active);
		else
			popup_draw(l, LINES - screen_status_height(below), active);
	}
}

void curses_draw(struct curses *c)
{
	struct layer *l = curses_top(c);
	struct status_lines below;
	int y, x;

	if (screen_too_small()) {
		screen_draw_too_small();
		refresh();
		return;
	}
	body_layout(l, l->width);
	focus_begin_edit(l);
	status_lines_make(c, &below);
	curses_draw_layers(c, &below);
	body_cursor(l, &y, &x);
	if (below.message_cursor >= 0) {
		y = LINES - screen_status_height(&below);
		x = below.message_cursor;
	}
	move(y, x < COLS ? x : COLS - 1);
	status_lines_done(&below);
	refresh();
}

static bool curses_signal(struct curses *c, int sig, struct event *ret)
{
	if (sig == SIGINT) {
		*ret = (struct event){ .kind = EVENT_QUIT };
		return true;
	}
	c->ended_by = sig;
	return false;
}

/* The program is to end; what is in a field is not lost. */
static void curses_hang_up(struct curses *c, struct event *ret)
{
	const struct screen_row *row = focus_row(curses_top(c));
	_cleanup_free_ char *text = focus_end_edit(curses_top(c));

	*ret = (struct event){ .kind = EVENT_HANGUP, .signal = c->ended_by };
	if (!text)
		return;
	*ret = (struct event){ .kind = EVENT_SET };
	snprintf(ret->id, sizeof(ret->id), "%s", row->id);
	snprintf(ret->text, sizeof(ret->text), "%s", text);
}

void curses_loop(struct curses *c, struct event *ret)
{
	struct terminal_event ev;
	bool draw = true;

	for (;;) {
		if (c->ended_by) {
			curses_hang_up(c, ret);
			return;
		}
		/* keys that came together are drawn once */
		terminal_next(false, &ev);
		if (ev.what == TERMINAL_NOTHING) {
			if (draw)
				curses_draw(c);
			draw = false;
			terminal_next(true, &ev);
		}
		draw = true;
		if (ev.what == TERMINAL_SIGNAL && curses_signal(c, ev.signal, ret))
			return;
		if (ev.what == TERMINAL_KEY) {
			/* a key needs to know what stands where */
			body_layout(curses_top(c), curses_top(c)->width);
			focus_begin_edit(curses_top(c));
			if (input_key(c, ev.key, ret))
				return;
		}
	}
}

static void curses_keep_page(struct curses *c, const struct screen *s)
{
	struct arena *old = c->page_arena;

	c->page_arena = arena_new();
	c->page = screen_copy(c->page_arena, s);
	arena_free(old);
}

/* A popup that comes again is a new question, at its safe button, unless a row of it was changed. */
static bool curses_is_same_popup(const struct curses *c, const struct screen *s)
{
	enum event_kind last = c->last_event.kind;

	return str_eq(c->last_id, s->id) && (last == EVENT_TOGGLE || last == EVENT_SET ||
					     last == EVENT_OPEN || last == EVENT_KEY);
}

static int curses_show(struct frontend *f, const struct screen *s, struct event *ret, struct err *err)
{
	struct curses *c = (struct curses *)f;
	int key = c->waiting_key;

	(void)err;
	c->waiting_key = -1;
	c->stop_requested = false;
	if (s->kind == SCREEN_PAGE)
		curses_keep_page(c, s);
	else if (c->page)
		curses_push(c, c->page);
	if (s->kind != SCREEN_PAGE && !curses_is_same_popup(c, s))
		curses_forget(curses_memory(c, s->id ? s->id : ""));
	free(c->last_id);
	c->last_id = s->id ? xstrdup(s->id) : NULL;
	curses_push(c, s);
	if (key >= 0 && s->message_kind != MESSAGE_ERROR && s->kind == SCREEN_PAGE) {
		body_layout(curses_top(c), COLS);
		focus_begin_edit(curses_top(c));
		if (!input_key(c, key, ret))
			curses_loop(c, ret);
	} else {
		curses_loop(c, ret);
	}
	while (c->n_layers > 0)
		curses_pop(c);
	c->last_event = *ret;
	return 0;
}

static void curses_close(struct frontend *f, const char *last_words)
{
	struct curses *c = (struct curses *)f;

	terminal_close();
	oom_hook = NULL;
	if (!str_is_empty(last_words) && c->ended_by != SIGHUP) {
		fputs(last_words, stdout);
		if (!str_ends_with(last_words, "\n"))
			fputc('\n', stdout);
		fflush(stdout);
	}
	while (c->memories) {
		struct memory *m = c->memories;

		c->memories = m->next;
		curses_forget(m);
		free(m->id);
		free(m);
	}
	arena_free(c->page_arena);
	field_done(&c->find);
	free(c->notice);
	free(c->last_id);
	free(c);
}

static const struct frontend_ops curses_ops = {
	.name = "curses",
	.show = curses_show,
	.progress = curses_progress,
	.close = curses_close,
};

struct frontend *frontend_curses_new(const struct frontend_options *o, const char **ret_why_not)
{
	const char *why = terminal_open(o);
	struct curses *c;

	if (why) {
		*ret_why_not = why;
		return NULL;
	}
	oom_hook = terminal_close;
	c = xcalloc(1, sizeof(*c));
	c->base.ops = &curses_ops;
	c->waiting_key = -1;
	return &c->base;
}
