/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/recording.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>

#define RECORDING_MAX_FILE ((size_t)64 * 1024 * 1024)

struct recording {
	char *dir;
	struct fsroot *root;
};

static int recording_read_file(const char *file, struct str *ret, struct err *err)
{
	bool from_stdin = strcmp(file, "-") == 0;
	_cleanup_close_ int fd = -1;
	char chunk[65536];
	ssize_t n;

	fd = from_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_input(err, file, 0, "%s", strerror(errno));
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_input(err, file, 0, "%s", strerror(errno));
		if (ret->len + (size_t)n > RECORDING_MAX_FILE)
			return err_input(err, file, 0, _("A recorded host cannot be that large."));
		str_addn(ret, chunk, (size_t)n);
	}
	return 0;
}

/* Thousands of small files: memory is much faster than a disk, and nothing has to last. */
static const char *recording_temp_dir(void)
{
	const char *dir = getenv("TMPDIR");

	if (!str_is_empty(dir))
		return dir;
	return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

int recording_open(const char *file, struct recording **ret, struct err *err)
{
	_cleanup_str_ struct str text = { 0 };
	struct recording *rec;
	int code = recording_read_file(file, &text, err);

	if (code < 0)
		return code;
	rec = xcalloc(1, sizeof(*rec));
	rec->dir = xasprintf("%s/vfio-wizard.XXXXXX", recording_temp_dir());
	if (!mkdtemp(rec->dir)) { /* makes it 0700 */
		code = err_set(err, ERR_WRITE, -errno, _("Cannot make the folder %s: %s"), rec->dir,
			       strerror(errno));
		free(rec->dir);
		free(rec);
		return code;
	}
	code = recording_unpack(str_c(&text), text.len, strcmp(file, "-") == 0 ? _("standard input") : file,
				rec->dir, err);
	if (code == 0)
		code = fsroot_open(rec->dir, &rec->root, err);
	if (code < 0) {
		recording_close(rec);
		return code;
	}
	*ret = rec;
	return 0;
}

const struct fsroot *recording_root(const struct recording *r)
{
	return r->root;
}

static int recording_remove_one(const char *path, const struct stat *st _unused_, int type _unused_,
				struct FTW *ftw _unused_)
{
	(void)remove(path);
	return 0;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	fsroot_free(r->root);
	nftw(r->dir, recording_remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(r->dir);
	free(r);
}
