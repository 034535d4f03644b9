/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/legacy.h"

#include "base/str.h"
#include "model/legacy-match.h"

#include <fnmatch.h>
#include <string.h>

const struct legacy_row *legacy_row_find(const char *id)
{
	for (unsigned i = 0; i < legacy_row_count; i++)
		if (strcmp(legacy_rows[i].id, id) == 0)
			return &legacy_rows[i];
	return NULL;
}

static void legacy_judge(const struct legacy_look *l, struct legacy_found *found, unsigned *n)
{
	enum setting_kind kind = l->arg ? SETTING_KERNEL_ARG : l->line->kind;

	for (unsigned i = 0; i < legacy_row_count; i++) {
		const struct legacy_row *row = &legacy_rows[i];

		if (!(row->kinds & LEGACY_KIND(kind)) || !row->match(l))
			continue;
		found[(*n)++] = (struct legacy_found){ .row = row, .arg = l->arg, .line = l->line };
		return;
	}
}

unsigned legacy_find(struct host *h, const char *const *args, const struct legacy_found **ret)
{
	size_t most = h->vfio.n_settings;
	struct legacy_found *found;
	unsigned n = 0;

	for (const char *const *a = args; a && *a; a++)
		most++;
	found = arena_alloc(h->arena, (most + 1) * sizeof(*found));
	for (const char *const *a = args; a && *a && strcmp(*a, "--") != 0; a++)
		legacy_judge(&(struct legacy_look){ .host = h, .args = args, .arg = *a }, found, &n);
	for (unsigned i = 0; i < h->vfio.n_settings; i++)
		legacy_judge(&(struct legacy_look){ .host = h, .args = args, .line = h->vfio.settings[i] }, found,
			     &n);
	*ret = found;
	return n;
}

const char *legacy_evidence(struct host *h, const struct legacy_found *f, const char *where)
{
	if (f->arg)
		return arena_printf(h->arena, "%s: %s", where, f->arg);
	return arena_printf(h->arena, "%s:%u: %s", f->line->path, f->line->line, f->line->text);
}

static bool legacy_is_vfio_word(const char *word, size_t len, bool only_virqfd)
{
	static const char *const names[] = { "vfio_virqfd", "vfio", "vfio_pci", "vfio_iommu_type1", "vfio_pci_core" };

	for (size_t i = 0; i < (only_virqfd ? 1 : ARRAY_SIZE(names)); i++)
		if (legacy_word_is(word, len, names[i]))
			return true;
	return false;
}

/* MODULES=(ext4 vfio_pci vfio_virqfd), force_drivers+=" vfio_virqfd ", modules_force_load: vfio,vfio_virqfd */
static const char *legacy_without_words(struct arena *a, const char *raw, bool only_virqfd)
{
	static const char ends[] = " \t\r\n\"'(),=:[]";
	_cleanup_str_ struct str out = { 0 };

	while (*raw) {
		size_t n = strcspn(raw, ends);

		if (!n) {
			str_addc(&out, *raw++);
			continue;
		}
		if (!legacy_is_vfio_word(raw, n, only_virqfd)) {
			str_addn(&out, raw, n);
		} else if (raw[n] == ',') {
			n++;
		} else if (out.len && (out.data[out.len - 1] == ',' || (out.data[out.len - 1] == ' ' && raw[n]))) {
			out.data[--out.len] = '\0';
		} else if (raw[n] == ' ') {
			n++;
		}
		raw += n;
	}
	return arena_strdup(a, str_c(&out));
}

/* The first FROM in RAW becomes TO. */
static const char *legacy_replaced(struct arena *a, const char *raw, const char *from, const char *to)
{
	const char *at = strstr(raw, from);

	return at ? arena_printf(a, "%.*s%s%s", (int)(at - raw), raw, to, at + strlen(from)) : raw;
}

/* force_drivers+="vfio_pci" → force_drivers+=" vfio_pci " */
static const char *legacy_with_blanks(struct arena *a, const char *raw)
{
	const char *start = strstr(raw, "+="), *end;

	if (!start || (start[2] != '"' && start[2] != '\''))
		return raw;
	end = strchr(start + 3, start[2]);
	if (!end)
		return raw;
	return arena_printf(a, "%.*s%s%.*s%s%s", (int)(start + 3 - raw), raw, start[3] == ' ' ? "" : " ",
			    (int)(end - start - 3), start + 3, end[-1] == ' ' ? "" : " ", end);
}

const char *legacy_text_after(struct arena *a, const struct legacy_found *f, const char *raw)
{
	bool only_virqfd = strcmp(f->row->id, "vfio-virqfd") == 0;

	if (f->line->kind == SETTING_SUPERGFX)
		return legacy_replaced(a, raw, "true", "false");
	if (strcmp(f->row->id, "dracut-blanks") == 0)
		return legacy_with_blanks(a, raw);
	if (f->line->kind == SETTING_MKINITCPIO || f->line->kind == SETTING_DRACUT ||
	    f->line->kind == SETTING_BOOSTER)
		return legacy_without_words(a, raw, only_virqfd);
	return NULL;
}

/* alias pci:v00001002d000067DFsv00001682sd00009587bc03sc00i00 vfio-pci */
static bool legacy_alias_is(const char *text, const struct pci_device *d)
{
	_cleanup_free_ char *pattern = NULL;
	size_t len;
	const char *word = legacy_word(text, 1, &len);

	if (!word || !d->modalias)
		return false;
	pattern = xstrndup(word, len);
	return fnmatch(pattern, d->modalias, 0) == 0;
}

/* ATTR{driver_override}="vfio-pci", or RUN+="/bin/sh -c 'echo vfio-pci > …/driver_override'" */
static const char *legacy_udev_driver(const char *text)
{
	const char *at = strstr(text, "driver_override}=\"");

	if (at && !str_starts_with(at, "driver_override}=\"vfio-pci\""))
		return "";
	return strstr(text, "vfio-pci") ? "vfio-pci" : NULL;
}

const char *legacy_driver_of(const struct legacy_found *f, const struct pci_device *d)
{
	if (f->arg)
		return NULL;
	if (f->line->kind == SETTING_DRIVERCTL)
		return str_ends_with(f->line->path, d->address) ? f->line->text : NULL;
	if (f->line->kind == SETTING_UDEV && strstr(f->line->text, d->address))
		return legacy_udev_driver(f->line->text);
	return NULL;
}

bool legacy_binds(const struct legacy_found *f, const struct pci_device *d)
{
	struct legacy_look l = { .arg = f->arg, .line = f->line };
	const char *ids;
	size_t len;

	if (f->arg || f->line->kind == SETTING_MODPROBE || f->line->kind == SETTING_MODULES) {
		ids = legacy_option(&l, "vfio-pci", "ids", &len);
		if (!ids)
			ids = legacy_option(&l, "pci-stub", "ids", &len);
		if (ids)
			return legacy_ids_have(ids, len, d);
		return f->line && strcmp(f->row->id, "vfio-alias") == 0 && legacy_alias_is(f->line->text, d);
	}
	if (f->line->kind == SETTING_UNRAID || f->line->kind == SETTING_BOOT_SCRIPT)
		return strstr(f->line->text, d->address) != NULL;
	return str_eq(legacy_driver_of(f, d), "vfio-pci");
}
