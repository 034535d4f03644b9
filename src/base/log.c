/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include "base/arena.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

static int log_fd = -1;
static char *log_name;

int log_open(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_set(err, ERR_WRITE, -errno, _("Cannot open the log %s: %s"), path,
			       strerror(errno));
	log_close();
	log_fd = fd;
	log_name = xstrdup(path);
	return 0;
}

void log_close(void)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -1;
	free(TAKE_PTR(log_name));
}

const char *log_path(void)
{
	return log_name;
}

void log_line(const char *fmt, ...)
{
	_cleanup_str_ struct str text = { 0 }, line = { 0 };
	int saved = errno;
	struct tm tm;
	time_t now = time(NULL);
	char stamp[32];
	va_list ap;

	if (log_fd < 0)
		return;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%F %T ", &tm);
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	str_add(&line, stamp);
	str_add_printable(&line, str_c(&text));
	str_addc(&line, '\n');
	(void)!write(log_fd, line.data, line.len);
	errno = saved;
}
