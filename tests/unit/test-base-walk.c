/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fsroot-walk.h"
#include "base/fsroot.h"
#include "base/strv.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char dir[64];
static int root_fd;

static void put(const char *path, const char *text)
{
	_cleanup_fclose_ FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
}

static void link_to(const char *target, const char *path)
{
	ck_assert_int_eq(symlink(target, path), 0);
}

/* A chain of LENGTH links to root/etc/file, the first of them named NAME0. */
static void put_chain(const char *name, int length)
{
	for (int i = 0; i < length; i++) {
		char from[64], to[64] = "/etc/file";

		snprintf(from, sizeof(from), "root/%s%d", name, i);
		if (i + 1 < length)
			snprintf(to, sizeof(to), "%s%d", name, i + 1);
		link_to(to, from);
	}
}

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/vfio-wizard-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(mkdir("root", 0755), 0);
	ck_assert_int_eq(mkdir("root/etc", 0755), 0);
	ck_assert_int_eq(mkdir("root/etc/deep", 0755), 0);
	ck_assert_int_eq(mkdir("outside", 0755), 0);
	put("root/etc/file", "inside");
	put("root/etc/deep/file", "inside");
	put("outside/file", "outside");
	put("outside/only", "outside");
	link_to("/etc/file", "root/absolute");
	link_to("etc/deep", "root/relative");
	link_to("/", "root/slash");
	link_to("../../../etc/file", "root/etc/up");
	link_to("../../outside", "root/etc/out");
	link_to("..", "root/etc/deep/dotdot");
	link_to("nothing", "root/dangling");
	link_to("loop", "root/loop");
	link_to("etc//deep/./", "root/untidy");
	put_chain("short", 40);
	put_chain("long", 41);
	root_fd = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root_fd, 0);
}

static void teardown(void)
{
	_cleanup_free_ char *rm = xasprintf("rm -rf %s", dir);

	close(root_fd);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(rm), 0);
}

static int by_kernel(const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT };
	long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* "3:77" for the file behind FD, "-2" for an error; closes it. */
static char *what_is(int fd)
{
	struct stat st;

	if (fd < 0)
		return xasprintf("%d", fd);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	return xasprintf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
}

START_TEST(finds_what_the_kernel_finds)
{
	static const char *const paths[] = {
		".", "..", "../..", "etc", "etc/", "etc/.", "etc/..", "etc/file", "etc/file/", "etc/file/.",
		"etc/file/..", "etc/none", "none/etc", "none/..", "etc/../etc/./deep//file", "../etc/file",
		"absolute", "absolute/", "relative", "relative/", "relative/file", "relative/..",
		"relative/../file", "slash", "slash/etc/file", "slash/slash/slash/..", "etc/up", "etc/out",
		"etc/out/file", "etc/out/only", "etc/deep/dotdot", "etc/deep/dotdot/file", "etc/deep/dotdot/..",
		"dangling", "dangling/", "loop", "loop/x", "untidy/file", "untidy", "short0", "long0",
		"long1", "../outside/only", "etc/../../outside/only",
	};
	static const int flags[] = {
		O_RDONLY, O_PATH, O_PATH | O_NOFOLLOW, O_RDONLY | O_NOFOLLOW, O_RDONLY | O_DIRECTORY,
		O_PATH | O_DIRECTORY,
	};

	if (by_kernel(".", O_PATH) < 0)
		return; /* nothing to compare with here */
	for (unsigned i = 0; i < ARRAY_SIZE(paths); i++)
		for (unsigned k = 0; k < ARRAY_SIZE(flags); k++) {
			_cleanup_free_ char *want = what_is(by_kernel(paths[i], flags[k]));
			_cleanup_free_ char *got = what_is(fsroot_walk(root_fd, paths[i], flags[k]));

			ck_assert_msg(strcmp(want, got) == 0, "%s with flags %#x: %s, the kernel: %s",
				      paths[i], (unsigned)flags[k], got, want);
		}
}
END_TEST

START_TEST(a_name_can_be_too_long_a_path_not)
{
	_cleanup_free_ char *name = xcalloc(1, NAME_MAX + 2), *up = xcalloc(1, 3 * PATH_MAX + 1);

	memset(name, 'n', NAME_MAX + 1);
	ck_assert_int_eq(fsroot_walk(root_fd, name, O_RDONLY), -ENAMETOOLONG);
	/* Links make a path longer than any the kernel takes in one piece. */
	for (unsigned i = 0; i < PATH_MAX; i++)
		memcpy(up + 3 * i, "../", 3);
	ck_assert_int_eq(close(fsroot_walk(root_fd, up, O_RDONLY)), 0);
}
END_TEST

static unsigned count_open(void)
{
	_cleanup_closedir_ DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	return n;
}

START_TEST(closes_what_it_opened)
{
	unsigned before = count_open();

	for (unsigned i = 0; i < 10; i++) {
		ck_assert_int_lt(fsroot_walk(root_fd, "etc/deep/none", O_RDONLY), 0);
		ck_assert_int_lt(fsroot_walk(root_fd, "slash/etc/deep/dotdot/file/x", O_RDONLY), 0);
		close(fsroot_walk(root_fd, "etc/deep/../deep/file", O_RDONLY));
	}
	ck_assert_uint_eq(count_open(), before);
}
END_TEST

/* Swaps root/etc/deep with a link to the outside until it is killed or the test is over. */
static void swap_for_ever(void)
{
	link_to("../../outside", "root/etc/other");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		if (syscall(SYS_renameat2, AT_FDCWD, "root/etc/deep", AT_FDCWD, "root/etc/other",
			    RENAME_EXCHANGE) < 0)
			_exit(1);
}

START_TEST(a_swapped_folder_leads_nowhere)
{
	unsigned inside = 0;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		swap_for_ever();
	for (unsigned i = 0; i < 20000; i++) {
		char text[16] = "";
		int fd = fsroot_walk(root_fd, "etc/deep/file", O_RDONLY);

		if (fd < 0)
			continue;
		ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
		ck_assert_str_eq(text, "inside");
		close(fd);
		inside++;
		fd = fsroot_walk(root_fd, "etc/deep/only", O_PATH);
		ck_assert_int_lt(fd, 0);
	}
	ck_assert_uint_gt(inside, 0);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* From here on openat2() fails with CODE, as in a sandbox older than it.  False: not possible here. */
static bool take_openat2_away(int code)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(rules), rules };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Runs in a process of its own: a filter stays for good. */
static void look_without_openat2(int code)
{
	_cleanup_fsroot_ struct fsroot *fs = NULL;
	_cleanup_strv_ char **names = NULL;
	_cleanup_free_ char *text = NULL;
	struct arena *a = arena_new();
	const char *real;

	if (!take_openat2_away(code))
		goto out; /* no seccomp here */
	ck_assert_int_lt(by_kernel(".", O_PATH), 0); /* valgrind has an ENOSYS of its own */
	ck_assert_int_eq(fsroot_open("root", &fs, NULL), 0);
	ck_assert_int_eq(fsroot_read(fs, "/slash/absolute", &text, NULL), 0);
	ck_assert_str_eq(text, "inside");
	ck_assert(!fsroot_exists(fs, "/etc/out/only"));
	ck_assert(!fsroot_exists(fs, "/../outside/only"));
	ck_assert_int_eq(fsroot_resolve(fs, a, "/relative/file", &real), 0);
	ck_assert_str_eq(real, "etc/deep/file");
	ck_assert_int_eq(fsroot_list(fs, "/relative", &names), 0);
	ck_assert_uint_eq(strv_length(strv_const(names)), 2);
out:
	arena_free(a);
}

START_TEST(roots_work_without_openat2)
{
	look_without_openat2(ENOSYS);
}
END_TEST

START_TEST(roots_work_where_openat2_is_forbidden)
{
	look_without_openat2(EPERM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base-walk");
	TCase *tc = tcase_create("walk");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, finds_what_the_kernel_finds);
	tcase_add_test(tc, a_name_can_be_too_long_a_path_not);
	tcase_add_test(tc, closes_what_it_opened);
	tcase_add_test(tc, a_swapped_folder_leads_nowhere);
	tcase_add_test(tc, roots_work_without_openat2);
	tcase_add_test(tc, roots_work_where_openat2_is_forbidden);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
