/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorded.h"

#define ALL "identity kernel pci storage net usb usage"
#define DEV "/sys/devices/pci0000:00/"
#define PATH(address) "/sys/bus/pci/devices/" address " -> ../../../devices/pci0000:00/" address "\n"

static const struct host_use *find_use(const struct pci_device *d, enum host_use_kind kind,
				       const char *detail)
{
	for (unsigned i = 0; i < d->n_uses; i++)
		if (d->uses[i].kind == kind && (!detail || str_eq(d->uses[i].detail, detail)))
			return &d->uses[i];
	return NULL;
}

/* -1: not used like that */
static int use_is_only(const struct pci_device *d, enum host_use_kind kind, const char *detail)
{
	const struct host_use *use = find_use(d, kind, detail);

	return use ? use->only : -1;
}

static struct block_device *find_block(struct host *h, const char *name)
{
	for (unsigned i = 0; i < h->n_blocks; i++)
		if (str_eq(h->blocks[i]->name, name))
			return h->blocks[i];
	ck_abort_msg("no block device %s", name);
	abort();
}

#define NVME "/sys/devices/pci0000:00/0000:00:09.0/nvme/nvme0/nvme0n1"
#define SATA "/sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"

/* nvme0n1: ESP, LUKS with LVM for / and swap; sda: data by fstab and a loose partition. */
#define DISKS                                                                                      \
	PATH("0000:00:09.0") PATH("0000:00:17.0")                                                  \
	"/sys/block/nvme0n1 -> ../devices/pci0000:00/0000:00:09.0/nvme/nvme0/nvme0n1\n"            \
	NVME "/size = 2000\n" NVME "/dev = 259:0\n"                                                \
	NVME "/nvme0n1p1/dev = 259:1\n" NVME "/nvme0n1p1/partition = 1\n"                          \
	NVME "/nvme0n1p2/dev = 259:2\n" NVME "/nvme0n1p2/partition = 2\n"                          \
	NVME "/nvme0n1p2/holders/dm-0/\n"                                                          \
	"/sys/block/dm-0/dev = 254:0\n/sys/block/dm-0/slaves/nvme0n1p2/\n"                         \
	"/sys/block/dm-0/dm/name = crypt\n"                                                        \
	"/sys/block/dm-1/dev = 254:1\n/sys/block/dm-1/slaves/dm-0/\n"                              \
	"/sys/block/dm-1/dm/name = vg-root\n"                                                      \
	"/sys/block/dm-2/dev = 254:2\n/sys/block/dm-2/slaves/dm-0/\n"                              \
	"/sys/block/dm-2/dm/name = vg-swap\n"                                                      \
	"/sys/block/sda -> ../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda\n" \
	SATA "/size = junk\n" SATA "/dev = 8:0\n"                                                  \
	SATA "/sda1/dev = 8:1\n" SATA "/sda1/partition = 1\n"                                      \
	"/sys/block/loop0/dev = 7:0\n"                                                             \
	"/run/udev/data/b259:1 <<\n"                                                               \
	"\tE:ID_FS_TYPE=vfat\n"                                                                    \
	"\tE:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n"                            \
	"/run/udev/data/b8:1 <<\n"                                                                 \
	"\tS:disk/by-id/ata-data-part1\n"                                                          \
	"\tE:ID_FS_TYPE=ext4\n"                                                                    \
	"\tE:ID_FS_LABEL=data\n"                                                                   \
	"\tE:ID_FS_UUID=1ab00000-0000-4000-8000-000000000002\n"

START_TEST(storage_through_volumes)
{
	RECORDED(h,
		 DISKS
		 "/proc/self/mountinfo <<\n"
		 "\t29 1 254:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw\n"
		 "\t30 29 259:1 / /boot/efi rw - vfat /dev/nvme0n1p1 rw\n"
		 "\t31 29 0:5 / /dev rw - devtmpfs udev rw\n"
		 "\t32 broken line\n"
		 "\t33 29 8:1 / /srv/my\\040data rw - ext4 /dev/sda1 rw\n"
		 "/proc/swaps <<\n"
		 "\tFilename\t\t\t\tType\t\tSize\n"
		 "\t/dev/mapper/vg-swap partition 8388604 0 -2\n"
		 "\t/srv/my\\040data/swapfile file 1000 0 -3\n"
		 "/etc/fstab <<\n"
		 "\t# comment\n"
		 "\tUUID=1ab00000-0000-4000-8000-000000000002 /srv ext4 defaults 0 2\n",
		 ALL);
	struct pci_device *nvme = recorded_device(h, "00:09.0"), *sata = recorded_device(h, "00:17.0");
	struct block_device *b = find_block(h, "nvme0n1p2");

	ck_assert_uint_eq(h->n_blocks, 8);
	ck_assert(find_block(h, "nvme0n1p1")->is_esp);
	ck_assert_int_eq(find_block(h, "nvme0n1")->bytes, 2000 * 512);
	ck_assert_int_eq(find_block(h, "sda")->bytes, -1);
	ck_assert(recorded_has(h->broken, "/sys/block/sda/size"));
	ck_assert_str_eq(b->parent, "nvme0n1");
	ck_assert_ptr_eq(b->controller, nvme);
	ck_assert(b->is_holder && b->is_swap);
	ck_assert_uint_eq(strv_length(b->mounts), 1);
	ck_assert_str_eq(b->mounts[0], "/");
	ck_assert_str_eq(find_block(h, "sda1")->mounts[0], "/srv/my data");
	ck_assert(find_block(h, "sda1")->in_fstab);
	ck_assert_str_eq(find_block(h, "sda1")->label, "data");

	ck_assert_ptr_nonnull(find_use(nvme, HOST_USE_ROOT_DISK, "/ on nvme0n1p2"));
	ck_assert_int_eq(use_is_only(nvme, HOST_USE_ROOT_DISK, "/ on nvme0n1p2"), 1);
	ck_assert_ptr_nonnull(find_use(nvme, HOST_USE_ROOT_DISK, "/boot/efi on nvme0n1p1"));
	ck_assert_ptr_nonnull(find_use(nvme, HOST_USE_SWAP, NULL));
	ck_assert_ptr_null(find_use(sata, HOST_USE_ROOT_DISK, NULL));
	ck_assert_ptr_nonnull(find_use(sata, HOST_USE_DISK, "/srv/my data on sda1"));
	ck_assert_int_eq(use_is_only(sata, HOST_USE_DISK, NULL), 0);
	ck_assert_ptr_nonnull(find_use(sata, HOST_USE_SWAP, "swap on sda1"));
}
END_TEST

/* A root that does not run: fstab says what it would mount. */
START_TEST(storage_by_fstab_alone)
{
	RECORDED(h,
		 DISKS
		 "/etc/fstab <<\n"
		 "\t/dev/disk/by-id/ata-data-part1 / ext4 defaults 0 1\n"
		 "\t/dev/nvme0n1p1 /mnt vfat noauto 0 0\n"
		 "\tLABEL=nowhere /x ext4 defaults 0 0\n",
		 ALL);

	ck_assert_ptr_nonnull(
		find_use(recorded_device(h, "00:17.0"), HOST_USE_ROOT_DISK, "/ on sda1"));
	ck_assert_ptr_null(find_block(h, "nvme0n1p1")->mounts);
	ck_assert_ptr_nonnull(find_use(recorded_device(h, "00:09.0"), HOST_USE_DISK,
				       "nvme0n1p1 is named in /etc/fstab"));
}
END_TEST

START_TEST(storage_of_pools)
{
	RECORDED(h,
		 DISKS
		 "/run/udev/data/b259:2 <<\n"
		 "\tE:ID_FS_TYPE=zfs_member\n"
		 "\tE:ID_FS_LABEL=rpool\n"
		 "/run/udev/data/b8:0 <<\n"
		 "\tE:ID_FS_TYPE=btrfs\n"
		 "\tE:ID_FS_UUID=1ab00000-0000-4000-8000-000000000002\n"
		 "/run/udev/data/b259:0 <<\n"
		 "\tE:ID_FS_TYPE=btrfs\n"
		 "\tE:ID_FS_UUID=1ab00000-0000-4000-8000-000000000002\n"
		 "/proc/self/mountinfo <<\n"
		 "\t29 1 0:26 / / rw - zfs rpool/ROOT/pve-1 rw\n"
		 "\t30 1 0:27 / /data rw - btrfs /dev/sda rw\n",
		 ALL);
	struct pci_device *nvme = recorded_device(h, "00:09.0");

	ck_assert(find_block(h, "nvme0n1p2")->is_holder);
	ck_assert_ptr_nonnull(find_use(nvme, HOST_USE_ROOT_DISK, "/ on nvme0n1p2"));
	ck_assert_ptr_nonnull(find_use(nvme, HOST_USE_DISK, "/data on nvme0n1"));
}
END_TEST

#define DISK(name, address, dev)                                                                   \
	"/sys/block/" name " -> ../devices/pci0000:00/" address "/block/" name "\n"               \
	DEV address "/block/" name "/dev = " dev "\n" DEV address "/block/" name "/size = 2000\n"

/* One file system over two disks: both are needed, and so is what is below one of them. */
START_TEST(storage_of_btrfs_over_two_disks)
{
	RECORDED(h,
		 PATH("0000:00:09.0") PATH("0000:00:17.0") PATH("0000:00:18.0")
		 DISK("sda", "0000:00:09.0", "8:0") DISK("sdb", "0000:00:17.0", "8:16")
		 DISK("sdc", "0000:00:18.0", "8:32")
		 "/sys/block/dm-0/dev = 254:0\n/sys/block/dm-0/slaves/sdb/\n/sys/block/dm-0/dm/name = crypt\n"
		 "/run/udev/data/b8:0 <<\n\tE:ID_FS_TYPE=btrfs\n\tE:ID_FS_UUID=1ab0-1\n"
		 "/run/udev/data/b8:16 <<\n\tE:ID_FS_TYPE=crypto_LUKS\n\tE:ID_FS_UUID=1ab0-2\n"
		 "/run/udev/data/b254:0 <<\n\tE:ID_FS_TYPE=btrfs\n\tE:ID_FS_UUID=1ab0-1\n"
		 "/run/udev/data/b8:32 <<\n\tE:ID_FS_TYPE=btrfs\n\tE:ID_FS_UUID=1ab0-3\n"
		 "/proc/self/mountinfo <<\n\t30 1 0:27 / / rw - btrfs /dev/sda rw\n"
		 "\t31 1 0:28 / /srv rw - btrfs /dev/sdc rw\n"
		 "/etc/fstab <<\n\tUUID=1ab0-1 / btrfs defaults 0 0\n",
		 ALL);

	ck_assert_int_eq(use_is_only(recorded_device(h, "00:09.0"), HOST_USE_ROOT_DISK, "/ on sda"), 1);
	ck_assert_int_eq(use_is_only(recorded_device(h, "00:17.0"), HOST_USE_ROOT_DISK, "/ on sdb"), 1);
	ck_assert(find_block(h, "sda")->is_member && find_block(h, "sdb")->is_member);
	ck_assert(find_block(h, "sdb")->in_fstab);
	/* a btrfs of one disk can be unmounted */
	ck_assert(!find_block(h, "sdc")->is_member);
}
END_TEST

/* LVM on LUKS on RAID 1 of two disks, with data on it: each disk is a part of it. */
START_TEST(storage_of_lvm_on_luks_on_md)
{
	RECORDED(h,
		 PATH("0000:00:09.0") PATH("0000:00:17.0") PATH("0000:00:18.0")
		 DISK("sda", "0000:00:09.0", "8:0") DISK("sdb", "0000:00:17.0", "8:16")
		 DISK("sdc", "0000:00:18.0", "8:32")
		 "/sys/block/md0/dev = 9:0\n/sys/block/md0/slaves/sda/\n/sys/block/md0/slaves/sdb/\n"
		 "/sys/block/dm-0/dev = 254:0\n/sys/block/dm-0/slaves/md0/\n/sys/block/dm-0/dm/name = crypt\n"
		 "/sys/block/dm-1/dev = 254:1\n/sys/block/dm-1/slaves/dm-0/\n/sys/block/dm-1/dm/name = vg-data\n"
		 "/sys/block/dm-2/dev = 254:2\n/sys/block/dm-2/slaves/sdc/\n/sys/block/dm-2/dm/name = plain\n"
		 "/run/udev/data/b254:0 <<\n\tE:ID_FS_TYPE=LVM2_member\n"
		 "/run/udev/data/b8:32 <<\n\tE:ID_FS_TYPE=crypto_LUKS\n"
		 "/proc/self/mountinfo <<\n\t30 1 254:1 / /srv rw - ext4 /dev/mapper/vg-data rw\n"
		 "\t31 1 254:2 / /mnt rw - ext4 /dev/mapper/plain rw\n"
		 "/etc/fstab <<\n\t/dev/mapper/vg-data /srv ext4 defaults 0 0\n",
		 ALL);

	ck_assert_int_eq(use_is_only(recorded_device(h, "00:09.0"), HOST_USE_DISK, "/srv on sda"), 0);
	ck_assert_int_eq(use_is_only(recorded_device(h, "00:17.0"), HOST_USE_DISK, "/srv on sdb"), 0);
	ck_assert(find_block(h, "sda")->is_member && find_block(h, "sdb")->is_member);
	ck_assert(find_block(h, "md0")->is_member && find_block(h, "dm-0")->is_member);
	ck_assert(find_block(h, "sda")->in_fstab && find_block(h, "sdb")->in_fstab);
	/* LUKS alone is nothing that lacks a member */
	ck_assert(find_block(h, "sdc")->is_holder && !find_block(h, "sdc")->is_member);
}
END_TEST

START_TEST(storage_of_bcachefs_and_a_lone_esp)
{
	RECORDED(h,
		 PATH("0000:00:09.0") PATH("0000:00:17.0") PATH("0000:00:18.0")
		 DISK("sda", "0000:00:09.0", "8:0") DISK("sdb", "0000:00:17.0", "8:16")
		 DISK("sdc", "0000:00:18.0", "8:32")
		 "/sys/firmware/efi/\n"
		 "/run/udev/data/b8:32 <<\n"
		 "\tE:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n"
		 "/proc/self/mountinfo <<\n\t30 1 0:30 / /srv rw - bcachefs /dev/sda:/dev/sdb rw\n",
		 ALL);

	ck_assert_int_eq(use_is_only(recorded_device(h, "00:09.0"), HOST_USE_DISK, "/srv on sda"), 0);
	ck_assert_int_eq(use_is_only(recorded_device(h, "00:17.0"), HOST_USE_DISK, "/srv on sdb"), 0);
	ck_assert(find_block(h, "sda")->is_member && find_block(h, "sdb")->is_member);
	ck_assert_int_eq(use_is_only(recorded_device(h, "00:18.0"), HOST_USE_FIRMWARE,
				     "EFI system partition sdc"), 1);
}
END_TEST

START_TEST(storage_of_multipath_nvme)
{
	RECORDED(h,
		 PATH("0000:00:09.0") DEV "0000:00:09.0/vendor = 0x144d\n"
		 "/sys/block/nvme3n1 -> ../devices/virtual/nvme-subsystem/nvme-subsys1/nvme3n1\n"
		 "/sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme3n1/dev = 259:0\n"
		 "/sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme3n1/device -> ../../nvme-subsys1\n"
		 "/sys/devices/virtual/nvme-subsystem/nvme-subsys1/nvme1 -> ../../../pci0000:00/0000:00:09.0/nvme/nvme1\n"
		 "/sys/devices/pci0000:00/0000:00:09.0/nvme/nvme1/\n",
		 ALL);

	ck_assert_ptr_eq(find_block(h, "nvme3n1")->controller, recorded_device(h, "00:09.0"));
	ck_assert_uint_eq(find_block(h, "nvme3n1")->n_more_controllers, 0);
}
END_TEST

/* A disk with two ports: whichever is given away, the host's system is on it. */
START_TEST(storage_of_an_nvme_with_two_ports)
{
	RECORDED(h,
		 PATH("0000:00:09.0") DEV "0000:00:09.0/vendor = 0x144d\n"
		 PATH("0000:00:0a.0") DEV "0000:00:0a.0/vendor = 0x144d\n"
		 "/sys/block/nvme0n1 -> ../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1\n"
		 "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/dev = 259:0\n"
		 "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1/dev = 259:1\n"
		 "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1/partition = 1\n"
		 "/sys/block/nvme0c0n1 -> ../devices/pci0000:00/0000:00:09.0/nvme/nvme0/nvme0c0n1\n"
		 "/sys/devices/pci0000:00/0000:00:09.0/nvme/nvme0/nvme0c0n1/size = 1\n"
		 "/sys/block/nvme0c1n1 -> ../devices/pci0000:00/0000:00:0a.0/nvme/nvme1/nvme0c1n1\n"
		 "/sys/devices/pci0000:00/0000:00:0a.0/nvme/nvme1/nvme0c1n1/size = 1\n"
		 "/proc/self/mountinfo <<\n\t29 1 259:1 / / rw - ext4 /dev/nvme0n1p1 rw\n",
		 ALL);

	ck_assert_ptr_eq(find_block(h, "nvme0n1p1")->controller, recorded_device(h, "00:09.0"));
	ck_assert_uint_eq(find_block(h, "nvme0n1p1")->n_more_controllers, 1);
	ck_assert_int_eq(use_is_only(recorded_device(h, "00:09.0"), HOST_USE_ROOT_DISK, "/ on nvme0n1p1"), 1);
	ck_assert_int_eq(use_is_only(recorded_device(h, "00:0a.0"), HOST_USE_ROOT_DISK, "/ on nvme0n1p1"), 1);
}
END_TEST

/* Two disks with an EFI system partition each, nothing mounted: Boot0001 tells which one it is. */
START_TEST(storage_of_the_entry_that_was_started)
{
#define GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define TWO_ESPS                                                                                   \
	PATH("0000:00:09.0") PATH("0000:00:17.0") DISK("sda", "0000:00:09.0", "8:0")               \
	DISK("sdb", "0000:00:17.0", "8:16")                                                        \
	"/run/udev/data/b8:0 <<\n\tE:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n"     \
	"\tE:ID_PART_ENTRY_UUID=11111111-2222-4333-8444-555555555555\n"                            \
	"/run/udev/data/b8:16 <<\n\tE:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n"    \
	"\tE:ID_PART_ENTRY_UUID=aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee\n"                            \
	"/sys/firmware/efi/\n/sys/firmware/efi/efivars/BootCurrent-" GLOBAL " : 060000000100\n"
	RECORDED(unknown, TWO_ESPS, "firmware " ALL);
	RECORDED(h,
		 TWO_ESPS "/sys/firmware/efi/efivars/Boot0001-" GLOBAL " : 07000000"
		 "01000000" "2e00" "44000000"
		 "04012a00" "01000000" "0008000000000000" "0000100000000000"
		 "aaaaaaaabbbbcc4c8dddeeeeeeeeeeee" "0202" "7fff0400\n",
		 "firmware " ALL);

	ck_assert_ptr_null(find_use(recorded_device(unknown, "00:09.0"), HOST_USE_FIRMWARE, NULL));
	ck_assert_ptr_null(find_use(recorded_device(unknown, "00:17.0"), HOST_USE_FIRMWARE, NULL));
	ck_assert_ptr_null(find_use(recorded_device(h, "00:09.0"), HOST_USE_FIRMWARE, NULL));
	ck_assert_int_eq(use_is_only(recorded_device(h, "00:17.0"), HOST_USE_FIRMWARE,
				     "EFI system partition sdb"), 1);
}
END_TEST

/* Closed now, opened at the next start or by hand. */
START_TEST(storage_by_crypttab)
{
	RECORDED(h,
		 DISKS
		 "/etc/crypttab <<\n"
		 "\t# name device key options\n"
		 "\tsecrets UUID=1ab00000-0000-4000-8000-000000000002 none luks,noauto\n"
		 "\tcrypt /dev/nvme0n1p2 none luks\n"
		 "\tlonely\n",
		 ALL);

	ck_assert(find_block(h, "sda1")->in_crypttab && !find_block(h, "sda")->in_crypttab);
	ck_assert_int_eq(use_is_only(recorded_device(h, "00:17.0"), HOST_USE_DISK,
				     "sda1 is named in /etc/crypttab"), 0);
	/* It is open: that says more. */
	ck_assert_ptr_nonnull(find_use(recorded_device(h, "00:09.0"), HOST_USE_DISK,
				       "nvme0n1p2 is part of an array or volume"));
	ck_assert_ptr_null(find_use(recorded_device(h, "00:09.0"), HOST_USE_DISK,
				    "nvme0n1p2 is named in /etc/crypttab"));
}
END_TEST

#define NIC(address, name)                                                                         \
	PATH(address) "/sys/class/net/" name " -> ../../devices/pci0000:00/" address "/net/" name "\n" \
	"/sys/devices/pci0000:00/" address "/net/" name "/ifindex = 2\n"                           \
	"/sys/devices/pci0000:00/" address "/net/" name "/device -> ../../../" address "\n"
#define ROUTES                                                                                     \
	"/proc/net/route <<\n"                                                                     \
	"\tIface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"

START_TEST(network_of_one_card)
{
	RECORDED(h,
		 NIC("0000:00:19.0", "eno1") NIC("0000:00:1a.0", "enp2s0") ROUTES
		 "\teno1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
		 "\twlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
		 "\tenp2s0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		 "\tbroken\n",
		 ALL);
	const struct host_use *use = find_use(recorded_device(h, "00:19.0"), HOST_USE_NETWORK, NULL);

	ck_assert_str_eq(h->net.default_route_interface, "eno1");
	ck_assert_ptr_nonnull(use);
	ck_assert_str_eq(use->detail, "default route (eno1)");
	ck_assert(use->only);
	use = find_use(recorded_device(h, "00:1a.0"), HOST_USE_NETWORK, "network (enp2s0)");
	ck_assert_ptr_nonnull(use);
	ck_assert(!use->only);
}
END_TEST

START_TEST(network_through_bridge_and_bond)
{
	RECORDED(h,
		 NIC("0000:00:19.0", "eno1") NIC("0000:00:1a.0", "eno2")
		 "/sys/class/net/br0/bridge/\n/sys/class/net/br0/ifindex = 9\n"
		 "/sys/class/net/br0/lower_bond0 -> ../bond0\n"
		 "/sys/class/net/bond0/ifindex = 8\n"
		 "/sys/class/net/bond0/lower_eno1 -> x\n"
		 "/sys/class/net/bond0/lower_eno2 -> x\n"
		 "/sys/class/net/bond0/lower_br0 -> ../br0\n"
		 "/sys/class/net/bonding_masters = bond0\n"
		 "/proc/net/ipv6_route <<\n"
		 "\t00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 1 0 00200200 lo\n"
		 "\t00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 1 0 00450003 br0\n",
		 ALL);
	const struct host_use *one = find_use(recorded_device(h, "00:19.0"), HOST_USE_NETWORK, NULL);
	const struct host_use *two = find_use(recorded_device(h, "00:1a.0"), HOST_USE_NETWORK, NULL);

	ck_assert_str_eq(h->net.default_route_interface, "br0");
	ck_assert_int_eq(h->net.bridge_count, 1);
	ck_assert_uint_eq(strv_length(h->net.interfaces), 4);
	ck_assert_ptr_nonnull(one);
	ck_assert_ptr_nonnull(two);
	ck_assert_str_eq(one->detail, "default route (br0 through eno1)");
	/* either leg can go */
	ck_assert(!one->only && !two->only);
}
END_TEST

#define BRIDGED                                                                                    \
	NIC("0000:00:19.0", "eno1") NIC("0000:00:1a.0", "eno2")                                    \
	"/sys/class/net/br0/ifindex = 9\n/sys/class/net/br0/lower_eno1 -> x\n"                    \
	"/proc/net/route <<\n"                                                                    \
	"\tIface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"      \
	"\teno2\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"                         \
	"\teno2\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"                         \
	"\tbr0\t0000000A\t00000000\t0001\t0\t0\t425\t000000FF\t0\t0\t0\n"

/* The session comes in through the card that does not have the default route. */
START_TEST(ssh_through_a_bridge)
{
	RECORDED(h,
		 BRIDGED
		 "/proc/net/tcp <<\n"
		 "\t  sl  local_address rem_address   st\n"
		 "\t   0: 00000000:0016 00000000:0000 0A\n"
		 "\t   1: 0501000A:0016 0901000A:D2F0 01\n"
		 "\t   2: 0501A8C0:D2F1 0901A8C0:0016 01\n"
		 "\t   3: 0501A8C0:01BB 0901A8C0:D2F2 01\n"
		 "\t   4: 0100007F:0016 0100007F:D2F2 01\n"
		 "\tbroken\n",
		 ALL);
	const struct host_use *use =
		find_use(recorded_device(h, "00:19.0"), HOST_USE_NETWORK, "ssh session (br0 through eno1)");

	ck_assert_ptr_nonnull(use);
	ck_assert(use->only && use->by_ssh);
	ck_assert_ptr_null(find_use(recorded_device(h, "00:1a.0"), HOST_USE_NETWORK, "ssh session (eno2)"));
	use = find_use(recorded_device(h, "00:1a.0"), HOST_USE_NETWORK, "default route (eno2)");
	ck_assert(use && !use->by_ssh);
}
END_TEST

/* IPv4 at a socket for both, IPv6, another port; two sessions through two cards. */
START_TEST(ssh_over_ipv6_and_another_port)
{
	RECORDED(h,
		 BRIDGED
		 "/etc/ssh/sshd_config <<\n\t#Port 22\n\tPort 2222\n\tport 70000\n"
		 "/proc/net/if_inet6 <<\n"
		 "\t00000000000000000000000000000001 01 80 10 80       lo\n"
		 "\tfe80000000000000505400fffe123456 02 40 20 80     eno2\n"
		 "/proc/net/tcp6 <<\n"
		 "\t  sl  local_address rem_address   st\n"
		 "\t   0: 0000000000000000FFFF00000501000A:08AE 0000000000000000FFFF00000901000A:D2F0 01\n"
		 "\t   1: 000080FE00000000FF005450563412FE:08AE 000080FE00000000FF005450563412FF:D2F0 01\n"
		 "\t   2: 000080FE:0016 000080FE:0016 01\n",
		 ALL);
	const struct host_use *one =
		find_use(recorded_device(h, "00:19.0"), HOST_USE_NETWORK, "ssh session (br0 through eno1)");
	const struct host_use *two =
		find_use(recorded_device(h, "00:1a.0"), HOST_USE_NETWORK, "ssh session (eno2)");

	ck_assert(one && one->by_ssh && !one->only);
	ck_assert(two && two->by_ssh && !two->only);
}
END_TEST

/* Wi-Fi is a card like others; a network stick hangs on its USB controller; a tunnel has no card. */
START_TEST(network_of_other_sorts)
{
	RECORDED(h,
		 PATH("0000:00:14.0") NIC("0000:00:19.0", "wlan0")
		 "/sys/class/net/enx1 -> ../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/net/enx1\n"
		 DEV "0000:00:14.0/usb1/1-4/1-4:1.0/net/enx1/ifindex = 3\n"
		 DEV "0000:00:14.0/usb1/1-4/1-4:1.0/net/enx1/device -> ../../../1-4:1.0\n"
		 "/sys/class/net/wg0/ifindex = 4\n"
		 "/proc/net/route <<\n"
		 "\tIface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
		 "\twg0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
		 "\tenx1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
		 "\twlan0\t0000000A\t00000000\t0001\t0\t0\t425\t000000FF\t0\t0\t0\n",
		 ALL);

	ck_assert_str_eq(h->net.default_route_interface, "wg0");
	ck_assert_ptr_nonnull(find_use(recorded_device(h, "00:14.0"), HOST_USE_NETWORK, "network (enx1)"));
	ck_assert_ptr_nonnull(find_use(recorded_device(h, "00:19.0"), HOST_USE_NETWORK, "network (wlan0)"));
}
END_TEST

START_TEST(network_of_open_vswitch)
{
	RECORDED(h,
		 NIC("0000:00:19.0", "eno1") NIC("0000:00:1a.0", "eno2")
		 DEV "0000:00:19.0/net/eno1/master -> ../../../../virtual/net/ovs-system\n"
		 "/sys/class/net/ovs-system/ifindex = 7\n/sys/class/net/br-int/ifindex = 8\n"
		 "/proc/net/route <<\n"
		 "\tIface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
		 "\tbr-int\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n",
		 ALL);

	ck_assert_int_eq(use_is_only(recorded_device(h, "00:19.0"), HOST_USE_NETWORK,
				     "default route (br-int through eno1)"), 1);
	ck_assert_uint_eq(recorded_device(h, "00:1a.0")->n_uses, 0);
}
END_TEST

#define USB "/sys/devices/pci0000:00/0000:00:14.0/usb1/"

START_TEST(usb_keyboard_that_is_the_only_one)
{
	RECORDED(h,
		 PATH("0000:00:14.0") DEV "0000:00:14.0/vendor = 0x8086\n"
		 "/sys/bus/usb/devices/usb1 -> ../../../devices/pci0000:00/0000:00:14.0/usb1\n"
		 "/sys/bus/usb/devices/1-4 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-4\n"
		 "/sys/bus/usb/devices/1-4:1.0 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0\n"
		 "/sys/bus/usb/devices/1-5 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-5\n"
		 "/sys/bus/usb/devices/1-5:1.0 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-5/1-5:1.0\n"
		 USB "idVendor = 1d6b\n"
		 USB "1-4/idVendor = 046d\n" USB "1-4/idProduct = c31c\n" USB "1-4/busnum = 1\n"
		 USB "1-4/devnum = 3\n" USB "1-4/product = USB Keyboard\n"
		 USB "1-4/1-4:1.0/bInterfaceClass = 03\n" USB "1-4/1-4:1.0/bInterfaceSubClass = 01\n"
		 USB "1-4/1-4:1.0/bInterfaceProtocol = 01\n"
		 USB "1-4/1-4:1.0/driver -> ../../../../../../bus/usb/drivers/usbhid\n"
		 USB "1-5/idVendor = zz\n" USB "1-5/1-5:1.0/bInterfaceClass = 08\n",
		 ALL);
	const struct host_use *use = find_use(recorded_device(h, "00:14.0"), HOST_USE_INPUT, NULL);

	ck_assert_uint_eq(h->n_usb, 2);
	ck_assert_str_eq(h->usb[0]->port, "1-4");
	ck_assert_uint_eq(h->usb[0]->product, 0xc31c);
	ck_assert_int_eq(h->usb[0]->number, 3);
	ck_assert(h->usb[0]->is_keyboard && !h->usb[0]->is_mouse);
	ck_assert_str_eq(h->usb[0]->drivers[0], "usbhid");
	ck_assert_ptr_nonnull(h->usb[0]->use);
	ck_assert(h->usb[1]->is_storage);
	ck_assert(recorded_has(h->broken, "1-5/idVendor"));
	ck_assert_ptr_nonnull(use);
	ck_assert_str_eq(use->detail, "keyboard 1-4");
	ck_assert(use->only);
}
END_TEST

/* A keyboard without the boot protocol, seen by its keys; and one on the PS/2 port. */
START_TEST(input_keyboards_by_their_keys)
{
	RECORDED(h,
		 PATH("0000:00:14.0") DEV "0000:00:14.0/vendor = 0x8086\n"
		 "/sys/bus/usb/devices/1-4 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-4\n"
		 USB "1-4/idVendor = 046d\n"
		 "/sys/class/input/event3 -> ../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.2/input/input5/event3\n"
		 USB "1-4/1-4:1.2/input/input5/event3/device -> ../../input5\n"
		 USB "1-4/1-4:1.2/input/input5/capabilities/key = 10000 febeffdfffefffff fffffffffffffffe\n"
		 "/sys/class/input/event0 -> ../../devices/platform/i8042/serio0/input/input0/event0\n"
		 "/sys/devices/platform/i8042/serio0/input/input0/event0/device -> ../../input0\n"
		 "/sys/devices/platform/i8042/serio0/input/input0/capabilities/key = fffffffffffffffe\n"
		 "/sys/class/input/event1 -> ../../devices/LNXSYSTM:00/LNXPWRBN:00/input/input1/event1\n"
		 "/sys/devices/LNXSYSTM:00/LNXPWRBN:00/input/input1/event1/device -> ../../input1\n"
		 "/sys/devices/LNXSYSTM:00/LNXPWRBN:00/input/input1/capabilities/key = 10000000000000 0\n",
		 ALL);
	const struct host_use *use = find_use(recorded_device(h, "00:14.0"), HOST_USE_INPUT, NULL);

	ck_assert(h->usb[0]->is_keyboard);
	ck_assert_ptr_nonnull(use);
	ck_assert(!use->only);
}
END_TEST

/* Served by BlueZ it hangs on nothing, but needs the radio; served by the kernel it is the radio's child. */
START_TEST(bluetooth_keyboards)
{
#define RADIO                                                                                      \
	PATH("0000:00:14.0") DEV "0000:00:14.0/vendor = 0x8086\n"                                  \
	"/sys/bus/usb/devices/1-10 -> ../../../devices/pci0000:00/0000:00:14.0/usb1/1-10\n"        \
	USB "1-10/idVendor = 8087\n"                                                               \
	"/sys/class/bluetooth/hci0 -> ../../devices/pci0000:00/0000:00:14.0/usb1/1-10/1-10:1.0/bluetooth/hci0\n" \
	USB "1-10/1-10:1.0/bluetooth/hci0/power/\n"
#define KEYS " = 10000 febeffdfffefffff fffffffffffffffe\n"
#define UHID "/sys/devices/virtual/misc/uhid/0005:046D:B342.0003/input/input20"
#define CHILD USB "1-10/1-10:1.0/bluetooth/hci0/hci0:256/0005:046D:B342.0003/input/input20"
	RECORDED(by_bluez,
		 RADIO "/sys/class/input/event12 -> ../../devices/virtual/misc/uhid/0005:046D:B342.0003/input/"
		 "input20/event12\n" UHID "/event12/device -> ../../input20\n" UHID "/capabilities/key" KEYS,
		 ALL);
	RECORDED(by_kernel,
		 RADIO "/sys/class/input/event12 -> ../../devices/pci0000:00/0000:00:14.0/usb1/1-10/1-10:1.0/bluetooth/"
		 "hci0/hci0:256/0005:046D:B342.0003/input/input20/event12\n" CHILD "/event12/device -> ../../input20\n"
		 CHILD "/capabilities/key" KEYS,
		 ALL);
	RECORDED(none, RADIO, ALL);

	ck_assert_int_eq(use_is_only(recorded_device(by_bluez, "00:14.0"), HOST_USE_INPUT, "keyboard 1-10"), 1);
	ck_assert_int_eq(use_is_only(recorded_device(by_kernel, "00:14.0"), HOST_USE_INPUT, "keyboard 1-10"), 1);
	ck_assert_ptr_null(find_use(recorded_device(none, "00:14.0"), HOST_USE_INPUT, NULL));
}
END_TEST

#define GPU(address, vga)                                                                          \
	PATH(address) DEV address "/modalias = pci:v00001002d0000731Fsv00000000sd00000000bc03sc00i00\n" \
	DEV address "/boot_vga = " vga "\n"

START_TEST(display_uses)
{
	RECORDED(two,
		 GPU("0000:00:02.0", "1") GPU("0000:00:03.0", "0")
		 "/sys/class/drm/card1-DP-1 -> ../../devices/pci0000:00/0000:00:03.0/drm/card1/card1-DP-1\n"
		 "/sys/devices/pci0000:00/0000:00:03.0/drm/card1/card1-DP-1/status = connected\n"
		 "/sys/class/drm/card1-DP-2 -> ../../devices/pci0000:00/0000:00:03.0/drm/card1/card1-DP-2\n"
		 "/sys/devices/pci0000:00/0000:00:03.0/drm/card1/card1-DP-2/status = disconnected\n",
		 ALL);
	RECORDED(lone, GPU("0000:00:02.0", "1"), ALL);
	RECORDED(given,
		 GPU("0000:00:02.0", "0") GPU("0000:00:03.0", "1")
		 DEV "0000:00:03.0/driver -> ../../../../bus/pci/drivers/vfio-pci\n"
		 "/sys/class/graphics/fb0 -> ../../devices/pci0000:00/0000:00:02.0/graphics/fb0\n"
		 "/sys/devices/pci0000:00/0000:00:02.0/graphics/fb0/\n",
		 ALL);
	const struct host_use *use = find_use(recorded_device(two, "00:02.0"), HOST_USE_DISPLAY, NULL);

	ck_assert(use && !use->only);
	use = find_use(recorded_device(two, "00:03.0"), HOST_USE_DISPLAY, NULL);
	ck_assert(use && !use->only);
	ck_assert_str_eq(use->detail, "monitor on card1-DP-1");
	ck_assert_uint_eq(recorded_device(two, "00:03.0")->n_uses, 1);
	use = find_use(recorded_device(lone, "00:02.0"), HOST_USE_DISPLAY, NULL);
	ck_assert(use && use->only);
	/* what waits for a guest shows nothing, and the other card is the last one */
	ck_assert_uint_eq(recorded_device(given, "00:03.0")->n_uses, 0);
	use = find_use(recorded_device(given, "00:02.0"), HOST_USE_DISPLAY, NULL);
	ck_assert(use && use->only);
}
END_TEST

/* simpledrm draws in the memory of a card that no driver has; without root there are no addresses. */
START_TEST(framebuffer_in_a_bar)
{
	RECORDED(h,
		 GPU("0000:00:02.0", "0") GPU("0000:00:03.0", "0")
		 "/proc/iomem <<\n"
		 "\t00000000-00000000 : PCI Bus 0000:00\n"
		 "\t  00000000-00000000 : 0000:00:02.0\n"
		 "\t  00000000-00000000 : 0000:00:03.0\n"
		 "\t    00000000-00000000 : BOOTFB\n"
		 "\t  00000000-00000000 : 0000:00:02.0\n"
		 "\t00000000-00000000 : efifb\n"
		 "\tjunk\n",
		 ALL);
	const struct host_use *use =
		find_use(recorded_device(h, "00:03.0"), HOST_USE_DISPLAY, "picture of the boot (BOOTFB)");

	ck_assert(use && !use->only);
	ck_assert_str_eq(recorded_device(h, "00:03.0")->framebuffer, "BOOTFB");
	ck_assert_ptr_null(recorded_device(h, "00:02.0")->framebuffer);
	ck_assert_uint_eq(recorded_device(h, "00:02.0")->n_uses, 0);
}
END_TEST

START_TEST(everything_on_nothing)
{
	struct err err = { 0 };
	RECORDED(h, "/etc/hostname = x\n", "identity");

	ck_assert_int_eq(probe_run_all(h, NULL, NULL, &err), 0);
	ck_assert_uint_eq(h->n_devices + h->n_usb + h->n_blocks + h->n_groups, 0);
	ck_assert_ptr_null(h->unreadable);
	ck_assert_ptr_null(h->broken);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probes: use of devices");
	TCase *t = tcase_create("use");

	tcase_add_test(t, storage_through_volumes);
	tcase_add_test(t, storage_by_fstab_alone);
	tcase_add_test(t, storage_of_pools);
	tcase_add_test(t, storage_of_an_nvme_with_two_ports);
	tcase_add_test(t, storage_of_the_entry_that_was_started);
	tcase_add_test(t, storage_by_crypttab);
	tcase_add_test(t, bluetooth_keyboards);
	tcase_add_test(t, storage_of_bcachefs_and_a_lone_esp);
	tcase_add_test(t, storage_of_lvm_on_luks_on_md);
	tcase_add_test(t, storage_of_btrfs_over_two_disks);
	tcase_add_test(t, storage_of_multipath_nvme);
	tcase_add_test(t, network_of_one_card);
	tcase_add_test(t, network_through_bridge_and_bond);
	tcase_add_test(t, network_of_open_vswitch);
	tcase_add_test(t, network_of_other_sorts);
	tcase_add_test(t, ssh_over_ipv6_and_another_port);
	tcase_add_test(t, ssh_through_a_bridge);
	tcase_add_test(t, usb_keyboard_that_is_the_only_one);
	tcase_add_test(t, input_keyboards_by_their_keys);
	tcase_add_test(t, display_uses);
	tcase_add_test(t, framebuffer_in_a_bar);
	tcase_add_test(t, everything_on_nothing);
	suite_add_tcase(s, t);
	return unit_run(s);
}
