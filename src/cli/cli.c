/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/log.h"
#include "base/spawn.h"
#include "base/str.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

const struct command *const command_table[] = {
#define COMMAND(id) &command_##id,
#include "cli/cmd.def"
#undef COMMAND
};
const unsigned command_count = ARRAY_SIZE(command_table);

enum cli_global {
	CLI_ROOT,
	CLI_HOST,
	CLI_DEMO,
	CLI_ANSWERS,
	CLI_STATE,
	CLI_JSON,
	CLI_PLAIN,
	CLI_FULL,
	CLI_ASCII,
	CLI_COLOR,
	CLI_MOUSE,
	CLI_SHOW_CURSOR,
	CLI_DRY_RUN,
	CLI_LOG,
	CLI_VERSION,
	CLI_HELP,
};

static const struct cli_option cli_globals[] = {
	[CLI_ROOT] = { "root", N_("DIR"), N_("look at, and write below, another root; programs are listed, not run") },
	[CLI_HOST] = { "host", N_("FILE"), N_("look at a recorded host; read only") },
	[CLI_DEMO] = { "demo", NULL, N_("look at the recorded host that ships with the program") },
	[CLI_ANSWERS] = { "answers", N_("FILE"), N_("answers in YAML; nothing is asked") },
	[CLI_STATE] = { "state", N_("DIR"), N_("where the walk is remembered, below the root") },
	[CLI_JSON] = { "json", NULL, N_("print one JSON object") },
	[CLI_PLAIN] = { "plain", NULL, N_("plain questions instead of the full screen") },
	[CLI_FULL] = { "full", NULL, N_("the full screen or an error") },
	[CLI_ASCII] = { "ascii", NULL, N_("no line drawing characters") },
	[CLI_COLOR] = { "color", "auto|always|never", N_("colours on the screen") },
	[CLI_MOUSE] = { "mouse", NULL, N_("react to the mouse (takes copy and paste away)") },
	[CLI_SHOW_CURSOR] = { "show-cursor", NULL, N_("always show the cursor on the focused item") },
	[CLI_DRY_RUN] = { "dry-run", NULL, N_("show everything, write nothing") },
	[CLI_LOG] = { "log", N_("FILE"), N_("append what is done to this file") },
	[CLI_VERSION] = { "version", NULL, N_("print the version") },
	[CLI_HELP] = { "help", NULL, N_("print this help"), 'h' },
};

/* Ranges of getopt's return value, so that one table serves three kinds of options. */
enum { CLI_GLOBAL_BASE = 0x1000, CLI_OWN_BASE = 0x2000, CLI_ANSWER_BASE = 0x3000 };

static unsigned cli_option_count(const struct cli_option *o)
{
	unsigned n = 0;

	while (o && o[n].name)
		n++;
	return n;
}

/* The first word that is a command decides which options are known. */
static const struct command *cli_find_command(int argc, char **argv, int *ret_index)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			return NULL;
		for (unsigned k = 0; k < command_count; k++) {
			/* "--state check" names a folder, not the command. */
			bool is_value = argv[i - 1][0] == '-' && i > 1 && !strchr(argv[i - 1], '=');

			if (strcmp(argv[i], command_table[k]->name) != 0)
				continue;
			for (unsigned g = 0; is_value && g < ARRAY_SIZE(cli_globals); g++)
				if (cli_globals[g].argument &&
				    strcmp(argv[i - 1] + strspn(argv[i - 1], "-"), cli_globals[g].name) == 0)
					goto next_word;
			*ret_index = i;
			return command_table[k];
		}
next_word:;
	}
	return NULL;
}

static struct option *cli_build_options(const struct command *cmd, struct str *letters)
{
	unsigned own = cmd ? cli_option_count(cmd->options) : 0;
	struct option *o = xcalloc(ARRAY_SIZE(cli_globals) + own + answer_key_count + 1, sizeof(*o));
	unsigned n = 0;

	str_add(letters, ":h");
	for (unsigned i = 0; i < own; i++) {
		const struct cli_option *c = &cmd->options[i];

		o[n++] = (struct option){ c->name, c->argument ? required_argument : no_argument, NULL,
					  (int)(CLI_OWN_BASE + i) };
		if (c->letter)
			str_addf(letters, "%c%s", c->letter, c->argument ? ":" : "");
	}
	for (unsigned i = 0; i < ARRAY_SIZE(cli_globals); i++)
		o[n++] = (struct option){ cli_globals[i].name,
					  cli_globals[i].argument ? required_argument : no_argument, NULL,
					  (int)(CLI_GLOBAL_BASE + i) };
	/* The wizard takes answers as well: what is said here is not asked again. */
	for (unsigned i = 0; (!cmd || cmd->takes_answers) && i < answer_key_count; i++)
		o[n++] = (struct option){ answer_keys[i].key, required_argument, NULL,
					  (int)(CLI_ANSWER_BASE + i) };
	return o;
}

static int cli_set_global(struct cli *c, enum cli_global g, const char *value, struct err *err)
{
	switch (g) {
	case CLI_ROOT:
		c->session.root = value;
		break;
	case CLI_HOST:
		c->session.host_file = value;
		break;
	case CLI_DEMO:
		c->session.demo = true;
		break;
	case CLI_ANSWERS:
		c->answers_file = value;
		break;
	case CLI_STATE:
		c->session.state_dir = value;
		break;
	case CLI_JSON:
		c->json = true;
		break;
	case CLI_PLAIN:
		c->plain = true;
		break;
	case CLI_FULL:
		c->full = true;
		break;
	case CLI_ASCII:
		c->ascii = true;
		break;
	case CLI_COLOR:
		if (strcmp(value, "auto") != 0 && strcmp(value, "always") != 0 &&
		    strcmp(value, "never") != 0)
			return err_set(err, ERR_USAGE, -EINVAL,
				       _("--color takes auto, always or never, not \"%s\"."), value);
		c->color = value;
		break;
	case CLI_MOUSE:
		c->mouse = true;
		break;
	case CLI_SHOW_CURSOR:
		c->show_cursor = true;
		break;
	case CLI_DRY_RUN:
		c->session.dry_run = true;
		break;
	case CLI_LOG:
		c->log = value;
		break;
	case CLI_VERSION:
		c->version = true;
		break;
	case CLI_HELP:
		c->help = true;
		break;
	}
	return 0;
}

static int cli_take_option(struct cli *c, int code, const char *value, struct err *err)
{
	if (code >= CLI_ANSWER_BASE) {
		const char *key = answer_keys[code - CLI_ANSWER_BASE].key;
		_cleanup_free_ char *where = xasprintf("--%s", key);

		return answers_set(&c->given, key, value, where, err);
	}
	if (code >= CLI_OWN_BASE) {
		c->values[code - CLI_OWN_BASE] = value ? value : "";
		return 0;
	}
	if (code >= CLI_GLOBAL_BASE)
		return cli_set_global(c, (enum cli_global)(code - CLI_GLOBAL_BASE), value, err);
	if (code == 'h') {
		c->help = true;
		return 0;
	}
	for (unsigned i = 0; c->command && i < cli_option_count(c->command->options); i++)
		if (c->command->options[i].letter == code)
			c->values[i] = value ? value : "";
	return 0;
}

static int cli_bad_usage(struct err *err)
{
	return err_hint(err, _("See: vfio-wizard --help"));
}

static int cli_parse_options(struct cli *c, int argc, char **argv, struct err *err)
{
	_cleanup_str_ struct str letters = { 0 };
	_cleanup_free_ struct option *options = cli_build_options(c->command, &letters);
	int code, r = 0;

	opterr = 0;
	optind = 0; /* glibc: start afresh */
	while (r == 0 && (code = getopt_long(argc, argv, str_c(&letters), options, NULL)) != -1) {
		const char *word = argv[optind - 1];

		if (code == ':')
			r = err_set(err, ERR_USAGE, -EINVAL, _("The option %s needs a value."), word);
		else if (code == '?')
			r = err_set(err, ERR_USAGE, -EINVAL,
				    c->command ? _("There is no option %s for this command.")
					       : _("There is no option %s."),
				    word);
		else
			r = cli_take_option(c, code, optarg, err);
	}
	if (r == 0 && optind < argc) {
		c->operand = argv[optind];
		r = err_set(err, ERR_USAGE, -EINVAL,
			    c->command ? _("\"%s\" is not understood here.")
				       : _("There is no command \"%s\"."),
			    c->operand);
	}
	return r;
}

static int cli_check_globals(const struct cli *c, struct err *err)
{
	if (c->session.state_dir && !c->session.state_dir[strspn(c->session.state_dir, "/")])
		return err_set(err, ERR_USAGE, -EINVAL, _("--state needs a folder of its own."));
	if (c->session.host_file && c->session.root)
		return err_set(err, ERR_USAGE, -EINVAL, _("--host and --root cannot be used together."));
	if (c->session.demo && (c->session.host_file || c->session.root))
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--demo is a host of its own: leave out --host and --root."));
	return 0;
}

int cli_parse(struct cli *c, int argc, char **argv, struct err *err)
{
	int at = 0, r;

	*c = (struct cli){ .out = stdout, .color = "auto" };
	answers_init(&c->given);
	c->line = spawn_quote((const char *const *)argv);
	c->command = cli_find_command(argc, argv, &at);
	if (c->command) {
		c->values = xcalloc(cli_option_count(c->command->options) + 1, sizeof(*c->values));
		for (int i = at; i + 1 < argc; i++)
			argv[i] = argv[i + 1];
		argc--;
	}
	r = cli_parse_options(c, argc, argv, err);
	if (r == 0)
		r = cli_check_globals(c, err);
	if (r < 0 && err->kind == ERR_USAGE && !err->hint[0])
		cli_bad_usage(err);
	if (r == 0 && c->log)
		r = log_open(c->log, err);
	return r;
}

void cli_done(struct cli *c)
{
	str_done(&c->output);
	answers_done(&c->given);
	free(c->values);
	c->values = NULL;
	free(c->line);
	c->line = NULL;
	log_close();
}

const char *cli_value(const struct cli *c, const char *name)
{
	for (unsigned i = 0; i < cli_option_count(c->command->options); i++)
		if (strcmp(c->command->options[i].name, name) == 0)
			return c->values[i];
	return NULL;
}

bool cli_has(const struct cli *c, const char *name)
{
	return cli_value(c, name) != NULL;
}

static void cli_help_option(FILE *out, const char *name, char letter, const char *argument,
			    const char *help)
{
	char left[80];

	snprintf(left, sizeof(left), "%s%.1s%s--%s%s%s", letter ? "-" : "", letter ? &letter : "",
		 letter ? ", " : "", name, argument ? " " : "", argument ? _(argument) : "");
	fprintf(out, strlen(left) > 28 ? "  %s\n  %-28s %s\n" : "  %.0s%-28s %s\n", left,
		strlen(left) > 28 ? "" : left, _(help));
}

static void cli_help_answers(FILE *out)
{
	fprintf(out, "\n%s\n", _("Devices, machine and boot:"));
	for (unsigned i = 0; i < answer_key_count; i++) {
		const struct answer_key *k = &answer_keys[i];

		cli_help_option(out, k->key, 0, k->choices ? k->choices : N_("VALUE"), k->help);
	}
}

void cli_print_help(const struct cli *c, FILE *out)
{
	const struct command *cmd = c->command;

	fprintf(out, _("Usage: vfio-wizard [global options] %s [options]\n\n"), cmd ? cmd->name : _("[command]"));
	if (cmd) {
		fprintf(out, "%s\n", _(cmd->summary));
		if (cmd->options)
			fprintf(out, "\n%s\n", _("Options:"));
		for (unsigned i = 0; i < cli_option_count(cmd->options); i++)
			cli_help_option(out, cmd->options[i].name, cmd->options[i].letter,
					cmd->options[i].argument, cmd->options[i].help);
	} else {
		fprintf(out, "%s\n\n%s\n",
			_("Prepares this computer to give a PCI device to a virtual machine.\n"
			  "Without a command: the wizard; it goes on where a restart left it."),
			_("Commands:"));
		for (unsigned i = 0; i < command_count; i++)
			fprintf(out, "  %-12s %s\n", command_table[i]->name, _(command_table[i]->summary));
	}
	if (!cmd || cmd->takes_answers)
		cli_help_answers(out);
	fprintf(out, "\n%s\n", _("Global options:"));
	for (unsigned i = 0; i < ARRAY_SIZE(cli_globals); i++)
		cli_help_option(out, cli_globals[i].name, cli_globals[i].letter, cli_globals[i].argument,
				cli_globals[i].help);
	fprintf(out, "\n%s\n",
		_("Exit status: 0 ready or done, 1 something is left to do, 2 not possible as asked,\n"
		  "3 an answer is missing, 64 bad usage, 65 bad input, 73 cannot write, 77 needs root."));
}
