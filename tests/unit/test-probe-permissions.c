/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/live-access.h"
#include "recorded.h"
#include "probes/path-access.h"
#include "tests/lib/tree.h"

#include <sys/xattr.h>

#define FILES                                                                                      \
	"/etc/passwd <<\n"                                                                         \
	"\troot:x:0:0:root:/root:/bin/bash\n"                                                      \
	"\tlibvirt-qemu:x:64055:104:Libvirt Qemu:/var/lib/libvirt:/usr/sbin/nologin\n"             \
	"/etc/group <<\n"                                                                          \
	"\troot:x:0:\n"                                                                            \
	"\tkvm:x:104:\n"                                                                           \
	"\tlibvirt:x:120:alice\n"                                                                  \
	"\tlibvirt-qemu:x:64055:libvirt-qemu\n"

START_TEST(a_user_behind_sudo)
{
	RECORDED(h,
		 FILES "/.vfio-wizard/user <<\n"
		       "\tuser 1000 user sudo\n"
		       "\tgroups libvirt\n"
		       "\tmemlock 65536 unlimited\n"
		       "\tdev\n"
		       "\tdev kvm 0660 0 104 root kvm\n"
		       "\tdev vfio/12 0600 0 0 root -\n"
		       "\tdev vfio/vfio 0666 0 0 root root\n",
		 "permissions");
	const struct permission_facts *p = &h->permissions;

	ck_assert_int_eq(p->user.uid, 1000);
	ck_assert_str_eq(p->user.name, "user");
	ck_assert(p->user.by_sudo);
	ck_assert_int_eq(p->user.groups_known, 1);
	ck_assert(strv_contains(p->user.groups, "libvirt"));
	ck_assert_int_eq(p->memlock_soft, 65536);
	ck_assert_int_eq(p->memlock_hard, INT64_MAX);
	ck_assert_int_eq(p->kvm.there, 1);
	ck_assert_uint_eq(p->kvm.mode, 0660);
	ck_assert_int_eq(p->kvm.gid, 104);
	ck_assert_int_eq(p->kvm_opens, -1);
	ck_assert_uint_eq(p->n_vfio, 2);
	ck_assert_str_eq(p->vfio[0].path, "/dev/vfio/12");
	ck_assert_ptr_null(p->vfio[0].access.group);
	ck_assert_uint_eq(p->vfio[1].access.mode, 0666);
	ck_assert(p->has_kvm_group && p->has_libvirt_group);
	ck_assert_ptr_null(h->broken);
}
END_TEST

START_TEST(a_container_and_nothing)
{
	RECORDED(container, "/.vfio-wizard/user <<\n\tuser 0 root\n\tcontainer /.dockerenv\n\tdev\n", "permissions");
	RECORDED(nothing, "/etc/hostname = x\n", "permissions");

	ck_assert_int_eq(container->permissions.kvm.there, 0);
	ck_assert_str_eq(container->permissions.container, "/.dockerenv");
	ck_assert_int_eq(container->permissions.user.groups_known, -1);
	ck_assert_int_eq(nothing->permissions.kvm.there, -1);
	ck_assert_int_eq(nothing->permissions.user.uid, -1);
	ck_assert_int_eq(nothing->permissions.memlock_soft, -1);
}
END_TEST

START_TEST(lines_that_are_broken)
{
	static const char *const lines[] = { "user 1000", "user x -", "memlock 1", "memlock many 1", "dev kvm 0660",
					     "dev kvm 0999 0 0 root root", "dev kvm 0660 0 - root kvm", "opens-kvm",
					     "what is this" };

	for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_free_ char *text = xasprintf("/.vfio-wizard/user <<\n\t%s\n", lines[i]);
		RECORDED(h, text, "permissions");

		ck_assert_msg(recorded_has(h->broken, "/.vfio-wizard/user"), "%s", lines[i]);
		ck_assert_int_ne(h->permissions.kvm.there, 1);
	}
}
END_TEST

START_TEST(apparmor_of_debian)
{
	RECORDED(h,
		 FILES "/sys/module/apparmor/parameters/enabled = Y\n"
		       "/etc/apparmor.d/libvirt/TEMPLATE.qemu =\\\n"
		       "/etc/apparmor.d/abstractions/libvirt-qemu <<\n"
		       "\t  /usr/share/OVMF/** rk,\n"
		       "\t  /usr/share/misc/sgabios.bin r,\n"
		       "\t  /usr/share/vgabios/** r,\n"
		       "\t  deny /usr/share/none/** r,\n"
		       "\t  #include if exists <local/abstractions/libvirt-qemu>\n"
		       "/etc/libvirt/qemu.conf <<\n"
		       "\t#user = \"root\"\n"
		       "\t dynamic_ownership = 1\n"
		       "\tsecurity_driver = [ \"apparmor\" ]\n",
		 "confinement");
	const struct confinement_facts *c = &h->confinement;

	ck_assert_int_eq(c->apparmor, 1);
	ck_assert(c->apparmor_profile);
	ck_assert_uint_eq(strv_length(c->apparmor_reads), 2);
	ck_assert_str_eq(c->apparmor_reads[1], "/usr/share/vgabios/");
	ck_assert_str_eq(c->apparmor_local, "/etc/apparmor.d/local/abstractions/libvirt-qemu");
	ck_assert_int_eq(c->selinux, SELINUX_OFF);
	ck_assert_int_eq(c->qemu_conf_read, 1);
	ck_assert_ptr_null(c->qemu_user);
	ck_assert_int_eq(c->dynamic_ownership, 1);
	ck_assert_str_eq(c->security_driver, "apparmor");
	ck_assert_str_eq(c->run_user, "libvirt-qemu");
	ck_assert_int_eq(c->run_uid, 64055);
	ck_assert_int_eq(c->run_gid, 104);
	ck_assert_int_eq(c->run_groups[0], 64055);
	ck_assert_int_eq(c->run_groups[1], -1);
}
END_TEST

START_TEST(selinux_and_settings)
{
	RECORDED(fedora,
		 "/sys/fs/selinux/enforce = 1\n/etc/selinux/config <<\n\t# SELINUX=disabled\n\tSELINUX=enforcing\n"
		 "/etc/passwd = qemu:x:107:107:qemu user:/:/sbin/nologin\n/etc/group = kvm:x:36:qemu\n"
		 "/etc/apparmor.d/abstractions/libvirt-qemu = include if exists <abstractions/libvirt-qemu.d>\n",
		 "confinement");
	RECORDED(root, FILES "/etc/libvirt/qemu.conf <<\n\tuser = \"root\"\n\tgroup = \"kvm\"\n\tdynamic_ownership = 0\n",
		 "confinement");
	RECORDED(number, FILES "/etc/libvirt/qemu.conf = user = \"+1000\"\n", "confinement");
	RECORDED(hidden, FILES "/etc/libvirt/qemu.conf ! EACCES\n", "confinement");

	ck_assert_int_eq(fedora->confinement.selinux, SELINUX_ENFORCING);
	ck_assert_str_eq(fedora->confinement.selinux_configured, "enforcing");
	ck_assert_int_eq(fedora->confinement.apparmor, 0);
	ck_assert_str_eq(fedora->confinement.run_user, "qemu");
	ck_assert_int_eq(fedora->confinement.run_groups[0], 36);
	ck_assert_str_eq(fedora->confinement.apparmor_local, "/etc/apparmor.d/abstractions/libvirt-qemu.d/rom");
	ck_assert_int_eq(root->confinement.dynamic_ownership, 0);
	ck_assert_int_eq(root->confinement.run_uid, 0);
	ck_assert_int_eq(root->confinement.run_gid, 104);
	ck_assert_int_eq(root->confinement.apparmor, -1);
	ck_assert_int_eq(root->confinement.selinux, SELINUX_UNKNOWN);
	ck_assert_int_eq(number->confinement.run_uid, 1000);
	/* what it may name is not guessed */
	ck_assert_int_eq(hidden->confinement.qemu_conf_read, -1);
	ck_assert_ptr_null(hidden->confinement.run_user);
}
END_TEST

/* This very process below a root of our own: who it is behind sudo, and that no name gets out. */
START_TEST(described)
{
	struct tree t;
	_cleanup_free_ char *open = NULL, *masked = NULL, *stranger = NULL;

	if (getuid() != 0)
		return; /* sudo's word only counts for root */
	tree_init(&t);
	tree_write(&t, "/etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1017:1017::/home/alice:/bin/sh\n", 0644);
	tree_write(&t, "/etc/group", "kvm:x:104:bob,alice\nalice:x:1017:\nwheel:x:10:alicette\n", 0644);
	tree_write(&t, "/proc/self/limits",
		   "Limit                     Soft Limit           Hard Limit           Units     \n"
		   "Max locked memory         65536                unlimited            bytes     \n", 0644);
	setenv("SUDO_UID", "1017", 1);
	open = live_access_describe(t.fs, false);
	masked = live_access_describe(t.fs, true);
	setenv("SUDO_UID", "1018", 1);
	stranger = live_access_describe(t.fs, false);
	unsetenv("SUDO_UID");
	ck_assert_str_eq(open, "user 1017 alice sudo\ngroups kvm alice\nmemlock 65536 unlimited\ndev\n");
	ck_assert_str_eq(masked, "user 1000 user sudo\ngroups kvm\nmemlock 65536 unlimited\ndev\n");
	ck_assert_str_eq(stranger, "user 1018 - sudo\nmemlock 65536 unlimited\ndev\n");
	tree_done(&t);
}
END_TEST

#define WALK(h, path)                                                                              \
	struct path_access a;                                                                      \
	path_access_look(h, path, &a)

START_TEST(the_way_to_a_file)
{
	RECORDED(h,
		 FILES "/home/alice/ [0700]\n"
		       "/home/bob/ [0711]\n"
		       "/home/bob/linux.iso [0640] = x\n"
		       "/home/alice/images/\n"
		       "/srv/images -> /home/alice/images\n"
		       "/var/lib/libvirt/images/ [0711]\n",
		 "confinement");

	{
		WALK(h, "/home/alice/images/win.qcow2");
		ck_assert_str_eq(a.blocked, "/home/alice");
		ck_assert_uint_eq(a.folder.mode, 0700);
		ck_assert_str_eq(a.real, "/home/alice/images/win.qcow2");
		ck_assert_int_eq(a.file.there, 0);
	}
	{
		WALK(h, "/home/bob/linux.iso");
		ck_assert_ptr_null(a.blocked);
		ck_assert_ptr_null(a.hidden);
		ck_assert_int_eq(a.file.there, 1);
		ck_assert_uint_eq(a.file.mode, 0640);
	}
	{
		WALK(h, "/srv/images/win.qcow2");
		ck_assert_str_eq(a.blocked, "/home/alice");
	}
	{
		WALK(h, "/var/lib/libvirt/images/win.qcow2");
		ck_assert_ptr_null(a.blocked);
	}
	h->confinement.run_user = NULL;
	{
		WALK(h, "/home/alice/images/win.qcow2");
		ck_assert_ptr_null(a.blocked);
		ck_assert_ptr_null(a.hidden);
	}
}
END_TEST

static void put_entry(unsigned char *acl, unsigned n, unsigned tag, unsigned perm, unsigned id)
{
	unsigned char *e = acl + 4 + n * 8;

	e[0] = (unsigned char)tag;
	e[2] = (unsigned char)perm;
	for (unsigned i = 0; i < 4; i++)
		e[4 + i] = (unsigned char)(id >> 8 * i);
}

/* setfacl -m u:64055:x, as virt-manager does it: the mode alone says nobody may pass. */
START_TEST(access_lists)
{
	unsigned char acl[4 + 5 * 8] = { 2 };
	_cleanup_free_ char *folder = NULL;
	struct path_access a;
	struct host *h;
	struct tree t;

	tree_init(&t);
	tree_mkdir(&t, "/home/alice", 0700);
	folder = tree_path(&t, "/home/alice");
	put_entry(acl, 0, 0x01, 7, ~0u);
	put_entry(acl, 1, 0x02, 1, 64055);
	put_entry(acl, 2, 0x04, 0, ~0u);
	put_entry(acl, 3, 0x10, 1, ~0u);
	put_entry(acl, 4, 0x20, 0, ~0u);
	h = host_new(t.fs);
	h->confinement.run_user = "libvirt-qemu";
	h->confinement.run_uid = 64055;
	h->confinement.run_gid = 104;
	path_access_look(h, "/home/alice/win.qcow2", &a);
	ck_assert_str_eq(a.blocked, "/home/alice");
	if (setxattr(folder, "system.posix_acl_access", acl, sizeof(acl), 0) == 0) {
		path_access_look(h, "/home/alice/win.qcow2", &a);
		ck_assert_ptr_null(a.blocked);
		h->confinement.run_uid = 107; /* another user of the same group */
		path_access_look(h, "/home/alice/win.qcow2", &a);
		ck_assert_str_eq(a.blocked, "/home/alice");
		h->confinement.run_uid = 64055;
		put_entry(acl, 3, 0x10, 0, ~0u); /* a mask takes it away again */
		ck_assert_int_eq(setxattr(folder, "system.posix_acl_access", acl, sizeof(acl), 0), 0);
		path_access_look(h, "/home/alice/win.qcow2", &a);
		ck_assert_str_eq(a.blocked, "/home/alice");
	}
	host_free(h);
	tree_done(&t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes: permissions");
	TCase *t = tcase_create("permissions");

	tcase_add_test(t, a_user_behind_sudo);
	tcase_add_test(t, a_container_and_nothing);
	tcase_add_test(t, lines_that_are_broken);
	tcase_add_test(t, apparmor_of_debian);
	tcase_add_test(t, selinux_and_settings);
	tcase_add_test(t, described);
	tcase_add_test(t, the_way_to_a_file);
	tcase_add_test(t, access_lists);
	suite_add_tcase(s, t);
	return unit_run(s);
}
