/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Lays a recorded host out as files, to try changes on: --root DIR then works on it. */
static int snapshot_unpack(const struct cli *c, const char *dir, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (!c->session.host_file && !c->session.demo)
		return err_set(err, ERR_USAGE, -EINVAL, _("--unpack needs --host FILE or --demo."));
	if (c->session.host_file) {
		r = cli_read_file(c->session.host_file, &text, &len, err);
	} else {
		_cleanup_free_ char *demo = NULL;

		r = output_find_data("data/demo.host", &demo, err);
		if (r == 0)
			r = cli_read_file(demo, &text, &len, err);
	}
	if (r != 0)
		return r;
	if (mkdir(dir, 0755) < 0)
		return err_set(err, ERR_WRITE, -errno, _("Cannot make the folder %s: %s"), dir, strerror(errno));
	return recording_unpack(text, len, c->session.host_file ? c->session.host_file : "demo.host", dir, err);
}

static int snapshot_run(struct cli *c, struct err *err)
{
	const char *file = cli_value(c, "output"), *dir = cli_value(c, "unpack");
	_cleanup_session_ struct session *s = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r;

	if (dir)
		return snapshot_unpack(c, dir, err);
	r = cli_open_session(c, &s, err);
	if (r == 0)
		r = recording_take(s->root, &text, &len, err);
	if (r != 0)
		return r;
	if (!file || strcmp(file, "-") == 0) {
		fwrite(text, 1, len, c->out);
		return 0;
	}
	r = cli_write_file(file, text, len, 0644, err);
	if (r == 0)
		fprintf(stderr, _("Written: %s. Serial numbers, MAC addresses, UUIDs and host names are masked; "
				  "read it before you send it.\n"), file);
	return r;
}

static const struct cli_option snapshot_options[] = {
	{ "output", N_("FILE"), N_("where to; - is standard output"), 'o' },
	{ "unpack", N_("DIR"), N_("lay the host of --host out as files in the new folder DIR") },
	{ 0 },
};

const struct command command_snapshot = {
	.name = "snapshot",
	.summary = N_("records this host as one text file, private data masked"),
	.options = snapshot_options,
	.run = snapshot_run,
};
