/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/domain-define.h"

#include "base/str.h"
#include "session/session-define.h"

#include <errno.h>
#include <string.h>

static json_t *define_json(const struct plan *plan, const struct define_preview *p, const struct txn_result *done)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", json_text(p->name));
	json_object_set_new(j, "existed", json_boolean(p->exists));
	json_object_set_new(j, "same", json_boolean(p->same));
	json_object_set_new(j, "running", json_boolean(p->running));
	json_object_set_new(j, "diff", json_text(p->diff));
	json_object_set_new(j, "kept", json_text(p->kept));
	json_object_set_new(j, "defined", json_boolean(done && done->number));
	json_object_set_new(j, "number", done && done->number ? json_integer(done->number) : json_null());
	json_object_set_new(j, "findings", cli_json_findings(plan->findings, plan->n_findings));
	return j;
}

static void define_print_json(struct cli *c, const struct plan *plan, const struct define_preview *p,
			      const struct txn_result *done)
{
	json_t *j = json_object();

	json_object_set_new(j, "format", json_text("libvirt"));
	json_object_set_new(j, "text", json_text(p->text));
	json_object_set_new(j, "define", define_json(plan, p, done));
	cli_print_json(c, j);
}

static void define_show(struct cli *c, const struct plan *plan, const struct define_preview *p)
{
	if (c->json)
		return;
	if (p->same)
		cli_printf(c, _("libvirt has %s just like this already: there is nothing to change.\n"), p->name);
	if (p->diff)
		cli_printf(c, _("What changes in libvirt's machine %s:\n%s\n"), p->name, p->diff);
	cli_text_findings(c, plan->findings, plan->n_findings);
}

static int define_report(struct cli *c, const struct plan *plan, const struct define_preview *p,
			 const struct txn_result *done)
{
	_cleanup_str_ struct str commands = { 0 };

	if (c->json) {
		define_print_json(c, plan, p, done);
		return 0;
	}
	cli_printf(c, _("libvirt has the machine %s now. It can be taken back with: vfio-wizard undo\n"), p->name);
	if (p->kept)
		cli_printf(c, _("Its old definition is kept: %s\n"), p->kept);
	session_add_machine_commands(&commands, p->name);
	cli_printf(c, "%s", str_c(&commands));
	return 0;
}

/* What was shown is done when that was agreed to; what is there is never overwritten without. */
static int define_go_on(struct cli *c, struct session *s, struct plan *plan, const struct define_preview *p,
			bool asked_for_it, struct err *err)
{
	struct txn_watcher watcher = cli_watcher(c);
	struct txn_result done = { 0 };
	int r;

	define_show(c, plan, p);
	if (s->options.dry_run || p->same || (p->exists && !cli_has(c, "yes"))) {
		if (c->json)
			define_print_json(c, plan, p, NULL);
		else if (s->options.dry_run && !p->same)
			cli_text_plan(c, plan);
		if (p->same || s->options.dry_run)
			return !p->same;
		if (asked_for_it) {
			fprintf(stderr, _("vfio-wizard: nothing was changed yet; to do it, add --yes.\n"));
			return 1;
		}
		err_set(err, ERR_NOT_POSSIBLE, -EEXIST, _("libvirt has a machine %s already, and it is not like this one."),
			p->name);
		return err_hint(err, _("Nothing was changed. --yes puts this one in its place and keeps the old definition; "
				       "--name takes another name; --add-to only puts the devices into it."));
	}
	r = cli_check_writable(c, s, err);
	if (r == 0)
		r = session_define(s, plan, &watcher, &done, err);
	return r < 0 ? r : define_report(c, plan, p, &done);
}

int domain_define(struct cli *c, struct session *s, struct err *err)
{
	_cleanup_plan_ struct plan *plan = NULL;
	struct define_preview preview;
	int r = session_plan_define(s, cli_value(c, "template"), &plan, &preview, err);

	return r != 0 ? r : define_go_on(c, s, plan, &preview, false, err);
}

static int add_to_file(struct cli *c, struct session *s, const char *file, struct err *err)
{
	const char *output = cli_value(c, "output"), *diff = NULL;
	_cleanup_free_ char *text = NULL, *new = NULL;
	_cleanup_plan_ struct plan *plan = NULL;
	size_t len, new_len = 0;
	int r = cli_read_file(file, &text, &len, err);

	if (r == 0)
		r = session_add_to_text(s, text, len, file, cli_value(c, "template"), &new, &new_len, &plan, &diff, err);
	if (r != 0)
		return r;
	if (c->json) {
		json_t *j = json_object();

		json_object_set_new(j, "format", json_text("libvirt"));
		json_object_set_new(j, "text", json_text(new));
		json_object_set_new(j, "diff", json_text(diff));
		json_object_set_new(j, "findings", cli_json_findings(plan->findings, plan->n_findings));
		cli_print_json(c, j);
	} else if (plan->n_findings && output && strcmp(output, "-") != 0) {
		cli_text_findings(c, plan->findings, plan->n_findings);
	}
	if (output && strcmp(output, "-") != 0)
		return cli_write_file(output, new, new_len, 0600, err);
	if (!c->json)
		fwrite(new, 1, new_len, c->out);
	return 0;
}

int domain_add_to(struct cli *c, struct session *s, const char *target, struct err *err)
{
	_cleanup_plan_ struct plan *plan = NULL;
	struct define_preview preview;
	int r;

	if (strcmp(cli_value(c, "format") ? cli_value(c, "format") : "libvirt", "libvirt") != 0)
		return err_set(err, ERR_USAGE, -EINVAL, _("--add-to needs --format libvirt."));
	/* A machine's name cannot have a slash. */
	if (strchr(target, '/') || str_ends_with(target, ".xml"))
		return add_to_file(c, s, target, err);
	r = session_plan_add(s, target, cli_value(c, "template"), &plan, &preview, err);
	return r != 0 ? r : define_go_on(c, s, plan, &preview, true, err);
}
