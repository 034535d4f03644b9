/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the parts together: a command, or the wizard with the frontend that fits this terminal. */
#include "base/str.h"
#include "cli/cmd.h"
#include "output/output.h"
#include "wizard/wizard.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

static bool main_wants_color(const struct cli *c, const char *word)
{
	return strcmp(c->color, word) == 0;
}

/* Full screen, else plain questions, and why; an answers file asks nothing. */
static struct frontend *main_pick_frontend(const struct cli *c, struct err *err)
{
	struct frontend_options o = { .ascii = c->ascii,
				      .color_never = main_wants_color(c, "never"),
				      .color_always = main_wants_color(c, "always"),
				      .mouse = c->mouse,
				      .show_cursor = c->show_cursor };
	const char *why_not = NULL;
	struct frontend *f = NULL;

	if (c->answers_file)
		return frontend_answers_new(c->out);
	if (!c->plain)
		f = frontend_curses_new(&o, &why_not);
	if (!f && c->full) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOTTY, "%s", why_not);
		err_hint(err, _("Without --full the same questions come line by line."));
		return NULL;
	}
	if (f)
		return f;
	if (why_not)
		fprintf(c->out, "%s %s\n", why_not, _("The questions come line by line."));
	return frontend_plain_new(stdin, c->out);
}

/* No input at all: a cron job or a pipe gets the answer of `check`. */
static bool main_has_input(const struct cli *c)
{
	return c->answers_file || c->plain || c->full || isatty(STDIN_FILENO);
}

static int main_run_wizard(struct cli *c, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	struct frontend *f;
	int r;

	if (!main_has_input(c) || c->json)
		return command_check.run(c, err);
	r = cli_open_session(c, &s, err);
	if (r < 0)
		return r;
	f = main_pick_frontend(c, err);
	return f ? wizard_run(s, f, err) : -ENOTTY;
}

static int main_run(struct cli *c, int argc, char **argv, struct err *err)
{
	int r = cli_parse(c, argc, argv, err);

	if (r < 0)
		return r;
	if (c->help) {
		cli_print_help(c, c->out);
		return 0;
	}
	if (c->version) {
		fprintf(c->out, "vfio-wizard %s\n", PACKAGE_VERSION);
		return 0;
	}
	return c->command ? c->command->run(c, err) : main_run_wizard(c, err);
}

/* The translations: po/locale of the build tree for a program that is not installed, else LOCALEDIR. */
static void main_open_catalogue(void)
{
	_cleanup_free_ char *built = NULL;

	setlocale(LC_ALL, "");
	/* 0.5 in what is written for programs, also where people write 0,5. */
	setlocale(LC_NUMERIC, "C");
	bindtextdomain(PACKAGE, output_find_data("po/locale", &built, NULL) == 0 ? built : LOCALEDIR);
	textdomain(PACKAGE);
}

int main(int argc, char *argv[])
{
	struct cli c = { 0 };
	struct err err = { 0 };
	int r;

	main_open_catalogue();
	r = main_run(&c, argc, argv, &err);
	if (r < 0) {
		/* What could be shown comes first, also where both go into one file. */
		(void)!fflush(stdout);
		cli_print_error(&err, stderr);
		r = err.kind == ERR_NONE ? 70 : err_exit_code(&err);
	}
	if (fflush(stdout) != 0) {
		fprintf(stderr, _("vfio-wizard: cannot write the output: %s\n"), strerror(errno));
		r = 73;
	} else if (ferror(stdout)) {
		/* Some write before failed; errno is about something else by now. */
		fputs(_("vfio-wizard: the output could not be written.\n"), stderr);
		r = 73;
	}
	cli_done(&c);
	/* A program ended by a signal says so to its shell. */
	if (r > 128) {
		signal(r - 128, SIG_DFL);
		raise(r - 128);
	}
	return r;
}
