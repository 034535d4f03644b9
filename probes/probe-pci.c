/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/pci-config.h"
#include "probes/pci-names.h"
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define PCI_DEVICES "sys/bus/pci/devices"

/*
 * One line tells all ids:
 *	pci:v000010DEd00002482sv00001462sd00005051bc03sc00i00
 */
static bool pci_parse_modalias(const char *text, struct pci_device *d)
{
	unsigned v, dev, sv, sd, bc, sc, i;
	int end = 0;

	if (sscanf(text, "pci:v%8xd%8xsv%8xsd%8xbc%2xsc%2xi%2x%n", &v, &dev, &sv, &sd, &bc, &sc, &i,
		   &end) != 7 || text[end] || v > 0xffff || dev > 0xffff || sv > 0xffff || sd > 0xffff)
		return false;
	d->vendor = (uint16_t)v;
	d->device = (uint16_t)dev;
	d->subsystem_vendor = (uint16_t)sv;
	d->subsystem_device = (uint16_t)sd;
	d->class_code = bc << 16 | sc << 8 | i;
	return true;
}

/* Files of their own: "0x10de", "0x030000". */
static void pci_read_ids(struct host *h, struct pci_device *d)
{
	uint64_t n;

	if (probe_number(h, 0xffff, &n, "%s/vendor", d->syspath) == 0)
		d->vendor = (uint16_t)n;
	if (probe_number(h, 0xffff, &n, "%s/device", d->syspath) == 0)
		d->device = (uint16_t)n;
	if (probe_number(h, 0xffff, &n, "%s/subsystem_vendor", d->syspath) == 0)
		d->subsystem_vendor = (uint16_t)n;
	if (probe_number(h, 0xffff, &n, "%s/subsystem_device", d->syspath) == 0)
		d->subsystem_device = (uint16_t)n;
	if (probe_number(h, 0xffffff, &n, "%s/class", d->syspath) == 0)
		d->class_code = (uint32_t)n;
	if (!d->modalias)
		d->modalias = arena_printf(h->arena,
					   "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", d->vendor,
					   d->device, d->subsystem_vendor, d->subsystem_device,
					   d->class_code >> 16, d->class_code >> 8 & 0xff,
					   d->class_code & 0xff);
}

static void pci_identify(struct host *h, struct pci_device *d)
{
	d->modalias = probe_word(h, "%s/modalias", d->syspath);
	if (!d->modalias || !pci_parse_modalias(d->modalias, d)) {
		d->modalias = NULL;
		pci_read_ids(h, d);
	}
	if (d->subsystem_vendor == 0xffff) /* "none" on some bridges */
		d->subsystem_vendor = d->subsystem_device = 0;
}

/* "flr bus" → { "flr", "bus" }; the file is absent when there is no way, or before Linux 5.15. */
static void pci_read_reset(struct host *h, struct pci_device *d)
{
	const char *text = probe_attr(h, "%s/reset_method", d->syspath);
	_cleanup_free_ char *copy = NULL;
	char *rest, *word;

	if (!text)
		return;
	d->reset_known = 1;
	copy = xstrdup(text);
	rest = copy;
	while ((word = probe_next_word(&rest)))
		arena_strv_add(h->arena, &d->reset, word);
}

/* driver_override reads "(null)" when nothing was written. */
static const char *pci_read_override(struct host *h, const struct pci_device *d)
{
	const char *text = probe_word(h, "%s/driver_override", d->syspath);

	return str_eq(text, "(null)") ? NULL : text;
}

static const char *pci_link(struct host *h, const struct pci_device *d, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", d->syspath, name);
	return fsroot_link_name(h->root, h->arena, path);
}

static void pci_read_sriov(struct host *h, struct pci_device *d)
{
	uint64_t n;

	if (probe_number(h, 0xffff, &n, "%s/sriov_totalvfs", d->syspath) < 0)
		return;
	d->sriov_total = (int)n;
	d->sriov_enabled = 0;
	if (probe_number(h, 0xffff, &n, "%s/sriov_numvfs", d->syspath) == 0)
		d->sriov_enabled = (int)n;
}

static void pci_read_attributes(struct host *h, struct pci_device *d)
{
	_cleanup_strv_ char **mdev = NULL;
	const char *numa;
	uint64_t node;

	d->driver = pci_link(h, d, "driver");
	d->driver_override = pci_read_override(h, d);
	numa = probe_word(h, "%s/numa_node", d->syspath); /* "-1": the machine has no nodes */
	if (numa && !str_eq(numa, "-1")) {
		if (str_to_u64(numa, 4096, &node) == 0) {
			d->numa_node = (int)node;
		} else {
			char path[PATH_MAX];

			snprintf(path, sizeof(path), "%s/numa_node", d->syspath);
			probe_note(h, path, -EINVAL);
		}
	}
	if (d->class_code >> 16 == 0x03)
		d->boot_vga = probe_tristate(h, "%s/boot_vga", d->syspath);
	pci_read_reset(h, d);
	d->rom = probe_exists(h, "%s/rom", d->syspath);
	d->power_state = probe_word(h, "%s/power_state", d->syspath);
	pci_read_sriov(h, d);
	mdev = probe_list(h, "%s/mdev_supported_types", d->syspath);
	for (char **m = mdev; m && *m; m++)
		arena_strv_add(h->arena, &d->mdev, *m);
}

/*
 * /sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0
 * A capture without links has the directory itself.
 */
static const char *pci_syspath(struct host *h, const char *name)
{
	char path[PATH_MAX];
	const char *text;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s", name);
	if (fsroot_readlink(h->root, h->arena, path, &text) == 0 &&
	    str_starts_with(text, "../../../devices/"))
		return arena_printf(h->arena, "sys/%s", text + strlen("../../../"));
	return arena_strdup(h->arena, path);
}

static struct pci_device *pci_device_new(struct host *h, struct pci_addr addr, const char *name)
{
	struct pci_device *d = arena_alloc(h->arena, sizeof(*d));

	d->addr = addr;
	pci_addr_format(addr, d->address);
	d->syspath = pci_syspath(h, name);
	d->numa_node = d->boot_vga = d->rom = -1;
	d->sriov_total = d->sriov_enabled = -1;
	d->port_type = PCI_PORT_UNKNOWN;
	d->acs_cap = d->acs_ctrl = -1;
	return d;
}

static int pci_compare(const void *a, const void *b)
{
	const struct pci_device *const *left = a, *const *right = b;

	return pci_addr_compare((*left)->addr, (*right)->addr);
}

static void pci_list_devices(struct host *h)
{
	_cleanup_strv_ char **names = probe_list(h, PCI_DEVICES);
	size_t n = strv_length(strv_const(names));

	if (n == 0)
		return;
	h->devices = arena_alloc(h->arena, n * sizeof(struct pci_device *));
	for (char **name = names; *name; name++) {
		struct pci_addr addr;

		if (pci_addr_parse(*name, &addr) == 0)
			h->devices[h->n_devices++] = pci_device_new(h, addr, *name);
	}
	/* By number: "10000:" sorts before "2000:" as text. */
	qsort(h->devices, h->n_devices, sizeof(struct pci_device *), pci_compare);
}

static struct pci_device *pci_find(const struct host *h, struct pci_addr addr)
{
	struct pci_device key = { .addr = addr }, *wanted = &key, **found;

	if (!h->n_devices)
		return NULL;
	found = bsearch(&wanted, h->devices, h->n_devices, sizeof(struct pci_device *), pci_compare);
	return found ? *found : NULL;
}

/* The component above the device's own in its path is the bridge, "pci0000:00" a root bus. */
static struct pci_device *pci_find_parent(struct host *h, const struct pci_device *d)
{
	const char *slash = strrchr(d->syspath, '/'), *start = slash;
	char name[PCI_ADDR_TEXT];
	struct pci_addr addr;
	size_t n;

	while (start && start > d->syspath && start[-1] != '/')
		start--;
	n = start ? (size_t)(slash - start) : 0;
	if (n == 0 || n >= sizeof(name))
		return NULL;
	memcpy(name, start, n);
	name[n] = '\0';
	return pci_addr_parse(name, &addr) == 0 ? pci_find(h, addr) : NULL;
}

/* physfn -> ../0000:01:00.0 */
static struct pci_device *pci_find_physfn(struct host *h, const struct pci_device *d)
{
	const char *name = pci_link(h, d, "physfn");
	struct pci_addr addr;

	return name && pci_addr_parse(name, &addr) == 0 ? pci_find(h, addr) : NULL;
}

/* The attribute tells what a kernel without rights to config space, or none at all, cannot. */
static void pci_read_revision(struct host *h, struct pci_device *d)
{
	uint64_t n;

	if (d->config_len == 0 && probe_number(h, 0xff, &n, "%s/revision", d->syspath) == 0)
		d->revision = (uint8_t)n;
}

/* reset_method came with 5.15: where no device has it, its absence says nothing. */
static void pci_settle_reset(struct host *h)
{
	bool kernel_tells = false;

	for (unsigned i = 0; i < h->n_devices; i++)
		kernel_tells = kernel_tells || h->devices[i]->reset_known;
	for (unsigned i = 0; i < h->n_devices; i++)
		h->devices[i]->reset_known = kernel_tells;
}

static int pci_run(struct host *h, struct err *err)
{
	struct pci_access *access;
	struct pci_names *names;

	pci_list_devices(h);
	if (!h->n_devices)
		return 0; /* a container, or a machine without PCI */
	access = pci_config_open(h);
	if (!access)
		return err_set(err, ERR_BUG, -EIO, _("libpci cannot read the devices below %s."),
			       fsroot_display(h->root));
	names = pci_names_open(h, access);
	for (unsigned i = 0; i < h->n_devices; i++) {
		struct pci_device *d = h->devices[i];

		pci_identify(h, d);
		pci_read_attributes(h, d);
		d->parent = pci_find_parent(h, d);
		d->physfn = pci_find_physfn(h, d);
		pci_config_read(access, h, d);
		pci_read_revision(h, d);
		pci_names_fill(names, h, d);
	}
	pci_names_close(names);
	pci_config_close(access);
	pci_settle_reset(h);
	return 0;
}

const struct probe probe_pci = {
	.name = "pci",
	.title = N_("PCI devices"),
	.run = pci_run,
};
