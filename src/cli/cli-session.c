/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/atomic.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

/* A program that never ends its line is shown piece by piece. */
#define CLI_LONGEST_LINE 4096

/* A file of the user is read from the real root, whatever host is looked at. */
int cli_read_file(const char *file, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_input(err, file, 0, _("Cannot read it: %s"), strerror(errno));
	r = fd_read_all(fd, ret, ret_len);
	return r < 0 ? err_input(err, file, 0, _("Cannot read it: %s"), strerror(-r)) : 0;
}

int cli_write_file(const char *file, const char *text, size_t len, mode_t mode, struct err *err)
{
	struct file_attrs attrs = { mode, geteuid(), getegid() };
	_cleanup_free_ char *dir = NULL;
	_cleanup_fsroot_ struct fsroot *base = NULL;
	const char *slash = strrchr(file, '/');
	int r;

	dir = slash ? xstrndup(file, (size_t)(slash - file) + 1) : xstrdup(".");
	r = fsroot_open(dir, &base, NULL);
	if (r == 0)
		r = atomic_write(base, slash ? slash + 1 : file, text, len, &attrs, NULL);
	/* In the words of the command line: the parts of the path mean nothing to the reader. */
	return r < 0 ? err_set(err, ERR_WRITE, r, _("Cannot write %s: %s"), file, strerror(-r)) : 0;
}

static int cli_load_answers(const char *file, struct answers *a, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = cli_read_file(file, &text, &len, err);

	return r < 0 ? r : answers_load(a, text, len, file, err);
}

int cli_open_session(struct cli *c, struct session **ret, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	_cleanup_answers_ struct answers from_file = { 0 };
	_cleanup_free_ char *recovered = NULL;
	int r;

	answers_init(&from_file);
	if (c->answers_file) {
		r = cli_load_answers(c->answers_file, &from_file, err);
		if (r < 0)
			return r;
	}
	r = session_open(&c->session, &s, err);
	if (r < 0)
		return r;
	answers_merge(&s->answers, &from_file);
	answers_merge(&s->answers, &c->given);
	r = session_recover(s, &recovered, err);
	if (r < 0)
		return r;
	if (recovered)
		fprintf(stderr, "vfio-wizard: %s\n", recovered);
	*ret = TAKE_PTR(s);
	return 0;
}

int cli_check_writable(const struct cli *c, struct session *s, struct err *err)
{
	int r = session_check_writable(s, err);

	return r == -EPERM ? err_hint(err, _("Run: sudo %s"), c->line) : r;
}

void cli_print_error(const struct err *err, FILE *out)
{
	_cleanup_str_ struct str s = { 0 };

	str_add(&s, "vfio-wizard: ");
	str_add_printable_lines(&s, err->msg);
	str_addc(&s, '\n');
	if (err->hint[0]) {
		str_add(&s, "  ");
		str_add_printable(&s, err->hint);
		str_addc(&s, '\n');
	}
	fputs(str_c(&s), out);
	log_line("error: %s", err->msg);
}

void cli_print_json(const struct cli *c, json_t *object)
{
	_cleanup_json_ json_t *whole = json_object();
	_cleanup_free_ char *text = NULL;

	json_object_set_new(whole, "schema", json_integer(1));
	json_object_update(whole, object);
	json_decref(object);
	text = json_format(whole);
	fputs(text, c->out);
}

void cli_printf(const struct cli *c, const char *fmt, ...)
{
	_cleanup_str_ struct str raw = { 0 }, clean = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&raw, fmt, ap);
	va_end(ap);
	/* Our own line ends stay; everything else a device name could smuggle in does not. */
	str_add_printable_lines(&clean, str_c(&raw));
	fputs(str_c(&clean), c->out);
}

static void cli_print_line(struct cli *c, FILE *out)
{
	_cleanup_str_ struct str s = { 0 };

	str_add(&s, "  | ");
	str_add_printable(&s, str_c(&c->output));
	str_addc(&s, '\n');
	fputs(str_c(&s), out);
	str_done(&c->output);
}

/* Output comes in pieces that end anywhere, also inside a character. */
static void cli_add_output(struct cli *c, FILE *out, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != '\n')
			str_addc(&c->output, bytes[i]);
		if (bytes[i] == '\n' || c->output.len >= CLI_LONGEST_LINE)
			cli_print_line(c, out);
	}
}

static void cli_on_event(void *user, const struct txn_event *ev)
{
	struct cli *c = user;
	FILE *out = c->json ? stderr : c->out;
	_cleanup_free_ char *text = xstrndup(ev->text ? ev->text : "", ev->text_len);

	if (ev->kind != TXN_OUTPUT && c->output.len)
		cli_print_line(c, out);
	switch (ev->kind) {
	case TXN_STEP_BEGIN:
		fprintf(out, _("Step %u of %u: %s\n"), ev->step, ev->n_steps, text);
		break;
	case TXN_STEP_FAILED:
		fprintf(out, _("Step %u failed: %s\n"), ev->step, text);
		break;
	case TXN_PENDING:
		fprintf(out, _("To be run by hand: %s\n"), text);
		break;
	case TXN_OUTPUT:
		cli_add_output(c, out, ev->text, ev->text_len);
		break;
	case TXN_STEP_DONE:
		break;
	}
	fflush(out);
}

struct txn_watcher cli_watcher(struct cli *c)
{
	return (struct txn_watcher){ .on_event = cli_on_event, .user = c };
}
