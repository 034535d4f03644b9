/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/legacy-match.h"

#include "base/str.h"
#include "base/version.h"
#include "model/kargs.h"

#include <stdio.h>
#include <string.h>

/* Drivers of cards that people give away; without those that distributions keep out themselves (nvidiafb). */
static const char *const legacy_drivers[] = {
	"nouveau", "nvidia", "nvidia_drm", "nvidia_modeset", "nvidia_uvm", "amdgpu", "radeon", "i915", "xe",
	"snd_hda_intel", "nvme", "xhci_pci", "ahci",
};

const char *legacy_word(const char *text, unsigned n, size_t *ret_len)
{
	for (;; n--) {
		text += strspn(text, " \t\r\n");
		*ret_len = strcspn(text, " \t\r\n");
		if (!*ret_len)
			return NULL;
		if (!n)
			return text;
		text += *ret_len;
	}
}

static char legacy_name_char(char c)
{
	return c == '-' ? '_' : c;
}

bool legacy_word_is(const char *word, size_t len, const char *name)
{
	if (!word || strlen(name) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (legacy_name_char(word[i]) != legacy_name_char(name[i]))
			return false;
	return true;
}

static bool legacy_line_word_is(const struct legacy_look *l, unsigned n, const char *name)
{
	size_t len;
	const char *word = l->line ? legacy_word(l->line->text, n, &len) : NULL;

	return word && legacy_word_is(word, len, name);
}

static const char *legacy_unquote(const char *value, size_t *len)
{
	if (*len && *value == '"') {
		value++;
		--*len;
	}
	if (*len && value[*len - 1] == '"')
		--*len;
	return value;
}

const char *legacy_option(const struct legacy_look *l, const char *module, const char *option, size_t *ret_len)
{
	const char *word;
	char name[128];
	size_t len;

	if (l->arg) {
		snprintf(name, sizeof(name), "%s.%s", module, option);
		word = karg_same_name(l->arg, name) ? strchr(l->arg, '=') : NULL;
		if (!word)
			return NULL;
		*ret_len = strlen(word + 1);
		return legacy_unquote(word + 1, ret_len);
	}
	if (l->line->kind == SETTING_MODPROBE) {
		if (!legacy_line_word_is(l, 0, "options") || !legacy_line_word_is(l, 1, module))
			return NULL;
	} else if (l->line->kind != SETTING_MODULES || !legacy_line_word_is(l, 0, module)) {
		return NULL;
	}
	for (unsigned i = 1; (word = legacy_word(l->line->text, i, &len)); i++) {
		size_t n = strcspn(word, "=");

		if (n >= len || !legacy_word_is(word, n, option))
			continue;
		*ret_len = len - n - 1;
		return legacy_unquote(word + n + 1, ret_len);
	}
	return NULL;
}

/* "10de:1b80", "10de:1b80:1458:3702:030000:ff0000"; ffffffff is any. */
static bool legacy_id_is(const char *id, size_t len, const struct pci_device *d)
{
	const unsigned have[] = { d->vendor, d->device, d->subsystem_vendor, d->subsystem_device };
	char text[64];
	unsigned part[4];
	int n;

	if (len >= sizeof(text))
		return false;
	memcpy(text, id, len);
	text[len] = '\0';
	n = sscanf(text, "%x:%x:%x:%x", &part[0], &part[1], &part[2], &part[3]);
	if (n < 2)
		return false;
	for (int i = 0; i < n; i++)
		if (part[i] != UINT32_MAX && part[i] != have[i])
			return false;
	return true;
}

bool legacy_ids_have(const char *ids, size_t len, const struct pci_device *d)
{
	for (size_t at = 0, n; at < len; at += n + 1) {
		n = strcspn(ids + at, ",");
		if (n > len - at)
			n = len - at;
		if (legacy_id_is(ids + at, n, d))
			return true;
	}
	return false;
}

static bool legacy_arg_named(const struct legacy_look *l, const char *name)
{
	return l->arg && karg_same_name(l->arg, name);
}

/* Does the comma-separated value of the argument hold WORD? */
static bool legacy_value_has(const struct legacy_look *l, const char *word)
{
	const char *value = l->arg ? strchr(l->arg, '=') : NULL;

	while (value) {
		size_t n = strcspn(++value, ",");

		if (legacy_word_is(value, n, word))
			return true;
		value = value[n] ? value + n : NULL;
	}
	return false;
}

static unsigned legacy_count_args(const struct legacy_look *l, const char *name)
{
	unsigned n = 0;

	for (const char *const *a = l->args; a && *a; a++)
		n += karg_same_name(*a, name);
	return n;
}

static bool any_line(const struct legacy_look *l _unused_)
{
	return true;
}

/* "amd_iommu=on", also "amd-iommu=on" */
static bool legacy_arg_is(const struct legacy_look *l, const char *name, const char *value)
{
	return legacy_arg_named(l, name) && strchr(l->arg, '=') && strcmp(strchr(l->arg, '=') + 1, value) == 0;
}

static bool amd_iommu_on(const struct legacy_look *l)
{
	return legacy_arg_is(l, "amd_iommu", "on");
}

static bool intel_iommu_on_amd(const struct legacy_look *l)
{
	return legacy_arg_is(l, "intel_iommu", "on") && l->host->iommu.has_ivrs && !l->host->iommu.has_dmar;
}

static bool iommu_on(const struct legacy_look *l)
{
	return legacy_arg_is(l, "iommu", "on") || legacy_arg_is(l, "iommu", "1");
}

static bool igfx_off_alone(const struct legacy_look *l)
{
	if (!legacy_arg_named(l, "intel_iommu") || !legacy_value_has(l, "igfx_off"))
		return false;
	for (const char *const *a = l->args; a && *a; a++) {
		struct legacy_look other = { .host = l->host, .arg = *a };

		if (karg_same_name(*a, "intel_iommu") && legacy_value_has(&other, "on"))
			return false;
	}
	return true;
}

static const char *legacy_ids(const struct legacy_look *l, size_t *ret_len)
{
	return legacy_option(l, "vfio-pci", "ids", ret_len);
}

static bool ids_any(const struct legacy_look *l)
{
	size_t len;

	return legacy_ids(l, &len);
}

/* "01:00.0" or "0000:01:00.0" among the ids */
static bool ids_are_addresses(const struct legacy_look *l)
{
	size_t len;
	const char *ids = legacy_ids(l, &len);

	return ids && memchr(ids, '.', len);
}

static bool ids_not_here(const struct legacy_look *l)
{
	size_t len;
	const char *ids = legacy_ids(l, &len);

	if (!ids || !l->host->n_devices)
		return false;
	for (unsigned i = 0; i < l->host->n_devices; i++)
		if (legacy_ids_have(ids, len, l->host->devices[i]))
			return false;
	return true;
}

static bool ids_repeated(const struct legacy_look *l)
{
	return legacy_arg_named(l, "vfio-pci.ids") && legacy_count_args(l, "vfio-pci.ids") > 1;
}

static bool ids_several_lines(const struct legacy_look *l)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->host->vfio.n_settings; i++) {
		struct legacy_look other = { .host = l->host, .line = l->host->vfio.settings[i] };

		n += other.line->kind == SETTING_MODPROBE && ids_any(&other);
	}
	return n > 1 && ids_any(l);
}

static bool ids_twice(const struct legacy_look *l)
{
	return ids_any(l) && legacy_count_args(l, "vfio-pci.ids") > 0;
}

static bool ids_builtin(const struct legacy_look *l)
{
	return ids_any(l) && l->host->vfio.vfio_pci == MODULE_BUILTIN;
}

static bool vfio_misspelt(const struct legacy_look *l)
{
	size_t n = strcspn(l->arg, "=");

	if (strncasecmp(l->arg, "vfio", 4) != 0 || str_starts_with(l->arg, "vfio-wizard"))
		return false;
	return !memchr(l->arg, '.', n) || str_starts_with(l->arg, "vfio.pci");
}

static bool vfio_option_known(const char *name, size_t len)
{
	static const char *const known[] = { "ids",	     "nointxmask",   "disable_vga",
					     "disable_idle_d3", "enable_sriov", "disable_denylist" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (legacy_word_is(name, len, known[i]))
			return true;
	return false;
}

static bool vfio_option_unknown(const struct legacy_look *l)
{
	const char *word;
	size_t len;

	if (l->arg) {
		word = strchr(l->arg, '.');
		return word && legacy_word_is(l->arg, (size_t)(word - l->arg), "vfio-pci") &&
		       !vfio_option_known(word + 1, strcspn(word + 1, "="));
	}
	if (!legacy_line_word_is(l, 0, "options") || !legacy_line_word_is(l, 1, "vfio-pci"))
		return false;
	for (unsigned i = 2; (word = legacy_word(l->line->text, i, &len)); i++) {
		if (*word == '#')
			return false;
		if (!vfio_option_known(word, strcspn(word, "= \t")))
			return true;
	}
	return false;
}

static bool pci_stub_ids(const struct legacy_look *l)
{
	size_t len;

	return legacy_option(l, "pci-stub", "ids", &len);
}

static bool xen_hide(const struct legacy_look *l)
{
	return (legacy_arg_named(l, "xen-pciback.hide") || legacy_arg_named(l, "pciback.hide")) &&
	       !l->host->vfio.has_xen;
}

static bool rd_driver_pre(const struct legacy_look *l)
{
	return legacy_arg_named(l, "rd.driver.pre") && strstr(l->arg, "vfio") && !l->host->vfio.has_dracut;
}

static bool virqfd(const struct legacy_look *l)
{
	const char *text = l->arg ? l->arg : l->line->text;

	return (strstr(text, "vfio_virqfd") || strstr(text, "vfio-virqfd")) &&
	       version_reaches(l->host->identity.kernel, 6, 2) != 0;
}

static bool blacklist_argument(const struct legacy_look *l)
{
	static const char *const names[] = { "modprobe.blacklist", "module_blacklist", "rd.driver.blacklist",
					     "rdblacklist" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t k = 0; legacy_arg_named(l, names[i]) && k < ARRAY_SIZE(legacy_drivers); k++)
			if (legacy_value_has(l, legacy_drivers[k]))
				return true;
	return false;
}

static bool framebuffer_off(const struct legacy_look *l)
{
	return legacy_arg_named(l, "video") && version_reaches(l->host->identity.kernel, 6, 1) != 0 &&
	       (strstr(l->arg, "efifb:off") || strstr(l->arg, "vesafb:off") || strstr(l->arg, "simplefb:off"));
}

static bool sysfb_off(const struct legacy_look *l)
{
	return legacy_arg_named(l, "initcall_blacklist") && legacy_value_has(l, "sysfb_init");
}

static bool nomodeset(const struct legacy_look *l)
{
	return str_eq(l->arg, "nomodeset");
}

static bool without_effect(const struct legacy_look *l)
{
	return str_eq(l->arg, "nofb") || str_eq(l->arg, "multifunction") || str_eq(l->arg, "vga=off");
}

static bool override_not_known(const struct legacy_look *l)
{
	return legacy_arg_named(l, "pcie_acs_override") && l->host->kernel.acs_override_known == 0;
}

static bool override_words(const struct legacy_look *l)
{
	return legacy_arg_named(l, "pcie_acs_override") && !legacy_value_has(l, "downstream") &&
	       !legacy_value_has(l, "multifunction") && !strstr(l->arg, "id:");
}

static bool legacy_is_yes(const char *value, size_t len)
{
	return value && len && strchr("1yYtT", *value);
}

static bool ignore_msrs(const struct legacy_look *l)
{
	size_t len;
	const char *value = legacy_option(l, "kvm", "ignore_msrs", &len);

	return legacy_is_yes(value, value ? len : 0);
}

static bool unsafe_interrupts(const struct legacy_look *l)
{
	size_t len;
	const char *value = legacy_option(l, "vfio_iommu_type1", "allow_unsafe_interrupts", &len);

	return legacy_is_yes(value, value ? len : 0);
}

static bool unsafe_interrupts_on(const struct legacy_look *l)
{
	return unsafe_interrupts(l) && l->host->iommu.irq_remapping == 1;
}

/* "hugepages=8 hugepagesz=1G": a count before every size, and a size that no count follows. */
static bool hugepages_order(const struct legacy_look *l)
{
	bool size_before = false, open = false;

	if (!legacy_arg_named(l, "hugepages"))
		return false;
	for (const char *const *a = l->args; a && *a; a++) {
		if (*a == l->arg && size_before)
			return false;
		if (karg_same_name(*a, "hugepagesz"))
			size_before = open = true;
		else if (karg_same_name(*a, "hugepages"))
			open = false;
	}
	return open;
}

static bool twice(const struct legacy_look *l)
{
	/* The kernel lets these add up, or their order counts. */
	if (legacy_arg_named(l, "console") || legacy_arg_named(l, "hugepages") || legacy_arg_named(l, "hugepagesz"))
		return false;
	for (const char *const *a = l->args; a && *a && *a != l->arg; a++)
		if (strcmp(*a, l->arg) == 0)
			return true;
	return false;
}

static bool vfio_blocked(const struct legacy_look *l)
{
	const char *text = l->line->text;

	return (legacy_line_word_is(l, 0, "blacklist") && legacy_line_word_is(l, 1, "vfio-pci")) ||
	       (legacy_line_word_is(l, 0, "install") && legacy_line_word_is(l, 1, "vfio-pci") &&
		(strstr(text, "/bin/true") || strstr(text, "/bin/false")));
}

static bool vfio_install(const struct legacy_look *l)
{
	return legacy_line_word_is(l, 0, "install") && strstr(l->line->text, "vfio");
}

static bool vfio_softdep(const struct legacy_look *l)
{
	return legacy_line_word_is(l, 0, "softdep") && strstr(l->line->text, "vfio");
}

static bool vfio_alias(const struct legacy_look *l)
{
	return legacy_line_word_is(l, 0, "alias") && legacy_line_word_is(l, 2, "vfio-pci");
}

/* NVIDIA's driver comes with a file that keeps nouveau out. */
static bool blacklist_line(const struct legacy_look *l)
{
	const char *name = strrchr(l->line->path, '/');

	if (!legacy_line_word_is(l, 0, "blacklist") ||
	    (name && strstr(name, "nvidia") && legacy_line_word_is(l, 1, "nouveau")))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(legacy_drivers); i++)
		if (legacy_line_word_is(l, 1, legacy_drivers[i]))
			return true;
	return false;
}

/* force_drivers+="vfio_pci vfio" */
static bool dracut_blanks(const struct legacy_look *l)
{
	const char *value = strstr(l->line->text, "+="), *end;
	char quote;

	if (!value || (value[2] != '"' && value[2] != '\''))
		return value != NULL;
	quote = value[2];
	value += 3;
	end = strchr(value, quote);
	return end && end > value && (*value != ' ' || end[-1] != ' ');
}

static bool modules_in_one_line(const struct legacy_look *l)
{
	size_t len;
	const char *second = legacy_word(l->line->text, 1, &len);

	return second && *second != '#' && !memchr(second, '=', len);
}

static bool supergfx_on(const struct legacy_look *l)
{
	return strstr(l->line->text, "true");
}

static bool tree_without_caller(const struct legacy_look *l _unused_)
{
	return true;
}

static bool hook_calls_libvirt(const struct legacy_look *l)
{
	return strstr(l->line->text, "virsh");
}

#define LEGACY_SEVERITY(s) SEVERITY_##s
#define LEGACY(ID, KINDS, SEVERITY, TAKE, SAID, MATCH, TEXT) \
	{ ID, (KINDS), LEGACY_SEVERITY(SEVERITY), LEGACY_##TAKE, SAID, MATCH, TEXT },
const struct legacy_row legacy_rows[] = {
#include "model/legacy.def"
};
#undef LEGACY
const unsigned legacy_row_count = ARRAY_SIZE(legacy_rows);
