/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "output/cpu-picture.h"

static json_t *plan_json_change(const struct change *ch)
{
	json_t *j = json_object();
	char sha[SHA256_TEXT];

	json_object_set_new(j, "kind", json_text(change_kind_name(ch->kind)));
	if (ch->kind == CHANGE_RUN) {
		json_object_set_new(j, "argv", json_strv(ch->argv));
	} else {
		_cleanup_free_ char *diff = change_diff(ch);

		json_object_set_new(j, "path", json_text(ch->path));
		json_object_set_new(j, "diff", json_text(diff));
		if (ch->before)
			sha256_hex(ch->before, ch->before_len, sha);
		json_object_set_new(j, "before_sha256", ch->before ? json_text(sha) : json_null());
		if (ch->after)
			sha256_hex(ch->after, ch->after_len, sha);
		json_object_set_new(j, "after_sha256", ch->after ? json_text(sha) : json_null());
		if (ch->kind == CHANGE_LINK)
			json_object_set_new(j, "target", json_text(ch->after));
	}
	json_object_set_new(j, "why", json_text(ch->why));
	return j;
}

static json_t *plan_json_stage(const struct stage *s)
{
	json_t *j = json_object(), *changes = json_array(), *promises = json_array();

	for (unsigned i = 0; i < s->n_changes; i++)
		json_array_append_new(changes, plan_json_change(s->changes[i]));
	for (unsigned i = 0; i < s->n_promises; i++) {
		json_t *p = json_object();

		json_object_set_new(p, "id", json_text(s->promises[i]->id));
		json_object_set_new(p, "text", json_text(s->promises[i]->text));
		json_array_append_new(promises, p);
	}
	json_object_set_new(j, "name", json_text(s->name));
	json_object_set_new(j, "changes", changes);
	json_object_set_new(j, "promises", promises);
	json_object_set_new(j, "then", json_text(stage_end_name(s->then)));
	return j;
}

static void plan_json(struct cli *c, const struct plan *p)
{
	json_t *j = json_object(), *stages = json_array();

	for (unsigned i = 0; i < p->n_stages; i++)
		json_array_append_new(stages, plan_json_stage(p->stages[i]));
	json_object_set_new(j, "stages", stages);
	json_object_set_new(j, "findings", cli_json_findings(p->findings, p->n_findings));
	cli_print_json(c, j);
}

/* Why there is no plan, so that a reader of JSON finds it where every other reason is. */
static void plan_json_refusal(struct cli *c, const struct err *err)
{
	const char *evidence[] = { NULL }, *advice[] = { err->hint[0] ? err->hint : NULL, NULL };
	struct finding f = { .id = "no-plan",
			     .severity = SEVERITY_BLOCK,
			     .subject = "host",
			     .text = err->msg,
			     .evidence = evidence,
			     .advice = advice };
	json_t *j = json_object(), *findings = json_array();

	json_array_append_new(findings, cli_json_finding(&f));
	json_object_set_new(j, "stages", json_array());
	json_object_set_new(j, "findings", findings);
	cli_print_json(c, j);
}

/* Who gets which of the host's CPUs, while the machine is still to be written. */
static void plan_show_cpu(struct cli *c, struct session *s, const struct plan *plan)
{
	_cleanup_(machine_freep) struct machine *m = NULL;

	if (!plan_find_stage(plan, "machine") || session_build_machine(s, NULL, &m, NULL) < 0 || !m->pins)
		return;
	cli_printf(c, _("\nThe processors of this host while %s runs:\n"), m->name);
	for (const char *const *line = cpu_picture(s->host, m, m->arena); *line; line++)
		cli_printf(c, "  %s\n", *line);
}

int cli_show_plan(struct cli *c, struct session *s, int r, const struct plan *plan,
		  const struct err *err)
{
	if (r != 0) {
		if (c->json)
			plan_json_refusal(c, err);
		return r;
	}
	if (c->json) {
		plan_json(c, plan);
	} else {
		cli_text_plan(c, plan);
		plan_show_cpu(c, s, plan);
	}
	if (!session_restart_is_due(s))
		return plan->n_stages > 0;
	if (!c->json)
		cli_printf(c, _("A restart is due first: what was written takes effect after it.\n"));
	return 1;
}

static int plan_run(struct cli *c, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	_cleanup_plan_ struct plan *plan = NULL;
	int r = cli_open_session(c, &s, err);

	if (r == 0)
		r = session_look(s, NULL, NULL, err);
	if (r == 0)
		r = session_plan(s, &plan, err);
	return cli_show_plan(c, s, r, plan, err);
}

const struct command command_plan = {
	.name = "plan",
	.summary = N_("what would be done, stage by stage: diffs, commands, promises; changes nothing"),
	.takes_answers = true,
	.run = plan_run,
};
