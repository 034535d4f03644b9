/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/moment.h"

#include <time.h>

char *moment_local_text(void)
{
	char buf[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	return xstrdup(buf);
}

const char *moment_boot_id(const struct fsroot *fs, struct arena *a)
{
	const char *id;

	if (fsroot_read_attr(fs, a, "/proc/sys/kernel/random/boot_id", &id) < 0 || !*id)
		return NULL;
	return id;
}
