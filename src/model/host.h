/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/arena.h"
#include "base/fsroot.h"
#include "model/boards.h"
#include "model/pci-addr.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Facts: what the probes found, no judgement.  Everything lives in host->arena.  A string that is
 * not known is NULL; a number that is not known is negative; a tristate is -1 unknown, 0, 1.
 */

enum cpu_vendor { CPU_OTHER, CPU_INTEL, CPU_AMD, CPU_HYGON, CPU_ZHAOXIN, CPU_ARM };
/* The words of cli.md; valid for every value. */
const char *cpu_vendor_name(enum cpu_vendor v);

enum core_kind {
	CORE_PLAIN,		/* all cores of this host are alike, as far as is known */
	CORE_PERFORMANCE,	/* hybrid processors: Intel's "core" */
	CORE_EFFICIENT,		/* Intel's "atom"; elsewhere the cores that are made for a lower clock */
};
const char *core_kind_name(enum core_kind k); /* "plain", "performance", "efficient" */

/* One CPU of the kernel, which is one hardware thread: /sys/devices/system/cpu/cpuN */
struct cpu_thread {
	int id;
	bool online;
	enum core_kind kind;
	/* Lowest CPU of those it shares the core with; itself when alone; -1 unknown (offline). */
	int core;
	int core_id;		/* the hardware's number, unique within the package only; -1 unknown */
	int package, die, cluster; /* -1 unknown */
	int node;		/* NUMA; -1 unknown */
	int l2, l3;		/* lowest CPU of those that share that cache; -1 unknown or none */
	int64_t l3_bytes;	/* -1 unknown */
	int64_t max_khz, base_khz; /* of cpufreq; -1 unknown */
	int highest_perf;	/* of acpi_cppc: the larger, the sooner the scheduler takes it; -1 unknown */
};

struct cpu_facts {
	enum cpu_vendor vendor;
	const char *model;	/* "AMD Ryzen 9 3900X 12-Core Processor" */
	int threads, cores;	/* -1 unknown */
	int threads_per_core;	/* -1 unknown */
	int has_virtualization; /* CPUID says VMX/SVM exists in silicon; tristate */
	int flag_virtualization; /* vmx or svm in /proc/cpuinfo; tristate */
	int hypervisor;		/* CPUID leaf 1 ECX[31], else the cpuinfo flag; tristate */
	struct cpu_thread *list; /* every CPU that is present, by number; empty: not known */
	unsigned n_list;
	int has_1g_pages;	/* "pdpe1gb" of /proc/cpuinfo; tristate */
	const char *isolated;	/* kernel argument isolcpus, as the kernel lists them: "4-7"; NULL none */
	const char *nohz_full;	/* the same of nohz_full; NULL none */
	const char *allowed;	/* CPUs that machines may run on at all, where a cgroup limits them; NULL all */
	const char *allowed_from; /* the file that says so */
};

enum firmware_mode { FIRMWARE_UNKNOWN, FIRMWARE_UEFI, FIRMWARE_BIOS };
const char *firmware_mode_name(enum firmware_mode m);

/* /sys/class/firmware-attributes/DRIVER/attributes/NAME: what the firmware lets the system see. */
struct firmware_attribute {
	enum firmware_setting setting;
	const char *driver, *name; /* "thinklmi", "VTdFeature" */
	const char *title;	/* display_name, else the name */
	const char *value;	/* "Enable"; NULL unknown */
	const char *possible;	/* "Disable;Enable"; NULL unknown */
	bool hidden;		/* there is a value, and only root may read it */
};
/* 1 the value means on, 0 off, -1 neither or unknown. */
int firmware_attribute_is_on(const struct firmware_attribute *a);

struct firmware_facts {
	enum firmware_mode mode;
	int secure_boot;	/* efivar SecureBoot; tristate; -1 also on BIOS */
	int setup_mode;		/* efivar SetupMode; tristate */
	int boot_current;	/* BootCurrent, -1 unknown */
	const char *boot_current_title; /* description of Boot#### */
	const char *boot_current_path;	/* "\EFI\debian\shimx64.efi" */
	int opens_setup;	/* OsIndicationsSupported bit 0; tristate */
	const char *loader_info; /* LoaderInfo efivar: "systemd-boot 252…", "GRUB 2.06…" */
	const char *lockdown;	/* "none", "integrity", "confidentiality"; NULL unknown */
	struct firmware_attribute *attributes; /* settings that concern us, by driver and name */
	unsigned n_attributes;
	const char *attributes_driver; /* that shows pending_reboot; NULL: none is there */
	int pending_reboot;	/* changed settings wait for a restart; tristate, -1 also where none are shown */
	const struct firmware_menu *menu; /* of this board; NULL: not looked up */
	const char *board_line;	/* boards_line_to_fill() of a board nobody described yet, NULL else */
	const char *boot_current_partition; /* GUID of the partition in Boot####, lower case; NULL unknown */
	/* What boot loaders leave behind, https://systemd.io/BOOT_LOADER_INTERFACE/; NULL: not set. */
	const char *loader_partition;	/* LoaderDevicePartUUID: the partition they came from, lower case */
	const char *loader_image;	/* LoaderImageIdentifier: "\\EFI\\systemd\\systemd-bootx64.efi" */
	const char *loader_entry;	/* LoaderEntrySelected: "debian-6.1.0-28-amd64.conf" */
	const char *stub_info;		/* StubInfo, of a unified kernel image: "systemd-stub 252…" */
	const char *stub_image;		/* StubImageIdentifier: "\\EFI\\Linux\\arch-linux.efi" */
};

struct identity_facts {
	const char *vendor, *product, *board, *board_vendor;	/* DMI; placeholders are NULL */
	const char *firmware_version, *firmware_date;
	int chassis_type;	/* DMI number, -1 unknown */
	const char *distribution;	/* PRETTY_NAME */
	const char *os_id, *os_version_id;
	const char *const *os_like;	/* ID and every word of ID_LIKE */
	const char *kernel;	/* release, "6.1.0-28-amd64" */
	const char *family, *version; /* DMI product_family and product_version; placeholders are NULL */
	const char *container;	/* what it is that this runs inside of: "docker", "lxc"; NULL none seen */
	const char *container_sign; /* the path that shows it */
};

/* Where the kernel log was read from; the text is then in kernel_facts.log. */
enum log_source { LOG_NONE, LOG_KMSG, LOG_JOURNAL, LOG_FILE };

struct kernel_facts {
	const char *cmdline;		/* /proc/cmdline, one line */
	const char *const *args;	/* the same, split as the kernel splits it */
	const char *boot_id;		/* /proc/sys/kernel/random/boot_id */
	enum log_source log_source;
	const char *const *log;		/* lines without time stamp */
	const char *log_why_not;	/* LOG_NONE: a translated sentence why */
	int intel_iommu_default_on;	/* from the kernel's config; tristate */
	int intel_iommu_default_on_but_gfx; /* Debian's …DEFAULT_ON_INTGPU_OFF; tristate */
	int acs_override_known;		/* this kernel knows pcie_acs_override; tristate */
	const char *acs_override_evidence; /* "PATH: what was read there" that says so; NULL unknown */
	int log_whole;			/* the log still begins where the kernel began; tristate */
	const char *log_second_best;	/* not LOG_NONE: a translated sentence why not from /dev/kmsg;
					 * NULL: nothing better could have been read */
	const char *xen_dom0;		/* "PATH: what was read there" that says that this is the control
					 * domain of Xen; NULL: it is not */
};

/* Newest first is best-effort: as listed by /sys/class/iommu, sorted. */
struct iommu_unit {
	const char *name;	/* "dmar0", "ivhd0", "smmu3.0x…", "virtio0" */
};

/* A table of the firmware that is decoded, and how that went. */
enum acpi_table_state { ACPI_TABLE_ABSENT, ACPI_TABLE_NOT_READABLE, ACPI_TABLE_DAMAGED, ACPI_TABLE_DECODED };

struct acpi_table {
	enum acpi_table_state state;
	const char *damage;	/* translated sentence; also for a wrong checksum alone, where the
				 * entries were decoded all the same; NULL: none */
	bool bad_checksum;
};

/* What a device scope or device entry stands for; numbers are those of the VT-d specification, 8.3.1. */
enum dmar_scope_type {
	DMAR_SCOPE_ENDPOINT = 1,
	DMAR_SCOPE_BRIDGE = 2,	/* and everything below it */
	DMAR_SCOPE_IOAPIC = 3,
	DMAR_SCOPE_HPET = 4,
	DMAR_SCOPE_NAMESPACE = 5,
};

struct dmar_scope {
	uint8_t type;		/* enum dmar_scope_type, or a number it does not know */
	uint8_t id;		/* of an IOAPIC or HPET */
	const char *path;	/* "0000:00:1c.0/00.0", as the table writes it */
	struct pci_device *device; /* NULL: this host has none there */
};

/* One DRHD: an IOMMU of Intel's and what is behind it. */
struct dmar_unit {
	uint64_t base;		/* of its registers */
	uint16_t segment;
	bool rest;		/* INCLUDE_PCI_ALL: everything no other unit of the segment names */
	struct dmar_scope *scopes;
	unsigned n_scopes;
};

/* One ATSR or SATC: root ports, or devices inside, that may keep translations. */
struct dmar_ats {
	uint16_t segment;
	bool all_ports;
	struct dmar_scope *scopes;
	unsigned n_scopes;
};

/* One IVHD block: an IOMMU of AMD's, in one of three formats (one unit has a block of each). */
struct ivrs_unit {
	uint8_t type;		/* 0x10, 0x11, 0x40 */
	uint8_t flags;
	uint16_t segment, devid; /* of the IOMMU's own PCI function */
	uint64_t base;
	uint64_t features;	/* extended feature register; 0 in type 0x10 */
	struct ivrs_entry *entries;
	unsigned n_entries;
};

/* One device entry of an IVHD block; numbers are those of AMD's IOMMU specification, 5.2.2. */
enum ivrs_entry_type {
	IVRS_ALL = 1,
	IVRS_SELECT = 2,
	IVRS_RANGE = 3,		/* first to last, the end entry is folded in */
	IVRS_ALIAS = 0x42,
	IVRS_ALIAS_RANGE = 0x43,
	IVRS_EXT_SELECT = 0x46,
	IVRS_EXT_RANGE = 0x47,
	IVRS_SPECIAL = 0x48,	/* an IOAPIC or HPET */
	IVRS_ACPI = 0xf0,	/* a device without PCI address */
};

struct ivrs_entry {
	uint8_t type;		/* enum ivrs_entry_type */
	uint8_t flags;
	uint16_t first, last;	/* bus << 8 | slot << 3 | function */
	uint16_t alias;		/* whose transactions it uses, of ALIAS and ALIAS_RANGE */
	bool ioapic;		/* of SPECIAL; else HPET */
	uint8_t handle;		/* of SPECIAL: id of the IOAPIC or HPET */
};

/* One RMRR or IVMD: memory that the firmware wants devices to reach at all times. */
struct reserved_memory {
	const char *table;	/* "DMAR", "IVRS" */
	uint64_t start, end;	/* END is the last byte */
	uint16_t segment;
	struct dmar_scope *scopes; /* of an RMRR */
	unsigned n_scopes;
	uint16_t first, last;	/* of an IVMD: devices bus << 8 | slot << 3 | function */
};

struct iommu_facts {
	struct iommu_unit *units;
	unsigned n_units;
	bool has_dmar, has_ivrs, has_iort, has_viot; /* /sys/firmware/acpi/tables/X exists */
	bool acpi_readable;	/* the folder could be listed at all */
	int dmar_flags;		/* byte 0x25 of DMAR, -1 unreadable */
	int irq_remapping;	/* IR- chip names in /proc/interrupts; tristate */
	struct acpi_table dmar, ivrs;
	int dmar_width;		/* host address width in bits, -1 unknown */
	struct dmar_unit *dmar_units;
	unsigned n_dmar_units;
	struct dmar_ats *dmar_ats;
	unsigned n_dmar_ats;
	int64_t ivrs_info;	/* IVinfo at 0x24, -1 unknown */
	struct ivrs_unit *ivrs_units;
	unsigned n_ivrs_units;
	struct reserved_memory *reserved;
	unsigned n_reserved;
	bool units_hidden;	/* /sys/class/iommu could not be listed: no unit seen says nothing */
	bool groups_hidden;	/* the same of /sys/kernel/iommu_groups */
};

/* Bits of dmar_flags. */
#define DMAR_INTR_REMAP	      0x01
#define DMAR_X2APIC_OPT_OUT   0x02
#define DMAR_PLATFORM_OPT_IN  0x04 /* DMA_CTRL_PLATFORM_OPT_IN_FLAG */
#define DMAR_REMAP_OPT_OUT    0x08 /* the kernel leaves DMA remapping off, since 7.3 */

struct iommu_group {
	int id;
	const char *type;	/* "DMA", "DMA-FQ", "identity"; NULL unknown, or not read since
				 * another group is not "identity" already */
	struct pci_device **devices;	/* by address */
	unsigned n_devices;
	/* Memory that firmware insists on for one of its devices, "direct" in reserved_regions; -1 not readable */
	int has_direct_region;
};

enum pci_port_type { /* PCI Express capability, device/port type */
	PCI_PORT_UNKNOWN = -1,
	PCI_PORT_ENDPOINT = 0,
	PCI_PORT_LEGACY_ENDPOINT = 1,
	PCI_PORT_ROOT = 4,
	PCI_PORT_UPSTREAM = 5,
	PCI_PORT_DOWNSTREAM = 6,
	PCI_PORT_PCIE_TO_PCI = 7,
	PCI_PORT_PCI_TO_PCIE = 8,
	PCI_PORT_RC_ENDPOINT = 9,
	PCI_PORT_RC_EVENT_COLLECTOR = 10,
};

enum host_use_kind {
	HOST_USE_DISPLAY,
	HOST_USE_ROOT_DISK,
	HOST_USE_DISK,
	HOST_USE_SWAP,
	HOST_USE_NETWORK,
	HOST_USE_INPUT,
	HOST_USE_FIRMWARE,
};
const char *host_use_kind_name(enum host_use_kind k);

/* One thing the host does with a device. */
struct host_use {
	enum host_use_kind kind;
	const char *detail;	/* "/ on nvme0n1p2", "default route (enp6s0)", "keyboard 1-4" */
	bool only;		/* nothing else on this host does this: taking it cuts the host off */
	bool by_ssh;		/* network: somebody works on this host through it right now */
};

struct device_data;

/* One memory or port region of a function. */
struct pci_bar {
	uint64_t start;	   /* 0 while it has no place in the address space */
	uint64_t size;	   /* bytes; 0: there is none */
	bool is_io, is_64bit, is_prefetchable;
	bool unassigned;   /* the firmware and the kernel found no place for it */
	uint64_t possible; /* resizable BAR: bit n = 2^n MiB can be had; 0: not resizable or not known */
	bool from_config;  /* possible is from configuration space, not from resourceN_resize */
};

/* What only `devices` and `check` look at; everything unknown as in the rest. */
struct pci_details {
	struct pci_bar bars[6];
	bool bars_known;
	const char *power_state;   /* "D0", "D3hot", "D3cold", "unknown" */
	const char *runtime_status; /* "active", "suspended" */
	int d3cold_allowed;	   /* tristate */
	const char *local_cpus;	   /* near CPUs, "0-7,16-23" */
	const char *const *variants; /* VFIO drivers of this kernel made for it: "mlx5_vfio_pci" */
	bool nvidia_vgpu;	   /* has nvidia/creatable_vgpu_types: NVIDIA's own vGPU interface */
	const char *const *connectors; /* "HDMI-A-1 connected" */
	bool config_dead;	   /* its configuration space reads as 0xff only: it fell off the bus */
};

struct pci_device {
	struct pci_addr addr;
	char address[PCI_ADDR_TEXT];
	uint16_t vendor, device, subsystem_vendor, subsystem_device; /* 0 when there is none */
	uint8_t revision;
	uint32_t class_code;	/* 24 bits: 0x030000 */
	uint8_t header_type;	/* 0 endpoint, 1 PCI bridge, 2 CardBus; without bit 7 */
	bool multifunction;
	const char *vendor_name, *device_name, *class_name; /* never NULL: "Vendor 10de" if unknown */
	const char *driver;	/* NULL: none bound */
	const char *const *modules; /* that claim its modalias; may be NULL */
	const char *modalias;
	struct iommu_group *group; /* NULL: none */
	int group_id;		/* what the iommu_group link names, -1 none */
	int numa_node;		/* -1 unknown */
	int boot_vga;		/* tristate; only display class */
	const char *const *reset; /* reset_method words; NULL = none or unknown */
	int reset_known;	/* 1: reset says all there is, 0: this kernel does not tell */
	int rom;		/* has an option ROM; tristate */
	int sriov_total, sriov_enabled; /* -1: not an SR-IOV physical function */
	const char *const *mdev;	/* supported mediated types */
	struct pci_device *physfn;	/* of a virtual function */
	struct pci_device *parent;	/* the bridge above, NULL on a root bus */
	uint8_t secondary_bus, subordinate_bus; /* bridges */
	const char *syspath;	/* "sys/devices/pci0000:00/…" */
	enum pci_port_type port_type;
	int config_len;		/* bytes of config space that can be read: 0, 64, 256 or 4096;
				 * 0 also for virtual functions, which have no ports' facts */
	int acs_cap, acs_ctrl;	/* ACS capability and control words; acs_cap 0 = no ACS, -1 unreadable
				 * or not looked at (endpoints of one function) */
	struct host_use *uses;
	unsigned n_uses;
	const struct device_line **known; /* what data/devices says of it, device_data_match() */
	unsigned n_known;
	const char *framebuffer; /* the picture of the boot lies in its memory: "BOOTFB", "efifb"; NULL no */
	struct pci_details *details; /* NULL: not looked at (probe "details") */
	int acs_offset;		/* where the ACS capability lies; 0 there is none, or acs_cap is -1.
				 * One whose acs_cap is 0 promises isolation by having nothing to control */
	int slot_number;	/* of a port with a slot, as its slot capability names it; 0 none, unknown */
	struct pci_device *dma_device; /* the VMD that its DMA comes from, NULL itself */
};

/* What a device is for, as --class says it. */
enum device_class {
	DEVICE_OTHER,
	DEVICE_GPU,
	DEVICE_NVME,
	DEVICE_NIC,
	DEVICE_USB,
	DEVICE_AUDIO,
	DEVICE_STORAGE,
	DEVICE_BRIDGE,
};
enum device_class pci_device_class(const struct pci_device *d);
/* 0x06xxxx: host, ISA, PCI bridges; never given away. */
bool pci_device_is_bridge(const struct pci_device *d);
/*
 * The position of the card D sits on: walks up through switches that are part of the card itself
 * (an upstream port and its downstream ports with the same vendor below one slot).  Two devices are
 * on one card when this is the same slot.
 */
struct pci_addr pci_device_card(const struct pci_device *d);

struct usb_device {
	const char *port;	/* "1-4.2" */
	int bus, number;
	uint16_t vendor, product;
	const char *vendor_name, *product_name, *serial;
	const char *const *drivers; /* of its interfaces */
	bool is_keyboard, is_mouse, is_hub, is_storage;
	struct pci_device *controller;
	const char *use;	/* what the host uses it for, NULL nothing */
};

struct block_device {
	const char *name;	/* "nvme0n1p2" */
	const char *parent;	/* the disk of a partition, NULL for a disk */
	int64_t bytes;		/* -1 unknown */
	const char *fs_type, *label, *uuid, *partition_type;
	const char *model, *serial;
	const char *const *mounts;	/* where it is mounted, through dm and md too */
	bool is_swap, is_esp, in_fstab, is_holder; /* is_holder: member of dm, md, zfs, bcache */
	struct pci_device *controller;	/* NULL: not behind PCI */
	bool is_member; /* in use as a part of RAID, LVM, ZFS, bcache or a file system of several disks */
	bool in_crypttab;
	const char *part_uuid; /* PARTUUID, NULL unknown or no partition */
	/* The other controllers that reach it, NVMe with two ports; without the one above. */
	struct pci_device **more_controllers;
	unsigned n_more_controllers;
};

enum page_size { PAGES_2M, PAGES_1G, PAGE_SIZES };
#define PAGE_SIZE_BYTES(size) ((size) == PAGES_1G ? INT64_C(1) << 30 : INT64_C(1) << 21)

struct page_pool {
	int64_t total, free;	/* pages; -1 unknown, or the kernel has none of that size */
};

/* /sys/devices/system/node/nodeN */
struct numa_node {
	int id;
	int64_t total_bytes, free_bytes; /* -1 unknown; total 0: CPUs without memory of their own */
	struct page_pool pages[PAGE_SIZES];
	const int *distance;	/* to every node, in the order of the list; 10 = itself; NULL unknown */
	unsigned n_distance;
};

struct memory_facts {
	int64_t total_bytes, available_bytes; /* -1 unknown */
	int64_t hugepages_total, hugepages_free, hugepage_bytes; /* of the default size */
	struct page_pool pages[PAGE_SIZES]; /* of the whole host */
	struct numa_node *nodes; /* by number; empty: not known */
	unsigned n_nodes;
};

enum module_state { MODULE_UNKNOWN, MODULE_MISSING, MODULE_AVAILABLE, MODULE_BUILTIN, MODULE_LOADED };
/* "unknown", "missing", "module", "builtin", "loaded" */
const char *module_state_name(enum module_state s);

/* What kind of file a line is from, and so how it is read. */
enum setting_kind {
	SETTING_KERNEL_ARG,	/* no line: an argument of the kernel */
	SETTING_MODPROBE,	/* /etc/modprobe.d: "options vfio-pci ids=10de:1b80" */
	SETTING_MODULES,	/* one module a line: /etc/modules, /etc/initramfs-tools/modules */
	SETTING_MKINITCPIO,	/* MODULES=(vfio_pci vfio) */
	SETTING_DRACUT,		/* force_drivers+=" vfio_pci " */
	SETTING_DRACUT_UNREAD,	/* the same in a file that does not end in .conf */
	SETTING_BOOSTER,	/* modules_force_load: vfio_pci */
	SETTING_UDEV,		/* …, ATTR{driver_override}="vfio-pci" */
	SETTING_DRIVERCTL,	/* /etc/driverctl.d/pci-0000:01:00.0, holding a driver's name */
	SETTING_SUPERGFX,	/* /etc/supergfxd.conf: "vfio_enable": true, */
	SETTING_UNRAID,		/* /boot/config/vfio-pci.cfg: BIND=0000:03:00.0|8086:1533 */
	SETTING_BOOT_SCRIPT,	/* a script of the initial RAM disk */
	SETTING_HOOK,		/* of libvirt, one that it runs */
	SETTING_HOOK_TREE,	/* below qemu.d/NAME, where libvirt itself does not look */
};

struct setting_line {
	enum setting_kind kind;
	const char *path;
	unsigned line, n_lines;	/* from 1; a line that goes on in the next ones is one */
	const char *text;	/* trimmed, without the line ends in it */
};

struct vfio_facts {
	enum module_state vfio_pci;
	const char *const *modprobe_lines; /* "FILE:LINE: text" of lines about vfio, blacklists, softdeps */
	const struct setting_line **settings; /* lines of files that people and other tools write */
	unsigned n_settings;
	struct arena_list setting_list;	/* the builder */
	bool has_dracut, has_xen;	/* dracut is installed; this is a domain 0 of Xen */
};

/* Raw signs of boot loaders and initramfs tools; the boot floor decides who is in charge. */
struct boot_facts {
	const char *boot_image;	/* BOOT_IMAGE= of the command line, NULL none */
	const char *const *kernels; /* releases with a /boot/vmlinuz-* */
	const char *vmlinuz_link, *initrd_link; /* text of /boot/vmlinuz, /boot/initrd.img links */
	/* One for each of .kernels: its symbols name pcie_acs_override; tristate.  NULL: not looked. */
	const signed char *acs_known;
};

struct software_facts {
	const char *qemu, *libvirt, *ovmf; /* versions, "" when installed without one, NULL not there */
	const char *swtpm;
	bool looked;		/* the probe ran: NULL above means that it is not installed */
	const char *qemu_from, *libvirt_from; /* the file that told the version, where no package did; else NULL */
	int has_swtpm_setup;	/* libvirt makes a TPM's first state with it; tristate */
};

/* Owner, group and mode of something programs have to open; names are NULL where no file gives them. */
struct file_access {
	int there;		/* tristate; everything below counts only with 1 */
	unsigned mode;		/* permission bits */
	int64_t uid, gid;
	const char *owner, *group;
};

/* Who works on this host, behind sudo or pkexec too; and what QEMU has to open. */
struct user_facts {
	int64_t uid;		/* -1 not known: another root, or a host recorded without it */
	const char *name;	/* NULL not known */
	bool by_sudo;		/* this process is another user's: it was started by sudo or pkexec */
	int groups_known;	/* 1: groups is all there are; tristate */
	const char *const *groups; /* that this user has right now */
	const char *const *groups_later; /* of /etc/group, but this session began before */
};

struct vfio_node {
	const char *path;	/* "/dev/vfio/12" */
	struct file_access access;
};

struct permission_facts {
	struct user_facts user;
	struct file_access kvm;	/* of /dev/kvm; there is -1 where no devices can be seen */
	int kvm_opens;		/* this user opened it just now; tristate */
	const char *container;	/* the file that says this host is a container; NULL none does */
	bool has_kvm_group, has_libvirt_group; /* /etc/group has them */
	int64_t memlock_soft, memlock_hard; /* bytes; INT64_MAX unlimited, -1 not known */
	struct vfio_node *vfio;	/* groups that vfio-pci holds, and /dev/vfio/vfio; by name */
	unsigned n_vfio;
};

enum selinux_mode { SELINUX_UNKNOWN, SELINUX_OFF, SELINUX_PERMISSIVE, SELINUX_ENFORCING };

/* What keeps a QEMU that libvirt starts from opening files. */
struct confinement_facts {
	int apparmor;		/* the kernel enforces AppArmor; tristate */
	bool apparmor_profile;	/* libvirt's template for machines is there */
	const char *apparmor_local; /* where rules of this host's own go, NULL no place was found */
	const char *const *apparmor_reads; /* "/usr/share/qemu/": folders every machine may read */
	enum selinux_mode selinux;
	const char *selinux_configured; /* /etc/selinux/config: "enforcing"; NULL unknown */
	int qemu_conf_read;	/* /etc/libvirt/qemu.conf: 1 read, 0 not there, -1 not readable */
	const char *qemu_user, *qemu_group; /* set there, else NULL */
	int dynamic_ownership;	/* set there; tristate */
	const char *security_driver; /* set there, "none", "apparmor"; NULL not set */
	const char *run_user;	/* user QEMU runs as: the set one, else the one this system made; NULL */
	int64_t run_uid, run_gid; /* -1 unknown */
	const int64_t *run_groups; /* further ones by /etc/group, ends with -1 */
};

/* The way to a file that a machine of libvirt is to open, as the user QEMU runs as goes it. */
struct path_access {
	const char *path;	/* as it was given, absolute */
	const char *real;	/* with the links in it resolved, as far as it is there already */
	const char *blocked;	/* the first folder that this user cannot pass; NULL none was found */
	struct file_access folder; /* that folder's */
	const char *hidden;	/* the folder that this process itself cannot look into; NULL none */
	struct file_access file; /* the file's own; there is 0 while it has to be made */
};

struct net_facts {
	const char *default_route_interface; /* NULL none */
	const char *const *interfaces;
	int bridge_count;
	const char *const *ssh_interfaces; /* that established ssh sessions come in through */
};

struct host {
	struct arena *arena;
	const struct fsroot *root; /* borrowed */
	struct identity_facts identity;
	struct cpu_facts cpu;
	struct firmware_facts firmware;
	struct kernel_facts kernel;
	struct iommu_facts iommu;
	struct vfio_facts vfio;
	struct boot_facts boot;
	struct memory_facts memory;
	struct net_facts net;
	struct software_facts software;

	struct pci_device **devices; /* by address */
	unsigned n_devices;
	struct iommu_group **groups; /* by number */
	unsigned n_groups;
	struct usb_device **usb;
	unsigned n_usb;
	struct block_device **blocks;
	unsigned n_blocks;

	bool is_root; /* this process may write (live root and euid 0, or a writable other root) */
	const char *const *unreadable; /* "PATH: why", facts that could not be looked up */
	const char *const *broken;     /* "PATH:LINE: sentence", there but not what it should be */
	struct device_data *device_data; /* the lines of data/devices; NULL: not loaded */
	struct permission_facts permissions;
	struct confinement_facts confinement;
};

/* A host without any fact yet; everything unknown as described above. */
struct host *host_new(const struct fsroot *root) _returns_nonnull_;
void host_free(struct host *h);
static inline void host_freep(struct host **h)
{
	host_free(*h);
}
#define _cleanup_host_ _cleanup_(host_freep)

/*
 * Does the firmware reserve M for D?  As drivers/iommu/intel/iommu.c and amd/init.c of the kernel
 * decide it: a bridge named in an RMRR stands for everything below it.
 */
bool reserved_memory_is_for(const struct reserved_memory *m, const struct pci_device *d);
/* NULL when there is none of that number. */
const struct numa_node *host_find_node(const struct host *h, int id);
const struct cpu_thread *host_find_cpu(const struct host *h, int id);
/* NULL when there is none. */
struct pci_device *host_find_device(const struct host *h, struct pci_addr addr);
/* The serial number of the NVMe disk that D is, NULL when it is none or nobody tells; tells twins apart. */
const char *host_device_serial(const struct host *h, const struct pci_device *d);
struct iommu_group *host_find_group(const struct host *h, int id);
/* Finds one argument ("intel_iommu"): text behind '=', "" for a bare word, NULL absent; last wins. */
const char *host_cmdline_value(const struct host *h, const char *key);
/* First kernel log line that contains NEEDLE, NULL none. */
const char *host_log_find(const struct host *h, const char *needle);
/*
 * Notes that something could not be read: a rule makes a finding of it.  -EINVAL, -ERANGE and
 * -EBADMSG mean that it was read and makes no sense: that is noted as broken.
 */
void host_note_unreadable(struct host *h, const char *path, int code);
/* Notes a broken file or attribute by a whole sentence; commands then end with exit code 65. */
void host_note_broken(struct host *h, const char *sentence);
void pci_device_add_use(struct host *h, struct pci_device *d, enum host_use_kind kind, bool only,
			const char *detail);
