/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/str.h"
#include "output/render.h"

#include <errno.h>
#include <string.h>

/* {{> name}} is name.mustache beside the template; a name cannot lead out of that folder. */
static int render_partial(void *user, const char *name, char **ret)
{
	const char *template_file = user, *slash = strrchr(template_file, '/');
	_cleanup_free_ char *file = NULL;
	size_t len;

	if (strchr(name, '/') || name[0] == '.')
		return -ENOENT;
	file = xasprintf("%.*s%s.mustache", slash ? (int)(slash - template_file) + 1 : 0, template_file, name);
	return cli_read_file(file, ret, &len, NULL) < 0 ? -ENOENT : 0;
}

static int render_run(struct cli *c, struct err *err)
{
	const char *file = cli_value(c, "template"), *context_file = cli_value(c, "context");
	const char *escape = cli_value(c, "escape"), *output = cli_value(c, "output");
	_cleanup_free_ char *text = NULL, *context_text = NULL;
	_cleanup_json_ json_t *context = NULL;
	_cleanup_str_ struct str out = { 0 };
	struct render_request req = { .partial = render_partial };
	size_t context_len;
	int r;

	if (!file || !context_file)
		return err_set(err, ERR_USAGE, -EINVAL, _("render needs --template FILE and --context FILE.json."));
	req.escape = render_escape_for(file);
	if (escape && render_escape_parse(escape, &req.escape) < 0)
		return err_set(err, ERR_USAGE, -EINVAL, _("--escape takes xml, shell, html or none, not \"%s\"."),
			       escape);
	r = cli_read_file(file, &text, &req.len, err);
	if (r == 0)
		r = cli_read_file(context_file, &context_text, &context_len, err);
	if (r == 0)
		r = json_parse_any(context_text, context_len, context_file, &context, err);
	if (r < 0)
		return r;
	req.text = text;
	req.name = file;
	req.context = context;
	/* The callback only reads it. */
	req.user = (void *)(uintptr_t)file;
	r = render(&req, &out, err);
	if (r < 0)
		return r;
	if (output && strcmp(output, "-") != 0)
		return cli_write_file(output, str_c(&out), out.len, 0644, err);
	fwrite(str_c(&out), 1, out.len, c->out);
	return 0;
}

static const struct cli_option render_options[] = {
	{ "template", N_("FILE"), N_("the Mustache template") },
	{ "context", "FILE.json", N_("the values it sees") },
	{ "escape", "xml|shell|html|none", N_("how values are escaped; by the template's name when not given") },
	{ "output", N_("FILE"), N_("where to; - is standard output"), 'o' },
	{ 0 },
};

const struct command command_render = {
	.name = "render",
	.summary = N_("renders one template, for people who write their own"),
	.options = render_options,
	.run = render_run,
};
