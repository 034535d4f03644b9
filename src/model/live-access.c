/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/live-access.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCESS_PERSON 1000 /* UID_MIN of every distribution */

struct access_files {
	char **users, **groups; /* lines of /etc/passwd and /etc/group */
};

static char **access_lines(const struct fsroot *fs, const char *path)
{
	_cleanup_free_ char *text = NULL;

	return fsroot_read(fs, path, &text, NULL) < 0 ? NULL : strv_split(text, "\n");
}

/* The Nth field of "root:x:0:0:root:/root:/bin/bash", free() it; "" when there is none. */
static char *access_field(const char *line, unsigned n)
{
	for (; n && line; n--) {
		line = strchr(line, ':');
		line = line ? line + 1 : NULL;
	}
	return line ? xstrndup(line, strcspn(line, ":")) : xstrdup("");
}

/* The line whose third field is ID, NULL none.  passwd(5) and group(5) are alike that far. */
static const char *access_line_of(char **lines, uint64_t id)
{
	for (; lines && *lines; lines++) {
		_cleanup_free_ char *field = access_field(*lines, 2);
		uint64_t number;

		if (str_to_u64(field, UINT32_MAX, &number) == 0 && number == id)
			return *lines;
	}
	return NULL;
}

/* "-" when no line names it. */
static char *access_name_of(char **lines, uint64_t id, bool anonymous)
{
	const char *line = access_line_of(lines, id);

	if (!line)
		return xstrdup("-");
	return anonymous && id >= ACCESS_PERSON ? xstrdup("user") : access_field(line, 0);
}

/* Names of groups that say something about machines; of the others only their number of members would. */
static bool access_group_matters(const char *name)
{
	static const char *const names[] = { "kvm", "libvirt", "libvirtd", "qemu", "libvirt-qemu", "root", NULL };

	return strv_contains(names, name);
}

static void access_add_group(char ***list, const char *name, bool anonymous)
{
	if (*name && (!anonymous || access_group_matters(name)) && !strv_contains(strv_const(*list), name))
		strv_add(list, name);
}

/* Groups of NAME by /etc/group, "kvm:x:104:alice,bob", and by its own line in /etc/passwd. */
static char **access_groups_of(const struct access_files *files, const char *user_line, bool anonymous)
{
	_cleanup_free_ char *name = access_field(user_line, 0), *own = access_field(user_line, 3);
	char **list = NULL;

	for (char **line = files->groups; line && *line; line++) {
		_cleanup_free_ char *group = access_field(*line, 0), *gid = access_field(*line, 2);
		_cleanup_free_ char *text = access_field(*line, 3);
		_cleanup_strv_ char **members = strv_split(text, ", \r");

		if (str_eq(gid, own) || strv_contains(strv_const(members), name))
			access_add_group(&list, group, anonymous);
	}
	return list;
}

/* Groups of this very process, as far as /etc/group names them. */
static char **access_groups_now(const struct access_files *files, bool anonymous)
{
	int n = getgroups(0, NULL);
	gid_t *ids = n < 0 ? NULL : xcalloc((size_t)n + 1, sizeof(*ids));
	char **list = NULL;

	n = ids ? getgroups(n, ids) : -1;
	if (ids)
		ids[n < 0 ? 0 : n] = getegid();
	for (int i = 0; ids && i <= (n < 0 ? 0 : n); i++) {
		_cleanup_free_ char *name = access_name_of(files->groups, ids[i], false);

		if (!str_eq(name, "-"))
			access_add_group(&list, name, anonymous);
	}
	free(ids);
	return list;
}

static void access_add_words(struct str *out, const char *head, char **words)
{
	_cleanup_free_ char *joined = strv_join(strv_const(words), " ");

	str_addf(out, "%s%s%s\n", head, *joined ? " " : "", joined);
}

/* sudo and pkexec say who asked; a root that logged in as such is root. */
static uid_t access_caller(bool *ret_by_sudo)
{
	static const char *const names[] = { "SUDO_UID", "PKEXEC_UID" };
	uint64_t uid;

	*ret_by_sudo = false;
	for (size_t i = 0; getuid() == 0 && i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && str_to_u64(value, UINT32_MAX, &uid) == 0 && uid != 0) {
			*ret_by_sudo = true;
			return (uid_t)uid;
		}
	}
	return getuid();
}

static void access_add_user(struct str *out, const struct access_files *files, bool anonymous, bool *ret_by_sudo)
{
	uid_t uid = access_caller(ret_by_sudo);
	const char *line = access_line_of(files->users, uid);
	_cleanup_free_ char *name = access_name_of(files->users, uid, anonymous);
	_cleanup_strv_ char **now = NULL, **configured = NULL, **later = NULL;

	str_addf(out, "user %u %s%s\n", anonymous && uid >= ACCESS_PERSON ? ACCESS_PERSON : uid, name,
		 *ret_by_sudo ? " sudo" : "");
	configured = line ? access_groups_of(files, line, anonymous) : NULL;
	/* Of another user only the files can tell; one they do not have (LDAP, homed) stays unknown. */
	if (*ret_by_sudo) {
		if (line && files->groups)
			access_add_words(out, "groups", configured);
		return;
	}
	now = access_groups_now(files, anonymous);
	access_add_words(out, "groups", now);
	for (char **group = configured; group && *group; group++)
		if (!strv_contains(strv_const(now), *group))
			strv_add(&later, *group);
	if (later)
		access_add_words(out, "groups-later", later);
}

/*
 * /proc/self/limits:
 *	Limit                     Soft Limit           Hard Limit           Units
 *	Max locked memory         8388608              unlimited            bytes
 */
static void access_add_memlock(struct str *out, const struct fsroot *fs)
{
	static const char head[] = "Max locked memory";
	_cleanup_strv_ char **lines = access_lines(fs, "/proc/self/limits");

	for (char **line = lines; line && *line; line++) {
		_cleanup_strv_ char **words = NULL;

		if (!str_starts_with(*line, head))
			continue;
		words = strv_split(*line + strlen(head), " ");
		if (strv_length(strv_const(words)) >= 2)
			str_addf(out, "memlock %s %s\n", words[0], words[1]);
	}
}

static void access_add_container(struct str *out, const struct fsroot *fs)
{
	static const char *const marks[] = { "/run/systemd/container", "/run/.containerenv", "/.dockerenv" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (fsroot_exists(fs, marks[i])) {
			str_addf(out, "container %s\n", marks[i]);
			return;
		}
	}
}

static void access_add_node(struct str *out, const struct fsroot *fs, const struct access_files *files,
			    const char *name, bool anonymous)
{
	_cleanup_free_ char *path = xasprintf("/dev/%s", name), *owner = NULL, *group = NULL;
	struct stat st;

	if (fsroot_stat(fs, path, &st) < 0 || !S_ISCHR(st.st_mode))
		return;
	owner = access_name_of(files->users, st.st_uid, anonymous);
	group = access_name_of(files->groups, st.st_gid, anonymous);
	str_addf(out, "dev %s %04o %u %u %s %s\n", name, (unsigned)st.st_mode & 07777,
		 anonymous && st.st_uid >= ACCESS_PERSON ? ACCESS_PERSON : st.st_uid,
		 anonymous && st.st_gid >= ACCESS_PERSON ? ACCESS_PERSON : st.st_gid, owner, group);
}

/* Whether the kernel lets this user open it is the only answer that knows of access lists, too. */
static void access_try_kvm(struct str *out, const struct fsroot *fs)
{
	_cleanup_close_ int fd = fsroot_openat(fs, "/dev/kvm", O_RDWR);

	if (fd >= 0)
		str_add(out, "opens-kvm yes\n");
	else if (fd == -EACCES || fd == -EPERM)
		str_add(out, "opens-kvm no\n");
}

char *live_access_describe(const struct fsroot *fs, bool anonymous)
{
	struct access_files files = { access_lines(fs, "/etc/passwd"), access_lines(fs, "/etc/group") };
	_cleanup_strv_ char **vfio = NULL;
	struct str out = { 0 };
	bool by_sudo;

	access_add_user(&out, &files, anonymous, &by_sudo);
	access_add_memlock(&out, fs);
	if (!by_sudo)
		access_try_kvm(&out, fs);
	access_add_container(&out, fs);
	str_add(&out, "dev\n");
	access_add_node(&out, fs, &files, "kvm", anonymous);
	if (fsroot_list(fs, "/dev/vfio", &vfio) < 0)
		vfio = NULL;
	for (char **name = vfio; name && *name; name++) {
		_cleanup_free_ char *path = xasprintf("vfio/%s", *name);

		access_add_node(&out, fs, &files, path, anonymous);
	}
	strv_free(files.users);
	strv_free(files.groups);
	return str_steal(&out);
}
