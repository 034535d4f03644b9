/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/output.h"

#include "base/spawn.h"
#include "base/str.h"

#include <string.h>

/* "sh: 12: Syntax error: …" or "/bin/sh: line 12: syntax error …": the first number is the line. */
static unsigned qemu_line_of(const char *message)
{
	const char *at = strpbrk(message, "0123456789");

	return at ? (unsigned)strtoul(at, NULL, 10) : 0;
}

/* The shell reads the whole script and runs nothing of it. */
int machine_check_script(const struct machine *m _unused_, const char *text, size_t len, struct err *err)
{
	static const char *const argv[] = { "sh", "-n", NULL };
	struct spawn_request req = { .argv = argv, .input = text, .input_len = len, .timeout_s = 10 };
	_cleanup_spawn_result_ struct spawn_result result = { 0 };
	int r;

	if (memchr(text, '\0', len))
		return err_input(err, "qemu.sh", 0, _("a script must not hold NUL bytes."));
	if (!spawn_is_installed(argv[0]))
		return 0;
	r = spawn_run(&req, &result, err);
	if (r < 0)
		return r;
	if (result.exit_status == 0)
		return 0;
	result.output[strcspn(result.output, "\n")] = '\0';
	return err_input(err, "qemu.sh", qemu_line_of(result.output),
			 _("the shell does not take this script: %s"), result.output);
}

const struct machine_format machine_format_qemu = {
	.name = "qemu",
	.template_name = "qemu.sh.mustache",
	.file_suffix = ".sh",
	.mode = 0755,
	.check = machine_check_script,
};
