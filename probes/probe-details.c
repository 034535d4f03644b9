/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What takes more looks at each device than listing them needs. */
#include "probes/pci-attributes.h"
#include "probes/pci-rebar.h"
#include "probes/probe-util.h"

#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>

/* "resource": 13 lines and more, the first six are the BARs, then ROM, SR-IOV and bridge windows. */
static void details_read_bars(const struct pci_dir *dir, struct pci_details *t)
{
	const char *text = pci_attribute_text(dir, "resource");
	char *rest = text ? arena_strdup(dir->h->arena, text) : NULL, *line;

	for (unsigned i = 0; i < ARRAY_SIZE(t->bars) && (line = probe_next_line(&rest)); i++) {
		if (!pci_bar_parse(line, &t->bars[i])) {
			pci_attribute_note(dir, "resource", -EBADMSG);
			return;
		}
		t->bars_known = true;
	}
}

/* "resource1_resize": 0000000000007f00, bit n = 2^n MiB; Linux 6.1. */
static bool details_read_resize(const struct pci_dir *dir, struct pci_details *t)
{
	bool found = false;

	for (unsigned i = 0; i < ARRAY_SIZE(t->bars); i++) {
		char name[32];
		const char *text;

		snprintf(name, sizeof(name), "resource%u_resize", i);
		text = t->bars[i].size || !t->bars_known ? pci_attribute_word(dir, name) : NULL;
		if (!text)
			continue;
		if (str_to_hex(text, UINT64_MAX, &t->bars[i].possible) < 0)
			pci_attribute_note(dir, name, -EBADMSG);
		found = true;
	}
	return found;
}

/* All ones are what reading from nothing gives. */
static void details_read_config(const struct pci_dir *dir, struct pci_details *t, bool want_rebar)
{
	unsigned char bytes[4096];
	size_t n = 0, want = want_rebar ? sizeof(bytes) : 64, dead = 0;
	_cleanup_close_ int fd = openat(dir->fd, "config", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	while (fd >= 0 && n < want) {
		ssize_t r = pread(fd, bytes + n, want - n, (off_t)n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	while (dead < n && bytes[dead] == 0xff)
		dead++;
	t->config_dead = n >= 64 && dead == n;
	if (want_rebar)
		pci_rebar_decode(bytes, n, t->bars);
}

static int details_tristate(const struct pci_dir *dir, const char *name)
{
	uint64_t n;

	return pci_attribute_number(dir, name, 1, &n) < 0 ? -1 : (int)n;
}

static void details_read(struct host *h, struct pci_device *d)
{
	struct pci_dir dir = { .h = h, .d = d };
	_cleanup_close_ int fd = fsroot_openat(h->root, d->syspath, O_PATH | O_DIRECTORY);
	struct pci_details *t = arena_alloc(h->arena, sizeof(*t));
	bool resize;

	t->d3cold_allowed = -1;
	d->details = t;
	if (fd < 0)
		return; /* unplugged; probe "pci" noted it */
	dir.fd = fd;
	t->power_state = pci_attribute_word(&dir, "power_state");
	t->runtime_status = pci_attribute_word(&dir, "power/runtime_status");
	t->d3cold_allowed = details_tristate(&dir, "d3cold_allowed");
	if (d->header_type == 1 || d->header_type == 2)
		return;
	details_read_bars(&dir, t);
	resize = details_read_resize(&dir, t);
	/* Graphics and accelerators (0x12) are what has resizable BARs that matter. */
	if (!d->physfn)
		details_read_config(&dir, t,
				    !resize && (d->class_code >> 16 == 0x03 || d->class_code >> 16 == 0x12));
	t->local_cpus = pci_attribute_word(&dir, "local_cpulist");
	t->nvidia_vgpu = d->vendor == 0x10de && pci_attribute_exists(&dir, "nvidia") &&
			 probe_exists(h, "%s/nvidia/creatable_vgpu_types", d->syspath);
}

/*
 * modules.alias has the drivers that say they are made for a device, as libvirt 10 looks for them:
 *	alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci
 * vfio_pci itself is there for every device.
 */
static void details_find_variants(struct host *h)
{
	_cleanup_free_ char *text =
		h->identity.kernel
			? probe_text(h, NULL, "lib/modules/%s/modules.alias", h->identity.kernel)
			: NULL;

	for (char *at = text; at && (at = strstr(at, "alias vfio_pci:"));) {
		char *line = probe_next_line(&at);
		char *pattern, *name;

		probe_next_word(&line);
		pattern = probe_next_word(&line);
		name = probe_next_word(&line);
		if (!name || str_eq(name, "vfio_pci"))
			continue;
		for (unsigned i = 0; i < h->n_devices; i++) {
			struct pci_device *d = h->devices[i];

			if (d->details && d->modalias &&
			    fnmatch(pattern + strlen("vfio_"), d->modalias, 0) == 0 &&
			    !strv_contains(d->details->variants, name))
				arena_strv_add(h->arena, &d->details->variants, name);
		}
	}
}

/* /sys/class/drm: "card0-HDMI-A-1", its status is "connected", "disconnected" or "unknown". */
static void details_find_connectors(struct host *h)
{
	_cleanup_strv_ char **names = probe_list(h, "sys/class/drm");

	for (char **name = names; name && *name; name++) {
		const char *connector = strchr(*name, '-'), *status;
		struct pci_device *d;

		if (!str_starts_with(*name, "card") || !connector)
			continue;
		d = probe_device_behind(h, "sys/class/drm/%s", *name);
		status = probe_word(h, "sys/class/drm/%s/status", *name);
		if (d && d->details)
			arena_strv_add(h->arena, &d->details->connectors,
				       arena_printf(h->arena, "%s %s", connector + 1,
						    status ? status : "unknown"));
	}
}

static int details_run(struct host *h, struct err *err _unused_)
{
	for (unsigned i = 0; i < h->n_devices; i++)
		details_read(h, h->devices[i]);
	details_find_variants(h);
	details_find_connectors(h);
	return 0;
}

const struct probe probe_details = {
	.name = "details",
	.title = N_("Memory, power and outputs of devices"),
	.run = details_run,
};
