/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

static void verify_json(struct cli *c, const struct verification *v)
{
	json_t *j = json_object(), *checks = json_array();

	for (unsigned i = 0; i < v->n_checks; i++) {
		const struct promise_check *p = &v->checks[i];
		json_t *one = json_object();

		json_object_set_new(one, "id", json_text(p->id));
		json_object_set_new(one, "text", json_text(p->text));
		json_object_set_new(one, "result", json_text(promise_result_name(p->result)));
		json_object_set_new(one, "evidence", json_text(p->evidence));
		json_object_set_new(one, "advice", json_text(p->advice));
		json_array_append_new(checks, one);
	}
	json_object_set_new(j, "restarted", json_boolean(v->rebooted));
	json_object_set_new(j, "all_kept", json_boolean(v->all_kept));
	json_object_set_new(j, "promises", checks);
	cli_print_json(c, j);
}

static void verify_text(struct cli *c, const struct verification *v)
{
	static const char marks[] = { [PROMISE_KEPT] = 'x', [PROMISE_BROKEN] = '!', [PROMISE_NOT_YET] = '-',
				      [PROMISE_CANNOT_TELL] = '?' };

	if (v->n_checks == 0)
		cli_printf(c, _("Nothing was applied here, so there is nothing to measure.\n"));
	for (unsigned i = 0; i < v->n_checks; i++) {
		const struct promise_check *p = &v->checks[i];

		cli_printf(c, "[%c] %s\n", marks[p->result], p->text);
		if (p->evidence)
			cli_printf(c, "      %s\n", p->evidence);
		if (p->advice)
			cli_printf(c, "   -> %s\n", p->advice);
	}
}

static int verify_run(struct cli *c, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	_cleanup_verification_ struct verification *v = NULL;
	int r = cli_open_session(c, &s, err);

	if (r == 0)
		r = session_look(s, NULL, NULL, err);
	if (r == 0)
		r = session_check_input(s, err);
	if (r == 0)
		r = session_check_state(s, err);
	if (r == 0)
		r = session_verify(s, &v, err);
	if (r != 0)
		return r;
	if (c->json)
		verify_json(c, v);
	else
		verify_text(c, v);
	return !v->all_kept;
}

const struct command command_verify = {
	.name = "verify",
	.summary = N_("measures every promise of what was applied"),
	.run = verify_run,
};
