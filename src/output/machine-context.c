/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/machine-parts.h"
#include "output/output.h"

#include "base/str.h"
#include "output/machine-parts.h"

#include <string.h>

/*
 * What a machine template sees.  Sections ({{#disk}}) are skipped for keys that are null or false.
 *
 * name, uuid, mac     text
 * qemu_name           name with commas doubled, for a QEMU option
 * os                  "windows11", "windows10", "linux", "other"
 * os_info             libosinfo's address of the system; null when there is none
 * windows             true for both Windows
 * memory_kib, memory_mib, memory_bytes    numbers
 * hugepages           null, or {size_kib: 2048, size: "2M", count: 8192, at_start, node: null|1}; at_start:
 *                     they are made when the machine starts, on that node where there is one
 * own_memory          the script names the memory itself: for huge pages or a node
 * passes_devices      there are host devices, so all memory is locked
 * lock_kib            how much QEMU has to be allowed to lock: the memory and 1 GiB
 * memory_nodes        null, or {list: "1", strict, preferred}: host nodes the memory comes from
 * numa                null, or the guest's own NUMA nodes: {cells: [{id, cpus: "0-7", memory_mib, memory_bytes,
 *                     node: 1}]}, each on one of the host's; memory_nodes is there, too
 * cpus, sockets, dies, cores, threads   numbers, cpus = sockets * dies * cores * threads
 * topoext             AMD host and threads > 1
 * uefi, secure_boot, tpm          true/false; secure_boot implies uefi
 * spice, video        true/false; video: an emulated screen
 * virtio              the guest can be expected to have virtio drivers from its start
 * disk                null, or the first of disks
 * disks               {id: "disk0", path, qemu_path, format: "qcow2"|"raw", block, new, size, boot_order,
 *                     target, virtio, port: null|0, serial: null|text, cache, io, discard,
 *                     detect_zeroes: null|text, iothread, base: null|path, base_format, base_is_qcow2, overlay,
 *                     make_options: null|"nocow=on"}; new: made with that size (bytes, else 0) when it is
 *                     not there, empty or from the base; port = number on the SATA bus
 * install, drivers, seed  null, or {path, qemu_path, boot_order, target, port}; seed: for cloud-init
 * driver_folder       null, or where Windows' setup finds the driver of its disk: "viostor\\w11\\amd64"
 * boot_menu           null, or {timeout: 3000}, in milliseconds
 * network             null, or {name: "default", bridge: null|"br0", qemu_bridge, boot_order: null|1}
 * ports               one PCI Express root port per card: {index: 1, slot: "0x10", function: "0x0",
 *                     first}; first: function 0 of its slot
 * hostdevs            one per PCI function: {address, vendor, device: "10de"; domain, bus, slot,
 *                     function: "0x01"; port: 1, guest_bus, guest_slot, guest_function, multifunction,
 *                     rom_bar, boot_order: null|1, label: what it is called, also for people;
 *                     subsystem_vendor, subsystem_device: like vendor; ids: "0x10de:0x1e07 0x1458:0x37a9", both;
 *                     serial: null|that of an NVMe disk}
 * usb                 USB devices: {vendor: "046d", product; number: null|{bus, device} to tell twins
 *                     apart; port: null|{bus: 1, path: "4.2"}}
 * pins                null, or {cpus: [{vcpu: 0, cpu: 8}], cpu_list: "8,9", emulator: null|"0-1"}
 * hooks               null, or what the host does while the machine runs: {governor: true|false; isolate:
 *                     null|{cpus: "8,9"}; pages: null|{size_kib, count, pool: "/kernel/mm/…"}}
 * big_bars            a graphics card is passed: its memory may lie high in the address space
 * libvirt, qemu       {maxphysaddr: true, …}: what the installed versions know, a key for each row of
 *                     src/output/feature.def
 * preset              null, or "gaming"
 * ovmf                null, or the firmware found on this host: {description, code, code_format: "raw"|
 *                     "qcow2", vars, vars_format, combined: variables and code are one file}
 * enrolled_keys       Secure Boot, with a firmware that has Microsoft's keys
 * smm                 the firmware keeps its variables by System Management Mode
 * secure_loader       libvirt before 8.6 wants <loader secure='yes'/> for Secure Boot
 * until_installed     the emulated screen is there only for the installation
 * looking_glass       null, or {mib, bytes, kvmfr: true for /dev/kvmfr0, user: null|"ada"}
 * evdev               shared keyboards and mice: {path, qemu_path, keyboard, number}
 * evdev_switch        "ctrl-ctrl"
 * virtio_input        virtio keyboard and mouse in place of a USB keyboard and tablet
 * audio               null, or {spice, pipewire, pulse, jack: one is true; runtime_dir: "/run/user/1000"}
 * balloon             no device is passed, so memory can be given back to the host
 */

static json_t *context_hex(unsigned value, int digits)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%0*x", digits, value);
	return json_string(text);
}

/* QEMU splits options at commas; a doubled one is a comma. */
static json_t *context_qemu(const char *text)
{
	_cleanup_str_ struct str s = { 0 };

	for (; *text; text++) {
		if (*text == ',')
			str_addc(&s, ',');
		str_addc(&s, *text);
	}
	return json_text(str_c(&s));
}

void context_set_path(json_t *o, const char *path)
{
	json_object_set_new(o, "path", json_text(path));
	json_object_set_new(o, "qemu_path", context_qemu(path));
}

static void context_set_system(json_t *o, const struct machine *m)
{
	static const struct {
		const char *word, *info;
	} systems[] = {
		[GUEST_WINDOWS11] = { "windows11", "http://microsoft.com/win/11" },
		[GUEST_WINDOWS10] = { "windows10", "http://microsoft.com/win/10" },
		[GUEST_LINUX] = { "linux", "http://libosinfo.org/linux/2022" },
		[GUEST_OTHER] = { "other", NULL },
	};
	bool windows = m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10;

	json_object_set_new(o, "os", json_text(systems[m->os].word));
	json_object_set_new(o, "os_info", json_text(systems[m->os].info));
	json_object_set_new(o, "windows", json_boolean(windows));
	json_object_set_new(o, "virtio", json_boolean(machine_has_virtio(m)));
}

static void context_set_hardware(json_t *o, const struct machine *m)
{
	json_t *pages = json_null();

	if (m->hugepage_bytes) {
		bool one = m->memory_nodes && m->memory_strict && m->n_cells == 0;

		pages = json_object();
		json_object_set_new(pages, "count", json_integer(m->hugepages));
		json_object_set_new(pages, "at_start", json_boolean(!m->hugepages_at_boot));
		json_object_set_new(pages, "node", one ? json_text(m->memory_nodes) : json_null());
		json_object_set_new(pages, "size_kib", json_integer(m->hugepage_bytes >> 10));
		json_object_set_new(pages, "size",
				    json_string(m->hugepage_bytes >> 30 ? "1G" : "2M"));
	}
	json_object_set_new(o, "memory_kib", json_integer(m->memory_bytes >> 10));
	json_object_set_new(o, "memory_mib", json_integer(m->memory_bytes >> 20));
	json_object_set_new(o, "memory_bytes", json_integer(m->memory_bytes));
	json_object_set_new(o, "hugepages", pages);
	json_object_set_new(o, "cpus", json_integer(m->cpus));
	json_object_set_new(o, "sockets", json_integer(m->sockets));
	json_object_set_new(o, "dies", json_integer(m->dies));
	json_object_set_new(o, "cores", json_integer(m->cores));
	json_object_set_new(o, "threads", json_integer(m->threads));
	json_object_set_new(o, "topoext", json_boolean(m->amd_topoext));
	json_object_set_new(o, "uefi", json_boolean(m->firmware != GUEST_BIOS));
	json_object_set_new(o, "secure_boot", json_boolean(m->firmware == GUEST_UEFI_SECURE));
	json_object_set_new(o, "tpm", json_boolean(m->tpm));
	json_object_set_new(o, "spice", json_boolean(m->display != GUEST_DISPLAY_NONE));
	json_object_set_new(o, "video", json_boolean(m->display == GUEST_DISPLAY_SPICE ||
						 (m->display == GUEST_DISPLAY_LOOKING_GLASS && m->until_installed)));
}

/* Numbers given out while the context is made: what is started from, and places on the SATA bus. */
struct context_count {
	int order;
	unsigned sata, virtio;
};

static json_t *context_cdrom(const char *path, struct context_count *count, int boot_order)
{
	json_t *o;
	unsigned port = count->sata++;

	if (!path)
		return json_null();
	o = json_object();
	context_set_path(o, path);
	json_object_set_new(o, "target", json_sprintf("sd%c", 'a' + (int)port));
	json_object_set_new(o, "port", json_integer(port));
	json_object_set_new(o, "boot_order", json_integer_or_null(boot_order));
	return o;
}

static json_t *context_make_options(const struct machine_disk *d)
{
	_cleanup_str_ struct str s = { 0 };

	if (d->nocow)
		str_add(&s, "nocow=on");
	if (d->preallocation)
		str_addf(&s, "%spreallocation=%s", s.len ? "," : "", d->preallocation);
	return s.len ? json_string(str_c(&s)) : json_null();
}

static json_t *context_disk(const struct machine *m, unsigned i, struct context_count *count)
{
	const struct machine_disk *d = &m->disks[i];
	json_t *o = json_object();
	unsigned place = d->virtio ? count->virtio++ : count->sata++;

	context_set_path(o, d->path);
	json_object_set_new(o, "id", json_sprintf("disk%u", i));
	json_object_set_new(o, "format", json_text(d->format));
	json_object_set_new(o, "block", json_boolean(d->is_block));
	json_object_set_new(o, "new", json_boolean(d->bytes > 0));
	json_object_set_new(o, "size", json_integer(d->bytes));
	json_object_set_new(o, "boot_order", json_integer(count->order++));
	json_object_set_new(o, "target", json_sprintf("%cd%c", d->virtio ? 'v' : 's', 'a' + (int)place));
	json_object_set_new(o, "virtio", json_boolean(d->virtio));
	json_object_set_new(o, "port", d->virtio ? json_null() : json_integer(place));
	json_object_set_new(o, "serial", json_text(d->serial));
	json_object_set_new(o, "cache", json_text(d->cache));
	json_object_set_new(o, "io", json_text(d->io));
	json_object_set_new(o, "discard", json_text(d->discard));
	json_object_set_new(o, "detect_zeroes", json_text(d->detect_zeroes));
	/* the machine has one I/O thread when its system can be expected to know virtio */
	json_object_set_new(o, "iothread", json_boolean(d->virtio && machine_has_virtio(m)));
	json_object_set_new(o, "make_options", context_make_options(d));
	json_object_set_new(o, "base", json_text(d->base));
	json_object_set_new(o, "base_format", json_text(d->base_format));
	json_object_set_new(o, "base_is_qcow2", json_boolean(str_eq(d->base_format, "qcow2")));
	json_object_set_new(o, "overlay", json_boolean(d->overlay));
	return o;
}

/* The disks before the installer: a blank disk is passed over, an installed one is not asked twice. */
static void context_set_disks(json_t *o, const struct machine *m, struct context_count *count)
{
	json_t *disks = json_array();

	for (unsigned i = 0; i < m->n_disks; i++)
		json_array_append_new(disks, context_disk(m, i, count));
	/* the first port stays free for a disk, so that discs keep their places */
	if (!count->sata)
		count->sata = 1;
	json_object_set(o, "disk", m->n_disks ? json_array_get(disks, 0) : json_null());
	json_object_set_new(o, "disks", disks);
}

static void context_set_discs(json_t *o, const struct machine *m, struct context_count *count, int install_order)
{
	json_object_set_new(o, "install", context_cdrom(m->install_iso, count, install_order));
	json_object_set_new(o, "drivers", context_cdrom(m->drivers_iso, count, -1));
	json_object_set_new(o, "seed", context_cdrom(m->seed ? m->seed->path : NULL, count, -1));
	json_object_set_new(o, "driver_folder", json_text(m->driver_folder));
	json_object_set_new(o, "boot_menu", m->boot_menu_ms < 0 ? json_null() :
								  json_pack("{si}", "timeout", m->boot_menu_ms));
}

static void context_set_network(json_t *o, const struct machine *m, int boot_order)
{
	json_t *network = json_null();
	const char *bridge = NULL;

	if (!str_eq(m->network, "none")) {
		network = json_object();
		if (str_starts_with(m->network, "bridge:"))
			bridge = m->network + 7;
		json_object_set_new(network, "name",
				    json_text(str_starts_with(m->network, "network:") ?
						      m->network + 8 :
						      "default"));
		json_object_set_new(network, "bridge", json_text(bridge));
		json_object_set_new(network, "qemu_bridge",
				    bridge ? context_qemu(bridge) : json_null());
		json_object_set_new(network, "boot_order", json_integer_or_null(boot_order));
	}
	json_object_set_new(o, "network", network);
}

/* "NVIDIA Corporation TU102 [GeForce RTX 2080 Ti]", as far as it is known. */
static json_t *context_label(const struct pci_device *d)
{
	const char *vendor = d->vendor_name, *device = d->device_name;
	_cleanup_str_ struct str raw = { 0 }, clean = { 0 };

	if (vendor)
		str_add(&raw, vendor);
	if (vendor && device)
		str_addc(&raw, ' ');
	if (device)
		str_add(&raw, device);
	/* Names come from files of the host. */
	str_add_printable(&clean, str_c(&raw));
	return json_text(clean.len ? str_c(&clean) : "PCI device");
}

static json_t *context_hostdev(const struct machine_hostdev *d, int *order)
{
	const struct pci_device *dev = d->device;
	bool bootable = pci_device_class(dev) == DEVICE_NVME;
	json_t *o = json_object();

	json_object_set_new(o, "address", json_text(dev->address));
	json_object_set_new(o, "vendor", json_sprintf("%04x", dev->vendor));
	json_object_set_new(o, "device", json_sprintf("%04x", dev->device));
	json_object_set_new(o, "subsystem_vendor", json_sprintf("%04x", dev->subsystem_vendor));
	json_object_set_new(o, "subsystem_device", json_sprintf("%04x", dev->subsystem_device));
	json_object_set_new(o, "ids", json_sprintf("0x%04x:0x%04x 0x%04x:0x%04x", dev->vendor, dev->device,
						   dev->subsystem_vendor, dev->subsystem_device));
	json_object_set_new(o, "serial", json_text(d->serial));
	json_object_set_new(o, "label", context_label(dev));
	json_object_set_new(o, "domain", context_hex(dev->addr.domain, 4));
	json_object_set_new(o, "bus", context_hex(dev->addr.bus, 2));
	json_object_set_new(o, "slot", context_hex(dev->addr.slot, 2));
	json_object_set_new(o, "function", context_hex(dev->addr.func, 1));
	json_object_set_new(o, "port", json_integer(d->guest_bus));
	json_object_set_new(o, "guest_bus", context_hex(d->guest_bus, 2));
	json_object_set_new(o, "guest_slot", context_hex(d->guest_slot, 2));
	json_object_set_new(o, "guest_function", context_hex(d->guest_func, 1));
	json_object_set_new(o, "multifunction", json_boolean(d->multifunction));
	json_object_set_new(o, "rom_bar", json_boolean(d->rom_bar));
	json_object_set_new(o, "boot_order", bootable ? json_integer((*order)++) : json_null());
	return o;
}

static void context_set_devices(json_t *o, const struct machine *m, int *order)
{
	json_t *hostdevs = json_array(), *ports = json_array();
	bool big_bars = false;
	unsigned n_ports = 0;

	for (unsigned i = 0; i < m->n_hostdevs; i++) {
		const struct machine_hostdev *d = &m->hostdevs[i];

		json_array_append_new(hostdevs, context_hostdev(d, order));
		big_bars = big_bars || pci_device_class(d->device) == DEVICE_GPU;
		if (d->guest_bus > n_ports)
			n_ports = d->guest_bus;
	}
	for (unsigned i = 0; i < n_ports; i++) {
		json_t *port = json_object();

		json_object_set_new(port, "index", json_integer(i + 1));
		json_object_set_new(port, "slot", context_hex(0x10 + i / 8, 2));
		json_object_set_new(port, "function", context_hex(i % 8, 1));
		json_object_set_new(port, "first", json_boolean(i % 8 == 0));
		json_array_append_new(ports, port);
	}
	json_object_set_new(o, "ports", ports);
	json_object_set_new(o, "hostdevs", hostdevs);
	json_object_set_new(o, "big_bars", json_boolean(big_bars));
}

static json_t *context_usb(const struct machine_usb *u)
{
	json_t *o = json_object();
	const char *path = u->port ? strchr(u->port, '-') : NULL;

	json_object_set_new(o, "vendor", json_sprintf("%04x", u->vendor));
	json_object_set_new(o, "product", json_sprintf("%04x", u->product));
	json_object_set_new(o, "number", u->number ? json_pack("{sisi}", "bus", u->bus, "device", u->number) :
						     json_null());
	json_object_set_new(o, "port", path ? json_pack("{siss}", "bus", u->bus, "path", path + 1) :
					      json_null());
	return o;
}

static void context_set_pins(json_t *o, const struct machine *m)
{
	_cleanup_str_ struct str list = { 0 };
	json_t *pins = json_null(), *cpus;

	if (m->pins) {
		cpus = json_array();
		for (unsigned i = 0; i < m->cpus; i++) {
			json_array_append_new(cpus, json_pack("{sisi}", "vcpu", (int)i, "cpu",
							      m->pins[i]));
			str_addf(&list, "%s%d", i ? "," : "", m->pins[i]);
		}
		pins = json_pack("{sossss?}", "cpus", cpus, "cpu_list", str_c(&list), "emulator",
				 m->emulator_cpus);
	}
	json_object_set_new(o, "pins", pins);
}

static void context_set_nodes(json_t *o, const struct machine *m)
{
	json_t *nodes = json_null(), *cells = json_array();

	if (m->memory_nodes) {
		nodes = json_object();
		json_object_set_new(nodes, "list", json_text(m->memory_nodes));
		json_object_set_new(nodes, "strict", json_boolean(m->memory_strict));
		json_object_set_new(nodes, "preferred", json_boolean(!m->memory_strict));
	}
	for (unsigned i = 0; i < m->n_cells; i++) {
		json_t *cell = json_object();

		json_object_set_new(cell, "id", json_integer(i));
		json_object_set_new(cell, "cpus", json_text(m->cells[i].cpus));
		json_object_set_new(cell, "memory_mib", json_integer(m->cells[i].memory_bytes >> 20));
		json_object_set_new(cell, "memory_bytes", json_integer(m->cells[i].memory_bytes));
		json_object_set_new(cell, "node", json_integer(m->cells[i].node));
		json_array_append_new(cells, cell);
	}
	json_object_set_new(o, "own_memory", json_boolean(m->memory_nodes || m->hugepage_bytes));
	json_object_set_new(o, "passes_devices", json_boolean(m->n_hostdevs > 0));
	/* What libvirt allows, too: device memory and tables come on top (qemuDomainGetMemLockLimitBytes()). */
	json_object_set_new(o, "lock_kib", json_integer((m->memory_bytes >> 10) + (1 << 20)));
	json_object_set_new(o, "memory_nodes", nodes);
	json_object_set_new(o, "numa", m->n_cells ? json_pack("{sO}", "cells", cells) : json_null());
	json_decref(cells);
}

json_t *machine_context(const struct machine *m)
{
	struct context_count count = { .order = 1 };
	json_t *o = json_object();
	json_t *usb = json_array();
	int install_order = m->boot == GUEST_BOOT_INSTALL ? count.order++ : 0;
	int network_order = m->boot == GUEST_BOOT_NETWORK ? count.order++ : -1;

	json_object_set_new(o, "name", json_text(m->name));
	json_object_set_new(o, "qemu_name", context_qemu(m->name));
	json_object_set_new(o, "uuid", json_text(m->uuid));
	json_object_set_new(o, "mac", json_text(m->mac));
	context_set_system(o, m);
	context_set_hardware(o, m);
	context_set_disks(o, m, &count);
	context_set_devices(o, m, &count.order);
	context_set_discs(o, m, &count, install_order ? install_order : count.order);
	context_set_network(o, m, network_order);
	for (unsigned i = 0; i < m->n_usb; i++)
		json_array_append_new(usb, context_usb(&m->usb[i]));
	json_object_set_new(o, "usb", usb);
	context_set_pins(o, m);
	json_object_set_new(o, "hooks", machine_hooks_context(m));
	context_set_nodes(o, m);
	machine_context_display(o, m);
	return o;
}
