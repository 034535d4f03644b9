/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/output.h"

#include "base/str.h"

#include <string.h>

/*
 * What a machine template sees.  Sections ({{#disk}}) are skipped for keys that are null or false.
 *
 * name, uuid, mac     text
 * qemu_name           name with commas doubled, for a QEMU option
 * os                  "windows11", "windows10", "linux", "other"
 * os_info             libosinfo's address of the system; null when there is none
 * windows             true for both Windows
 * memory_kib, memory_mib, memory_bytes        numbers
 * hugepages           null, or {size_kib: 2048, size: "2M"}
 * cpus, sockets, cores, threads   numbers, cpus = sockets * cores * threads
 * topoext             AMD host and threads > 1
 * uefi, secure_boot, tpm          true/false; secure_boot implies uefi
 * spice, video, looking_glass     true/false; video: an emulated screen
 * virtio              the guest can be expected to have virtio drivers from its start
 * disk                null, or {path, qemu_path, format: "qcow2"|"raw", block, new, size, boot_order,
 *                     target}; new: made with that size (bytes, else 0) when it is not there
 * install, drivers    null, or {path, qemu_path, boot_order, target, port}; port = number on the SATA bus
 * network             null, or {name: "default", bridge: null|"br0", qemu_bridge}
 * ports               one PCI Express root port per card: {index: 1, slot: "0x10", function: "0x0",
 *                     first}; first: function 0 of its slot
 * hostdevs            one per PCI function: {address, vendor, device: "10de"; domain, bus, slot,
 *                     function: "0x01"; port: 1, guest_bus, guest_slot, guest_function, multifunction,
 *                     rom_bar, boot_order: null|1, label: what it is called, also for people;
 *                     subsystem_vendor, subsystem_device: like vendor; ids: "0x10de:0x1e07 0x1458:0x37a9", both;
 *                     serial: null|that of an NVMe disk}
 * usb                 USB devices: {vendor: "046d", product; number: null|{bus, device} to tell twins
 *                     apart; port: null|{bus: 1, path: "4.2"}}
 * pins                null, or {cpus: [{vcpu: 0, cpu: 8}], cpu_list: "8,9", emulator: "0,1"}
 * big_bars            a graphics card is passed: its memory may lie high in the address space
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

static void context_set_path(json_t *o, const char *path)
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
	/* Windows brings neither a virtio disk nor a virtio network driver: its setup needs the ISO. */
	json_object_set_new(o, "virtio", json_boolean(m->os == GUEST_LINUX ||
						      (windows && m->drivers_iso)));
}

static void context_set_hardware(json_t *o, const struct machine *m)
{
	json_t *pages = json_null();

	if (m->hugepage_bytes) {
		pages = json_object();
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
	json_object_set_new(o, "cores", json_integer(m->cores));
	json_object_set_new(o, "threads", json_integer(m->threads));
	json_object_set_new(o, "topoext", json_boolean(m->amd_topoext));
	json_object_set_new(o, "uefi", json_boolean(m->firmware != GUEST_BIOS));
	json_object_set_new(o, "secure_boot", json_boolean(m->firmware == GUEST_UEFI_SECURE));
	json_object_set_new(o, "tpm", json_boolean(m->tpm));
	json_object_set_new(o, "spice", json_boolean(m->display != GUEST_DISPLAY_NONE));
	json_object_set_new(o, "video", json_boolean(m->display == GUEST_DISPLAY_SPICE));
	json_object_set_new(o, "looking_glass",
			    json_boolean(m->display == GUEST_DISPLAY_LOOKING_GLASS));
}

static json_t *context_cdrom(const char *path, const char *target, int port, int boot_order)
{
	json_t *o;

	if (!path)
		return json_null();
	o = json_object();
	context_set_path(o, path);
	json_object_set_new(o, "target", json_string(target));
	json_object_set_new(o, "port", json_integer(port));
	json_object_set_new(o, "boot_order", json_integer_or_null(boot_order));
	return o;
}

/* The disk before the installer: a blank disk is passed over, an installed one is not asked twice. */
static void context_set_media(json_t *o, const struct machine *m, int *order)
{
	bool virtio = json_is_true(json_object_get(o, "virtio"));
	json_t *disk = json_null();

	if (m->disk_path) {
		disk = json_object();
		context_set_path(disk, m->disk_path);
		json_object_set_new(disk, "format", json_text(m->disk_format));
		json_object_set_new(disk, "block", json_boolean(m->disk_is_block));
		json_object_set_new(disk, "new", json_boolean(m->disk_bytes > 0));
		json_object_set_new(disk, "size", json_integer(m->disk_bytes));
		json_object_set_new(disk, "boot_order", json_integer((*order)++));
		json_object_set_new(disk, "target", json_string(virtio ? "vda" : "sda"));
	}
	json_object_set_new(o, "disk", disk);
}

static void context_set_network(json_t *o, const struct machine *m)
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
							      (int)m->pins[i]));
			str_addf(&list, "%s%u", i ? "," : "", m->pins[i]);
		}
		pins = json_pack("{sossss}", "cpus", cpus, "cpu_list", str_c(&list), "emulator",
				 m->emulator_cpus);
	}
	json_object_set_new(o, "pins", pins);
}

json_t *machine_context(const struct machine *m)
{
	json_t *o = json_object();
	json_t *usb = json_array();
	int order = 1;

	json_object_set_new(o, "name", json_text(m->name));
	json_object_set_new(o, "qemu_name", context_qemu(m->name));
	json_object_set_new(o, "uuid", json_text(m->uuid));
	json_object_set_new(o, "mac", json_text(m->mac));
	context_set_system(o, m);
	context_set_hardware(o, m);
	context_set_media(o, m, &order);
	context_set_devices(o, m, &order);
	json_object_set_new(o, "install", context_cdrom(m->install_iso, "sdb", 1, order));
	json_object_set_new(o, "drivers", context_cdrom(m->drivers_iso, "sdc", 2, -1));
	context_set_network(o, m);
	for (unsigned i = 0; i < m->n_usb; i++)
		json_array_append_new(usb, context_usb(&m->usb[i]));
	json_object_set_new(o, "usb", usb);
	context_set_pins(o, m);
	return o;
}
