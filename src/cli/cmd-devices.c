/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/device-data.h"

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

/* Sizes of a resizable BAR in bytes; 2^43 MiB are all 64 bits. */
static json_t *devices_json_sizes(uint64_t possible)
{
	json_t *array = json_array();

	for (unsigned n = 0; n <= 42; n++)
		if (possible >> n & 1)
			json_array_append_new(array, json_integer((json_int_t)(UINT64_C(1) << (n + 20))));
	return array;
}

static json_t *devices_json_bars(const struct pci_details *t)
{
	json_t *array;

	if (!t->bars_known)
		return json_null();
	array = json_array();
	for (unsigned i = 0; i < ARRAY_SIZE(t->bars); i++) {
		const struct pci_bar *b = &t->bars[i];
		json_t *bar;

		if (!b->size)
			continue;
		bar = json_object();
		json_object_set_new(bar, "bar", json_integer(i));
		json_object_set_new(bar, "bytes", b->size > INT64_MAX ? json_null() : json_integer((json_int_t)b->size));
		json_object_set_new(bar, "kind", json_text(b->is_io ? "io" : b->is_64bit ? "memory64" : "memory32"));
		json_object_set_new(bar, "prefetchable", json_boolean(b->is_prefetchable));
		json_object_set_new(bar, "assigned", json_boolean(!b->unassigned));
		json_object_set_new(bar, "possible_bytes", devices_json_sizes(b->possible));
		json_array_append_new(array, bar);
	}
	return array;
}

static json_t *devices_json_known(struct judgement *jm, const struct pci_device *d)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < d->n_known; i++) {
		const struct device_line *l = d->known[i];
		json_t *known = json_object();

		json_object_set_new(known, "what", json_text(device_topic_word(l->topic)));
		json_object_set_new(known, "name", json_text(l->name));
		json_object_set_new(known, "text", json_text(device_line_text(jm->host->arena, l)));
		json_object_set_new(known, "source", json_text(l->source));
		json_array_append_new(array, known);
	}
	return array;
}

/* The other functions of the card D sits on; VFIO gives them to one machine only together. */
static const char *const *devices_card(struct judgement *jm, const struct pci_device *d)
{
	struct pci_addr card = pci_device_card(d);
	const char *const *list = NULL;

	/* Functions of the chipset are no card, and bridges belong to none. */
	if (d->addr.bus == 0 || d->physfn || d->header_type != 0 || pci_device_is_bridge(d))
		return NULL;
	for (unsigned i = 0; i < jm->host->n_devices; i++) {
		const struct pci_device *o = jm->host->devices[i];

		if (o != d && !o->physfn && o->header_type == 0 && !pci_device_is_bridge(o) &&
		    pci_addr_same_slot(pci_device_card(o), card))
			arena_strv_add(jm->host->arena, &list, o->address);
	}
	return list;
}

/* Added keys: what the probe "details" saw and what is known of such devices. */
static json_t *devices_json_one(struct judgement *jm, const struct device_verdict *v)
{
	const struct pci_device *d = v->device;
	const struct pci_details *t = d->details;
	json_t *j = cli_json_device(v), *power;

	json_object_set_new(j, "parent", json_text(d->parent ? d->parent->address : NULL));
	json_object_set_new(j, "physical_function", json_text(d->physfn ? d->physfn->address : NULL));
	json_object_set_new(j, "same_card", json_strv(devices_card(jm, d)));
	json_object_set_new(j, "framebuffer", json_text(d->framebuffer));
	json_object_set_new(j, "known", devices_json_known(jm, d));
	if (!t)
		return j;
	power = json_object();
	json_object_set_new(power, "state", json_text(t->power_state));
	json_object_set_new(power, "runtime", json_text(t->runtime_status));
	json_object_set_new(power, "d3cold_allowed", json_tristate(t->d3cold_allowed));
	json_object_set_new(j, "power", power);
	json_object_set_new(j, "bars", devices_json_bars(t));
	json_object_set_new(j, "near_cpus", json_text(t->local_cpus));
	json_object_set_new(j, "vfio_drivers", json_strv(t->variants));
	json_object_set_new(j, "nvidia_vgpu", json_boolean(t->nvidia_vgpu));
	json_object_set_new(j, "outputs", json_strv(t->connectors));
	return j;
}

static void devices_json(struct cli *c, struct judgement *jm, const struct devices_filter *f)
{
	json_t *j = json_object(), *pci = json_array(), *usb = json_array();

	for (unsigned i = 0; i < jm->host->n_devices; i++)
		if (devices_match(f, jm->host->devices[i]))
			json_array_append_new(pci, devices_json_one(jm, &jm->devices[i]));
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

static void devices_text_size(struct str *s, uint64_t bytes)
{
	static const char units[] = "BKMGTP";
	unsigned unit = 0;

	while (bytes >= 1024 && bytes % 1024 == 0 && unit + 2 < sizeof(units)) {
		bytes /= 1024;
		unit++;
	}
	str_addf(s, "%llu%c", (unsigned long long)bytes, units[unit]);
}

static void devices_text_bars(struct cli *c, const struct pci_details *t)
{
	for (unsigned i = 0; i < ARRAY_SIZE(t->bars); i++) {
		const struct pci_bar *b = &t->bars[i];
		_cleanup_str_ struct str size = { 0 }, sizes = { 0 };

		if (!b->size)
			continue;
		devices_text_size(&size, b->size);
		for (unsigned n = 0; n <= 42; n++) {
			if (!(b->possible >> n & 1))
				continue;
			str_addc(&sizes, ' ');
			devices_text_size(&sizes, UINT64_C(1) << (n + 20));
		}
		cli_printf(c, b->is_io ? _("    BAR %u: %s of ports\n") : _("    BAR %u: %s of memory\n"), i,
			   str_c(&size));
		if (b->unassigned)
			cli_printf(c, _("        found no place in the address space\n"));
		if (sizes.len)
			cli_printf(c, _("        resizable:%s\n"), str_c(&sizes));
	}
}

static void devices_text_list(struct cli *c, const char *title, const char *const *list)
{
	_cleanup_free_ char *joined = list && *list ? strv_join(list, ", ") : NULL;

	if (joined)
		cli_printf(c, "    %s: %s\n", title, joined);
}

static void devices_text_value(struct cli *c, const char *title, const char *value)
{
	if (value)
		cli_printf(c, "    %s: %s\n", title, value);
}

/* --device ADDR asks about one: then all there is to say. */
static void devices_text_details(struct cli *c, struct judgement *jm, const struct pci_device *d)
{
	const struct pci_details *t = d->details;

	devices_text_value(c, _("below"), d->parent ? d->parent->address : NULL);
	devices_text_value(c, _("virtual function of"), d->physfn ? d->physfn->address : NULL);
	devices_text_list(c, _("on the same card"), devices_card(jm, d));
	if (d->sriov_total >= 0)
		cli_printf(c, _("    virtual functions: %d of %d\n"), d->sriov_enabled, d->sriov_total);
	devices_text_list(c, _("mediated types"), d->mdev);
	if (d->rom >= 0)
		devices_text_value(c, _("option ROM"), d->rom ? _("yes") : _("no"));
	if (d->boot_vga >= 0)
		devices_text_value(c, _("the firmware started with it"), d->boot_vga ? _("yes") : _("no"));
	devices_text_value(c, _("holds the picture of the boot"), d->framebuffer);
	if (d->numa_node >= 0)
		cli_printf(c, _("    NUMA node %d\n"), d->numa_node);
	if (t) {
		devices_text_value(c, _("near processors"), t->local_cpus);
		devices_text_value(c, _("power state"), t->power_state);
		if (t->d3cold_allowed >= 0)
			devices_text_value(c, _("may be switched off while idle (D3cold)"),
					   t->d3cold_allowed ? _("yes") : _("no"));
		devices_text_bars(c, t);
		devices_text_list(c, _("outputs"), t->connectors);
		devices_text_list(c, _("VFIO drivers of this kernel made for it"), t->variants);
	}
	for (unsigned i = 0; i < d->n_known; i++)
		cli_printf(c, _("    %s [%s]\n"), device_line_text(jm->host->arena, d->known[i]),
			   d->known[i]->source);
}

static void devices_text(struct cli *c, struct judgement *jm, const struct devices_filter *f)
{
	for (unsigned i = 0; i < jm->host->n_devices; i++)
		if (devices_match(f, jm->host->devices[i])) {
			devices_text_one(c, &jm->devices[i]);
			if (f->by_address)
				devices_text_details(c, jm, jm->host->devices[i]);
		}
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
		r = session_look_at_devices(s, true, err);
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
