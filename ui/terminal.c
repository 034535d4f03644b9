/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/terminal.h"

#include "ui/keys.h"
#include "ui/stderr.h"
#include "ui/theme.h"

/* term.h defines macros of very common words: nothing may be included after it */
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <term.h>
#include <termios.h>

#define TERMINAL_N_SIGNALS 12

static struct termios terminal_before; /* as the shell gave it to us */
static volatile sig_atomic_t terminal_active;
static SCREEN *terminal_screen;
static bool terminal_ascii;
static bool terminal_kernel_quiet;
static bool terminal_hung_up;
static int terminal_pipe[2] = { -1, -1 };
static struct sigaction terminal_old_actions[TERMINAL_N_SIGNALS];
/* Bytes that undo what curses did to the terminal, for the crash handler. */
static char terminal_restore[256];
static size_t terminal_restore_len;
static char terminal_last_words[512];

static const int terminal_signals[TERMINAL_N_SIGNALS] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, /* crashes */
	SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH,
};
#define TERMINAL_N_CRASHES 5

static void terminal_write(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

/* Adds a capability without its padding ("$<5>"): a crash handler cannot wait for that. */
static void terminal_prepare(const char *cap)
{
	for (; cap && cap != (const char *)-1 && *cap; cap++) {
		if (cap[0] == '$' && cap[1] == '<' && strchr(cap, '>'))
			cap = strchr(cap, '>');
		else if (terminal_restore_len < sizeof(terminal_restore))
			terminal_restore[terminal_restore_len++] = *cap;
	}
}

/* Only calls that are safe in a signal handler: no curses, no stdio. */
static void terminal_on_crash(int sig)
{
	if (terminal_active) {
		terminal_write(STDOUT_FILENO, terminal_restore, terminal_restore_len);
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
		if (terminal_kernel_quiet)
			klogctl(7, NULL, 0);
		stderr_give_back();
		terminal_write(STDERR_FILENO, terminal_last_words, strlen(terminal_last_words));
		terminal_active = 0;
	}
	raise(sig); /* SA_RESETHAND: this time it ends the program */
}

static void terminal_on_signal(int sig)
{
	int saved = errno;
	char byte = (char)sig;

	terminal_write(terminal_pipe[1], &byte, 1);
	errno = saved;
}

static int terminal_catch_signals(void)
{
	static char stack[64 * 1024]; /* a stack overflow is a crash, too */
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	if (pipe2(terminal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	sigaltstack(&alternate, NULL);
	for (int i = 0; i < TERMINAL_N_SIGNALS; i++) {
		struct sigaction sa = { .sa_handler = terminal_on_signal };

		if (i < TERMINAL_N_CRASHES) {
			sa.sa_handler = terminal_on_crash;
			sa.sa_flags = (int)(SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
		} else if (terminal_signals[i] != SIGINT) {
			sa.sa_flags = SA_RESTART; /* what runs between two screens is not disturbed */
		}
		sigaction(terminal_signals[i], &sa, &terminal_old_actions[i]);
	}
	return 0;
}

static void terminal_release_signals(void)
{
	for (int i = 0; i < TERMINAL_N_SIGNALS; i++)
		sigaction(terminal_signals[i], &terminal_old_actions[i], NULL);
	close(terminal_pipe[0]);
	close(terminal_pipe[1]);
	terminal_pipe[0] = terminal_pipe[1] = -1;
}

/*
 * The kernel prints over the screen of a real console, and binding vfio-pci is noisy.  6 and 7 switch
 * its console output off and on again (syslog(2)); without the right to do so nothing happens.
 */
static void terminal_quiet_kernel(bool quiet)
{
	const char *tty = ttyname(STDOUT_FILENO);

	if (quiet == terminal_kernel_quiet)
		return;
	if (quiet && (!tty || (strncmp(tty, "/dev/tty", 8) != 0 && strcmp(tty, "/dev/console") != 0 &&
			       strncmp(tty, "/dev/hvc", 8) != 0)))
		return;
	if (klogctl(quiet ? 6 : 7, NULL, 0) == 0)
		terminal_kernel_quiet = quiet;
}

static const char *terminal_why_not(void)
{
	const char *name = getenv("TERM");
	int status;
	bool usable;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return _("Full screen is not possible: input or output is not a terminal.");
	if (!name || !*name)
		return _("Full screen is not possible: TERM is not set.");
	if (setupterm(NULL, STDOUT_FILENO, &status) != OK)
		return _("Full screen is not possible: TERM names a terminal that is not known here.");
	usable = cursor_address && clear_screen;
	/* newterm() reads the description again, this one would be lost */
	del_curterm(cur_term);
	if (!usable)
		return _("Full screen is not possible: this terminal cannot move its cursor.");
	if (tcgetattr(STDIN_FILENO, &terminal_before) < 0)
		return _("Full screen is not possible: the terminal does not tell its settings.");
	return NULL;
}

static void terminal_set_modes(const struct frontend_options *o)
{
	/* raw: Ctrl-C and Ctrl-Z are keys that never come in the middle of a change */
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	meta(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	if (!getenv("ESCDELAY"))
		set_escdelay(25);
	if (!o->show_cursor)
		curs_set(0);
	if (o->mouse)
		mousemask(BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON1_DOUBLE_CLICKED, NULL);
}

const char *terminal_open(const struct frontend_options *o)
{
	const char *why = terminal_why_not();

	if (why)
		return why;
	if (terminal_catch_signals() < 0)
		return _("Full screen is not possible: no pipe could be made.");
	terminal_screen = newterm(NULL, stdout, stdin);
	if (!terminal_screen) {
		terminal_release_signals();
		return _("Full screen is not possible: the terminal could not be set up.");
	}
	set_term(terminal_screen);
	terminal_restore_len = 0;
	terminal_prepare(exit_attribute_mode);
	terminal_prepare(exit_alt_charset_mode);
	terminal_prepare(cursor_normal);
	terminal_prepare(keypad_local);
	terminal_prepare(exit_ca_mode);
	snprintf(terminal_last_words, sizeof(terminal_last_words), "\r\n%s\r\n%s\r\n",
		 _("The program ended because of an error in it; nothing more is written."),
		 _("Your answers are saved: start it again to go on, or take changes back with "
		   "vfio-wizard undo."));
	stderr_take();
	terminal_active = 1;
	terminal_hung_up = false;
	atexit(terminal_close);
	terminal_quiet_kernel(true);
	terminal_set_modes(o);
	keys_define();
	/* without UTF-8 lines come from the alternate character set, and some terminals have none */
	terminal_ascii = o->ascii || (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 && !acs_chars);
	theme_open(o);
	return NULL;
}

void terminal_close(void)
{
	if (!terminal_active)
		return;
	if (!terminal_hung_up)
		curs_set(1);
	endwin();
	terminal_active = 0;
	terminal_quiet_kernel(false);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_before);
	/* linux and vt100 have no second screen: what was shown stays, the shell goes on below */
	if (!exit_ca_mode || !*exit_ca_mode)
		terminal_write(STDOUT_FILENO, "\r\n", 2);
	delscreen(terminal_screen);
	terminal_screen = NULL;
	stderr_give_back();
	terminal_release_signals();
}

bool terminal_is_ascii(void)
{
	return terminal_ascii;
}

void terminal_redraw(void)
{
	clearok(curscr, TRUE);
}

void terminal_suspend(void)
{
	struct sigaction ours, stop = { .sa_handler = SIG_DFL };

	/* the leader of a session was started by init or a login: nobody would continue it */
	if (getsid(0) == getpid())
		return;
	def_prog_mode();
	endwin();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_before);
	if (!exit_ca_mode || !*exit_ca_mode)
		terminal_write(STDOUT_FILENO, "\r\n", 2);
	terminal_quiet_kernel(false);
	sigaction(SIGTSTP, &stop, &ours);
	/* the whole job, as the terminal would: sudo in front of us has to stop as well */
	kill(0, SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	terminal_quiet_kernel(true);
	reset_prog_mode();
	terminal_redraw();
}

static void terminal_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		return;
	resizeterm(size.ws_row, size.ws_col);
	/* resizeterm() puts a KEY_RESIZE in front of what was typed; the caller is told anyway */
	terminal_redraw();
}

/* What the signal handler left in the pipe; all changes of size together are one. */
static bool terminal_read_signals(struct terminal_event *ret)
{
	bool resized = false, continued = false;
	char byte;

	while (read(terminal_pipe[0], &byte, 1) == 1) {
		if (byte == SIGWINCH) {
			resized = true;
		} else if (byte == SIGCONT) {
			continued = true;
		} else if (byte == SIGTSTP) {
			terminal_suspend();
			resized = true;
		} else {
			ret->what = TERMINAL_SIGNAL;
			ret->signal = byte;
			return true;
		}
	}
	if (continued) {
		reset_prog_mode();
		terminal_redraw();
	}
	if (!resized && !continued)
		return false;
	terminal_resize();
	ret->what = TERMINAL_RESIZED;
	return true;
}

static bool terminal_read_key(struct terminal_event *ret)
{
	wint_t wc;
	int kind = get_wch(&wc);

	if (kind == ERR)
		return false;
	ret->what = TERMINAL_KEY;
	ret->key = kind == KEY_CODE_YES ? TERMINAL_CODE + (int)wc : (int)wc;
	if (kind == KEY_CODE_YES && wc == KEY_RESIZE)
		ret->what = TERMINAL_RESIZED;
	return true;
}

static bool terminal_hang_up(struct terminal_event *ret)
{
	terminal_hung_up = true;
	ret->what = TERMINAL_SIGNAL;
	ret->signal = SIGHUP;
	return true;
}

void terminal_next(bool wait, struct terminal_event *ret)
{
	struct pollfd fds[2] = { { STDIN_FILENO, POLLIN, 0 }, { terminal_pipe[0], POLLIN, 0 } };
	int empty = 0;

	*ret = (struct terminal_event){ 0 };
	if (terminal_hung_up && terminal_hang_up(ret))
		return;
	for (;;) {
		if (terminal_read_signals(ret) || terminal_read_key(ret))
			return;
		if (poll(fds, 2, wait ? -1 : 0) < 0 && errno != EINTR && terminal_hang_up(ret))
			return;
		if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL) && terminal_hang_up(ret))
			return;
		/* readable again and again but without a byte: the line is gone, do not spin */
		if (fds[0].revents & POLLIN && ++empty > 3) {
			int waiting = 0;

			if (ioctl(STDIN_FILENO, FIONREAD, &waiting) < 0 || waiting == 0) {
				terminal_hang_up(ret);
				return;
			}
		}
		if (!wait && !(fds[0].revents & POLLIN) && !(fds[1].revents & POLLIN))
			return;
		fds[0].revents = fds[1].revents = 0;
	}
}
