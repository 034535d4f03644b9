/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UEFI or BIOS, Secure Boot, lockdown, and the way into the firmware setup. */
#include "rules/judge.h"

#include "base/str.h"

static enum secure_boot firmware_secure_boot(const struct firmware_facts *f)
{
	if (f->mode == FIRMWARE_BIOS)
		return SECURE_BOOT_UNSUPPORTED;
	if (f->setup_mode == 1)
		return SECURE_BOOT_SETUP_MODE;
	if (f->secure_boot == 1)
		return SECURE_BOOT_ON;
	if (f->secure_boot == 0)
		return SECURE_BOOT_OFF;
	return SECURE_BOOT_UNKNOWN;
}

static void firmware_judge_secure_boot(struct judgement *j)
{
	struct finding *f;

	switch (j->secure_boot) {
	case SECURE_BOOT_ON:
		f = judgement_add(j, "secure-boot-on", SEVERITY_INFO, "host",
				  _("Secure Boot is on. Giving a device to a machine works with it; "
				    "kernel modules from elsewhere, such as vendor-reset or kvmfr, "
				    "need a signature this computer trusts."));
		finding_add_evidence(j, f, "efivar SecureBoot: 1");
		finding_add_advice(j, f, _("Leave it on. Sign such a module with a machine owner key "
					   "(MOK) if you ever need one."));
		break;
	case SECURE_BOOT_OFF:
		judgement_add(j, "secure-boot-off", SEVERITY_OK, "host",
			      _("Secure Boot is off. It is not needed to give a device away."));
		break;
	case SECURE_BOOT_SETUP_MODE:
		judgement_add(j, "secure-boot-setup-mode", SEVERITY_INFO, "host",
			      _("Secure Boot is in setup mode: no keys are enrolled, nothing is "
				"checked at boot. Giving a device away works."));
		break;
	case SECURE_BOOT_UNSUPPORTED:
		judgement_add(j, "secure-boot-unsupported", SEVERITY_INFO, "host",
			      _("This host was booted the old BIOS way, so there is no Secure Boot "
				"here. Giving a device away works."));
		break;
	case SECURE_BOOT_UNKNOWN:
		f = judgement_add(j, "secure-boot-unknown", SEVERITY_INFO, "host",
				  _("It is not known whether Secure Boot is on. It matters only for "
				    "kernel modules from elsewhere."));
		finding_add_advice(j, f, _("mokutil --sb-state tells it; it reads the firmware "
					   "variables below /sys/firmware/efi/efivars."));
		break;
	}
}

/* Nobody described this board yet: its owner can, with one line. */
static void firmware_judge_board(struct judgement *j)
{
	const struct host *h = j->host;
	const struct identity_facts *id = &h->identity;
	struct finding *f;

	if (!h->firmware.board_line)
		return;
	f = judgement_add(j, "board-not-known", SEVERITY_INFO, "host",
			  _("This program does not know the menus of this board's firmware setup, so "
			    "it can only name what to look for."));
	if (id->board_vendor || id->vendor)
		finding_add_evidence(j, f, "/sys/class/dmi/id/%s: %s",
				     id->board_vendor ? "board_vendor" : "sys_vendor",
				     id->board_vendor ? id->board_vendor : id->vendor);
	finding_add_evidence(j, f, "/sys/class/dmi/id/%s: %s", id->board ? "board_name" : "product_name",
			     id->board ? id->board : id->product);
	/* Evidence is not broken into lines: it can be copied as it is. */
	finding_add_evidence(j, f, "%s", h->firmware.board_line);
	finding_add_advice(j, f, _("When you found the options, you can teach it: put the line above that "
				   "starts with maker= into /etc/vfio-wizard/boards and replace the "
				   "question marks. Send it in for data/boards, and others have it, too."));
}

static void firmware_judge(struct judgement *j)
{
	const struct firmware_facts *fw = &j->host->firmware;
	struct finding *f;

	if (fw->mode == FIRMWARE_UNKNOWN) {
		f = judgement_add(j, "firmware-mode-unknown", SEVERITY_INFO, "host",
				  _("It is not known whether this host was started by UEFI or the old BIOS way."));
		finding_add_advice(j, f, _("On the running host, /sys/firmware/efi is there after a start by UEFI only."));
	}
	j->secure_boot = firmware_secure_boot(fw);
	firmware_judge_secure_boot(j);
	if (!fw->lockdown) {
		f = judgement_add(j, "lockdown-unknown", SEVERITY_INFO, "host",
				  _("It is not known whether the kernel is locked down. A lockdown "
				    "does not stop a device from being given away."));
		finding_add_advice(j, f, _("/sys/kernel/security/lockdown tells it, when securityfs "
					   "is mounted."));
	} else if (!str_eq(fw->lockdown, "none")) {
		f = judgement_add(j, "lockdown", SEVERITY_INFO, "host",
				  _("The kernel is locked down (%s). Giving a device away works; "
				    "setpci and unsigned modules do not."), fw->lockdown);
		finding_add_evidence(j, f, "/sys/kernel/security/lockdown: %s", fw->lockdown);
	}
	if (fw->mode == FIRMWARE_UEFI && fw->opens_setup == 0) {
		f = judgement_add(j, "firmware-setup-by-key", SEVERITY_INFO, "host",
				  _("This firmware cannot be told to open its setup at the next "
				    "start."));
		finding_add_advice(j, f, _("Press %s while the computer starts."),
				   boards_key_text(j->host));
	} else if (fw->mode != FIRMWARE_BIOS && fw->opens_setup < 0) {
		f = judgement_add(j, "firmware-setup-unknown", SEVERITY_INFO, "host",
				  _("It is not known whether this firmware can open its setup at the "
				    "next start by itself."));
		finding_add_advice(j, f, _("Press %s while the computer starts when it does not."),
				   boards_key_text(j->host));
	}
	firmware_judge_board(j);
}

const struct rule rule_firmware = { "firmware", firmware_judge };
