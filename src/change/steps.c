/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/steps.h"

#include "base/atomic.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/str.h"
#include "change/image.h"
#include "base/strv.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

/* The end of a command's output that goes into the message; the log has it all. */
#define STEPS_TAIL_LINES 5
#define STEPS_TAIL_BYTES 500

static const int steps_waiting[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static long long steps_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void txn_hold_signals(sigset_t *ret_old)
{
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_SIZE(steps_waiting); i++)
		sigaddset(&block, steps_waiting[i]);
	sigprocmask(SIG_BLOCK, &block, ret_old);
}

void txn_release_signals(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}

void steps_init(struct steps *s, const struct txn_watcher *watcher, unsigned n_steps, int lock_fd)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	*s = (struct steps){ .watcher = watcher, .n_steps = n_steps, .lock_fd = lock_fd };
	txn_hold_signals(&s->old_mask);
	/* "vfio-wizard apply | head" and ulimit -f must not end us between two renames. */
	sigaction(SIGPIPE, &ignore, &s->old_pipe);
	sigaction(SIGXFSZ, &ignore, &s->old_file_size);
}

void steps_done(struct steps *s)
{
	free(TAKE_PTR(s->text));
	sigaction(SIGPIPE, &s->old_pipe, NULL);
	sigaction(SIGXFSZ, &s->old_file_size, NULL);
	txn_release_signals(&s->old_mask);
}

static void steps_tell(const struct steps *s, enum txn_event_kind kind, const char *text, size_t len)
{
	struct txn_event ev = {
		.kind = kind,
		.step = s->step,
		.n_steps = s->n_steps,
		.text = text,
		.text_len = len,
		.elapsed_ms = (unsigned)(steps_now_ms() - s->begun_ms),
	};

	if (s->watcher && s->watcher->on_event)
		s->watcher->on_event(s->watcher->user, &ev);
}

void steps_begin(struct steps *s, char *text)
{
	free(s->text);
	s->text = text;
	s->step++;
	s->begun_ms = steps_now_ms();
	log_line("step %u of %u: %s", s->step, s->n_steps, text);
	steps_tell(s, TXN_STEP_BEGIN, text, strlen(text));
}

void steps_finish(struct steps *s, bool ok)
{
	if (!s->text)
		return;
	log_line("step %u of %u: %s", s->step, s->n_steps, ok ? "done" : "failed");
	steps_tell(s, ok ? TXN_STEP_DONE : TXN_STEP_FAILED, s->text, strlen(s->text));
	free(TAKE_PTR(s->text));
}

int steps_check_stop(const struct steps *s, struct err *err)
{
	bool stop = s->watcher && s->watcher->keep_going && !s->watcher->keep_going(s->watcher->user);
	sigset_t pending;

	if (sigpending(&pending) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(steps_waiting); i++)
			stop = stop || sigismember(&pending, steps_waiting[i]) == 1;
	if (!stop)
		return 0;
	return err_set(err, ERR_NOT_POSSIBLE, -ECANCELED, _("Stopped, as you asked."));
}

void steps_add_pending(const struct steps *s, struct arena *a, const char *const *argv,
		       const char *const **pending)
{
	_cleanup_free_ char *line = spawn_quote(argv);

	arena_strv_add(a, pending, line);
	log_line("left to a person: %s", line);
	steps_tell(s, TXN_PENDING, line, strlen(line));
}

static void steps_on_output(void *user, const char *bytes, size_t len)
{
	steps_tell(user, TXN_OUTPUT, bytes, len);
}

static void steps_log_output(const char *output)
{
	while (*output) {
		size_t n = strcspn(output, "\n");

		log_line("| %.*s", (int)n, output);
		output += n + (output[n] == '\n');
	}
}

/* The last lines, without the final newline, fit for a terminal. */
static char *steps_tail(const char *output, size_t len)
{
	struct str tail = { 0 };
	_cleanup_free_ char *copy = NULL;
	size_t start, lines = 0;

	while (len > 0 && (output[len - 1] == '\n' || output[len - 1] == '\r'))
		len--;
	for (start = len; start > 0 && len - start < STEPS_TAIL_BYTES; start--)
		if (output[start - 1] == '\n' && ++lines == STEPS_TAIL_LINES)
			break;
	copy = xstrndup(output + start, len - start);
	for (char *line = copy, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		str_addc(&tail, '\n');
		str_add(&tail, "  ");
		str_add_printable(&tail, line);
	}
	return str_steal(&tail);
}

static int steps_judge(const char *const *argv, unsigned timeout_s, const struct spawn_result *res,
		       struct err *err)
{
	_cleanup_free_ char *quoted = spawn_quote(argv), *tail = NULL;
	_cleanup_str_ struct str printable = { 0 };
	const char *line;

	if (!res->timed_out && res->exit_status == 0)
		return 0;
	str_add_printable(&printable, quoted);
	line = str_c(&printable);
	tail = steps_tail(res->output, res->output_len);
	if (res->timed_out)
		err_set(err, ERR_NOT_POSSIBLE, -ETIMEDOUT,
			_("The command \"%s\" did not end within %u seconds and was stopped."), line, timeout_s);
	else if (res->signal)
		err_set(err, ERR_NOT_POSSIBLE, -EIO, _("The command \"%s\" was ended by signal %d."), line,
			res->signal);
	else
		err_set(err, ERR_NOT_POSSIBLE, -EIO, _("The command \"%s\" failed with exit status %d."),
			line, res->exit_status);
	if (res->output_len)
		steps_add_sentence(err, tail);
	if (log_path())
		err_hint(err, _("All of its output is in %s."), log_path());
	return err ? err->code : -EIO;
}

/*
 * The command keeps the lock, too: should we be killed while it still writes, the next run waits for
 * its end and rolls back then, not under its hands.
 */
static int steps_spawn(const struct steps *s, const struct spawn_request *req,
		       struct spawn_result *ret, struct err *err)
{
	_cleanup_free_ char *line = spawn_quote(req->argv);
	int r;

	log_line("$ %s", line);
	fcntl(s->lock_fd, F_SETFD, 0);
	r = spawn_run(req, ret, err);
	fcntl(s->lock_fd, F_SETFD, FD_CLOEXEC);
	return r;
}

int steps_run(const struct steps *s, const char *const *argv, unsigned timeout_s, struct err *err)
{
	struct steps told = *s;
	struct spawn_request req = {
		.argv = argv,
		.timeout_s = timeout_s,
		.on_output = steps_on_output,
		.user = &told,
	};
	_cleanup_spawn_result_ struct spawn_result res = { 0 };
	int r = steps_spawn(s, &req, &res, err);

	if (r < 0)
		return r;
	steps_log_output(res.output);
	r = steps_judge(argv, timeout_s, &res, err);
	log_line("%s", r < 0 ? "failed" : "exit status 0");
	return r;
}

int steps_install(const struct fsroot *fs, const char *made, const char *installed, struct err *err)
{
	_cleanup_image_ struct image img = { 0 };
	int r;

	if (!installed)
		return 0;
	r = image_read(fs, made, &img, err);
	/* An exit status of 0 alone puts nothing in place of a file the start needs. */
	if (r == 0 && !img.len)
		r = err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("The command ended well, but %s was not made."), made);
	if (r == 0)
		r = atomic_write(fs, installed, img.data, img.len, &img.attrs, err);
	if (r == 0)
		log_line("%s took the place of %s", made, installed);
	return r < 0 ? r : atomic_remove(fs, made, err);
}

/* What comes is searched piece by piece; a needle may lie across two of them. */
struct steps_finder {
	const char *const *needles;
	bool *found;
	size_t longest;
	struct str kept; /* the end of what came, shorter than the longest needle */
};

static void steps_on_listing(void *user, const char *bytes, size_t len)
{
	struct steps_finder *f = user;
	size_t keep;

	str_addn(&f->kept, bytes, len);
	for (size_t i = 0; f->needles[i]; i++)
		if (!f->found[i])
			f->found[i] = memmem(f->kept.data, f->kept.len, f->needles[i],
					     strlen(f->needles[i])) != NULL;
	keep = f->kept.len < f->longest ? f->kept.len : f->longest;
	if (keep < f->kept.len) {
		memmove(f->kept.data, f->kept.data + f->kept.len - keep, keep);
		f->kept.len = keep;
		f->kept.data[keep] = '\0';
	}
}

int steps_search(const struct steps *s, const char *const *argv, unsigned timeout_s,
		 const char *const *needles, const char **ret_missing, struct err *err)
{
	_cleanup_free_ bool *found = xcalloc(strv_length(needles) + 1, sizeof(*found));
	struct steps_finder finder = { .needles = needles, .found = found };
	struct spawn_request req = {
		.argv = argv,
		.timeout_s = timeout_s,
		.on_output = steps_on_listing,
		.user = &finder,
	};
	_cleanup_spawn_result_ struct spawn_result res = { 0 };
	const char *missing = NULL;
	int r;

	for (size_t i = 0; needles[i]; i++)
		if (strlen(needles[i]) > finder.longest)
			finder.longest = strlen(needles[i]);
	r = steps_spawn(s, &req, &res, err);
	str_done(&finder.kept);
	if (r == 0)
		r = steps_judge(argv, timeout_s, &res, err);
	for (size_t i = 0; needles[i] && !missing; i++)
		if (!found[i])
			missing = needles[i];
	log_line("%s%s", r < 0 ? "failed" : missing ? "does not show " : "shows what it should",
		 r == 0 && missing ? missing : "");
	if (r == 0)
		*ret_missing = missing;
	return r;
}

void steps_add_sentence(struct err *err, const char *sentence)
{
	const char *between = " ";
	size_t used;

	if (!err)
		return;
	used = strlen(err->msg);
	if (!used || sentence[0] == '\n')
		between = "";
	else if (strchr(err->msg, '\n')) /* behind the lines of a command's output */
		between = "\n";
	else if (isalnum((unsigned char)err->msg[used - 1])) /* what strerror() ends with */
		between = ". ";
	snprintf(err->msg + used, sizeof(err->msg) - used, "%s%s", between, sentence);
}
