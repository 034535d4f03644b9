/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/spawn.h"
#include "base/str.h"

#include <string.h>

#define CLI_TEXT_WIDTH 78

/* Words of one paragraph between INDENT and the 78th column. */
static void cli_text_wrapped(const struct cli *c, const char *first, unsigned indent, const char *text)
{
	unsigned column = indent;

	cli_printf(c, "%*s%s", (int)(indent - (unsigned)strlen(first)), "", first);
	while (*text) {
		size_t n = strcspn(text, " \n");

		if (column > indent && column + 1 + n > CLI_TEXT_WIDTH) {
			cli_printf(c, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			cli_printf(c, " ");
			column++;
		}
		cli_printf(c, "%.*s", (int)n, text);
		column += (unsigned)n;
		text += n;
		text += strspn(text, " \n");
	}
	cli_printf(c, "\n");
}

static const char *cli_text_severity(enum severity s)
{
	switch (s) {
	case SEVERITY_OK:
		return "OK  ";
	case SEVERITY_INFO:
		return "--  ";
	case SEVERITY_WARN:
		return "!   ";
	case SEVERITY_BLOCK:
		return "!!  ";
	}
	return "??  ";
}

static void cli_text_finding(const struct cli *c, const struct finding *f)
{
	/* A sentence that names what it is about needs no name in front. */
	bool named = str_eq(f->subject, "host") || strstr(f->text, f->subject);
	_cleanup_free_ char *text = named ? xstrdup(f->text) : xasprintf("%s: %s", f->subject, f->text);

	cli_text_wrapped(c, cli_text_severity(f->severity), 6, text);
	for (const char *const *e = f->evidence; e && *e; e++)
		cli_printf(c, "        %s\n", *e);
	for (const char *const *a = f->advice; a && *a; a++)
		cli_text_wrapped(c, "-> ", 11, *a);
}

void cli_text_findings(const struct cli *c, struct finding *const *findings, unsigned n)
{
	/* Worst first: that is what the reader came for. */
	for (int severity = SEVERITY_BLOCK; severity >= SEVERITY_OK; severity--)
		for (unsigned i = 0; i < n; i++)
			if ((int)findings[i]->severity == severity)
				cli_text_finding(c, findings[i]);
}

int cli_exit_for_findings(struct finding *const *findings, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (findings[i]->severity >= SEVERITY_WARN)
			return 1;
	return 0;
}

static void cli_text_change(const struct cli *c, const struct change *ch)
{
	if (ch->kind == CHANGE_RUN) {
		_cleanup_free_ char *line = spawn_quote(ch->argv);

		cli_printf(c, _("then run   %s\n"), line);
	} else {
		_cleanup_free_ char *diff = change_diff(ch);

		cli_printf(c, "%s", diff);
	}
	if (ch->why)
		cli_printf(c, "           %s\n", ch->why);
}

static const char *cli_text_end(enum stage_end e)
{
	switch (e) {
	case STAGE_END_REBOOT:
		return _("After it the computer has to be restarted.");
	case STAGE_END_FIRMWARE:
		return _("This is done in the firmware setup; then the computer starts again.");
	case STAGE_END_NONE:
		break;
	}
	return NULL;
}

void cli_text_plan(const struct cli *c, const struct plan *p)
{
	for (unsigned i = 0; i < p->n_stages; i++) {
		const struct stage *s = p->stages[i];
		const char *end = cli_text_end(s->then);

		cli_printf(c, _("Stage %u of %u: %s\n"), i + 1, p->n_stages, s->title);
		for (unsigned k = 0; k < s->n_changes; k++)
			cli_text_change(c, s->changes[k]);
		for (unsigned k = 0; k < s->n_promises; k++)
			cli_printf(c, _("promises   %s\n"), s->promises[k]->text);
		if (end)
			cli_printf(c, "%s\n", end);
		cli_printf(c, "\n");
	}
	if (p->n_stages == 0)
		cli_printf(c, _("There is nothing to change.\n"));
	cli_text_findings(c, p->findings, p->n_findings);
}
