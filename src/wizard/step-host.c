/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard/step.h"

#include "base/str.h"

#include <string.h>

/* The text of every finding whose id begins with PREFIX: what d shows behind a row. */
static const char *host_detail(struct screen_build *b, const struct judgement *j, const char *prefix)
{
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < j->n_findings; i++) {
		const struct finding *f = j->findings[i];

		if (!str_starts_with(f->id, prefix))
			continue;
		str_addf(&s, "%s\n", f->text);
		for (const char *const *e = f->evidence; e && *e; e++)
			str_addf(&s, "    %s\n", *e);
		for (const char *const *a = f->advice; a && *a; a++)
			str_addf(&s, "-> %s\n", *a);
	}
	return s.len ? arena_strdup(b->arena, str_c(&s)) : NULL;
}

static const char *host_or_unknown(const char *s)
{
	return s ? s : _("not known");
}

static void host_add_system(struct wizard *w, struct screen_build *b)
{
	const struct host *h = w->s->host;
	const struct identity_facts *id = &h->identity;
	const char *board = id->product ? id->product : id->board;

	build_fact(b, "computer", _("Computer"),
		   build_printf(b, _("%s, firmware %s, %s"), host_or_unknown(board),
				host_or_unknown(id->firmware_version),
				h->firmware.mode == FIRMWARE_UEFI ? "UEFI"
				: h->firmware.mode == FIRMWARE_BIOS ? "BIOS"
								    : _("mode not known")),
		   board ? ROW_PLAIN : ROW_UNKNOWN);
	build_fact(b, "system", _("System"),
		   build_printf(b, _("%s, kernel %s, boot loader %s"), host_or_unknown(id->distribution),
				host_or_unknown(id->kernel),
				w->s->boot.loader ? w->s->boot.loader->title : _("not known")),
		   w->s->boot.loader ? ROW_PLAIN : ROW_UNKNOWN)
		->detail = arena_strdup(b->arena, w->s->boot.loader_why);
}

static enum row_state host_state_of_virtualization(enum virtualization v)
{
	switch (v) {
	case VIRTUALIZATION_ON:
		return ROW_OK;
	case VIRTUALIZATION_OFF_IN_FIRMWARE:
	case VIRTUALIZATION_ABSENT:
		return ROW_PROBLEM;
	case VIRTUALIZATION_UNKNOWN:
		break;
	}
	return ROW_UNKNOWN;
}

static void host_add_processor(struct wizard *w, struct screen_build *b)
{
	const struct host *h = w->s->host;
	struct screen_row *row;

	row = build_fact(b, "processor", _("Processor"),
			 build_printf(b, _("%s, %d threads"), host_or_unknown(h->cpu.model), h->cpu.threads),
			 host_state_of_virtualization(w->s->judgement->virtualization));
	row->detail = host_detail(b, w->s->judgement, "virtualization-");
	if (h->memory.total_bytes > 0)
		build_fact(b, "memory", _("Memory"),
			   build_printf(b, _("%lld GiB, %lld GiB free"), (long long)h->memory.total_bytes >> 30,
					(long long)h->memory.available_bytes >> 30),
			   ROW_OK);
	else
		build_fact(b, "memory", _("Memory"), _("not known"), ROW_UNKNOWN);
}

static unsigned host_count_gpus(const struct host *h)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->n_devices; i++)
		n += pci_device_class(h->devices[i]) == DEVICE_GPU;
	return n;
}

static bool host_shows_screen(const struct pci_device *d)
{
	for (unsigned i = 0; i < d->n_uses; i++)
		if (d->uses[i].kind == HOST_USE_DISPLAY)
			return true;
	return d->boot_vga == 1;
}

static void host_add_gpus(struct wizard *w, struct screen_build *b)
{
	const struct host *h = w->s->host;
	const char *label = _("Graphics");

	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *d = h->devices[i];
		const struct device_verdict *v = judgement_device(w->s->judgement, d);
		struct screen_row *row;
		_cleanup_str_ struct str why = { 0 };

		if (pci_device_class(d) != DEVICE_GPU)
			continue;
		row = build_fact(b, build_printf(b, "gpu-%s", d->address), label,
				 build_printf(b, "%s %s", wizard_address(d), d->device_name),
				 v->assignable == ASSIGNABLE_YES    ? ROW_OK
				 : v->assignable == ASSIGNABLE_CARE ? ROW_CAUTION
								    : ROW_NEUTRAL);
		row->note = host_shows_screen(d) ? _("the screen") : "";
		row->help = v->why && v->why[0] ? v->why[0] : NULL;
		for (const char *const *s = v->why; s && *s; s++)
			str_addf(&why, "%s\n", *s);
		row->detail = why.len ? arena_strdup(b->arena, str_c(&why)) : NULL;
		label = "";
	}
	if (host_count_gpus(h) == 0)
		build_fact(b, "gpu", label, _("no graphics card found"), ROW_NEUTRAL);
}

static enum row_state host_state_of_iommu(enum iommu_state s)
{
	switch (s) {
	case IOMMU_ON:
		return ROW_OK;
	case IOMMU_OFF_IN_KERNEL:
	case IOMMU_OFF_IN_FIRMWARE:
	case IOMMU_ABSENT:
	case IOMMU_FAILED:
		return ROW_PROBLEM;
	case IOMMU_STATE_UNKNOWN:
		break;
	}
	return ROW_UNKNOWN;
}

static const char *host_iommu_words(struct screen_build *b, const struct wizard *w)
{
	switch (w->s->judgement->iommu_state) {
	case IOMMU_ON:
		return build_printf(b, ngettext("on, %u group", "on, %u groups", w->s->host->n_groups),
				    w->s->host->n_groups);
	case IOMMU_OFF_IN_KERNEL:
		return _("off in the kernel: see step Kernel");
	case IOMMU_OFF_IN_FIRMWARE:
		return _("off in the firmware: see step Firmware");
	case IOMMU_ABSENT:
		return _("this computer has none");
	case IOMMU_FAILED:
		return _("present, but it did not start");
	case IOMMU_STATE_UNKNOWN:
		break;
	}
	return _("could not be found out");
}

static const char *host_vfio_words(enum module_state s)
{
	switch (s) {
	case MODULE_MISSING:
		return _("this kernel has no driver vfio-pci");
	case MODULE_AVAILABLE:
		return _("there as a module");
	case MODULE_BUILTIN:
		return _("built into the kernel");
	case MODULE_LOADED:
		return _("loaded");
	case MODULE_UNKNOWN:
		break;
	}
	return _("could not be found out");
}

const char *wizard_secure_boot_words(enum secure_boot state)
{
	switch (state) {
	case SECURE_BOOT_ON:
		return _("on");
	case SECURE_BOOT_OFF:
		return _("off");
	case SECURE_BOOT_SETUP_MODE:
		return _("in setup mode");
	case SECURE_BOOT_UNSUPPORTED:
		return _("this firmware has none");
	case SECURE_BOOT_UNKNOWN:
		break;
	}
	return _("could not be found out");
}

/* "1:7.2+dfsg-7+deb12u7" is 7.2 to people. */
static void host_add_program(struct str *out, const char *name, const char *version)
{
	const char *epoch;

	if (!version)
		return;
	epoch = strchr(version, ':');
	if (epoch)
		version = epoch + 1;
	if (str_starts_with(version, "0~")) /* "0~20190606.20d2e5a1": a date is all there is */
		version += strlen("0~");
	str_addf(out, "%s%s", out->len ? ", " : "", name);
	if (*version)
		str_addf(out, " %.*s", (int)strcspn(version, "+-~ "), version);
}

/* The host can be made ready without them, the machine cannot be started. */
static void host_add_software(const struct wizard *w, struct screen_build *b)
{
	const struct software_facts *s = &w->s->host->software;
	_cleanup_str_ struct str found = { 0 };
	struct screen_row *row;

	host_add_program(&found, "QEMU", s->qemu);
	host_add_program(&found, "libvirt", s->libvirt);
	host_add_program(&found, "OVMF", s->ovmf);
	host_add_program(&found, "swtpm", s->swtpm);
	row = build_fact(b, "software", _("Software"), found.len ? str_c(&found) : _("no QEMU was found"),
			 s->qemu ? ROW_OK : ROW_CAUTION);
	row->help = s->qemu ? NULL : _("Install QEMU and libvirt before the machine is started; the host can be prepared now.");
}

static void host_add_iommu(struct wizard *w, struct screen_build *b)
{
	const struct judgement *j = w->s->judgement;
	enum module_state vfio = w->s->host->vfio.vfio_pci;

	build_fact(b, "iommu", _("IOMMU"), host_iommu_words(b, w), host_state_of_iommu(j->iommu_state))->detail =
		host_detail(b, j, "iommu-");
	build_fact(b, "vfio", _("vfio-pci"), host_vfio_words(vfio),
		   vfio == MODULE_MISSING   ? ROW_PROBLEM
		   : vfio == MODULE_UNKNOWN ? ROW_UNKNOWN
					    : ROW_OK)
		->detail = host_detail(b, j, "vfio-");
	build_fact(b, "secure-boot", _("Secure Boot"), wizard_secure_boot_words(j->secure_boot), ROW_NEUTRAL)->detail =
		host_detail(b, j, "secure-boot-");
}

static void host_describe(struct wizard *w, struct screen_build *b)
{
	build_text(b, _("This program prepares the computer to give a PCI device, usually a graphics card, "
			"to a virtual machine. It takes 20 to 40 minutes and up to two restarts. Nothing is "
			"changed until you have seen it and agreed."));
	build_blank(b);
	host_add_system(w, b);
	host_add_processor(w, b);
	host_add_gpus(w, b);
	host_add_iommu(w, b);
	host_add_software(w, b);
	build_button(b, "next", w->s->read_only ? _("Continue without writing") : _("Begin"), NULL);
	build_button(b, "findings", _("Show all findings"), NULL);
	build_button(b, "undo", _("Undo an earlier run"), NULL);
	b->screen.focus = "next";
}

static void host_show_findings(struct wizard *w)
{
	_cleanup_str_ struct str s = { 0 };
	const struct judgement *j = w->s->judgement;

	for (int severity = SEVERITY_BLOCK; severity >= SEVERITY_OK; severity--) {
		for (unsigned i = 0; i < j->n_findings; i++) {
			const struct finding *f = j->findings[i];

			if ((int)f->severity != severity)
				continue;
			str_addf(&s, "[%s] %s: %s\n", severity_name(f->severity), f->subject, f->text);
			for (const char *const *e = f->evidence; e && *e; e++)
				str_addf(&s, "    %s\n", *e);
			for (const char *const *a = f->advice; a && *a; a++)
				str_addf(&s, " -> %s\n", *a);
		}
	}
	wizard_show_text(w, _("Findings"), s.len ? str_c(&s) : _("Nothing was found."));
}

static enum move host_handle(struct wizard *w, const struct event *ev, enum move proposed)
{
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "findings") == 0)
		host_show_findings(w);
	if (ev->kind == EVENT_BUTTON && strcmp(ev->id, "undo") == 0)
		wizard_undo_centre(w);
	return proposed;
}

const struct step step_host = {
	.id = "host",
	.label = N_("Host"),
	.title = N_("This computer"),
	.help = N_("What was found on this computer and what it means.\n"
		   "OK: ready.  !!: must be solved, the row names the step.  !: possible, with care.\n"
		   "??: could not be found out.  --: does not matter.\n"
		   "Enter or d on a row shows how it was found."),
	.describe = host_describe,
	.handle = host_handle,
};
