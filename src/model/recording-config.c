/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/recording-filter.h"
#include "model/recording-take.h"

#include "base/str.h"
#include "base/strv.h"
#include "model/boards.h"
#include "model/pe-section.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

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

/* kernelstub's copies of the kernel: /boot/efi/EFI/Pop_OS-UUID/vmlinuz.efi */
static void list_kernelstub_folder(struct take *t, const char *dir)
{
	static const char *const names[] = { "vmlinuz.efi", "initrd.img", "vmlinuz-previous.efi", "initrd.img-previous" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		take_presence(t, take_path(t, dir, names[i]));
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
	take_file(t, take_path(t, dir, "limine.conf"));
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

/*
 * Of a unified kernel image only the command line, as a text that can be masked, beside its place:
 * /.vfio-wizard/cmdline/efi/EFI/Linux/arch-linux.efi
 */
static void list_unified_image(struct take *t, const char *path)
{
	int fd = fsroot_openat(t->fs, path, O_RDONLY | O_NOCTTY);
	_cleanup_free_ char *line = NULL;
	const char *real;

	take_presence(t, path);
	if (fd < 0)
		return;
	if (pe_read_section(fd, ".cmdline", &line) == 0 && fsroot_resolve(t->fs, t->arena, path, &real) == 0) {
		real = arena_printf(t->arena, "/.vfio-wizard/cmdline/%s", real);
		take_bytes(t, real, line, strlen(line));
	}
	close(fd);
}

/* What was recorded of a recorded host stays. */
static void list_recorded_cmdline(struct take *t, const char *dir)
{
	_cleanup_strv_ char **names = NULL;
	struct stat st;

	if (fsroot_list(t->fs, dir, &names) < 0)
		return;
	for (char **name = names; name && *name; name++) {
		const char *path = take_path(t, dir, *name);

		if (fsroot_stat(t->fs, path, &st) == 0 && S_ISDIR(st.st_mode))
			list_recorded_cmdline(t, path);
		else
			take_file(t, path);
	}
}

/* systemd-boot, unified kernel images and what makes both. */
static void list_systemd_boot(struct take *t)
{
	static const char *const partitions[] = { "/boot", "/boot/efi", "/efi" };
	static const char *const files[] = { "/etc/sdboot-manage.conf",	  "/usr/lib/kernel/cmdline",
					     "/etc/kernel/install.conf",  "/usr/lib/kernel/install.conf",
					     "/etc/kernel/uki.conf",	  "/etc/kernel/entry-token",
					     "/var/lib/sbctl/files.json", "/efi/loader/loader.conf" };
	static const char *const signs[] = { "/usr/bin/bootctl", "/usr/bin/sbctl", "/usr/bin/ukify",
					     "/etc/initramfs/post-update.d/systemd-boot",
					     "/usr/lib/initcpio/post/sbctl", "/usr/lib/kernel/install.d/91-sbctl.install" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		take_file(t, files[i]);
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		take_presence(t, signs[i]);
	take_each(t, "/etc/cmdline.d", ".conf", take_file);
	take_each(t, "/efi/loader/entries", "", take_file);
	for (size_t i = 0; i < ARRAY_SIZE(partitions); i++) {
		take_each(t, take_path(t, partitions[i], "EFI/Linux"), ".efi", list_unified_image);
		take_each(t, take_path(t, partitions[i], "loader/addons"), ".addon.efi", list_unified_image);
	}
	list_recorded_cmdline(t, "/.vfio-wizard/cmdline");
}

static void list_initrd(struct take *t, const char *dir)
{
	take_presence(t, take_path(t, dir, "initrd"));
}

/* Images of BLS: /boot/MACHINE-ID/KERNEL/initrd.  The mask hides the id. */
static void list_images(struct take *t)
{
	static const char *const partitions[] = { "/boot", "/boot/efi", "/efi" };
	const char *id;

	take_file(t, "/etc/machine-id");
	if (fsroot_read_attr(t->fs, t->arena, "/etc/machine-id", &id) < 0 || strlen(id) != 32)
		id = "Default";
	for (size_t i = 0; i < ARRAY_SIZE(partitions); i++)
		take_each(t, take_path(t, partitions[i], id), "", list_initrd);
}

static void list_config_files(struct take *t)
{
	static const char *const files[] = {
		"/etc/os-release", "/usr/lib/os-release", "/etc/default/grub", "/etc/fstab", "/etc/crypttab",
		"/etc/modules", "/etc/kernelstub/configuration", "/etc/kernel/cmdline",
		"/etc/initramfs-tools/modules", "/etc/initramfs-tools/initramfs.conf", "/etc/dracut.conf",
		"/etc/mkinitcpio.conf", "/etc/booster.yaml", "/boot/loader/loader.conf",
		"/boot/efi/loader/loader.conf", "/boot/grub2/grubenv", "/boot/grub/grubenv",
		"/run/systemd/container", "/run/host/container-manager",
	};
	static const char *const folders[] = {
		"/etc/default/grub.d", "/etc/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d",
		"/run/modprobe.d", "/usr/local/lib/modprobe.d", "/etc/modules-load.d",
		"/etc/initramfs-tools/conf.d", "/etc/dracut.conf.d", "/usr/lib/dracut/dracut.conf.d", "/etc/mkinitcpio.conf.d",
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
	take_presence(t, "/.dockerenv");
	take_presence(t, "/run/.containerenv");
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
	take_filtered(t, "/usr/lib/python3/dist-packages/kernelstub/application.py", filter_kernelstub);
	take_each(t, "/boot/efi/EFI", "", list_kernelstub_folder);
	take_link(t, "/vmlinuz", false);
	take_link(t, "/initrd.img", false);
	list_images(t);
	list_limine(t); /* first: of all else in /boot only the name is kept */
	take_each(t, "/boot", "", list_boot_file);
	take_each(t, "/boot/efi/EFI", "", take_dir);
	list_systemd_boot(t);
}

/* Scripts may hold anything: only lines about drivers and devices are kept, each at its number. */
static char *list_keep_driver_lines(struct take *t _unused_, const char *text)
{
	static const char *const wanted[] = { "vfio", "driver_override", "unbind", "new_id", "virsh",
					      "modprobe", "vtconsole" };
	struct str kept = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n);

		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (strstr(line, wanted[i])) {
				str_add(&kept, line);
				break;
			}
		if (text[n])
			str_addc(&kept, '\n');
		text += n + (text[n] == '\n');
	}
	return str_steal(&kept);
}

static void list_script(struct take *t, const char *path)
{
	_cleanup_strv_ char **names = NULL;
	struct stat st;

	if (fsroot_stat(t->fs, path, &st) < 0)
		return;
	if (S_ISREG(st.st_mode)) {
		take_filtered(t, path, list_keep_driver_lines);
		return;
	}
	/* /etc/libvirt/hooks/qemu.d/NAME/prepare/begin/start.sh */
	if (S_ISDIR(st.st_mode) && fsroot_list(t->fs, path, &names) >= 0)
		for (char **name = names; name && *name; name++)
			list_script(t, take_path(t, path, *name));
}

/* What people and other tools write about VFIO beside the settings above. */
static void list_handmade(struct take *t)
{
	static const char *const paths[] = {
		"/etc/udev/rules.d", "/etc/initramfs-tools/scripts/init-top",
		"/etc/initramfs-tools/scripts/init-premount", "/etc/initramfs-tools/hooks", "/etc/initcpio/hooks",
		"/etc/initcpio/install", "/etc/libvirt/hooks/qemu", "/etc/libvirt/hooks/qemu.d",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		list_script(t, paths[i]);
	take_each(t, "/etc/driverctl.d", "", take_file);
	take_file(t, "/etc/supergfxd.conf");
	take_file(t, "/boot/config/vfio-pci.cfg");
}

/* /etc/mkinitcpio-custom.conf, as a preset can name it. */
static void list_mkinitcpio_conf(struct take *t, const char *path)
{
	if (str_starts_with(path, "/etc/mkinitcpio"))
		take_file(t, path);
}

/* mkinitcpio and lsinitcpio: the version, whether drop-ins are read and unified images are looked into. */
static char *list_keep_mkinitcpio(struct take *t _unused_, const char *text)
{
	static const char *const kept[] = { "version=", "_d_config=", "_uki()" };
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	struct str out = { 0 };

	for (char **line = lines; line && *line; line++)
		for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
			if (strstr(*line, kept[i])) {
				str_addf(&out, "%s\n", *line);
				break;
			}
	return str_steal(&out);
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
		"/usr/sbin/update-grub", "/usr/sbin/grub-reboot", "/usr/sbin/grub2-reboot", "/usr/bin/kernelstub", "/usr/bin/bootctl", "/usr/sbin/grubby",
		"/usr/sbin/proxmox-boot-tool", "/usr/bin/rpm-ostree", "/usr/sbin/mkinitramfs",
		"/usr/bin/dracut", "/usr/sbin/dracut", "/usr/bin/booster", "/usr/bin/lsinitramfs",
		"/usr/bin/lsinitrd", "/usr/bin/objcopy",
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
	take_filtered(t, "/usr/bin/mkinitcpio", list_keep_mkinitcpio);
	take_filtered(t, "/usr/bin/lsinitcpio", list_keep_mkinitcpio);
	take_each(t, "/etc", ".conf", list_mkinitcpio_conf);
	take_filtered(t, "/var/lib/dpkg/status", list_keep_packages);
	take_each(t, "/var/lib/pacman/local", "", list_pacman);
	take_each(t, "/usr/lib64", "", list_library);
	take_each(t, "/var/cache/libvirt/qemu/capabilities", ".xml", list_capabilities);
	take_each(t, "/usr/share/OVMF", ".fd", take_presence);
	take_each(t, "/usr/share/edk2/x64", ".fd", take_presence);
	take_each(t, "/usr/share/edk2/ovmf", ".fd", take_presence);
	take_each(t, "/etc/qemu/firmware", ".json", take_file);
	take_each(t, "/usr/share/qemu/firmware", ".json", take_file);
	take_each(t, "/usr/local/share/qemu/firmware", ".json", take_file);
	take_each(t, "/var/lib/qemu/firmware", ".json", take_file);
	take_each(t, "/run/current-system/sw/share/qemu/firmware", ".json", take_file);
	take_each(t, "/root/.config/qemu/firmware", ".json", take_file);
	take_each(t, "/etc/tmpfiles.d", "looking-glass.conf", take_file);
	take_each(t, "/etc/udev/rules.d", "kvmfr.rules", take_file);
}

void take_config(struct take *t)
{
	list_config_files(t);
	list_handmade(t);
	list_programs(t);
}
