/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/recording-filter.h"

#include "base/str.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

/* Calls KEEP for each line of TEXT and joins what it lets through. */
static char *filter_lines(const char *text, bool (*keep)(const char *line))
{
	struct str out = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n);

		if (keep(line)) {
			str_add(&out, line);
			str_addc(&out, '\n');
		}
		text += n + (text[n] == '\n');
	}
	return str_steal(&out);
}

static bool filter_has_one_of(const char *line, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(line, *words))
			return true;
	return false;
}

char *filter_cpuinfo(struct take *t _unused_, const char *text)
{
	static const char *const kept[] = { "processor", "physical id", "core id", "cpu cores", "siblings" };
	struct str out = { 0 };
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, "\n");
		bool keep = first || n == 0;

		for (size_t i = 0; !keep && i < ARRAY_SIZE(kept); i++)
			keep = str_starts_with(text, kept[i]);
		if (keep) {
			str_addn(&out, text, n);
			str_addc(&out, '\n');
		}
		first = first && n;
		text += n + (text[n] == '\n');
	}
	return str_steal(&out);
}

/* " 27:  0  1204  IR-PCI-MSI 524288-edge  nvme0q0" → " 27:  IR-PCI-MSI 524288-edge  nvme0q0" */
char *filter_interrupts(struct take *t _unused_, const char *text)
{
	struct str out = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n"), label = strcspn(text, ":\n");

		if (text[label] == ':') {
			const char *rest = text + label + 1;

			str_addn(&out, text, label + 1);
			while (*rest == ' ' || (isdigit((unsigned char)*rest) &&
						strchr(" \n", rest[strspn(rest, "0123456789")])))
				rest += *rest == ' ' ? 1 : strspn(rest, "0123456789");
			str_addc(&out, ' ');
			str_addn(&out, rest, strcspn(rest, "\n"));
		} else {
			str_addn(&out, text, n);
		}
		str_addc(&out, '\n');
		text += n + (text[n] == '\n');
	}
	return str_steal(&out);
}

/* "vfio_pci 16384 0 - Live 0xffffffffc0d69000": root sees where the kernel hides its code */
char *filter_proc_modules(struct take *t _unused_, const char *text)
{
	struct str out = { 0 };
	const char *at;

	while ((at = strstr(text, " 0x"))) {
		str_addn(&out, text, (size_t)(at - text) + 3);
		text = at + 3;
		for (; isxdigit((unsigned char)*text); text++)
			str_addc(&out, '0');
	}
	str_add(&out, text);
	return str_steal(&out);
}

/* "eno1	00000000	0102A8C0	0003 …": of a default route only that it is one. */
char *filter_route(struct take *t _unused_, const char *text)
{
	struct str out = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");
		char name[32], rest[256];
		unsigned long to, via;

		if (str_starts_with(text, "Iface")) {
			str_addn(&out, text, n);
			str_addc(&out, '\n');
		} else if (sscanf(text, "%31s %lx %lx %255[^\n]", name, &to, &via, rest) == 4 && to == 0) {
			str_addf(&out, "%s\t00000000\t%s\t%s\n", name, via ? "010200C0" : "00000000", rest);
		}
		text += n + (text[n] == '\n');
	}
	return str_steal(&out);
}

static bool filter_log_line(const char *line)
{
	static const char *const words[] = {
		"DMAR",	    "AMD-Vi",	"iommu",    "vfio",	"secure boot", "secureboot", "lockdown",
		"efifb",    "simpledrm", "vesafb",  "fb0",	"vgaarb",      "x2apic",     "smmu",
		"kvm",	    "interrupt remapping", "can't reserve", "BAR ",	"AER:",	       "BIOS bug",
		"firmware bug", "ACS",	       "VMX",	      "SVM",	     "IVRS",
		"1:1 IOMMU mapping", "SR-IOV", " VFs (bus ", NULL,
	};

	return filter_has_one_of(line, words);
}

/* "[    0.012345] DMAR: …" and "<6>[ 0.01] …" */
char *filter_log(struct take *t _unused_, const char *text)
{
	_cleanup_free_ char *kept = filter_lines(text, filter_log_line);
	struct str out = { 0 };

	for (const char *line = kept; *line;) {
		size_t n;

		if (*line == '<')
			line += 1 + strcspn(line, ">\n");
		line += *line == '>';
		if (*line == '[') {
			n = 1 + strspn(line + 1, " .0123456789");
			if (line[n] == ']')
				line += n + 1;
			line += *line == ' ';
		}
		n = strcspn(line, "\n");
		str_addn(&out, line, n);
		str_addc(&out, '\n');
		line += n + (line[n] == '\n');
	}
	return str_steal(&out);
}

static bool filter_kernel_config_line(const char *line)
{
	static const char *const words[] = { "IOMMU", "VFIO", "LOCKDOWN", "CONFIG_KVM",
					     "CONFIG_IRQ_REMAP", "SYSFB", "SIMPLEDRM", NULL };

	return filter_has_one_of(line, words);
}

char *filter_kernel_config(struct take *t _unused_, const char *text)
{
	return filter_lines(text, filter_kernel_config_line);
}

static bool filter_system_map_line(const char *line)
{
	/* The second is in every kernel: without it a table says nothing about the first. */
	return strstr(line, "acs_override") || strstr(line, " pci_request_acs");
}

char *filter_system_map(struct take *t _unused_, const char *text)
{
	return filter_lines(text, filter_system_map_line);
}

/* What boot/kernelstub-kernel.c asks of kernelstub's application.py. */
static bool filter_kernelstub_line(const char *line)
{
	return strstr(line, "latest_option") || strstr(line, "'boot'") || strstr(line, "boot_path") ||
	       strstr(line, "opsys.kernel_path =");
}

char *filter_kernelstub(struct take *t _unused_, const char *text)
{
	return filter_lines(text, filter_kernelstub_line);
}

static bool filter_udev_line(const char *line)
{
	static const char *const kept[] = { "E:ID_FS_TYPE=", "E:ID_FS_UUID=", "E:ID_FS_LABEL=",
					    "E:ID_FS_USAGE=", "E:ID_PART_ENTRY_TYPE=",
					    "E:ID_PART_ENTRY_UUID=", "E:ID_PART_TABLE_TYPE=" };

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (str_starts_with(line, kept[i]))
			return true;
	return false;
}

char *filter_udev(struct take *t _unused_, const char *text)
{
	return filter_lines(text, filter_udev_line);
}

static bool filter_modules_line(const char *line)
{
	static const char *const words[] = { "vfio", "iommu", "/kvm", "irqbypass", NULL };

	return filter_has_one_of(line, words);
}

char *filter_modules(struct take *t _unused_, const char *text)
{
	return filter_lines(text, filter_modules_line);
}

/* "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau" against every modalias recorded so far. */
char *filter_modules_alias(struct take *t, const char *text)
{
	struct str out = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = xstrndup(text, n), *pattern = NULL;
		bool keep = strstr(line, "vfio") != NULL;

		if (str_starts_with(line, "alias pci:")) {
			pattern = xstrndup(line + 6, strcspn(line + 6, " "));
			for (size_t i = 0; !keep && i < t->entries.n; i++) {
				const struct take_entry *e = t->entries.items[i];
				_cleanup_free_ char *alias = NULL;

				if (!str_ends_with(e->path, "/modalias"))
					continue;
				alias = xstrndup(e->bytes, strcspn(e->bytes, "\n"));
				keep = fnmatch(pattern, alias, 0) == 0;
			}
		}
		if (keep) {
			str_add(&out, line);
			str_addc(&out, '\n');
		}
		text += n + (text[n] == '\n');
	}
	return str_steal(&out);
}

/* Is there a PCI function whose attribute ID_A (and in the same folder ID_B) has that value? */
static bool filter_have_id(const struct take *t, const char *name_a, unsigned long a, const char *name_b,
			   unsigned long b)
{
	for (size_t i = 0; i < t->entries.n; i++) {
		const struct take_entry *e = t->entries.items[i], *next;
		const char *dir = strrchr(e->path, '/');

		if (strcmp(dir + 1, name_a) != 0 || strtoul(e->bytes, NULL, 16) != a)
			continue;
		if (!name_b)
			return true;
		/* Attributes of one device were recorded one after the other. */
		for (size_t k = i > 4 ? i - 4 : 0; k < t->entries.n && k <= i + 4; k++) {
			next = t->entries.items[k];
			if (strncmp(next->path, e->path, (size_t)(dir - e->path) + 1) == 0 &&
			    strcmp(next->path + (dir - e->path) + 1, name_b) == 0 &&
			    strtoul(next->bytes, NULL, 16) == b)
				return true;
		}
	}
	return false;
}

/* Vendors at the margin, devices behind one tab, subsystems behind two; then classes "C 03". */
char *filter_pci_ids(struct take *t, const char *text)
{
	struct str out = { 0 };
	unsigned long vendor = 0;
	bool keep_vendor = false, keep_device = false, classes = false;

	while (*text) {
		size_t n = strcspn(text, "\n"), tabs = strspn(text, "\t");
		bool keep = false;

		if (tabs == 0 && n > 1 && text[0] == 'C' && text[1] == ' ') {
			keep = classes = true;
		} else if (tabs == 0 && isxdigit((unsigned char)*text)) {
			vendor = strtoul(text, NULL, 16);
			classes = false;
			keep = keep_vendor = filter_have_id(t, "vendor", vendor, NULL, 0) ||
					     filter_have_id(t, "subsystem_vendor", vendor, NULL, 0);
		} else if (tabs && classes) {
			keep = true;
		} else if (tabs == 1 && keep_vendor) {
			keep = keep_device = filter_have_id(t, "device", strtoul(text, NULL, 16), "vendor",
							    vendor);
		} else if (tabs == 2 && keep_vendor && keep_device) {
			unsigned long sub_vendor, sub_device;

			keep = sscanf(text, " %lx %lx", &sub_vendor, &sub_device) == 2 &&
			       filter_have_id(t, "subsystem_device", sub_device, "subsystem_vendor",
					      sub_vendor);
		}
		if (keep) {
			str_addn(&out, text, n);
			str_addc(&out, '\n');
		}
		text += n + (text[n] == '\n');
	}
	return str_steal(&out);
}

static bool filter_grub_cfg_line(const char *line)
{
	line += strspn(line, " \t");
	return str_starts_with(line, "menuentry ") || str_starts_with(line, "submenu ") ||
	       str_starts_with(line, "linux") || str_starts_with(line, "initrd") || *line == '}' ||
	       strstr(line, "/custom.cfg") ||
	       str_starts_with(line, "blscfg");
}

char *filter_grub_cfg(struct take *t _unused_, const char *text)
{
	return filter_lines(text, filter_grub_cfg_line);
}

/* PCI Express extended capability 3: a serial number, often made of the card's MAC address. */
void filter_config_space(unsigned char *bytes, size_t len)
{
	size_t at = 0x100;

	for (unsigned steps = 0; steps < 960 && at >= 0x100 && at + 12 <= len; steps++) {
		unsigned header = (unsigned)bytes[at] | (unsigned)bytes[at + 1] << 8 |
				  (unsigned)bytes[at + 2] << 16 | (unsigned)bytes[at + 3] << 24;

		if ((header & 0xffff) == 0x0003)
			memset(bytes + at + 4, 0, 8);
		at = header >> 20 & 0xffc;
	}
}

/*
 * EFI variable: 4 bytes attributes; then EFI_LOAD_OPTION (UEFI 2.10, 3.1.3): 4 bytes attributes,
 * 2 bytes length of the path, title in UTF-16, path nodes (type, subtype, 2 bytes length).
 */
size_t filter_boot_entry(unsigned char *bytes, size_t len)
{
	size_t at = 10, end;

	if (len < 12)
		return len;
	while (at + 2 <= len && (bytes[at] || bytes[at + 1]))
		at += 2;
	at += 2;
	end = at + ((size_t)bytes[8] | (size_t)bytes[9] << 8);
	if (end > len)
		return len < at ? len : at; /* broken: the title is all that is kept */
	while (at + 4 <= end) {
		size_t n = (size_t)bytes[at + 2] | (size_t)bytes[at + 3] << 8;

		if (n < 4 || at + n > end)
			break;
		if (bytes[at] == 0x04 && bytes[at + 1] == 0x01 && n >= 42)
			memset(bytes + at + 24, 0, 16); /* hard disk: the partition's UUID */
		else if (bytes[at] == 0x03 && n > 4)
			memset(bytes + at + 4, 0, n - 4); /* MAC, IP, NVMe id, USB serial, … */
		at += n;
	}
	return end;
}
