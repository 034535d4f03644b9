/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change/verify.h"

#include "base/strv.h"
#include "change/image.h"
#include "model/kargs.h"

#include <errno.h>
#include <string.h>

#define VERIFY_DOMAINS "/etc/libvirt/qemu"

const char *promise_result_name(enum promise_result r)
{
	switch (r) {
	case PROMISE_KEPT:
		return "kept";
	case PROMISE_BROKEN:
		return "broken";
	case PROMISE_NOT_YET:
		return "not-yet";
	case PROMISE_CANNOT_TELL:
		break;
	}
	return "unknown";
}

void verification_free(struct verification *v)
{
	if (v)
		arena_free(v->arena);
}

struct verify {
	struct arena *a;
	const struct host *h;
	const struct fsroot *fs;
	const json_t *promise;
	struct promise_check *check;
};

static const char *verify_text(const struct verify *v, const char *key)
{
	return json_string_value(json_object_get(v->promise, key));
}

static unsigned verify_id(const struct verify *v, const char *key)
{
	const char *text = verify_text(v, key);
	uint64_t id = 0;

	return text && str_to_hex(text, UINT16_MAX, &id) == 0 ? (unsigned)id : 0;
}

static void verify_set(struct verify *v, enum promise_result result, const char *evidence,
		       const char *advice)
{
	v->check->result = result;
	v->check->evidence = evidence;
	v->check->advice = advice;
}

/* "hugepagesz=1G hugepages=16": two words that belong together. */
static bool verify_has_pair(const struct verify *v, const char *arg)
{
	_cleanup_kargs_ struct kargs line = { 0 };

	if (!karg_is_pair(arg))
		return false;
	kargs_parse(v->h->kernel.cmdline, &line);
	return kargs_has(&line, arg);
}

static void verify_cmdline(struct verify *v)
{
	const char *arg = verify_text(v, "arg");
	const char *evidence;

	if (!v->h->kernel.cmdline || !arg) {
		verify_set(v, PROMISE_CANNOT_TELL, _("/proc/cmdline could not be read."), NULL);
		return;
	}
	evidence = arena_printf(v->a, "/proc/cmdline: %s", v->h->kernel.cmdline);
	if (v->h->kernel.args && (strv_contains(v->h->kernel.args, arg) || verify_has_pair(v, arg)))
		verify_set(v, PROMISE_KEPT, evidence, NULL);
	else
		verify_set(v, PROMISE_BROKEN, evidence,
			   arena_printf(v->a,
					_("The computer was started without %s. Was another boot entry, an older kernel "
					  "or another disk's boot menu chosen? Restart with the usual entry; if it is "
					  "still missing, run: vfio-wizard check"),
					arg));
}

static void verify_iommu(struct verify *v)
{
	struct str units = { 0 };
	const struct host *h = v->h;
	const char *evidence;

	for (unsigned i = 0; i < h->iommu.n_units; i++)
		str_addf(&units, "%s%s", i ? ", " : "", h->iommu.units[i].name);
	evidence = arena_printf(v->a, "/sys/class/iommu: %s; /sys/kernel/iommu_groups: %u",
				units.len ? str_c(&units) : "-", h->n_groups);
	str_done(&units);
	if (h->iommu.n_units && h->n_groups)
		verify_set(v, PROMISE_KEPT, evidence, NULL);
	else
		verify_set(v, PROMISE_BROKEN, evidence,
			   _("The kernel has no IOMMU groups. Is VT-d, AMD-Vi or IOMMU switched on in the firmware "
			     "setup? \"vfio-wizard check\" says where to look."));
}

static const struct pci_device *verify_find_elsewhere(const struct verify *v)
{
	for (unsigned i = 0; i < v->h->n_devices; i++)
		if (v->h->devices[i]->vendor == verify_id(v, "vendor") &&
		    v->h->devices[i]->device == verify_id(v, "device"))
			return v->h->devices[i];
	return NULL;
}

static void verify_not_there(struct verify *v, const char *address, const struct pci_device *there)
{
	const struct pci_device *moved = verify_find_elsewhere(v);
	const char *evidence, *advice;

	if (there)
		evidence = arena_printf(v->a, "/sys/bus/pci/devices/%s: %04x:%04x", there->address,
					there->vendor, there->device);
	else
		evidence = arena_printf(v->a, "/sys/bus/pci/devices/%s: %s", address, strerror(ENOENT));
	if (moved)
		advice = arena_printf(v->a,
				      _("The device, or one just like it, is at %s now. Undo the binding of the old "
					"address, then choose the device anew."),
				      moved->address);
	else
		advice = _("The device is gone. If it was taken out, undo what binds it; if not, look whether it is "
			   "seated and has power.");
	verify_set(v, PROMISE_BROKEN, evidence, advice);
}

static void verify_driver(struct verify *v)
{
	const char *address = verify_text(v, "address"), *want = verify_text(v, "arg");
	const struct pci_device *d;
	struct pci_addr addr;
	const char *evidence;

	if (!address || !want || pci_addr_parse(address, &addr) < 0) {
		verify_set(v, PROMISE_CANNOT_TELL, NULL, NULL);
		return;
	}
	d = host_find_device(v->h, addr);
	if (!d || d->vendor != verify_id(v, "vendor") || d->device != verify_id(v, "device")) {
		verify_not_there(v, address, d);
		return;
	}
	evidence = arena_printf(v->a, "/sys/bus/pci/devices/%s/driver -> %s", address,
				d->driver ? d->driver : "-");
	if (str_eq(d->driver, want))
		verify_set(v, PROMISE_KEPT, evidence, NULL);
	else if (d->driver)
		verify_set(v, PROMISE_BROKEN, evidence,
			   arena_printf(v->a,
					_("The driver %s took %s before %s could. Was the initramfs made anew, and was "
					  "the new kernel entry started? See which one came first: dmesg | grep %s"),
					d->driver, address, want, address));
	else
		verify_set(v, PROMISE_BROKEN, evidence,
			   arena_printf(v->a, _("No driver holds %s. Load it and look why: modprobe %s; dmesg | grep %s"),
					address, want, address));
}

static void verify_file(struct verify *v)
{
	const char *path = verify_text(v, "path"), *want = verify_text(v, "arg");
	_cleanup_image_ struct image img = { 0 };
	struct err err = { 0 };

	if (!path || !want || image_read(v->fs, path, &img, &err) < 0) {
		verify_set(v, PROMISE_CANNOT_TELL, path ? arena_strdup(v->a, err.msg) : NULL, NULL);
		return;
	}
	if (!img.exists)
		verify_set(v, PROMISE_BROKEN, arena_printf(v->a, "%s: %s", path, strerror(ENOENT)),
			   _("The file is gone. Apply the stage again, or undo it."));
	else if (!image_matches(&img, want))
		verify_set(v, PROMISE_BROKEN, arena_printf(v->a, "%s: SHA-256 %s", path, img.sha256),
			   _("The file was edited since. If that was meant, all is well; if not, undo the stage and "
			     "apply it again."));
	else
		verify_set(v, PROMISE_KEPT, arena_printf(v->a, "%s: SHA-256 %s", path, img.sha256), NULL);
}

/* libvirt keeps a defined machine as /etc/libvirt/qemu/NAME.xml, readable by root alone. */
static void verify_domain(struct verify *v)
{
	const char *name = verify_text(v, "arg");
	const char *path = NULL;
	struct stat st;
	int r = -EINVAL;

	if (name && !strchr(name, '/')) {
		path = arena_printf(v->a, VERIFY_DOMAINS "/%s.xml", name);
		r = fsroot_stat(v->fs, path, &st);
	}
	if (r == 0)
		verify_set(v, PROMISE_KEPT, path, NULL);
	else if (r == -ENOENT)
		verify_set(v, PROMISE_BROKEN, arena_printf(v->a, "%s: %s", path, strerror(ENOENT)),
			   _("libvirt does not know the machine. Define it again: vfio-wizard domain --define"));
	else
		verify_set(v, PROMISE_CANNOT_TELL,
			   arena_printf(v->a, "%s: %s", path ? path : VERIFY_DOMAINS, strerror(-r)), NULL);
}

static void verify_kernel(struct verify *v)
{
	const char *want = verify_text(v, "arg"), *now = v->h->identity.kernel;

	if (!want || !now) {
		verify_set(v, PROMISE_CANNOT_TELL, NULL, NULL);
		return;
	}
	if (str_eq(want, now))
		verify_set(v, PROMISE_KEPT, arena_printf(v->a, "uname -r: %s", now), NULL);
	else
		verify_set(v, PROMISE_BROKEN, arena_printf(v->a, "uname -r: %s", now),
			   _("Another kernel was started. Was another entry chosen in the boot menu, or has an update since "
			     "made another kernel the usual one? Run the plan again, or choose the kernel in the menu."));
}

/*
 * The patch says it in the first lines of the log:
 *	Warning: PCIe ACS overrides enabled; This may allow non-IOMMU protected peer-to-peer DMA
 * and a kernel without it: Unknown kernel command line parameters "pcie_acs_override=downstream", will be …
 */
static void verify_acs_override(struct verify *v)
{
	const char *line = host_log_find(v->h, "PCIe ACS overrides enabled");

	if (line) {
		verify_set(v, PROMISE_KEPT, arena_printf(v->a, "kernel log: %s", line), NULL);
	} else if (v->h->kernel.acs_override_known == 0) {
		verify_set(v, PROMISE_BROKEN,
			   v->h->kernel.acs_override_evidence ? arena_strdup(v->a, v->h->kernel.acs_override_evidence) : NULL,
			   _("This kernel does not know pcie_acs_override: start one that carries the patch, or take the "
			     "argument back with: vfio-wizard undo"));
	} else if (!v->h->kernel.log) {
		verify_set(v, PROMISE_CANNOT_TELL,
			   v->h->kernel.log_why_not ? arena_strdup(v->a, v->h->kernel.log_why_not) : NULL, NULL);
	} else {
		verify_set(v, PROMISE_BROKEN, _("The kernel log does not say that ACS overrides are enabled."),
			   _("The kernel may not know pcie_acs_override, or the first lines of its log are lost: look with "
			     "\"dmesg | grep ACS\" right after a start."));
	}
}

/* "0000:02:00.0,0000:02:00.1": the first of them that is in G still, NULL none. */
static const struct pci_device *verify_find_in_group(const struct iommu_group *g, const char *list)
{
	for (unsigned i = 0; i < g->n_devices; i++) {
		const char *at = strstr(list, g->devices[i]->address);

		if (at && (at == list || at[-1] == ','))
			return g->devices[i];
	}
	return NULL;
}

static void verify_apart(struct verify *v)
{
	const char *address = verify_text(v, "address"), *others = verify_text(v, "arg");
	const struct pci_device *d, *still;
	struct pci_addr addr;

	if (!address || !others || pci_addr_parse(address, &addr) < 0) {
		verify_set(v, PROMISE_CANNOT_TELL, NULL, NULL);
		return;
	}
	d = host_find_device(v->h, addr);
	if (!d || d->vendor != verify_id(v, "vendor") || d->device != verify_id(v, "device")) {
		verify_not_there(v, address, d);
		return;
	}
	if (!d->group) {
		verify_set(v, PROMISE_BROKEN, arena_printf(v->a, "/sys/bus/pci/devices/%s/iommu_group: -", address),
			   _("The device is in no IOMMU group: the IOMMU is not on. See: vfio-wizard check"));
		return;
	}
	still = verify_find_in_group(d->group, others);
	if (!still)
		verify_set(v, PROMISE_KEPT, arena_printf(v->a, "/sys/kernel/iommu_groups/%d/devices", d->group->id), NULL);
	else
		verify_set(v, PROMISE_BROKEN,
			   arena_printf(v->a, "/sys/kernel/iommu_groups/%d/devices/%s", d->group->id, still->address),
			   _("The group was not split. \"vfio-wizard groups\" says what joins its devices; take the override "
			     "back with \"vfio-wizard undo\", it only takes protection away."));
}

static void verify_measure(struct verify *v)
{
	static const struct {
		const char *kind;
		void (*measure)(struct verify *v);
	} table[] = {
		{ "cmdline", verify_cmdline }, { "iommu-on", verify_iommu }, { "driver", verify_driver },
		{ "file", verify_file },       { "domain", verify_domain },
		{ "kernel", verify_kernel },   { "acs-override", verify_acs_override },
		{ "apart", verify_apart },
	};
	const char *kind = verify_text(v, "kind");

	verify_set(v, PROMISE_CANNOT_TELL, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_eq(kind, table[i].kind))
			table[i].measure(v);
}

static void verify_one(struct verify *v)
{
	const char *made_in = verify_text(v, "boot_id"), *now = v->h->kernel.boot_id;

	v->check->id = arena_strdup(v->a, verify_text(v, "id"));
	v->check->text = arena_strdup(v->a, verify_text(v, "text"));
	if (made_in && !now)
		verify_set(v, PROMISE_CANNOT_TELL,
			   _("It is not known whether the computer has been restarted since."), NULL);
	else if (made_in && str_eq(made_in, now))
		verify_set(v, PROMISE_NOT_YET, arena_printf(v->a, "/proc/sys/kernel/random/boot_id: %s", now),
			   NULL);
	else
		verify_measure(v);
}

int verify_promises(const struct run_state *s, const struct host *h, const struct fsroot *fs,
		    struct verification **ret, struct err *err)
{
	size_t n = json_array_size(s->promises);
	struct arena *a = arena_new();
	struct verification *out = arena_alloc(a, sizeof(*out));

	if (!json_is_array(s->promises)) {
		arena_free(a);
		return err_set(err, ERR_BUG, -EINVAL, _("There is no state to verify."));
	}
	out->arena = a;
	out->rebooted = s->boot_id && h->kernel.boot_id && !str_eq(s->boot_id, h->kernel.boot_id);
	out->checks = arena_alloc(a, (n + 1) * sizeof(*out->checks));
	out->n_checks = (unsigned)n;
	out->all_kept = true;
	for (size_t i = 0; i < n; i++) {
		struct verify v = { .a = a, .h = h, .fs = fs,
				    .promise = json_array_get(s->promises, i),
				    .check = &out->checks[i] };

		verify_one(&v);
		out->all_kept = out->all_kept && out->checks[i].result == PROMISE_KEPT;
	}
	*ret = out;
	return 0;
}
