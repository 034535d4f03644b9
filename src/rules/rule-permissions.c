/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may open /dev/kvm and hand devices over, and who only thinks so. */
#include "rules/judge.h"

#include "base/str.h"
#include "base/strv.h"

#include <stdio.h>
#include <string.h>

#define PERMISSIONS_MIB (INT64_C(1) << 20)

/* "/dev/kvm: owner root, group kvm, mode 0660" */
static void permissions_evidence(struct judgement *j, struct finding *f, const char *path,
				 const struct file_access *a)
{
	const char *owner = a->owner ? a->owner : arena_printf(j->host->arena, "%lld", (long long)a->uid);
	const char *group = a->group ? a->group : arena_printf(j->host->arena, "%lld", (long long)a->gid);

	finding_add_evidence(j, f, "%s: %s:%s %04o", path, owner, group, a->mode);
}

/* Reading and writing, as the first of owner, group and others that fits says it. */
static bool permissions_allow(const struct file_access *a, bool owner, bool member)
{
	unsigned shift = owner ? 6 : member ? 3 : 0;

	return (a->mode >> shift & 06) == 06;
}

static bool permissions_user_may(const struct judgement *j, const struct file_access *a)
{
	const struct user_facts *u = &j->host->permissions.user;

	return u->uid == 0 ||
	       permissions_allow(a, u->uid == a->uid, a->group && strv_contains(u->groups, a->group));
}

static bool permissions_qemu_may(const struct confinement_facts *c, const struct file_access *a)
{
	bool member = c->run_gid == a->gid;

	for (const int64_t *g = c->run_groups; !member && g && *g >= 0; g++)
		member = *g == a->gid;
	return permissions_allow(a, c->run_uid == a->uid, member);
}

static void permissions_judge_missing_kvm(struct judgement *j)
{
	const struct permission_facts *p = &j->host->permissions;
	enum cpu_vendor vendor = j->host->cpu.vendor;
	struct finding *f;

	/* Where the processor or the firmware is the reason, that is said already. */
	if (p->kvm.there != 0 || j->virtualization == VIRTUALIZATION_ABSENT ||
	    j->virtualization == VIRTUALIZATION_OFF_IN_FIRMWARE)
		return;
	f = judgement_add(j, "kvm-missing", SEVERITY_WARN, "host",
			  p->container ? _("This is a container, and /dev/kvm is not in it: no machine can run "
					   "in here with KVM.") :
					 _("/dev/kvm is not there: KVM is not loaded, and without it a machine "
					   "cannot use a PCI device at a useful speed."));
	finding_add_evidence(j, f, "/dev/kvm: not there");
	if (p->container) {
		finding_add_evidence(j, f, "%s: there", p->container);
		finding_add_advice(j, f, _("Run this program on the host itself; or give the container the device "
					   "(--device /dev/kvm for podman and docker)."));
		return;
	}
	if (vendor == CPU_INTEL || vendor == CPU_AMD || vendor == CPU_HYGON || vendor == CPU_ZHAOXIN)
		finding_add_advice(j, f, _("Load it: sudo modprobe %s. When that fails, sudo dmesg | grep -i kvm "
					   "says why."),
				   vendor == CPU_AMD || vendor == CPU_HYGON ? "kvm_amd" : "kvm_intel");
	else
		finding_add_advice(j, f, _("See what the kernel says of it: sudo dmesg | grep -i kvm"));
}

/* Machines of libvirt are no user's: whoever QEMU runs as must be able to open it. */
static void permissions_judge_qemu_user(struct judgement *j)
{
	const struct permission_facts *p = &j->host->permissions;
	const struct confinement_facts *c = &j->host->confinement;
	struct finding *f;

	if (p->kvm.there != 1 || !j->host->software.libvirt || !c->run_user || c->run_uid < 0 ||
	    permissions_qemu_may(c, &p->kvm))
		return;
	f = judgement_add(j, "kvm-not-for-libvirt", SEVERITY_WARN, "host",
			  _("libvirt runs its machines as the user %s, who may not open /dev/kvm: they would "
			    "not start, or without KVM."),
			  c->run_user);
	permissions_evidence(j, f, "/dev/kvm", &p->kvm);
	if (c->qemu_user)
		finding_add_evidence(j, f, "/etc/libvirt/qemu.conf: user = \"%s\"", c->qemu_user);
	if (p->kvm.gid > 0 && (p->kvm.mode & 060) == 060)
		finding_add_advice(j, f, _("Add it to the group of /dev/kvm: sudo usermod -aG %s %s; then restart "
					   "libvirt."),
				   p->kvm.group ? p->kvm.group : "kvm", c->run_user);
	else
		finding_add_advice(j, f, _("The group kvm should own /dev/kvm and may read and write it: sudo "
					   "udevadm trigger --settle /dev/kvm sets what udev's rules say; then look "
					   "with ls -l /dev/kvm."));
}

static const char *permissions_user(const struct judgement *j)
{
	const struct user_facts *u = &j->host->permissions.user;

	return u->name ? u->name : arena_printf(j->host->arena, "%lld", (long long)u->uid);
}

/* Membership that only a new login brings, or usermod. */
static void permissions_advise_group(struct judgement *j, struct finding *f, const char *group)
{
	const struct user_facts *u = &j->host->permissions.user;

	if (strv_contains(u->groups_later, group))
		finding_add_advice(j, f, _("%s is in the group %s by /etc/group, but this session began before: log "
					   "out and in again."),
				   permissions_user(j), group);
	else
		finding_add_advice(j, f, _("sudo usermod -aG %s %s, then log out and in again."), group,
				   permissions_user(j));
}

static bool permissions_lack_kvm(const struct judgement *j)
{
	const struct permission_facts *p = &j->host->permissions;

	if (p->kvm.there != 1 || p->kvm_opens == 1)
		return false;
	return p->kvm_opens == 0 || (p->user.groups_known == 1 && !permissions_user_may(j, &p->kvm));
}

/* VFIO pins all memory of a machine; the default of 64 KiB or 8 MiB is enough for none. */
static bool permissions_lack_memlock(const struct judgement *j)
{
	const struct permission_facts *p = &j->host->permissions;

	/* Behind sudo it is root's limit, not the user's. */
	return !p->user.by_sudo && p->memlock_soft >= 0 && p->memlock_soft < 1024 * PERMISSIONS_MIB;
}

static const struct vfio_node *permissions_lack_vfio(const struct judgement *j)
{
	const struct permission_facts *p = &j->host->permissions;

	for (unsigned i = 0; i < p->n_vfio; i++)
		if (!permissions_user_may(j, &p->vfio[i].access))
			return &p->vfio[i];
	return NULL;
}

static void permissions_explain_kvm(struct judgement *j, struct finding *f)
{
	const struct permission_facts *p = &j->host->permissions;

	permissions_evidence(j, f, "/dev/kvm", &p->kvm);
	if (p->kvm_opens != 0)
		finding_add_advice(j, f, _("An access list can allow more than owner, group and mode do: getfacl "
					   "/dev/kvm shows it."));
	if ((p->kvm.mode & 060) == 060 && p->kvm.group && p->kvm.gid != 0)
		permissions_advise_group(j, f, p->kvm.group);
	else
		finding_add_advice(j, f, _("/dev/kvm should belong to the group kvm, which may read and write it: "
					   "sudo udevadm trigger --settle /dev/kvm sets what udev's rules say."));
}

static void permissions_explain_memlock(struct judgement *j, struct finding *f)
{
	const struct permission_facts *p = &j->host->permissions;

	finding_add_evidence(j, f, "/proc/self/limits: Max locked memory %lld", (long long)p->memlock_soft);
	finding_add_advice(j, f, _("VFIO locks all memory of a machine. To let %s do that, write “%s - memlock "
				   "unlimited” into /etc/security/limits.d/vfio.conf and log in again; ulimit -l "
				   "shows the limit."),
			   permissions_user(j), permissions_user(j));
}

/* One finding for what hardly anybody needs: machines of libvirt and the script are started by root. */
static void permissions_judge_by_hand(struct judgement *j)
{
	const struct permission_facts *p = &j->host->permissions;
	const struct vfio_node *node = permissions_lack_vfio(j);
	bool kvm = permissions_lack_kvm(j), memlock = permissions_lack_memlock(j);
	struct finding *f;

	if (p->user.uid <= 0 || !j->host->software.qemu || (!kvm && !memlock && !node))
		return;
	f = judgement_add(j, "qemu-by-hand", SEVERITY_INFO, "host",
			  _("A QEMU that %s starts by hand could not run a machine with a PCI device. Machines of "
			    "libvirt (qemu:///system) can, libvirt raises their limits itself; and so can the script "
			    "that is written here, which root starts."),
			  permissions_user(j));
	if (kvm)
		permissions_explain_kvm(j, f);
	if (memlock)
		permissions_explain_memlock(j, f);
	if (node) {
		permissions_evidence(j, f, node->path, &node->access);
		finding_add_advice(j, f, _("/dev/vfio belongs to root. A udev rule can give it to a group, like "
					   "SUBSYSTEM==\"vfio\", GROUP=\"kvm\", MODE=\"0660\": everybody in it can "
					   "then use every device that vfio-pci holds."));
	}
}

/* polkit lets members of libvirt manage qemu:///system without a password. */
static void permissions_judge_libvirt(struct judgement *j)
{
	const struct permission_facts *p = &j->host->permissions;
	struct finding *f;

	if (p->user.uid <= 0 || !p->has_libvirt_group || !j->host->software.libvirt)
		return;
	if (p->user.groups_known != 1) {
		f = judgement_add(j, "groups-not-known", SEVERITY_INFO, "host",
				  _("Which groups %s is in is not known here: /etc/passwd does not have this user."),
				  permissions_user(j));
		finding_add_advice(j, f, _("Look with: id -nG %s. Members of libvirt manage machines without a "
					   "password, members of kvm may open /dev/kvm."),
				   permissions_user(j));
		return;
	}
	if (strv_contains(p->user.groups, "libvirt"))
		return;
	f = judgement_add(j, "not-in-libvirt", SEVERITY_INFO, "host",
			  _("%s is not in the group libvirt: virsh and virt-manager ask for a password to manage "
			    "machines of qemu:///system."),
			  permissions_user(j));
	permissions_advise_group(j, f, "libvirt");
	finding_add_advice(j, f, _("Who is in this group can become root through libvirt."));
}

static void permissions_judge(struct judgement *j)
{
	permissions_judge_missing_kvm(j);
	permissions_judge_qemu_user(j);
	permissions_judge_by_hand(j);
	permissions_judge_libvirt(j);
}

const struct rule rule_permissions = { "permissions", permissions_judge };
