/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/output.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/plan.h"
#include "output/feature.h"
#include "output/machine-parts.h"
#include "output/preset.h"

#include <errno.h>
#include <string.h>


static const struct {
	const char *word;
	enum guest_os os;
} machine_systems[] = {
	{ "windows11", GUEST_WINDOWS11 },
	{ "windows10", GUEST_WINDOWS10 },
	{ "linux", GUEST_LINUX },
	{ "other", GUEST_OTHER },
};

void machine_free(struct machine *m)
{
	if (m)
		arena_free(m->arena);
}

static int machine_wrong(struct err *err, const char *key, const char *value)
{
	return err_set(err, ERR_USAGE, -EINVAL, _("--%s: “%s” is not possible here."), key, value);
}

/* Words of a choice: index in the '|'-separated list, -1 when it is none of them. */
static int machine_choice(const char *value, const char *choices)
{
	size_t len = strlen(value);

	for (int i = 0;; i++) {
		size_t n = strcspn(choices, "|");

		if (n == len && memcmp(choices, value, n) == 0)
			return i;
		if (!choices[n])
			return -1;
		choices += n + 1;
	}
}

static int machine_set_identity(struct machine *m, const struct answers *a, struct err *err)
{
	const char *os = answers_get(a, "os");
	unsigned i = 0;

	while (i < ARRAY_SIZE(machine_systems) && !str_eq(os, machine_systems[i].word))
		i++;
	if (i == ARRAY_SIZE(machine_systems))
		return machine_wrong(err, "os", os ? os : "");
	m->os = machine_systems[i].os;
	m->name = arena_strdup(m->arena, answers_machine_name(a));
	return 0;
}

/* "default", "none", "network:lab", "bridge:br0": interface names have up to 15 bytes, no blank or '/'. */
static int machine_set_network(struct machine *m, const struct answers *a, struct err *err)
{
	const char *network = answers_get(a, "network");

	if (!network)
		network = "default";
	if (str_starts_with(network, "bridge:")) {
		const char *name = network + 7;
		size_t len = strlen(name);

		for (size_t i = 0; i < len; i++)
			if ((unsigned char)name[i] <= 0x20 || name[i] == 0x7f || name[i] == '/')
				len = 0;
		if (!len || len > 15)
			return err_set(err, ERR_USAGE, -EINVAL,
				       _("--network: “%s” is no name of a bridge."), name);
	} else if (machine_choice(network, "default|none") < 0 &&
		   (!str_starts_with(network, "network:") || !network[8])) {
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--network: “%s” is neither default nor network:NAME nor "
				 "bridge:NAME nor none."),
			       network);
	}
	m->network = arena_strdup(m->arena, network);
	return 0;
}

/*
 * The same answers always give the same UUID (marked as version 5, made from a hash): a machine written
 * twice replaces itself in libvirt, which refuses a known name with another UUID, and Windows stays
 * activated.  The MAC (QEMU's prefix) depends on the devices too: the same name on the next host of
 * this network must not collide.
 */
static void machine_set_ids(struct machine *m)
{
	_cleanup_str_ struct str seed = { 0 };
	char hex[SHA256_TEXT];

	str_addf(&seed, "vfio-wizard machine %s", m->name);
	sha256_hex(str_c(&seed), seed.len, hex);
	hex[12] = '5';
	hex[16] = "89ab"[(unsigned char)hex[16] & 3];
	m->uuid = arena_printf(m->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
			       hex + 16, hex + 20);
	for (unsigned i = 0; i < m->n_hostdevs; i++) {
		const struct pci_device *d = m->hostdevs[i].device;

		str_addf(&seed, "\n%s %04x:%04x", d->address, d->vendor, d->device);
	}
	sha256_hex(str_c(&seed), seed.len, hex);
	m->mac = arena_printf(m->arena, "52:54:00:%.2s:%.2s:%.2s", hex, hex + 2, hex + 4);
}

/*
 * A card that only computes has no picture to show before its driver runs, and OVMF runs its ROM for nothing.
 * AMD's driver reads tables out of the ROM: those cards keep it.
 */
static void machine_hide_roms(struct machine *m, const struct answers *a)
{
	if (!str_eq(m->preset, "ai") || m->display != GUEST_DISPLAY_NONE || answers_is_set(a, "rom"))
		return;
	for (unsigned i = 0; i < m->n_hostdevs; i++) {
		struct machine_hostdev *d = &m->hostdevs[i];

		if (pci_device_class(d->device) != DEVICE_GPU || d->device->vendor != 0x10de || !d->rom_bar)
			continue;
		d->rom_bar = false;
		m->roms_off = true;
	}
}

/* Which of two disks of the same kind is meant. */
static void machine_set_serials(struct machine *m, const struct host *h)
{
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		m->hostdevs[i].serial = arena_strdup(m->arena, host_device_serial(h, m->hostdevs[i].device));
}

/* The machine of answers that the preset's defaults are in. */
static int machine_build_once(const struct judgement *j, const struct answers *a,
			      struct pci_device *const *devices, unsigned n, struct machine **ret,
			      struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct machine *m = arena_alloc(arena, sizeof(*m));
	const struct host *h = j->host;
	int r;

	m->arena = arena;
	m->preset = arena_strdup(arena, answers_get(a, "preset"));
	machine_set_versions(m, h);
	r = machine_set_identity(m, a, err);
	if (r == 0)
		r = machine_set_firmware(m, h, a, err);
	if (r == 0)
		r = machine_set_network(m, a, err);
	if (r == 0)
		r = machine_set_devices(m, h, a, devices, n, err);
	if (r == 0)
		r = machine_set_memory(m, h, a, err);
	if (r == 0)
		r = machine_set_cpus(m, h, a, err);
	if (r == 0)
		machine_set_nodes(m, h);
	if (r == 0)
		r = machine_set_usb(m, h, a, err);
	if (r == 0)
		r = machine_set_hooks(m, h, a, err);
	if (r == 0)
		r = machine_set_display(m, h, a, err);
	if (r == 0)
		machine_hide_roms(m, a);
	if (r == 0)
		r = machine_set_media(m, h, a, err);
	if (r < 0)
		return r;
	machine_set_serials(m, h);
	machine_set_ids(m);
	machine_note_left_out(m);
	TAKE_PTR(arena);
	*ret = m;
	return 0;
}

/*
 * What a preset only suggests must not keep a machine from being written: where the build fails with its
 * pins or page size, it is tried without them, one after the other.
 */
static const char *const machine_suggested[] = { "hugepages", "pin" };

static int machine_build_with(const struct judgement *j, const struct answers *a,
			      struct pci_device *const *devices, unsigned n, const char *const *without,
			      struct machine **ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	_cleanup_answers_ struct answers all = { 0 };
	struct machine_default *defaults, *kept;
	unsigned n_defaults;
	int r;

	answers_copy(&all, a);
	preset_apply(&all, scratch, without, &defaults, &n_defaults);
	r = machine_build_once(j, &all, devices, n, ret, err);
	if (r < 0)
		return r;
	kept = arena_alloc((*ret)->arena, (n_defaults + ARRAY_SIZE(machine_suggested)) * sizeof(*kept));
	for (unsigned i = 0; i < n_defaults; i++)
		kept[i] = defaults[i];
	(*ret)->defaults = kept;
	if ((*ret)->roms_off)
		kept[n_defaults++] = (struct machine_default){
			.key = "rom", .value = "off",
			.why = _("Nobody looks at the card's outputs, so the firmware need not run its ROM at every start."),
		};
	(*ret)->n_defaults = n_defaults;
	return 0;
}

/* What was left out stays in the list, with the reason in place of the effect. */
static void machine_add_left_out(struct machine *m, const struct answers *a, const char *const *without,
				 const char *why_not)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	_cleanup_answers_ struct answers all = { 0 };
	struct machine_default *defaults, *list;
	unsigned n;

	answers_copy(&all, a);
	preset_apply(&all, scratch, NULL, &defaults, &n);
	list = arena_alloc(m->arena, (m->n_defaults + n) * sizeof(*list));
	for (unsigned i = 0; i < m->n_defaults; i++)
		list[i] = m->defaults[i];
	for (unsigned i = 0; i < n; i++) {
		if (!strv_contains(without, defaults[i].key))
			continue;
		defaults[i].why_not = arena_strdup(m->arena, why_not);
		list[m->n_defaults++] = defaults[i];
	}
	m->defaults = list;
}

int machine_build(const struct judgement *j, const struct answers *a,
		  struct pci_device *const *devices, unsigned n, struct machine **ret, struct err *err)
{
	const char *without[ARRAY_SIZE(machine_suggested) + 1] = { NULL };
	struct err first = { 0 };
	int r = machine_build_with(j, a, devices, n, NULL, ret, &first), again = r;

	for (unsigned mask = 1; again < 0 && answers_is_set(a, "preset") && mask < 1u << ARRAY_SIZE(machine_suggested);
	     mask++) {
		unsigned k = 0;

		for (unsigned i = 0; i < ARRAY_SIZE(machine_suggested); i++)
			if (mask >> i & 1)
				without[k++] = machine_suggested[i];
		without[k] = NULL;
		again = machine_build_with(j, a, devices, n, without, ret, &(struct err){ 0 });
	}
	if (r < 0 && again == 0)
		machine_add_left_out(*ret, a, without, first.msg);
	else if (r < 0 && err)
		*err = first;
	return again < 0 ? r : 0;
}
