/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/path-access.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* include/uapi/linux/posix_acl_xattr.h and posix_acl.h: version 2, then entries, little endian */
#define ACL_XATTR     "system.posix_acl_access"
#define ACL_VERSION   2
#define ACL_HEAD      4
#define ACL_ENTRY     8
#define ACL_USER_OBJ  0x01
#define ACL_USER      0x02
#define ACL_GROUP_OBJ 0x04
#define ACL_GROUP     0x08
#define ACL_MASK      0x10
#define ACL_OTHER     0x20
#define ACL_SEARCH    1 /* x */

static bool path_is_member(const struct confinement_facts *c, int64_t gid)
{
	if (c->run_gid == gid)
		return true;
	for (const int64_t *g = c->run_groups; g && *g >= 0; g++)
		if (*g == gid)
			return true;
	return false;
}

static bool path_mode_lets(const struct confinement_facts *c, const struct stat *st)
{
	unsigned shift = c->run_uid == (int64_t)st->st_uid ? 6 :
			 path_is_member(c, st->st_gid)	   ? 3 :
							     0;

	return st->st_mode >> shift & ACL_SEARCH;
}

static unsigned path_u16(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

/* acl(5), access check algorithm; tristate: -1 it makes no sense. */
static int path_acl_lets(const struct confinement_facts *c, const struct stat *st, const unsigned char *acl,
			 size_t len)
{
	unsigned mask = 07, user = 0, groups = 0, other = 0;
	bool named = false, member = false;

	if (len < ACL_HEAD || path_u16(acl) != ACL_VERSION || (len - ACL_HEAD) % ACL_ENTRY)
		return -1;
	for (const unsigned char *e = acl + ACL_HEAD; e < acl + len; e += ACL_ENTRY) {
		unsigned tag = path_u16(e), perm = path_u16(e + 2);
		int64_t id = path_u16(e + 4) | (int64_t)path_u16(e + 6) << 16;

		if (tag == ACL_USER_OBJ && c->run_uid == (int64_t)st->st_uid)
			return (perm & ACL_SEARCH) != 0;
		if (tag == ACL_MASK) {
			mask = perm;
		} else if (tag == ACL_OTHER) {
			other = perm;
		} else if (tag == ACL_USER && id == c->run_uid) {
			named = true;
			user = perm;
		} else if ((tag == ACL_GROUP && path_is_member(c, id)) ||
			   (tag == ACL_GROUP_OBJ && path_is_member(c, st->st_gid))) {
			member = true;
			groups |= perm;
		}
	}
	return ((named ? user & mask : member ? groups & mask : other) & ACL_SEARCH) != 0;
}

/* Tristate: -1 this process cannot find out. */
static int path_folder_lets(const struct host *h, const char *folder, struct stat *st)
{
	const struct confinement_facts *c = &h->confinement;
	unsigned char acl[ACL_HEAD + 128 * ACL_ENTRY];
	_cleanup_close_ int fd = -1;
	ssize_t n;
	int r = fsroot_stat(h->root, folder, st);

	if (r < 0)
		return r == -EACCES ? -1 : 1; /* what is not there yet is in nobody's way */
	/* A folder that cannot be opened keeps its list to itself: then only a mode that lets pass is believed. */
	fd = fsroot_openat(h->root, folder, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return path_mode_lets(c, st) ? 1 : -1;
	n = fgetxattr(fd, ACL_XATTR, acl, sizeof(acl));
	if (n >= 0)
		return path_acl_lets(c, st, acl, (size_t)n);
	return n < 0 && errno == ERANGE ? -1 : path_mode_lets(c, st);
}

/* Every folder above PATH, from the root down, until one is in the way. */
static void path_walk(struct host *h, const char *path, struct path_access *ret)
{
	for (const char *slash = strchr(path + 1, '/'); slash && !ret->blocked && !ret->hidden;
	     slash = strchr(slash + 1, '/')) {
		const char *folder = arena_strndup(h->arena, path, (size_t)(slash - path));
		struct stat st = { 0 };
		int lets = path_folder_lets(h, folder, &st);

		if (lets > 0)
			continue;
		if (lets < 0) {
			ret->hidden = folder;
			continue;
		}
		ret->blocked = folder;
		ret->folder = (struct file_access){ .there = 1, .mode = st.st_mode & 07777, .uid = st.st_uid,
						    .gid = st.st_gid };
	}
}

/* The longest part of PATH that is there, resolved, and the rest of it as it is written. */
static const char *path_real(struct host *h, const char *path)
{
	char *head = arena_strdup(h->arena, path), *slash;
	const char *real;

	for (;;) {
		if (fsroot_resolve(h->root, h->arena, head, &real) == 0)
			return arena_printf(h->arena, "/%s%s", real, path + strlen(head));
		slash = strrchr(head, '/');
		if (!slash || slash == head)
			return path;
		*slash = '\0';
	}
}

void path_access_look(struct host *h, const char *path, struct path_access *ret)
{
	struct stat st;
	int r = fsroot_stat(h->root, path, &st);

	*ret = (struct path_access){ .path = path, .real = path_real(h, path), .file.there = r == 0 ? 1 : r == -EACCES ? -1 : 0 };
	if (r == 0)
		ret->file = (struct file_access){ .there = 1, .mode = st.st_mode & 07777, .uid = st.st_uid,
						  .gid = st.st_gid };
	if (!h->confinement.run_user || h->confinement.run_uid < 0)
		return;
	path_walk(h, path, ret);
	if (!ret->blocked && !ret->hidden && !str_eq(ret->real, path))
		path_walk(h, ret->real, ret);
}
