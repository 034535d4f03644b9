/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs a machine needs, and under which name this distribution has them. */
#include "rules/judge.h"

#include "base/str.h"
#include "base/strv.h"

#include <stdio.h>
#include <string.h>

enum software_family { FAMILY_DEBIAN, FAMILY_FEDORA, FAMILY_SUSE, FAMILY_ARCH, FAMILY_COUNT };

/* os-release ID and ID_LIKE of each; the first one that fits counts. */
static const struct {
	const char *id;
	enum software_family family;
} software_families[] = {
	{ "debian", FAMILY_DEBIAN }, { "ubuntu", FAMILY_DEBIAN }, { "fedora", FAMILY_FEDORA },
	{ "rhel", FAMILY_FEDORA },   { "centos", FAMILY_FEDORA }, { "suse", FAMILY_SUSE },
	{ "opensuse", FAMILY_SUSE }, { "arch", FAMILY_ARCH },
};

static const char *const software_packages[][FAMILY_COUNT] = {
	{ "qemu-system-x86", "qemu-kvm", "qemu-x86", "qemu-desktop" },
	{ "libvirt-daemon-system", "libvirt-daemon-kvm", "libvirt-daemon-qemu", "libvirt" },
	{ "ovmf", "edk2-ovmf", "qemu-ovmf-x86_64", "edk2-ovmf" },
	{ "swtpm", "swtpm", "swtpm", "swtpm" },
};
enum software { SOFTWARE_QEMU, SOFTWARE_LIBVIRT, SOFTWARE_OVMF, SOFTWARE_SWTPM };

static const char *software_package(const struct host *h, enum software s)
{
	for (unsigned i = 0; i < ARRAY_SIZE(software_families); i++)
		if (strv_contains(h->identity.os_like, software_families[i].id))
			return software_packages[s][software_families[i].family];
	return NULL;
}

static void software_missing(struct judgement *j, const char *id, const char *name, enum software s,
			     const char *sentence)
{
	const char *package = software_package(j->host, s);
	struct finding *f = judgement_add(j, id, SEVERITY_INFO, "host", "%s", sentence);

	if (package)
		finding_add_advice(j, f, _("Install it: on this distribution the package is called %s."), package);
	else
		finding_add_advice(j, f, _("Install %s with the package manager of this distribution."), name);
}

/* "1:7.2+dfsg-7+deb12u13", "9.1.0-1": the first two numbers behind an epoch; false when there are none. */
static bool software_version(const char *text, int *ret_major, int *ret_minor)
{
	const char *colon = text ? strchr(text, ':') : NULL;

	return text && sscanf(colon ? colon + 1 : text, "%d.%d", ret_major, ret_minor) == 2;
}

/* Static Resizable BAR in the guest came with QEMU 8.1 (commit b5048a4cbf). */
static void software_judge_qemu(struct judgement *j)
{
	const struct software_facts *s = &j->host->software;
	int major, minor;
	struct finding *f;

	if (!s->qemu) {
		software_missing(j, "qemu-missing", "QEMU", SOFTWARE_QEMU,
				 _("QEMU is not installed here. Without it no machine runs."));
		return;
	}
	if (!software_version(s->qemu, &major, &minor) || major > 8 || (major == 8 && minor >= 1))
		return;
	f = judgement_add(j, "qemu-old", SEVERITY_INFO, "host",
			  _("This QEMU hides the Resizable BAR of a card from the machine (%d.%d; 8.1 and "
			    "later show it). Everything else works."), major, minor);
	finding_add_evidence(j, f, "qemu: %s", s->qemu);
}

static void software_judge(struct judgement *j)
{
	const struct software_facts *s = &j->host->software;

	if (!s->looked)
		return;
	software_judge_qemu(j);
	if (!s->libvirt)
		software_missing(j, "libvirt-missing", "libvirt", SOFTWARE_LIBVIRT,
				 _("libvirt is not installed here. A machine can then only be written as a "
				   "script for QEMU."));
	if (!s->ovmf)
		software_missing(j, "ovmf-missing", "OVMF", SOFTWARE_OVMF,
				 _("There is no UEFI firmware for machines here (OVMF). Most cards need "
				   "it."));
	if (!s->swtpm)
		software_missing(j, "swtpm-missing", "swtpm", SOFTWARE_SWTPM,
				 _("There is no emulated TPM here (swtpm). Only Windows 11 needs one."));
}

const struct rule rule_software = { "software", software_judge };
