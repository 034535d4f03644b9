/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/pci-attributes.h"
#include "probes/pci-config.h"
#include "probes/pci-names.h"
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
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
		   &end) != 7 ||
	    text[end] || v > 0xffff || dev > 0xffff || sv > 0xffff || sd > 0xffff)
		return false;
	d->vendor = (uint16_t)v;
	d->device = (uint16_t)dev;
	d->subsystem_vendor = (uint16_t)sv;
	d->subsystem_device = (uint16_t)sd;
	d->class_code = bc << 16 | sc << 8 | i;
	return true;
}

/* Files of their own: "0x10de", "0x030000". */
static void pci_read_ids(const struct pci_dir *dir, struct pci_device *d)
{
	uint64_t n;

	if (pci_attribute_number(dir, "vendor", 0xffff, &n) == 0)
		d->vendor = (uint16_t)n;
	if (pci_attribute_number(dir, "device", 0xffff, &n) == 0)
		d->device = (uint16_t)n;
	if (pci_attribute_number(dir, "class", 0xffffff, &n) == 0)
		d->class_code = (uint32_t)n;
}

static void pci_read_subsystem(const struct pci_dir *dir)
{
	struct pci_device *d = dir->d;
	uint64_t n;

	if (pci_attribute_number(dir, "subsystem_vendor", 0xffff, &n) == 0)
		d->subsystem_vendor = (uint16_t)n;
	if (pci_attribute_number(dir, "subsystem_device", 0xffff, &n) == 0)
		d->subsystem_device = (uint16_t)n;
	d->modalias =
		arena_printf(dir->h->arena, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X",
			     d->vendor, d->device, d->subsystem_vendor, d->subsystem_device,
			     d->class_code >> 16, d->class_code >> 8 & 0xff, d->class_code & 0xff);
}

/* The same thing told in two places and differently: neither can be believed. */
static void pci_compare_ids(const struct pci_dir *dir, const struct pci_device *told)
{
	const struct pci_device *d = dir->d;

	if (told->vendor != d->vendor)
		pci_attribute_note(dir, "vendor", -EBADMSG);
	if (told->device != d->device)
		pci_attribute_note(dir, "device", -EBADMSG);
	if (told->class_code != d->class_code)
		pci_attribute_note(dir, "class", -EBADMSG);
}

/*
 * modalias tells all ids at once.  Which device this is decides what is given away, so what the files of
 * their own say is held against it.
 */
static void pci_identify(const struct pci_dir *dir)
{
	struct pci_device *d = dir->d, told;

	d->modalias = pci_attribute_word(dir, "modalias");
	if (d->modalias && pci_parse_modalias(d->modalias, d)) {
		told = *d;
		/* The kernel makes a virtual function's files up from what it read once. */
		if (!d->physfn)
			pci_read_ids(dir, &told);
		pci_compare_ids(dir, &told);
	} else {
		if (d->modalias)
			pci_attribute_note(dir, "modalias", -EBADMSG);
		pci_read_ids(dir, d);
		pci_read_subsystem(dir);
	}
	if (d->subsystem_vendor == 0xffff) /* "none" on some bridges */
		d->subsystem_vendor = d->subsystem_device = 0;
}

/* "flr bus" → { "flr", "bus" }; the file is absent when there is no way, or before Linux 5.15. */
static void pci_read_reset(const struct pci_dir *dir)
{
	const char *text = pci_attribute_text(dir, "reset_method");
	_cleanup_free_ char *copy = NULL;
	char *rest, *word;

	if (!text)
		return;
	dir->d->reset_known = 1;
	copy = xstrdup(text);
	rest = copy;
	while ((word = probe_next_word(&rest)))
		arena_strv_add(dir->h->arena, &dir->d->reset, word);
}

/* "-1" where the machine has no nodes. */
static void pci_read_numa(const struct pci_dir *dir)
{
	const char *text = pci_attribute_word(dir, "numa_node");
	uint64_t node;

	if (!text || str_eq(text, "-1"))
		return;
	if (str_to_u64(text, 4096, &node) == 0)
		dir->d->numa_node = (int)node;
	else
		pci_attribute_note(dir, "numa_node", -EINVAL);
}

/* iommu_group -> ../../../kernel/iommu_groups/28 */
static void pci_read_group(const struct pci_dir *dir)
{
	const char *id = pci_attribute_link(dir, "iommu_group");
	uint64_t n;

	if (id && str_to_u64(id, INT_MAX, &n) == 0)
		dir->d->group_id = (int)n;
}

static void pci_read_sriov(const struct pci_dir *dir)
{
	uint64_t n;

	/* Only PCI Express functions that are not virtual ones themselves can have it. */
	if (dir->d->class_code >> 16 == 0x06 ||
	    pci_attribute_number(dir, "sriov_totalvfs", 0xffff, &n) < 0)
		return;
	dir->d->sriov_total = (int)n;
	dir->d->sriov_enabled = 0;
	if (pci_attribute_number(dir, "sriov_numvfs", 0xffff, &n) == 0)
		dir->d->sriov_enabled = (int)n;
}

static void pci_read_mdev(const struct pci_dir *dir)
{
	_cleanup_strv_ char **types = NULL;

	if (!dir->has_mdev || !pci_attribute_exists(dir, "mdev_supported_types"))
		return;
	types = probe_list(dir->h, "%s/mdev_supported_types", dir->d->syspath);
	for (char **t = types; t && *t; t++)
		arena_strv_add(dir->h->arena, &dir->d->mdev, *t);
}

/*
 * /sys/bus/pci/devices/0000:01:00.0 -> ../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0
 * A capture without links has the directory itself.
 */
static const char *pci_syspath(struct host *h, int devices_fd, const char *name)
{
	static const char up[] = "../../../devices/";
	char text[PATH_MAX];
	ssize_t n = readlinkat(devices_fd, name, text, sizeof(text) - 1);

	if (n < 0)
		return arena_printf(h->arena, PCI_DEVICES "/%s", name);
	while (n > 0 && text[n - 1] == '/') /* in captures made by hand */
		n--;
	text[n] = '\0';
	if (!str_starts_with(text, up))
		return arena_printf(h->arena, PCI_DEVICES "/%s", name);
	return arena_printf(h->arena, "sys/devices/%s", text + strlen(up));
}

static struct pci_device *pci_device_new(struct host *h, struct pci_addr addr, int devices_fd,
					 const char *name)
{
	struct pci_device *d = arena_alloc(h->arena, sizeof(*d));

	d->addr = addr;
	pci_addr_format(addr, d->address);
	d->syspath = pci_syspath(h, devices_fd, name);
	d->group_id = d->numa_node = d->boot_vga = d->rom = -1;
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
	_cleanup_close_ int fd = fsroot_openat(h->root, PCI_DEVICES, O_PATH | O_DIRECTORY);
	size_t n = strv_length(strv_const(names));

	if (n == 0 || fd < 0)
		return;
	h->devices = arena_alloc(h->arena, n * sizeof(struct pci_device *));
	for (char **name = names; *name; name++) {
		struct pci_addr addr;

		if (pci_addr_parse(*name, &addr) == 0)
			h->devices[h->n_devices++] = pci_device_new(h, addr, fd, *name);
	}
	/* By number: "10000:" sorts before "2000:" as text. */
	qsort(h->devices, h->n_devices, sizeof(struct pci_device *), pci_compare);
}

static struct pci_device *pci_find(const struct host *h, struct pci_addr addr)
{
	struct pci_device key = { .addr = addr }, *wanted = &key, **found;

	if (!h->n_devices)
		return NULL;
	found = bsearch(&wanted, h->devices, h->n_devices, sizeof(struct pci_device *),
			pci_compare);
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

/*
 * What is behind Intel's VMD has a domain of its own, made by a driver, and the VMD's name on its DMA:
 *	sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0
 */
static struct pci_device *pci_find_dma_device(struct host *h, const struct pci_device *d)
{
	const char *root = strstr(d->syspath, "/pci10"), *start;
	char name[PCI_ADDR_TEXT];
	struct pci_addr addr;
	size_t n;

	if (d->addr.domain < 0x10000 || !root)
		return NULL;
	for (start = root; start > d->syspath && start[-1] != '/'; start--)
		;
	n = (size_t)(root - start);
	if (n == 0 || n >= sizeof(name))
		return NULL;
	memcpy(name, start, n);
	name[n] = '\0';
	return pci_addr_parse(name, &addr) == 0 ? pci_find(h, addr) : NULL;
}

/* There are 256 buses, so no path is longer. */
static bool pci_is_above_itself(const struct pci_device *d)
{
	const struct pci_device *up = d->parent;

	for (unsigned steps = 0; up && steps < 256; steps++, up = up->parent)
		if (up == d)
			return true;
	return false;
}

/* A capture can claim that two bridges are above each other: then neither is. */
static void pci_cut_loops(struct host *h)
{
	for (unsigned i = 0; i < h->n_devices; i++) {
		struct pci_device *d = h->devices[i];

		if (!pci_is_above_itself(d))
			continue;
		probe_note(h, d->syspath, -EBADMSG);
		d->parent = NULL;
	}
}

/* physfn -> ../0000:01:00.0 */
static struct pci_device *pci_find_physfn(const struct pci_dir *dir)
{
	const char *name = pci_attribute_link(dir, "physfn");
	struct pci_addr addr;

	return name && pci_addr_parse(name, &addr) == 0 ? pci_find(dir->h, addr) : NULL;
}

static void pci_read_attributes(const struct pci_dir *dir)
{
	struct pci_device *d = dir->d;
	uint64_t n;

	d->driver = pci_attribute_link(dir, "driver");
	pci_read_group(dir);
	pci_read_numa(dir);
	if (d->class_code >> 16 == 0x03 && pci_attribute_number(dir, "boot_vga", 1, &n) == 0)
		d->boot_vga = (int)n;
	pci_read_reset(dir);
	pci_read_mdev(dir);
	/* A virtual function has neither. */
	d->rom = !d->physfn && pci_attribute_exists(dir, "rom");
	if (!d->physfn)
		pci_read_sriov(dir);
}

static void pci_read_device(struct host *h, struct pci_device *d, struct pci_access *access,
			    struct pci_names *names, bool has_mdev)
{
	struct pci_dir dir = { .h = h, .d = d, .has_mdev = has_mdev };
	_cleanup_close_ int fd = fsroot_openat(h->root, d->syspath, O_PATH | O_DIRECTORY);
	uint64_t n;

	if (fd < 0) {
		probe_note(h, d->syspath, fd); /* unplugged just now */
	} else {
		dir.fd = fd;
		d->physfn = pci_find_physfn(&dir);
		pci_identify(&dir);
		pci_read_attributes(&dir);
		/* A virtual function's config space repeats its physical function's. */
		if (!d->physfn)
			pci_config_read(access, h, d);
		/* The attribute tells what config space does not without rights to it. */
		if (d->config_len == 0 && pci_attribute_number(&dir, "revision", 0xff, &n) == 0)
			d->revision = (uint8_t)n;
	}
	d->parent = pci_find_parent(h, d);
	d->dma_device = pci_find_dma_device(h, d);
	pci_names_fill(names, h, d);
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
	bool has_mdev;
	struct pci_names *names;

	pci_list_devices(h);
	if (!h->n_devices)
		return 0; /* a container, or a machine without PCI */
	access = pci_config_open(h);
	if (!access)
		return err_set(err, ERR_BUG, -EIO, _("libpci cannot read the devices below %s."),
			       fsroot_display(h->root));
	names = pci_names_open(h, access);
	has_mdev = fsroot_exists(h->root, "sys/class/mdev_bus");
	for (unsigned i = 0; i < h->n_devices; i++)
		pci_read_device(h, h->devices[i], access, names, has_mdev);
	pci_names_close(names);
	pci_config_close(access);
	pci_cut_loops(h);
	pci_settle_reset(h);
	return 0;
}

const struct probe probe_pci = {
	.name = "pci",
	.title = N_("PCI devices"),
	.run = pci_run,
};
