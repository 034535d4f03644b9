/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/spawn.h"

#include "base/arena.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define SPAWN_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define SPAWN_KEEP_OUTPUT ((size_t)1024 * 1024)
#define SPAWN_GRACE_MS 5000

static char *spawn_find(const char *program)
{
	const char *dir = SPAWN_PATH;

	if (strchr(program, '/'))
		return access(program, X_OK) == 0 ? xstrdup(program) : NULL;
	while (*dir) {
		size_t n = strcspn(dir, ":");
		_cleanup_free_ char *path = xasprintf("%.*s/%s", (int)n, dir, program);
		struct stat st;

		if (access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			return TAKE_PTR(path);
		dir += n + (dir[n] == ':');
	}
	return NULL;
}

bool spawn_is_installed(const char *program)
{
	_cleanup_free_ char *path = spawn_find(program);

	return path != NULL;
}

static bool spawn_is_plain(const char *s)
{
	return *s && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "%+,-./:=@_")] == '\0';
}

char *spawn_quote(const char *const *argv)
{
	struct str s = { 0 };

	for (; *argv; argv++) {
		if (s.len)
			str_addc(&s, ' ');
		if (spawn_is_plain(*argv)) {
			str_add(&s, *argv);
			continue;
		}
		str_addc(&s, '\'');
		for (const char *p = *argv; *p; p++) {
			if (*p == '\'')
				str_add(&s, "'\\''");
			else
				str_addc(&s, *p);
		}
		str_addc(&s, '\'');
	}
	return str_steal(&s);
}

void spawn_result_done(struct spawn_result *r)
{
	free(r->output);
	*r = (struct spawn_result){ 0 };
}

static long long spawn_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Between fork() and execve(): async-signal-safe calls only. */
static void spawn_child(const char *path, const char *const *argv, int in, int out) _noreturn_;
static void spawn_child(const char *path, const char *const *argv, int in, int out)
{
	static const char *const env[] = { "PATH=" SPAWN_PATH, "HOME=/root",  "LC_ALL=C.UTF-8",
					   "LANGUAGE=",	       "TERM=dumb",   "NO_COLOR=1",
					   "DEBIAN_FRONTEND=noninteractive", NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	setsid();
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/") < 0)
		_exit(126);
	/* execve() takes char *const[] for historical reasons and changes nothing. */
	execve(path, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
	_exit(127);
}

struct spawn_run {
	const struct spawn_request *req;
	struct spawn_result *result;
	struct str output;
	pid_t pid;
	int in_fd, out_fd;
	size_t input_sent;
	long long deadline, kill_at;
};

static void spawn_feed(struct spawn_run *run)
{
	ssize_t n = write(run->in_fd, run->req->input + run->input_sent,
			  run->req->input_len - run->input_sent);

	if (n > 0)
		run->input_sent += (size_t)n;
	if (run->input_sent == run->req->input_len || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(run->in_fd);
		run->in_fd = -1;
	}
}

/* False at the end of the output. */
static bool spawn_drain(struct spawn_run *run)
{
	char buf[8192];
	ssize_t n = read(run->out_fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	if (run->output.len < SPAWN_KEEP_OUTPUT)
		str_addn(&run->output, buf, (size_t)n);
	if (run->req->on_output)
		run->req->on_output(run->req->user, buf, (size_t)n);
	return true;
}

static void spawn_check_time(struct spawn_run *run)
{
	long long now = spawn_now_ms();

	if (run->kill_at) {
		if (now >= run->kill_at)
			kill(-run->pid, SIGKILL);
		return;
	}
	if (run->req->on_tick && !run->req->on_tick(run->req->user))
		run->result->cancelled = true;
	else if (run->deadline && now >= run->deadline)
		run->result->timed_out = true;
	else
		return;
	kill(-run->pid, SIGTERM);
	run->kill_at = now + SPAWN_GRACE_MS;
}

/* A daemon that keeps our pipe open must not keep us: the end of the child ends the wait, too. */
static void spawn_wait(struct spawn_run *run)
{
	bool open = true, ended = false;
	int status = 0;

	while (!ended) {
		struct pollfd p[2] = { { open ? run->out_fd : -1, POLLIN, 0 },
				       { run->in_fd, POLLOUT, 0 } };

		poll(p, 2, open ? 250 : 20);
		if (run->in_fd >= 0 && p[1].revents)
			spawn_feed(run);
		if (open && p[0].revents)
			open = spawn_drain(run);
		else
			ended = waitpid(run->pid, &status, WNOHANG) == run->pid;
		spawn_check_time(run);
	}
	while (open && spawn_drain(run)) {
		struct pollfd p = { run->out_fd, POLLIN, 0 };

		if (poll(&p, 1, 0) <= 0)
			break;
	}
	run->result->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	run->result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static int spawn_start(struct spawn_run *run, const char *path, struct err *err)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	int r = 0;

	if (pipe2(out, O_CLOEXEC) < 0 || (run->req->input && pipe2(in, O_CLOEXEC) < 0))
		r = -errno;
	if (r == 0 && !run->req->input) {
		in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		r = in[0] < 0 ? -errno : 0;
	}
	if (r == 0) {
		run->pid = fork();
		if (run->pid == 0)
			spawn_child(path, run->req->argv, in[0], out[1]);
		r = run->pid < 0 ? -errno : 0;
	}
	if (out[1] >= 0)
		close(out[1]);
	if (in[0] >= 0)
		close(in[0]);
	run->in_fd = in[1];
	run->out_fd = out[0];
	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("Cannot start %s: %s"), path, strerror(-r));
	fcntl(run->out_fd, F_SETFL, O_NONBLOCK);
	if (run->in_fd >= 0)
		fcntl(run->in_fd, F_SETFL, O_NONBLOCK);
	return 0;
}

int spawn_run(const struct spawn_request *req, struct spawn_result *ret, struct err *err)
{
	_cleanup_free_ char *path = spawn_find(req->argv[0]);
	struct spawn_result result = { 0 };
	struct spawn_run run = { .req = req, .result = &result, .in_fd = -1, .out_fd = -1 };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int r;

	if (!path)
		return err_set(err, ERR_NOT_POSSIBLE, -ENOENT, _("The program %s is not installed."),
			       req->argv[0]);
	if (req->timeout_s)
		run.deadline = spawn_now_ms() + (long long)req->timeout_s * 1000;
	/* A child that closes its input early must not end us. */
	sigaction(SIGPIPE, &ignore, &old);
	r = spawn_start(&run, path, err);
	if (r == 0)
		spawn_wait(&run);
	sigaction(SIGPIPE, &old, NULL);
	if (run.in_fd >= 0)
		close(run.in_fd);
	if (run.out_fd >= 0)
		close(run.out_fd);
	result.output_len = run.output.len;
	result.output = str_steal(&run.output);
	if (r < 0) {
		spawn_result_done(&result);
		return r;
	}
	*ret = result;
	return 0;
}
