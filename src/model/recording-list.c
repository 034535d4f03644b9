/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/recording-filter.h"
#include "model/recording-take.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/boards.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

static const char *list_path(struct take *t, const char *dir, const char *name)
{
	return arena_printf(t->arena, "%s/%s", dir, name);
}

/* Bytes of PATH after they went through CLEAN; NULL when they cannot be read. */
static void list_binary(struct take *t, const char *path, void (*clean)(unsigned char *, size_t))
{
	_cleanup_free_ char *bytes = NULL;
	size_t len;

	if (fsroot_read(t->fs, path, &bytes, &len) < 0) {
		take_file(t, path); /* notes why */
		return;
	}
	clean((unsigned char *)bytes, len);
	take_bytes(t, path, bytes, len);
}

/* The directory behind a link in /sys/bus or /sys/class, "/sys/devices/…"; NULL when there is none. */
static const char *list_device(struct take *t, const char *link)
{
	const char *real;

	take_link(t, link, true);
	if (fsroot_resolve(t->fs, t->arena, link, &real) < 0)
		return NULL;
	return arena_printf(t->arena, "/%s", real);
}

static void list_links(struct take *t, const char *dir, const char *names)
{
	_cleanup_strv_ char **list = strv_split(names, " ");

	for (char **name = list; name && *name; name++)
		take_link(t, list_path(t, dir, *name), false);
}

static void list_just_link(struct take *t, const char *path)
{
	take_link(t, path, false);
}

static void list_pci_device(struct take *t, const char *link)
{
	const char *dir = list_device(t, link);

	if (!dir)
		return;
	/* subsystem_* next to device and vendor: the filter for pci.ids looks at neighbours. */
	take_attrs(t, dir, "device vendor subsystem_device subsystem_vendor class revision modalias");
	take_attrs(t, dir, "boot_vga numa_node reset_method driver_override enable sriov_totalvfs "
			   "sriov_numvfs current_link_speed current_link_width");
	take_attrs(t, dir, "resource power_state d3cold_allowed power/runtime_status local_cpulist "
			   "resource0_resize resource1_resize resource2_resize resource3_resize "
			   "resource4_resize resource5_resize");
	take_presence(t, list_path(t, dir, "nvidia/creatable_vgpu_types"));
	list_binary(t, list_path(t, dir, "config"), filter_config_space);
	take_presence(t, list_path(t, dir, "rom"));
	take_presence(t, list_path(t, dir, "reset"));
	list_links(t, dir, "driver iommu_group subsystem physfn iommu");
	take_each(t, list_path(t, dir, "mdev_supported_types"), "", take_dir);
}

static void list_iommu_group(struct take *t, const char *dir)
{
	take_attrs(t, dir, "type reserved_regions name");
	take_each(t, list_path(t, dir, "devices"), "", list_just_link);
}

/* lower_eno1 -> ../../../pci0000:5d/…/net/eno1: what a bridge, bond or VLAN sits on. */
static void list_lower_links(struct take *t, const char *dir)
{
	_cleanup_strv_ char **names = NULL;

	if (fsroot_list(t->fs, dir, &names) < 0)
		return;
	for (char **name = names; name && *name; name++)
		if (str_starts_with(*name, "lower_"))
			take_link(t, list_path(t, dir, *name), false);
}

static void list_class_device(struct take *t, const char *link)
{
	const char *dir = list_device(t, link);

	if (!dir)
		return;
	list_lower_links(t, dir);
	take_attrs(t, dir, "name status enabled address operstate type model serial transport dev bind "
			   "carrier capabilities/ev capabilities/key capabilities/rel");
	list_links(t, dir, "device subsystem master");
	take_dir(t, list_path(t, dir, "bridge"));
}

static void list_usb_device(struct take *t, const char *link)
{
	const char *dir = list_device(t, link);

	if (!dir)
		return;
	take_attrs(t, dir, "idVendor idProduct manufacturer product serial busnum devnum devpath speed "
			   "version bDeviceClass bInterfaceClass bInterfaceSubClass bInterfaceProtocol");
	list_links(t, dir, "driver subsystem");
}

static void list_block_attrs(struct take *t, const char *dir)
{
	take_attrs(t, dir, "size ro removable dev partition start queue/rotational dm/name md/level "
			   "device/model device/vendor device/type device/transport device/serial");
	list_links(t, dir, "device subsystem");
	take_each(t, list_path(t, dir, "holders"), "", list_just_link);
	take_each(t, list_path(t, dir, "slaves"), "", list_just_link);
}

static void list_block_device(struct take *t, const char *link)
{
	const char *dir = list_device(t, link);
	_cleanup_strv_ char **names = NULL;

	if (!dir)
		return;
	list_block_attrs(t, dir);
	if (fsroot_list(t->fs, dir, &names) < 0)
		return;
	for (char **name = names; name && *name; name++) {
		const char *part = list_path(t, dir, *name);

		if (fsroot_exists(t->fs, list_path(t, part, "partition")))
			list_block_attrs(t, part);
	}
}

static void list_udev(struct take *t, const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	if (*name == 'b') /* b259:0: block devices only, the others have addresses and serials */
		take_filtered(t, path, filter_udev);
}

static void list_acpi_table(struct take *t, const char *path)
{
	if (str_ends_with(path, "/DMAR") || str_ends_with(path, "/IVRS"))
		take_file(t, path);
	else
		take_presence(t, path);
}

static void list_efi_variable(struct take *t, const char *path)
{
	/* Not LoaderDevicePartUUID and LoaderEntrySelected, which name this very disk and machine. */
	static const char *const kept[] = { "SecureBoot-", "SetupMode-", "BootCurrent-",
					    "OsIndicationsSupported-", "BootOrder-", "LoaderInfo-",
					    "LoaderImageIdentifier-", "StubInfo-", "StubImageIdentifier-" };
	const char *name = strrchr(path, '/') + 1;
	_cleanup_free_ char *bytes = NULL;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (str_starts_with(name, kept[i]))
			take_file(t, path);
	if (str_starts_with(name, "Boot") && strspn(name + 4, "0123456789ABCDEF") == 4 && name[8] == '-' &&
	    fsroot_read(t->fs, path, &bytes, &len) == 0)
		take_bytes(t, path, bytes, filter_boot_entry((unsigned char *)bytes, len));
}

static void list_cpu(struct take *t, const char *dir)
{
	take_attrs(t, dir, "online topology/thread_siblings_list topology/core_id "
			   "topology/physical_package_id");
}

static void list_node(struct take *t, const char *dir)
{
	take_attrs(t, dir, "cpulist");
}

/*
 * /sys/class/firmware-attributes/DRIVER/attributes/NAME: only settings that concern us.  The others can
 * be asset tags, owners and network addresses; passwords are in authentication, which is left out.
 */
static void list_firmware_attribute(struct take *t, const char *dir)
{
	const char *title;

	if (str_ends_with(dir, "/pending_reboot")) {
		take_file(t, dir);
		return;
	}
	if (fsroot_read_attr(t->fs, t->arena, list_path(t, dir, "display_name"), &title) < 0)
		title = "";
	if (firmware_setting_of(strrchr(dir, '/') + 1) != SETTING_COUNT ||
	    firmware_setting_of(title) != SETTING_COUNT)
		take_attrs(t, dir, "current_value display_name possible_values type");
}

static void list_firmware_attributes(struct take *t, const char *link)
{
	take_link(t, link, true);
	take_each(t, list_path(t, link, "attributes"), "", list_firmware_attribute);
}

static void list_kernel(struct take *t, const char *dir)
{
	take_dir(t, dir);
	take_filtered(t, list_path(t, dir, "modules.alias"), filter_modules_alias);
	take_filtered(t, list_path(t, dir, "modules.builtin"), filter_modules);
	take_filtered(t, list_path(t, dir, "modules.dep"), filter_modules);
	take_filtered(t, list_path(t, dir, "config"), filter_kernel_config);
}

/* Kernels and RAM disks only count by their names. */
static void list_boot_file(struct take *t, const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	if (str_starts_with(name, "config-"))
		take_filtered(t, path, filter_kernel_config);
	else if (str_starts_with(name, "System.map-"))
		take_filtered(t, path, filter_system_map);
	else
		take_presence(t, path);
}

/*
 * Limine's program: a checksum of limine.conf may lie behind this sign, see boot/limine-config.c.  The
 * rest of it is of no use.
 */
static void list_limine_program(struct take *t, const char *path)
{
	static const char sign[] = "++CONFIG_B2SUM_SIGNATURE++";
	_cleanup_free_ char *text = NULL;
	const char *at;
	size_t len, left;

	if (fsroot_read(t->fs, path, &text, &len) < 0)
		return;
	at = memmem(text, len, sign, strlen(sign));
	left = at ? len - (size_t)(at - text) : 0;
	if (left)
		take_bytes(t, path, at, left < strlen(sign) + 128 ? left : strlen(sign) + 128);
}

static void list_efi_folder(struct take *t, const char *dir)
{
	take_dir(t, dir);
	take_each(t, dir, ".efi", list_limine_program);
	take_each(t, dir, ".EFI", list_limine_program);
	take_file(t, list_path(t, dir, "limine.conf"));
}

/* limine.conf and limine.cfg wherever Limine looks for them. */
static void list_limine(struct take *t)
{
	static const char *const partitions[] = { "", "/boot", "/boot/efi", "/efi" };
	static const char *const folders[] = { "", "/limine", "/boot", "/boot/limine" };

	for (size_t i = 0; i < ARRAY_SIZE(partitions); i++) {
		take_each(t, arena_printf(t->arena, "%s/EFI", partitions[i]), "", list_efi_folder);
		for (size_t k = 0; k < ARRAY_SIZE(folders); k++) {
			const char *dir = arena_printf(t->arena, "%s%s/", partitions[i], folders[k]);

			take_file(t, arena_printf(t->arena, "%slimine.conf", dir));
			take_file(t, arena_printf(t->arena, "%slimine.cfg", dir));
			list_limine_program(t, arena_printf(t->arena, "%slimine-bios.sys", dir));
		}
	}
	take_file(t, "/etc/default/limine");
	take_file(t, "/etc/limine-entry-tool.conf");
	take_each(t, "/etc/limine-entry-tool.d", ".conf", take_file);
	take_each(t, "/usr/share/limine-entry-tool.d", ".conf", take_file);
}

/* The user's own lines about devices: a file, or a folder of files. */
static void list_own_devices(struct take *t)
{
	static const char path[] = "/etc/vfio-wizard/devices";
	struct stat st;

	if (fsroot_stat(t->fs, path, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		take_each(t, path, "", take_file);
	else
		take_file(t, path);
}

static void list_config_files(struct take *t)
{
	static const char *const files[] = {
		"/etc/os-release", "/usr/lib/os-release", "/etc/default/grub", "/etc/fstab", "/etc/crypttab",
		"/etc/modules", "/etc/kernelstub/configuration", "/etc/kernel/cmdline",
		"/etc/initramfs-tools/modules", "/etc/initramfs-tools/initramfs.conf", "/etc/dracut.conf",
		"/etc/mkinitcpio.conf", "/etc/booster.yaml", "/boot/loader/loader.conf",
		"/boot/efi/loader/loader.conf", "/boot/grub2/grubenv", "/boot/grub/grubenv",
	};
	static const char *const folders[] = {
		"/etc/default/grub.d", "/etc/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d",
		"/run/modprobe.d", "/usr/local/lib/modprobe.d", "/etc/modules-load.d",
		"/etc/initramfs-tools/conf.d", "/etc/dracut.conf.d", "/etc/mkinitcpio.conf.d",
		"/etc/mkinitcpio.d", "/boot/loader/entries", "/boot/efi/loader/entries",
	};
	/* By which a boot loader is told; what is in them does not count. */
	static const char *const signs[] = {
		"/run/ostree-booted", "/etc/kernel/proxmox-boot-uuids", "/etc/NIXOS", "/etc/zipl.conf",
		"/boot/extlinux/extlinux.conf", "/boot/firmware/cmdline.txt", "/boot/cmdline.txt",
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		take_file(t, files[i]);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		take_each(t, folders[i], "", take_file);
	list_own_devices(t);
	if (fsroot_stat(t->fs, "/etc/vfio-wizard/boards", &st) == 0 && S_ISDIR(st.st_mode))
		take_each(t, "/etc/vfio-wizard/boards", "", take_file);
	else
		take_file(t, "/etc/vfio-wizard/boards");
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		take_presence(t, signs[i]);
	take_filtered(t, "/boot/grub/grub.cfg", filter_grub_cfg);
	take_filtered(t, "/boot/grub2/grub.cfg", filter_grub_cfg);
	take_filtered(t, "/boot/grub/custom.cfg", filter_grub_cfg);
	take_filtered(t, "/boot/grub2/custom.cfg", filter_grub_cfg);
	take_file(t, "/boot/grub/grubenv");
	take_file(t, "/boot/grub2/grubenv");
	take_file(t, "/boot/refind_linux.conf");
	take_file(t, "/boot/efi/refind_linux.conf");
	take_file(t, "/efi/refind_linux.conf");
	take_each(t, "/boot/EFI/refind", ".conf", take_file); /* refind.conf and what it includes */
	take_each(t, "/boot/efi/EFI/refind", ".conf", take_file);
	take_each(t, "/efi/EFI/refind", ".conf", take_file);
	list_limine(t); /* first: of all else in /boot only the name is kept */
	take_each(t, "/boot", "", list_boot_file);
	take_each(t, "/boot/efi/EFI", "", take_dir);
}

/* grub-mkconfig: whether it reads /etc/default/grub.d. */
static char *list_keep_grub_lines(struct take *t _unused_, const char *text)
{
	struct str kept = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n);

		if (strstr(line, "/default/grub"))
			str_addf(&kept, "%s\n", line);
		text += n + (text[n] == '\n');
	}
	return str_steal(&kept);
}

/* update-initramfs: whether it is the one that comes with dracut. */
static char *list_keep_maker(struct take *t _unused_, const char *text)
{
	return xstrdup(strstr(text, "dracut") ? "# dracut\n" : "");
}

/* /var/lib/dpkg/status: only name, status and version of the packages whose version is looked at. */
static char *list_keep_packages(struct take *t _unused_, const char *text)
{
	static const char *const kept[] = { "qemu-", "pve-qemu-", "libvirt", "ovmf", "pve-edk2-", "swtpm" };
	struct str out = { 0 };
	bool keep = false;

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n);

		if (str_starts_with(line, "Package: ")) {
			keep = false;
			for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
				keep = keep || str_starts_with(line + strlen("Package: "), kept[i]);
		}
		if (keep && (!*line || str_starts_with(line, "Package: ") ||
			     str_starts_with(line, "Status: ") || str_starts_with(line, "Version: ")))
			str_addf(&out, "%s\n", line);
		text += n + (text[n] == '\n');
	}
	return str_steal(&out);
}

/* /var/lib/pacman/local/qemu-base-9.1.0-1: the name says it all. */
static void list_pacman(struct take *t, const char *dir)
{
	const char *name = strrchr(dir, '/') + 1;

	if (str_starts_with(name, "qemu-base-") || str_starts_with(name, "libvirt-") ||
	    str_starts_with(name, "edk2-ovmf-") || str_starts_with(name, "swtpm-"))
		take_dir(t, dir);
}

/* /usr/lib64/libvirt.so.0.9000.0: where rpm's database cannot be read, the name tells the version. */
static void list_library(struct take *t, const char *path)
{
	if (str_starts_with(strrchr(path, '/') + 1, "libvirt.so.0."))
		take_presence(t, path);
}

/* What libvirt noted of QEMU: which program, and its version. */
static char *list_keep_capabilities(struct take *t _unused_, const char *text)
{
	static const char *const kept[] = { "<emulator>", "<version>", "<qemuctime>" };
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	struct str out = { 0 };

	for (char **line = lines; line && *line; line++)
		for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
			if (str_starts_with(str_trim(*line), kept[i]))
				str_addf(&out, "%s\n", str_trim(*line));
	return str_steal(&out);
}

static void list_capabilities(struct take *t, const char *path)
{
	take_filtered(t, path, list_keep_capabilities);
}

/* Nothing is run to find out what is installed: the programs themselves tell. */
static void list_programs(struct take *t)
{
	static const char *const programs[] = {
		"/usr/sbin/update-grub", "/usr/bin/kernelstub", "/usr/bin/bootctl", "/usr/sbin/grubby",
		"/usr/sbin/proxmox-boot-tool", "/usr/bin/rpm-ostree", "/usr/sbin/mkinitramfs",
		"/usr/bin/dracut", "/usr/sbin/dracut", "/usr/bin/mkinitcpio", "/usr/bin/booster",
		"/usr/bin/qemu-system-x86_64", "/usr/bin/virsh", "/usr/sbin/libvirtd", "/usr/bin/swtpm",
		"/usr/bin/swtpm_setup",
		"/usr/libexec/qemu-kvm", "/usr/bin/qemu-kvm", "/usr/bin/kvm", "/usr/bin/qemu-system-aarch64",
		"/usr/sbin/virtqemud", "/usr/bin/libvirtd", "/usr/bin/virtqemud",
		"/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/pve-edk2-firmware/OVMF_CODE_4M.fd",
	};

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		take_presence(t, programs[i]);
	take_filtered(t, "/usr/sbin/grub-mkconfig", list_keep_grub_lines);
	take_filtered(t, "/usr/bin/grub-mkconfig", list_keep_grub_lines);
	take_filtered(t, "/usr/sbin/grub2-mkconfig", list_keep_grub_lines);
	take_filtered(t, "/usr/sbin/update-initramfs", list_keep_maker);
	take_filtered(t, "/var/lib/dpkg/status", list_keep_packages);
	take_each(t, "/var/lib/pacman/local", "", list_pacman);
	take_each(t, "/usr/lib64", "", list_library);
	take_each(t, "/var/cache/libvirt/qemu/capabilities", ".xml", list_capabilities);
	take_each(t, "/usr/share/OVMF", ".fd", take_presence);
	take_each(t, "/usr/share/edk2/x64", ".fd", take_presence);
	take_each(t, "/usr/share/edk2/ovmf", ".fd", take_presence);
}

/*
 * /proc/mounts and /proc/net are links through /proc/self to the number of this very process, which
 * must not be what is recorded: so no links here.
 */
static void list_proc_file(struct take *t, const char *path, take_filter *filter)
{
	_cleanup_free_ char *text = NULL, *filtered = NULL;
	size_t len;

	if (fsroot_read(t->fs, path, &text, &len) < 0)
		return;
	filtered = filter ? filter(t, text) : NULL;
	take_bytes(t, path, filtered ? filtered : text, filtered ? strlen(filtered) : len);
}

/* Where the kernel itself lies in memory is nobody's business. */
static char *list_drop_kernel(struct take *t _unused_, const char *text)
{
	struct str kept = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n);

		if (!strstr(line, ": Kernel "))
			str_addf(&kept, "%s\n", line);
		text += n + (text[n] == '\n');
	}
	return str_steal(&kept);
}

/*
 * Not recorded: /proc/net/tcp and the addresses of interfaces.  They would tell who works on this host
 * from where, so a recorded host has no ssh session.
 */
static void list_proc(struct take *t)
{
	static const char *const files[] = {
		"/proc/cmdline", "/proc/meminfo", "/proc/mounts", "/proc/self/mountinfo",
		"/proc/swaps", "/proc/version", "/proc/sys/kernel/osrelease",
		"/proc/sys/kernel/random/boot_id", "/proc/xen/capabilities", "/sys/hypervisor/type",
		"/sys/hypervisor/properties/features",
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		list_proc_file(t, files[i], NULL);
	list_proc_file(t, "/proc/cpuinfo", filter_cpuinfo);
	list_proc_file(t, "/proc/modules", filter_proc_modules);
	list_proc_file(t, "/proc/interrupts", filter_interrupts);
	list_proc_file(t, "/proc/iomem", list_drop_kernel);
	list_proc_file(t, "/proc/net/route", filter_route);
	list_proc_file(t, "/proc/kallsyms", filter_system_map);
}

/* Records of "6,339,5140900,-;NET: Registered…\n KEY=value\n", one per read(2). */
static void list_kernel_log(struct take *t)
{
	_cleanup_str_ struct str text = { 0 };
	_cleanup_free_ char *kept = NULL;
	_cleanup_close_ int fd = -1;
	char record[8192];
	ssize_t n;

	if (!fsroot_is_live(t->fs)) {
		take_filtered(t, "/var/log/dmesg", filter_log);
		return;
	}
	fd = fsroot_openat(t->fs, "/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return;
	/* EPIPE: a record was overwritten while we read; the next read goes on behind it. */
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		const char *message;

		if (n < 0)
			continue;
		record[n] = '\0';
		message = strchr(record, ';');
		if (!message)
			continue;
		str_addn(&text, message + 1, strcspn(message + 1, "\n"));
		str_addc(&text, '\n');
	}
	kept = filter_log(t, str_c(&text));
	if (*kept)
		take_bytes(t, "/var/log/dmesg", kept, strlen(kept));
}

/* What the processor itself says cannot be read from a file. */
static void list_cpuid(struct take *t)
{
	if (!fsroot_is_live(t->fs)) {
		take_file(t, "/.vfio-wizard/cpuid");
		return;
	}
#if defined(__x86_64__) || defined(__i386__)
	unsigned a, b, c, d, c1 = 0, ext_c = 0;
	char vendor[13] = { 0 };
	const char *text;

	if (!__get_cpuid(0, &a, &b, &c, &d))
		return;
	memcpy(vendor, &b, 4);
	memcpy(vendor + 4, &d, 4);
	memcpy(vendor + 8, &c, 4);
	if (__get_cpuid(1, &a, &b, &c, &d))
		c1 = c;
	if (__get_cpuid(0x80000001, &a, &b, &c, &d))
		ext_c = c;
	text = arena_printf(t->arena, "vendor=%s vmx=%u svm=%u hypervisor=%u\n", vendor, c1 >> 5 & 1u,
			    ext_c >> 2 & 1u, c1 >> 31);
	take_bytes(t, "/.vfio-wizard/cpuid", text, strlen(text));
#endif
}

void take_everything(struct take *t)
{
	static const char *const classes[] = { "iommu", "net", "drm", "graphics", "input", "nvme",
					       "vtconsole" };

	take_each(t, "/sys/bus/pci/devices", "", list_pci_device);
	take_dir(t, "/sys/bus/pci/drivers/vfio-pci");
	take_each(t, "/sys/kernel/iommu_groups", "", list_iommu_group);
	take_each(t, "/sys/bus/usb/devices", "", list_usb_device);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		take_each(t, list_path(t, "/sys/class", classes[i]), "", list_class_device);
	take_each(t, "/sys/block", "", list_block_device);
	take_each(t, "/run/udev/data", "", list_udev);
	take_attrs(t, "/sys/class/dmi/id", "sys_vendor product_name product_family product_version "
					   "board_name board_vendor bios_version bios_date "
					   "chassis_type");
	take_each(t, "/sys/firmware/acpi/tables", "", list_acpi_table);
	take_dir(t, "/sys/firmware/memmap");
	take_attrs(t, "/sys/firmware/efi", "fw_platform_size");
	take_dir(t, "/sys/firmware/efi");
	take_each(t, "/sys/firmware/efi/efivars", "", list_efi_variable);
	take_attrs(t, "/sys/devices/system/cpu", "online present possible smt/active smt/control");
	take_each(t, "/sys/devices/system/cpu", "", list_cpu);
	take_each(t, "/sys/devices/system/node", "", list_node);
	take_each(t, "/sys/class/firmware-attributes", "", list_firmware_attributes);
	take_attrs(t, "/sys/kernel/security", "lockdown");
	take_dir(t, "/sys/module/vfio_pci");
	take_dir(t, "/sys/module/vfio");
	take_attrs(t, "/sys/module", "kvm_intel/parameters/nested kvm_amd/parameters/nested "
				     "vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	list_proc(t);
	list_kernel_log(t);
	list_config_files(t);
	list_programs(t);
	take_each(t, "/lib/modules", "", list_kernel);
	take_filtered(t, "/usr/share/misc/pci.ids", filter_pci_ids);
	take_filtered(t, "/usr/share/hwdata/pci.ids", filter_pci_ids);
	list_cpuid(t);
	take_access(t);
}
