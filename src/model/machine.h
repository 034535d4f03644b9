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
};

struct machine_usb {
	uint16_t vendor, product;
	const char *port;	/* "1-4.2" when chosen by its port, else NULL */
	int bus, number;	/* with a port; number 0: the id alone says which device */
};

/* One virtual disk: a file or a block device of the host. */
struct machine_disk {
	const char *path;	/* a block device by a name that lasts where there is one */
	const char *format;	/* "qcow2", "raw": measured, never guessed by QEMU */
	bool is_block;		/* a whole disk or partition of the host */
	bool exists;		/* it was there when this was built */
	long long bytes;	/* size it is made with when it is not there; 0 = never made */
	const char *base, *base_format; /* image it is made from; NULL: it is made empty */
	bool overlay;		/* keeps only what differs from the base, else it is a copy */
	const char *preallocation; /* "metadata", "falloc", "full"; NULL: thin */
	bool nocow;		/* made on btrfs: without its copy on write */
	bool folder_missing;	/* the folder it is made in has to be made, too */
	const char *const *backing; /* what lies below an existing image, outermost first; NULL: nothing */
	bool virtio;		/* else SATA */
	const char *serial;	/* what the guest sees; NULL: QEMU's */
	const char *cache, *io, *discard; /* in the words of libvirt and QEMU */
	const char *detect_zeroes; /* NULL: off */
};

/* What a cloud image reads at its first start: the NoCloud files and the disc they are put on. */
struct machine_seed {
	const char *path;	/* "/var/lib/libvirt/images/web-seed.iso" */
	const char *folder;	/* "/etc/vfio-wizard/machines/web.seed": where the texts lie */
	const char *user_data, *meta_data;
	const char *network_config; /* NULL: cloud-init's own, DHCP */
};

enum guest_boot { GUEST_BOOT_DISK, GUEST_BOOT_INSTALL, GUEST_BOOT_NETWORK };

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
	const char *install_iso, *drivers_iso;
	const char *network;	/* "default", "network:lab", "bridge:br0", "none" */
	const char *uuid;	/* derived from the name: writing it again replaces the same domain */
	const char *mac;	/* derived from name and devices, 52:54:00:… */
	struct machine_disk *disks; /* in the order they are started from */
	unsigned n_disks;
	struct machine_seed *seed; /* NULL: none */
	enum guest_boot boot;	/* what is tried first */
	int boot_menu_ms;	/* how long the boot menu waits; -1: none */
	const char *driver_folder; /* Windows: where the virtio disk driver is, "viostor\\w11\\amd64" */
	struct finding **notes;	/* what is left to say about this machine; see machine_note() */
	unsigned n_notes;
	struct arena_list note_list; /* the builder behind notes */
};
