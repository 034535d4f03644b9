/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/xattrs.h"

#include "base/log.h"
#include "base/str.h"

#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>

const char *const *xattrs_read(const struct fsroot *fs, struct arena *a, const char *path)
{
	_cleanup_close_ int fd = fsroot_openat(fs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char names[4096], value[4096];
	const char *const *xattrs = NULL;
	ssize_t n = fd < 0 ? -1 : flistxattr(fd, names, sizeof(names));

	for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		_cleanup_str_ struct str hex = { 0 };
		ssize_t len = fgetxattr(fd, name, value, sizeof(value));

		if (len < 0)
			continue;
		for (ssize_t i = 0; i < len; i++)
			str_addf(&hex, "%02x", (unsigned char)value[i]);
		arena_strv_add(a, &xattrs, name);
		arena_strv_add(a, &xattrs, str_c(&hex));
	}
	return xattrs;
}

void xattrs_put(struct atomic_file *af, const char *const *xattrs)
{
	for (; xattrs && xattrs[0] && xattrs[1]; xattrs += 2) {
		unsigned char value[4096];
		size_t len = strlen(xattrs[1]) / 2;
		bool good = len <= sizeof(value);
		int r;

		for (size_t i = 0; i < len && good; i++) {
			const char digits[] = { xattrs[1][2 * i], xattrs[1][2 * i + 1], '\0' };
			uint64_t byte = 0;

			good = str_to_hex(digits, 0xff, &byte) == 0;
			value[i] = (unsigned char)byte;
		}
		r = good ? atomic_set_xattr(af, xattrs[0], value, len) : -EINVAL;
		if (r < 0)
			log_line("attribute %s cannot be put back: %s", xattrs[0], strerror(-r));
	}
}
