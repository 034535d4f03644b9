/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/bind.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"
#include "boot/initramfs-image.h"
#include "model/kargs.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/*
 * vfio-pci's ids=VVVV:DDDD[:SSSS:SSSS],… (drivers/vfio/pci/vfio_pci.c).  It takes every device with
 * one of them, wherever it sits: so it is refused where another device has the same.  The card maker's
 * subsystem ids come along where there are any, which tells cards with the same chip apart.
 *
 * Where it is written: as an option of the module, in modprobe.d; where vfio-pci is built into the
 * kernel nothing there counts, and where the kernel command line has vfio-pci.ids= that wins (kmod puts
 * it behind all of modprobe.d, and ids= is a string, of which the last one counts).  Then it is the
 * command line.
 */
#define ID_FILE "/etc/modprobe.d/zz-vfio-wizard.conf"
#define ID_ARG "vfio-pci.ids"
/* drivers/vfio/pci/vfio_pci.c: static char ids[1024] */
#define ID_MAX 1023

struct id_work {
	struct host *h;
	const struct pci_device *const *devices;
	unsigned n;
	const struct bind_tools *tools;
	struct plan *plan;
	struct err *err;
	const char *const *ids;		/* as written: ours, and those that were there */
	const char *list;		/* the ids with commas between them */
	const char *const *softdeps;	/* modules that would take one of the devices */
};

static const char *id_text(struct arena *a, const struct pci_device *d)
{
	if (d->subsystem_vendor || d->subsystem_device)
		return arena_printf(a, "%04x:%04x:%04x:%04x", d->vendor, d->device,
				    d->subsystem_vendor, d->subsystem_device);
	return arena_printf(a, "%04x:%04x", d->vendor, d->device);
}

static bool id_is_chosen(const struct id_work *w, const struct pci_device *d)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->devices[i] == d || pci_addr_compare(w->devices[i]->addr, d->addr) == 0)
			return true;
	return false;
}

/* Would "ids=" of D take OTHER, too? */
static bool id_hits(const struct pci_device *d, const struct pci_device *other)
{
	if (d->vendor != other->vendor || d->device != other->device)
		return false;
	if (!d->subsystem_vendor && !d->subsystem_device)
		return true;
	return d->subsystem_vendor == other->subsystem_vendor &&
	       d->subsystem_device == other->subsystem_device;
}

static int id_check_others(struct id_work *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		const struct pci_device *d = w->devices[i];

		for (unsigned k = 0; k < w->h->n_devices; k++) {
			const struct pci_device *other = w->h->devices[k];

			if (!id_hits(d, other) || id_is_chosen(w, other))
				continue;
			err_set(w->err, ERR_NOT_POSSIBLE, -EEXIST,
				_("%s has the same id as %s (%s): vfio-pci would take both away from "
				  "the host"),
				other->address, d->address, id_text(w->plan->arena, d));
			return err_hint(w->err, _("Choose --bind address: it tells them apart by where they sit."));
		}
	}
	return 0;
}

static bool id_same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

/* modules.builtin: "kernel/drivers/nvme/host/nvme.ko" */
static bool id_is_builtin(const char *text, const char *module)
{
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");
		_cleanup_free_ char *path = xstrndup(line, n);
		char *name = strrchr(path, '/');

		name = name ? name + 1 : path;
		if (str_ends_with(name, ".ko")) {
			name[strlen(name) - strlen(".ko")] = '\0';
			if (id_same_module(name, module))
				return true;
		}
		line += n + (line[n] == '\n');
	}
	return false;
}

/*
 * The modules that claim the devices must come after vfio-pci.  One that is built in, or a driver that
 * has the device and is no module at all, is there first whatever is written.
 */
static int id_find_softdeps(struct id_work *w)
{
	_cleanup_free_ char *builtin = NULL;
	size_t len;

	if (!w->h->identity.kernel ||
	    fsroot_read(w->h->root,
			arena_printf(w->h->arena, "/lib/modules/%s/modules.builtin", w->h->identity.kernel),
			&builtin, &len) < 0)
		builtin = xstrdup("");
	for (unsigned i = 0; i < w->n; i++) {
		const struct pci_device *d = w->devices[i];

		for (const char *const *m = d->modules; m && *m; m++) {
			if (id_same_module(*m, "vfio-pci"))
				continue;
			if (id_is_builtin(builtin, *m)) {
				err_set(w->err, ERR_NOT_POSSIBLE, -EBUSY,
					_("The driver %s, which takes %s, is built into the kernel: it would have the "
					  "device before vfio-pci comes"),
					*m, d->address);
				return err_hint(w->err, _("Choose --bind address, which takes the device back "
							  "from it."));
			}
			if (!strv_contains(w->softdeps, *m))
				arena_strv_add(w->plan->arena, &w->softdeps, *m);
		}
	}
	return 0;
}

static void id_add(struct id_work *w, const char *id)
{
	if (*id && !strv_contains(w->ids, id))
		arena_strv_add(w->plan->arena, &w->ids, id);
}

/* The words of "10de:2504,10de:228e" that are not there yet. */
static void id_add_list(struct id_work *w, const char *list)
{
	_cleanup_strv_ char **words = strv_split(list, ", \t\"");

	for (char **word = words; word && *word; word++)
		id_add(w, *word);
}

static void id_add_devices(struct id_work *w)
{
	for (unsigned i = 0; i < w->n; i++)
		id_add(w, id_text(w->plan->arena, w->devices[i]));
}

/* "options vfio-pci ids=…" as the rest of LINE says it; NULL when it is another line. */
static const char *id_of_options(struct arena *a, const char *line)
{
	_cleanup_strv_ char **words = strv_split(line, " \t");
	const char *ids = NULL;

	if (strv_length(strv_const(words)) < 3 || !str_eq(words[0], "options") ||
	    !id_same_module(words[1], "vfio-pci"))
		return NULL;
	for (char **word = words + 2; *word; word++)
		if (str_starts_with(*word, "ids="))
			ids = arena_strdup(a, *word + strlen("ids="));
	return ids;
}

/*
 * Of several ids= only the last one counts, so that ours has to hold those of the others as well.
 * modprobe_lines: "/etc/modprobe.d/vfio.conf:3: options vfio-pci ids=10de:1b80"
 */
static void id_add_others(struct id_work *w)
{
	const char *const *places = NULL;
	struct finding *f;

	for (const char *const *l = w->h->vfio.modprobe_lines; l && *l; l++) {
		const char *line = strstr(*l, ": "), *ids;

		ids = line ? id_of_options(w->plan->arena, line + 2) : NULL;
		if (!ids)
			continue;
		id_add_list(w, ids);
		if (!str_starts_with(*l, ID_FILE ":"))
			arena_strv_add(w->plan->arena, &places, *l);
	}
	if (!places)
		return;
	f = boot_add_finding(w->plan, "vfio-ids-elsewhere", SEVERITY_WARN, ID_FILE,
			     _("Another file gives vfio-pci ids as well. Only one list counts, so the new one "
			       "holds those, too; look whether they are still wanted."));
	for (; *places; places++)
		boot_add_evidence(w->plan, f, *places);
}

static void id_add_softdeps(const struct id_work *w, struct str *text)
{
	if (!w->softdeps)
		return;
	str_add(text, "# These modules would take the devices: vfio-pci has to be loaded before them.\n");
	for (const char *const *m = w->softdeps; *m; m++)
		str_addf(text, "softdep %s pre: vfio-pci\n", *m);
}

/* Softdeps of an earlier run, for devices that are still in the list of ids. */
static void id_keep_softdeps(struct id_work *w, const char *before)
{
	_cleanup_strv_ char **lines = strv_split(before, "\n");

	for (char **line = lines; line && *line; line++) {
		_cleanup_strv_ char **words = strv_split(*line, " \t");

		if (strv_length(strv_const(words)) == 4 && str_eq(words[0], "softdep") &&
		    !strv_contains(w->softdeps, words[1]))
			arena_strv_add(w->plan->arena, &w->softdeps, words[1]);
	}
}

static int id_collect(struct id_work *w, const char *old)
{
	_cleanup_free_ char *list = NULL;

	if (old)
		id_add_list(w, old);
	/* Built in, vfio-pci reads nothing else. */
	if (w->h->vfio.vfio_pci != MODULE_BUILTIN)
		id_add_others(w);
	id_add_devices(w);
	list = strv_join(w->ids, ",");
	w->list = arena_strdup(w->plan->arena, list);
	if (strlen(list) <= ID_MAX)
		return 0;
	return err_set(w->err, ERR_NOT_POSSIBLE, -E2BIG,
		       _("The list of ids is %zu characters long, and vfio-pci takes %d"), strlen(list), ID_MAX);
}

static int id_stage_module(struct id_work *w, struct stage *stage)
{
	_cleanup_str_ struct str text = { 0 };
	const char *before = NULL;
	size_t len = 0;
	int r;

	if (!w->tools->initramfs)
		return bind_no_initramfs(w->err);
	r = boot_text_read(w->h, w->plan, w->plan->arena, ID_FILE, &before, &len, w->err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (before)
		id_keep_softdeps(w, before);
	str_add(&text, "# Written by vfio-wizard; taken back by: vfio-wizard undo\n");
	str_addf(&text, "options vfio-pci ids=%s\n", w->list);
	id_add_softdeps(w, &text);
	stage_add_file(w->plan, stage, ID_FILE, before, len, str_c(&text), text.len, 0644,
		       _("gives vfio-pci the devices with these ids, before the drivers that would take them"));
	r = w->tools->initramfs->stage_image(w->h, ID_FILE, w->plan, stage, w->err);
	return r < 0 ? r : image_check_outputs(w->h, stage, w->err);
}

static int id_stage_kernel(struct id_work *w, struct stage *stage)
{
	const char *arg = arena_printf(w->plan->arena, ID_ARG "=%s", w->list), *const *set = NULL;
	unsigned n = stage->n_changes;
	struct promise *p;
	int r;

	arena_strv_add(w->plan->arena, &set, arg);
	r = w->tools->loader->stage_kargs(w->h, set, NULL, w->plan, stage, w->err);
	if (r < 0 || stage->n_changes == n)
		return r;
	p = stage_add_promise(w->plan, stage, PROMISE_CMDLINE,
			      arena_printf(w->plan->arena, "cmdline:%s", arg),
			      arena_printf(w->plan->arena, _("The kernel was started with %s"), arg));
	p->arg = arg;
	return 0;
}

/*
 * The ids on the command line of the next start, NULL none; free() it.  Without a boot loader that can be
 * read: those of the running kernel.
 */
static int id_configured(struct id_work *w, bool *ret_can_write, char **ret)
{
	_cleanup_kargs_ struct kargs line = { 0 }, running = { 0 };
	struct err err = { 0 };
	int r = w->tools->loader ? w->tools->loader->configured(w->h, &line, &err) : -ENOTSUP;

	*ret_can_write = r >= 0;
	if (r < 0 && err.kind != ERR_NONE && err.kind != ERR_NOT_POSSIBLE) {
		*w->err = err;
		return r;
	}
	if (r < 0)
		kargs_parse(w->h->kernel.cmdline ? w->h->kernel.cmdline : "", &running);
	*ret = kargs_value(r < 0 ? &running : &line, ID_ARG);
	return 0;
}

static int id_refuse_line(struct id_work *w, bool builtin)
{
	if (builtin)
		err_set(w->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("vfio-pci is built into this kernel, so the ids belong on the kernel command line, and it "
			  "is not clear which boot loader holds that"));
	else
		err_set(w->err, ERR_NOT_POSSIBLE, -ENOTSUP,
			_("The kernel command line has vfio-pci.ids=, which goes before all of modprobe.d, and it is not "
			  "clear which boot loader holds it"));
	return err_hint(w->err, _("Name the boot loader with --loader, or choose --bind address."));
}

/*
 * Built in, vfio-pci needs no softdep: it is there before any module is loaded.  As a module it does,
 * and has to be in the image; where the command line gives ids, too, both get the same list.
 */
static int id_stage_where(struct id_work *w, struct stage *stage)
{
	bool builtin = w->h->vfio.vfio_pci == MODULE_BUILTIN, can_write;
	_cleanup_free_ char *old = NULL;
	int r = id_configured(w, &can_write, &old);

	if (r < 0)
		return r;
	if (!can_write && (builtin || old))
		return id_refuse_line(w, builtin);
	r = id_collect(w, old);
	if (r >= 0 && !builtin)
		r = id_stage_module(w, stage);
	if (r >= 0 && (builtin || old))
		r = id_stage_kernel(w, stage);
	return r;
}

static int id_stage(struct host *h, const struct pci_device *const *devices, unsigned n,
		    const struct bind_tools *tools, struct plan *plan, struct err *err)
{
	struct id_work w = {
		.h = h, .devices = devices, .n = n, .tools = tools, .plan = plan, .err = err
	};
	struct stage *stage;
	int r = bind_check_devices(h, devices, n, err);

	if (r == 0)
		r = id_check_others(&w);
	if (r == 0)
		r = id_find_softdeps(&w);
	if (r < 0)
		return r;
	stage = plan_stage(plan, "bind", _("Hand the devices to vfio-pci at every start"),
			   STAGE_END_REBOOT);
	r = id_stage_where(&w, stage);
	if (r >= 0 && stage->n_changes)
		bind_promise_drivers(plan, stage, devices, n);
	return r;
}

const struct bind_method bind_id = {
	.name = "id",
	.title = N_("At every start, by id"),
	.help = N_("vfio-pci takes every device with the ids of the chosen ones, wherever it sits: only where no "
		   "other device has them. Costs one more restart."),
	.caution = bind_console_caution,
	.stage = id_stage,
};
