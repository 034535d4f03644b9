/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/answers.h"
#include "model/cpu-set.h"
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

/* One NUMA node of the guest, on one of the host. */
struct machine_cell {
	const char *cpus;	/* virtual CPUs: "0-7" */
	long long memory_bytes;
	int node;		/* of the host */
};

/* A default that came from the preset. */
struct machine_default {
	const char *key, *value; /* of the answer: "pin", "auto" */
	const char *why;	/* translated sentence */
	const char *why_not;	/* translated: it cannot be had on this host, and was left out; else NULL */
};

/* Something to know of the machine before it is used. */
struct machine_note {
	const char *id;		/* stable word: "machine-left-out" */
	enum severity severity;
	const char *subject;	/* a path; NULL: the machine as a whole */
	const char *text;	/* translated sentences */
	const char *const *evidence, *const *advice; /* as of a finding; may be NULL */
};

/* A UEFI firmware as a description on the host (…/qemu/firmware/NAME.json) gives it. */
struct machine_ovmf {
	const char *description; /* "/usr/share/qemu/firmware/60-edk2-x86_64.json" */
	const char *code, *code_format; /* "raw" or "qcow2" */
	const char *vars, *vars_format; /* template of the variables; NULL: they are in the code's file */
	bool requires_smm, enrolled_keys, secure_boot;
};

/* A keyboard or mouse of the host that host and machine share, switched by a key. */
struct machine_evdev {
	const char *path;	/* "/dev/input/by-id/usb-Logitech_K120-event-kbd" */
	bool keyboard;
};

enum guest_audio { GUEST_AUDIO_NONE, GUEST_AUDIO_SPICE, GUEST_AUDIO_PIPEWIRE, GUEST_AUDIO_PULSE, GUEST_AUDIO_JACK };
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
	int *pins;		/* the host's CPU of every virtual one; NULL: not tied */
	const char *emulator_cpus; /* with pins: "0,1,8,9", the CPUs QEMU itself runs on */
	const char *install_iso, *drivers_iso;
	const char *network;	/* "default", "network:lab", "bridge:br0", "none" */
	const char *uuid;	/* derived from the name: writing it again replaces the same domain */
	const char *mac;	/* derived from name and devices, 52:54:00:… */
	/* What hooks do on the host while the machine runs. */
	bool hook_governor;
	const char *hook_cpus;	/* "8,9": CPUs that the host's own programs keep off; NULL: none */
	long long hook_pages;	/* huge pages of hugepage_bytes that are set aside at the start; 0 none */
	int hook_node;		/* NUMA node whose memory those are; -1 any */
	unsigned dies;		/* sockets * dies * cores * threads == cpus */
	/* With pins: QEMU's own CPUs, and siblings of the machine's cores that nobody gets */
	struct cpu_set emulator_set, unused_set;
	long long hugepages;	/* how many of hugepage_bytes */
	bool hugepages_at_boot;	/* the kernel sets them aside; else they are made when the machine starts */
	const char *memory_nodes; /* host nodes its memory comes from, "1"; NULL: any */
	bool memory_strict;	/* from nowhere else; false: rather from there */
	struct machine_cell *cells; /* none: the guest sees one node */
	unsigned n_cells;

	const char *preset;	/* "gaming"; NULL none */
	const struct machine_default *defaults;
	unsigned n_defaults;
	struct arena_list notes; /* of struct machine_note */
	bool until_installed;	/* the emulated screen is there only to install the system */
	bool host_is_here;	/* what is installed on this machine is what will run it */
	const char *libvirt_version, *qemu_version, *kernel_version; /* "9.0"; NULL not known */
	uint64_t libvirt_knows, qemu_knows; /* bit N: feature N of output/feature.def */
	const struct machine_ovmf *ovmf; /* NULL: none was found, or nothing is known of it */
	bool enrolled_keys;	/* with Secure Boot: Microsoft's keys are in the variables from the start */
	const struct machine_evdev *evdev;
	unsigned n_evdev;
	const char *evdev_switch; /* "ctrl-ctrl" */
	enum guest_audio audio;
	const char *audio_runtime_dir; /* "/run/user/1000" of the sound server's user; NULL */
	long long looking_glass_bytes; /* of the memory it shows pictures through; 0 without it */
	bool looking_glass_kvmfr; /* that memory is /dev/kvmfr0 and not a file of /dev/shm */
	bool roms_off;		/* the preset hides the ROMs of compute cards */
	const char *looking_glass_user; /* who shall be able to open it; NULL not known */
	struct machine_disk *disks; /* in the order they are started from */
	unsigned n_disks;
	struct machine_seed *seed; /* NULL: none */
	enum guest_boot boot;	/* what is tried first */
	int boot_menu_ms;	/* how long the boot menu waits; -1: none */
	const char *driver_folder; /* Windows: where the virtio disk driver is, "viostor\\w11\\amd64" */
};
/* Is there anything for a hook to do? */
static inline bool machine_has_hooks(const struct machine *m)
{
	return m->hook_governor || m->hook_cpus || m->hook_pages > 0;
}
