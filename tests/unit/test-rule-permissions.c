/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/judge.h"
#include "tests/lib/facts.h"

static const char *const in_both[] = { "kvm", "libvirt", NULL };
static const char *const in_none[] = { "users", NULL };
static const char *const reads[] = { "/usr/share/OVMF/", "/usr/share/vgabios/", NULL };
static const int64_t no_groups[] = { -1 }, kvm_group[] = { 36, -1 };

/* Debian with everything installed and alice, who is in no group, at the keyboard. */
static struct permission_facts *scene(struct facts *f)
{
	struct permission_facts *p;

	facts_init(f);
	f->h->software = (struct software_facts){ .qemu = "1:9.2", .libvirt = "10.0.0-1", .ovmf = "2024.11",
						  .swtpm = "0.8", .looked = true };
	p = &f->h->permissions;
	p->user = (struct user_facts){ .uid = 1000, .name = "alice", .groups_known = 1, .groups = in_none };
	p->kvm = (struct file_access){ 1, 0660, 0, 104, "root", "kvm" };
	p->has_kvm_group = p->has_libvirt_group = true;
	p->memlock_soft = p->memlock_hard = INT64_MAX;
	f->h->confinement.run_user = "libvirt-qemu";
	f->h->confinement.run_uid = 64055;
	f->h->confinement.run_gid = 104;
	f->h->confinement.run_groups = no_groups;
	return p;
}

START_TEST(member_or_not)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct permission_facts *p = scene(&f);
	struct judgement *j = rules_judge(f.h);

	ck_evidence(j, "qemu-by-hand", "/dev/kvm: root:kvm 0660");
	ck_advice(j, "qemu-by-hand", "usermod -aG kvm alice");
	ck_advice(j, "qemu-by-hand", "getfacl");
	ck_advice(j, "not-in-libvirt", "usermod -aG libvirt alice");
	ck_no_finding(j, "kvm-missing");
	ck_no_finding(j, "kvm-not-for-libvirt");
	p->kvm_opens = 1; /* an access list of the seat lets her */
	ck_no_finding(rules_judge(f.h), "qemu-by-hand");
	p->kvm_opens = 0; /* it was tried: no list does */
	ck_no_advice(rules_judge(f.h), "qemu-by-hand", "getfacl");
	p->user.groups_later = in_both;
	j = rules_judge(f.h);
	ck_advice(j, "qemu-by-hand", "log out and in");
	ck_no_advice(j, "qemu-by-hand", "usermod");
	ck_no_advice(j, "not-in-libvirt", "usermod");
	p->user.groups = in_both;
	p->kvm_opens = -1;
	j = rules_judge(f.h);
	ck_no_finding(j, "qemu-by-hand");
	ck_no_finding(j, "not-in-libvirt");
}
END_TEST

START_TEST(root_and_strangers)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct permission_facts *p = scene(&f);
	struct judgement *j;

	/* a user of a directory service behind sudo: not guessed, but said */
	p->user = (struct user_facts){ .uid = 70000, .by_sudo = true, .groups_known = -1 };
	j = rules_judge(f.h);
	ck_advice(j, "groups-not-known", "id -nG 70000");
	ck_no_finding(j, "qemu-by-hand");
	ck_no_finding(j, "not-in-libvirt");
	p->user = (struct user_facts){ .uid = 0, .name = "root", .groups_known = 1 };
	p->memlock_soft = 65536;
	j = rules_judge(f.h);
	ck_no_finding(j, "qemu-by-hand");
	ck_no_finding(j, "not-in-libvirt");
	p->user = (struct user_facts){ .uid = -1, .groups_known = -1 };
	p->kvm.there = -1;
	j = rules_judge(f.h);
	ck_no_finding(j, "qemu-by-hand");
	ck_no_finding(j, "groups-not-known");
	ck_no_finding(j, "kvm-missing");
}
END_TEST

START_TEST(locked_memory)
{
	static const int64_t little[] = { 64 << 10, 8 << 20 };
	_cleanup_facts_ struct facts f = { 0 };
	struct permission_facts *p = scene(&f);

	p->user.groups = in_both;
	for (unsigned i = 0; i < ARRAY_SIZE(little); i++) {
		struct judgement *j;

		p->memlock_soft = p->memlock_hard = little[i];
		j = rules_judge(f.h);
		ck_evidence(j, "qemu-by-hand", i ? "Max locked memory 8388608" : "Max locked memory 65536");
		ck_advice(j, "qemu-by-hand", "/etc/security/limits.d");
		ck_no_advice(j, "qemu-by-hand", "usermod");
	}
	p->user.by_sudo = true; /* then it is root's limit */
	ck_no_finding(rules_judge(f.h), "qemu-by-hand");
	p->user.by_sudo = false;
	p->memlock_soft = INT64_MAX;
	ck_no_finding(rules_judge(f.h), "qemu-by-hand");
	p->memlock_soft = -1;
	ck_no_finding(rules_judge(f.h), "qemu-by-hand");
}
END_TEST

START_TEST(vfio_nodes)
{
	static struct vfio_node nodes[] = {
		{ "/dev/vfio/12", { 1, 0600, 0, 0, "root", "root" } },
		{ "/dev/vfio/vfio", { 1, 0666, 0, 0, "root", "root" } },
	};
	_cleanup_facts_ struct facts f = { 0 };
	struct permission_facts *p = scene(&f);

	p->user.groups = in_both;
	p->vfio = nodes;
	p->n_vfio = 2;
	ck_evidence(rules_judge(f.h), "qemu-by-hand", "/dev/vfio/12: root:root 0600");
	ck_advice(rules_judge(f.h), "qemu-by-hand", "SUBSYSTEM==\"vfio\"");
	nodes[0].access = (struct file_access){ 1, 0660, 0, 104, "root", "kvm" };
	ck_no_finding(rules_judge(f.h), "qemu-by-hand");
}
END_TEST

START_TEST(no_kvm)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct permission_facts *p = scene(&f);

	p->kvm = (struct file_access){ .there = 0 };
	ck_advice(rules_judge(f.h), "kvm-missing", "modprobe kvm_intel");
	facts_amd(&f);
	ck_advice(rules_judge(f.h), "kvm-missing", "modprobe kvm_amd");
	f.h->cpu.vendor = CPU_ARM;
	ck_no_advice(rules_judge(f.h), "kvm-missing", "modprobe");
	p->container = "/run/.containerenv";
	ck_evidence(rules_judge(f.h), "kvm-missing", "/run/.containerenv");
	ck_advice(rules_judge(f.h), "kvm-missing", "--device /dev/kvm");
	ck_no_advice(rules_judge(f.h), "kvm-missing", "modprobe");
	/* the processor is the reason, and that is another finding */
	p->container = NULL;
	f.h->cpu.vendor = CPU_INTEL;
	f.h->cpu.has_virtualization = f.h->cpu.flag_virtualization = 0;
	ck_no_finding(rules_judge(f.h), "kvm-missing");
}
END_TEST

START_TEST(kvm_for_the_user_of_libvirt)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct permission_facts *p = scene(&f);
	struct confinement_facts *c = &f.h->confinement;

	p->kvm = (struct file_access){ 1, 0600, 0, 0, "root", "root" };
	ck_advice(rules_judge(f.h), "kvm-not-for-libvirt", "udevadm trigger");
	p->kvm = (struct file_access){ 1, 0660, 0, 36, "root", "kvm" };
	ck_advice(rules_judge(f.h), "kvm-not-for-libvirt", "usermod -aG kvm libvirt-qemu");
	c->run_groups = kvm_group;
	ck_no_finding(rules_judge(f.h), "kvm-not-for-libvirt");
	c->run_groups = no_groups;
	p->kvm.mode = 0666;
	ck_no_finding(rules_judge(f.h), "kvm-not-for-libvirt");
	p->kvm.mode = 0660;
	c->run_user = NULL; /* not known: nothing is said */
	ck_no_finding(rules_judge(f.h), "kvm-not-for-libvirt");
}
END_TEST

START_TEST(confined)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct confinement_facts *c;

	scene(&f);
	c = &f.h->confinement;
	ck_no_finding(rules_judge(f.h), "apparmor-confines");
	ck_no_finding(rules_judge(f.h), "selinux-confines");
	c->apparmor = 1;
	ck_no_finding(rules_judge(f.h), "apparmor-confines"); /* libvirt's profile is not there */
	c->apparmor_profile = true;
	c->apparmor_reads = reads;
	ck_advice(rules_judge(f.h), "apparmor-confines", "/usr/share/vgabios");
	ck_no_advice(rules_judge(f.h), "apparmor-confines", "** r,");
	c->apparmor_local = "/etc/apparmor.d/local/abstractions/libvirt-qemu";
	ck_advice(rules_judge(f.h), "apparmor-confines", "local/abstractions/libvirt-qemu");
	c->security_driver = "none";
	ck_no_finding(rules_judge(f.h), "apparmor-confines");
	ck_finding(rules_judge(f.h), "security-driver-none");
	c->security_driver = NULL;
	c->apparmor = 0;
	c->selinux = SELINUX_PERMISSIVE;
	ck_no_finding(rules_judge(f.h), "selinux-confines");
	c->selinux = SELINUX_ENFORCING;
	ck_advice(rules_judge(f.h), "selinux-confines", "restorecon");
	f.h->software.libvirt = NULL;
	ck_no_finding(rules_judge(f.h), "selinux-confines");
}
END_TEST

START_TEST(settings_of_libvirt)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct confinement_facts *c;

	scene(&f);
	c = &f.h->confinement;
	c->dynamic_ownership = 0;
	ck_advice(rules_judge(f.h), "dynamic-ownership-off", "libvirt-qemu");
	c->qemu_user = "root";
	ck_finding(rules_judge(f.h), "qemu-runs-as-root");
	c->qemu_conf_read = -1;
	ck_advice(rules_judge(f.h), "qemu-conf-not-readable", "root");
	ck_no_finding(rules_judge(f.h), "qemu-runs-as-root");
}
END_TEST

/* The id of what judge_path() says, "" nothing. */
static const char *path(struct facts *f, const char *real, bool writes)
{
	struct path_access a = { .path = real, .real = real };
	const struct finding *found = judge_path(rules_judge(f->h), &a, writes);

	return found ? found->id : "";
}

START_TEST(places_apparmor_denies)
{
	_cleanup_facts_ struct facts f = { 0 };

	scene(&f);
	ck_assert_str_eq(path(&f, "/etc/win.qcow2", true), "");
	f.h->confinement.apparmor = 1;
	f.h->confinement.apparmor_profile = true;
	ck_assert_str_eq(path(&f, "/etc/win.qcow2", true), "path-denied-by-apparmor");
	ck_assert_str_eq(path(&f, "/usr/share/virtio-win/virtio-win.iso", false), "path-denied-by-apparmor");
	ck_assert_str_eq(path(&f, "/usr/lib64/x.iso", false), "path-denied-by-apparmor");
	ck_assert_str_eq(path(&f, "/srv/a\"b.iso", false), "path-denied-by-apparmor");
	ck_assert_str_eq(path(&f, "/boot/tool.iso", true), "path-denied-by-apparmor");
	ck_assert_str_eq(path(&f, "/boot/tool.iso", false), "");
	/* a home folder is no such place, whatever people say */
	ck_assert_str_eq(path(&f, "/home/alice/win.qcow2", true), "");
	ck_assert_str_eq(path(&f, "/var/lib/libvirt/images/win.qcow2", true), "");
	f.h->confinement.security_driver = "none";
	ck_assert_str_eq(path(&f, "/etc/win.qcow2", true), "");
}
END_TEST

START_TEST(folders_in_the_way)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct path_access a = { .path = "/home/alice/w.qcow2", .real = "/home/alice/w.qcow2",
				 .blocked = "/home/alice", .folder = { 1, 0750, 1000, 1000, NULL, NULL } };
	const struct finding *found;

	scene(&f);
	found = judge_path(rules_judge(f.h), &a, true);
	ck_assert_str_eq(found->id, "path-not-reachable");
	ck_assert_str_eq(found->evidence[0], "/home/alice: mode 0750");
	ck_assert(facts_says(found->advice, "/var/lib/libvirt/images"));
	ck_assert(facts_says(found->advice, "setfacl -m u:libvirt-qemu:x /home/alice"));
	a.blocked = NULL;
	a.hidden = "/home/alice";
	ck_assert_str_eq(judge_path(rules_judge(f.h), &a, true)->id, "path-not-known");
	f.h->software.libvirt = NULL; /* the script is started by root */
	ck_assert_ptr_null(judge_path(rules_judge(f.h), &a, true));
}
END_TEST

START_TEST(files_that_stay_with_their_owner)
{
	_cleanup_facts_ struct facts f = { 0 };
	struct path_access a = { .path = "/srv/w.qcow2", .real = "/srv/w.qcow2",
				 .file = { 1, 0644, 1000, 1000, NULL, NULL } };

	scene(&f);
	ck_assert_ptr_null(judge_path(rules_judge(f.h), &a, true));
	f.h->confinement.dynamic_ownership = 0;
	ck_assert_str_eq(judge_path(rules_judge(f.h), &a, true)->id, "path-not-owned");
	ck_assert_ptr_null(judge_path(rules_judge(f.h), &a, false));
	a.file.uid = 64055;
	ck_assert_ptr_null(judge_path(rules_judge(f.h), &a, true));
	a.file = (struct file_access){ 1, 0060, 1000, 104, NULL, NULL };
	ck_assert_ptr_null(judge_path(rules_judge(f.h), &a, true));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rule-permissions");
	TCase *t = tcase_create("permissions");

	tcase_add_test(t, member_or_not);
	tcase_add_test(t, root_and_strangers);
	tcase_add_test(t, locked_memory);
	tcase_add_test(t, vfio_nodes);
	tcase_add_test(t, no_kvm);
	tcase_add_test(t, kvm_for_the_user_of_libvirt);
	tcase_add_test(t, confined);
	tcase_add_test(t, settings_of_libvirt);
	tcase_add_test(t, places_apparmor_denies);
	tcase_add_test(t, folders_in_the_way);
	tcase_add_test(t, files_that_stay_with_their_owner);
	suite_add_tcase(s, t);
	return unit_run(s);
}
