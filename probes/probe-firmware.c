/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/probe-util.h"

#include "base/str.h"

#include <dlfcn.h>
#include <efivar/efivar.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define FIRMWARE_EFIVARS "sys/firmware/efi/efivars/"
/* Of boot loaders: https://systemd.io/BOOT_LOADER_INTERFACE/ */
#define FIRMWARE_LOADER_GUID                                                                       \
	EFI_GUID(0x4a67b082, 0x0a4c, 0x41cf, 0xb6c7, 0x44, 0x0b, 0x29, 0xbb, 0x8c, 0x4f)

/*
 * libefivar asks for EFIVARFS_PATH once, in its constructor or at the first look-up (versions and
 * LIBEFIVAR_OPS differ), and keeps the answer.  A process that looks at more than one root therefore
 * loads the library anew for each and leaves the variables set as long; linked in the usual way it
 * would always read this machine's.
 */
struct firmware_efivar {
	void *handle;
	__typeof__(efi_get_variable) *get_variable;
	char *old_path, *old_ops;
};

static char *firmware_set_env(const char *name, const char *value)
{
	const char *old = getenv(name);
	char *copy = old ? xstrdup(old) : NULL;

	setenv(name, value, 1);
	return copy;
}

static void firmware_restore_env(const char *name, char *old)
{
	if (old)
		setenv(name, old, 1);
	else
		unsetenv(name);
	free(old);
}

static void firmware_efivar_close(struct firmware_efivar *lib)
{
	if (lib->handle)
		dlclose(lib->handle);
	firmware_restore_env("EFIVARFS_PATH", lib->old_path);
	firmware_restore_env("LIBEFIVAR_OPS", lib->old_ops);
}

static int firmware_efivar_open(const struct fsroot *root, struct firmware_efivar *ret)
{
	char path[PATH_MAX];
	void *symbol;

	/* Still resident (a C library that never unloads): it would answer for another root. */
	ret->handle = dlopen("libefivar.so.1", RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
	if (ret->handle) {
		dlclose(ret->handle);
		return -EBUSY;
	}
	/* The library appends names to the path as it is: the final slash matters. */
	fsroot_library_path(root, FIRMWARE_EFIVARS, path);
	ret->old_path = firmware_set_env("EFIVARFS_PATH", path);
	/* No probing: the recorded files are no efivarfs, and /sys/firmware/efi/vars is not ours. */
	ret->old_ops = firmware_set_env("LIBEFIVAR_OPS", "efivarfs");
	ret->handle = dlopen("libefivar.so.1", RTLD_NOW | RTLD_LOCAL);
	symbol = ret->handle ? dlsym(ret->handle, "efi_get_variable") : NULL;
	if (!symbol) {
		firmware_efivar_close(ret);
		return -ELIBACC;
	}
	memcpy(&ret->get_variable, &symbol, sizeof(symbol));
	return 0;
}

/* Content behind the four bytes of attributes, at least MIN bytes; free() it.  NULL: absent or broken. */
static uint8_t *firmware_variable(struct host *h, const struct firmware_efivar *lib,
				  efi_guid_t guid, const char *name, size_t min, size_t *ret_len)
{
	_cleanup_free_ uint8_t *data = NULL;
	uint32_t attributes;
	char path[PATH_MAX];

	errno = 0;
	if (lib->get_variable(guid, name, &data, ret_len, &attributes) < 0) {
		data = NULL;
		if (errno == ENOENT || errno == ENODEV)
			return NULL;
	} else if (data && *ret_len >= min) {
		return TAKE_PTR(data);
	} else {
		errno = EBADMSG;
	}
	snprintf(path, sizeof(path), FIRMWARE_EFIVARS "%s", name);
	probe_note(h, path, errno ? -errno : -EIO);
	return NULL;
}

static int firmware_flag(struct host *h, const struct firmware_efivar *lib, const char *name)
{
	size_t len;
	_cleanup_free_ uint8_t *data = firmware_variable(h, lib, EFI_GLOBAL_GUID, name, 1, &len);

	return data ? data[0] != 0 : -1;
}

/* UCS-2 as firmware writes it, up to NUL; what is no character becomes '?'. */
static const char *firmware_text(struct arena *a, const uint8_t *data, size_t len)
{
	_cleanup_str_ struct str s = { 0 };

	for (size_t i = 0; i + 1 < len; i += 2) {
		unsigned c = data[i] | (unsigned)data[i + 1] << 8;

		if (c == 0)
			break;
		if (c < 0x80) {
			str_addc(&s, (char)c);
		} else if (c < 0x800) {
			str_addc(&s, (char)(0xc0 | c >> 6));
			str_addc(&s, (char)(0x80 | (c & 0x3f)));
		} else if (c >= 0xd800 && c < 0xe000) {
			str_addc(&s, '?');
		} else {
			str_addc(&s, (char)(0xe0 | c >> 12));
			str_addc(&s, (char)(0x80 | (c >> 6 & 0x3f)));
			str_addc(&s, (char)(0x80 | (c & 0x3f)));
		}
	}
	return s.len ? arena_strdup(a, str_c(&s)) : NULL;
}

/*
 * The partition of a hard drive node (UEFI 10.3.5.1, type 4, subtype 1, 42 bytes): signature at 24,
 * its type at 41: 2 is a GUID, whose first three fields are little endian.
 */
static const char *firmware_partition(struct arena *a, const uint8_t *node, size_t len)
{
	const uint8_t *g = node + 24;

	if (len < 42 || node[41] != 2)
		return NULL;
	return arena_printf(a, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", g[3], g[2],
			    g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13], g[14],
			    g[15]);
}

/*
 * EFI_LOAD_OPTION (UEFI 3.1.3): u32 attributes, u16 length of the path list, description, path list.
 * Of the path list the hard drive (4, 1) and the file path node (4, 4) matter.
 */
static void firmware_load_option(struct host *h, const uint8_t *data, size_t len)
{
	struct firmware_facts *fw = &h->firmware;
	size_t list_len = data[4] | (size_t)data[5] << 8, pos = 6;

	fw->boot_current_title = firmware_text(h->arena, data + pos, len - pos);
	while (pos + 1 < len && (data[pos] || data[pos + 1]))
		pos += 2;
	pos += 2;
	if (pos > len || list_len > len - pos)
		return;
	len = pos + list_len;
	while (len - pos >= 4) {
		size_t node = data[pos + 2] | (size_t)data[pos + 3] << 8;

		if (node < 4 || node > len - pos || data[pos] == 0x7f)
			return;
		if (data[pos] == 4 && data[pos + 1] == 1)
			fw->boot_current_partition = firmware_partition(h->arena, data + pos, node);
		if (data[pos] == 4 && data[pos + 1] == 4) {
			fw->boot_current_path = firmware_text(h->arena, data + pos + 4, node - 4);
			return;
		}
		pos += node;
	}
}

static void firmware_boot_current(struct host *h, const struct firmware_efivar *lib)
{
	_cleanup_free_ uint8_t *current = NULL, *option = NULL;
	char name[16];
	size_t len;

	current = firmware_variable(h, lib, EFI_GLOBAL_GUID, "BootCurrent", 2, &len);
	if (!current)
		return;
	h->firmware.boot_current = current[0] | current[1] << 8;
	snprintf(name, sizeof(name), "Boot%04X", (unsigned)h->firmware.boot_current & 0xffffu);
	option = firmware_variable(h, lib, EFI_GLOBAL_GUID, name, 6, &len);
	if (option)
		firmware_load_option(h, option, len);
}

/* Texts of the boot loader interface, in UTF-16. */
static const struct firmware_loader_variable {
	const char *name;
	size_t offset; /* of a const char * in struct firmware_facts */
} firmware_loader_texts[] = {
	{ "LoaderInfo", offsetof(struct firmware_facts, loader_info) },
	{ "LoaderDevicePartUUID", offsetof(struct firmware_facts, loader_partition) },
	{ "LoaderImageIdentifier", offsetof(struct firmware_facts, loader_image) },
	{ "LoaderEntrySelected", offsetof(struct firmware_facts, loader_entry) },
	{ "StubInfo", offsetof(struct firmware_facts, stub_info) },
	{ "StubImageIdentifier", offsetof(struct firmware_facts, stub_image) },
};

static const char *firmware_loader_text(struct host *h, const struct firmware_efivar *lib, const char *name)
{
	size_t len;
	_cleanup_free_ uint8_t *text = firmware_variable(h, lib, FIRMWARE_LOADER_GUID, name, 2, &len);

	return text ? firmware_text(h->arena, text, len) : NULL;
}

static const char *firmware_lower(struct arena *a, const char *text)
{
	char *copy = text ? arena_strdup(a, text) : NULL;

	for (char *c = copy; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

static void firmware_variables(struct host *h)
{
	struct firmware_facts *fw = &h->firmware;
	struct firmware_efivar lib;
	size_t len;
	int r;

	/* Not mounted, or firmware without variables at run time (efi=noruntime). */
	if (!fsroot_exists(h->root, FIRMWARE_EFIVARS))
		return;
	r = firmware_efivar_open(h->root, &lib);
	if (r < 0) {
		probe_note(h, FIRMWARE_EFIVARS, r);
		return;
	}
	fw->secure_boot = firmware_flag(h, &lib, "SecureBoot");
	fw->setup_mode = firmware_flag(h, &lib, "SetupMode");
	firmware_boot_current(h, &lib);
	{
		_cleanup_free_ uint8_t *os = firmware_variable(h, &lib, EFI_GLOBAL_GUID,
							       "OsIndicationsSupported", 8, &len);

		if (os)
			fw->opens_setup = os[0] & 1; /* EFI_OS_INDICATIONS_BOOT_TO_FW_UI */
	}
	for (size_t i = 0; i < ARRAY_SIZE(firmware_loader_texts); i++) {
		const char **to = (const char **)(void *)((char *)fw + firmware_loader_texts[i].offset);

		*to = firmware_loader_text(h, &lib, firmware_loader_texts[i].name);
	}
	/* Written in capitals by systemd-boot, in small letters by the kernel. */
	fw->loader_partition = firmware_lower(h->arena, fw->loader_partition);
	firmware_efivar_close(&lib);
}

/* /sys/kernel/security/lockdown: "none [integrity] confidentiality" */
static const char *firmware_lockdown(struct host *h)
{
	const char *text = probe_word(h, "sys/kernel/security/lockdown"), *open, *close;

	open = text ? strchr(text, '[') : NULL;
	close = open ? strchr(open, ']') : NULL;
	if (close)
		return arena_strndup(h->arena, open + 1, (size_t)(close - open - 1));
	if (text)
		probe_note(h, "sys/kernel/security/lockdown", -EINVAL);
	return NULL;
}

static int firmware_run(struct host *h, struct err *err _unused_)
{
	if (fsroot_exists(h->root, "sys/firmware/efi"))
		h->firmware.mode = FIRMWARE_UEFI;
	else if (fsroot_exists(h->root, "sys/firmware/acpi") ||
		 fsroot_exists(h->root, "sys/firmware/memmap"))
		h->firmware.mode = FIRMWARE_BIOS; /* a device tree has neither */
	if (h->firmware.mode == FIRMWARE_UEFI)
		firmware_variables(h);
	h->firmware.lockdown = firmware_lockdown(h);
	return 0;
}

const struct probe probe_firmware = {
	.name = "firmware",
	.title = N_("Firmware"),
	.run = firmware_run,
};
