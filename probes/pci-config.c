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
/* As many capabilities as fit, so that a chain that bites its tail ends. */
#define CONFIG_HOPS ((CONFIG_LEGACY - CONFIG_HEADER) / 4)
#define CONFIG_EXTENDED_HOPS ((CONFIG_MAX - CONFIG_LEGACY) / 8)

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
 * One double word behind the header; false where it cannot be read: 64 bytes without root, 256
 * conventional, 4096 PCI Express.  Every one is a round trip to the device, so nothing is read twice
 * and nothing that is not asked for: all of it would take a millisecond.
 */
static bool config_read(struct pci_dev *dev, int at, uint32_t *ret)
{
	uint8_t bytes[4];

	if (!pci_read_block(dev, at, bytes, sizeof(bytes)))
		return false;
	*ret = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
	return true;
}

static unsigned config_word(const uint8_t *config, int at)
{
	return config[at] | (unsigned)config[at + 1] << 8;
}

/* Root ports that lay the ACS capability out as double words: control is at +8 instead of +6. */
static bool config_has_wide_acs(const struct pci_device *d)
{
	enum { ISOLATES, ROOT_PORT, PORT, RC_ENDPOINT, WIDE, SOUTHBRIDGE, NEVER, NEVER_PORT };
	static const struct {
		uint16_t vendor, first, last;
		int rule;
	} quirks[] = {
#define ACS_QUIRK(vendor, first, last, step, rule, source) { vendor, first, last, rule },
#include "data/acs-quirks.def"
#undef ACS_QUIRK
	};

	if (d->port_type != PCI_PORT_ROOT)
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(quirks); i++)
		if (quirks[i].rule == WIDE && d->vendor == quirks[i].vendor &&
		    d->device >= quirks[i].first && d->device <= quirks[i].last)
			return true;
	return false;
}

/*
 * Only ports and functions of cards with several are asked for it.  A function above 0 is one of several
 * whatever bit 7 of its header type says.
 */
static bool config_wants_acs(const struct pci_device *d)
{
	return d->multifunction || d->addr.func ||
	       (d->port_type != PCI_PORT_ENDPOINT && d->port_type != PCI_PORT_LEGACY_ENDPOINT);
}

/* Bits 0-15 id, 20-31 where the next one is; FIRST is the one at 0x100. */
static void config_read_acs(struct pci_dev *dev, struct pci_device *d, uint32_t first)
{
	uint32_t capability = first, word;
	int at = CONFIG_LEGACY;

	d->acs_cap = d->acs_ctrl = 0;
	for (int hops = 0; hops < CONFIG_EXTENDED_HOPS && (capability & 0xffff) != PCI_EXT_CAP_ID_ACS; hops++) {
		at = (int)(capability >> 20) & ~3;
		if (at < CONFIG_LEGACY || !config_read(dev, at, &capability))
			return;
	}
	if ((capability & 0xffff) != PCI_EXT_CAP_ID_ACS || at > CONFIG_MAX - 12 || !config_read(dev, at + 4, &word))
		return;
	d->acs_offset = at;
	d->acs_cap = (int)(word & 0xffff);
	d->acs_ctrl = (int)(word >> 16);
	if (config_has_wide_acs(d) && config_read(dev, at + 8, &word))
		d->acs_ctrl = (int)(word & 0xffff);
}

static enum pci_port_type config_port_type(unsigned flags)
{
	unsigned type = flags >> 4 & 0xf;

	/* 2 and 3 are reserved, so are 11 and up. */
	if (type == 2 || type == 3 || type > PCI_PORT_RC_EVENT_COLLECTOR)
		return PCI_PORT_UNKNOWN;
	return (enum pci_port_type)type;
}

/* Slot implemented: bit 8 of the flags.  Its number: bits 19-31 of the slot capabilities at +14. */
static void config_read_slot(struct pci_dev *dev, struct pci_device *d, int at, unsigned flags)
{
	uint32_t slot;

	if (!(flags & PCI_EXP_FLAGS_SLOT) || (d->port_type != PCI_PORT_ROOT && d->port_type != PCI_PORT_DOWNSTREAM))
		return;
	if (at <= CONFIG_LEGACY - 0x18 && config_read(dev, at + PCI_EXP_SLTCAP, &slot))
		d->slot_number = (int)(slot >> 19);
}

static void config_parse_header(struct pci_device *d, const uint8_t *config)
{
	d->revision = config[PCI_REVISION_ID];
	d->header_type = config[PCI_HEADER_TYPE] & 0x7f;
	d->multifunction = config[PCI_HEADER_TYPE] & 0x80;
	if (d->header_type == PCI_HEADER_TYPE_BRIDGE || d->header_type == PCI_HEADER_TYPE_CARDBUS) {
		d->secondary_bus = config[PCI_SECONDARY_BUS];
		d->subordinate_bus = config[PCI_SUBORDINATE_BUS];
	}
}

/*
 * Byte 0 id, byte 1 where the next one is, then what belongs to it: of PCI Express the flags with the
 * port type.  False when nothing behind the header can be read.
 */
static bool config_parse_capabilities(struct pci_dev *dev, struct pci_device *d, const uint8_t *config)
{
	bool has_list = config_word(config, PCI_STATUS) & PCI_STATUS_CAP_LIST;
	int pointer = d->header_type == PCI_HEADER_TYPE_CARDBUS ? PCI_CB_CAPABILITY_LIST : PCI_CAPABILITY_LIST;
	int at = has_list ? config[pointer] & ~3 : 0;
	uint32_t capability;

	if (at < CONFIG_HEADER)
		return config_read(dev, CONFIG_HEADER, &capability);
	for (int hops = 0; at >= CONFIG_HEADER && hops < CONFIG_HOPS; hops++) {
		if (!config_read(dev, at, &capability))
			return hops > 0;
		if ((capability & 0xff) == PCI_CAP_ID_EXP) {
			d->port_type = config_port_type(capability >> 16);
			config_read_slot(dev, d, at, capability >> 16);
		}
		if ((capability & 0xff) == PCI_CAP_ID_EXP || (capability & 0xff) == 0xff)
			break;
		at = (int)(capability >> 8 & 0xff) & ~3;
	}
	return true;
}

/* How many bytes there are, as far as this process may read them. */
static int config_parse(struct pci_dev *dev, struct pci_device *d, const uint8_t *config)
{
	uint32_t extended;

	config_parse_header(d, config);
	if (!config_parse_capabilities(dev, d, config))
		return CONFIG_HEADER;
	/* Conventional devices have no extended capabilities. */
	if (d->port_type == PCI_PORT_UNKNOWN) {
		d->acs_cap = d->acs_ctrl = 0;
		return CONFIG_LEGACY;
	}
	if (!config_read(dev, CONFIG_LEGACY, &extended))
		return CONFIG_LEGACY;
	if (config_wants_acs(d))
		config_read_acs(dev, d, extended);
	return CONFIG_MAX;
}

/*
 * The header of another device than sysfs tells of.  A virtual function has all ones there, and the
 * kernel corrects the class of some devices, so only the ids count.
 */
static bool config_is_other(const struct pci_device *d, const uint8_t *config)
{
	return !d->physfn && (config_word(config, PCI_VENDOR_ID) != d->vendor ||
			      config_word(config, PCI_DEVICE_ID) != d->device);
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
		len = pci_read_block(dev, 0, config, CONFIG_HEADER) ? CONFIG_HEADER : 0;
		/* All ones: the device fell off the bus, nothing in there means anything. */
		if (len && config_word(config, PCI_VENDOR_ID) == 0xffff && !d->physfn) {
			len = 0;
			snprintf(path, sizeof(path), "/%s/config", d->syspath);
			probe_note(h, path, -ENODEV);
		}
		if (len && config_is_other(d, config)) {
			snprintf(path, sizeof(path), "/%s/config", d->syspath);
			probe_note(h, path, -EBADMSG);
		}
		if (len)
			len = config_parse(dev, d, config);
	}
	d->config_len = len;
	if (dev)
		pci_free_dev(dev);
}
