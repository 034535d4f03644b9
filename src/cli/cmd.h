/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "session/session.h"

#include <stdbool.h>
#include <stdio.h>

/* Global options of cli.md. */
struct cli_options {
	struct session_options session;
	const char *answers_file;
	bool json, plain, ascii;
	const char *color;	/* "auto", "always", "never" */
	const char *log;
	FILE *out;
};

/*
 * A command = one file cmd-<name>.c ending in one const struct, and one row in cmd.def.  ARGV[0] is the
 * command's own name.  Returns an exit code ≥ 0, or negative with ERR set.
 */
struct command {
	const char *name;
	const char *synopsis;	/* "[--class gpu|nvme|nic|usb|audio] [--device ADDR]" */
	const char *summary;	/* N_() one line for --help */
	int (*run)(const struct cli_options *o, int argc, char **argv, struct err *err);
};
#define COMMAND(id) extern const struct command command_##id;
#include "cli/cmd.def"
#undef COMMAND
