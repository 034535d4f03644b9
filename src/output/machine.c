/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/output.h"

#include "base/str.h"
#include "model/plan.h"
#include "output/machine-parts.h"

#include <errno.h>
#include <string.h>

#define GIB (1LL << 30)
#define MIB (1LL << 20)
#define MACHINE_PORTS_MAX 24 /* root ports, one per card; three slots of eight on the root bus */

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

/* Half of the memory, 4 to 16 GiB where there is that much; the host keeps 2 GiB in any case. */
static long long machine_default_memory(long long total)
{
	long long bytes = total / 2, most = total - 2 * GIB;

	if (total < 0)
		return 4 * GIB;
	if (bytes > 16 * GIB)
		bytes = 16 * GIB;
	if (bytes < 4 * GIB)
		bytes = 4 * GIB;
	if (bytes > most)
		bytes = most;
	return bytes >= GIB ? bytes / GIB * GIB : bytes / MIB * MIB;
}

/* VFIO pins all of the guest's memory at its start: what the guest gets, the host does not have. */
static int machine_set_memory(struct machine *m, const struct host *h, const struct answers *a,
			      struct err *err)
{
	long long total = h->memory.total_bytes, bytes = answers_get_number(a, "memory");
	const char *pages = answers_get(a, "hugepages");

	if (bytes < 0)
		bytes = machine_default_memory(total);
	else if (bytes < 512 * MIB)
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--memory: a machine with UEFI firmware needs 512 MiB at least."));
	if (bytes < 512 * MIB || (total >= 0 && bytes > total - 2 * GIB))
		return err_set(err, ERR_NOT_POSSIBLE, -ENOMEM,
			       _("--memory: this host has %lld MiB and must keep 2048 MiB; there is not "
				 "enough left for a machine with %lld MiB."),
			       total / MIB, (bytes < 512 * MIB ? 512 * MIB : bytes) / MIB);
	m->memory_bytes = bytes / MIB * MIB;
	if (!pages || str_eq(pages, "none"))
		return 0;
	m->hugepage_bytes = str_eq(pages, "1G") ? GIB : 2 * MIB;
	if (m->memory_bytes % m->hugepage_bytes)
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--memory: %lld MiB cannot be divided into pages of %s."),
			       m->memory_bytes / MIB, pages);
	return 0;
}

/* Threads of one core as the guest may see them; cores that differ (hybrid) show as one thread. */
static unsigned machine_threads_per_core(const struct cpu_facts *cpu)
{
	if (cpu->threads_per_core < 2 || cpu->threads < 1 || cpu->cores < 1 ||
	    cpu->threads != cpu->cores * cpu->threads_per_core)
		return 1;
	return (unsigned)cpu->threads_per_core;
}

static int machine_set_cpus(struct machine *m, const struct host *h, const struct answers *a,
			    struct err *err)
{
	const struct cpu_facts *cpu = &h->cpu;
	unsigned per_core = machine_threads_per_core(cpu);
	long long cpus = answers_get_number(a, "cpus");

	if (cpus < 0) {
		cpus = cpu->threads > 0 ? cpu->threads / 2 : 2;
		cpus -= cpus % per_core; /* whole cores */
		if (cpus < 2)
			cpus = cpu->threads == 1 ? 1 : 2;
	} else if (cpus < 1 || cpus > 512) {
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--cpus: %lld is no number of CPUs from 1 to 512."), cpus);
	}
	if (cpu->threads > 0 && cpus > cpu->threads)
		return err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			       _("--cpus: this host has %d CPUs, not %lld."), cpu->threads, cpus);
	if (cpus % per_core)
		per_core = 1;
	m->cpus = (unsigned)cpus;
	m->sockets = 1;
	m->threads = per_core;
	m->cores = m->cpus / per_core;
	/* Without topoext QEMU hides the second thread of AMD cores ("doesn't support hyperthreading"). */
	m->amd_topoext = per_core > 1 && (cpu->vendor == CPU_AMD || cpu->vendor == CPU_HYGON);
	return 0;
}

static int machine_set_firmware(struct machine *m, const struct answers *a, struct err *err)
{
	const char *firmware = answers_get(a, "firmware"), *display = answers_get(a, "display");
	int choice;

	m->firmware = m->os == GUEST_WINDOWS11 ? GUEST_UEFI_SECURE : GUEST_UEFI;
	if (firmware) {
		choice = machine_choice(firmware, "bios|uefi|uefi-secure");
		if (choice < 0)
			return machine_wrong(err, "firmware", firmware);
		m->firmware = (enum guest_firmware)choice;
	}
	m->tpm = answers_get(a, "tpm") ? answers_get_bool(a, "tpm") : m->os == GUEST_WINDOWS11;
	if (m->os == GUEST_WINDOWS11 && m->firmware == GUEST_BIOS)
		return err_set(err, ERR_NOT_POSSIBLE, -EINVAL,
			       _("--firmware: Windows 11 does not install without UEFI."));
	/* Until the guest has a driver for the passed card, its screen stays dark. */
	m->display = GUEST_DISPLAY_SPICE;
	if (display) {
		choice = machine_choice(display, "none|spice|looking-glass");
		if (choice < 0)
			return machine_wrong(err, "display", display);
		m->display = (enum guest_display)choice;
	}
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

static int machine_compare(const void *a, const void *b)
{
	const struct machine_hostdev *x = a, *y = b;

	return pci_addr_compare(x->device->addr, y->device->addr);
}

/* Functions of one slot belong together; virtual functions are cards of their own wherever they sit. */
static bool machine_same_card(const struct pci_device *a, const struct pci_device *b)
{
	return !a->physfn && !b->physfn && pci_addr_same_slot(a->addr, b->addr);
}

/* Guest addresses of the card that starts at FIRST; returns the index behind it. */
static unsigned machine_place_card(struct machine *m, unsigned first, unsigned bus)
{
	const struct pci_device *lead = m->hostdevs[first].device;
	bool keep = lead->addr.func == 0 && !lead->physfn;
	unsigned end = first + 1;

	while (end < m->n_hostdevs && machine_same_card(lead, m->hostdevs[end].device))
		end++;
	for (unsigned i = first; i < end; i++) {
		struct machine_hostdev *d = &m->hostdevs[i];
		enum device_class class = pci_device_class(d->device);

		d->guest_bus = bus;
		d->guest_slot = 0;
		/* A slot without function 0 is empty to the guest. */
		d->guest_func = keep ? d->device->addr.func : i - first;
		d->multifunction = d->guest_func == 0 && end - first > 1;
		/* OVMF has drivers of its own for these; GPUs need theirs for a picture. */
		d->rom_bar = class != DEVICE_NVME && class != DEVICE_NIC;
	}
	return end;
}

static int machine_set_devices(struct machine *m, struct pci_device *const *devices, unsigned n,
			       struct err *err)
{
	unsigned bus = 1, used = 0;

	m->hostdevs = arena_alloc(m->arena, (n + 1) * sizeof(*m->hostdevs));
	for (unsigned i = 0; i < n; i++) {
		if (pci_device_is_bridge(devices[i]))
			continue; /* an on-card switch stays with pcieport */
		m->hostdevs[m->n_hostdevs++].device = devices[i];
	}
	if (m->n_hostdevs)
		qsort(m->hostdevs, m->n_hostdevs, sizeof(*m->hostdevs), machine_compare);
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		if (!used || m->hostdevs[used - 1].device != m->hostdevs[i].device)
			m->hostdevs[used++] = m->hostdevs[i];
	m->n_hostdevs = used;
	for (unsigned i = 0; i < m->n_hostdevs; bus++)
		i = machine_place_card(m, i, bus);
	if (bus - 1 > MACHINE_PORTS_MAX)
		return err_set(err, ERR_NOT_POSSIBLE, -E2BIG,
			       _("--device: a machine takes %d cards, not %u."), MACHINE_PORTS_MAX,
			       bus - 1);
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

/* An answer that would change nothing is refused rather than taken in silence. */
static int machine_check_preset(const struct answers *a, struct err *err)
{
	if (!answers_is_set(a, "preset"))
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, _("This version has no presets (--preset %s)."),
		answers_get(a, "preset"));
	return err_hint(err, _("Leave it out; memory, processors and display have options of their own."));
}

/* Which of two disks of the same kind is meant. */
static void machine_set_serials(struct machine *m, const struct host *h)
{
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		m->hostdevs[i].serial = arena_strdup(m->arena, host_device_serial(h, m->hostdevs[i].device));
}

int machine_build(const struct judgement *j, const struct answers *a,
		  struct pci_device *const *devices, unsigned n, struct machine **ret, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct machine *m = arena_alloc(arena, sizeof(*m));
	const struct host *h = j->host;
	int r;

	m->arena = arena;
	r = machine_check_preset(a, err);
	if (r == 0)
		r = machine_set_identity(m, a, err);
	if (r == 0)
		r = machine_set_memory(m, h, a, err);
	if (r == 0)
		r = machine_set_cpus(m, h, a, err);
	if (r == 0)
		r = machine_set_firmware(m, a, err);
	if (r == 0)
		r = machine_set_network(m, a, err);
	if (r == 0)
		r = machine_set_devices(m, devices, n, err);
	if (r == 0)
		r = machine_set_usb(m, h, a, err);
	if (r == 0)
		r = machine_set_pins(m, h, a, err);
	if (r == 0)
		r = machine_set_media(m, h, a, err);
	if (r < 0)
		return r;
	machine_set_serials(m, h);
	machine_set_ids(m);
	TAKE_PTR(arena);
	*ret = m;
	return 0;
}
