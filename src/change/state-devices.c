/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/state.h"

#include <errno.h>
#include <string.h>

static json_t *devices_id(unsigned id)
{
	return json_sprintf("%04x", id);
}

static json_t *devices_describe(const struct host *h, const struct pci_device *d)
{
	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "address", d->address, "vendor",
			 devices_id(d->vendor), "device", devices_id(d->device),
			 "subsystem_vendor", devices_id(d->subsystem_vendor), "subsystem_device",
			 devices_id(d->subsystem_device), "group",
			 json_integer_or_null(d->group ? d->group->id : -1), "driver",
			 json_text(d->driver), "name", json_text(d->device_name ? d->device_name : ""),
			 "serial", json_text(host_device_serial(h, d)));
}

void run_state_record_devices(struct run_state *s, const struct host *h, const char *const *addresses)
{
	json_array_clear(s->devices);
	for (; addresses && *addresses; addresses++) {
		struct pci_addr addr;
		const struct pci_device *d = pci_addr_parse(*addresses, &addr) == 0 ?
						     host_find_device(h, addr) :
						     NULL;

		if (d)
			json_array_append_new(s->devices, devices_describe(h, d));
	}
}

static const char *devices_text(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

static unsigned devices_number(const json_t *j, const char *key)
{
	uint64_t id = 0;

	return str_to_hex(devices_text(j, key), UINT16_MAX, &id) == 0 ? (unsigned)id : 0;
}

/* A disk that vfio-pci holds tells no serial number: then the ids have to do. */
static bool devices_is_same(const struct host *h, const struct pci_device *d, const json_t *j)
{
	const char *noted = devices_text(j, "serial"), *now = host_device_serial(h, d);

	if (*noted && now && strcmp(noted, now) != 0)
		return false;
	return d->vendor == devices_number(j, "vendor") &&
	       d->device == devices_number(j, "device") &&
	       d->subsystem_vendor == devices_number(j, "subsystem_vendor") &&
	       d->subsystem_device == devices_number(j, "subsystem_device");
}

static const struct pci_device *devices_find_elsewhere(const struct host *h, const json_t *j)
{
	for (unsigned i = 0; i < h->n_devices; i++)
		if (devices_is_same(h, h->devices[i], j))
			return h->devices[i];
	return NULL;
}

static int devices_refuse(const struct host *h, const json_t *j, const struct pci_device *there,
			  struct err *err)
{
	const struct pci_device *moved = devices_find_elsewhere(h, j);
	const char *address = devices_text(j, "address"), *name = devices_text(j, "name");

	if (moved)
		err_set(err, ERR_NOT_POSSIBLE, -ENODEV,
			_("%s (%s) has moved: it, or a device just like it, is at %s now."), address, name,
			moved->address);
	else if (there && there->vendor == devices_number(j, "vendor") &&
		 there->device == devices_number(j, "device"))
		err_set(err, ERR_NOT_POSSIBLE, -ENODEV,
			_("Another device of the same kind is at %s now (%s): its subsystem ids or its serial number are not "
			  "those of the one that was chosen."),
			address, name);
	else if (there)
		err_set(err, ERR_NOT_POSSIBLE, -ENODEV,
			_("Another device is at %s now: %04x:%04x (%s), not %s:%s (%s)."), address,
			there->vendor, there->device,
			there->device_name ? there->device_name : there->address,
			devices_text(j, "vendor"), devices_text(j, "device"), name);
	else
		err_set(err, ERR_NOT_POSSIBLE, -ENODEV, _("%s (%s) is not there any more."), address, name);
	return err_hint(err, _("Cards that were added, removed or moved change the addresses. Look where each is "
			       "now (vfio-wizard devices), then choose the devices anew."));
}

static int devices_check_group(const struct pci_device *d, const json_t *j, struct err *err)
{
	const json_t *noted = json_object_get(j, "group");
	int old = json_is_integer(noted) ? (int)json_integer_value(noted) : -1;
	int now = d->group ? d->group->id : -1;

	/* Chosen while the IOMMU was still off: there was no group to compare with. */
	if (old < 0 || old == now)
		return 0;
	if (now < 0)
		err_set(err, ERR_NOT_POSSIBLE, -ENODEV,
			_("%s (%s) was in IOMMU group %d and is in no group now: the IOMMU is off."), d->address,
			devices_text(j, "name"), old);
	else
		err_set(err, ERR_NOT_POSSIBLE, -ENODEV,
			_("%s (%s) was in IOMMU group %d and is in group %d now."), d->address,
			devices_text(j, "name"), old, now);
	return err_hint(err, _("Look at the groups again before you go on: vfio-wizard groups"));
}

int run_state_check_devices(const struct run_state *s, const struct host *h, struct err *err)
{
	const json_t *j;
	size_t i;

	json_array_foreach(s->devices, i, j) {
		struct pci_addr addr;
		const struct pci_device *d = NULL;
		int r;

		if (pci_addr_parse(devices_text(j, "address"), &addr) == 0)
			d = host_find_device(h, addr);
		if (!d || !devices_is_same(h, d, j))
			return devices_refuse(h, j, d, err);
		r = devices_check_group(d, j, err);
		if (r < 0)
			return r;
	}
	return 0;
}
