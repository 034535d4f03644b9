/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/str.h"
#include "output/render.h"

#include <errno.h>
#include <string.h>

/* The machine the answers describe, on this host. */
static int render_machine_context(struct cli *c, json_t **ret, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	int r = cli_open_session(c, &s, err);

	if (r == 0)
		r = session_look(s, NULL, NULL, err);
	if (r == 0)
		r = session_check_input(s, err);
	return r != 0 ? r : session_machine_context(s, ret, err);
}

static int render_context(struct cli *c, json_t **ret, struct err *err)
{
	const char *file = cli_value(c, "context");
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (!file)
		return render_machine_context(c, ret, err);
	r = cli_read_file(file, &text, &len, err);
	return r < 0 ? r : json_parse_any(text, len, file, ret, err);
}

static int render_show_context(struct cli *c, struct err *err)
{
	_cleanup_json_ json_t *context = NULL;
	_cleanup_free_ char *text = NULL;
	int r = render_context(c, &context, err);

	if (r != 0)
		return r;
	text = json_format(context);
	fputs(text, c->out);
	return 0;
}

static const char *render_origin(const struct template_info *t, const struct template_info *before)
{
	if (t->replaces)
		return _("your own, used instead of the shipped one");
	if (t->own)
		return _("your own");
	return before && before->own && str_eq(before->name, t->name) ? _("shipped, replaced by yours") : _("shipped");
}

static int render_list(struct cli *c, struct err *err)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	json_t *list = json_array(), *j = json_object();
	struct template_info *t;
	unsigned n;
	int r = output_list_templates(a, &t, &n, err);

	json_object_set_new(j, "templates", list);
	for (unsigned i = 0; r == 0 && i < n; i++) {
		if (!c->json)
			cli_printf(c, "%-22s %-8s %s (%s)\n", t[i].name, t[i].format ? t[i].format : "-",
				   t[i].path ? t[i].path : _("not installed"), render_origin(&t[i], i ? &t[i - 1] : NULL));
		json_array_append_new(list, json_pack("{s:s,s:o,s:o,s:b}", "name", t[i].name, "path", json_text(t[i].path),
						      "format", json_text(t[i].format), "own", t[i].own));
	}
	if (r == 0 && c->json)
		cli_print_json(c, j);
	else
		json_decref(j);
	return r;
}

static int render_template(struct cli *c, const char *word, struct err *err)
{
	const char *escape_word = cli_value(c, "escape"), *output = cli_value(c, "output");
	_cleanup_free_ char *file = NULL, *text = NULL;
	_cleanup_json_ json_t *context = NULL;
	enum render_escape escape;
	size_t len = 0;
	int r = output_find_template(word, &file, err);

	if (r < 0)
		return r;
	escape = render_escape_for(file);
	if (escape_word && render_escape_parse(escape_word, &escape) < 0)
		return err_set(err, ERR_USAGE, -EINVAL, _("--escape takes xml, shell, html or none, not \"%s\"."),
			       escape_word);
	r = render_context(c, &context, err);
	if (r == 0)
		r = output_render_file(file, file, context, escape, &text, &len, err);
	if (r != 0)
		return r;
	if (output && strcmp(output, "-") != 0)
		return cli_write_file(output, text, len, 0644, err);
	fwrite(text, 1, len, c->out);
	return 0;
}

static int render_run(struct cli *c, struct err *err)
{
	const char *word = cli_value(c, "template");

	if (cli_has(c, "list"))
		return render_list(c, err);
	if (cli_has(c, "show-context"))
		return render_show_context(c, err);
	if (!word)
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("render needs --template, --show-context or --list."));
	return render_template(c, word, err);
}

static const struct cli_option render_options[] = {
	{ "template", N_("FILE|NAME"), N_("the Mustache template: a file, or one that --list names") },
	{ "context", "FILE.json", N_("the values it sees; when not given, those of the machine the answers describe") },
	{ "show-context", NULL, N_("print these values as JSON, and nothing else") },
	{ "list", NULL, N_("the templates there are: yours, in /etc/vfio-wizard/templates, and the shipped ones") },
	{ "escape", "xml|shell|html|none", N_("how values are escaped; by the template's name when not given") },
	{ "output", N_("FILE"), N_("where to; - is standard output"), 'o' },
	{ 0 },
};

const struct command command_render = {
	.name = "render",
	.summary = N_("renders one template, for people who write their own"),
	.options = render_options,
	.takes_answers = true,
	.run = render_run,
};
