/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <stdio.h>
#include <string.h>

/* One program: files any of which proves it is there, packages any of which tells its version. */
struct software_kind {
	const char *files[8];
	const char *packages[6];
};

static const struct software_kind software_qemu = {
	.files = { "usr/bin/qemu-system-x86_64", "usr/bin/qemu-kvm", "usr/libexec/qemu-kvm",
		   "usr/bin/qemu-system-aarch64", "usr/bin/kvm" },
	.packages = { "qemu-system-x86", "pve-qemu-kvm", "qemu-system-arm", "qemu-system-x86-xen",
		      "qemu-base" },
};
static const struct software_kind software_libvirt = {
	.files = { "usr/sbin/libvirtd", "usr/sbin/virtqemud", "usr/bin/libvirtd",
		   "usr/bin/virtqemud" },
	.packages = { "libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt" },
};
static const struct software_kind software_ovmf = {
	.files = { "usr/share/OVMF/OVMF_CODE_4M.fd", "usr/share/OVMF/OVMF_CODE.fd",
		   "usr/share/edk2/ovmf/OVMF_CODE.fd", "usr/share/edk2/x64/OVMF_CODE.4m.fd",
		   "usr/share/edk2/x64/OVMF_CODE.fd", "usr/share/qemu/ovmf-x86_64-code.bin",
		   "usr/share/pve-edk2-firmware/OVMF_CODE_4M.fd" },
	.packages = { "ovmf", "pve-edk2-firmware-ovmf", "pve-edk2-firmware", "edk2-ovmf" },
};
static const struct software_kind software_swtpm = {
	.files = { "usr/bin/swtpm" },
	.packages = { "swtpm" },
};

/*
 * /var/lib/dpkg/status:
 *	Package: qemu-system-x86
 *	Status: install ok installed
 *	Version: 1:7.2+dfsg-7+deb12u13
 * A removed package keeps its paragraph with another status.
 */
static const char *software_from_dpkg(struct arena *a, const char *status, const char *package)
{
	_cleanup_free_ char *head = xasprintf("\nPackage: %s\n", package), *paragraph = NULL;
	const char *at = str_starts_with(status, head + 1) ? status : strstr(status, head), *end;
	const char *version;

	if (!at)
		return NULL;
	end = strstr(at, "\n\n");
	paragraph = end ? xstrndup(at, (size_t)(end - at)) : xstrdup(at);
	version = strstr(paragraph, "\nVersion: ");
	if (!version || (!strstr(paragraph, "\nStatus: install ok installed") &&
			 !strstr(paragraph, "\nStatus: hold ok installed")))
		return NULL;
	version += strlen("\nVersion: ");
	return arena_strndup(a, version, strcspn(version, "\n"));
}

/* /var/lib/pacman/local/qemu-base-9.1.0-1: name-version-release */
static const char *software_from_pacman(struct arena *a, char **installed, const char *package)
{
	_cleanup_free_ char *prefix = xasprintf("%s-", package);

	for (char **name = installed; name && *name; name++) {
		const char *version = *name + strlen(prefix);

		if (str_starts_with(*name, prefix) && *version >= '0' && *version <= '9')
			return arena_strdup(a, version);
	}
	return NULL;
}

static const char *software_find(struct host *h, const struct software_kind *kind,
				 const char *status, char **pacman)
{
	bool present = false;
	const char *version = NULL;

	for (unsigned i = 0; i < ARRAY_SIZE(kind->files) && kind->files[i]; i++)
		present = present || fsroot_exists(h->root, kind->files[i]);
	if (!present)
		return NULL;
	for (unsigned i = 0; !version && i < ARRAY_SIZE(kind->packages) && kind->packages[i]; i++) {
		if (status)
			version = software_from_dpkg(h->arena, status, kind->packages[i]);
		if (!version)
			version = software_from_pacman(h->arena, pacman, kind->packages[i]);
	}
	/* rpm's database is no text: there, but of which version other files have to say */
	return version ? version : "";
}

/*
 * /usr/lib64/libvirt.so.0.9000.0, the library's own file: 1000 times the major plus the minor, then the
 * micro number of the release (meson.build of libvirt).
 */
static void software_libvirt_by_library(struct host *h)
{
	static const char *const folders[] = { "usr/lib64", "usr/lib" };
	unsigned number, micro;
	int n;

	for (unsigned i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_strv_ char **names = probe_list(h, "%s", folders[i]);

		for (char **name = names; name && *name; name++) {
			n = 0;
			if (sscanf(*name, "libvirt.so.0.%u.%u%n", &number, &micro, &n) != 2 || (*name)[n] ||
			    number < 1000)
				continue;
			h->software.libvirt = arena_printf(h->arena, "%u.%u.%u", number / 1000, number % 1000, micro);
			h->software.libvirt_from = arena_printf(h->arena, "/%s/%s", folders[i], *name);
			return;
		}
	}
}

/* The number in <NAME>NUMBER</NAME>. */
static bool software_xml_number(const char *text, const char *name, uint64_t *ret)
{
	_cleanup_free_ char *tag = xasprintf("<%s>", name), *value = NULL;
	const char *at = strstr(text, tag);

	if (!at)
		return false;
	at += strlen(tag);
	value = xstrndup(at, strcspn(at, "<"));
	return str_to_u64(value, UINT32_MAX, ret) == 0;
}

/*
 * /var/cache/libvirt/qemu/capabilities/HASH.xml, what libvirt found out by running QEMU:
 *	<emulator>/usr/bin/qemu-system-x86_64</emulator>
 *	<qemuctime>1726000000</qemuctime>
 *	<version>8002002</version>                  (8.2.2)
 * It is old when the program was changed since; of a recorded host the times are not known.
 */
static void software_qemu_by_cache(struct host *h)
{
	static const char folder[] = "var/cache/libvirt/qemu/capabilities";
	_cleanup_strv_ char **names = probe_list(h, "%s", folder);
	uint64_t version, ctime;
	struct stat st;

	for (char **name = names; name && *name; name++) {
		_cleanup_free_ char *text = NULL, *program = NULL;
		const char *emulator;

		if (!str_ends_with(*name, ".xml"))
			continue;
		text = probe_text(h, NULL, "%s/%s", folder, *name);
		emulator = text ? strstr(text, "<emulator>/") : NULL;
		if (!emulator || !software_xml_number(text, "version", &version))
			continue;
		emulator += strlen("<emulator>");
		program = xstrndup(emulator, strcspn(emulator, "<"));
		if (!str_ends_with(program, "/qemu-system-x86_64") && !str_ends_with(program, "/qemu-kvm"))
			continue;
		if (fsroot_is_live(h->root) &&
		    (!software_xml_number(text, "qemuctime", &ctime) || fsroot_stat(h->root, program, &st) < 0 ||
		     st.st_ctime != (time_t)ctime))
			continue;
		h->software.qemu = arena_printf(h->arena, "%u.%u.%u", (unsigned)(version / 1000000),
						(unsigned)(version / 1000 % 1000), (unsigned)(version % 1000));
		h->software.qemu_from = arena_printf(h->arena, "/%s/%s", folder, *name);
	}
}

static int software_run(struct host *h, struct err *err _unused_)
{
	_cleanup_free_ char *status = probe_text(h, NULL, "var/lib/dpkg/status");
	_cleanup_strv_ char **pacman = probe_list(h, "var/lib/pacman/local");

	/* Without /usr/bin this is no system that could have them, or nothing was recorded of it. */
	h->software.looked = fsroot_exists(h->root, "usr/bin") || fsroot_exists(h->root, "usr/sbin");
	h->software.qemu = software_find(h, &software_qemu, status, pacman);
	h->software.libvirt = software_find(h, &software_libvirt, status, pacman);
	h->software.ovmf = software_find(h, &software_ovmf, status, pacman);
	h->software.swtpm = software_find(h, &software_swtpm, status, pacman);
	if (str_eq(h->software.libvirt, ""))
		software_libvirt_by_library(h);
	if (str_eq(h->software.qemu, ""))
		software_qemu_by_cache(h);
	/* Hosts recorded before this was looked at have no trace of it, nor of who records. */
	if (fsroot_exists(h->root, "usr/bin/swtpm_setup"))
		h->software.has_swtpm_setup = 1;
	else if (fsroot_is_live(h->root) || fsroot_exists(h->root, ".vfio-wizard/user"))
		h->software.has_swtpm_setup = 0;
	return 0;
}

const struct probe probe_software = {
	.name = "software",
	.title = N_("Installed programs"),
	.run = software_run,
};
