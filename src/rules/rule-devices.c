/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which device can be given away: by what it is, what the host does with it, and who shares its group. */
#include "rules/judge.h"

#include "base/str.h"

/* Parts of the platform: giving them away breaks the host or gives a machine power over it. */
struct devices_part {
	uint32_t class_code, mask;
	uint16_t vendor; /* 0 any */
	bool bus_0;	 /* only when built in */
	const char *why;
};

static const struct devices_part devices_parts[] = {
	{ 0x060000, 0xffff00, 0, false, N_("It is a host bridge, a part of the processor.") },
	{ 0x060100, 0xffff00, 0, false, N_("It is the ISA bridge that the mainboard's own parts hang on.") },
	{ 0x060000, 0xff0000, 0, false, N_("It is a bridge. Bridges stay with the host; nothing is lost "
					   "by that.") },
	{ 0x080600, 0xffff00, 0, false, N_("It is the IOMMU itself.") },
	{ 0x080700, 0xffff00, 0, false, N_("It reports errors of the bus to the host.") },
	{ 0x0c0500, 0xffff00, 0, false, N_("It is the SMBus, through which the host reaches memory "
					   "modules and sensors.") },
	{ 0x088000, 0xffff00, 0x1af4, false, N_("It is the IOMMU itself.") }, /* virtio-iommu */
	{ 0x088000, 0xffff00, 0x8086, false, N_("It belongs to the processor's own parts.") },
	{ 0x0c8000, 0xffff00, 0x8086, true, N_("It belongs to the chipset.") }, /* I2C, SPI flash */
	{ 0x118000, 0xffff00, 0x8086, true, N_("It watches the temperature of the mainboard.") },
	{ 0x050000, 0xff0000, 0x8086, true, N_("It belongs to the chipset.") },
	/* I/O APICs and the uncore's counters have functions of their own on servers and X99: 00:05.4, ff:0b.1 */
	{ 0x080000, 0xffff00, 0, false, N_("It belongs to the chipset.") },
	{ 0x110100, 0xffff00, 0x8086, false, N_("It belongs to the processor's own parts.") },
};

static void devices_say(struct judgement *j, struct device_verdict *v, enum assignable level,
			const char *why)
{
	if (level > v->assignable)
		v->assignable = level;
	for (const char *const *w = v->why; w && *w; w++)
		if (str_eq(*w, why))
			return;
	arena_strv_add(j->host->arena, &v->why, why);
}

/* Never, whatever the host does with it.  NULL: may be given away. */
static const char *devices_never(const struct pci_device *d)
{
	if (d->dma_device)
		return _("It hangs on Intel VMD, which hides it from the IOMMU. Switch VMD or RST off "
			 "in the firmware setup to reach it; a Windows on this disk must be prepared "
			 "for that first.");
	if (device_known(d, DEVICE_VMD))
		return _("It is Intel VMD: all disks behind it would go along. Switch VMD or RST off in "
			 "the firmware setup to reach them one by one.");
	if (judge_is_bmc_vga(d))
		return _("It is the screen of the server's remote console (BMC).");
	/* 00:16.x: MEI (0780), KT serial (0700), IDE-R: doors of the management engine */
	if (d->vendor == 0x8086 && d->addr.domain == 0 && d->addr.bus == 0 && d->addr.slot == 0x16)
		return _("It belongs to the management engine of the chipset.");
	/* drivers/thunderbolt/nhi.c: chips up to Thunderbolt 3.  The processor's parts of that class hang on no bridge. */
	if (d->vendor == 0x8086 && d->class_code >> 8 == 0x0880 && d->parent)
		return _("It steers Thunderbolt for the whole host.");
	for (unsigned i = 0; i < ARRAY_SIZE(devices_parts); i++) {
		const struct devices_part *p = &devices_parts[i];

		if ((d->class_code & p->mask) == p->class_code &&
		    (!p->vendor || p->vendor == d->vendor) && (!p->bus_0 || d->addr.bus == 0))
			return gettext(p->why);
	}
	if (judge_is_lost(d))
		return _("It does not answer any more. Switch the computer off and on again.");
	if (d->details && d->details->nvidia_vgpu)
		return _("It is a virtual function of a graphics card divided by NVIDIA's own vGPU "
			 "interface, and has to stay on the driver nvidia. Set its type in "
			 "nvidia/current_vgpu_type below its folder in /sys and give it to a machine with "
			 "managed='no'.");
	if (d->header_type != 0)
		return _("It is a bridge. Bridges stay with the host; nothing is lost by that.");
	return NULL;
}

static const char *devices_use_sentence(enum host_use_kind kind, bool vital, bool by_ssh)
{
	switch (kind) {
	case HOST_USE_DISPLAY:
		return vital ? _("It shows the host's screen (%s), and no other graphics card can.") :
			       _("It shows the host's screen (%s); that goes dark when it is given "
				 "away. Connect the screen to the other card first.");
	case HOST_USE_ROOT_DISK:
		return _("It holds the host's system (%s). Giving it away would stop this computer.");
	case HOST_USE_SWAP:
		return _("It holds swap space that the host uses (%s). Giving it away would stop this "
			 "computer.");
	case HOST_USE_DISK:
		return vital ? _("It holds data that the host cannot do without (%s).") :
			       _("It holds data that the host uses (%s). Unmount it first, and for "
				 "good.");
	case HOST_USE_NETWORK:
		if (vital && by_ssh)
			return _("Somebody works on this host through it right now (%s). Come in through "
				 "another network card, or sit down at the computer, and look again.");
		return vital ? _("It is the host's only way to the network (%s).") :
			       _("The host uses it for the network (%s). Move the host to another "
				 "network card first.");
	case HOST_USE_INPUT:
		return vital ? _("The host's only keyboard hangs on it (%s).") :
			       _("Input devices of the host hang on it (%s).");
	case HOST_USE_FIRMWARE:
		break;
	}
	return vital ? _("The firmware needs it (%s).") : _("The firmware uses it (%s).");
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
/* Each sentence above has exactly one %s; they are whole so that they can be translated. */
static const char *devices_use_text(struct judgement *j, const struct host_use *u, bool vital)
{
	return arena_printf(j->host->arena, devices_use_sentence(u->kind, vital, u->by_ssh),
			    u->detail ? u->detail : _(host_use_kind_name(u->kind)));
}
#pragma GCC diagnostic pop

static void devices_judge_uses(struct judgement *j, struct device_verdict *v)
{
	const struct pci_device *d = v->device;
	const struct host_use *vital = judge_vital_use(j->host, d);

	if (vital)
		devices_say(j, v, ASSIGNABLE_NO, devices_use_text(j, vital, true));
	for (unsigned i = 0; i < d->n_uses; i++)
		if (&d->uses[i] != vital && !(vital && d->uses[i].kind == vital->kind))
			devices_say(j, v, ASSIGNABLE_CARE, devices_use_text(j, &d->uses[i], false));
}

static void devices_judge_gpu(struct judgement *j, struct device_verdict *v)
{
	const struct pci_device *d = v->device;

	if (d->class_code >> 16 != 0x03 || d->physfn)
		return;
	if (d->class_code >> 8 == 0x0302 && judge_is_laptop(j->host))
		devices_say(j, v, ASSIGNABLE_CARE,
			    _("It is the second graphics chip of a laptop without outputs of its own. "
			      "The machine's picture needs Looking Glass or a remote desktop, and "
			      "drivers may refuse it."));
	if (d->n_uses || d->class_code >> 8 != 0x0300)
		return;
	if (!judge_has_other_gpu(j->host, d))
		devices_say(j, v, ASSIGNABLE_CARE,
			    _("It is the only graphics card: the host has no screen while a machine "
			      "has it."));
	else if (d->boot_vga == 1)
		devices_say(j, v, ASSIGNABLE_CARE,
			    _("The firmware starts with this card. Choose another card as first "
			      "display in the firmware setup, or the machine may not get a picture."));
}

/*
 * The kernel lists no "bus" reset for a function that has siblings, because it would reset those as
 * well.  A machine that has the whole card can do that (VFIO_DEVICE_PCI_HOT_RESET): all that is on
 * the bus behind its port are functions of this card.
 */
static bool devices_card_can_be_reset(const struct host *h, const struct pci_device *d)
{
	bool siblings = false;

	if (!d->parent || d->physfn)
		return false;
	for (unsigned i = 0; i < h->n_devices; i++) {
		const struct pci_device *e = h->devices[i];

		if (e == d || e->parent != d->parent || e->physfn)
			continue;
		if (!pci_addr_same_slot(d->addr, e->addr) || pci_device_is_bridge(e))
			return false;
		siblings = true;
	}
	return siblings;
}

static void devices_judge_reset(struct judgement *j, struct device_verdict *v)
{
	const struct pci_device *d = v->device;

	if (d->reset_known == 1 && (!d->reset || !d->reset[0]) && !devices_card_can_be_reset(j->host, d))
		devices_say(j, v, ASSIGNABLE_CARE,
			    _("It cannot be reset by itself: after the machine stops it may not start "
			      "again until the computer is restarted."));
	if (d->sriov_enabled > 0)
		devices_say(j, v, ASSIGNABLE_CARE,
			    arena_printf(j->host->arena,
					 _("It has %d virtual functions switched on; vfio-pci takes "
					   "it only without them. Giving away one of those is the "
					   "better way."),
					 d->sriov_enabled));
}

static void devices_judge_iommu(struct judgement *j, struct device_verdict *v)
{
	const struct pci_device *d = v->device;

	if (j->iommu_state == IOMMU_ABSENT) {
		devices_say(j, v, ASSIGNABLE_NO, _("This host has no IOMMU."));
	} else if (d->group && d->group->has_direct_region == 1 && judge_refuses_direct(j->host)) {
		devices_say(j, v, ASSIGNABLE_NO,
			    _("The firmware reserves memory for a device of its group (RMRR), so the "
			      "kernel refuses to give it away."));
	} else if (d->group && d->group->has_direct_region == 1) {
		devices_say(j, v, ASSIGNABLE_CARE,
			    _("The firmware reserves memory for a device of its group. This kernel gives it "
			      "away all the same; Linux 6.6 and later refuse."));
	} else if (d->group && d->group->has_direct_region < 0) {
		devices_say(j, v, ASSIGNABLE_YES,
			    _("Whether the firmware reserves memory for it, which the kernel would refuse "
			      "over, could not be read."));
	} else if (!d->group && j->iommu_state == IOMMU_ON) {
		devices_say(j, v, ASSIGNABLE_NO, _("It has no IOMMU group, so nothing keeps it apart."));
	} else if (!d->group) {
		devices_say(j, v, ASSIGNABLE_YES,
			    _("Who shares its group is known only when the IOMMU is on."));
	}
}

static void devices_judge_sibling(struct judgement *j, struct device_verdict *v,
				  const struct pci_device *s)
{
	struct arena *a = j->host->arena;
	const char *label = judge_label(j, s);
	bool same_card = judge_same_card(v->device, s);

	if (judge_vital_use(j->host, s))
		devices_say(j, v, ASSIGNABLE_NO,
			    arena_printf(a, _("A group goes as a whole, and the host needs %s of it."),
					 label));
	else if (devices_never(s) && s->driver && !str_starts_with(s->driver, "vfio"))
		devices_say(j, v, ASSIGNABLE_NO,
			    arena_printf(a, _("A group goes as a whole, and the driver of %s in it keeps it "
					      "with the host."), label));
	else if (s->n_uses)
		devices_say(j, v, ASSIGNABLE_CARE,
			    arena_printf(a, _("A group goes as a whole, and the host uses %s of it."),
					 label));
	else if (!same_card && !devices_never(s))
		devices_say(j, v, ASSIGNABLE_CARE,
			    arena_printf(a, _("A group goes as a whole: %s goes along."), label));
}

/* Before there are groups, what is sure is that the functions of one card go together. */
static void devices_judge_siblings(struct judgement *j, struct device_verdict *v)
{
	const struct pci_device *d = v->device;
	struct pci_device *const *all = d->group ? d->group->devices : j->host->devices;
	unsigned n = d->group ? d->group->n_devices : j->host->n_devices;

	if (!d->group && pci_device_class(d) != DEVICE_GPU && !d->multifunction)
		return;
	for (unsigned i = 0; i < n; i++) {
		const struct pci_device *s = all[i];

		if (s == d || !judge_is_endpoint(s))
			continue;
		if (!d->group && (d->addr.bus == 0 || !judge_same_card(d, s)))
			continue; /* functions of the chipset are no card */
		devices_judge_sibling(j, v, s);
	}
}

static void devices_judge(struct judgement *j)
{
	for (unsigned i = 0; i < j->host->n_devices; i++) {
		struct device_verdict *v = &j->devices[i];
		const char *never = devices_never(v->device);

		v->assignable = ASSIGNABLE_YES;
		if (never)
			devices_say(j, v, ASSIGNABLE_NO, never);
		if (!judge_is_endpoint(v->device))
			continue;
		devices_judge_uses(j, v);
		if (never)
			continue;
		if (j->host->identity.container)
			devices_say(j, v, ASSIGNABLE_CARE,
				    _("Whether the host needs it cannot be seen from inside a container."));
		devices_judge_gpu(j, v);
		devices_judge_reset(j, v);
		devices_judge_siblings(j, v);
		devices_judge_iommu(j, v);
	}
}

const struct rule rule_devices = { "devices", devices_judge };
