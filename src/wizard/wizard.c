/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk itself: which step is shown, how one leads to the next, how it ends and resumes. */
#include "wizard/wizard.h"

#include "base/log.h"
#include "base/str.h"
#include "base/strv.h"
#include "wizard/step.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

const struct step *const step_table[] = {
#define STEP(id) &step_##id,
#include "wizard/step.def"
#undef STEP
};
const unsigned step_count = ARRAY_SIZE(step_table);

void wizard_say(struct wizard *w, enum message_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->message, sizeof(w->message), fmt, ap);
	va_end(ap);
	w->message_kind = kind;
}

void wizard_say_err(struct wizard *w, const struct err *err)
{
	wizard_say(w, MESSAGE_ERROR, err->hint[0] ? "%s %s" : "%s%s", err->msg, err->hint);
	log_line("wizard: %s", err->msg);
}

const char *wizard_address(const struct pci_device *d)
{
	return str_starts_with(d->address, "0000:") ? d->address + 5 : d->address;
}

const char *wizard_time(struct screen_build *b, const char *stamp)
{
	char *text = arena_strdup(b->arena, stamp ? stamp : "");
	char *t = strchr(text, 'T');

	/* "2026-05-14T14:02:11": seconds tell nobody anything. */
	if (t)
		*t = ' ';
	if (strlen(text) > 16)
		text[16] = '\0';
	return text;
}

void wizard_replan(struct wizard *w)
{
	plan_free(TAKE_PTR(w->plan));
	w->plan_err = (struct err){ 0 };
	if (session_plan(w->s, &w->plan, &w->plan_err) < 0)
		w->plan = NULL;
}

struct stage *wizard_stage(const struct wizard *w, const char *name)
{
	for (unsigned i = 0; w->plan && i < w->plan->n_stages; i++)
		if (strcmp(w->plan->stages[i]->name, name) == 0)
			return w->plan->stages[i];
	return NULL;
}

bool wizard_answer(struct wizard *w, const char *key, const char *value)
{
	struct err err = { 0 };
	_cleanup_answers_ struct answers tried = { 0 };
	_cleanup_free_ char *where = xasprintf("--%s", key);
	size_t n = strlen(where);

	answers_copy(&tried, &w->s->answers);
	answers_clear(&tried, key);
	if (*value && answers_set(&tried, key, value, where, &err) < 0) {
		/* on the screen the field is named by its label */
		if (strncmp(err.msg, where, n) == 0 && strncmp(err.msg + n, ": ", 2) == 0)
			memmove(err.msg, err.msg + n + 2, strlen(err.msg + n + 2) + 1);
		wizard_say_err(w, &err);
		return false;
	}
	answers_copy(&w->s->answers, &tried);
	return true;
}

static void wizard_on_probe(void *user, const char *title)
{
	struct wizard *w = user;
	const char *labels[] = { title };
	const char *states[] = { "running" };
	unsigned elapsed[] = { 0 };
	struct progress p = { .title = _("Looking at this computer"),
			      .only_looks = true,
			      .labels = labels,
			      .states = states,
			      .elapsed_ms = elapsed,
			      .n_labels = 1 };

	w->f->ops->progress(w->f, &p);
}

int wizard_look(struct wizard *w, struct err *err)
{
	int r = session_look(w->s, wizard_on_probe, w, err);

	if (r == 0)
		wizard_replan(w);
	return r;
}

static void wizard_save(struct wizard *w)
{
	struct err err = { 0 };
	struct tm tm;
	time_t now = time(NULL);

	if (session_save(w->s, step_table[w->at]->id, &err) < 0) {
		wizard_say_err(w, &err);
		return;
	}
	localtime_r(&now, &tm);
	strftime(w->saved, sizeof(w->saved), "%H:%M", &tm);
}

static bool wizard_applies(const struct wizard *w, unsigned i)
{
	return !step_table[i]->applies || step_table[i]->applies(w);
}

/* Passes over steps that do not apply; stays where it is at either end. */
static void wizard_move(struct wizard *w, int direction)
{
	unsigned i = w->at;

	for (;;) {
		if ((direction < 0 && i == 0) || (direction > 0 && i + 1 == step_count))
			return;
		i = direction < 0 ? i - 1 : i + 1;
		if (wizard_applies(w, i))
			break;
	}
	w->at = i;
	w->taken_back = false;
	wizard_save(w);
}

static unsigned wizard_step_index(const char *id)
{
	for (unsigned i = 0; id && i < step_count; i++)
		if (strcmp(step_table[i]->id, id) == 0)
			return i;
	return 0;
}

void wizard_go_to(struct wizard *w, const char *id)
{
	w->at = wizard_step_index(id);
	wizard_save(w);
}

const char *wizard_status(const struct wizard *w, struct arena *a)
{
	if (w->s->options.dry_run)
		return _("DRY RUN");
	if (w->s->read_only)
		return _("READ ONLY");
	return w->saved[0] ? arena_printf(a, _("saved %s"), w->saved) : "";
}

void wizard_add_steps(const struct wizard *w, struct screen_build *b)
{
	struct screen_step *steps = arena_alloc(b->arena, step_count * sizeof(*steps));

	for (unsigned i = 0; i < step_count; i++) {
		bool is_restart = strcmp(step_table[i]->label, "~") == 0;

		steps[i] = (struct screen_step){
			.label = is_restart ? "~" : _(step_table[i]->label),
			.done = i < w->at && !is_restart,
			.here = i == w->at,
			.needs_you = step_table[i]->needs_you && step_table[i]->needs_you(w),
		};
	}
	b->screen.steps = steps;
	b->screen.n_steps = step_count;
}

static int wizard_show_step(struct wizard *w, struct event *ev, struct err *err)
{
	const struct step *step = step_table[w->at];
	_cleanup_build_ struct screen_build b = { 0 };

	build_begin(&b, SCREEN_PAGE, step->id, _(step->title));
	b.screen.help = _(step->help);
	b.screen.status = wizard_status(w, b.arena);
	step->describe(w, &b);
	wizard_add_steps(w, &b);
	if (w->message_kind != MESSAGE_NONE) {
		b.screen.message_kind = w->message_kind;
		b.screen.message = arena_strdup(b.arena, w->message);
		w->message_kind = MESSAGE_NONE;
	}
	return w->f->ops->show(w->f, &b.screen, ev, err);
}

/* "Changed so far: Kernel arguments (undo 001)."  Returns how many changes there are. */
static unsigned wizard_add_changes(struct wizard *w, char ***lines)
{
	struct journal_entry **entries = NULL;
	struct err err = { 0 };
	unsigned n = 0;

	if (session_journal(w->s, &entries, &n, &err) < 0)
		strv_add(lines, err.msg);
	for (unsigned i = 0; i < n; i++)
		strv_add_owned(lines, xasprintf(_("Changed so far: %s (undo %03u)."), entries[i]->title,
						entries[i]->number));
	journal_list_free(entries, n);
	return n;
}

bool wizard_quit_question(struct wizard *w)
{
	const char *buttons[] = { _("Stay"), w->taken_back ? _("Leave") : _("Leave, continue later"), NULL, NULL };
	_cleanup_strv_ char **lines = NULL;
	int choice;

	strv_add(&lines, w->s->read_only ? _("Nothing was written. Nothing is running.")
			 : w->taken_back ? _("Everything was taken back. Nothing is running.")
					 : _("Your answers are saved. Nothing is running."));
	if (!w->s->read_only && !w->taken_back)
		wizard_save(w);
	if (wizard_add_changes(w, &lines) > 0 && !w->in_undo_centre)
		buttons[2] = _("Undo...");
	w->asking_quit = true;
	w->quit_again = false;
	choice = wizard_choose(w, "quit", _("Leave?"), strv_const(lines), buttons);
	w->asking_quit = false;
	if (choice == 2)
		wizard_undo_centre(w);
	return choice == 1 || w->quit_again || w->leave;
}

static enum move wizard_propose(struct wizard *w, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_NEXT:
		return MOVE_NEXT;
	case EVENT_BACK:
		/* On the first screen there is nothing to go back to. */
		return w->at ? MOVE_BACK : wizard_quit_question(w) ? MOVE_LEAVE : MOVE_STAY;
	case EVENT_BUTTON:
		if (strcmp(ev->id, "next") == 0)
			return MOVE_NEXT;
		return strcmp(ev->id, "back") == 0 ? MOVE_BACK : MOVE_STAY;
	case EVENT_UNDO:
		wizard_undo_centre(w);
		return MOVE_STAY;
	case EVENT_QUIT:
		return wizard_quit_question(w) ? MOVE_LEAVE : MOVE_STAY;
	case EVENT_HANGUP:
		w->signal = ev->signal;
		return MOVE_LEAVE;
	case EVENT_TOGGLE:
	case EVENT_OPEN:
	case EVENT_SET:
	case EVENT_KEY:
	case EVENT_CLOSE:
		break;
	}
	return MOVE_STAY;
}

static int wizard_loop(struct wizard *w, struct err *err)
{
	for (;;) {
		struct event ev = { 0 };
		enum move move;
		int r = wizard_show_step(w, &ev, err);

		if (r < 0)
			return r;
		move = wizard_propose(w, &ev);
		if (move != MOVE_LEAVE && ev.kind != EVENT_UNDO && ev.kind != EVENT_QUIT &&
		    step_table[w->at]->handle)
			move = step_table[w->at]->handle(w, &ev, move);
		/* A popup inside the step may have lost the terminal. */
		if (w->signal || w->leave)
			move = MOVE_LEAVE;
		if (move == MOVE_LEAVE)
			break;
		if (move == MOVE_NEXT)
			wizard_move(w, 1);
		else if (move == MOVE_BACK)
			wizard_move(w, -1);
	}
	if (!w->taken_back)
		wizard_save(w);
	return 0;
}

static bool wizard_was_promised_in_vain(const struct wizard *w)
{
	return w->verification && w->verification->rebooted && !w->verification->all_kept;
}

/* The first step that still has something to do by the facts of now. */
static unsigned wizard_step_by_facts(const struct wizard *w)
{
	unsigned saved = wizard_step_index(w->s->state.step);

	if (session_restart_is_due(w->s))
		return saved;
	if (str_starts_with(step_table[saved]->id, "restart_")) {
		/* behind the restart, or back to what did not work */
		if (wizard_was_promised_in_vain(w) && saved > 0)
			saved--;
		else if (saved + 1 < step_count)
			saved++;
	}
	/* Somebody switched it off again: nothing behind the kernel options can go on. */
	if (w->s->host->n_groups == 0 && saved > wizard_step_index("kernel"))
		saved = w->s->judgement->iommu_state == IOMMU_OFF_IN_FIRMWARE ? wizard_step_index("firmware")
									      : wizard_step_index("kernel");
	while (saved + 1 < step_count && !wizard_applies(w, saved))
		saved++;
	return saved;
}

static const char *wizard_resume_sentence(const struct wizard *w)
{
	if (session_restart_is_due(w->s))
		return _("The computer has not been restarted since.");
	if (!w->verification || w->verification->n_checks == 0)
		return NULL;
	if (!w->verification->rebooted)
		return NULL;
	return w->verification->all_kept
		       ? _("The computer has been restarted since: everything that was promised came true.")
		       : _("The computer has been restarted since, but not everything came true: the new "
			   "options are not active. Was another boot entry chosen?");
}

static void wizard_add_promises(const struct wizard *w, struct str *text)
{
	for (unsigned i = 0; w->verification && i < w->verification->n_checks; i++) {
		const struct promise_check *p = &w->verification->checks[i];

		str_addf(text, "%s %s\n",
			 p->result == PROMISE_KEPT     ? "[x]"
			 : p->result == PROMISE_BROKEN ? "[!]"
			 : p->result == PROMISE_NOT_YET ? "[ ]"
							: "[?]",
			 p->text);
		if (p->evidence)
			str_addf(text, "    %s\n", p->evidence);
		if (p->advice)
			str_addf(text, "    %s\n", p->advice);
	}
}

/* "Done   Host, Firmware, Kernel" */
static void wizard_add_done(const struct wizard *w, char ***lines)
{
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < w->at; i++)
		if (strcmp(step_table[i]->label, "~") != 0)
			str_addf(&s, "%s%s", s.len ? ", " : "", _(step_table[i]->label));
	if (s.len)
		strv_add_owned(lines, xasprintf(_("Done   %s"), str_c(&s)));
	strv_add_owned(lines, xasprintf(_("Next   %s"), _(step_table[w->at]->title)));
}

static int wizard_ask_resume(struct wizard *w)
{
	_cleanup_free_ char *go_on = xasprintf(_("Continue with: %s"), _(step_table[w->at]->title));
	const char *const buttons[] = { go_on, _("Look at the finished steps"),
					_("Start again, keep the changes made so far"), _("Undo..."),
					_("Show what was measured"), NULL };
	const struct run_state *st = &w->s->state;
	const char *sentence = wizard_resume_sentence(w);
	_cleanup_build_ struct screen_build b = { 0 };
	_cleanup_strv_ char **lines = NULL;

	build_begin(&b, SCREEN_POPUP, "", "");
	strv_add_owned(&lines, xasprintf(_("You stopped on %s at: %s."), wizard_time(&b, st->saved_at),
					 _(step_table[wizard_step_index(st->step)]->title)));
	if (sentence)
		strv_add(&lines, sentence);
	strv_add(&lines, "");
	wizard_add_done(w, &lines);
	return wizard_choose(w, "resume", _("Continue?"), strv_const(lines), buttons);
}

static void wizard_measure(struct wizard *w)
{
	struct err err = { 0 };

	verification_free(w->verification);
	w->verification = NULL;
	if (session_verify(w->s, &w->verification, &err) < 0)
		wizard_say_err(w, &err);
}

static void wizard_start_again(struct wizard *w)
{
	w->at = 0;
	answers_done(&w->s->answers);
	answers_init(&w->s->answers);
	wizard_replan(w);
}

/* What was promised is measured again, never remembered. */
static void wizard_resume(struct wizard *w)
{
	bool ask = w->s->state.step != NULL;

	while (ask && !w->signal && !w->leave) {
		_cleanup_str_ struct str text = { 0 };

		wizard_measure(w);
		w->at = wizard_step_by_facts(w);
		ask = false;
		switch (wizard_ask_resume(w)) {
		case 1:
			w->at = 0;
			break;
		case 2:
			wizard_start_again(w);
			break;
		case 3:
			wizard_undo_centre(w);
			/* nothing is left to continue when everything was taken back */
			ask = !w->taken_back;
			if (w->taken_back)
				w->at = 0;
			break;
		case 4:
			wizard_add_promises(w, &text);
			wizard_show_text(w, _("Measured just now"),
					 text.len ? str_c(&text) : _("Nothing was promised."));
			ask = true;
			break;
		default:
			break;
		}
	}
}

static int wizard_exit_code(const struct wizard *w)
{
	if (w->signal)
		return 128 + w->signal;
	if (session_restart_is_due(w->s))
		return 1;
	return strcmp(step_table[w->at]->id, "test") == 0 ? 0 : 1;
}

int wizard_run(struct session *s, struct frontend *f, struct err *err)
{
	struct wizard w = { .s = s, .f = f, .review_view = 1 };
	int r = wizard_look(&w, err);

	if (r == 0) {
		if (s->read_only)
			wizard_say(&w, MESSAGE_NOTE, "%s", s->read_only_why);
		wizard_resume(&w);
		r = w.signal || w.leave ? 0 : wizard_loop(&w, err);
	}
	f->ops->close(f, r < 0 || w.signal ? NULL : str_c(&w.last_words));
	if (r == 0)
		r = wizard_exit_code(&w);
	plan_free(w.plan);
	verification_free(w.verification);
	str_done(&w.last_words);
	return r;
}
