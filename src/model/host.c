/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/host.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/kargs.h"

#include <fcntl.h>
#include <errno.h>
#include <string.h>

#define VENDOR_ATI    0x1002
#define VENDOR_AMD    0x1022
#define VENDOR_NVIDIA 0x10de

const char *core_kind_name(enum core_kind k)
{
	switch (k) {
	case CORE_PERFORMANCE:
		return "performance";
	case CORE_EFFICIENT:
		return "efficient";
	case CORE_PLAIN:
		break;
	}
	return "plain";
}

const char *cpu_vendor_name(enum cpu_vendor v)
{
	switch (v) {
	case CPU_INTEL:
		return "intel";
	case CPU_AMD:
		return "amd";
	case CPU_HYGON:
		return "hygon";
	case CPU_ZHAOXIN:
		return "zhaoxin";
	case CPU_ARM:
		return "arm";
	case CPU_OTHER:
		break;
	}
	return "other";
}

const char *firmware_mode_name(enum firmware_mode m)
{
	switch (m) {
	case FIRMWARE_UEFI:
		return "uefi";
	case FIRMWARE_BIOS:
		return "bios";
	case FIRMWARE_UNKNOWN:
		break;
	}
	return "unknown";
}

int firmware_attribute_is_on(const struct firmware_attribute *a)
{
	static const char *const on[] = { "enable", "enabled", "on", "yes", "active" };
	static const char *const off[] = { "disable", "disabled", "off", "no", "inactive" };

	for (unsigned i = 0; a->value && i < ARRAY_SIZE(on); i++) {
		if (strcasecmp(a->value, on[i]) == 0)
			return 1;
		if (strcasecmp(a->value, off[i]) == 0)
			return 0;
	}
	return -1;
}

const char *host_use_kind_name(enum host_use_kind k)
{
	switch (k) {
	case HOST_USE_DISPLAY:
		return N_("display");
	case HOST_USE_ROOT_DISK:
		return N_("root-disk");
	case HOST_USE_DISK:
		return N_("disk");
	case HOST_USE_SWAP:
		return N_("swap");
	case HOST_USE_NETWORK:
		return N_("network");
	case HOST_USE_INPUT:
		return N_("input");
	case HOST_USE_FIRMWARE:
		break;
	}
	return N_("firmware");
}

const char *module_state_name(enum module_state s)
{
	switch (s) {
	case MODULE_MISSING:
		return "missing";
	case MODULE_AVAILABLE:
		return "module";
	case MODULE_BUILTIN:
		return "builtin";
	case MODULE_LOADED:
		return "loaded";
	case MODULE_UNKNOWN:
		break;
	}
	return "unknown";
}

/* PCI class codes: pci.ids, section "C". */
enum device_class pci_device_class(const struct pci_device *d)
{
	switch (d->class_code >> 16) {
	case 0x01:
		return d->class_code >> 8 == 0x0108 ? DEVICE_NVME : DEVICE_STORAGE;
	case 0x02:
		return DEVICE_NIC;
	case 0x03:
		return DEVICE_GPU;
	case 0x06:
		return DEVICE_BRIDGE;
	default:
		break;
	}
	switch (d->class_code >> 8) {
	case 0x0401: /* "Multimedia audio controller", old sound cards */
	case 0x0403: /* "Audio device", HD audio */
		return DEVICE_AUDIO;
	case 0x0c03:
		return DEVICE_USB;
	default:
		return DEVICE_OTHER;
	}
}

bool pci_device_is_bridge(const struct pci_device *d)
{
	return d->class_code >> 16 == 0x06;
}

/*
 * Could D be a part of a graphics card that has a switch of its own?  Those cards are, with what
 * lspci -tv shows below the slot:
 *
 *	AMD Navi	1002:1478 up, 1002:1479 down, then one bus with GPU, HDMI audio, and on some
 *			cards USB and its UCSI controller (all 1002)
 *	Intel Arc	8086:4fa1 up, 8086:4fa4 down twice: GPU and audio on a bus each
 *	NVIDIA GX2	10de:05be on both levels
 *
 * The vendor of a chip on the card is the one of the card's switch.  That alone would also be true
 * of chipsets, whose switches are soldered to the mainboard and have one unrelated slot or chip per
 * port: AMD's X570 (1022:57ad, USB 1022:149c below), ASMedia's, and Intel's Thunderbolt (USB
 * 8086:15ec below).  So only functions that graphics cards have count; USB only where no chipset
 * switch carries that vendor.
 */
static bool pci_device_may_be_on_switched_card(const struct pci_device *d)
{
	unsigned base = d->class_code >> 16;

	if (d->vendor == VENDOR_AMD)
		return false;
	if (base == 0x03 || d->class_code >> 8 == 0x0403)
		return true;
	return base == 0x0c && (d->vendor == VENDOR_ATI || d->vendor == VENDOR_NVIDIA);
}

/* Without root only 64 bytes of config space are readable, the port type is not among them. */
static bool pci_device_is_port(const struct pci_device *d, enum pci_port_type type)
{
	return d->header_type == 1 && (d->port_type == type || d->port_type == PCI_PORT_UNKNOWN);
}

struct pci_addr pci_device_card(const struct pci_device *d)
{
	const struct pci_device *down, *up;
	struct pci_addr card;

	/* Virtual functions have slots of their own, but the silicon is the physical function's. */
	if (d->physfn)
		d = d->physfn;
	card = d->addr;
	down = d->parent;
	up = down ? down->parent : NULL;
	/*
	 * One switch at most: an Arc card in a Thunderbolt box has Intel's Thunderbolt switch above
	 * its own.  A port above the upstream one is asked for, because where types are unknown two
	 * bridges in a row could also be a root port with a PCI bridge below.
	 */
	if (up && up->parent && pci_device_may_be_on_switched_card(d) &&
	    pci_device_is_port(down, PCI_PORT_DOWNSTREAM) && pci_device_is_port(up, PCI_PORT_UPSTREAM) &&
	    down->vendor == d->vendor && up->vendor == d->vendor)
		card = up->addr;
	card.func = 0;
	return card;
}

/* Other roots are written by whoever may write there, without being root. */
static bool host_may_write(const struct fsroot *root)
{
	_cleanup_close_ int fd = -1;

	if (fsroot_is_live(root))
		return geteuid() == 0;
	fd = fsroot_openat(root, "/", O_RDONLY | O_DIRECTORY);
	return fd >= 0 && faccessat(fd, ".", W_OK, AT_EACCESS) == 0;
}

struct host *host_new(const struct fsroot *root)
{
	struct arena *a = arena_new();
	struct host *h = arena_alloc(a, sizeof(*h));

	h->arena = a;
	h->root = root;
	h->is_root = host_may_write(root);
	h->identity.chassis_type = -1;
	h->cpu.threads = h->cpu.cores = h->cpu.threads_per_core = -1;
	h->cpu.has_virtualization = h->cpu.flag_virtualization = h->cpu.hypervisor = -1;
	h->cpu.has_1g_pages = -1;
	for (unsigned i = 0; i < PAGE_SIZES; i++)
		h->memory.pages[i] = (struct page_pool){ -1, -1 };
	h->firmware.secure_boot = h->firmware.setup_mode = h->firmware.opens_setup = -1;
	h->firmware.boot_current = h->firmware.pending_reboot = -1;
	h->kernel.intel_iommu_default_on = h->kernel.intel_iommu_default_on_but_gfx = -1;
	h->kernel.acs_override_known = -1;
	h->kernel.log_whole = -1;
	h->iommu.dmar_flags = h->iommu.irq_remapping = -1;
	h->iommu.dmar_width = -1;
	h->iommu.ivrs_info = -1;
	h->software.has_swtpm_setup = -1;
	h->permissions.user.uid = -1;
	h->permissions.user.groups_known = h->permissions.kvm.there = h->permissions.kvm_opens = -1;
	h->permissions.memlock_soft = h->permissions.memlock_hard = -1;
	h->confinement.apparmor = h->confinement.dynamic_ownership = -1;
	h->confinement.run_uid = h->confinement.run_gid = -1;
	h->memory.total_bytes = h->memory.available_bytes = -1;
	h->memory.hugepages_total = h->memory.hugepages_free = h->memory.hugepage_bytes = -1;
	return h;
}

void host_free(struct host *h)
{
	if (h)
		arena_free(h->arena);
}

/*
 * The kernel leaves out what calls a bridge an endpoint and the other way round ("Device scope type does
 * not match", dmar_insert_dev_scope() in drivers/iommu/intel/dmar.c), except bridges of class 06 with an
 * endpoint's header.  Below a bridge is decided by bus numbers, as is_downstream_to_pci_bridge() in
 * drivers/iommu/intel/iommu.c does, not by walking up: a tree that hostile input made cyclic cannot hold
 * this up.
 */
static bool scope_is_for(const struct dmar_scope *s, const struct pci_device *d)
{
	const struct pci_device *o = s->device;

	if (!o || (s->type == DMAR_SCOPE_ENDPOINT ? o->header_type != 0 :
		   s->type != DMAR_SCOPE_BRIDGE || (!o->header_type && !pci_device_is_bridge(o))))
		return false;
	return o == d || (o->header_type == 1 && o->addr.domain == d->addr.domain && o->secondary_bus &&
			  d->addr.bus >= o->secondary_bus && d->addr.bus <= o->subordinate_bus);
}

bool reserved_memory_is_for(const struct reserved_memory *m, const struct pci_device *d)
{
	unsigned devid = (unsigned)d->addr.bus << 8 | (unsigned)d->addr.slot << 3 | d->addr.func;

	if (str_eq(m->table, "IVRS"))
		return d->addr.domain == m->segment && devid >= m->first && devid <= m->last;
	for (unsigned i = 0; i < m->n_scopes; i++)
		if (scope_is_for(&m->scopes[i], d))
			return true;
	return false;
}

const struct numa_node *host_find_node(const struct host *h, int id)
{
	for (unsigned i = 0; i < h->memory.n_nodes; i++)
		if (h->memory.nodes[i].id == id)
			return &h->memory.nodes[i];
	return NULL;
}

const struct cpu_thread *host_find_cpu(const struct host *h, int id)
{
	for (unsigned i = 0; i < h->cpu.n_list; i++)
		if (h->cpu.list[i].id == id)
			return &h->cpu.list[i];
	return NULL;
}

struct pci_device *host_find_device(const struct host *h, struct pci_addr addr)
{
	for (unsigned i = 0; i < h->n_devices; i++)
		if (pci_addr_equal(h->devices[i]->addr, addr))
			return h->devices[i];
	return NULL;
}

const char *host_device_serial(const struct host *h, const struct pci_device *d)
{
	if (pci_device_class(d) != DEVICE_NVME)
		return NULL;
	for (unsigned i = 0; i < h->n_blocks; i++) {
		const char *serial = h->blocks[i]->serial;

		/* "SERIAL0000" stands in a recorded host for what was masked. */
		if (h->blocks[i]->controller == d && !h->blocks[i]->parent && !str_is_empty(serial) &&
		    !(str_starts_with(serial, "SERIAL") && strlen(serial) == strlen("SERIAL0000")))
			return serial;
	}
	return NULL;
}

struct iommu_group *host_find_group(const struct host *h, int id)
{
	for (unsigned i = 0; i < h->n_groups; i++)
		if (h->groups[i]->id == id)
			return h->groups[i];
	return NULL;
}

const char *host_cmdline_value(const struct host *h, const char *key)
{
	const char *found = NULL;
	size_t n;

	for (const char *const *arg = h->kernel.args; arg && *arg; arg++) {
		const char *start = *arg + (**arg == '"');
		const char *equals;

		if (strcmp(*arg, "--") == 0)
			break; /* what follows is for init */
		if (!karg_same_name(start, key))
			continue;
		equals = strchr(start, '=');
		found = equals ? equals + 1 : "";
	}
	if (!found || !strchr(found, '"'))
		return found;
	found += *found == '"';
	n = strlen(found);
	if (n && found[n - 1] == '"')
		n--;
	return arena_strndup(h->arena, found, n);
}

const char *host_log_find(const struct host *h, const char *needle)
{
	for (const char *const *line = h->kernel.log; line && *line; line++)
		if (strstr(*line, needle))
			return *line;
	return NULL;
}

void host_note_broken(struct host *h, const char *sentence)
{
	if (!strv_contains(h->broken, sentence))
		arena_strv_add(h->arena, &h->broken, sentence);
}

void host_note_unreadable(struct host *h, const char *path, int code)
{
	const char *note = arena_printf(h->arena, "%s: %s", path, strerror(code < 0 ? -code : code));

	code = code < 0 ? -code : code;
	if (code == EINVAL || code == ERANGE || code == EBADMSG) {
		host_note_broken(h, arena_printf(h->arena, _("%s:1: The content is not understood."), path));
		return;
	}
	if (!strv_contains(h->unreadable, note))
		arena_strv_add(h->arena, &h->unreadable, note);
}

void pci_device_add_use(struct host *h, struct pci_device *d, enum host_use_kind kind, bool only,
			const char *detail)
{
	struct host_use *grown;

	for (unsigned i = 0; i < d->n_uses; i++) {
		if (d->uses[i].kind == kind && str_eq(d->uses[i].detail, detail)) {
			d->uses[i].only |= only;
			return;
		}
	}
	grown = arena_alloc(h->arena, (d->n_uses + 1) * sizeof(*grown));
	if (d->n_uses)
		memcpy(grown, d->uses, d->n_uses * sizeof(*grown));
	grown[d->n_uses] = (struct host_use){ .kind = kind, .detail = arena_strdup(h->arena, detail), .only = only };
	d->uses = grown;
	d->n_uses++;
}
