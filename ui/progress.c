/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/curses-frontend.h"

#include "base/str.h"
#include "ui/text.h"
#include "ui/theme.h"

#include <curses.h>
#include <signal.h>
#include <time.h>

/* Four times a second is as often as anybody reads. */
#define PROGRESS_EVERY_MS 250

static long long progress_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* "done" and its like are words of the contract; what is shown is a mark and a translated word. */
static const struct progress_state {
	const char *id, *mark, *word;
} progress_states[] = {
	{ "done", "[x]", N_("done") },
	{ "running", "[>]", N_("running") },
	{ "failed", "[!]", N_("failed") },
	{ "waiting", "[ ]", N_("waiting") },
};

static const struct progress_state *progress_find_state(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(progress_states); i++) {
		if (str_eq(progress_states[i].id, id))
			return &progress_states[i];
	}
	return &progress_states[ARRAY_SIZE(progress_states) - 1];
}

static char *progress_time(unsigned ms)
{
	if (ms < 10000)
		return xasprintf("%u.%u s", ms / 1000, ms % 1000 / 100);
	return xasprintf("%u:%02u", ms / 60000, ms / 1000 % 60);
}

static unsigned progress_current(const struct progress *p)
{
	for (unsigned i = 0; i < p->n_labels; i++) {
		if (!str_eq(p->states[i], "done"))
			return i;
	}
	return p->n_labels ? p->n_labels - 1 : 0;
}

static void progress_draw_step(const struct progress *p, unsigned i, int y)
{
	const struct progress_state *state = progress_find_state(p->states[i]);
	bool waiting = str_eq(state->id, "waiting");
	_cleanup_free_ char *time = waiting ? NULL : progress_time(p->elapsed_ms[i]);
	_cleanup_str_ struct str line = { 0 };
	int right = COLS > 80 ? 80 : COLS;

	str_addf(&line, "%s ", state->mark);
	text_add_padded(&line, p->labels[i], right - 32);
	str_add(&line, "  ");
	text_add_padded(&line, _(state->word), 12);
	text_add_cut(&line, time, 0, 8);
	if (str_eq(state->id, "running"))
		mvaddch(y, 1, '>');
	body_put(y, 3, str_c(&line), COLS - 4);
	if (str_eq(state->id, "failed"))
		theme_paint(y, 3, 3, THEME_PROBLEM);
}

static int progress_draw_steps(const struct progress *p, int y, int room)
{
	unsigned now = progress_current(p), first = 0;
	_cleanup_free_ char *head = p->n_labels == 0 ? xstrdup("") :
		/* TRANSLATORS: number of the step, number of steps, what it does. */
		xasprintf(_("Step %u of %u   %s"), now + 1, p->n_labels, p->labels[now]);

	body_put(y++, 1, head, COLS - 2);
	y++;
	if ((int)p->n_labels > room && now >= (unsigned)room)
		first = now - (unsigned)room + 1;
	for (unsigned i = first; i < p->n_labels && (int)(i - first) < room; i++)
		progress_draw_step(p, i, y++);
	return y;
}

/* The last lines the running command printed; the whole is in the log. */
static void progress_draw_output(const struct progress *p, int y, int lines)
{
	unsigned first = p->n_output > (unsigned)lines ? p->n_output - (unsigned)lines : 0;

	body_put(y, 3, _("Output"), COLS - 4);
	if (p->log) {
		int width = text_width(p->log);

		if (width < COLS - 20)
			body_put(y, COLS - 3 - width, p->log, width);
	}
	for (int i = 0; i < lines; i++) {
		mvaddstr(y + 1 + i, 3, "|");
		if (first + (unsigned)i < p->n_output)
			body_put(y + 1 + i, 5, p->output[first + (unsigned)i], COLS - 7);
	}
}

/* Looking takes a moment and harms nothing: only a title and what is looked at. */
static void progress_draw_look(const struct progress *p)
{
	struct status_lines below = { .kind = MESSAGE_NONE, .message_cursor = -1 };
	int y, height;

	page_draw_frame(p->title, NULL, p->steps, p->n_steps, &below, &y, &height);
	for (unsigned i = 0; i < p->n_labels; i++)
		body_put(y + (int)i, 3, p->labels[i], COLS - 4);
	move(y, 3);
	refresh();
}

static void progress_draw(struct curses *c, const struct progress *p)
{
	struct status_lines below = { .kind = MESSAGE_NOTE, .message_cursor = -1 };
	_cleanup_free_ char *button = xasprintf("[ %s ]", _("Stop after this step"));
	int y, height, end, room;

	if (screen_too_small()) {
		screen_draw_too_small();
		refresh();
		return;
	}
	if (p->only_looks) {
		progress_draw_look(p);
		return;
	}
	below.message = xstrdup(c->stop_requested ?
		_("the running step is finished, then nothing more is done.") :
		_("if this terminal goes away the running step is finished, the rest waits."));
	below.keys = xasprintf("Enter %s", _("Stop after this step"));
	page_draw_frame(p->title, _("APPLYING"), p->steps, p->n_steps, &below, &y, &height);
	end = y + height;
	/* head, blank, steps, blank, output of at least two lines, blank, button */
	room = height - 8 < 1 ? 1 : height - 8;
	y = progress_draw_steps(p, y, room);
	if (end - y - 4 > 0)
		progress_draw_output(p, y + 1, end - y - 4 < 8 ? end - y - 4 : 8);
	mvaddch(end - 1, 1, '>');
	body_put(end - 1, 3, button, COLS - 4);
	theme_paint(end - 1, 3, text_width(button), THEME_FOCUS);
	move(end - 1, 3);
	refresh();
	status_lines_done(&below);
}

static void progress_take_input(struct curses *c)
{
	struct terminal_event ev;

	for (;;) {
		terminal_next(false, &ev);
		if (ev.what == TERMINAL_NOTHING)
			return;
		c->painted_ms = 0;
		if (ev.what == TERMINAL_SIGNAL) {
			c->stop_requested = true;
			if (ev.signal != SIGINT) {
				c->ended_by = ev.signal;
				return;
			}
		}
		if (ev.what == TERMINAL_KEY) {
			enum action action = keys_action(ev.key, true);

			if (action == ACTION_ENTER || action == ACTION_QUIT)
				c->stop_requested = true;
			else if (action == ACTION_REDRAW)
				terminal_redraw();
		}
	}
}

bool curses_progress(struct frontend *f, const struct progress *p)
{
	struct curses *c = (struct curses *)f;
	unsigned state = p->n_labels;
	long long now;

	progress_take_input(c);
	if (c->ended_by == SIGHUP)
		return false;
	for (unsigned i = 0; i < p->n_labels; i++)
		state = state * 31 + (unsigned char)p->states[i][0];
	now = progress_now_ms();
	if (state == c->painted_state && now - c->painted_ms < PROGRESS_EVERY_MS)
		return !c->stop_requested;
	c->painted_state = state;
	c->painted_ms = now;
	progress_draw(c, p);
	return !c->stop_requested;
}
