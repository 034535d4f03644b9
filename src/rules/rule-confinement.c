/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files a machine of libvirt can open, whatever its owner and mode. */
#include "rules/judge.h"

#include "base/str.h"
#include "base/strv.h"

#include <string.h>

bool judge_apparmor_confines(const struct host *h)
{
	const struct confinement_facts *c = &h->confinement;

	return c->apparmor == 1 && c->apparmor_profile && !str_eq(c->security_driver, "none") &&
	       !str_eq(c->security_driver, "selinux");
}

/*
 * virt-aa-helper writes rules for disks, images and devices of a machine (get_files() in
 * src/security/virt-aa-helper.c), and none for <rom file=…>: only the abstraction allows that.
 */
static void confinement_judge_apparmor(struct judgement *j)
{
	const struct confinement_facts *c = &j->host->confinement;
	_cleanup_free_ char *folders = NULL;
	struct finding *f;

	if (!judge_apparmor_confines(j->host))
		return;
	f = judgement_add(j, "apparmor-confines", SEVERITY_INFO, "host",
			  _("AppArmor confines the machines of libvirt. Their disks and installation images can lie "
			    "anywhere but in folders of the system (/etc, /lib, /usr/share …). A ROM file "
			    "(<rom file=…>) can only lie where every machine may read."));
	finding_add_evidence(j, f, "/sys/module/apparmor/parameters/enabled: Y");
	finding_add_evidence(j, f, "/etc/apparmor.d/libvirt/TEMPLATE.qemu: there");
	folders = strv_join(c->apparmor_reads, " ");
	if (strv_contains(c->apparmor_reads, "/usr/share/vgabios/"))
		finding_add_advice(j, f, _("For a ROM file make the folder /usr/share/vgabios and put it there."));
	else if (*folders)
		finding_add_advice(j, f, _("Folders that every machine may read: %s"), folders);
	if (c->apparmor_local)
		finding_add_advice(j, f, _("For another place write a line like “/var/lib/libvirt/vbios/** r,” into "
					   "%s; it counts from the machine's next start on."),
				   c->apparmor_local);
}

static void confinement_judge_selinux(struct judgement *j)
{
	const struct confinement_facts *c = &j->host->confinement;
	struct finding *f;

	if (c->selinux != SELINUX_ENFORCING || str_eq(c->security_driver, "none") ||
	    str_eq(c->security_driver, "apparmor"))
		return;
	f = judgement_add(j, "selinux-confines", SEVERITY_INFO, "host",
			  _("SELinux confines the machines of libvirt. libvirt labels disks and installation images "
			    "itself, but no ROM file (<rom file=…>)."));
	finding_add_evidence(j, f, "/sys/fs/selinux/enforce: 1");
	finding_add_advice(j, f, _("Make the folder /usr/share/vgabios for a ROM file, copy the file there (a moved file "
				   "keeps its old label) and run: sudo restorecon -Rv /usr/share/vgabios"));
	finding_add_advice(j, f, _("On file systems without labels the machines need a permission: sudo setsebool -P "
				   "virt_use_nfs on (NFS), virt_use_samba on (SMB)."));
}

static void confinement_judge_settings(struct judgement *j)
{
	const struct confinement_facts *c = &j->host->confinement;
	struct finding *f;

	if (c->qemu_conf_read < 0) {
		f = judgement_add(j, "qemu-conf-not-readable", SEVERITY_INFO, "host",
				  _("As which user libvirt runs its machines is not known: /etc/libvirt/qemu.conf "
				    "cannot be read."));
		finding_add_advice(j, f, _("Run this program as root."));
		return;
	}
	if (c->dynamic_ownership == 0) {
		f = judgement_add(j, "dynamic-ownership-off", SEVERITY_WARN, "host",
				  _("libvirt was told not to give disks and devices to the user its machines run as: "
				    "who must open them has to own them beforehand."));
		finding_add_evidence(j, f, "/etc/libvirt/qemu.conf: dynamic_ownership = 0");
		finding_add_advice(j, f, _("Take the line out of /etc/libvirt/qemu.conf and restart libvirt, or give the "
					   "files to %s yourself."),
				   c->run_user ? c->run_user : "qemu");
	}
	if (str_eq(c->qemu_user, "root") || str_eq(c->qemu_user, "+0")) {
		f = judgement_add(j, "qemu-runs-as-root", SEVERITY_INFO, "host",
				  _("libvirt runs its machines as root here. Nothing in this program needs that, and a "
				    "fault in QEMU is then one in the host."));
		finding_add_evidence(j, f, "/etc/libvirt/qemu.conf: user = \"%s\"", c->qemu_user);
	}
	if (str_eq(c->security_driver, "none")) {
		f = judgement_add(j, "security-driver-none", SEVERITY_INFO, "host",
				  _("Machines of libvirt are not confined here: neither AppArmor nor SELinux keeps them "
				    "from files of others."));
		finding_add_evidence(j, f, "/etc/libvirt/qemu.conf: security_driver = \"none\"");
	}
}

static void confinement_judge(struct judgement *j)
{
	if (!j->host->software.libvirt)
		return;
	confinement_judge_apparmor(j);
	confinement_judge_selinux(j);
	confinement_judge_settings(j);
}

const struct rule rule_confinement = { "confinement", confinement_judge };
