/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"


static json_t *check_json_host(const struct host *h)
{
	const struct identity_facts *id = &h->identity;
	json_t *j = json_object();

	json_object_set_new(j, "vendor", json_text(id->vendor));
	json_object_set_new(j, "product", json_text(id->product));
	json_object_set_new(j, "board", json_text(id->board));
	json_object_set_new(j, "firmware_version", json_text(id->firmware_version));
	json_object_set_new(j, "firmware_date", json_text(id->firmware_date));
	json_object_set_new(j, "distribution", json_text(id->distribution));
	json_object_set_new(j, "kernel", json_text(id->kernel));
	return j;
}

static json_t *check_json_cpu(const struct judgement *jm)
{
	const struct cpu_facts *cpu = &jm->host->cpu;
	json_t *j = json_object();

	json_object_set_new(j, "vendor", json_text(cpu_vendor_name(cpu->vendor)));
	json_object_set_new(j, "model", json_text(cpu->model));
	json_object_set_new(j, "virtualization", json_text(virtualization_name(jm->virtualization)));
	json_object_set_new(j, "hypervisor", json_tristate(cpu->hypervisor));
	return j;
}

static json_t *check_json_firmware(const struct judgement *jm)
{
	const struct firmware_facts *f = &jm->host->firmware;
	json_t *j = json_object();

	json_object_set_new(j, "mode", json_text(firmware_mode_name(f->mode)));
	json_object_set_new(j, "secure_boot", json_text(secure_boot_name(jm->secure_boot)));
	json_object_set_new(j, "lockdown", json_text(f->lockdown ? f->lockdown : "unknown"));
	json_object_set_new(j, "opens_setup", json_tristate(f->opens_setup));
	return j;
}

static const char *check_on_off(int tristate)
{
	return tristate < 0 ? "unknown" : tristate ? "on" : "off";
}

static json_t *check_json_iommu(const struct judgement *jm)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", json_text(iommu_kind_name(jm->iommu_kind)));
	json_object_set_new(j, "state", json_text(iommu_state_name(jm->iommu_state)));
	json_object_set_new(j, "interrupt_remapping", json_text(check_on_off(jm->interrupt_remapping)));
	json_object_set_new(j, "passthrough_mode", json_tristate(jm->passthrough_mode));
	json_object_set_new(j, "groups", json_integer(jm->host->n_groups));
	return j;
}

static json_t *check_json_boot(const struct session *s)
{
	json_t *j = json_object();

	json_object_set_new(j, "loader", json_text(s->boot.loader ? s->boot.loader->name : "unknown"));
	json_object_set_new(j, "initramfs",
			    json_text(s->boot.initramfs ? s->boot.initramfs->name : "unknown"));
	json_object_set_new(j, "cmdline",
			    s->host->kernel.args ? json_strv(s->host->kernel.args) : json_null());
	json_object_set_new(j, "configured",
			    s->boot.configured ? json_strv(s->boot.configured) : json_null());
	json_object_set_new(j, "files", json_strv(s->boot.files));
	return j;
}

static void check_json(struct cli *c, const struct session *s)
{
	const struct judgement *jm = s->judgement;
	json_t *j = json_object(), *vfio = json_object();

	json_object_set_new(vfio, "vfio_pci", json_text(module_state_name(s->host->vfio.vfio_pci)));
	json_object_set_new(j, "verdict", json_text(verdict_name(jm->verdict)));
	json_object_set_new(j, "host", check_json_host(s->host));
	json_object_set_new(j, "cpu", check_json_cpu(jm));
	json_object_set_new(j, "firmware", check_json_firmware(jm));
	json_object_set_new(j, "iommu", check_json_iommu(jm));
	json_object_set_new(j, "vfio", vfio);
	json_object_set_new(j, "boot", check_json_boot(s));
	json_object_set_new(j, "findings", cli_json_findings(jm->findings, jm->n_findings));
	cli_print_json(c, j);
}

static const char *check_or_unknown(const char *s)
{
	return s ? s : _("not known");
}

static void check_text(struct cli *c, const struct session *s)
{
	const struct judgement *jm = s->judgement;
	const struct identity_facts *id = &s->host->identity;
	const char *board = id->product ? id->product : id->board;

	switch (jm->verdict) {
	case VERDICT_READY:
		cli_printf(c, _("Ready: a device can be given to a virtual machine.\n\n"));
		break;
	case VERDICT_WORK:
		cli_printf(c, _("Something is left to do before a device can be given away.\n\n"));
		break;
	case VERDICT_BLOCKED:
		cli_printf(c, _("Not possible on this host as it is.\n\n"));
		break;
	}
	cli_printf(c, _("Computer    %s, firmware %s (%s)\n"), check_or_unknown(board),
		   check_or_unknown(id->firmware_version), firmware_mode_name(s->host->firmware.mode));
	cli_printf(c, _("System      %s, kernel %s\n"), check_or_unknown(id->distribution),
		   check_or_unknown(id->kernel));
	cli_printf(c, _("Processor   %s\n"), check_or_unknown(s->host->cpu.model));
	cli_printf(c, _("Boot        %s, initramfs by %s\n"),
		   s->boot.loader ? s->boot.loader->title : _("loader not known"),
		   s->boot.initramfs ? s->boot.initramfs->name : _("a tool not known"));
	cli_printf(c, _("IOMMU       %s, %u groups, %u PCI devices\n\n"), _(iommu_state_name(jm->iommu_state)),
		   s->host->n_groups, s->host->n_devices);
	cli_text_findings(c, jm->findings, jm->n_findings);
}

static int check_exit(const struct session *s)
{
	switch (s->judgement->verdict) {
	case VERDICT_READY:
		if (session_restart_is_due(s))
			return 1;
		return cli_exit_for_findings(s->judgement->findings, s->judgement->n_findings);
	case VERDICT_WORK:
		return 1;
	case VERDICT_BLOCKED:
		break;
	}
	return 2;
}

static int check_run(struct cli *c, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	int r = cli_open_session(c, &s, err);

	if (r == 0)
		r = session_look(s, NULL, NULL, err);
	if (r < 0)
		return r;
	if (c->json)
		check_json(c, s);
	else
		check_text(c, s);
	if (!c->json && session_restart_is_due(s))
		cli_printf(c, _("A restart is due: what was written takes effect after it.\n"));
	r = session_check_input(s, err);
	return r < 0 ? r : check_exit(s);
}

const struct command command_check = {
	.name = "check",
	.summary = N_("where this host stands: verdict, findings, evidence, what to do"),
	.run = check_run,
};
