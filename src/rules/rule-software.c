/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs a machine needs, and under which name this distribution has them. */
#include "rules/judge.h"

#include "base/str.h"
#include "base/version.h"
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
	{ "swtpm swtpm-tools", "swtpm swtpm-tools", "swtpm", "swtpm" },
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

	if (package && strchr(package, ' '))
		finding_add_advice(j, f, _("Install it: on this distribution it is in the packages %s."), package);
	else if (package)
		finding_add_advice(j, f, _("Install it: on this distribution the package is called %s."), package);
	else
		finding_add_advice(j, f, _("Install %s with the package manager of this distribution."), name);
}

/* "9.0", and where that is from: a package's version, or a file that tells it. */
static void software_evidence(struct judgement *j, struct finding *f, const char *name, const char *version,
			      const char *from)
{
	if (from)
		finding_add_evidence(j, f, "%s: %s (%s)", name, version, from);
	else
		finding_add_evidence(j, f, "%s: %s", name, version);
}

/*
 * <os firmware='efi'> with <feature> is libvirt's since 7.2 (docs/formatdomain.rst).  What else differs between
 * versions is decided when the machine is written: src/output/feature.def.
 */
static void software_judge_libvirt(struct judgement *j)
{
	const struct software_facts *s = &j->host->software;
	unsigned major, minor;
	struct finding *f;

	if (!s->libvirt) {
		software_missing(j, "libvirt-missing", "libvirt", SOFTWARE_LIBVIRT,
				 _("libvirt is not installed here. A machine can then only be written as a "
				   "script for QEMU."));
		return;
	}
	if (!version_parse(s->libvirt, &major, &minor) || major > 7 || (major == 7 && minor >= 2))
		return;
	f = judgement_add(j, "libvirt-old", SEVERITY_INFO, "host",
			  _("This libvirt (%u.%u) cannot choose the UEFI firmware of a machine by its features; "
			    "that came with 7.2. It may take one with Secure Boot where none was asked for, or "
			    "the other way round."), major, minor);
	finding_add_advice(j, f, _("Use a newer release of this distribution, or write <loader> and <nvram> of the "
				   "machine yourself; the script for QEMU finds the firmware itself."));
	software_evidence(j, f, "libvirt", s->libvirt, s->libvirt_from);
}

/* Its largest memory region, in bytes; 0 where it is not known. */
static uint64_t software_largest_bar(const struct pci_device *d)
{
	uint64_t most = 0;

	for (unsigned i = 0; d->details && d->details->bars_known && i < ARRAY_SIZE(d->details->bars); i++)
		if (!d->details->bars[i].is_io && d->details->bars[i].size > most)
			most = d->details->bars[i].size;
	return most;
}

/* OVMF had 32 GiB for all 64-bit BARs; the window grows with the address width since edk2-stable202211. */
static void software_judge_ovmf(struct judgement *j)
{
	const struct host *h = j->host;
	const char *version = h->software.ovmf;
	int year, month;

	if (!version) {
		software_missing(j, "ovmf-missing", "OVMF", SOFTWARE_OVMF,
				 _("There is no UEFI firmware for machines here (OVMF). Most cards need "
				   "it."));
		return;
	}
	/* "2022.02-3ubuntu0.22.04.2", "202405-1" */
	if (sscanf(version, "%4d.%2d", &year, &month) != 2 && sscanf(version, "%4d%2d", &year, &month) != 2)
		return;
	if (year < 2010 || month < 1 || month > 12 || year > 2022 || (year == 2022 && month >= 11))
		return;
	for (unsigned i = 0; i < h->n_devices; i++) {
		struct finding *f;

		if (!judge_is_endpoint(h->devices[i]) || software_largest_bar(h->devices[i]) < UINT64_C(32) << 30)
			continue;
		f = judgement_add(j, "ovmf-old", SEVERITY_WARN, h->devices[i]->address,
				  _("The memory of %s is too large for this OVMF (%d.%02d), which keeps 32 GiB for all "
				    "cards: it would have no place in a machine. Versions since 2022.11 keep more."),
				  judge_label(j, h->devices[i]), year, month);
		finding_add_evidence(j, f, "ovmf: %s", version);
		finding_add_advice(j, f, _("Use a newer OVMF; or give QEMU -fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=262144 "
					   "(<qemu:commandline> in libvirt), a number of MiB above twice that memory."));
	}
}

static void software_judge_swtpm(struct judgement *j)
{
	const struct software_facts *s = &j->host->software;
	const char *package = software_package(j->host, SOFTWARE_SWTPM);
	struct finding *f;

	if (!s->swtpm) {
		software_missing(j, "swtpm-missing", "swtpm", SOFTWARE_SWTPM,
				 _("There is no emulated TPM here (swtpm). Only Windows 11 needs one."));
		return;
	}
	if (s->has_swtpm_setup != 0)
		return;
	f = judgement_add(j, "swtpm-setup-missing", SEVERITY_INFO, "host",
			  _("swtpm is here, but swtpm_setup is not: libvirt needs it to make the TPM of a machine."));
	finding_add_evidence(j, f, "/usr/bin/swtpm_setup: not there");
	if (package && strchr(package, ' '))
		finding_add_advice(j, f, _("Install it: on this distribution the package is called %s."), "swtpm-tools");
}

/* Static Resizable BAR in the guest came with QEMU 8.1 (commit b5048a4cbf). */
static void software_judge_qemu(struct judgement *j)
{
	const struct software_facts *s = &j->host->software;
	unsigned major, minor;
	struct finding *f;

	if (!s->qemu) {
		software_missing(j, "qemu-missing", "QEMU", SOFTWARE_QEMU,
				 _("QEMU is not installed here. Without it no machine runs."));
		return;
	}
	if (!version_parse(s->qemu, &major, &minor) || major > 8 || (major == 8 && minor >= 1))
		return;
	f = judgement_add(j, "qemu-old", SEVERITY_INFO, "host",
			  _("This QEMU hides the Resizable BAR of a card from the machine (%u.%u; 8.1 and "
			    "later show it). Everything else works."), major, minor);
	software_evidence(j, f, "qemu", s->qemu, s->qemu_from);
}

static void software_judge(struct judgement *j)
{
	const struct software_facts *s = &j->host->software;

	if (!s->looked)
		return;
	software_judge_qemu(j);
	software_judge_libvirt(j);
	software_judge_ovmf(j);
	software_judge_swtpm(j);
}

const struct rule rule_software = { "software", software_judge };
