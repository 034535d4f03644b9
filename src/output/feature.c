/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/feature.h"

#include "base/str.h"
#include "base/version.h"
#include "output/machine-parts.h"

#include <stdio.h>
#include <string.h>

enum feature_when {
	WHEN_ALWAYS,
	WHEN_UEFI,
	WHEN_SECURE_BOOT,
	WHEN_WINDOWS,
	WHEN_BIG_BARS,	/* a graphics card is passed */
	WHEN_EVDEV,
	WHEN_KVMFR,
	WHEN_AUDIO,
	WHEN_PIPEWIRE,
};

struct version {
	unsigned major, minor;
};

static const struct feature_row {
	const char *id;
	enum feature_when when;
	struct version libvirt, qemu, kernel; /* 0.0: of no importance */
	const char *what;
} feature_rows[] = {
#define FEATURE(id, when, lv, lv_minor, qemu, qemu_minor, kernel, kernel_minor, what, source)      \
	{ #id, WHEN_##when, { lv, lv_minor }, { qemu, qemu_minor }, { kernel, kernel_minor }, what },
#include "output/feature.def"
#undef FEATURE
};
static const struct version feature_libvirt = { FEATURE_LIBVIRT_MAJOR, FEATURE_LIBVIRT_MINOR };
static const struct version feature_qemu = { FEATURE_QEMU_MAJOR, FEATURE_QEMU_MINOR };
static const struct version feature_kernel = { FEATURE_KERNEL_MAJOR, FEATURE_KERNEL_MINOR };
_Static_assert(FEATURE_COUNT <= 64, "a bit each");

static bool feature_reached(struct version have, struct version want)
{
	return have.major > want.major || (have.major == want.major && have.minor >= want.minor);
}

/* *RET_TEXT is NULL where TEXT tells no version, and FALLBACK counts. */
static struct version version_read(struct arena *a, const char *text, struct version fallback,
				   const char **ret_text)
{
	struct version v;

	*ret_text = NULL;
	if (!version_parse(text, &v.major, &v.minor))
		return fallback;
	*ret_text = arena_printf(a, "%u.%u", v.major, v.minor);
	return v;
}

void machine_set_versions(struct machine *m, const struct host *h)
{
	struct version libvirt, qemu, kernel;

	libvirt = version_read(m->arena, h->software.libvirt, feature_libvirt, &m->libvirt_version);
	qemu = version_read(m->arena, h->software.qemu, feature_qemu, &m->qemu_version);
	kernel = version_read(m->arena, h->identity.kernel, feature_kernel, &m->kernel_version);
	m->host_is_here = fsroot_is_live(h->root);
	m->libvirt_knows = m->qemu_knows = 0;
	for (unsigned i = 0; i < FEATURE_COUNT; i++) {
		const struct feature_row *row = &feature_rows[i];

		if (!feature_reached(qemu, row->qemu) || !feature_reached(kernel, row->kernel))
			continue;
		m->qemu_knows |= UINT64_C(1) << i;
		if (feature_reached(libvirt, row->libvirt))
			m->libvirt_knows |= UINT64_C(1) << i;
	}
}

bool machine_libvirt_knows(const struct machine *m, enum feature f)
{
	return m->libvirt_knows >> f & 1;
}

bool machine_qemu_knows(const struct machine *m, enum feature f)
{
	return m->qemu_knows >> f & 1;
}

static bool feature_has_graphics(const struct machine *m)
{
	for (unsigned i = 0; i < m->n_hostdevs; i++)
		if (pci_device_class(m->hostdevs[i].device) == DEVICE_GPU)
			return true;
	return false;
}

static bool feature_is_wanted(const struct machine *m, enum feature_when when)
{
	switch (when) {
	case WHEN_ALWAYS:
		return true;
	case WHEN_UEFI:
		return m->firmware != GUEST_BIOS;
	case WHEN_SECURE_BOOT:
		return m->firmware == GUEST_UEFI_SECURE;
	case WHEN_WINDOWS:
		return m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10;
	case WHEN_BIG_BARS:
		return feature_has_graphics(m);
	case WHEN_EVDEV:
		return m->n_evdev > 0;
	case WHEN_KVMFR:
		return m->looking_glass_kvmfr;
	case WHEN_AUDIO:
		return m->audio != GUEST_AUDIO_NONE;
	case WHEN_PIPEWIRE:
		return m->audio == GUEST_AUDIO_PIPEWIRE;
	}
	return false;
}

static void feature_add_missing(struct str *s, const char *name, const char *have, struct version fallback,
				struct version want)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	const char *text;

	if (!feature_reached(version_read(scratch, have, fallback, &text), want))
		str_addf(s, "%s%s %u.%u", str_ends_with(str_c(s), ": ") ? "" : ", ", name, want.major, want.minor);
}

/* "hyperv xmm_input: libvirt 10.7, Linux 5.14": what would have to be there and is not. */
static const char *feature_describe(const struct machine *m, unsigned i)
{
	const struct feature_row *row = &feature_rows[i];
	_cleanup_str_ struct str s = { 0 };

	str_addf(&s, "%s: ", row->what);
	feature_add_missing(&s, "libvirt", m->libvirt_version, feature_libvirt, row->libvirt);
	feature_add_missing(&s, "QEMU", m->qemu_version, feature_qemu, row->qemu);
	feature_add_missing(&s, "Linux", m->kernel_version, feature_kernel, row->kernel);
	return arena_strdup(m->arena, str_c(&s));
}

void machine_note_left_out(struct machine *m)
{
	const char *const *missing = NULL;
	const char *known = m->libvirt_version && m->qemu_version ? NULL : _("not known");
	const char *text;

	for (unsigned i = 0; i < FEATURE_COUNT; i++)
		if (feature_rows[i].what && !(m->libvirt_knows >> i & 1) &&
		    feature_is_wanted(m, feature_rows[i].when))
			arena_strv_add(m->arena, &missing, feature_describe(m, i));
	if (!missing)
		return;
	text = !known ? arena_printf(m->arena,
				     _("The domain is written for libvirt %s and QEMU %s, which are installed here; "
				       "what only newer ones know is left out."),
				     m->libvirt_version, m->qemu_version)
		      : arena_printf(m->arena,
				     _("The version of libvirt here is %s, of QEMU %s. What came after libvirt %d.%d "
				       "and QEMU %d.%d is left out of the domain, to be safe."),
				     m->libvirt_version ? m->libvirt_version : known,
				     m->qemu_version ? m->qemu_version : known, FEATURE_LIBVIRT_MAJOR,
				     FEATURE_LIBVIRT_MINOR, FEATURE_QEMU_MAJOR, FEATURE_QEMU_MINOR);
	machine_note(m, "machine-left-out", SEVERITY_INFO, text)->evidence = missing;
}

json_t *feature_context(uint64_t known)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < FEATURE_COUNT; i++)
		json_object_set_new(o, feature_rows[i].id, json_boolean(known >> i & 1));
	return o;
}
