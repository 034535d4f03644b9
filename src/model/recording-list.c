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
		take_link(t, take_path(t, dir, *name), false);
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
	take_presence(t, take_path(t, dir, "nvidia/creatable_vgpu_types"));
	list_binary(t, take_path(t, dir, "config"), filter_config_space);
	take_presence(t, take_path(t, dir, "rom"));
	take_presence(t, take_path(t, dir, "reset"));
	list_links(t, dir, "driver iommu_group subsystem physfn iommu");
	take_each(t, take_path(t, dir, "mdev_supported_types"), "", take_dir);
}

static void list_iommu_group(struct take *t, const char *dir)
{
	take_attrs(t, dir, "type reserved_regions name");
	take_each(t, take_path(t, dir, "devices"), "", list_just_link);
}

/* lower_eno1 -> ../../../pci0000:5d/…/net/eno1: what a bridge, bond or VLAN sits on. */
static void list_lower_links(struct take *t, const char *dir)
{
	_cleanup_strv_ char **names = NULL;

	if (fsroot_list(t->fs, dir, &names) < 0)
		return;
	for (char **name = names; name && *name; name++)
		if (str_starts_with(*name, "lower_"))
			take_link(t, take_path(t, dir, *name), false);
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
	take_dir(t, take_path(t, dir, "bridge"));
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
	take_each(t, take_path(t, dir, "holders"), "", list_just_link);
	take_each(t, take_path(t, dir, "slaves"), "", list_just_link);
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
		const char *part = take_path(t, dir, *name);

		if (fsroot_exists(t->fs, take_path(t, part, "partition")))
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
	take_attrs(t, dir, "online topology/thread_siblings_list topology/core_cpus_list topology/core_id "
			   "topology/physical_package_id topology/die_id topology/cluster_id "
			   "cpufreq/cpuinfo_max_freq cpufreq/base_frequency acpi_cppc/highest_perf");
	for (int i = 0; i < 8; i++)
		take_attrs(t, arena_printf(t->arena, "%s/cache/index%d", dir, i), "level shared_cpu_list size");
}

static void list_pages(struct take *t, const char *dir)
{
	take_attrs(t, take_path(t, dir, "hugepages-2048kB"), "nr_hugepages free_hugepages");
	take_attrs(t, take_path(t, dir, "hugepages-1048576kB"), "nr_hugepages free_hugepages");
}

static void list_node(struct take *t, const char *dir)
{
	take_attrs(t, dir, "cpulist meminfo distance");
	list_pages(t, take_path(t, dir, "hugepages"));
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
	if (fsroot_read_attr(t->fs, t->arena, take_path(t, dir, "display_name"), &title) < 0)
		title = "";
	if (firmware_setting_of(strrchr(dir, '/') + 1) != SETTING_COUNT ||
	    firmware_setting_of(title) != SETTING_COUNT)
		take_attrs(t, dir, "current_value display_name possible_values type");
}

static void list_firmware_attributes(struct take *t, const char *link)
{
	take_link(t, link, true);
	take_each(t, take_path(t, link, "attributes"), "", list_firmware_attribute);
}

static void list_kernel(struct take *t, const char *dir)
{
	take_dir(t, dir);
	take_filtered(t, take_path(t, dir, "modules.alias"), filter_modules_alias);
	take_filtered(t, take_path(t, dir, "modules.builtin"), filter_modules);
	take_filtered(t, take_path(t, dir, "modules.dep"), filter_modules);
	take_filtered(t, take_path(t, dir, "config"), filter_kernel_config);
	take_attrs(t, dir, "pkgbase");
	take_presence(t, take_path(t, dir, "initrd"));
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
					       "vtconsole", "bluetooth" };

	take_each(t, "/sys/bus/pci/devices", "", list_pci_device);
	take_dir(t, "/sys/bus/pci/drivers/vfio-pci");
	take_each(t, "/sys/kernel/iommu_groups", "", list_iommu_group);
	take_each(t, "/sys/bus/usb/devices", "", list_usb_device);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		take_each(t, take_path(t, "/sys/class", classes[i]), "", list_class_device);
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
	take_attrs(t, "/sys/devices/system/cpu", "online present possible isolated nohz_full smt/active smt/control");
	take_each(t, "/sys/devices/system/cpu", "", list_cpu);
	take_attrs(t, "/sys/devices", "cpu_core/cpus cpu_atom/cpus");
	take_each(t, "/sys/devices/system/node", "", list_node);
	list_pages(t, "/sys/kernel/mm/hugepages");
	take_attrs(t, "/sys/fs/cgroup", "cpuset.cpus.effective machine.slice/cpuset.cpus.effective "
					"cpuset/machine.slice/cpuset.effective_cpus");
	take_each(t, "/sys/class/firmware-attributes", "", list_firmware_attributes);
	take_attrs(t, "/sys/kernel/security", "lockdown");
	take_dir(t, "/sys/module/vfio_pci");
	take_dir(t, "/sys/module/vfio");
	take_attrs(t, "/sys/module/kvmfr", "parameters/static_size_mb");
	take_attrs(t, "/sys/module", "kvm_intel/parameters/nested kvm_amd/parameters/nested "
				     "vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	list_proc(t);
	list_kernel_log(t);
	take_config(t);
	take_each(t, "/lib/modules", "", list_kernel);
	take_filtered(t, "/usr/share/misc/pci.ids", filter_pci_ids);
	take_filtered(t, "/usr/share/hwdata/pci.ids", filter_pci_ids);
	list_cpuid(t);
	take_access(t);
}
