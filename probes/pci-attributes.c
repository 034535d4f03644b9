/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/pci-attributes.h"
#include "probes/probe-util.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

int pci_attribute_note(const struct pci_dir *dir, const char *name, int code)
{
	char path[PATH_MAX];

	if (code == -ENOENT || code == -ENODEV || code == -ENXIO)
		return code;
	snprintf(path, sizeof(path), "%s/%s", dir->d->syspath, name);
	probe_note(dir->h, path, code);
	return code;
}

/* Recorded files of mode 0000 could not be read where they come from, so not here either. */
static int attribute_open(const struct pci_dir *dir, const char *name)
{
	struct stat st;
	int fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (!fsroot_keeps_mode_0(dir->h->root) || fstat(fd, &st) < 0 || (st.st_mode & 07777))
		return fd;
	close(fd);
	return -EACCES;
}

const char *pci_attribute_text(const struct pci_dir *dir, const char *name)
{
	char buf[4096];
	ssize_t n;
	_cleanup_close_ int fd = attribute_open(dir, name);

	if (fd < 0) {
		pci_attribute_note(dir, name, fd);
		return NULL;
	}
	do
		n = read(fd, buf, sizeof(buf) - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno != EINVAL)
			pci_attribute_note(dir, name, -errno);
		return NULL;
	}
	buf[n] = '\0';
	return arena_strdup(dir->h->arena, str_trim(buf));
}

const char *pci_attribute_word(const struct pci_dir *dir, const char *name)
{
	const char *text = pci_attribute_text(dir, name);

	return str_is_empty(text) ? NULL : text;
}

int pci_attribute_number(const struct pci_dir *dir, const char *name, uint64_t max, uint64_t *ret)
{
	const char *text = pci_attribute_text(dir, name);
	int r;

	if (!text)
		return -ENOENT;
	r = str_to_u64(text, max, ret);
	return r < 0 ? pci_attribute_note(dir, name, r) : 0;
}

bool pci_attribute_exists(const struct pci_dir *dir, const char *name)
{
	return faccessat(dir->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

const char *pci_attribute_link(const struct pci_dir *dir, const char *name)
{
	char target[PATH_MAX];
	const char *slash;
	ssize_t n = readlinkat(dir->fd, name, target, sizeof(target) - 1);

	if (n <= 0)
		return NULL;
	target[n] = '\0';
	slash = strrchr(target, '/');
	return arena_strdup(dir->h->arena, slash ? slash + 1 : target);
}
