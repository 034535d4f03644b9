/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "boot/take-over.h"

#include "base/str.h"
#include "base/strv.h"
#include "boot/boot-text.h"

#include <errno.h>
#include <string.h>

/* "yes", "no", or ids of rows. */
static bool take_over_wants(const struct answers *a, const struct legacy_row *row)
{
	_cleanup_free_ const char **words = answers_get_all(a, "take-over");

	for (const char **w = words; *w; w++)
		if ((strcmp(*w, "yes") == 0 && row->take == LEGACY_TAKE) ||
		    (strcmp(*w, row->id) == 0 && row->take != LEGACY_LEAVE))
			return true;
	return false;
}

int take_over_check(const struct answers *a, struct err *err)
{
	_cleanup_free_ const char **words = answers_get_all(a, "take-over");
	const struct legacy_row *row;

	for (const char **w = words; *w; w++) {
		if (strcmp(*w, "yes") == 0 || strcmp(*w, "no") == 0)
			continue;
		row = legacy_row_find(*w);
		if (!row) {
			err_set(err, ERR_USAGE, -EINVAL, _("--take-over: \"%s\" is neither yes, no nor the id of a finding."), *w);
			return err_hint(err, _("\"vfio-wizard check --json\" shows the ids."));
		}
		if (row->take == LEGACY_LEAVE)
			return err_set(err, ERR_NOT_POSSIBLE, -ENOTSUP, _("--take-over %s: that is not changed by this program. %s"), *w,
				       _(row->text));
	}
	return 0;
}

void take_over_args(struct host *h, const struct answers *a, const char *const *configured,
		    const char *const **remove)
{
	const struct legacy_found *found;
	unsigned n;

	if (!answers_is_set(a, "take-over"))
		return;
	n = legacy_find(h, configured, &found);
	for (unsigned i = 0; i < n; i++)
		if (found[i].arg && take_over_wants(a, found[i].row) && !strv_contains(*remove, found[i].arg))
			arena_strv_add(h->arena, remove, arena_strdup(h->arena, found[i].arg));
}

/* Bytes of line NUMBER (from 1) and the N - 1 behind it, line ends included. */
static const char *take_over_find_line(const char *text, unsigned number, unsigned n, size_t *ret_len)
{
	const char *end;

	while (--number) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	end = text;
	while (n-- && *end)
		end = strchr(end, '\n') ? strchr(end, '\n') + 1 : end + strlen(end);
	*ret_len = (size_t)(end - text);
	return text;
}

/* What was read must still be there: the file may have changed meanwhile. */
static bool take_over_is_same(const char *raw, const struct setting_line *line)
{
	_cleanup_free_ char *copy = xstrdup(raw);
	const char *now = str_trim(copy);
	size_t n = strcspn(line->text, " \t");

	return line->n_lines == 1 ? strcmp(now, line->text) == 0 : strncmp(now, line->text, n) == 0;
}

/* F's line out of the text of its file, as it is after the plan so far. */
static int take_over_edit(struct host *h, const struct legacy_found *f, struct plan *plan,
			  struct stage *stage, struct err *err)
{
	const char *before, *at, *raw, *new;
	_cleanup_str_ struct str after = { 0 };
	size_t len, n;
	int r = boot_text_read(h, plan, plan->arena, f->line->path, &before, &len, err);

	if (r < 0)
		return r == -ENOENT ? err_set(err, ERR_NOT_POSSIBLE, r, _("%s is not there any more"), f->line->path) : r;
	if (strlen(before) != len)
		return err_input(err, f->line->path, f->line->line, _("there is a zero byte in this file"));
	at = take_over_find_line(before, f->line->line, f->line->n_lines, &n);
	raw = at ? arena_strndup(plan->arena, at, n) : NULL;
	if (!raw || !take_over_is_same(raw, f->line))
		return err_set(err, ERR_NOT_POSSIBLE, -ESTALE, _("%s was changed meanwhile: look again"), f->line->path);
	new = legacy_text_after(plan->arena, f, raw);
	str_addn(&after, before, (size_t)(at - before));
	str_add(&after, new ? new : "");
	str_add(&after, at + n);
	stage_add_file(plan, stage, f->line->path, before, len, str_c(&after), after.len, 0,
		       new ? _("changes a setting that was made by hand") : _("removes a setting that was made by hand"));
	return 0;
}

/* driverctl keeps one file a device and tells udev. */
static void take_over_driverctl(const struct legacy_found *f, struct plan *plan, struct stage *stage)
{
	const char *name = strrchr(f->line->path, '/') + 1, *dash = strchr(name, '-');
	const char *const argv[] = { "driverctl", "--noprobe", "unset-override",
				     arena_strdup(plan->arena, dash ? dash + 1 : name), NULL };
	struct change *c = stage_add_run(plan, stage, argv, _("takes back what driverctl sets at every start"));

	arena_strv_add(plan->arena, &c->outputs, f->line->path);
	c->timeout_s = 60;
}

static bool take_over_is_in_image(enum setting_kind kind, const char *path)
{
	return (kind == SETTING_MODPROBE || kind == SETTING_MKINITCPIO || kind == SETTING_DRACUT ||
		kind == SETTING_BOOSTER || kind == SETTING_UDEV || kind == SETTING_MODULES) &&
	       strcmp(path, "/etc/modules") != 0;
}

/* Does STAGE make the initial RAM disk anew already? */
static bool take_over_rebuilds(const struct stage *stage)
{
	static const char *const makers[] = { "update-initramfs", "dracut", "mkinitcpio", "booster" };

	for (unsigned i = 0; i < stage->n_changes; i++)
		for (size_t k = 0; k < ARRAY_SIZE(makers); k++)
			if (stage->changes[i]->kind == CHANGE_RUN &&
			    str_eq(stage->changes[i]->argv[0], makers[k]))
				return true;
	return false;
}

int take_over_rebuild(struct host *h, const struct answers *a, const struct initramfs_tool *tool, struct plan *plan,
		      struct stage *stage, struct err *err)
{
	const struct legacy_found *found;
	unsigned n = legacy_find(h, h->kernel.args, &found), before = stage->n_changes;
	bool image = false;
	struct finding *f;
	int r;

	for (unsigned i = 0; i < n; i++)
		image = image || (found[i].line && take_over_wants(a, found[i].row) &&
				  take_over_is_in_image(found[i].line->kind, found[i].line->path));
	if (!image || take_over_rebuilds(stage))
		return 0;
	if (tool && tool->stage_rebuild) {
		r = tool->stage_rebuild(h, plan, stage, err);
		/* It need not hold vfio-pci, which the readback would look for. */
		for (unsigned i = before; i < stage->n_changes; i++)
			stage->changes[i]->n_readbacks = 0;
		return r;
	}
	f = boot_add_finding(plan, "take-over-rebuild", SEVERITY_WARN, "host",
			     _("The initial RAM disk still holds the old settings, and it is not clear here how it is made."));
	boot_add_advice(plan, f, _("Make it anew before the restart: update-initramfs -u -k all, dracut --force "
				   "--regenerate-all or mkinitcpio -P, whichever this system has."));
	return 0;
}

bool take_over_has_files(struct host *h, const struct answers *a)
{
	const struct legacy_found *found;
	unsigned n = legacy_find(h, h->kernel.args, &found);

	for (unsigned i = 0; i < n; i++)
		if (found[i].line && take_over_wants(a, found[i].row))
			return true;
	return false;
}

int take_over_files(struct host *h, const struct answers *a, struct plan *plan, struct stage *stage,
		    struct err *err)
{
	const struct legacy_found *found;
	unsigned n = legacy_find(h, h->kernel.args, &found);
	int r = 0;

	/* From the last line to the first: the numbers of those before stay right. */
	for (unsigned i = n; r == 0 && i-- > 0;) {
		const struct setting_line *line = found[i].line;

		if (!line || !take_over_wants(a, found[i].row))
			continue;
		if (line->kind == SETTING_DRIVERCTL)
			take_over_driverctl(&found[i], plan, stage);
		else
			r = take_over_edit(h, &found[i], plan, stage, err);
	}
	return r;
}

static bool take_over_is_chosen(const struct pci_device *d, const struct pci_device *const *devices, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (devices[i] == d)
			return true;
	return false;
}

/* What a setting that stays does against the plan; NULL: nothing. */
static const char *take_over_conflict(struct host *h, const struct legacy_found *f, const char *bind,
				      const struct pci_device *const *devices, unsigned n)
{
	bool while_it_runs = str_eq(bind, "libvirt") || str_eq(bind, "hooks");

	for (unsigned i = 0; i < n; i++)
		if (while_it_runs && legacy_binds(f, devices[i]))
			return arena_printf(h->arena,
					    _("It hands over %s at every start, so the host does not get it while the machine is "
					      "off, although --bind %s says so."), devices[i]->address, bind);
	if (strcmp(f->row->id, "vfio-blocked") == 0 || strcmp(f->row->id, "supergfxctl-vfio") == 0)
		return _("It gets in the way of what is planned.");
	if (str_eq(bind, "hooks") && (strcmp(f->row->id, "hook-by-hand") == 0 || strcmp(f->row->id, "hook-calls-libvirt") == 0))
		return _("The hook that is planned does the same. Keep one of them for this machine.");
	if (while_it_runs && strcmp(f->row->id, "driver-kept-out") == 0)
		return _("The driver is kept out, so the host cannot use the device when the machine is off.");
	return NULL;
}

static void take_over_say(struct host *h, const struct legacy_found *f, const char *conflict, struct plan *plan)
{
	struct finding *said = boot_add_finding(plan, "setting-against-plan", SEVERITY_WARN,
						f->arg ? "/proc/cmdline" : f->line->path, "%s %s", _(f->row->text), conflict);

	boot_add_evidence(plan, said, legacy_evidence(h, f, "/proc/cmdline"));
	if (f->row->take != LEGACY_LEAVE)
		boot_add_advice(plan, said, arena_printf(plan->arena, _("--take-over %s removes it."), f->row->id));
}

/* Those that vfio-pci has now by a setting that goes. */
static void take_over_say_freed(struct host *h, const struct answers *a, const struct legacy_found *found,
				unsigned n_found, const struct pci_device *const *devices, unsigned n,
				struct plan *plan)
{
	for (unsigned d = 0; d < h->n_devices; d++) {
		const struct pci_device *device = h->devices[d];

		if (!device->driver || strcmp(device->driver, "vfio-pci") != 0 || take_over_is_chosen(device, devices, n))
			continue;
		for (unsigned i = 0; i < n_found; i++) {
			struct finding *f;

			if (!take_over_wants(a, found[i].row) || !legacy_binds(&found[i], device))
				continue;
			f = boot_add_finding(plan, "take-over-frees", SEVERITY_WARN, device->address,
					     _("vfio-pci holds %s by a setting that is removed, and it is not chosen: after the "
					       "restart the host has it again."), device->address);
			boot_add_evidence(plan, f, legacy_evidence(h, &found[i], "/proc/cmdline"));
			break;
		}
	}
}

/* driverctl and udev write another driver over what the initial RAM disk wrote. */
static int take_over_refuse(const struct legacy_found *f, const char *bind, const struct pci_device *const *devices,
			    unsigned n, struct err *err)
{
	if (str_eq(bind, "libvirt"))
		return 0;
	for (unsigned i = 0; i < n; i++) {
		const char *driver = legacy_driver_of(f, devices[i]);

		if (!driver || strcmp(driver, "vfio-pci") == 0)
			continue;
		err_set(err, ERR_NOT_POSSIBLE, -EBUSY, _("%s:%u gives %s another driver at every start (%s)"), f->line->path,
			f->line->line, devices[i]->address, f->line->text);
		return err_hint(err, _("Take that setting over as well: --take-over %s"), f->row->id);
	}
	return 0;
}

int take_over_judge(struct host *h, const struct answers *a, const struct pci_device *const *devices,
		    unsigned n, struct plan *plan, struct err *err)
{
	const char *bind = answers_get(a, "bind"), *conflict;
	const struct legacy_found *found;
	unsigned n_found = legacy_find(h, h->kernel.args, &found);
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n_found; i++) {
		if (take_over_wants(a, found[i].row))
			continue;
		conflict = n ? take_over_conflict(h, &found[i], bind, devices, n) : NULL;
		if (conflict)
			take_over_say(h, &found[i], conflict, plan);
		r = take_over_refuse(&found[i], bind, devices, n, err);
	}
	take_over_say_freed(h, a, found, n_found, devices, n, plan);
	return r;
}
