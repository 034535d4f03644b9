/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

/* The word has to be typed: Enter by reflex changes nothing. */
static bool apply_agreed(struct cli *c)
{
	char line[64];

	cli_printf(c, _("Type \"apply\" to do this, anything else to leave everything as it is: "));
	fflush(c->out);
	if (!fgets(line, sizeof(line), stdin))
		return false;
	return strcmp(str_trim(line), "apply") == 0 || strcmp(str_trim(line), _("apply")) == 0;
}

static json_t *apply_json(const struct session *s, const struct txn_result *result, const struct plan *p)
{
	json_t *j = json_object();
	const struct stage *last = p->n_stages ? p->stages[p->n_stages - 1] : NULL;

	json_object_set_new(j, "number", result->number ? json_integer(result->number) : json_null());
	json_object_set_new(j, "pending", json_strv(result->pending));
	json_object_set_new(j, "stage", json_text(s->state.stage));
	json_object_set_new(j, "then", json_text(stage_end_name(
				       result->number ? s->state.then : last ? last->then : STAGE_END_NONE)));
	json_object_set_new(j, "restart_due", json_boolean(session_restart_is_due(s)));
	return j;
}

static int apply_report(struct cli *c, const struct session *s, const struct plan *p,
			const struct txn_result *result)
{
	bool firmware = p->n_stages && p->stages[0]->then == STAGE_END_FIRMWARE;
	bool due = session_restart_is_due(s);

	if (c->json)
		cli_print_json(c, apply_json(s, result, p));
	else if (firmware && !result->number)
		cli_printf(c, _("The firmware has to be changed first; nothing was written.\n"));
	else if (result->number)
		cli_printf(c, _("Done. It can be taken back with: vfio-wizard undo\n"));
	else if (!due)
		cli_printf(c, _("There is nothing to change.\n"));
	if (!c->json && due)
		cli_printf(c, _("Restart the computer, then run vfio-wizard again: it goes on from here.\n"));
	return firmware || due || result->pending;
}

/* Nobody is asked about what would not be done now anyway. */
static bool apply_has_work(const struct session *s, const struct plan *plan)
{
	return plan->n_stages && plan->stages[0]->then != STAGE_END_FIRMWARE &&
	       session_may_apply(s, plan->stages[0]);
}

static int apply_stages(struct cli *c, struct session *s, struct plan *plan, struct err *err)
{
	struct txn_watcher watcher = cli_watcher(c);
	struct txn_result result = { 0 };
	sigset_t old;
	int r;

	if (apply_has_work(s, plan) && !cli_has(c, "yes")) {
		if (c->json)
			return err_set(err, ERR_ANSWER_MISSING, -ENODATA,
				       _("Nobody agreed to the changes: add --yes."));
		cli_text_plan(c, plan);
		if (!apply_agreed(c))
			return err_set(err, ERR_NOT_POSSIBLE, -ECANCELED, _("Nothing was changed."));
	}
	/* From here to the exit: whoever stops it gets to know what became of the host. */
	txn_hold_signals(&old);
	r = session_apply(s, plan, &watcher, &result, err);
	return r < 0 ? r : apply_report(c, s, plan, &result);
}

static int apply_run(struct cli *c, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	_cleanup_plan_ struct plan *plan = NULL;
	struct err root = { 0 };
	int r = cli_open_session(c, &s, err);

	if (r == 0)
		r = session_look(s, NULL, NULL, err);
	if (r == 0)
		r = session_plan(s, &plan, err);
	if (s && s->options.dry_run)
		return cli_show_plan(c, s, r, plan, err);
	/* Without root not all is seen: what is in the way is said, but the verdict is root's. */
	if (r < 0 && s && err->kind == ERR_NOT_POSSIBLE && cli_check_writable(c, s, &root) == -EPERM) {
		cli_print_error(err, stderr);
		*err = root;
		return -EPERM;
	}
	if (r != 0)
		return r;
	r = cli_check_writable(c, s, err);
	return r < 0 ? r : apply_stages(c, s, plan, err);
}

static const struct cli_option apply_options[] = {
	{ "yes", NULL, N_("ask nothing"), 'y' },
	{ 0 },
};

const struct command command_apply = {
	.name = "apply",
	.summary = N_("does it, up to the next restart; run again after it: goes on"),
	.options = apply_options,
	.takes_answers = true,
	.run = apply_run,
};
