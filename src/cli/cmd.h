/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "session/session.h"

#include <stdbool.h>
#include <stdio.h>

/* An option of one command; ends with { 0 }. */
struct cli_option {
	const char *name;     /* long name without dashes */
	const char *argument; /* "FILE" in the help; NULL: a flag */
	const char *help;     /* N_() */
	char letter;	      /* 'o' for -o, 0 none */
};

struct command;

/* A parsed command line. */
struct cli {
	const struct command *command; /* NULL: the wizard */
	struct session_options session;
	const char *answers_file;
	bool json, plain, full, ascii, mouse, show_cursor, help, version;
	const char *color; /* "auto", "always", "never" */
	const char *log;
	struct answers given;	 /* answer options of this command line */
	const char **values;	 /* of command->options, NULL not given, "" a flag that was given */
	const char *operand;	 /* a word that is no option, NULL none */
	char *line;		 /* the command line as a shell would read it */
	FILE *out;
	struct str output; /* of the command that runs: its last line of output as far as it came */
};

/*
 * A command = one file cmd-<name>.c ending in one const struct, and one row in cmd.def.  Returns an
 * exit code of cli.md, or negative with ERR set.
 */
struct command {
	const char *name;
	const char *summary;		  /* N_() one line for --help */
	const struct cli_option *options; /* may be NULL */
	bool takes_answers;		  /* the options that choose devices, machine and boot changes */
	int (*run)(struct cli *c, struct err *err);
};
#define COMMAND(id) extern const struct command command_##id;
#include "cli/cmd.def"
#undef COMMAND
extern const struct command *const command_table[];
extern const unsigned command_count;

/* Fills C from the command line; ERR_USAGE.  cli_done() in any case. */
int cli_parse(struct cli *c, int argc, char **argv, struct err *err) _must_check_;
void cli_done(struct cli *c);
void cli_print_help(const struct cli *c, FILE *out);
/* Value of one of the command's own options; NULL when it was not given. */
const char *cli_value(const struct cli *c, const char *name);
bool cli_has(const struct cli *c, const char *name);

/*
 * Opens the session: saved answers, then the answers file, then the command line.  Reports what an
 * interrupted run left and how it was put right on stderr.
 */
int cli_open_session(struct cli *c, struct session **ret, struct err *err) _must_check_;
/* As session_check_writable(), with the command to type. */
int cli_check_writable(const struct cli *c, struct session *s, struct err *err) _must_check_;
/* Prints the error the way every command does: "vfio-wizard: MESSAGE" and the hint below. */
void cli_print_error(const struct err *err, FILE *out);
/* Prints one JSON object with "schema": 1 in front and frees it. */
void cli_print_json(const struct cli *c, json_t *object);
/* printf whose text may come from hardware: printed with control bytes made harmless. */
void cli_printf(const struct cli *c, const char *fmt, ...) _printf_(2, 3);

/* cli-json.c: the objects of cli.md. */
json_t *cli_json_finding(const struct finding *f);
json_t *cli_json_findings(struct finding *const *findings, unsigned n);
json_t *cli_json_device(const struct device_verdict *v);
/* cli-text.c: the same for people. */
void cli_text_findings(const struct cli *c, struct finding *const *findings, unsigned n);
void cli_text_plan(const struct cli *c, const struct plan *p);
/*
 * Prints the plan of session_plan(), or in JSON why there is none (R and ERR).  An exit code, or R.
 */
int cli_show_plan(struct cli *c, struct session *s, int r, const struct plan *plan,
		  const struct err *err);
/* Exit code for a severity: anything worse than info leaves something to do. */
int cli_exit_for_findings(struct finding *const *findings, unsigned n);

/* Writes a file where the user is, atomically; "-" is not special here. */
int cli_write_file(const char *file, const char *text, size_t len, mode_t mode, struct err *err)
	_must_check_;
/* Reads a file of the user (not below the root); free() *RET.  ERR_INPUT. */
int cli_read_file(const char *file, char **ret, size_t *ret_len, struct err *err) _must_check_;

/* Watches a transaction for a plain terminal: one line a step, the commands' output below. */
struct txn_watcher cli_watcher(struct cli *c);
