/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/machine-parts.h"

#include "base/str.h"
#include "base/strv.h"
#include "output/feature.h"
#include "output/firmware-find.h"

#include <errno.h>

/*
 * What brings a UEFI firmware with Secure Boot and Microsoft's keys in its variables; os-release ID and
 * ID_LIKE, the first one that fits counts.
 */
static const struct {
	const char *id, *package;
	bool has_keys;
} firmware_packages[] = {
	{ "debian", "ovmf", true },	  { "ubuntu", "ovmf", true },
	{ "fedora", "edk2-ovmf", true },  { "rhel", "edk2-ovmf", true },
	{ "suse", "qemu-ovmf-x86_64", true }, { "opensuse", "qemu-ovmf-x86_64", true },
	{ "arch", "edk2-ovmf", false },
};

/* What to do about missing keys or a missing firmware. */
static const char *firmware_advice(const struct machine *m, const struct host *h, bool keys)
{
	for (unsigned i = 0; i < ARRAY_SIZE(firmware_packages); i++) {
		const char *package = firmware_packages[i].package;

		if (!strv_contains(h->identity.os_like, firmware_packages[i].id))
			continue;
		if (keys && !firmware_packages[i].has_keys)
			return arena_printf(m->arena,
					    _("The package %s of this distribution has no variables with keys in them; "
					      "virt-fw-vars (of virt-firmware) writes Microsoft's keys into a copy: "
					      "virt-fw-vars --input VARS --output NEW --enroll-redhat --secure-boot."),
					    package);
		return arena_printf(m->arena, _("Install it: on this distribution the package is called %s."), package);
	}
	return _("Install the UEFI firmware for machines (OVMF) of this distribution.");
}

static void firmware_note_broken(struct machine *m, const struct firmware_search *s)
{
	struct machine_note *note;

	if (!s->broken)
		return;
	note = machine_note(m, "firmware-description-broken", SEVERITY_INFO,
			    _("A description of a UEFI firmware cannot be read, and is passed over as libvirt does."));
	note->evidence = s->broken;
}

/* Secure Boot needs a firmware that knows it; without keys in its variables it enforces nothing. */
static void firmware_judge_secure(struct machine *m, const struct host *h, const struct firmware_search *s)
{
	struct machine_note *note;

	m->enrolled_keys = true;
	if (!s->known || m->ovmf)
		return; /* nothing to judge by, or all is well */
	if (s->secure_boot) {
		struct firmware_search again;

		m->ovmf = firmware_find(h, m->arena, m->qemu_version, true, false, &again);
		m->enrolled_keys = false;
		note = machine_note(m, "firmware-without-keys", SEVERITY_WARN,
				    _("No UEFI firmware here has keys for Secure Boot in it. The machine gets one that "
				      "knows Secure Boot, which is what Windows 11 asks for, but it starts anything until "
				      "keys are enrolled."));
		arena_strv_add(m->arena, &note->advice, firmware_advice(m, h, true));
	} else if (s->n_x86) {
		note = machine_note(m, "firmware-without-secure-boot", SEVERITY_WARN,
				    _("No UEFI firmware here knows Secure Boot: the machine will not start."));
		arena_strv_add(m->arena, &note->advice, firmware_advice(m, h, false));
		arena_strv_add(m->arena, &note->advice, _("Or do without it: --firmware uefi."));
	}
}

static void firmware_look(struct machine *m, const struct host *h)
{
	bool secure = m->firmware == GUEST_UEFI_SECURE;
	struct firmware_search s;
	struct machine_note *note;

	m->ovmf = firmware_find(h, m->arena, m->qemu_version, secure, secure, &s);
	firmware_note_broken(m, &s);
	if (secure)
		firmware_judge_secure(m, h, &s);
	else if (s.known && !m->ovmf && s.n_x86) {
		note = machine_note(m, "firmware-only-secure", SEVERITY_WARN,
				    _("Every UEFI firmware here has Secure Boot: none without it is described, and the "
				      "machine may not start."));
		arena_strv_add(m->arena, &note->advice, _("Take Secure Boot then: --firmware uefi-secure."));
	}
	if (s.known && !s.n_x86) {
		note = machine_note(m, "firmware-missing", SEVERITY_WARN,
				    _("No description here is of a UEFI firmware for this machine: it will not start."));
		arena_strv_add(m->arena, &note->advice, firmware_advice(m, h, false));
	}
	/* Then libvirt cannot be asked for features, and without files it takes whatever is first. */
	if (!machine_libvirt_knows(m, FEATURE_firmware_features) && !m->ovmf)
		machine_note(m, "firmware-by-chance", SEVERITY_WARN,
			     _("This libvirt cannot choose a UEFI firmware by its features (7.2 and later can), and no "
			       "description of one was found here: it may take one with Secure Boot, or without."));
}

/* libvirt makes the state of a TPM with swtpm_setup, and starts swtpm; the script starts it, too. */
static void firmware_judge_tpm(struct machine *m, const struct host *h)
{
	const struct software_facts *s = &h->software;
	struct machine_note *note;

	if (!m->tpm || !s->looked || (s->swtpm && s->has_swtpm_setup != 0))
		return;
	note = machine_note(m, "tpm-without-swtpm", SEVERITY_WARN,
			    s->swtpm ? _("The machine has a TPM, and swtpm_setup is not installed: libvirt will not start it.")
				     : _("The machine has a TPM, and swtpm is not installed: it will not start."));
	arena_strv_add(m->arena, &note->advice, _("Install swtpm (and swtpm-tools where there is such a package)."));
	if (m->os != GUEST_WINDOWS11)
		arena_strv_add(m->arena, &note->advice, _("Or do without a TPM: --tpm no."));
}

int machine_set_firmware(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	static const char *const words[] = { [GUEST_BIOS] = "bios", [GUEST_UEFI] = "uefi",
					     [GUEST_UEFI_SECURE] = "uefi-secure" };
	const char *firmware = answers_get(a, "firmware");
	unsigned choice = 0;

	m->firmware = m->os == GUEST_WINDOWS11 ? GUEST_UEFI_SECURE : GUEST_UEFI;
	if (firmware) {
		while (choice < ARRAY_SIZE(words) && !str_eq(words[choice], firmware))
			choice++;
		if (choice == ARRAY_SIZE(words))
			return err_set(err, ERR_USAGE, -EINVAL, _("--%s: “%s” is not possible here."), "firmware",
				       firmware);
		m->firmware = (enum guest_firmware)choice;
	}
	m->tpm = answers_get(a, "tpm") ? answers_get_bool(a, "tpm") : m->os == GUEST_WINDOWS11;
	if (m->os == GUEST_WINDOWS11 && m->firmware == GUEST_BIOS)
		return err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			       _("--firmware: Windows 11 does not install without UEFI."));
	if (m->firmware != GUEST_BIOS)
		firmware_look(m, h);
	firmware_judge_tpm(m, h);
	return 0;
}
