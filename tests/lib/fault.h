/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Lets the Nth call that changes a disk fail, or ends the process right before it.  The program is
 * linked with CHANGE_FAULT_WRAP (tests/unit/change.mk), so that the archives call these instead of the C library.
 */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned fault_calls;	/* since fault_set() */
static unsigned fault_at;	/* 0: never */
static int fault_errno;		/* 0: SIGKILL */

static inline void fault_set(unsigned at, int code)
{
	fault_calls = 0;
	fault_at = at;
	fault_errno = code;
}

/* True when the call has to fail. */
static inline int fault_hit(void)
{
	if (!fault_at || ++fault_calls != fault_at)
		return 0;
	if (!fault_errno)
		raise(SIGKILL);
	errno = fault_errno;
	return 1;
}

#define FAULT_WRAP(type, name, params, args)                                                       \
	type __real_##name params;                                                                 \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		return fault_hit() ? -1 : __real_##name args;                                      \
	}

FAULT_WRAP(ssize_t, write, (int fd, const void *buf, size_t n), (fd, buf, n))
FAULT_WRAP(int, fsync, (int fd), (fd))
FAULT_WRAP(int, syncfs, (int fd), (fd))
FAULT_WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
FAULT_WRAP(int, renameat, (int from, const char *a, int to, const char *b), (from, a, to, b))
FAULT_WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
FAULT_WRAP(int, symlinkat, (const char *target, int fd, const char *path), (target, fd, path))
FAULT_WRAP(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
FAULT_WRAP(pid_t, fork, (void), ())
/* A close that fails has closed the file all the same. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	int hit = fault_hit(), code = errno, r = __real_close(fd);

	if (hit)
		errno = code;
	return hit ? -1 : r;
}
FAULT_WRAP(int, utimensat, (int fd, const char *path, const struct timespec times[2], int flags),
	   (fd, path, times, flags))
