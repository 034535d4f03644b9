/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/judge.h"

#include "base/str.h"
#include "base/version.h"
#include "base/strv.h"
#include "model/kargs.h"

#include <stdio.h>
#include <string.h>

static bool judge_value_has(const char *arg, const char *word)
{
	const char *s = strchr(arg, '=');
	size_t len = strlen(word);

	if (!s)
		return false;
	for (s++; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		size_t n;

		if (*s == '"')
			s++;
		n = strcspn(s, ",\"");
		if (n == len && !memcmp(s, word, len))
			return true;
	}
	return false;
}

const char *judge_argument(const struct host *h, const char *name, const char *word,
			   const char *unless)
{
	const char *found = NULL;

	for (const char *const *arg = h->kernel.args; arg && *arg; arg++) {
		if (!karg_same_name(*arg, name))
			continue;
		if (judge_value_has(*arg, word))
			found = *arg;
		else if (unless && judge_value_has(*arg, unless))
			found = NULL;
	}
	return found;
}

int judge_kernel_at_least(const struct host *h, int major, int minor)
{
	return version_reaches(h->identity.kernel, (unsigned)major, (unsigned)minor);
}

bool judge_refuses_direct(const struct host *h)
{
	return !h->iommu.has_ivrs || judge_kernel_at_least(h, 6, 6) != 0;
}

bool judge_is_endpoint(const struct pci_device *d)
{
	return d->header_type == 0 && !pci_device_is_bridge(d);
}

struct pci_addr judge_card(const struct pci_device *d)
{
	return pci_device_card(d->physfn ? d->physfn : d);
}

bool judge_same_card(const struct pci_device *a, const struct pci_device *b)
{
	return pci_addr_same_slot(judge_card(a), judge_card(b));
}

bool judge_is_bmc_vga(const struct pci_device *d)
{
	return d->class_code >> 16 == 0x03 && device_known(d, DEVICE_BMC);
}

bool judge_is_real_gpu(const struct pci_device *d)
{
	return d->class_code >> 16 == 0x03 && !d->physfn && !judge_is_bmc_vga(d) &&
	       !device_known(d, DEVICE_EMULATED);
}

bool judge_is_lost(const struct pci_device *d)
{
	/* Header type 0x7f is 0xff without the bit for several functions; a virtual function's is not read. */
	return (d->details && d->details->config_dead) || (!d->physfn && d->header_type == 0x7f);
}

bool judge_is_laptop(const struct host *h)
{
	int t = h->identity.chassis_type; /* SMBIOS: 8 portable … 14 sub notebook, 30 tablet … 32 detachable */

	return (t >= 8 && t <= 14) || (t >= 30 && t <= 32);
}

/* A device that waits for a machine does nothing for the host any more. */
static bool judge_is_given_away(const struct pci_device *d)
{
	return d->driver && (str_starts_with(d->driver, "vfio") || strstr(d->driver, "_vfio_pci") ||
			     str_eq(d->driver, "pci-stub"));
}

bool judge_has_other_gpu(const struct host *h, const struct pci_device *d)
{
	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *o = h->devices[i];

		/* 0302, a 3D controller, has no output of its own. */
		if (o->class_code >> 16 == 0x03 && o->class_code >> 8 != 0x0302 && !o->physfn &&
		    !judge_is_given_away(o) && !judge_same_card(o, d))
			return true;
	}
	return false;
}

static bool judge_has_other_nic(const struct host *h, const struct pci_device *d)
{
	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *o = h->devices[i];

		if (pci_device_class(o) == DEVICE_NIC && !o->physfn && !judge_is_given_away(o) &&
		    !judge_same_card(o, d))
			return true;
	}
	return false;
}

/*
 * /home, and a member of an array, volume group or pool whose mounts could not be followed: a ZFS root
 * looks like this.
 */
static bool judge_has_vital_disk(const struct host *h, const struct pci_device *d)
{
	for (unsigned i = 0; i < h->n_blocks; i++) {
		const struct block_device *b = h->blocks[i];

		if (b->controller != d)
			continue;
		if (b->is_member || strv_contains(b->mounts, "/home") ||
		    (b->is_holder && !strv_length(b->mounts)))
			return true;
	}
	return false;
}

const struct host_use *judge_vital_use(const struct host *h, const struct pci_device *d)
{
	for (unsigned i = 0; i < d->n_uses; i++) {
		const struct host_use *u = &d->uses[i];
		bool vital = false;

		switch (u->kind) {
		case HOST_USE_ROOT_DISK:
		case HOST_USE_SWAP:
			vital = true;
			break;
		case HOST_USE_DISPLAY:
			vital = !judge_has_other_gpu(h, d);
			break;
		case HOST_USE_NETWORK:
			vital = u->only && (u->by_ssh || !judge_has_other_nic(h, d));
			break;
		case HOST_USE_DISK:
			vital = u->only || judge_has_vital_disk(h, d);
			break;
		case HOST_USE_INPUT:
		case HOST_USE_FIRMWARE:
			vital = u->only;
			break;
		}
		if (vital)
			return u;
	}
	return NULL;
}

const char *judge_line_place(struct judgement *j, const struct device_line *line)
{
	if (!line->own)
		return "data/devices";
	return arena_printf(j->host->arena, "%s:%u", line->file, line->number);
}

const char *judge_label(struct judgement *j, const struct pci_device *d)
{
	if (str_is_empty(d->device_name))
		return d->address;
	return arena_printf(j->host->arena, "%s (%s)", d->address, d->device_name);
}

const char *judge_addresses(struct judgement *j, struct pci_device *const *devices, unsigned n)
{
	_cleanup_str_ struct str s = { 0 };

	for (unsigned i = 0; i < n; i++)
		str_addf(&s, "%s%s", i ? ", " : "", devices[i]->address);
	return arena_strndup(j->host->arena, str_c(&s), s.len);
}
