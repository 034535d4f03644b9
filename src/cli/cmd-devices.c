/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

struct devices_filter {
	bool by_class, by_address;
	enum device_class class;
	struct pci_addr address;
};

static const struct {
	const char *word;
	enum device_class class;
} devices_classes[] = {
	{ "gpu", DEVICE_GPU }, { "nvme", DEVICE_NVME },	  { "nic", DEVICE_NIC },
	{ "usb", DEVICE_USB }, { "audio", DEVICE_AUDIO },
};

static int devices_parse_filter(const struct cli *c, struct devices_filter *f, struct err *err)
{
	const char *word = cli_value(c, "class"), *address = cli_value(c, "device");

	for (unsigned i = 0; word && i < ARRAY_SIZE(devices_classes); i++) {
		if (strcmp(word, devices_classes[i].word) == 0) {
			f->by_class = true;
			f->class = devices_classes[i].class;
		}
	}
	if (word && !f->by_class)
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--class takes gpu, nvme, nic, usb or audio, not \"%s\"."), word);
	if (address && pci_addr_parse(address, &f->address) < 0)
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("\"%s\" is no PCI address; write it like 0000:01:00.0."), address);
	f->by_address = address != NULL;
	return 0;
}

static bool devices_match(const struct devices_filter *f, const struct pci_device *d)
{
	return (!f->by_class || pci_device_class(d) == f->class) &&
	       (!f->by_address || pci_addr_equal(d->addr, f->address));
}

static json_t *devices_json_usb(const struct usb_device *u)
{
	char id[5];
	json_t *j = json_object();

	json_object_set_new(j, "port", json_text(u->port));
	json_object_set_new(j, "bus", json_integer_or_null(u->bus));
	json_object_set_new(j, "number", json_integer_or_null(u->number));
	snprintf(id, sizeof(id), "%04x", u->vendor);
	json_object_set_new(j, "vendor", json_text(id));
	snprintf(id, sizeof(id), "%04x", u->product);
	json_object_set_new(j, "product", json_text(id));
	json_object_set_new(j, "vendor_name", json_text(u->vendor_name));
	json_object_set_new(j, "product_name", json_text(u->product_name));
	json_object_set_new(j, "drivers", json_strv(u->drivers));
	json_object_set_new(j, "controller", json_text(u->controller ? u->controller->address : NULL));
	json_object_set_new(j, "use", json_text(u->use));
	return j;
}

static void devices_json(struct cli *c, const struct judgement *jm, const struct devices_filter *f)
{
	json_t *j = json_object(), *pci = json_array(), *usb = json_array();

	for (unsigned i = 0; i < jm->host->n_devices; i++)
		if (devices_match(f, jm->host->devices[i]))
			json_array_append_new(pci, cli_json_device(&jm->devices[i]));
	for (unsigned i = 0; i < jm->host->n_usb && !f->by_address; i++)
		if (!f->by_class || f->class == DEVICE_USB)
			json_array_append_new(usb, devices_json_usb(jm->host->usb[i]));
	json_object_set_new(j, "devices", pci);
	json_object_set_new(j, "usb_devices", usb);
	cli_print_json(c, j);
}

static void devices_text_one(struct cli *c, const struct device_verdict *v)
{
	const struct pci_device *d = v->device;
	_cleanup_str_ struct str reset = { 0 };
	char group[16] = "-";

	if (d->group)
		snprintf(group, sizeof(group), "%d", d->group->id);
	for (const char *const *r = d->reset; r && *r; r++)
		str_addf(&reset, "%s%s", reset.len ? " " : "", *r);
	cli_printf(c, "%s  %s: %s %s [%04x:%04x]\n", d->address, d->class_name, d->vendor_name,
		   d->device_name, d->vendor, d->device);
	cli_printf(c, _("    driver %s, group %s, reset %s, given away: %s\n"), d->driver ? d->driver : "-",
		   group, reset.len ? str_c(&reset) : "-", _(assignable_name(v->assignable)));
	for (unsigned i = 0; i < d->n_uses; i++)
		cli_printf(c, _("    the host uses it: %s (%s)\n"), d->uses[i].detail,
			   _(host_use_kind_name(d->uses[i].kind)));
	for (const char *const *w = v->why; w && *w; w++)
		cli_printf(c, "    %s\n", *w);
}

static void devices_text(struct cli *c, const struct judgement *jm, const struct devices_filter *f)
{
	for (unsigned i = 0; i < jm->host->n_devices; i++)
		if (devices_match(f, jm->host->devices[i]))
			devices_text_one(c, &jm->devices[i]);
	for (unsigned i = 0; i < jm->host->n_usb && !f->by_address; i++) {
		const struct usb_device *u = jm->host->usb[i];

		if (f->by_class && f->class != DEVICE_USB)
			continue;
		cli_printf(c, _("USB %s  %s %s [%04x:%04x] on %s%s%s\n"), u->port,
			   u->vendor_name ? u->vendor_name : "", u->product_name ? u->product_name : "",
			   u->vendor, u->product, u->controller ? u->controller->address : "-",
			   u->use ? ": " : "", u->use ? u->use : "");
	}
}

static int devices_run(struct cli *c, struct err *err)
{
	_cleanup_session_ struct session *s = NULL;
	struct devices_filter f = { 0 };
	int r = devices_parse_filter(c, &f, err);

	if (r == 0)
		r = cli_open_session(c, &s, err);
	if (r == 0)
		r = session_look_at_devices(s, err);
	if (r != 0)
		return r;
	if (f.by_address && !host_find_device(s->host, f.address))
		return err_set(err, ERR_NOT_POSSIBLE, -ENODEV, _("There is no device at %s."),
			       cli_value(c, "device"));
	if (c->json)
		devices_json(c, s->judgement, &f);
	else
		devices_text(c, s->judgement, &f);
	return session_check_input(s, err);
}

static const struct cli_option devices_options[] = {
	{ "class", "gpu|nvme|nic|usb|audio", N_("only devices of this kind") },
	{ "device", N_("ADDR"), N_("only this device") },
	{ 0 },
};

const struct command command_devices = {
	.name = "devices",
	.summary = N_("all PCI and USB devices with everything known about them"),
	.options = devices_options,
	.run = devices_run,
};
