/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Hosts made of facts in C, for tests of what judges or plans: no file is read. */
#include "base/str.h"
#include "model/device-data.h"
#include "model/finding.h"
#include "rules/rule.h"
#include "tests/lib/unit.h"

#include <errno.h>
#include <string.h>

struct facts {
	struct fsroot *root;
	struct host *h;
};

/* The knowledge that ships, read where it lies. */
static inline void facts_load_devices(struct host *h)
{
	const char *dir = getenv("VFIO_WIZARD_DATADIR");
	_cleanup_fsroot_ struct fsroot *fs = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = { 0 };
	size_t len = 0;

	ck_assert_int_eq(fsroot_open(dir ? dir : ".", &fs, &err), 0);
	ck_assert_int_eq(fsroot_read(fs, "data/devices", &text, &len), 0);
	device_data_add(h, "data/devices", text, len, false);
}

static inline void facts_done(struct facts *f)
{
	host_free(f->h);
	fsroot_free(f->root);
}
#define _cleanup_facts_ _cleanup_(facts_done)

/* A healthy Intel PC, IOMMU state still open: UEFI, VT-x on, vfio-pci a module, all readable. */
static inline void facts_init(struct facts *f)
{
	struct err err = { 0 };

	ck_assert_int_eq(fsroot_open("/tmp", &f->root, &err), 0);
	f->h = host_new(f->root);
	facts_load_devices(f->h);
	f->h->identity.kernel = "6.1.0-28-amd64";
	f->h->identity.chassis_type = 3;
	f->h->cpu = (struct cpu_facts){ CPU_INTEL, "Intel Core i7-10700K", 16, 8, 2, 1, 1, 0 };
	f->h->firmware.mode = FIRMWARE_UEFI;
	f->h->firmware.secure_boot = 0;
	f->h->firmware.opens_setup = 1;
	f->h->firmware.lockdown = "none";
	f->h->kernel.log_source = LOG_KMSG;
	f->h->kernel.acs_override_known = 0;
	f->h->iommu.acpi_readable = true;
	f->h->vfio.vfio_pci = MODULE_AVAILABLE;
	f->h->is_root = true;
}

static inline void facts_amd(struct facts *f)
{
	f->h->cpu.vendor = CPU_AMD;
	f->h->cpu.model = "AMD Ryzen 9 3900X 12-Core Processor";
}

static inline void facts_arg(struct facts *f, const char *arg)
{
	arena_strv_add(f->h->arena, &f->h->kernel.args, arg);
}

static inline void facts_log(struct facts *f, const char *line)
{
	arena_strv_add(f->h->arena, &f->h->kernel.log, line);
}

static inline void facts_modprobe(struct facts *f, const char *line)
{
	arena_strv_add(f->h->arena, &f->h->vfio.modprobe_lines, line);
}

static inline void facts_unit(struct facts *f, const char *name)
{
	struct iommu_facts *i = &f->h->iommu;

	if (!i->units)
		i->units = arena_alloc(f->h->arena, 8 * sizeof(*i->units));
	i->units[i->n_units++].name = name;
}

/* Group ID, made when it is not there yet. */
static inline struct iommu_group *facts_group(struct facts *f, int id)
{
	struct iommu_group *g = host_find_group(f->h, id);

	if (g)
		return g;
	if (!f->h->groups)
		f->h->groups = arena_alloc(f->h->arena, 64 * sizeof(struct iommu_group *));
	g = arena_alloc(f->h->arena, sizeof(*g));
	g->id = id;
	g->type = "DMA-FQ";
	g->devices = arena_alloc(f->h->arena, 64 * sizeof(struct pci_device *));
	f->h->groups[f->h->n_groups++] = g;
	return g;
}

/* A device below PARENT (NULL: root bus) in GROUP (-1: none); call in the order of addresses. */
static inline struct pci_device *facts_device(struct facts *f, const char *address, uint16_t vendor,
					      uint16_t device, uint32_t class_code, int group,
					      struct pci_device *parent)
{
	struct pci_device *d = arena_alloc(f->h->arena, sizeof(*d));

	ck_assert_int_eq(pci_addr_parse(address, &d->addr), 0);
	pci_addr_format(d->addr, d->address);
	d->vendor = vendor;
	d->device = device;
	d->class_code = class_code;
	d->vendor_name = d->device_name = d->class_name = "Thing";
	d->numa_node = d->boot_vga = d->rom = -1;
	d->sriov_total = d->sriov_enabled = -1;
	d->reset_known = 0;
	d->parent = parent;
	d->port_type = PCI_PORT_ENDPOINT;
	d->config_len = 4096;
	if (group >= 0) {
		struct iommu_group *g = facts_group(f, group);

		d->group = g;
		g->devices[g->n_devices++] = d;
	}
	if (!f->h->devices)
		f->h->devices = arena_alloc(f->h->arena, 64 * sizeof(struct pci_device *));
	f->h->devices[f->h->n_devices++] = d;
	return d;
}

/* A bridge; ACS is its capability and control word, 0 for none. */
static inline struct pci_device *facts_port(struct facts *f, const char *address, uint16_t vendor,
					    uint16_t device, enum pci_port_type type, int acs, int group,
					    struct pci_device *parent)
{
	struct pci_device *d = facts_device(f, address, vendor, device, 0x060400, group, parent);

	d->header_type = 1;
	d->port_type = type;
	d->acs_cap = d->acs_ctrl = acs;
	return d;
}

static inline const struct finding *facts_find(const struct judgement *j, const char *id)
{
	for (unsigned i = 0; i < j->n_findings; i++)
		if (str_eq(j->findings[i]->id, id))
			return j->findings[i];
	return NULL;
}

/* The same for tests that go on with it: fails when there is none. */
static inline const struct finding *facts_get(const struct judgement *j, const char *id)
{
	static const struct finding none = { "none", SEVERITY_OK, "none", "", NULL, NULL };
	const struct finding *f = facts_find(j, id);

	ck_assert_msg(f != NULL, "no finding %s", id);
	return f ? f : &none;
}

static inline unsigned facts_count(const struct judgement *j, const char *id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < j->n_findings; i++)
		n += str_eq(j->findings[i]->id, id);
	return n;
}

/* Does a string of V contain NEEDLE? */
static inline bool facts_says(const char *const *v, const char *needle)
{
	for (; v && *v; v++)
		if (strstr(*v, needle))
			return true;
	return false;
}

#define ck_finding(j, id) ck_assert_msg(facts_find(j, id) != NULL, "no finding %s", id)
#define ck_no_finding(j, id) ck_assert_msg(facts_find(j, id) == NULL, "finding %s", id)
#define ck_evidence(j, id, text)                                                                   \
	ck_assert_msg(facts_says(facts_get(j, id)->evidence, text), "%s has no evidence %s", id, text)
#define ck_advice(j, id, text)                                                                     \
	ck_assert_msg(facts_says(facts_get(j, id)->advice, text), "%s does not advise %s", id, text)
#define ck_no_advice(j, id, text)                                                                  \
	ck_assert_msg(!facts_says(facts_get(j, id)->advice, text), "%s advises %s", id, text)
