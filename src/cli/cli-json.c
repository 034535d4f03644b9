/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include <string.h>

json_t *cli_json_finding(const struct finding *f)
{
	json_t *j = json_object();

	json_object_set_new(j, "id", json_text(f->id));
	json_object_set_new(j, "severity", json_text(severity_name(f->severity)));
	json_object_set_new(j, "subject", json_text(f->subject));
	json_object_set_new(j, "text", json_text(f->text));
	json_object_set_new(j, "evidence", json_strv(f->evidence));
	json_object_set_new(j, "advice", json_strv(f->advice));
	return j;
}

json_t *cli_json_findings(struct finding *const *findings, unsigned n)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(array, cli_json_finding(findings[i]));
	return array;
}

/* Four hex digits without 0x, as cli.md says. */
static json_t *cli_json_id(unsigned id)
{
	char text[5];

	snprintf(text, sizeof(text), "%04x", id & 0xffffu);
	return json_string(text);
}

static json_t *cli_json_uses(const struct pci_device *d)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < d->n_uses; i++) {
		json_t *use = json_object();

		json_object_set_new(use, "kind", json_text(host_use_kind_name(d->uses[i].kind)));
		json_object_set_new(use, "detail", json_text(d->uses[i].detail));
		json_array_append_new(array, use);
	}
	return array;
}

static json_t *cli_json_sriov(const struct pci_device *d)
{
	json_t *j;

	if (d->sriov_total < 0)
		return json_null();
	j = json_object();
	json_object_set_new(j, "total", json_integer(d->sriov_total));
	json_object_set_new(j, "enabled", json_integer_or_null(d->sriov_enabled));
	return j;
}

static void cli_json_identity(json_t *j, const struct pci_device *d)
{
	char revision[3], class_text[7];
	bool has_subsystem = d->subsystem_vendor || d->subsystem_device;

	snprintf(revision, sizeof(revision), "%02x", d->revision);
	snprintf(class_text, sizeof(class_text), "%06x", d->class_code & 0xffffffu);
	json_object_set_new(j, "address", json_text(d->address));
	json_object_set_new(j, "vendor", cli_json_id(d->vendor));
	json_object_set_new(j, "device", cli_json_id(d->device));
	json_object_set_new(j, "subsystem_vendor",
			    has_subsystem ? cli_json_id(d->subsystem_vendor) : json_null());
	json_object_set_new(j, "subsystem_device",
			    has_subsystem ? cli_json_id(d->subsystem_device) : json_null());
	json_object_set_new(j, "revision", json_text(revision));
	json_object_set_new(j, "class", json_text(class_text));
	json_object_set_new(j, "vendor_name", json_text(d->vendor_name));
	json_object_set_new(j, "device_name", json_text(d->device_name));
	json_object_set_new(j, "class_name", json_text(d->class_name));
}

json_t *cli_json_device(const struct device_verdict *v)
{
	const struct pci_device *d = v->device;
	json_t *j = json_object();

	cli_json_identity(j, d);
	json_object_set_new(j, "driver", json_text(d->driver));
	json_object_set_new(j, "modules", json_strv(d->modules));
	json_object_set_new(j, "group", json_integer_or_null(d->group ? d->group->id : -1));
	json_object_set_new(j, "numa_node", json_integer_or_null(d->numa_node));
	json_object_set_new(j, "boot_vga", json_tristate(d->boot_vga));
	json_object_set_new(j, "reset", json_strv(d->reset));
	json_object_set_new(j, "rom", json_tristate(d->rom));
	json_object_set_new(j, "sriov", cli_json_sriov(d));
	json_object_set_new(j, "mdev", json_strv(d->mdev));
	json_object_set_new(j, "host_use", cli_json_uses(d));
	json_object_set_new(j, "assignable", json_text(assignable_name(v->assignable)));
	json_object_set_new(j, "why", json_strv(v->why));
	return j;
}
