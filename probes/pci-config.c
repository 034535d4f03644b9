/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/pci-config.h"

#include "base/str.h"
#include "probes/probe-util.h"

#include <errno.h>
#include <pci/pci.h>
#include <setjmp.h>
#include <string.h>

#define CONFIG_HEADER 64
#define CONFIG_LEGACY 256
#define CONFIG_MAX 4096

/* libpci hands its hooks no user pointer; probes run one after another. */
static jmp_buf config_escape;

static _noreturn_ void config_error(char *msg _unused_, ...)
{
	longjmp(config_escape, 1);
}

/* What it warns about shows in what could not be read. */
static void config_quiet(char *msg _unused_, ...)
{
}

struct pci_access *pci_config_open(struct host *h)
{
	struct pci_access *volatile access = pci_alloc();
	char path[PATH_MAX];

	access->error = config_error;
	access->warning = config_quiet;
	access->debug = config_quiet;
	/* No other method: they would go round the root to this machine's ports and memory. */
	access->method = PCI_ACCESS_SYS_BUS_PCI;
	fsroot_library_path(h->root, "sys/bus/pci", path);
	if (setjmp(config_escape) || pci_set_param(access, strdupa("sysfs.path"), path) < 0) {
		pci_cleanup(access);
		return NULL;
	}
	pci_init(access);
	return access;
}

void pci_config_close(struct pci_access *access)
{
	if (access)
		pci_cleanup(access);
}

/*
 * How much of it can be read: 64 bytes without root, 256 conventional, 4096 PCI Express.  Only looked
 * for, not read: every four bytes are one round trip to the device, all of them a millisecond.
 */
static int config_length(struct pci_dev *dev, uint8_t config[static CONFIG_HEADER])
{
	uint8_t probe[4];

	if (!pci_read_block(dev, 0, config, CONFIG_HEADER))
		return 0;
	if (!pci_read_block(dev, CONFIG_HEADER, probe, sizeof(probe)))
		return CONFIG_HEADER;
	return pci_read_block(dev, CONFIG_LEGACY, probe, sizeof(probe)) ? CONFIG_MAX
									: CONFIG_LEGACY;
}

static unsigned config_word(const uint8_t *config, int at)
{
	return config[at] | (unsigned)config[at + 1] << 8;
}

/*
 * Intel 100/200 series and 7th/8th generation mobile chipsets lay the root ports' ACS capability out
 * as double words: control is at +8 instead of +6 (drivers/pci/quirks.c, pci_quirk_intel_spt_pch_acs).
 */
static bool config_has_wide_acs(const struct pci_device *d)
{
	static const uint16_t ranges[][2] = {
		{ 0xa110, 0xa11f }, { 0xa167, 0xa16a }, { 0xa290, 0xa29f },
		{ 0xa2e7, 0xa2ee }, { 0x9d10, 0x9d1b },
	};

	if (d->vendor != 0x8086 || d->port_type != PCI_PORT_ROOT)
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(ranges); i++)
		if (d->device >= ranges[i][0] && d->device <= ranges[i][1])
			return true;
	return false;
}

static void config_read_acs(struct pci_dev *dev, struct pci_device *d, int len)
{
	const struct pci_cap *acs;
	int control;

	if (len < CONFIG_MAX) {
		/* A conventional device has no extended capabilities; else they were kept from us. */
		if (len == CONFIG_LEGACY && d->port_type == PCI_PORT_UNKNOWN)
			d->acs_cap = d->acs_ctrl = 0;
		return;
	}
	d->acs_cap = d->acs_ctrl = 0;
	acs = pci_find_cap(dev, PCI_EXT_CAP_ID_ACS, PCI_CAP_EXTENDED);
	if (!acs || acs->addr > CONFIG_MAX - 12)
		return;
	control = (int)acs->addr + (config_has_wide_acs(d) ? 8 : 6);
	d->acs_cap = pci_read_word(dev, (int)acs->addr + 4);
	d->acs_ctrl = pci_read_word(dev, control);
}

static enum pci_port_type config_port_type(unsigned flags)
{
	unsigned type = flags >> 4 & 0xf;

	/* 2 and 3 are reserved, so are 11 and up. */
	if (type == 2 || type == 3 || type > PCI_PORT_RC_EVENT_COLLECTOR)
		return PCI_PORT_UNKNOWN;
	return (enum pci_port_type)type;
}

static void config_parse(struct pci_dev *dev, struct pci_device *d, const uint8_t *config, int len)
{
	const struct pci_cap *express;

	d->revision = config[PCI_REVISION_ID];
	d->header_type = config[PCI_HEADER_TYPE] & 0x7f;
	d->multifunction = config[PCI_HEADER_TYPE] & 0x80;
	if (d->header_type == PCI_HEADER_TYPE_BRIDGE || d->header_type == PCI_HEADER_TYPE_CARDBUS) {
		d->secondary_bus = config[PCI_SECONDARY_BUS];
		d->subordinate_bus = config[PCI_SUBORDINATE_BUS];
	}
	if (len < CONFIG_LEGACY)
		return;
	express = pci_find_cap(dev, PCI_CAP_ID_EXP, PCI_CAP_NORMAL);
	if (express && express->addr <= CONFIG_LEGACY - 4)
		d->port_type = config_port_type(pci_read_word(dev, (int)express->addr + 2));
	config_read_acs(dev, d, len);
}

void pci_config_read(struct pci_access *access, struct host *h, struct pci_device *d)
{
	struct pci_dev *volatile dev = NULL;
	char path[PATH_MAX];
	uint8_t config[CONFIG_HEADER];
	volatile int len = 0;

	if (setjmp(config_escape) == 0) {
		dev = pci_get_dev(access, (int)d->addr.domain, d->addr.bus, d->addr.slot,
				  d->addr.func);
		len = config_length(dev, config);
		/* All ones: the device fell off the bus, nothing in there means anything. */
		if (len && config_word(config, PCI_VENDOR_ID) == 0xffff && !d->physfn) {
			len = 0;
			snprintf(path, sizeof(path), "/%s/config", d->syspath);
			probe_note(h, path, -ENODEV);
		}
		if (len) {
			pci_setup_cache(dev, config, CONFIG_HEADER);
			config_parse(dev, d, config, len);
		}
	}
	d->config_len = len;
	if (dev)
		pci_free_dev(dev);
}
