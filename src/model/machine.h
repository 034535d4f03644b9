/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/answers.h"
#include "model/finding.h"

/*
 * The virtual machine, from facts and answers: what the templates write.  Lives in one arena.
 */
enum guest_os { GUEST_WINDOWS11, GUEST_WINDOWS10, GUEST_LINUX, GUEST_OTHER };
enum guest_firmware { GUEST_BIOS, GUEST_UEFI, GUEST_UEFI_SECURE };
enum guest_display { GUEST_DISPLAY_NONE, GUEST_DISPLAY_SPICE, GUEST_DISPLAY_LOOKING_GLASS };

struct machine_hostdev {
	const struct pci_device *device;
	/* Where the guest sees it: all functions of a card share one slot of one root port. */
	unsigned guest_bus, guest_slot, guest_func; /* bus 1.. = root port N */
	bool multifunction;	/* function 0 of a card with several */
	bool rom_bar;		/* false for NVMe, NICs: boots faster, nothing lost */
	const char *serial;	/* of an NVMe disk; NULL not known */
};

struct machine_usb {
	uint16_t vendor, product;
	const char *port;	/* "1-4.2" when chosen by its port, else NULL */
	int bus, number;	/* with a port; number 0: the id alone says which device */
};

struct machine {
	struct arena *arena;
	const char *name;
	enum guest_os os;
	enum guest_firmware firmware;
	bool tpm;
	enum guest_display display;
	long long memory_bytes;
	long long hugepage_bytes; /* size of the pages that back the memory, 0 = ordinary ones */
	unsigned cpus, sockets, cores, threads; /* sockets * cores * threads == cpus */
	bool amd_topoext;	/* AMD host and threads > 1 */
	struct machine_hostdev *hostdevs;
	unsigned n_hostdevs;
	struct machine_usb *usb;
	unsigned n_usb;
	unsigned *pins;		/* the host's CPU of every virtual one; NULL: not tied */
	const char *emulator_cpus; /* with pins: "0,1,8,9", the CPUs QEMU itself runs on */
	const char *disk_path, *disk_format; /* NULL: no virtual disk */
	bool disk_is_block;	/* a whole disk or partition of the host */
	long long disk_bytes;	/* size it is made with when it is not there; 0 = never made */
	bool disk_exists;	/* it was there when this was built */
	const char *install_iso, *drivers_iso;
	const char *network;	/* "default", "network:lab", "bridge:br0", "none" */
	const char *uuid;	/* derived from the name: writing it again replaces the same domain */
	const char *mac;	/* derived from name and devices, 52:54:00:… */
};
